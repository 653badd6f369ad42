-- Records of all further kinds: connectors, jobs, webhooks and others. Times are milliseconds since 1970.

CREATE TABLE records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- newer records have greater numbers, and no number is used twice
    kind TEXT NOT NULL, -- the word of the API, as in `resource_<kind>_not_found`
    id TEXT NOT NULL,
    parent TEXT, -- the id of what it belongs to
    name TEXT, -- a name by which it is looked up
    state TEXT, -- the word of the API
    due INTEGER, -- when the clock has something to do for it
    body TEXT NOT NULL, -- JSON
    UNIQUE (kind, id)
);
CREATE INDEX records_in_order ON records (kind, seq);
CREATE INDEX records_by_parent ON records (kind, parent, seq);
CREATE INDEX records_by_name ON records (kind, name) WHERE name IS NOT NULL;
CREATE INDEX records_due ON records (kind, due) WHERE due IS NOT NULL;

-- Up to when the events of a run were told. Runs of older stores are not told about.
ALTER TABLE runs ADD COLUMN told_ms INTEGER NOT NULL DEFAULT 9223372036854775807;
