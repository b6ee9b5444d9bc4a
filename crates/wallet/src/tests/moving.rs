//! A phone that breaks: the backup, the restore.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::province::Province;
use super::{NOW, PIN, Phone};
use crate::code::{UiCode, UiError};
use crate::screen::moving::Moving;
use crate::screen::{DocumentState, Draft, EnrolmentState, HistoryItem, Words};
use crate::{Wallet, complete_word};

/// A phone with a card, passes and some history.
pub(super) fn full(seed: u64) -> (Phone, Province) {
    let mut province = Province::new(NOW);
    province.domicile = Some(("DOM-1", 1));
    let mut phone = Phone::enrolled(seed, &mut province);
    for _ in 0..3 {
        let showing = phone.wallet.show_timed("residence", None, NOW).unwrap();
        phone.wallet.end_showing(showing.id, NOW).unwrap();
    }
    (phone, province)
}

pub(super) fn code<T: std::fmt::Debug>(result: Result<T, UiError>) -> UiCode {
    result.unwrap_err().code
}

pub(super) struct Backup {
    pub(super) file: Vec<u8>,
    words: Vec<Words>,
    pub(super) digits: String,
}

pub(super) fn backup(phone: &mut Phone) -> Backup {
    let phrase = phone.wallet.make_phrase(&mut phone.rng).unwrap();
    let asked = |at: &u32| phrase.words[*at as usize - 1].clone();
    // One in Pashto, one in English: it is the thing that counts.
    let two = [asked(&phrase.ask[0]).ps, asked(&phrase.ask[1]).en];
    let folder = tempfile::tempdir().unwrap();
    let file = phone
        .wallet
        .make_backup(&two, folder.path(), NOW, &mut phone.rng)
        .unwrap();
    assert!(file.documents > 0 && file.history > 0);
    assert_eq!(file.name, "khyber-pass-2026-11-22.kpb");
    Backup {
        file: std::fs::read(folder.path().join(file.name)).unwrap(),
        words: phrase.words,
        digits: phrase.digits,
    }
}

/// What a citizen would miss.
pub(super) fn belongings(wallet: &mut Wallet) -> (Draft, Vec<HistoryItem>) {
    (wallet.draft().unwrap(), wallet.history().unwrap())
}

pub(super) fn same_belongings(old: &(Draft, Vec<HistoryItem>), wallet: &mut Wallet) {
    let (draft, history) = belongings(wallet);
    // The picture stays on the old phone: binding a new one wants a new one.
    assert!(!draft.has_photo);
    let has_photo = old.0.has_photo;
    assert!(Draft { has_photo, ..draft } == old.0);
    assert_eq!(history, old.1);
}

#[test]
fn a_backup_brings_everything_back_to_look_at_and_nothing_to_present() {
    let (mut old, _) = full(40);
    old.wallet.set_auto_lock(30).unwrap();
    old.wallet.set_sync_limits(true, false).unwrap();
    let had = belongings(&mut old.wallet);
    let card = old.wallet.home(NOW).unwrap().card.unwrap();
    let made = backup(&mut old);
    for phrase in [
        made.digits.clone(),
        made.words
            .iter()
            .map(|word| word.ur.as_str())
            .collect::<Vec<_>>()
            .join(" "),
    ] {
        let mut new = Phone::new(41);
        let state = new.wallet.restore_backup(&made.file, &phrase, NOW).unwrap();
        assert_eq!(state.moving, Moving::Restored);
        new.restart();
        assert_eq!(new.wallet.app_state(NOW).unwrap().moving, Moving::Restored);
        same_belongings(&had, &mut new.wallet);
        assert_eq!(new.wallet.safety().unwrap().auto_lock_seconds, 30);
        let limits = new.wallet.on_its_way(NOW).unwrap();
        assert!(limits.on_metered && !limits.in_background);
        let restored = new.wallet.restored().unwrap().unwrap();
        assert!(restored.from_backup);
        assert!(restored.card.unwrap() == card);
        let kinds: Vec<&str> = restored.documents.iter().map(|one| one.vct.as_str()).collect();
        assert_eq!(kinds, ["age", "domicile", "name-photo", "residence"]);
        let domicile = &restored.documents[1];
        assert!(!domicile.kind.name.ps.is_empty());
        assert!(
            domicile
                .claims
                .iter()
                .any(|claim| claim.value.as_deref() == Some("DOM-1"))
        );

        assert_eq!(
            code(new.wallet.show_timed("residence", None, NOW)),
            UiCode::RestoredNotBound
        );
        assert_eq!(new.wallet.timed_choices(NOW).unwrap(), []);
        assert!(new.wallet.home(NOW).unwrap().card.is_none());
    }
    // The old phone has not changed by it.
    assert_eq!(belongings(&mut old.wallet).1, had.1);
}

#[test]
fn no_key_of_the_old_phone_is_in_a_backup() {
    let (mut old, _) = full(42);
    let made = backup(&mut old);
    let phrase = crate::backup::phrase::Phrase::parse(&made.digits).unwrap();
    let archive = crate::backup::open(&made.file, &phrase).unwrap();
    let packed = archive.pack().unwrap();
    let json = miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap();
    let text = String::from_utf8(json).unwrap();
    let secrets: Vec<[u8; 32]> = ["device_seed", "holder_seed"]
        .map(|seed| {
            let sql = format!("SELECT {seed} FROM enrolment");
            old.wallet
                .database()
                .query_row(&sql, [], |row| row.get(0))
                .unwrap()
        })
        .into();
    for secret in secrets {
        for form in [
            hex::encode(secret),
            STANDARD.encode(secret),
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret),
        ] {
            assert!(!text.contains(&form[..30]));
        }
    }
    for name in ["seed", "holder_index", "idempotency", "photo\":\"_9j"] {
        assert!(!text.contains(name), "{name}");
    }
}

