//! What is asked for twice: every write has a key, what officers decide is done once for each, and lists come in pages.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use province_api::officers::{
    Begun, BulkList, BulkProposed, BulkView, Done, Invited, LIST_PAGE_MAX, OfficerList, OfficerRole, SignedIn,
};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_server::bulk_admin::operator;
use province_server::rules::officers::PasskeyDesk;
use province_server::rules::rates::Budgets;
use province_server::store::lock::Lock;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::bench::{Bench, NOW, Reply, citizen_number, randomness, send};
use crate::openapi::{document, operations};
use crate::passkeys::{ORIGIN, RP_ID, keyed, officer_request};

/// What is sent without a key, and why that is enough (docs/api.md, "Writes").
const WITHOUT: &[&str] = &[
    // They write nothing.
    paths::PASSKEY_BEGIN,
    paths::SESSION_BEGIN,
    paths::OFFICER_LOG,
    // A ceremony serves once, and is a key of the same kind.
    paths::PASSKEY_FINISH,
    paths::SESSION_FINISH,
    // The token is nobody's afterwards.
    paths::SESSION_END,
];

#[test]
fn every_write_of_the_document_has_a_key_but_those_that_are_named_here() {
    let document = document();
    let mut without = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        if method != Method::POST {
            continue;
        }
        let parameters = operation["parameters"].as_array();
        let is_key = |one: &Value| one["$ref"] == "#/components/parameters/idempotency-key";
        if !parameters.is_some_and(|all| all.iter().any(is_key)) {
            without.insert(path);
        }
    }
    let named: BTreeSet<String> = WITHOUT.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(without, named);
}

async fn once(bench: &Bench, token: &str, path: &str, body: &Value, key: &str) -> Reply {
    let body = body.to_string().into_bytes();
    bench
        .send(keyed((&Method::POST, path), token, &body, &key.repeat(32)))
        .await
}

async fn get(bench: &Bench, token: &str, path: &str) -> Reply {
    bench.send(officer_request(&Method::GET, path, token, b"")).await
}

async fn proposed(bench: &Bench, token: &str) -> BulkView {
    let asked = json!({ "act": "suspend", "reason": "lost", "cnics": [citizen_number(0).cnic] });
    let reply: BulkProposed = bench.by(token, paths::BULK_PROPOSE, &asked).await.json();
    reply.bulk
}

#[tokio::test]
async fn what_officers_approve_cancel_and_end_is_done_once_for_each_key() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let one = bench.signed_in(OfficerRole::Supervisor).await;
    let two = bench.signed_in(OfficerRole::Supervisor).await;
    let (first, second) = (proposed(&bench, &one).await, proposed(&bench, &one).await);
    let seen = |bulk: &BulkView| json!({ "id": bulk.id, "people_sha256": bulk.people_sha256 });
    let approve = async || once(&bench, &two, paths::BULK_APPROVE, &seen(&first), "1").await;
    let approved: BulkView = approve().await.json();
    // It is answered as it was then, whatever became of it since.
    bench.province.end_many().await.unwrap();
    bench.set_time(NOW + 30);
    assert_eq!(approve().await.json::<BulkView>(), approved);
    let other = once(&bench, &two, paths::BULK_APPROVE, &seen(&second), "1").await;
    assert_eq!(other.code(), ProblemCode::IdempotencyConflict);

    let choice = json!({ "id": second.id });
    let cancel = async |key: &str| once(&bench, &one, paths::BULK_CANCEL, &choice, key).await;
    let cancelled: Done = cancel("2").await.json();
    assert!(cancelled.changed);
    assert_eq!(cancel("2").await.json::<Done>(), cancelled);
    assert!(!cancel("3").await.json::<Done>().changed);
    let other = once(&bench, &one, paths::BULK_CANCEL, &json!({ "id": first.id }), "2").await;
    assert_eq!(other.code(), ProblemCode::IdempotencyConflict);

    let administrator = bench.signed_in(OfficerRole::Administrator).await;
    let listed: OfficerList = get(&bench, &administrator, paths::OFFICERS).await.json();
    let mut officers = listed.officers.iter();
    let end = async |officer: &str, key: &str| {
        let choice = json!({ "officer": officer });
        once(&bench, &administrator, paths::OFFICER_END, &choice, key).await
    };
    let supervisor = officers.find(|one| one.role == OfficerRole::Supervisor);
    let supervisor = &supervisor.unwrap().officer;
    for (token, path, body) in [
        (&two, paths::BULK_APPROVE, &seen(&first)),
        (&one, paths::BULK_CANCEL, &choice),
        (
            &administrator,
            paths::OFFICER_END,
            &json!({ "officer": supervisor }),
        ),
    ] {
        let mut without = officer_request(&Method::POST, path, token, body.to_string().as_bytes());
        without.headers_mut().remove("idempotency-key");
        assert_eq!(
            bench.send(without).await.code(),
            ProblemCode::RequestMalformed,
            "{path}"
        );
    }
    for _ in 0..2 {
        assert!(end(supervisor, "4").await.json::<Done>().changed);
    }
    assert!(!end(supervisor, "5").await.json::<Done>().changed);
    let other = end(&"0".repeat(32), "4").await;
    assert_eq!(other.code(), ProblemCode::IdempotencyConflict);
}

