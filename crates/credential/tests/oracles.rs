//! Other people's readers and vectors: coset, the CDDL file, RFC 9285, the COSE working group.
//!
//! Vectors that are not part of this repository are read from a folder beside it; where it is absent the test says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
#[path = "common/documents.rs"]
mod documents;
#[path = "common/updates.rs"]
mod updates;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use cddl::validator::Validator as _;
use cddl::validator::cbor::CBORValidator;
use cddl::validator::cbor_value::decode_cbor;
use common::catalogue::*;
use common::*;
use coset::TaggedCborSerializable as _;
use credential::*;
use documents::*;
use serde_json::Value;

fn config_bytes(tls_roots: Vec<Vec<u8>>) -> Vec<u8> {
    let content = ConfigContent {
        api_url: "https://api.example".to_owned(),
        name: Names::new("Khyber Pakhtunkhwa", "خیبر پختونخوا", "خیبر پښتونخوا"),
        tls_roots,
        iat: NOW,
        exp: NOW.plus(days(30)),
    };
    ProvinceConfig::sign(&content, &[&root(1), &root(2)])
}

/// Manifest, shard, changes and bundle of a list with two bitmaps.
fn status_messages() -> Vec<(&'static str, Vec<u8>)> {
    let (bits, none) = (bits(true), Bitmap::new(shape()));
    let bitmaps = [(StatusPurpose::Revoked, &bits), (StatusPurpose::Suspended, &none)];
    let content = content_of(&bitmaps);
    let whole = StatusBundle::whole(&set_of(&content, &bitmaps)).unwrap();
    let token = TokenContent {
        sub: format!("{LIST}/1"),
        iat: NOW,
        exp: Some(NOW.plus(days(7))),
        ttl: Some(3600),
    };
    let lst = token_list(shape().shard_bits(), &[bits.shard(1).unwrap()], None);
    vec![
        (
            "status-manifest",
            StatusManifest::sign(&content, &key("status")).unwrap(),
        ),
        ("status-shard", bits.encoded(1).unwrap()),
        ("status-delta", updates::update().deltas[0].encode()),
        ("status-bundle", whole.encode()),
        ("status-bundle", updates::update().encode()),
        (
            "status-list-token",
            StatusToken::sign(&token, &lst, &key("status")).unwrap(),
        ),
    ]
}

fn manifest_bytes() -> Vec<u8> {
    StatusManifest::sign(&status_content(&bits(false)), &key("status")).unwrap()
}

fn seal_bytes(number: u64) -> Vec<u8> {
    let content = LogSealContent {
        number,
        at: NOW,
        reason: SealReason::Day,
        day: 20_778,
        first: 1,
        last: 40,
        last_hash: [4; 32],
        count: 40,
        previous: (number > 1).then_some([9; 32]),
    };
    LogSeal::sign(&content, &key("desk"))
}

/// Every kind of message with its rule in the CDDL file.
fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let desk = key("desk");
    let unsigned = build_request(&Vct::AGE, DESK, [7; 16], NOW, None).unwrap();
    let bare = Signer {
        key: &desk,
        certificate: None,
    };
    let signed = build_request(&Vct::AGE, DESK, [7; 16], NOW, Some(bare)).unwrap();
    let mut chained = trust_content();
    chained.previous = Some([1; 32]);
    chained.keys[0].revoked_at = Some(NOW);
    chained.keys[1].retired_at = Some(NOW.start_of_day());
    let mut rotating = trust_content();
    rotating.next_roots = Some([root(1).public(), root(2).public(), root(4).public()]);
    let mut not_before = age_claims();
    not_before.nbf = Some(not_before.iat);
    not_before.facts = Facts {
        over_60: Some(false),
        tehsil: Some("matta".to_owned()),
        merged_district: Some(true),
        assurance: Some(3),
        ..not_before.facts
    };
    let mut asking = rules_content();
    let facts = BTreeMap::from([(1, true), (40, false)]);
    asking.rules[0].must = BTreeMap::from([(Vct::AGE, facts.clone()), (Vct::RESIDENCE, facts)]);
    let document = |claims: &Claims| issued_by_type(&register(), claims).unwrap();
    let mut all = vec![
        ("kp-cwt", issued(&age_claims())),
        ("kp-cwt", issued(&identity_claims())),
        ("kp-cwt", issued(&not_before)),
        ("kp-cwt", raw(&paper_document_text())),
        ("printed-card", card_bytes()),
        ("kp-kbt", raw(&timed())),
        ("kp-kbt", raw(&identity_answer())),
        ("kp-request", raw(&unsigned.text)),
        ("kp-request", raw(&signed.text)),
        ("kp-request", raw(&request(Vct::IDENTITY).text)),
        ("counter-certificate", certificate()),
        ("trust-list", trust_bytes(&trust_content())),
        ("trust-list", trust_bytes(&chained)),
        ("trust-list", trust_bytes(&rotating)),
        ("risk-rules", rules_of(&rules_content()).bytes().to_vec()),
        ("risk-rules", rules_of(&asking).bytes().to_vec()),
        ("catalogue", catalogue_bytes(&catalogue_content())),
        ("province-config", config_bytes(Vec::new())),
        (
            "province-config",
            config_bytes(vec![vec![0x30; 400], vec![0x30; 1024]]),
        ),
        ("kp-cwt", document(&domicile_claims(true))),
        ("kp-cwt", document(&vehicle_claims())),
        ("type-register", register_bytes(&register_content())),
        ("frame", raw(&photo::frames(&PHOTO)[0])),
        ("frame", raw(&photo::frames(&PHOTO)[5])),
        ("log-seal", seal_bytes(1)),
        ("log-seal", seal_bytes(2)),
    ];
    all.extend(status_messages());
    all
}

