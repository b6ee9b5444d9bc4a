-- A number that rises with every change of what is published or who signs it: a server that holds what is published asks
-- for this and for nothing else. By triggers, so that whoever changes it changes the number too.

CREATE TABLE published (
  id      BIGINT PRIMARY KEY CHECK (id = 1),
  version BIGINT NOT NULL
);

INSERT INTO published (id, version) VALUES (1, 1);

CREATE FUNCTION raise_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE published SET version = version + 1;
  RETURN NULL;
END $$;

CREATE TRIGGER artefact_changed AFTER INSERT OR UPDATE OR DELETE ON artefact
FOR EACH STATEMENT EXECUTE FUNCTION raise_published();

CREATE TRIGGER key_changed AFTER INSERT OR UPDATE OR DELETE ON trusted_key
FOR EACH STATEMENT EXECUTE FUNCTION raise_published();
