-- The project's time zone, {{ timezone }}, from the pinned time zone database. The first row holds for all time before it, the last for all after.
SELECT
  utc_from,
  lead(utc_from, 1, TIMESTAMP '9999-12-31') OVER (ORDER BY utc_from) AS utc_to,
  to_seconds(offset_seconds) AS utc_offset
FROM (VALUES
{% for at, offset in transitions %}
  (TIMESTAMP '{{ at }}', {{ offset }}){{ ',' if not loop.last }}
{% endfor %}
) AS transitions (utc_from, offset_seconds)