fn cddl() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format.cddl");
    std::fs::read_to_string(path).unwrap()
}

/// The file with one of its rules in front, which is what bytes are held against. Reading it takes most of the time, so
/// each rule is read once for each test and stays.
fn read(rule: &str) -> &'static cddl::ast::CDDL<'static> {
    thread_local! {
        static READ: RefCell<BTreeMap<String, &'static cddl::ast::CDDL<'static>>> = RefCell::default();
    }
    READ.with_borrow_mut(|all| {
        *all.entry(rule.to_owned()).or_insert_with(|| {
            let document: &'static str = Box::leak(format!("root = {rule}\n{}", cddl()).into());
            Box::leak(Box::new(cddl::cddl_from_str(document, true).unwrap()))
        })
    })
}

fn fits(rule: &str, bytes: &[u8]) -> Result<(), String> {
    let value = decode_cbor(bytes).map_err(|e| e.to_string())?;
    let mut reading = CBORValidator::new(read(rule), value, None);
    reading.validate().map_err(|e| e.to_string())
}

#[test]
fn real_bytes_fit_the_published_cddl() {
    for (rule, bytes) in messages() {
        fits(rule, &bytes).unwrap_or_else(|e| panic!("{rule}: {e}"));
    }
}

#[test]
fn the_published_cddl_tells_kinds_apart() {
    for (rule, other) in [
        ("kp-cwt", "kp-kbt"),
        ("kp-kbt", "kp-cwt"),
        ("printed-card", "kp-cwt"),
        ("counter-certificate", "kp-cwt"),
        ("status-manifest", "counter-certificate"),
        ("type-register", "status-manifest"),
        ("risk-rules", "status-manifest"),
        ("catalogue", "risk-rules"),
        ("trust-list", "province-config"),
        ("province-config", "trust-list"),
        ("log-seal", "status-manifest"),
    ] {
        let (_, bytes) = messages().into_iter().find(|(name, _)| *name == rule).unwrap();
        assert!(fits(other, &bytes).is_err(), "{rule} passes for {other}");
    }
}

