//! The photo of an identity as looping QR frames (`KPF:`), checked against the hash that was signed.
//!
//! A frame carries no signature: the identity pass has the photo's SHA-256, and nothing is shown before the whole
//! photo has that hash.

use crate::frames::{self, Assembly, CHUNK_BYTES_MAX};

/// The prefix of a frame's text.
pub const FRAME_PREFIX: &str = "KPF:";

/// Frames between two presentations: the presentation is every fourth code on the screen.
pub const FRAMES_BETWEEN: usize = 3;

/// The frames of a photo, to be shown in a loop: at least as many parity frames as it takes, and no group of
/// [`FRAMES_BETWEEN`] left short. None for an empty photo or one above [`frames::PAYLOAD_BYTES_MAX`].
pub fn frames(photo: &[u8]) -> Vec<String> {
    let needed = photo.len().div_ceil(CHUNK_BYTES_MAX);
    let count = (2 * needed).next_multiple_of(FRAMES_BETWEEN);
    frames::split(FRAME_PREFIX, photo, count - needed).unwrap_or_default()
}

/// Waits for the photo with this SHA-256, from a verified identity.
pub const fn assembly(sha256: [u8; 32]) -> Assembly {
    Assembly::expecting(FRAME_PREFIX, sha256)
}
