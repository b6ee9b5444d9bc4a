-- Documents that ended at the province, and those that the citizen deleted from this phone. Every time is unix seconds
-- (UTC) and comes from the application.

CREATE TABLE past_document (
  -- The last copy of a document that the province withdrew or granted anew, exactly as its issuer signed it. It cannot be
  -- shown to a desk; it stays for the citizen's eyes until they delete it.
  id       INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  vct      TEXT    NOT NULL,
  no       INTEGER NOT NULL DEFAULT 0,                    -- whose
  raw      BLOB    NOT NULL,
  ended_at INTEGER NOT NULL,                              -- when this phone learned of it
  why      TEXT    NOT NULL CHECK (why IN ('withdrawn', 'replaced'))
) STRICT;

CREATE TABLE put_away (
  -- A grant that the citizen deleted: it is not drawn again before they want it back or the province grants it anew.
  id       INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  vct      TEXT    NOT NULL,
  no       INTEGER NOT NULL DEFAULT 0,                    -- whose
  grant_no INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  UNIQUE (vct, no, grant_no)
) STRICT;
