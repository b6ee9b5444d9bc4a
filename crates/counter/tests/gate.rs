//! Staff at a gate: in and out, once each, and the sheet of the day.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::collections::BTreeMap;

use counter::profile::Profile;
use counter::types::{MovementView, ScanReply};
use credential::{Facts, Field, Identity, Timestamp, Vct, photo};
use desk::{AUDIENCE, Desk, Land, NOW, is, verdict};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

const HOUR: u64 = 3_600;

/// What the gate is for; one in so many faces is asked for, 0 for none.
fn profile(face_one_in: u32) -> Profile {
    let file = serde_json::json!({
        "version": 1, "id": "gate", "service": "attendance", "ask": ["name-photo"], "mode": "timed",
        "name": { "en": "Staff gate", "ur": "عملے کا دروازہ", "ps": "د کارکوونکو دروازه" },
        "gate": { "name_photo_one_in": face_one_in },
    });
    Profile::parse(file.to_string().as_bytes()).unwrap()
}

fn use_gate(desk: &Desk, face_one_in: u32) {
    desk.app.station().use_profile(profile(face_one_in)).unwrap();
}

/// The text that the phone of this number of staff shows, with a pass of its own each time.
fn code(land: &Land, staff: &str, pass: u64, at: u64) -> String {
    let field = |text: &str| Field::Text(text.to_owned());
    let facts = Facts {
        fields: BTreeMap::from([(240, field(staff)), (241, field("dc-bajaur"))]),
        ..Facts::default()
    };
    let (pass, key) = land.issue(pass, Vct::parse("staff").unwrap(), facts, None);
    credential::present_timed(&pass, &key, AUDIENCE, Timestamp::from_unix(at)).unwrap()
}

async fn shows(desk: &Desk, land: &Land, staff: &str, pass: u64, at: u64) -> ScanReply {
    desk.set_clock(at);
    let reply = desk.text(&code(land, staff, pass, at)).await;
    desk.next().await;
    reply
}

async fn sheet(desk: &Desk, day: &str) -> String {
    let request = axum::http::Request::builder()
        .method("POST")
        .uri("/api/gate/sheet")
        .header("host", desk::HOST)
        .header("x-khyber-token", desk::TOKEN)
        .header(counter::OFFICER_HEADER, desk.session.lock().unwrap().clone())
        .header("content-type", "application/json");
    let body = serde_json::json!({ "day": day }).to_string();
    let response = desk.send(request.body(body.into()).unwrap()).await;
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_day_at_the_gate_is_a_sheet() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    use_gate(&desk, 0);
    let movement = |reply: &ScanReply| reply.attendance.map(|one| one.movement);
    let came = shows(&desk, &land, "1042", 1, NOW).await;
    assert_eq!(
        (verdict(&came), movement(&came)),
        (is("accepted", "accepted"), Some(MovementView::In))
    );
    let keys: Vec<_> = came.claims.iter().map(|claim| claim.key.as_str()).collect();
    assert!(!keys.contains(&"name_en"), "{keys:?}");
    // The phone shows another pass a minute later: no second event.
    let again = shows(&desk, &land, "1042", 2, NOW + 60).await;
    assert_eq!(movement(&again), Some(MovementView::Again));
    let went = shows(&desk, &land, "1042", 3, NOW + 4 * HOUR).await;
    assert_eq!(movement(&went), Some(MovementView::Out));
    // Somebody who forgets the way out, and comes the next day.
    shows(&desk, &land, "77", 4, NOW + HOUR).await;
    shows(&desk, &land, "77", 5, NOW + 24 * HOUR).await;
    // A recording of the morning's code brings nobody in.
    desk.set_clock(NOW + 24 * HOUR);
    let stale = desk.text(&code(&land, "1042", 6, NOW)).await;
    assert_eq!(
        (verdict(&stale), movement(&stale)),
        (is("refused", "stale"), None)
    );
    desk.next().await;
    // Another kind of pass is none of the gate's business.
    let age = desk.text(&land.age_code(7, NOW + 24 * HOUR)).await;
    assert_eq!(
        (verdict(&age), movement(&age)),
        (is("accepted", "accepted"), None)
    );

    assert_eq!(
        sheet(&desk, "2026-11-22").await,
        "office,staff_number,date,in,out,hours,remarks\r\n\
         dc-bajaur,1042,2026-11-22,14:30,18:30,4:00,\r\n\
         dc-bajaur,77,2026-11-22,15:30,,,no_out\r\n"
    );
    assert!(
        sheet(&desk, "2026-11-23")
            .await
            .contains("dc-bajaur,77,2026-11-23,14:30,,,still_in\r\n")
    );
    assert!(sheet(&desk, "22 November").await.contains("station_bad_call"));
    // The scan log counts them and names nobody.
    let handed_out = desk
        .app
        .station()
        .export_log(Timestamp::from_unix(NOW + 25 * HOUR));
    let file = String::from_utf8(desk::file_of(&handed_out.unwrap())).unwrap();
    assert!(file.contains("\"vct\":\"staff\"") && file.contains("\"event\":\"sheet\""));
    assert!(!file.contains("1042") && !file.contains("dc-bajaur"));
}

