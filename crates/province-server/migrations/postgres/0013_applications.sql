-- Applications that citizens send to offices, and what each office is told of them, in order.

CREATE TABLE application (
  -- One application. What it says is in `sealed` and nowhere else.
  person       BYTEA   NOT NULL,
  id           BYTEA   NOT NULL CHECK (length(id) = 16),          -- random
  office       TEXT    NOT NULL,                                  -- of the catalogue, as it was then
  service      TEXT    NOT NULL,
  state        TEXT    NOT NULL,
  is_open      BIGINT  NOT NULL CHECK (is_open IN (0, 1)),        -- whether its state leads on to another
  submitted_at BIGINT  NOT NULL,
  changed_at   BIGINT  NOT NULL,
  sealed       BYTEA   NOT NULL,                                  -- the form, bound to person and id
  PRIMARY KEY (person, id)
) PARTITION BY HASH (person);

CREATE TABLE application_0 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 0);
CREATE TABLE application_1 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 1);
CREATE TABLE application_2 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 2);
CREATE TABLE application_3 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 3);
CREATE TABLE application_4 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 4);
CREATE TABLE application_5 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 5);
CREATE TABLE application_6 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 6);
CREATE TABLE application_7 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 7);
CREATE TABLE application_8 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 8);
CREATE TABLE application_9 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 9);
CREATE TABLE application_10 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 10);
CREATE TABLE application_11 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 11);
CREATE TABLE application_12 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 12);
CREATE TABLE application_13 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 13);
CREATE TABLE application_14 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 14);
CREATE TABLE application_15 PARTITION OF application FOR VALUES WITH (MODULUS 16, REMAINDER 15);

CREATE INDEX application_changed ON application (changed_at);

CREATE TABLE application_reader (
  -- Who is told of applications in order: an office. The row's lock gives the numbers in the order of the commits, so that
  -- who reads up to a number has missed none below it.
  reader TEXT    PRIMARY KEY,
  last   BIGINT  NOT NULL CHECK (last > 0)
);

CREATE TABLE application_feed (
  -- One change of an application, for one reader.
  reader TEXT    NOT NULL,
  seq    BIGINT  NOT NULL CHECK (seq > 0),
  at     BIGINT  NOT NULL,
  person BYTEA   NOT NULL CHECK (length(person) = 16),
  id     BYTEA   NOT NULL CHECK (length(id) = 16),
  state  TEXT    NOT NULL,                                        -- the one that it changed to
  reason TEXT,
  PRIMARY KEY (reader, seq)
);

CREATE INDEX application_feed_id ON application_feed (id);
CREATE INDEX application_feed_person ON application_feed (person);

-- Kinds of documents that a system's key may grant, comma between.
ALTER TABLE system_key ADD COLUMN grants TEXT NOT NULL DEFAULT '';
