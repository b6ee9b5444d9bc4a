//! Whether the signing keys can be used, without signing anything.

use super::{Kept, KeyFileError, ServingKeys};

impl ServingKeys {
    /// Whether this key can be opened, and its token, if it is in one, is there.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn are_at_hand(&self, public: &[u8; 32]) -> Result<(), KeyFileError> {
        match self.signing(public)?.kept {
            Kept::Here(_) => Ok(()),
            Kept::Token(token) => Ok(token.is_there()?),
        }
    }
}
