//! What officers, counters, departments and platforms do, at the log's most talkative: not a word about whose it is.

use std::fs;

use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use province_api::application::{ApplicationReply, ApplicationsReply};
use province_api::caller::Scope;
use province_api::officers::{Begun, Done, Invited, SignedIn};
use province_api::{paths, proofing};
use sandbox::dastak::{Dastak, HttpLine};
use serde_json::{Value, json};

use crate::bench::Phone;
use crate::callers::{CounterCaller, SystemCaller};
use crate::dastak::offered;
use crate::forms::{form_that_says, says};
use crate::passkeys::{Authenticator, ORIGIN, RP_ID, officer_request};
use crate::served::{Served, now};
use crate::ways::assisted;

/// What a citizen writes to an office, and the office to them.
const FORM: &str = "میرا گاؤں خار ہے";
const TEXT: &str = "Please bring the tenancy agreement.";

/// A citizen whom a counter enrols; what the reader read of their finger.
async fn at_a_counter(province: &Served, phone: &Phone) -> Vec<u8> {
    let (key, out) = (SigningKey::from_bytes(&[75; 32]), province.beside("certificate"));
    let (public, allow) = (
        hex::encode(key.verifying_key()),
        format!("identity,{}", proofing::ALLOWED_AS),
    );
    let certificate = ["counter-certificate", "--name-en", "Desk", "--purpose-en", "Test"];
    let of = [
        "--audience",
        "kp:desk",
        "--allow",
        &allow,
        "--key",
        &public,
        "--out",
    ];
    province.done(&[&certificate[..], &of, &[out.to_str().unwrap()]].concat());
    let certificate = fs::read(out).unwrap();
    let counter = CounterCaller { key, certificate };
    let citizen = sandbox::citizens::numbered(1);
    let request = assisted(phone, &citizen, &citizen.cnic);
    let body = serde_json::to_vec(&request).unwrap();
    province
        .send(counter.signed(&Method::POST, paths::ASSISTED, &body, now().unix()))
        .await;
    serde_json::from_slice::<Value>(&body).unwrap()["template"]
        .as_str()
        .unwrap()
        .as_bytes()
        .to_vec()
}

fn system(province: &Served, number: u8, words: &[&str], scopes: &[Scope]) -> SystemCaller {
    let system = SystemCaller::new(number);
    let key = hex::encode(system.public().as_bytes());
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    let of = ["--allow", &scopes.join(","), "--key", &key];
    province.done(&[&["system", "add"], words, &of].concat());
    system
}

/// An application that an office reads and answers.
async fn at_a_department(province: &Served, phone: &Phone) {
    let both = [Scope::ApplicationsRead, Scope::ApplicationsAnswer];
    let home = system(province, 60, &["--name", "home", "--office", "home"], &both);
    let body =
        json!({ "service": "domicile-certificate", "form": form_that_says("domicile-certificate", FORM) })
            .to_string();
    let sent: ApplicationReply = province
        .post(phone, paths::APPLICATIONS, body.as_bytes())
        .await
        .unwrap();
    let path = format!("{}?after=0", paths::DEPARTMENT_APPLICATIONS);
    let read = home.signed(&Method::GET, &path, b"", now().unix());
    let page: ApplicationsReply = serde_json::from_slice(&province.send(read).await).unwrap();
    assert!(says(page.changes[0].form.as_ref().unwrap(), FORM));
    for (seen, state, text) in [
        ("submitted", "in_review", None),
        ("in_review", "information_wanted", Some(TEXT)),
    ] {
        let id = &sent.application;
        let answer = json!({ "application": id, "seen": seen, "state": state, "text": text }).to_string();
        let at = now().unix();
        province
            .send(home.signed(&Method::POST, paths::DEPARTMENT_ANSWER, answer.as_bytes(), at))
            .await;
    }
}

/// What a platform carries, both ways.
async fn at_a_platform(province: &Served) {
    let platform = system(province, 70, &["--name", "dastak"], &[Scope::Dispatch]);
    let file = province.beside("offered.json");
    fs::write(&file, serde_json::to_vec(&offered()).unwrap()).unwrap();
    province.done(&[
        "dispatch",
        "settle",
        "--system",
        "dastak",
        "--file",
        file.to_str().unwrap(),
    ]);
    let mut dastak = Dastak::new(platform.0, 1);
    let mut line = HttpLine::new(&province.address()).unwrap();
    dastak.push(&mut line, now().unix()).await;
    assert!(dastak.pull(&mut line, now().unix()).await);
    dastak.push(&mut line, now().unix()).await;
}

