//! Payloads in frames: any order, any loss that is allowed, strangers, lies; and the code against other computations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports, dead_code)]

mod common;
use common::*;
use credential::base45;
use credential::frames::*;
use proptest::prelude::*;

const PREFIX: &str = "KPU:";

fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 37 + i / 256 * 5 + 11) as u8).collect()
}

/// Index, number needed, length and chunk of a frame.
fn opened(text: &str) -> (u8, usize, usize, Vec<u8>) {
    let bytes = base45::decode(&text[4..]).unwrap();
    let mut d = minicbor::Decoder::new(&bytes);
    assert_eq!(d.array().unwrap(), Some(5));
    d.bytes().unwrap();
    let mut number = || usize::try_from(d.u64().unwrap()).unwrap();
    let (index, needed, length) = (number(), number(), number());
    (
        u8::try_from(index).unwrap(),
        needed,
        length,
        d.bytes().unwrap().to_vec(),
    )
}

/// A frame that anyone can write: the first 8 bytes of the hash are public.
fn lie(hash: &[u8], index: usize, needed: usize, length: usize, chunk: &[u8]) -> String {
    let bytes = forge::array(&[
        forge::bytes(&hash[..8]),
        forge::uint(index),
        forge::uint(needed),
        forge::uint(length),
        forge::bytes(chunk),
    ]);
    format!("{PREFIX}{}", base45::encode(&bytes))
}

fn after<'t>(mut assembly: Assembly, texts: impl IntoIterator<Item = &'t String>) -> Option<Vec<u8>> {
    for text in texts {
        assembly.add(text);
    }
    assembly.finished().map(<[u8]>::to_vec)
}

#[test]
fn payloads_of_every_length_come_back_from_parity_alone() {
    for length in [
        1,
        2,
        3,
        333,
        334,
        335,
        667,
        668,
        669,
        1003,
        4_000,
        PAYLOAD_BYTES_MAX,
    ] {
        let payload = payload(length);
        let needed = length.div_ceil(CHUNK_BYTES_MAX);
        let texts = split(PREFIX, &payload, needed).unwrap();
        assert_eq!(texts.len(), 2 * needed);
        assert!(
            texts.iter().all(|text| text.len() <= 535),
            "version 12 at level L"
        );
        for part in [&texts[..needed], &texts[needed..]] {
            let expecting = Assembly::expecting(PREFIX, sha256(&payload));
            assert_eq!(after(expecting, part).as_ref(), Some(&payload), "{length}");
        }
        // The hash that travels along may take one frame more.
        if length + 32 <= PAYLOAD_BYTES_MAX {
            let texts = split_with_hash(PREFIX, &payload, 60).unwrap();
            let needed = (length + 32).div_ceil(CHUNK_BYTES_MAX);
            assert_eq!(
                after(Assembly::any(PREFIX), &texts[texts.len() - needed..]),
                Some(payload)
            );
        }
    }
    assert!(split(PREFIX, &[], 3).is_none() && split_with_hash(PREFIX, &[], 3).is_none());
    let largest = payload(PAYLOAD_BYTES_MAX + 1);
    assert!(split(PREFIX, &largest, 3).is_none());
    assert!(split_with_hash(PREFIX, &largest[33..], 3).is_some());
    assert!(split_with_hash(PREFIX, &largest[32..], 3).is_none());
    assert_eq!(split(PREFIX, &largest[1..], 999).unwrap().len(), FRAMES_MAX);
}

