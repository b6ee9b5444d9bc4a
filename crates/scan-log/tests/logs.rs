//! Whole logs, and every way of spoiling one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod common;

use common::*;
use credential::{DAY, SealReason, SecretKey, Verdict};
use proptest::prelude::*;
use scan_log::{Code, Entry, Event, Expected, Line, Report, SealLine, verify, verify_since};

fn look(file: &[u8]) -> Report {
    verify(
        file,
        &Expected {
            keys: &keys(),
            seal: None,
        },
    )
    .unwrap()
}

fn lines(file: &[u8]) -> Vec<Vec<u8>> {
    file.split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

/// The lines of a log that are entries, by their place.
fn entries(lines: &[Vec<u8>]) -> Vec<usize> {
    let is_entry = |at: &usize| !lines[*at].starts_with(b"{\"seal\"");
    (0..lines.len()).filter(is_entry).collect()
}

#[test]
fn a_whole_log_is_whole_and_counted_by_day_and_code() {
    let report = look(&three_days());
    assert_eq!((report.code(), report.findings.len()), (Code::Whole, 0));
    assert_eq!((report.entries, report.seals), (22, 6));
    assert_eq!(report.days.len(), 3);
    let first = &report.days[&20_779];
    assert_eq!((first.entries, first.closed), (7, true));
    assert_eq!((first.visits["accepted"], first.visits["stale"]), (2, 1));
    assert_eq!((first.events["start"], first.events["stop"]), (1, 1));
    assert!(!report.days[&20_781].closed);
    let seal = report.last_seal.unwrap();
    assert_eq!((seal.content.number, seal.content.count), (6, 22));
}

#[test]
fn what_is_wrong_is_called_by_its_name() {
    let whole = lines(&three_days());
    let places = entries(&whole);
    let join = |lines: &[Vec<u8>]| look(&lines.concat()).code();
    let without = |at: usize| {
        let mut lines = whole.clone();
        lines.remove(at);
        join(&lines)
    };
    assert_eq!(without(places[0]), Code::HeadCut);
    assert_eq!(without(places[5]), Code::Gap);
    let seal = (0..whole.len()).find(|at| !places.contains(at)).unwrap();
    assert_eq!(without(seal), Code::SealMissing);
    assert_eq!(without(whole.len() - 1), Code::TailCut);
    let mut swapped = whole.clone();
    swapped.swap(places[1], places[2]);
    assert_eq!(join(&swapped), Code::Reordered);
    let mut twice = whole.clone();
    twice.insert(places[1], whole[places[1]].clone());
    assert_eq!(join(&twice), Code::Reordered);
    let text = String::from_utf8(three_days()).unwrap();
    assert_eq!(
        look(text.replacen("revoked", "accepted", 1).as_bytes()).code(),
        Code::Changed
    );
    assert_eq!(
        look(
            text.replacen("\"officer\":\"3\"", "\"officer\": \"3\"", 1)
                .as_bytes()
        )
        .code(),
        Code::Unreadable
    );
    assert_eq!(look(b"").code(), Code::TailCut);
}

#[test]
fn a_log_sealed_with_another_key_is_not_the_desks() {
    let other = SecretKey::from_seed([2; 32]).public();
    let file = three_days();
    let report = verify(
        &file[..],
        &Expected {
            keys: &[other],
            seal: None,
        },
    )
    .unwrap();
    assert_eq!(report.code(), Code::WrongKey);
    // A desk that was given a new key has had two.
    let both = [other, desk().public()];
    let report = verify(
        &file[..],
        &Expected {
            keys: &both,
            seal: None,
        },
    )
    .unwrap();
    assert_eq!(report.code(), Code::Whole);
    let report = verify(&file[..], &Expected::default()).unwrap();
    assert_eq!(
        (report.code(), report.code().verdict()),
        (Code::NoKey, Verdict::Undecided)
    );
}

#[test]
fn an_earlier_export_is_known_by_a_later_seal_that_was_noted() {
    let mut desk = Desk::new();
    desk.write(visit("accepted"), NOON);
    let earlier = desk.export(NOON.plus(60));
    desk.write(visit("revoked"), NOON.plus(120));
    let later = desk.export(NOON.plus(180));
    let noted = look(&later).last_seal.unwrap();
    let expect = |file: &[u8], number: u64, digest: &[u8]| {
        verify(
            file,
            &Expected {
                keys: &keys(),
                seal: Some((number, digest)),
            },
        )
        .unwrap()
        .code()
    };
    let digest = &noted.sha256[..4];
    assert_eq!(
        look(&earlier).code(),
        Code::Whole,
        "nothing in the file betrays it"
    );
    assert_eq!(expect(&earlier, noted.content.number, digest), Code::TailCut);
    assert_eq!(expect(&later, noted.content.number, digest), Code::Whole);
    // Whoever has the desk's key writes a log anew, but not one with a seal that was noted.
    let mut anew = Desk::new();
    anew.write(visit("accepted"), NOON);
    anew.export(NOON.plus(60));
    anew.write(visit("accepted"), NOON.plus(120));
    let anew = anew.export(NOON.plus(180));
    assert_eq!(look(&anew).code(), Code::Whole);
    assert_eq!(expect(&anew, noted.content.number, digest), Code::OtherLog);
}

#[test]
fn a_day_without_its_seal_is_found_though_everything_else_fits() {
    let mut desk = Desk::new();
    desk.write(visit("accepted"), NOON);
    desk.seal(SealReason::Head, NOON);
    let first = desk.lines.clone();
    desk.write(visit("accepted"), NOON.plus(DAY));
    let closed = desk.export(NOON.plus(DAY));
    assert_eq!(look(&closed).code(), Code::Whole);
    // The same by a desk whose program skipped the day's end.
    let mut skipping = Desk::new();
    skipping.write(visit("accepted"), NOON);
    skipping.seal(SealReason::Head, NOON);
    assert_eq!(file(&first), file(&skipping.lines));
    skipping.skip_day_end(visit("accepted"), NOON.plus(DAY));
    let report = look(&skipping.export(NOON.plus(DAY)));
    assert_eq!(report.code(), Code::DayUnsealed);
}

#[test]
fn a_clock_that_was_set_back_is_told_and_nothing_else_goes_back() {
    let mut desk = Desk::new();
    desk.write(visit("accepted"), NOON.plus(DAY));
    desk.write(event(Event::ClockSetBack), NOON);
    desk.write(visit("accepted"), NOON);
    assert_eq!(look(&desk.export(NOON)).code(), Code::Whole);
    let mut silent = Desk::new();
    silent.write(visit("accepted"), NOON.plus(60));
    silent.write(visit("accepted"), NOON);
    assert_eq!(look(&silent.export(NOON)).code(), Code::TimeBack);
}

#[test]
fn what_the_desk_itself_found_is_not_passed_over() {
    let mut desk = Desk::new();
    desk.write(event(Event::LogDamaged), NOON);
    assert_eq!(look(&desk.export(NOON)).code(), Code::Damaged);
}

#[test]
fn an_entrys_bytes_fit_the_published_cddl() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format.cddl");
    let document = format!("root = log-entry\n{}", std::fs::read_to_string(path).unwrap());
    let full = Entry {
        about: word("12"),
        ..visit("accepted")
    };
    for entry in [full, visit("accepted"), event(Event::Stop)] {
        let entry = Entry { number: 300, ..entry };
        cddl::validate_cbor_from_slice(&document, &entry.to_cbor(), None).unwrap();
    }
}

