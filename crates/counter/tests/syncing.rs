//! How newer signed data come in, over a real socket, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use counter::province::Province;
use credential::{Bitmap, SecretKey, StatusBundle, StatusDelta, StatusPurpose, TrustContent, TrustList};
use desk::{Desk, LIST, Land, NOW, is, piece, verdict};
use serde_json::Value;

/// What the province publishes at the moment.
#[derive(Default, Clone)]
struct Published {
    trust: Vec<u8>,
    manifest: Vec<u8>,
    types: Vec<u8>,
    /// The newest list and those before, whose pieces are still there.
    lists: Vec<Bitmap>,
    /// Changes by their two epochs.
    deltas: HashMap<(u64, u64), Vec<u8>>,
    /// How many more pieces are served before the connection breaks.
    pieces_left: Option<usize>,
    /// What was asked for.
    asked: Vec<String>,
    /// Trust lists that changed the roots, by the fingerprint of those that they replaced.
    root_changes: HashMap<String, Vec<u8>>,
    /// None: there is nothing at that address.
    rules: Option<Vec<u8>>,
}

type Board = Arc<Mutex<Published>>;

async fn province(published: Published) -> (Board, Province) {
    let board: Board = Arc::new(Mutex::new(published));
    let api = api_of(&board).await;
    (board, api)
}

async fn api_of(board: &Board) -> Province {
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
    Province::new(&url).unwrap()
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
        lists: vec![list],
        ..Published::default()
    }
}

/// The list after `held`, signed by these roots: 1 to 3 are the pinned ones, others those that come after.
fn next_list(land: &Land, held: &TrustList, next: Option<[u8; 3]>, signers: &[u8]) -> Vec<u8> {
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

#[tokio::test]
async fn a_desk_catches_up_with_roots_that_changed_twice() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province(published(&land, 5, &[])).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api.clone()));
    sync(&desk).await;

    let first = land.trust();
    let mut held = first.clone();
    let mut changed = published(&land, 5, &[]);
    for (next, signers) in [([1, 2, 4], &[1, 2][..]), ([5, 6, 7], &[2, 4, 5, 6])] {
        let list = next_list(&land, &held, Some(next), signers);
        let replaced = held.successors().fingerprint();
        held = TrustList::verify(&list, &counter::roots::pinned().unwrap(), Some(&held)).unwrap();
        changed.root_changes.insert(replaced, list);
    }
    changed.trust = next_list(&land, &held, None, &[5, 7]);
    *board.lock().unwrap() = changed.clone();
    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["code"], &reply["trust_changed"]),
        (&Value::Null, &Value::Bool(true))
    );
    let newest = first.sequence() + 3;
    assert_eq!(reply["state"]["trust"]["sequence"], newest);

    // It verifies again after a restart, and nobody whose roots were replaced is heard.
    drop(desk);
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    assert_eq!(desk.state().await["trust"]["sequence"], newest);
    assert_eq!(sync(&desk).await["trust_changed"], false);
    let mut back = changed.clone();
    back.trust = next_list(&land, &first, None, &[1, 3]);
    *board.lock().unwrap() = back;
    let reply = sync(&desk).await;
    assert_eq!(reply["code"], "station_trust_refused");
    assert_eq!(reply["state"]["trust"]["sequence"], newest);

    // A new desk walks the chain too; a broken chain leaves it with nothing rather than with the wrong roots.
    let (fresh, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_, api) = province(changed.clone()).await;
    let reply = sync(&Desk::with_province(&land, fresh.path(), Some(api))).await;
    assert_eq!(reply["state"]["trust"]["sequence"], newest);
    changed
        .root_changes
        .retain(|roots, _| *roots == first.successors().fingerprint());
    let (_, api) = province(changed).await;
    let reply = sync(&Desk::with_province(&land, broken.path(), Some(api))).await;
    assert_eq!(reply["code"], "station_trust_refused");
    assert_eq!(reply["state"]["trust"]["sequence"], first.sequence() + 1);
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
    broken.lists = published(&land, 7, &[78]).lists;
    *board.lock().unwrap() = broken;
    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["code"], &reply["state"]["status"]["epoch"]),
        (&"station_bad_answer".into(), &5.into())
    );
    assert_eq!(reply["state"]["status"]["state"], "current");

    // The manifest is signed by somebody else.
    let forger = Land {
        issuer: SecretKey::from_seed([66; 32]),
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
async fn changes_are_taken_instead_of_lists_and_wrong_ones_do_no_harm() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province(published(&land, 5, &[1, 300])).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    sync(&desk).await;
    // A table and the two shards that have a bit set.
    assert_eq!(board.lock().unwrap().asked, ["piece", "piece", "piece"]);

    let delta = |from, to, turned: &[u32]| {
        let mut delta = StatusDelta::new(from, to);
        delta
            .turn(LIST, StatusPurpose::Revoked, 1024, turned.iter().copied())
            .unwrap();
        delta.encode()
    };
    let mut next = published(&land, 6, &[1, 77, 300]);
    next.deltas.insert((5, 6), delta(5, 6, &[77]));
    *board.lock().unwrap() = next;
    assert_eq!(sync(&desk).await["status_changed"], true);
    assert_eq!(board.lock().unwrap().asked, ["delta"]);
    assert_eq!(identity_verdict(&desk, &land).await, is("refused", "revoked"));

    // Changes that lead elsewhere: the pieces are fetched, and only those that changed.
    let mut next = published(&land, 9, &[1, 300, 900]);
    next.deltas.insert((6, 9), delta(6, 9, &[12]));
    *board.lock().unwrap() = next;
    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["code"], &reply["state"]["status"]["epoch"]),
        (&Value::Null, &9.into())
    );
    assert_eq!(board.lock().unwrap().asked, ["delta", "piece", "piece", "piece"]);
    assert_eq!(
        identity_verdict(&desk, &land).await,
        is("undecided", "photo_incomplete")
    );

    // No changes that are kept: the same.
    *board.lock().unwrap() = published(&land, 12, &[1, 77, 300]);
    assert_eq!(sync(&desk).await["code"], Value::Null);
    assert_eq!(identity_verdict(&desk, &land).await, is("refused", "revoked"));
    drop(desk);
    let desk = Desk::empty(&land, folder.path());
    assert_eq!(identity_verdict(&desk, &land).await, is("refused", "revoked"));
}

