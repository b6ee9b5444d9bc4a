-- The key that signs this phone's requests is changed now and then. The next one is kept before it is sent, and the one
-- before until the province has answered: whichever of the two the province knows, is here.

ALTER TABLE enrolment ADD COLUMN device_key_since INTEGER;          -- NULL: the age is counted from the next sync
ALTER TABLE enrolment ADD COLUMN next_device_seed BLOB CHECK (length(next_device_seed) = 32);
ALTER TABLE enrolment ADD COLUMN next_device_idempotency_key TEXT CHECK (length(next_device_idempotency_key) = 32);
