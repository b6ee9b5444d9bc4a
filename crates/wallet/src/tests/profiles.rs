//! Several people on one phone: each has a vault, a key, a PIN and a language of their own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::path::Path;

use super::{NOW, PIN, Phone, good_draft, wallet_in};
use crate::UiCode;
use crate::envelope::Envelope;
use crate::key_store::{Item, KeyStore as _};
use crate::screen::{Language, LockState, Sign};
use crate::testing::{MemoryKey, TestRng};

const OTHER: &str = "402718";

/// A phone of two: the first has the star and typed something, the second has the boat.
fn two() -> (Phone, String, String) {
    let mut phone = Phone::ready(1);
    phone
        .wallet
        .add_profile(Sign::Boat, OTHER, NOW, &mut phone.rng)
        .unwrap();
    let doors = phone.wallet.lock_view().unwrap().profiles;
    assert_eq!([doors[0].sign, doors[1].sign], [Sign::Star, Sign::Boat]);
    (phone, doors[0].id.clone(), doors[1].id.clone())
}

#[test]
fn each_pin_opens_its_own_vault_and_no_other() {
    let (mut phone, first, second) = two();
    assert_eq!(phone.wallet.draft().unwrap().district, "", "the new one is open");
    let code = |result: Result<crate::screen::AppState, crate::UiError>| result.unwrap_err().code;
    assert_eq!(
        code(phone.wallet.unlock_profile(&second, PIN, NOW)),
        UiCode::WrongPin
    );
    assert_eq!(
        code(phone.wallet.unlock_profile(&first, OTHER, NOW)),
        UiCode::WrongPin
    );
    assert_eq!(
        code(phone.wallet.unlock(PIN, NOW)),
        UiCode::ProfileUnknown,
        "whose?"
    );
    for nobody in ["", "..", &"0".repeat(32), &first.to_uppercase()] {
        assert_eq!(
            code(phone.wallet.unlock_profile(nobody, PIN, NOW)),
            UiCode::ProfileUnknown
        );
    }
    phone.wallet.unlock_profile(&first, PIN, NOW).unwrap();
    assert_eq!(phone.wallet.draft().unwrap().district, "bajaur");
    phone.wallet.unlock_profile(&second, OTHER, NOW).unwrap();
    assert_eq!(phone.wallet.draft().unwrap().district, "");
    // Each has a key of its own: the one of the other does not fit.
    let items = phone.key.0.lock().unwrap().items.clone();
    let keys: Vec<_> = items
        .iter()
        .filter(|((_, item), _)| *item == Item::DeviceKey)
        .collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0].1, keys[1].1);
}

#[test]
fn wrong_pins_of_one_are_not_counted_for_the_other() {
    let (mut phone, first, second) = two();
    for _ in 0..3 {
        phone.wallet.unlock_profile(&first, OTHER, NOW).unwrap_err();
    }
    let waits: Vec<u32> = phone
        .wallet
        .lock_view()
        .unwrap()
        .profiles
        .iter()
        .map(|door| door.wait_seconds)
        .collect();
    assert_eq!(waits, [30, 0]);
    phone.wallet.unlock_profile(&second, OTHER, NOW).unwrap();
}

#[test]
fn each_has_a_language_and_the_lock_screen_one_of_its_own() {
    let (mut phone, first, second) = two();
    let language = |phone: &Phone| phone.wallet.app_state(NOW).unwrap().language;
    phone.wallet.set_language(Language::Ps, NOW).unwrap();
    phone.wallet.unlock_profile(&first, PIN, NOW).unwrap();
    phone.wallet.set_language(Language::Ur, NOW).unwrap();
    phone.wallet.lock(NOW).unwrap();
    assert_eq!(language(&phone), Language::En);
    phone.wallet.unlock_profile(&second, OTHER, NOW).unwrap();
    assert_eq!(language(&phone), Language::Ps);
    phone.wallet.unlock_profile(&first, PIN, NOW).unwrap();
    assert_eq!(language(&phone), Language::Ur);
    let settings = fs::read_to_string(phone.folder.path().join("settings.json")).unwrap_or_default();
    assert!(!settings.contains("ps") && !settings.contains("ur"), "{settings}");
}

#[test]
fn a_sign_is_chosen_and_belongs_to_one() {
    let (mut phone, first, _) = two();
    let taken = phone
        .wallet
        .add_profile(Sign::Boat, "815903", NOW, &mut phone.rng)
        .unwrap_err();
    assert_eq!(taken.code, UiCode::SignTaken);
    phone.wallet.unlock_profile(&first, PIN, NOW).unwrap();
    assert_eq!(
        phone.wallet.set_sign(Sign::Boat).unwrap_err().code,
        UiCode::SignTaken
    );
    let safety = phone.wallet.set_sign(Sign::Tree).unwrap();
    assert!(safety.free_signs.contains(&Sign::Star) && safety.free_signs.contains(&Sign::Tree));
    phone.start_again();
    let signs: Vec<Sign> = phone
        .wallet
        .lock_view()
        .unwrap()
        .profiles
        .iter()
        .map(|door| door.sign)
        .collect();
    assert_eq!(signs, [Sign::Tree, Sign::Boat]);
}

