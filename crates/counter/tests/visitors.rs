//! One visitor after another at the same desk: whose verdict stands, and for how long.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use axum::http::StatusCode;
use counter::types::VisitState;
use credential::photo;
use desk::{Desk, Land, NOW, is, take_status, verdict};

#[tokio::test]
async fn another_visitors_code_is_never_under_this_ones_green() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let first = desk.frame(&land.age_code(1, NOW)).await;
    assert_eq!(
        (verdict(&first), first.in_view),
        (is("accepted", "accepted"), true)
    );
    // What is no pass neither keeps the green up nor takes it away.
    for stranger in ["https://example.org/menu", "KP1::::", "KP1:"] {
        let reply = desk.frame(stranger).await;
        assert_eq!(
            (reply.visit, verdict(&reply), reply.in_view),
            (first.visit, is("accepted", "accepted"), false),
            "{stranger}"
        );
    }
    for frame in photo::frames(&land.photo) {
        let reply = desk.frame(&frame).await;
        assert_eq!((reply.visit, reply.in_view), (first.visit, false));
    }
    let (pass, key) = land.age(2);
    let now = credential::Timestamp::from_unix(NOW);
    let elsewhere = credential::present_timed(&pass, &key, "kp:other-desk", now).unwrap();
    let second = desk.frame(&elsewhere).await;
    assert_eq!(
        (second.visit, verdict(&second)),
        (first.visit + 1, is("refused", "wrong_desk"))
    );
    // The first pass comes back: its own visit, and a replay, for as long as it stays.
    for at in [NOW, NOW, NOW + 15] {
        desk.set_clock(at);
        let back = desk.frame(&land.age_code(1, at)).await;
        assert_eq!(
            (back.visit, verdict(&back), back.in_view),
            (first.visit + 2, is("refused", "replayed"), true)
        );
    }
}

#[tokio::test]
async fn another_pass_ends_a_comparison_and_is_judged_itself() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let request = desk.ask("identity").await;
    let answer = land.identity_answer(1, &request);
    desk.frame(&answer).await;
    let waiting = desk.frame(&photo::frames(&land.photo)[0]).await;
    assert_eq!((waiting.state, waiting.in_view), (VisitState::Compare, true));
    let reply = desk.frame("https://example.org/menu").await;
    assert_eq!((reply.state, reply.in_view), (VisitState::Compare, false));

    let other = desk.frame(&land.age_code(2, NOW)).await;
    assert_eq!(
        (other.visit, verdict(&other)),
        (waiting.visit + 1, is("accepted", "accepted"))
    );
    // What the officer says of the visitor who left is not taken for the one who came, nor for a later comparison.
    let request = desk.ask("identity").await;
    desk.frame(&land.identity_answer(3, &request)).await;
    let old = serde_json::json!({ "visit": waiting.visit, "same": false });
    let (status, reply) = desk.json("/api/face", old).await;
    assert_eq!(
        (status, reply["code"].as_str()),
        (StatusCode::CONFLICT, Some("station_nothing_to_compare"))
    );
    assert_eq!(desk.state().await["visit"]["state"], "compare");
}

/// A desk at which an identity is whole and waits for the officer.
async fn comparing(land: &Land, data: &std::path::Path) -> Desk {
    let desk = Desk::ready(land, data);
    let request = desk.ask("identity").await;
    desk.text(&land.identity_answer(1, &request)).await;
    for frame in photo::frames(&land.photo) {
        desk.text(&frame).await;
    }
    desk
}

