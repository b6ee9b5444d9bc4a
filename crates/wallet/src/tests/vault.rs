//! The two files on disk: wrong PINs, wrong phones, damage, cuts, old and new versions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::path::Path;

use super::province::{Province, root_set};
use super::{NOW, PIN, Phone, wallet_in};
use crate::envelope::Envelope;
use crate::key_store::{Item, KeyStore, KeyStoreError, ProfileName, Secret};
use crate::screen::{LockState, Mark};
use crate::testing::{MemoryKey, TestRng};
use crate::{Cost, UiCode, Wallet};

fn code(phone: &mut Phone) -> Option<UiCode> {
    phone.start_again();
    phone.wallet.unlock(PIN, NOW).err().map(|error| error.code)
}

#[test]
fn a_wrong_pin_opens_nothing_and_harms_nothing() {
    let mut phone = Phone::ready(1);
    phone.wallet.lock(NOW).unwrap();
    assert_eq!(
        phone.wallet.unlock("246811", NOW).unwrap_err().code,
        UiCode::WrongPin
    );
    assert_eq!(
        phone.wallet.unlock("24681", NOW).unwrap_err().code,
        UiCode::PinMalformed
    );
    assert_eq!(phone.wallet.draft().unwrap_err().code, UiCode::Locked);
    phone.wallet.unlock("۲۴۶۸۱۰", NOW).unwrap();
    assert_eq!(phone.wallet.draft().unwrap().district, "bajaur");
}

#[test]
fn a_folder_has_one_wallet_at_a_time_however_the_last_one_ended() {
    let folder = tempfile::tempdir().unwrap();
    let key = MemoryKey::default();
    let first = wallet_in(folder.path(), &key);
    let second = Wallet::open(folder.path(), root_set(), None, Box::new(key.clone()));
    assert_eq!(second.err().map(|error| error.code), Some(UiCode::AlreadyOpen));
    drop(first);
    assert!(
        folder.path().join("in-use").exists(),
        "the mark of a program that was killed"
    );
    wallet_in(folder.path(), &key);
}

#[test]
fn a_copied_folder_does_not_open_on_another_phone() {
    let mut phone = Phone::ready(1);
    let original = phone.key.clone();
    phone.key = MemoryKey::default();
    assert_eq!(
        code(&mut phone),
        Some(UiCode::WrongDevice),
        "a phone without a key"
    );
    let other = MemoryKey::default();
    for (name, item) in original.0.lock().unwrap().items.keys() {
        other.put(name, *item, &[9; 32]).unwrap();
    }
    phone.key = other;
    assert_eq!(
        code(&mut phone),
        Some(UiCode::WrongDevice),
        "a phone with another key"
    );
    phone.key = original;
    assert_eq!(code(&mut phone), None);
}

#[test]
fn a_damaged_database_gives_a_code_and_is_left_as_it_is() {
    for at in [0, 20, 4096 + 100, 8192 + 100] {
        let mut province = Province::new(NOW);
        let mut phone = Phone::enrolled(1, &mut province);
        phone.wallet.lock(NOW).unwrap();
        let path = phone.vault().join("vault.sqlite");
        let mut bytes = fs::read(&path).unwrap();
        for byte in &mut bytes[at..at + 16] {
            *byte ^= 0x55;
        }
        fs::write(&path, &bytes).unwrap();
        let unlocked = code(&mut phone);
        // Damage beyond the first page is found when the page is read.
        let found = unlocked.or_else(|| everything(&phone.wallet));
        assert_eq!(found, Some(UiCode::VaultDamaged), "damage at {at}");
        phone.wallet.lock(NOW).unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes, "the file was touched");
        let error = phone.wallet.create_vault(PIN, NOW, &mut phone.rng).unwrap_err();
        assert_eq!(error.code, UiCode::VaultExists);
    }
}

/// Reads every page of the database.
fn everything(wallet: &Wallet) -> Option<UiCode> {
    let check = wallet
        .database()
        .query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    match check {
        Ok(text) if text == "ok" => None,
        Ok(_) => Some(UiCode::VaultDamaged),
        Err(error) => Some(crate::UiError::from(error).code),
    }
}

