-- The audit log begins behind a signed head alone.

CREATE TRIGGER audit_cut_begins_at_a_head BEFORE INSERT ON audit_cut
WHEN NOT EXISTS (
  SELECT 1 FROM audit_head JOIN audit ON audit.seq = audit_head.seq
  WHERE audit_head.seq = NEW.seq AND audit.hash = NEW.hash
)
BEGIN SELECT RAISE(ABORT, 'the audit log is cut at a signed head'); END;

CREATE TRIGGER audit_cut_goes_to_a_head BEFORE UPDATE ON audit_cut
WHEN NOT EXISTS (
  SELECT 1 FROM audit_head JOIN audit ON audit.seq = audit_head.seq
  WHERE audit_head.seq = NEW.seq AND audit.hash = NEW.hash
)
BEGIN SELECT RAISE(ABORT, 'the audit log is cut at a signed head'); END;
