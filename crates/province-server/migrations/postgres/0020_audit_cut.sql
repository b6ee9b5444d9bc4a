-- The audit log begins behind a signed head alone.

CREATE FUNCTION cut_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM audit_head JOIN audit ON audit.seq = audit_head.seq
    WHERE audit_head.seq = NEW.seq AND audit.hash = NEW.hash
  ) THEN
    RAISE EXCEPTION 'the audit log is cut at a signed head';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER audit_cut_begins_at_a_head BEFORE INSERT ON audit_cut
FOR EACH ROW EXECUTE FUNCTION cut_audit();

CREATE TRIGGER audit_cut_goes_to_a_head BEFORE UPDATE ON audit_cut
FOR EACH ROW EXECUTE FUNCTION cut_audit();
