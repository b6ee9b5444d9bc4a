//! Text to picture and picture to text.
//!
//! [`Qr`] makes the codes the app, the counter and the command line show; [`decode_luma`] and [`decode_picture`] read
//! them from camera frames and picture files. Nothing here knows what the text means, and a text that was read is as
//! untrusted as the picture it came from.
//!
//! Our texts are base45, whose letters are exactly the alphanumeric letters of a QR code (ISO/IEC 18004), so that each
//! letter costs 5.5 bits. Reading uses `rxing`; `rqrr` read a third as many frames of a cheap webcam.

mod decode;
mod encode;
mod error;

pub use decode::{PICTURE_BYTES_MAX, PICTURE_PIXELS_MAX, decode_luma, decode_picture, media_type};
pub use encode::{Ecc, PNG_PIXELS_PER_MODULE_MAX, QUIET_ZONE_MODULES, Qr, TEXT_BYTES_MAX};
pub use error::QrError;
