//! Enrolment, stock, timed showings, sync.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::{Code, Context, DAY, Expect, TrustList, Vct, verify};
use province_api::paths;
use province_api::problem::{Problem, ProblemCode};

use super::province::{Province, root_set, roots, trust};
use super::{NOW, PIN, Phone, good_draft, jpeg};
use crate::screen::{CardStanding, EnrolmentState, LockState, ShowingMode, ShowingOutcome};
use crate::store::credential as passes;
use crate::store::enrolment;
use crate::sync::load_trust;
use crate::{RENEW_SECONDS, UiCode};

impl Phone {
    /// The text that a showing signs, for the verifier; the screen only has its picture.
    fn timed_text(&self, at: credential::Timestamp) -> String {
        let database = self.wallet.database();
        let pass: (Vec<u8>, i64) = database
            .query_row(
                "SELECT raw, holder_index FROM credential WHERE shown_at IS NOT NULL ORDER BY shown_at DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        let key = enrolment::holder_key(database, u64::try_from(pass.1).unwrap()).unwrap();
        credential::present_timed(&pass.0, &key, crate::DEFAULT_AUDIENCE, at).unwrap()
    }
}

#[test]
fn an_enrolment_ends_with_a_card_and_a_full_stock() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    assert_eq!(
        phone.wallet.app_state(NOW).unwrap().enrolment,
        EnrolmentState::Draft
    );
    let report = phone.enrol(&mut province, NOW).unwrap();
    assert!(report.changed);
    let state = phone.wallet.app_state(NOW).unwrap();
    assert_eq!(
        (state.enrolment, state.enrolment_error),
        (EnrolmentState::Enrolled, None)
    );
    assert_eq!(
        province.requests,
        [
            paths::ENROLMENTS,
            paths::SYNC,
            &province.by_hash(paths::TRUST_LIST).unwrap(),
            &province.by_hash(paths::TYPES).unwrap(),
            paths::CHALLENGES,
            paths::PASSES,
            &province.by_hash(paths::STATUS_MANIFEST).unwrap(),
            &province.table(),
            &province.shard()
        ]
    );
    let home = phone.wallet.home(NOW).unwrap();
    let stock: Vec<_> = home
        .passes
        .iter()
        .map(|p| (p.vct.as_str(), p.left, p.total))
        .collect();
    assert_eq!(
        stock,
        [
            ("age", 10, 10),
            ("residence", 10, 10),
            ("identity", 5, 5),
            ("name-photo", 2, 2)
        ]
    );
    let card = home.card.unwrap();
    assert_eq!(card.cnic, "99999-1234567-1");
    assert_eq!(card.name_en, "Gul Zaman");
    assert_eq!(card.district.as_deref(), Some("bajaur"));
    assert_eq!(
        (card.issued_on.as_str(), card.expires_on.as_str()),
        ("2026-11-22", "2027-05-20")
    );
    assert_eq!(card.pattern.len(), 64);
    assert!(
        card.photo_data_url
            .unwrap()
            .starts_with("data:image/webp;base64,")
    );
    assert_eq!(home.standing, CardStanding::Valid);
    assert_eq!(home.trust_as_of, Some(u32::try_from(NOW.unix()).unwrap()));
    assert_eq!(home.status_as_of, Some(u32::try_from(NOW.unix()).unwrap()));
    // What was sent is what the passes were checked against: it cannot be changed any more.
    let error = phone.wallet.save_draft(good_draft(), NOW).unwrap_err();
    assert_eq!(error.code, UiCode::EnrolmentUnderway);
}

#[test]
fn a_second_sync_asks_for_nothing_it_has() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province.requests.clear();
    let report = phone.sync(&mut province, NOW.plus(60)).unwrap();
    assert!(!report.changed);
    assert_eq!(province.requests, [paths::SYNC]);
}

