//! Issuing a batch of 60 passes against 60 bare Ed25519 signatures of the same bytes, in one process, as one line of JSON.
//!
//! Issuing goes from an opened record and proven holder keys to encoded, signed credentials, on one thread: claims, CBOR,
//! COSE, signature. Both sides run in turns, so that a busy machine slows both; the median of the rounds' own ratios leaves
//! out the rounds in which only one was disturbed. What the proofs of the holder keys cost is said beside.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use credential::{
    HolderKey, PassType, PublicKey, SecretKey, SignError, SigningKey, Timestamp, derive_holder_key,
};
use ed25519_dalek::Signer as _;
use province_api::Bytes;
use province_api::passes::proof_message;
use province_api::person::Day;
use province_server::admin::PACKAGED_TYPES;
use province_server::keys::{KeyFolder, ProvinceKey};
use province_server::randomness::Randomness;
use province_server::rules::Fault;
use province_server::rules::batch::Batch;
use province_server::rules::kinds::{Citizen, Granted};
use province_server::rules::record::Record;
use serde_json::{Value, json};

const ROUNDS: usize = 400;
/// The highest ratio that issuing a batch may have to its bare signatures.
const LIMIT: f64 = 1.5;
/// 22 November 2026.
const NOW: Timestamp = Timestamp::from_unix(1_795_323_600);
/// What a phone draws at first.
const DRAWN: [(&str, usize); 4] = [
    ("age", 20),
    ("residence", 20),
    ("identity", 10),
    ("name-photo", 10),
];
/// Bytes of a small picture.
const PHOTO_BYTES: usize = 1_000;

/// Signs, and keeps what it signed.
struct Recording<'a> {
    key: &'a dyn SigningKey,
    messages: RefCell<Vec<Vec<u8>>>,
}

impl SigningKey for Recording<'_> {
    fn public(&self) -> PublicKey {
        self.key.public()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        self.messages.borrow_mut().push(message.to_vec());
        self.key.sign(message)
    }
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let randomness = Randomness::new(rand_core::UnwrapErr(getrandom::SysRng));
    let keys = KeyFolder::new(folder.path());
    let made = keys.make(&[], &randomness).unwrap();
    let key: ProvinceKey = keys.signing_of(made[0].1.as_bytes()).unwrap();

    let file: Value = serde_json::from_str(PACKAGED_TYPES).unwrap();
    let types: Vec<PassType> = serde_json::from_value(file["types"].clone()).unwrap();
    let enrolment = sandbox::citizens().swap_remove(0).enrolment();
    let record = Record {
        particulars: enrolment.parse(Day::at_unix(NOW.unix())).unwrap(),
        photo: Bytes::from(&[7; PHOTO_BYTES][..]),
    };
    let holders: Vec<SecretKey> = (0..60).map(|index| derive_holder_key(&[9; 32], index)).collect();
    let kinds = DRAWN.iter().flat_map(|(vct, count)| {
        let kind = types.iter().find(|kind| kind.vct.as_str() == *vct).unwrap();
        std::iter::repeat_n(kind, *count)
    });
    let wanted: Vec<(&PassType, HolderKey)> = kinds
        .zip(&holders)
        .map(|(kind, holder)| (kind, holder.public().into()))
        .collect();
    assert_eq!(wanted.len(), 60);

    let recording = Recording {
        key: &key,
        messages: RefCell::default(),
    };
    issue(&record, &wanted, &recording);
    let messages = recording.messages.into_inner();
    let bare = ed25519_dalek::SigningKey::from_bytes(&[5; 32]);
    let sign = || {
        for message in &messages {
            black_box(bare.sign(black_box(message)));
        }
    };
    let proofs: Vec<(Vec<u8>, PublicKey, [u8; 64])> = wanted
        .iter()
        .zip(&holders)
        .map(|((kind, _), holder)| {
            let public = holder.public();
            let message = proof_message(&[3; 16], (kind.vct.as_str(), 0), public.as_bytes());
            let proof = holder.sign(&message);
            (message, public, proof)
        })
        .collect();
    let prove = || {
        for (message, key, proof) in &proofs {
            let read = PublicKey::parse(key.as_bytes()).unwrap();
            assert!(black_box(read.verifies(message, proof)));
        }
    };

    let (mut issued, mut signed, mut proven) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        issued.push(time(|| issue(&record, &wanted, &key)));
        signed.push(time(sign));
        proven.push(time(prove));
    }
    let ratios = issued.iter().zip(&signed).map(|(issued, signed)| issued / signed);
    let ratio = median(ratios.collect());
    let [issued, signed, proven] = [issued, signed, proven].map(median);
    println!(
        "{}",
        json!({
            "issue-60-passes": {
                "value": ratio, "unit": "x", "limit": LIMIT, "better": "lower",
                "floor": format!("60 bare signatures: {signed:.0} us; the batch: {issued:.0} us"),
            },
            "verify-60-proofs": { "value": proven, "unit": "us", "limit": null, "better": "lower" },
        })
    );
}

fn issue(record: &Record, wanted: &[(&PassType, HolderKey)], key: &dyn SigningKey) {
    let mut batch = Batch::new(
        Citizen {
            record,
            status_index: 1_000_000,
            assurance: 2,
        },
        NOW,
    );
    let granted = || Ok::<_, Fault>(Granted::default());
    let passes: Vec<Bytes> = wanted
        .iter()
        .map(|(kind, holder)| Bytes(batch.issue((*kind, 0), granted, *holder, key).unwrap()))
        .collect();
    black_box(passes);
}

/// Microseconds.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn time(what: impl FnOnce()) -> f64 {
    let began = Instant::now();
    what();
    micros(began.elapsed())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
