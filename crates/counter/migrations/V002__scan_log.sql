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

CREATE TABLE scan_log_counted (
  -- How often something came of which there was too much to write down each; one entry of the log once its minute is over.
  -- Empty texts stand for what is not known.
  event      TEXT    NOT NULL,
  code       TEXT    NOT NULL,
  service    TEXT    NOT NULL,
  officer    TEXT    NOT NULL,
  profile    TEXT    NOT NULL,
  at         INTEGER NOT NULL,              -- unix seconds, UTC: the minute in which it began
  count      INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (event, code, service, officer, profile)
) STRICT, WITHOUT ROWID;

-- Whoever can write this file can drop these; they keep the program and honest hands from it.
CREATE TRIGGER scan_log_stays BEFORE UPDATE ON scan_log
BEGIN SELECT RAISE(ABORT, 'the scan log is only added to'); END;
CREATE TRIGGER scan_log_is_kept BEFORE DELETE ON scan_log
BEGIN SELECT RAISE(ABORT, 'the scan log is only added to'); END;
CREATE TRIGGER scan_log_seal_stays BEFORE UPDATE ON scan_log_seal
BEGIN SELECT RAISE(ABORT, 'the scan log is only added to'); END;
CREATE TRIGGER scan_log_seal_is_kept BEFORE DELETE ON scan_log_seal
BEGIN SELECT RAISE(ABORT, 'the scan log is only added to'); END;
