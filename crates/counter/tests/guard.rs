//! Who may call the desk's server, and what each answer carries.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use desk::{Desk, HOST, Land, TOKEN};

async fn status(desk: &Desk, path: &str, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    desk.send(request.body(Body::empty()).unwrap()).await.status()
}

#[tokio::test]
async fn another_host_another_origin_and_no_token_are_turned_away() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::empty(&land, folder.path());
    let own = format!("http://{HOST}");
    let call = |headers: Vec<(&'static str, String)>| {
        let desk = &desk;
        async move {
            let headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            status(desk, "/api/state", &headers).await
        }
    };
    let (host, token) = (("host", HOST.to_owned()), ("x-khyber-token", TOKEN.to_owned()));
    assert_eq!(call(vec![host.clone(), token.clone()]).await, StatusCode::OK);
    assert_eq!(
        call(vec![host.clone(), token.clone(), ("origin", own)]).await,
        StatusCode::OK
    );

    assert_eq!(call(vec![token.clone()]).await, StatusCode::MISDIRECTED_REQUEST);
    let rebound = ("host", "evil.example:4000".to_owned());
    assert_eq!(
        call(vec![rebound, token.clone()]).await,
        StatusCode::MISDIRECTED_REQUEST
    );
    let named = ("host", "localhost:4000".to_owned());
    assert_eq!(
        call(vec![named, token.clone()]).await,
        StatusCode::MISDIRECTED_REQUEST
    );
    for origin in ["https://evil.example", "null", "http://127.0.0.1:4001"] {
        let foreign = ("origin", origin.to_owned());
        assert_eq!(
            call(vec![host.clone(), token.clone(), foreign]).await,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(call(vec![host.clone()]).await, StatusCode::UNAUTHORIZED);
    let wrong = ("x-khyber-token", "5ec2e8".to_owned());
    assert_eq!(call(vec![host.clone(), wrong]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        call(vec![host, token.clone(), token]).await,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn files_need_the_host_but_no_token() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::empty(&land, folder.path());
    assert_eq!(
        status(&desk, "/no-such-file.js", &[("host", HOST)]).await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        status(&desk, "/../Cargo.toml", &[("host", HOST)]).await,
        StatusCode::NOT_FOUND
    );
    let rebound = [("host", "evil.example")];
    assert_eq!(
        status(&desk, "/no-such-file.js", &rebound).await,
        StatusCode::MISDIRECTED_REQUEST
    );
}

#[tokio::test]
async fn every_answer_forbids_what_the_page_does_not_need() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::empty(&land, folder.path());
    for host in [HOST, "evil.example"] {
        let request = Request::builder()
            .uri("/")
            .header("host", host)
            .body(Body::empty())
            .unwrap();
        let response = desk.send(request).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none'"));
        assert!(!header("content-security-policy").contains("unsafe"));
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert!(header("permissions-policy").starts_with("camera=(self), microphone=()"));
    }
}

#[tokio::test]
async fn hostile_bodies_get_a_code_each() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let code = |(status, reply): (StatusCode, serde_json::Value)| {
        (
            status.as_u16(),
            reply["code"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let not_a_picture = desk.call("POST", "/api/picture", &[], vec![0_u8; 4_000]).await;
    assert_eq!(code(not_a_picture), (422, "picture_unreadable".into()));
    let mut truncated = qr::Qr::encode("KP1:X", qr::Ecc::Low).unwrap().png(4).unwrap();
    truncated.truncate(60);
    let truncated = desk.call("POST", "/api/picture", &[], truncated).await;
    assert_eq!(code(truncated), (422, "picture_unreadable".into()));
    // A PNG whose head promises 50,000 by 50,000 pixels.
    let mut bomb = qr::Qr::encode("KP1:X", qr::Ecc::Low).unwrap().png(1).unwrap();
    bomb[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
    let (status, _) = desk.call("POST", "/api/picture", &[], bomb).await;
    assert!(status == StatusCode::PAYLOAD_TOO_LARGE || status == StatusCode::UNPROCESSABLE_ENTITY);
    let huge = desk
        .call("POST", "/api/picture", &[], vec![0_u8; qr::PICTURE_BYTES_MAX + 1])
        .await;
    assert_eq!(code(huge), (413, "station_too_much".into()));

    let size = [("x-width", "640"), ("x-height", "480")];
    let short = desk
        .call("POST", "/api/frame", &size, vec![0_u8; 640 * 479])
        .await;
    assert_eq!(code(short), (400, "station_bad_call".into()));
    let long = desk
        .call(
            "POST",
            "/api/frame",
            &size,
            vec![0_u8; counter::FRAME_BYTES_MAX + 1],
        )
        .await;
    assert_eq!(code(long), (413, "station_too_much".into()));
    let no_size = desk.call("POST", "/api/frame", &[], vec![0_u8; 640 * 480]).await;
    assert_eq!(code(no_size), (400, "station_bad_call".into()));
    let overflow = [("x-width", "4294967295"), ("x-height", "4294967295")];
    let overflow = desk.call("POST", "/api/frame", &overflow, vec![0_u8; 100]).await;
    assert_eq!(code(overflow), (400, "station_bad_call".into()));

    let text = serde_json::json!({ "text": "A".repeat(1_000_000) });
    assert_eq!(
        code(desk.json("/api/text", text).await),
        (413, "station_too_much".into())
    );
    let not_json = desk
        .call("POST", "/api/text", &[("content-type", "application/json")], "{")
        .await;
    assert_eq!(code(not_json), (400, "station_bad_call".into()));

    let (status, blank) = desk
        .call("POST", "/api/frame", &size, vec![128_u8; 640 * 480])
        .await;
    assert_eq!(
        (status, blank["state"].as_str()),
        (StatusCode::OK, Some("nothing"))
    );
}
