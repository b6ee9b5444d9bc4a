-- An errand whose try settled nothing is put off by itself: it holds up no other and no sync.

ALTER TABLE outbox ADD COLUMN retry_at INTEGER NOT NULL DEFAULT 0;  -- the phone tries by itself no sooner; the citizen may
ALTER TABLE outbox ADD COLUMN put_off INTEGER NOT NULL DEFAULT 0;   -- tries that settled nothing
ALTER TABLE outbox ADD COLUMN damaged INTEGER NOT NULL DEFAULT 0;   -- tries in a row that did not arrive as they were sent
