//! What the phone learns of its own revocation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::DAY;
use province_api::paths;

use super::province::{Province, ok};
use super::{NOW, Phone};
use crate::UiCode;
use crate::screen::{CardStanding, EnrolmentState};

fn standing(phone: &Phone) -> CardStanding {
    phone.wallet.home(NOW).unwrap().standing
}

#[test]
fn a_suspension_shows_on_the_home_screen_until_it_is_lifted() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province.suspend(true, 2, NOW);
    let error = phone.sync(&mut province, NOW).unwrap_err();
    assert_eq!(error.code, UiCode::PersonSuspended);
    assert_eq!(standing(&phone), CardStanding::Suspended);
    phone.restart();
    assert_eq!(standing(&phone), CardStanding::Suspended);
    let said = phone.wallet.app_state(NOW).unwrap().enrolment_error;
    assert_eq!(said.unwrap().code, UiCode::PersonSuspended);

    province.suspend(false, 3, NOW);
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(standing(&phone), CardStanding::Valid);
    assert!(phone.wallet.app_state(NOW).unwrap().enrolment_error.is_none());
}

#[test]
fn a_revocation_that_the_phone_learns_of_shows_on_the_home_screen() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province.revoke(NOW);
    // The province says so when it is asked, and the status data arrive all the same.
    let error = phone.sync(&mut province, NOW).unwrap_err();
    assert_eq!(error.code, UiCode::PersonRevoked);
    assert_eq!(standing(&phone), CardStanding::Revoked);

    // Passes are wanted and refused: the status data still arrive.
    let later = NOW.plus(28 * DAY);
    province.requests.clear();
    let error = phone.sync(&mut province, later).unwrap_err();
    assert_eq!(error.code, UiCode::PersonRevoked);
    assert_eq!(province.requests, [paths::SYNC], "no passes are asked for");
    let state = phone.wallet.app_state(later).unwrap();
    assert_eq!(state.enrolment, EnrolmentState::Enrolled);
    assert_eq!(state.enrolment_error.unwrap().code, UiCode::PersonRevoked);
}

#[test]
fn a_sync_that_began_before_a_revocation_ends_with_what_its_manifest_says() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    let wallet = &mut phone.wallet;
    wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
    let before = [
        (province.table(), province.list.table()),
        (province.shard(), province.list.encoded(1).unwrap()),
    ];
    let mut pieces = 0;
    while let Some(request) = wallet.next_request(NOW, &mut phone.rng).unwrap() {
        // Pieces have their hashes for names: those of the manifest before are still there.
        let answer = match before.iter().find(|(path, _)| *path == request.path) {
            Some((_, bytes)) => {
                pieces += 1;
                if pieces == 1 {
                    province.revoke(NOW);
                }
                ok(bytes.clone())
            }
            None => province.handle(&request, NOW).unwrap(),
        };
        wallet.on_response(&answer, NOW).unwrap();
    }
    wallet.finish_run(NOW).unwrap();
    assert_eq!(pieces, 2);
    assert_eq!(wallet.home(NOW).unwrap().standing, CardStanding::Valid);
    let error = phone.sync(&mut province, NOW).unwrap_err();
    assert_eq!(error.code, UiCode::PersonRevoked);
    assert_eq!(standing(&phone), CardStanding::Revoked);
}
