-- Officers, who sign in with passkeys. What names one is sealed; what opens something for one is kept as its SHA-256.

CREATE TABLE officer (
  -- One officer. A role does not change: another role is another officer.
  id         BLOB    PRIMARY KEY NOT NULL CHECK (length(id) = 16),            -- random
  role       TEXT    NOT NULL CHECK (role IN ('clerk', 'supervisor', 'auditor', 'administrator')),
  sealed     BLOB    NOT NULL,                                                -- what the office calls them
  created_at INTEGER NOT NULL,
  ended_at   INTEGER
) STRICT;

CREATE TABLE passkey (
  -- A public key of an officer's authenticator, with its counter.
  credential BLOB    PRIMARY KEY NOT NULL CHECK (length(credential) = 32),    -- SHA-256 of its id
  officer    BLOB    NOT NULL CHECK (length(officer) = 16),
  sealed     BLOB    NOT NULL,
  made_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX passkey_officer ON passkey (officer);

CREATE TABLE invite (
  -- A code with which an officer registers one passkey.
  code       BLOB    PRIMARY KEY NOT NULL CHECK (length(code) = 32),          -- SHA-256
  officer    BLOB    NOT NULL CHECK (length(officer) = 16),
  expires_at INTEGER NOT NULL,
  used_at    INTEGER
) STRICT;

CREATE TABLE ceremony (
  -- A signing in that came to its end: what was sealed for it serves no other.
  id         BLOB    PRIMARY KEY NOT NULL CHECK (length(id) = 16),            -- random
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
  -- An officer who is signed in.
  token      BLOB    PRIMARY KEY NOT NULL CHECK (length(token) = 32),         -- SHA-256
  officer    BLOB    NOT NULL CHECK (length(officer) = 16),
  began_at   INTEGER NOT NULL,                                                -- when the passkey said who it is
  last_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX session_officer ON session (officer);

CREATE TRIGGER officer_stays BEFORE UPDATE ON officer
WHEN NEW.id <> OLD.id OR NEW.role <> OLD.role
  OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at)
BEGIN SELECT RAISE(ABORT, 'an officer keeps the role, and who ended does not come back'); END;

CREATE TRIGGER invite_serves_once BEFORE UPDATE ON invite
WHEN OLD.used_at IS NOT NULL OR NEW.officer <> OLD.officer OR NEW.code <> OLD.code
BEGIN SELECT RAISE(ABORT, 'an invite serves once'); END;
