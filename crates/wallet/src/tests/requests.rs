//! A desk asks: consent, over-asking, the answer and the photo.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::{
    Code, Context, Expect, FaceCheck, IssuedRequest, SecretKey, Signer, Vct, build_request, photo,
    present_to_request, read_request, verify,
};
use qr::{Ecc, Qr};

use super::province::{Province, root_set};
use super::{NOW, Phone};
use crate::UiCode;
use crate::screen::{ShowingMode, ShowingOutcome};
use crate::store::enrolment;
use crate::sync::{load_status, load_trust};

fn ask(desk: &(SecretKey, Vec<u8>), vct: Vct, nonce: u8) -> IssuedRequest {
    let signer = Signer {
        key: &desk.0,
        certificate: Some(&desk.1),
    };
    build_request(&vct, crate::DEFAULT_AUDIENCE, [nonce; 16], NOW, Some(signer)).unwrap()
}

#[test]
fn a_certified_desk_gets_the_identity_it_asked_for_and_the_photo() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let desk = province.desk(vec![Vct::IDENTITY], NOW);
    let issued = ask(&desk, Vct::IDENTITY, 1);
    let view = phone.wallet.read_request_text(&issued.text, NOW).unwrap();
    assert!(view.certified && view.answerable);
    assert_eq!(view.name_en.as_deref(), Some("Test desk"));
    assert_eq!(
        view.purpose_ur.as_deref(),
        Some("A test"),
        "English where there is no Urdu"
    );
    assert_eq!(view.check_code, issued.check_code());
    assert_eq!(
        view.claims
            .iter()
            .find(|c| c.key == "cnic")
            .unwrap()
            .value
            .as_deref(),
        Some("99999-1234567-1")
    );
    let again = phone.wallet.read_request_text(&issued.text, NOW).unwrap();
    assert_eq!(
        again.id, view.id,
        "a camera reads the same request again and again"
    );

    let showing = phone.wallet.answer_request(view.id, None, NOW).unwrap();
    assert_eq!(
        (showing.mode, showing.renew_in_ms, showing.frame_ms),
        (ShowingMode::Request, 0, 125)
    );
    assert_eq!(showing.check_code, Some(issued.check_code()));
    // Three of 900 bytes and three of parity; the presentation is every fourth code.
    assert_eq!(showing.frames.len(), 8);
    let database = phone.wallet.database();
    let trust = load_trust(database, &root_set()).unwrap().unwrap();
    let status = load_status(database, &trust).unwrap().unwrap();
    let (raw, index): (Vec<u8>, i64) = database
        .query_row(
            "SELECT raw, holder_index FROM credential WHERE shown_at IS NOT NULL",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let key = enrolment::holder_key(database, u64::try_from(index).unwrap()).unwrap();
    let request = read_request(&issued.text, Some(&trust), NOW).unwrap();
    let text = present_to_request(&raw, &key, &request).unwrap();
    let picture = |text: &str| Qr::encode(text, Ecc::Low).unwrap().svg_path();
    for (place, frame) in showing.frames.iter().enumerate() {
        assert_eq!(frame.path == picture(&text), place % 4 == 0, "{place}");
    }
    let outcome = verify(
        &text,
        &Context {
            now: NOW,
            trust: Some(&trust),
            status: Some(&status),
            types: None,
            expect: Expect::Request(&issued),
            rule: None,
        },
    );
    assert_eq!(outcome.code, Code::FaceNotCompared);
    let verified = outcome.verified.unwrap();
    let texts = photo::frames(&province.photo);
    let shown = (0..8)
        .filter(|place| place % 4 != 0)
        .map(|place| &showing.frames[place].path);
    assert!(shown.eq(texts.iter().map(|text| picture(text)).collect::<Vec<_>>().iter()));
    let mut assembly = photo::assembly(*verified.photo_sha256().unwrap());
    for text in &texts[3..] {
        assembly.add(text);
    }
    assert_eq!(assembly.finished().unwrap(), province.photo, "the parity alone");
    assert_eq!(verified.confirm_face(FaceCheck::Same).0, Code::Accepted);

    let gone = phone.wallet.answer_request(view.id, None, NOW).unwrap_err();
    assert_eq!(gone.code, UiCode::RequestGone, "one request is one answer");
    let history = phone.wallet.history().unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].desk_name_ps.as_deref(), Some("د ازموینې مېز"));
    assert!(
        history[0]
            .claims
            .iter()
            .any(|claim| claim.key == "cnic" && claim.value.is_none())
    );
}

