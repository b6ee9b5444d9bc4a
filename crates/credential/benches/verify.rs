//! Verifying against the bare signature checks that it cannot do without, beside peers, and the sizes of codes.
//!
//! Prints one JSON object. All sides run in turns in one process, so that a busy machine slows all alike; the median of
//! the rounds' own ratios leaves out the rounds in which only one side was disturbed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/documents.rs"]
mod documents;
#[path = "../tests/common/figures.rs"]
mod figures;

use std::hint::black_box;
use std::time::{Duration, Instant};

use common::*;
use credential::*;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Map, Value, json};

const ROUNDS: usize = 600;
const REPEATS: u32 = 6;

/// The highest ratio that verifying a presentation may have to its two bare signature checks.
const PRESENTATION_LIMIT: f64 = 1.10;
/// The highest ratio that verifying a credential may have to its one.
const CREDENTIAL_LIMIT: f64 = 1.05;

fn main() {
    let mut figures = Map::new();
    let (trust, status, request) = (trust(), status(false), request(Vct::IDENTITY));
    let content = documents::register_content();
    let (every_key, types) = (documents::trust_for(&content), documents::register());
    let known = documents::issued_by_type(&types, &documents::whole_age_claims()).unwrap();
    let known = present_timed(&known, &holder(1), DESK, NOW).unwrap();
    let known_ctx = documents::knowing(timed_context(&every_key, NOW), &types);
    let timed_ctx = timed_context(&trust, NOW);
    let request_ctx = request_context(&trust, &status, &request);
    presentation(
        &mut figures,
        "verify-presentation-age",
        &timed(),
        &timed_ctx,
        (&holder(1), &key("issuer")),
    );
    presentation(
        &mut figures,
        "verify-presentation-age-with-register",
        &known,
        &known_ctx,
        (&holder(1), &key("every type")),
    );
    presentation(
        &mut figures,
        "verify-presentation-identity",
        &identity_answer(),
        &request_ctx,
        (&holder(2), &key("issuer")),
    );
    credential(&mut figures, &trust);
    for row in figures::rows() {
        let mut put = |what: &str, value: usize, limit: usize, unit: &str| {
            if limit < 99 || unit == "bytes" {
                let figure = json!({"value": value, "unit": unit, "limit": limit, "better": "lower", "holds": value <= limit});
                figures.insert(format!("{}-{what}", row.name), figure);
            }
        };
        put("bytes", row.bytes, row.bytes_max, "bytes");
        put("version-l", row.version_l, row.l_max, "QR version");
        put("version-m", row.version_m, row.m_max, "QR version");
    }
    println!("{}", Value::Object(figures));
}

/// A key as the library has it, which is what the floor is measured with.
fn bare_key(key: &SecretKey) -> VerifyingKey {
    VerifyingKey::from_bytes(key.public().as_bytes()).unwrap()
}

