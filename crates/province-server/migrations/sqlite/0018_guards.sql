-- Who invited an officer, whom a proposal is about, and no way round what never comes back: not by a row that takes the
-- place of another, not by a deletion, not by emptying a part of a table.

-- Role, colon, id; NULL of officers from before it was kept.
ALTER TABLE officer ADD COLUMN invited_by TEXT;
-- Of the act, its reason and the sorted list; NULL of proposals from before it was kept.
ALTER TABLE bulk ADD COLUMN people_sha256 BLOB CHECK (length(people_sha256) = 32);

-- REPLACE takes rows out without asking the triggers of a deletion, unless a connection says otherwise; it asks those of an
-- insertion first. A mark that is there stays as it is.
CREATE TRIGGER status_mark_is_not_replaced BEFORE INSERT ON status_mark
WHEN EXISTS (SELECT 1 FROM status_mark m WHERE m.list = NEW.list AND m.purpose = NEW.purpose AND m.idx = NEW.idx)
BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER person_revoked_is_not_replaced BEFORE INSERT ON person
WHEN EXISTS (SELECT 1 FROM person p WHERE p.revoked_at IS NOT NULL AND p.id = NEW.id)
  OR EXISTS (SELECT 1 FROM person p WHERE p.revoked_at IS NOT NULL AND p.cnic_index = NEW.cnic_index)
  OR EXISTS (SELECT 1 FROM person p WHERE p.revoked_at IS NOT NULL AND p.device_key = NEW.device_key)
  OR EXISTS (SELECT 1 FROM person p WHERE p.revoked_at IS NOT NULL AND p.status_index = NEW.status_index)
BEGIN SELECT RAISE(ABORT, 'whoever was revoked stays it'); END;

CREATE TRIGGER person_begins_at_no_ended_place BEFORE INSERT ON person
WHEN EXISTS (SELECT 1 FROM status_mark m WHERE m.list = 'id' AND m.purpose = 'revoked' AND m.idx = NEW.status_index)
BEGIN SELECT RAISE(ABORT, 'a place that ended serves nobody'); END;

CREATE TRIGGER person_moves_to_no_ended_place BEFORE UPDATE OF status_index ON person
WHEN NEW.status_index <> OLD.status_index
  AND EXISTS (SELECT 1 FROM status_mark m WHERE m.list = 'id' AND m.purpose = 'revoked' AND m.idx = NEW.status_index)
BEGIN SELECT RAISE(ABORT, 'a place that ended serves nobody'); END;

CREATE TRIGGER person_stays_who_it_is BEFORE UPDATE OF id, cnic_index ON person
WHEN NEW.id <> OLD.id OR NEW.cnic_index <> OLD.cnic_index
BEGIN SELECT RAISE(ABORT, 'a person keeps id and CNIC'); END;

CREATE TRIGGER bulk_is_not_replaced BEFORE INSERT ON bulk WHEN EXISTS (SELECT 1 FROM bulk b WHERE b.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a proposal stays as it was proposed'); END;

CREATE TRIGGER bulk_is_kept_until_done BEFORE DELETE ON bulk WHEN OLD.approver IS NOT NULL AND OLD.done_at IS NULL
BEGIN SELECT RAISE(ABORT, 'what was approved is done'); END;

CREATE TRIGGER bulk_keeps_its_list BEFORE UPDATE OF people_sha256 ON bulk WHEN NEW.people_sha256 IS NOT OLD.people_sha256
BEGIN SELECT RAISE(ABORT, 'a proposal stays as it was proposed'); END;

CREATE TRIGGER bulk_is_seen_by_two BEFORE UPDATE OF approver ON bulk
WHEN OLD.approver IS NULL AND EXISTS (SELECT 1 FROM officer o, officer p
  WHERE NEW.proposer = 'officer:' || lower(hex(o.id)) AND NEW.approver = 'officer:' || lower(hex(p.id))
  AND COALESCE(o.invited_by = p.invited_by, 1))
BEGIN SELECT RAISE(ABORT, 'whom the same one invited are not two'); END;

CREATE TRIGGER bulk_is_done_to_all BEFORE UPDATE OF done_at ON bulk
WHEN OLD.done_at IS NULL AND EXISTS (SELECT 1 FROM bulk_person b WHERE b.bulk = NEW.id AND b.done_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'somebody of the proposal waits'); END;

CREATE TRIGGER bulk_person_begins_waiting BEFORE INSERT ON bulk_person WHEN NEW.done_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'nothing is done before the approval'); END;

CREATE TRIGGER bulk_person_is_done_once BEFORE UPDATE OF done_at ON bulk_person
WHEN OLD.done_at IS NOT NULL
  OR NOT EXISTS (SELECT 1 FROM bulk WHERE bulk.id = NEW.bulk AND bulk.approver IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'it is done once, after the approval'); END;

CREATE TRIGGER bulk_person_is_kept_until_done BEFORE DELETE ON bulk_person
WHEN EXISTS (SELECT 1 FROM bulk WHERE bulk.id = OLD.bulk AND bulk.approver IS NOT NULL AND bulk.done_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'nobody leaves a proposal after its approval'); END;

CREATE TRIGGER officer_is_not_replaced BEFORE INSERT ON officer WHEN EXISTS (SELECT 1 FROM officer o WHERE o.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'an officer is kept'); END;

CREATE TRIGGER officer_is_kept BEFORE DELETE ON officer
BEGIN SELECT RAISE(ABORT, 'an officer is kept'); END;

CREATE TRIGGER officer_keeps_who_invited BEFORE UPDATE OF invited_by ON officer WHEN NEW.invited_by IS NOT OLD.invited_by
BEGIN SELECT RAISE(ABORT, 'who invited an officer is not changed'); END;

CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit a WHERE a.person = NEW.person AND a.seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the audit log is not changed'); END;

CREATE TRIGGER audit_head_is_not_replaced BEFORE INSERT ON audit_head
WHEN EXISTS (SELECT 1 FROM audit_head h WHERE h.seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'a signed head is not changed'); END;

CREATE TRIGGER audit_head_stays BEFORE UPDATE ON audit_head
BEGIN SELECT RAISE(ABORT, 'a signed head is not changed'); END;

CREATE TRIGGER audit_head_goes_behind_a_cut BEFORE DELETE ON audit_head
WHEN NOT EXISTS (SELECT 1 FROM audit_cut WHERE audit_cut.seq > OLD.seq)
BEGIN SELECT RAISE(ABORT, 'the audit log is kept'); END;

CREATE TRIGGER audit_cut_is_not_replaced BEFORE INSERT ON audit_cut
WHEN EXISTS (SELECT 1 FROM audit_cut c WHERE c.seq > NEW.seq OR (c.seq = NEW.seq AND c.hash <> NEW.hash))
BEGIN SELECT RAISE(ABORT, 'the audit log does not begin earlier again'); END;

CREATE TRIGGER audit_cut_stays BEFORE UPDATE ON audit_cut WHEN NEW.seq = OLD.seq AND NEW.hash <> OLD.hash
BEGIN SELECT RAISE(ABORT, 'the audit log does not begin otherwise'); END;

CREATE TRIGGER audit_cut_is_kept BEFORE DELETE ON audit_cut
BEGIN SELECT RAISE(ABORT, 'the audit log does not begin earlier again'); END;
