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
use province_api::problem::{Problem, ProblemCode};
use province_api::proofing::{AssistedRequest, Finger, FingerReader as _};
use province_api::sync::Event;
use province_server::nadra::{Answer, HttpNadra, NadraDesk};
use province_server::rules::rates::Budgets;
use province_server::rules::sim_code::{AGAIN_AFTER_SECONDS, CODE_SECONDS, WRONG_MAX};
use province_server::rules::tries::CODES_MAX;
use province_server::{Province, router};
use sandbox::TestCitizen;
use sandbox::citizens::numbered;
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

fn troubled(fault: Fault) -> TestCitizen {
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
async fn who_has_the_code_of_their_sim_is_enrolled_and_it_is_kept_nowhere() {
    let (bench, nadra) = asking().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    assert_eq!(
        bench.enrol(&phone, &form).await.code(),
        ProblemCode::SimCodeNeeded
    );
    let code = nadra.code_sent_to(&cnic(&form)).unwrap();
    // Asked for again at once, no other is sent.
    assert_eq!(
        bench.enrol(&phone, &form).await.code(),
        ProblemCode::SimCodeNeeded
    );
    assert_eq!(nadra.code_sent_to(&cnic(&form)).unwrap(), code);
    for other in [wrong(&code), "12345".into(), "rubbish".into()] {
        let refused = bench.enrol(&phone, &with_code(&form, &other)).await;
        assert_eq!(refused.code(), ProblemCode::SimCodeWrong);
    }
    // With another phone it is worth nothing.
    let elsewhere = bench.enrol(&Phone::new(2), &with_code(&form, &code)).await;
    assert_eq!(elsewhere.code(), ProblemCode::SimCodeExpired);
    let urdu: String = code
        .chars()
        .map(|d| char::from_u32(0x06F0 + d.to_digit(10).unwrap()).unwrap())
        .collect();
    let _: EnrolmentReply = bench.enrol(&phone, &with_code(&form, &urdu)).await.json();
    let bytes = bench.database_bytes();
    assert!(!bytes.windows(6).any(|window| window == code.as_bytes()));
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("\"code\":\"right\"") && text.contains("\"code\":\"wrong\""));
}

#[tokio::test]
async fn a_code_that_was_proven_is_not_asked_for_again_while_nadra_is_away_or_a_field_is_mended() {
    let (bench, nadra) = asking().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    bench.enrol(&phone, &form).await;
    let code = nadra.code_sent_to(&cnic(&form)).unwrap();
    let misspelt = EnrolmentRequest {
        name_en: "Gul Zamaan".into(),
        ..with_code(&form, &code)
    };
    assert_eq!(
        bench.enrol(&phone, &misspelt).await.code(),
        ProblemCode::NadraNotMatched
    );
    nadra.set_fault(Fault::Unavailable);
    let given = with_code(&form, &code);
    assert_eq!(
        bench.enrol(&phone, &given).await.code(),
        ProblemCode::NadraUnavailable
    );
    nadra.set_fault(Fault::None);
    bench.set_time(NOW + CODE_SECONDS + 1);
    let _: EnrolmentReply = bench.enrol(&phone, &given).await.json();
}

#[tokio::test]
async fn a_code_ends_and_few_are_sent_in_a_day() {
    let (bench, nadra) = asking().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    for sent in 0..u64::from(CODES_MAX) {
        bench.set_time(NOW + sent * (CODE_SECONDS + 1));
        assert_eq!(
            bench.enrol(&phone, &form).await.code(),
            ProblemCode::SimCodeNeeded
        );
        let code = nadra.code_sent_to(&cnic(&form)).unwrap();
        bench.set_time(bench.now().unix() + CODE_SECONDS);
        let late = bench.enrol(&phone, &with_code(&form, &code)).await;
        assert_eq!(late.code(), ProblemCode::SimCodeExpired);
    }
    bench.set_time(bench.now().unix() + AGAIN_AFTER_SECONDS);
    let over = bench.enrol(&phone, &form).await;
    assert_eq!(over.code(), ProblemCode::TooManyAttempts);
    // Nor to the same SIM from another phone.
    let other = bench.enrol(&Phone::new(2), &form).await;
    assert_eq!(other.code(), ProblemCode::TooManyAttempts);
}

#[tokio::test]
async fn after_wrong_codes_the_right_one_holds_no_more() {
    let (bench, nadra) = asking().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    bench.enrol(&phone, &form).await;
    let code = nadra.code_sent_to(&cnic(&form)).unwrap();
    for _ in 0..3 {
        let refused = bench.enrol(&phone, &with_code(&form, &wrong(&code))).await;
        assert_eq!(refused.code(), ProblemCode::SimCodeWrong);
    }
    let ended = bench.enrol(&phone, &with_code(&form, &code)).await;
    assert_eq!(ended.code(), ProblemCode::SimCodeExpired);
    bench.set_time(NOW + AGAIN_AFTER_SECONDS);
    assert_eq!(
        bench.enrol(&phone, &form).await.code(),
        ProblemCode::SimCodeNeeded
    );
}

