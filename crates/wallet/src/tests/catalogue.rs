//! The catalogue of services at a sync: last, by delta, never back, and never in the way of anything else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::SecretKey;
use province_api::problem::{Problem, ProblemCode};
use province_api::{delta, paths};

use super::province::{Province, catalogue, problem_response, root_set};
use super::{NOW, Phone};
use crate::screen::{LimitView, Services};
use crate::{Failure, Network, UiCode};

/// The number of the catalogue that the phone holds.
fn held(phone: &Phone) -> Option<u64> {
    let held = crate::sync::catalogue_here(phone.wallet.database(), &root_set()).unwrap();
    held.map(|held| held.content().sequence)
}

/// A province with a catalogue, and a phone that was enrolled there.
pub(super) fn enrolled() -> (Province, Phone) {
    let mut province = Province::new(NOW);
    province.catalogue = Some(catalogue(1, NOW, &province.issuer));
    let phone = Phone::enrolled(1, &mut province);
    (province, phone)
}

/// One that holds the first catalogue, of a province that has published the second.
fn with_a_newer_one() -> (Province, Phone) {
    let (mut province, mut phone) = enrolled();
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(held(&phone), Some(1));
    province.catalogue = Some(catalogue(2, NOW.plus(60), &province.issuer));
    province.requests.clear();
    (province, phone)
}

#[test]
fn it_comes_last_and_not_in_the_run_that_enrols() {
    let (mut province, mut phone) = enrolled();
    assert!(!province.asked_for(paths::CATALOGUE));
    assert_eq!(held(&phone), None);
    // Nor does a run that draws passes bring it: the citizen was granted a document.
    province.domicile = Some(("PSH-26-1", 1));
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!((province.batches, held(&phone)), (2, None));
    province.suspend(false, 2, NOW.plus(60));
    province.requests.clear();
    assert!(phone.sync(&mut province, NOW.plus(60)).unwrap().changed);
    assert_eq!(
        province.requests.last(),
        Some(&province.by_hash(paths::CATALOGUE).unwrap())
    );
    assert_eq!(held(&phone), Some(1));
    // It is on the disk, and is not asked for again.
    phone.restart();
    assert_eq!(held(&phone), Some(1));
    province.requests.clear();
    assert!(!phone.sync(&mut province, NOW.plus(120)).unwrap().changed);
    assert_eq!(province.requests, [paths::SYNC]);
}

#[test]
fn a_newer_one_comes_as_a_delta_and_whole_where_that_does_not_serve() {
    let other = delta::make(b"this", b"that").unwrap();
    let gone = problem_response(&Problem::new(ProblemCode::NotFound));
    for broken in [None, Some(gone), Some(super::province::ok(other))] {
        let (mut province, mut phone) = with_a_newer_one();
        let mut delta_bytes = 0;
        phone.wallet.start_sync(NOW.plus(60)).unwrap();
        while let Some(request) = phone.wallet.next_request(NOW.plus(60), &mut phone.rng).unwrap() {
            let mut answer = province.handle(&request, NOW.plus(60)).unwrap();
            if request.path.starts_with(paths::DELTAS) {
                delta_bytes = answer.body.len();
                answer = broken.clone().unwrap_or(answer);
            }
            phone.wallet.on_response(&answer, NOW.plus(60)).unwrap();
        }
        assert!(phone.wallet.finish_run(NOW.plus(60)).unwrap().changed);
        assert!((1..1024).contains(&delta_bytes), "{delta_bytes}");
        let whole = province.asked_for(paths::CATALOGUE);
        assert_eq!(whole, broken.is_some());
        assert_eq!(held(&phone), Some(2));
    }
}

#[test]
fn it_never_goes_back_and_holds_only_under_its_own_key() {
    let (mut province, mut phone) = with_a_newer_one();
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    let older = catalogue(1, NOW, &province.issuer);
    let same_number = catalogue(2, NOW.plus(90), &province.issuer);
    let by_stranger = catalogue(9, NOW.plus(90), &SecretKey::from_seed([77; 32]));
    let by_other_key = catalogue(9, NOW.plus(90), &province.ca);
    for bad in [older, same_number, by_stranger, by_other_key, b"none".to_vec()] {
        province.catalogue = Some(bad);
        for deltas in [true, false] {
            province.deltas = deltas;
            let error = phone.sync(&mut province, NOW.plus(120)).unwrap_err();
            assert_eq!(error.code, UiCode::CatalogueRefused);
            assert_eq!(held(&phone), Some(2));
        }
    }
    province.catalogue = Some(catalogue(3, NOW.plus(180), &province.issuer));
    phone.sync(&mut province, NOW.plus(180)).unwrap();
    assert_eq!(held(&phone), Some(3));
}

