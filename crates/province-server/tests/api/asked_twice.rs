//! Writes that come twice, and copies of requests.

use axum::http::StatusCode;
use credential::DAY;
use province_api::passes::{Challenge, PassesReply};
use province_api::problem::ProblemCode;
use province_api::sync::{MobileReply, MobileRequest};
use province_api::{packed, paths, signature};

use crate::bench::{Bench, NOW, Phone, citizen_number, kept};
use crate::sync::{Known, whats};

fn mobile(number: &str) -> Vec<u8> {
    serde_json::to_vec(&MobileRequest {
        mobile: number.to_owned(),
    })
    .unwrap()
}

#[tokio::test]
async fn a_packed_write_is_the_same_write_and_unpacks_to_no_more_than_is_taken() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let key = "7".repeat(32);
    let send = async |body: &[u8], coding: Option<&str>| {
        let mut request = phone.signed(paths::MOBILE, body, &key, NOW);
        if let Some(coding) = coding {
            let coding = coding.parse().unwrap();
            request.headers_mut().insert("content-encoding", coding);
        }
        bench.send(request).await
    };
    let mut body = mobile("03117654321");
    body.resize(2000, b' ');
    let small = packed::pack(&body).unwrap();
    assert!(small.len() < 100);
    let done: MobileReply = send(&small, None).await.json();
    // Whatever happens on the way to a header that nobody signs.
    for (second, (bytes, coding)) in (1..).zip([
        (&body, None),
        (&body, Some("zstd")),
        (&small, Some("zstd")),
        (&small, Some("gzip")),
    ]) {
        bench.set_time(NOW + second);
        assert_eq!(
            send(bytes, coding).await.json::<MobileReply>(),
            done,
            "{coding:?}"
        );
    }

    let bomb = packed::pack(&vec![b' '; 64 * 1024 + 1]).unwrap();
    assert_eq!(send(&bomb, None).await.code(), ProblemCode::BodyTooLarge);
    let cut = &small[..small.len() / 2];
    assert_eq!(send(cut, None).await.code(), ProblemCode::RequestMalformed);
}

#[tokio::test]
async fn a_write_is_done_once_whenever_it_comes_again() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let (key, body) = ("5".repeat(32), mobile("03117654321"));
    let send = async |at: u64, path: &str, body: &[u8]| {
        bench.set_time(at);
        bench.send(phone.signed(path, body, &key, at)).await
    };
    let first: MobileReply = send(NOW, paths::MOBILE, &body).await.json();
    for days in [0, 21, 90, 99] {
        let again: MobileReply = send(NOW + days * DAY, paths::MOBILE, &body).await.json();
        assert_eq!(again, first, "after {days} days");
        bench.province.upkeep().await;
    }
    let other = send(NOW + 99 * DAY, paths::MOBILE, &mobile("03117654322")).await;
    assert_eq!(other.code(), ProblemCode::IdempotencyConflict);
    let elsewhere = send(NOW + 99 * DAY, paths::PASSES, &body).await;
    assert_eq!(elsewhere.code(), ProblemCode::IdempotencyConflict);
    let told = bench.sync(&phone, &mut Known::default()).await;
    assert_eq!(whats(&told).len(), 2, "enrolled, and one change");

    // The same key of another phone is another key.
    let other = bench.enrolled(1, 2).await;
    let at = bench.now().unix();
    let theirs: MobileReply = bench
        .send(other.signed(paths::MOBILE, &body, &key, at))
        .await
        .json();
    assert_ne!(theirs, first);
}

