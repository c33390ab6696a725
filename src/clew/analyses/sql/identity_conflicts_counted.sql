-- How many there are of each.
SELECT reason, count(*) AS conflicts FROM main.identity_conflicts GROUP BY reason ORDER BY reason;
