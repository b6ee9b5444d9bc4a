//! Staff at a gate: in and out, once each, and the sheet of the day.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::collections::BTreeMap;

use counter::gate::Rules;
use counter::types::{MovementView, ScanReply};
use credential::{Facts, Field, Timestamp, Vct};
use desk::{AUDIENCE, Desk, Land, NOW, is, verdict};
use http_body_util::BodyExt as _;

const HOUR: u64 = 3_600;

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
    desk.app.station().use_gate(Rules::default());
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
    let file = desk
        .app
        .station()
        .export_log(Timestamp::from_unix(NOW + 25 * HOUR))
        .unwrap()
        .file;
    let file = String::from_utf8(file).unwrap();
    assert!(file.contains("\"vct\":\"staff\"") && file.contains("\"event\":\"sheet\""));
    assert!(!file.contains("1042") && !file.contains("dc-bajaur"));
}

#[tokio::test]
async fn who_is_inside_is_known_after_a_restart_and_a_number_that_computes_is_nobodys() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    desk.app.station().use_gate(Rules::default());
    shows(&desk, &land, "1042", 1, NOW).await;
    drop(desk);
    let desk = Desk::empty(&land, folder.path());
    desk.app.station().use_gate(Rules::default());
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
