//! `POST /v1/challenges` and `POST /v1/passes`.

use axum::http::StatusCode;
use credential::{
    Claims, Code, Context, Credential, DAY, Expect, FaceCheck, Gender, GuardianRelation, Signer, Timestamp,
    Vct, build_request, present_timed, present_to_request, read_request, verify,
};
use province_api::passes::{Challenge, PASSES_MAX, PassesReply, PassesRequest};
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use province_api::{Bytes, paths};
use province_server::admin::Desk;
use province_server::rules::passes::BATCHES_MAX;
use sha2::{Digest as _, Sha256};

use crate::bench::{Bench, NOW, Phone, citizen_number};

const EVERY_TYPE: [&str; 4] = ["age", "residence", "identity", "name-photo"];

fn claims(bytes: &Bytes) -> Claims {
    Credential::parse(&bytes.0).unwrap().unverified_claims().clone()
}

#[tokio::test]
async fn each_pass_says_what_its_type_says_and_no_more() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let reply = bench.issued(&phone, 0, &EVERY_TYPE).await;
    let [age, residence, identity, name_photo] = <[Bytes; 4]>::try_from(reply.credentials).unwrap();
    let midnight = Timestamp::from_unix(NOW).start_of_day();

    let age = claims(&age);
    assert_eq!((age.facts.over_18, age.facts.over_60), (Some(true), Some(false)));
    assert_eq!((age.iat, age.exp), (midnight, midnight.plus(30 * DAY)));
    assert!(age.identity.is_none() && age.status.is_none());
    assert!(age.facts.district.is_none() && age.facts.photo_sha256.is_none());

    let residence = claims(&residence);
    assert_eq!(residence.facts.district.as_deref(), Some("bajaur"));
    assert_eq!(residence.facts.merged_district, Some(true));
    assert!(residence.identity.is_none() && residence.status.is_none() && residence.facts.over_18.is_none());

    let citizen = citizen_number(0);
    let photo_sha256: [u8; 32] = Sha256::digest(&reply.photo.0).into();
    let identity = claims(&identity);
    assert_eq!(identity.exp, midnight.plus(180 * DAY));
    assert_eq!(identity.facts.photo_sha256, Some(photo_sha256));
    assert_eq!(identity.facts.guardian_relation, Some(GuardianRelation::Father));
    let who = identity.identity.unwrap();
    assert_eq!(who.id.as_deref(), Some(citizen.cnic.as_str()));
    assert_eq!(who.full_name.as_deref(), Some(citizen.name_en.as_str()));
    assert_eq!(who.full_name_local.as_deref(), Some(citizen.name_ur.as_str()));
    assert_eq!(who.local_language.as_deref(), Some("ur"));
    assert_eq!(
        who.guardian_local.as_deref(),
        Some(citizen.guardian_name_ur.as_str())
    );
    assert_eq!(who.date_of_birth.as_deref(), Some("19880502"));
    assert_eq!(who.gender, Some(Gender::Male));

    let name_photo = claims(&name_photo);
    assert_eq!(name_photo.status, identity.status, "one index for one person");
    assert_eq!(name_photo.facts.photo_sha256, Some(photo_sha256));
    let who = name_photo.identity.unwrap();
    assert!(
        who.full_name.is_some() && who.id.is_none() && who.date_of_birth.is_none() && who.address.is_none()
    );

    assert!(reply.photo.0.len() <= 1_000 && reply.photo.0.starts_with(b"RIFF"));
}

#[tokio::test]
async fn over_sixty_is_told_of_the_citizen_who_is() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(2, 1).await;
    let reply = bench.issued(&phone, 0, &["age"]).await;
    assert_eq!(claims(&reply.credentials[0]).facts.over_60, Some(true));
}

#[tokio::test]
async fn an_issued_age_pass_is_accepted_at_a_desk() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let pass = bench.issued(&phone, 5, &["age"]).await.credentials.remove(0);
    let now = bench.now();
    let shown = present_timed(&pass.0, &phone.holder(5), "kp:test-desk", now).unwrap();
    let (trust, status) = (bench.trust().await, bench.status().await);
    let outcome = verify(
        &shown,
        &Context {
            now,
            trust: Some(&trust),
            status: Some(&status),
            types: None,
            expect: Expect::Timed {
                audience: "kp:test-desk",
            },
            rule: None,
        },
    );
    assert_eq!(outcome.code, Code::Accepted);
}

