//! Documents and kinds as data: drawn at sync, shown in the register's words, dropped when they are withdrawn.

use credential::{
    Code, Context, Expect, IssuedRequest, PassType, Signer, TrustList, TypeRegister, Vct, build_request,
    present_to_request, read_request, verify,
};

use super::province::{Province, domicile, packaged, register, root_set};
use super::{NOW, Phone};
use crate::screen::{RequestView, Script};
use crate::sync::load_status;
use crate::{UiCode, store};

pub(super) fn ask(province: &Province, vct: Vct, nonce: u8) -> IssuedRequest {
    let (key, certificate) = province.desk(vec![vct], NOW);
    let signer = Signer {
        key: &key,
        certificate: Some(&certificate),
    };
    build_request(&vct, crate::DEFAULT_AUDIENCE, [nonce; 16], NOW, Some(signer)).unwrap()
}

fn stock(phone: &Phone, vct: Vct) -> u32 {
    store::credential::stock(phone.wallet.database(), vct, NOW)
        .unwrap()
        .left
}

/// The text behind the code on the screen, made again from what was shown.
fn shown_text(phone: &Phone, issued: &IssuedRequest, trust: &TrustList) -> String {
    let database = phone.wallet.database();
    let sql = "SELECT raw, holder_index FROM credential WHERE shown_at IS NOT NULL";
    let (raw, index): (Vec<u8>, i64) = database
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let key = store::enrolment::holder_key(database, u64::try_from(index).unwrap()).unwrap();
    let request = read_request(&issued.text, Some(trust), NOW).unwrap();
    present_to_request(&raw, &key, &request).unwrap()
}

fn says(view: &RequestView) -> Vec<(&str, Option<&str>)> {
    view.claims
        .iter()
        .map(|claim| (claim.label.en.as_str(), claim.value.as_deref()))
        .collect()
}

#[test]
fn a_document_comes_with_the_next_sync_and_a_desk_sees_what_the_citizen_saw() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    assert_eq!(stock(&phone, domicile()), 0);
    assert!(
        phone
            .wallet
            .home(NOW)
            .unwrap()
            .passes
            .iter()
            .all(|pass| !pass.document)
    );
    province.domicile = Some(("PSH-26-1", 1));
    assert!(phone.sync(&mut province, NOW).unwrap().changed);
    assert_eq!(stock(&phone, domicile()), 2);
    let home = phone.wallet.home(NOW).unwrap();
    let document = home.passes.iter().find(|pass| pass.document).unwrap();
    assert_eq!(
        (document.vct.as_str(), document.kind.icon.as_str()),
        ("domicile", "home")
    );
    assert_eq!(document.kind.name.ur, "ڈومیسائل سرٹیفکیٹ");
    assert!(
        phone
            .wallet
            .timed_choices(NOW)
            .unwrap()
            .iter()
            .all(|choice| choice.vct != "domicile")
    );
    let refused = phone.wallet.show_timed("domicile", None, NOW).unwrap_err();
    assert_eq!(refused.code, UiCode::RequestNeeded);

    let issued = ask(&province, domicile(), 1);
    let view = phone.wallet.read_request_text(&issued.text, NOW).unwrap();
    assert!(view.answerable);
    assert_eq!(view.kind.name.en, "Domicile certificate");
    let consent = says(&view);
    let labels: Vec<_> = consent.iter().map(|(label, _)| *label).collect();
    let order = [
        "Name",
        "Father's or husband's name",
        "CNIC number",
        "Certificate number",
        "Issued on",
        "District of domicile",
        "Photo",
    ];
    assert_eq!(labels, order);
    assert_eq!(consent[3].1, Some("PSH-26-1"));
    assert_eq!(
        (consent[4].1, view.claims[4].script),
        (Some("2026-11-02"), Script::Date)
    );

    let showing = phone.wallet.answer_request(view.id, None, NOW).unwrap();
    assert!(showing.frames.len() > 1, "with the photo");
    let trust = TrustList::verify(&province.trust_list, &root_set(), None).unwrap();
    let types = TypeRegister::verify(&province.types, &trust, None).unwrap();
    let status = load_status(phone.wallet.database(), &trust).unwrap().unwrap();
    let text = shown_text(&phone, &issued, &trust);
    let ctx = Context {
        now: NOW,
        trust: Some(&trust),
        status: Some(&status),
        types: Some(&types),
        expect: Expect::Request(&issued),
        rule: None,
    };
    let outcome = verify(&text, &ctx);
    assert_eq!(outcome.code, Code::FaceNotCompared);
    let verified = outcome.verified.unwrap();
    let kind = types.find(&domicile()).unwrap();
    let seen: Vec<_> = kind
        .shown(verified.claims())
        .map(|one| one.claim.label.en.as_str())
        .collect();
    assert_eq!(seen, order);
}

