CREATE TABLE officer (
  -- Who may decide at this desk. The office chooses number and name; the PIN itself is nowhere.
  number      TEXT    PRIMARY KEY NOT NULL CHECK (length(number) BETWEEN 1 AND 6),
  name        TEXT    NOT NULL,
  role        TEXT    NOT NULL CHECK (role IN ('officer', 'supervisor')),
  active      INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  -- Somebody else chose the PIN: its owner has to choose another one before anything else.
  temporary   INTEGER NOT NULL CHECK (temporary IN (0, 1)),
  memory_kib  INTEGER NOT NULL,            -- what Argon2id cost
  passes      INTEGER NOT NULL,
  lanes       INTEGER NOT NULL,
  salt        BLOB    NOT NULL CHECK (length(salt) = 16),
  hash        BLOB    NOT NULL CHECK (length(hash) = 32),
  wrong_tries INTEGER NOT NULL DEFAULT 0,  -- since the last right PIN
  tried_at    INTEGER                      -- unix seconds, UTC: when the last of them was; a wait counts from here
) STRICT, WITHOUT ROWID;

CREATE TABLE shift (
  -- Who worked here and how many verdicts there were. Nothing of a visitor.
  id          INTEGER PRIMARY KEY NOT NULL,
  officer     TEXT    NOT NULL REFERENCES officer (number),
  began_at    INTEGER NOT NULL,            -- unix seconds, UTC
  last_at     INTEGER NOT NULL,            -- the last sign of life; where a shift ended when the power failed
  ended_at    INTEGER,
  ended_by    TEXT    CHECK (ended_by IN ('sign_out', 'hand_over', 'idle', 'restart', 'disabled', 'stop')),
  accepted    INTEGER NOT NULL DEFAULT 0,
  refused     INTEGER NOT NULL DEFAULT 0,
  undecided   INTEGER NOT NULL DEFAULT 0,
  CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;

CREATE TABLE profile (
  -- The service profile that was given last, as it was given. Checked again at each start.
  id          INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  bytes       BLOB    NOT NULL
) STRICT;
