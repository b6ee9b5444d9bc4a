//! The ways of proofing, with a simulated NADRA that sends codes and compares faces and fingers.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::{Credential, Vct};
use province_api::Bytes;
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::nadra::{
    CheckCodeRequest, CodeOutcome, FingerRequest, SendCodeRequest, SendOutcome, VerifyRequest,
};
use province_api::paths;
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::proofing::{AssistedRequest, Finger, FingerReader as _};
use province_api::sync::Event;
use province_server::nadra::{Answer, HttpNadra, NadraDesk};
use province_server::{Province, router};
use sandbox::TestCitizen;
use sandbox::fingers::PlayedReader;
use sandbox::nadra::{Fault, Nadra};

use crate::bench::{Bench, NOW, Phone, Reply, citizen_number};
use crate::callers::CounterCaller;
use crate::sync::Known;

/// The simulated NADRA, in this process.
pub struct Played(pub Arc<Nadra>);

impl NadraDesk for Played {
    fn verify(&self, question: VerifyRequest) -> Answer<'_> {
        Box::pin(async move { Ok(self.0.outcome(&question)) })
    }

    fn send_code(&self, question: SendCodeRequest) -> Answer<'_, SendOutcome> {
        Box::pin(async move { Ok(self.0.send_code(&question)) })
    }

    fn check_code(&self, question: CheckCodeRequest) -> Answer<'_, CodeOutcome> {
        Box::pin(async move { Ok(self.0.check_code(&question)) })
    }

    fn verify_finger(&self, question: FingerRequest) -> Answer<'_> {
        Box::pin(async move { Ok(self.0.outcome_with_finger(&question)) })
    }
}

/// A province that asks for codes, and its NADRA.
pub async fn asking() -> (Bench, Arc<Nadra>) {
    let bench = Bench::new().await;
    let nadra = Arc::new(Nadra::new());
    let bench = bench.with(Arc::new(Played(Arc::clone(&nadra))), |province| {
        province.asking_sim_codes(true)
    });
    (bench, nadra)
}

pub fn with_code(form: &EnrolmentRequest, code: &str) -> EnrolmentRequest {
    EnrolmentRequest {
        sim_code: Some(code.to_owned()),
        ..form.clone()
    }
}

pub fn cnic(form: &EnrolmentRequest) -> Cnic {
    Cnic::parse(&form.cnic).unwrap()
}

pub fn troubled(fault: Fault) -> TestCitizen {
    let mut all = sandbox::citizens::troubled().into_iter();
    all.find(|(_, one)| *one == fault).unwrap().0
}

/// Another code than this.
pub fn wrong(code: &str) -> String {
    code.chars()
        .map(|digit| if digit == '0' { '1' } else { '0' })
        .collect()
}

#[tokio::test]
async fn another_persons_face_is_refused() {
    let (bench, _) = asking().await;
    let bench = bench.with(Arc::new(Played(Arc::new(Nadra::new()))), |province| province);
    let form = EnrolmentRequest {
        photo: Bytes::from(citizen_number(2).portrait_png()),
        ..citizen_number(0).enrolment()
    };
    assert_eq!(
        bench.enrol(&Phone::new(1), &form).await.code(),
        ProblemCode::NadraNotMatched
    );
}

/// What a counter sends about this citizen, with the finger of whoever has this CNIC.
pub fn assisted(phone: &Phone, citizen: &TestCitizen, whose_finger: &str) -> AssistedRequest {
    let reader = PlayedReader::with(Cnic::parse(whose_finger).unwrap());
    AssistedRequest {
        device: Bytes::from(&phone.key.verifying_key().as_bytes()[..]),
        person: citizen.enrolment(),
        finger: Finger::RightIndex,
        template: reader.read(Finger::RightIndex).unwrap(),
    }
}

/// What becomes of it at this server, sent by a desk that may.
pub async fn assist(
    bench: &Bench,
    province: &Arc<Province>,
    request: AssistedRequest,
) -> Result<EnrolmentReply, ProblemCode> {
    let counter = CounterCaller::certified(bench, 75).await;
    let body = serde_json::to_vec(&request).unwrap();
    let request = counter.signed(&Method::POST, paths::ASSISTED, &body, bench.now().unix());
    let reply = crate::bench::send(&router(Arc::clone(province)), request).await;
    if reply.status == StatusCode::OK {
        Ok(reply.json())
    } else {
        Err(reply.code())
    }
}

async fn level(bench: &Bench, phone: &Phone, first: u64) -> Option<u8> {
    let issued = bench.issued(phone, first, &["identity"]).await;
    let identity = Credential::parse(&issued.credentials[0].0).unwrap();
    identity.unverified_claims().facts.assurance
}

