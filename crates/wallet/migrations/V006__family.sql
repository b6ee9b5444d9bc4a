-- Documents of children, which a guardian holds beside their own: of a kind there may be several, each with the number
-- of the person whose it is. 0 is the citizen's own.

CREATE TABLE offer_of_each (
  -- What the province lets this citizen draw, as it said last: passes, and the documents they hold.
  vct        TEXT    NOT NULL,
  no         INTEGER NOT NULL,                            -- whose
  grant_no   INTEGER NOT NULL,                            -- which grant of a document; 0 for passes
  PRIMARY KEY (vct, no)
) STRICT, WITHOUT ROWID;
INSERT INTO offer_of_each (vct, no, grant_no) SELECT vct, 0, grant_no FROM offer;
DROP TABLE offer;
ALTER TABLE offer_of_each RENAME TO offer;

ALTER TABLE credential ADD COLUMN no INTEGER NOT NULL DEFAULT 0;   -- whose
DROP INDEX credential_by_use;
CREATE INDEX credential_by_use ON credential (vct, no, shown_at, expires_at);

CREATE TABLE child (
  -- What a child is called whose documents are here, or were: the past has its number.
  no      INTEGER PRIMARY KEY NOT NULL,
  name_en TEXT    NOT NULL,
  name_ur TEXT    NOT NULL
) STRICT;

ALTER TABLE showing ADD COLUMN no INTEGER NOT NULL DEFAULT 0;      -- whose

CREATE TABLE kept_document_of_each (
  -- A pass or document of the phone before, exactly as its issuer signed it. For the citizen's eyes: its key stayed there.
  vct TEXT    NOT NULL,
  no  INTEGER NOT NULL,                                   -- whose
  raw BLOB    NOT NULL,
  PRIMARY KEY (vct, no)
) STRICT;
INSERT INTO kept_document_of_each (vct, no, raw) SELECT vct, 0, raw FROM kept_document;
DROP TRIGGER restored_until_bound;
DROP TABLE kept_document;
ALTER TABLE kept_document_of_each RENAME TO kept_document;

CREATE TRIGGER restored_until_bound AFTER UPDATE OF state ON enrolment WHEN NEW.state = 'complete'
BEGIN
  DELETE FROM restored;
  DELETE FROM kept_document;
END;
