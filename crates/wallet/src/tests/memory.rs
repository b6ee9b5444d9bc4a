//! The memory of a locked wallet's process, read from outside: no key and no PIN is in it.
//!
//! What a core dump would hold is read from `/proc`: every page that the process can write. First another process, which
//! holds every secret on purpose, shows that the search finds each of them in each form.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use credential::{ConfigContent, Names, ProvinceConfig};
use pin::Pin;
use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use super::province::{Province, root_set, roots};
use super::{NOW, good_draft, jpeg};
use crate::Wallet;
use crate::envelope::Envelope;
use crate::key_store::{DeviceKey, FileKeyStore};
use crate::store::enrolment;
use crate::vault::VaultFiles;

const FOLDER: &str = "KHYBER_MEMORY_FOLDER";
const PIN_FROM: &str = "KHYBER_MEMORY_PIN_FROM";
const HOLD: &str = "KHYBER_MEMORY_HOLD";

/// The operating system's randomness: whatever a made-up source left behind would be found too.
struct Urandom(File);

impl TryRng for Urandom {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.read_exact(bytes).unwrap();
        Ok(())
    }
}

impl TryCryptoRng for Urandom {}

/// Twelve digits that follow from a number, and stand nowhere in the program, its arguments or its environment.
fn pin_from(mut number: u64) -> Zeroizing<String> {
    let mut pin = Zeroizing::new(String::with_capacity(12));
    for _ in 0..12 {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        pin.push(char::from(b'0' + u8::try_from((number >> 33) % 10).unwrap()));
    }
    pin
}

fn file_below(folder: &Path, is_it: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            file_below(&path, is_it)
        } else {
            is_it(&path).then_some(path)
        }
    })
}

/// Everything that must not be in the memory of a locked wallet, in the forms in which it was in use.
fn secrets(folder: &Path, pin: &str) -> Vec<(&'static str, Zeroizing<Vec<u8>>)> {
    let envelope = file_below(folder, &|path| path.ends_with("envelope.kpe")).unwrap();
    let device = file_below(folder, &|path| {
        path.extension().is_some_and(|end| end == "device-key")
    })
    .unwrap();
    let device = DeviceKey::new(std::fs::read(device).unwrap().try_into().unwrap());
    let bytes = std::fs::read(&envelope).unwrap();
    let (parsed, typed) = (Envelope::parse(&bytes).unwrap(), Pin::parse(pin).unwrap());
    let vault_key = parsed.open(&typed, &device).unwrap();
    let kek = parsed.pin_kek(&typed, &device).unwrap();
    // The wallet under test has the folder; what is on the disk is read from a copy.
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(
        envelope.with_file_name("vault.sqlite"),
        copy.path().join("vault.sqlite"),
    )
    .unwrap();
    std::fs::copy(&envelope, copy.path().join("envelope.kpe")).unwrap();
    let database = VaultFiles::in_folder(copy.path()).open(&vault_key).unwrap();
    let holder: Vec<u8> = database
        .query_row("SELECT holder_seed FROM enrolment", [], |row| row.get(0))
        .unwrap();
    let device_seed = enrolment::device_key(&database).unwrap();
    let form = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    vec![
        ("PIN", form(pin.as_bytes())),
        ("PIN in UTF-16", form(&wide(pin))),
        ("vault key", form(vault_key.as_slice())),
        (
            "vault key in hex",
            form(hex::encode(vault_key.as_slice()).as_bytes()),
        ),
        (
            "vault key in HEX",
            form(hex::encode_upper(vault_key.as_slice()).as_bytes()),
        ),
        ("K_device", form(device.as_slice())),
        ("K_device in hex", form(hex::encode(device.as_slice()).as_bytes())),
        ("KEK", form(kek.as_slice())),
        ("device seed", form(device_seed.as_slice())),
        (
            "device seed in hex",
            form(hex::encode(device_seed.as_slice()).as_bytes()),
        ),
        ("holder seed", form(&holder)),
        ("holder seed in hex", form(hex::encode(&holder).as_bytes())),
    ]
}

