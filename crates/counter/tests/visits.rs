//! What the desk says of what it is shown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use axum::http::StatusCode;
use counter::types::{CounterState, TextCall, VisitState};
use credential::photo;
use desk::{AUDIENCE, CNIC, Desk, Land, NOW, is, verdict};

#[tokio::test]
async fn an_age_pass_is_accepted_and_shows_the_age_and_nothing_else() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let reply = desk.frame(&land.age_code(1, NOW)).await;
    assert_eq!(
        (reply.state, verdict(&reply)),
        (VisitState::Decided, is("accepted", "accepted"))
    );
    let claims: Vec<_> = reply
        .claims
        .iter()
        .map(|c| (c.key.as_str(), c.value.as_str()))
        .collect();
    assert_eq!(claims, [("over_18", "true"), ("over_60", "false")]);
    assert_eq!(
        (reply.issuer.as_deref(), reply.photo),
        (Some("Test province"), None)
    );
}

#[tokio::test]
async fn a_code_that_stays_in_view_keeps_its_verdict_and_is_a_replay_in_the_next_visit() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let code = land.age_code(1, NOW);
    for _ in 0..3 {
        assert_eq!(verdict(&desk.frame(&code).await), is("accepted", "accepted"));
    }
    // The phone renews its code while the visitor still holds it up.
    desk.set_clock(NOW + 15);
    let renewed = desk.frame(&land.age_code(1, NOW + 15)).await;
    assert_eq!(
        (verdict(&renewed), renewed.in_view),
        (is("accepted", "accepted"), true)
    );

    assert_eq!(desk.next().await.state, VisitState::Nothing);
    let again = desk.picture(&code).await;
    assert_eq!(
        (verdict(&again), again.claims),
        (is("refused", "replayed"), vec![])
    );
    desk.next().await;
    assert_eq!(
        verdict(&desk.text(&land.age_code(1, NOW + 15)).await),
        is("refused", "replayed")
    );
    desk.next().await;
    assert_eq!(
        verdict(&desk.text(&land.age_code(2, NOW + 15)).await),
        is("accepted", "accepted")
    );
}

#[tokio::test]
async fn a_replay_is_known_after_a_restart() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let code = land.age_code(1, NOW);
    let desk = Desk::ready(&land, folder.path());
    assert_eq!(verdict(&desk.text(&code).await), is("accepted", "accepted"));
    drop(desk);
    let desk = Desk::empty(&land, folder.path());
    assert_eq!(verdict(&desk.text(&code).await), is("refused", "replayed"));
}

#[tokio::test]
async fn a_second_desk_accepts_at_once_and_refuses_a_recording_181_seconds_after_it_was_made() {
    let (land, folders) = (
        Land::new(),
        [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()],
    );
    let [first, second] = folders.each_ref().map(|folder| Desk::ready(&land, folder.path()));
    let code = land.age_code(1, NOW);
    assert_eq!(verdict(&first.text(&code).await), is("accepted", "accepted"));
    second.set_clock(NOW + 181);
    assert_eq!(verdict(&second.text(&code).await), is("refused", "stale"));
    second.next().await;
    second.set_clock(NOW + 180);
    assert_eq!(verdict(&second.text(&code).await), is("accepted", "accepted"));
}

#[tokio::test]
async fn without_a_trust_list_the_desk_cannot_decide() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::empty(&land, folder.path());
    let reply = desk.text(&land.age_code(1, NOW)).await;
    assert_eq!(
        (verdict(&reply), reply.claims),
        (is("undecided", "no_trust_list"), vec![])
    );
    let state = desk.state().await;
    assert_eq!(state["trust"]["state"], "missing");
    assert_eq!(state["mark"], "test");
    assert_eq!(state["station"]["name_ur"], "آزمائشی ڈیسک ۱");
    assert_eq!(state["station"]["certified"], false);
}

#[tokio::test]
async fn a_poster_beside_the_phone_does_not_stand_in_its_way() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    assert_eq!(
        verdict(&desk.frame("https://example.org/menu").await),
        is("refused", "wrong_code")
    );
    assert_eq!(
        verdict(&desk.frame(&land.age_code(1, NOW)).await),
        is("accepted", "accepted")
    );
    // Nor does it take the verdict away again.
    assert_eq!(
        verdict(&desk.frame("https://example.org/menu").await),
        is("accepted", "accepted")
    );
}

