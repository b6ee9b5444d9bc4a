//! Who may call what: every operation of the OpenAPI document, times every kind of caller, each cell asserted.
//!
//! What is right is said by the document: its `security` (who, with which scopes) and the codes of the operation. A new
//! operation is in the matrix without a line here, but for a body that it takes; a new kind of caller is a line here.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request};
use credential::{DAY, Vct};
use ed25519_dalek::SigningKey;
use province_api::Bytes;
use province_api::caller::Scope;
use province_api::device_key::DeviceKeyRequest;
use province_api::officers::{BulkProposed, OfficerRole};
use province_api::passes::{PassesRequest, WantedPass};
use province_api::person::Cnic;
use province_api::problem::{Problem, ProblemCode};
use province_api::{paths, signature};
use province_server::bulk_admin::operator;
use province_server::rules::officers::sessions::FRESH_SECONDS;
use serde_json::{Value, json};

use crate::bench::{Bench, Phone, citizen_number};
use crate::callers::{CounterCaller, SystemCaller, forged, nonce};
use crate::openapi::{document, filled, operations};
use crate::passkeys::officer_request;

/// How a caller proves who they are.
enum Proof {
    /// Not at all.
    None,
    /// As a wallet.
    Device(Phone),
    /// As a counter.
    Counter(CounterCaller),
    /// As a system, with a key that has this scope.
    System(SystemCaller, Option<Scope>),
    /// As an officer, by the token of a session, who has this role.
    Officer(String, Option<OfficerRole>),
}

impl Proof {
    const fn scheme(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Device(_) => Some("device"),
            Self::Counter(_) => Some("counter"),
            Self::System(..) => Some("system"),
            Self::Officer(..) => Some("officer"),
        }
    }
}

/// A kind of caller.
struct Caller {
    name: String,
    proof: Proof,
    /// What they are refused with wherever their proof is asked for; nothing if it is good.
    refused: Option<ProblemCode>,
    /// What they lack who are who they say and may ask: they are refused with it where the document says so.
    lacks: Option<ProblemCode>,
    /// What they approve.
    approves: Option<Value>,
    /// Whether the province does not know whose proof it is, so that the log names nobody.
    is_nobody: bool,
}

impl Caller {
    fn new(name: &str, proof: Proof, refused: Option<ProblemCode>) -> Self {
        Self {
            name: name.to_owned(),
            proof,
            refused,
            lacks: None,
            approves: None,
            is_nobody: false,
        }
    }

    fn whom_nobody_knows(self) -> Self {
        Self {
            is_nobody: true,
            ..self
        }
    }

    fn lacking(self, code: ProblemCode) -> Self {
        Self {
            lacks: Some(code),
            ..self
        }
    }

    fn approving(self, what: &Value) -> Self {
        Self {
            approves: Some(what.clone()),
            ..self
        }
    }

    fn request(&self, method: &Method, path: &str, body: &[u8], at: u64) -> Request<Body> {
        match &self.proof {
            Proof::None => {
                let request = Request::builder().method(method).uri(path);
                request.body(Body::from(body.to_vec())).unwrap()
            }
            Proof::Device(phone) => {
                let mut request = Request::builder().method(method).uri(path);
                let (key, nonce) = (hex::encode(nonce()), nonce());
                for (name, value) in
                    signature::sign(&phone.key, method.as_str(), path, body, &key, at, &nonce)
                {
                    request = request.header(name, value);
                }
                request.body(Body::from(body.to_vec())).unwrap()
            }
            Proof::Counter(counter) => counter.signed(method, path, body, at),
            Proof::System(system, _) => system.signed(method, path, body, at),
            Proof::Officer(token, _) => officer_request(method, path, token, body),
        }
    }
}

