//! The lock: PINs that may be chosen, how often they may be tried, finger and face, the lock that closes by itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;

use super::{NOW, PIN, Phone};
use crate::key_store::{Item, KeyStore as _, ProfileName};
use crate::screen::{Biometric, Language, LockState, ProfileView};
use crate::testing::MemoryKey;
use crate::{Cost, UiCode, UiError, Uptime, Wallet};

const OTHER: &str = "402718";

fn up(seconds: u64) -> Uptime {
    Uptime::from_seconds(seconds)
}

/// A locked phone that has been up for so long.
fn locked(seconds: u64) -> Phone {
    let mut phone = Phone::ready(1);
    phone.wallet.lock(NOW).unwrap();
    phone.wallet.set_uptime(up(seconds), true);
    phone
}

fn door(wallet: &Wallet) -> ProfileView {
    wallet.lock_view().unwrap().profiles[0].clone()
}

fn tried(phone: &mut Phone, pin: &str) -> (UiCode, Option<u32>) {
    let UiError {
        code,
        retry_after_seconds,
        ..
    } = phone.wallet.unlock(pin, NOW).unwrap_err();
    (code, retry_after_seconds)
}

#[test]
fn a_pin_that_is_tried_first_is_refused_by_the_wallet_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut wallet = super::wallet_in(folder.path(), &MemoryKey::default());
    let mut rng = crate::testing::TestRng::new(1);
    for easy in ["111111", "123456", "121212", "050987", "۸۷۰۹۰۵"] {
        assert_eq!(Wallet::check_pin(easy).unwrap_err().code, UiCode::PinTooEasy);
        let refused = wallet.create_vault(easy, NOW, &mut rng).unwrap_err();
        assert_eq!(refused.code, UiCode::PinTooEasy, "{easy}");
    }
    assert_eq!(Wallet::check_pin("24681").unwrap_err().code, UiCode::PinMalformed);
    assert_eq!(wallet.app_state(NOW).unwrap().lock, LockState::Empty);
    wallet.create_vault(PIN, NOW, &mut rng).unwrap();
    assert_eq!(
        wallet.change_pin(PIN, "654321", &mut rng).unwrap_err().code,
        UiCode::PinTooEasy
    );
}

#[test]
fn each_third_wrong_pin_makes_wait_and_even_the_right_one_has_to() {
    let mut phone = locked(1_000);
    let mut now = 1_000;
    for wait in [30, 90, 300, 1_800, 1_800] {
        assert_eq!(tried(&mut phone, OTHER), (UiCode::WrongPin, None));
        assert_eq!(tried(&mut phone, OTHER), (UiCode::WrongPin, None));
        assert_eq!(tried(&mut phone, OTHER), (UiCode::WrongPin, Some(wait)));
        assert_eq!(door(&phone.wallet).wait_seconds, wait);
        assert_eq!(tried(&mut phone, PIN), (UiCode::PinWait, Some(wait)));
        now += u64::from(wait) - 1;
        phone.wallet.set_uptime(up(now), true);
        assert_eq!(tried(&mut phone, PIN), (UiCode::PinWait, Some(1)));
        now += 1;
        phone.wallet.set_uptime(up(now), true);
    }
    phone.wallet.unlock(PIN, NOW).unwrap();
    phone.wallet.lock(NOW).unwrap();
    assert_eq!(tried(&mut phone, OTHER), (UiCode::WrongPin, None), "forgiven");
}

