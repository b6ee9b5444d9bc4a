//! Applications: filled without a network, sent once, followed, taken back, and refused alike on both sides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::{Catalogue, CatalogueContent, DAY};
use province_api::application::ApplicationState;
use province_api::catalogue::guide::Guide;
use province_api::definition::Asked;
use province_api::person::Day;
use serde_json::{Map, Value, json};

use super::catalogue::enrolled;
use super::province::{Province, catalogue};
use super::{NOW, Phone};
use crate::screen::{ApplicationStep, ApplicationView, ItemKind, ItemState};
use crate::testing::TestRng;
use crate::{Failure, UiCode};

const FARD: &str = "fard";

/// A phone with the catalogue.
fn with_catalogue() -> (Province, Phone) {
    let (mut province, mut phone) = enrolled();
    phone.sync(&mut province, NOW).unwrap();
    (province, phone)
}

fn guide(province: &Province) -> Guide {
    let content = Catalogue::read_unverified(province.catalogue.as_ref().unwrap()).unwrap();
    Guide::read(&content.guide, content.services.iter().map(|one| &*one.id)).unwrap()
}

fn sample(guide: &Guide, service: &str, rng: &mut TestRng) -> Map<String, Value> {
    use rand_core::Rng as _;
    let definition = guide.definition(service).unwrap();
    definition.sample(Day::at_unix(NOW.unix()), &mut |below| rng.next_u64() % below)
}

/// Begins one, fills it and queues it.
fn queued(phone: &mut Phone, guide: &Guide, service: &str) -> ApplicationView {
    let form = sample(guide, service, &mut phone.rng);
    let begun = phone.wallet.begin_application(service, NOW).unwrap();
    let typed = Value::Object(form).to_string();
    let errors = phone.wallet.save_application(begun.line.id, &typed, NOW).unwrap();
    assert_eq!(errors, [], "{service}");
    let view = phone
        .wallet
        .submit_application(begun.line.id, NOW, &mut phone.rng);
    view.unwrap_or_else(|error| panic!("{service}: {error:?}"))
}

fn step(phone: &mut Phone, id: u32) -> ApplicationStep {
    phone.wallet.application(id, NOW).unwrap().line.state
}

#[test]
fn one_is_filled_without_a_network_sent_once_followed_and_taken_back() {
    let (mut province, mut phone) = with_catalogue();
    let view = queued(&mut phone, &guide(&province), FARD);
    let id = view.line.id;
    assert_eq!(
        (view.line.state, view.can_change, view.can_take_back),
        (ApplicationStep::Queued, false, true)
    );
    let refused = phone.wallet.save_application(id, "{}", NOW).unwrap_err();
    assert_eq!(refused.code, UiCode::StillUnderway);
    // Taken back before it left, it is a draft with all that was typed; queued again, it waits where the citizen sees it.
    let draft = phone
        .wallet
        .take_back_application(id, NOW, &mut phone.rng)
        .unwrap();
    assert_eq!(
        (draft.line.state, &draft.typed),
        (ApplicationStep::Draft, &view.typed)
    );
    phone.wallet.submit_application(id, NOW, &mut phone.rng).unwrap();
    let item = &phone.wallet.on_its_way(NOW).unwrap().items[0];
    assert_eq!(
        (item.what, item.state, item.application),
        (ItemKind::Application, ItemState::Waiting, Some(id))
    );
    phone.restart();
    // The answer is lost: it goes again under its key, and the feed said so before.
    phone.wallet.start_sync(NOW).unwrap();
    let mut lost = false;
    while let Some(request) = phone.wallet.next_request(NOW, &mut phone.rng).unwrap() {
        let answer = province.handle(&request, NOW).unwrap();
        if request.path == province_api::paths::APPLICATIONS && !lost {
            lost = true;
            phone.wallet.on_failure(Failure::TimedOut, NOW).unwrap();
        } else {
            phone.wallet.on_response(&answer, NOW).unwrap();
        }
    }
    phone.wallet.finish_run(NOW).unwrap();
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(province.applications.len(), 1);
    assert_eq!(phone.wallet.applications(NOW).unwrap().len(), 1);
    assert_eq!(step(&mut phone, id), ApplicationStep::Submitted);
    let sent = Value::Object(province.applications[0].form.clone()).to_string();
    assert_eq!(phone.wallet.application(id, NOW).unwrap().typed, sent);
    // The office moves it on; then the citizen takes it back.
    province.move_on(
        0,
        ApplicationState::InformationWanted,
        Some("Which mauza?"),
        NOW.plus(60),
    );
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    let view = phone.wallet.application(id, NOW.plus(60)).unwrap();
    assert_eq!(
        (view.line.state, view.said.as_deref()),
        (ApplicationStep::InformationWanted, Some("Which mauza?"))
    );
    phone
        .wallet
        .take_back_application(id, NOW.plus(60), &mut phone.rng)
        .unwrap();
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    assert_eq!(step(&mut phone, id), ApplicationStep::Withdrawn);
    phone.wallet.delete_application(id, NOW).unwrap();
    assert_eq!(phone.wallet.applications(NOW).unwrap(), []);
    assert_eq!(
        phone.wallet.application(id, NOW).unwrap_err().code,
        UiCode::ApplicationGone
    );
}