#[tokio::test]
async fn an_enrolment_under_a_key_that_came_with_another_is_refused() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let form = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    let other = serde_json::to_vec(&citizen_number(1).enrolment()).unwrap();
    let key = "7".repeat(32);
    let first = bench
        .send(phone.signed(paths::ENROLMENTS, &form, &key, NOW))
        .await;
    assert_eq!(first.status, StatusCode::OK);
    let again = bench
        .send(phone.signed(paths::ENROLMENTS, &form, &key, NOW))
        .await;
    assert_eq!(again.body, first.body);
    let conflict = bench
        .send(phone.signed(paths::ENROLMENTS, &other, &key, NOW))
        .await;
    assert_eq!(conflict.code(), ProblemCode::IdempotencyConflict);
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let form = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    let key = "7".repeat(32);
    bench.nadra.say(None);
    let down = bench
        .send(phone.signed(paths::ENROLMENTS, &form, &key, NOW))
        .await;
    assert_eq!(down.code(), ProblemCode::NadraUnavailable);
    assert_eq!(down.headers["retry-after"], "60");
    bench.nadra.say(Some(province_api::nadra::NadraOutcome::Matched));
    let up = bench
        .send(phone.signed(paths::ENROLMENTS, &form, &key, NOW))
        .await;
    assert_eq!(up.status, StatusCode::OK);
}

#[tokio::test]
async fn of_the_same_write_at_once_one_is_done_and_all_are_answered_alike() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let (key, body) = ("5".repeat(32), mobile("03117654321"));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let request = phone.signed(paths::MOBILE, &body, &key, NOW);
        let app = bench.app.clone();
        tasks.spawn(async move { crate::bench::send(&app, request).await });
    }
    let replies = tasks.join_all().await;
    for reply in &replies {
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.body, replies[0].body);
    }
    let told = bench.sync(&phone, &mut Known::default()).await;
    assert_eq!(whats(&told).len(), 2);
}

#[tokio::test]
async fn a_challenge_asked_for_again_is_the_same_until_it_is_used_or_over() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let key = "6".repeat(32);
    let ask = async || -> Challenge {
        let at = bench.now().unix();
        bench
            .send(phone.signed(paths::CHALLENGES, b"", &key, at))
            .await
            .json()
    };
    let first = ask().await;
    assert_eq!(ask().await, first);
    let drawn = bench
        .passes(&phone, &phone.wanted(&first.challenge, 0, &["age"]))
        .await;
    let _: PassesReply = drawn.json();
    let second = ask().await;
    assert_ne!(second.challenge, first.challenge);
    bench.set_time(NOW + 301);
    assert_ne!(ask().await.challenge, second.challenge);
}

#[tokio::test]
async fn old_batches_are_forgotten_and_not_issued_again() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut batches = Vec::new();
    for number in 0..6 {
        bench.set_time(NOW + number * 60);
        let challenge = bench.challenge(&phone).await;
        let body = serde_json::to_vec(&phone.wanted(&challenge, number, &["age"])).unwrap();
        let key = format!("{:032x}", 0xabc0 + number);
        let at = bench.now().unix();
        let reply = bench.send(phone.signed(paths::PASSES, &body, &key, at)).await;
        assert_eq!(reply.status, StatusCode::OK);
        batches.push((key, body, reply.body));
    }
    let at = bench.now().unix();
    for (number, (key, body, before)) in batches.iter().enumerate() {
        let reply = bench.send(phone.signed(paths::PASSES, body, key, at)).await;
        if number < 2 {
            assert_eq!(reply.code(), ProblemCode::ChallengeInvalid);
        } else {
            assert_eq!(&reply.body, before);
        }
    }
}

/// A request with this nonce, sent as often as it is asked for.
fn copied(
    phone: &Phone,
    path: &str,
    body: &[u8],
    nonce: [u8; 16],
    at: u64,
) -> axum::http::Request<axum::body::Body> {
    let mut request = axum::http::Request::post(path);
    for (name, value) in signature::sign(&phone.key, "POST", path, body, &"8".repeat(32), at, &nonce) {
        request = request.header(name, value);
    }
    request.body(axum::body::Body::from(body.to_vec())).unwrap()
}