#[test]
fn a_missing_or_empty_or_shortened_file_is_damage_and_not_a_new_vault() {
    for (name, contents) in [
        ("vault.sqlite", None),
        ("vault.sqlite", Some(&b""[..])),
        ("vault.sqlite", Some(b"short")),
        ("envelope.kpe", Some(b"")),
        ("envelope.kpe", Some(b"{}")),
        ("envelope.kpe", Some(br#"{"version":1}"#)),
    ] {
        let mut phone = Phone::ready(1);
        phone.wallet.lock(NOW).unwrap();
        let path = phone.vault().join(name);
        match contents {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        assert_eq!(
            code(&mut phone),
            Some(UiCode::VaultDamaged),
            "{name} {contents:?}"
        );
        assert_eq!(fs::read(&path).ok().as_deref(), contents);
    }
}

#[test]
fn a_set_up_that_was_cut_short_is_no_vault_and_the_next_one_succeeds() {
    let mut phone = Phone::ready(1);
    phone.wallet.lock(NOW).unwrap();
    // The envelope takes its name last, so this is every cut before the end.
    let vault = phone.vault();
    fs::remove_file(vault.join("envelope.kpe")).unwrap();
    fs::write(vault.join("vault.sqlite.new"), b"half").unwrap();
    fs::write(vault.join("vault.sqlite.new-journal"), b"half").unwrap();
    fs::write(vault.join("envelope.kpe.new"), b"{\"ver").unwrap();
    phone.start_again();
    assert_eq!(phone.wallet.app_state(NOW).unwrap().lock, LockState::Empty);
    assert_eq!(
        phone.wallet.unlock(PIN, NOW).unwrap_err().code,
        UiCode::VaultMissing
    );
    phone.wallet.create_vault("402718", NOW, &mut phone.rng).unwrap();
    assert_eq!(phone.wallet.draft().unwrap().district, "", "a new vault");
    assert_ne!(phone.vault(), vault);
    assert_eq!(
        phone.key.0.lock().unwrap().items.len(),
        2,
        "nothing is kept of the old one"
    );
    phone.wallet.lock(NOW).unwrap();
    phone.wallet.unlock("402718", NOW).unwrap();
}

#[test]
fn a_vault_of_a_newer_app_is_left_alone() {
    let mut phone = Phone::ready(1);
    phone
        .wallet
        .database()
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'later', '', '')",
            [],
        )
        .unwrap();
    assert_eq!(code(&mut phone), Some(UiCode::VaultTooNew));
    let path = phone.vault().join("envelope.kpe");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"version\": 1", "\"version\": 2")).unwrap();
    assert_eq!(code(&mut phone), Some(UiCode::VaultTooNew));
}

#[test]
fn nothing_personal_can_be_read_from_the_files() {
    let mut province = Province::new(NOW);
    let phone = Phone::enrolled(1, &mut province);
    for entry in fs::read_dir(phone.vault()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for word in ["Zaman", "99999", "bajaur", "SQLite format"] {
            assert!(
                !bytes.windows(word.len()).any(|window| window == word.as_bytes()),
                "{word}"
            );
        }
    }
}

