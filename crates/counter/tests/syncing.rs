//! How newer signed data come in, over a real socket, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use counter::province::Province;
use desk::{Desk, LIST, Land, NOW, is, verdict};
use serde_json::Value;

/// What the province publishes at the moment.
#[derive(Default, Clone)]
struct Published {
    trust: Vec<u8>,
    manifest: Vec<u8>,
    list: Vec<u8>,
    types: Vec<u8>,
    /// Takes the place of all this when a list is asked for.
    meanwhile: Option<Box<Published>>,
}

type Board = Arc<Mutex<Published>>;

async fn province(published: Published) -> (Board, Province) {
    let board: Board = Arc::new(Mutex::new(published));
    let router = Router::new()
        .route(
            "/v1/trust-list",
            get(|State(board): State<Board>| async move { board.lock().unwrap().trust.clone() }),
        )
        .route(
            "/v1/types",
            get(|State(board): State<Board>| async move { board.lock().unwrap().types.clone() }),
        )
        .route(
            "/v1/status-manifest",
            get(|State(board): State<Board>| async move { board.lock().unwrap().manifest.clone() }),
        )
        .route(
            "/v1/status/{name}",
            get(
                |State(board): State<Board>, Path(name): Path<String>| async move {
                    if name == LIST {
                        let mut board = board.lock().unwrap();
                        if let Some(newer) = board.meanwhile.take() {
                            *board = *newer;
                        }
                        Ok(board.list.clone())
                    } else {
                        Err(StatusCode::NOT_FOUND)
                    }
                },
            ),
        )
        .with_state(board.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (board, Province::new(&url).unwrap())
}

async fn sync(desk: &Desk) -> Value {
    let (status, reply) = desk.json("/api/sync", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    reply
}

fn published(land: &Land, epoch: u64, revoked: &[u32]) -> Published {
    let (manifest, list) = land.status(epoch, revoked);
    Published {
        trust: land.trust.clone(),
        types: land.types(1, &[]),
        manifest,
        list,
        meanwhile: None,
    }
}

async fn identity_verdict(desk: &Desk, land: &Land) -> (String, String) {
    let request = desk.ask("identity").await;
    verdict(&desk.text(&land.identity_answer(1, &request)).await)
}

#[tokio::test]
async fn an_empty_desk_learns_everything_and_then_a_revocation() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province(published(&land, 5, &[])).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    assert_eq!(
        identity_verdict(&desk, &land).await,
        is("undecided", "no_trust_list")
    );

    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["code"], &reply["trust_changed"]),
        (&Value::Null, &Value::Bool(true))
    );
    assert_eq!(reply["state"]["trust"]["age_seconds"], 2 * 86_400);
    assert_eq!(reply["state"]["status"]["age_seconds"], 6 * 3_600);
    assert_eq!(reply["state"]["last_sync"], NOW);
    assert_eq!(
        identity_verdict(&desk, &land).await,
        is("undecided", "photo_incomplete")
    );

    *board.lock().unwrap() = published(&land, 6, &[77]);
    assert_eq!(
        identity_verdict(&desk, &land).await,
        is("undecided", "photo_incomplete")
    );
    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["trust_changed"], &reply["status_changed"]),
        (&Value::Bool(false), &Value::Bool(true))
    );
    assert_eq!(identity_verdict(&desk, &land).await, is("refused", "revoked"));
    let reply = sync(&desk).await;
    assert_eq!(reply["status_changed"], false);

    // It is all there after a restart, without a network.
    drop(desk);
    let desk = Desk::empty(&land, folder.path());
    assert_eq!(identity_verdict(&desk, &land).await, is("refused", "revoked"));
    assert_eq!(sync(&desk).await["code"], "station_offline");
}

#[tokio::test]
async fn older_data_are_refused_and_the_newer_stay() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province(published(&land, 6, &[77])).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    sync(&desk).await;

    *board.lock().unwrap() = published(&land, 5, &[]);
    assert_eq!(sync(&desk).await["code"], "station_status_rolled_back");
    assert_eq!(identity_verdict(&desk, &land).await, is("refused", "revoked"));

    let mut older = published(&land, 6, &[77]);
    older.trust = land.trust_list(2, NOW - 86_400);
    *board.lock().unwrap() = older;
    let reply = sync(&desk).await;
    assert_eq!(reply["code"], "station_trust_rolled_back");
    assert_eq!(reply["state"]["trust"]["sequence"], 3);
}

#[tokio::test]
async fn nothing_is_applied_by_halves() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province(published(&land, 5, &[])).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    sync(&desk).await;

    // The manifest has arrived, its list is another one.
    let mut broken = published(&land, 6, &[77]);
    broken.list = vec![0; 128];
    *board.lock().unwrap() = broken;
    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["code"], &reply["state"]["status"]["epoch"]),
        (&"station_status_refused".into(), &5.into())
    );
    assert_eq!(reply["state"]["status"]["state"], "current");

    // The manifest is signed by somebody else.
    let forger = Land {
        issuer: credential::SecretKey::from_seed([66; 32]),
        ..Land::new()
    };
    *board.lock().unwrap() = Published {
        trust: land.trust.clone(),
        types: land.types(1, &[]),
        ..published(&forger, 7, &[])
    };
    assert_eq!(sync(&desk).await["code"], "station_status_refused");

    // A trust list under one root, or none at all.
    let mut nonsense = published(&land, 5, &[]);
    nonsense.trust = b"<html>".to_vec();
    *board.lock().unwrap() = nonsense;
    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["code"], &reply["state"]["trust"]["sequence"]),
        (&"station_trust_refused".into(), &3.into())
    );
    assert_eq!(
        identity_verdict(&desk, &land).await,
        is("undecided", "photo_incomplete")
    );
}

#[tokio::test]
async fn a_revocation_between_manifest_and_list_is_learned_at_once() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let mut first = published(&land, 5, &[]);
    first.meanwhile = Some(Box::new(published(&land, 6, &[77])));
    let (_, api) = province(first).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["code"], &reply["state"]["status"]["epoch"]),
        (&Value::Null, &6.into())
    );
    assert_eq!(identity_verdict(&desk, &land).await, is("refused", "revoked"));
}

#[tokio::test]
async fn without_a_network_the_desk_goes_on_with_what_it_has() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    drop(Desk::ready(&land, folder.path()));
    // A port that nobody listens on: bound, asked for its number, closed.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let desk = Desk::with_province(&land, folder.path(), Some(Province::new(&url).unwrap()));
    assert_eq!(sync(&desk).await["code"], "station_unreachable");
    assert_eq!(
        verdict(&desk.text(&land.age_code(1, NOW)).await),
        is("accepted", "accepted")
    );
}
