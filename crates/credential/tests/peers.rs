//! Other people's judgement of signatures and messages: Wycheproof, coset, claim169-core.
//!
//! The peers agree with us on what both take. Where they differ, the difference is named here with its reason.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
use claim169_core::{CryptoError, CryptoResult, Decoder, SignatureVerifier, VerificationStatus};
use common::*;
use coset::TaggedCborSerializable as _;
use credential::lenient::{self, OtherCode, OtherKey};
use credential::*;
use proptest::prelude::*;

#[test]
fn all_ed25519_cases_of_wycheproof() {
    use wycheproof::TestResult;
    use wycheproof::eddsa::{TestName, TestSet};
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut count = 0;
    for group in set.test_groups {
        // All their keys are canonical points that are not weak, so none is refused before its signatures.
        let key = PublicKey::parse(&group.key.pk).unwrap();
        for test in group.tests {
            let signature: Result<[u8; 64], _> = test.sig.as_slice().try_into();
            let taken = signature.is_ok_and(|signature| key.verifies(&test.msg, &signature));
            // There is no case in which being strict makes a difference: each is valid or invalid for both.
            let valid = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("case {}: acceptable", test.tc_id),
            };
            assert_eq!(taken, valid, "case {}: {}", test.tc_id, test.comment);
            count += 1;
        }
    }
    assert_eq!(count, 151);
}

/// What coset makes of a credential: its parts, if the signature holds.
fn coset_takes(bytes: &[u8], key: &PublicKey) -> Option<coset::CoseSign1> {
    let message = coset::CoseSign1::from_tagged_slice(bytes).ok()?;
    let verified = message.verify_signature(b"", |signature, signed| {
        let good = signature.try_into().is_ok_and(|s| key.verifies(signed, s));
        good.then_some(()).ok_or(())
    });
    verified.ok().map(|()| message)
}

fn we_take(bytes: &[u8]) -> bool {
    Credential::parse(bytes).is_ok_and(|credential| credential.verify_issuer(&trust()).is_ok())
}

fn identity() -> impl Strategy<Value = Identity> {
    let latin = "[A-Z][a-z]{1,12}( [A-Z][a-z]{1,12}){0,2}";
    let urdu = "[ابپتٹجدرزسشکگلمنوہی]{2,12}( [ابپتٹجدرزسشکگلمنوہی]{2,12}){0,2}";
    let texts = (
        latin,
        urdu,
        "[0-9]{13}",
        "(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|2[0-8])",
        "[ -~]{1,60}",
    );
    let gender = prop_oneof![Just(Gender::Male), Just(Gender::Female), Just(Gender::X)];
    (texts, gender, proptest::option::of(latin)).prop_map(
        |((name, local, id, born, address), gender, guardian)| Identity {
            id: Some(id),
            full_name: Some(name),
            date_of_birth: Some(born),
            gender: Some(gender),
            address: Some(address),
            guardian,
            full_name_local: Some(local),
            local_language: Some("ur".to_owned()),
            guardian_local: None,
        },
    )
}

/// A credential in other words that carry the same signature: what coset takes, being general, and we do not, because
/// there is to be one way to write each credential.
#[test]
fn where_coset_takes_more() {
    let bytes = issued(&identity_claims());
    let (protected, payload, signature) = forge::open(&bytes);
    let parts = [
        forge::bytes(&protected),
        forge::bytes(&payload),
        forge::bytes(&signature),
    ];
    let message = |head: &[u8], unprotected: &[u8], end: &[u8]| {
        [head, &parts[0], unprotected, &parts[1], &parts[2], end].concat()
    };
    assert_eq!(message(&[0xd2, 0x84], &[0xa0], &[]), bytes);
    let long_length = [
        &[0xd2, 0x84][..],
        &parts[0],
        &[0xa0, 0x5a, 0, 0],
        &(payload.len() as u16).to_be_bytes(),
        &payload,
        &parts[2],
    ];
    for (what, other) in [
        (
            "an array of indefinite length",
            message(&[0xd2, 0x9f], &[0xa0], &[0xff]),
        ),
        ("a long form of the tag", message(&[0xd8, 18, 0x84], &[0xa0], &[])),
        (
            "a header that is not signed",
            message(&[0xd2, 0x84], &[0xa1, 0x18, 99, 0], &[]),
        ),
        ("a length that is not the shortest", long_length.concat()),
    ] {
        assert!(coset_takes(&other, &key("issuer").public()).is_some(), "{what}");
        assert!(!we_take(&other), "{what}");
    }
    // And what neither takes.
    for other in [
        message(&[0x84], &[0xa0], &[]),
        message(&[0xd2, 0x84], &[0xa0], &[0]),
    ] {
        assert!(coset_takes(&other, &key("issuer").public()).is_none());
        assert!(!we_take(&other));
    }
}

/// claim169-core's verifier with our Ed25519.
struct Ours(PublicKey);

impl SignatureVerifier for Ours {
    fn verify(
        &self,
        alg: coset::iana::Algorithm,
        _: Option<&[u8]>,
        data: &[u8],
        signature: &[u8],
    ) -> CryptoResult<()> {
        let known = matches!(
            alg,
            coset::iana::Algorithm::EdDSA | coset::iana::Algorithm::Ed25519
        );
        let good = known && signature.try_into().is_ok_and(|s| self.0.verifies(data, s));
        good.then_some(()).ok_or(CryptoError::VerificationFailed)
    }
}

