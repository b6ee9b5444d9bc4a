//! The servers: the province as it serves, and bare handlers that give the same bytes or read one row.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use province_api::artefacts::COSE;
use province_api::paths;
use province_server::admin::Office;
use province_server::store::Store;
use province_server::{Door, Limits, router, serve};
use serde::Deserialize;
use sqlx::Row as _;
use tokio::net::TcpListener;

use crate::people;

/// What a server is told.
#[derive(Deserialize)]
struct Said {
    which: String,
    data: PathBuf,
    url: Option<String>,
    people: Vec<String>,
}

pub fn run(said: &str) {
    let said: Said = serde_json::from_str(said).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async move {
        let office = Office::open(people::place(&said.data, said.url.as_deref()))
            .await
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        if said.which == "ours" {
            let province = people::province(&office);
            let ticked = Arc::clone(&province);
            tokio::spawn(async move {
                let mut every = tokio::time::interval(Duration::from_secs(1));
                loop {
                    every.tick().await;
                    ticked.tick().await;
                }
            });
            println!("{address}");
            serve(
                Door::plain(listener, Limits::default()),
                router(province),
                std::future::pending(),
            )
            .await;
        } else {
            let bare = bare(&office, &said.people).await;
            println!("{address}");
            axum::serve(listener, bare).await.unwrap();
        }
    });
}

#[derive(Clone)]
struct Bare {
    store: Store,
    /// The person's id that stands for each device.
    ids: Arc<Vec<Vec<u8>>>,
}

/// One handler for each file, with its bytes in memory and the headers that a cache needs, and one that reads a row.
async fn bare(office: &Office, ids: &[String]) -> Router {
    let province = people::province(office);
    let mut files = BTreeMap::new();
    for (path, name) in [
        (paths::TRUST_LIST, province_server::rules::PublicFile::TrustList),
        (
            paths::STATUS_MANIFEST,
            province_server::rules::PublicFile::StatusManifest,
        ),
        (paths::CATALOGUE, province_server::rules::PublicFile::Catalogue),
    ] {
        let file = province.newest_file(&name).await.unwrap();
        let tag = format!("\"{}\"", hex::encode(file.sha256));
        files.insert(path, (Bytes::from_owner(file.bytes), tag));
    }
    let bare = Bare {
        store: office.store().clone(),
        ids: Arc::new(ids.iter().map(|id| hex::decode(id).unwrap()).collect()),
    };
    let mut router = Router::new().route(paths::SYNC, post(one_row));
    for (path, (bytes, tag)) in files {
        let give = move || async move {
            let headers = [
                (header::ETAG, tag),
                (
                    header::CACHE_CONTROL,
                    "public, max-age=60, must-revalidate".to_owned(),
                ),
                (header::CONTENT_TYPE, COSE.to_owned()),
            ];
            (headers, bytes)
        };
        router = router.route(path, get(give));
    }
    router.with_state(bare)
}

/// Reads the body and one indexed row, and answers in as many bytes as an idle sync.
async fn one_row(State(bare): State<Bare>, headers: HeaderMap, body: Bytes) -> axum::response::Response {
    let number = headers.get("x-phone").and_then(|value| value.to_str().ok());
    let Some(id) = number.and_then(|n| bare.ids.get(n.parse::<usize>().ok()?)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut db = bare.store.read().await.unwrap();
    let row = sqlx::query("SELECT events FROM person WHERE id = $1")
        .bind(id.clone())
        .fetch_one(&mut *db)
        .await
        .unwrap();
    drop(db);
    let events: i64 = row.get("events");
    let text = format!(
        "{{\"server_time\":{},\"standing\":\"good\",\"cursor\":{events}}}",
        body.len()
    );
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
