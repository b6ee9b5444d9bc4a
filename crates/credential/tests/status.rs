//! Status lists at any size: encodings, pieces, changes between epochs, bundles, tokens for others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::wildcard_imports
)]

mod common;
#[path = "../../../tests/soak.rs"]
mod soak;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use credential::*;
use proptest::prelude::*;

/// Four shards of 256 bits.
fn small() -> Shape {
    Shape::new(4, 256).unwrap()
}

fn indices(length: u32) -> impl Strategy<Value = BTreeSet<u32>> {
    // Empty, sparse, half and full.
    prop_oneof![
        Just(BTreeSet::new()),
        proptest::collection::btree_set(0..length, 0..8),
        proptest::collection::btree_set(0..length, 0..length as usize / 2),
        Just((0..length).collect()),
    ]
}

#[test]
fn a_shape_is_within_limits() {
    for (shards, bits) in [(1, 8), (39, 1 << 20), (42, 1 << 20), (8, 1 << 24), (1 << 16, 8)] {
        assert!(Shape::new(shards, bits).is_ok(), "{shards} {bits}");
    }
    for (shards, bits) in [(0, 8), (1, 0), (1, 4), (1, 12), (1, 1000)] {
        assert_eq!(Shape::new(shards, bits), Err(StatusError::Malformed));
    }
    for (shards, bits) in [
        (1, 1 << 25),
        ((1 << 16) + 1, 8),
        (129, 1 << 20),
        (u32::MAX, 1 << 31),
    ] {
        assert_eq!(Shape::new(shards, bits), Err(StatusError::TooLarge));
    }
    let shape = Shape::new(3, 8).unwrap();
    assert_eq!(shape.split(17), (2, 1));
    assert_eq!(
        (shape.join(2, 1), shape.join(3, 0), shape.join(0, 8)),
        (Some(17), None, None)
    );
}

#[test]
fn encoding_and_decoding_are_the_identity() {
    soak::soak(|| {
        proptest!(|(set in indices(1024))| {
            let bitmap = Bitmap::with(small(), set.iter().copied()).unwrap();
            prop_assert_eq!(bitmap.indices().collect::<BTreeSet<_>>(), set.clone());
            prop_assert_eq!(bitmap.count(), set.len() as u64);
            let shards: Vec<Vec<u8>> = (0..4).map(|n| bitmap.encoded(n).unwrap()).collect();
            let slices: Vec<&[u8]> = shards.iter().map(Vec::as_slice).collect();
            let read = Bitmap::decode(small(), &slices).unwrap();
            prop_assert_eq!(&read, &bitmap);
            for index in 0..1024 {
                prop_assert_eq!(read.get(index), Some(set.contains(&index)));
            }
            prop_assert_eq!(read.get(1024), None);
        });
    });
}

#[test]
fn a_set_has_one_encoding_and_no_other_is_read() {
    soak::soak(|| {
        proptest!(|(set in indices(256), place: proptest::sample::Index, bit in 0..8_u8, more in any::<u8>())| {
            let shape = Shape::new(1, 256).unwrap();
            let bitmap = Bitmap::with(shape, set).unwrap();
            let good = bitmap.encoded(0).unwrap();
            let mut bad = good.clone();
            let at = place.index(bad.len());
            bad[at] ^= 1 << bit;
            // Either it is no encoding, or it is the one encoding of another set.
            if let Ok(read) = Bitmap::decode(shape, &[&bad]) {
                prop_assert_ne!(&read, &bitmap);
                prop_assert_eq!(read.encoded(0).unwrap(), bad);
            }
            let mut long = good.clone();
            long.push(more);
            prop_assert!(Bitmap::decode(shape, &[&long]).is_err());
            prop_assert!(Bitmap::decode(shape, &[&good[..good.len() - 1]]).is_err());
        });
    });
}

