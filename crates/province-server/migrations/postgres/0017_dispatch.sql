-- Platforms that carry applications for several departments: which services, under which numbers, and what they offer.

-- The platform that carries it, by the name of its system; NULL without one.
ALTER TABLE application ADD COLUMN dispatcher TEXT;
-- Where it began: 'wallet' or 'dispatcher'.
ALTER TABLE application ADD COLUMN origin TEXT NOT NULL DEFAULT 'wallet';
-- The platform's own number of it, sealed; NULL until it said one.
ALTER TABLE application ADD COLUMN reference BYTEA;

CREATE TABLE dispatch_service (
  -- A service that a platform carries, by the operator's word.
  service TEXT PRIMARY KEY,                                  -- of the catalogue
  system  TEXT NOT NULL,                              -- the platform's, as its keys have it
  code    TEXT NOT NULL,                              -- what the platform calls it
  UNIQUE (system, code)
);

CREATE TABLE dispatch_reference (
  -- What a platform last said under one of its numbers, by an HMAC of the number. Of people without a wallet nothing else is
  -- kept; of others, where their application is.
  mark       BYTEA   NOT NULL CHECK (length(mark) = 32),
  revision   BIGINT  NOT NULL CHECK (revision >= 0),     -- the platform's count of changes; 0 of what began in a wallet
  state      TEXT    NOT NULL,
  changed_at BIGINT  NOT NULL,
  person     BYTEA   CHECK (length(person) = 16),
  id         BYTEA   CHECK (length(id) = 16),
  CHECK ((person IS NULL) = (id IS NULL)),
  PRIMARY KEY (mark)
) PARTITION BY HASH (mark);

CREATE TABLE dispatch_reference_0 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 0);
CREATE TABLE dispatch_reference_1 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 1);
CREATE TABLE dispatch_reference_2 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 2);
CREATE TABLE dispatch_reference_3 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 3);
CREATE TABLE dispatch_reference_4 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 4);
CREATE TABLE dispatch_reference_5 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 5);
CREATE TABLE dispatch_reference_6 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 6);
CREATE TABLE dispatch_reference_7 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 7);
CREATE TABLE dispatch_reference_8 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 8);
CREATE TABLE dispatch_reference_9 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 9);
CREATE TABLE dispatch_reference_10 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 10);
CREATE TABLE dispatch_reference_11 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 11);
CREATE TABLE dispatch_reference_12 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 12);
CREATE TABLE dispatch_reference_13 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 13);
CREATE TABLE dispatch_reference_14 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 14);
CREATE TABLE dispatch_reference_15 PARTITION OF dispatch_reference FOR VALUES WITH (MODULUS 16, REMAINDER 15);

CREATE INDEX dispatch_reference_changed ON dispatch_reference (changed_at);

CREATE TABLE dispatch_offer (
  -- The last catalogue that a platform sent. Nothing goes by it before an operator takes it over.
  system  TEXT    PRIMARY KEY,
  sent_at BIGINT  NOT NULL,
  body    TEXT    NOT NULL                            -- as it came, JSON
);
