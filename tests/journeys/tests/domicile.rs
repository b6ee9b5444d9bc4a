//! A domicile from the phone to the document and back to a desk: begun without a network, refused with a reason, mended and sent
//! again, a fee paid by challan, the certificate in the wallet, and a desk that checks it without a network.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod stage;

use axum::body::Body;
use axum::http::Request;
use credential::{PublicKey, Vct};
use ed25519_dalek::SigningKey;
use province_api::application::{AnswerReply, ApplicationsReply};
use province_api::caller::Scope;
use province_api::paths;
use province_api::signature::{self, Target};
use province_server::caller_admin::NewSystemKey;
use serde_json::{Map, Value, json};
use stage::Stage;
use wallet::screen::{ApplicationStep, ApplicationView};

const SERVICE: &str = "domicile-certificate";

/// The system of the office that decides.
struct Home {
    key: SigningKey,
    asked: u8,
}

impl Home {
    async fn of(stage: &Stage) -> Self {
        let key = SigningKey::from_bytes(&[60; 32]);
        let new = NewSystemKey {
            key: PublicKey::parse(key.verifying_key().as_bytes()).unwrap(),
            name: "home-crms".to_owned(),
            office: Some("home".to_owned()),
            scopes: vec![Scope::ApplicationsRead, Scope::ApplicationsAnswer],
            grants: vec![Vct::parse("domicile").unwrap()],
            days: 300,
        };
        stage.office.add_system_key(&new, stage.now()).await.unwrap();
        Self { key, asked: 0 }
    }

    async fn call(&mut self, stage: &Stage, method: &'static str, path: &str, body: &[u8]) -> Vec<u8> {
        self.asked += 1;
        let (bare, query) = path
            .split_once('?')
            .map_or((path, None), |(bare, query)| (bare, Some(query)));
        let target = Target {
            method,
            path: bare,
            query,
        };
        let nonce = [self.asked; 16];
        let at = stage.now().unix();
        let headers = signature::sign_as_system(
            &self.key,
            &target,
            body,
            &format!("{:032x}", u128::from_be_bytes(nonce)),
            at,
            &nonce,
        );
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let (status, answer) = stage
            .call(request.body(Body::from(body.to_vec())).unwrap())
            .await
            .unwrap();
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
        answer
    }

    async fn read(&mut self, stage: &Stage) -> ApplicationsReply {
        let path = format!("{}?after=0", paths::DEPARTMENT_APPLICATIONS);
        serde_json::from_slice(&self.call(stage, "GET", &path, b"").await).unwrap()
    }

    /// Answers the application that came last.
    async fn answer(&mut self, stage: &Stage, seen: &str, to: &str, more: Value) {
        let last = self.read(stage).await.changes.pop().unwrap();
        let mut body = json!({ "application": last.application, "seen": seen, "state": to });
        let Value::Object(more) = more else { panic!() };
        body.as_object_mut().unwrap().extend(more);
        let body = body.to_string();
        let answer = self
            .call(stage, "POST", paths::DEPARTMENT_ANSWER, body.as_bytes())
            .await;
        let done: AnswerReply = serde_json::from_slice(&answer).unwrap();
        assert_eq!(done.state.as_str(), to);
    }
}

/// What the citizen types: what the wallet did not fill.
fn typed(view: &ApplicationView) -> Map<String, Value> {
    let mut typed: Map<String, Value> = serde_json::from_str(&view.typed).unwrap();
    for (field, answer) in [
        ("birth_place", json!("خار")),
        ("domicile_elsewhere", json!(false)),
        ("tehsil", json!("Khar")),
        ("village", json!("Inayat Kalay")),
        ("lives_there_since", json!("1995-03-01")),
        ("father_name", json!("Sher Zaman")),
        ("father_cnic", json!("۹۹۹۹۹-۷۶۵۴۳۲۱-۱")),
        ("mother_name", json!("زرمینہ بی بی")),
        ("declare_true", json!(true)),
        ("declare_consent_check", json!(true)),
    ] {
        typed.insert(field.to_owned(), answer);
    }
    typed
}