/// Everybody there is. Time stands at `bench.now()` afterwards.
async fn everybody(bench: &Bench) -> Vec<Caller> {
    let caller = Caller::new;
    let device = |number| Proof::Device(Phone::new(number));
    let mut all = vec![
        caller("nobody", Proof::None, None),
        caller(
            "a device that nobody enrolled",
            device(10),
            Some(ProblemCode::DeviceUnknown),
        )
        .whom_nobody_knows(),
    ];
    let enrolled = bench.enrolled(0, 11).await;
    all.push(caller("an enrolled device", Proof::Device(enrolled), None));
    let replaced = bench.enrolled(1, 12).await;
    let form = serde_json::to_vec(&citizen_number(1).enrolment()).unwrap();
    bench
        .post(&Phone::new(13), paths::REBIND, &form)
        .await
        .json::<Value>();
    all.push(caller(
        "a replaced device",
        Proof::Device(replaced),
        Some(ProblemCode::DeviceReplaced),
    ));
    let disabled = bench.enrolled(2, 14).await;
    let cnic = Cnic::parse(&citizen_number(2).cnic).unwrap();
    bench.office.disable(&cnic, bench.now()).await.unwrap();
    all.push(caller(
        "a disabled device",
        Proof::Device(disabled),
        Some(ProblemCode::WalletDisabled),
    ));

    let certified = CounterCaller::certified(bench, 80).await;
    let other = CounterCaller::certified(bench, 81).await;
    let ended = CounterCaller::certified(bench, 82).await;
    bench
        .office
        .end_counter(&ended.public(), bench.now())
        .await
        .unwrap();
    let with = |number: u8, certificate: Vec<u8>| {
        let key = SigningKey::from_bytes(&[number; 32]);
        Proof::Counter(CounterCaller { key, certificate })
    };
    let refused = Some(ProblemCode::CounterCertificate);
    all.extend([
        caller(
            "a counter with another's certificate",
            with(83, other.certificate),
            refused,
        )
        .whom_nobody_knows(),
        caller(
            "a counter with a forged certificate",
            with(84, forged(84)),
            refused,
        )
        .whom_nobody_knows(),
        caller("an ended counter", Proof::Counter(ended), refused),
        caller("a certified counter", Proof::Counter(certified), None),
    ]);
    let gate = CounterCaller::allowed(bench, 85, &[Vct::IDENTITY]).await;
    let gate = caller("a counter that may not enrol", Proof::Counter(gate), None);
    all.push(gate.lacking(ProblemCode::ScopeMissing));

    for (number, scope) in (90..).zip(Scope::ALL) {
        let system = SystemCaller::new(number).registered(bench, &[*scope], 30).await;
        let name = format!("a system with {}", scope.as_str());
        all.push(caller(&name, Proof::System(system, Some(*scope)), None));
    }
    let refused = Some(ProblemCode::SystemUnknown);
    let over = SystemCaller::new(110).registered(bench, Scope::ALL, 1).await;
    let ended = SystemCaller::new(111).registered(bench, Scope::ALL, 30).await;
    bench
        .office
        .end_system_key(&ended.public(), bench.now())
        .await
        .unwrap();
    bench.set_time(bench.now().plus(DAY).unix());
    all.extend([
        caller("a system whose key is over", Proof::System(over, None), refused),
        caller(
            "a system whose key was ended",
            Proof::System(ended, None),
            refused,
        ),
        caller(
            "a system that nobody knows",
            Proof::System(SystemCaller::new(112), None),
            refused,
        )
        .whom_nobody_knows(),
    ]);
    all.extend(officers(bench).await);
    all
}

/// Officers, one of each role, also one whose passkey spoke long ago, and one who is none; and supervisors who are two and
/// who are not. Time stands at `bench.now()` afterwards.
async fn officers(bench: &Bench) -> Vec<Caller> {
    let caller = |name: &str, token, role| Caller::new(name, Proof::Officer(token, Some(role)), None);
    let nobody = Proof::Officer("A".repeat(43), None);
    let refused = Some(ProblemCode::OfficerSession);
    let mut all = vec![Caller::new("an officer who is not signed in", nobody, refused).whom_nobody_knows()];
    for role in OfficerRole::ALL {
        let stale = caller(
            &format!("{} of before", role.as_str()),
            bench.signed_in(*role).await,
            *role,
        );
        all.push(stale.lacking(ProblemCode::OfficerStale));
    }
    bench.set_time(bench.now().plus(FRESH_SECONDS + 1).unix());
    for role in OfficerRole::ALL {
        all.push(caller(role.as_str(), bench.signed_in(*role).await, *role));
    }

    let same = operator("somebody");
    let mut tokens = Vec::new();
    for by in [&same, &same, &operator("somebody else")] {
        let passkey = bench.officer_of(by, OfficerRole::Supervisor).await;
        tokens.push(bench.session(&passkey).await);
    }
    let asked = json!({ "act": "suspend", "reason": "lost", "cnics": [citizen_number(0).cnic] });
    let proposed: BulkProposed = bench.by(&tokens[0], paths::BULK_PROPOSE, &asked).await.json();
    let what = json!({ "id": proposed.bulk.id, "people_sha256": proposed.bulk.people_sha256 });
    let names = [
        "who proposed",
        "whom the same one invited",
        "whom another invited",
    ];
    for (name, token) in names.into_iter().zip(tokens) {
        let one = caller(&format!("a supervisor {name}"), token, OfficerRole::Supervisor).approving(&what);
        all.push(if name == "whom another invited" {
            one
        } else {
            one.lacking(ProblemCode::FourEyes)
        });
    }
    all
}