/// Messages with one part at its limit, and with the same part beyond it.
fn limits() -> Vec<(&'static str, &'static str, Vec<u8>, Vec<u8>)> {
    const FACTS: i64 = -65_601;
    let pass = |label: i64, value: Vec<u8>| {
        let (header, payload, _) = forge::open(&issued(&age_claims()));
        forge::sign1(&header, &forge::with(&payload, label, value), &key("issuer"))
    };
    let number = |value| pass(4, forge::uint(value));
    let kind = |length| pass(11, forge::bytes(&vec![b'a'; length]));
    let fact = |number: i64, value: Vec<u8>| pass(FACTS, forge::map(&[(number, value)]));
    let assurance = |level| fact(6, forge::uint(level));
    let field = |length| fact(32, forge::text(&"x".repeat(length)));
    let fields = |count: i64| {
        let all: Vec<_> = (0..count).map(|place| (32 + place, forge::uint(1))).collect();
        pass(FACTS, forge::map(&all))
    };
    let place = |index: usize| {
        let (idx, uri) = (forge::text("idx"), forge::text("uri"));
        let listed = [vec![0xa2], idx, forge::uint(index), uri, forge::text(LIST)].concat();
        pass(65_535, [vec![0xa1], forge::text("status_list"), listed].concat())
    };
    let desk = |length: usize| {
        let payload = forge::timed_binding(&"k".repeat(length), NOW.unix(), NOW.unix() + 60);
        forge::sign1(
            &forge::kbt_header(-8, &issued(&age_claims())),
            &payload,
            &holder(1),
        )
    };
    let rules = |count: usize| {
        let (header, payload, _) = forge::open(rules_of(&rules_content()).bytes());
        let pairs = forge::pairs(&payload);
        let (_, all) = pairs.iter().find(|(label, _)| *label == 4).unwrap();
        // The first rule is the first item behind the head of the array.
        let mut d = minicbor::Decoder::new(&all[1..]);
        d.skip().unwrap();
        let rule = all[1..=d.position()].to_vec();
        let all = forge::array(&vec![rule; count]);
        forge::sign1(&header, &forge::with(&payload, 4, all), &key("rules"))
    };
    let service = |change: &dyn Fn(&mut Service)| {
        let mut content = catalogue_content();
        content.services.truncate(1);
        change(&mut content.services[0]);
        catalogue_bytes(&content)
    };
    let limit = |days| {
        let unit = LimitUnit::Days;
        Some(TimeLimit { days, unit })
    };
    // One service, of which one member says something else.
    let beyond = |label: i64, value: Vec<u8>| {
        let (header, payload, _) =
            forge::open(&service(&|one| (one.fee_rupees, one.limit) = (Some(1), limit(1))));
        let pairs = forge::pairs(&payload);
        let (_, all) = pairs.iter().find(|(label, _)| *label == 4).unwrap();
        let all = forge::array(&[forge::with(&all[1..], label, value)]);
        forge::sign1(&header, &forge::with(&payload, 4, all), &key("catalogue"))
    };
    let days = |count| forge::array(&[forge::uint(count), forge::uint(1)]);
    let largest = (1 << 53) - 1;
    vec![
        ("kp-cwt", "number", number(largest), number(largest + 1)),
        ("kp-cwt", "no kind", kind(1), kind(0)),
        ("kp-cwt", "kind", kind(32), kind(33)),
        ("kp-cwt", "assurance", assurance(255), assurance(256)),
        ("kp-cwt", "field", field(512), field(513)),
        ("kp-cwt", "fields", fields(32), fields(33)),
        ("kp-cwt", "index", place(u32::MAX as usize), place(1 << 32)),
        ("kp-kbt", "no audience", desk(1), desk(0)),
        ("kp-kbt", "audience", desk(64), desk(65)),
        ("risk-rules", "rules", rules(256), rules(257)),
        (
            "catalogue",
            "fee",
            service(&|one| one.fee_rupees = Some(100_000_000)),
            beyond(4, forge::uint(100_000_001)),
        ),
        (
            "catalogue",
            "days",
            service(&|one| one.limit = limit(u16::MAX)),
            beyond(5, days(1 << 16)),
        ),
        (
            "catalogue",
            "id",
            service(&|one| one.id = "x".repeat(48)),
            beyond(1, forge::text(&"x".repeat(49))),
        ),
    ]
}

#[test]
fn the_published_cddl_has_the_limits_of_the_readers() {
    for (rule, what, good, bad) in limits() {
        fits(rule, &good).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert!(fits(rule, &bad).is_err(), "{what}");
    }
}

#[test]
fn coset_reads_our_messages_and_agrees_on_what_was_signed() {
    let read = |bytes: &[u8]| coset::CoseSign1::from_tagged_slice(bytes).unwrap();
    let check = |message: &coset::CoseSign1, key: &PublicKey| {
        message.verify_signature(b"", |signature, signed| {
            assert!(key.verifies(signed, signature.try_into().unwrap()));
            Ok::<(), ()>(())
        })
    };
    let credential = issued(&identity_claims());
    let cwt = read(&credential);
    assert_eq!(
        cwt.protected.header.alg,
        Some(coset::Algorithm::Assigned(coset::iana::Algorithm::EdDSA))
    );
    assert_eq!(
        cwt.protected.header.key_id,
        key("issuer").public().key_id().as_bytes()
    );
    assert_eq!(check(&cwt, &key("issuer").public()), Ok(()));
    assert_eq!(cwt.clone().to_tagged_vec().unwrap(), credential);
    let kbt = read(&raw(&timed()));
    assert_eq!(check(&kbt, &holder(1).public()), Ok(()));
    let request = read(&raw(&request(Vct::IDENTITY).text));
    assert_eq!(check(&request, &key("desk").public()), Ok(()));
    assert_eq!(check(&read(&certificate()), &key("certifier").public()), Ok(()));
    assert_eq!(check(&read(&manifest_bytes()), &key("status").public()), Ok(()));
    let list = coset::CoseSign::from_tagged_slice(&trust_bytes(&trust_content())).unwrap();
    for number in [1, 2] {
        let root = root(number).public();
        list.verify_signature(number - 1, b"", |signature, signed| {
            assert!(root.verifies(signed, signature.try_into().unwrap()));
            Ok::<(), ()>(())
        })
        .unwrap();
    }
}

