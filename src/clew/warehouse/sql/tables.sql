CREATE SCHEMA IF NOT EXISTS clew;

CREATE TABLE IF NOT EXISTS clew.meta (name VARCHAR, value VARCHAR);

-- zstd: half the time of what DuckDB would choose for long texts, and a third of the space.
-- Every accepted message: what the models read as columns, and the message in pieces. To be read as `clew.events`, below.
CREATE TABLE IF NOT EXISTS clew.event_rows (
  load_id BIGINT,
  loaded_at TIMESTAMP,
  chunk BIGINT,             -- place in the log
  ordinal BIGINT,
  source VARCHAR,
  message_id VARCHAR,
  key_hash UBIGINT,         -- of (source, message_id): the de-duplication index holds these
  type VARCHAR,
  table_name VARCHAR,       -- the table of its source that shows it; empty for an event whose name makes none
  event VARCHAR,            -- track: its name
  slug VARCHAR,             -- the name in snake case
  name VARCHAR,             -- page, screen
  category VARCHAR,
  anonymous_id VARCHAR,
  user_id VARCHAR,
  previous_id VARCHAR,
  group_id VARCHAR,
  timestamp TIMESTAMP,      -- corrected for the sender's clock
  received_at TIMESTAMP,
  original_timestamp TIMESTAMP,
  sent_at TIMESTAMP,
  clock_shift BIGINT,       -- microseconds that the correction added
  batch_index INTEGER,
  activity BOOLEAN,
  platform VARCHAR,
  device_id VARCHAR,
  page_url VARCHAR,
  page_path VARCHAR,
  page_title VARCHAR,
  referrer VARCHAR,
  utm_source VARCHAR,
  utm_medium VARCHAR,
  utm_campaign VARCHAR,
  utm_term VARCHAR,
  utm_content VARCHAR,
  click_id VARCHAR,         -- name of the paid click id in the URL
  country VARCHAR,
  ip VARCHAR,
  user_agent VARCHAR,
  locale VARCHAR,
  library VARCHAR,
  payload JSON USING COMPRESSION zstd,             -- written by the database: what becomes columns without a prefix (identify: traits over context.traits)
  context JSON USING COMPRESSION zstd,
  message VARCHAR USING COMPRESSION zstd           -- as received, but where `payload` stands in it there is chr(1), where `context` stands chr(2)
);

-- A message in pieces and together again, byte for byte as received: JSON has no raw control characters, so each stands for its piece and
-- nothing else. A piece that the message does not hold letter by letter (spaces, merged traits) is not cut out.
CREATE MACRO IF NOT EXISTS clew.cut(message, piece, mark) AS
  CASE WHEN strlen(piece) > 2 THEN replace(message, piece, mark) ELSE message END;
CREATE MACRO IF NOT EXISTS clew.whole(message, payload, context) AS
  replace(replace(message, chr(1), coalesce(CAST(payload AS VARCHAR), '')), chr(2), coalesce(CAST(context AS VARCHAR), ''));

CREATE VIEW IF NOT EXISTS clew.events AS
SELECT * REPLACE (clew.whole(message, payload, context) AS message) FROM clew.event_rows;

CREATE TABLE IF NOT EXISTS clew.loads (
  load_id BIGINT, started_at TIMESTAMP, finished_at TIMESTAMP,
  records BIGINT,           -- lines that were records: stored + duplicates + id_reused + set_aside
  stored BIGINT, duplicates BIGINT, id_reused BIGINT, set_aside BIGINT
);

-- One row: the log is loaded up to here.
CREATE TABLE IF NOT EXISTS clew.log_cursor (chunk BIGINT, ordinal BIGINT);

-- Records that cannot be loaded, with the line as it stands in the log.
CREATE TABLE IF NOT EXISTS clew.set_aside (load_id BIGINT, chunk BIGINT, ordinal BIGINT, reason VARCHAR, line VARCHAR, set_aside_at TIMESTAMP);

-- Accepted by the collector, refused here: the same id with other content.
CREATE TABLE IF NOT EXISTS clew.rejections (
  load_id BIGINT, chunk BIGINT, ordinal BIGINT, reason VARCHAR, detail VARCHAR, source VARCHAR, type VARCHAR, message_id VARCHAR,
  received_at TIMESTAMP, sent_at TIMESTAMP, batch_index INTEGER, first_load_id BIGINT, first_received_at TIMESTAMP, message VARCHAR
);

-- What a user should know about the data: dynamic keys, names without letters, keys that system columns hide.
CREATE TABLE IF NOT EXISTS clew.warnings (load_id BIGINT, reason VARCHAR, source VARCHAR, table_name VARCHAR, name VARCHAR, detail VARCHAR, seen_at TIMESTAMP);

-- Registry of the sources' tables, which are views; `context`: names of the context's columns that have values in it.
CREATE TABLE IF NOT EXISTS clew.tables (source VARCHAR, table_name VARCHAR, context VARCHAR);

-- Registry of their columns that come from messages. table_name '' = context, shared by all tables of the source.
CREATE TABLE IF NOT EXISTS clew.columns (source VARCHAR, table_name VARCHAR, column_name VARCHAR, paths VARCHAR, kinds INTEGER, type VARCHAR);

-- The keys of messages of people who were forgotten, as hashes: the same message sent again is a repeat, and does not bring them back.
CREATE TABLE IF NOT EXISTS clew.forgotten_keys (key_hash UBIGINT, key_rest UBIGINT, load_id BIGINT);

-- What is being forgotten, until it is gone from the log too. `kind`: event, rejection, set_aside; repeat (of a forgotten key, request 0).
CREATE TABLE IF NOT EXISTS clew.forgetting (
  forget_id BIGINT, event_number BIGINT, kind VARCHAR, source VARCHAR, message_id VARCHAR, received_at TIMESTAMP, batch_index INTEGER
);

-- Sorted files of key hashes; each covers the loads in (after_load, upto_load].
CREATE TABLE IF NOT EXISTS clew.dedupe_runs (file VARCHAR, after_load BIGINT, upto_load BIGINT, keys BIGINT);
