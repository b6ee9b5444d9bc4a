//! `POST /v1/enrolments`.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::nadra::NadraOutcome;
use province_api::person::FieldError;
use province_api::problem::ProblemCode;
use province_api::{Bytes, paths};
use province_server::nadra::breaker::OPEN_SECONDS_MAX;
use province_server::rules::tries::{ATTEMPTS_MAX, UNANSWERED_MAX};

use crate::bench::{Bench, Held, NOW, Phone, citizen_number};

#[tokio::test]
async fn a_citizen_whom_nadra_confirms_is_enrolled() {
    let bench = Bench::new().await;
    let reply = bench.enrol(&Phone::new(1), &citizen_number(0).enrolment()).await;
    let enrolled: EnrolmentReply = reply.json();
    assert_eq!(enrolled.enrolment.0.len(), 16);
    assert_eq!(enrolled.confirmed_at, NOW);
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(bench.people().await, 1);
}

#[tokio::test]
async fn asking_again_from_the_same_device_gives_the_same_answer_without_nadra() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    let first: EnrolmentReply = bench.enrol(&phone, &form).await.json();
    bench.nadra.say(None);
    bench.set_time(NOW + 86_400);
    let again: EnrolmentReply = bench.enrol(&phone, &form).await.json();
    assert_eq!(first, again);
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), 1);
    assert_eq!(bench.people().await, 1);
}

#[tokio::test]
async fn another_device_never_replaces_the_first() {
    let bench = Bench::new().await;
    let form = citizen_number(0).enrolment();
    let first: EnrolmentReply = bench.enrol(&Phone::new(1), &form).await.json();
    let other = bench.enrol(&Phone::new(2), &form).await;
    assert_eq!(other.code(), ProblemCode::AlreadyEnrolled);
    let still: EnrolmentReply = bench.enrol(&Phone::new(1), &form).await.json();
    assert_eq!(first, still);
}

#[tokio::test]
async fn who_is_enrolled_is_not_told_to_somebody_whom_nadra_does_not_confirm() {
    let bench = Bench::new().await;
    let form = citizen_number(0).enrolment();
    bench.enrol(&Phone::new(1), &form).await;
    bench.nadra.say(Some(NadraOutcome::NotMatched));
    let guess = bench.enrol(&Phone::new(2), &form).await;
    assert_eq!(guess.code(), ProblemCode::NadraNotMatched);
}

#[tokio::test]
async fn a_device_enrols_one_citizen() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let other = bench.enrol(&phone, &citizen_number(1).enrolment()).await;
    assert_eq!(other.code(), ProblemCode::DeviceTaken);
}

#[tokio::test]
async fn of_two_devices_at_once_exactly_one_is_enrolled() {
    let bench = Bench::new().await;
    let form = citizen_number(0).enrolment();
    let phones: Vec<Phone> = (1..=6).map(Phone::new).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for phone in &phones {
        let body = serde_json::to_vec(&form).unwrap();
        let request = phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), NOW);
        let app = bench.app.clone();
        tasks.spawn(async move { crate::bench::send(&app, request).await });
    }
    let replies = tasks.join_all().await;
    let enrolled = replies.iter().filter(|r| r.status == StatusCode::OK).count();
    assert_eq!(enrolled, 1);
    for reply in replies.iter().filter(|r| r.status != StatusCode::OK) {
        assert_eq!(reply.code(), ProblemCode::AlreadyEnrolled);
    }
    assert_eq!(bench.people().await, 1);
}

#[tokio::test]
async fn one_device_asking_twice_at_once_gets_one_answer() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let body = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let request = phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), NOW);
        let app = bench.app.clone();
        tasks.spawn(async move { crate::bench::send(&app, request).await.json::<EnrolmentReply>() });
    }
    let replies = tasks.join_all().await;
    assert!(replies.iter().all(|reply| *reply == replies[0]));
    assert_eq!(bench.people().await, 1);
}