#[test]
fn a_key_store_that_does_not_answer_is_said_so() {
    struct Broken;
    impl KeyStore for Broken {
        fn get(&self, _: &ProfileName, _: Item) -> Result<Option<Secret>, KeyStoreError> {
            Err(KeyStoreError::Silent { source: None })
        }
        fn put(&self, _: &ProfileName, _: Item, _: &[u8]) -> Result<(), KeyStoreError> {
            Err(KeyStoreError::Silent { source: None })
        }
        fn delete(&self, _: &ProfileName, _: Item) -> Result<(), KeyStoreError> {
            Err(KeyStoreError::Silent { source: None })
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut wallet = Wallet::open(folder.path(), root_set(), None, Box::new(Broken)).unwrap();
    let error = wallet.create_vault(PIN, NOW, &mut TestRng::new(1)).unwrap_err();
    assert_eq!(error.code, UiCode::KeyStoreUnavailable);
    let state = wallet.app_state(NOW).unwrap();
    assert_eq!(
        (state.lock, state.configured, state.mark),
        (LockState::Empty, false, Mark::Test)
    );
}

#[test]
fn without_a_configuration_the_network_is_said_to_be_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let key = MemoryKey::default();
    let mut wallet = Wallet::open(folder.path(), root_set(), None, Box::new(key)).unwrap();
    let mut rng = TestRng::new(1);
    wallet.create_vault(PIN, NOW, &mut rng).unwrap();
    assert_eq!(
        wallet.start_enrolment(NOW, &mut rng).unwrap_err().code,
        UiCode::NotConfigured
    );
    assert_eq!(wallet.start_sync(NOW).unwrap_err().code, UiCode::NotConfigured);
    assert!(wallet.home(NOW).unwrap().card.is_none());
}

/// A vault as version 1 wrote it, with an enrolled person in it: in the wallet's folder itself, from before there were
/// profiles. Never to be written anew: phones out there have such files.
#[test]
fn a_stored_vault_of_version_1_opens() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/vault-v1");
    let mut province = Province::new(NOW);
    let folder = tempfile::tempdir().unwrap();
    for name in FILES {
        fs::copy(stored.join(name), folder.path().join(name)).unwrap();
    }
    let key = MemoryKey::default();
    let envelope = Envelope::parse(&fs::read(stored.join("envelope.kpe")).unwrap()).unwrap();
    key.put(&envelope.profile().unwrap(), Item::DeviceKey, &[42; 32])
        .unwrap();
    let mut wallet = wallet_in(folder.path(), &key);
    wallet.unlock(PIN, NOW).unwrap();
    let home = wallet.home(NOW).unwrap();
    assert_eq!(home.card.unwrap().name_ur, "گل زمان");
    assert_eq!(home.passes[0].left, 9);
    assert_eq!(wallet.history().unwrap().len(), 1);
    let mut phone = Phone {
        folder,
        key,
        wallet,
        rng: TestRng::new(5),
    };
    assert!(phone.wallet.show_timed("residence", None, NOW).is_ok());
    province.knows(&phone);
    province.publish_anew(NOW);
    phone.sync(&mut province, NOW).unwrap();
}

const FILES: [&str; 2] = ["envelope.kpe", "vault.sqlite"];

#[cfg(feature = "file-key-store")]
#[test]
fn keys_in_files_are_kept_and_a_damaged_one_is_an_error() {
    use crate::key_store::{FileKeyStore, key};

    let folder = tempfile::tempdir().unwrap();
    let store = FileKeyStore::new(folder.path().join("keys"));
    let (one, other) = (ProfileName::new([1; 16]), ProfileName::new([2; 16]));
    assert!(store.get(&one, Item::DeviceKey).unwrap().is_none());
    store.delete(&one, Item::DeviceKey).unwrap();
    store.put(&one, Item::DeviceKey, &[1; 32]).unwrap();
    store.put(&one, Item::DeviceKey, &[2; 32]).unwrap();
    assert_eq!(*key(&store, &one, Item::DeviceKey).unwrap().unwrap(), [2; 32]);
    assert!(store.get(&other, Item::DeviceKey).unwrap().is_none());
    assert!(store.get(&one, Item::Attempts).unwrap().is_none());
    store.put(&one, Item::DeviceKey, b"short").unwrap();
    assert!(key(&store, &one, Item::DeviceKey).is_err());
    store.delete(&one, Item::DeviceKey).unwrap();
    assert!(store.get(&one, Item::DeviceKey).unwrap().is_none());
    assert!(!store.protects(), "and it says so");
}

#[test]
fn parameters_have_a_floor_and_a_ceiling() {
    assert!(Cost::new(19 * 1024, 2, 1).is_ok());
    for (memory, passes, lanes) in [
        (19 * 1024 - 1, 2, 1),
        (19 * 1024, 1, 1),
        (1 << 30, 2, 1),
        (19 * 1024, 17, 1),
        (19 * 1024, 2, 5),
    ] {
        assert!(Cost::new(memory, passes, lanes).is_err());
    }
}
