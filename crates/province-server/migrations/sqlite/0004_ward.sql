-- Children whose documents a citizen holds until they are of age.

CREATE TABLE ward (
  -- A child by the number that it has with this citizen, for all kinds of documents and for good.
  person  BLOB    NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  no      INTEGER NOT NULL CHECK (no > 0),
  subject BLOB    NOT NULL CHECK (length(subject) = 32),                       -- HMAC-SHA256 of the child's number
  PRIMARY KEY (person, no),
  UNIQUE (person, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX ward_subject ON ward (subject);

ALTER TABLE holding RENAME TO holding_of_one_each;

CREATE TABLE holding (
  -- A document that a citizen holds, of each kind one of their own and one of each child. What it says is in `sealed`
  -- and nowhere else.
  person       BLOB    NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  vct          TEXT    NOT NULL,
  no           INTEGER NOT NULL DEFAULT 0 CHECK (no >= 0),                     -- 0: their own; else which ward's
  sealed       BLOB    NOT NULL,
  status_list  TEXT,                                                           -- where its bit is, if its kind has one
  status_index INTEGER CHECK (status_index >= 0),
  granted_at   INTEGER NOT NULL,
  PRIMARY KEY (person, vct, no),
  CHECK ((status_list IS NULL) = (status_index IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO holding (person, vct, sealed, status_list, status_index, granted_at)
  SELECT person, vct, sealed, status_list, status_index, granted_at FROM holding_of_one_each;
DROP TABLE holding_of_one_each;
