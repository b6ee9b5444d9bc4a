-- Who has which CNIC and which device, as tables of their own: where `person` is cut into parts by its id, no index of
-- these reaches over all parts. They find a person and keep each CNIC and each device to one.

CREATE TABLE person_cnic (
  cnic_index BLOB PRIMARY KEY NOT NULL CHECK (length(cnic_index) = 32),
  person     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE person_device (
  device_key BLOB PRIMARY KEY NOT NULL CHECK (length(device_key) = 32),
  person     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO person_cnic (cnic_index, person) SELECT cnic_index, id FROM person;
INSERT INTO person_device (device_key, person) SELECT device_key, id FROM person;

CREATE INDEX former_device_person ON former_device (person);
