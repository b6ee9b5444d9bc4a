-- What a person's phones are told, devices that no longer serve, and writes of every kind that are asked for twice.

ALTER TABLE person ADD COLUMN events BIGINT  NOT NULL DEFAULT 0;   -- number of the last event
ALTER TABLE person ADD COLUMN revoked_at BIGINT;                  -- the province ended it: no device brings it back
ALTER TABLE person ADD COLUMN disabled_at BIGINT;                 -- the wallet was lost: a re-bind brings the person back
UPDATE person SET revoked_at = (SELECT set_at FROM status_mark
  WHERE list = 'id' AND purpose = 'revoked' AND idx = person.status_index);

CREATE TABLE event (
  -- One thing that changed about a person, for their phone.
  person BYTEA   NOT NULL,
  seq    BIGINT  NOT NULL CHECK (seq > 0),
  at     BIGINT  NOT NULL,
  kind   TEXT    NOT NULL,
  sealed BYTEA,                                                     -- what the kind does not say
  PRIMARY KEY (person, seq)
) PARTITION BY HASH (person);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'event', part, 'event', part);
  END LOOP;
END $$;

CREATE INDEX event_kind ON event (kind, at);

CREATE TABLE former_device (
  -- A device whose enrolment another one took over. It is told so and gets nothing more.
  device_key  BYTEA   PRIMARY KEY CHECK (length(device_key) = 32),
  person      BYTEA   NOT NULL,
  replaced_at BIGINT  NOT NULL
);

CREATE TABLE seen (
  -- A signed request that came, until its own end.
  device_key BYTEA   NOT NULL CHECK (length(device_key) = 32),
  nonce      BYTEA   NOT NULL CHECK (length(nonce) = 16),
  until      BIGINT  NOT NULL,
  PRIMARY KEY (device_key, nonce)
);

CREATE INDEX seen_until ON seen (until);

-- Answers of the form before are of batches that phones ask for anew; challenges live for minutes.
DROP TABLE answer;
CREATE TABLE answer (
  -- The answer to a write, so that asking again does nothing again and gives the same.
  device_key      BYTEA   NOT NULL CHECK (length(device_key) = 32),
  idempotency_key BYTEA   NOT NULL CHECK (length(idempotency_key) = 16),
  path            TEXT    NOT NULL,
  body_sha256     BYTEA   NOT NULL CHECK (length(body_sha256) = 32),
  sealed          BYTEA   NOT NULL,
  made_at         BIGINT  NOT NULL,
  PRIMARY KEY (device_key, idempotency_key)
) PARTITION BY HASH (device_key);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'answer', part, 'answer', part);
  END LOOP;
END $$;

CREATE INDEX answer_made_at ON answer (made_at);

DROP TABLE challenge;
CREATE TABLE challenge (
  -- A challenge that a device has not used yet. Asking again under the same key gives the same one.
  challenge       BYTEA   PRIMARY KEY CHECK (length(challenge) = 16),
  device_key      BYTEA   NOT NULL CHECK (length(device_key) = 32),
  idempotency_key BYTEA   NOT NULL CHECK (length(idempotency_key) = 16),
  expires_at      BIGINT  NOT NULL,
  UNIQUE (device_key, idempotency_key)
);