#[tokio::test]
async fn who_is_enrolled_at_a_counter_is_of_the_third_level_and_the_phone_is_answered_at_once() {
    let (bench, _) = asking().await;
    let (phone, citizen) = (Phone::new(1), citizen_number(0));
    let enrolled = assist(&bench, &bench.province, assisted(&phone, &citizen, &citizen.cnic))
        .await
        .unwrap();
    assert_eq!(bench.people().await, 1);
    let told: EnrolmentReply = bench.enrol(&phone, &citizen.enrolment()).await.json();
    assert_eq!(told, enrolled);
    assert_eq!(level(&bench, &phone, 0).await, Some(3));
    // Sent once more, nothing is done again.
    let again = assist(&bench, &bench.province, assisted(&phone, &citizen, &citizen.cnic)).await;
    assert_eq!(again, Ok(enrolled));
    let other = assist(
        &bench,
        &bench.province,
        assisted(&phone, &citizen_number(1), &citizen.cnic),
    )
    .await;
    assert_eq!(other, Err(ProblemCode::DeviceTaken));
    let elsewhere = assist(
        &bench,
        &bench.province,
        assisted(&Phone::new(2), &citizen, &citizen.cnic),
    )
    .await;
    assert_eq!(elsewhere, Err(ProblemCode::AlreadyEnrolled));
}

#[tokio::test]
async fn a_wrong_finger_and_a_wrong_face_are_refused_and_neither_is_kept() {
    let (bench, _) = asking().await;
    let (phone, citizen) = (Phone::new(1), citizen_number(0));
    let finger = assisted(&phone, &citizen, &citizen_number(2).cnic);
    let theirs = finger.template.clone();
    assert_eq!(
        assist(&bench, &bench.province, finger).await,
        Err(ProblemCode::NadraNotMatched)
    );
    let mut face = assisted(&phone, &citizen, &citizen.cnic);
    face.person.photo = Bytes::from(citizen_number(2).portrait_png());
    let picture = face.person.photo.0.clone();
    let own = face.template.clone();
    assert_eq!(
        assist(&bench, &bench.province, face).await,
        Err(ProblemCode::NadraNotMatched)
    );
    assist(&bench, &bench.province, assisted(&phone, &citizen, &citizen.cnic))
        .await
        .unwrap();

    let bytes = bench.database_bytes();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(
        holds(b"\"way\":\"assisted\"") && holds(b"kp:test-desk"),
        "the search works"
    );
    let portrait = citizen.portrait_png();
    for secret in [theirs.as_ref(), own.as_ref(), &picture, portrait] {
        let encoded = URL_SAFE_NO_PAD.encode(secret);
        for from in [20, 200, 402] {
            assert!(!holds(&secret[from..from + 24]));
            assert!(!holds(&encoded.as_bytes()[from..from + 24]));
        }
    }
}

#[tokio::test]
async fn who_enrolled_alone_is_raised_at_a_counter_and_the_phone_draws_anew() {
    let (bench, _) = asking().await;
    let bench = bench.with(Arc::new(Played(Arc::new(Nadra::new()))), |province| province);
    let phone = bench.enrolled(0, 1).await;
    let mut known = Known::default();
    let first = bench.sync(&phone, &mut known).await;
    let grants = |offers: &[province_api::passes::Offer]| offers.iter().map(|one| one.grant).max();
    assert_eq!(grants(first.offers.as_deref().unwrap()), Some(0));
    assert_eq!(level(&bench, &phone, 0).await, Some(2));
    bench.set_time(NOW + 60);
    let citizen = citizen_number(0);
    assist(&bench, &bench.province, assisted(&phone, &citizen, &citizen.cnic))
        .await
        .unwrap();
    let raised = bench.sync(&phone, &mut known).await;
    assert!(raised.feed.iter().any(|one| one.what == Event::ProofRaised));
    assert_eq!(grants(raised.offers.as_deref().unwrap()), Some(NOW + 60));
    assert_eq!(level(&bench, &phone, 10).await, Some(3));
    // A phone that takes it over later has proven less.
    let new = Phone::new(2);
    let body = serde_json::to_vec(&citizen.enrolment()).unwrap();
    let _: EnrolmentReply = bench.post(&new, paths::REBIND, &body).await.json();
    assert_eq!(level(&bench, &new, 20).await, Some(2));
}

