-- What is known of each distinct user agent of clew.events.
CREATE TABLE IF NOT EXISTS clew.user_agents (
  user_agent VARCHAR, browser VARCHAR, browser_version VARCHAR, os VARCHAR,
  device_type VARCHAR,  -- desktop, mobile, tablet, bot, other
  is_bot BOOLEAN
);

-- The country of each distinct IP address of clew.events; NULL where the GeoIP file knows none. Empty without a file.
CREATE TABLE IF NOT EXISTS clew.ip_countries (ip VARCHAR, country VARCHAR);

-- Up to which load each table is complete, and by which rules or file.
CREATE TABLE IF NOT EXISTS clew.enrichments (name VARCHAR, load_id BIGINT, mark VARCHAR);