#[tokio::test]
async fn an_identity_turns_green_only_after_the_photo_is_whole_and_the_face_compared() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let request = desk.ask("identity").await;
    // The camera sees this desk's own screen in the visitor's glasses.
    assert_eq!(desk.frame(&request).await.state, VisitState::Nothing);
    let frames = photo::frames(&land.photo);
    assert_eq!(frames.len(), 6);

    assert_eq!(desk.frame(&frames[2]).await.state, VisitState::Partial);
    let reply = desk.frame(&land.identity_answer(1, &request)).await;
    assert_eq!(
        (reply.state, reply.photo_parts),
        (VisitState::Compare, Some((1, 3)))
    );
    assert_eq!(
        (verdict(&reply), reply.photo),
        (is("undecided", "photo_incomplete"), None)
    );
    let early = desk.face(true).await;
    assert_eq!(
        (early.state, verdict(&early)),
        (VisitState::Compare, is("undecided", "photo_incomplete"))
    );

    desk.frame(&frames[0]).await;
    let reply = desk.frame(&frames[1]).await;
    assert_eq!(
        (reply.state, reply.photo_parts),
        (VisitState::Compare, Some((3, 3)))
    );
    assert_eq!(verdict(&reply), is("undecided", "face_not_compared"));
    assert!(reply.photo.unwrap().starts_with("data:image/webp;base64,"));

    let reply = desk.face(true).await;
    assert_eq!(
        (reply.state, verdict(&reply)),
        (VisitState::Decided, is("accepted", "accepted"))
    );
    assert!(reply.photo.is_some());
    let keys: Vec<_> = reply.claims.iter().map(|claim| claim.key.as_str()).collect();
    let order = [
        "name_en",
        "name_ur",
        "guardian_name_en",
        "guardian_name_ur",
        "guardian_relation",
        "cnic",
        "date_of_birth",
        "gender",
        "address",
        "district",
        "assurance",
    ];
    assert_eq!(keys, order);
    let json = serde_json::to_string(&reply).unwrap();
    assert!(json.contains("99999-*******-1") && !json.contains(CNIC) && !json.contains("1234567"));

    // The answer is used up, here and after the request's time.
    desk.next().await;
    let answer = land.identity_answer(1, &request);
    assert_eq!(verdict(&desk.text(&answer).await), is("refused", "replayed"));
    desk.next().await;
    desk.set_clock(NOW + 300);
    assert_eq!(verdict(&desk.text(&answer).await), is("refused", "replayed"));
}

#[tokio::test]
async fn another_face_is_refused_and_nothing_is_shown_any_more() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let request = desk.ask("identity").await;
    desk.text(&land.identity_answer(1, &request)).await;
    let reply = desk.face(false).await;
    assert_eq!(
        (verdict(&reply), reply.claims),
        (is("refused", "face_differs"), vec![])
    );
    let visit = reply.visit;
    let (status, reply) = desk
        .json("/api/face", serde_json::json!({ "visit": visit, "same": true }))
        .await;
    assert_eq!(
        (status, reply["code"].as_str()),
        (StatusCode::CONFLICT, Some("station_nothing_to_compare"))
    );
}

#[tokio::test]
async fn frames_of_another_photo_do_not_complete_this_one() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let request = desk.ask("identity").await;
    desk.text(&land.identity_answer(1, &request)).await;
    let mut other = land.photo.clone();
    other[500] ^= 1;
    for frame in photo::frames(&other) {
        let reply = desk.text(&frame).await;
        assert_eq!((reply.photo_parts, reply.photo), (Some((0, 0)), None));
    }
    assert_eq!(
        verdict(&desk.face(true).await),
        is("undecided", "photo_incomplete")
    );
}

#[tokio::test]
async fn answers_to_other_late_or_withdrawn_requests_are_refused() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let old = desk.ask("identity").await;
    let request = desk.ask("identity").await;
    assert_eq!(
        verdict(&desk.text(&land.identity_answer(1, &old)).await),
        is("refused", "wrong_request")
    );
    desk.next().await;
    // A timed code does not answer a request, and the request stays open.
    assert_eq!(
        verdict(&desk.text(&land.age_code(2, NOW)).await),
        is("refused", "wrong_request")
    );
    desk.next().await;
    desk.set_clock(NOW + 61);
    let answer = land.identity_answer(1, &request);
    assert_eq!(verdict(&desk.text(&answer).await), is("refused", "stale"));
    desk.next().await;
    // Once it is over, timed codes count again.
    assert_eq!(
        verdict(&desk.text(&land.age_code(2, NOW + 61)).await),
        is("accepted", "accepted")
    );

    let withdrawn = desk.ask("identity").await;
    desk.json("/api/request/cancel", serde_json::Value::Null).await;
    assert_eq!(
        verdict(&desk.text(&land.identity_answer(1, &withdrawn)).await),
        is("refused", "wrong_request")
    );
}

