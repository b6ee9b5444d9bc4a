//! A small province for the tests: keys, a trust list, a status list, passes. Everything follows from fixed seeds.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
// CBOR by hand is made of narrow numbers; what does not fit makes a test fail.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::decimal_bitwise_operands
)]

pub mod catalogue;
pub mod forge;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use credential::*;

/// Midday of a day in November 2026.
pub const NOW: Timestamp = Timestamp::from_unix(1_795_219_200 + 43_200);
pub const DESK: &str = "kp:test-desk";
pub const LIST: &str = "s1";
pub const INDEX: u32 = 1_234_567;
pub const PHOTO: [u8; 800] = [0x5a; 800];

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW.unix().checked_add_signed(seconds).unwrap())
}

pub fn days(count: u64) -> u64 {
    count * DAY
}

/// A key that follows from a word.
pub fn key(word: &str) -> SecretKey {
    let mut seed = [0; 32];
    for (place, byte) in seed.iter_mut().zip(word.bytes().cycle()) {
        *place = byte;
    }
    SecretKey::from_seed(seed)
}

pub fn root(number: usize) -> SecretKey {
    key(&format!("root {number}"))
}

pub fn roots() -> RootSet {
    RootSet::new(RootKind::Test, [1, 2, 3].map(|n| root(n).public())).unwrap()
}

pub fn trusted(word: &str, allowed: &[Vct]) -> TrustedKey {
    TrustedKey {
        key: key(word).public(),
        allowed: allowed.to_vec(),
        nbf: Timestamp::from_unix(NOW.unix() - days(30)),
        exp: NOW.plus(days(365)),
        iss: format!("Test province, {word}"),
        revoked_at: None,
        retired_at: None,
    }
}

pub fn trust_content() -> TrustContent {
    TrustContent {
        sequence: 7,
        previous: None,
        iat: NOW.minus(days(1)),
        exp: NOW.plus(days(14)),
        keys: vec![
            trusted(
                "issuer",
                &[Vct::AGE, Vct::RESIDENCE, Vct::IDENTITY, Vct::NAME_PHOTO],
            ),
            trusted("certifier", &[Vct::COUNTER_CERTIFICATE]),
            trusted("status", &[Vct::STATUS_MANIFEST]),
            trusted("documents", &[Vct::parse("domicile").unwrap()]),
            trusted("rules", &[Vct::RISK_RULES]),
        ],
        next_roots: None,
    }
}

pub fn trust_bytes(content: &TrustContent) -> Vec<u8> {
    sign_trust_list(content, &[(0, &root(1)), (1, &root(2))])
}

pub fn trust_of(content: &TrustContent) -> TrustList {
    TrustList::verify(&trust_bytes(content), &roots(), None).unwrap()
}

pub fn trust() -> TrustList {
    static TRUST: LazyLock<TrustList> = LazyLock::new(|| trust_of(&trust_content()));
    TRUST.clone()
}

/// Rules of two services: one that takes predicates, one that asks for names.
pub fn rules_content() -> RulesContent {
    let licence = RiskRule {
        service: "licence".to_owned(),
        name: Names::new("Licence desk", "لائسنس ڈیسک", "د لایسنس مېز"),
        takes: vec![Vct::AGE, Vct::RESIDENCE],
        mode: Mode::Timed,
        assurance_min: 0,
        status_age: AgeLimits {
            green: 3600,
            amber: DAY,
        },
        trust_age: AgeLimits {
            green: days(10),
            amber: days(30),
        },
        must: BTreeMap::new(),
    };
    RulesContent {
        sequence: 4,
        iat: NOW.minus(days(1)),
        exp: NOW.plus(days(90)),
        rules: vec![
            licence.clone(),
            RiskRule {
                service: "land-record".to_owned(),
                takes: vec![Vct::IDENTITY],
                mode: Mode::Request,
                assurance_min: 2,
                ..licence
            },
        ],
    }
}

pub fn rules_of(content: &RulesContent) -> RiskRules {
    let bytes = RiskRules::sign(content, &key("rules")).unwrap();
    RiskRules::verify(&bytes, &trust(), None).unwrap()
}

/// How the tests' list is cut.
pub fn shape() -> Shape {
    Shape::new(2, 1 << 20).unwrap()
}

/// The revoked passes of the list; [`INDEX`] is one of them if `revoked`.
pub fn bits(revoked: bool) -> Bitmap {
    let more = revoked.then_some(INDEX);
    Bitmap::with(shape(), (616..624).chain(more)).unwrap()
}

