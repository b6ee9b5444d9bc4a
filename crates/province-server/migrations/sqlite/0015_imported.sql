-- Rows of departments' files that were done.

CREATE TABLE imported (
  -- One row, by an HMAC of its cells: bringing the same file again does nothing again.
  mark    BLOB    PRIMARY KEY NOT NULL CHECK (length(mark) = 32),
  done_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX imported_done_at ON imported (done_at);