#[test]
fn a_shown_age_is_accepted_renewed_every_15_seconds_and_over_after_300() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let trust = load_trust(phone.wallet.database(), &root_set()).unwrap().unwrap();
    let choices = phone.wallet.timed_choices(NOW).unwrap();
    assert_eq!(
        choices.iter().map(|c| c.vct.as_str()).collect::<Vec<_>>(),
        ["age", "residence"]
    );

    let first = phone.wallet.show_timed("age", None, NOW).unwrap();
    assert_eq!(
        (first.mode, first.frames.len(), first.last_pass),
        (ShowingMode::Timed, 1, false)
    );
    assert_eq!((first.renew_in_ms, first.ends_in_ms), (15_000, 300_000));
    assert_eq!(first.claims[0].key, "over_18");
    assert_eq!(first.claims[0].value.as_deref(), Some("true"));

    let mut holders = std::collections::HashSet::new();
    for step in 0..20 {
        let now = NOW.plus(step * RENEW_SECONDS);
        let frames = phone.wallet.showing_frames(first.id, now).unwrap();
        assert_eq!(frames.ends_in_ms, u32::try_from(300_000 - step * 15_000).unwrap());
        let expected = qr::Qr::encode(&phone.timed_text(now), qr::Ecc::Low).unwrap();
        assert_eq!(frames.frames[0].path, expected.svg_path());
        let outcome = verify(
            &phone.timed_text(now),
            &Context {
                now,
                trust: Some(&trust),
                status: None,
                types: None,
                expect: Expect::Timed {
                    audience: crate::DEFAULT_AUDIENCE,
                },
                rule: None,
            },
        );
        assert_eq!(outcome.code, Code::Accepted);
        holders.insert(*outcome.verified.unwrap().holder_key().as_bytes());
    }
    assert_eq!(holders.len(), 1, "one showing is one pass");
    let over = phone.wallet.showing_frames(first.id, NOW.plus(300)).unwrap_err();
    assert_eq!(over.code, UiCode::ShowingEnded);
    assert_eq!(phone.wallet.home(NOW).unwrap().passes[0].left, 9);
}

#[test]
fn the_last_pass_is_shown_again_rather_than_nothing_and_the_list_says_so() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    for shown in 0..12 {
        let showing = phone
            .wallet
            .show_timed("residence", None, NOW.plus(shown))
            .unwrap();
        assert_eq!(showing.last_pass, shown >= 10);
        phone.wallet.end_showing(showing.id, NOW).unwrap();
        phone.wallet.end_showing(showing.id, NOW).unwrap();
    }
    let history = phone.wallet.history().unwrap();
    assert_eq!(history.len(), 12);
    assert_eq!(history.iter().filter(|item| item.last_pass).count(), 2);
    assert_eq!(history[0].outcome, ShowingOutcome::Shown);
    let names: Vec<_> = history[0]
        .claims
        .iter()
        .map(|claim| claim.label.en.as_str())
        .collect();
    assert_eq!(names, ["District"]);
    let kept = phone.wallet.database();
    let text: String = kept
        .query_row("SELECT group_concat(claims) FROM showing", [], |row| row.get(0))
        .unwrap();
    assert!(!text.contains("bajaur"), "the value was kept");
}

#[test]
fn what_names_somebody_is_never_shown_without_a_request() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    for vct in ["identity", "name-photo", "sehat"] {
        let error = phone.wallet.show_timed(vct, None, NOW).unwrap_err();
        assert_eq!(error.code, UiCode::RequestNeeded);
    }
    assert!(phone.wallet.history().unwrap().is_empty());
}

#[test]
fn an_audience_that_cannot_be_written_costs_no_pass() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let error = phone.wallet.show_timed("age", Some("\u{7}"), NOW).unwrap_err();
    assert_eq!(error.code, UiCode::RequestInvalid);
    assert_eq!(phone.wallet.home(NOW).unwrap().passes[0].left, 10);
}

#[test]
fn with_the_network_gone_everything_that_is_held_works() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province.down = true;
    let later = NOW.plus(5 * DAY);
    assert_eq!(
        phone.sync(&mut province, later).unwrap_err().code,
        UiCode::NetworkDown
    );
    phone.restart();
    assert!(phone.wallet.home(later).unwrap().card.is_some());
    assert!(phone.wallet.show_timed("age", None, later).is_ok());
    // A missing connection is no state of the enrolment.
    assert_eq!(phone.wallet.app_state(later).unwrap().enrolment_error, None);
    let much_later = NOW.plus(31 * DAY);
    let error = phone.wallet.show_timed("age", None, much_later).unwrap_err();
    assert_eq!(error.code, UiCode::PassExpired);
    assert!(phone.wallet.home(much_later).unwrap().card.is_some());
}

#[test]
fn a_stock_is_refilled_under_a_third_and_before_it_ends() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    for shown in 0..6 {
        phone.wallet.show_timed("age", None, NOW.plus(shown)).unwrap();
    }
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(
        phone.wallet.home(NOW).unwrap().passes[0].left,
        4,
        "4 of 10 is enough"
    );
    phone.wallet.show_timed("age", None, NOW.plus(7)).unwrap();
    phone.sync(&mut province, NOW).unwrap();
    let age = &phone.wallet.home(NOW).unwrap().passes[0];
    assert_eq!((age.left, age.total, province.batches), (10, 17, 2));

    let near_the_end = NOW.start_of_day().plus(30 * DAY - 30 * DAY / 7);
    phone.sync(&mut province, near_the_end.minus(1)).unwrap();
    assert_eq!(province.batches, 2, "more than a seventh of their life is left");
    phone.sync(&mut province, near_the_end).unwrap();
    assert_eq!(province.batches, 3);
    let lasting = near_the_end.plus(20 * DAY);
    assert_eq!(
        passes::stock(phone.wallet.database(), Vct::IDENTITY, lasting)
            .unwrap()
            .left,
        5
    );
    // What is out of date leaves the phone with the next sync.
    phone.sync(&mut province, NOW.plus(31 * DAY)).unwrap();
    assert_eq!(phone.wallet.home(NOW.plus(31 * DAY)).unwrap().passes[0].total, 10);
}

