//! The photo at the desk: the verdict is there before the picture, and never green without it, whatever is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use counter::types::VisitState;
use credential::photo;
use desk::{Desk, Land, NOW, is, verdict};

/// The phone shows six frames, of which any three make the photo: all 64 ways to lose some.
#[tokio::test]
async fn whatever_is_lost_the_verdict_is_there_and_three_frames_make_the_photo() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let frames = photo::frames(&land.photo);
    assert_eq!(frames.len(), 6);
    for seen in 0_u64..64 {
        desk.next().await;
        let request = desk.ask("identity").await;
        let reply = desk.text(&land.identity_answer(seen + 1, &request)).await;
        // What holds is on the screen before the first frame: names to read, and that the face is left.
        assert_eq!(
            (reply.state, verdict(&reply)),
            (VisitState::Compare, is("undecided", "photo_incomplete"))
        );
        assert!(!reply.claims.is_empty() && reply.photo.is_none());
        let mut here = 0;
        for (_, frame) in frames.iter().enumerate().filter(|(at, _)| seen >> at & 1 == 1) {
            // Twice, as a camera sees it.
            desk.text(frame).await;
            let reply = desk.text(frame).await;
            here = (here + 1).min(3);
            assert_eq!(reply.photo_parts, Some((here, 3)));
            let code = if here == 3 {
                "face_not_compared"
            } else {
                "photo_incomplete"
            };
            assert_eq!(verdict(&reply), is("undecided", code));
            assert_eq!(reply.photo.is_some(), here == 3, "{seen:06b}");
        }
        let reply = desk.face(true).await;
        let expected = if here == 3 {
            is("accepted", "accepted")
        } else {
            is("undecided", "photo_incomplete")
        };
        assert_eq!(verdict(&reply), expected, "{seen:06b}");
        assert_eq!(reply.photo.is_some(), here == 3);
        if here == 3 {
            desk.next().await;
        } else {
            // The missing frames come round again, if the visitor waits.
            for frame in &frames {
                desk.text(frame).await;
            }
            assert_eq!(
                verdict(&desk.face(true).await),
                is("accepted", "accepted"),
                "{seen:06b}"
            );
        }
    }
}

#[tokio::test]
async fn a_picture_that_is_not_the_signed_one_is_never_shown() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let request = desk.ask("identity").await;
    desk.text(&land.identity_answer(1, &request)).await;
    // Another face under the true head: what anyone can write who saw one frame.
    let mut other = land.photo.clone();
    for byte in &mut other[100..] {
        *byte ^= 0x55;
    }
    let (true_frames, others) = (photo::frames(&land.photo), photo::frames(&other));
    for (own, stranger) in true_frames.iter().zip(&others) {
        let head = |text: &str| credential::base45::decode(&text[4..]).unwrap()[..10].to_vec();
        let mut bytes = credential::base45::decode(&stranger[4..]).unwrap();
        bytes[..10].copy_from_slice(&head(own));
        let reply = desk
            .text(&format!("KPF:{}", credential::base45::encode(&bytes)))
            .await;
        assert_eq!((reply.photo, reply.in_view), (None, true));
        assert!(reply.photo_parts.unwrap().0 < 3, "it is never said to be whole");
    }
    assert_eq!(
        verdict(&desk.face(true).await),
        is("undecided", "photo_incomplete")
    );
    // The true one still comes through.
    for frame in &true_frames[3..] {
        desk.text(frame).await;
    }
    assert_eq!(verdict(&desk.face(true).await), is("accepted", "accepted"));
}

#[tokio::test]
async fn frames_before_the_code_count() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let request = desk.ask("identity").await;
    // A visitor who left, then this one: the newest frames are kept.
    for stranger in 0_u8..6 {
        for frame in photo::frames(&[stranger; 900]) {
            assert_eq!(desk.text(&frame).await.state, VisitState::Partial);
        }
    }
    for frame in &photo::frames(&land.photo)[2..5] {
        desk.text(frame).await;
    }
    let reply = desk.text(&land.identity_answer(1, &request)).await;
    assert_eq!(verdict(&reply), is("undecided", "face_not_compared"));
    desk.set_clock(NOW + 1);
    assert_eq!(verdict(&desk.face(true).await), is("accepted", "accepted"));
}

#[tokio::test]
async fn nobody_is_accepted_by_a_picture_that_cannot_be_drawn() {
    let whole = Land::new().photo;
    let cases: [(&str, Vec<u8>); 4] = [
        (
            "of no known kind",
            b"a letter about somebody, signed like a face".to_vec(),
        ),
        (
            "a drawing that could run",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
        ),
        (
            "only a beginning",
            [b"RIFF\0\0\0\0WEBP".as_slice(), &[7; 900]].concat(),
        ),
        ("cut off", whole[..whole.len() / 2].to_vec()),
    ];
    for (what, photo) in cases {
        let (land, folder) = (Land { photo, ..Land::new() }, tempfile::tempdir().unwrap());
        let desk = Desk::ready(&land, folder.path());
        let request = desk.ask("identity").await;
        desk.text(&land.identity_answer(1, &request)).await;
        // All of it, twice.
        for frame in photo::frames(&land.photo).iter().cycle().take(12) {
            let reply = desk.text(frame).await;
            assert_eq!(
                (verdict(&reply), reply.photo),
                (is("undecided", "photo_incomplete"), None),
                "{what}"
            );
        }
        let reply = desk.face(true).await;
        assert_eq!(verdict(&reply), is("undecided", "photo_incomplete"), "{what}");
        // That it is somebody else can always be said.
        assert_eq!(
            verdict(&desk.face(false).await),
            is("refused", "face_differs"),
            "{what}"
        );
    }
}