#[tokio::test]
async fn every_citizen_with_whom_something_is_wrong_is_told_what_over_http() {
    let bench = Bench::new().await;
    let nadra = Arc::new(Nadra::new().with_delay(Duration::from_mins(1)));
    let url = crate::nadra::serve(sandbox::nadra::router(nadra)).await;
    for (fault, code) in [
        (Fault::Expired, ProblemCode::NadraExpired),
        (Fault::Blocked, ProblemCode::NadraBlocked),
        (Fault::Deceased, ProblemCode::NadraDeceased),
        (Fault::NotMatched, ProblemCode::NadraNotMatched),
        (Fault::Unavailable, ProblemCode::NadraUnavailable),
        (Fault::Slow, ProblemCode::NadraUnavailable),
        (Fault::Down, ProblemCode::NadraUnavailable),
        (Fault::Nonsense, ProblemCode::NadraUnavailable),
    ] {
        // Whoever answers is given all the time there is; whoever does not, no longer than a test may wait for nobody.
        let limit = match fault {
            Fault::Slow => Duration::from_millis(400),
            _ => Duration::from_mins(10),
        };
        // Anew each time: NADRA is not left alone.
        let desk = HttpNadra::new(&url, None, limit).unwrap();
        let here = bench.province_with(Arc::new(desk), |province| province);
        let citizen = troubled(fault);
        let phone = Phone::new(1);
        let body = serde_json::to_vec(&citizen.enrolment()).unwrap();
        let request = phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), NOW);
        let alone: Reply = crate::bench::send(&router(Arc::clone(&here)), request).await;
        assert_eq!(alone.code(), code, "{fault:?}");
        let at_counter = assist(&bench, &here, assisted(&phone, &citizen, &citizen.cnic)).await;
        assert_eq!(at_counter, Err(code), "{fault:?}");
    }
    assert_eq!(bench.people().await, 0);
}

#[tokio::test]
async fn a_counter_proofs_people_over_http_only_if_its_certificate_allows_that() {
    let (bench, _) = asking().await;
    let (phone, citizen) = (Phone::new(1), citizen_number(0));
    let request = assisted(&phone, &citizen, &citizen.cnic);
    let body = serde_json::to_vec(&request).unwrap();
    let post = |counter: &CounterCaller| counter.signed(&Method::POST, paths::ASSISTED, &body, NOW);
    let gate = CounterCaller::allowed(&bench, 70, &[Vct::IDENTITY]).await;
    assert_eq!(bench.send(post(&gate)).await.code(), ProblemCode::ScopeMissing);
    assert_eq!(bench.people().await, 0);
    let counter = CounterCaller::certified(&bench, 71).await;
    let enrolled: EnrolmentReply = bench.send(post(&counter)).await.json();
    let told: EnrolmentReply = bench.enrol(&phone, &citizen.enrolment()).await.json();
    assert_eq!(told, enrolled);
    assert_eq!(level(&bench, &phone, 0).await, Some(3));
}

#[tokio::test]
async fn an_assisted_enrolment_is_done_once_for_each_key_and_answered_the_same() {
    let bench = Bench::new().await;
    let bench = bench.with(Arc::new(Played(Arc::new(Nadra::new()))), |province| province);
    let (phone, citizen) = (Phone::new(1), citizen_number(0));
    let body = |whose: &TestCitizen| serde_json::to_vec(&assisted(&phone, whose, &whose.cnic)).unwrap();
    let (first, other) = (body(&citizen), body(&citizen_number(1)));
    let counter = CounterCaller::certified(&bench, 71).await;
    let post = async |counter: &CounterCaller, body: &[u8]| {
        let what = (&Method::POST, paths::ASSISTED);
        let request = counter.keyed(what, body, &"7".repeat(32), bench.now().unix());
        bench.send(request).await
    };
    let enrolled = post(&counter, &first).await;
    let done: EnrolmentReply = enrolled.json();
    // The citizen takes it to another phone meanwhile: what is asked again is answered as it was, and undoes nothing.
    bench.set_time(NOW + 60);
    let form = serde_json::to_vec(&citizen.enrolment()).unwrap();
    let _: EnrolmentReply = bench.post(&Phone::new(2), paths::REBIND, &form).await.json();
    assert_eq!(post(&counter, &first).await.json::<EnrolmentReply>(), done);
    let conflict = post(&counter, &other).await;
    assert_eq!(conflict.code(), ProblemCode::IdempotencyConflict);
    // The same key of another desk is another key.
    let elsewhere = CounterCaller::certified(&bench, 72).await;
    let answered = post(&elsewhere, &first).await;
    assert_eq!(answered.code(), ProblemCode::AlreadyEnrolled);
    assert_eq!(bench.people().await, 1);
}
