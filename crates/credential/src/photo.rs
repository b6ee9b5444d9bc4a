//! The photo of an identity as looping QR frames (`KPF:`), checked against the hash that was signed.
//!
//! A frame carries no signature: the identity pass has the photo's SHA-256, and nothing is shown before the whole
//! photo has that hash. Plain frames; a lost one comes round again.

use crate::base45;
use crate::cbor::{Malformed, Reader, Writer};
use crate::keys::{first_8, sha256};

/// The prefix of a frame's text.
pub const FRAME_PREFIX: &str = "KPF:";

/// Most bytes of the photo in one frame: QR version 12 at level L with the frame's head.
pub const CHUNK_BYTES_MAX: usize = 334;

/// Most frames of one photo.
pub const FRAMES_MAX: usize = 32;

/// Largest photo, in bytes.
pub const PHOTO_BYTES_MAX: usize = CHUNK_BYTES_MAX * FRAMES_MAX;

/// Longest frame, in bytes: head and chunk.
const FRAME_BYTES_MAX: usize = CHUNK_BYTES_MAX + 32;

/// The frames of a photo, to be shown in a loop. None for an empty photo or one above [`PHOTO_BYTES_MAX`].
pub fn frames(photo: &[u8]) -> Vec<String> {
    if photo.len() > PHOTO_BYTES_MAX {
        return Vec::new();
    }
    let count = photo.len().div_ceil(CHUNK_BYTES_MAX);
    let hash = first_8(&sha256(photo));
    let chunk = |(index, chunk): (usize, &[u8])| {
        let mut w = Writer::new();
        w.array(5).bytes(&hash);
        w.uint(index as u64).uint(count as u64).uint(photo.len() as u64);
        w.bytes(chunk);
        let mut text = String::from(FRAME_PREFIX);
        base45::encode_into(&w.finish(), &mut text);
        text
    };
    photo
        .chunks(photo.len().div_ceil(count.max(1)).max(1))
        .enumerate()
        .map(chunk)
        .collect()
}

/// How much of a photo has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Frames that have arrived.
    pub have: usize,
    /// Frames that there are; zero before the first.
    pub total: usize,
}

/// Puts frames together, in any order, each as often as it comes. Frames of other photos and other codes change
/// nothing. Holds at most one photo.
#[derive(Debug, Clone)]
pub struct Assembly {
    sha256: [u8; 32],
    length: usize,
    chunks: Vec<Option<Vec<u8>>>,
    photo: Option<Vec<u8>>,
}

struct Frame<'b> {
    index: usize,
    count: usize,
    length: usize,
    chunk: &'b [u8],
}

impl Assembly {
    /// Waits for the photo with this SHA-256, from a verified identity.
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self {
            sha256,
            length: 0,
            chunks: Vec::new(),
            photo: None,
        }
    }

    /// Takes the text of a code, whatever it is.
    pub fn add(&mut self, text: &str) -> Progress {
        if self.photo.is_none()
            && let Some(body) = text.strip_prefix(FRAME_PREFIX)
            && body.len() <= base45::encoded_len(FRAME_BYTES_MAX)
            && let Ok(bytes) = base45::decode(body)
            && let Ok(frame) = self.read(&bytes)
        {
            self.put(&frame);
        }
        self.progress()
    }

    /// How much has arrived.
    pub fn progress(&self) -> Progress {
        Progress {
            have: self.chunks.iter().flatten().count(),
            total: self.chunks.len(),
        }
    }

    /// The photo, once all of it is here and has the right hash.
    pub fn finished(&self) -> Option<Vec<u8>> {
        self.photo.clone()
    }

    fn read<'b>(&self, bytes: &'b [u8]) -> Result<Frame<'b>, Malformed> {
        let mut r = Reader::open(bytes)?;
        r.array_of(5)?;
        let hash = r.bytes_of::<8>()?;
        let mut number = || usize::try_from(r.uint()?).map_err(|_| Malformed);
        let (index, count, length) = (number()?, number()?, number()?);
        let chunk = r.bytes()?;
        let fits =
            (1..=FRAMES_MAX).contains(&count) && (1..=PHOTO_BYTES_MAX).contains(&length) && index < count;
        if hash != first_8(&self.sha256) || !fits {
            return Err(Malformed);
        }
        // Every chunk but the last has the same length, so a frame says by itself how long it must be.
        let each = length.div_ceil(count);
        let start = each * index;
        if chunk.is_empty() || chunk.len() != each.min(length.saturating_sub(start)) {
            return Err(Malformed);
        }
        Ok(Frame {
            index,
            count,
            length,
            chunk,
        })
    }

    fn put(&mut self, frame: &Frame<'_>) {
        if self.chunks.len() != frame.count || self.length != frame.length {
            // The first frame, or one that disagrees with what is here: the later one counts, since a stranger's
            // frame with the same eight bytes must not stop the true photo for good.
            self.length = frame.length;
            self.chunks = vec![None; frame.count];
        }
        if let Some(place) = self.chunks.get_mut(frame.index) {
            *place = Some(frame.chunk.to_vec());
        }
        if self.chunks.iter().all(Option::is_some) {
            let photo: Vec<u8> = self.chunks.iter().flatten().flatten().copied().collect();
            if sha256(&photo) == self.sha256 {
                self.photo = Some(photo);
            } else {
                self.chunks.clear();
            }
        }
    }
}
