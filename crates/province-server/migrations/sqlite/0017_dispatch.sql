-- Platforms that carry applications for several departments: which services, under which numbers, and what they offer.

-- The platform that carries it, by the name of its system; NULL without one.
ALTER TABLE application ADD COLUMN dispatcher TEXT;
-- Where it began: 'wallet' or 'dispatcher'.
ALTER TABLE application ADD COLUMN origin TEXT NOT NULL DEFAULT 'wallet';
-- The platform's own number of it, sealed; NULL until it said one.
ALTER TABLE application ADD COLUMN reference BLOB;

CREATE TABLE dispatch_service (
  -- A service that a platform carries, by the operator's word.
  service TEXT PRIMARY KEY NOT NULL,                          -- of the catalogue
  system  TEXT NOT NULL,                              -- the platform's, as its keys have it
  code    TEXT NOT NULL,                              -- what the platform calls it
  UNIQUE (system, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE dispatch_reference (
  -- What a platform last said under one of its numbers, by an HMAC of the number. Of people without a wallet nothing else is
  -- kept; of others, where their application is.
  mark       BLOB    PRIMARY KEY NOT NULL CHECK (length(mark) = 32),
  revision   INTEGER NOT NULL CHECK (revision >= 0),     -- the platform's count of changes; 0 of what began in a wallet
  state      TEXT    NOT NULL,
  changed_at INTEGER NOT NULL,
  person     BLOB    CHECK (length(person) = 16),
  id         BLOB    CHECK (length(id) = 16),
  CHECK ((person IS NULL) = (id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX dispatch_reference_changed ON dispatch_reference (changed_at);

CREATE TABLE dispatch_offer (
  -- The last catalogue that a platform sent. Nothing goes by it before an operator takes it over.
  system  TEXT    PRIMARY KEY NOT NULL,
  sent_at INTEGER NOT NULL,
  body    TEXT    NOT NULL                            -- as it came, JSON
) STRICT, WITHOUT ROWID;
