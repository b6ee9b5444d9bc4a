//! A staff pass from the province's grant to the gate: in, out, a face that is asked for, and the sheet of the day.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod stage;

use counter::officers::NewOfficer;
use counter::profile::Profile;
use counter::station::Station;
use counter::types::{MovementView, Role, ScanReply, VerdictView, VisitState};
use credential::{FaceCheck, Vct};
use province_api::person::Cnic;
use province_server::rules::document::Form;
use serde_json::{Value, json};
use stage::Stage;

/// Dice that always fall on the face, and that never do.
const FACE: u32 = 0;
const NO_FACE: u32 = u32::MAX;

async fn gate(stage: &mut Stage) -> Station {
    let profile = json!({
        "version": 1, "id": "gate-peshawar", "service": "attendance", "ask": ["name-photo"], "mode": "timed",
        "name": { "en": "Staff gate", "ur": "عملے کا دروازہ", "ps": "د کارکوونکو دروازه" },
        "gate": { "name_photo_one_in": 20 },
    });
    let mut desk = stage.desk_for(vec![Vct::NAME_PHOTO]).await.unwrap();
    let profile = Profile::parse(profile.to_string().as_bytes()).unwrap();
    desk.use_profile(profile).unwrap();
    let officer = NewOfficer::check("7", "A. K.", Role::Officer, "730942", false, [3; 16]).unwrap();
    desk.add_officer(&officer, stage.now()).unwrap();
    desk.sign_in("7", "730942", "5e55".into(), stage.now()).unwrap();
    desk
}

/// The phone shows its staff pass at the gate.
fn pass(stage: &mut Stage, desk: &mut Station, dice: u32) -> ScanReply {
    let showing = stage.wallet.show_timed("staff", None, stage.now()).unwrap();
    let reply = stage.look(desk, &showing.frames[0]).unwrap();
    desk.draw_face(reply, dice).unwrap()
}

fn movement(reply: &ScanReply) -> Option<(MovementView, bool)> {
    reply.attendance.map(|one| (one.movement, one.ask_face))
}

#[tokio::test]
async fn who_is_on_the_provinces_staff_comes_and_goes_with_the_phone_alone() {
    let mut stage = Stage::set().await.unwrap();
    stage.enrol().await.unwrap();
    assert!(
        stage.wallet.show_timed("staff", None, stage.now()).is_err(),
        "nobody granted it"
    );
    let Value::Object(fields) = json!({ "staff_number": "1042", "office": "dc-peshawar" }) else {
        unreachable!()
    };
    let form = Form {
        cnic: Cnic::parse(&sandbox::citizens()[0].cnic).unwrap(),
        child: None,
        vct: Vct::parse("staff").unwrap(),
        fields,
    };
    stage.grant(&form).await.unwrap();
    stage.pass(3_600);
    stage.refresh().await.unwrap();
    let mut desk = gate(&mut stage).await;
    stage.sync(&mut desk).await.unwrap();
    stage.network_gone();

    let came = pass(&mut stage, &mut desk, FACE);
    assert_eq!(came.verdict, Some(VerdictView::Accepted), "{:?}", came.code);
    assert_eq!(movement(&came), Some((MovementView::In, true)));
    let shown: Vec<_> = came.claims.iter().map(|claim| claim.value.as_str()).collect();
    assert_eq!(shown, ["1042", "dc-peshawar"], "a number and an office, no name");

    // The guard asks for name and photo; whoever holds the phone is its owner.
    let asked = stage.shown_to_request(&mut desk, "name-photo", 1).unwrap();
    assert_eq!(asked.state, VisitState::Compare);
    let same = desk
        .compare_face(asked.visit, FaceCheck::Same, stage.now())
        .unwrap();
    assert_eq!(same.verdict, Some(VerdictView::Accepted), "{:?}", same.code);
    desk.settle_face(&same).unwrap();
    desk.next_visit(stage.now()).unwrap();

    stage.pass(60);
    assert_eq!(
        movement(&pass(&mut stage, &mut desk, FACE)),
        Some((MovementView::Again, false))
    );
    desk.next_visit(stage.now()).unwrap();
    stage.pass(8 * 3_600);
    assert_eq!(
        movement(&pass(&mut stage, &mut desk, NO_FACE)),
        Some((MovementView::Out, false))
    );
    let day = scan_log::day_of(stage.now());
    let sheet = desk.attendance_sheet(day, stage.now()).unwrap();
    let sheet = String::from_utf8(sheet).unwrap();
    assert_eq!(
        sheet.lines().nth(1),
        Some("dc-peshawar,1042,2026-11-22,12:00,20:01,8:01,in_face_same")
    );
}