#[tokio::test]
async fn a_sync_that_breaks_off_goes_on_where_it_was() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let mut first = published(&land, 5, &[1, 300, 600, 900]);
    first.pieces_left = Some(3);
    let (board, api) = province(first).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    let reply = sync(&desk).await;
    assert_eq!(reply["code"], "station_bad_answer");
    assert_eq!(reply["state"]["status"]["state"], "missing");
    drop(desk);

    // After a restart, and though the province has a newer list by now: one shard of it changed.
    let mut newer = published(&land, 6, &[1, 77, 300, 600, 900]);
    newer.trust = land.trust.clone();
    *board.lock().unwrap() = newer;
    let desk = Desk::with_province(&land, folder.path(), Some(api_of(&board).await));
    assert_eq!(sync(&desk).await["code"], Value::Null);
    // The table, the shard that changed, and the two that had not come.
    assert_eq!(board.lock().unwrap().asked.len(), 4);
    assert_eq!(identity_verdict(&desk, &land).await, is("refused", "revoked"));
}

#[tokio::test]
async fn an_update_on_a_stick_is_as_good_as_a_network() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::empty(&land, folder.path());
    let update = |bundle: &StatusBundle| bundle.encode();
    let (manifest, list) = land.status(5, &[1]);
    let shards = (0..4).map(|number| list.encoded(number).unwrap()).collect();
    let whole = StatusBundle {
        trust: Some(land.trust.clone()),
        lists: BTreeMap::from([(
            LIST.to_owned(),
            BTreeMap::from([(StatusPurpose::Revoked, shards)]),
        )]),
        manifest,
        ..StatusBundle::default()
    };
    let send = async |bytes: Vec<u8>| desk.call("POST", "/api/update", &[], bytes).await;
    let mut delta = StatusDelta::new(5, 6);
    delta.turn(LIST, StatusPurpose::Revoked, 1024, [77]).unwrap();
    let changes = StatusBundle {
        manifest: land.status(6, &[1, 77]).0,
        deltas: vec![delta],
        ..StatusBundle::default()
    };
    // A desk that has nothing cannot go on from changes.
    let (_, reply) = send(update(&changes)).await;
    assert_eq!(reply["code"], "station_status_refused");
    let (status, reply) = send(update(&whole)).await;
    assert_eq!(
        (status, &reply["trust_changed"], &reply["status_changed"]),
        (StatusCode::OK, &true.into(), &true.into())
    );
    assert_eq!(reply["state"]["last_sync"], NOW);
    assert_eq!(
        identity_verdict(&desk, &land).await,
        is("undecided", "photo_incomplete")
    );
    let (_, reply) = send(update(&changes)).await;
    assert_eq!(
        (&reply["trust_changed"], &reply["status_changed"]),
        (&false.into(), &true.into())
    );
    assert_eq!(identity_verdict(&desk, &land).await, is("refused", "revoked"));
    let (_, reply) = send(update(&changes)).await;
    assert_eq!(reply["status_changed"], false);

    let (_, reply) = send(update(&whole)).await;
    assert_eq!(reply["code"], "station_status_rolled_back");
    let later = StatusBundle {
        manifest: land.status(9, &[]).0,
        ..changes.clone()
    };
    let (status, reply) = send(update(&later)).await;
    assert_eq!(
        (status, &reply["code"]),
        (StatusCode::CONFLICT, &"station_update_other_start".into())
    );
    let (_, reply) = send(b"a letter".to_vec()).await;
    assert_eq!(reply["code"], "station_update_unreadable");
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