#[test]
fn a_document_that_was_granted_anew_or_withdrawn_leaves_nothing_of_the_old_one() {
    let mut province = Province::new(NOW);
    province.domicile = Some(("PSH-26-1", 1));
    let mut phone = Phone::enrolled(1, &mut province);
    province.domicile = Some(("PSH-26-2", 2));
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(stock(&phone, domicile()), 2);
    let view = phone
        .wallet
        .read_request_text(&ask(&province, domicile(), 1).text, NOW)
        .unwrap();
    assert_eq!(says(&view)[3].1, Some("PSH-26-2"));
    province.domicile = None;
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(stock(&phone, domicile()), 0);
    assert!(stock(&phone, Vct::IDENTITY) > 0);
    let view = phone
        .wallet
        .read_request_text(&ask(&province, domicile(), 2).text, NOW)
        .unwrap();
    assert_eq!(view.reason, Some(UiCode::NoPass));
    assert_eq!(
        says(&view)[3],
        ("Certificate number", None),
        "what the desk wanted is said all the same"
    );
}

#[test]
fn a_document_of_somebody_else_or_with_more_than_its_kind_is_refused() {
    let bends: [fn(&mut credential::Claims); 3] = [
        |claims| claims.identity.as_mut().unwrap().id = Some("9999911111111".into()),
        |claims| _ = claims.facts.fields.insert(60, credential::Field::Truth(true)),
        |claims| _ = claims.facts.fields.remove(&32),
    ];
    for bend in bends {
        let mut province = Province::new(NOW);
        let mut phone = Phone::enrolled(1, &mut province);
        province.domicile = Some(("PSH-26-1", 1));
        province.bend = Some(bend);
        assert_eq!(
            phone.sync(&mut province, NOW).unwrap_err().code,
            UiCode::PassRefused
        );
        assert_eq!(stock(&phone, domicile()), 0);
    }
}

#[test]
fn a_kind_that_is_added_to_the_register_needs_no_other_app() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let mut types: Vec<PassType> = packaged();
    types[0].name.en = "Grown up".to_owned();
    types[0].claims.pop();
    types[0].stock = 4;
    province.types = register(2, NOW, &types, &province.issuer);
    assert!(phone.sync(&mut province, NOW).unwrap().changed);
    let choices = phone.wallet.timed_choices(NOW).unwrap();
    assert_eq!(choices[0].kind.name.en, "Grown up");
    let labels: Vec<_> = choices[0]
        .claims
        .iter()
        .map(|claim| claim.label.en.as_str())
        .collect();
    assert_eq!(labels, ["Whether 18 or older"]);
    assert_eq!(choices[0].claims[0].words.as_ref().unwrap().en, "18 or older");

    province.types = register(1, NOW, &packaged(), &province.issuer);
    assert_eq!(
        phone.sync(&mut province, NOW).unwrap_err().code,
        UiCode::TypesRefused
    );
    assert_eq!(
        phone.wallet.timed_choices(NOW).unwrap()[0].kind.name.en,
        "Grown up"
    );
}