#[tokio::test]
async fn every_refusal_of_nadra_has_its_code_and_leaves_nobody_enrolled() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    for (outcome, code) in [
        (Some(NadraOutcome::NotMatched), ProblemCode::NadraNotMatched),
        (Some(NadraOutcome::Expired), ProblemCode::NadraExpired),
        (Some(NadraOutcome::Blocked), ProblemCode::NadraBlocked),
        (Some(NadraOutcome::Deceased), ProblemCode::NadraDeceased),
        (Some(NadraOutcome::NotFound), ProblemCode::NadraNotFound),
        (None, ProblemCode::NadraUnavailable),
    ] {
        bench.nadra.say(outcome);
        let reply = bench.enrol(&phone, &form).await;
        assert_eq!(reply.code(), code);
        assert_eq!(bench.people().await, 0);
    }
    // Nothing is in the way of the next try.
    bench.nadra.say(Some(NadraOutcome::Matched));
    let _: EnrolmentReply = bench.enrol(&phone, &form).await.json();
}

#[tokio::test]
async fn an_outage_tells_when_to_come_back_and_uses_up_no_try() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    bench.nadra.say(None);
    for tried in 0..UNANSWERED_MAX + 5 {
        let reply = bench.enrol(&phone, &form).await;
        let problem = reply.problem();
        assert_eq!(problem.code, ProblemCode::NadraUnavailable);
        let later = problem.retry_after.unwrap();
        assert_eq!(reply.headers["retry-after"], later.to_string());
        let hour = u32::try_from(3_600 - NOW % 3_600).unwrap();
        let wait = if tried < UNANSWERED_MAX { 60 } else { hour };
        assert_eq!(later, wait, "then it is asked no more in this hour");
    }
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), UNANSWERED_MAX as usize);
    bench.set_time(NOW + 3_600);
    bench.nadra.say(Some(NadraOutcome::Matched));
    let _: EnrolmentReply = bench.enrol(&phone, &form).await.json();
}

#[tokio::test]
async fn connections_that_break_while_nadra_is_asked_use_up_no_try() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let body = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    bench.nadra.say(None);
    for round in 0..ATTEMPTS_MAX {
        // Longer than NADRA is ever left alone.
        bench.set_time(NOW + u64::from(round) * (OPEN_SECONDS_MAX + 1));
        // Anew each time: word to a question that was dropped is not kept for the next.
        let held = Held::default();
        *bench.nadra.holds.lock().unwrap() = Some(held.clone());
        let request = phone.signed(
            paths::ENROLMENTS,
            &body,
            &phone.idempotency_key(),
            bench.now().unix(),
        );
        let app = bench.app.clone();
        let caller = tokio::spawn(async move { crate::bench::send(&app, request).await });
        held.asked.notified().await;
        caller.abort();
        assert!(caller.await.is_err());
        held.may_answer.notify_one();
        bench.province.settled().await;
    }
    *bench.nadra.holds.lock().unwrap() = None;
    bench.nadra.say(Some(NadraOutcome::Matched));
    bench.set_time(bench.now().unix() + OPEN_SECONDS_MAX + 1);
    let _: EnrolmentReply = bench.enrol(&phone, &citizen_number(0).enrolment()).await.json();
}

#[tokio::test]
async fn a_citizen_whom_nadra_confirmed_is_enrolled_although_the_phone_is_gone() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let body = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    let held = Held::default();
    *bench.nadra.holds.lock().unwrap() = Some(held.clone());
    let request = phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), NOW);
    let app = bench.app.clone();
    let caller = tokio::spawn(async move { crate::bench::send(&app, request).await });
    held.asked.notified().await;
    caller.abort();
    assert!(caller.await.is_err());
    held.may_answer.notify_one();
    bench.province.settled().await;
    assert_eq!(bench.people().await, 1);
}

#[tokio::test]
async fn nadra_is_asked_about_all_that_a_pass_certifies() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let question = bench.nadra.question.lock().unwrap().take().unwrap();
    let citizen = citizen_number(0);
    assert_eq!(question.cnic.as_str(), citizen.cnic);
    assert_eq!(question.cnic_issued_on.to_string(), citizen.cnic_issued_on);
    assert_eq!(question.name_en.as_str(), citizen.name_en);
    assert_eq!(question.name_ur.as_str(), citizen.name_ur);
    assert_eq!(question.guardian_name_en.as_str(), citizen.guardian_name_en);
    assert_eq!(question.guardian_name_ur.as_str(), citizen.guardian_name_ur);
    assert_eq!(question.guardian_relation.as_str(), citizen.guardian_relation);
    assert_eq!(question.date_of_birth.to_string(), citizen.date_of_birth);
    assert_eq!(question.gender.as_str(), citizen.gender);
    assert_eq!(question.district.as_str(), citizen.district);
}