/// An officer who registers, signs in and suspends somebody; what opens the office's doors.
async fn at_an_office(province: &Served, cnic: &str) -> [String; 3] {
    let invited = province.done(&["officer", "invite", "--role", "supervisor", "--name", "4711"]);
    let invited: Invited = serde_json::from_value(invited).unwrap();
    let unsigned = async |path: &str, body: Value| {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = Request::post(path).body(Body::from(body)).unwrap();
        province.send(request).await
    };
    let begun = unsigned(paths::PASSKEY_BEGIN, json!({ "invite": invited.code })).await;
    let begun: Begun = serde_json::from_slice(&begun).unwrap();
    let mut passkey = Authenticator::new();
    let answer = passkey.register(&begun.options);
    let said = json!({ "ceremony": begun.ceremony, "credential": answer });
    unsigned(paths::PASSKEY_FINISH, said).await;
    let begun: Begun = serde_json::from_slice(&unsigned(paths::SESSION_BEGIN, Value::Null).await).unwrap();
    let said = json!({ "ceremony": begun.ceremony, "credential": passkey.assert(&begun.options) });
    let signed: SignedIn = serde_json::from_slice(&unsigned(paths::SESSION_FINISH, said).await).unwrap();
    let body = json!({ "cnic": cnic, "reason": "lost" }).to_string();
    let request = officer_request(
        &Method::POST,
        paths::CITIZEN_SUSPEND,
        &signed.token,
        body.as_bytes(),
    );
    let _: Done = serde_json::from_slice(&province.send(request).await).unwrap();
    [
        signed.token,
        invited.code.unwrap(),
        URL_SAFE_NO_PAD.encode(&passkey.id),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_others_than_citizens_do_is_logged_without_a_word_about_whose_it_is() {
    let environment = [
        ("KHYBER_OFFICERS_RP_ID", RP_ID),
        ("KHYBER_OFFICERS_ORIGIN", ORIGIN),
    ];
    let province = Served::new(&[], environment.map(|(name, value)| (name, value.into())).into()).await;
    let (phone, other) = (province.enrolled(0).await, Phone::new(77));
    let template = at_a_counter(&province, &other).await;
    at_a_department(&province, &phone).await;
    at_a_platform(&province).await;
    let citizens = [0, 1].map(sandbox::citizens::numbered);
    let doors = at_an_office(&province, &citizens[0].cnic).await;

    let said = province.log();
    for path in [
        paths::ASSISTED,
        paths::DEPARTMENT_APPLICATIONS,
        paths::DEPARTMENT_ANSWER,
        paths::DISPATCH_APPLICATIONS,
        paths::SESSION_FINISH,
        paths::CITIZEN_SUSPEND,
    ] {
        assert!(said.contains(path), "{path} was not logged");
    }
    let mut secrets = doors.to_vec();
    secrets.extend([
        FORM.to_owned(),
        TEXT.to_owned(),
        String::from_utf8(template).unwrap(),
    ]);
    for citizen in &citizens {
        let digits: String = citizen.cnic.chars().filter(char::is_ascii_digit).collect();
        secrets.extend([
            digits.clone(),
            format!("{}-{}-{}", &digits[..5], &digits[5..12], &digits[12..]),
            citizen.name_en.clone(),
            citizen.name_ur.clone(),
            citizen.guardian_name_en.clone(),
            citizen.guardian_name_ur.clone(),
            citizen.address.clone(),
            citizen.date_of_birth.clone(),
            citizen.mobile.trim_start_matches('0').to_owned(),
        ]);
    }
    for key in [&phone.key, &other.key] {
        let key = key.verifying_key();
        secrets.push(hex::encode(key.as_bytes()));
        secrets.push(URL_SAFE_NO_PAD.encode(key.as_bytes()));
        secrets.push(STANDARD.encode(key.as_bytes()));
    }
    for secret in secrets {
        assert!(secret.len() > 5, "{secret} says nothing");
        let line = said.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret}");
    }
}