#[test]
fn neither_a_restart_nor_the_phones_clock_nor_an_old_copy_of_the_folder_ends_a_wait() {
    let mut phone = locked(1_000);
    let envelope = phone.vault().join("envelope.kpe");
    let copy = fs::read(&envelope).unwrap();
    for _ in 0..3 {
        tried(&mut phone, OTHER);
    }
    fs::write(&envelope, copy).unwrap();
    phone.start_again();
    phone.wallet.set_uptime(up(1_010), true);
    // The phone's clock is an argument, too, and says that ten years passed.
    let later = phone.wallet.unlock(PIN, NOW.plus(10 * 365 * 86_400)).unwrap_err();
    assert_eq!(
        (later.code, later.retry_after_seconds),
        (UiCode::PinWait, Some(20))
    );
    // The phone restarts: what was left is waited for from then on.
    phone.start_again();
    phone.wallet.set_uptime(up(3), true);
    assert_eq!(tried(&mut phone, PIN), (UiCode::PinWait, Some(17)));
    phone.wallet.set_uptime(up(20), true);
    phone.wallet.unlock(PIN, NOW).unwrap();
}

#[test]
fn a_try_counts_before_it_is_known_to_be_wrong() {
    let mut phone = locked(0);
    tried(&mut phone, OTHER);
    // The key store takes the count, and the phone dies before anything else is written.
    phone.key.0.lock().unwrap().puts_left = Some(1);
    assert_eq!(tried(&mut phone, PIN).0, UiCode::KeyStoreUnavailable);
    phone.key.0.lock().unwrap().puts_left = None;
    phone.start_again();
    assert_eq!(
        tried(&mut phone, OTHER),
        (UiCode::WrongPin, Some(30)),
        "it was the third"
    );
    // And a key store that takes no count lets nobody try at all.
    phone.wallet.set_uptime(up(100), true);
    phone.key.0.lock().unwrap().puts_left = Some(0);
    assert_eq!(tried(&mut phone, PIN).0, UiCode::KeyStoreUnavailable);
}

#[test]
fn a_pin_that_could_not_be_tried_does_not_count() {
    let mut phone = locked(0);
    let bytes = fs::read(phone.vault().join("envelope.kpe")).unwrap();
    for _ in 0..4 {
        fs::write(phone.vault().join("envelope.kpe"), b"{}").unwrap();
        assert_eq!(tried(&mut phone, OTHER).0, UiCode::VaultDamaged);
        fs::write(phone.vault().join("envelope.kpe"), &bytes).unwrap();
        assert_eq!(tried(&mut phone, "12").0, UiCode::PinMalformed);
    }
    phone.wallet.unlock(PIN, NOW).unwrap();
}

#[test]
fn twenty_wrong_pins_remove_a_profile_that_asked_for_it_and_no_other() {
    for wipe in [true, false] {
        let mut phone = Phone::ready(1);
        assert_eq!(phone.wallet.set_wipe(wipe).unwrap().wipe, wipe);
        phone.wallet.lock(NOW).unwrap();
        for _ in 1..20 {
            assert_eq!(tried(&mut phone, OTHER).0, UiCode::WrongPin);
            let seconds = door(&phone.wallet).wait_seconds;
            phone.start_again();
            phone.wallet.set_uptime(up(u64::from(seconds)), true);
            wait_out(&mut phone);
        }
        let last = tried(&mut phone, OTHER).0;
        assert_eq!(
            last,
            if wipe {
                UiCode::ProfileWiped
            } else {
                UiCode::WrongPin
            }
        );
        assert_eq!(phone.key.0.lock().unwrap().items.is_empty(), wipe);
        let folders = fs::read_dir(phone.folder.path().join("profiles"))
            .unwrap()
            .count();
        assert_eq!(folders, usize::from(!wipe));
        let state = phone.wallet.app_state(NOW).unwrap().lock;
        assert_eq!(state, if wipe { LockState::Empty } else { LockState::Locked });
    }
}

/// However long it is.
fn wait_out(phone: &mut Phone) {
    let mut now = 10_000;
    while door(&phone.wallet).wait_seconds > 0 {
        now += 2_000;
        phone.wallet.set_uptime(up(now), true);
    }
}

