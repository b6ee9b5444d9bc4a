-- The vault of one person. Encrypted as a whole by SQLCipher; every time is unix seconds (UTC) and
-- comes from the application, never from SQL.

CREATE TABLE draft (
  -- What the citizen typed, right or wrong. One row.
  id   INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  body TEXT    NOT NULL                                   -- JSON of screen::Draft
) STRICT;

CREATE TABLE photo (
  -- 'draft': what the citizen chose, JPEG 480 x 640. 'card': what the province signed, WebP.
  kind  TEXT PRIMARY KEY NOT NULL CHECK (kind IN ('draft', 'card')),
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE enrolment (
  -- Who this phone is to the province. One row, made with the vault.
  id                INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  -- draft: nothing was sent. applying: the application is in the outbox or on its way.
  -- accepted: the province said yes, passes are outstanding. complete: the card is here.
  state             TEXT    NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'applying', 'accepted', 'complete')),
  device_seed       BLOB    NOT NULL CHECK (length(device_seed) = 32),   -- signs requests
  holder_seed       BLOB    NOT NULL CHECK (length(holder_seed) = 32),   -- one key per pass is derived from it
  next_holder_index INTEGER NOT NULL DEFAULT 0,           -- never used twice
  error_code        TEXT,                                 -- why the last run ended
  error_fields      TEXT,                                 -- JSON of [screen::FieldError]
  retry_at          INTEGER,                              -- the province asked for a pause until then
  last_sync_at      INTEGER
) STRICT;

CREATE TABLE outbox (
  -- What was decided to send and is not answered yet. The same key and the same bytes go again until
  -- an answer is stored, so that the province does it once.
  kind            TEXT    PRIMARY KEY NOT NULL CHECK (kind IN ('enrolment', 'challenge', 'passes')),
  idempotency_key TEXT    NOT NULL CHECK (length(idempotency_key) = 32),
  body            BLOB    NOT NULL,
  holder_index    INTEGER                                 -- passes: index of the first wanted pass
) STRICT;

CREATE TABLE credential (
  -- One pass. raw is exactly what the issuer signed.
  id           INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  vct          TEXT    NOT NULL,
  raw          BLOB    NOT NULL,
  holder_index INTEGER NOT NULL UNIQUE,
  starts_at    INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  shown_at     INTEGER                                    -- NULL: never shown
) STRICT;
CREATE INDEX credential_by_use ON credential (vct, shown_at, expires_at);

CREATE TABLE offer (
  -- What the province lets this citizen draw, as it said last: passes, and the documents they hold.
  vct        TEXT    PRIMARY KEY NOT NULL,
  grant_no   INTEGER NOT NULL                             -- which grant of a document; 0 for passes
) STRICT, WITHOUT ROWID;

CREATE TABLE artefact (
  -- Public signed files of the province, as received: 'trust-list', 'type-register', 'status-manifest', 'status/<uri>'.
  name       TEXT    PRIMARY KEY NOT NULL,
  bytes      BLOB    NOT NULL,
  fetched_at INTEGER NOT NULL
) STRICT;

CREATE TABLE showing (
  -- What was shown to whom, for the citizen alone. The values are not kept, only which claims.
  id           INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  at           INTEGER NOT NULL,
  vct          TEXT    NOT NULL,
  mode         TEXT    NOT NULL CHECK (mode IN ('timed', 'request')),
  outcome      TEXT    NOT NULL CHECK (outcome IN ('shown', 'declined', 'refused')),
  reason       TEXT,                                      -- code, when refused
  desk_name_en TEXT,                                      -- certified desks only
  desk_name_ur TEXT,
  desk_name_ps TEXT,
  claims       TEXT    NOT NULL,                          -- JSON list of names of claims
  last_pass    INTEGER NOT NULL DEFAULT 0 CHECK (last_pass IN (0, 1))
) STRICT;
