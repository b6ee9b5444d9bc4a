-- What came from another phone, and what went to one. Every time is unix seconds (UTC) and comes from the application.

CREATE TABLE restored (
  -- This vault holds what another phone had, and the province does not know it yet. One row, until it does.
  id           INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  source       TEXT    NOT NULL CHECK (source IN ('backup', 'transfer')),
  at           INTEGER NOT NULL,
  -- transfer: the text of the code that lets the old phone empty itself; NULL once it was put away.
  confirmation TEXT
) STRICT;

CREATE TABLE kept_document (
  -- A pass or document of the phone before, exactly as its issuer signed it. For the citizen's eyes: its key stayed there.
  vct TEXT PRIMARY KEY NOT NULL,
  raw BLOB NOT NULL
) STRICT;

CREATE TRIGGER restored_until_bound AFTER UPDATE OF state ON enrolment WHEN NEW.state = 'complete'
BEGIN
  DELETE FROM restored;
  DELETE FROM kept_document;
END;

CREATE TABLE moving (
  -- The move of this vault to another phone. One row.
  id             INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  begun_at       INTEGER NOT NULL,
  confirmation   TEXT,                                     -- the code that only a phone with everything can show
  content_sha256 BLOB    CHECK (length(content_sha256) = 32), -- of what was played
  moved_at       INTEGER,                                  -- NULL: under way. Else nothing of the two before is left
  CHECK ((moved_at IS NULL) = (confirmation IS NOT NULL) AND (moved_at IS NULL) = (content_sha256 IS NOT NULL))
) STRICT;
