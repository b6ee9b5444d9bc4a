-- Where departments' systems want to be told of applications, and what they did not take.

CREATE TABLE webhook (
  -- One system's. What it is told are the rows of application_feed behind `told`, in their order: a citizen's write adds
  -- nothing here.
  system        TEXT   PRIMARY KEY CHECK (system <> ''),
  office        TEXT    NOT NULL,
  reader        TEXT    NOT NULL,                                 -- of application_feed
  url           TEXT    NOT NULL,
  set_at        BIGINT NOT NULL,
  told          BIGINT NOT NULL CHECK (told >= 0),               -- the last number that was taken or given up
  told_at       BIGINT,                                          -- when something was taken last
  due_at        BIGINT NOT NULL,                                 -- when something may be sent next
  attempts      BIGINT NOT NULL CHECK (attempts >= 0),           -- that failed since something was taken
  failing_since BIGINT,
  not_taken     TEXT,                                             -- why the last one failed
  ended_at      BIGINT,                                          -- when the receiver said that it is gone
  owner         BYTEA   CHECK (owner IS NULL OR length(owner) = 16), -- who sends now; another one each time
  leased_until  BIGINT NOT NULL                                  -- until then nobody else sends
);

CREATE TABLE dead_letter (
  -- A change that a system did not take for a day.
  system    TEXT    NOT NULL,
  number    BIGINT NOT NULL CHECK (number > 0),
  at        BIGINT NOT NULL,
  died_at   BIGINT NOT NULL,
  not_taken TEXT    NOT NULL,
  again     BIGINT NOT NULL CHECK (again IN (0, 1)),             -- whether it was asked for and is about to be sent
  PRIMARY KEY (system, number)
);

CREATE INDEX dead_letter_died_at ON dead_letter (died_at);
