-- How people were proofed, and questions to NADRA that are under way.

ALTER TABLE person ADD COLUMN assurance BIGINT NOT NULL DEFAULT 2;   -- the level of it, 1 to 4
ALTER TABLE person ADD COLUMN way TEXT NOT NULL DEFAULT 'remote';     -- remote, assisted

CREATE TABLE asking (
  -- A question to NADRA whose answer is not noted yet, once for each subject (as in `attempt`). It counts as a try for a
  -- minute; what was never noted counts as none.
  subject   BYTEA   NOT NULL CHECK (length(subject) = 32),
  reference BYTEA   NOT NULL CHECK (length(reference) = 16),
  begun_at  BIGINT  NOT NULL,
  PRIMARY KEY (subject, reference)
);

CREATE INDEX asking_reference ON asking (reference);
CREATE INDEX asking_begun_at ON asking (begun_at);
