-- migrations --
CREATE TABLE IF NOT EXISTS migrations (
    number UInt32,
    applied_at DateTime DEFAULT now()
)
ENGINE = MergeTree ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

-- events --
CREATE TABLE IF NOT EXISTS events (
    project_id UInt32,
    conversation_id String,
    event_id String,
    kind LowCardinality(String),
    name LowCardinality(String),
    at DateTime64(3, 'UTC'),
    seq Int64,
    source LowCardinality(String),
    value_type LowCardinality(String),
    value_number Nullable(Float64),
    value_text String CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC'),
    rev UInt64,
    body String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (project_id, conversation_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 1024

-- turns --
CREATE TABLE IF NOT EXISTS turns (
    project_id UInt32,
    conversation_id String,
    event_id String,
    started_at DateTime64(3, 'UTC'),
    speaker LowCardinality(String),
    at DateTime64(3, 'UTC'),
    text String CODEC(ZSTD(1)),
    version UInt64,
    is_deleted UInt8,
    INDEX words text TYPE text(
        tokenizer = 'splitByNonAlpha',
        preprocessor = translateUTF8(
            lowerUTF8(text),
            '¡¿«»§¶·°´¨¸،؛؟٪۔।॥‐‑‒–—―‘’‚“”„†‡•…‹›、。〈〉《》「」『』【】〔〕！（），．：；？～・',
            '                                                            '
        )
    )
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(started_at)
ORDER BY (project_id, conversation_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 1024

-- rejects --
CREATE TABLE IF NOT EXISTS rejects (
    project_id UInt32,
    reject_id String,
    received_at DateTime64(3, 'UTC'),
    conversation_id String,
    event_id String,
    position UInt32,
    code LowCardinality(String),
    reason String,
    payload String CODEC(ZSTD(1)),
    version UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, reject_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

-- wide_table --
CREATE TABLE IF NOT EXISTS {{table}} (
    {{columns}},
    INDEX heard last_received_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(started_at)
ORDER BY (started_at, conversation_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