/// A manifest of one list with these bitmaps.
pub fn content_of(bitmaps: &[(StatusPurpose, &Bitmap)]) -> StatusContent {
    let entry = ListEntry {
        shape: bitmaps[0].1.shape(),
        bitmaps: bitmaps
            .iter()
            .map(|(purpose, bitmap)| (*purpose, bitmap.root()))
            .collect(),
    };
    StatusContent {
        epoch: 3,
        iat: NOW.minus(3600),
        exp: NOW.plus(days(2)),
        lists: BTreeMap::from([(LIST.to_owned(), entry)]),
    }
}

pub fn status_content(bits: &Bitmap) -> StatusContent {
    content_of(&[(StatusPurpose::Revoked, bits)])
}

pub fn manifest_of(content: &StatusContent) -> StatusManifest {
    let bytes = StatusManifest::sign(content, &key("status")).unwrap();
    StatusManifest::verify(&bytes, &trust(), None).unwrap()
}

/// The whole of a manifest's one list.
pub fn set_of(content: &StatusContent, bitmaps: &[(StatusPurpose, &Bitmap)]) -> StatusSet {
    let mut set = StatusSet::new(manifest_of(content));
    for (purpose, bitmap) in bitmaps {
        set.add_bitmap(LIST, *purpose, bitmap).unwrap();
    }
    assert_eq!(set.missing(), []);
    set
}

pub fn status_of(content: &StatusContent, bits: &Bitmap) -> StatusSet {
    set_of(content, &[(StatusPurpose::Revoked, bits)])
}

pub fn status(revoked: bool) -> StatusSet {
    static SETS: LazyLock<[StatusSet; 2]> = LazyLock::new(|| {
        [false, true].map(|revoked| {
            let bits = bits(revoked);
            status_of(&status_content(&bits), &bits)
        })
    });
    SETS[usize::from(revoked)].clone()
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}

pub fn holder(index: u64) -> SecretKey {
    derive_holder_key(&[9; 32], index)
}

pub fn age_claims() -> Claims {
    Claims {
        iss: ISSUER.to_owned(),
        iat: NOW.start_of_day(),
        nbf: None,
        exp: NOW.start_of_day().plus(days(30)),
        holder: Some(holder(1).public().into()),
        vct: Vct::AGE,
        identity: None,
        status: None,
        facts: Facts {
            over_18: Some(true),
            district: Some("peshawar".to_owned()),
            ..Facts::default()
        },
    }
}

pub fn identity_claims() -> Claims {
    Claims {
        vct: Vct::IDENTITY,
        holder: Some(holder(2).public().into()),
        identity: Some(Identity {
            id: Some("9999912345671".to_owned()),
            full_name: Some("Zarghuna Test".to_owned()),
            date_of_birth: Some("19900515".to_owned()),
            gender: Some(Gender::Female),
            address: Some("House 12, Street 3, Hayatabad".to_owned()),
            guardian: Some("Gul Test".to_owned()),
            full_name_local: Some("زرغونہ ٹیسٹ".to_owned()),
            local_language: Some("ur".to_owned()),
            guardian_local: Some("گل ٹیسٹ".to_owned()),
        }),
        status: Some(StatusRef {
            index: INDEX,
            uri: LIST.to_owned(),
        }),
        facts: Facts {
            district: Some("peshawar".to_owned()),
            photo_sha256: Some(sha256(&PHOTO)),
            guardian_relation: Some(GuardianRelation::Father),
            ..Facts::default()
        },
        ..age_claims()
    }
}

/// The trust list of a province that prints cards too.
pub fn paper_trust() -> TrustList {
    let mut content = trust_content();
    content.keys.push(trusted("paper", &[Vct::PAPER_CARD]));
    trust_of(&content)
}

pub fn card_key() -> SecretKey {
    key("paper")
}

/// The same person on paper: no photo's hash, and no local name of the guardian.
pub fn card_claims() -> paper::CardClaims {
    let claims = identity_claims();
    paper::CardClaims {
        iss: claims.iss,
        iat: claims.iat,
        exp: NOW.start_of_day().plus(days(3 * 365)),
        identity: Identity {
            guardian_local: None,
            ..claims.identity.unwrap()
        },
        status: claims.status.unwrap(),
    }
}

/// The text of the printed card.
pub fn card_text() -> String {
    paper::issue_card(&card_claims(), &card_key()).unwrap()
}

/// A card's bytes as they are signed.
pub fn card_bytes() -> Vec<u8> {
    paper::read_unverified(&card_text()).unwrap().0
}

/// A domicile certificate: a credential without a holder's key.
pub fn paper_document_claims() -> Claims {
    let card = card_claims();
    Claims {
        holder: None,
        vct: Vct::parse("domicile").unwrap(),
        facts: Facts {
            district: Some("peshawar".to_owned()),
            ..Facts::default()
        },
        identity: Some(Identity {
            address: None,
            gender: None,
            ..card.identity
        }),
        ..identity_claims()
    }
}