/// A wallet in a process of its own. It does nothing unless the test below started it.
#[test]
#[ignore = "a process of its own, started by the test beside it"]
fn the_process_that_is_looked_into() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let pin = pin_from(std::env::var(PIN_FROM).unwrap().parse().unwrap());
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
    let keys = FileKeyStore::new(folder.join("keys"));
    let mut wallet = Wallet::open(&folder, root_set(), Some(config), Box::new(keys)).unwrap();
    let mut rng = Urandom(File::open("/dev/urandom").unwrap());
    wallet.create_vault(&pin, NOW, &mut rng).unwrap();
    wallet.save_draft(good_draft(), NOW).unwrap();
    wallet.set_photo(&jpeg(), NOW).unwrap();
    wallet.start_enrolment(NOW, &mut rng).unwrap();
    let mut province = Province::new(NOW);
    while let Some(request) = wallet.next_request(NOW, &mut rng).unwrap() {
        let answer = province.handle(&request, NOW).unwrap();
        wallet.on_response(&answer, NOW).unwrap();
    }
    wallet.finish_run(NOW).unwrap();
    let shown = wallet.show_timed("age", None, NOW).unwrap();
    wallet.end_showing(shown.id, NOW).unwrap();
    wallet.lock(NOW).unwrap();
    // A wrong PIN leaves something behind as well.
    assert!(wallet.unlock("803716", NOW).is_err());
    wallet.unlock(&pin, NOW).unwrap();
    wallet.show_timed("residence", None, NOW).unwrap();
    let held = std::env::var_os(HOLD).map(|_| secrets(&folder, &pin));
    if held.is_none() {
        drop(pin);
        wallet.lock(NOW).unwrap();
    }
    println!("look now");
    // Until the other side has looked.
    let _ = std::io::stdin().read_line(&mut String::new());
    drop(held);
}

struct Looked {
    child: Child,
    stdin: ChildStdin,
}

impl Looked {
    fn start(folder: &Path, pin_from: u64, hold: bool) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "tests::memory::the_process_that_is_looked_into",
                "--exact",
                "--ignored",
            ])
            .args(["--nocapture", "--test-threads=1"])
            .env(FOLDER, folder)
            .env(PIN_FROM, pin_from.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if hold {
            command.env(HOLD, "1");
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(
            lines.any(|line| line.unwrap().ends_with("look now")),
            "it ended early"
        );
        Self {
            stdin: child.stdin.take().unwrap(),
            child,
        }
    }

    /// Which of these are in a page that the process can write, and where.
    fn finds(&self, secrets: &[(&'static str, Zeroizing<Vec<u8>>)]) -> BTreeSet<(&'static str, String)> {
        let process = PathBuf::from("/proc").join(self.child.id().to_string());
        let maps = std::fs::read_to_string(process.join("maps")).unwrap();
        let mut memory = File::open(process.join("mem")).unwrap();
        let (mut found, mut read) = (BTreeSet::new(), 0);
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (range, rights) = (words.next().unwrap(), words.next().unwrap());
            if !rights.starts_with("rw") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let [from, to] = [from, to].map(|place| u64::from_str_radix(place, 16).unwrap());
            let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
            memory.seek(SeekFrom::Start(from)).unwrap();
            if memory.read_exact(&mut bytes).is_err() {
                continue;
            }
            read += bytes.len();
            let name = words.nth(3).unwrap_or("anonymous").to_owned();
            for (secret, form) in secrets {
                if holds(&bytes, form) {
                    found.insert((*secret, name.clone()));
                }
            }
        }
        assert!(read > 100_000, "hardly anything could be read");
        found
    }
}

impl Drop for Looked {
    fn drop(&mut self) {
        let _ = self.stdin.write_all(b"\n");
        let _ = self.child.wait();
    }
}

fn holds(bytes: &[u8], form: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(place) = rest.iter().position(|byte| *byte == form[0]) {
        rest = &rest[place..];
        if rest.starts_with(form) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

#[test]
fn a_locked_wallets_memory_holds_no_key_and_no_pin() {
    // 0: the search is tried on a process that holds everything. 1: on one that is locked.
    for (hold, number) in [(true, 7_301), (false, 7_302)] {
        let folder = tempfile::tempdir().unwrap();
        let process = Looked::start(folder.path(), number, hold);
        let secrets = secrets(folder.path(), &pin_from(number));
        let found = process.finds(&secrets);
        if hold {
            let found: BTreeSet<_> = found.into_iter().map(|(secret, _)| secret).collect();
            let all: BTreeSet<_> = secrets.iter().map(|(secret, _)| *secret).collect();
            assert_eq!(found, all, "the search does not find what is there");
        } else {
            assert_eq!(found, BTreeSet::new(), "a locked wallet still holds this");
        }
    }
}