#[test]
fn what_came_before_it_in_a_run_stays_whatever_becomes_of_it() {
    for bad in 0..3 {
        let (mut province, mut phone) = with_a_newer_one();
        province.deltas = false;
        province.suspend(false, 2, NOW.plus(60));
        phone.wallet.start_sync(NOW.plus(60)).unwrap();
        while let Some(request) = phone.wallet.next_request(NOW.plus(60), &mut phone.rng).unwrap() {
            if !province.is_at(paths::CATALOGUE, &request.path) {
                let answer = province.handle(&request, NOW.plus(60)).unwrap();
                phone.wallet.on_response(&answer, NOW.plus(60)).unwrap();
                continue;
            }
            match bad {
                0 => phone
                    .wallet
                    .on_failure(Failure::Unreachable, NOW.plus(60))
                    .unwrap(),
                1 => {
                    let gone = problem_response(&Problem::new(ProblemCode::NotFound));
                    phone.wallet.on_response(&gone, NOW.plus(60)).unwrap();
                }
                _ => {
                    let damaged = super::province::ok(vec![0; 9]);
                    phone.wallet.on_response(&damaged, NOW.plus(60)).unwrap();
                }
            }
        }
        phone.wallet.finish_run(NOW.plus(60)).unwrap_err();
        let at = Some(u32::try_from(NOW.plus(60).unix()).unwrap());
        assert_eq!(phone.wallet.home(NOW.plus(60)).unwrap().status_as_of, at);
        // The sync itself is done: it counts as one, and is not tried again at once.
        assert_eq!(phone.wallet.on_its_way(NOW.plus(60)).unwrap().last_sync_at, at);
        let plan = phone.wallet.sync_plan(NOW.plus(60), Network::default()).unwrap();
        assert!(plan.wait_seconds.unwrap() > 10 * 3600, "{plan:?}");
        assert_eq!(held(&phone), Some(1));
    }
}

#[test]
fn without_the_bytes_for_it_it_is_left_for_another_network_and_nothing_is_wrong() {
    let background = Network {
        metered: false,
        background: true,
    };
    let over = |phone: &mut Phone, province: &mut Province| {
        phone.wallet.start_sync_over(background, NOW.plus(60)).unwrap();
        phone.drive(province, NOW.plus(60)).unwrap();
        phone.wallet.finish_run(NOW.plus(60)).unwrap()
    };
    let spend = |phone: &Phone, left: u64| {
        let mut state = crate::store::sync_state::load(phone.wallet.database()).unwrap();
        state.budget_day = NOW.unix() / credential::DAY;
        state.background_bytes = 256 * 1024 - left;
        crate::store::sync_state::save(phone.wallet.database(), &state).unwrap();
    };
    // Whole it does not fit: it is not even asked for.
    let (mut province, mut phone) = enrolled();
    spend(&phone, 20 * 1024);
    province.requests.clear();
    assert!(!over(&mut phone, &mut province).changed);
    assert_eq!(province.requests, [paths::SYNC]);
    let way = phone.wallet.on_its_way(NOW.plus(60)).unwrap();
    assert!(way.waits_for_free_network);
    assert_eq!(held(&phone), None);
    // A delta of it does.
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    assert!(
        !phone
            .wallet
            .on_its_way(NOW.plus(60))
            .unwrap()
            .waits_for_free_network
    );
    province.catalogue = Some(catalogue(2, NOW.plus(60), &province.issuer));
    spend(&phone, 20 * 1024);
    assert!(over(&mut phone, &mut province).changed);
    assert_eq!(held(&phone), Some(2));
    // A longer answer than fits is cut off by the driver, and that is no error either.
    province.catalogue = Some(catalogue(3, NOW.plus(60), &province.issuer));
    spend(&phone, 20 * 1024);
    phone.wallet.start_sync_over(background, NOW.plus(60)).unwrap();
    while let Some(request) = phone.wallet.next_request(NOW.plus(60), &mut phone.rng).unwrap() {
        if request.path.starts_with(paths::DELTAS) {
            assert!(request.response_bytes_max < 20 * 1024);
            phone
                .wallet
                .on_failure(Failure::AnswerTooLarge, NOW.plus(60))
                .unwrap();
        } else {
            let answer = province.handle(&request, NOW.plus(60)).unwrap();
            phone.wallet.on_response(&answer, NOW.plus(60)).unwrap();
        }
    }
    phone.wallet.finish_run(NOW.plus(60)).unwrap();
    assert_eq!(held(&phone), Some(2));
}

