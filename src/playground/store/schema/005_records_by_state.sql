-- The first file of a job that is still to be imported, without a look at all that are done.

CREATE INDEX records_by_state ON records (kind, parent, state, seq) WHERE parent IS NOT NULL;
