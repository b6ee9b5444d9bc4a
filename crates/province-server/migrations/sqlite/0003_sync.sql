-- What a person's phones are told, devices that no longer serve, and writes of every kind that are asked for twice.

ALTER TABLE person ADD COLUMN events INTEGER NOT NULL DEFAULT 0;   -- number of the last event
ALTER TABLE person ADD COLUMN revoked_at INTEGER;                  -- the province ended it: no device brings it back
ALTER TABLE person ADD COLUMN disabled_at INTEGER;                 -- the wallet was lost: a re-bind brings the person back
UPDATE person SET revoked_at = (SELECT set_at FROM status_mark
  WHERE list = 'id' AND purpose = 'revoked' AND idx = person.status_index);

CREATE TABLE event (
  -- One thing that changed about a person, for their phone.
  person BLOB    NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  seq    INTEGER NOT NULL CHECK (seq > 0),
  at     INTEGER NOT NULL,
  kind   TEXT    NOT NULL,
  sealed BLOB,                                                     -- what the kind does not say
  PRIMARY KEY (person, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_kind ON event (kind, at);

CREATE TABLE former_device (
  -- A device whose enrolment another one took over. It is told so and gets nothing more.
  device_key  BLOB    PRIMARY KEY NOT NULL CHECK (length(device_key) = 32),
  person      BLOB    NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  replaced_at INTEGER NOT NULL
) STRICT;

CREATE TABLE seen (
  -- A signed request that came, until its own end.
  device_key BLOB    NOT NULL CHECK (length(device_key) = 32),
  nonce      BLOB    NOT NULL CHECK (length(nonce) = 16),
  until      INTEGER NOT NULL,
  PRIMARY KEY (device_key, nonce)
) STRICT, WITHOUT ROWID;

CREATE INDEX seen_until ON seen (until);

-- Answers of the form before are of batches that phones ask for anew; challenges live for minutes.
DROP TABLE answer;
CREATE TABLE answer (
  -- The answer to a write, so that asking again does nothing again and gives the same.
  device_key      BLOB    NOT NULL CHECK (length(device_key) = 32),
  idempotency_key BLOB    NOT NULL CHECK (length(idempotency_key) = 16),
  path            TEXT    NOT NULL,
  body_sha256     BLOB    NOT NULL CHECK (length(body_sha256) = 32),
  sealed          BLOB    NOT NULL,
  made_at         INTEGER NOT NULL,
  PRIMARY KEY (device_key, idempotency_key)
) STRICT;

CREATE INDEX answer_made_at ON answer (made_at);

DROP TABLE challenge;
CREATE TABLE challenge (
  -- A challenge that a device has not used yet. Asking again under the same key gives the same one.
  challenge       BLOB    PRIMARY KEY NOT NULL CHECK (length(challenge) = 16),
  device_key      BLOB    NOT NULL CHECK (length(device_key) = 32),
  idempotency_key BLOB    NOT NULL CHECK (length(idempotency_key) = 16),
  expires_at      INTEGER NOT NULL,
  UNIQUE (device_key, idempotency_key)
) STRICT;