#[test]
fn a_shard_of_another_size_or_with_a_bit_outside_is_refused() {
    let full = Bitmap::with(Shape::new(1, 16).unwrap(), 0..16)
        .unwrap()
        .encoded(0)
        .unwrap();
    let eight = Shape::new(1, 8).unwrap();
    assert_eq!(Bitmap::decode(eight, &[&full]), Err(StatusError::ListDiffers));
    assert_eq!(
        Bitmap::decode(eight, &[&full, &full]),
        Err(StatusError::ListDiffers)
    );
    assert_eq!(
        Bitmap::decode(eight, &[&vec![0; 1000]]),
        Err(StatusError::TooLarge)
    );
    assert_eq!(Bitmap::with(eight, [8]), Err(StatusError::ListDiffers));
    // Length 8, one index (k = 2): a unary part of one and the lower bits 11 are index 7, of two are index 8 and more.
    let shard = |bits: u8| [&[0x83, 0x08, 0x01, 0x41][..], &[bits]].concat();
    let seven = Bitmap::decode(eight, &[&shard(0b1011_0000)]).unwrap();
    assert_eq!(seven.indices().collect::<Vec<_>>(), [7]);
    assert_eq!(
        Bitmap::decode(eight, &[&shard(0b1100_0000)]),
        Err(StatusError::Malformed)
    );
    assert_eq!(
        Bitmap::decode(eight, &[&shard(0b1011_0001)]),
        Err(StatusError::Malformed)
    );
    // A count that the bits cannot hold is refused before memory is taken for it.
    let huge = [0x83, 0x1a, 0x08, 0, 0, 0, 0x1a, 0x08, 0, 0, 0, 0x41, 0xff];
    let delta = [&[0x83, 1, 2, 0xa1, 0x62, b's', b'1', 0xa1, 1][..], &huge].concat();
    assert_eq!(StatusDelta::decode(&delta), Err(StatusError::Malformed));
}

/// A set bit in twenty, in a hundred, in a thousand: within 2 % of what information needs, shards and heads included.
#[test]
fn shards_are_within_two_percent_of_the_entropy() {
    let shape = Shape::new(4, 1 << 20).unwrap();
    let length = 1_u64 << 22;
    for share in [0.001, 0.01, 0.05] {
        let bitmap = Bitmap::with(shape, random(length, share)).unwrap();
        let bytes: usize = (0..4).map(|n| bitmap.encoded(n).unwrap().len()).sum();
        let p = bitmap.count() as f64 / length as f64;
        let bound = -(p * p.log2() + (1.0 - p) * (1.0 - p).log2()) * length as f64 / 8.0;
        assert!((bytes as f64) < bound * 1.02, "{share}: {bytes} for {bound}");
    }
}

/// The same numbers every time.
fn random(length: u64, share: f64) -> impl Iterator<Item = u32> {
    let mut state = 7_u64;
    let threshold = (share * 4_294_967_296.0) as u64;
    (0..length as u32).filter(move |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 32 < threshold
    })
}

#[test]
fn a_days_changes_in_the_whole_province_are_three_kilobytes_at_most() {
    let shape = Shape::new(39, 1 << 20).unwrap();
    let changes: Vec<u32> = random(shape.length(), 1.0 / 29_800.0).take(1360).collect();
    assert_eq!(changes.len(), 1360);
    let of = |split: usize| {
        let (revoked, suspended): (Vec<_>, Vec<_>) =
            changes.iter().enumerate().partition(|(n, _)| n % 10 >= split);
        let mut delta = StatusDelta::new(100_000, 101_360);
        let mut turn = |purpose, of: Vec<(usize, &u32)>| {
            delta
                .turn("id", purpose, shape.length(), of.into_iter().map(|(_, i)| *i))
                .unwrap();
        };
        turn(StatusPurpose::Revoked, revoked);
        turn(StatusPurpose::Suspended, suspended);
        delta.encode().len()
    };
    assert!(of(0) <= 3000, "{}", of(0));
    assert!(of(3) <= 3072, "{}", of(3));
}

type Two = [BTreeSet<u32>; 2];

fn content(epoch: u64, sets: &Two) -> (StatusContent, [Bitmap; 2]) {
    let bitmaps = sets.clone().map(|set| Bitmap::with(small(), set).unwrap());
    let both = [
        (StatusPurpose::Revoked, &bitmaps[0]),
        (StatusPurpose::Suspended, &bitmaps[1]),
    ];
    let content = StatusContent {
        epoch,
        ..content_of(&both)
    };
    (content, bitmaps)
}

fn set(epoch: u64, sets: &Two) -> StatusSet {
    let (content, bitmaps) = content(epoch, sets);
    set_of(
        &content,
        &[
            (StatusPurpose::Revoked, &bitmaps[0]),
            (StatusPurpose::Suspended, &bitmaps[1]),
        ],
    )
}

fn delta(from: u64, before: &Two, to: u64, after: &Two) -> StatusDelta {
    let mut delta = StatusDelta::new(from, to);
    for (purpose, before, after) in [
        (StatusPurpose::Revoked, &before[0], &after[0]),
        (StatusPurpose::Suspended, &before[1], &after[1]),
    ] {
        let turned = before.symmetric_difference(after).copied();
        delta.turn(LIST, purpose, small().length(), turned).unwrap();
    }
    delta
}

