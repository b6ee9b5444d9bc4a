//! Properties of what is written and read, and fuzzing of every reader.
//!
//! The fuzzing runs a short slice in the normal test command; `KHYBER_SOAK_SECONDS` makes each target run that long.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
use std::sync::LazyLock;
use std::time::Duration;

use common::*;
use credential::*;
use proptest::prelude::*;

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 ,.ا-يپچڈگہے]{1,24}"
}

prop_compose! {
    fn identity()(
        id in proptest::option::of("[0-9]{13}"), full_name in proptest::option::of(word()),
        date_of_birth in proptest::option::of("[0-9]{8}"), address in proptest::option::of(word()),
        gender in proptest::option::of(prop_oneof![Just(Gender::Male), Just(Gender::Female), Just(Gender::X)]),
        guardian in proptest::option::of(word()), full_name_local in proptest::option::of(word()),
        local_language in proptest::option::of("[a-z]{2}"), guardian_local in proptest::option::of(word()),
    ) -> Identity {
        Identity { id, full_name, date_of_birth, gender, address, guardian, full_name_local, local_language, guardian_local }
    }
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        word().prop_map(Field::Text),
        any::<u64>().prop_map(Field::Number),
        any::<bool>().prop_map(Field::Truth),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Field::Bytes),
    ]
}

prop_compose! {
    fn facts()(
        over_18 in any::<Option<bool>>(), over_60 in any::<Option<bool>>(), merged_district in any::<Option<bool>>(),
        district in proptest::option::of(word()), tehsil in proptest::option::of(word()),
        assurance in any::<Option<u8>>(), photo_sha256 in any::<Option<[u8; 32]>>(),
        guardian_relation in proptest::option::of(prop_oneof![Just(GuardianRelation::Father), Just(GuardianRelation::Husband)]),
        fields in proptest::collection::btree_map(FIELDS, field(), 0..6),
    ) -> Facts {
        Facts { over_18, over_60, district, tehsil, merged_district, assurance, photo_sha256, guardian_relation, fields }
    }
}