/// A body that is read to the place where it matters whose it is.
fn body(method: &Method, path: &str, caller: &Caller) -> Vec<u8> {
    if *method == Method::GET {
        return Vec::new();
    }
    let some = |bytes: usize| Bytes(vec![1; bytes]);
    let value = match path {
        paths::CHALLENGES | paths::WEBHOOK_END => return Vec::new(),
        // These take any device, and so nobody is enrolled by them here.
        paths::ENROLMENTS
        | paths::REBIND
        | paths::LOST
        | paths::AUDIT
        | paths::ASSISTED
        | paths::REDELIVER => json!({}),
        paths::PASSES => json!(PassesRequest {
            challenge: some(16),
            passes: vec![WantedPass {
                vct: "age".to_owned(),
                no: 0,
                holder_key: some(32),
                proof: some(64),
            }],
        }),
        paths::SYNC => json!({ "feed": 0, "held": [] }),
        paths::MOBILE => json!({ "mobile": "03117654321" }),
        paths::APPLICATIONS => {
            json!({ "service": "domicile-certificate", "form": crate::forms::form_of("domicile-certificate") })
        }
        paths::WITHDRAW => json!({ "application": some(16) }),
        paths::DEPARTMENT_ANSWER => {
            json!({ "application": some(16), "seen": "submitted", "state": "in_review" })
        }
        paths::WEBHOOK => json!({ "url": "https://crms.example/" }),
        paths::DISPATCH_CATALOGUE => json!({ "services": [] }),
        paths::DISPATCH_STATE => json!({
            "application": some(16), "reference": "1", "seen": "submitted", "state": "assigned",
        }),
        paths::DISPATCH_REPORT => json!({
            "reference": "1", "cnic": "9999900000011", "service": "X-1", "revision": 1, "state": "received",
        }),
        // A key of its own for each, which is proven: the new one is not used by anybody here.
        paths::DEVICE_KEY => {
            let Proof::Device(phone) = &caller.proof else {
                return b"{}".to_vec();
            };
            let before = *phone.key.verifying_key().as_bytes();
            json!(DeviceKeyRequest::new(
                &before,
                &SigningKey::from_bytes(&[200; 32])
            ))
        }
        paths::BULK_APPROVE if caller.approves.is_some() => json!(caller.approves),
        // Whether they may is decided before it is read.
        path if path.starts_with(paths::OFFICERS) => json!({}),
        path => panic!("{path} needs a body here"),
    };
    serde_json::to_vec(&value).unwrap()
}

/// The role under which the log has a denial of this caller at this operation.
fn logged_as(operation: &Value, caller: &Caller) -> String {
    let scheme = operation["security"][0]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap();
    let role = match caller.proof.scheme() {
        Some(own) if own == scheme && !caller.is_nobody => own,
        _ => "nobody",
    };
    role.replace("device", "citizen")
}