#[tokio::test]
async fn rules_come_with_a_sync_and_mark_what_is_decided_with_old_data() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let mut first = published(&land, 5, &[]);
    first.rules = Some(land.rules(3));
    let (board, api) = province(first.clone()).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api.clone()));
    assert_eq!(desk.state().await["rules"]["state"], "missing");
    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["code"], &reply["rules_changed"]),
        (&Value::Null, &Value::Bool(true))
    );
    let rules = &reply["state"]["rules"];
    assert_eq!(
        (&rules["sequence"], &rules["has_rule"]),
        (&3.into(), &true.into())
    );
    assert_eq!(sync(&desk).await["rules_changed"], false);

    // The list was signed two days ago: green today, amber a second later, and nothing is decided after ten days.
    let seen =
        |reply: counter::types::ScanReply| (verdict(&reply), serde_json::to_value(reply.freshness).unwrap());
    let accepted = is("accepted", "accepted");
    assert_eq!(
        seen(desk.text(&land.age_code(1, NOW)).await),
        (accepted.clone(), "green".into())
    );
    desk.set_clock(NOW + 1);
    assert_eq!(
        seen(desk.text(&land.age_code(2, NOW + 1)).await),
        (accepted.clone(), "amber".into())
    );
    let last = NOW + 8 * 86_400;
    desk.set_clock(last);
    assert_eq!(
        seen(desk.text(&land.age_code(3, last)).await),
        (accepted, "amber".into())
    );
    desk.set_clock(last + 1);
    let late = seen(desk.text(&land.age_code(4, last + 1)).await);
    assert_eq!(late, (is("undecided", "data_too_old"), Value::Null));

    // Older rules, and rules of somebody else, are refused; the newer stay, after a restart too.
    for (rules, code) in [
        (land.rules(2), "station_rules_rolled_back"),
        (
            Land {
                issuer: SecretKey::from_seed([66; 32]),
                ..Land::new()
            }
            .rules(9),
            "station_rules_refused",
        ),
    ] {
        board.lock().unwrap().rules = Some(rules);
        assert_eq!(sync(&desk).await["code"], code);
    }
    drop(desk);
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    assert_eq!(desk.state().await["rules"]["sequence"], 3);
    desk.set_clock(last + 1);
    assert_eq!(
        verdict(&desk.text(&land.age_code(5, last + 1)).await),
        is("undecided", "data_too_old")
    );
}
