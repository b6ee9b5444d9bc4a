CREATE TABLE attendance (
  -- Staff who came and went through this gate, by the number that their office gave them. Apart from the scan log, which
  -- names nobody. The day is that of the coming in, also where the going out was after midnight.
  id           INTEGER PRIMARY KEY NOT NULL,
  staff_number TEXT    NOT NULL,
  office       TEXT    NOT NULL,
  day          INTEGER NOT NULL,            -- days since 1970-01-01 in Pakistan
  in_at        INTEGER NOT NULL,            -- unix seconds, UTC
  out_at       INTEGER,                     -- NULL: still inside, or nobody showed a pass on the way out
  -- A face that the gate asked for on the way in, on the way out. NULL: it asked for none.
  in_face      TEXT    CHECK (in_face IN ('due', 'same', 'other')),
  out_face     TEXT    CHECK (out_face IN ('due', 'same', 'other'))
) STRICT;

CREATE TABLE gate_opening (
  -- Who opened the gate, so that it is open again after a power cut. No row: somebody closed it.
  id           INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  officer      TEXT    NOT NULL,
  opened_at    INTEGER NOT NULL             -- unix seconds, UTC
) STRICT;

CREATE INDEX attendance_of_day ON attendance (day, office, staff_number);
CREATE INDEX attendance_of_staff ON attendance (office, staff_number, id);
