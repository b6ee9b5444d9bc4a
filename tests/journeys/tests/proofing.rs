//! A service that needs more than a phone can prove: refused at its desk, proofed at a counter, taken at the desk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod stage;

use counter::profile::Profile;
use counter::types::{ScanReply, VerdictView};
use credential::{CounterCertificateClaims, FaceCheck, ISSUER, Names, SecretKey, Timestamp, Vct};
use province_api::paths;
use province_api::person::Cnic;
use province_api::proofing::{AssistedRequest, Finger, FingerReader as _};
use province_api::rules::RulesFile;
use province_server::rules::answered::Asked;
use province_server::rules::callers::Counter;
use sandbox::fingers::PlayedReader;
use serde_json::json;
use stage::Stage;

/// The rules that a province begins with.
const RULES: &str = include_str!("../../../assets/rules/rules.json");

const SERVICE: &str = "arms-licence";

fn answer(reply: &ScanReply) -> (VerdictView, &str) {
    (reply.verdict.unwrap(), reply.code.as_deref().unwrap())
}

/// A counter whose certificate was looked at.
fn at_desk(now: Timestamp) -> Counter {
    let holder = SecretKey::from_seed([75; 32]).public();
    let name = Names::new("Desk", "کاؤنٹر", "کاونټر");
    Counter {
        key: *holder.as_bytes(),
        certificate: CounterCertificateClaims {
            iss: ISSUER.to_owned(),
            name: name.clone(),
            purpose: name,
            audience: "kp:desk-1".to_owned(),
            allowed: Vec::new(),
            holder,
            iat: now,
            exp: now.plus(60),
        },
    }
}

#[tokio::test]
async fn a_desk_refuses_what_a_phone_alone_proved_where_its_rule_needs_a_finger() {
    let mut stage = Stage::set().await.unwrap();
    stage.enrol().await.unwrap();
    stage.refresh().await.unwrap();

    let mut rules: serde_json::Value = serde_json::from_str(RULES).unwrap();
    for rule in rules["rules"].as_array_mut().unwrap() {
        if rule["service"] == SERVICE {
            rule["assurance_min"] = 3.into();
        }
    }
    let file: RulesFile = serde_json::from_value(rules).unwrap();
    stage.office.publish_rules(&file, stage.now()).await.unwrap();
    let mut desk = stage.desk_for(vec![Vct::IDENTITY]).await.unwrap();
    stage.sync(&mut desk).await.unwrap();
    desk.take_risk_rules(&stage.file(paths::RISK_RULES).await.unwrap())
        .unwrap();
    let profile = json!({
        "version": 1, "id": "arms", "service": SERVICE, "ask": ["identity"], "mode": "request",
        "name": { "en": "Arms licence", "ur": "اسلحہ لائسنس", "ps": "د وسلې جواز" },
    });
    desk.use_profile(Profile::parse(profile.to_string().as_bytes()).unwrap())
        .unwrap();

    let alone = stage.identity_shown(&mut desk, 1).unwrap();
    assert_eq!(answer(&alone), (VerdictView::Refused, "assurance_too_low"));
    desk.next_visit(stage.now()).unwrap();

    // The same phone at a counter, with its citizen's finger.
    stage.pass(60);
    let citizen = sandbox::citizens().swap_remove(0);
    let reader = PlayedReader::with(Cnic::parse(&citizen.cnic).unwrap());
    let request = AssistedRequest {
        device: stage.device().unwrap().as_bytes()[..].into(),
        person: citizen.enrolment(),
        finger: Finger::RightThumb,
        template: reader.read(Finger::RightThumb).unwrap(),
    };
    let province = stage.province.clone().unwrap();
    let asked = Asked::new(at_desk(stage.now()), 0, paths::ASSISTED, [7; 16], b"");
    province.assist(asked, request).await.unwrap();

    stage.refresh().await.unwrap();
    let proofed = stage.identity_shown(&mut desk, 2).unwrap();
    let seen = desk
        .compare_face(proofed.visit, FaceCheck::Same, stage.now())
        .unwrap();
    assert_eq!(answer(&seen), (VerdictView::Accepted, "accepted"));
}
