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
conversation_id IN (SELECT conversation_id FROM turns FINAL WHERE {{within}} {{found_by_words}})

-- gaps --
-- Not FINAL: a superseded row makes it yes, which costs time and no more.
SELECT 1 FROM {{table}} WHERE notEmpty(metrics_null) OR notEmpty(metrics_invalid) LIMIT 1

-- versions --
-- Not FINAL: a superseded row names a version that once was, which costs time and no more.
SELECT DISTINCT name, version
FROM (SELECT write_names, write_versions FROM {{table}} WHERE notEmpty(write_versions))
ARRAY JOIN write_names AS name, write_versions AS version
WHERE version != ''
