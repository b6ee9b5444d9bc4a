-- Who invited an officer, whom a proposal is about, and no way round what never comes back: not by a row that takes the
-- place of another, not by a deletion, not by emptying a part of a table.

-- Role, colon, id; NULL of officers from before it was kept.
ALTER TABLE officer ADD COLUMN invited_by TEXT;
-- Of the act, its reason and the sorted list; NULL of proposals from before it was kept.
ALTER TABLE bulk ADD COLUMN people_sha256 BYTEA CHECK (length(people_sha256) = 32);

CREATE FUNCTION person_has_a_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM status_mark m WHERE m.list = 'id' AND m.purpose = 'revoked' AND m.idx = NEW.status_index) THEN
    RAISE EXCEPTION 'a place that ended serves nobody';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER person_begins_at_no_ended_place BEFORE INSERT ON person
FOR EACH ROW EXECUTE FUNCTION person_has_a_place();

CREATE TRIGGER person_moves_to_no_ended_place BEFORE UPDATE OF status_index ON person
FOR EACH ROW WHEN (NEW.status_index <> OLD.status_index) EXECUTE FUNCTION person_has_a_place();

CREATE TRIGGER person_stays_who_it_is BEFORE UPDATE OF id, cnic_index ON person
FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.cnic_index <> OLD.cnic_index) EXECUTE FUNCTION refuse('a person keeps id and CNIC');

CREATE TRIGGER bulk_is_kept_until_done BEFORE DELETE ON bulk
FOR EACH ROW WHEN (OLD.approver IS NOT NULL AND OLD.done_at IS NULL) EXECUTE FUNCTION refuse('what was approved is done');

CREATE TRIGGER bulk_keeps_its_list BEFORE UPDATE OF people_sha256 ON bulk
FOR EACH ROW WHEN (NEW.people_sha256 IS DISTINCT FROM OLD.people_sha256) EXECUTE FUNCTION refuse('a proposal stays as it was proposed');

CREATE FUNCTION bulk_has_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM officer o, officer p
    WHERE NEW.proposer = 'officer:' || encode(o.id, 'hex') AND NEW.approver = 'officer:' || encode(p.id, 'hex')
    AND COALESCE(o.invited_by = p.invited_by, TRUE)) THEN
    RAISE EXCEPTION 'whom the same one invited are not two';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER bulk_is_seen_by_two BEFORE UPDATE OF approver ON bulk
FOR EACH ROW WHEN (OLD.approver IS NULL) EXECUTE FUNCTION bulk_has_two();

CREATE FUNCTION bulk_has_none_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM bulk_person b WHERE b.bulk = NEW.id AND b.done_at IS NULL) THEN
    RAISE EXCEPTION 'somebody of the proposal waits';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER bulk_is_done_to_all BEFORE UPDATE OF done_at ON bulk
FOR EACH ROW WHEN (OLD.done_at IS NULL) EXECUTE FUNCTION bulk_has_none_waiting();

CREATE TRIGGER bulk_person_begins_waiting BEFORE INSERT ON bulk_person
FOR EACH ROW WHEN (NEW.done_at IS NOT NULL) EXECUTE FUNCTION refuse('nothing is done before the approval');

CREATE FUNCTION bulk_was_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.done_at IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM bulk WHERE bulk.id = NEW.bulk AND bulk.approver IS NOT NULL) THEN
    RAISE EXCEPTION 'it is done once, after the approval';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER bulk_person_is_done_once BEFORE UPDATE OF done_at ON bulk_person
FOR EACH ROW EXECUTE FUNCTION bulk_was_approved();

CREATE FUNCTION bulk_is_not_under_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM bulk WHERE bulk.id = OLD.bulk AND bulk.approver IS NOT NULL AND bulk.done_at IS NULL) THEN
    RAISE EXCEPTION 'nobody leaves a proposal after its approval';
  END IF;
  RETURN OLD;
END $$;

CREATE TRIGGER bulk_person_is_kept_until_done BEFORE DELETE ON bulk_person
FOR EACH ROW EXECUTE FUNCTION bulk_is_not_under_way();

CREATE TRIGGER officer_is_kept BEFORE DELETE ON officer
FOR EACH ROW EXECUTE FUNCTION refuse('an officer is kept');