#[tokio::test]
async fn lists_of_officers_and_of_proposals_come_in_pages_that_miss_and_repeat_nothing() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let (by, source, many) = (operator("one"), randomness(), LIST_PAGE_MAX + 7);
    for number in 0..many {
        // Several of one second.
        bench.set_time(NOW + u64::try_from(number / 3).unwrap());
        let invited = bench
            .office
            .invite_officer(&by, (OfficerRole::Clerk, "4711"), &source, bench.now());
        invited.await.unwrap();
    }
    bench.set_time(NOW + 1_000);
    let administrator = bench.signed_in(OfficerRole::Administrator).await;
    let supervisor = bench.signed_in(OfficerRole::Supervisor).await;
    let first: OfficerList = get(&bench, &administrator, paths::OFFICERS).await.json();
    assert_eq!(first.officers.len(), LIST_PAGE_MAX);
    let path = format!("{}?after={}", paths::OFFICERS, first.next.unwrap());
    let second: OfficerList = get(&bench, &administrator, &path).await.json();
    assert_eq!(
        (second.officers.len(), second.next),
        (many + 2 - LIST_PAGE_MAX, None)
    );
    let all: Vec<_> = first.officers.iter().chain(&second.officers).collect();
    let ids: BTreeSet<_> = all.iter().map(|one| &one.officer).collect();
    assert_eq!(ids.len(), many + 2);
    assert!(all.is_sorted_by(|one, next| one.created_at >= next.created_at));

    let mut wanted = BTreeSet::new();
    for _ in 0..=LIST_PAGE_MAX {
        wanted.insert(proposed(&bench, &supervisor).await.id);
    }
    let first: BulkList = get(&bench, &supervisor, paths::BULKS).await.json();
    let path = format!("{}?after={}", paths::BULKS, first.next.unwrap());
    let second: BulkList = get(&bench, &supervisor, &path).await.json();
    assert_eq!((first.bulks.len(), second.bulks.len()), (LIST_PAGE_MAX, 1));
    let listed = first.bulks.iter().chain(&second.bulks);
    assert_eq!(listed.map(|one| one.id.clone()).collect::<BTreeSet<_>>(), wanted);
    for query in ["after=7", "after=", "behind=7", "after=99999999999999999999-00"] {
        let path = format!("{}?{query}", paths::BULKS);
        let refused = get(&bench, &supervisor, &path).await;
        assert_eq!(refused.code(), ProblemCode::RequestMalformed, "{query}");
    }
}

#[tokio::test]
async fn an_officer_is_let_in_so_often_in_all_sessions_together() {
    let bench = Bench::new().await;
    let passkey = bench.officer(OfficerRole::Clerk).await;
    let desk = PasskeyDesk::new(RP_ID, ORIGIN);
    let budgets = Budgets {
        officer: 3,
        ..Budgets::NONE
    };
    let nadra = bench.nadra.clone();
    let bench = bench.with(nadra, |province| province.with_passkeys(desk).limiting(budgets));
    let tokens = [bench.session(&passkey).await, bench.session(&passkey).await];
    let other = bench.signed_in(OfficerRole::Clerk).await;
    let asks = async |token: &str| bench.by(token, paths::CITIZEN_RESUME, &json!({})).await.code();
    for token in [&tokens[0], &tokens[1], &tokens[0]] {
        assert_eq!(asks(token).await, ProblemCode::RequestMalformed);
    }
    for token in &tokens {
        assert_eq!(asks(token).await, ProblemCode::RateLimited);
    }
    assert_eq!(asks(&other).await, ProblemCode::RequestMalformed);
    bench.set_time(NOW + 120);
    assert_eq!(asks(&tokens[0]).await, ProblemCode::RequestMalformed);
}

#[tokio::test]
async fn nonsense_in_the_place_of_a_passkey_waits_for_no_writer() {
    let bench = Bench::new().await;
    let passkey = bench.officer(OfficerRole::Clerk).await;
    let begun: Begun = bench.unsigned(paths::SESSION_BEGIN, &Value::Null).await.json();
    let mut said = json!({ "ceremony": begun.ceremony, "credential": passkey.assert(&begun.options) });
    let good = said.clone();
    let signature = &mut said["credential"]["response"]["signature"];
    let mut turned = signature.as_str().unwrap().to_owned();
    let last = if turned.ends_with("AA") { "BA" } else { "AA" };
    turned.replace_range(turned.len() - 2.., last);
    *signature = turned.into();
    let id: [u8; 32] = Sha256::digest(&passkey.id).into();
    let held = bench.office.store().write_with(Lock::Device(&id)).await.unwrap();
    let refused = bench.unsigned(paths::SESSION_FINISH, &said).await;
    assert_eq!(refused.code(), ProblemCode::PasskeyRefused);
    drop(held);
    let signed_in = bench.unsigned(paths::SESSION_FINISH, &good).await;
    assert_eq!(signed_in.status, StatusCode::OK);
    let _: SignedIn = signed_in.json();
}

#[tokio::test]
async fn of_the_same_invitation_at_once_one_officer_is_made() {
    let bench = Bench::new().await;
    let administrator = bench.signed_in(OfficerRole::Administrator).await;
    let asked = json!({ "role": "clerk", "name": "4712" }).to_string();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let what = (&Method::POST, paths::OFFICER_INVITES);
        let request = keyed(what, &administrator, asked.as_bytes(), &"6".repeat(32));
        let app = bench.app.clone();
        tasks.spawn(async move { send(&app, request).await.json::<Invited>().officer });
    }
    let ids: BTreeSet<String> = tasks.join_all().await.into_iter().collect();
    assert_eq!((ids.len(), bench.rows("officer").await), (1, 2));
    assert_eq!(bench.rows("invite").await, 2);
}
