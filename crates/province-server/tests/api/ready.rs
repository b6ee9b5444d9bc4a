//! Whether a server is ready, part by part, and what an operator measures.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use province_api::nadra::NadraOutcome;
use province_api::paths;
use province_server::operators;
use province_server::store::seal_check;
use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::bench::{Bench, NOW, Phone, Reply, citizen_number, send};

async fn page(router: &Router, path: &str) -> Reply {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

/// What `/readyz` says a second later.
async fn failing(bench: &Bench) -> Value {
    bench.set_time(bench.now().unix() + 1);
    let reply = bench.get("/readyz").await;
    let said: Value = serde_json::from_slice(&reply.body).unwrap();
    let is_ready = reply.status == StatusCode::OK;
    assert_eq!(said["ready"], is_ready);
    assert_eq!(said["failing"] == json!([]), is_ready);
    said["failing"].clone()
}

#[tokio::test]
async fn each_part_that_fails_is_named_and_the_process_is_alive_all_the_same() {
    let bench = Bench::new().await;
    assert_eq!(failing(&bench).await, json!([]));

    // Nobody else can write.
    let mut write = bench.office.store().write().await.unwrap();
    seal_check::touch(&mut write).await.unwrap();
    assert_eq!(failing(&bench).await, json!(["not_writable"]));
    assert_eq!(bench.get("/healthz").await.status, StatusCode::OK);
    drop(write);
    assert_eq!(failing(&bench).await, json!([]));

    let mut write = bench.office.store().write().await.unwrap();
    write
        .execute("DELETE FROM artefact WHERE name = 'trust-list'")
        .await
        .unwrap();
    write.commit().await.unwrap();
    assert_eq!(failing(&bench).await, json!(["no_trust_list"]));

    // Keys that are open stay so; a server that is started without them is not ready.
    let keys = bench.place.folder().join("keys");
    for key in std::fs::read_dir(&keys).unwrap() {
        let key = key.unwrap().path();
        let name = key.file_stem().unwrap().to_str().unwrap().to_owned();
        if key.extension().is_some_and(|end| end == "age") && name != "data" {
            std::fs::remove_file(key).unwrap();
        }
    }
    let anew = bench.app_with(bench.nadra.clone());
    bench.set_time(bench.now().unix() + 1);
    let said = page(&anew, "/readyz").await;
    let said: Value = serde_json::from_slice(&said.body).unwrap();
    assert_eq!(said["failing"], json!(["no_trust_list", "no_keys"]));

    bench.office.store().close().await;
    assert_eq!(
        failing(&bench).await,
        json!(["no_trust_list", "not_writable", "no_keys"])
    );
    assert_eq!(bench.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn asking_again_within_a_second_makes_the_province_write_nothing() {
    let bench = Bench::new().await;
    assert_eq!(failing(&bench).await, json!([]));
    bench.office.store().close().await;
    assert_eq!(bench.get("/readyz").await.status, StatusCode::OK);
    assert_ne!(failing(&bench).await, json!([]));
}

#[tokio::test]
async fn what_is_measured_is_told_in_prometheus_words_and_holds_nothing_of_a_caller() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    *bench.nadra.says.lock().unwrap() = Some(NadraOutcome::Blocked);
    let citizen = citizen_number(1);
    bench.enrol(&Phone::new(2), &citizen.enrolment()).await.problem();
    *bench.nadra.says.lock().unwrap() = None;
    bench.set_time(NOW + 90);
    bench.enrol(&Phone::new(2), &citizen.enrolment()).await.problem();
    bench.get(paths::TRUST_LIST).await;
    bench.get("/v1/files/4217").await;
    bench.get(&format!("/v1/person/{}", citizen.cnic)).await;
    let made_up = Request::builder().method("BREW").uri("/v1/coffee");
    bench.send(made_up.body(Body::empty()).unwrap()).await;

    let operators = operators(std::sync::Arc::clone(&bench.province));
    let reply = page(&operators, "/metrics").await;
    assert_eq!(
        reply.headers["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = String::from_utf8(reply.body).unwrap();
    for line in [
        "khyber_http_request_duration_seconds_count{route=\"/v1/enrolments\",method=\"POST\",status=\"200\"} 1",
        "khyber_http_request_duration_seconds_count{route=\"/v1/trust-list\",method=\"GET\",status=\"200\"} 1",
        "khyber_http_request_duration_seconds_count{route=\"/v1/files/\",method=\"GET\",status=\"404\"} 1",
        "khyber_http_request_duration_seconds_count{route=\"-\",method=\"GET\",status=\"404\"} 1",
        "khyber_http_request_duration_seconds_count{route=\"-\",method=\"-\",status=\"404\"} 1",
        "khyber_http_requests_in_flight 0",
        "khyber_nadra_duration_seconds_count{outcome=\"matched\"} 1",
        "khyber_nadra_duration_seconds_count{outcome=\"blocked\"} 1",
        "khyber_status_manifest_epoch 1",
        "khyber_status_manifest_age_seconds 90",
        "khyber_ready{part=\"not_writable\"} 1",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    let waiting = text
        .lines()
        .find(|line| line.starts_with("khyber_audit_entries_waiting "));
    assert_ne!(waiting, Some("khyber_audit_entries_waiting 0"));
    is_well_formed(&text);
    let device = hex::encode(phone.key.verifying_key().as_bytes());
    for said in [&citizen.cnic, "4217", "coffee", "BREW", &device] {
        assert!(!text.contains(said), "{said}");
    }
    // Nobody else is told.
    assert_eq!(bench.get("/metrics").await.status, StatusCode::NOT_FOUND);
}

/// Each line is a number under a name of the family that was announced last, or announces one.
fn is_well_formed(text: &str) {
    let mut families = Vec::new();
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            let (name, kind) = family.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(!families.contains(&name), "{line}");
            families.push(name);
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        value.parse::<f64>().unwrap();
        assert!(name.starts_with(families.last().unwrap()), "{line}");
        if let Some((_, labels)) = name.split_once('{') {
            let labels = labels.strip_suffix("\"}").unwrap();
            assert!(labels.split("\",").all(|label| label.contains("=\"")), "{line}");
        }
    }
    assert!(text.ends_with('\n'));
}