#[test]
fn a_fee_that_is_due_is_said_and_so_is_how_it_was_paid() {
    let (mut province, mut phone) = with_catalogue();
    let id = queued(&mut phone, &guide(&province), FARD).line.id;
    phone.sync(&mut province, NOW).unwrap();
    province.move_on(0, ApplicationState::PaymentDue, None, NOW.plus(60));
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    let due = phone.wallet.application(id, NOW.plus(60)).unwrap();
    assert_eq!(
        (due.line.state, due.due_rupees, due.challan),
        (ApplicationStep::PaymentDue, Some(150), None)
    );
    assert!(due.can_take_back);
    province.move_on(0, ApplicationState::InReview, None, NOW.plus(120));
    phone.sync(&mut province, NOW.plus(120)).unwrap();
    let paid = phone.wallet.application(id, NOW.plus(120)).unwrap();
    assert_eq!(
        (paid.due_rupees, paid.challan.as_deref()),
        (Some(150), Some("12345678"))
    );
}

#[test]
fn every_service_is_opened_filled_and_sent() {
    let (mut province, mut phone) = with_catalogue();
    let guide = guide(&province);
    for some in guide.services.chunks(40) {
        for service in some {
            let view = queued(&mut phone, &guide, &service.id);
            assert!(!view.steps.is_empty(), "{}", service.id);
            for page in &view.pages {
                let fields = page
                    .fields
                    .iter()
                    .chain(page.fields.iter().flat_map(|field| &field.rows));
                let names = fields.map(|field| &field.name);
                for words in names.chain([&page.name]).chain(&view.steps) {
                    let texts = [&words.en, &words.ur, &words.ps];
                    assert!(!texts.iter().any(|text| text.is_empty()), "{}", service.id);
                }
            }
        }
        phone.sync(&mut province, NOW).unwrap();
    }
    let all = phone.wallet.applications(NOW).unwrap();
    assert!(all.iter().all(|one| one.state == ApplicationStep::Submitted));
    assert_eq!((all.len(), province.applications.len()), (242, 242));
}

#[test]
fn what_breaks_a_rule_is_refused_here_and_there_by_the_same_code() {
    let (mut province, mut phone) = with_catalogue();
    let guide = guide(&province);
    let mut form = sample(&guide, FARD, &mut phone.rng);
    let begun = phone.wallet.begin_application(FARD, NOW).unwrap();
    form.insert("declare_true".to_owned(), json!(false));
    let typed = Value::Object(form.clone()).to_string();
    let errors = phone.wallet.save_application(begun.line.id, &typed, NOW).unwrap();
    let missing = |field: &str, code| field == "declare_true" && code == UiCode::DeclarationMissing;
    assert!(missing(&errors[0].field, errors[0].code));
    let refused = phone
        .wallet
        .submit_application(begun.line.id, NOW, &mut phone.rng)
        .unwrap_err();
    assert!(refused.code == UiCode::FieldsInvalid && refused.fields == errors);
    // A phone that asks nothing sends it all the same: the province finds the same.
    let body = json!({ "service": FARD, "form": form }).to_string();
    let answer = province.applied_by_hand(body.as_bytes());
    let problem: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(problem["fields"][0]["field"], "declare_true");
    assert_eq!(problem["fields"][0]["code"], "declaration_missing");
    let gone = phone
        .wallet
        .begin_application("no-such-service", NOW)
        .unwrap_err();
    assert_eq!(gone.code, UiCode::FormUnknown);
}

#[test]
fn a_definition_that_changes_meanwhile_loses_nothing_of_a_draft() {
    let (mut province, mut phone) = with_catalogue();
    let view = queued(&mut phone, &guide(&province), FARD);
    // The department asks one thing more, before the phone was there.
    let content = Catalogue::read_unverified(&catalogue(2, NOW.plus(60), &province.issuer)).unwrap();
    let mut newer = Guide::read(&content.guide, content.services.iter().map(|one| &*one.id)).unwrap();
    let fard = newer.services.iter_mut().find(|one| one.id == FARD).unwrap();
    let page = &mut fard.form.as_mut().unwrap().pages[0];
    page.fields.push(Asked {
        field: "email".to_owned(),
        optional: false,
        when: None,
    });
    let content = CatalogueContent {
        guide: newer.to_bytes(),
        ..content
    };
    province.catalogue = Some(Catalogue::sign(&content, &province.issuer).unwrap());
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    let back = phone.wallet.application(view.line.id, NOW.plus(60)).unwrap();
    assert_eq!(
        (back.line.state, back.can_change),
        (ApplicationStep::NotTaken, true)
    );
    assert_eq!(back.error.unwrap().code, UiCode::FieldsInvalid);
    assert_eq!(back.typed, view.typed);
    // The run brought the new form, too: what is missing is said, mended and sent.
    assert_eq!(back.errors.len(), 1);
    assert_eq!(
        (back.errors[0].field.as_str(), back.errors[0].code),
        ("email", UiCode::FieldMissing)
    );
    let mut typed: Map<String, Value> = serde_json::from_str(&back.typed).unwrap();
    typed.insert("email".to_owned(), json!("test@example.org"));
    let typed = Value::Object(typed).to_string();
    assert_eq!(
        phone
            .wallet
            .save_application(view.line.id, &typed, NOW.plus(60))
            .unwrap(),
        []
    );
    phone
        .wallet
        .submit_application(view.line.id, NOW.plus(60), &mut phone.rng)
        .unwrap();
    phone.sync(&mut province, NOW.plus(120)).unwrap();
    assert_eq!(step(&mut phone, view.line.id), ApplicationStep::Submitted);
    assert_eq!(province.applications[0].form["email"], "test@example.org");
}

