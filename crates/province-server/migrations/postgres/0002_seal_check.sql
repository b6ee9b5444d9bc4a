CREATE TABLE seal_check (
  -- One row, sealed when the province was made: it opens with the data key of this database and with no other.
  id     BIGINT  PRIMARY KEY CHECK (id = 1),
  sealed BYTEA   NOT NULL
);
