CREATE TABLE seal_check (
  -- One row, sealed when the province was made: it opens with the data key of this database and with no other.
  id     INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  sealed BLOB    NOT NULL
) STRICT;