/// The ids of what a search finds.
fn found(phone: &mut Phone, typed: &str) -> Vec<String> {
    let found = phone.wallet.services(typed).unwrap().found;
    found.into_iter().map(|service| service.id).collect()
}

#[test]
fn the_services_are_listed_by_office_and_searched_in_three_languages_without_a_network() {
    let (mut province, mut phone) = enrolled();
    assert_eq!(phone.wallet.services("").unwrap(), Services::default());
    assert_eq!(phone.wallet.service("birth-certificate").unwrap(), None);
    phone.sync(&mut province, NOW).unwrap();
    province.down = true;

    let all = phone.wallet.services("").unwrap();
    assert_eq!(all.as_of, Some(u32::try_from(NOW.unix()).unwrap()));
    assert!(all.offices.iter().all(|office| !office.services.is_empty()));
    let services: usize = all.offices.iter().map(|office| office.services.len()).sum();
    assert_eq!(services, 242);

    // By the name in any language, by a beginning, by another keyboard's letters, by the sound of it, by the office.
    for typed in [
        "birth cert",
        "پیدائش",
        "پيدائش",
        "د زېږون سند",
        "BIRTH",
        "سرٹیفکیٹ birth",
    ] {
        let ids = found(&mut phone, typed);
        assert!(ids.iter().any(|id| id == "birth-certificate"), "{typed}: {ids:?}");
        assert!(ids.len() < 20, "{typed}: {}", ids.len());
    }
    assert!(found(&mut phone, "ډومیسایل").contains(&"domicile-certificate".to_owned()));
    assert!(found(&mut phone, "domisail").contains(&"domicile-certificate".to_owned()));
    assert!(found(&mut phone, "ombudsman").contains(&"mohtasib-complaint".to_owned()));
    assert!(found(&mut phone, "submarine").is_empty());
}

#[test]
fn what_no_source_says_of_a_service_is_not_said() {
    let (mut province, mut phone) = enrolled();
    phone.sync(&mut province, NOW).unwrap();
    let mut service = |id: &str| phone.wallet.service(id).unwrap().unwrap();
    let domicile = service("domicile-certificate");
    assert_eq!(domicile.fee_rupees, Some(201), "the tests' own number");
    let limit = |days, working| Some(LimitView { days, working });
    assert_eq!(domicile.limit, limit(10, false));
    assert_eq!(domicile.office.en, "Home and Tribal Affairs Department");
    let request = service("rti-request");
    assert_eq!((request.fee_rupees, request.limit), (Some(0), limit(10, true)));
    // Only inferred, or not known at all.
    for id in ["arms-licence-verification", "arms-licence-renewal"] {
        let one = service(id);
        assert_eq!((one.fee_rupees, one.limit), (None, None), "{id}");
    }
    assert_eq!(phone.wallet.service("no-such-thing").unwrap(), None);
}

#[test]
fn a_catalogue_whose_key_was_withdrawn_is_shown_no_more() {
    let (mut province, mut phone) = enrolled();
    phone.sync(&mut province, NOW).unwrap();
    let other = SecretKey::from_seed([88; 32]);
    // The next list lets another key sign everything.
    let (issuer, later) = (std::mem::replace(&mut province.issuer, other), NOW.plus(60));
    province.publish_anew(later);
    province.catalogue = Some(catalogue(2, NOW, &issuer));
    let error = phone.sync(&mut province, later).unwrap_err();
    assert_eq!(error.code, UiCode::CatalogueRefused);
    assert_eq!(phone.wallet.services("").unwrap(), Services::default());
    province.catalogue = Some(catalogue(3, later, &province.issuer));
    phone.sync(&mut province, later).unwrap();
    assert_eq!(held(&phone), Some(3));
}