proptest! {
    #[test]
    fn any_single_changed_bit_is_found(place in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let mut file = three_days();
        let place = place.index(file.len());
        file[place] ^= 1 << bit;
        prop_assert_eq!(look(&file).code().verdict(), Verdict::Refused);
    }

    #[test]
    fn any_removed_moved_or_repeated_line_is_found(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let whole = lines(&three_days());
        let (from, to) = (from.index(whole.len()), to.index(whole.len()));
        let mut removed = whole.clone();
        let line = removed.remove(from);
        prop_assert_eq!(look(&removed.concat()).code().verdict(), Verdict::Refused);
        let mut moved = removed;
        moved.insert(to, line.clone());
        if to != from {
            prop_assert_eq!(look(&moved.concat()).code().verdict(), Verdict::Refused);
        }
        let mut repeated = whole;
        repeated.insert(to, line);
        prop_assert_eq!(look(&repeated.concat()).code().verdict(), Verdict::Refused);
    }

    #[test]
    fn any_cut_is_found(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let whole = three_days();
        let (a, b) = (from.index(whole.len() + 1), to.index(whole.len() + 1));
        let piece = &whole[a.min(b)..a.max(b)];
        prop_assert!(piece.len() == whole.len() || look(piece).code().verdict() == Verdict::Refused);
        let all = lines(&whole);
        let (a, b) = (from.index(all.len()), to.index(all.len()));
        let (first, last) = (a.min(b), a.max(b));
        let rest = [&all[..first], &all[last + 1..]].concat().concat();
        prop_assert_eq!(look(&rest).code().verdict(), Verdict::Refused);
    }

    #[test]
    fn no_bytes_make_the_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = look(&bytes);
        let lines = [Line::Seal(SealLine { bytes })];
        prop_assert_ne!(look(&file(&lines)).code(), Code::Whole);
    }
}

