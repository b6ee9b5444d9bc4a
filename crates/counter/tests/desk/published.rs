//! A province's publications behind a real socket, for desks that sync.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::Value;

use super::{
    Arc, Bitmap, Desk, Land, Mutex, Province, SecretKey, StatusCode, TrustContent, TrustList, piece, verdict,
};

/// What the province publishes at the moment.
#[derive(Default, Clone)]
pub struct Published {
    pub trust: Vec<u8>,
    pub manifest: Vec<u8>,
    pub types: Vec<u8>,
    /// The newest list and those before, whose pieces are still there.
    pub lists: Vec<Bitmap>,
    /// Changes by their two epochs.
    pub deltas: HashMap<(u64, u64), Vec<u8>>,
    /// How many more pieces are served before the connection breaks.
    pub pieces_left: Option<usize>,
    /// What was asked for.
    pub asked: Vec<String>,
    /// Trust lists that changed the roots, by the fingerprint of those that they replaced.
    pub root_changes: HashMap<String, Vec<u8>>,
    /// None: there is nothing at that address.
    pub rules: Option<Vec<u8>>,
}

pub type Board = Arc<Mutex<Published>>;

pub async fn province(published: Published) -> (Board, Province) {
    let board: Board = Arc::new(Mutex::new(published));
    let api = api_of(&board).await;
    (board, api)
}

pub async fn api_of(board: &Board) -> Province {
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
            "/v1/trust-next/{roots}",
            get(
                |State(board): State<Board>, Path(roots): Path<String>| async move {
                    let changes = &board.lock().unwrap().root_changes;
                    changes.get(&roots).cloned().ok_or(StatusCode::NOT_FOUND)
                },
            ),
        )
        .route(
            "/v1/risk-rules",
            get(|State(board): State<Board>| async move {
                let rules = board.lock().unwrap().rules.clone();
                rules.ok_or(StatusCode::NOT_FOUND)
            }),
        )
        .route(
            "/v1/status-manifest",
            get(|State(board): State<Board>| async move { board.lock().unwrap().manifest.clone() }),
        )
        .route(
            "/v1/status/pieces/{name}",
            get(
                |State(board): State<Board>, Path(name): Path<String>| async move {
                    let mut board = board.lock().unwrap();
                    board.asked.push("piece".to_owned());
                    if let Some(left) = &mut board.pieces_left {
                        *left = left.checked_sub(1).ok_or(StatusCode::BAD_GATEWAY)?;
                    }
                    let mut sha256 = [0; 32];
                    hex::decode_to_slice(&name, &mut sha256).unwrap();
                    let found = board.lists.iter().find_map(|list| piece(list, &sha256));
                    found.ok_or(StatusCode::NOT_FOUND)
                },
            ),
        )
        .route(
            "/v1/status/deltas/{from}/{to}",
            get(
                |State(board): State<Board>, Path(epochs): Path<(u64, u64)>| async move {
                    let mut board = board.lock().unwrap();
                    board.asked.push("delta".to_owned());
                    board.deltas.get(&epochs).cloned().ok_or(StatusCode::NOT_FOUND)
                },
            ),
        )
        .with_state(board.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Province::new(&url, &[]).unwrap()
}

pub async fn sync(desk: &Desk) -> Value {
    let (status, reply) = desk.json("/api/sync", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    reply
}

pub fn published(land: &Land, epoch: u64, revoked: &[u32]) -> Published {
    let (manifest, list) = land.status(epoch, revoked);
    Published {
        trust: land.trust.clone(),
        types: land.types(1, &[]),
        manifest,
        lists: vec![list],
        ..Published::default()
    }
}

pub async fn identity_verdict(desk: &Desk, land: &Land) -> (String, String) {
    let request = desk.ask("identity").await;
    verdict(&desk.text(&land.identity_answer(1, &request)).await)
}

/// The list after `held`, signed by these roots: 1 to 3 are the pinned ones, others those that come after.
pub fn next_list(land: &Land, held: &TrustList, next: Option<[u8; 3]>, signers: &[u8]) -> Vec<u8> {
    let secret = |n: u8| match usize::from(n) {
        n @ 1..=3 => SecretKey::from_seed(sandbox::roots::ROOT_SEEDS[n - 1]),
        _ => SecretKey::from_seed([n; 32]),
    };
    let content = TrustContent {
        sequence: held.sequence() + 1,
        previous: Some(held.sha256()),
        next_roots: next.map(|numbers| numbers.map(|n| secret(n).public())),
        ..land.trust().content().clone()
    };
    let keys: Vec<_> = signers.iter().map(|n| secret(*n)).collect();
    let numbered: Vec<_> = keys.iter().enumerate().collect();
    credential::sign_trust_list(&content, &numbered)
}
