//! The main job: a citizen enrols, the network goes away, the citizen shows a code, the desk decides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod stage;

use counter::types::{ScanReply, VerdictView, VisitState};
use credential::{Code, DAY, FaceCheck};
use province_api::person::Cnic;
use province_api::reason::Reason;
use stage::Stage;

fn answer(reply: &ScanReply) -> (Option<VerdictView>, Option<&str>) {
    (reply.verdict, reply.code.as_deref())
}

const ACCEPTED: (Option<VerdictView>, Option<&str>) = (Some(VerdictView::Accepted), Some("accepted"));

fn refused(code: Code) -> (Option<VerdictView>, Option<&'static str>) {
    (Some(VerdictView::Refused), Some(code.code()))
}

fn undecided(code: Code) -> (Option<VerdictView>, Option<&'static str>) {
    (Some(VerdictView::Undecided), Some(code.code()))
}

#[tokio::test]
async fn an_age_is_believed_with_no_network_and_only_once() {
    let mut stage = Stage::set().await.unwrap();
    stage.enrol().await.unwrap();
    let mut desk = stage.timed_desk().await.unwrap();
    let mut other = stage.timed_desk().await.unwrap();
    stage.sync(&mut desk).await.unwrap();
    stage.sync(&mut other).await.unwrap();
    stage.network_gone();

    let shown_at = stage.now();
    let showing = stage.wallet.show_timed("age", None, shown_at).unwrap();
    let reply = stage.look(&mut desk, &showing.frames[0]).unwrap();
    assert_eq!(answer(&reply), ACCEPTED);
    let keys: Vec<_> = reply.claims.iter().map(|claim| claim.key.as_str()).collect();
    assert_eq!(
        keys,
        ["over_18", "over_60"],
        "the claims asked for and nothing else"
    );

    // The camera still sees the code: the verdict stands until the visit ends.
    assert_eq!(
        answer(&stage.look(&mut desk, &showing.frames[0]).unwrap()),
        ACCEPTED
    );
    desk.next_visit(stage.now()).unwrap();
    assert_eq!(
        answer(&stage.look(&mut desk, &showing.frames[0]).unwrap()),
        refused(Code::Replayed)
    );

    // A later frame of the same pass is the same pass.
    stage.pass(15);
    let later = stage.wallet.showing_frames(showing.id, stage.now()).unwrap();
    assert_ne!(later.frames[0].path, showing.frames[0].path);
    desk.next_visit(stage.now()).unwrap();
    assert_eq!(
        answer(&stage.look(&mut desk, &later.frames[0]).unwrap()),
        refused(Code::Replayed)
    );

    // Elsewhere a recording serves for 180 seconds after it was signed, and not one longer.
    stage.pass(180 - 15);
    assert_eq!(
        answer(&stage.look(&mut other, &showing.frames[0]).unwrap()),
        ACCEPTED
    );
    let mut third = stage.timed_desk().await.unwrap();
    stage.province_up().await.unwrap();
    stage.sync(&mut third).await.unwrap();
    stage.pass(1);
    assert_eq!(
        answer(&stage.look(&mut third, &showing.frames[0]).unwrap()),
        refused(Code::Stale)
    );
}

#[tokio::test]
async fn an_identity_turns_green_only_after_the_face_was_compared() {
    let mut stage = Stage::set().await.unwrap();
    stage.enrol().await.unwrap();
    let mut desk = stage.desk().await.unwrap();
    stage.sync(&mut desk).await.unwrap();
    stage.network_gone();

    let reply = stage.identity_shown(&mut desk, 1).unwrap();
    assert_eq!(reply.state, VisitState::Compare);
    assert!(reply.photo.is_some());
    assert_ne!(reply.verdict, Some(VerdictView::Accepted));
    let reply = desk
        .compare_face(reply.visit, FaceCheck::Same, stage.now())
        .unwrap();
    assert_eq!(answer(&reply), ACCEPTED);
    let cnic = reply.claims.iter().find(|claim| claim.key == "cnic").unwrap();
    assert_eq!(
        cnic.value, "99999-*******-1",
        "masked everywhere but on the citizen's own screen"
    );

    let shown = stage.identity_shown(&mut desk, 2).unwrap();
    assert_eq!(
        answer(
            &desk
                .compare_face(shown.visit, FaceCheck::Different, stage.now())
                .unwrap()
        ),
        refused(Code::FaceDiffers)
    );
}

#[tokio::test]
async fn a_revoked_citizen_is_refused_once_the_desk_has_heard_of_it() {
    let mut stage = Stage::set().await.unwrap();
    stage.enrol().await.unwrap();
    let mut desk = stage.desk().await.unwrap();
    stage.sync(&mut desk).await.unwrap();

    let cnic = Cnic::parse(&sandbox::citizens()[0].cnic).unwrap();
    stage
        .office
        .revoke(&cnic, Reason::Fraud, stage.now())
        .await
        .unwrap();
    let shown = stage.identity_shown(&mut desk, 1).unwrap();
    assert_eq!(
        answer(
            &desk
                .compare_face(shown.visit, FaceCheck::Same, stage.now())
                .unwrap()
        ),
        ACCEPTED,
        "it cannot know yet"
    );

    stage.sync(&mut desk).await.unwrap();
    let reply = stage.identity_shown(&mut desk, 2).unwrap();
    assert_eq!(answer(&reply), refused(Code::Revoked));
    assert!(reply.claims.is_empty() && reply.photo.is_none());
}

#[tokio::test]
async fn a_desk_that_does_not_know_cannot_decide() {
    let mut stage = Stage::set().await.unwrap();
    stage.enrol().await.unwrap();
    let mut desk = stage.timed_desk().await.unwrap();
    let showing = stage.wallet.show_timed("age", None, stage.now()).unwrap();
    assert_eq!(
        answer(&stage.look(&mut desk, &showing.frames[0]).unwrap()),
        undecided(Code::NoTrustList)
    );

    // A week without a network: the predicate carries no status, the identity does.
    stage.sync(&mut desk).await.unwrap();
    stage.network_gone();
    stage.pass(8 * DAY);
    let showing = stage.wallet.show_timed("age", None, stage.now()).unwrap();
    desk.next_visit(stage.now()).unwrap();
    assert_eq!(
        answer(&stage.look(&mut desk, &showing.frames[0]).unwrap()),
        ACCEPTED
    );
    let reply = stage.identity_shown(&mut desk, 3).unwrap();
    assert_eq!(answer(&reply), undecided(Code::StatusListExpired));
}
