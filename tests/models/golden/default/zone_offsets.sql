-- The project's time zone, UTC, from the pinned time zone database. The first row holds for all time before it, the last for all after.
SELECT
  utc_from,
  lead(utc_from, 1, TIMESTAMP '9999-12-31') OVER (ORDER BY utc_from) AS utc_to,
  to_seconds(offset_seconds) AS utc_offset
FROM (VALUES
  (TIMESTAMP '0001-01-01 00:00:00', 0)
) AS transitions (utc_from, offset_seconds)