fn same(a: &StatusSet, b: &StatusSet) -> bool {
    a.manifest().bytes() == b.manifest().bytes()
        && [StatusPurpose::Revoked, StatusPurpose::Suspended]
            .iter()
            .all(|p| a.bitmap(LIST, *p) == b.bitmap(LIST, *p))
}

#[test]
fn deltas_compose_and_lead_to_what_the_manifest_says() {
    let two = || [indices(1024), indices(1024)];
    soak::soak(|| {
        proptest!(ProptestConfig::with_cases(64), |(a in two(), b in two(), c in two())| {
            let (first, second) = (delta(1, &a, 2, &b), delta(2, &b, 7, &c));
            prop_assert_eq!(&StatusDelta::decode(&first.encode()).unwrap(), &first);
            let both = first.clone().then(&second).unwrap();
            prop_assert_eq!(&both, &delta(1, &a, 7, &c));
            let (one, last) = (set(1, &a), set(7, &c));
            let step = one.advance(set(2, &b).manifest(), &first).unwrap();
            let there = step.advance(last.manifest(), &second).unwrap();
            prop_assert!(same(&there, &last));
            prop_assert!(same(&one.advance(last.manifest(), &both).unwrap(), &last));
            // Changes of other epochs, or other changes, bring nothing.
            prop_assert_eq!(one.advance(last.manifest(), &second).err(), Some(StatusError::OtherStart));
            prop_assert_eq!(first.clone().then(&first).err(), Some(StatusError::OtherStart));
            if b != c {
                let wrong = delta(1, &a, 7, &b);
                prop_assert_eq!(one.advance(last.manifest(), &wrong).err(), Some(StatusError::ListDiffers));
            }
        });
    });
}

#[test]
fn lists_may_grow_and_new_ones_begin_empty() {
    let list =
        |shards, set: &[u32]| Bitmap::with(Shape::new(shards, 256).unwrap(), set.iter().copied()).unwrap();
    let (before, after, stamps) = (list(2, &[5]), list(3, &[5, 700]), list(1, &[9]));
    let one = set_of(
        &content_of(&[(StatusPurpose::Revoked, &before)]),
        &[(StatusPurpose::Revoked, &before)],
    );
    let mut next = content_of(&[(StatusPurpose::Revoked, &after)]);
    let entry = ListEntry {
        shape: stamps.shape(),
        bitmaps: BTreeMap::from([(StatusPurpose::Consumed, stamps.root())]),
    };
    next.lists.insert("es".to_owned(), entry);
    next.epoch = 4;
    let mut delta = StatusDelta::new(3, 4);
    delta.turn(LIST, StatusPurpose::Revoked, 768, [700]).unwrap();
    delta.turn("es", StatusPurpose::Consumed, 256, [9]).unwrap();
    let grown = one.advance(&manifest_of(&next), &delta).unwrap();
    assert_eq!(grown.bitmap(LIST, StatusPurpose::Revoked), Some(after));
    assert_eq!(grown.bitmap("es", StatusPurpose::Consumed), Some(stamps));
    // A list that the manifest does not have.
    delta.turn("no", StatusPurpose::Revoked, 256, [1]).unwrap();
    assert_eq!(
        one.advance(&manifest_of(&next), &delta).err(),
        Some(StatusError::UnknownList)
    );
    assert_eq!(
        delta.turn("es", StatusPurpose::Consumed, 128, [1]),
        Err(StatusError::ListDiffers)
    );
}

/// Serves pieces as the province does, and counts them.
fn fetch(from: &StatusSet, to: &mut StatusSet, next: impl Fn(&StatusSet) -> Vec<Piece>) -> usize {
    let mut count = 0;
    while let Some(piece) = next(to).first() {
        let bytes = from.encoded(piece).unwrap();
        assert!(bytes.len() <= piece.bytes_max);
        to.add(piece, &bytes).unwrap();
        count += 1;
    }
    count
}