#[test]
fn the_legal_clock_runs_without_a_network_and_becomes_an_appeal_that_is_filled_in() {
    let (mut province, mut phone) = with_catalogue();
    let id = queued(&mut phone, &guide(&province), FARD).line.id;
    phone.sync(&mut province, NOW).unwrap();
    province.down = true;
    // Seven days, by a source. It is eight in the morning in Peshawar on the 22nd.
    for (days, left) in [(0, 7), (1, 6), (7, 0)] {
        let view = phone.wallet.application(id, NOW.plus(days * DAY)).unwrap();
        let deadline = view.line.deadline.unwrap();
        assert_eq!(
            (deadline.on.as_str(), deadline.left, deadline.working),
            ("2026-11-29", left, false)
        );
        assert_eq!(view.appeal, None);
    }
    let early = phone.wallet.begin_appeal(id, "", NOW.plus(7 * DAY)).unwrap_err();
    assert_eq!(early.code, UiCode::StillUnderway);
    // One second before midnight in Peshawar, and one after.
    let midnight = NOW.plus(7 * DAY + 16 * 3600);
    assert_eq!(
        phone.wallet.application(id, midnight.minus(1)).unwrap().appeal,
        None
    );
    let late = phone.wallet.application(id, midnight).unwrap();
    assert_eq!(late.line.deadline.unwrap().left, -1);
    assert_eq!(late.appeal.unwrap().id, "rtps-appeal");
    let story = "I applied for a fard, and the office has not decided.";
    let appeal = phone.wallet.begin_appeal(id, story, midnight).unwrap();
    let typed: Value = serde_json::from_str(&appeal.typed).unwrap();
    for (field, said) in [
        ("rtps_problem", "late"),
        ("rtps_applied_on", "2026-11-22"),
        ("what_happened", story),
        ("rtps_application_number", "01000000000000000000000000000000"),
    ] {
        assert_eq!(typed[field], said, "{field}");
    }
    // All but what nobody can declare for them.
    assert_eq!(
        appeal
            .errors
            .iter()
            .map(|one| one.field.as_str())
            .collect::<Vec<_>>(),
        ["declare_true"]
    );
    assert!(appeal.is_appeal && appeal.filled.len() >= 5);
    // Asked twice, it is the same one.
    assert_eq!(
        phone.wallet.begin_appeal(id, story, midnight).unwrap().line.id,
        appeal.line.id
    );
    // Decided, the clock is over.
    province.down = false;
    province.move_on(
        0,
        ApplicationState::Rejected,
        Some("The khasra is another's."),
        midnight,
    );
    phone.sync(&mut province, midnight).unwrap();
    let refused = phone.wallet.application(id, midnight).unwrap();
    assert_eq!(
        (refused.line.deadline, refused.reason.as_deref()),
        (None, Some("information_missing"))
    );
    assert_eq!(refused.appeal.unwrap().id, "rtps-appeal");
}

#[test]
fn the_wallet_fills_in_what_its_documents_say_and_says_so() {
    let (mut province, mut phone) = enrolled();
    province.domicile = Some(("PSH-26-1", 1));
    phone.sync(&mut province, NOW).unwrap();
    phone.sync(&mut province, NOW).unwrap();
    let guide = guide(&province);
    let asks = |service: &&province_api::catalogue::guide::ServiceGuide| {
        let definition = guide.definition(&service.id).unwrap();
        definition.asked().any(|(_, field)| field.id == "district")
    };
    let service = guide.services.iter().find(asks).unwrap();
    let view = phone.wallet.begin_application(&service.id, NOW).unwrap();
    let typed: Value = serde_json::from_str(&view.typed).unwrap();
    assert_eq!(typed["district"], "peshawar");
    let filled = view.filled.iter().find(|one| one.field == "district").unwrap();
    assert_eq!(filled.from.en, "Domicile certificate");
    // Written over, it is not from the document any more.
    phone
        .wallet
        .save_application(view.line.id, r#"{"district":"bajaur"}"#, NOW)
        .unwrap();
    let view = phone.wallet.application(view.line.id, NOW).unwrap();
    assert!(!view.filled.iter().any(|one| one.field == "district"));
    // Begun again, it is the same draft.
    assert_eq!(phone.wallet.begin_application(&service.id, NOW).unwrap(), view);
}
