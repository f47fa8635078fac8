"""The SQL behind bench/synthetic.py: a made-up call is a pure function of its number ``i``.

``calls`` gives one row per call with all its facts; events, utterances and the wide row are each written
from it by one INSERT ... SELECT, so that a million calls take the engine minutes and Python nothing.
Everything is drawn by hashing ``i``: the same call in every table. Only numbers of ours are filled in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

CALLS = """
SELECT
    i,
    concat('syn-', leftPad(toString(i), 10, '0')) AS id,
    {{from_ms}} + hour * 3600000 + cityHash64(i, 'start') % 3600000 AS start_ms,
    start_ms + 55000 + cityHash64(i, 'length') % 180000 AS end_ms,
    end_ms + 5000 AS received_ms,
    cityHash64(i, 'handoff') % 100 < 15 AS handed,
    ['asked for a person', 'billing', 'complaint', 'emergency', 'not understood', 'opening hours']
        [1 + cityHash64(i, 'why') % 6] AS handoff_reason,
    ['billing', 'front desk', 'nurse'][1 + cityHash64(i, 'where') % 3] AS handoff_destination,
    multiIf(handed, 'handoff', cityHash64(i, 'end') % 4 = 0, 'user_hangup', 'completed') AS ended_reason,
    if(cityHash64(i, 'environment') % 20 = 0, 'sandbox', 'live') AS environment,
    if(cityHash64(i, 'channel') % 5 = 0, 'chat', 'voice') AS channel,
    ['en-GB', 'en-GB', 'en-GB', 'en-GB', 'es-ES', 'de-DE'][1 + cityHash64(i, 'language') % 6] AS language,
    ['calm', 'brisk', 'formal'][1 + cityHash64(i, 'variant') % 3] AS variant,
    concat('+4420', leftPad(toString(cityHash64(i, 'caller') % {{callers}}), 8, '0')) AS from_number,
    if(cityHash64(i, 'vip') % 10 = 0, ['vip'], []) AS tags,
    cityHash64(i, 'error') % 100 < 3 AS call_failed,
    ['book', 'cancel', 'move', 'ask'][1 + cityHash64(i, 'intent') % 4] AS intent,
    cityHash64(i, 'score') % 100 AS score,
    if(cityHash64(i, 'booked') % 10 < 4, 'APPOINTMENT_BOOKED', 'APPOINTMENT_FAILED') AS outcome,
    {{reasons}}[1 + toUInt8(pow(cityHash64(i, 'reason') % 1000 / 1000, 2) * {{num_reasons}})] AS reason,
    cityHash64(i, 'resolved') % 10 < 7 AS resolved,
    1 + cityHash64(i, 'sentiment') % 9 / 2 AS sentiment,
    cityHash64(i, 'other') % {{others}} AS other,
    concat('METRIC_', leftPad(toString(other), 3, '0')) AS other_name,
    cityHash64(i, 'amount') % 100 AS amount,
    {{words}}[1 + cityHash64(i, 'word') % {{num_words}}] AS word,
    multiIf(other % 3 = 0, 'true', other % 3 = 1, toString(amount), word) AS other_text,
    if(other % 3 = 2, concat('"', word, '"'), other_text) AS other_json,
    range(10) AS turn_numbers,
    arrayMap(k -> k % 2 = 1 AND cityHash64(i, k, 'silence') % 40 = 0, turn_numbers) AS silences,
    arrayMap(k -> k % 2 = 1 AND cityHash64(i, k, 'ood') % 50 = 0, turn_numbers) AS oods,
    arrayMap(k -> k % 2 = 0 AND cityHash64(i, k, 'barge') % 20 = 0, turn_numbers) AS interruptions,
    arrayMap(k -> if(silences[k + 1], 0, 4 + cityHash64(i, k, 'words') % 15), turn_numbers) AS lengths,
    arrayMap(k -> 300 + cityHash64(i, k, 'latency') % 1500, turn_numbers) AS latencies,
    if(handed, 17, 16) AS last_seq
FROM (
    SELECT {{first}} + firsts[hour + 1] + k AS i, hour
    FROM (SELECT toInt64(number) AS hour, {{counts}}[number + 1] AS calls, {{firsts}} AS firsts
          FROM numbers({{hours}}))
    ARRAY JOIN range(calls) AS k
)
"""

UTTERANCES = """
SELECT
    id, start_ms, received_ms, last_seq, k,
    if(k < 4, k + 2, k + 4) AS seq,
    if(k % 2 = 0, 'agent', 'user') AS speaker,
    start_ms + 1000 + k * 5000 AS at_ms,
    at_ms + length * 250 AS ended_ms,
    arrayStringConcat(
        arrayMap(
            j -> {{words}}[1 + toUInt32(pow(cityHash64(i, k, j) % 65536 / 65536, 2) * {{num_words}})],
            range(length)
        ),
        ' '
    ) AS text,
    latency, silence, ood, interrupted