#[test]
fn a_phrase_that_was_not_written_down_makes_no_file() {
    let (mut phone, _) = full(43);
    let phrase = phone.wallet.make_phrase(&mut phone.rng).unwrap();
    let [first, second] = [0, 1].map(|at: usize| phrase.words[phrase.ask[at] as usize - 1].en.clone());
    for two in [
        vec![],
        vec![first.clone()],
        vec![second.clone(), first.clone()],
        vec![first.clone(), "khyberpass".to_owned()],
    ] {
        let made = phone
            .wallet
            .make_backup(&two, phone.folder.path(), NOW, &mut phone.rng);
        assert_eq!(made.unwrap_err().code, UiCode::PhraseNotConfirmed);
    }
    phone.wallet.lock(NOW).unwrap();
    phone.wallet.unlock(PIN, NOW).unwrap();
    let made = phone
        .wallet
        .make_backup(&[first, second], phone.folder.path(), NOW, &mut phone.rng);
    assert_eq!(made.unwrap_err().code, UiCode::PhraseGone);
}

#[test]
fn a_restore_says_what_is_wrong_and_changes_nothing() {
    let (mut old, _) = full(44);
    let made = backup(&mut old);
    let mut new = Phone::new(45);
    let mut broken = made.file.clone();
    broken[200] ^= 4;
    let other = made.digits.replace(' ', "");
    let swapped: String = other.chars().rev().collect();
    let mut newer = made.file.clone();
    newer[4] = 9;
    for (file, phrase, expected) in [
        (&made.file, "one two", UiCode::PhraseMalformed),
        (
            &made.file,
            "one two three four five six",
            UiCode::PhraseWordUnknown,
        ),
        (&made.file, swapped.as_str(), UiCode::PhraseDigitWrong),
        (&made.file, "00000 00000 00000 00000", UiCode::BackupWrongPhrase),
        (&broken, made.digits.as_str(), UiCode::BackupDamaged),
        (&newer, made.digits.as_str(), UiCode::BackupTooNew),
        (&b"a letter".to_vec(), made.digits.as_str(), UiCode::NotABackup),
    ] {
        assert_eq!(code(new.wallet.restore_backup(file, phrase, NOW)), expected);
        assert_eq!(new.wallet.app_state(NOW).unwrap().moving, Moving::None);
    }
    new.wallet.restore_backup(&made.file, &made.digits, NOW).unwrap();
    assert_eq!(
        code(new.wallet.restore_backup(&made.file, &made.digits, NOW)),
        UiCode::RestoreNotEmpty
    );
    assert_eq!(
        code(old.wallet.restore_backup(&made.file, &made.digits, NOW)),
        UiCode::RestoreNotEmpty
    );
    // A backup of what was restored has the same again.
    let again = backup(&mut new);
    let mut third = Phone::new(46);
    third
        .wallet
        .restore_backup(&again.file, &again.digits, NOW)
        .unwrap();
    assert!(third.wallet.restored().unwrap().unwrap().card.is_some());
}

#[test]
fn a_restored_wallet_is_bound_like_a_new_one_and_then_presents() {
    let (mut old, mut province) = full(47);
    let had = belongings(&mut old.wallet);
    let made = backup(&mut old);
    let mut new = Phone::new(48);
    new.wallet.restore_backup(&made.file, &made.digits, NOW).unwrap();
    // Only the face is missing.
    let check = new.wallet.save_draft(new.wallet.draft().unwrap(), NOW).unwrap();
    assert_eq!(
        check
            .errors
            .iter()
            .map(|error| error.field.as_str())
            .collect::<Vec<_>>(),
        ["photo"]
    );
    new.wallet.set_photo(&super::jpeg(), NOW).unwrap();
    new.bind(&mut province, NOW).unwrap();
    let state = new.wallet.app_state(NOW).unwrap();
    assert_eq!(
        (state.moving, state.enrolment),
        (Moving::None, EnrolmentState::Enrolled)
    );
    assert!(new.wallet.restored().unwrap().is_none());
    new.wallet.show_timed("residence", None, NOW).unwrap();
    assert_eq!(new.wallet.history().unwrap().len(), had.1.len() + 1);
}

#[test]
fn a_document_that_ended_while_no_phone_had_it_stays_to_be_looked_at() {
    let (mut old, mut province) = full(49);
    let made = backup(&mut old);
    province.domicile = None;
    let mut new = Phone::new(50);
    new.wallet.restore_backup(&made.file, &made.digits, NOW).unwrap();
    new.wallet.set_photo(&super::jpeg(), NOW).unwrap();
    new.bind(&mut province, NOW).unwrap();
    let people = new.wallet.documents(NOW).unwrap().people;
    let domicile: Vec<_> = people[0]
        .documents
        .iter()
        .filter(|one| one.vct == "domicile")
        .map(|one| one.state)
        .collect();
    assert_eq!(domicile, [DocumentState::Withdrawn]);
}

#[test]
fn words_are_completed_in_three_languages() {
    let some = crate::backup::words::word(700);
    for text in [&some.en, &some.ur, &some.ps] {
        assert!(complete_word(text).contains(&some), "{text}");
    }
    assert!(complete_word("").is_empty());
}
