//! Pictures on their way to a screen, and the limits of the one that the citizen chooses.
//!
//! The app decodes, crops and re-encodes what a camera or a file gave (so that nothing of the camera
//! is left in it); the wallet only keeps the result.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use province_api::enrolment::PHOTO_BYTES_MAX;

use crate::code::UiCode;

/// Whether these bytes may be kept as the citizen's photo: a JPEG that the province will take.
///
/// # Errors
/// [`UiCode::PhotoTooLarge`] or [`UiCode::PhotoUnreadable`].
pub(crate) fn check_jpeg(bytes: &[u8]) -> Result<(), UiCode> {
    if bytes.len() > PHOTO_BYTES_MAX {
        Err(UiCode::PhotoTooLarge)
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Ok(())
    } else {
        Err(UiCode::PhotoUnreadable)
    }
}

/// A JPEG for a screen, as a `data:` URL.
pub fn jpeg_url(bytes: &[u8]) -> String {
    data_url("image/jpeg", bytes)
}

/// A picture for a screen.
pub(crate) fn data_url(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}
