//! One suite of what a vault must do, on four kinds of storage: in memory, on a disk, on a full disk and with a file that
//! was damaged. Nothing is lost that was there before, each fault has its own code, and nothing panics.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use rand_core::Rng as _;

use super::province::Province;
use super::{NOW, PIN, Phone, files, wallet_in};
use crate::screen::PastAsk;
use crate::testing::{MemoryKey, TestRng};
use crate::{UiCode, UiError};

/// One thing that a vault is asked, and how many rows of the past there are after it.
type Step = (
    &'static str,
    fn(&mut Phone, &mut Province) -> Result<(), UiError>,
    usize,
);

/// The life of a vault after its enrolment.
const LIFE: [Step; 7] = [
    (
        "shows",
        |phone, _| phone.wallet.show_timed("age", None, NOW).map(drop),
        1,
    ),
    (
        "shows again",
        |phone, _| phone.wallet.show_timed("residence", None, NOW.plus(90)).map(drop),
        2,
    ),
    (
        "reads a request",
        |phone, province| {
            let request = super::documents::ask(province, credential::Vct::IDENTITY, 1);
            let view = phone.wallet.read_request_text(&request.text, NOW.plus(100))?;
            phone
                .wallet
                .answer_request(view.id, None, NOW.plus(100))
                .map(drop)
        },
        3,
    ),
    (
        "finds",
        |phone, _| {
            let page = phone.wallet.past(PastAsk {
                words: "ٹیسٹ desk".to_owned(),
                ..PastAsk::default()
            })?;
            assert_eq!(page.entries.len(), 1);
            Ok(())
        },
        3,
    ),
    (
        "forgets",
        |phone, _| {
            let oldest = phone.wallet.past(PastAsk::default())?.entries.pop().unwrap();
            phone.wallet.forget_past(&oldest.id)
        },
        2,
    ),
    (
        "syncs",
        |phone, province| {
            province.domicile = Some(("PSH-26-1", 1));
            phone.sync(province, NOW.plus(200)).map(drop)
        },
        2,
    ),
    (
        "opens again",
        |phone, _| {
            phone.wallet.lock(NOW)?;
            phone.wallet.unlock(PIN, NOW).map(drop)
        },
        2,
    ),
];

/// Everything is there that must be, and every page is whole.
fn whole(phone: &mut Phone, rows: usize, when: &str) {
    phone.restart();
    let home = phone.wallet.home(NOW).unwrap();
    assert_eq!(home.card.unwrap().name_ur, "گل زمان", "{when}");
    assert_eq!(
        phone.wallet.past(PastAsk::default()).unwrap().entries.len(),
        rows,
        "{when}"
    );
    let check: String = phone
        .wallet
        .database()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok", "{when}");
}

fn lives(folder: tempfile::TempDir) {
    let mut province = Province::new(NOW);
    let mut phone = Phone::in_folder(41, folder);
    phone.wallet.save_draft(super::good_draft(), NOW).unwrap();
    phone.wallet.set_photo(&super::jpeg(), NOW).unwrap();
    phone.enrol(&mut province, NOW).unwrap();
    for (name, step, rows) in LIFE {
        step(&mut phone, &mut province).unwrap_or_else(|error| panic!("{name}: {error}"));
        whole(&mut phone, rows, name);
    }
}

#[test]
fn a_vault_lives_in_memory() {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        lives(tempfile::tempdir_in(memory).unwrap());
    } else {
        // Without a disk in memory the database itself goes there: the same tables and statements, no files.
        let database = crate::store::in_memory();
        crate::store::enrolment::create(&database, &mut TestRng::new(1)).unwrap();
        assert!(
            crate::past::page(&database, None, &PastAsk::default())
                .unwrap()
                .entries
                .is_empty()
        );
    }
}

#[test]
fn a_vault_lives_on_a_disk() {
    let disk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/vaults");
    fs::create_dir_all(&disk).unwrap();
    lives(tempfile::tempdir_in(disk).unwrap());
}

