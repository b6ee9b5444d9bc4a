-- The audit log: who did what. No CNIC, no name and no number is in it; a person stands there by their random id.

CREATE TABLE audit_waiting (
  -- What a transaction did, until it has a number in the log.
  n      INTEGER PRIMARY KEY NOT NULL,
  at     INTEGER NOT NULL,
  role   TEXT    NOT NULL,
  actor  TEXT    NOT NULL,
  action TEXT    NOT NULL,
  person BLOB    NOT NULL CHECK (length(person) = 16),   -- zeros: about nobody
  detail TEXT    NOT NULL,                               -- a JSON object
  sealed BLOB                                             -- another one, sealed to the person, if there is one
) STRICT;

CREATE TABLE audit (
  -- The log. Its rows are never changed, and go only behind a cut, the oldest first.
  seq    INTEGER NOT NULL CHECK (seq > 0),
  at     INTEGER NOT NULL,
  role   TEXT    NOT NULL,
  actor  TEXT    NOT NULL,
  action TEXT    NOT NULL,
  person BLOB    NOT NULL CHECK (length(person) = 16),
  detail TEXT    NOT NULL,
  sealed BLOB,
  hash   BLOB    NOT NULL CHECK (length(hash) = 32),     -- of this entry and of all before
  PRIMARY KEY (person, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_seq ON audit (seq);

CREATE TABLE audit_head (
  -- A signed hash of an entry: all up to it stand as they did then.
  seq    INTEGER PRIMARY KEY NOT NULL CHECK (seq > 0),
  at     INTEGER NOT NULL,
  bytes  BLOB    NOT NULL
) STRICT;

CREATE TABLE audit_cut (
  -- The last entry whose time was over. The log begins behind it.
  id     INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  seq    INTEGER NOT NULL CHECK (seq > 0),
  hash   BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is not changed'); END;

CREATE TRIGGER audit_goes_behind_a_cut BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM audit_cut WHERE audit_cut.seq >= OLD.seq)
BEGIN SELECT RAISE(ABORT, 'the audit log is kept'); END;

CREATE TRIGGER audit_cut_goes_on BEFORE UPDATE ON audit_cut WHEN NEW.seq < OLD.seq
BEGIN SELECT RAISE(ABORT, 'the audit log does not begin earlier again'); END;
