//! A phone that is replaced: the move through two screens, killed at every point.

use credential::Timestamp;

use super::moving::{backup, belongings, code, full, same_belongings};
use super::province::Province;
use super::{NOW, Phone, good_draft};
use crate::code::UiCode;
use crate::screen::moving::{MoveStep, MoveView, Moving};
use crate::screen::{Draft, EnrolmentState, HistoryItem, ItemState};
use crate::store::enrolment;
use crate::transfer::CONFIRMATION_PREFIX;

/// Shows every code of one phone to the other, and gives its view after the last that it took.
fn look(from: &Phone, to: &mut Phone) -> MoveView {
    read(&from.wallet.codes_shown(), to)
}

fn read(codes: &[String], to: &mut Phone) -> MoveView {
    let mut view = None;
    for text in codes {
        match to.wallet.read_move_code(text, NOW, &mut to.rng) {
            Ok(next) => view = Some(next),
            // The frames that come round after everything is here.
            Err(error) => assert_eq!(error.code, UiCode::MoveCodeWrong),
        }
    }
    view.unwrap()
}

/// The texts behind the codes on the screen, read off the pictures as a camera does.
pub(super) fn seen(codes: &[crate::screen::Qr]) -> Vec<String> {
    let one = |qr: &crate::screen::Qr| {
        let size = qr.size as usize + 8;
        let scale = 4;
        let mut luma = vec![255_u8; size * scale * size * scale];
        let mut dark = |x: usize, y: usize, width: usize| {
            for row in (y + 4) * scale..(y + 5) * scale {
                let start = row * size * scale + (x + 4) * scale;
                luma[start..start + width * scale].fill(0);
            }
        };
        draw(&qr.path, &mut dark);
        let pixels = u32::try_from(size * scale).unwrap();
        qr::decode_luma(pixels, pixels, &luma).unwrap().remove(0)
    };
    codes.iter().map(one).collect()
}

/// The path of a code: `M x y h width v1 h-width z` and the like, one run after the other.
fn draw(path: &str, dark: &mut impl FnMut(usize, usize, usize)) {
    for run in path.split('M').filter(|run| !run.is_empty()) {
        let (place, rest) = run.split_once('h').unwrap();
        let mut place = place.split([' ', ',']).filter(|part| !part.is_empty());
        let x = place.next().unwrap().parse().unwrap();
        let y = place.next().unwrap().parse().unwrap();
        let width: String = rest.chars().take_while(char::is_ascii_digit).collect();
        dark(x, y, width.parse().unwrap());
    }
}

/// Both phones up to the moment at which the content is played.
fn up_to_play(old: &mut Phone, new: &mut Phone) -> MoveView {
    let offer = new.wallet.begin_receiving(&mut new.rng).unwrap();
    assert_eq!(offer.step, MoveStep::Offer);
    let compare = look(new, old);
    assert_eq!(compare.step, MoveStep::Compare);
    let receive = look(old, new);
    assert_eq!(receive.step, MoveStep::Receive);
    assert!(receive.needed > 0 && receive.have == 0);
    assert_eq!(receive.words, compare.words);
    assert_eq!(receive.words.len(), 3);
    old.wallet.words_agree(NOW).unwrap()
}

/// The whole move.
pub(super) fn move_over(old: &mut Phone, new: &mut Phone) {
    up_to_play(old, new);
    look(old, new);
    look(new, old);
    new.wallet.end_move(NOW).unwrap();
}

fn is_whole(phone: &mut Phone, had: &(Draft, Vec<HistoryItem>)) {
    assert!(belongings(&mut phone.wallet) == *had);
    assert!(phone.wallet.home(NOW).unwrap().card.is_some());
}

