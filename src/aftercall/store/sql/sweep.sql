-- stale --
SELECT told.conversation_id
FROM (
    SELECT conversation_id, uniqExact(event_id) AS events, uniqExactIf(event_id, kind = 'erasure') AS erasures
    FROM events
    WHERE project_id = {project:UInt32} AND conversation_id IN (
        SELECT conversation_id FROM events
        WHERE project_id = {project:UInt32} AND received_at >= fromUnixTimestamp64Milli({since:Int64})
    )
    GROUP BY conversation_id
) AS told
LEFT JOIN (
    SELECT conversation_id, max(events) AS events, count() AS live
    FROM {{table}} FINAL
    WHERE conversation_id IN (
        SELECT conversation_id FROM events
        WHERE project_id = {project:UInt32} AND received_at >= fromUnixTimestamp64Milli({since:Int64})
    )
    GROUP BY conversation_id
) AS shown ON shown.conversation_id = told.conversation_id
LEFT JOIN (
    SELECT conversation_id, count() AS texts
    FROM turns
    WHERE project_id = {project:UInt32} AND conversation_id IN (
        SELECT conversation_id FROM events
        WHERE project_id = {project:UInt32} AND kind = 'erasure'
          AND received_at >= fromUnixTimestamp64Milli({since:Int64})
    )
    GROUP BY conversation_id
) AS spoken ON spoken.conversation_id = told.conversation_id
WHERE (erasures = 0 AND (told.events > shown.events OR shown.live > 1))
   OR (erasures > 0 AND (told.events > erasures OR shown.live > 0 OR spoken.texts > 0))
LIMIT {limit:UInt32}

-- projects --
SELECT DISTINCT project_id FROM events
WHERE received_at >= fromUnixTimestamp64Milli({since:Int64})

-- rows_at --
SELECT conversation_id, toUnixTimestamp64Milli(started_at)
FROM {{table}} FINAL
WHERE conversation_id IN {conversations:Array(String)}
