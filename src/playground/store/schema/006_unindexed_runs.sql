-- Runs whose texts the next search adds to the text index before it looks.

CREATE TABLE unindexed_runs (
    run_id TEXT PRIMARY KEY REFERENCES runs (run_id)
) WITHOUT ROWID;