FROM calls
ARRAY JOIN
    turn_numbers AS k, lengths AS length, latencies AS latency, silences AS silence, oods AS ood,
    interruptions AS interrupted
"""

TURNS = """
INSERT INTO turns (project_id, conversation_id, event_id, started_at, speaker, at, text, version, is_deleted)
WITH calls AS ({{calls}}), utterances AS ({{utterances}})
SELECT {{project}}, id, concat('e', toString(seq)), fromUnixTimestamp64Milli(start_ms), speaker,
       fromUnixTimestamp64Milli(at_ms), text, bitShiftLeft(toUInt64(last_seq + 3), 32) + {{stamp}}, 0
FROM utterances
"""

TOLD = """
    SELECT id, received_ms, 1 AS seq, start_ms AS at_ms, 'start' AS kind, '' AS name, 'agent' AS source,
           '' AS value_type, CAST(NULL, 'Nullable(Float64)') AS value_number, '' AS value_text,
           concat('"channel":"', channel, '","environment":"', environment, '","direction":"inbound"',
                  ',"language":"', language, '","variant_name":"', variant, '","from_number":"', from_number,
                  '","to_number":"+442079460000","tags":', if(empty(tags), '[]', '["vip"]')) AS fields
    FROM calls
    UNION ALL
    SELECT id, received_ms, seq, at_ms, 'turn', '', 'agent', '', NULL, '',
           concat('"speaker":"', speaker, '","text":"', text, '","ended_at":', toString(ended_ms),
                  if(speaker = 'agent', concat(',"latency_ms":', toString(latency)), ''),
                  if(silence, ',"is_silence":true', ''), if(ood, ',"is_ood":true', ''),
                  if(interrupted, ',"interrupted":true', ''))
    FROM utterances
    UNION ALL
    SELECT id, received_ms, 6, start_ms + 20500, 'function_call', 'look_up', 'agent', '', NULL, '',
           concat('"name":"look_up","duration_ms":120', if(call_failed, ',"error":"timeout"', ''))
    FROM calls
    UNION ALL
    SELECT id, received_ms, 7, start_ms + 20700, 'state', '', 'agent', '', NULL, '',
           concat('"set":{"intent":{"name":"', intent, '","score":', toString(score), '}}')
    FROM calls
    UNION ALL
    SELECT id, received_ms, 14, start_ms + 51000, 'metric', outcome, 'agent', 'none', NULL, '',
           concat('"name":"', outcome, '"')
    FROM calls
    UNION ALL
    SELECT id, received_ms, 15, start_ms + 52000, 'metric', other_name, 'agent',
           ['boolean', 'number', 'text'][other % 3 + 1], [1, amount, NULL][other % 3 + 1],
           if(other % 3 = 2, other_text, ''), concat('"name":"', other_name, '","value":', other_json)
    FROM calls
    UNION ALL
    SELECT id, received_ms, 16, start_ms + 53000, 'handoff', '', 'agent', '', NULL, '',
           concat('"reason":"', handoff_reason, '","destination":"', handoff_destination, '"')
    FROM calls WHERE handed
    UNION ALL
    SELECT id, received_ms, last_seq, end_ms, 'end', '', 'agent', '', NULL, '',
           concat('"reason":"', ended_reason, '","last_seq":', toString(last_seq))
    FROM calls
    UNION ALL
    SELECT id, received_ms, 0, end_ms + 2000, 'metric', 'CALL_REASON', 'extraction', 'text', NULL, reason,
           concat('"name":"CALL_REASON","value":"', reason, '"')
    FROM calls
    UNION ALL
    SELECT id, received_ms, 0, end_ms + 2001, 'metric', 'RESOLVED', 'extraction', 'boolean',
           toFloat64(resolved), '', concat('"name":"RESOLVED","value":', if(resolved, 'true', 'false'))
    FROM calls
    UNION ALL
    SELECT id, received_ms, 0, end_ms + 2002, 'metric', 'SENTIMENT', 'extraction', 'number',
           sentiment, '', concat('"name":"SENTIMENT","value":', toString(sentiment))
    FROM calls
"""

EVENTS = """
INSERT INTO events (project_id, conversation_id, event_id, kind, name, at, seq, source, value_type,
                    value_number, value_text, received_at, rev, body)
WITH calls AS ({{calls}}), utterances AS ({{utterances}})
SELECT {{project}}, id, event_id, kind, name, fromUnixTimestamp64Milli(at_ms), seq, source, value_type,
       value_number, value_text, fromUnixTimestamp64Milli(received_ms),
       18446744073709551615 - (bitShiftLeft(toUInt64(received_ms) * 1000, 12) + place),
       concat('{"kind":"', kind, '","id":"', event_id, '","conversation_id":"', id, '","at":',
              toString(at_ms), ',"seq":', toString(seq), ',"source":"', source, '",', fields, '}')