prop_compose! {
    fn claims()(
        iss in word(), from in 0_u64..40_000, length in 1_u64..10_000, nbf in any::<bool>(), holder in any::<Option<u64>>(),
        vct in "[a-z0-9-]{1,32}", identity in proptest::option::of(identity()), mut facts in facts(), photo in any::<[u8; 32]>(),
        status in proptest::option::of((any::<u32>(), word())),
    ) -> Claims {
        let iat = Timestamp::from_unix(days(from));
        let vct = Vct::parse(&vct).unwrap();
        if identity.is_some() || vct == Vct::IDENTITY || vct == Vct::NAME_PHOTO {
            facts.photo_sha256.get_or_insert(photo);
        }
        Claims {
            iss,
            iat,
            nbf: nbf.then_some(iat),
            exp: iat.plus(days(length)),
            holder: holder.map(|n| common::holder(n).public()),
            vct,
            identity,
            status: status.map(|(index, uri)| StatusRef { index, uri }),
            facts,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn what_is_issued_is_what_is_read(claims in claims()) {
        let bytes = issue(&claims, &key("issuer")).unwrap();
        let read = Credential::parse(&bytes).unwrap();
        prop_assert_eq!(read.unverified_claims(), &claims);
        prop_assert_eq!(read.bytes(), &bytes[..]);
        prop_assert_eq!(issue(read.unverified_claims(), &key("issuer")).unwrap(), bytes);
    }

    #[test]
    fn base45_goes_there_and_back(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let text = base45::encode(&bytes);
        prop_assert_eq!(text.len(), base45::encoded_len(bytes.len()));
        prop_assert_eq!(base45::decode(&text).unwrap(), bytes);
    }

    #[test]
    fn a_text_that_base45_takes_is_the_only_one_for_its_bytes(text in "[0-9A-Z $%*+./:-]{0,40}") {
        if let Ok(bytes) = base45::decode(&text) {
            prop_assert_eq!(base45::encode(&bytes), text);
        }
    }

    #[test]
    fn a_request_is_read_as_it_was_made(ask in "[a-z]{1,20}", audience in "[a-z:-]{1,40}", nonce in any::<[u8; 16]>(), now in 0_u64..1 << 33) {
        let ask = Vct::parse(&ask).unwrap();
        let now = Timestamp::from_unix(now);
        let made = build_request(&ask, &audience, nonce, now, None).unwrap();
        let read = read_request(&made.text, None, now).unwrap();
        prop_assert_eq!((read.audience(), *read.ask(), *read.nonce()), (&audience[..], ask, nonce));
        prop_assert_eq!((*read.hash(), read.expires()), (made.hash, made.expires));
        prop_assert_eq!(IssuedRequest::from_text(&made.text).unwrap(), made);
    }

    #[test]
    fn any_text_has_a_code_and_is_not_accepted(text in "\\PC{0,200}", tail in "[0-9A-Z $%*+./:-]{0,400}") {
        for text in [text, format!("KP1:{tail}")] {
            prop_assert_eq!(code(&text).verdict(), Verdict::Refused);
        }
    }
}

/// Runs one fuzz target: a short slice, or as long as the soak says.
macro_rules! soak {
    ($($name:ident($input:ident) $body:block)+) => {$(
        #[test]
        fn $name() {
            let target = bolero::check!().with_max_len(5000);
            let run = |$input: &[u8]| $body;
            match std::env::var("KHYBER_SOAK_SECONDS").ok().and_then(|s| s.parse().ok()) {
                Some(seconds) => target
                    .with_iterations(usize::MAX)
                    .with_test_time(Duration::from_secs(seconds))
                    .for_each(run),
                None => target.with_iterations(2000).for_each(run),
            }
        }
    )+};
}

/// Changes a good message as the fuzzer says: pairs of place and value, so that the readers get past the first byte.
fn damaged(good: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for change in changes.chunks_exact(3).take(8) {
        let place = usize::from(u16::from_be_bytes([change[0], change[1]])) % bytes.len();
        bytes[place] = change[2];
    }
    bytes
}

fn not_accepted(text: &str) {
    static DATA: LazyLock<(TrustList, StatusSet, IssuedRequest)> =
        LazyLock::new(|| (trust(), status(false), request(Vct::IDENTITY)));
    let (trust, status, request) = &*DATA;
    for expect in [Expect::Timed { audience: DESK }, Expect::Request(request)] {
        let ctx = Context {
            now: NOW,
            trust: Some(trust),
            status: Some(status),
            types: None,
            expect,
            rule: None,
        };
        let outcome = verify(text, &ctx);
        assert_eq!(outcome.verdict(), Verdict::Refused, "{}", outcome.code);
    }
}

soak! {
    soak_presentation(input) {
        not_accepted(&String::from_utf8_lossy(input));
        not_accepted(&kp1(input));
    }
    soak_damaged_presentation(input) {
        let good = raw(&timed());
        let bytes = damaged(&good, input);
        if bytes != good {
            not_accepted(&kp1(&bytes));
        }
    }
    soak_credential(input) {
        assert!(Credential::parse(input).is_err());
        let bytes = damaged(&issued(&identity_claims()), input);
        if let Ok(read) = Credential::parse(&bytes) {
            // What is read can be written, and says the same.
            assert_eq!(read.verify_issuer(&trust()).is_ok(), bytes == issued(&identity_claims()));
        }
    }
    soak_request(input) {
        assert!(read_request(&format!("KPR:{}", base45::encode(input)), Some(&trust()), NOW).is_err());
        let good = raw(&request(Vct::IDENTITY).text);
        let bytes = damaged(&good, input);
        let read = read_request(&format!("KPR:{}", base45::encode(&bytes)), Some(&trust()), NOW);
        assert_eq!(read.is_ok_and(|r| r.is_certified()), bytes == good);
    }
    soak_trust_list(input) {
        assert!(TrustList::verify(input, &roots(), None).is_err());
        let good = trust_bytes(&trust_content());
        let bytes = damaged(&good, input);
        assert_eq!(TrustList::verify(&bytes, &roots(), None).is_ok(), bytes == good);
    }
    soak_status_manifest(input) {
        let trust = trust();
        assert!(StatusManifest::verify(input, &trust, None).is_err());
        let good = StatusManifest::sign(&status_content(&bits(false)), &key("status"));
        let bytes = damaged(&good, input);
        assert_eq!(StatusManifest::verify(&bytes, &trust, None).is_ok(), bytes == good);
    }
    soak_status_shard(input) {
        let shape = Shape::new(1, 1 << 12).unwrap();
        for bytes in [input.to_vec(), damaged(&Bitmap::with(shape, [7, 99, 4000]).unwrap().encoded(0).unwrap(), input)] {
            if let Ok(read) = Bitmap::decode(shape, &[&bytes]) {
                assert_eq!(read.encoded(0).unwrap(), bytes);
            }
        }
    }
    soak_status_delta(input) {
        let mut good = StatusDelta::new(1, 2);
        good.turn(LIST, StatusPurpose::Revoked, 1 << 12, [7, 99, 4000]).unwrap();
        for bytes in [input.to_vec(), damaged(&good.encode(), input)] {
            if let Ok(read) = StatusDelta::decode(&bytes) {
                assert_eq!(read.encode(), bytes);
            }
        }
    }
    soak_status_bundle(input) {
        static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
            let bits = Bitmap::with(Shape::new(2, 256).unwrap(), [7, 300]).unwrap();
            StatusBundle::whole(&status_of(&status_content(&bits), &bits)).unwrap().encode()
        });
        for bytes in [input.to_vec(), damaged(&GOOD, input)] {
            if let Ok(read) = StatusBundle::decode(&bytes) {
                assert_eq!(read.open(&trust(), None).is_ok(), bytes == *GOOD);
            }
        }
    }
    soak_status_token(input) {
        let content = TokenContent { sub: format!("{LIST}/0"), iat: NOW, exp: None, ttl: None };
        let good = StatusToken::sign(&content, &token_list(64, &[&[1; 8]], None), &key("status"));
        let bytes = damaged(&good, input);
        if let Ok(read) = StatusToken::read(&bytes) {
            // Others write tokens in more than one way; what is signed is the same whatever the way.
            let original = StatusToken::read(&good).unwrap();
            if read.verifies(&key("status").public()) {
                assert_eq!((&read.content, &read.entries), (&original.content, &original.entries));
            }
        }
        assert!(StatusToken::read(input).is_err());
        let _ = read_token_list(input.first().copied().unwrap_or(2), input);
    }
    soak_province_config(input) {
        assert!(ProvinceConfig::verify(input, &roots(), NOW).is_err());
    }
    soak_photo(input) {
        let mut assembly = photo::assembly(sha256(&PHOTO));
        for chunk in input.chunks(400) {
            assembly.add(&format!("KPF:{}", base45::encode(chunk)));
        }
        for text in photo::frames(&PHOTO) {
            assembly.add(&format!("KPF:{}", base45::encode(&damaged(&raw(&text), input))));
        }
        assert!(assembly.finished().is_none_or(|photo| photo == PHOTO));
    }
    soak_base45(input) {
        assert_eq!(base45::decode(&base45::encode(input)).unwrap(), input);
        let text = String::from_utf8_lossy(input);
        if let Ok(bytes) = base45::decode(&text) {
            assert_eq!(base45::encode(&bytes), text);
        }
    }
}