#[tokio::test]
async fn an_identity_is_accepted_at_a_certified_desk_until_it_is_revoked() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(1, 1).await;
    let pass = bench.issued(&phone, 0, &["identity"]).await.credentials.remove(0);
    let now = bench.now();
    let desk_key = credential::SecretKey::from_seed([77; 32]);
    let certificate = bench
        .office
        .counter_certificate(&desk(&desk_key, &[Vct::IDENTITY]), now)
        .await
        .unwrap();
    let trust = bench.trust().await;
    let request = build_request(
        &Vct::IDENTITY,
        "kp:test-desk",
        [5; 16],
        now,
        Some(Signer {
            key: &desk_key,
            certificate: Some(&certificate),
        }),
    )
    .unwrap();
    let read = read_request(&request.text, Some(&trust), now).unwrap();
    read.may_ask().unwrap();
    let shown = present_to_request(&pass.0, &phone.holder(0), &read).unwrap();
    let decide = |status: credential::StatusSet| {
        verify(
            &shown,
            &Context {
                now,
                trust: Some(&trust),
                status: Some(&status),
                types: None,
                expect: Expect::Request(&request),
                rule: None,
            },
        )
    };
    let outcome = decide(bench.status().await);
    assert_eq!(outcome.code, Code::FaceNotCompared);
    let (code, _) = outcome.verified.unwrap().confirm_face(FaceCheck::Same);
    assert_eq!(code, Code::Accepted);

    let cnic = Cnic::parse(&citizen_number(1).cnic).unwrap();
    bench.office.revoke(&cnic, Reason::Fraud, now).await.unwrap();
    assert_eq!(decide(bench.status().await).code, Code::Revoked);
}

pub fn desk(key: &credential::SecretKey, allowed: &[Vct]) -> Desk {
    Desk {
        key: key.public(),
        name: credential::Names::new("Test desk", "آزمائشی کاؤنٹر", "ازمايښتي کاونټر"),
        purpose: credential::Names::new("a test", "آزمائش", "ازمايښت"),
        audience: "kp:test-desk".into(),
        allowed: allowed.to_vec(),
        days: 365,
    }
}

#[tokio::test]
async fn asking_again_with_the_same_key_gives_the_same_batch() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let challenge = bench.challenge(&phone).await;
    let body = serde_json::to_vec(&phone.wanted(&challenge, 0, &EVERY_TYPE)).unwrap();
    let ask = |at| phone.signed(paths::PASSES, &body, &"ab".repeat(16), at);
    let first: PassesReply = bench.send(ask(NOW)).await.json();
    // Days later, on which other passes would be issued.
    bench.set_time(NOW + 3 * DAY);
    let again: PassesReply = bench.send(ask(NOW + 3 * DAY)).await.json();
    assert_eq!(first, again);
}

#[tokio::test]
async fn two_equal_requests_at_once_get_one_batch() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let challenge = bench.challenge(&phone).await;
    let body = serde_json::to_vec(&phone.wanted(&challenge, 0, &EVERY_TYPE)).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let request = phone.signed(paths::PASSES, &body, &"ab".repeat(16), NOW);
        let app = bench.app.clone();
        tasks.spawn(async move { crate::bench::send(&app, request).await.json::<PassesReply>() });
    }
    let replies = tasks.join_all().await;
    assert!(replies.iter().all(|reply| *reply == replies[0]));
}

#[tokio::test]
async fn the_same_key_with_another_body_is_a_conflict() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let key = "ab".repeat(16);
    for (first, expected) in [(0, StatusCode::OK), (10, StatusCode::CONFLICT)] {
        let challenge = bench.challenge(&phone).await;
        let body = serde_json::to_vec(&phone.wanted(&challenge, first, &["age"])).unwrap();
        let reply = bench.send(phone.signed(paths::PASSES, &body, &key, NOW)).await;
        assert_eq!(reply.status, expected);
        if expected == StatusCode::CONFLICT {
            assert_eq!(reply.code(), ProblemCode::IdempotencyConflict);
        }
    }
}

#[tokio::test]
async fn a_challenge_serves_once_and_in_its_time_and_for_its_device() {
    let bench = Bench::new().await;
    let (phone, other) = (bench.enrolled(0, 1).await, bench.enrolled(1, 2).await);
    let challenge = bench.challenge(&phone).await;
    let stolen = bench.passes(&other, &other.wanted(&challenge, 0, &["age"])).await;
    assert_eq!(stolen.code(), ProblemCode::ChallengeInvalid);
    let first = bench.passes(&phone, &phone.wanted(&challenge, 0, &["age"])).await;
    assert_eq!(first.status, StatusCode::OK);
    let second = bench.passes(&phone, &phone.wanted(&challenge, 1, &["age"])).await;
    assert_eq!(second.code(), ProblemCode::ChallengeInvalid);

    let reply: Challenge = bench.post(&phone, paths::CHALLENGES, b"").await.json();
    assert_eq!(reply.expires_at, NOW + 300);
    bench.set_time(NOW + 301);
    let late = bench
        .passes(&phone, &phone.wanted(&reply.challenge, 2, &["age"]))
        .await;
    assert_eq!(late.code(), ProblemCode::ChallengeInvalid);
    let made_up = phone.wanted(&Bytes(vec![1; 16]), 3, &["age"]);
    assert_eq!(
        bench.passes(&phone, &made_up).await.code(),
        ProblemCode::ChallengeInvalid
    );
}