#[test]
fn pieces_come_one_by_one_and_a_phone_needs_only_its_own() {
    let sets = [BTreeSet::from([3, 300, 301]), BTreeSet::from([999])];
    let whole = set(1, &sets);
    let mut desk = StatusSet::new(whole.manifest().clone());
    // Two tables, and the three shards that have a bit set.
    assert_eq!(fetch(&whole, &mut desk, StatusSet::missing), 5);
    assert!(same(&desk, &whole));
    assert_eq!(desk.held().count(), 5);
    let at = |index| StatusRef {
        index,
        uri: LIST.to_owned(),
    };
    let mut phone = StatusSet::new(whole.manifest().clone());
    assert_eq!(phone.standing(&at(300)), None);
    assert_eq!(fetch(&whole, &mut phone, |set| set.missing_for(&at(300))), 3);
    assert_eq!(phone.standing(&at(300)), Some(Standing::Revoked));
    assert_eq!(phone.standing(&at(302)), Some(Standing::Valid));
    assert_eq!((phone.standing(&at(3)), phone.standing(&at(1024))), (None, None));
    assert!(phone.missing_for(&at(1024)).is_empty());
    let elsewhere = StatusRef {
        index: 3,
        uri: "other".to_owned(),
    };
    assert_eq!(phone.standing(&elsewhere), None);
    assert!(phone.missing_for(&elsewhere).is_empty());
    assert_eq!(desk.standing(&at(999)), Some(Standing::Suspended));
}

#[test]
fn a_piece_that_is_not_the_manifests_is_refused_and_changes_nothing() {
    let whole = set(1, &[BTreeSet::from([3, 300]), BTreeSet::new()]);
    let other = set(1, &[BTreeSet::from([4, 300]), BTreeSet::new()]);
    let mut desk = StatusSet::new(whole.manifest().clone());
    let table = desk.missing().remove(0);
    assert_eq!(table.shard, None);
    for bad in [Vec::new(), vec![0; 128], other.encoded(&table).unwrap()] {
        assert_eq!(desk.add(&table, &bad), Err(StatusError::ListDiffers));
    }
    let shard = Piece {
        shard: Some(0),
        ..table.clone()
    };
    assert_eq!(
        desk.add(&shard, &whole.encoded(&shard).unwrap()),
        Err(StatusError::UnknownList)
    );
    desk.add(&table, &whole.encoded(&table).unwrap()).unwrap();
    let shard = desk
        .missing()
        .into_iter()
        .find(|piece| piece.shard == Some(0))
        .unwrap();
    assert_eq!(
        desk.add(&shard, &other.encoded(&shard).unwrap()),
        Err(StatusError::ListDiffers)
    );
    assert_eq!(desk.add(&shard, &[0x80]), Err(StatusError::Malformed));
    assert!(desk.missing().contains(&shard));
    desk.add(&shard, &whole.encoded(&shard).unwrap()).unwrap();
    assert!(!desk.missing().contains(&shard));
}

#[test]
fn a_bundle_brings_changes_from_any_of_its_days_or_whole_lists() {
    let days: Vec<Two> = (0..4_u32)
        .map(|n| [(0..n * 9).collect(), BTreeSet::from([n])])
        .collect();
    let sets: Vec<StatusSet> = (1..).zip(&days).map(|(epoch, day)| set(epoch, day)).collect();
    let changes = StatusBundle {
        manifest: sets[3].manifest().bytes().to_vec(),
        deltas: vec![delta(3, &days[2], 4, &days[3]), delta(2, &days[1], 3, &days[2])],
        ..StatusBundle::default()
    };
    let changes = StatusBundle::decode(&changes.encode()).unwrap();
    for held in [&sets[1], &sets[2], &sets[3]] {
        assert!(same(&changes.open(&trust(), Some(held)).unwrap(), &sets[3]));
    }
    let other_start = Some(StatusError::OtherStart);
    assert_eq!(changes.open(&trust(), Some(&sets[0])).err(), other_start);
    assert_eq!(changes.open(&trust(), None).err(), other_start);
    let whole = StatusBundle::decode(&StatusBundle::whole(&sets[2]).unwrap().encode()).unwrap();
    assert!(same(&whole.open(&trust(), None).unwrap(), &sets[2]));
    assert!(same(&whole.open(&trust(), Some(&sets[0])).unwrap(), &sets[2]));
    assert_eq!(
        whole.open(&trust(), Some(&sets[3])).err(),
        Some(StatusError::Older)
    );
}

