//! A reader of fingers that plays one person's ten, and what the simulated BioVerisys holds of them.

use province_api::Biometric;
use province_api::person::Cnic;
use province_api::proofing::{Finger, FingerReader, ReaderError};
use sha2::{Digest as _, Sha256};

/// Bytes of a played template.
const TEMPLATE_BYTES: usize = 512;

/// The template of a finger of whoever has this CNIC: bytes that follow from both.
pub fn template(cnic: &Cnic, finger: Finger) -> Biometric {
    let mut template = b"FMR\0 sandbox".to_vec();
    let mut block: [u8; 32] = Sha256::new_with_prefix(format!("{finger:?} of "))
        .chain_update(cnic.as_str())
        .finalize()
        .into();
    while template.len() < TEMPLATE_BYTES {
        template.extend_from_slice(&block);
        block = Sha256::digest(block).into();
    }
    template.truncate(TEMPLATE_BYTES);
    template.into()
}

/// A reader on which somebody puts their finger.
#[derive(Clone, Debug)]
pub struct PlayedReader(Result<Cnic, ReaderError>);

impl PlayedReader {
    /// Whoever has this CNIC stands there.
    pub const fn with(cnic: Cnic) -> Self {
        Self(Ok(cnic))
    }

    /// Nothing comes of it.
    pub const fn failing(error: ReaderError) -> Self {
        Self(Err(error))
    }
}

impl FingerReader for PlayedReader {
    fn read(&self, finger: Finger) -> Result<Biometric, ReaderError> {
        self.0
            .as_ref()
            .map_or_else(|error| Err(*error), |cnic| Ok(template(cnic, finger)))
    }
}