/// Begins, fills and queues an application.
fn queued(stage: &mut Stage) -> u32 {
    let now = stage.now();
    let view = stage.wallet.begin_application(SERVICE, now).unwrap();
    let id = view.line.id;
    let typed = Value::Object(typed(&view)).to_string();
    assert_eq!(stage.wallet.save_application(id, &typed, now).unwrap(), []);
    let view = stage.submit(id).unwrap();
    assert_eq!(view.line.state, ApplicationStep::Queued);
    id
}

fn view(stage: &mut Stage, id: u32) -> ApplicationView {
    let now = stage.now();
    stage.wallet.application(id, now).unwrap()
}

#[tokio::test]
async fn a_domicile_is_refused_mended_paid_for_granted_and_shown() {
    let mut stage = Stage::set().await.unwrap();
    stage.enrol().await.unwrap();
    stage.refresh().await.unwrap();
    stage.refresh().await.unwrap();
    let mut home = Home::of(&stage).await;

    // Without a network: the district is in the form already, from the identity.
    stage.network_gone();
    let now = stage.now();
    let begun = stage.wallet.begin_application(SERVICE, now).unwrap();
    assert!(begun.filled.iter().any(|one| one.field == "district"));
    let first = queued(&mut stage);
    stage.province_up().await.unwrap();
    stage.pass(60);
    stage.refresh().await.unwrap();
    let sent = view(&mut stage, first);
    assert_eq!(sent.line.state, ApplicationStep::Submitted);
    assert_eq!(sent.line.deadline.unwrap().left, 10);

    // The office reads it in one spelling, with who it is from.
    let change = home.read(&stage).await.changes.remove(0);
    let form = change.form.unwrap();
    assert_eq!(form["father_cnic"], "9999976543211");
    assert_eq!(
        change.applicant.unwrap().cnic,
        sandbox::citizens()[0].cnic.replace('-', "")
    );

    // Refused with a reason, mended and sent again.
    let why = json!({ "reason": "information_missing", "text": "Please give your mother's CNIC number." });
    home.answer(&stage, "submitted", "rejected", why).await;
    stage.pass(60);
    stage.refresh().await.unwrap();
    let refused = view(&mut stage, first);
    assert_eq!(refused.line.state, ApplicationStep::Rejected);
    assert_eq!(
        refused.said.as_deref(),
        Some("Please give your mother's CNIC number.")
    );
    assert!(refused.appeal.is_some(), "who is refused may appeal");
    let second = queued(&mut stage);
    stage.refresh().await.unwrap();

    // A fee by the catalogue, paid by challan as on paper.
    home.answer(&stage, "submitted", "payment_due", json!({})).await;
    stage.pass(60);
    stage.refresh().await.unwrap();
    let due = view(&mut stage, second);
    assert_eq!(
        (due.line.state, due.due_rupees),
        (ApplicationStep::PaymentDue, Some(200))
    );
    home.answer(
        &stage,
        "payment_due",
        "in_review",
        json!({ "challan": "20261122001" }),
    )
    .await;
    let fields = json!({ "certificate_number": "D-2026-118", "issued_on": "2026-11-22", "domicile_district": "bajaur" });
    let document = json!({ "document": { "vct": "domicile", "fields": fields } });
    home.answer(&stage, "in_review", "document_issued", document)
        .await;
    stage.pass(60);
    stage.refresh().await.unwrap();
    stage.refresh().await.unwrap();
    let done = view(&mut stage, second);
    assert_eq!(done.line.state, ApplicationStep::DocumentIssued);
    assert_eq!(done.challan.as_deref(), Some("20261122001"));

    // Another desk checks it, with no network on either side.
    let mut desk = stage
        .desk_for(vec![Vct::parse("domicile").unwrap()])
        .await
        .unwrap();
    stage.sync(&mut desk).await.unwrap();
    stage.network_gone();
    let reply = stage.shown_to_request(&mut desk, "domicile", 7).unwrap();
    assert_eq!(reply.code.as_deref(), Some("face_not_compared"));
    let number = reply
        .claims
        .iter()
        .find(|claim| claim.key == "certificate_number");
    assert_eq!(number.unwrap().value, "D-2026-118");
}
