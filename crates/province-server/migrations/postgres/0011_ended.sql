-- What was ended for good stays ended, whoever asks the database; and many are ended at once only by two people.

CREATE TRIGGER status_mark_stays BEFORE UPDATE ON status_mark
FOR EACH ROW EXECUTE FUNCTION refuse('a mark is not changed');

CREATE TRIGGER status_mark_is_for_good BEFORE DELETE ON status_mark
FOR EACH ROW WHEN (OLD.purpose <> 'suspended') EXECUTE FUNCTION refuse('only a suspension is lifted');

CREATE TRIGGER status_mark_is_not_emptied BEFORE TRUNCATE ON status_mark
FOR EACH STATEMENT EXECUTE FUNCTION refuse('only a suspension is lifted');

CREATE TRIGGER person_stays_revoked BEFORE UPDATE OF revoked_at, status_index ON person
FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL
  AND (NEW.revoked_at IS DISTINCT FROM OLD.revoked_at OR NEW.status_index IS DISTINCT FROM OLD.status_index))
EXECUTE FUNCTION refuse('whoever was revoked stays it');

CREATE TABLE bulk (
  -- A proposal to end, suspend or resume many at once. One proposes it, another approves it.
  id           BYTEA   PRIMARY KEY CHECK (length(id) = 16),                    -- random
  act          TEXT    NOT NULL CHECK (act IN ('revoke', 'suspend', 'resume', 'withdraw')),
  vct          TEXT,                                                           -- which document is withdrawn
  reason       TEXT,                                                           -- NULL where a suspension is lifted
  people       BIGINT  NOT NULL CHECK (people > 0),
  proposer     TEXT    NOT NULL CHECK (proposer <> ''),                        -- role, colon, id
  proposed_at  BIGINT  NOT NULL,
  expires_at   BIGINT  NOT NULL CHECK (expires_at > proposed_at),
  approver     TEXT    CHECK (approver <> '' AND approver <> proposer),
  approved_at  BIGINT  CHECK (approved_at < expires_at),
  cancelled_at BIGINT ,
  done_at      BIGINT  CHECK (done_at IS NULL OR (approved_at IS NOT NULL AND done_at >= approved_at)),
  CHECK ((approver IS NULL) = (approved_at IS NULL)),
  CHECK (approved_at IS NULL OR cancelled_at IS NULL),
  CHECK ((act = 'withdraw') = (vct IS NOT NULL)),
  CHECK ((act = 'resume') = (reason IS NULL))
);

CREATE TABLE bulk_person (
  -- One of those whom a proposal is about.
  bulk    BYTEA   NOT NULL CHECK (length(bulk) = 16),
  person  BYTEA   NOT NULL CHECK (length(person) = 16),
  done_at BIGINT ,
  PRIMARY KEY (bulk, person)
) PARTITION BY HASH (person);

CREATE TABLE bulk_person_0 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 0);
CREATE TABLE bulk_person_1 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 1);
CREATE TABLE bulk_person_2 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 2);
CREATE TABLE bulk_person_3 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 3);
CREATE TABLE bulk_person_4 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 4);
CREATE TABLE bulk_person_5 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 5);
CREATE TABLE bulk_person_6 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 6);
CREATE TABLE bulk_person_7 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 7);
CREATE TABLE bulk_person_8 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 8);
CREATE TABLE bulk_person_9 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 9);
CREATE TABLE bulk_person_10 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 10);
CREATE TABLE bulk_person_11 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 11);
CREATE TABLE bulk_person_12 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 12);
CREATE TABLE bulk_person_13 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 13);
CREATE TABLE bulk_person_14 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 14);
CREATE TABLE bulk_person_15 PARTITION OF bulk_person FOR VALUES WITH (MODULUS 16, REMAINDER 15);

CREATE TRIGGER bulk_begins_open BEFORE INSERT ON bulk
FOR EACH ROW WHEN (NEW.approver IS NOT NULL OR NEW.done_at IS NOT NULL)
EXECUTE FUNCTION refuse('a proposal begins without an approval');

CREATE TRIGGER bulk_stays_as_proposed BEFORE UPDATE ON bulk
FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.act <> OLD.act OR NEW.vct IS DISTINCT FROM OLD.vct
  OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.people <> OLD.people OR NEW.proposer <> OLD.proposer
  OR NEW.proposed_at <> OLD.proposed_at OR NEW.expires_at <> OLD.expires_at)
EXECUTE FUNCTION refuse('a proposal stays as it was proposed');

CREATE TRIGGER bulk_is_decided_once BEFORE UPDATE ON bulk
FOR EACH ROW WHEN (
  (OLD.approver IS NOT NULL
    AND (NEW.approver IS DISTINCT FROM OLD.approver OR NEW.approved_at IS DISTINCT FROM OLD.approved_at))
  OR (OLD.cancelled_at IS NOT NULL AND NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at)
  OR (OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at))
EXECUTE FUNCTION refuse('a proposal is decided once');

CREATE FUNCTION bulk_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM bulk WHERE bulk.id = NEW.bulk AND bulk.approver IS NOT NULL) THEN
    RAISE EXCEPTION 'nobody comes to a proposal after its approval';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER bulk_person_is_there_before BEFORE INSERT ON bulk_person
FOR EACH ROW EXECUTE FUNCTION bulk_is_open();

CREATE TRIGGER bulk_person_is_the_same BEFORE UPDATE OF bulk, person ON bulk_person
FOR EACH ROW EXECUTE FUNCTION refuse('nobody comes to a proposal after its approval');
