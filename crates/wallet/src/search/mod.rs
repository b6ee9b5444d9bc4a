//! Searching the past and the services in three scripts: what goes into the index and what is asked of it are folded by the same
//! rules.
//!
//! ```text
//! fold.rs    spellings of one word become one word, within a script      docs/search.md
//! sound.rs   what a word sounds like: a Latin name is found in Urdu letters and the other way round
//! index.rs  the catalogue's services, found with mistakes and the best first
//! query.rs   what was typed becomes a question to FTS5 that holds nothing but quoted words
//! sql.rs     the functions that triggers of the database call
//! ```

pub(crate) mod fold;
pub(crate) mod index;
pub(crate) mod query;
pub(crate) mod sound;
pub(crate) mod sql;
