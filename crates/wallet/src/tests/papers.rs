//! What the vault holds: by person, what ended, what was deleted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::DAY;

use super::documents::ask;
use super::province::{Province, domicile};
use super::{NOW, Phone};
use crate::UiCode;
use crate::screen::{Document, DocumentSort, DocumentState, Documents, Person};
use crate::store::{self, offer};

/// An enrolled person with a domicile certificate.
pub(super) fn phone() -> (Phone, Province) {
    let mut province = Province::new(NOW);
    province.domicile = Some(("PSH-26-1", 1));
    let phone = Phone::enrolled(61, &mut province);
    (phone, province)
}

pub(super) fn documents(phone: &Phone) -> Documents {
    phone.wallet.documents(NOW).unwrap()
}

pub(super) fn own(all: &Documents) -> &Person {
    assert_eq!(all.people.len(), 1);
    assert!(all.people[0].own);
    &all.people[0]
}

pub(super) fn of_kind(all: &Documents, vct: &str) -> Vec<Document> {
    own(all)
        .documents
        .iter()
        .filter(|one| one.vct == vct)
        .cloned()
        .collect()
}

pub(super) fn the_one(phone: &Phone, vct: &str) -> Document {
    let found = of_kind(&documents(phone), vct);
    assert_eq!(found.len(), 1, "{vct}");
    found[0].clone()
}

#[test]
fn everything_is_listed_under_whose_it_is() {
    let (phone, _) = phone();
    let all = documents(&phone);
    let person = own(&all);
    assert_eq!(
        (person.name_en.as_str(), person.name_ur.as_str()),
        ("Gul Zaman", "گل زمان")
    );
    let sorts: Vec<_> = person
        .documents
        .iter()
        .map(|one| (one.vct.as_str(), one.sort))
        .collect();
    assert_eq!(
        sorts,
        [
            ("identity", DocumentSort::Identity),
            ("domicile", DocumentSort::Document),
            ("age", DocumentSort::Pass),
            ("residence", DocumentSort::Pass),
            ("name-photo", DocumentSort::Pass),
        ]
    );
    let domicile = the_one(&phone, "domicile");
    assert_eq!(domicile.kind.name.ps, "د ډومیسایل سند");
    assert_eq!(
        (domicile.issuer.as_deref(), domicile.iss.as_str()),
        (Some("Test province"), credential::ISSUER)
    );
    assert_eq!(
        (domicile.issued_on.as_str(), domicile.valid_until.as_str()),
        ("2026-11-22", "2027-05-20")
    );
    assert_eq!((domicile.state, domicile.left), (DocumentState::Shows, 2));
    assert!(domicile.photo && !domicile.timed && domicile.can_delete);
    assert!(all.photo_data_url.is_some() && all.status_as_of.is_some() && all.last_sync_at.is_some());
    assert!(all.put_away.is_empty());
    assert!(the_one(&phone, "age").timed && !the_one(&phone, "age").can_delete);
}

#[test]
fn what_is_withdrawn_shows_no_more_and_stays_to_be_looked_at() {
    let (mut phone, mut province) = phone();
    let showing = ask(&province, domicile(), 1);
    let view = phone.wallet.read_request_text(&showing.text, NOW).unwrap();
    phone.wallet.answer_request(view.id, None, NOW).unwrap();
    let signed = the_signed(&phone, "domicile");
    province.domicile = None;
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    phone.restart();
    let gone = the_one(&phone, "domicile");
    assert_eq!((gone.state, gone.left), (DocumentState::Withdrawn, 0));
    assert_eq!(gone.ended_at.map(u64::from), Some(NOW.plus(60).unix()));
    assert!(
        gone.claims
            .iter()
            .any(|claim| claim.value.as_deref() == Some("PSH-26-1"))
    );
    assert_eq!(
        own(&documents(&phone)).documents.last().unwrap().vct,
        "domicile",
        "what ended is last"
    );
    let view = phone
        .wallet
        .read_request_text(&ask(&province, domicile(), 2).text, NOW)
        .unwrap();
    assert_eq!(view.reason, Some(UiCode::NoPass));
    assert!(
        phone
            .wallet
            .home(NOW)
            .unwrap()
            .passes
            .iter()
            .all(|pass| pass.vct != "domicile")
    );
    // What was shown of it is in the past as before, and its bytes are those that were signed.
    assert_eq!(phone.wallet.history().unwrap()[0].vct, "domicile");
    assert_eq!(the_signed(&phone, "domicile"), signed);
    phone.wallet.delete_document(&gone.id, NOW).unwrap();
    assert_eq!(of_kind(&documents(&phone), "domicile"), []);
    assert_eq!(phone.wallet.history().unwrap()[0].vct, "domicile");
}

#[test]
fn what_was_granted_anew_is_there_as_it_is_and_as_it_was() {
    let (mut phone, mut province) = phone();
    province.domicile = Some(("PSH-26-2", 2));
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    let both = of_kind(&documents(&phone), "domicile");
    let numbers: Vec<_> = both
        .iter()
        .map(|one| {
            let number = one.claims.iter().find(|claim| claim.key == "certificate_number");
            (number.unwrap().value.clone().unwrap(), one.state)
        })
        .collect();
    assert_eq!(
        numbers,
        [
            ("PSH-26-2".to_owned(), DocumentState::Shows),
            ("PSH-26-1".to_owned(), DocumentState::Replaced),
        ]
    );
}

