-- The channel of each referrer, by its host without www. Hosts of the table stand for all their subdomains; the first row that fits wins.
WITH hosts AS (
  SELECT text_id, regexp_replace(regexp_extract(lower(text), '^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]*)', 1), '^www\.', '') AS host
  FROM clew.event_texts
  WHERE text_id IN (SELECT referrer_number FROM {{ ref('session_rows') }} WHERE true{{ and_dirty('person') }}){% if known %} AND text_id NOT IN (SELECT text_id FROM {{ known }}){% endif %}

)
SELECT h.text_id, coalesce(arg_min(r.channel, r.line), 'referral') AS channel
FROM hosts AS h
LEFT JOIN ({{ channels.referrers }}) AS r ON h.host = r.host OR ends_with(h.host, '.' || r.host)
GROUP BY h.text_id
