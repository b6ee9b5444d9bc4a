//! Journeys through several crates, in process, with a fixed clock. See `tests/`.
