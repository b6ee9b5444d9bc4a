//! What anybody can show as often as they like, without a pass of the province: it is decided like everything else, and when
//! there is too much of it the log counts it instead of growing with it.
//!
//! So many are entries of their own; what comes beyond is counted in the data file, by code, officer and profile, and becomes
//! one entry for each with how many there were (`more.37`) once the minute is over. Nothing is left out of the count, also
//! where the power fails in between.

use credential::{Code, Timestamp};
use scan_log::minute_of;
use sha2::{Digest as _, Sha256};

/// So many in a row are entries of their own, ...
const SINGLE_MAX: u64 = 10;
/// ... and one more after each of so many seconds.
const ONE_MORE_AFTER: u64 = 60;
/// A code that is not seen for so many seconds was taken away from the camera.
const HELD_SECONDS: u64 = 10;
/// So many codes that are held before the camera are known again.
const HELD_MAX: usize = 8;

/// True if a verdict says nothing of a pass that the province gave to somebody: it may be reached before the province's
/// signature was looked at.
pub(crate) const fn is_anybodys(code: Code) -> bool {
    is_no_pass(code)
        || matches!(
            code,
            Code::AlgorithmNotAllowed
                | Code::NotADocument
                | Code::NoTrustList
                | Code::ClockWrong
                | Code::UnknownHeader
                | Code::WeakKey
                | Code::HolderSignature
                | Code::UnknownIssuer
                | Code::IssuerSignature
        )
}

/// True if it was no pass at all.
pub(crate) const fn is_no_pass(code: Code) -> bool {
    matches!(code, Code::WrongCode | Code::Malformed | Code::TooLarge)
}

/// How many more may be entries of their own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    left: u64,
    since: Timestamp,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            left: SINGLE_MAX,
            since: Timestamp::from_unix(0),
        }
    }
}

impl Room {
    /// Takes one place, if there is one.
    pub fn take(&mut self, now: Timestamp) -> bool {
        let minute = minute_of(now);
        // A clock that was set back begins anew from there.
        let more = minute.since(self.since) / ONE_MORE_AFTER;
        if more > 0 || minute < self.since {
            self.since = minute;
            self.left = self.left.saturating_add(more).min(SINGLE_MAX);
        }
        let free = self.left > 0;
        self.left = self.left.saturating_sub(1);
        free
    }
}

/// Codes that are no passes and are still before the camera, by their hashes.
#[derive(Debug, Default)]
pub(crate) struct HeldUp(Vec<([u8; 32], Timestamp)>);

impl HeldUp {
    /// A code that was judged.
    pub fn put(&mut self, text: &str, now: Timestamp) {
        self.0.truncate(HELD_MAX - 1);
        self.0.insert(0, (Sha256::digest(text).into(), now));
    }

