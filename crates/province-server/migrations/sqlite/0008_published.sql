-- A number that rises with every change of what is published or who signs it: a server that holds what is published asks
-- for this and for nothing else. By triggers, so that whoever changes it changes the number too.

CREATE TABLE published (
  id      INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  version INTEGER NOT NULL
) STRICT;

INSERT INTO published (id, version) VALUES (1, 1);

CREATE TRIGGER artefact_added AFTER INSERT ON artefact BEGIN UPDATE published SET version = version + 1; END;
CREATE TRIGGER artefact_changed AFTER UPDATE ON artefact BEGIN UPDATE published SET version = version + 1; END;
CREATE TRIGGER artefact_removed AFTER DELETE ON artefact BEGIN UPDATE published SET version = version + 1; END;
CREATE TRIGGER key_added AFTER INSERT ON trusted_key BEGIN UPDATE published SET version = version + 1; END;
CREATE TRIGGER key_changed AFTER UPDATE ON trusted_key BEGIN UPDATE published SET version = version + 1; END;
CREATE TRIGGER key_removed AFTER DELETE ON trusted_key BEGIN UPDATE published SET version = version + 1; END;
