//! How newer signed data come in, over a real socket, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use counter::province::Province;
use credential::{SecretKey, StatusBundle, StatusDelta, StatusPurpose};
use desk::published::{Published, api_of, identity_verdict, province, published, sync};
use desk::{Desk, LIST, Land, NOW, is, verdict};
use serde_json::Value;

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
async fn the_province_is_asked_for_an_officer_who_is_signed_in() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province(published(&land, 5, &[])).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    let session = std::mem::take(&mut *desk.session.lock().unwrap());
    for (given, code) in [("", "station_nobody_signed_in"), ("0f0f", "station_session_over")] {
        given.clone_into(&mut desk.session.lock().unwrap());
        let (status, reply) = desk.json("/api/sync", Value::Null).await;
        assert_eq!((status, &reply["code"]), (StatusCode::UNAUTHORIZED, &code.into()));
    }
    assert!(board.lock().unwrap().asked.is_empty());
    *desk.session.lock().unwrap() = session;
    assert_eq!(sync(&desk).await["code"], Value::Null);
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
        trust: vec![land.trust.clone()],
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
    let desk = Desk::with_province(&land, folder.path(), Some(Province::new(&url, &[]).unwrap()));
    assert_eq!(sync(&desk).await["code"], "station_unreachable");
    assert_eq!(
        verdict(&desk.text(&land.age_code(1, NOW)).await),
        is("accepted", "accepted")
    );
}