FROM (
    SELECT *, if(source = 'agent', concat('e', toString(seq)), concat('x-', name)) AS event_id,
           if(source = 'agent', seq, 20) AS place
    FROM ({{told}})
)
"""

ROW: dict[str, str] = {
    "conversation_id": "id",
    "started_at": "fromUnixTimestamp64Milli(start_ms)",
    "ended_at": "fromUnixTimestamp64Milli(end_ms)",
    "in_progress": "false",
    "duration": "(end_ms - start_ms) / 1000",
    "agent_duration": "if(handed, 53, (end_ms - start_ms) / 1000)",
    "environment": "environment",
    "channel": "channel",
    "direction": "'inbound'",
    "language": "language",
    "variant_name": "variant",
    "from_number": "from_number",
    "to_number": "'+442079460000'",
    "num_turns": "6",
    "num_utterances": "10",
    "num_silences": "countEqual(silences, 1)",
    "num_ood": "countEqual(oods, 1)",
    "num_interruptions": "countEqual(interruptions, 1)",
    "num_function_calls": "1",
    "num_function_errors": "toUInt32(call_failed)",
    "handoff": "handed",
    "handoff_reason": "if(handed, handoff_reason, NULL)",
    "handoff_destination": "if(handed, handoff_destination, NULL)",
    "ended_reason": "ended_reason",
    "tags": "tags",
    "attributes": "'{}'",
    "state": """concat('{"intent":{"name":"', intent, '","score":', toString(score), '}}')""",
    "metrics_written": "names",
    "postcall_status": "'pending'",
    "postcall_due_at": "fromUnixTimestamp64Milli(received_ms)",
    "events_told": "last_seq",
    "last_event_at": "fromUnixTimestamp64Milli(end_ms + 2002)",
    "last_received_at": "fromUnixTimestamp64Milli(received_ms)",
    "events": "last_seq + 3",
    "version": "bitShiftLeft(toUInt64(last_seq + 3), 32) + {{stamp}}",
    "num_handoffs": "toUInt32(handed)",
    "num_user_words": "user_words",
    "num_agent_words": "agent_words",
    "num_user_utterances": "5",
    "num_agent_utterances": "5",
    "user_talk_seconds": "user_words / 4",
    "agent_talk_seconds": "agent_words / 4",
    "latency_avg": "arraySum(agent_latencies) / 5000",
    "latency_max": "arrayMax(agent_latencies) / 1000",
    "first_response": "1",
    "function_names": "['look_up']",
    "function_failures": "if(call_failed, ['look_up'], [])",
    "write_names": "names",
    "write_sources": "['agent', 'agent', 'extraction', 'extraction', 'extraction']",
    "write_times": "arrayMap(ms -> fromUnixTimestamp64Milli(ms), [start_ms + 51000, start_ms + 52000, "
    "end_ms + 2000, end_ms + 2001, end_ms + 2002])",
    "write_types": "['boolean', ['boolean', 'number', 'text'][other % 3 + 1], 'text', 'boolean', 'number']",
    "write_numbers": "[1, [1, amount, 0][other % 3 + 1], 0, toFloat64(resolved), sentiment]",
    "write_texts": "['true', other_text, reason, if(resolved, 'true', 'false'), toString(sentiment)]",
    "APPOINTMENT_BOOKED": "if(outcome = 'APPOINTMENT_BOOKED', true, NULL)",
    "APPOINTMENT_FAILED": "if(outcome = 'APPOINTMENT_FAILED', true, NULL)",
    "CALL_REASON": "reason",
    "RESOLVED": "resolved",
    "SENTIMENT": "sentiment",
}
"""The wide table's columns by name; every column not here holds its default. A test holds each of them
against what the projection makes of the same events."""

OTHER = ("true", "amount", "word")
"""The value of METRIC_NNN, by the number's remainder of three: boolean, number, text."""

ROWS = """
INSERT INTO {{table}} ({{columns}})
WITH calls AS ({{calls}})
SELECT {{expressions}}
FROM (
    SELECT *,
           [outcome, other_name, 'CALL_REASON', 'RESOLVED', 'SENTIMENT'] AS names,
           arraySum(arrayFilter((length, k) -> k % 2 = 1, lengths, turn_numbers)) AS user_words,
           arraySum(arrayFilter((length, k) -> k % 2 = 0, lengths, turn_numbers)) AS agent_words,
           arrayFilter((latency, k) -> k % 2 = 0, latencies, turn_numbers) AS agent_latencies
    FROM calls
)
"""


_PIECES = {"calls": CALLS, "utterances": UTTERANCES, "told": TOLD}


def filled(statement: str, parts: Mapping[str, object]) -> str:
    """The statement with its ``{{parts}}``, those of the parts included."""
    while "{{" in statement:
        statement = _PART.sub(lambda found: str(_PIECES.get(found[1]) or parts[found[1]]), statement)
    return statement


_PART = re.compile(r"\{\{(\w+)\}\}")