/// Runs `a_small_disk_fills_up` on a disk of its own in memory, which only a namespace of its own can mount.
#[cfg(target_os = "linux")]
#[test]
fn a_vault_on_a_full_disk_says_so_and_loses_nothing() {
    let disk = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=1536k,mode=0700 small \"$KHYBER_SMALL_DISK\" && exec \"$@\"";
    let program = std::env::current_exe().unwrap();
    let run = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(program)
        .args([
            "--exact",
            "tests::faults::a_small_disk_fills_up",
            "--ignored",
            "--nocapture",
        ])
        .env("KHYBER_SMALL_DISK", disk.path())
        .output();
    let run = run.expect("`unshare` of util-linux is needed for a disk that can be filled");
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(
        run.status.success() && said.contains("1 passed"),
        "no disk could be filled here (a user namespace and a tmpfs in it are needed), or a vault on it failed:\n{said}"
    );
}

#[test]
#[ignore = "needs a small disk of its own: a_vault_on_a_full_disk_says_so_and_loses_nothing runs it"]
fn a_small_disk_fills_up() {
    let disk = std::env::var_os("KHYBER_SMALL_DISK").expect("the folder of the small disk");
    let disk = Path::new(&disk);
    let ballast = disk.join("ballast");
    let mut full = 0;
    // From no room at all to some: each step meets the end of the disk at another of its writes.
    for room in (0..=48).step_by(8) {
        let mut province = Province::new(NOW);
        let mut phone = Phone::in_folder(42, tempfile::tempdir_in(disk).unwrap());
        phone.wallet.save_draft(super::good_draft(), NOW).unwrap();
        phone.wallet.set_photo(&super::jpeg(), NOW).unwrap();
        phone.enrol(&mut province, NOW).unwrap();
        let mut rows = 0;
        for (name, step, after) in LIFE {
            fill(&ballast, room);
            match step(&mut phone, &mut province) {
                Ok(()) => {}
                Err(error) => {
                    assert_eq!(error.code, UiCode::StorageFull, "{name} with {room} KiB");
                    full += 1;
                    // With room again the vault is as it was before the step, and the step can be done.
                    fs::remove_file(&ballast).unwrap();
                    whole(&mut phone, rows, name);
                    step(&mut phone, &mut province).unwrap();
                }
            }
            _ = fs::remove_file(&ballast);
            rows = after;
            whole(&mut phone, rows, name);
        }
        // A new vault, and one of version 1 that has to be brought to this version.
        fill(&ballast, room);
        let folder = tempfile::tempdir_in(disk).map_err(|_| ());
        if let Ok(folder) = folder {
            let mut wallet = wallet_in(folder.path(), &MemoryKey::default());
            if let Err(error) = wallet.create_vault(PIN, NOW, &mut phone.rng) {
                assert_eq!(error.code, UiCode::StorageFull);
                full += 1;
                fs::remove_file(&ballast).unwrap();
                wallet.create_vault(PIN, NOW, &mut phone.rng).unwrap();
            }
        }
        _ = fs::remove_file(&ballast);
        full += u32::from(migrates_later(disk, &ballast, room));
    }
    assert!(full > 10, "the disk was full only {full} times");
}

/// A vault of version 1 on a disk with this much room: it opens, or says that the disk is full and stays as it was.
fn migrates_later(disk: &Path, ballast: &Path, room: usize) -> bool {
    let folder = tempfile::tempdir_in(disk).unwrap();
    let key = super::stored::copy(folder.path(), 1);
    let mut wallet = wallet_in(folder.path(), &key);
    fill(ballast, room);
    let full = match wallet.unlock(PIN, NOW) {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.code, UiCode::StorageFull, "migration with {room} KiB");
            true
        }
    };
    fs::remove_file(ballast).unwrap();
    if full {
        let left = files::database(folder.path());
        let journal = |path: &std::path::PathBuf| path.to_string_lossy().ends_with("-journal");
        assert!(!left.keys().any(journal), "nothing half done is left");
        wallet.unlock(PIN, NOW).unwrap();
    }
    assert_eq!(wallet.home(NOW).unwrap().card.unwrap().name_ur, "گل زمان");
    full
}

