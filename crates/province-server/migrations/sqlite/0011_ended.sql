-- What was ended for good stays ended, whoever asks the database; and many are ended at once only by two people.

CREATE TRIGGER status_mark_stays BEFORE UPDATE ON status_mark
BEGIN SELECT RAISE(ABORT, 'a mark is not changed'); END;

CREATE TRIGGER status_mark_is_for_good BEFORE DELETE ON status_mark WHEN OLD.purpose <> 'suspended'
BEGIN SELECT RAISE(ABORT, 'only a suspension is lifted'); END;

CREATE TRIGGER person_stays_revoked BEFORE UPDATE OF revoked_at, status_index ON person
WHEN OLD.revoked_at IS NOT NULL
  AND (NEW.revoked_at IS NOT OLD.revoked_at OR NEW.status_index IS NOT OLD.status_index)
BEGIN SELECT RAISE(ABORT, 'whoever was revoked stays it'); END;

CREATE TABLE bulk (
  -- A proposal to end, suspend or resume many at once. One proposes it, another approves it.
  id           BLOB    PRIMARY KEY NOT NULL CHECK (length(id) = 16),           -- random
  act          TEXT    NOT NULL CHECK (act IN ('revoke', 'suspend', 'resume', 'withdraw')),
  vct          TEXT,                                                           -- which document is withdrawn
  reason       TEXT,                                                           -- NULL where a suspension is lifted
  people       INTEGER NOT NULL CHECK (people > 0),
  proposer     TEXT    NOT NULL CHECK (proposer <> ''),                        -- role, colon, id
  proposed_at  INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL CHECK (expires_at > proposed_at),
  approver     TEXT    CHECK (approver <> '' AND approver <> proposer),
  approved_at  INTEGER CHECK (approved_at < expires_at),
  cancelled_at INTEGER,
  done_at      INTEGER CHECK (done_at IS NULL OR (approved_at IS NOT NULL AND done_at >= approved_at)),
  CHECK ((approver IS NULL) = (approved_at IS NULL)),
  CHECK (approved_at IS NULL OR cancelled_at IS NULL),
  CHECK ((act = 'withdraw') = (vct IS NOT NULL)),
  CHECK ((act = 'resume') = (reason IS NULL))
) STRICT;

CREATE TABLE bulk_person (
  -- One of those whom a proposal is about.
  bulk    BLOB    NOT NULL CHECK (length(bulk) = 16),
  person  BLOB    NOT NULL CHECK (length(person) = 16),
  done_at INTEGER,
  PRIMARY KEY (bulk, person)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER bulk_begins_open BEFORE INSERT ON bulk
WHEN NEW.approver IS NOT NULL OR NEW.done_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a proposal begins without an approval'); END;

CREATE TRIGGER bulk_stays_as_proposed BEFORE UPDATE ON bulk
WHEN NEW.id <> OLD.id OR NEW.act <> OLD.act OR NEW.vct IS NOT OLD.vct OR NEW.reason IS NOT OLD.reason
  OR NEW.people <> OLD.people OR NEW.proposer <> OLD.proposer OR NEW.proposed_at <> OLD.proposed_at
  OR NEW.expires_at <> OLD.expires_at
BEGIN SELECT RAISE(ABORT, 'a proposal stays as it was proposed'); END;

CREATE TRIGGER bulk_is_decided_once BEFORE UPDATE ON bulk
WHEN (OLD.approver IS NOT NULL AND (NEW.approver IS NOT OLD.approver OR NEW.approved_at IS NOT OLD.approved_at))
  OR (OLD.cancelled_at IS NOT NULL AND NEW.cancelled_at IS NOT OLD.cancelled_at)
  OR (OLD.done_at IS NOT NULL AND NEW.done_at IS NOT OLD.done_at)
BEGIN SELECT RAISE(ABORT, 'a proposal is decided once'); END;

CREATE TRIGGER bulk_person_is_there_before BEFORE INSERT ON bulk_person
WHEN EXISTS (SELECT 1 FROM bulk WHERE bulk.id = NEW.bulk AND bulk.approver IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'nobody comes to a proposal after its approval'); END;

CREATE TRIGGER bulk_person_is_the_same BEFORE UPDATE OF bulk, person ON bulk_person
BEGIN SELECT RAISE(ABORT, 'nobody comes to a proposal after its approval'); END;
