//! Officers: passkeys, sessions, what each role may do, and that two of them decide about many.

use std::sync::atomic::Ordering;

use axum::http::Method;
use credential::Standing;
use province_api::officers::{
    Begun, BulkList, BulkProposed, BulkView, Done, Invited, LogReply, OfficerList, OfficerRole, SignedIn,
};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_server::audit::Actor;
use province_server::rules::officers::PasskeyDesk;
use province_server::rules::officers::manage::INVITE_SECONDS;
use province_server::rules::officers::sessions::{FRESH_SECONDS, IDLE_SECONDS, SESSION_SECONDS};
use serde_json::{Value, json};

use crate::bench::{Bench, NOW, Reply, citizen_number, randomness, send};
use crate::passkeys::{self, Authenticator, ORIGIN, RP_ID, officer_request};

fn about(citizen: usize, reason: &str) -> Value {
    json!({ "cnic": citizen_number(citizen).cnic, "reason": reason })
}

async fn get(bench: &Bench, token: &str, path: &str) -> Reply {
    bench.send(officer_request(&Method::GET, path, token, b"")).await
}

#[tokio::test]
async fn an_invite_registers_one_passkey_and_is_over_after_three_days() {
    let bench = Bench::new().await;
    let invite = async || {
        let (by, source) = (Actor::OPERATOR, randomness());
        let invited = bench
            .office
            .invite_officer(&by, (OfficerRole::Clerk, "4711"), &source, bench.now());
        invited.await.unwrap().code.unwrap()
    };
    let asked = async |code: &str| {
        bench
            .unsigned(paths::PASSKEY_BEGIN, &json!({ "invite": code }))
            .await
    };
    let finish = async |begun: &Begun, credential: Value| {
        let said = json!({ "ceremony": begun.ceremony, "credential": credential });
        bench.unsigned(paths::PASSKEY_FINISH, &said).await
    };
    let code = invite().await;
    let begun: Begun = asked(&code).await.json();
    let selection = &begun.options["publicKey"]["authenticatorSelection"];
    assert_eq!(selection["userVerification"], "required");
    assert_eq!(selection["residentKey"], "required");
    // On another page, without asking who is there, and with another ceremony's state.
    let mut bad = Authenticator::new();
    bad.origin = "https://officers.kp.gov.pk.example";
    let answer = bad.register(&begun.options);
    assert_eq!(finish(&begun, answer).await.code(), ProblemCode::PasskeyRefused);
    let mut careless = Authenticator::new();
    careless.verifies = false;
    let answer = careless.register(&begun.options);
    assert_eq!(finish(&begun, answer).await.code(), ProblemCode::PasskeyRefused);
    let answer = Authenticator::new().register(&begun.options);
    let other: Begun = asked(&code).await.json();
    assert_eq!(
        finish(&other, answer.clone()).await.code(),
        ProblemCode::PasskeyRefused
    );
    assert_eq!(finish(&begun, answer).await.status.as_u16(), 200);
    // It is used.
    assert_eq!(asked(&code).await.code(), ProblemCode::OfficerInviteInvalid);
    let answer = Authenticator::new().register(&other.options);
    assert_eq!(
        finish(&other, answer).await.code(),
        ProblemCode::OfficerInviteInvalid
    );
    let late = invite().await;
    bench.set_time(NOW + INVITE_SECONDS);
    for code in [&*late, "nonsense"] {
        assert_eq!(asked(code).await.code(), ProblemCode::OfficerInviteInvalid);
    }
}