#[tokio::test]
async fn a_device_cannot_pile_up_challenges() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    for _ in 0..50 {
        bench.challenge(&phone).await;
    }
    let reply = bench.post(&phone, paths::CHALLENGES, b"").await;
    assert_eq!(reply.code(), ProblemCode::TooManyAttempts);
    bench.set_time(NOW + 301);
    bench.challenge(&phone).await;
}

#[tokio::test]
async fn a_device_cannot_draw_passes_without_end() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    for batch in 0..BATCHES_MAX {
        bench.issued(&phone, u64::from(batch) * 10, &["age"]).await;
    }
    let challenge = bench.challenge(&phone).await;
    let wanted = serde_json::to_vec(&phone.wanted(&challenge, 9_000, &["age"])).unwrap();
    let reply = bench.post(&phone, paths::PASSES, &wanted).await;
    assert_eq!(reply.code(), ProblemCode::TooManyAttempts);
    bench.set_time(NOW + DAY);
    bench.issued(&phone, 10_000, &["age"]).await;
}

#[tokio::test]
async fn a_holder_key_that_is_not_proven_gets_no_pass_and_spends_no_challenge() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let challenge = bench.challenge(&phone).await;
    let good = || phone.wanted(&challenge, 0, &["age", "identity"]);
    let changed: [fn(&mut PassesRequest); 6] = [
        |r| r.passes[1].proof.0[0] ^= 1,
        |r| r.passes[1].proof.0.truncate(63),
        |r| r.passes[1].holder_key.0.truncate(31),
        // The neutral element: any signature holds under it unless it is refused.
        |r| {
            r.passes[1].holder_key.0 = vec![0; 32];
            r.passes[1].holder_key.0[0] = 1;
        },
        |r| r.passes[1] = r.passes[0].clone(),
        // A proof for one type does not serve another.
        |r| r.passes[1].vct = "name-photo".into(),
    ];
    for change in changed {
        let mut request = good();
        change(&mut request);
        assert_eq!(
            bench.passes(&phone, &request).await.code(),
            ProblemCode::HolderKeyUnproven
        );
    }
    // All or none: none of the above was issued, and the challenge is still there.
    assert_eq!(bench.passes(&phone, &good()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_type_that_is_none_and_batches_of_none_or_too_many_are_refused() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let challenge = bench.challenge(&phone).await;
    let unknown = bench
        .passes(&phone, &phone.wanted(&challenge, 0, &["passport"]))
        .await;
    assert_eq!(unknown.code(), ProblemCode::PassTypeUnknown);
    for types in [vec![], vec!["age"; PASSES_MAX + 1]] {
        let reply = bench.passes(&phone, &phone.wanted(&challenge, 0, &types)).await;
        assert_eq!(reply.code(), ProblemCode::RequestMalformed);
    }
    let most = phone.wanted(&challenge, 0, &["age"; PASSES_MAX]);
    let reply: PassesReply = bench.passes(&phone, &most).await.json();
    assert_eq!(reply.credentials.len(), PASSES_MAX);
}

#[tokio::test]
async fn a_device_that_has_not_enrolled_gets_nothing() {
    let bench = Bench::new().await;
    let phone = Phone::new(9);
    assert_eq!(
        bench.post(&phone, paths::CHALLENGES, b"").await.code(),
        ProblemCode::DeviceUnknown
    );
    let wanted = phone.wanted(&Bytes(vec![0; 16]), 0, &["age"]);
    assert_eq!(
        bench.passes(&phone, &wanted).await.code(),
        ProblemCode::DeviceUnknown
    );
}

#[tokio::test]
async fn a_body_that_is_none_is_malformed() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    for (path, body) in [
        (paths::PASSES, &b"{\"challenge\":7}"[..]),
        (paths::PASSES, b""),
        (paths::CHALLENGES, b"{}"),
    ] {
        assert_eq!(
            bench.post(&phone, path, body).await.code(),
            ProblemCode::RequestMalformed
        );
    }
}

#[tokio::test]
async fn a_revoked_person_gets_no_more_passes_and_no_stored_ones() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let challenge = bench.challenge(&phone).await;
    let request = phone.wanted(&challenge, 0, &["age"]);
    let body = serde_json::to_vec(&request).unwrap();
    let ask = || phone.signed(paths::PASSES, &body, &"cd".repeat(16), NOW);
    assert_eq!(bench.send(ask()).await.status, StatusCode::OK);
    let cnic = Cnic::parse(&citizen_number(0).cnic).unwrap();
    bench
        .office
        .revoke(&cnic, Reason::Fraud, bench.now())
        .await
        .unwrap();
    assert_eq!(bench.send(ask()).await.code(), ProblemCode::PersonRevoked);
    assert_eq!(
        bench.post(&phone, paths::CHALLENGES, b"").await.code(),
        ProblemCode::PersonRevoked
    );
    let again = bench.enrol(&phone, &citizen_number(0).enrolment()).await;
    assert_eq!(again.code(), ProblemCode::PersonRevoked);
}
