-- Children whose documents a citizen holds until they are of age.

CREATE TABLE ward (
  -- A child by the number that it has with this citizen, for all kinds of documents and for good.
  person  BYTEA   NOT NULL,
  no      BIGINT  NOT NULL CHECK (no > 0),
  subject BYTEA   NOT NULL CHECK (length(subject) = 32),                       -- HMAC-SHA256 of the child's number
  PRIMARY KEY (person, no),
  UNIQUE (person, subject)
) PARTITION BY HASH (person);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'ward', part, 'ward', part);
  END LOOP;
END $$;

CREATE INDEX ward_subject ON ward (subject);

-- A document that a citizen holds, of each kind one of their own and one of each child.
ALTER TABLE holding ADD COLUMN no BIGINT NOT NULL DEFAULT 0 CHECK (no >= 0);   -- 0: their own; else which ward's
ALTER TABLE holding DROP CONSTRAINT holding_pkey;
ALTER TABLE holding ADD PRIMARY KEY (person, vct, no);
