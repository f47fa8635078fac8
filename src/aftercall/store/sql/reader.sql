-- page --
-- Small blocks, because a page needs few rows of each part: 6 ms instead of 15 with a million rows.
SELECT toUnixTimestamp64Milli(started_at), conversation_id
FROM {{table}} FINAL
WHERE {{where}}
ORDER BY started_at DESC, conversation_id DESC
LIMIT {limit:UInt32} OFFSET {offset:UInt64}
SETTINGS max_block_size = 1024

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