#[test]
fn another_pin_opens_the_same_vault_whose_file_was_not_touched() {
    let mut phone = Phone::ready(1);
    let database = phone.vault().join("vault.sqlite");
    let before = (
        fs::read(&database).unwrap(),
        fs::metadata(&database).unwrap().modified().unwrap(),
    );
    assert_eq!(
        phone
            .wallet
            .change_pin(OTHER, "815903", &mut phone.rng)
            .unwrap_err()
            .code,
        UiCode::WrongPin
    );
    phone.wallet.change_pin(PIN, OTHER, &mut phone.rng).unwrap();
    let after = (
        fs::read(&database).unwrap(),
        fs::metadata(&database).unwrap().modified().unwrap(),
    );
    assert_eq!(before, after);
    phone.start_again();
    assert_eq!(tried(&mut phone, PIN).0, UiCode::WrongPin);
    phone.wallet.unlock(OTHER, NOW).unwrap();
    assert_eq!(phone.wallet.draft().unwrap().district, "bajaur");
}

#[test]
fn guesses_at_the_old_pin_of_an_open_wallet_count_like_any_other() {
    let mut phone = Phone::ready(1);
    for _ in 0..3 {
        phone
            .wallet
            .change_pin(OTHER, "815903", &mut phone.rng)
            .unwrap_err();
    }
    let refused = phone
        .wallet
        .change_pin(PIN, "815903", &mut phone.rng)
        .unwrap_err();
    assert_eq!(
        (refused.code, refused.retry_after_seconds),
        (UiCode::PinWait, Some(30))
    );
}

#[test]
fn the_cost_that_was_measured_is_what_is_sealed() {
    let mut phone = Phone::new(1);
    phone.wallet.forget_profile(&door(&phone.wallet).id, NOW).unwrap();
    phone.wallet.set_cost(Cost::new(20 * 1024, 3, 1).unwrap());
    phone.wallet.create_vault(PIN, NOW, &mut phone.rng).unwrap();
    let text = fs::read_to_string(phone.vault().join("envelope.kpe")).unwrap();
    assert!(
        text.contains("\"memory_kib\": 20480") && text.contains("\"passes\": 3"),
        "{text}"
    );
    phone.wallet.change_pin(PIN, OTHER, &mut phone.rng).unwrap();
    phone.start_again();
    phone.wallet.unlock(OTHER, NOW).unwrap();
}

#[test]
fn the_enrolled_finger_opens_what_the_pin_opens_and_no_other_does() {
    let mut phone = Phone::ready(1);
    assert_eq!(phone.wallet.safety().unwrap().biometric, Biometric::Absent);
    assert_eq!(
        phone.wallet.add_biometric(PIN, &mut phone.rng).unwrap_err().code,
        UiCode::BiometricUnavailable
    );
    phone.key.0.lock().unwrap().sensor = true;
    assert_eq!(phone.wallet.safety().unwrap().biometric, Biometric::Off);
    assert_eq!(
        phone
            .wallet
            .add_biometric(OTHER, &mut phone.rng)
            .unwrap_err()
            .code,
        UiCode::WrongPin
    );
    let database = fs::read(phone.vault().join("vault.sqlite")).unwrap();
    assert_eq!(
        phone.wallet.add_biometric(PIN, &mut phone.rng).unwrap().biometric,
        Biometric::On
    );
    assert_eq!(fs::read(phone.vault().join("vault.sqlite")).unwrap(), database);

    phone.start_again();
    let ProfileView { id, biometric, .. } = door(&phone.wallet);
    assert!(biometric);
    let opened = phone.wallet.unlock_biometric(&id, NOW).unwrap();
    assert_eq!(opened.lock, LockState::Open);
    assert_eq!(phone.wallet.draft().unwrap().district, "bajaur");
    // A changed PIN leaves the finger as it is.
    phone.wallet.change_pin(PIN, OTHER, &mut phone.rng).unwrap();
    phone.wallet.lock(NOW).unwrap();
    phone.wallet.unlock_biometric(&id, NOW).unwrap();
    phone.wallet.lock(NOW).unwrap();

    let code = |phone: &mut Phone| phone.wallet.unlock_biometric(&id, NOW).unwrap_err().code;
    phone.key.0.lock().unwrap().stranger = true;
    assert_eq!(code(&mut phone), UiCode::BiometricRefused);
    phone.key.0.lock().unwrap().stranger = false;
    // Another finger was enrolled in the phone's settings: the system made a new key, or none.
    let name = ProfileName::parse(&id).unwrap();
    phone.key.put(&name, Item::BiometricKey, &[8; 32]).unwrap();
    assert_eq!(code(&mut phone), UiCode::BiometricUnavailable);
    phone.key.delete(&name, Item::BiometricKey).unwrap();
    assert_eq!(code(&mut phone), UiCode::BiometricUnavailable);

    phone.wallet.unlock(OTHER, NOW).unwrap();
    assert_eq!(phone.wallet.remove_biometric().unwrap().biometric, Biometric::Off);
    phone.wallet.lock(NOW).unwrap();
    assert!(!door(&phone.wallet).biometric);
    assert_eq!(code(&mut phone), UiCode::BiometricUnavailable);
}

