//! Conflicts, refusals and repetitions between the province and a platform.

use std::path::Path;

use axum::http::{Method, StatusCode};
use ed25519_dalek::SigningKey;
use province_api::application::{AnswerReply, ApplicationState, ApplicationsReply};
use province_api::caller::Scope;
use province_api::dispatch::DispatchState;
use province_api::problem::ProblemCode;
use province_api::{Bytes, paths};
use province_server::rules::dispatch::TOLD_A_DAY;
use sandbox::dastak::{Began, Dastak};
use serde_json::{Value, json};

use super::{CODES, Inside, KEY, cnic_of, heard, let_in, report, round, says, states};
use crate::applications::{answer, applied, system_of};
use crate::bench::Bench;
use crate::callers::{SystemCaller, nonce};

#[tokio::test]
async fn who_is_late_reads_again_and_what_is_finished_stays_finished() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let home = system_of(&bench, 60, "home").await;
    let mut dastak = let_in(&bench, 1).await;
    let (line, now) = (&mut Inside::of(&bench), bench.now().unix());

    // The citizen takes it back while somebody at the platform approves it.
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    round(&mut dastak, &bench).await;
    let number = dastak.cases().keys().next().unwrap().clone();
    dastak.work(&number, DispatchState::Approved);
    let body = json!({ "application": sent.application });
    bench
        .post(&phone, paths::WITHDRAW, body.to_string().as_bytes())
        .await
        .json::<Value>();
    assert!(!dastak.push(line, now).await);
    assert!(dastak.pull(line, now).await && dastak.push(line, now).await);
    assert_eq!(
        dastak.cases()[&number].stands(),
        Some(ApplicationState::Withdrawn)
    );
    let read_again = json!({
        "application": sent.application, "reference": number, "seen": "submitted", "state": "approved",
    });
    let refused = says(&bench, paths::DISPATCH_STATE, &read_again).await;
    assert_eq!(refused.code(), ProblemCode::ApplicationChanged);
    assert_eq!(refused.status, StatusCode::CONFLICT);

    // The office issues the document while the platform asks for a paper.
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    round(&mut dastak, &bench).await;
    let second = dastak.cases().keys().nth(1).unwrap().clone();
    dastak.work(&second, DispatchState::Objection);
    let fields =
        json!({ "certificate_number": "D-1", "issued_on": "2026-11-02", "domicile_district": "peshawar" });
    let document = json!({ "document": { "vct": "domicile", "fields": fields } });
    let step = ("submitted", "document_issued");
    let done: AnswerReply = answer(&bench, &home, &sent.application, step, document)
        .await
        .json();
    assert_eq!(done.state, ApplicationState::DocumentIssued);
    assert!(!dastak.push(line, now).await);
    assert!(dastak.pull(line, now).await && dastak.push(line, now).await);
    let case = &dastak.cases()[&second];
    assert_eq!(
        (case.stands(), &*case.word),
        (Some(ApplicationState::DocumentIssued), "delivered")
    );

    // What was filed with the platform and taken back in the wallet: the platform hears it, by the citizen's own act.
    let third = dastak.file(cnic_of(0), CODES[2].0);
    round(&mut dastak, &bench).await;
    let filed = heard(&bench, &phone).await.pop().unwrap();
    assert_eq!(
        (filed.1, filed.2.as_ref()),
        (ApplicationState::Submitted, Some(&third))
    );
    let body = json!({ "application": filed.0 }).to_string();
    bench
        .post(&phone, paths::WITHDRAW, body.as_bytes())
        .await
        .json::<Value>();
    dastak.work(&third, DispatchState::Assigned);
    assert!(!dastak.push(line, now).await);
    assert!(dastak.pull(line, now).await && dastak.push(line, now).await);
    let case = &dastak.cases()[&third];
    assert_eq!(case.stands(), Some(ApplicationState::Withdrawn));
    assert_eq!(case.said, case.revision);
    assert_eq!(
        heard(&bench, &phone).await.pop().unwrap().1,
        ApplicationState::Withdrawn
    );
}

