//! Whole journeys of a wallet against a province made of the credential crate and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod applications;
mod audit;
mod catalogue;
mod clocks;
mod damaged;
mod device_key;
mod documents;
mod errands;
mod export;
mod family;
mod faults;
mod feed;
mod files;
mod fuzzing;
mod hostile;
mod interrupted;
mod journey;
mod late;
mod lock;
mod lost;
#[cfg(all(target_os = "linux", feature = "file-key-store"))]
mod memory;
mod moving;
mod opaque;
mod papers;
mod past;
mod profiles;
mod proofing;
mod province;
mod put_off;
mod requests;
mod services;
#[path = "../../../../tests/soak.rs"]
mod soak;
mod status;
mod stored;
mod sync;
mod transfer;
mod vault;

use std::path::{Path, PathBuf};

use credential::{ConfigContent, Names, ProvinceConfig, Timestamp};
use tempfile::TempDir;

use crate::screen::{Draft, SyncReport};
use crate::testing::{MemoryKey, TestRng};
use crate::{UiError, Wallet};
use province::{Province, root_set, roots};

/// 22 November 2026, 03:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_795_316_400);

pub(crate) const PIN: &str = "246810";

/// A phone: its folder, its key store and the wallet on it, which can be turned off and on.
pub(crate) struct Phone {
    pub(crate) folder: TempDir,
    pub(crate) key: MemoryKey,
    pub(crate) wallet: Wallet,
    pub(crate) rng: TestRng,
}

impl Phone {
    pub(crate) fn new(seed: u64) -> Self {
        Self::in_folder(seed, tempfile::tempdir().unwrap())
    }

    pub(crate) fn in_folder(seed: u64, folder: TempDir) -> Self {
        let key = MemoryKey::default();
        let mut wallet = wallet_in(folder.path(), &key);
        let mut rng = TestRng::new(seed);
        wallet.create_vault(PIN, NOW, &mut rng).unwrap();
        Self {
            folder,
            key,
            wallet,
            rng,
        }
    }

    /// The folder of the only profile: its envelope and its database.
    pub(crate) fn vault(&self) -> PathBuf {
        let profiles = std::fs::read_dir(self.folder.path().join("profiles")).unwrap();
        let folders: Vec<PathBuf> = profiles.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders[0].clone()
    }

    /// A phone with everything typed in.
    pub(crate) fn ready(seed: u64) -> Self {
        let mut phone = Self::new(seed);
        let check = phone.wallet.save_draft(good_draft(), NOW).unwrap();
        assert_eq!(check.errors.len(), 1, "only the photo is missing");
        phone.wallet.set_photo(&jpeg(), NOW).unwrap();
        phone
    }

    /// A phone that is enrolled.
    pub(crate) fn enrolled(seed: u64, province: &mut Province) -> Self {
        let mut phone = Self::ready(seed);
        phone.enrol(province, NOW).unwrap();
        phone
    }

    /// The power goes, and comes back: only what is on the disk is left.
    pub(crate) fn restart(&mut self) {
        self.start_again();
        self.wallet.unlock(PIN, NOW).unwrap();
    }

    /// The same without unlocking. Only one wallet at a time may have a folder, so this one ends first.
    pub(crate) fn start_again(&mut self) {
        let elsewhere = tempfile::tempdir().unwrap();
        self.wallet = wallet_in(elsewhere.path(), &self.key);
        self.wallet = wallet_in(self.folder.path(), &self.key);
    }

    pub(crate) fn enrol(&mut self, province: &mut Province, now: Timestamp) -> Result<SyncReport, UiError> {
        self.wallet.start_enrolment(now, &mut self.rng)?;
        self.drive(province, now)?;
        self.wallet.finish_run(now)
    }

    /// What the app does when the citizen sends: an enrolment, or taking the place of the phone before.
    pub(crate) fn bind(&mut self, province: &mut Province, now: Timestamp) -> Result<SyncReport, UiError> {
        self.wallet.start_binding(None, now, &mut self.rng)?;
        self.drive(province, now)?;
        self.wallet.finish_run(now)
    }

    pub(crate) fn sync(&mut self, province: &mut Province, now: Timestamp) -> Result<SyncReport, UiError> {
        self.wallet.start_sync(now)?;
        self.drive(province, now)?;
        self.wallet.finish_run(now)
    }

    fn drive(&mut self, province: &mut Province, now: Timestamp) -> Result<(), UiError> {
        while let Some(request) = self.wallet.next_request(now, &mut self.rng)? {
            match province.handle(&request, now) {
                Ok(response) => self.wallet.on_response(&response, now)?,
                Err(failure) => self.wallet.on_failure(failure, now)?,
            }
        }
        Ok(())
    }
}

pub(crate) fn wallet_in(folder: &Path, key: &MemoryKey) -> Wallet {
    let content = ConfigContent {
        api_url: "https://province.example/".to_owned(),
        name: Names::new("Test", "", ""),
        tls_roots: Vec::new(),
        iat: NOW,
        exp: NOW.plus(1_000_000_000),
    };
    let [first, second, _] = roots();
    let signed = ProvinceConfig::sign(&content, &[&first, &second]);
    let config = ProvinceConfig::verify(&signed, &root_set(), NOW).unwrap();
    Wallet::open(folder, root_set(), Some(config), Box::new(key.clone())).unwrap()
}

pub(crate) fn good_draft() -> Draft {
    Draft {
        cnic: "99999-1234567-1".into(),
        cnic_issued_on: "2020-01-01".into(),
        name_en: "Gul  Zaman".into(),
        name_ur: "گل زمان".into(),
        guardian_name_en: "Sher Zaman".into(),
        guardian_name_ur: "شیر زمان".into(),
        guardian_relation: "father".into(),
        date_of_birth: "1990-05-04".into(),
        gender: "male".into(),
        address: "Khar".into(),
        district: "bajaur".into(),
        mobile: "03000000011".into(),
        has_photo: false,
    }
}

pub(crate) fn jpeg() -> Vec<u8> {
    [&[0xff, 0xd8, 0xff, 0xe0][..], &[7; 3000]].concat()
}
