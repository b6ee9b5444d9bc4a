-- Public files are asked for by their hash, and deltas by two of them.

CREATE INDEX artefact_sha256 ON artefact (sha256);
