-- Wrong codes are counted here, and a code that was sent to nobody looks like any other.

ALTER TABLE sim_code ADD COLUMN wrong INTEGER NOT NULL DEFAULT 0 CHECK (wrong >= 0);
-- Whether NADRA's side sent none: no such CNIC, no SIM, or too many codes. Who asks is not told that.
ALTER TABLE sim_code ADD COLUMN is_empty INTEGER NOT NULL DEFAULT 0 CHECK (is_empty IN (0, 1));