#[test]
fn every_loss_of_three_of_six_recovers() {
    let payload = payload(1000);
    let texts = split(PREFIX, &payload, 3).unwrap();
    let mut patterns = 0;
    for kept in 0_u8..64 {
        let kept: Vec<&String> = (0..6)
            .filter(|at| kept >> at & 1 == 1)
            .map(|at| &texts[at])
            .collect();
        let whole = after(
            Assembly::expecting(PREFIX, sha256(&payload)),
            kept.iter().copied(),
        );
        assert_eq!(whole.is_some(), kept.len() >= 3);
        assert!(whole.is_none_or(|whole| whole == payload));
        patterns += 1;
    }
    assert_eq!(patterns, 64);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any `needed` of the frames, in any order, each as often as it comes, give the payload back and nothing sooner.
    #[test]
    fn any_allowed_loss_recovers(
        payload in prop::collection::vec(any::<u8>(), 1..6_000), parity in 0_usize..60, seed in any::<u64>(),
        with_hash: bool,
    ) {
        let texts = if with_hash {
            split_with_hash(PREFIX, &payload, parity).unwrap()
        } else {
            split(PREFIX, &payload, parity).unwrap()
        };
        let needed = texts.len() - parity;
        let mut order: Vec<usize> = (0..texts.len()).collect();
        let mut state = seed | 1;
        for at in (1..order.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, (state >> 33) as usize % (at + 1));
        }
        let mut assembly = if with_hash {
            Assembly::any(PREFIX)
        } else {
            Assembly::expecting(PREFIX, sha256(&payload))
        };
        for (place, at) in order[..needed].iter().enumerate() {
            prop_assert!(assembly.finished().is_none());
            for _ in 0..2 {
                prop_assert_eq!(assembly.add(&texts[*at]), Progress { have: place + 1, needed });
                if place + 1 < needed {
                    prop_assert!(assembly.finished().is_none());
                }
            }
        }
        prop_assert_eq!(assembly.finished(), Some(&payload[..]));
    }

    /// Whatever is shown in between, only the true payload comes out, and it does after enough true frames in a row.
    #[test]
    fn lies_delay_and_never_replace(
        payload in prop::collection::vec(any::<u8>(), 335..1_500),
        lies in prop::collection::vec((0_usize..256, 1_usize..6, 1_usize..1_500, any::<u8>()), 1..40),
    ) {
        let hash = sha256(&payload);
        let texts = split(PREFIX, &payload, 6).unwrap();
        let mut assembly = Assembly::expecting(PREFIX, hash);
        for (place, (index, needed, length, byte)) in lies.into_iter().enumerate() {
            // Under the true head as well as under others.
            let (_, true_needed, true_length, _) = opened(&texts[0]);
            let (needed, length) = if byte % 2 == 0 { (true_needed, true_length) } else { (needed, length) };
            assembly.add(&lie(&hash, index, needed, length, &vec![byte; length.div_ceil(needed)]));
            assembly.add(&texts[place % texts.len()]);
            prop_assert!(assembly.finished().is_none_or(|whole| whole == payload));
        }
        for text in &texts {
            assembly.add(text);
        }
        prop_assert_eq!(assembly.finished(), Some(&payload[..]));
    }
}

#[test]
fn one_lie_in_each_round_does_not_stop_the_payload() {
    let payload = payload(1000);
    let (hash, texts) = (sha256(&payload), split(PREFIX, &payload, 3).unwrap());
    // Under the true head, and under three other heads in turn.
    for needed in [3, 1] {
        let mut assembly = Assembly::expecting(PREFIX, hash);
        let mut rounds = 0;
        while assembly.finished().is_none() {
            rounds += 1;
            assert!(rounds < 3);
            let length = if needed == 3 { 1000 } else { 100 + rounds };
            let forged = lie(
                &hash,
                rounds % 6,
                needed,
                length,
                &vec![9; length.div_ceil(needed)],
            );
            assembly.add(&forged);
            for text in &texts {
                assembly.add(text);
            }
        }
        assert_eq!(assembly.finished(), Some(&payload[..]));
    }
}

#[test]
fn impossible_heads_are_not_counted() {
    let payload = payload(700);
    let hash = sha256(&payload);
    let mut assembly = Assembly::expecting(PREFIX, hash);
    for text in [
        lie(&hash, 0, 0, 0, &[]),
        lie(&hash, 256, 3, 700, &[0; 234]),
        lie(&hash, 0, DATA_FRAMES_MAX + 1, 700, &[0; 14]),
        lie(&hash, 0, 1, PAYLOAD_BYTES_MAX + 1, &[0; 300]),
        lie(&hash, 0, 2, 700, &[0; 350]),
        lie(&hash, 0, 3, 700, &[0; 10]),
        lie(&hash, 4, 4, 3, &[0; 1]),
        lie(&sha256(b"another"), 0, 3, 700, &[0; 234]),
        format!("KPF:{}", &lie(&hash, 0, 3, 700, &[0; 234])[4..]),
    ] {
        assert!(!assembly.takes(&text));
        assert_eq!(assembly.add(&text), Progress { have: 0, needed: 0 }, "{text}");
    }
}