#[tokio::test]
async fn a_signing_in_serves_once_and_tells_nobody_who_is_an_officer() {
    let bench = Bench::new().await;
    let passkey = bench.officer(OfficerRole::Clerk).await;
    let begun: Begun = bench.unsigned(paths::SESSION_BEGIN, &Value::Null).await.json();
    let allowed = begun.options["publicKey"].get("allowCredentials");
    assert!(allowed.is_none_or(|all| *all == json!([])));
    let said = json!({ "ceremony": begun.ceremony, "credential": passkey.assert(&begun.options) });
    let first: SignedIn = bench.unsigned(paths::SESSION_FINISH, &said).await.json();
    assert_eq!(first.expires_at, NOW + SESSION_SECONDS);
    let refused = ProblemCode::PasskeyRefused;
    assert_eq!(bench.unsigned(paths::SESSION_FINISH, &said).await.code(), refused);
    // One that nobody registered, one whose counter went back, and one that comes too late.
    assert_eq!(bench.sign_in(&Authenticator::new()).await.code(), refused);
    passkey.counter.store(1, Ordering::SeqCst);
    assert_eq!(bench.sign_in(&passkey).await.code(), refused);
    passkey.counter.store(9, Ordering::SeqCst);
    let begun: Begun = bench.unsigned(paths::SESSION_BEGIN, &Value::Null).await.json();
    let said = json!({ "ceremony": begun.ceremony, "credential": passkey.assert(&begun.options) });
    bench.set_time(NOW + 5 * 60);
    assert_eq!(bench.unsigned(paths::SESSION_FINISH, &said).await.code(), refused);
    assert_eq!(bench.sign_in(&passkey).await.status.as_u16(), 200);
    // The token does not lie in the database as it is.
    let (bytes, token) = (bench.database_bytes(), first.token.as_bytes());
    assert!(!bytes.windows(token.len()).any(|some| some == token));
}

