//! `GET /v1/trust-list`, `/v1/status-manifest`, `/v1/files/`, `/v1/health`.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use credential::{DAY, RootKind, StatusManifest, StatusSet, TrustList, Vct};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::sync::file_path;
use province_server::admin::Desks;
use sha2::{Digest as _, Sha256};

use crate::bench::{Bench, NOW, test_roots};

#[tokio::test]
async fn the_first_trust_list_names_a_key_for_each_purpose() {
    let bench = Bench::new().await;
    let trust = bench.trust().await;
    assert_eq!((trust.sequence(), trust.root_kind()), (1, RootKind::Test));
    assert_eq!(trust.issued_at().unix(), NOW);
    assert_eq!(trust.expires().unix(), NOW + 180 * DAY);
    let mut allowed: Vec<Vec<&str>> = trust
        .content()
        .keys
        .iter()
        .map(|key| key.allowed.iter().map(Vct::as_str).collect())
        .collect();
    allowed.sort();
    let register = bench.get(paths::TYPES).await.body;
    let register = credential::RegisterContent::read_unverified(&register).unwrap();
    let kinds = register.types.iter().map(|kind| kind.vct.as_str());
    let others = [
        "audit-log",
        "catalogue",
        "counter-certificate",
        "paper-card",
        "risk-rules",
        "status-manifest",
        "type-register",
        "webhook",
    ];
    let mut expected: Vec<Vec<&str>> = kinds.chain(others).map(|one| vec![one]).collect();
    expected.sort();
    assert_eq!(allowed, expected);
}

#[tokio::test]
async fn a_held_file_is_not_sent_again() {
    let bench = Bench::new().await;
    for path in [
        paths::TRUST_LIST,
        paths::STATUS_MANIFEST,
        paths::RISK_RULES,
        paths::CATALOGUE,
    ] {
        let reply = bench.get(path).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert!(
            reply.headers["cache-control"]
                .to_str()
                .unwrap()
                .starts_with("public, max-age=")
        );
        let tag = reply.headers["etag"].to_str().unwrap().to_owned();
        // Weakened by who packed it on the way, and any.
        let (among, weak) = (format!("\"other\", {tag}"), format!("W/{tag}"));
        for tags in [tag.clone(), among, weak, "*".to_owned()] {
            let request = Request::get(path).header("if-none-match", tags);
            let held = bench.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(held.status, StatusCode::NOT_MODIFIED);
            assert!(held.body.is_empty());
        }
        let request = Request::get(path).header("if-none-match", "\"other\"");
        let other = bench.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(other.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let bench = Bench::new().await;
    for path in [
        "/v1/trust-next/0123456789abcdef",
        "/v1/nothing",
        "/",
        "/v1/status/",
    ] {
        assert_eq!(bench.get(path).await.code(), ProblemCode::NotFound, "{path}");
    }
    assert_eq!(bench.get(paths::PASSES).await.code(), ProblemCode::NotFound);
}

#[tokio::test]
async fn health_fails_when_the_database_is_gone() {
    let bench = Bench::new().await;
    assert_eq!(bench.get(paths::HEALTH).await.status, StatusCode::OK);
    bench.office.store().close().await;
    assert_eq!(bench.get(paths::HEALTH).await.code(), ProblemCode::ServerFault);
}

#[tokio::test]
async fn the_next_trust_list_follows_the_first() {
    let bench = Bench::new().await;
    let first = bench.trust().await;
    bench.set_time(NOW + DAY);
    assert_eq!(
        bench
            .office
            .publish_trust(Desks::MustDecide, bench.now())
            .await
            .unwrap()
            .sequence,
        2
    );
    let bytes = bench.get(paths::TRUST_LIST).await.body;
    let second = TrustList::verify(&bytes, &test_roots(), Some(&first)).unwrap();
    assert_eq!(second.sequence(), 2);
    assert_eq!(second.content().previous, Some(first.sha256()));
}

#[tokio::test]
async fn whatever_phones_and_desks_fetch_lies_under_its_hash_for_ever() {
    let bench = Bench::new().await;
    let mut held = Vec::new();
    for path in [
        paths::TRUST_LIST,
        paths::TYPES,
        paths::RISK_RULES,
        paths::CATALOGUE,
        paths::STATUS_MANIFEST,
    ] {
        held.push(bench.get(path).await.body);
    }
    let trust = bench.trust().await;
    let manifest = StatusManifest::verify(held.last().unwrap(), &trust, None).unwrap();
    let mut pieces = 0;
    let mut status = StatusSet::new(manifest);
    while let Some(piece) = status.missing().first() {
        let bytes = bench.get(&file_path(&piece.sha256)).await.body;
        let by_old_name = bench
            .get(&format!("{}{}", paths::STATUS_PIECES, piece.name()))
            .await;
        assert_eq!(by_old_name.body, bytes);
        status.add(piece, &bytes).unwrap();
        held.push(bytes);
        pieces += 1;
    }
    assert!(pieces > 0);
    // Another version takes nothing away.
    bench.set_time(NOW + DAY);
    bench
        .office
        .publish_trust(Desks::MustDecide, bench.now())
        .await
        .unwrap();
    for bytes in held {
        let path = file_path(&Sha256::digest(&bytes).into());
        let found = bench.get(&path).await;
        assert_eq!(found.body, bytes);
        assert_eq!(
            found.headers["cache-control"],
            "public, max-age=31536000, immutable"
        );
        let request = Request::get(&path).header("if-none-match", found.headers["etag"].clone());
        let again = bench.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        // A cache holds what a path names once.
        let shouted = path.replace(paths::FILES, "").to_ascii_uppercase();
        let shouted = bench.get(&format!("{}{shouted}", paths::FILES)).await;
        assert_eq!(shouted.code(), ProblemCode::NotFound);
    }
    assert_eq!(
        bench.get(&file_path(&[7; 32])).await.code(),
        ProblemCode::NotFound
    );
}