#[test]
fn a_refused_enrolment_keeps_the_draft_and_says_why() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    let mut problem = Problem::new(ProblemCode::TooManyAttempts);
    problem.retry_after = Some(60);
    province.refuse.insert(paths::ENROLMENTS, problem);
    let error = phone.enrol(&mut province, NOW).unwrap_err();
    assert_eq!(
        (error.code, error.retry_after_seconds),
        (UiCode::TooManyAttempts, Some(60))
    );
    phone.restart();
    let state = phone.wallet.app_state(NOW.plus(10)).unwrap();
    assert_eq!(
        (state.enrolment, state.wait_seconds),
        (EnrolmentState::Draft, Some(50))
    );
    assert_eq!(state.enrolment_error.unwrap().code, UiCode::TooManyAttempts);
    let draft = phone.wallet.draft().unwrap();
    assert_eq!((draft.name_en.as_str(), draft.has_photo), ("Gul  Zaman", true));
    assert_eq!(
        phone.wallet.start_sync(NOW).unwrap_err().code,
        UiCode::NotEnrolled
    );
    // Mended and sent again, it goes through.
    province.refuse.clear();
    assert!(
        phone
            .wallet
            .save_draft(good_draft(), NOW)
            .unwrap()
            .errors
            .is_empty()
    );
    phone.enrol(&mut province, NOW.plus(60)).unwrap();
    assert_eq!(phone.wallet.app_state(NOW).unwrap().enrolment_error, None);
}

#[test]
fn a_fault_of_the_province_leaves_the_application_on_its_way_under_the_same_key() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    province
        .refuse
        .insert(paths::ENROLMENTS, Problem::new(ProblemCode::ServerFault));
    let key = |phone: &mut Phone| {
        phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
        let request = phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
        request.headers[0].1.clone()
    };
    let first = key(&mut phone);
    assert_eq!(
        phone.enrol(&mut province, NOW).unwrap_err().code,
        UiCode::ServerFault
    );
    let state = phone.wallet.app_state(NOW).unwrap();
    assert_eq!(state.enrolment, EnrolmentState::Sent);
    assert_eq!(state.enrolment_error.unwrap().code, UiCode::ServerFault);
    phone.restart();
    assert_eq!(key(&mut phone), first);
}

#[test]
fn an_incomplete_draft_is_kept_and_not_sent() {
    let mut phone = Phone::new(1);
    let state = phone.wallet.app_state(NOW).unwrap();
    assert_eq!(
        (state.lock, state.enrolment),
        (LockState::Open, EnrolmentState::None)
    );
    let mut draft = good_draft();
    draft.cnic = "12".into();
    draft.name_en = "گل".into();
    let errors = phone.wallet.save_draft(draft.clone(), NOW).unwrap().errors;
    let named: Vec<_> = errors.iter().map(|e| (e.field.as_str(), e.code)).collect();
    assert_eq!(
        named,
        [
            ("cnic", UiCode::CnicMalformed),
            ("name_en", UiCode::NameWrongScript),
            ("photo", UiCode::PhotoMissing)
        ]
    );
    let error = phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap_err();
    assert_eq!((error.code, error.fields.len()), (UiCode::FieldsInvalid, 3));
    phone.restart();
    assert_eq!(phone.wallet.draft().unwrap().cnic, "12");
    assert_eq!(
        phone.wallet.app_state(NOW).unwrap().enrolment,
        EnrolmentState::Draft
    );
    draft.address = "x".repeat(2001);
    assert_eq!(
        phone.wallet.save_draft(draft, NOW).unwrap_err().code,
        UiCode::FieldTooLong
    );
    assert_eq!(
        phone.wallet.set_photo(b"GIF89a", NOW).unwrap_err().code,
        UiCode::PhotoUnreadable
    );
    let large = [jpeg(), vec![0; 500_000]].concat();
    assert_eq!(
        phone.wallet.set_photo(&large, NOW).unwrap_err().code,
        UiCode::PhotoTooLarge
    );
}