#[test]
fn nothing_outside_the_vaults_tells_whose_they_are() {
    let (mut phone, first, second) = two();
    phone.wallet.save_draft(good_draft(), NOW).unwrap();
    let view = format!("{:?}", phone.wallet.lock_view().unwrap());
    let mut seen = vec![view];
    let mut folders = vec![phone.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            seen.push(path.file_name().unwrap().to_str().unwrap().to_owned());
            if path.is_dir() {
                folders.push(path);
            } else {
                seen.push(String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned());
            }
        }
    }
    assert!(seen.contains(&first) && seen.contains(&second));
    for word in ["Zaman", "99999", "1234567", "bajaur", "زمان"] {
        assert!(!seen.iter().any(|text| text.contains(word)), "{word}");
    }
}

#[test]
fn a_forgotten_profile_is_gone_and_the_other_is_not_touched() {
    let (mut phone, first, second) = two();
    let state = phone.wallet.forget_profile(&first, NOW).unwrap();
    assert_eq!(state.lock, LockState::Open, "the other one is open");
    assert_eq!(
        phone.wallet.unlock_profile(&first, PIN, NOW).unwrap_err().code,
        UiCode::ProfileUnknown
    );
    assert!(
        phone
            .key
            .0
            .lock()
            .unwrap()
            .items
            .keys()
            .all(|(name, _)| name.to_string() == second)
    );
    assert!(phone.vault().ends_with(&second));
    assert_eq!(
        phone.wallet.forget_profile(&second, NOW).unwrap().lock,
        LockState::Empty
    );
    assert!(phone.key.0.lock().unwrap().items.is_empty());
    phone.wallet.create_vault(PIN, NOW, &mut phone.rng).unwrap();
}

#[test]
fn a_removal_that_was_cut_short_ends_at_the_next_start() {
    let (mut phone, first, second) = two();
    let profiles = phone.folder.path().join("profiles");
    fs::rename(profiles.join(&first), profiles.join(format!("{first}.gone"))).unwrap();
    phone.start_again();
    assert_eq!(phone.wallet.lock_view().unwrap().profiles.len(), 1);
    assert!(phone.vault().ends_with(&second));
    assert!(
        phone
            .key
            .0
            .lock()
            .unwrap()
            .items
            .keys()
            .all(|(name, _)| name.to_string() == second)
    );
    phone.wallet.unlock(OTHER, NOW).unwrap();
}

/// The vault of version 1 lay in the wallet's folder. A phone that dies while it moves has some of its files on one side and
/// some on the other, always in this order.
#[test]
fn a_vault_from_before_profiles_moves_into_one_wherever_the_move_is_cut() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/vault-v1");
    let bytes = fs::read(stored.join("envelope.kpe")).unwrap();
    let name = Envelope::parse(&bytes).unwrap().profile().unwrap();
    for moved in 0..=3 {
        let folder = tempfile::tempdir().unwrap();
        let (root, profile) = (
            folder.path(),
            folder.path().join("profiles").join(name.to_string()),
        );
        fs::create_dir_all(&profile).unwrap();
        for (at, part) in ["vault.sqlite-journal", "vault.sqlite", "envelope.kpe"]
            .into_iter()
            .enumerate()
        {
            let to = if at < moved { &profile } else { root };
            match part {
                // What SQLite leaves of a transaction that had not begun to change the file: it is passed over.
                "vault.sqlite-journal" => fs::write(to.join(part), b"").unwrap(),
                _ => drop(fs::copy(stored.join(part), to.join(part)).unwrap()),
            }
        }
        let key = MemoryKey::default();
        key.put(&name, Item::DeviceKey, &[42; 32]).unwrap();
        let mut wallet = wallet_in(root, &key);
        wallet.unlock(PIN, NOW).unwrap();
        assert!(
            wallet.home(NOW).unwrap().card.is_some(),
            "{moved} files were moved"
        );
        assert!(!root.join("envelope.kpe").exists() && !root.join("vault.sqlite").exists());
    }
}

#[test]
fn an_old_copy_put_back_beside_its_profile_changes_nothing() {
    let mut phone = Phone::ready(1);
    for part in ["envelope.kpe", "vault.sqlite"] {
        fs::copy(phone.vault().join(part), phone.folder.path().join(part)).unwrap();
    }
    let before = fs::read(phone.vault().join("vault.sqlite")).unwrap();
    phone.restart();
    assert_eq!(phone.wallet.draft().unwrap().district, "bajaur");
    phone.wallet.lock(NOW).unwrap();
    assert_eq!(fs::read(phone.vault().join("vault.sqlite")).unwrap(), before);
}

#[test]
fn a_damaged_envelope_from_before_profiles_is_reported_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("envelope.kpe"), b"{").unwrap();
    fs::write(folder.path().join("vault.sqlite"), b"noise").unwrap();
    for _ in 0..2 {
        let mut wallet = wallet_in(folder.path(), &MemoryKey::default());
        assert_eq!(wallet.app_state(NOW).unwrap().lock, LockState::Locked);
        assert_eq!(wallet.unlock(PIN, NOW).unwrap_err().code, UiCode::VaultDamaged);
        let refused = wallet.create_vault(PIN, NOW, &mut TestRng::new(1)).unwrap_err();
        assert_eq!(refused.code, UiCode::VaultExists);
    }
}