/// Fills the disk but for so many KiB.
fn fill(ballast: &Path, room: usize) {
    use std::io::Write as _;

    let mut file = fs::File::create(ballast).unwrap();
    while file.write_all(&[0; 1024]).is_ok() {}
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(room as u64 * 1024)).unwrap();
}

#[test]
fn a_disk_that_cannot_be_written_is_said_so_and_can_be_read() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(43, &mut province);
    phone.wallet.show_timed("age", None, NOW).unwrap();
    let before = files::database(phone.folder.path());
    // As on a disk that the system took to reading only after an error: the file opens, no write goes through.
    phone
        .wallet
        .database()
        .execute_batch("PRAGMA query_only = ON")
        .unwrap();
    for error in [
        phone.wallet.show_timed("age", None, NOW).unwrap_err(),
        phone.wallet.forget_past_between(NOW, NOW.plus(9)).unwrap_err(),
    ] {
        assert_eq!(error.code, UiCode::StorageReadOnly);
    }
    assert_eq!(phone.wallet.past(PastAsk::default()).unwrap().entries.len(), 1);
    assert!(phone.wallet.home(NOW).unwrap().card.is_some());
    assert!(files::database(phone.folder.path()) == before);
}

#[test]
fn damage_anywhere_in_the_file_is_a_code_and_the_file_stays_as_it_is() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(44, &mut province);
    for second in 0..9 {
        phone.wallet.show_timed("age", None, NOW.plus(second)).unwrap();
    }
    phone.wallet.lock(NOW).unwrap();
    let path = files::database_path(phone.folder.path());
    let good = fs::read(&path).unwrap();
    let mut rng = TestRng::new(5);
    let mut found = 0;
    for round in 0..60 {
        let mut bytes = good.clone();
        if round % 6 == 0 {
            // Cut short, at a page's edge or not.
            let pages = bytes.len() / 4096;
            let at = 1 + usize::try_from(rng.next_u32()).unwrap() % (pages - 1);
            bytes.truncate(at * 4096 + (round % 4) * 1000);
        } else {
            for _ in 0..=round % 3 {
                let at = usize::try_from(rng.next_u32()).unwrap() % bytes.len();
                bytes[at] ^= 1 << (round % 8);
            }
        }
        fs::write(&path, &bytes).unwrap();
        phone.start_again();
        let error = phone
            .wallet
            .unlock(PIN, NOW)
            .err()
            .or_else(|| reads(&mut phone).err());
        if let Some(error) = error {
            assert_eq!(error.code, UiCode::VaultDamaged, "round {round}");
            found += 1;
        }
        phone.wallet.lock(NOW).unwrap();
        assert!(
            files::database(phone.folder.path()).into_values().eq([bytes]),
            "round {round}: touched"
        );
    }
    assert!(
        found > 50,
        "damage was found {found} times: every page has its own check"
    );
    fs::write(&path, &good).unwrap();
    whole(&mut phone, 9, "mended");
}

/// All that screens read, and every page.
fn reads(phone: &mut Phone) -> Result<(), UiError> {
    phone.wallet.home(NOW)?;
    phone.wallet.draft()?;
    phone.wallet.photo()?;
    phone.wallet.timed_choices(NOW)?;
    phone.wallet.past(PastAsk::default())?;
    phone.wallet.past(PastAsk {
        words: "desk".to_owned(),
        ..PastAsk::default()
    })?;
    let check: String = phone
        .wallet
        .database()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if check == "ok" {
        Ok(())
    } else {
        Err(UiCode::VaultDamaged.into())
    }
}

/// A change that was cut short leaves a journal. It is played back, by an app that understands the vault; without it the
/// change is half done, which is found as damage or is no change at all.
#[test]
fn a_journal_that_was_left_brings_back_what_was() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(45, &mut province);
    phone.wallet.show_timed("age", None, NOW).unwrap();
    let cut = half_done(&phone);
    phone.start_again();
    for (path, bytes) in &cut {
        fs::write(path, bytes).unwrap();
    }
    whole(&mut phone, 1, "played back");
    // The same without its journal.
    let path = files::database_path(phone.folder.path());
    phone.start_again();
    fs::write(&path, &cut[&path]).unwrap();
    let error = phone
        .wallet
        .unlock(PIN, NOW)
        .err()
        .or_else(|| reads(&mut phone).err());
    assert!(error.is_none_or(|error| error.code == UiCode::VaultDamaged));
}