#[tokio::test]
async fn who_is_inside_is_known_after_a_restart_and_a_number_that_computes_is_nobodys() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    use_gate(&desk, 0);
    shows(&desk, &land, "1042", 1, NOW).await;
    drop(desk);
    let desk = Desk::empty(&land, folder.path());
    use_gate(&desk, 0);
    let went = shows(&desk, &land, "1042", 2, NOW + HOUR).await;
    assert_eq!(went.attendance.unwrap().movement, MovementView::Out);
    let formula = shows(&desk, &land, "=1+1", 3, NOW + HOUR).await;
    assert_eq!(
        (verdict(&formula), formula.attendance),
        (is("accepted", "accepted"), None)
    );
    // A desk that is no gate keeps no attendance.
    drop(desk);
    let desk = Desk::empty(&land, folder.path());
    let shown = shows(&desk, &land, "1042", 4, NOW + 2 * HOUR).await;
    assert_eq!(shown.attendance, None);
}

/// An officer's call.
async fn list(desk: &Desk) -> (u16, Value) {
    let (status, reply) = desk.json("/api/gate/day", json!({ "day": null })).await;
    (status.as_u16(), reply)
}

#[tokio::test]
async fn one_sign_in_opens_the_gate_for_the_day_and_the_list_stays_the_officers() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    desk.app.station().sign_out(Timestamp::from_unix(NOW)).unwrap();
    use_gate(&desk, 0);
    desk.session.lock().unwrap().clear();
    let body = |text: String| json!({ "text": text });
    let nobody = async |desk: &Desk, path: &str, call: Value| {
        let (status, reply) = desk.json(path, call).await;
        assert_eq!(status, 401, "{path}: {reply}");
        assert_eq!(reply["code"], "station_nobody_signed_in");
    };
    // Nobody opened it yet.
    nobody(&desk, "/api/text", body(code(&land, "1042", 1, NOW))).await;
    assert_eq!(desk.state().await["desk"]["gate"]["open"], false);
    desk.sign_in_unseen();
    let gate = desk.state().await["desk"]["gate"].clone();
    assert_eq!(
        (&gate["open"], &gate["opened_by"], &gate["opened_at"]),
        (&json!(true), &json!("Officer in a test"), &json!(NOW))
    );
    shows(&desk, &land, "1042", 2, NOW).await;
    let (status, day) = list(&desk).await;
    assert_eq!(
        (status, &day["inside"], &day["day"]),
        (200, &json!(1), &json!("2026-11-22"))
    );

    // The officer walks away; staff pass, and the list, the sheet, the log and everything else need an officer again.
    desk.wait_until(NOW + HOUR);
    desk.session.lock().unwrap().clear();
    let came = desk.text(&code(&land, "77", 3, NOW + HOUR)).await;
    assert_eq!(came.attendance.unwrap().movement, MovementView::In);
    let seen = desk.call("GET", "/api/citizen", &[], "").await.1;
    assert_eq!(
        (&seen["state"], &seen["movement"]),
        (&json!("accepted"), &json!("in"))
    );
    assert!(!seen.to_string().contains("dc-bajaur"), "{seen}");
    desk.next().await;
    for (path, call) in [
        ("/api/gate/day", json!({ "day": null })),
        ("/api/gate/sheet", json!({ "day": "2026-11-22" })),
        ("/api/gate/close", Value::Null),
        ("/api/log/export", Value::Null),
        ("/api/request", json!({ "ask": "name-photo" })),
    ] {
        nobody(&desk, path, call).await;
    }
    // The power fails: the gate is open as it was.
    drop(desk);
    let desk = Desk::closed(&land, folder.path(), None);
    use_gate(&desk, 0);
    desk.wait_until(NOW + 8 * HOUR);
    let went = desk.text(&code(&land, "1042", 4, NOW + 8 * HOUR)).await;
    assert_eq!(went.attendance.unwrap().movement, MovementView::Out);
    desk.next().await;
    // It closes by itself after the longest shift, or when an officer closes it.
    desk.wait_until(NOW + 16 * HOUR + 1);
    nobody(&desk, "/api/text", body(code(&land, "5", 5, NOW + 16 * HOUR + 1))).await;
    desk.sign_in_unseen();
    shows(&desk, &land, "5", 6, NOW + 17 * HOUR).await;
    let (status, state) = desk.json("/api/gate/close", Value::Null).await;
    assert_eq!(
        (status.as_u16(), &state["desk"]["gate"]["open"]),
        (200, &json!(false))
    );
    desk.session.lock().unwrap().clear();
    nobody(&desk, "/api/text", body(code(&land, "5", 7, NOW + 17 * HOUR))).await;
    let handed_out = desk
        .app
        .station()
        .export_log(Timestamp::from_unix(NOW + 17 * HOUR));
    let file = String::from_utf8(desk::file_of(&handed_out.unwrap())).unwrap();
    let gates = |code: &str| {
        file.matches(&format!(
            "\"event\":\"gate\",\"service\":\"kp:test-desk\",\"code\":\"{code}\""
        ))
        .count()
    };
    assert_eq!((gates("opened"), gates("closed")), (2, 1), "{file}");
}

