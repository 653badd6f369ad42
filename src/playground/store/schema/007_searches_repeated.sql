-- Answers of searches are large and cost nothing to make again, so only the newest are kept.

ALTER TABLE repeats ADD COLUMN searches INTEGER NOT NULL DEFAULT 0;
CREATE INDEX repeats_of_searches ON repeats (created_at) WHERE searches;
