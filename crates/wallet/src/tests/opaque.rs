//! What `{:?}` prints: no name, no number, no picture and no bytes of a pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fmt::Debug;

use super::province::Province;
use super::{NOW, Phone, good_draft};
use crate::screen::TestCitizen;
use crate::store::{credential as passes, outbox};

fn printed(value: impl Debug) {
    let text = format!("{value:?}{value:#?}");
    for personal in [
        "Gul", "گل", "Sher", "شیر", "1234567", "Khar", "bajaur", "1990", "data:", "true", "[",
    ] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
}

#[test]
fn debug_prints_nobody() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(21);
    printed(good_draft());
    printed(phone.wallet.draft().unwrap());
    printed(TestCitizen {
        draft: good_draft(),
        portrait: "data:image/png;base64,AA".into(),
    });
    phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
    printed(outbox::under_way(phone.wallet.database(), outbox::Kind::Enrolment).unwrap());
    while let Some(request) = phone.wallet.next_request(NOW, &mut phone.rng).unwrap() {
        let answer = province.handle(&request, NOW).unwrap();
        printed(&request);
        printed(&answer);
        phone.wallet.on_response(&answer, NOW).unwrap();
    }
    phone.wallet.finish_run(NOW).unwrap();

    let home = phone.wallet.home(NOW).unwrap();
    printed(home.card.unwrap());
    for choice in phone.wallet.timed_choices(NOW).unwrap() {
        for claim in choice.claims {
            printed(claim);
        }
    }
    printed(passes::newest(phone.wallet.database(), credential::Vct::IDENTITY).unwrap());
    printed(phone.wallet.show_timed("residence", None, NOW).unwrap());
    for item in phone.wallet.history().unwrap() {
        printed(item);
    }
}
