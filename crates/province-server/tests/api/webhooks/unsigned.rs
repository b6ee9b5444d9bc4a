//! A token that is away while departments wait: nothing is lost, and the log says it once.

use std::sync::Arc;

use axum::http::Method;
use province_api::paths;
use sandbox::department::{PATH, Receiver};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::bench::Phone;
use crate::callers::SystemCaller;
use crate::served::{Served, now};
use crate::token::SoftToken;

async fn applied(province: &Served, phone: &Phone) {
    let form = crate::forms::form_of("domicile-certificate");
    let body = serde_json::json!({ "service": "domicile-certificate", "form": form }).to_string();
    let _: Value = province
        .post(phone, paths::APPLICATIONS, body.as_bytes())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_away_is_said_once_and_its_departments_are_told_when_it_is_back() {
    const TURNS: usize = 4;
    let token = SoftToken::new();
    let province = token
        .served_with(Some(("KHYBER_WEBHOOK_PLAIN", "loopback")))
        .await;
    let phone = province.enrolled(0).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
    let receiver = Arc::new(Receiver::new(&url, || now().unix()));
    let router = receiver.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    receiver.believe(&serde_json::from_slice(&province.get(paths::WEBHOOK_KEY).await).unwrap());
    // Two systems of the office, so that each has its turn.
    for (number, name) in [(60, "home"), (61, "home-archive")] {
        let system = SystemCaller::new(number);
        let key = hex::encode(system.public().as_bytes());
        let add = [
            "system", "add", "--name", name, "--office", "home", "--allow", "webhooks",
        ];
        province.done(&[&add[..], &["--key", &key]].concat());
        let body = json!({ "url": url }).to_string();
        let set = system.signed(&Method::POST, paths::WEBHOOK, body.as_bytes(), now().unix());
        province.send(set).await;
    }
    applied(&province, &phone).await;
    receiver.until_came(2).await;

    token.pull();
    let turns = |log: &str| log.matches("UPDATE webhook SET owner").count();
    let before = turns(&province.log());
    applied(&province, &phone).await;
    while turns(&province.log()) < before + 4 * TURNS {
        tokio::task::yield_now().await;
    }
    assert_eq!(receiver.came().len(), 2);
    let log = province.log();
    for said in ["the token is away", "departments wait to be told"] {
        assert_eq!(log.matches(said).count(), 1, "{said}");
    }
    for (line, after) in [("the token signs again", 0), ("departments are told again", 0)] {
        assert_eq!(log.matches(line).count(), after, "{line}");
    }

    token.put_back();
    receiver.until_came(4).await;
    let log = province.log();
    for said in [
        "the token is away",
        "the token signs again",
        "departments wait to be told",
        "departments are told again",
    ] {
        assert_eq!(log.matches(said).count(), 1, "{said}");
    }
}