#[tokio::test]
async fn whoever_has_proven_nothing_is_not_told_whether_there_is_such_a_cnic_or_a_sim() {
    use ProblemCode::{SimCodeExpired, SimCodeNeeded, SimCodeWrong, TooManyAttempts};

    let (bench, nadra) = asking().await;
    let nobody = EnrolmentRequest {
        cnic: "9999912345671".into(),
        ..citizen_number(0).enrolment()
    };
    let mut heard = Vec::new();
    for (number, form) in [
        citizen_number(0).enrolment(),
        troubled(Fault::NoSim).enrolment(),
        troubled(Fault::CodesTooMany).enrolment(),
        nobody,
    ]
    .iter()
    .enumerate()
    {
        bench.set_time(NOW);
        let phone = Phone::new(u8::try_from(number).unwrap() + 1);
        let mut codes = vec![bench.enrol(&phone, form).await.code()];
        let guess = nadra
            .code_sent_to(&cnic(form))
            .map_or("123456".into(), |code| wrong(&code));
        for _ in 0..=WRONG_MAX {
            codes.push(bench.enrol(&phone, &with_code(form, &guess)).await.code());
        }
        for sent in 1..=CODES_MAX {
            bench.set_time(NOW + u64::from(sent) * CODE_SECONDS);
            codes.push(bench.enrol(&phone, form).await.code());
        }
        heard.push(codes);
    }
    let [first, others @ ..] = &heard[..] else {
        panic!()
    };
    let begins = [
        SimCodeNeeded,
        SimCodeWrong,
        SimCodeWrong,
        SimCodeWrong,
        SimCodeExpired,
    ];
    assert_eq!(first[..5], begins);
    assert_eq!(*first.last().unwrap(), TooManyAttempts);
    assert!(others.iter().all(|codes| codes == first), "{heard:?}");
    assert_eq!(bench.people().await, 0);

    bench.set_time(NOW);
    let away = bench
        .enrol(&Phone::new(8), &troubled(Fault::Unavailable).enrolment())
        .await;
    assert_eq!(away.code(), ProblemCode::NadraUnavailable);
    let late = troubled(Fault::CodeExpired).enrolment();
    let phone = Phone::new(9);
    assert_eq!(bench.enrol(&phone, &late).await.code(), SimCodeNeeded);
    let code = nadra.code_sent_to(&cnic(&late)).unwrap();
    let reply = bench.enrol(&phone, &with_code(&late, &code)).await;
    assert_eq!(reply.code(), SimCodeExpired);
}

#[tokio::test]
async fn few_codes_are_sent_for_one_network_in_a_minute() {
    let (bench, _) = asking().await;
    let nadra = Arc::new(Nadra::new());
    let bench = bench.with(Arc::new(Played(nadra)), |province| {
        let budgets = Budgets {
            codes: 2,
            ..Budgets::NONE
        };
        province.asking_sim_codes(true).limiting(budgets)
    });
    let url = crate::callers::open_door(bench.app.clone()).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |number: u8, citizen: u32| {
        let body = serde_json::to_vec(&numbered(citizen).enrolment()).unwrap();
        let phone = Phone::new(number);
        let at = bench.now().unix();
        let signed = phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), at);
        let (parts, _) = signed.into_parts();
        let reply = client
            .post(format!("{url}{}", paths::ENROLMENTS))
            .headers(parts.headers)
            .body(body);
        let problem: Problem = reply.send().await.unwrap().json().await.unwrap();
        (problem.code, problem.retry_after)
    };
    for number in 1..=2 {
        let said = ask(number, number.into()).await;
        assert_eq!(said, (ProblemCode::SimCodeNeeded, None));
    }
    let left = u32::try_from(60 - NOW % 60).unwrap();
    assert_eq!(ask(3, 3).await, (ProblemCode::RateLimited, Some(left)));
    // Somebody elsewhere is sent one, and two minutes later so is who was refused.
    let elsewhere = bench.enrol(&Phone::new(4), &numbered(4).enrolment()).await;
    assert_eq!(elsewhere.code(), ProblemCode::SimCodeNeeded);
    bench.set_time(NOW + 120);
    assert_eq!(ask(3, 3).await.0, ProblemCode::SimCodeNeeded);
}

#[tokio::test]
async fn a_new_phone_needs_a_code_and_the_report_of_a_lost_one_does_not() {
    let (bench, nadra) = asking().await;
    let form = citizen_number(0).enrolment();
    let old = Phone::new(1);
    bench.enrol(&old, &form).await;
    let code = nadra.code_sent_to(&cnic(&form)).unwrap();
    let _: EnrolmentReply = bench.enrol(&old, &with_code(&form, &code)).await.json();
    let lost = serde_json::json!({ "lost_at": NOW, "person": form });
    let reply = bench
        .post(&Phone::new(7), paths::LOST, lost.to_string().as_bytes())
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    let new = Phone::new(2);
    let body = serde_json::to_vec(&form).unwrap();
    assert_eq!(
        bench.post(&new, paths::REBIND, &body).await.code(),
        ProblemCode::SimCodeNeeded
    );
    let code = nadra.code_sent_to(&cnic(&form)).unwrap();
    let body = serde_json::to_vec(&with_code(&form, &code)).unwrap();
    let _: EnrolmentReply = bench.post(&new, paths::REBIND, &body).await.json();
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
    let limit = Duration::from_millis(400);
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
