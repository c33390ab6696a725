WITH
-- Each identifier, and in which role it came.
seen AS (
  SELECT space, anonymous_id AS alias, first_seen_at, last_seen_at, true AS as_anonymous, false AS as_user FROM {{ ref('id_pairs') }}
  UNION ALL
  SELECT space, user_id, first_seen_at, last_seen_at, false, true FROM {{ ref('id_pairs') }}
  UNION ALL
  SELECT space, previous_id, first_seen_at, last_seen_at, false, false FROM {{ ref('id_pairs') }}
),
-- One row an identifier. What is compared with the blocked list is trimmed (of all white space) and in lower case.
grouped AS (
  SELECT
    space, alias, lower(CASE WHEN regexp_matches(alias, '^[!-~].*[!-~]$') THEN alias ELSE trim(alias, {{ white_space }}) END) AS bare, min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at,
    bool_or(as_anonymous) AS as_anonymous, bool_or(as_user) AS as_user
  FROM seen
  WHERE alias IS NOT NULL
  GROUP BY space, alias
)
-- `id` grows with (space, alias), compared bytewise: a comparison of ids is a comparison of aliases.
SELECT
  CAST(row_number() OVER (ORDER BY space, alias) AS INTEGER) AS id, space, alias, first_seen_at, last_seen_at, as_anonymous, as_user,
  trim(bare, '0-') = ''{% if identity.blocked %} OR bare IN {{ identity.blocked | texts }}{% endif %} AS is_blocked
FROM grouped
