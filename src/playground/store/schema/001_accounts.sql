-- Keys, repeated requests and usage. Times are milliseconds since 1970.

-- Small facts about the store itself.
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- API keys. Of a secret only the SHA-256 and the first characters are kept.
CREATE TABLE api_keys (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id TEXT NOT NULL UNIQUE,
    hash BLOB NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER,
    expires_at INTEGER
) STRICT;

-- First answers of requests that carried an idempotency key.
CREATE TABLE repeats (
    account TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    answer BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, idempotency_key)
) STRICT;
CREATE INDEX repeats_by_age ON repeats (created_at);

-- What was used, one row per event.
CREATE TABLE usage_events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    metric TEXT NOT NULL,
    value REAL NOT NULL,
    at INTEGER NOT NULL,
    metadata TEXT
) STRICT;
CREATE INDEX usage_by_time ON usage_events (at, metric);