#[tokio::test]
async fn a_word_that_is_no_state_and_a_number_that_is_taken_are_refused_and_lose_nothing() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut dastak = let_in(&bench, 1).await;
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    let other = applied(&bench, &phone, "arms-licence-new").await;
    round(&mut dastak, &bench).await;
    let numbers: Vec<String> = dastak.cases().keys().cloned().collect();
    dastak.spoil(&numbers[0], "mislaid");
    round(&mut dastak, &bench).await;
    let case = &dastak.cases()[&numbers[0]];
    assert_eq!(case.stuck, Some(ProblemCode::DispatchStateUnknown));
    assert_eq!(states(&heard(&bench, &phone).await), ["submitted"; 4]);
    dastak.mend(&numbers[0], DispatchState::UnderProcess);
    round(&mut dastak, &bench).await;
    assert_eq!(
        heard(&bench, &phone).await.pop().unwrap().1,
        ApplicationState::InReview
    );

    let said = |application: &Bytes, reference: &str, seen: &str, more: Value| {
        let mut body = json!({
            "application": application, "reference": reference, "seen": seen, "state": "approved",
        });
        let Value::Object(more) = more else { panic!() };
        body.as_object_mut().unwrap().extend(more);
        body
    };
    let none = json!({});
    let of_nobody = Bytes(vec![1; 16]);
    for (body, code) in [
        // Another application's number, and another number.
        (
            said(&other.application, &numbers[0], "submitted", none.clone()),
            ProblemCode::ReferenceTaken,
        ),
        (
            said(&sent.application, "DSTK/9", "in_review", none.clone()),
            ProblemCode::ReferenceTaken,
        ),
        (
            said(&of_nobody, &numbers[0], "submitted", none.clone()),
            ProblemCode::ApplicationUnknown,
        ),
        (
            said(
                &other.application,
                &numbers[1],
                "submitted",
                json!({ "reason": "other" }),
            ),
            ProblemCode::AnswerParts,
        ),
        (
            said(
                &other.application,
                &numbers[1],
                "submitted",
                json!({ "text": " " }),
            ),
            ProblemCode::AnswerParts,
        ),
        (
            said(
                &sent.application,
                &numbers[0],
                "in_review",
                json!({ "state": "received" }),
            ),
            ProblemCode::ApplicationMove,
        ),
        (
            said(&sent.application, "a b", "in_review", none.clone()),
            ProblemCode::RequestMalformed,
        ),
    ] {
        let refused = says(&bench, paths::DISPATCH_STATE, &body).await;
        assert_eq!(refused.code(), code, "{body}");
    }
    // A platform that reports what it has from a wallet as its own makes no second one of it.
    let echo = report(&cnic_of(0), &numbers[0], 1, "received");
    let refused = says(&bench, paths::DISPATCH_REPORT, &echo).await;
    assert_eq!(refused.code(), ProblemCode::ReferenceTaken);
    // Another platform has nothing to do with it.
    let stranger = SystemCaller::new(71)
        .of(&bench, ("other", None), &[Scope::Dispatch], 30)
        .await;
    let page: ApplicationsReply = stranger.asks(&bench, paths::DISPATCH_APPLICATIONS).await.json();
    assert!(page.changes.is_empty());
    let body = said(&sent.application, "X-1", "in_review", none).to_string();
    let request = stranger.signed(
        &Method::POST,
        paths::DISPATCH_STATE,
        body.as_bytes(),
        bench.now().unix(),
    );
    assert_eq!(bench.send(request).await.code(), ProblemCode::ApplicationUnknown);
    assert_eq!(heard(&bench, &phone).await.len(), 5);
}

#[tokio::test]
async fn the_same_word_twice_is_said_once() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let_in(&bench, 1).await;
    let platform = SystemCaller::new(KEY);
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    let word = json!({
        "application": sent.application, "reference": "N-1", "seen": "submitted", "state": "objection", "text": "Please come.",
    });
    let filed = report(&cnic_of(0), "N-2", 1, "assigned");
    for (path, body) in [(paths::DISPATCH_STATE, word), (paths::DISPATCH_REPORT, filed)] {
        let (body, key, at) = (body.to_string(), nonce(), bench.now().unix());
        let mut replies = Vec::new();
        for _ in 0..3 {
            let reply = bench.send(platform.writes(path, body.as_bytes(), &key, at)).await;
            assert_eq!(reply.status, StatusCode::OK);
            replies.push(reply.body);
        }
        assert!(replies.iter().all(|reply| *reply == replies[0]));
        let other = body.replace("N-", "M-");
        let refused = bench
            .send(platform.writes(path, other.as_bytes(), &key, at))
            .await;
        assert_eq!(refused.code(), ProblemCode::IdempotencyConflict);
    }
    let told = heard(&bench, &phone).await;
    assert_eq!(states(&told), ["submitted", "information_wanted", "in_review"]);
    let mut dastak = Dastak::new(SigningKey::from_bytes(&[KEY; 32]), 5);
    assert!(dastak.pull(&mut Inside::of(&bench), bench.now().unix()).await);
    // A platform that lost its database learns its applications from the feed.
    let case = dastak.cases().values().next().unwrap();
    assert_eq!(case.began, Began::Wallet(sent.application));
}

#[test]
fn the_table_of_states_in_the_document_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/dastak.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, table) = text
        .split_once("| the platform's word | state here |\n|---|---|\n")
        .unwrap();
    let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    let said: Vec<String> = DispatchState::ALL
        .iter()
        .map(|word| format!("| `{}` | `{}` |", word.as_str(), word.state().as_str()))
        .collect();
    assert_eq!(rows, said);
}

#[tokio::test]
async fn what_is_said_again_and_again_in_one_state_fills_no_phone() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let_in(&bench, 1).await;
    for revision in 1..=u64::from(TOLD_A_DAY) + 5 {
        let mut said = report(&cnic_of(0), "N-1", revision, "objection");
        said["text"] = json!(format!("Please come, {revision}."));
        let reply = says(&bench, paths::DISPATCH_REPORT, &said).await;
        assert_eq!(reply.json::<Value>()["revision"], revision);
    }
    // What brought the application, and so many more.
    assert_eq!(heard(&bench, &phone).await.len(), 1 + TOLD_A_DAY as usize);
}