#[tokio::test]
async fn a_copy_of_a_request_is_refused_also_of_a_write_that_was_done() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let sync = serde_json::to_vec(&Known::default().request()).unwrap();
    let question = || copied(&phone, paths::SYNC, &sync, [1; 16], NOW);
    assert_eq!(bench.send(question()).await.status, StatusCode::OK);
    assert_eq!(bench.send(question()).await.code(), ProblemCode::RequestReplayed);
    let challenge = || copied(&phone, paths::CHALLENGES, b"", [2; 16], NOW);
    assert_eq!(bench.send(challenge()).await.status, StatusCode::OK);
    assert_eq!(bench.send(challenge()).await.code(), ProblemCode::RequestReplayed);

    let body = mobile("03117654321");
    let write = || copied(&phone, paths::MOBILE, &body, [3; 16], NOW);
    let first = bench.send(write()).await;
    assert_eq!(first.status, StatusCode::OK);
    // Whoever kept the bytes gets nothing of the answer; the phone signs the same write anew.
    assert_eq!(bench.send(write()).await.code(), ProblemCode::RequestReplayed);
    let anew = bench
        .send(copied(&phone, paths::MOBILE, &body, [4; 16], NOW))
        .await;
    assert_eq!((anew.status, anew.body), (StatusCode::OK, first.body));
    // The same nonce with another write is no copy of it, and still no new request.
    let other = copied(&phone, paths::MOBILE, &mobile("03117654322"), [3; 16], NOW);
    assert_eq!(bench.send(other).await.code(), ProblemCode::RequestReplayed);
    // The nonce of another device is another nonce.
    let theirs = bench.enrolled(1, 2).await;
    let theirs = copied(&theirs, paths::SYNC, &sync, [1; 16], NOW);
    assert_eq!(bench.send(theirs).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_nonce_is_remembered_until_the_clock_refuses_it() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let sync = serde_json::to_vec(&Known::default().request()).unwrap();
    // Signed by a clock that is ahead: it serves longest.
    let ahead = || copied(&phone, paths::SYNC, &sync, [1; 16], NOW + 300);
    assert_eq!(bench.send(ahead()).await.status, StatusCode::OK);
    for seconds in [300, 600] {
        bench.set_time(NOW + seconds);
        kept(&bench.province).await;
        assert_eq!(bench.send(ahead()).await.code(), ProblemCode::RequestReplayed);
    }
    bench.set_time(NOW + 601);
    kept(&bench.province).await;
    let late = bench.send(ahead()).await.problem();
    assert_eq!(
        (late.code, late.server_time),
        (ProblemCode::DeviceClock, Some(NOW + 601))
    );
    // Another server's clock may be a minute behind, and refuses by what is remembered here.
    bench.set_time(NOW + 660);
    kept(&bench.province).await;
    assert_eq!(bench.rows("seen").await, 1);
    bench.set_time(NOW + 661);
    kept(&bench.province).await;
    assert_eq!(bench.rows("seen").await, 0);
}

#[tokio::test]
async fn a_write_that_was_held_back_undoes_nothing_that_was_signed_after_it() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let signed =
        |number: &str, key: &str, at| phone.signed(paths::MOBILE, &mobile(number), &key.repeat(32), at);
    let held_back = signed("03117654321", "a", NOW);
    bench.set_time(NOW + 10);
    let later = bench.send(signed("03117654322", "b", NOW + 10)).await;
    assert_eq!(later.status, StatusCode::OK);
    assert_eq!(bench.send(held_back).await.code(), ProblemCode::RequestReplayed);
    // Of another path nothing was done yet, and what is signed anew is meant.
    assert_eq!(
        bench
            .send(phone.signed(paths::CHALLENGES, b"", &"c".repeat(32), NOW))
            .await
            .status,
        StatusCode::OK
    );
    let anew = bench.send(signed("03117654321", "a", NOW + 20)).await;
    assert_eq!(anew.status, StatusCode::OK);
    // What was done is answered, however late it is asked for again.
    let again = bench.send(signed("03117654322", "b", NOW)).await;
    assert_eq!((again.status, again.body), (StatusCode::OK, later.body));
}