/// What the document says of this cell: a denial, or that there is none.
fn expected(operation: &Value, caller: &Caller) -> Option<ProblemCode> {
    let security = operation["security"].as_array().unwrap();
    let (scheme, scopes) = security.first()?.as_object().unwrap().iter().next().unwrap();
    if caller.proof.scheme() != Some(scheme) {
        return Some(match &**scheme {
            "device" => ProblemCode::DeviceSignature,
            "counter" | "system" => ProblemCode::CallerSignature,
            "officer" => ProblemCode::OfficerSession,
            other => panic!("{other} is a scheme without callers here"),
        });
    }
    let is_said = |code: &ProblemCode| {
        let said = operation["responses"][code.status().to_string()].to_string();
        said.contains(&format!("`{}`", code.code()))
    };
    if let Some(code) = caller.refused {
        // Some operations take any device, to make it somebody's.
        return is_said(&code).then_some(code);
    }
    let scopes = scopes.as_array().unwrap();
    if let Proof::System(_, scope) = &caller.proof {
        let has_it = scope.is_some_and(|scope| scopes.contains(&json!(scope.as_str())));
        return (!scopes.is_empty() && !has_it).then_some(ProblemCode::ScopeMissing);
    }
    if let Proof::Officer(_, role) = &caller.proof {
        let has_it = role.is_some_and(|role| scopes.contains(&json!(role.as_str())));
        if !scopes.is_empty() && !has_it {
            return Some(ProblemCode::OfficerForbidden);
        }
    } else {
        assert!(scopes.is_empty(), "scopes of {scheme} mean nothing here");
    }
    // Alone an officer may end some, whoever invited them.
    let for_many = operation["operationId"] == "bulk_approve";
    let lacks = caller
        .lacks
        .filter(|code| *code != ProblemCode::FourEyes || for_many);
    lacks.filter(is_said)
}

#[tokio::test]
async fn every_operation_lets_in_whom_the_document_names_and_nobody_else() {
    let bench = Bench::new().await;
    let everybody = everybody(&bench).await;
    let (mut denied, mut let_in) = (BTreeMap::<_, u64>::new(), 0_u32);
    let document = document();
    // A device that changes its key is another one afterwards.
    let mut all = operations(&document);
    // Who signs out is nobody afterwards.
    all.sort_by_key(|(_, path, _)| [paths::DEVICE_KEY, paths::SESSION_END].contains(&path.as_str()));
    for (method, path, operation) in all {
        for caller in &everybody {
            let (path, at) = (filled(&path), bench.now().unix());
            let body = body(&method, &path, caller);
            let reply = bench.send(caller.request(&method, &path, &body, at)).await;
            let code = (!reply.status.is_success()).then(|| {
                let problem: Problem = serde_json::from_slice(&reply.body).unwrap();
                problem.code
            });
            let cell = format!("{method} {path} by {}: {code:?}", caller.name);
            // Whose application it is not, for one; there is none here that is theirs.
            let unknown = code.filter(|code| *code == ProblemCode::ApplicationUnknown);
            if let Some(denial) = expected(operation, caller).or(unknown) {
                assert_eq!(code, Some(denial), "{cell}");
                let name = (logged_as(operation, caller), denial.code().to_owned());
                *denied.entry(name).or_default() += 1;
            } else {
                assert!(!code.is_some_and(ProblemCode::is_denial), "{cell}");
                assert!(reply.status.as_u16() < 500, "{cell}");
                let_in += 1;
            }
        }
    }
    assert!(
        denied.values().sum::<u64>() > 700 && let_in > 300,
        "{denied:?} {let_in}"
    );

    // Every denial stands in the log, under the name of whoever had proven theirs, and about the citizen whose wallet it was.
    bench.province.chain_audit().await.unwrap();
    let mut log = Vec::new();
    let sealed = province_server::audit_admin::Sealed::Closed;
    bench
        .office
        .export_audit(&mut log, sealed, bench.now())
        .await
        .unwrap();
    let mut logged = BTreeMap::<_, u64>::new();
    for line in String::from_utf8(log).unwrap().lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        if entry["action"] != "denied" {
            continue;
        }
        let role = entry["role"].as_str().unwrap();
        assert_eq!(entry["person"].is_string(), role == "citizen", "{entry}");
        assert_eq!(
            entry["actor"] == "",
            ["citizen", "nobody"].contains(&role),
            "{entry}"
        );
        let detail = &entry["detail"];
        let detail = detail
            .as_str()
            .map_or_else(|| detail.clone(), |text| serde_json::from_str(text).unwrap());
        let name = (role.to_owned(), detail["code"].as_str().unwrap().to_owned());
        *logged.entry(name).or_default() += detail["count"].as_u64().unwrap();
    }
    assert_eq!(logged, denied);
}
