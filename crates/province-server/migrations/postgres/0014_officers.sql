-- Officers, who sign in with passkeys. What names one is sealed; what opens something for one is kept as its SHA-256.

CREATE TABLE officer (
  -- One officer. A role does not change: another role is another officer.
  id         BYTEA   PRIMARY KEY CHECK (length(id) = 16),            -- random
  role       TEXT    NOT NULL CHECK (role IN ('clerk', 'supervisor', 'auditor', 'administrator')),
  sealed     BYTEA   NOT NULL,                                                -- what the office calls them
  created_at BIGINT  NOT NULL,
  ended_at   BIGINT
);

CREATE TABLE passkey (
  -- A public key of an officer's authenticator, with its counter.
  credential BYTEA   PRIMARY KEY CHECK (length(credential) = 32),    -- SHA-256 of its id
  officer    BYTEA   NOT NULL CHECK (length(officer) = 16),
  sealed     BYTEA   NOT NULL,
  made_at    BIGINT  NOT NULL
);

CREATE INDEX passkey_officer ON passkey (officer);

CREATE TABLE invite (
  -- A code with which an officer registers one passkey.
  code       BYTEA   PRIMARY KEY CHECK (length(code) = 32),          -- SHA-256
  officer    BYTEA   NOT NULL CHECK (length(officer) = 16),
  expires_at BIGINT  NOT NULL,
  used_at    BIGINT
);

CREATE TABLE ceremony (
  -- A signing in that came to its end: what was sealed for it serves no other.
  id         BYTEA   PRIMARY KEY CHECK (length(id) = 16),            -- random
  expires_at BIGINT  NOT NULL
);

CREATE TABLE session (
  -- An officer who is signed in.
  token      BYTEA   PRIMARY KEY CHECK (length(token) = 32),         -- SHA-256
  officer    BYTEA   NOT NULL CHECK (length(officer) = 16),
  began_at   BIGINT  NOT NULL,                                                -- when the passkey said who it is
  last_at    BIGINT  NOT NULL
);

CREATE INDEX session_officer ON session (officer);

CREATE TRIGGER officer_stays BEFORE UPDATE ON officer
FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.role <> OLD.role
  OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at))
EXECUTE FUNCTION refuse('an officer keeps the role, and who ended does not come back');

CREATE TRIGGER invite_serves_once BEFORE UPDATE ON invite
FOR EACH ROW WHEN (OLD.used_at IS NOT NULL OR NEW.officer <> OLD.officer OR NEW.code <> OLD.code)
EXECUTE FUNCTION refuse('an invite serves once');
