//! The file: frozen, whole or refused, and what refuses it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use super::*;
use crate::archive::tests::with_history;
use crate::testing::TestRng;

const DIGITS: &str = "08158 23170 40276 92116";

fn phrase() -> Phrase {
    Phrase::make(&mut TestRng::new(60))
}

/// At the least cost that is read, so that a test can try many.
fn file(rows: u64) -> Vec<u8> {
    seal(&with_history(rows), &phrase(), Cost::FLOOR, &mut TestRng::new(61)).unwrap()
}

/// With a sum that fits what was changed.
fn with_sum(mut file: Vec<u8>) -> Vec<u8> {
    let end = file.len() - SUM_BYTES;
    let sum = sum(&file[..end]);
    file[end..].copy_from_slice(&sum);
    file
}

#[test]
fn the_file_of_version_1_opens_for_ever() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/backup-v1.kpb");
    let phrase = Phrase::parse(DIGITS).unwrap();
    if std::env::var_os("KHYBER_BLESS").is_some() && !path.exists() {
        let made = seal(&with_history(5), &phrase, Cost::BACKUP, &mut TestRng::new(61)).unwrap();
        std::fs::write(&path, made).unwrap();
    }
    let frozen = std::fs::read(&path).unwrap();
    let archive = open(&frozen, &phrase).unwrap();
    assert_eq!(archive.rows(), 5);
    assert_eq!(archive.draft.as_ref().unwrap().name_en, "Gul  Zaman");
    // Byte for byte, from the same phrase and the same random bytes.
    let again = seal(&archive, &phrase, Cost::BACKUP, &mut TestRng::new(61)).unwrap();
    assert!(again == frozen);
}

#[test]
fn any_changed_bit_is_refused() {
    let good = file(1);
    let phrase = phrase();
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1 << (at % 8);
        let refused = match open(&changed, &phrase).err().unwrap() {
            BackupError::NotABackup => at < MAGIC.len(),
            BackupError::TooNew => at == MAGIC.len(),
            BackupError::Damaged => at >= MAGIC.len(),
            _ => false,
        };
        assert!(refused, "byte {at}");
    }
    // Whoever changes the file can write a fitting sum; the seal refuses what that hides.
    for at in (MAGIC.len()..HEAD_BYTES).chain([HEAD_BYTES, good.len() - SUM_BYTES - 1]) {
        let mut changed = good.clone();
        // The highest bit of the memory's third byte would be a cost that takes minutes, and is within no limit.
        changed[at] ^= 1;
        let error = open(&with_sum(changed), &phrase).err().unwrap();
        assert!(
            matches!(
                error,
                BackupError::Damaged | BackupError::WrongPhrase | BackupError::TooNew
            ),
            "byte {at}: {error}"
        );
    }
}

#[test]
fn each_reason_has_its_own_error() {
    let good = file(0);
    let error = |file: &[u8]| open(file, &phrase()).err().unwrap();
    assert_eq!(error(b""), BackupError::NotABackup);
    assert_eq!(error(b"PK\x03\x04"), BackupError::NotABackup);
    assert_eq!(error(b"KPBK"), BackupError::Damaged);
    assert_eq!(
        error(b"KPBK\x02 whatever a newer version writes"),
        BackupError::TooNew
    );
    assert_eq!(error(&good[..good.len() - 1]), BackupError::Damaged);
    assert_eq!(
        error(&[MAGIC, &vec![0; FILE_BYTES_MAX][..]].concat()),
        BackupError::TooLarge
    );
    let other = Phrase::make(&mut TestRng::new(62));
    assert_eq!(open(&good, &other).err(), Some(BackupError::WrongPhrase));
    // A cost that would take a phone's memory is refused before anything is tried.
    let mut dear = good.clone();
    dear[MAGIC.len() + 1..MAGIC.len() + 5].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(error(&with_sum(dear)), BackupError::Damaged);
    let mut cheap = good.clone();
    cheap[MAGIC.len() + 1..MAGIC.len() + 5].copy_from_slice(&8_u32.to_be_bytes());
    assert_eq!(error(&with_sum(cheap)), BackupError::Damaged);
}

#[test]
fn lengths_tell_little() {
    assert_eq!(padded(0), 4096);
    assert_eq!(padded(4097), 4352);
    for length in [4096, 5000, 100_000, 1_000_003, PACKED_BYTES_MAX + LENGTH_BYTES] {
        let padded = padded(length);
        assert!(padded >= length && (padded - length) * 8 < length, "{length}");
        assert!(HEAD_BYTES + padded + TAG_BYTES + SUM_BYTES <= FILE_BYTES_MAX);
    }
    let (few, none) = (file(3), file(0));
    assert_eq!(few.len(), none.len());
}

#[test]
fn nothing_that_is_known_stands_in_the_file() {
    let file = file(20);
    for known in ["Gul", "99999", "1234567", "گل", "residence", "over_18", "schema"] {
        let bytes = known.as_bytes();
        assert!(!file.windows(bytes.len()).any(|part| part == bytes), "{known}");
    }
}

/// What gets past the sum and the key, for fuzzing: the limits of what is unsealed have to hold by themselves.
pub(crate) fn unseal_any(plain: &[u8]) -> Option<Archive> {
    let key = [7; 32];
    let mut file = file_head();
    let sealed = cipher(&key)
        .encrypt(
            &XNonce::from([0; NONCE_BYTES]),
            Payload {
                msg: plain,
                aad: &file,
            },
        )
        .unwrap();
    file.extend_from_slice(&sealed);
    file.extend_from_slice(&[0; SUM_BYTES]);
    let file = with_sum(file);
    unseal(&Parts::of(&file).unwrap(), &key).ok()
}

fn file_head() -> Vec<u8> {
    let [memory, passes, lanes] = Cost::FLOOR.numbers();
    let small = [passes, lanes].map(|number| u8::try_from(number).unwrap());
    let zeros = [0; SALT_BYTES + CHECK_BYTES + NONCE_BYTES];
    [&MAGIC[..], &[VERSION], &memory.to_be_bytes(), &small, &zeros].concat()
}

/// A plain text as a good file has it.
pub(crate) fn good_plain() -> Vec<u8> {
    let packed = with_history(2).pack().unwrap();
    let mut plain = u32::try_from(packed.len()).unwrap().to_be_bytes().to_vec();
    plain.extend_from_slice(&packed);
    plain.resize(padded(plain.len()), 0);
    plain
}