#[tokio::test]
async fn a_desk_asks_only_for_what_its_certificate_allows() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    for ask in ["residence", "sehat", "Identity", ""] {
        let (status, reply) = desk.json("/api/request", serde_json::json!({ "ask": ask })).await;
        assert_eq!(
            (status, reply["code"].as_str()),
            (StatusCode::FORBIDDEN, Some("station_may_not_ask"))
        );
    }
    let (_, reply) = desk
        .json("/api/request", serde_json::json!({ "ask": "identity" }))
        .await;
    let check = reply["check_code"].as_str().unwrap();
    assert!(check.len() == 2 && check.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(reply["expires_at"], NOW + 60);
    let state = desk.state().await;
    assert_eq!(state["station"]["certified"], true);
    assert_eq!(state["request"]["check_code"], reply["check_code"]);
    assert_eq!(state["audience"], AUDIENCE);
}

#[tokio::test]
async fn a_pass_of_another_desk_or_of_a_forger_is_refused() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let (pass, key) = land.age(1);
    let now = credential::Timestamp::from_unix(NOW);
    let elsewhere = credential::present_timed(&pass, &key, "kp:other-desk", now).unwrap();
    assert_eq!(verdict(&desk.text(&elsewhere).await), is("refused", "wrong_desk"));
    desk.next().await;
    let forger = Land {
        issuer: credential::SecretKey::from_seed([66; 32]),
        ..Land::new()
    };
    assert_eq!(
        verdict(&desk.text(&forger.age_code(1, NOW)).await),
        is("undecided", "unknown_issuer")
    );
    desk.next().await;
    let damaged = land.age_code(1, NOW).replace("KP1:", "KP1:::");
    assert_eq!(verdict(&desk.text(&damaged).await), is("refused", "malformed"));
}

#[tokio::test]
async fn stored_data_that_were_tampered_with_are_left_out_at_the_next_start() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    drop(Desk::ready(&land, folder.path()));
    let path = folder.path().join("counter.sqlite");
    let file = rusqlite::Connection::open(&path).unwrap();
    let changed = file.execute("UPDATE status_piece SET bytes = zeroblob(64)", []);
    assert!(changed.unwrap() > 0);
    drop(file);
    let desk = Desk::empty(&land, folder.path());
    assert_eq!(desk.state().await["status"]["state"], "broken");
    let request = desk.ask("identity").await;
    let reply = desk.text(&land.identity_answer(1, &request)).await;
    assert_eq!(verdict(&reply), is("undecided", "no_status_list"));
    drop(desk);

    let file = rusqlite::Connection::open(&path).unwrap();
    let mut trust = land.trust.clone();
    trust[100] ^= 1;
    file.execute("UPDATE trust_list SET bytes = ?1", [trust]).unwrap();
    drop(file);
    let desk = Desk::empty(&land, folder.path());
    assert_eq!(desk.state().await["trust"]["state"], "broken");
    assert_eq!(
        verdict(&desk.text(&land.age_code(1, NOW)).await),
        is("undecided", "no_trust_list")
    );
}

#[tokio::test]
async fn debug_prints_nobody() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let request = desk.ask("identity").await;
    let answer = land.identity_answer(1, &request);
    desk.text(&answer).await;
    for frame in photo::frames(&land.photo) {
        desk.text(&frame).await;
    }
    let seen = |what: &str, printed: String| {
        for personal in ["Gul", "گل", CNIC, "Sher", "Khar", "data:", "KP1:"] {
            assert!(!printed.contains(personal), "{personal} in {what}: {printed}");
        }
    };
    for same in [None, Some(true)] {
        if let Some(same) = same {
            desk.face(same).await;
        }
        let state: CounterState = serde_json::from_value(desk.state().await).unwrap();
        let shown = state.visit.claims.iter().any(|claim| claim.value == "Gul Zaman");
        assert!(shown, "there is something to hide");
        seen("claims", format!("{:?}", state.visit.claims));
        seen("the page's state", format!("{state:?}"));
        seen("the station", format!("{:?}", desk.app.station()));
    }
    seen("what a scanner typed", format!("{:?}", TextCall { text: answer }));
}
