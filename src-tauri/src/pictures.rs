//! A desk's request out of a picture file or a camera frame.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wallet::{UiCode, UiError};

/// Largest picture file or frame, in bytes.
pub const FILE_BYTES_MAX: usize = 12 * 1024 * 1024;

/// How a desk's request begins.
const REQUEST_PREFIX: &str = "KPR:";

/// The bytes of a file that a screen handed over: base64, with or without `data:…;base64,` before it.
///
/// # Errors
///
/// `photo_too_large` beyond [`FILE_BYTES_MAX`] and `photo_unreadable` for anything that is not base64.
pub fn file_of(text: &str) -> Result<Vec<u8>, UiError> {
    let encoded = match text.strip_prefix("data:") {
        Some(rest) => rest.split_once(";base64,").ok_or(UiCode::PhotoUnreadable)?.1,
        None => text,
    };
    if encoded.len() > FILE_BYTES_MAX.div_ceil(3) * 4 {
        return Err(UiCode::PhotoTooLarge.into());
    }
    STANDARD
        .decode(encoded)
        .map_err(|_| UiCode::PhotoUnreadable.into())
}

/// The text of the code in a picture file: a desk's request where there is one, else any code.
///
/// # Errors
///
/// As [`file_of`], and `no_code_found`.
pub fn code_in_file(text: &str) -> Result<String, UiError> {
    let texts = qr::decode_picture(&file_of(text)?).map_err(|error| match error {
        qr::QrError::PictureTooLarge | qr::QrError::PictureTooManyPixels => UiCode::PhotoTooLarge,
        _ => UiCode::PhotoUnreadable,
    })?;
    choose(texts).ok_or_else(|| UiCode::NoCodeFound.into())
}

/// The text of the code in a camera frame: base64 of one byte per pixel, row by row.
///
/// # Errors
///
/// As [`file_of`], and `photo_unreadable` when the bytes are not `width` × `height`.
pub fn code_in_frame(width: u32, height: u32, luma: &str) -> Result<Option<String>, UiError> {
    let texts = qr::decode_luma(width, height, &file_of(luma)?).map_err(|_| UiCode::PhotoUnreadable)?;
    Ok(choose(texts))
}

/// A desk may have other codes beside its request.
fn choose(mut texts: Vec<String>) -> Option<String> {
    let wanted = texts
        .iter()
        .position(|text| text.starts_with(REQUEST_PREFIX))
        .unwrap_or(0);
    (wanted < texts.len()).then(|| texts.swap_remove(wanted))
}