/// The messages that the two signatures of a presentation are over.
fn signed_parts(text: &str) -> [(Vec<u8>, Signature); 2] {
    let part = |message: &[u8]| {
        let (protected, payload, signature) = forge::open(message);
        let signed = forge::array(&[
            forge::text("Signature1"),
            forge::bytes(&protected),
            forge::bytes(&[]),
            forge::bytes(&payload),
        ]);
        (signed, Signature::from_slice(&signature).unwrap())
    };
    let outer = raw(text);
    let (protected, _, _) = forge::open(&outer);
    let mut d = minicbor::Decoder::new(&protected);
    d.map().unwrap();
    d.i64().unwrap();
    d.i64().unwrap();
    d.i64().unwrap();
    let start = d.position();
    d.skip().unwrap();
    [part(&outer), part(&protected[start..d.position()])]
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn timed_run(run: &dyn Fn()) -> Duration {
    let start = Instant::now();
    for _ in 0..REPEATS {
        run();
    }
    start.elapsed() / REPEATS
}

/// Times the sides in turns and gives, for each but the first, the median of its ratios to the first, with the medians
/// of the times.
fn ratios(sides: &[&dyn Fn()]) -> Vec<(f64, Duration)> {
    let mut times = vec![Vec::with_capacity(ROUNDS); sides.len()];
    for round in 0..ROUNDS {
        // Another side begins each time, so that none always runs after the same.
        for turn in 0..sides.len() {
            let side = (round + turn) % sides.len();
            times[side].push(timed_run(sides[side]));
        }
    }
    let middle = |side: &Vec<Duration>| {
        let mut ratios: Vec<f64> = side
            .iter()
            .zip(&times[0])
            .map(|(ours, floor)| ours.as_secs_f64() / floor.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        let mut sorted = side.clone();
        sorted.sort();
        (ratios[ROUNDS / 2], sorted[ROUNDS / 2])
    };
    times.iter().map(middle).collect()
}

fn figure((value, ours): (f64, Duration), floor: Duration, limit: Option<f64>) -> Value {
    let mut figure = json!({
        "value": (value * 1000.0).round() / 1000.0,
        "unit": "ratio",
        "better": "lower",
        "floor": format!("bare verify_strict: {:.1} us, whole: {:.1} us", floor.as_secs_f64() * 1e6, ours.as_secs_f64() * 1e6),
        "floor_ns": floor.as_nanos() as u64,
        "ours_ns": ours.as_nanos() as u64,
    });
    if let Some(limit) = limit {
        figure["limit"] = json!(limit);
        figure["holds"] = json!(value <= limit);
    }
    figure
}

fn presentation(
    figures: &mut Map<String, Value>,
    name: &str,
    text: &str,
    ctx: &Context<'_>,
    (holder, issuer): (&SecretKey, &SecretKey),
) {
    let [outer, inner] = signed_parts(text);
    let (holder, issuer) = (bare_key(holder), bare_key(issuer));
    let whole = || assert!(black_box(verify(black_box(text), ctx)).verified.is_some());
    let bare = || {
        assert!(holder.verify_strict(black_box(&outer.0), &outer.1).is_ok());
        assert!(issuer.verify_strict(black_box(&inner.0), &inner.1).is_ok());
    };
    let sides = ratios(&[&bare, &whole]);
    figures.insert(
        name.to_owned(),
        figure(sides[1], sides[0].1, Some(PRESENTATION_LIMIT)),
    );
}

/// The claim-169 verifier of another project, given our own Ed25519 so that only the reading differs.
struct Theirs(PublicKey);

impl claim169_core::SignatureVerifier for Theirs {
    fn verify(
        &self,
        _: coset::iana::Algorithm,
        _: Option<&[u8]>,
        data: &[u8],
        signature: &[u8],
    ) -> claim169_core::CryptoResult<()> {
        let good = signature.try_into().is_ok_and(|s| self.0.verifies(data, s));
        good.then_some(())
            .ok_or(claim169_core::CryptoError::VerificationFailed)
    }
}

/// An identity credential from the text of a code to claims whose signature holds, three ways: ours; coset with ciborium
/// on the same text; claim169-core on the printed card of the same person, which is what it reads.
fn credential(figures: &mut Map<String, Value>, trust: &TrustList) {
    let bytes = issued(&identity_claims());
    let text = base45::encode(&bytes);
    let (protected, payload, signature) = forge::open(&bytes);
    let signed = forge::array(&[
        forge::text("Signature1"),
        forge::bytes(&protected),
        forge::bytes(&[]),
        forge::bytes(&payload),
    ]);
    let signature: [u8; 64] = signature.try_into().unwrap();
    let issuer = key("issuer").public();
    let (floor_key, floor_signature) = (bare_key(&key("issuer")), Signature::from_bytes(&signature));
    let bare = || {
        let good = floor_key.verify_strict(black_box(&signed), &floor_signature);
        assert!(good.is_ok());
    };
    let ours = || {
        let bytes = base45::decode(black_box(&text)).unwrap();
        let credential = Credential::parse(&bytes).unwrap();
        credential.verify_issuer(trust).unwrap();
        black_box(credential.unverified_claims().identity.is_some());
    };
    let with_coset = || {
        use coset::TaggedCborSerializable as _;
        let bytes = base45::decode(black_box(&text)).unwrap();
        let message = coset::CoseSign1::from_tagged_slice(&bytes).unwrap();
        let good = |signature: &[u8], data: &[u8]| {
            let signature = signature.try_into().map_err(|_| ())?;
            issuer.verifies(data, signature).then_some(()).ok_or(())
        };
        message.verify_signature(b"", good).unwrap();
        let payload = message.payload.as_deref().unwrap();
        let claims: coset::cbor::value::Value = coset::cbor::from_reader(payload).unwrap();
        black_box(claims.is_map());
    };
    let card = card_text();
    let card_issuer = card_key().public();
    let with_claim169 = || {
        let decoder = claim169_core::Decoder::new(black_box(card.as_str())).verify_with(Theirs(card_issuer));
        let read = decoder.without_timestamp_validation().decode().unwrap();
        black_box(read.claim169.full_name.is_some());
    };
    let sides = ratios(&[&bare, &ours, &with_coset, &with_claim169]);
    let floor = sides[0].1;
    for (name, side, limit) in [
        ("verify-credential-identity", 1, Some(CREDENTIAL_LIMIT)),
        ("verify-credential-identity-coset-ciborium", 2, None),
        ("verify-credential-identity-claim169-core", 3, None),
    ] {
        figures.insert(name.to_owned(), figure(sides[side], floor, limit));
    }
}
