-- The province's own tables, on PostgreSQL. What hangs on a citizen is cut into parts by a hash of the citizen's random
-- id: nothing refers to another table's rows here (each pair of parts would have a constraint of its own), whoever
-- removes a person removes the rest in the same transaction. person_cnic and person_device of 0005 keep CNIC and device
-- to one person.
-- Times are unix seconds, UTC; days are whole days since 1970. No clock is read in SQL.

CREATE TABLE person (
  -- One enrolled citizen. What the citizen gave is in `sealed` and nowhere else.
  id            BYTEA   PRIMARY KEY CHECK (length(id) = 16),          -- random
  cnic_index    BYTEA   NOT NULL CHECK (length(cnic_index) = 32),       -- HMAC-SHA256: finds a CNIC, tells none
  device_key    BYTEA   NOT NULL CHECK (length(device_key) = 32),       -- Ed25519 public key of the one device
  sealed        BYTEA   NOT NULL,                                              -- XChaCha20-Poly1305, nonce first, bound to id
  status_index  BIGINT  NOT NULL CHECK (status_index >= 0),             -- in the list of people
  nadra_outcome TEXT    NOT NULL CHECK (nadra_outcome = 'matched'),            -- nobody is kept without it
  nadra_at      BIGINT  NOT NULL                                               -- when NADRA said so
) PARTITION BY HASH (id);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'person', part, 'person', part);
  END LOOP;
END $$;

CREATE TABLE holding (
  -- A document that a citizen holds, one of each kind. What it says is in `sealed` and nowhere else.
  person       BYTEA   NOT NULL,
  vct          TEXT    NOT NULL,
  sealed       BYTEA   NOT NULL,
  status_list  TEXT,                                                           -- where its bit is, if its kind has one
  status_index BIGINT  CHECK (status_index >= 0),
  granted_at   BIGINT  NOT NULL,
  PRIMARY KEY (person, vct),
  CHECK ((status_list IS NULL) = (status_index IS NULL))
) PARTITION BY HASH (person);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'holding', part, 'holding', part);
  END LOOP;
END $$;

CREATE TABLE status_list (
  -- An index space for one purpose, and how it is cut into shards. Its shape never changes: passes hold its indices.
  name       TEXT    PRIMARY KEY,
  shards     BIGINT  NOT NULL CHECK (shards > 0),
  shard_bits BIGINT  NOT NULL CHECK (shard_bits >= 8)
);

CREATE TABLE status_entry (
  -- One drawn index of a status list. It stays when its person goes: old passes may be about for months.
  list       TEXT    NOT NULL,
  idx        BIGINT  NOT NULL CHECK (idx >= 0),
  PRIMARY KEY (list, idx)
);

CREATE TABLE status_mark (
  -- One set bit: as rare as the people whose passes ended.
  list       TEXT    NOT NULL,
  purpose    TEXT    NOT NULL CHECK (purpose IN ('revoked', 'suspended', 'consumed')),
  idx        BIGINT  NOT NULL CHECK (idx >= 0),
  set_at     BIGINT  NOT NULL,
  PRIMARY KEY (list, purpose, idx)
);

CREATE TABLE status_bitmap (
  -- What of a list is published, and which table of hashes the newest manifest names.
  list       TEXT    NOT NULL,
  purpose    TEXT    NOT NULL CHECK (purpose IN ('revoked', 'suspended', 'consumed')),
  sha256     BYTEA   CHECK (length(sha256) = 32),     -- NULL before the first manifest
  PRIMARY KEY (list, purpose)
);

CREATE TABLE status_shard (
  -- Hash of the raw bits of a shard as published last. A shard that never had a bit set has no row.
  list       TEXT    NOT NULL,
  purpose    TEXT    NOT NULL,
  shard      BIGINT  NOT NULL CHECK (shard >= 0),
  sha256     BYTEA   NOT NULL CHECK (length(sha256) = 32),
  PRIMARY KEY (list, purpose, shard)
);

CREATE TABLE status_piece (
  -- A published table or shard by the hash that proves it. It stays a while after the last manifest that needs it, for
  -- whoever is fetching.
  sha256     BYTEA   PRIMARY KEY CHECK (length(sha256) = 32),
  bytes      BYTEA   NOT NULL,
  dropped_at BIGINT 
);

CREATE TABLE status_epoch (
  -- An epoch from which, and to which, changes can still be asked for.
  epoch      BIGINT  PRIMARY KEY CHECK (epoch > 0),
  issued_at  BIGINT  NOT NULL,
  bundled    BIGINT  NOT NULL DEFAULT 0 CHECK (bundled IN (0, 1))  -- desks were brought this one: they go on from it
);

CREATE TABLE status_flip (
  -- One bit that this epoch turned.
  epoch      BIGINT  NOT NULL,
  list       TEXT    NOT NULL,
  purpose    TEXT    NOT NULL,
  idx        BIGINT  NOT NULL,
  PRIMARY KEY (epoch, list, purpose, idx)
);

CREATE TABLE attempt (
  -- How often a CNIC or a device was refused in a day. `subject` is an HMAC of either.
  subject BYTEA   NOT NULL CHECK (length(subject) = 32),
  day     BIGINT  NOT NULL,
  tries   BIGINT  NOT NULL,
  PRIMARY KEY (subject, day)
);

CREATE TABLE challenge (
  -- A challenge that a device has not used yet.
  challenge  BYTEA   PRIMARY KEY CHECK (length(challenge) = 16),
  device_key BYTEA   NOT NULL CHECK (length(device_key) = 32),
  expires_at BIGINT  NOT NULL
);

CREATE TABLE answer (
  -- A batch of passes as it was answered, so that asking again gives the same batch.
  person          BYTEA   NOT NULL,
  idempotency_key BYTEA   NOT NULL CHECK (length(idempotency_key) = 16),
  body_sha256     BYTEA   NOT NULL CHECK (length(body_sha256) = 32),
  sealed          BYTEA   NOT NULL,
  made_at         BIGINT  NOT NULL,
  PRIMARY KEY (person, idempotency_key)
);

CREATE TABLE trusted_key (
  -- A public key that the next trust list names.
  key         BYTEA   PRIMARY KEY CHECK (length(key) = 32),
  allowed     TEXT    NOT NULL CHECK (allowed <> ''), -- what it may sign: kinds, comma between
  valid_from  BIGINT  NOT NULL,
  valid_until BIGINT  NOT NULL,
  retired_at  BIGINT,                                -- a midnight: it signs nothing from then on
  revoked_at  BIGINT,                                -- what is dated then or later is not believed; 0: nothing is
  listed      TEXT    NOT NULL                        -- what the published trust list lets it sign, comma between
);

CREATE TABLE artefact (
  -- A signed public file. The highest sequence is the one served.
  name      TEXT    NOT NULL,
  sequence  BIGINT  NOT NULL CHECK (sequence > 0),
  bytes     BYTEA   NOT NULL,
  sha256    BYTEA   NOT NULL CHECK (length(sha256) = 32),
  issued_at BIGINT  NOT NULL,
  PRIMARY KEY (name, sequence)
);
