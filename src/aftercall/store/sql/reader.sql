-- page --
SELECT toUnixTimestamp64Milli(started_at), conversation_id
FROM {{table}} FINAL
WHERE {{where}}
ORDER BY started_at DESC, conversation_id DESC
LIMIT {limit:UInt32} OFFSET {offset:UInt64}

-- sample --
SELECT toUnixTimestamp64Milli(started_at), conversation_id
FROM {{table}} FINAL
WHERE {{where}}
ORDER BY rand()
LIMIT {limit:UInt32} - 1

-- count --
SELECT count()
FROM {{table}} FINAL
WHERE {{where}}

-- spoken --
conversation_id IN (SELECT conversation_id FROM turns FINAL WHERE {{within}})
