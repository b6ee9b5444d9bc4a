-- The audit log: who did what. No CNIC, no name and no number is in it; a person stands there by their random id.

CREATE TABLE audit_waiting (
  -- What a transaction did, until it has a number in the log.
  n      BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at     BIGINT  NOT NULL,
  role   TEXT    NOT NULL,
  actor  TEXT    NOT NULL,
  action TEXT    NOT NULL,
  person BYTEA   NOT NULL CHECK (length(person) = 16),   -- zeros: about nobody
  detail TEXT    NOT NULL,                               -- a JSON object
  sealed BYTEA                                            -- another one, sealed to the person, if there is one
);

CREATE TABLE audit (
  -- The log. Its rows are never changed, and go only behind a cut, the oldest first.
  seq    BIGINT  NOT NULL CHECK (seq > 0),
  at     BIGINT  NOT NULL,
  role   TEXT    NOT NULL,
  actor  TEXT    NOT NULL,
  action TEXT    NOT NULL,
  person BYTEA   NOT NULL CHECK (length(person) = 16),
  detail TEXT    NOT NULL,
  sealed BYTEA,
  hash   BYTEA   NOT NULL CHECK (length(hash) = 32),     -- of this entry and of all before
  PRIMARY KEY (person, seq)
) PARTITION BY HASH (person);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'audit', part, 'audit', part);
  END LOOP;
END $$;

CREATE INDEX audit_seq ON audit (seq);

CREATE TABLE audit_head (
  -- A signed hash of an entry: all up to it stand as they did then.
  seq    BIGINT  PRIMARY KEY CHECK (seq > 0),
  at     BIGINT  NOT NULL,
  bytes  BYTEA   NOT NULL
);

CREATE TABLE audit_cut (
  -- The last entry whose time was over. The log begins behind it.
  id     BIGINT  PRIMARY KEY CHECK (id = 1),
  seq    BIGINT  NOT NULL CHECK (seq > 0),
  hash   BYTEA   NOT NULL CHECK (length(hash) = 32)
);

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;

CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_cut WHERE audit_cut.seq >= OLD.seq) THEN
    RAISE EXCEPTION 'the audit log is kept';
  END IF;
  RETURN OLD;
END $$;

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
FOR EACH ROW EXECUTE FUNCTION refuse('the audit log is not changed');

CREATE TRIGGER audit_goes_behind_a_cut BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION keep_audit();

CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit log is kept');

CREATE TRIGGER audit_cut_goes_on BEFORE UPDATE ON audit_cut
FOR EACH ROW WHEN (NEW.seq < OLD.seq) EXECUTE FUNCTION refuse('the audit log does not begin earlier again');
