//! A payload as QR frames of which any `k` give it back, in any order: photos (`KPF:`) and
//! updates for desks (`KPU:`).
//!
//! Frames 0 to `k - 1` are the payload, cut and padded with zeros; the frames behind them are Reed-Solomon parity, so a
//! reader that missed one frame waits for any next one and not for the same to come round. Nothing is signed here: the
//! whole must have a hash that the caller knows, or the one that travels with it.

mod field;

use std::collections::VecDeque;

use crate::base45;
use crate::cbor::{Malformed, Reader, Writer};
use crate::keys::{first_8, sha256};

/// Most bytes of a chunk: with the frame's head QR version 12 at level L.
pub const CHUNK_BYTES_MAX: usize = 334;
/// Most frames that carry the payload itself.
pub const DATA_FRAMES_MAX: usize = 50;
/// Most frames, parity included: the field has that many points.
pub const FRAMES_MAX: usize = 256;
/// Largest payload, in bytes; [`split_with_hash`] takes 32 bytes fewer.
pub const PAYLOAD_BYTES_MAX: usize = CHUNK_BYTES_MAX * DATA_FRAMES_MAX;

/// Longest frame, in bytes: head and chunk.
const FRAME_BYTES_MAX: usize = CHUNK_BYTES_MAX + 32;
/// Bytes of the hash before a payload that brings its own.
const HASH_BYTES: usize = 32;
/// Different heads that are collected side by side, so that one stranger's frame does not push out what is here.
const SETS_MAX: usize = 4;

/// The frames of a payload whose SHA-256 the reader knows, `parity` more than are needed (or fewer, up to
/// [`FRAMES_MAX`] in all). None for an empty payload or one above [`PAYLOAD_BYTES_MAX`].
pub fn split(prefix: &str, payload: &[u8], parity: usize) -> Option<Vec<String>> {
    write(prefix, &sha256(payload), payload, parity)
}

/// The frames of a payload that brings its own SHA-256: what is cut is the hash and then the payload. That finds what
/// was mixed or misread; who made the payload is for its own signature to say.
pub fn split_with_hash(prefix: &str, payload: &[u8], parity: usize) -> Option<Vec<String>> {
    let hash = sha256(payload);
    if payload.is_empty() {
        return None;
    }
    write(prefix, &hash, &[&hash[..], payload].concat(), parity)
}

fn write(prefix: &str, hash: &[u8; 32], body: &[u8], parity: usize) -> Option<Vec<String>> {
    if body.is_empty() || body.len() > PAYLOAD_BYTES_MAX {
        return None;
    }
    let needed = body.len().div_ceil(CHUNK_BYTES_MAX);
    let each = body.len().div_ceil(needed);
    let mut padded = body.to_vec();
    padded.resize(each * needed, 0);
    let data: Vec<(u8, &[u8])> = (0..=u8::MAX).zip(padded.chunks(each)).collect();
    let texts = (0..=u8::MAX).take(needed.saturating_add(parity)).map(|index| {
        let computed;
        let chunk = if let Some((_, chunk)) = data.get(usize::from(index)) {
            chunk
        } else {
            computed = field::chunk_at(index, &data);
            &computed[..]
        };
        let mut w = Writer::with_capacity(FRAME_BYTES_MAX);
        w.array(5).bytes(&first_8(hash)).uint(index.into());
        w.uint(needed as u64).uint(body.len() as u64).bytes(chunk);
        let mut text = String::from(prefix);
        base45::encode_into(&w.finish(), &mut text);
        text
    });
    Some(texts.collect())
}

/// How much of a payload has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Different frames that are here; below `needed` until the payload is whole.
    pub have: usize,
    /// Frames that it takes, whichever they are; zero before the first.
    pub needed: usize,
}

/// Puts frames together, in any order, each as often as it comes. Other codes and the frames of other payloads change
/// nothing, frames that lie under a known hash delay it only: the newest frames are tried, so the payload comes out as
/// soon as enough true frames arrived in a row. Holds at most [`SETS_MAX`] payloads' worth of frames, 67 KB.
#[derive(Debug, Clone)]
pub struct Assembly {
    prefix: &'static str,
    expected: Option<[u8; 32]>,
    /// The one that was added to last is the last.
    sets: VecDeque<Set>,
    payload: Option<Vec<u8>>,
}

/// Frames of one head, the newest at the end, never more than are needed.
#[derive(Debug, Clone)]
struct Set {
    head: Head,
    frames: VecDeque<(u8, Vec<u8>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    hash: [u8; 8],
    needed: usize,
    /// Of what was cut, in bytes.
    length: usize,
}

struct Frame<'b> {
    head: Head,
    index: u8,
    chunk: &'b [u8],
}

impl Assembly {
    /// Waits for the payload with this SHA-256.
    pub const fn expecting(prefix: &'static str, sha256: [u8; 32]) -> Self {
        Self {
            prefix,
            expected: Some(sha256),
            sets: VecDeque::new(),
            payload: None,
        }
    }