#[test]
fn a_payload_that_brings_its_hash_must_have_it() {
    let payload = payload(900);
    let texts = split_with_hash(PREFIX, &payload, 3).unwrap();
    let (_, needed, length, _) = opened(&texts[0]);
    let mut body = [&sha256(&payload)[..], &payload[..]].concat();
    body[500] ^= 1;
    body.resize(needed * length.div_ceil(needed), 0);
    let mut assembly = Assembly::any(PREFIX);
    for (index, chunk) in body.chunks(length.div_ceil(needed)).enumerate() {
        let progress = assembly.add(&lie(&sha256(&payload), index, needed, length, chunk));
        assert!(progress.have < needed, "it looks whole and is not");
    }
    assert_eq!(assembly.finished(), None);
    // Too short to have a hash, and nothing behind the hash.
    for body in [&b"short"[..], &sha256(b"")] {
        let mut assembly = Assembly::any(PREFIX);
        assembly.add(&lie(&sha256(b""), 0, 1, body.len(), body));
        assert_eq!(assembly.finished(), None);
    }
}

/// Computed by the crate reed-solomon-erasure 6.0.0 (`galois_8`) for the data bytes `37 i + 11`: needed, parity, bytes of
/// a chunk, parity chunks.
const PEER: [(usize, usize, &[&str]); 3] = [
    (2, 5, &["889fe3e80c", "4746b8a1cb", "10732443a4", "dfaa7f0a63"]),
    (3, 7, &["1435568798c9ea", "7f3c1964f6f8d5", "7a3f1463cbfbd0"]),
    (
        5,
        4,
        &[
            "92e9c3c4", "44d24341", "edfbf5af", "11bbcf3a", "711c5b1c", "fb4f7915",
        ],
    ),
];

/// The frames of a payload are at least one chunk of 334 bytes, so the peer's small chunks are read through `Assembly`:
/// parity frames that it computed must give back the data.
#[test]
fn another_libraries_parity_is_read() {
    for (needed, each, parity) in PEER {
        let payload: Vec<u8> = (0..needed * each).map(|i| (i * 37 + 11) as u8).collect();
        let hash = sha256(&payload);
        let mut frames: Vec<String> = (payload.chunks(each).map(<[u8]>::to_vec))
            .chain(parity.iter().map(|text| hex(text)))
            .enumerate()
            .map(|(index, chunk)| lie(&hash, index, needed, payload.len(), &chunk))
            .collect();
        for _ in 0..frames.len() {
            frames.rotate_left(1);
            let kept = &frames[..needed];
            assert_eq!(
                after(Assembly::expecting(PREFIX, hash), kept).as_ref(),
                Some(&payload)
            );
        }
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap())
        .collect()
}

/// Parity by matrices, as format.md has it in its second form: the Vandermonde matrix times the inverse of its top.
#[test]
fn parity_is_that_of_the_systematic_vandermonde_matrix() {
    for (length, parity) in [(1000, 3), (600, 6), (5_000, 20), (PAYLOAD_BYTES_MAX, 50)] {
        let payload = payload(length);
        let texts = split(PREFIX, &payload, parity).unwrap();
        let (_, needed, _, _) = opened(&texts[0]);
        let chunks: Vec<Vec<u8>> = texts.iter().map(|text| opened(text).3).collect();
        let matrix = systematic(needed, needed + parity);
        for (row, chunk) in matrix.iter().zip(&chunks) {
            for place in [0, 1, chunk.len() / 2, chunk.len() - 1] {
                let sum = (0..needed).fold(0, |sum, at| sum ^ times(row[at], chunks[at][place]));
                assert_eq!(sum, chunk[place]);
            }
        }
    }
}

fn times(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b > 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = (a << 1) ^ if a & 0x80 == 0 { 0 } else { 0x1d };
        b >>= 1;
    }
    product
}

fn systematic(needed: usize, count: usize) -> Vec<Vec<u8>> {
    let row = |point: usize| {
        (0..needed).scan(1_u8, move |power, _| {
            let now = *power;
            *power = times(now, point as u8);
            Some(now)
        })
    };
    // Gauss-Jordan on the columns makes the top a unit matrix, which is the product with its inverse.
    let mut matrix: Vec<Vec<u8>> = (0..count).map(|point| row(point).collect()).collect();
    for pivot in 0..needed {
        let column = (pivot..needed)
            .find(|&column| matrix[pivot][column] != 0)
            .unwrap();
        let inverse = (1..=255).find(|&b| times(matrix[pivot][column], b) == 1).unwrap();
        for row in &mut matrix {
            row.swap(pivot, column);
            row[pivot] = times(row[pivot], inverse);
        }
        for other in (0..needed).filter(|&other| other != pivot) {
            let factor = matrix[pivot][other];
            for row in &mut matrix {
                row[other] ^= times(factor, row[pivot]);
            }
        }
    }
    matrix
}