/// The files of a vault in the middle of a change that has reached the disk: the database and its hot journal.
fn half_done(phone: &Phone) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    let database = phone.wallet.database();
    database
        .execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; UPDATE credential SET raw = zeroblob(length(raw));")
        .unwrap();
    let files = files::database(phone.folder.path());
    assert!(
        files
            .keys()
            .any(|path| path.to_string_lossy().ends_with("-journal"))
    );
    database
        .execute_batch("ROLLBACK; PRAGMA cache_size = -2000;")
        .unwrap();
    files
}

#[test]
fn a_newer_vault_is_not_touched_nor_is_its_journal() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(46, &mut province);
    let later = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'later', '', '')";
    phone.wallet.database().execute(later, []).unwrap();
    let cut = half_done(&phone);
    for journal in [false, true] {
        phone.start_again();
        for (path, bytes) in &cut {
            if journal || !path.to_string_lossy().ends_with("-journal") {
                fs::write(path, bytes).unwrap();
            }
        }
        if !journal {
            phone.start_again();
        }
        let before = files::database(phone.folder.path());
        let error = phone.wallet.unlock(PIN, NOW).unwrap_err();
        assert_eq!(error.code, UiCode::VaultTooNew, "journal: {journal}");
        assert!(
            files::database(phone.folder.path()) == before,
            "journal: {journal}: touched"
        );
    }
}

const FORMS: [&str; 24] = [
    "Gul Zaman",
    "GUL ZAMAN",
    "Zaman",
    "گل زمان",
    "زمان",
    "Sher Zaman",
    "شیر زمان",
    "شير زمان",
    "99999-1234567-1",
    "9999912345671",
    "99999 1234567 1",
    "1234567",
    "۹۹۹۹۹۱۲۳۴۵۶۷۱",
    "٩٩٩٩٩١٢٣٤٥٦٧١",
    "03000000011",
    "0300-0000011",
    "+923000000011",
    "1990-05-04",
    "19900504",
    "bajaur",
    "PSH-26-104711",
    "Test desk",
    "ٹیسٹ ڈیسک",
    "ازموینې",
];

/// After everything that writes, and in the middle of a change with its journal on the disk: no name, number or address is
/// in any file of the folder.
#[test]
fn no_file_holds_a_name_or_a_number_of_its_content() {
    let mut province = Province::new(NOW);
    province.domicile = Some(("PSH-26-104711", 1));
    let mut phone = Phone::enrolled(47, &mut province);
    phone.wallet.show_timed("residence", None, NOW).unwrap();
    for (nonce, vct) in (1..).zip([credential::Vct::IDENTITY, super::province::domicile()]) {
        let request = super::documents::ask(&province, vct, nonce);
        let view = phone.wallet.read_request_text(&request.text, NOW).unwrap();
        phone.wallet.answer_request(view.id, None, NOW).unwrap();
    }
    for words in ["test", "ٹیسٹ", "گل زمان", "99999-1234567-1"] {
        phone
            .wallet
            .past(PastAsk {
                words: words.to_owned(),
                ..PastAsk::default()
            })
            .unwrap();
    }
    let half_done = half_done(&phone);
    assert_eq!(half_done.len(), 2);
    let mut looked_at = 0;
    for (path, bytes) in files::all(phone.folder.path()).into_iter().chain(half_done) {
        looked_at += bytes.len();
        for form in FORMS {
            assert!(!files::hold(&bytes, form), "{form} in {}", path.display());
        }
        assert!(!files::hold(&bytes, "SQLite format"), "{}", path.display());
    }
    assert!(looked_at > 100_000, "{looked_at}");
    // The search does find what is there: the same in a file without encryption.
    let plain = phone.folder.path().join("plain");
    fs::write(&plain, "x\u{0}Gul Zaman 99999-1234567-1").unwrap();
    assert!(
        files::hold(&fs::read(&plain).unwrap(), FORMS[0])
            && files::hold(&fs::read(&plain).unwrap(), FORMS[8])
    );
}
