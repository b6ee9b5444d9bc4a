//! Verifying a whole presentation against its two bare signature checks, and the sizes of codes.
//!
//! Prints one JSON object. Both sides run in turns in one process, so that a busy machine slows both alike.
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
use serde_json::{Map, Value, json};

const ROUNDS: usize = 400;
const REPEATS: u32 = 8;

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
    measure(
        &mut figures,
        "verify-presentation-age",
        &timed(),
        &timed_ctx,
        (&holder(1), &key("issuer")),
    );
    measure(
        &mut figures,
        "verify-presentation-age-with-register",
        &known,
        &known_ctx,
        (&holder(1), &key("every type")),
    );
    measure(
        &mut figures,
        "verify-presentation-identity",
        &identity_answer(),
        &request_ctx,
        (&holder(2), &key("issuer")),
    );
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

/// The messages that the two signatures of a presentation are over.
fn signed_parts(text: &str) -> [(Vec<u8>, [u8; 64]); 2] {
    let part = |message: &[u8]| {
        let (protected, payload, signature) = forge::open(message);
        let signed = forge::array(&[
            forge::text("Signature1"),
            forge::bytes(&protected),
            forge::bytes(&[]),
            forge::bytes(&payload),
        ]);
        (signed, signature.try_into().unwrap())
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
fn timed_run(mut run: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..REPEATS {
        run();
    }
    start.elapsed() / REPEATS
}

fn measure(
    figures: &mut Map<String, Value>,
    name: &str,
    text: &str,
    ctx: &Context<'_>,
    (holder, issuer): (&SecretKey, &SecretKey),
) {
    let [outer, inner] = signed_parts(text);
    let (holder, issuer) = (holder.public(), issuer.public());
    let whole = || assert!(black_box(verify(black_box(text), ctx)).verified.is_some());
    let bare = || {
        assert!(holder.verifies(black_box(&outer.0), &outer.1));
        assert!(issuer.verifies(black_box(&inner.0), &inner.1));
    };
    let (mut ours, mut floor, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (a, b) = if round % 2 == 0 {
            let a = timed_run(whole);
            (a, timed_run(bare))
        } else {
            let b = timed_run(bare);
            (timed_run(whole), b)
        };
        ours.push(a);
        floor.push(b);
        ratios.push(a.as_secs_f64() / b.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    ours.sort();
    floor.sort();
    let (value, ours, floor) = (ratios[ROUNDS / 2], ours[ROUNDS / 2], floor[ROUNDS / 2]);
    let figure = json!({
        "value": (value * 1000.0).round() / 1000.0,
        "unit": "ratio",
        "limit": 1.15,
        "better": "lower",
        "holds": value <= 1.15,
        "floor": format!("2 x verify_strict: {:.1} us, whole: {:.1} us", floor.as_secs_f64() * 1e6, ours.as_secs_f64() * 1e6),
        "floor_ns": floor.as_nanos() as u64,
        "ours_ns": ours.as_nanos() as u64,
    });
    figures.insert(name.to_owned(), figure);
}