/// A pass that is refused by what a desk holds is never accepted by the same desk later on, whatever moment it is.
#[test]
fn a_refusal_never_becomes_an_acceptance_as_data_get_older() {
    let (trust, request) = (trust(), request(Vct::IDENTITY));
    let text = identity_answer();
    let this = Bitmap::with(shape(), [INDEX]).unwrap();
    let none = Bitmap::new(shape());
    proptest!(ProptestConfig::with_cases(64), |(which in 0..8_u8, mut ages in proptest::collection::vec(0..days(40), 2..6))| {
        let bit = |n: u8| if which >> n & 1 == 1 { &this } else { &none };
        let bitmaps = [(StatusPurpose::Revoked, bit(0)), (StatusPurpose::Suspended, bit(1)), (StatusPurpose::Consumed, bit(2))];
        let status = set_of(&content_of(&bitmaps), &bitmaps);
        ages.sort_unstable();
        let mut refused = false;
        for age in ages {
            // The answer is as fresh as can be; only what the desk holds gets older.
            let request = IssuedRequest { expires: NOW.plus(age), ..request.clone() };
            let mut ctx = request_context(&trust, &status, &request);
            ctx.now = NOW.plus(age);
            let outcome = verify(&text, &ctx);
            refused |= outcome.verdict() == Verdict::Refused;
            prop_assert!(!(refused && outcome.verified.is_some()), "{} after a refusal", outcome.code);
        }
    });
}

#[test]
fn damaged_and_random_bytes_are_never_taken_for_status_data() {
    let good = [BTreeSet::from([3, 300, 1000]), BTreeSet::from([5])];
    let (before, after) = (set(1, &[BTreeSet::new(), BTreeSet::new()]), set(2, &good));
    let delta_bytes = delta(1, &[BTreeSet::new(), BTreeSet::new()], 2, &good).encode();
    let bundle_bytes = StatusBundle::whole(&after).unwrap().encode();
    soak::soak(|| {
        proptest!(ProptestConfig::with_cases(256), |(noise in proptest::collection::vec(any::<u8>(), 0..300), place: proptest::sample::Index, bit in 0..8_u8)| {
            let damaged = |bytes: &[u8]| {
                let mut bytes = bytes.to_vec();
                let at = place.index(bytes.len());
                bytes[at] ^= 1 << bit;
                bytes
            };
            prop_assert!(StatusBundle::decode(&noise).is_err());
            prop_assert!(StatusToken::read(&noise).is_err());
            let _ = read_token_list(2, &noise);
            if let Ok(read) = StatusDelta::decode(&noise) {
                prop_assert_eq!(read.encode(), noise);
            }
            if let Ok(read) = StatusDelta::decode(&damaged(&delta_bytes)) {
                prop_assert_eq!(read.encode(), damaged(&delta_bytes));
                // Only the changes that lead to the manifest are taken.
                prop_assert!(before.advance(after.manifest(), &read).is_err());
            }
            if let Ok(read) = StatusBundle::decode(&damaged(&bundle_bytes)) {
                prop_assert!(read.open(&trust(), None).is_err());
            }
        });
    });
}

#[test]
fn a_bundle_travels_as_codes_packed_and_no_larger_than_any_real_one() {
    let joined = |codes: &[String]| {
        let mut assembly = frames::Assembly::any(UPDATE_PREFIX);
        for code in codes {
            assembly.add(code);
        }
        assembly.finished().unwrap().to_vec()
    };
    // As long as a register in three languages, and as repetitive.
    let words = (0..1_200)
        .map(|n| format!("name {n} نام "))
        .collect::<Vec<_>>()
        .concat();
    let bundle = StatusBundle {
        manifest: b"manifest".to_vec(),
        types: Some(words.into_bytes()),
        rules: Some(b"rules".to_vec()),
        ..StatusBundle::default()
    };
    assert!(bundle.encode().len() > frames::PAYLOAD_BYTES_MAX);
    let codes = bundle.to_codes(0).unwrap();
    assert!(codes.len() < 20, "{}", codes.len());
    let carried = joined(&codes);
    assert_eq!(StatusBundle::from_codes(&carried).unwrap(), bundle);
    // Not packed, cut, and with a byte behind it.
    assert!(StatusBundle::from_codes(&bundle.encode()).is_err());
    assert!(StatusBundle::from_codes(&carried[..carried.len() - 1]).is_err());
    assert!(StatusBundle::from_codes(&[&carried[..], &[0]].concat()).is_err());
    // A few codes that would take a desk's memory, and what no number of codes carries.
    let bomb = StatusBundle {
        types: Some(vec![0; 8 * 1024 * 1024]),
        ..bundle.clone()
    };
    assert!(bomb.to_codes(0).is_none());
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(&bomb.encode(), 9);
    assert!(packed.len() < frames::PAYLOAD_BYTES_MAX);
    assert_eq!(StatusBundle::from_codes(&packed), Err(StatusError::TooLarge));
    let noise: Vec<u8> = (0..20_000_u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).rotate_left(n % 31).to_le_bytes())
        .collect();
    let large = StatusBundle {
        rules: Some(noise),
        ..bundle
    };
    assert!(large.to_codes(0).is_none());
}
