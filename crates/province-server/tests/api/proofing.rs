//! The proof of who somebody is: what counts as a try, what is kept, and NADRA that is away.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::{Credential, DAY};
use province_api::enrolment::EnrolmentReply;
use province_api::nadra::NadraOutcome;
use province_api::problem::ProblemCode;
use province_server::nadra::breaker::{FAILURES_MAX, FIRST_PER_SECOND, OPEN_SECONDS, STEP_SECONDS};
use province_server::rules::tries::{ATTEMPTS_MAX, UNDER_WAY_SECONDS};
use sandbox::citizens::numbered;
use serde_json::Value;

use crate::bench::{Bench, Held, NOW, Phone, citizen_number};

#[tokio::test]
async fn a_database_that_is_lost_between_nadras_answer_and_its_note_uses_up_no_try() {
    let mut bench = Bench::new().await;
    let form = citizen_number(0).enrolment();
    bench.nadra.say(Some(NadraOutcome::NotMatched));
    for round in 0..=ATTEMPTS_MAX {
        bench.set_time(NOW + u64::from(round) * (UNDER_WAY_SECONDS + 1));
        *bench.nadra.breaks.lock().unwrap() = Some(bench.office.store().clone());
        let lost = bench.enrol(&Phone::new(1), &form).await;
        assert_ne!(
            lost.code(),
            ProblemCode::NadraNotMatched,
            "an answer that is not noted is not given"
        );
        bench = bench.opened_anew().await;
    }
    assert_eq!(
        bench.nadra.asked.load(Ordering::SeqCst),
        ATTEMPTS_MAX as usize + 1
    );
    // All the tries of the day are there.
    bench.set_time(bench.now().unix() + UNDER_WAY_SECONDS + 1);
    for _ in 0..ATTEMPTS_MAX {
        let refused = bench.enrol(&Phone::new(1), &form).await;
        assert_eq!(refused.code(), ProblemCode::NadraNotMatched);
    }
    let over = bench.enrol(&Phone::new(1), &form).await;
    assert_eq!(over.code(), ProblemCode::TooManyAttempts);
}

#[tokio::test]
async fn until_it_is_noted_a_question_counts_and_is_in_the_audit_log_in_the_end() {
    let bench = Bench::new().await;
    let form = citizen_number(0).enrolment();
    bench.nadra.say(Some(NadraOutcome::NotMatched));
    for _ in 1..ATTEMPTS_MAX {
        bench.enrol(&Phone::new(1), &form).await;
    }
    *bench.nadra.breaks.lock().unwrap() = Some(bench.office.store().clone());
    bench.enrol(&Phone::new(1), &form).await;
    let bench = bench.opened_anew().await;
    let waits = bench.enrol(&Phone::new(1), &form).await.problem();
    assert_eq!(waits.code, ProblemCode::TooManyAttempts);
    assert_eq!(waits.retry_after, Some(60), "not until tomorrow");
    bench.set_time(NOW + UNDER_WAY_SECONDS + 1);
    let refused = bench.enrol(&Phone::new(1), &form).await;
    assert_eq!(refused.code(), ProblemCode::NadraNotMatched);

    let noted = |bench: &Bench| {
        let text = String::from_utf8_lossy(&bench.database_bytes()).into_owned();
        text.matches("\"not_noted\"").count()
    };
    crate::bench::kept(&bench.province).await;
    assert_eq!(noted(&bench), 0);
    bench.set_time(NOW + DAY + 1);
    crate::bench::kept(&bench.province).await;
    assert!(noted(&bench) > 0);
}

#[tokio::test]
async fn nobody_guesses_more_by_asking_at_once() {
    let bench = Bench::new().await;
    let form = citizen_number(0).enrolment();
    let body = serde_json::to_vec(&form).unwrap();
    bench.nadra.say(Some(NadraOutcome::NotMatched));
    let held = Held::default();
    *bench.nadra.holds.lock().unwrap() = Some(held.clone());
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..ATTEMPTS_MAX + 10 {
        let phone = Phone::new(u8::try_from(number + 1).unwrap());
        let path = province_api::paths::ENROLMENTS;
        let request = phone.signed(path, &body, &phone.idempotency_key(), NOW);
        let app = bench.app.clone();
        asking.spawn(async move { crate::bench::send(&app, request).await.code() });
    }
    // Those who are refused at once are heard first.
    for _ in 0..10 {
        assert_eq!(
            asking.join_next().await.unwrap().unwrap(),
            ProblemCode::TooManyAttempts
        );
    }
    for _ in 0..ATTEMPTS_MAX {
        held.may_answer.notify_one();
        assert_eq!(
            asking.join_next().await.unwrap().unwrap(),
            ProblemCode::NadraNotMatched
        );
    }
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), ATTEMPTS_MAX as usize);
}

