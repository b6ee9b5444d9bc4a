//! `docs/openapi.json`: the committed document is the one that the code gives, and the one that is served.
//!
//! With `KHYBER_BLESS=1` it is written anew instead.

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Body;
use axum::http::{HeaderName, Method, Request, StatusCode};
use province_api::paths;
use province_api::problem::{PROBLEM_JSON, ProblemCode};
use serde_json::Value;

use crate::bench::Bench;

pub fn document() -> Value {
    serde_json::from_str(province_server::openapi()).unwrap()
}

/// Each path with each of its methods, and what is said of them.
pub fn operations(document: &Value) -> Vec<(Method, String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(|(method, operation)| {
                (
                    method.to_ascii_uppercase().parse().unwrap(),
                    path.clone(),
                    operation,
                )
            })
        })
        .collect()
}

/// A path with something in the place of each parameter.
pub fn filled(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "0" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn the_committed_document_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("KHYBER_BLESS").is_some() {
        std::fs::write(&path, province_server::openapi()).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == province_server::openapi(),
        "docs/openapi.json is stale: KHYBER_BLESS=1 cargo test writes it anew"
    );
}

/// What is between quotation marks and begins as a path does.
fn quoted(text: &str) -> BTreeSet<String> {
    let parts = text.split('"').filter(|part| part.starts_with("/v1/"));
    parts.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_route_is_in_the_document_and_every_path_of_it_is_a_route() {
    let bench = Bench::new().await;
    let document = document();
    let documented: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    // What the router prints of itself names its routes.
    assert_eq!(quoted(&format!("{:?}", bench.app)), documented);
    assert!(documented.len() > 15);
}

#[test]
fn every_code_is_listed_and_some_operation_says_that_it_answers_it() {
    let document = document();
    let all: BTreeSet<&str> = ProblemCode::ALL.iter().map(|code| code.code()).collect();
    let listed = document["components"]["schemas"]["ProblemCode"]["enum"]
        .as_array()
        .unwrap();
    let listed: BTreeSet<&str> = listed.iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(listed, all);
    let mut said = BTreeSet::new();
    for (_, path, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let schema = &response["content"][PROBLEM_JSON]["schema"];
            let Some(codes) = schema["allOf"][1]["properties"]["code"]["enum"].as_array() else {
                assert!(["200", "304"].contains(&status.as_str()), "{path} {status}");
                continue;
            };
            for code in codes {
                let code: ProblemCode = serde_json::from_value(code.clone()).unwrap();
                assert_eq!(code.status().to_string(), *status);
                said.insert(code.code());
            }
        }
    }
    assert_eq!(said, all);
}

#[test]
fn words_are_listed_as_they_are_written_and_not_as_the_code_names_them() {
    let document = document();
    let mut listed = 0;
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for word in schema["enum"].as_array().into_iter().flatten() {
            let word = word.as_str().unwrap();
            assert!(
                !word.contains(|letter: char| letter.is_ascii_uppercase()),
                "{name}: {word}"
            );
            listed += 1;
        }
    }
    assert!(listed > 50, "{listed}");
}

#[tokio::test]
async fn the_document_is_served_and_kept() {
    let bench = Bench::new().await;
    let reply = bench.get(paths::OPENAPI).await;
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.body, province_server::openapi().as_bytes());
    let tag = reply.headers["etag"].clone();
    let again = Request::get(paths::OPENAPI).header("if-none-match", tag);
    let again = bench.send(again.body(Body::empty()).unwrap()).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(whole: &Value, part: &Value) -> usize {
        match part {
            Value::Object(members) => {
                let mut found = 0;
                if let Some(Value::String(to)) = members.get("$ref") {
                    let pointer = to.strip_prefix('#').unwrap();
                    assert!(whole.pointer(pointer).is_some(), "{to}");
                    found += 1;
                }
                found + members.values().map(|one| walk(whole, one)).sum::<usize>()
            }
            Value::Array(items) => items.iter().map(|one| walk(whole, one)).sum(),
            _ => 0,
        }
    }
    let whole = document();
    assert_eq!(whole["openapi"], "3.1.0");
    assert!(walk(&whole, &whole) > 100);
}

#[test]
fn every_write_is_signed_and_what_is_signed_takes_its_headers_and_nothing_else_does() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let parameters: Vec<&Value> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["$ref"].as_str())
            .map(|one| document.pointer(one.strip_prefix('#').unwrap()).unwrap())
            .collect();
        let takes = |name: &str, form: &str| {
            let mut named = parameters.iter().filter(|one| one["name"] == name);
            named.any(|one| {
                let pattern = one["schema"]["pattern"].as_str().unwrap();
                one["required"] == true && pattern.starts_with(form)
            })
        };
        let security = operation["security"].as_array().unwrap();
        if path.starts_with(paths::OFFICERS) {
            // A session stands for the signature, and only what signs somebody in is there for anybody.
            let signs_in = [
                paths::PASSKEY_BEGIN,
                paths::PASSKEY_FINISH,
                paths::SESSION_BEGIN,
                paths::SESSION_FINISH,
            ];
            let is_open = security.is_empty();
            assert_eq!(is_open, signs_in.contains(&path.as_str()), "{path}");
            assert!(is_open || security[0].get("officer").is_some(), "{path}");
            let ends = path.starts_with("/v1/officers/citizens/");
            assert!(!ends || takes("Idempotency-Key", "^"), "{path}");
            continue;
        }
        let signers = ["device", "counter", "system"];
        let signer = signers
            .into_iter()
            .find(|signer| security.iter().any(|one| one.get(signer).is_some()));
        assert_eq!(security.len(), usize::from(signer.is_some()), "{path}");
        assert!(method == Method::GET || signer.is_some(), "{path}");
        for header in ["Idempotency-Key", "Content-Digest"] {
            assert_eq!(takes(header, "^"), signer.is_some(), "{method} {path}: {header}");
        }
        assert_eq!(
            takes("Khyber-Certificate", "^"),
            signer == Some("counter"),
            "{path}"
        );
        for label in signers {
            let form = format!("^{label}=");
            let its_own = signer == Some(label);
            assert_eq!(takes("Signature", &form), its_own, "{method} {path}");
            assert_eq!(takes("Signature-Input", &form), its_own, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn no_page_of_another_site_is_let_in_anywhere() {
    let bench = Bench::new().await;
    for (method, path, _) in operations(&document()) {
        let path = filled(&path);
        let request = |method: &Method| {
            Request::builder()
                .method(method)
                .uri(&path)
                .header("origin", "https://evil.example")
        };
        let preflight = request(&Method::OPTIONS)
            .header("access-control-request-method", method.as_str())
            .header("access-control-request-headers", "signature");
        let preflight = bench.send(preflight.body(Body::empty()).unwrap()).await;
        assert!(preflight.status.is_client_error(), "{path}");
        let itself = bench.send(request(&method).body(Body::empty()).unwrap()).await;
        for reply in [preflight, itself] {
            let mut names = reply.headers.keys().map(HeaderName::as_str);
            assert!(names.all(|name| !name.starts_with("access-control-")), "{path}");
            assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        }
    }
}