fn core_reads(text: &str, key: &PublicKey) -> Option<claim169_core::DecodeResult> {
    let decoder = Decoder::new(text).verify_with(Ours(*key)).strict_compression();
    let read = decoder.without_timestamp_validation().decode().ok()?;
    (read.verification_status == VerificationStatus::Verified).then_some(read)
}

fn we_read(text: &str, key: &PublicKey) -> Option<lenient::OtherContent> {
    let key = OtherKey { iss: None, key: *key };
    let reading = lenient::read(text, &[key], NOW);
    (reading.code == OtherCode::Signed)
        .then_some(reading.content)
        .flatten()
}

fn packed(bytes: &[u8]) -> String {
    base45::encode(&miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6))
}

/// The two readers see the same person.
fn same(ours: &lenient::OtherContent, theirs: &claim169_core::DecodeResult) {
    let (who, claim) = (&ours.identity, &theirs.claim169);
    assert_eq!(ours.iss, theirs.cwt_meta.issuer);
    assert_eq!(
        ours.exp.map(|t| t.unix().cast_signed()),
        theirs.cwt_meta.expires_at
    );
    let pairs = [
        (&who.id, &claim.id),
        (&who.full_name, &claim.full_name),
        (&who.date_of_birth, &claim.date_of_birth),
        (&who.address, &claim.address),
        (&who.guardian, &claim.guardian),
        (&who.second_name, &claim.secondary_full_name),
        (&who.second_language, &claim.secondary_language),
    ];
    for (ours, theirs) in pairs {
        assert_eq!(ours, theirs);
    }
}

#[test]
fn where_claim169_core_and_the_lenient_reader_differ() {
    let key = card_key().public();
    let bytes = card_bytes();
    let untagged = bytes.get(1..).unwrap();
    let stored = [
        &[0x78, 0x9c][..],
        &miniz_oxide::deflate::compress_to_vec(&bytes, 6),
    ]
    .concat();
    let rows: [(&str, String, bool, bool); 4] = [
        ("the card itself", card_text(), true, true),
        ("without the tag of COSE_Sign1", packed(untagged), true, true),
        // RFC 8392 allows it, and it is signed all the same.
        (
            "in the tag of a CWT, 61",
            packed(&[&[0xd8, 61][..], &bytes].concat()),
            false,
            true,
        ),
        (
            "a checksum that is cut off",
            base45::encode(&stored),
            false,
            false,
        ),
    ];
    for (what, text, theirs, ours) in rows {
        assert_eq!(core_reads(&text, &key).is_some(), theirs, "{what}: claim169-core");
        assert_eq!(we_read(&text, &key).is_some(), ours, "{what}: lenient");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn coset_agrees_on_any_credential(identity in identity(), index in any::<u32>()) {
        let mut claims = identity_claims();
        claims.identity = Some(identity);
        claims.status.as_mut().unwrap().index = index;
        let bytes = issued(&claims);
        let theirs = coset_takes(&bytes, &key("issuer").public()).unwrap();
        prop_assert!(we_take(&bytes));
        prop_assert_eq!(theirs.to_tagged_vec().unwrap(), bytes);
    }

    /// Whatever is changed, coset refuses too, or sees the same signed parts in other words.
    #[test]
    fn coset_agrees_on_any_change(place in 0_usize..400, bit in 0_u8..8) {
        let good = issued(&identity_claims());
        let mut bytes = good.clone();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        prop_assert!(!we_take(&bytes));
        if let Some(theirs) = coset_takes(&bytes, &key("issuer").public()) {
            let original = coset_takes(&good, &key("issuer").public()).unwrap();
            prop_assert_eq!(theirs.payload, original.payload);
            prop_assert_eq!(theirs.signature, original.signature);
        }
    }

    #[test]
    fn claim169_core_agrees_on_any_card(identity in identity()) {
        let claims = paper::CardClaims { identity, ..card_claims() };
        let text = paper::issue_card(&claims, &card_key()).unwrap();
        let key = card_key().public();
        let (ours, theirs) = (we_read(&text, &key).unwrap(), core_reads(&text, &key).unwrap());
        same(&ours, &theirs);
        prop_assert_eq!(ours.identity.full_name, claims.identity.full_name);
    }

    /// Whatever is changed, both refuse, or both still see what was signed.
    #[test]
    fn claim169_core_agrees_on_any_change(place in 0_usize..400, bit in 0_u8..8) {
        let mut bytes = card_bytes();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        let (text, key) = (packed(&bytes), card_key().public());
        match (we_read(&text, &key), core_reads(&text, &key)) {
            (Some(ours), Some(theirs)) => same(&ours, &theirs),
            (None, None) => {}
            // The headers that nobody signed are theirs to judge; we read nothing of them.
            (Some(ours), None) => prop_assert_eq!(ours.identity.full_name, card_claims().identity.full_name),
            (None, Some(_)) => prop_assert!(false, "claim169-core takes what we do not, at {}", place),
        }
    }
}
