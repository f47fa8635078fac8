-- written --
-- Extracted writes of a metric, of each conversation the newest of each version of its definition. Of copies
-- of an event one counts; what was taken back, or erased, does not.
SELECT conversation_id, version, argMax((status, value, reason), (at, seq)) AS told, max(at) AS newest,
       min(at) AS first
FROM (
    SELECT conversation_id, event_id,
           any(at) AS at,
           any(seq) AS seq,
           any(JSONExtractString(body, 'lineage', 'definition')) AS version,
           any(JSONExtractString(body, 'lineage', 'status')) AS status,
           any(if(JSONHas(body, 'invalid'), '', JSONExtractRaw(body, 'value'))) AS value,
           any(JSONExtractString(body, 'lineage', 'reason')) AS reason
    FROM events
    WHERE project_id = {project:UInt32} AND kind = 'metric' AND source = 'extraction' AND name = {name:String}
    GROUP BY conversation_id, event_id
)
WHERE version != ''
  AND (conversation_id, event_id) NOT IN (
      SELECT conversation_id, JSONExtractString(body, 'target')
      FROM events WHERE project_id = {project:UInt32} AND kind = 'retraction')
  AND conversation_id NOT IN (
      SELECT conversation_id FROM events WHERE project_id = {project:UInt32} AND kind = 'erasure')
GROUP BY conversation_id, version

-- counts --
SELECT version, count(), countIf(newest = standing), toUnixTimestamp64Milli(min(first))
FROM (
    SELECT version, newest, first, max(newest) OVER (PARTITION BY conversation_id) AS standing
    FROM ({{written}})
)
GROUP BY version

-- both --
SELECT conversation_id, anyIf(told, version = {old:String}) AS a, anyIf(told, version = {new:String}) AS b
FROM ({{written}})
WHERE version IN ({old:String}, {new:String})
GROUP BY conversation_id
HAVING count() = 2

-- agreement --
SELECT count(), countIf((a.1, a.2) = (b.1, b.2)) FROM ({{both}})

-- moves --
SELECT a.1 AS old_status, a.2 AS old_value, b.1 AS new_status, b.2 AS new_value, count() AS conversations
FROM ({{both}})
GROUP BY old_status, old_value, new_status, new_value
ORDER BY conversations DESC, old_status, old_value, new_status, new_value
LIMIT {limit:UInt32}

-- differing --
SELECT conversation_id, a.1, a.2, a.3, b.1, b.2, b.3
FROM ({{both}})
WHERE (a.1, a.2) != (b.1, b.2)
ORDER BY conversation_id
LIMIT {limit:UInt32}
