-- Who may call besides wallets, and how often anybody may.

CREATE TABLE system_key (
  -- A key of a department's or another body's system. Two of one system serve beside each other while one takes over.
  key         BYTEA PRIMARY KEY CHECK (length(key) = 32),
  name        TEXT    NOT NULL CHECK (name <> ''),
  office      TEXT,                                      -- of the catalogue, if it works for one
  scopes      TEXT    NOT NULL CHECK (scopes <> ''),     -- comma between
  valid_from  BIGINT NOT NULL,
  valid_until BIGINT NOT NULL CHECK (valid_until > valid_from),
  ended_at    BIGINT
);

CREATE TABLE ended_counter (
  -- A desk whose certificate this API takes no more, whatever its end. Wallets go by the certificate alone.
  key      BYTEA PRIMARY KEY CHECK (length(key) = 32),
  ended_at BIGINT NOT NULL
);

CREATE TABLE rate (
  -- How much somebody asked for in a minute, over all servers. `subject` is an HMAC of a key or a network; only who asks
  -- for much stands here.
  subject BYTEA NOT NULL CHECK (length(subject) = 32),
  minute  BIGINT NOT NULL,
  cost    BIGINT NOT NULL,
  PRIMARY KEY (subject, minute)
);

-- When a write was signed, by the signer's clock: of one device and path none takes effect before another that was
-- signed after it.
ALTER TABLE answer ADD COLUMN created BIGINT NOT NULL DEFAULT 0;
