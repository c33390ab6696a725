-- Campaigns, countries and browsers that were never seen before. Events with none have no row.
SELECT nextval('clew.context_numbers') AS context_id, context
FROM (SELECT DISTINCT {{ context }} AS context FROM {{ enriched }} WHERE type IN ('track', 'page', 'screen'){{ and_new }})
ANTI JOIN clew.event_contexts USING (context)
WHERE context IS NOT NULL
