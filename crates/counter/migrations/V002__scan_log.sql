CREATE TABLE scan_log (
  -- What happened at this desk, chained. Nothing of a visitor: no hash, key or nonce of a pass, no second of a time.
  number     INTEGER PRIMARY KEY NOT NULL,  -- from 1, without a gap
  at         INTEGER NOT NULL,              -- unix seconds, UTC, whole minutes
  event      TEXT    NOT NULL,
  service    TEXT,
  vct        TEXT,
  mode       TEXT,
  code       TEXT,
  officer    TEXT,
  profile    TEXT,
  about      TEXT,
  hash       BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE scan_log_seal (
  -- Signed by the desk's key, as it was signed: how far the log had come.
  number     INTEGER PRIMARY KEY NOT NULL,  -- from 1, without a gap
  last       INTEGER NOT NULL,              -- the last entry that it covers
  bytes      BLOB    NOT NULL
) STRICT;

-- Whoever can write this file can drop these; they keep the program and honest hands from it.
CREATE TRIGGER scan_log_stays BEFORE UPDATE ON scan_log
BEGIN SELECT RAISE(ABORT, 'the scan log is only added to'); END;
CREATE TRIGGER scan_log_is_kept BEFORE DELETE ON scan_log
BEGIN SELECT RAISE(ABORT, 'the scan log is only added to'); END;
CREATE TRIGGER scan_log_seal_stays BEFORE UPDATE ON scan_log_seal
BEGIN SELECT RAISE(ABORT, 'the scan log is only added to'); END;
CREATE TRIGGER scan_log_seal_is_kept BEFORE DELETE ON scan_log_seal
BEGIN SELECT RAISE(ABORT, 'the scan log is only added to'); END;