#[test]
fn an_unknown_desk_gets_predicates_only_and_over_asking_is_on_record_once() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let unsigned = |vct: Vct, nonce| build_request(&vct, "kp:any", [nonce; 16], NOW, None).unwrap();
    let age = phone
        .wallet
        .read_request_text(&unsigned(Vct::AGE, 1).text, NOW)
        .unwrap();
    assert!(!age.certified && age.answerable && age.name_en.is_none());

    let text = unsigned(Vct::IDENTITY, 2).text;
    let greedy = phone.wallet.read_request_text(&text, NOW).unwrap();
    phone.wallet.read_request_text(&text, NOW).unwrap();
    assert_eq!(
        (greedy.answerable, greedy.reason),
        (false, Some(UiCode::RequestOverAsking))
    );
    let error = phone.wallet.answer_request(greedy.id, None, NOW).unwrap_err();
    assert_eq!(error.code, UiCode::RequestOverAsking);
    phone.wallet.decline_request(greedy.id, NOW).unwrap();
    phone.wallet.decline_request(age.id, NOW).unwrap();
    let history = phone.wallet.history().unwrap();
    let outcomes: Vec<_> = history.iter().map(|item| (item.outcome, item.reason)).collect();
    assert_eq!(
        outcomes,
        [
            (ShowingOutcome::Declined, None),
            (ShowingOutcome::Refused, Some(UiCode::RequestOverAsking))
        ]
    );
    assert_eq!(
        phone.wallet.home(NOW).unwrap().passes[2].left,
        5,
        "no identity was used up"
    );
}

#[test]
fn a_certified_desk_may_not_ask_beyond_its_certificate() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let desk = province.desk(vec![Vct::AGE], NOW);
    let view = phone
        .wallet
        .read_request_text(&ask(&desk, Vct::IDENTITY, 1).text, NOW)
        .unwrap();
    assert_eq!(view.reason, Some(UiCode::RequestOverAsking));
    let history = phone.wallet.history().unwrap();
    assert_eq!(history[0].desk_name_en.as_deref(), Some("Test desk"));
}

#[test]
fn a_certificate_that_does_not_hold_is_told_apart_from_one_that_cannot_be_checked() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let old = province.desk(vec![Vct::IDENTITY], NOW.minus(400 * credential::DAY));
    let view = phone
        .wallet
        .read_request_text(&ask(&old, Vct::IDENTITY, 1).text, NOW)
        .unwrap();
    assert_eq!(
        (view.certified, view.reason),
        (false, Some(UiCode::DeskUntrusted))
    );
    // No trust list on this phone.
    let mut bare = Phone::ready(2);
    let desk = province.desk(vec![Vct::IDENTITY], NOW);
    let view = bare
        .wallet
        .read_request_text(&ask(&desk, Vct::IDENTITY, 2).text, NOW)
        .unwrap();
    assert_eq!(view.reason, Some(UiCode::DeskUnknown));
    let view = bare
        .wallet
        .read_request_text(&ask(&desk, Vct::AGE, 3).text, NOW)
        .unwrap();
    assert_eq!(view.reason, Some(UiCode::NoPass));
    assert_eq!(view.claims[0].value, None);
}

#[test]
fn only_a_request_is_read_as_one() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    for (text, code) in [
        ("https://example.org", UiCode::NotARequest),
        ("KP1:ABC", UiCode::NotARequest),
        ("KPR:", UiCode::RequestInvalid),
        ("KPR:::", UiCode::RequestInvalid),
    ] {
        assert_eq!(
            phone.wallet.read_request_text(text, NOW).unwrap_err().code,
            code,
            "{text}"
        );
    }
    let error = phone.wallet.decline_request(99, NOW).unwrap_err();
    assert_eq!(error.code, UiCode::RequestGone);
}