#[tokio::test]
async fn guessing_at_one_cnic_ends_for_the_day_from_every_device() {
    let bench = Bench::new().await;
    let form = citizen_number(0).enrolment();
    bench.nadra.say(Some(NadraOutcome::NotMatched));
    for try_number in 0..ATTEMPTS_MAX {
        let phone = Phone::new(u8::try_from(try_number + 1).unwrap());
        assert_eq!(
            bench.enrol(&phone, &form).await.code(),
            ProblemCode::NadraNotMatched
        );
    }
    let asked = bench.nadra.asked.load(Ordering::SeqCst);
    let reply = bench.enrol(&Phone::new(200), &form).await;
    assert_eq!(reply.code(), ProblemCode::TooManyAttempts);
    let wait = u64::from(reply.problem().retry_after.unwrap());
    assert_eq!((NOW + wait) % 86_400, 0);
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), asked, "NADRA was asked");
    // Another citizen is not hindered, and the next day it is forgotten.
    let other = bench
        .enrol(&Phone::new(201), &citizen_number(1).enrolment())
        .await;
    assert_eq!(other.code(), ProblemCode::NadraNotMatched);
    bench.set_time(NOW + wait);
    bench.nadra.say(Some(NadraOutcome::Matched));
    let _: EnrolmentReply = bench.enrol(&Phone::new(202), &form).await.json();
}

#[tokio::test]
async fn one_device_cannot_guess_at_many_numbers() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    bench.nadra.say(Some(NadraOutcome::NotFound));
    let mut last = ProblemCode::NadraNotFound;
    for number in 0..=ATTEMPTS_MAX {
        assert_eq!(last, ProblemCode::NadraNotFound);
        let form = EnrolmentRequest {
            cnic: format!("99999{number:08}"),
            ..citizen_number(0).enrolment()
        };
        last = bench.enrol(&phone, &form).await.code();
    }
    assert_eq!(last, ProblemCode::TooManyAttempts);
}

#[tokio::test]
async fn every_bad_field_is_named() {
    let bench = Bench::new().await;
    let form = EnrolmentRequest {
        cnic: "12345".into(),
        cnic_issued_on: "2030-01-01".into(),
        name_en: "گل زمان".into(),
        name_ur: "Gul Zaman".into(),
        guardian_relation: "uncle".into(),
        date_of_birth: "2015-01-01".into(),
        gender: String::new(),
        mobile: "12".into(),
        photo: Bytes::default(),
        ..citizen_number(0).enrolment()
    };
    let reply = bench.enrol(&Phone::new(1), &form).await;
    assert_eq!(reply.code(), ProblemCode::FieldsInvalid);
    let fields: Vec<_> = reply
        .problem()
        .fields
        .into_iter()
        .map(|f| (f.field, f.code))
        .collect();
    let wanted = [
        ("cnic", FieldError::CnicMalformed),
        ("cnic_issued_on", FieldError::DateImpossible),
        ("name_en", FieldError::NameWrongScript),
        ("name_ur", FieldError::NameWrongScript),
        ("guardian_relation", FieldError::ChoiceUnknown),
        ("date_of_birth", FieldError::TooYoung),
        ("gender", FieldError::FieldMissing),
        ("mobile", FieldError::MobileMalformed),
        ("photo", FieldError::PhotoMissing),
    ];
    assert_eq!(fields, wanted.map(|(field, code)| (field.to_owned(), code)));
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), 0);
    // The answer repeats nothing that was given.
    let text = String::from_utf8(reply.body).unwrap();
    assert!(!text.contains("12345") && !text.contains("Gul"));
}

#[tokio::test]
async fn a_district_that_is_none_is_named() {
    let bench = Bench::new().await;
    let form = EnrolmentRequest {
        district: "lahore".into(),
        ..citizen_number(0).enrolment()
    };
    let problem = bench.enrol(&Phone::new(1), &form).await.problem();
    assert_eq!(problem.code, ProblemCode::FieldsInvalid);
    assert_eq!(problem.fields[0].field, "district");
    assert_eq!(problem.fields[0].code, FieldError::ChoiceUnknown);
}