#[test]
fn a_wallet_moves_through_two_screens_and_the_old_phone_is_empty_after_it() {
    let (mut old, _) = full(50);
    let had = belongings(&mut old.wallet);
    let seeds = |phone: &Phone| {
        (
            *enrolment::device_key(phone.wallet.database()).unwrap(),
            enrolment::holder_key(phone.wallet.database(), 0)
                .unwrap()
                .public(),
        )
    };
    let before = seeds(&old);
    let mut new = Phone::new(51);
    let play = up_to_play(&mut old, &mut new);
    assert_eq!(play.step, MoveStep::Play);
    // The pictures hold what the tests below take as text.
    assert_eq!(seen(&play.codes), old.wallet.codes_shown());
    let confirm = look(&old, &mut new);
    assert_eq!(confirm.step, MoveStep::Confirm);
    assert_eq!(seen(&confirm.codes), new.wallet.codes_shown());
    same_belongings(&had, &mut new.wallet);
    assert_eq!(new.wallet.app_state(NOW).unwrap().moving, Moving::Confirming);
    is_whole(&mut old, &had);

    let done = look(&new, &mut old);
    assert_eq!(done.step, MoveStep::Done);
    assert_eq!(new.wallet.end_move(NOW).unwrap().moving, Moving::Restored);

    // What is left is a note that it moved.
    for _ in 0..2 {
        let state = old.wallet.app_state(NOW).unwrap();
        assert_eq!(
            (state.moving, state.enrolment),
            (Moving::Moved, EnrolmentState::None)
        );
        assert!(old.wallet.draft().unwrap() == Draft::default());
        assert_eq!(old.wallet.history().unwrap(), []);
        assert_eq!(old.wallet.timed_choices(NOW).unwrap(), []);
        assert!(old.wallet.photo().unwrap().is_none());
        for table in ["outbox", "credential", "photo", "offer", "service_event"] {
            let count = format!("SELECT count(*) FROM {table}");
            let rows: i64 = old
                .wallet
                .database()
                .query_row(&count, [], |row| row.get(0))
                .unwrap();
            assert_eq!(rows, 0, "{table}");
        }
        let after = seeds(&old);
        assert!(after.0 != before.0 && after.1 != before.1);
        old.restart();
    }
    // And it can begin anew, as somebody's who was given it.
    assert_eq!(old.wallet.end_move(NOW).unwrap().moving, Moving::None);
    let mut province = Province::new(NOW);
    old.wallet.save_draft(good_draft(), NOW).unwrap();
    old.wallet.set_photo(&super::jpeg(), NOW).unwrap();
    old.enrol(&mut province, NOW).unwrap();
    assert!(old.wallet.home(NOW).unwrap().card.is_some());
}

#[test]
fn killed_at_any_point_either_phone_has_everything() {
    // The point after which both phones are turned off and on.
    for point in 0..7 {
        let (mut old, _) = full(52);
        let had = belongings(&mut old.wallet);
        let mut new = Phone::new(53);
        let kill = |at: i32, old: &mut Phone, new: &mut Phone| {
            if at == point {
                old.restart();
                new.restart();
            }
        };
        let offer = new.wallet.begin_receiving(&mut new.rng).unwrap();
        kill(0, &mut old, &mut new);
        assert_eq!(offer.step, MoveStep::Offer);
        if point > 0 {
            look(&new, &mut old);
        }
        kill(1, &mut old, &mut new);
        if point <= 1 {
            // The keys are gone with the memory; it begins anew.
            is_whole(&mut old, &had);
            assert_eq!(new.wallet.app_state(NOW).unwrap().moving, Moving::None);
            up_to_play(&mut old, &mut new);
        } else {
            look(&old, &mut new);
            old.wallet.words_agree(NOW).unwrap();
        }
        kill(2, &mut old, &mut new);
        if point == 3 {
            // Half of it arrived.
            let frames = old.wallet.codes_shown();
            read(&frames[..frames.len() / 3], &mut new);
        }
        kill(3, &mut old, &mut new);
        if point == 2 || point == 3 {
            is_whole(&mut old, &had);
            assert_eq!(new.wallet.app_state(NOW).unwrap().moving, Moving::None);
            assert_eq!(old.wallet.app_state(NOW).unwrap().moving, Moving::Leaving);
            assert!(new.wallet.history().unwrap().is_empty());
            up_to_play(&mut old, &mut new);
        }
        look(&old, &mut new);
        kill(4, &mut old, &mut new);
        // Both have everything, and both know how to go on.
        is_whole(&mut old, &had);
        same_belongings(&had, &mut new.wallet);
        assert_eq!(new.wallet.app_state(NOW).unwrap().moving, Moving::Confirming);
        let confirm = new.wallet.begin_receiving(&mut new.rng).unwrap();
        assert_eq!(confirm.step, MoveStep::Confirm);
        let done = look(&new, &mut old);
        assert_eq!(done.step, MoveStep::Done);
        kill(5, &mut old, &mut new);
        same_belongings(&had, &mut new.wallet);
        assert_eq!(old.wallet.app_state(NOW).unwrap().moving, Moving::Moved);
        new.wallet.end_move(NOW).unwrap();
        kill(6, &mut old, &mut new);
        assert_eq!(new.wallet.app_state(NOW).unwrap().moving, Moving::Restored);
        same_belongings(&had, &mut new.wallet);
    }
}

