-- list --
SELECT reject_id, toUnixTimestamp64Milli(received_at), conversation_id, event_id, position, code, reason, payload
FROM rejects FINAL
WHERE project_id = {project:UInt32} AND reject_id < {before:String}
ORDER BY reject_id DESC
LIMIT {limit:UInt32}

-- get --
SELECT reject_id, toUnixTimestamp64Milli(received_at), conversation_id, event_id, position, code, reason, payload
FROM rejects FINAL
WHERE project_id = {project:UInt32} AND reject_id = {reject:String}

-- count --
SELECT count() FROM rejects FINAL WHERE project_id = {project:UInt32}