#[tokio::test]
async fn a_picture_that_is_none_is_refused_before_nadra_is_asked() {
    let bench = Bench::new().await;
    let form = EnrolmentRequest {
        photo: Bytes(b"GIF89a not a face".to_vec()),
        ..citizen_number(0).enrolment()
    };
    let reply = bench.enrol(&Phone::new(1), &form).await;
    assert_eq!(reply.code(), ProblemCode::PhotoUnreadable);
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_body_that_is_no_enrolment_is_malformed() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let mut unknown = serde_json::to_value(citizen_number(0).enrolment()).unwrap();
    unknown["admin"] = true.into();
    for body in [
        &b""[..],
        b"{}",
        b"[1,2",
        b"\xff\xfe",
        &serde_json::to_vec(&unknown).unwrap(),
    ] {
        let reply = bench.post(&phone, paths::ENROLMENTS, body).await;
        assert_eq!(reply.code(), ProblemCode::RequestMalformed);
    }
}

#[tokio::test]
async fn a_phone_a_year_off_is_told_the_time() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let body = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    let year = 365 * 86_400;
    for at in [NOW - year, NOW + year, NOW - 301, NOW + 301] {
        let request = phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), at);
        let problem = bench.send(request).await.problem();
        assert_eq!(problem.code, ProblemCode::DeviceClock);
        assert_eq!(problem.server_time, Some(NOW));
    }
    assert_eq!(bench.people().await, 0);
    let request = phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), NOW - 300);
    let _: EnrolmentReply = bench.send(request).await.json();
}

#[tokio::test]
async fn a_request_without_a_good_signature_is_not_read() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let body = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    let good = || phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), NOW);
    for name in [
        "signature",
        "signature-input",
        "content-digest",
        "idempotency-key",
    ] {
        let mut request = good();
        let value = request.headers_mut().remove(name).unwrap();
        assert_eq!(
            bench.send(request).await.code(),
            ProblemCode::DeviceSignature,
            "no {name}"
        );
        let mut request = good();
        request.headers_mut().append(name, value);
        assert_eq!(
            bench.send(request).await.code(),
            ProblemCode::DeviceSignature,
            "two {name}"
        );
    }
    let mut other_body = good();
    *other_body.body_mut() = axum::body::Body::from(b"{}".to_vec());
    assert_eq!(bench.send(other_body).await.code(), ProblemCode::DeviceSignature);
    assert_eq!(bench.people().await, 0);
}

#[tokio::test]
async fn a_fault_between_nadra_and_the_database_leaves_nobody_half_enrolled() {
    let bench = Bench::new().await;
    *bench.nadra.breaks.lock().unwrap() = Some(bench.office.store().clone());
    let form = citizen_number(0).enrolment();
    let reply = bench.enrol(&Phone::new(1), &form).await;
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), 1);
    assert_eq!(reply.code(), ProblemCode::ServerFault);
    // Nobody is in it, no index is used up, and the citizen may try again.
    let bench = bench.opened_anew().await;
    assert_eq!(bench.people().await, 0);
    let _: EnrolmentReply = bench.enrol(&Phone::new(2), &form).await.json();
}

#[tokio::test]
async fn what_a_citizen_gave_lies_nowhere_in_clear() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.issued(&phone, 0, &["identity", "name-photo", "age"]).await;
    let bytes = bench.database_bytes();
    assert!(bytes.len() > 10_000);
    let citizen = citizen_number(0);
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
    // The search itself works: this column is in clear.
    assert!(holds(b"matched"));
    for secret in [
        &citizen.cnic,
        &citizen.name_en,
        &citizen.name_ur,
        &citizen.guardian_name_en,
        &citizen.date_of_birth,
        &citizen.address,
        &"3000000011".to_owned(),
        &"RIFF".to_owned(),
    ] {
        assert!(!holds(secret.as_bytes()));
    }
    // The catalogue names each district, in quotes; no column and no other text names the citizen's.
    let district = b"bajaur";
    let mut places = bytes
        .windows(district.len() + 1)
        .filter(|w| w.ends_with(district));
    assert!(places.all(|w| w.starts_with(b"\"")));
    let digest = <sha2::Sha256 as sha2::Digest>::digest(citizen.cnic.as_bytes());
    assert!(
        !holds(&digest),
        "a bare hash of a CNIC can be found by trying all"
    );
}
