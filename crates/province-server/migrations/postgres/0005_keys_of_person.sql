-- Who has which CNIC and which device, as tables of their own: where `person` is cut into parts by its id, no index of
-- these reaches over all parts. They find a person and keep each CNIC and each device to one.

CREATE TABLE person_cnic (
  cnic_index BYTEA PRIMARY KEY CHECK (length(cnic_index) = 32),
  person     BYTEA NOT NULL
) PARTITION BY HASH (cnic_index);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'person_cnic', part, 'person_cnic', part);
  END LOOP;
END $$;

CREATE TABLE person_device (
  device_key BYTEA PRIMARY KEY CHECK (length(device_key) = 32),
  person     BYTEA NOT NULL
) PARTITION BY HASH (device_key);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'person_device', part, 'person_device', part);
  END LOOP;
END $$;

INSERT INTO person_cnic (cnic_index, person) SELECT cnic_index, id FROM person;
INSERT INTO person_device (device_key, person) SELECT device_key, id FROM person;

CREATE INDEX former_device_person ON former_device (person);
