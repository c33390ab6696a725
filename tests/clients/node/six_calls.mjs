// Sends all six calls with Segment's own Node library, unmodified: node six_calls.mjs HOST KEY ROUNDS PAUSE_SECONDS.
// Prints a line a round, and `failed: ...` for what the library gave up on.
import { setTimeout as sleep } from "node:timers/promises";
import { Analytics } from "@segment/analytics-node";

const [host, writeKey, rounds, pause] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host, flushAt: 5, flushInterval: 100, maxRetries: 10 });
analytics.on("error", (error) => console.log(`failed: ${error.code} ${error.reason}`));

for (let n = 0; n < Number(rounds); n++) {
  const userId = `node-${n}`;
  analytics.identify({ userId, anonymousId: `node-anon-${n}`, traits: { email: `${n}@shop.example` } });
  analytics.track({ userId, event: "Order Completed", properties: { order_id: userId, revenue: 12.5, n } });
  analytics.page({ userId, category: "Docs", name: "Home", properties: { url: "https://shop.example/" } });
  analytics.screen({ userId, category: "App", name: "Main", properties: { n } });
  analytics.group({ userId, groupId: "g1", traits: { name: "Acme" } });
  analytics.alias({ userId, previousId: `node-old-${n}` });
  console.log(`round ${n}`);
  await sleep(Number(pause) * 1000);
}
await analytics.closeAndFlush();
console.log("done");
