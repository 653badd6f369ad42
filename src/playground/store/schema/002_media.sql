-- Media, prompts and runs. Times are milliseconds since 1970, positions in media are seconds, amounts are media tokens.

CREATE TABLE indexes (
    index_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT,
    user_id TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    is_default INTEGER NOT NULL,
    sort_order INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE videos (
    seq INTEGER PRIMARY KEY, -- the order of listings
    video_id TEXT NOT NULL UNIQUE,
    index_id TEXT REFERENCES indexes (index_id),
    title TEXT NOT NULL,
    media_type TEXT NOT NULL,
    duration REAL NOT NULL, -- seconds
    created_ms INTEGER NOT NULL
);
CREATE INDEX videos_by_index ON videos (index_id, seq);
CREATE TABLE segments (
    segment_id TEXT PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES videos (video_id),
    position INTEGER NOT NULL,
    start_time REAL NOT NULL, -- seconds
    end_time REAL NOT NULL,
    damage TEXT -- why it cannot be processed
) WITHOUT ROWID;
CREATE INDEX segments_by_video ON segments (video_id, position);

CREATE TABLE prompts (
    seq INTEGER PRIMARY KEY, -- the order of listings
    prompt_id TEXT NOT NULL UNIQUE,
    is_active INTEGER NOT NULL,
    is_default INTEGER NOT NULL,
    body TEXT NOT NULL -- JSON
);

CREATE TABLE runs (
    seq INTEGER PRIMARY KEY, -- newer runs have greater numbers
    run_id TEXT NOT NULL UNIQUE,
    prompt TEXT NOT NULL, -- JSON, as it was
    settings TEXT NOT NULL, -- JSON
    executed_by TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    step_ms INTEGER NOT NULL,
    stop_ms INTEGER,
    stop_by TEXT,
    estimated_mt REAL NOT NULL,
    charged_mt REAL NOT NULL DEFAULT 0,
    settled_ms INTEGER -- set once it has ended, its results are searchable and it is charged
);
CREATE INDEX runs_unsettled ON runs (seq) WHERE settled_ms IS NULL;
CREATE TABLE run_items (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    position INTEGER NOT NULL,
    video_id TEXT NOT NULL REFERENCES videos (video_id),
    PRIMARY KEY (run_id, position)
) WITHOUT ROWID;
CREATE INDEX run_items_by_video ON run_items (video_id);
CREATE TABLE retries (
    seq INTEGER PRIMARY KEY,
    retry_id TEXT NOT NULL UNIQUE,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    video_id TEXT NOT NULL,
    segment_id TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    estimated_mt REAL NOT NULL,
    charged_mt REAL NOT NULL DEFAULT 0,
    settled_ms INTEGER -- set once it has ended, its results are searchable and it is charged
);
CREATE INDEX retries_by_run ON retries (run_id, seq);