#[tokio::test]
async fn the_officers_answer_counts_with_what_the_desk_knows_by_then() {
    let land = Land::new();
    for (seconds, revoked, expected) in [
        (61, false, is("accepted", "accepted")),
        (300, false, is("accepted", "accepted")),
        (301, false, is("refused", "stale")),
        (61, true, is("refused", "revoked")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let desk = comparing(&land, folder.path()).await;
        desk.set_clock(NOW + seconds);
        if revoked {
            let (manifest, list) = land.status(6, &[77]);
            take_status(&mut desk.app.station(), &manifest, &list);
        }
        let reply = desk.face(true).await;
        assert_eq!(verdict(&reply), expected, "{seconds}");
        assert_eq!(reply.claims.is_empty(), reply.photo.is_none());
        assert_eq!(reply.claims.is_empty(), expected.0 == "refused");
    }
}

#[tokio::test]
async fn a_refused_answer_closes_its_request_with_the_visit() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    {
        let (manifest, list) = land.status(6, &[77]);
        take_status(&mut desk.app.station(), &manifest, &list);
    }
    let request = desk.ask("identity").await;
    let answer = land.identity_answer(1, &request);
    assert_eq!(verdict(&desk.text(&answer).await), is("refused", "revoked"));
    assert!(!desk.state().await["request"].is_null());
    desk.next().await;
    assert!(desk.state().await["request"].is_null());
    assert_eq!(
        verdict(&desk.text(&land.identity_answer(2, &request)).await),
        is("refused", "wrong_request")
    );
}

#[tokio::test]
async fn a_desk_whose_certificate_does_not_hold_asks_nothing() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let forger = Land {
        certifier: credential::SecretKey::from_seed([66; 32]),
        ..Land::new()
    };
    // Its certificate is the forger's, its trust list the true one.
    let desk = Desk::empty(&forger, folder.path());
    desk.app.station().take_trust_list(&land.trust).unwrap();
    let (status, reply) = desk
        .json("/api/request", serde_json::json!({ "ask": "identity" }))
        .await;
    assert_eq!(
        (status, reply["code"].as_str()),
        (StatusCode::FORBIDDEN, Some("station_not_certified"))
    );
}

#[tokio::test]
async fn paper_is_shown_for_what_it_is_and_leaves_the_question_open() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let [card, document] = Land::printed(5);
    let keys = |reply: &counter::types::ScanReply| {
        let keys = reply.claims.iter().map(|c| c.key.clone());
        keys.collect::<Vec<_>>()
    };
    // With no question on the screen.
    let reply = desk.frame(&card).await;
    assert_eq!(
        (reply.state, verdict(&reply)),
        (VisitState::Decided, is("undecided", "paper_not_presence"))
    );
    assert_eq!(reply.vct.as_deref(), Some("paper-card"));
    assert_eq!(keys(&reply), ["name_en", "cnic"]);
    assert_eq!(reply.issuer.as_deref(), Some("Test province"));
    desk.next().await;
    let reply = desk.text(&document).await;
    assert_eq!(verdict(&reply), is("accepted", "document_only"));
    assert_eq!(
        keys(&reply),
        [
            "name_en",
            "guardian_name_en",
            "cnic",
            "certificate_number",
            "issued_on",
            "domicile_district"
        ]
    );
    desk.next().await;

    // While one is shown; the answer to it is taken afterwards.
    let request = desk.ask("identity").await;
    assert_eq!(
        verdict(&desk.text(&document).await),
        is("accepted", "document_only")
    );
    desk.next().await;
    assert_eq!(
        verdict(&desk.text(&card).await),
        is("undecided", "paper_not_presence")
    );
    desk.next().await;
    let answer = land.identity_answer(1, &request);
    assert_eq!(
        verdict(&desk.frame(&answer).await),
        is("undecided", "photo_incomplete")
    );
}

#[tokio::test]
async fn revoked_paper_shows_nothing() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let mut changed = Land::printed(5)[1].clone();
    let other = if changed.pop() == Some('0') { '1' } else { '0' };
    changed.push(other);
    let reply = desk.text(&changed).await;
    assert_eq!(reply.verdict, Some(counter::types::VerdictView::Refused));
    assert!(reply.claims.is_empty());
    {
        let (manifest, list) = land.status(6, &[5]);
        take_status(&mut desk.app.station(), &manifest, &list);
    }
    for text in Land::printed(5) {
        desk.next().await;
        let reply = desk.text(&text).await;
        assert_eq!(
            (verdict(&reply), reply.claims),
            (is("refused", "revoked"), vec![])
        );
    }
}