/// The text of the printed domicile certificate.
pub fn paper_document_text() -> String {
    document_text(&issue(&paper_document_claims(), &key("documents")).unwrap()).unwrap()
}

pub fn issued(claims: &Claims) -> Vec<u8> {
    issue(claims, &key("issuer")).unwrap()
}

/// What an issuer would sign that forgets the photo's hash: the crate itself refuses to write it.
pub fn issued_without_photo(claims: &Claims) -> Vec<u8> {
    const FACTS: i64 = -65_601;
    let (header, payload, _) = forge::open(&issued(claims));
    let mut pairs = forge::pairs(&payload);
    for (_, facts) in pairs.iter_mut().filter(|(label, _)| *label == FACTS) {
        let left: Vec<_> = forge::pairs(facts)
            .into_iter()
            .filter(|(fact, _)| *fact != 7)
            .collect();
        *facts = forge::map(&left);
    }
    forge::sign1(&header, &forge::map(&pairs), &key("issuer"))
}

/// The age pass, shown in timed mode at [`NOW`].
pub fn timed() -> String {
    present_timed(&issued(&age_claims()), &holder(1), DESK, NOW).unwrap()
}

pub fn certificate_claims() -> CounterCertificateClaims {
    CounterCertificateClaims {
        iss: ISSUER.to_owned(),
        name: Names::new("Test desk", "ٹیسٹ ڈیسک", "ازمېښتي مېز"),
        purpose: Names::new("Registration", "اندراج", "نوم لیکنه"),
        audience: DESK.to_owned(),
        allowed: vec![Vct::IDENTITY, Vct::AGE],
        holder: key("desk").public(),
        iat: NOW.minus(days(2)),
        exp: NOW.plus(days(363)),
    }
}

pub fn certificate() -> Vec<u8> {
    issue_counter_certificate(&certificate_claims(), &key("certifier")).unwrap()
}

pub fn request_at(ask: Vct, nonce: u8, now: Timestamp) -> IssuedRequest {
    let desk = key("desk");
    let certificate = certificate();
    let signer = Signer {
        key: &desk,
        certificate: Some(&certificate),
    };
    build_request(&ask, DESK, [nonce; 16], now, Some(signer)).unwrap()
}

pub fn request(ask: Vct) -> IssuedRequest {
    request_at(ask, 7, NOW)
}

/// The answer of a phone to a request.
pub fn answer(request: &IssuedRequest, claims: &Claims, holder: &SecretKey) -> String {
    answer_with(request, &issued(claims), holder)
}

/// The answer of a phone that holds any credential's bytes.
pub fn answer_with(request: &IssuedRequest, credential: &[u8], holder: &SecretKey) -> String {
    let read = read_request(&request.text, Some(&trust()), NOW).unwrap();
    present_to_request(credential, holder, &read).unwrap()
}

pub fn identity_answer() -> String {
    answer(&request(Vct::IDENTITY), &identity_claims(), &holder(2))
}

pub fn timed_context(trust: &TrustList, now: Timestamp) -> Context<'_> {
    Context {
        now,
        trust: Some(trust),
        status: None,
        types: None,
        expect: Expect::Timed { audience: DESK },
        rule: None,
    }
}

/// The code for a presentation at the desk at [`NOW`].
pub fn code(text: &str) -> Code {
    verify(text, &timed_context(&trust(), NOW)).code
}

/// A request-mode context at [`NOW`] with a status list.
pub fn request_context<'a>(
    trust: &'a TrustList,
    status: &'a StatusSet,
    request: &'a IssuedRequest,
) -> Context<'a> {
    Context {
        now: at(20),
        trust: Some(trust),
        status: Some(status),
        types: None,
        expect: Expect::Request(request),
        rule: None,
    }
}

/// The bytes behind the text of a code.
pub fn raw(text: &str) -> Vec<u8> {
    base45::decode(&text[4..]).unwrap()
}

/// The text of a presentation's bytes.
pub fn kp1(bytes: &[u8]) -> String {
    format!("KP1:{}", base45::encode(bytes))
}

/// Points of small order.
pub const WEAK: [&str; 4] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
];

/// Ways to write a point that RFC 8032 does not have.
pub const NOT_CANONICAL: [&str; 3] = [
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

pub fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

pub fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let place = bytes.windows(old.len()).position(|w| w == old).unwrap();
    [&bytes[..place], new, &bytes[place + old.len()..]].concat()
}
