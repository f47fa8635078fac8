-- of_conversations --
SELECT conversation_id, event_id,
       toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(received_at), rev, body
FROM events
WHERE project_id = {project:UInt32} AND conversation_id IN {conversations:Array(String)}