#[test]
fn the_state_is_what_status_data_and_dates_say() {
    let (mut phone, mut province) = phone();
    let at = |phone: &Phone, now| {
        let all = phone.wallet.documents(now).unwrap();
        of_kind(&all, "domicile")[0].state
    };
    assert_eq!(at(&phone, NOW.plus(180 * DAY)), DocumentState::Ended);
    province.revoke(NOW);
    let refused = phone.sync(&mut province, NOW).unwrap_err();
    assert_eq!(refused.code, UiCode::PersonRevoked);
    assert_eq!(at(&phone, NOW), DocumentState::Withdrawn);
    assert_eq!(the_one(&phone, "identity").state, DocumentState::Withdrawn);
}

#[test]
fn a_deleted_document_is_not_drawn_again_before_it_is_wanted_back_or_granted_anew() {
    let (mut phone, mut province) = phone();
    let domicile = the_one(&phone, "domicile");
    phone.wallet.delete_document(&domicile.id, NOW).unwrap();
    let gone = phone.wallet.delete_document(&domicile.id, NOW).unwrap_err();
    assert_eq!(gone.code, UiCode::DocumentGone);
    province.requests.clear();
    phone.sync(&mut province, NOW).unwrap();
    assert!(
        !province
            .requests
            .iter()
            .any(|path| path == province_api::paths::PASSES)
    );
    phone.restart();
    let all = documents(&phone);
    assert_eq!(of_kind(&all, "domicile"), []);
    assert_eq!(all.put_away.len(), 1);
    assert_eq!(all.put_away[0].kind.name.en, "Domicile certificate");
    assert!(
        phone
            .wallet
            .home(NOW)
            .unwrap()
            .passes
            .iter()
            .all(|pass| !pass.document)
    );
    assert!(
        phone
            .wallet
            .on_its_way(NOW)
            .unwrap()
            .items
            .iter()
            .all(|item| item.kind.is_none())
    );

    phone.wallet.want_document(&all.put_away[0].id).unwrap();
    assert_eq!(
        phone.wallet.want_document(&all.put_away[0].id).unwrap_err().code,
        UiCode::DocumentGone
    );
    phone.sync(&mut province, NOW).unwrap();
    let again = the_one(&phone, "domicile");
    assert_eq!(again.state, DocumentState::Shows);

    phone.wallet.delete_document(&again.id, NOW).unwrap();
    province.domicile = Some(("PSH-26-2", 2));
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(the_one(&phone, "domicile").state, DocumentState::Shows);
    assert!(documents(&phone).put_away.is_empty());
}

#[test]
fn a_batch_that_was_on_its_way_does_not_bring_back_what_was_deleted() {
    let (mut phone, mut province) = phone();
    province.domicile = Some(("PSH-26-2", 2));
    phone.wallet.start_sync(NOW).unwrap();
    while let Some(request) = phone.wallet.next_request(NOW, &mut phone.rng).unwrap() {
        if request.path == province_api::paths::PASSES {
            // The request is out; the citizen deletes the old grant's successor meanwhile.
            store::put_away::insert(phone.wallet.database(), (domicile().into(), 2), NOW).unwrap();
        }
        let answer = province.handle(&request, NOW).unwrap();
        phone.wallet.on_response(&answer, NOW).unwrap();
    }
    phone.wallet.finish_run(NOW).unwrap();
    assert_eq!(
        store::credential::stock(phone.wallet.database(), domicile(), NOW)
            .unwrap()
            .total,
        0
    );
    assert_eq!(documents(&phone).put_away.len(), 1);
}

#[test]
fn the_card_and_the_passes_are_not_deleted_one_by_one() {
    let (mut phone, _) = phone();
    for vct in ["identity", "age"] {
        let id = the_one(&phone, vct).id;
        assert_eq!(
            phone.wallet.delete_document(&id, NOW).unwrap_err().code,
            UiCode::DocumentStays
        );
    }
    for id in [
        "",
        "stock:",
        "stock:never",
        "past:7",
        "past:x",
        "kept:age",
        "other:age",
    ] {
        assert_eq!(
            phone.wallet.delete_document(id, NOW).unwrap_err().code,
            UiCode::DocumentGone,
            "{id}"
        );
    }
    assert_eq!(own(&documents(&phone)).documents.len(), 5);
    assert!(
        offer::all(phone.wallet.database())
            .unwrap()
            .contains_key(&credential::Vct::AGE.into())
    );
}

/// The signed bytes as the export has them.
fn the_signed(phone: &Phone, vct: &str) -> Vec<u8> {
    let id = the_one(phone, vct).id;
    let export = phone.wallet.export(Some(&id), NOW).unwrap();
    assert_eq!(export.credentials.len(), 1);
    URL_SAFE_NO_PAD.decode(&export.credentials[0].credential).unwrap()
}
