-- Where departments' systems want to be told of applications, and what they did not take.

CREATE TABLE webhook (
  -- One system's. What it is told are the rows of application_feed behind `told`, in their order: a citizen's write adds
  -- nothing here.
  system        TEXT    PRIMARY KEY NOT NULL CHECK (system <> ''),
  office        TEXT    NOT NULL,
  reader        TEXT    NOT NULL,                                 -- of application_feed
  url           TEXT    NOT NULL,
  set_at        INTEGER NOT NULL,
  told          INTEGER NOT NULL CHECK (told >= 0),               -- the last number that was taken or given up
  told_at       INTEGER,                                          -- when something was taken last
  due_at        INTEGER NOT NULL,                                 -- when something may be sent next
  attempts      INTEGER NOT NULL CHECK (attempts >= 0),           -- that failed since something was taken
  failing_since INTEGER,
  not_taken     TEXT,                                             -- why the last one failed
  ended_at      INTEGER,                                          -- when the receiver said that it is gone
  owner         BLOB    CHECK (owner IS NULL OR length(owner) = 16), -- who sends now; another one each time
  leased_until  INTEGER NOT NULL                                  -- until then nobody else sends
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
  -- A change that a system did not take for a day.
  system    TEXT    NOT NULL,
  number    INTEGER NOT NULL CHECK (number > 0),
  at        INTEGER NOT NULL,
  died_at   INTEGER NOT NULL,
  not_taken TEXT    NOT NULL,
  again     INTEGER NOT NULL CHECK (again IN (0, 1)),             -- whether it was asked for and is about to be sent
  PRIMARY KEY (system, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX dead_letter_died_at ON dead_letter (died_at);