#[tokio::test]
async fn a_session_ends_by_itself_by_its_officer_and_with_them() {
    let bench = Bench::new().await;
    let passkey = bench.officer(OfficerRole::Administrator).await;
    let token = async || bench.session(&passkey).await;
    let asked = async |token: &str| get(&bench, token, paths::OFFICERS).await;
    let gone = async |token: &str| assert_eq!(asked(token).await.code(), ProblemCode::OfficerSession);
    let idle = token().await;
    let first: OfficerList = asked(&idle).await.json();
    bench.set_time(NOW + IDLE_SECONDS);
    gone(&idle).await;
    // Asked every ten minutes it lasts a working day.
    let (busy, began) = (token().await, bench.now().unix());
    for turn in 1..SESSION_SECONDS / 600 {
        bench.set_time(began + turn * 600);
        let _: OfficerList = asked(&busy).await.json();
    }
    bench.set_time(began + SESSION_SECONDS);
    gone(&busy).await;
    // One that began by a clock that was ahead is nothing once it is right.
    bench.set_time(began + SESSION_SECONDS + 3_600);
    let ahead = token().await;
    bench.set_time(began + SESSION_SECONDS);
    gone(&ahead).await;
    let left = token().await;
    let _: Done = bench.by(&left, paths::SESSION_END, &json!({})).await.json();
    gone(&left).await;
    let last = token().await;
    let choice = json!({ "officer": first.officers[0].officer });
    let ended: Done = bench.by(&last, paths::OFFICER_END, &choice).await.json();
    assert!(ended.changed);
    gone(&last).await;
    assert_eq!(bench.sign_in(&passkey).await.code(), ProblemCode::PasskeyRefused);
    for sql in [
        "UPDATE officer SET ended_at = NULL",
        "UPDATE officer SET role = 'clerk'",
    ] {
        assert!(bench.by_hand(sql).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn what_ends_for_good_wants_the_passkey_again_after_five_minutes() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let passkey = bench.officer(OfficerRole::Supervisor).await;
    let token = bench.session(&passkey).await;
    let administrator = bench.signed_in(OfficerRole::Administrator).await;
    bench.set_time(NOW + FRESH_SECONDS + 1);
    for path in [paths::OFFICER_INVITES, paths::OFFICER_END] {
        let refused = bench.by(&administrator, path, &json!({})).await;
        assert_eq!(refused.code(), ProblemCode::OfficerStale, "{path}");
    }
    assert_eq!(
        get(&bench, &administrator, paths::OFFICERS).await.status.as_u16(),
        200
    );
    for path in [
        paths::CITIZEN_REVOKE,
        paths::CITIZEN_WITHDRAW,
        paths::BULK_APPROVE,
    ] {
        let refused = bench.by(&token, path, &about(0, "fraud")).await;
        assert_eq!(refused.code(), ProblemCode::OfficerStale, "{path}");
    }
    let place = bench.identity_of(0).await;
    let inquiry = about(0, "under_inquiry");
    let _: Done = bench.by(&token, paths::CITIZEN_SUSPEND, &inquiry).await.json();
    assert_eq!(bench.status().await.standing(&place), Some(Standing::Suspended));
    let token = bench.session(&passkey).await;
    let refused = bench.by(&token, paths::CITIZEN_REVOKE, &inquiry).await;
    assert_eq!(refused.code(), ProblemCode::RequestMalformed);
    let done: Done = bench
        .by(&token, paths::CITIZEN_REVOKE, &about(0, "fraud"))
        .await
        .json();
    assert!(done.changed);
    assert_eq!(bench.status().await.standing(&place), Some(Standing::Revoked));
    let log = bench.log().await;
    let revoked = log.iter().find(|(_, did, _)| did == "revoked").unwrap();
    assert_eq!((&*revoked.0, &revoked.2["reason"]), ("officer", &json!("fraud")));
}

#[tokio::test]
async fn a_repeated_request_is_done_once() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let token = bench.signed_in(OfficerRole::Clerk).await;
    let administrator = bench.signed_in(OfficerRole::Administrator).await;
    let (suspend, resume) = (about(0, "lost"), json!({ "cnic": citizen_number(0).cnic }));
    let keyed = |token: &str, path: &str, body: &Value, key: &str| {
        let what = (&Method::POST, path);
        passkeys::keyed(what, token, body.to_string().as_bytes(), &key.repeat(32))
    };
    for (path, body, key) in [
        (paths::CITIZEN_SUSPEND, &suspend, "1"),
        (paths::CITIZEN_RESUME, &resume, "2"),
        (paths::CITIZEN_SUSPEND, &suspend, "3"),
        // What was lifted is not lifted once more by a copy.
        (paths::CITIZEN_RESUME, &resume, "2"),
    ] {
        let done: Done = bench.send(keyed(&token, path, body, key)).await.json();
        assert!(done.changed, "{path}");
    }
    let place = bench.identity_of(0).await;
    assert_eq!(bench.status().await.standing(&place), Some(Standing::Suspended));
    let other = bench
        .send(keyed(&token, paths::CITIZEN_DISABLE, &resume, "2"))
        .await;
    assert_eq!(other.code(), ProblemCode::IdempotencyConflict);
    let mut without = keyed(&token, paths::CITIZEN_RESUME, &resume, "4");
    without.headers_mut().remove("idempotency-key");
    assert_eq!(bench.send(without).await.code(), ProblemCode::RequestMalformed);

    let asked = json!({ "role": "clerk", "name": "4712" });
    let again = async || {
        let request = keyed(&administrator, paths::OFFICER_INVITES, &asked, "5");
        bench.send(request).await.json::<Invited>()
    };
    // The code is kept nowhere: the next one takes its place, until a passkey is registered.
    let (first, second) = (again().await, again().await);
    assert_eq!(
        (&first.officer, first.expires_at),
        (&second.officer, second.expires_at)
    );
    assert!(first.code.is_some() && second.code.is_some() && first.code != second.code);
    let begin = async |invited: &Invited| {
        let invite = json!({ "invite": invited.code });
        bench.unsigned(paths::PASSKEY_BEGIN, &invite).await
    };
    assert_eq!(begin(&first).await.code(), ProblemCode::OfficerInviteInvalid);
    bench.registered(&second).await;
    assert!(again().await.code.is_none());
    assert_eq!(begin(&second).await.code(), ProblemCode::OfficerInviteInvalid);
    let refused = bench.by(&administrator, paths::CITIZEN_SUSPEND, &suspend).await;
    assert_eq!(refused.code(), ProblemCode::OfficerForbidden);
}

#[tokio::test]
async fn two_supervisors_end_many_and_an_auditor_reads_it() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    bench.enrolled(1, 2).await;
    let one = bench.signed_in(OfficerRole::Supervisor).await;
    let two = bench.signed_in(OfficerRole::Supervisor).await;
    let cnics: Vec<String> = (0..3).map(|number| citizen_number(number).cnic).collect();
    let asked = json!({ "act": "revoke", "reason": "fraud", "cnics": cnics });
    let proposed: BulkProposed = bench.by(&one, paths::BULK_PROPOSE, &asked).await.json();
    assert_eq!((proposed.bulk.people, proposed.not_enrolled), (2, 1));
    let choice = json!({ "id": proposed.bulk.id });
    let approval = json!({ "id": proposed.bulk.id, "people_sha256": proposed.bulk.people_sha256 });
    let alone = bench.by(&one, paths::BULK_APPROVE, &approval).await;
    assert_eq!(alone.code(), ProblemCode::FourEyes);
    let seen = json!({ "id": proposed.bulk.id, "people_sha256": "0".repeat(64) });
    let differs = bench.by(&two, paths::BULK_APPROVE, &seen).await;
    assert_eq!(differs.code(), ProblemCode::ProposalDiffers);
    let approved: BulkView = bench.by(&two, paths::BULK_APPROVE, &approval).await.json();
    assert_ne!(approved.approved_by, Some(approved.proposed_by));
    let late = bench.by(&one, paths::BULK_CANCEL, &choice).await;
    assert_eq!(late.code(), ProblemCode::ProposalOver);
    bench.province.end_many().await.unwrap();
    let listed: BulkList = get(&bench, &two, paths::BULKS).await.json();
    assert!(listed.bulks[0].done_at.is_some());
    // Who asks for what is so already, or for somebody who is not here, learns something: that is seen.
    let again: Done = bench
        .by(&one, paths::CITIZEN_REVOKE, &about(1, "fraud"))
        .await
        .json();
    assert!(!again.changed);
    let nobody = json!({ "cnic": citizen_number(2).cnic });
    let refused = bench.by(&one, paths::CITIZEN_RESUME, &nobody).await;
    assert_eq!(refused.code(), ProblemCode::NotEnrolled);
    let withdraw = json!({ "cnic": citizen_number(1).cnic, "vct": "domicile", "reason": "superseded" });
    let none = bench.by(&one, paths::CITIZEN_WITHDRAW, &withdraw).await;
    assert_eq!(none.code(), ProblemCode::DocumentNotHeld);

    let auditor = bench.signed_in(OfficerRole::Auditor).await;
    bench.province.chain_audit().await.unwrap();
    let page: LogReply = bench.by(&auditor, paths::OFFICER_LOG, &json!({})).await.json();
    let did = |action: &str| {
        let of = |line: &&Value| line["action"] == action;
        page.lines.iter().filter(of).count()
    };
    assert_eq!(
        (
            did("bulk_proposed"),
            did("bulk_approved"),
            did("revoked"),
            did("found_done")
        ),
        (1, 1, 2, 1)
    );
    for code in ["four_eyes", "not_enrolled"] {
        let is_denial = |line: &&Value| {
            let said = line["detail"].as_str().unwrap_or_default();
            line["action"] == "denied" && said.contains(code)
        };
        let denied = page.lines.iter().find(is_denial).unwrap();
        assert_eq!(denied["role"], "officer");
    }
    let end = json!({ "after": u64::MAX });
    let end: LogReply = bench.by(&auditor, paths::OFFICER_LOG, &end).await.json();
    assert_eq!((end.lines.len(), end.next), (0, None));
}

#[tokio::test]
async fn without_a_page_of_officers_there_is_nothing_of_theirs() {
    assert!(PasskeyDesk::new(RP_ID, ORIGIN).is_some());
    for (rp_id, origin) in [
        (RP_ID, "https://kp.gov.pk.example"),
        (RP_ID, "http://kp.gov.pk"),
        (RP_ID, "https://kp.gov.pk/page"),
        ("", ORIGIN),
        (RP_ID, "nonsense"),
    ] {
        assert!(PasskeyDesk::new(rp_id, origin).is_none(), "{rp_id} {origin}");
    }
    let bench = Bench::new().await;
    let app = bench.app_with(bench.nadra.clone());
    for (method, path) in [
        (Method::POST, paths::SESSION_BEGIN),
        (Method::GET, paths::OFFICERS),
    ] {
        let reply = send(&app, officer_request(&method, path, "AA", b"")).await;
        assert_eq!(reply.code(), ProblemCode::NotFound);
    }
}
