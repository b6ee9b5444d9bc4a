//! The record of wrong PINs: counted before a PIN is tried, and waited for by a clock that nobody can turn back.
//!
//! It is kept in the phone's key store and not in the folder, so that a copy of the folder put back changes nothing. Time is
//! how long the phone has been up: it only goes forward and begins at nothing when the phone starts. What passed since the
//! record was written is therefore at least the difference, and after a restart at least the time since that restart.

use crate::key_store::{Item, KeyStore, KeyStoreError, ProfileName};

/// How long the phone has been up, in seconds, asleep or awake. The app reads it; the wallet reads no clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uptime(u64);

impl Uptime {
    /// So many seconds after the phone started.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds from an earlier moment of the same run of the phone; 0 if it was not earlier.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Wrong PINs between two waits.
const TRIES: u32 = 3;
/// Seconds to wait after the third, sixth, ninth wrong PIN; from the twelfth on the last.
const WAITS: [u32; 4] = [30, 90, 5 * 60, 30 * 60];
/// With the profile's own consent, so many wrong PINs in a row remove it.
pub(crate) const WIPE_AFTER: u32 = 20;

/// What the key store remembers about one profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// PINs tried since one was right.
    wrong: u32,
    /// Seconds that had to be waited for at `at`.
    wait: u32,
    at: Uptime,
    /// Whether [`WIPE_AFTER`] wrong PINs remove the profile.
    pub(crate) wipe: bool,
}

impl Attempts {
    /// Nothing recorded is nothing tried.
    pub(crate) fn load(store: &dyn KeyStore, profile: &ProfileName) -> Result<Self, KeyStoreError> {
        let Some(bytes) = store.get(profile, Item::Attempts)? else {
            return Ok(Self::default());
        };
        Self::parse(&bytes).ok_or(KeyStoreError::Silent { source: None })
    }

    pub(crate) fn store(&self, store: &dyn KeyStore, profile: &ProfileName) -> Result<(), KeyStoreError> {
        store.put(profile, Item::Attempts, &self.to_bytes())
    }

    /// Seconds until a PIN may be tried.
    pub(crate) fn wait_left(&self, now: Uptime) -> u32 {
        let passed = if now >= self.at { now.0 - self.at.0 } else { now.0 };
        self.wait
            .saturating_sub(u32::try_from(passed).unwrap_or(u32::MAX))
    }

    /// One more is about to be tried. Whether it is right is not known yet: one that a killed app was trying counts.
    pub(crate) fn count(&mut self, now: Uptime) {
        self.wrong = self.wrong.saturating_add(1);
        self.wait = if self.wrong.is_multiple_of(TRIES) {
            let round = usize::try_from(self.wrong / TRIES - 1).unwrap_or(usize::MAX);
            WAITS.get(round).or(WAITS.last()).copied().unwrap_or_default()
        } else {
            0
        };
        self.at = now;
    }

    /// Writes down what is left, so that a restart of the phone does not begin the wait anew.
    pub(crate) fn keep_waiting(&mut self, now: Uptime) {
        self.wait = self.wait_left(now);
        self.at = now;
    }

    /// The PIN was right.
    pub(crate) fn forgive(&mut self) {
        self.wrong = 0;
        self.wait = 0;
    }

    /// Whether this many are too many for a profile that asked to be removed then.
    pub(crate) const fn are_too_many(&self) -> bool {
        self.wipe && self.wrong >= WIPE_AFTER
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = <&[u8; BYTES]>::try_from(bytes).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (wrong, rest) = rest.split_first_chunk()?;
        let (wait, rest) = rest.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let wipe = match (version, rest) {
            (&VERSION, [0]) => false,
            (&VERSION, [1]) => true,
            _ => return None,
        };
        Some(Self {
            wrong: u32::from_be_bytes(*wrong),
            wait: u32::from_be_bytes(*wait),
            at: Uptime(u64::from_be_bytes(*at)),
            wipe,
        })
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.wrong.to_be_bytes());
        bytes.extend_from_slice(&self.wait.to_be_bytes());
        bytes.extend_from_slice(&self.at.0.to_be_bytes());
        bytes.push(u8::from(self.wipe));
        bytes
    }
}

const VERSION: u8 = 1;
const BYTES: usize = 1 + 4 + 4 + 8 + 1;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn after(wrong: u32, now: Uptime) -> Attempts {
        let mut attempts = Attempts::default();
        for _ in 0..wrong {
            attempts.count(now);
        }
        attempts
    }

    #[test]
    fn each_third_wrong_pin_makes_wait_longer_up_to_half_an_hour() {
        let now = Uptime(100);
        let waits: Vec<u32> = (0..=18).map(|wrong| after(wrong, now).wait_left(now)).collect();
        assert_eq!(
            waits,
            [
                0, 0, 0, 30, 0, 0, 90, 0, 0, 300, 0, 0, 1800, 0, 0, 1800, 0, 0, 1800
            ]
        );
    }

    #[test]
    fn a_wait_ends_by_the_time_the_phone_was_up_and_a_restart_never_shortens_it() {
        let attempts = after(3, Uptime(1000));
        assert_eq!(attempts.wait_left(Uptime(1029)), 1);
        assert_eq!(attempts.wait_left(Uptime(1030)), 0);
        // Started anew: only what passed since then is known.
        assert_eq!(attempts.wait_left(Uptime(0)), 30);
        assert_eq!(attempts.wait_left(Uptime(12)), 18);
        let mut kept = attempts;
        kept.keep_waiting(Uptime(1020));
        assert_eq!(
            (kept.wait_left(Uptime(1020)), kept.wait_left(Uptime(0))),
            (10, 10)
        );
    }

    #[test]
    fn a_right_pin_forgives_and_the_consent_stays() {
        let mut attempts = after(20, Uptime(0));
        assert!(!attempts.are_too_many());
        attempts.wipe = true;
        assert!(attempts.are_too_many());
        attempts.forgive();
        assert_eq!(
            (
                attempts.are_too_many(),
                attempts.wipe,
                attempts.wait_left(Uptime(0))
            ),
            (false, true, 0)
        );
    }

    #[test]
    fn a_record_is_frozen_and_a_bent_one_is_none() {
        let mut attempts = after(4, Uptime(0x0102));
        attempts.wipe = true;
        let bytes = attempts.to_bytes();
        assert_eq!(hex::encode(&bytes), "010000000400000000000000000000010201");
        assert_eq!(Attempts::parse(&bytes), Some(attempts));
        for bent in [
            &bytes[1..],
            &[&bytes[..17], &[2]].concat(),
            &[&[2], &bytes[1..]].concat(),
            b"",
        ] {
            assert_eq!(Attempts::parse(bent), None);
        }
    }
}
