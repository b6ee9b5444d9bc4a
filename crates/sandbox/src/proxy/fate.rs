//! What a hostile network does to one exchange, and how it chooses.

use serde::{Deserialize, Serialize};

/// What becomes of one request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Both arrive.
    Pass,
    /// The connection is cut before anything arrives.
    Cut,
    /// Half of the request arrives.
    CutRequest,
    /// The request arrives, its answer does not.
    CutAnswer,
    /// Half of the answer arrives.
    Truncate,
    /// One bit of the request is turned.
    CorruptRequest,
    /// One bit of the answer is turned.
    CorruptAnswer,
    /// The request arrives twice, at the same time.
    Repeat,
    /// The request arrives after the next one was answered, and nobody gets its answer.
    Late,
    /// The answer goes to another connection, whose answer comes here.
    Swap,
    /// Half of the answer, a pause, and the rest.
    Stall,
    /// Somebody on the way answers 500 with a page.
    ServerFault,
    /// Somebody on the way answers 429 and asks for a pause.
    TooMany,
    /// A captive portal answers with its page.
    Portal,
    /// A captive portal sends the caller elsewhere.
    Redirect,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Pass,
        Self::Cut,
        Self::CutRequest,
        Self::CutAnswer,
        Self::Truncate,
        Self::CorruptRequest,
        Self::CorruptAnswer,
        Self::Repeat,
        Self::Late,
        Self::Swap,
        Self::Stall,
        Self::ServerFault,
        Self::TooMany,
        Self::Portal,
        Self::Redirect,
    ];

    /// What somebody on the way answers in the province's place.
    pub const fn interloper(self) -> Option<Page> {
        let (status, header, body) = match self {
            Self::ServerFault => (500, None, "<html>Bad gateway</html>"),
            Self::TooMany => (429, Some(("retry-after", "1")), "<html>Slow down</html>"),
            Self::Portal => (200, None, "<html><form action=login>Free Wi-Fi</form></html>"),
            Self::Redirect => (
                302,
                Some(("location", "http://portal.invalid/login")),
                "<html>Sign in</html>",
            ),
            _ => return None,
        };
        Some(Page { status, header, body })
    }
}

/// A page that somebody on the way answers with, as `text/html`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// A header that goes with it, in lower case.
    pub header: Option<(&'static str, &'static str)>,
    /// The page.
    pub body: &'static str,
}

/// Numbers that look random and follow from a seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice with this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next number below a limit, which is not 0.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let place = self.below(all.len().max(1) as u64);
        all.get(usize::try_from(place).ok()?).copied()
    }
}

/// Turns one bit.
pub fn turn_a_bit(bytes: &mut [u8], dice: &mut Dice) {
    let place = dice.below(bytes.len().max(1) as u64);
    if let Some(byte) = usize::try_from(place).ok().and_then(|place| bytes.get_mut(place)) {
        *byte ^= 1 << dice.below(8);
    }
}
