-- concerned --
(hasAny(metrics_written, {names:Array(String)})
 OR arrayExists(
        (name, type) -> type != 'null'
            AND type != transform(name, {entered:Array(String)}, {types:Array(String)}, type),
        write_names, write_types))

-- behind --
(bitAnd(version, 4278190080) < {columns:UInt64}
 OR (bitAnd(version, 16777215) < {revision:UInt64} AND {{concerned}}))

-- page --
SELECT conversation_id, toUnixTimestamp64Milli(started_at), events
FROM {{table}} FINAL
WHERE {{behind}}
  AND started_at <= fromUnixTimestamp64Milli({before:Int64})
  AND (started_at, conversation_id) < (fromUnixTimestamp64Milli({before:Int64}), {before_id:String})
ORDER BY started_at DESC, conversation_id DESC
LIMIT {limit:UInt32}
SETTINGS max_block_size = 1024

-- progress --
SELECT countIf({columns:UInt64} > 0 OR {{concerned}}), countIf({{behind}})
FROM {{table}} FINAL

-- wrote --
SELECT count()
FROM {{table}} FINAL
WHERE has(metrics_written, {name:String})

-- writers --
SELECT conversation_id, toUnixTimestamp64Milli(started_at), events
FROM {{table}} FINAL
WHERE has(metrics_written, {name:String})
  AND started_at <= fromUnixTimestamp64Milli({before:Int64})
  AND (started_at, conversation_id) < (fromUnixTimestamp64Milli({before:Int64}), {before_id:String})
ORDER BY started_at DESC, conversation_id DESC
LIMIT {limit:UInt32}
SETTINGS max_block_size = 1024
