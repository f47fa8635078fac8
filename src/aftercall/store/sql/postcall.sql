-- marks --
SELECT table, sum(newest)
FROM (
    SELECT table, partition_id, max(max_block_number) AS newest
    FROM system.parts
    WHERE active AND database = {database:String} AND startsWith(table, 'conversations_')
    GROUP BY table, partition_id
)
GROUP BY table

-- next --
SELECT conversation_id, postcall_status, postcall_attempts, postcall_tries, events_told,
       postcall_due_at <= fromUnixTimestamp64Milli({now:Int64})
       AND (postcall_status = 'failed'
            OR postcall_due_at <= fromUnixTimestamp64Milli({late:Int64})
            OR (seqs_missing = 0
                AND (postcall_attempts = 0
                     OR postcall_due_at <= fromUnixTimestamp64Milli({settled:Int64})))) AS ready
FROM {{table}} FINAL
WHERE last_received_at >= fromUnixTimestamp64Milli({since:Int64})
  AND postcall_due_at IS NOT NULL
  -- A label or a backfilled value is heard of too, and tells nothing: a call that was left alone stays so.
  AND (postcall_status = 'failed' OR postcall_due_at >= fromUnixTimestamp64Milli({origin:Int64}))
  AND conversation_id NOT IN {running:Array(String)}
ORDER BY ready DESC, postcall_due_at, conversation_id
LIMIT {limit:UInt32}

-- open --
SELECT count(), toUnixTimestamp64Milli(min(postcall_due_at)), toUnixTimestamp64Milli(min(last_received_at))
FROM {{table}} FINAL
WHERE last_received_at >= fromUnixTimestamp64Milli({since:Int64}) AND postcall_due_at IS NOT NULL
  AND (postcall_status = 'failed' OR postcall_due_at >= fromUnixTimestamp64Milli({origin:Int64}))

-- failed --
SELECT count() FROM {{table}} FINAL WHERE postcall_status = 'failed'

-- failures --
SELECT conversation_id, toUnixTimestamp64Milli(started_at), toUnixTimestamp64Milli(postcall_at),
       postcall_attempts, postcall_error, events_told, toUnixTimestamp64Milli(postcall_due_at)
FROM {{table}} FINAL
WHERE postcall_status = 'failed' AND (started_at, conversation_id) < (fromUnixTimestamp64Milli({before:Int64}), {before_id:String})
ORDER BY started_at DESC, conversation_id DESC
LIMIT {limit:UInt32}

-- silent --
SELECT conversation_id
FROM {{table}} FINAL
WHERE last_received_at >= fromUnixTimestamp64Milli({since:Int64})
  AND last_received_at < fromUnixTimestamp64Milli({before:Int64})
  AND in_progress
ORDER BY last_received_at
LIMIT {limit:UInt32}

-- erased --
SELECT project_id, conversation_id, toUnixTimestamp64Milli(max(received_at))
FROM events
WHERE kind = 'erasure' AND received_at >= fromUnixTimestamp64Milli({since:Int64})
GROUP BY project_id, conversation_id
