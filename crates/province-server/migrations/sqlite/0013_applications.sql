-- Applications that citizens send to offices, and what each office is told of them, in order.

CREATE TABLE application (
  -- One application. What it says is in `sealed` and nowhere else.
  person       BLOB    NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  id           BLOB    NOT NULL CHECK (length(id) = 16),          -- random
  office       TEXT    NOT NULL,                                  -- of the catalogue, as it was then
  service      TEXT    NOT NULL,
  state        TEXT    NOT NULL,
  is_open      INTEGER NOT NULL CHECK (is_open IN (0, 1)),        -- whether its state leads on to another
  submitted_at INTEGER NOT NULL,
  changed_at   INTEGER NOT NULL,
  sealed       BLOB    NOT NULL,                                  -- the form, bound to person and id
  PRIMARY KEY (person, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX application_changed ON application (changed_at);

CREATE TABLE application_reader (
  -- Who is told of applications in order: an office. The row's lock gives the numbers in the order of the commits, so that
  -- who reads up to a number has missed none below it.
  reader TEXT    PRIMARY KEY NOT NULL,
  last   INTEGER NOT NULL CHECK (last > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE application_feed (
  -- One change of an application, for one reader.
  reader TEXT    NOT NULL,
  seq    INTEGER NOT NULL CHECK (seq > 0),
  at     INTEGER NOT NULL,
  person BLOB    NOT NULL CHECK (length(person) = 16),
  id     BLOB    NOT NULL CHECK (length(id) = 16),
  state  TEXT    NOT NULL,                                        -- the one that it changed to
  reason TEXT,
  PRIMARY KEY (reader, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX application_feed_id ON application_feed (id);
CREATE INDEX application_feed_person ON application_feed (person);

-- Kinds of documents that a system's key may grant, comma between.
ALTER TABLE system_key ADD COLUMN grants TEXT NOT NULL DEFAULT '';
