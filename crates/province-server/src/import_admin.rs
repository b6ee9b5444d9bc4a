//! What an operator does with the file of a department that has nothing but files.

use credential::Timestamp;

use crate::admin::{AdminError, Office};
use crate::randomness::Randomness;
use crate::rules::import::Importer;
pub use crate::rules::import::{Days, ImportError, Imported, Job, Mode, RowFault, Told, What};

impl Office {
    /// Looks at all rows of a file and does what they say, if all are good or the others may be skipped.
    ///
    /// # Errors
    /// [`AdminError::Import`]; [`AdminError`].
    pub async fn import(
        &self,
        job: &Job<'_>,
        mode: Mode,
        randomness: &Randomness,
        now: Timestamp,
        on: impl FnMut(Told),
    ) -> Result<Imported, AdminError> {
        let keys = self.keys.serving()?;
        let importer = Importer {
            store: &self.store,
            keys: &keys,
            randomness,
            now,
        };
        Ok(importer.import(job, mode, on).await?)
    }
}
