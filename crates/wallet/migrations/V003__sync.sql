-- What waits to go to the province and what became of it, what the province told, and what sync must remember.
-- Every time is unix seconds (UTC) and comes from the application.

ALTER TABLE outbox RENAME TO outbox_of_one_each;

CREATE TABLE outbox (
  -- What was decided to send. The same key and the same bytes go again until an answer is stored, so that the province
  -- does it once. An answered entry stays, without its body when the province did it, until the citizen puts it away.
  id              INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('enrolment', 'challenge', 'passes', 'mobile', 'lost', 'rebind')),
  idempotency_key TEXT    NOT NULL UNIQUE CHECK (length(idempotency_key) = 32),
  body            BLOB    NOT NULL,
  holder_index    INTEGER,                                -- passes: index of the first wanted pass
  made_at         INTEGER,                                -- NULL: before this was kept
  -- waiting: never left the phone. sent: it left, and the answer is outstanding.
  state           TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'confirmed', 'refused')),
  answered_at     INTEGER,
  attempts        INTEGER NOT NULL DEFAULT 0,
  last_error      TEXT,                                   -- code of the last try, or why it was refused
  error_fields    TEXT,                                   -- JSON of [screen::FieldError]
  not_before      INTEGER NOT NULL DEFAULT 0              -- the province asked for a pause until then
) STRICT;
-- One of a kind under way at a time, but for lost phones, which are of different people.
CREATE UNIQUE INDEX outbox_under_way ON outbox (kind) WHERE state IN ('waiting', 'sent') AND kind <> 'lost';

-- Whether such an entry had left the phone is not known: 'sent' is what is true in the worst case.
INSERT INTO outbox (kind, idempotency_key, body, holder_index, state)
  SELECT kind, idempotency_key, body, holder_index, 'sent' FROM outbox_of_one_each;
DROP TABLE outbox_of_one_each;

CREATE TABLE service_event (
  -- What the province did for or to this person, in the order in which it said so.
  id       INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  feed_no  INTEGER NOT NULL DEFAULT 0,                    -- rises when the province begins another feed for this person
  feed_seq INTEGER NOT NULL,                              -- the province's number of it in that feed
  at       INTEGER NOT NULL,
  kind     TEXT    NOT NULL,                              -- of province_api; one that this version does not know is kept
  vct      TEXT,                                          -- which pass or document, if it is about one
  body     TEXT    NOT NULL,                              -- JSON object without values of claims
  UNIQUE (feed_no, feed_seq)
) STRICT;

CREATE TABLE sync_state (
  -- One row.
  id               INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  feed_no          INTEGER NOT NULL DEFAULT 0,            -- which feed the cursor is of
  feed_cursor      INTEGER NOT NULL DEFAULT 0,            -- the last service_event that was taken
  offers_tag       BLOB    NOT NULL DEFAULT x'',          -- what the province calls the offers that are here
  time_floor       INTEGER NOT NULL DEFAULT 0,            -- the phone's clock never counts as earlier
  clock_off_by     INTEGER NOT NULL DEFAULT 0,            -- this phone's clock minus the province's, at the last sync
  failures         INTEGER NOT NULL DEFAULT 0,            -- tries in a row without an answer
  not_before       INTEGER NOT NULL DEFAULT 0,            -- no try by itself before
  province_pause   INTEGER NOT NULL DEFAULT 0,            -- the province asked for a pause until then
  on_metered       INTEGER NOT NULL DEFAULT 0 CHECK (on_metered IN (0, 1)),     -- large files on a metered network too
  in_background    INTEGER NOT NULL DEFAULT 1 CHECK (in_background IN (0, 1)),  -- sync while nobody looks
  budget_day       INTEGER NOT NULL DEFAULT 0,            -- day since 1970 that the next two count for
  metered_bytes    INTEGER NOT NULL DEFAULT 0,
  background_bytes INTEGER NOT NULL DEFAULT 0,
  background_at    INTEGER NOT NULL DEFAULT 0,            -- last sync in the background
  pieces_wanted    INTEGER NOT NULL DEFAULT 0 CHECK (pieces_wanted IN (0, 1)),  -- left for a network that costs nothing
  ended_code       TEXT                                   -- why this wallet shows nothing any more
) STRICT;
INSERT INTO sync_state (id) VALUES (1);