#[test]
fn what_coset_writes_is_what_we_read() {
    // The same credential, put together by another library from the same parts.
    let (_, payload, _) = forge::open(&issued(&age_claims()));
    let kid = key("issuer").public().key_id();
    let protected = coset::HeaderBuilder::new()
        .algorithm(coset::iana::Algorithm::EdDSA)
        .key_id(kid.as_bytes().to_vec())
        .value(16, coset::cbor::value::Value::from(293))
        .build();
    let message = coset::CoseSign1Builder::new()
        .protected(protected)
        .payload(payload)
        .create_signature(b"", |signed| key("issuer").sign(signed).to_vec())
        .build();
    assert_eq!(message.to_tagged_vec().unwrap(), issued(&age_claims()));
}

/// A file of the folder with other people's vectors; none where the folder is absent.
fn others(path: &str) -> Option<Value> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors"));
    let text = std::fs::read_to_string(folder.join(path));
    if text.is_err() {
        println!("skipped: other people's vectors are not here ({path})");
    }
    serde_json::from_str(&text.ok()?).ok()
}

#[test]
fn base45_vectors_of_the_rfc() {
    let Some(vectors) = others("base45/vectors.json") else {
        return;
    };
    for pair in vectors["valid"].as_array().unwrap() {
        let (plain, text) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        assert_eq!(base45::encode(plain.as_bytes()), text);
        assert_eq!(base45::decode(text).unwrap(), plain.as_bytes());
    }
    for pair in vectors["invalid"].as_array().unwrap() {
        let text = pair[0].as_str().unwrap();
        assert!(base45::decode(text).is_err(), "{text:?}: {}", pair[1]);
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

#[test]
fn eddsa_vectors_of_the_cose_working_group() {
    // Their messages have headers that ours do not, so our reader refuses them; the signatures are checked by our key.
    let Some(vector) = others("cose-examples/eddsa-examples/eddsa-sig-01.json") else {
        return;
    };
    let message = unhex(vector["output"]["cbor"].as_str().unwrap());
    let signed = unhex(vector["intermediates"]["ToBeSign_hex"].as_str().unwrap());
    let public =
        PublicKey::parse(&unhex(vector["input"]["sign0"]["key"]["x_hex"].as_str().unwrap())).unwrap();
    let signature: [u8; 64] = message[message.len() - 64..].try_into().unwrap();
    assert!(public.verifies(&signed, &signature));
    let secret = unhex(vector["input"]["sign0"]["key"]["d_hex"].as_str().unwrap());
    let secret = SecretKey::from_seed(secret.try_into().unwrap());
    assert_eq!(secret.public(), public);
    assert_eq!(secret.sign(&signed), signature);
    assert_eq!(Credential::parse(&message).err(), Some(Code::UnknownHeader));
}

#[test]
fn sign1_vectors_of_the_cose_working_group_are_refused() {
    // All of them are ECDSA, or broken: none may be taken for a credential.
    for name in [
        "sign-pass-01",
        "sign-pass-02",
        "sign-pass-03",
        "sign-fail-01",
        "sign-fail-02",
        "sign-fail-03",
    ] {
        let Some(vector) = others(&format!("cose-examples/sign1-tests/{name}.json")) else {
            return;
        };
        let message = unhex(vector["output"]["cbor"].as_str().unwrap());
        assert!(Credential::parse(&message).is_err(), "{name}");
        assert_eq!(code(&kp1(&message)).verdict(), Verdict::Refused, "{name}");
    }
}

#[test]
fn codes_of_other_claim_169_issuers_are_not_ours() {
    let Some(vector) = others("claim169/test-vectors/valid/ed25519-signed.json") else {
        return;
    };
    assert_eq!(code(vector["qr_data"].as_str().unwrap()), Code::WrongCode);
}