#[test]
fn a_challenge_that_is_too_old_is_renewed_once() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
    for _ in 0..5 {
        let request = phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
        let answer = province.handle(&request, NOW).unwrap();
        phone.wallet.on_response(&answer, NOW).unwrap();
    }
    province.forget_challenges();
    phone.drive(&mut province, NOW).unwrap();
    phone.wallet.finish_run(NOW).unwrap();
    assert_eq!(
        province
            .requests
            .iter()
            .filter(|path| *path == paths::CHALLENGES)
            .count(),
        2
    );
    assert_eq!(province.batches, 1);
}

#[test]
fn a_newer_trust_list_replaces_ours_and_an_older_one_does_not() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let [first, second, _] = roots();
    let older = province.trust_list.clone();
    let held = TrustList::verify(&older, &root_set(), None).unwrap();
    let mut content = trust(&province.issuer, &province.ca, 2, NOW.plus(60));
    content.previous = Some(held.sha256());
    province.trust_list = credential::sign_trust_list(&content, &[(0, &first), (1, &second)]);
    assert!(phone.sync(&mut province, NOW.plus(60)).unwrap().changed);
    province.trust_list = older;
    let error = phone.sync(&mut province, NOW.plus(120)).unwrap_err();
    assert_eq!(error.code, UiCode::TrustRefused);
    let trust = load_trust(phone.wallet.database(), &root_set()).unwrap().unwrap();
    assert_eq!(trust.sequence(), 2);
}

/// The next list of a province, signed by these of the roots 1 to 3 and their successors 4 and up.
fn next_list(province: &Province, held: &TrustList, next: Option<[u8; 3]>, signers: &[u8]) -> Vec<u8> {
    let secret = |n: u8| credential::SecretKey::from_seed([n; 32]);
    let mut content = trust(&province.issuer, &province.ca, held.sequence() + 1, NOW);
    content.previous = Some(held.sha256());
    content.next_roots = next.map(|numbers| numbers.map(|n| secret(n).public()));
    let keys: Vec<_> = signers.iter().map(|n| secret(*n)).collect();
    let numbered: Vec<_> = keys.iter().enumerate().collect();
    credential::sign_trust_list(&content, &numbered)
}

#[test]
fn a_phone_catches_up_with_roots_that_changed_twice() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let stolen = TrustList::verify(&province.trust_list, &root_set(), None).unwrap();
    let mut held = stolen.clone();
    for (next, signers) in [([1, 2, 4], &[1, 2][..]), ([5, 6, 7], &[2, 4, 5, 6])] {
        let replaced = held.successors().fingerprint();
        let list = next_list(&province, &held, Some(next), signers);
        held = TrustList::verify(&list, &root_set(), Some(&held)).unwrap();
        province.root_changes.insert(replaced, list);
    }
    province.trust_list = next_list(&province, &held, None, &[5, 7]);
    assert!(phone.sync(&mut province, NOW.plus(60)).unwrap().changed);
    // What is stored verifies again, and again at the next run.
    let trust = load_trust(phone.wallet.database(), &root_set()).unwrap().unwrap();
    assert_eq!(trust.sequence(), 4);
    assert!(!phone.sync(&mut province, NOW.plus(120)).unwrap().changed);
    // Nobody whose roots were replaced is heard again.
    province.trust_list = next_list(&province, &stolen, None, &[1, 2]);
    let error = phone.sync(&mut province, NOW.plus(180)).unwrap_err();
    assert_eq!(error.code, UiCode::TrustRefused);
    let trust = load_trust(phone.wallet.database(), &root_set()).unwrap().unwrap();
    assert_eq!(trust.sequence(), 4);
    // A new phone, which knows the pinned roots alone, walks the same way.
    province.trust_list = trust.bytes().to_vec();
    let fresh = Phone::enrolled(2, &mut province);
    let trust = load_trust(fresh.wallet.database(), &root_set()).unwrap().unwrap();
    assert_eq!(trust.sequence(), 4);
}

#[test]
fn a_locked_wallet_tells_nothing() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let showing = phone.wallet.show_timed("age", None, NOW).unwrap();
    let state = phone.wallet.lock(NOW).unwrap();
    assert_eq!(
        (state.lock, state.enrolment),
        (LockState::Locked, EnrolmentState::None)
    );
    let wallet = &mut phone.wallet;
    assert_eq!(wallet.home(NOW).unwrap_err().code, UiCode::Locked);
    assert_eq!(wallet.history().unwrap_err().code, UiCode::Locked);
    assert_eq!(
        wallet.showing_frames(showing.id, NOW).unwrap_err().code,
        UiCode::Locked
    );
    assert_eq!(
        wallet.next_request(NOW, &mut phone.rng).unwrap_err().code,
        UiCode::Locked
    );
    wallet.unlock(PIN, NOW).unwrap();
    let error = wallet.showing_frames(showing.id, NOW).unwrap_err();
    assert_eq!(error.code, UiCode::ShowingEnded, "a showing ends with the lock");
}