#[tokio::test]
async fn the_face_is_nowhere_in_the_database() {
    let bench = Bench::new().await;
    let form = citizen_number(0).enrolment();
    for says in [
        NadraOutcome::NotMatched,
        NadraOutcome::Unavailable,
        NadraOutcome::Matched,
    ] {
        bench.nadra.say(Some(says));
        bench.enrol(&Phone::new(1), &form).await;
    }
    assert_eq!(bench.people().await, 1);
    let bytes = bench.database_bytes();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
    assert!(holds(b"not_matched"), "the search works");
    let whole = URL_SAFE_NO_PAD.encode(&form.photo.0);
    for from in [0, 999, 5_001] {
        assert!(!holds(&form.photo.0[from..from + 24]));
        assert!(!holds(&whole.as_bytes()[from..from + 24]));
    }
}

#[tokio::test]
async fn who_was_proofed_with_a_phone_is_of_the_second_level() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let issued = bench.issued(&phone, 0, &["identity"]).await;
    let identity = Credential::parse(&issued.credentials[0].0).unwrap();
    assert_eq!(identity.unverified_claims().facts.assurance, Some(2));
}

/// NADRA goes away, two hundred phones ask, and come back when they are told to.
#[tokio::test]
async fn after_an_outage_all_are_done_and_nadra_sees_few_a_second_at_first() {
    let bench = Bench::new().await;
    bench.nadra.say(None);
    for number in 0..FAILURES_MAX {
        let citizen = numbered(u32::try_from(9_990 + number).unwrap());
        bench.enrol(&Phone::new(250), &citizen.enrolment()).await.code();
    }
    let mut due: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for number in 1..=200 {
        let problem = bench
            .enrol(&Phone::new(number), &numbered(number.into()).enrolment())
            .await
            .problem();
        assert_eq!(problem.code, ProblemCode::NadraUnavailable);
        let at = NOW + u64::from(problem.retry_after.unwrap());
        due.entry(at).or_default().push(number);
    }
    let most = usize::try_from(FIRST_PER_SECOND).unwrap();
    assert_eq!(due.values().map(Vec::len).max(), Some(most));
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), FAILURES_MAX);
    assert_eq!(standing(&bench).await, "away");

    // It is back when the first of them asks, and they come in their seconds.
    bench.nadra.say(Some(NadraOutcome::Matched));
    let (mut done, mut back, mut at_once) = (0, 0, 0);
    while let Some((second, phones)) = due.pop_first() {
        bench.set_time(second);
        let before = bench.nadra.asked.load(Ordering::SeqCst);
        for number in phones {
            let reply = bench
                .enrol(&Phone::new(number), &numbered(number.into()).enrolment())
                .await;
            if reply.status == StatusCode::OK {
                let _: EnrolmentReply = reply.json();
                done += 1;
            } else {
                back += 1;
                let at = second + u64::from(reply.problem().retry_after.unwrap());
                due.entry(at).or_default().push(number);
            }
        }
        let asked = bench.nadra.asked.load(Ordering::SeqCst) - before;
        if second < NOW + OPEN_SECONDS + STEP_SECONDS {
            at_once = at_once.max(asked);
        }
    }
    assert_eq!((done, back, at_once), (200, 0, most));
    assert_eq!(standing(&bench).await, "trying");
    bench.set_time(NOW + 600);
    bench.enrol(&Phone::new(250), &numbered(9_999).enrolment()).await;
    assert_eq!(standing(&bench).await, "asked");
}

/// What `/readyz` says of NADRA, which makes nothing unready.
async fn standing(bench: &Bench) -> String {
    let reply = bench.get("/readyz").await;
    assert_eq!(reply.status, StatusCode::OK);
    let said: Value = serde_json::from_slice(&reply.body).unwrap();
    said["nadra"].as_str().unwrap().to_owned()
}
