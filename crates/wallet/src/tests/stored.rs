//! Vaults and migrations as they were released: each stored vault opens in this version, no migration is ever edited.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::province::Province;
use super::{NOW, PIN, Phone, files, wallet_in};
use crate::envelope::Envelope;
use crate::key_store::{Item, KeyStore as _};
use crate::screen::PastAsk;
use crate::testing::{MemoryKey, TestRng};
use crate::vault;

/// The device key of the stored vault of version 1.
const DEVICE_KEY: [u8; 32] = [42; 32];

/// The version that the next release stores. `KHYBER_BLESS=1 cargo test -p wallet stored` writes it; after the release this
/// number goes up, and what is stored under the one before is never written again.
const NEXT: u32 = 2;

fn folder_of(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/vault-v{version}"))
}

/// Copies a folder and what is in it.
fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What stands for the phone's key store, beside a stored vault.
const KEPT: [(Item, &str); 2] = [
    (Item::DeviceKey, "device-key.bin"),
    (Item::Attempts, "attempts.bin"),
];

/// A copy of the stored vault of this version, and the key store that goes with it.
pub(crate) fn copy(folder: &Path, version: u32) -> MemoryKey {
    copy_all(&folder_of(version), folder);
    let key = MemoryKey::default();
    let envelope = files::all(folder)
        .into_iter()
        .find(|(path, _)| path.ends_with("envelope.kpe"));
    let profile = Envelope::parse(&envelope.unwrap().1).unwrap().profile().unwrap();
    if version == 1 {
        key.put(&profile, Item::DeviceKey, &DEVICE_KEY).unwrap();
    }
    for (item, name) in KEPT {
        if let Ok(bytes) = fs::read(folder.join(name)) {
            key.put(&profile, item, &bytes).unwrap();
            fs::remove_file(folder.join(name)).unwrap();
        }
    }
    key
}

/// Makes the vault that the next release stores: an enrolled person with a document, and a past.
fn bless() {
    let mut phone = Phone::ready(2);
    let mut province = Province::new(NOW);
    province.domicile = Some(("PSH-26-1", 1));
    phone.enrol(&mut province, NOW).unwrap();
    phone.wallet.show_timed("age", None, NOW).unwrap();
    phone.wallet.lock(NOW).unwrap();
    _ = fs::remove_dir_all(folder_of(NEXT));
    copy_all(phone.folder.path(), &folder_of(NEXT));
    // The mark of a program that has the folder is no part of a vault.
    _ = fs::remove_file(folder_of(NEXT).join("in-use"));
    let kept = phone.key.0.lock().unwrap();
    for (item, name) in KEPT {
        if let Some((_, bytes)) = kept.items.iter().find(|((_, own), _)| *own == item) {
            fs::write(folder_of(NEXT).join(name), bytes).unwrap();
        }
    }
}

#[test]
fn every_stored_vault_opens_and_goes_on() {
    if std::env::var_os("KHYBER_BLESS").is_some() {
        bless();
    }
    let stored: Vec<u32> = (1..=NEXT)
        .filter(|version| folder_of(*version).exists())
        .collect();
    assert_eq!(stored.first(), Some(&1), "the vault of version 1 is stored");
    for version in stored {
        let folder = tempfile::tempdir().unwrap();
        let key = copy(folder.path(), version);
        let wallet = wallet_in(folder.path(), &key);
        let mut phone = Phone {
            folder,
            key,
            wallet,
            rng: TestRng::new(5),
        };
        phone.wallet.unlock(PIN, NOW).unwrap();
        let home = phone.wallet.home(NOW).unwrap();
        assert_eq!(home.card.unwrap().name_ur, "گل زمان", "version {version}");
        assert_eq!(home.passes[0].left, 9, "version {version}");
        // What was there before there was an index is in it.
        let page = |phone: &mut Phone, words: &str| {
            let ask = PastAsk {
                words: words.to_owned(),
                ..PastAsk::default()
            };
            phone.wallet.past(ask).unwrap().entries.len()
        };
        assert_eq!(
            (
                page(&mut phone, ""),
                page(&mut phone, "age"),
                page(&mut phone, "domicile")
            ),
            (1, 1, 0)
        );
        phone.wallet.show_timed("residence", None, NOW).unwrap();
        phone.restart();
        assert_eq!(page(&mut phone, ""), 2);
    }
}

/// What was released is never edited: a phone has run it already. With `KHYBER_BLESS=1` numbers that are not in the list yet
/// are added to it; none that is in it is ever written again. From when a vault of the next version is stored, all are in it.
#[test]
fn migrations_are_frozen() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/frozen.txt");
    let mut text = fs::read_to_string(&list).unwrap();
    let numbered = |text: &str, number: i64| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{number} ")));
        line.map(str::to_owned)
    };
    for (number, sql) in vault::migrations_in_order() {
        let hash = hex::encode(Sha256::digest(sql.as_bytes()));
        if numbered(&text, number).is_none() && std::env::var_os("KHYBER_BLESS").is_some() {
            writeln!(text, "{number} {hash}").unwrap();
            fs::write(&list, &text).unwrap();
        }
        match numbered(&text, number) {
            Some(frozen) => assert_eq!(hash, frozen, "migration {number} was edited"),
            None => assert!(!folder_of(NEXT).exists(), "migration {number} is not frozen"),
        }
    }
    assert!(numbered(&text, 1).is_some());
}