#[test]
fn emptying_and_storing_are_one_step_each_whatever_fails_in_them() {
    let (mut old, _) = full(54);
    let had = belongings(&mut old.wallet);
    let mut new = Phone::new(55);
    up_to_play(&mut old, &mut new);
    let frames = old.wallet.codes_shown();

    // The last statement of storing fails.
    let fails = "CREATE TRIGGER fails BEFORE INSERT ON restored BEGIN SELECT RAISE(ABORT, 'no room'); END";
    new.wallet.database().execute_batch(fails).unwrap();
    let stored: Vec<_> = frames
        .iter()
        .map(|text| new.wallet.read_move_code(text, NOW, &mut new.rng))
        .filter(Result::is_err)
        .collect();
    assert!(!stored.is_empty());
    assert!(new.wallet.history().unwrap().is_empty());
    assert!(new.wallet.draft().unwrap() == Draft::default());
    new.wallet.database().execute_batch("DROP TRIGGER fails").unwrap();
    let confirm = new.wallet.read_move_code(&frames[0], NOW, &mut new.rng).unwrap();
    assert_eq!(confirm.step, MoveStep::Confirm);
    same_belongings(&had, &mut new.wallet);

    // The last statement of emptying fails.
    let fails = "CREATE TRIGGER fails BEFORE INSERT ON moving BEGIN SELECT RAISE(ABORT, 'no room'); END";
    old.wallet.database().execute_batch(fails).unwrap();
    let text = new.wallet.codes_shown().remove(0);
    old.wallet.read_move_code(&text, NOW, &mut old.rng).unwrap_err();
    is_whole(&mut old, &had);
    old.restart();
    is_whole(&mut old, &had);
    old.wallet.database().execute_batch("DROP TRIGGER fails").unwrap();
    let done = old.wallet.read_move_code(&text, NOW, &mut old.rng).unwrap();
    assert_eq!(done.step, MoveStep::Done);
}

#[test]
fn what_happens_on_the_old_phone_after_the_play_is_not_lost() {
    let (mut old, _) = full(56);
    let mut new = Phone::new(57);
    up_to_play(&mut old, &mut new);
    look(&old, &mut new);
    let later = Timestamp::from_unix(NOW.unix() + 60);
    let showing = old.wallet.show_timed("age", None, later).unwrap();
    old.wallet.end_showing(showing.id, later).unwrap();
    let text = new.wallet.codes_shown().remove(0);
    assert_eq!(
        code(old.wallet.read_move_code(&text, NOW, &mut old.rng)),
        UiCode::MoveChanged
    );
    assert_eq!(old.wallet.history().unwrap().len(), 4);
    assert!(old.wallet.home(NOW).unwrap().card.is_some());
}

#[test]
fn nobody_else_empties_a_phone() {
    let (mut old, _) = full(58);
    let had = belongings(&mut old.wallet);
    let mut new = Phone::new(59);
    let text = format!("{CONFIRMATION_PREFIX}{}", credential::base45::encode(&[1; 49]));
    assert_eq!(
        code(old.wallet.read_move_code(&text, NOW, &mut old.rng)),
        UiCode::MoveGone
    );
    up_to_play(&mut old, &mut new);
    for text in [
        text,
        CONFIRMATION_PREFIX.to_owned(),
        format!("{CONFIRMATION_PREFIX}{}", "0".repeat(10_000)),
    ] {
        assert_eq!(
            code(old.wallet.read_move_code(&text, NOW, &mut old.rng)),
            UiCode::MoveCodeAnother
        );
    }
    is_whole(&mut old, &had);
    // The move is given up, and everything is as before.
    assert_eq!(old.wallet.end_move(NOW).unwrap().moving, Moving::None);
    is_whole(&mut old, &had);
}

