//! Whatever a camera, a picture or a scanner brings: the desk answers, and accepts nothing that a province did not sign.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;
#[path = "../../../tests/soak.rs"]
mod soak;

use axum::http::StatusCode;
use counter::types::{ScanReply, VerdictView, VisitState};
use credential::base45;
use desk::{Desk, Land, NOW};
use proptest::prelude::*;
use soak::soak;
use tokio::runtime::Runtime;

/// What no answer may do, whatever was brought.
fn nobody_came_in(desk: &Desk, reply: &ScanReply) {
    assert_ne!(reply.verdict, Some(VerdictView::Accepted));
    assert!(reply.claims.is_empty() && reply.photo.is_none());
    assert!(desk.app.station.lock().is_ok(), "nothing panicked inside");
}

/// Changes a good code's bytes: pairs of place and value.
fn damaged(good: &str, changes: &[(prop::sample::Index, u8)]) -> String {
    let (kind, text) = good.split_once(':').unwrap();
    let mut bytes = base45::decode(text).unwrap();
    for (place, value) in changes {
        let place = place.index(bytes.len());
        bytes[place] = *value;
    }
    format!("{kind}:{}", base45::encode(&bytes))
}

#[test]
fn no_text_from_a_scanner_comes_in() {
    let (runtime, land, folder) = (Runtime::new().unwrap(), Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let good = land.age_code(1, NOW);
    let photo = credential::photo::frames(&land.photo).remove(0);
    let changes = || prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..6);
    let text = prop_oneof![
        "\\PC{0,200}",
        "KP[1RF]:[0-9A-Z $%*+./:-]{0,600}",
        changes().prop_map({
            let good = good.clone();
            move |changes| damaged(&good, &changes)
        }),
        changes().prop_map(move |changes| damaged(&photo, &changes)),
    ];
    soak(|| {
        proptest!(ProptestConfig::with_cases(100), |(texts in prop::collection::vec(&text, 1..4))| {
            runtime.block_on(desk.next());
            for text in texts.iter().filter(|text| **text != good) {
                let call = serde_json::json!({ "text": text });
                let (status, reply) = runtime.block_on(desk.json("/api/text", call));
                prop_assert_eq!(status, StatusCode::OK, "{}", reply);
                nobody_came_in(&desk, &serde_json::from_value(reply).unwrap());
            }
        });
    });
    // After all that, the desk still works.
    runtime.block_on(desk.next());
    let reply = runtime.block_on(desk.text(&good));
    assert_eq!(
        (reply.state, reply.verdict),
        (VisitState::Decided, Some(VerdictView::Accepted))
    );
}

#[test]
fn no_frame_and_no_picture_comes_in() {
    let (runtime, land, folder) = (Runtime::new().unwrap(), Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    soak(|| {
        proptest!(ProptestConfig::with_cases(24), |(
            width in 1_u32..160, height in 1_u32..160, grain in prop::collection::vec(any::<u8>(), 1..300),
            coarse in 1_u32..6, missing in 0_usize..3, text in "KP[1RF]:[0-9A-Z $%*+./:-]{0,120}",
            at: prop::sample::Index, with: u8, cut: prop::sample::Index,
        )| {
            runtime.block_on(desk.next());
            let mut luma: Vec<u8> = (0..width * height)
                .map(|at| grain[((at / width / coarse * 31 + at % width / coarse) as usize) % grain.len()])
                .collect();
            luma.truncate(luma.len().saturating_sub(missing));
            let size = (width.to_string(), height.to_string());
            let size = [("x-width", size.0.as_str()), ("x-height", size.1.as_str())];
            let (status, reply) = runtime.block_on(desk.call("POST", "/api/frame", &size, luma));
            if missing == 0 {
                prop_assert_eq!(status, StatusCode::OK, "{}", reply);
                nobody_came_in(&desk, &serde_json::from_value(reply).unwrap());
            } else {
                prop_assert_eq!(status, StatusCode::BAD_REQUEST);
            }
            nobody_came_in(&desk, &runtime.block_on(desk.frame(&text)));

            let mut picture = qr::Qr::encode(&text, qr::Ecc::Low).unwrap().png(2).unwrap();
            let at = at.index(picture.len());
            picture[at] = with;
            picture.truncate(cut.index(picture.len()) + 1);
            let (status, reply) = runtime.block_on(desk.call("POST", "/api/picture", &[], picture));
            if status == StatusCode::OK {
                nobody_came_in(&desk, &serde_json::from_value(reply).unwrap());
            } else {
                prop_assert!(status.is_client_error(), "{}", status);
            }
        });
    });
}
