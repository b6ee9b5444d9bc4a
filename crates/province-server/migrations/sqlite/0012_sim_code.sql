-- Codes that were sent to the SIMs of people who enrol.

CREATE TABLE sim_code (
  -- The last one of a CNIC and a device. `subject` is an HMAC of both; the code is in nobody's database but NADRA's.
  subject   BLOB PRIMARY KEY NOT NULL CHECK (length(subject) = 32),
  reference BLOB NOT NULL CHECK (length(reference) = 16),      -- what NADRA's side knows it by
  sent_at   INTEGER NOT NULL,
  proven_at INTEGER                                               -- when the right one was given
) STRICT, WITHOUT ROWID;

CREATE INDEX sim_code_sent_at ON sim_code (sent_at);
