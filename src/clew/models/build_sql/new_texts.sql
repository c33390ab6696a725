-- Pages, referrers, accounts and devices that were never seen before. A page goes by its path, so that query strings do not make a page of their own.
WITH texts AS (
{% for column in text_columns %}
  SELECT DISTINCT {{ column }} AS text FROM {{ events }} WHERE true{{ and_new }}
{{ '  UNION' if not loop.last }}
{% endfor %}
)
SELECT nextval('clew.text_numbers') AS text_id, text
FROM texts
ANTI JOIN clew.event_texts USING (text)
WHERE text IS NOT NULL