#[test]
fn a_part_from_a_noted_seal_on_is_looked_at_as_strictly_as_a_whole_log() {
    let (number, sha256, part) = from_first_day_end();
    let keys = keys();
    let expected = Expected {
        keys: &keys,
        seal: None,
    };
    let code = |lines: &[&str], number, digest: &[u8]| {
        let file = lines.iter().fold(String::new(), |file, line| file + line + "\n");
        verify_since(file.as_bytes(), &expected, (number, digest))
            .unwrap()
            .code()
    };
    let lines: Vec<&str> = std::str::from_utf8(&part).unwrap().lines().collect();
    let count = lines.len();
    assert_eq!(code(&lines, number, &sha256), Code::Whole);
    assert_eq!(code(&lines, number, &sha256[..4]), Code::Whole);
    // By nobody's word but its own it is no log.
    assert_eq!(verify(&part[..], &expected).unwrap().code(), Code::HeadCut);
    // Another beginning than the noted one.
    assert_eq!(code(&lines, number + 1, &sha256), Code::HeadCut);
    assert_eq!(code(&lines, number, &[7; 4]), Code::OtherLog);
    assert_eq!(code(&lines[1..], number, &sha256), Code::HeadCut);
    // Each line that is missing behind it is found, and so is every cut tail.
    for gone in 1..count {
        let rest = [&lines[..gone], &lines[gone + 1..]].concat();
        assert_ne!(code(&rest, number, &sha256), Code::Whole, "without line {gone}");
        assert_eq!(
            code(&lines[..gone], number, &sha256),
            Code::TailCut,
            "cut at {gone}"
        );
    }
    // Another desk's seal at its beginning.
    let stranger = Expected {
        keys: &[SecretKey::from_seed([9; 32]).public()],
        seal: None,
    };
    let report = verify_since(&part[..], &stranger, (number, &sha256)).unwrap();
    assert_eq!(report.code(), Code::WrongKey);
    // No key given: what fits, and nothing said of whose it is.
    let nobody = Expected {
        keys: &[],
        seal: None,
    };
    let report = verify_since(&part[..], &nobody, (number, &sha256)).unwrap();
    assert_eq!(report.code(), Code::NoKey);
}

#[test]
fn a_log_that_comes_in_pieces_of_any_size_is_the_same_log() {
    let whole = three_days();
    let mut swapped = lines(&whole);
    swapped.swap(3, 9);
    let mut long = whole.clone();
    long.splice(0..0, vec![b'x'; 5_000]);
    let cut = &whole[..whole.len() - 1];
    for file in [&whole[..], &swapped.concat(), &long, cut, b"\n", b""] {
        let keys = keys();
        let expected = Expected {
            keys: &keys,
            seal: None,
        };
        for size in [1, 1_024, 1_025] {
            let pieces = std::io::BufReader::with_capacity(size, file);
            assert_eq!(verify(pieces, &expected).unwrap(), look(file), "{size}");
        }
    }
    // A line that is too long is one line.
    let found = look(&long).findings;
    assert_eq!((found[0].code, found[0].line), (Code::Unreadable, 1));
    assert_eq!(look(&long).entries, look(&whole).entries - 1);
}
