-- digests --
SELECT conversation_id, count(), sum(rev)
FROM (
    SELECT conversation_id, event_id, max(rev) AS rev
    FROM events
    WHERE project_id = {project:UInt32} AND conversation_id IN {conversations:Array(String)}
    GROUP BY conversation_id, event_id
)
GROUP BY conversation_id

-- of_conversations --
SELECT conversation_id, event_id,
       toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(received_at), rev, body
FROM events
WHERE project_id = {project:UInt32} AND conversation_id IN {conversations:Array(String)}

-- of_metric --
SELECT conversation_id, event_id,
       toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(received_at), rev, body
FROM events
WHERE project_id = {project:UInt32} AND conversation_id IN {conversations:Array(String)}
  AND (kind = 'metric' AND name = {metric:String}
       OR source = 'extraction' OR kind IN ('postcall', 'retraction', 'erasure'))
