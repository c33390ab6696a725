-- The channel of each campaign or paid click: the first row of the table that fits.
SELECT
  c.context_id,
  coalesce(
    any_value(k.channel), arg_min(r.channel, r.line),
    CASE WHEN any_value(coalesce(c.context.utm_source, c.context.utm_medium)) IS NOT NULL THEN 'other' END
  ) AS channel
FROM clew.event_contexts AS c
LEFT JOIN ({{ channels.click_ids }}) AS k ON k.click_id = c.context.click_id
LEFT JOIN ({{ channels.utm }}) AS r ON coalesce(c.context.utm_source, c.context.utm_medium) IS NOT NULL
  AND (r.medium = '*' OR lower(c.context.utm_medium) = r.medium) AND (r.source = '*' OR lower(c.context.utm_source) = r.source)
{% if known %}
WHERE c.context_id NOT IN (SELECT context_id FROM {{ known }})
{% endif %}
GROUP BY c.context_id
