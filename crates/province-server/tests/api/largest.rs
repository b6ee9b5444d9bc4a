//! The largest passes: whatever an enrolment takes fits the code that docs/format.md promises.

use axum::http::StatusCode;
use credential::{
    AUDIENCE_BYTES_MAX, Credential, Names, Signer, Vct, build_request, present_to_request, read_request,
};
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::person::{FieldError, LATIN_BYTES_MAX, TEXTS_BYTES_MAX};
use province_server::admin::Desk;

use crate::bench::{Bench, Phone, citizen_number};
use crate::passes::desk;

/// Characters of alphanumeric mode in version 19 at level L (ISO/IEC 18004, table 7).
const VERSION_19_L: usize = 1_153;

/// Five texts that fill what they may have, each long enough for a longer CBOR length, in the district with the longest
/// name. Unseen signs around them count for nothing.
fn longest() -> EnrolmentRequest {
    let latin = "W".repeat(LATIN_BYTES_MAX);
    let local = "ښ".repeat(25);
    let left = TEXTS_BYTES_MAX - 2 * LATIN_BYTES_MAX - 100;
    EnrolmentRequest {
        name_en: latin.clone(),
        name_ur: format!("\u{202B}{local}\u{202C}"),
        guardian_name_en: latin,
        guardian_name_ur: local,
        address: "م".repeat(left / 2) + "\u{2069}\u{0007}",
        district: "upper-south-waziristan".into(),
        ..citizen_number(1).enrolment()
    }
}

#[tokio::test]
async fn the_longest_identity_fits_version_19_at_the_desk_with_the_longest_name() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let _: EnrolmentReply = bench.enrol(&phone, &longest()).await.json();
    let pass = bench.issued(&phone, 0, &["identity"]).await.credentials.remove(0);
    let now = bench.now();
    let key = credential::SecretKey::from_seed([77; 32]);
    let audience = "a".repeat(AUDIENCE_BYTES_MAX);
    let certificate = Desk {
        name: Names::new("Desk", "", ""),
        purpose: Names::new("Test", "", ""),
        audience: audience.clone(),
        ..desk(&key, &[Vct::IDENTITY])
    };
    let certificate = bench.office.counter_certificate(&certificate, now).await.unwrap();
    let signer = Signer {
        key: &key,
        certificate: Some(&certificate),
    };
    let request = build_request(&Vct::IDENTITY, &audience, [5; 16], now, Some(signer)).unwrap();
    let trust = bench.trust().await;
    let read = read_request(&request.text, Some(&trust), now).unwrap();
    let shown = present_to_request(&pass.0, &phone.holder(0), &read).unwrap();
    let index = Credential::parse(&pass.0)
        .unwrap()
        .unverified_claims()
        .status
        .clone()
        .unwrap()
        .index;
    // An index above 65,535 takes two bytes more, which are three characters.
    let shorter = if index > 0xFFFF { 0 } else { 6 };
    println!("{} characters", shown.len() + shorter);
    assert!(
        shown.len() + shorter <= VERSION_19_L,
        "{} characters",
        shown.len() + shorter
    );
}

#[tokio::test]
async fn whatever_an_enrolment_takes_can_be_signed_and_one_letter_more_is_not_taken() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let mut longer = longest();
    longer.address.insert(0, 'a');
    let problem = bench.enrol(&phone, &longer).await.problem();
    assert_eq!(problem.fields[0].field, "address");
    assert_eq!(problem.fields[0].code, FieldError::FieldTooLong);
    assert_eq!(bench.enrol(&phone, &longest()).await.status, StatusCode::OK);
    let types = ["age", "residence", "identity", "name-photo"];
    assert_eq!(
        bench.issued(&phone, 0, &types).await.credentials.len(),
        types.len()
    );
}
