-- What one person chose for their own profile: 'language', 'auto_lock' (seconds). Readable only while it is open.

CREATE TABLE setting (
  name  TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
