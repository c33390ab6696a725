-- Sessions, and what is counted and measured of them, {{ {
    "time": "by period, and over the whole range (the row whose period is NULL).",
    "value": "by " ~ title ~ ": the largest first.",
    "both": "by " ~ title ~ " and period, for some values.",
}[shape] }}
-- $from, $to: first and last local day. $until: an instant of UTC to stop at, or NULL.
{% if shape != "value" %}
-- $grain: 'day', 'week' or 'month'. $week_shift: days that weeks start before Monday.
-- $shift: days added to each day before it is put into a period, to lay an earlier range upon a later one.
{% endif %}
{% if shape == "value" %}
-- $most: values at most.
{% elif shape == "both" %}
-- $values: which values; '' is none.
{% endif %}
{% for d in filters %}
-- ${{ d.key }}: {{ d.title }} of the sessions asked for; '' is none.
{% endfor %}
WITH
{% set by_period = shape != "value" %}
{% include "session_days" %}

-- Sessions of the range, dated by their start. Durations in whole microseconds, so that their sum does not depend on the order of adding.
dated AS (
    SELECT
{% if shape != "value" %}
        s.period,
{% endif %}
{% if shape != "time" %}
        coalesce({{ expression }}, '') AS value,
{% endif %}
        f.is_bounced{% if full %},
        f.person_id, f.is_first_session, f.events, f.duration_seconds,
        CAST(round(f.duration_seconds * 1000000) AS BIGINT) AS duration_us{% endif %}

    FROM main.session_facts AS f
    JOIN slots AS s
        ON CAST(f.session_start AS DATE) = s.utc_day
        AND f.session_start >= s.starts
        AND f.session_start < s.ends
    WHERE ($until IS NULL OR f.session_start < $until)
{% for d in filters %}
        AND coalesce({{ d.expression }}, '') = ${{ d.key }}
{% endfor %}
)
SELECT
{% if shape != "time" %}
    value,
{% endif %}
{% if shape != "value" %}
    period,
{% endif %}
    count(*) AS sessions,
    count(*) FILTER (WHERE is_bounced) AS bounced{% if full %},
    count(DISTINCT person_id) AS people,
    -- A person has one first session: so many first sessions, so many new people.
    count(*) FILTER (WHERE is_first_session) AS new_people,
    CAST(sum(events) AS BIGINT) AS events,
    CAST(sum(duration_us) AS BIGINT) AS duration_us,
    -- Nearest rank: the smallest duration that at least half of the sessions do not exceed.
    quantile_disc(duration_seconds, 0.5) AS median_seconds{% endif %}

FROM dated
{% if shape == "time" %}
GROUP BY GROUPING SETS ((period), ())
ORDER BY period NULLS FIRST;
{% elif shape == "value" %}
GROUP BY value
ORDER BY sessions DESC, value
LIMIT $most;
{% else %}
WHERE list_contains(CAST($values AS VARCHAR[]), value)
GROUP BY value, period
ORDER BY value, period;
{% endif %}