    /// Waits for whatever payload comes, which then brings its own SHA-256 ([`split_with_hash`]).
    pub const fn any(prefix: &'static str) -> Self {
        Self {
            prefix,
            expected: None,
            sets: VecDeque::new(),
            payload: None,
        }
    }

    /// Takes the text of a code, whatever it is.
    pub fn add(&mut self, text: &str) -> Progress {
        if self.payload.is_none()
            && let Some(bytes) = self.bytes(text)
            && let Ok(frame) = self.read(&bytes)
        {
            self.put(&frame);
        }
        self.progress()
    }

    /// Whether the text is a frame of what is waited for.
    pub fn takes(&self, text: &str) -> bool {
        self.bytes(text).is_some_and(|bytes| self.read(&bytes).is_ok())
    }

    /// How much has arrived of the payload that is nearest to being whole.
    pub fn progress(&self) -> Progress {
        let fullest = self.sets.iter().max_by_key(|set| set.frames.len());
        fullest.map_or_else(Progress::default, |set| {
            let needed = set.head.needed;
            let have = if self.payload.is_some() {
                needed
            } else {
                set.frames.len().min(needed - 1)
            };
            Progress { have, needed }
        })
    }

    /// The payload, once it is whole and has the right hash.
    pub fn finished(&self) -> Option<&[u8]> {
        self.payload.as_deref()
    }

    fn bytes(&self, text: &str) -> Option<Vec<u8>> {
        let body = text.strip_prefix(self.prefix)?;
        if body.len() > base45::encoded_len(FRAME_BYTES_MAX) {
            return None;
        }
        base45::decode(body).ok()
    }

    fn read<'b>(&self, bytes: &'b [u8]) -> Result<Frame<'b>, Malformed> {
        let mut r = Reader::open(bytes)?;
        r.array_of(5)?;
        let hash = r.bytes_of::<8>()?;
        let index = u8::try_from(r.uint()?).map_err(|_| Malformed)?;
        let mut number = || usize::try_from(r.uint()?).map_err(|_| Malformed);
        let (needed, length) = (number()?, number()?);
        let chunk = r.bytes()?;
        if self.expected.is_some_and(|expected| hash != first_8(&expected))
            || !(1..=DATA_FRAMES_MAX).contains(&needed)
            || !(1..=PAYLOAD_BYTES_MAX).contains(&length)
        {
            return Err(Malformed);
        }
        // Every chunk has the same length, and none is padding only.
        let each = length.div_ceil(needed);
        if each > CHUNK_BYTES_MAX || each * (needed - 1) >= length || chunk.len() != each {
            return Err(Malformed);
        }
        Ok(Frame {
            head: Head { hash, needed, length },
            index,
            chunk,
        })
    }

    fn put(&mut self, frame: &Frame<'_>) {
        let known = self.sets.iter().position(|set| set.head == frame.head);
        let mut set = known.and_then(|at| self.sets.remove(at)).unwrap_or_else(|| Set {
            head: frame.head.clone(),
            frames: VecDeque::new(),
        });
        if set.put(frame)
            && let Some(body) = set.join()
        {
            self.payload = checked(&frame.head, self.expected.as_ref(), body);
        }
        if self.payload.is_some() {
            self.sets.clear();
        }
        if self.sets.len() >= SETS_MAX {
            self.sets.pop_front();
        }
        self.sets.push_back(set);
    }
}

impl Set {
    /// Puts the frame at the end and says whether that changed what is here.
    fn put(&mut self, frame: &Frame<'_>) -> bool {
        let held = self.frames.iter().position(|(index, _)| *index == frame.index);
        let before = held.and_then(|at| self.frames.remove(at));
        let changed = before.is_none_or(|(_, chunk)| chunk != frame.chunk);
        if self.frames.len() >= self.head.needed {
            self.frames.pop_front();
        }
        self.frames.push_back((frame.index, frame.chunk.to_vec()));
        changed
    }

    /// What was cut, if there are enough frames: the chunks that are here as they are, the others computed.
    fn join(&self) -> Option<Vec<u8>> {
        if self.frames.len() < self.head.needed {
            return None;
        }
        let known: Vec<(u8, &[u8])> = self
            .frames
            .iter()
            .map(|(index, chunk)| (*index, &chunk[..]))
            .collect();
        let mut body = Vec::with_capacity(self.head.length);
        for index in (0..=u8::MAX).take(self.head.needed) {
            match known.iter().find(|(at, _)| *at == index) {
                Some((_, chunk)) => body.extend_from_slice(chunk),
                None => body.extend(field::chunk_at(index, &known)),
            }
        }
        body.truncate(self.head.length);
        Some(body)
    }
}

/// The payload in `body`, if it has the hash that it must have.
fn checked(head: &Head, expected: Option<&[u8; 32]>, mut body: Vec<u8>) -> Option<Vec<u8>> {
    if let Some(expected) = expected {
        return (sha256(&body) == *expected).then_some(body);
    }
    let payload = body.split_off(HASH_BYTES.min(body.len()));
    let hash = sha256(&payload);
    (!payload.is_empty() && body == hash && head.hash == first_8(&hash)).then_some(payload)
}