#[test]
fn a_phone_takes_no_code_that_its_step_does_not_wait_for() {
    let (mut old, _) = full(60);
    let mut new = Phone::new(61);
    let given = |phone: &mut Phone, text: &str| code(phone.wallet.read_move_code(text, NOW, &mut phone.rng));
    assert_eq!(given(&mut old, "KPR:ABC"), UiCode::MoveCodeWrong);
    assert_eq!(given(&mut new, "KPX2:ABC"), UiCode::MoveCodeWrong);
    new.wallet.begin_receiving(&mut new.rng).unwrap();
    let offer = new.wallet.codes_shown().remove(0);
    // Two new phones.
    let mut third = Phone::new(62);
    third.wallet.begin_receiving(&mut third.rng).unwrap();
    assert_eq!(given(&mut third, &offer), UiCode::MoveCodeWrong);
    // A phone without anything.
    let mut empty = Phone::new(63);
    assert_eq!(given(&mut empty, &offer), UiCode::NothingToMove);
    // A used phone as the new one.
    assert_eq!(
        code(old.wallet.begin_receiving(&mut old.rng)),
        UiCode::RestoreNotEmpty
    );
    assert_eq!(code(old.wallet.words_agree(NOW)), UiCode::MoveGone);
}

/// Figures for docs/moving.md, printed with `--nocapture`.
#[test]
fn a_typical_wallet_takes_few_frames() {
    let (mut old, _) = full(64);
    for at in 0..47 {
        let later = Timestamp::from_unix(NOW.unix() + 3600 * at);
        let vct = if at % 2 == 0 { "age" } else { "residence" };
        let showing = old.wallet.show_timed(vct, None, later).unwrap();
        old.wallet.end_showing(showing.id, later).unwrap();
    }
    assert_eq!(old.wallet.history().unwrap().len(), 50);
    let made = backup(&mut old);
    let mut new = Phone::new(65);
    let play = up_to_play(&mut old, &mut new);
    let needed = new.wallet.move_view().unwrap().needed;
    let seconds = f64::from(play.frame_ms) * f64::from(u32::try_from(play.codes.len()).unwrap()) / 1000.0;
    println!(
        "backup {} bytes; move: {needed} frames needed, {} played, {seconds} s once through",
        made.file.len(),
        play.codes.len(),
    );
    assert!(needed <= 50, "{needed} frames");
}

#[test]
fn an_errand_that_waits_holds_a_move_up_at_each_of_its_steps_and_is_not_lost() {
    let ask = |phone: &mut Phone| {
        phone
            .wallet
            .report_lost((&good_draft(), super::jpeg()), None, NOW, &mut phone.rng)
            .unwrap();
    };
    let (mut old, mut province) = full(70);
    let had = belongings(&mut old.wallet);
    let mut new = Phone::new(71);
    new.wallet.begin_receiving(&mut new.rng).unwrap();
    let offer = new.wallet.codes_shown().remove(0);
    ask(&mut old);
    let waits = code(old.wallet.read_move_code(&offer, NOW, &mut old.rng));
    assert_eq!(waits, UiCode::MoveErrandsWait);
    // Sent, and then it goes on; asked for again before the words were compared.
    old.sync(&mut province, NOW).unwrap();
    look(&new, &mut old);
    look(&old, &mut new);
    ask(&mut old);
    assert_eq!(code(old.wallet.words_agree(NOW)), UiCode::MoveErrandsWait);
    old.sync(&mut province, NOW).unwrap();
    old.wallet.words_agree(NOW).unwrap();
    look(&old, &mut new);
    // And after it was played.
    ask(&mut old);
    let confirmation = new.wallet.codes_shown().remove(0);
    let waits = code(old.wallet.read_move_code(&confirmation, NOW, &mut old.rng));
    assert_eq!(waits, UiCode::MoveErrandsWait);
    is_whole(&mut old, &had);
    let items = old.wallet.on_its_way(NOW).unwrap().items;
    let waiting = items
        .iter()
        .find(|item| item.state == ItemState::Waiting)
        .unwrap();
    old.wallet.discard_errand(waiting.id.unwrap()).unwrap();
    assert_eq!(look(&new, &mut old).step, MoveStep::Done);
    assert_eq!(province.lost.len(), 2);
}