CREATE TRIGGER officer_keeps_who_invited BEFORE UPDATE OF invited_by ON officer
FOR EACH ROW WHEN (NEW.invited_by IS DISTINCT FROM OLD.invited_by) EXECUTE FUNCTION refuse('who invited an officer is not changed');

CREATE TRIGGER audit_head_stays BEFORE UPDATE ON audit_head
FOR EACH ROW EXECUTE FUNCTION refuse('a signed head is not changed');

CREATE FUNCTION keep_audit_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_cut WHERE audit_cut.seq > OLD.seq) THEN
    RAISE EXCEPTION 'the audit log is kept';
  END IF;
  RETURN OLD;
END $$;

CREATE TRIGGER audit_head_goes_behind_a_cut BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION keep_audit_head();

CREATE TRIGGER audit_cut_stays BEFORE UPDATE ON audit_cut
FOR EACH ROW WHEN (NEW.seq = OLD.seq AND NEW.hash <> OLD.hash) EXECUTE FUNCTION refuse('the audit log does not begin otherwise');

CREATE TRIGGER audit_cut_is_kept BEFORE DELETE ON audit_cut
FOR EACH ROW EXECUTE FUNCTION refuse('the audit log does not begin earlier again');

-- A trigger of a whole table is not asked when one of its parts is emptied.
CREATE TRIGGER bulk_is_not_emptied BEFORE TRUNCATE ON bulk
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER officer_is_not_emptied BEFORE TRUNCATE ON officer
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER audit_head_is_not_emptied BEFORE TRUNCATE ON audit_head
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER audit_cut_is_not_emptied BEFORE TRUNCATE ON audit_cut
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_is_not_emptied BEFORE TRUNCATE ON bulk_person
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_0_is_not_emptied BEFORE TRUNCATE ON bulk_person_0
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_1_is_not_emptied BEFORE TRUNCATE ON bulk_person_1
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_2_is_not_emptied BEFORE TRUNCATE ON bulk_person_2
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_3_is_not_emptied BEFORE TRUNCATE ON bulk_person_3
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_4_is_not_emptied BEFORE TRUNCATE ON bulk_person_4
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_5_is_not_emptied BEFORE TRUNCATE ON bulk_person_5
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_6_is_not_emptied BEFORE TRUNCATE ON bulk_person_6
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_7_is_not_emptied BEFORE TRUNCATE ON bulk_person_7
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_8_is_not_emptied BEFORE TRUNCATE ON bulk_person_8
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_9_is_not_emptied BEFORE TRUNCATE ON bulk_person_9
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_10_is_not_emptied BEFORE TRUNCATE ON bulk_person_10
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_11_is_not_emptied BEFORE TRUNCATE ON bulk_person_11
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_12_is_not_emptied BEFORE TRUNCATE ON bulk_person_12
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_13_is_not_emptied BEFORE TRUNCATE ON bulk_person_13
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_14_is_not_emptied BEFORE TRUNCATE ON bulk_person_14
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');
CREATE TRIGGER bulk_person_15_is_not_emptied BEFORE TRUNCATE ON bulk_person_15
FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was decided is kept');

CREATE TRIGGER audit_0_is_not_emptied BEFORE TRUNCATE ON audit_0
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_1_is_not_emptied BEFORE TRUNCATE ON audit_1
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_2_is_not_emptied BEFORE TRUNCATE ON audit_2
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_3_is_not_emptied BEFORE TRUNCATE ON audit_3
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_4_is_not_emptied BEFORE TRUNCATE ON audit_4
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_5_is_not_emptied BEFORE TRUNCATE ON audit_5
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_6_is_not_emptied BEFORE TRUNCATE ON audit_6
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_7_is_not_emptied BEFORE TRUNCATE ON audit_7
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_8_is_not_emptied BEFORE TRUNCATE ON audit_8
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_9_is_not_emptied BEFORE TRUNCATE ON audit_9
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_10_is_not_emptied BEFORE TRUNCATE ON audit_10
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_11_is_not_emptied BEFORE TRUNCATE ON audit_11
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_12_is_not_emptied BEFORE TRUNCATE ON audit_12
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_13_is_not_emptied BEFORE TRUNCATE ON audit_13
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_14_is_not_emptied BEFORE TRUNCATE ON audit_14
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
CREATE TRIGGER audit_15_is_not_emptied BEFORE TRUNCATE ON audit_15
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');
