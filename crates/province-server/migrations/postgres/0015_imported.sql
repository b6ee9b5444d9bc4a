-- Rows of departments' files that were done.

CREATE TABLE imported (
  -- One row, by an HMAC of its cells: bringing the same file again does nothing again.
  mark    BYTEA    PRIMARY KEY CHECK (length(mark) = 32),
  done_at BIGINT  NOT NULL
);

CREATE INDEX imported_done_at ON imported (done_at);