/// The phone's name and photo in answer to the gate's question, compared.
async fn face(desk: &Desk, land: &Land, pass: u64, same: bool) -> ScanReply {
    let request = desk.ask("name-photo").await;
    let facts = Facts {
        photo_sha256: Some(desk::sha256(&land.photo)),
        ..Facts::default()
    };
    let identity = Identity {
        full_name: Some("Gul Zaman".into()),
        full_name_local: Some("گل زمان".into()),
        local_language: Some("ur".into()),
        ..Identity::default()
    };
    let named = land.issue(pass, Vct::NAME_PHOTO, facts, Some(identity));
    desk.text(&land.answer(&named, &request)).await;
    for frame in photo::frames(&land.photo) {
        desk.text(&frame).await;
    }
    desk.face(same).await
}

#[tokio::test]
async fn a_face_that_is_asked_for_is_in_the_sheet_whatever_came_of_it() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    // These desks' dice always fall on the face.
    use_gate(&desk, 20);
    desk.set_clock(NOW);
    let came = desk.text(&code(&land, "1", 1, NOW)).await;
    assert!(came.attendance.unwrap().ask_face);
    // The same code seen again is not another draw, and the page that is loaded again still asks.
    assert!(
        desk.text(&code(&land, "1", 1, NOW))
            .await
            .attendance
            .unwrap()
            .ask_face
    );
    assert_eq!(desk.state().await["visit"]["attendance"]["ask_face"], true);
    let seen = desk.call("GET", "/api/citizen", &[], "").await.1;
    assert_eq!(
        (&seen["state"], &seen["movement"]),
        (&json!("compare"), &Value::Null)
    );
    let same = face(&desk, &land, 11, true).await;
    assert_eq!(verdict(&same), is("accepted", "accepted"));
    desk.next().await;
    // A lent phone.
    desk.text(&code(&land, "2", 2, NOW)).await;
    let other = face(&desk, &land, 12, false).await;
    assert_eq!(verdict(&other), is("refused", "face_differs"));
    desk.next().await;
    // Nobody looked; a face that is compared later is not this one's.
    desk.text(&code(&land, "3", 3, NOW)).await;
    desk.next().await;
    face(&desk, &land, 13, true).await;
    desk.next().await;
    // The same pass again is no movement and asks for nothing.
    let again = shows(&desk, &land, "3", 4, NOW + 60).await;
    assert_eq!(
        again.attendance.map(|one| (one.movement, one.ask_face)),
        Some((MovementView::Again, false))
    );
    shows(&desk, &land, "3", 5, NOW + 2 * HOUR).await;
    assert_eq!(
        sheet(&desk, "2026-11-22").await,
        "office,staff_number,date,in,out,hours,remarks\r\n\
         dc-bajaur,1,2026-11-22,14:30,,,still_in in_face_same\r\n\
         dc-bajaur,2,2026-11-22,14:30,,,still_in in_face_other\r\n\
         dc-bajaur,3,2026-11-22,14:30,16:30,2:00,in_face_not_compared out_face_not_compared\r\n"
    );
}

#[tokio::test]
async fn a_gate_that_asks_for_no_faces_asks_for_none() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    use_gate(&desk, 0);
    let came = shows(&desk, &land, "1", 1, NOW).await;
    assert!(!came.attendance.unwrap().ask_face);
}
