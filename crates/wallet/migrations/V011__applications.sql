-- Applications for public services: drafts, what waits to be sent, and what the province said of each. Every time is unix
-- seconds (UTC) and comes from the application or the province.

CREATE TABLE application (
  -- One application. Without a number of the province's it is a draft, or stands in the outbox.
  id           INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  service      TEXT    NOT NULL,                          -- of the catalogue, which may not have it any more
  typed        TEXT    NOT NULL DEFAULT '{}',             -- JSON object by ids of fields: what was typed, right or wrong
  filled       TEXT    NOT NULL DEFAULT '{}',             -- JSON object by ids of fields: the kind of document it is from
  about        BLOB    CHECK (length(about) = 16),        -- the number of the one that this is an appeal against
  begun_at     INTEGER NOT NULL,
  changed_at   INTEGER NOT NULL,
  number       BLOB    UNIQUE CHECK (length(number) = 16),  -- the province's; NULL before it said so
  office       TEXT,                                      -- who has it, of the catalogue
  submitted_at INTEGER,
  state        TEXT,                                      -- the province's word, also one that this version does not know
  state_at     INTEGER,
  reason       TEXT,                                      -- why it was refused, the province's word
  amount       INTEGER,                                   -- the fee that is or was due, in rupees
  challan      TEXT,                                      -- by which the office noted it as paid
  said         TEXT                                       -- what the office said last
) STRICT;

ALTER TABLE outbox RENAME TO outbox_before_applications;
DROP INDEX outbox_under_way;

CREATE TABLE outbox (
  -- As before, with two kinds more. What there can be several of at a time has no place in the index below.
  id              INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('enrolment', 'challenge', 'passes', 'mobile', 'lost', 'rebind',
                                                   'application', 'withdrawal')),
  idempotency_key TEXT    NOT NULL UNIQUE CHECK (length(idempotency_key) = 32),
  body            BLOB    NOT NULL,
  holder_index    INTEGER,                                -- passes: index of the first wanted pass
  made_at         INTEGER,                                -- NULL: before this was kept
  state           TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'confirmed', 'refused')),
  answered_at     INTEGER,
  attempts        INTEGER NOT NULL DEFAULT 0,
  last_error      TEXT,
  error_fields    TEXT,
  not_before      INTEGER NOT NULL DEFAULT 0,
  retry_at        INTEGER NOT NULL DEFAULT 0,
  put_off         INTEGER NOT NULL DEFAULT 0,
  damaged         INTEGER NOT NULL DEFAULT 0,
  application     INTEGER                                 -- application.id, of the last two kinds
) STRICT;
INSERT INTO outbox (id, kind, idempotency_key, body, holder_index, made_at, state, answered_at, attempts, last_error,
                    error_fields, not_before, retry_at, put_off, damaged)
  SELECT id, kind, idempotency_key, body, holder_index, made_at, state, answered_at, attempts, last_error,
         error_fields, not_before, retry_at, put_off, damaged FROM outbox_before_applications;
DROP TABLE outbox_before_applications;
CREATE UNIQUE INDEX outbox_under_way ON outbox (kind)
  WHERE state IN ('waiting', 'sent') AND kind NOT IN ('lost', 'application', 'withdrawal');
CREATE UNIQUE INDEX outbox_of_application ON outbox (application) WHERE application IS NOT NULL;
