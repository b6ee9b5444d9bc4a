//! The codes of a move: frozen, and refused when they are another's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::*;
use crate::testing::TestRng;

fn packed(length: usize) -> Zeroizing<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut rng = TestRng::new(5);
    rand_core::Rng::fill_bytes(&mut rng, &mut bytes);
    Zeroizing::new(bytes)
}

fn pair(length: usize) -> (Incoming, Outgoing) {
    let mut incoming = Incoming::new(&mut TestRng::new(1));
    let outgoing = Outgoing::answer(&incoming.offer, &packed(length), [9; 32], &mut TestRng::new(2)).unwrap();
    incoming.answered(&outgoing.answer).unwrap();
    (incoming, outgoing)
}

#[test]
fn both_phones_have_the_same_words_and_the_content_arrives() {
    for length in [1, 700, 4_000, PART_BYTES_MAX - TAG_BYTES, PART_BYTES_MAX, 60_000] {
        let (mut incoming, outgoing) = pair(length);
        assert_eq!(incoming.words().unwrap().as_ref(), Some(&outgoing.words));
        let frames = outgoing.frames();
        let needed = incoming.progress().needed;
        assert!(frames.len() <= needed * 3 / 2 + PART_PREFIXES.len());
        let mut looked = 0;
        // Every third code is missed.
        let seen = frames.iter().cycle().enumerate().filter(|(at, _)| at % 3 != 1);
        for (_, frame) in seen.take(3 * frames.len()) {
            looked += 1;
            assert!(incoming.add(frame));
            assert!(incoming.progress().have <= needed);
            if let Some((arrived, confirmation)) = incoming.finished().unwrap() {
                assert_eq!(arrived, packed(length));
                assert_eq!(confirmation, outgoing.confirmation);
                break;
            }
            assert!(incoming.progress().have < needed);
        }
        assert_eq!(
            incoming.progress().have,
            needed,
            "{looked} frames of {length} bytes"
        );
    }
}

#[test]
fn the_codes_of_version_1_are_frozen() {
    let (_, outgoing) = pair(700);
    let offer = Incoming::new(&mut TestRng::new(1)).offer;
    let mut lines = vec![offer, outgoing.answer.clone()];
    lines.extend(outgoing.frames());
    lines.push(outgoing.confirmation.clone());
    lines.push(String::new());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/transfer-v1.txt");
    if std::env::var_os("KHYBER_BLESS").is_some() && !path.exists() {
        std::fs::write(&path, lines.join("\n")).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), lines.join("\n"));
}

#[test]
fn every_code_is_small_enough_for_a_poor_camera() {
    let (incoming, outgoing) = pair(50_000);
    let codes = [&incoming.offer, &outgoing.answer, &outgoing.confirmation];
    for text in codes.into_iter().chain(&outgoing.frames()) {
        let code = qr::Qr::encode(text, qr::Ecc::Low).unwrap();
        assert!(code.version() <= 12, "version {}", code.version());
    }
}

#[test]
fn a_swapped_key_changes_the_words() {
    let incoming = Incoming::new(&mut TestRng::new(1));
    let thief = Incoming::new(&mut TestRng::new(3));
    let (_, to_owner) = pair(700);
    let to_thief = Outgoing::answer(&thief.offer, &packed(700), [9; 32], &mut TestRng::new(2)).unwrap();
    assert_ne!(to_owner.words, to_thief.words);
    // The thief's answer to the owner's new phone, whose words the citizen compares with the old phone's.
    let mut owner = Incoming::new(&mut TestRng::new(1));
    assert_eq!(owner.offer, incoming.offer);
    let false_answer = Outgoing::answer(&owner.offer, &packed(700), [9; 32], &mut TestRng::new(4)).unwrap();
    owner.answered(&false_answer.answer).unwrap();
    assert_ne!(owner.words().unwrap().as_ref(), Some(&to_thief.words));
}

#[test]
fn codes_of_another_move_and_frames_that_were_changed_are_refused() {
    let (mut incoming, outgoing) = pair(700);
    let other = Incoming::new(&mut TestRng::new(8));
    let elsewhere = Outgoing::answer(&other.offer, &packed(700), [9; 32], &mut TestRng::new(2)).unwrap();
    assert_eq!(incoming.answered(&elsewhere.answer), Err(TransferError::Another));
    assert_ne!(elsewhere.confirmation, outgoing.confirmation);
    // Whole by its own hash, but not what was sealed under this move's key.
    for frame in elsewhere.frames() {
        incoming.add(&frame);
    }
    assert_eq!(incoming.finished().unwrap_err(), TransferError::Damaged);
    // And the move goes on.
    for frame in outgoing.frames() {
        incoming.add(&frame);
    }
    assert!(incoming.finished().unwrap().is_some());
}

#[test]
fn what_is_no_code_of_a_move_is_refused() {
    let offer = Incoming::new(&mut TestRng::new(1)).offer;
    let answer = |offer: &str| Outgoing::answer(offer, &packed(10), [0; 32], &mut TestRng::new(2)).err();
    assert_eq!(answer("KPR:ABC"), Some(TransferError::NotOfAMove));
    assert_eq!(answer(OFFER_PREFIX), Some(TransferError::NotOfAMove));
    assert_eq!(answer(&offer[..offer.len() - 3]), Some(TransferError::NotOfAMove));
    assert_eq!(
        answer(&format!("{OFFER_PREFIX}{}", "A".repeat(9_000))),
        Some(TransferError::NotOfAMove)
    );
    assert_eq!(
        answer(&text(OFFER_PREFIX, &[&[VERSION + 1][..], &[0; 3]].concat())),
        Some(TransferError::TooNew)
    );
    // Keys of small order: 0 and 1.
    for low in [0, 1] {
        let mut key = [0; KEY_BYTES];
        key[0] = low;
        let body = [&[VERSION][..], &[1; SESSION_BYTES], &key].concat();
        assert_eq!(
            answer(&text(OFFER_PREFIX, &body)),
            Some(TransferError::NotOfAMove)
        );
    }
    let large = Outgoing::answer(&offer, &packed(SEALED_BYTES_MAX), [0; 32], &mut TestRng::new(2));
    assert_eq!(large.err(), Some(TransferError::TooLarge));
}
