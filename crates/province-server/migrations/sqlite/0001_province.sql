-- The province's own tables. Times are unix seconds, UTC; days are whole days since 1970. No clock is read in SQL.

CREATE TABLE person (
  -- One enrolled citizen. What the citizen gave is in `sealed` and nowhere else.
  id            BLOB    PRIMARY KEY NOT NULL CHECK (length(id) = 16),          -- random
  cnic_index    BLOB    NOT NULL UNIQUE CHECK (length(cnic_index) = 32),       -- HMAC-SHA256: finds a CNIC, tells none
  device_key    BLOB    NOT NULL UNIQUE CHECK (length(device_key) = 32),       -- Ed25519 public key of the one device
  sealed        BLOB    NOT NULL,                                              -- XChaCha20-Poly1305, nonce first, bound to id
  status_index  INTEGER NOT NULL UNIQUE CHECK (status_index >= 0),             -- in the list of people
  nadra_outcome TEXT    NOT NULL CHECK (nadra_outcome = 'matched'),            -- nobody is kept without it
  nadra_at      INTEGER NOT NULL                                               -- when NADRA said so
) STRICT;

CREATE TABLE holding (
  -- A document that a citizen holds, one of each kind. What it says is in `sealed` and nowhere else.
  person       BLOB    NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  vct          TEXT    NOT NULL,
  sealed       BLOB    NOT NULL,
  status_list  TEXT,                                                           -- where its bit is, if its kind has one
  status_index INTEGER CHECK (status_index >= 0),
  granted_at   INTEGER NOT NULL,
  PRIMARY KEY (person, vct),
  CHECK ((status_list IS NULL) = (status_index IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE status_list (
  -- An index space for one purpose, and how it is cut into shards. Its shape never changes: passes hold its indices.
  name       TEXT    PRIMARY KEY NOT NULL,
  shards     INTEGER NOT NULL CHECK (shards > 0),
  shard_bits INTEGER NOT NULL CHECK (shard_bits >= 8)
) STRICT, WITHOUT ROWID;

CREATE TABLE status_entry (
  -- One drawn index of a status list. It stays when its person goes: old passes may be about for months.
  list       TEXT    NOT NULL,
  idx        INTEGER NOT NULL CHECK (idx >= 0),
  PRIMARY KEY (list, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE status_mark (
  -- One set bit: as rare as the people whose passes ended.
  list       TEXT    NOT NULL,
  purpose    TEXT    NOT NULL CHECK (purpose IN ('revoked', 'suspended', 'consumed')),
  idx        INTEGER NOT NULL CHECK (idx >= 0),
  set_at     INTEGER NOT NULL,
  PRIMARY KEY (list, purpose, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE status_bitmap (
  -- What of a list is published, and which table of hashes the newest manifest names.
  list       TEXT    NOT NULL,
  purpose    TEXT    NOT NULL CHECK (purpose IN ('revoked', 'suspended', 'consumed')),
  sha256     BLOB    CHECK (length(sha256) = 32),     -- NULL before the first manifest
  PRIMARY KEY (list, purpose)
) STRICT, WITHOUT ROWID;

CREATE TABLE status_shard (
  -- Hash of the raw bits of a shard as published last. A shard that never had a bit set has no row.
  list       TEXT    NOT NULL,
  purpose    TEXT    NOT NULL,
  shard      INTEGER NOT NULL CHECK (shard >= 0),
  sha256     BLOB    NOT NULL CHECK (length(sha256) = 32),
  PRIMARY KEY (list, purpose, shard)
) STRICT, WITHOUT ROWID;

CREATE TABLE status_piece (
  -- A published table or shard by the hash that proves it. It stays a while after the last manifest that needs it, for
  -- whoever is fetching.
  sha256     BLOB    PRIMARY KEY NOT NULL CHECK (length(sha256) = 32),
  bytes      BLOB    NOT NULL,
  dropped_at INTEGER
) STRICT;

CREATE TABLE status_epoch (
  -- An epoch from which, and to which, changes can still be asked for.
  epoch      INTEGER PRIMARY KEY NOT NULL CHECK (epoch > 0),
  issued_at  INTEGER NOT NULL,
  bundled    INTEGER NOT NULL DEFAULT 0 CHECK (bundled IN (0, 1))  -- desks were brought this one: they go on from it
) STRICT;

CREATE TABLE status_flip (
  -- One bit that this epoch turned.
  epoch      INTEGER NOT NULL,
  list       TEXT    NOT NULL,
  purpose    TEXT    NOT NULL,
  idx        INTEGER NOT NULL,
  PRIMARY KEY (epoch, list, purpose, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  -- How often a CNIC or a device was refused in a day. `subject` is an HMAC of either.
  subject BLOB    NOT NULL CHECK (length(subject) = 32),
  day     INTEGER NOT NULL,
  tries   INTEGER NOT NULL,
  PRIMARY KEY (subject, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE challenge (
  -- A challenge that a device has not used yet.
  challenge  BLOB    PRIMARY KEY NOT NULL CHECK (length(challenge) = 16),
  device_key BLOB    NOT NULL CHECK (length(device_key) = 32),
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE answer (
  -- A batch of passes as it was answered, so that asking again gives the same batch.
  person          BLOB    NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  idempotency_key BLOB    NOT NULL CHECK (length(idempotency_key) = 16),
  body_sha256     BLOB    NOT NULL CHECK (length(body_sha256) = 32),
  sealed          BLOB    NOT NULL,
  made_at         INTEGER NOT NULL,
  PRIMARY KEY (person, idempotency_key)
) STRICT;

CREATE TABLE trusted_key (
  -- A public key that the next trust list names.
  key         BLOB    PRIMARY KEY NOT NULL CHECK (length(key) = 32),
  allowed     TEXT    NOT NULL CHECK (allowed <> ''), -- what it may sign: kinds, comma between
  valid_from  INTEGER NOT NULL,
  valid_until INTEGER NOT NULL,
  retired_at  INTEGER,                                -- a midnight: it signs nothing from then on
  revoked_at  INTEGER,                                -- what is dated then or later is not believed; 0: nothing is
  listed      TEXT    NOT NULL                        -- what the published trust list lets it sign, comma between
) STRICT;

CREATE TABLE artefact (
  -- A signed public file. The highest sequence is the one served.
  name      TEXT    NOT NULL,
  sequence  INTEGER NOT NULL CHECK (sequence > 0),
  bytes     BLOB    NOT NULL,
  sha256    BLOB    NOT NULL CHECK (length(sha256) = 32),
  issued_at INTEGER NOT NULL,
  PRIMARY KEY (name, sequence)
) STRICT;