#[test]
fn a_wallet_that_nobody_uses_locks_by_itself() {
    let mut phone = Phone::new(1);
    phone.wallet.set_uptime(up(100), true);
    for seconds in [30, 60, 300] {
        let start = 1_000 * u64::from(seconds);
        phone.wallet.set_auto_lock(seconds).unwrap();
        phone.wallet.lock(NOW).unwrap();
        phone.wallet.set_uptime(up(start), true);
        phone.wallet.unlock(PIN, NOW).unwrap();
        let limit = u64::from(seconds);
        assert_eq!(phone.wallet.set_uptime(up(start + limit - 1), true), Some(limit));
        // What goes on by itself keeps nothing open.
        assert_eq!(phone.wallet.set_uptime(up(start + 2 * limit - 2), false), Some(1));
        assert!(phone.wallet.draft().is_ok());
        assert_eq!(phone.wallet.set_uptime(up(start + 2 * limit - 1), true), None);
        assert_eq!(phone.wallet.draft().unwrap_err().code, UiCode::Locked);
        phone.wallet.unlock(PIN, NOW).unwrap();
        assert_eq!(
            phone.wallet.safety().unwrap().auto_lock_seconds,
            seconds,
            "it is kept"
        );
    }
    assert_eq!(
        phone.wallet.set_auto_lock(3_600).unwrap_err().code,
        UiCode::ChoiceUnknown
    );
}

#[test]
fn out_of_sight_it_locks_after_a_minute_at_most_whatever_goes_on() {
    let mut phone = Phone::new(1);
    phone.wallet.set_uptime(up(100), true);
    phone.wallet.set_sight(false);
    assert_eq!(phone.wallet.set_uptime(up(159), true), Some(1));
    phone.wallet.set_sight(true);
    assert_eq!(phone.wallet.set_uptime(up(400), true), Some(300), "seen again");
    phone.wallet.set_sight(false);
    assert_eq!(phone.wallet.set_uptime(up(460), true), None);
    // The phone slept meanwhile: its uptime went on.
    phone.wallet.unlock(PIN, NOW).unwrap();
    assert_eq!(phone.wallet.set_uptime(up(90_000), true), None);
}

#[test]
fn the_phones_language_is_that_of_the_lock_screen_and_survives_a_damaged_file() {
    let mut phone = Phone::new(1);
    phone.wallet.set_language(Language::Ps, NOW).unwrap();
    let language = |phone: &Phone| phone.wallet.app_state(NOW).unwrap().language;
    phone.start_again();
    assert_eq!(language(&phone), Language::Ps);
    fs::write(phone.folder.path().join("settings.json"), b"?").unwrap();
    phone.start_again();
    assert_eq!(language(&phone), Language::En);
    phone.wallet.unlock(PIN, NOW).unwrap();
    assert_eq!(language(&phone), Language::Ps, "the vault knows its owner's");
}
