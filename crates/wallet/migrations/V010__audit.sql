-- What the province's audit log says about this person, as it was told when the citizen asked. Every time is unix seconds
-- (UTC) and comes from the application or the province.

CREATE TABLE audit_entry (
  -- One entry. Those that are here lie one behind the other in the log, from the newest that was told.
  number INTEGER PRIMARY KEY NOT NULL,                    -- in the province's log of all
  at     INTEGER NOT NULL,
  role   TEXT    NOT NULL,                                -- the province's words, also those that this version does not know
  actor  TEXT    NOT NULL,                                -- empty where the role says it
  action TEXT    NOT NULL,
  detail TEXT    NOT NULL                                 -- a JSON object
) STRICT;

CREATE TABLE audit_asked (
  -- When it was asked last; no row before that.
  id       INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  at       INTEGER NOT NULL,
  earlier  INTEGER                                        -- the province has entries before this number; NULL for none
) STRICT;
