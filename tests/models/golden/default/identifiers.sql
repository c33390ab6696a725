WITH
-- Each identifier, and in which role it came.
seen AS (
  SELECT space, anonymous_id AS alias, first_seen_at, last_seen_at, true AS as_anonymous, false AS as_user FROM id_pairs
  UNION ALL
  SELECT space, user_id, first_seen_at, last_seen_at, false, true FROM id_pairs
  UNION ALL
  SELECT space, previous_id, first_seen_at, last_seen_at, false, false FROM id_pairs
),
-- One row an identifier. What is compared with the blocked list is trimmed (of all white space) and in lower case.
grouped AS (
  SELECT
    space, alias, lower(CASE WHEN regexp_matches(alias, '^[!-~].*[!-~]$') THEN alias ELSE trim(alias, concat(chr(9), chr(10), chr(11), chr(12), chr(13), chr(28), chr(29), chr(30), chr(31), chr(32), chr(133), chr(160), chr(5760), chr(8192), chr(8193), chr(8194), chr(8195), chr(8196), chr(8197), chr(8198), chr(8199), chr(8200), chr(8201), chr(8202), chr(8232), chr(8233), chr(8239), chr(8287), chr(12288))) END) AS bare, min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at,
    bool_or(as_anonymous) AS as_anonymous, bool_or(as_user) AS as_user
  FROM seen
  WHERE alias IS NOT NULL
  GROUP BY space, alias
)
-- `id` grows with (space, alias), compared bytewise: a comparison of ids is a comparison of aliases.
SELECT
  CAST(row_number() OVER (ORDER BY space, alias) AS INTEGER) AS id, space, alias, first_seen_at, last_seen_at, as_anonymous, as_user,
  trim(bare, '0-') = '' OR bare IN ('null', 'none', 'undefined', 'nan', 'n/a', '0', '-1', 'true', 'false', 'anonymous', 'guest', 'unknown') AS is_blocked
FROM grouped
