-- Who may call besides wallets, and how often anybody may.

CREATE TABLE system_key (
  -- A key of a department's or another body's system. Two of one system serve beside each other while one takes over.
  key         BLOB    PRIMARY KEY NOT NULL CHECK (length(key) = 32),
  name        TEXT    NOT NULL CHECK (name <> ''),
  office      TEXT,                                      -- of the catalogue, if it works for one
  scopes      TEXT    NOT NULL CHECK (scopes <> ''),     -- comma between
  valid_from  INTEGER NOT NULL,
  valid_until INTEGER NOT NULL CHECK (valid_until > valid_from),
  ended_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE ended_counter (
  -- A desk whose certificate this API takes no more, whatever its end. Wallets go by the certificate alone.
  key      BLOB    PRIMARY KEY NOT NULL CHECK (length(key) = 32),
  ended_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rate (
  -- How much somebody asked for in a minute, over all servers. `subject` is an HMAC of a key or a network; only who asks
  -- for much stands here.
  subject BLOB    NOT NULL CHECK (length(subject) = 32),
  minute  INTEGER NOT NULL,
  cost    INTEGER NOT NULL,
  PRIMARY KEY (subject, minute)
) STRICT, WITHOUT ROWID;

-- When a write was signed, by the signer's clock: of one device and path none takes effect before another that was
-- signed after it.
ALTER TABLE answer ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