    /// Whether the code was judged and has been there since.
    pub fn is_held(&mut self, text: &str, now: Timestamp) -> bool {
        self.0
            .retain(|(_, seen)| now.since(*seen) <= HELD_SECONDS && *seen <= now);
        if self.0.is_empty() {
            return false;
        }
        let sha256: [u8; 32] = Sha256::digest(text).into();
        let known = self.0.iter_mut().find(|(held, _)| *held == sha256);
        known.is_some_and(|(_, seen)| {
            *seen = now;
            true
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use std::collections::BTreeSet;

    use credential::paper::{CardClaims, issue_card};
    use credential::{
        Claims, Context, DAY, DOCUMENT_PREFIX, Expect, Facts, ISSUER, Identity, RootKind, RootSet, SecretKey,
        StatusRef, TrustContent, TrustList, TrustedKey, Vct, base45, verify,
    };

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(1_700_000_040 + seconds)
    }

    #[test]
    fn ten_are_single_and_one_more_after_each_minute() {
        let mut room = Room::default();
        let taken = |room: &mut Room, second| (0..50).filter(|_| room.take(at(second))).count();
        assert_eq!(taken(&mut room, 0), 10);
        assert_eq!(taken(&mut room, 59), 0);
        assert_eq!(taken(&mut room, 60), 1);
        assert_eq!(taken(&mut room, 60 + 5 * 60), 5);
        assert_eq!(taken(&mut room, 86_400), 10, "never more than ten in a row");
        // Set back by an hour: nothing for free, and it goes on from there.
        assert_eq!(taken(&mut room, 82_800), 0);
        assert_eq!(taken(&mut room, 82_860), 1);
    }

    #[test]
    fn a_code_is_known_as_long_as_it_is_seen() {
        let mut held = HeldUp::default();
        assert!(!held.is_held("A", at(0)));
        held.put("A", at(0));
        for second in [5, 15, 25] {
            assert!(held.is_held("A", at(second)));
            assert!(!held.is_held("B", at(second)));
        }
        assert!(!held.is_held("A", at(36)), "it was away");
        for number in 0..100 {
            held.put(&number.to_string(), at(40));
        }
        assert_eq!(held.0.len(), HELD_MAX);
        assert!(held.is_held("99", at(40)) && !held.is_held("0", at(40)));
    }

    #[test]
    fn what_needs_a_pass_of_the_province_is_never_counted_away() {
        for code in [
            Code::Accepted,
            Code::Replayed,
            Code::Stale,
            Code::Revoked,
            Code::WrongDesk,
            Code::Expired,
        ] {
            assert!(!is_anybodys(code), "{code}");
        }
        assert!(is_anybodys(Code::HolderSignature) && is_anybodys(Code::Malformed));
    }

    const DESK: &str = "kp:test-desk";

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed([seed; 32])
    }

    /// A list that trusts key 1.
    fn trust() -> TrustList {
        let (kinds, day) = ([Vct::AGE, Vct::PAPER_CARD, domicile()], at(0).start_of_day());
        let content = TrustContent {
            sequence: 1,
            previous: None,
            iat: day,
            exp: day.plus(30 * DAY),
            keys: vec![TrustedKey {
                key: key(1).public(),
                allowed: kinds.to_vec(),
                nbf: day,
                exp: day.plus(90 * DAY),
                iss: "Test province".into(),
                revoked_at: None,
                retired_at: None,
            }],
            next_roots: None,
        };
        let roots = [11, 12, 13].map(key);
        let signed = credential::sign_trust_list(&content, &[(0, &roots[0]), (1, &roots[1])]);
        let set = RootSet::new(RootKind::Test, roots.map(|root| root.public())).unwrap();
        TrustList::verify(&signed, &set, None).unwrap()
    }

    fn domicile() -> Vct {
        Vct::parse("domicile").unwrap()
    }

    /// What somebody makes without the province: each kind of code in its right form, and whatever the clock is in time.
    fn without_a_pass(now: Timestamp) -> Vec<String> {
        let day = now.start_of_day();
        let (stranger, phone) = (key(2), key(3));
        let status = StatusRef {
            index: 77,
            uri: "id".into(),
        };
        let pass = Claims {
            iss: ISSUER.into(),
            iat: day,
            nbf: None,
            exp: day.plus(30 * DAY),
            holder: Some(phone.public().into()),
            vct: Vct::AGE,
            status: None,
            identity: None,
            facts: Facts {
                over_18: Some(true),
                ..Facts::default()
            },
        };
        let paper = Claims {
            holder: None,
            vct: domicile(),
            status: Some(status.clone()),
            ..pass.clone()
        };
        let card = CardClaims {
            iss: ISSUER.into(),
            iat: day,
            exp: day.plus(30 * DAY),
            identity: Identity::default(),
            status,
        };
        let mut texts = vec![
            issue_card(&card, &stranger).unwrap(),
            "https://example.org".into(),
        ];
        for claims in [&pass, &paper] {
            let own = credential::issue(claims, &stranger).unwrap();
            // The province's key is named, and its signature is none.
            let mut unsigned = credential::issue(claims, &key(1)).unwrap();
            *unsigned.last_mut().unwrap() ^= 1;
            for bytes in [own, unsigned] {
                texts.push(format!("{DOCUMENT_PREFIX}{}", base45::encode(&bytes)));
                if claims.holder.is_some() {
                    texts.push(credential::present_timed(&bytes, &phone, DESK, now).unwrap());
                }
            }
        }
        texts
    }

    #[test]
    fn what_is_decided_before_the_provinces_signature_is_anybodys_whatever_the_desk_holds() {
        let trust = trust();
        let mut seen = BTreeSet::new();
        let late = at(0).plus(60 * DAY);
        for (trust, now) in [
            (None, at(0)),
            (Some(&trust), Timestamp::from_unix(0)),
            (Some(&trust), at(0)),
            (Some(&trust), late),
        ] {
            for text in without_a_pass(now) {
                for expect in [Expect::Timed { audience: DESK }, Expect::Nothing] {
                    let context = Context {
                        now,
                        trust,
                        status: None,
                        types: None,
                        expect,
                        rule: None,
                    };
                    let code = verify(&text, &context).code;
                    assert!(is_anybodys(code), "{code}: {text}");
                    seen.insert(code.code());
                }
            }
        }
        let all = [
            "clock_wrong",
            "issuer_signature",
            "no_trust_list",
            "not_a_document",
            "unknown_issuer",
            "wrong_code",
        ];
        assert_eq!(seen, BTreeSet::from(all));
    }
}
