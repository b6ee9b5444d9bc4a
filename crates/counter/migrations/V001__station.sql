CREATE TABLE trust_list (
  -- The newest trust list that was accepted, exactly as the roots signed it. Verified again at each start.
  id         INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  bytes      BLOB    NOT NULL
) STRICT;

CREATE TABLE type_register (
  -- The newest type register that was accepted, exactly as it was signed. Verified again at each start.
  id         INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  bytes      BLOB    NOT NULL
) STRICT;

CREATE TABLE root_change (
  -- A trust list that changed the roots, exactly as it was signed. Every list after it is verified through it.
  sequence   INTEGER PRIMARY KEY NOT NULL,
  bytes      BLOB    NOT NULL
) STRICT;

CREATE TABLE status_manifest (
  -- The newest status manifest that was accepted, exactly as it was signed. Verified again at each start.
  id         INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  bytes      BLOB    NOT NULL
) STRICT;

CREATE TABLE status_piece (
  -- A table or shard of the status lists, by the hash that proves it. Proven again at each start.
  sha256     BLOB    PRIMARY KEY NOT NULL CHECK (length(sha256) = 32),
  bytes      BLOB    NOT NULL
) STRICT;

CREATE TABLE risk_rules (
  -- The newest risk rules that were accepted, exactly as they were signed. Verified again at each start.
  id         INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  bytes      BLOB    NOT NULL
) STRICT;

CREATE TABLE highest (
  -- The highest number of each kind of signed data that was ever taken here. It outlives the data: bytes that are damaged,
  -- or whose key fell, are not replaced by older ones.
  kind       TEXT    PRIMARY KEY NOT NULL CHECK (kind IN ('trust', 'types', 'rules', 'status')),
  number     INTEGER NOT NULL,
  -- Unix seconds: newer data must not be dated before. Set where a trust list withdrew the key of the data with that
  -- number, which whoever stole the key had chosen.
  dated      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE shown_pass (
  -- A pass that was shown here, so that it cannot be shown here again: HMAC-SHA256 of what stands for its key, under the
  -- desk's own secret. The province signed every key and could hash them all; without this file nobody finds one here.
  blinded    BLOB    PRIMARY KEY NOT NULL CHECK (length(blinded) = 32),
  until      INTEGER NOT NULL             -- unix seconds, UTC: no presentation of this pass can be accepted after it
) STRICT, WITHOUT ROWID;

CREATE TABLE replay_secret (
  -- Drawn when this file is made and nowhere else: by SQLite's ChaCha20 generator, which the system's randomness seeds.
  id         INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  secret     BLOB    NOT NULL CHECK (length(secret) = 64)
) STRICT;

INSERT INTO replay_secret (id, secret) VALUES (1, randomblob(64));

CREATE TABLE request (
  -- A request that this desk showed. One answer uses it up.
  nonce      BLOB    PRIMARY KEY NOT NULL CHECK (length(nonce) = 16),
  expires_at INTEGER NOT NULL,            -- unix seconds, UTC
  used       INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE sync (
  -- When the province last answered everything, or an update brought something that was new here.
  id         INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  done_at    INTEGER NOT NULL             -- unix seconds, UTC
) STRICT;
