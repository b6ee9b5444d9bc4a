//! What may leave: all of it comes back, and no key is in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::store::{offer, past_document, put_away, showing};
use crate::tests::good_draft;

pub(crate) const AT: Timestamp = Timestamp::from_unix(1_795_316_400);

/// A database with every migration.
pub(crate) fn database() -> Connection {
    let database = crate::store::in_memory();
    enrolment::create(&database, &mut crate::testing::TestRng::new(3)).unwrap();
    database
}

/// A draft and so many rows of history.
pub(crate) fn with_history(rows: u64) -> Archive {
    let database = database();
    draft_table::save(&database, &good_draft()).unwrap();
    put_rows(&database, rows);
    Archive::of(&database, Language::Ps, AT).unwrap()
}

fn put_rows(database: &Connection, rows: u64) {
    for at in 0..rows {
        let row = showing::New {
            at: AT.plus(at * 86_500),
            which: if at % 3 == 0 { Vct::AGE } else { Vct::RESIDENCE }.into(),
            mode: crate::screen::ShowingMode::Request,
            outcome: crate::screen::ShowingOutcome::Shown,
            reason: None,
            desk: Some(&credential::Names::new(
                format!("Desk {}", at % 7),
                "دفتر",
                "دفتر",
            )),
            claims: &["over_18".to_owned(), "photo".to_owned()],
            last_pass: at % 9 == 0,
        };
        showing::insert(database, &row).unwrap();
    }
}

#[test]
fn a_content_has_one_form_and_no_other_is_read() {
    let archive = with_history(3);
    let json = archive.to_json().unwrap();
    let pack = |json: &[u8]| miniz_oxide::deflate::compress_to_vec_zlib(json, 6);
    assert!(Archive::unpack(&pack(&json)).unwrap() == archive);
    let text = String::from_utf8(json).unwrap();
    for (from, to) in [
        ("{\"schema\"", "{ \"schema\""),
        ("\"language\":\"ps\"", "\"language\":\"pu\""),
        ("\"public\":[]", "\"public\":[],\"more\":1"),
        (
            "\"documents\":[]",
            "\"documents\":[{\"vct\":\"age\",\"raw\":\"AA\"}]",
        ),
        ("\"made_at\":", "\"made_at\":-"),
    ] {
        assert!(text.contains(from), "{from}");
        let other = text.replacen(from, to, 1);
        assert_eq!(
            Archive::unpack(&pack(other.as_bytes())).err(),
            Some(ArchiveError::Malformed)
        );
    }
    // A newer version may say more; that it is newer is what the citizen is told.
    let newer = text.replacen("\"public\":[]", "\"public\":[],\"more\":1", 1);
    let schema = format!("\"schema\":{}", archive.schema);
    assert!(newer.contains(&schema));
    let newer = newer.replacen(&schema, &format!("\"schema\":{}", archive.schema + 1), 1);
    assert_eq!(
        Archive::unpack(&pack(newer.as_bytes())).err(),
        Some(ArchiveError::TooNew)
    );
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b' '; CONTENT_BYTES_MAX + 1], 6);
    assert_eq!(Archive::unpack(&bomb).err(), Some(ArchiveError::TooLarge));
}

#[test]
fn names_that_a_database_does_not_have_never_reach_sql() {
    let enter = |bend: fn(&mut Archive)| {
        let mut archive = with_history(2);
        bend(&mut archive);
        let json = archive.to_json().unwrap();
        let archive = Archive::unpack(&miniz_oxide::deflate::compress_to_vec_zlib(&json, 6)).unwrap();
        let database = database();
        let transaction = database.unchecked_transaction().unwrap();
        match archive.enter(&transaction, Source::Backup, None, AT) {
            Err(EnterError::Archive(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let bends: [fn(&mut Archive); 7] = [
        |archive| archive.history[0].rename("enrolment", None),
        |archive| archive.history[0].rename("showing; DROP TABLE showing", None),
        |archive| archive.history[0].rename("showing", Some("id")),
        |archive| archive.history[0].rename("showing", Some("at) VALUES (1); --")),
        |archive| archive.history[0].rename("showing", Some("vct")),
        |archive| archive.history[0].shorten(),
        |archive| {
            archive.public.push(PublicFile {
                name: "status-manifest".to_owned(),
                bytes: Bytes(vec![1]),
            });
        },
    ];
    for bend in bends {
        assert_eq!(enter(bend), ArchiveError::Malformed);
    }
    assert_eq!(enter(|archive| archive.schema += 1), ArchiveError::TooNew);
}

#[test]
fn signed_lists_that_are_here_stay_and_what_ended_or_was_put_away_comes_along() {
    let here = database();
    artefact::save(&here, artefact::TRUST_LIST, b"older", AT).unwrap();
    artefact::save(&here, &artefact::root_change(1), b"change", AT).unwrap();
    past_document::insert(
        &here,
        Vct::AGE.into(),
        b"signed",
        (AT, past_document::Why::Withdrawn),
    )
    .unwrap();
    put_away::insert(&here, (Vct::AGE.into(), 7), AT).unwrap();
    offer::replace(&here, &[(Vct::AGE.into(), 7)].into()).unwrap();
    let archive = Archive::of(&here, Language::En, AT).unwrap();

    let there = database();
    artefact::save(&there, artefact::TRUST_LIST, b"newer", AT).unwrap();
    archive.enter(&there, Source::Backup, None, AT).unwrap();
    let held = |name: &str| artefact::load(&there, name).unwrap();
    assert_eq!(held(artefact::TRUST_LIST).unwrap(), b"newer");
    // A change of the roots that this list does not come after would be of no use beside it.
    assert_eq!(held(&artefact::root_change(1)), None);
    assert_eq!(past_document::all(&there).unwrap()[0].raw, b"signed");
    // Whether it is still offered is for the province to say.
    assert_eq!(put_away::all(&there).unwrap(), []);
    offer::replace(&there, &[(Vct::AGE.into(), 7)].into()).unwrap();
    assert_eq!(put_away::all(&there).unwrap()[0].which, Vct::AGE.into());

    let empty = database();
    archive.enter(&empty, Source::Backup, None, AT).unwrap();
    assert_eq!(
        artefact::load(&empty, artefact::TRUST_LIST).unwrap().unwrap(),
        b"older"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_leaves_one_vault_is_what_enters_the_next(rows in 0_u64..40, draft: bool, address in "\\PC{0,60}") {
        let here = database();
        if draft {
            let draft = Draft { address, ..good_draft() };
            draft_table::save(&here, &draft).unwrap();
        }
        draft_table::save_photo(&here, PhotoKind::Draft, b"\xff\xd8\xff the photo that stays").unwrap();
        draft_table::save_photo(&here, PhotoKind::Card, b"RIFF").unwrap();
        put_rows(&here, rows);
        let archive = Archive::of(&here, Language::Ur, AT).unwrap();
        prop_assert_eq!(archive.rows() as u64, rows);
        let there = database();
        prop_assert!(Archive::may_enter(&there).unwrap());
        let read = Archive::unpack(&archive.pack().unwrap()).unwrap();
        read.enter(&there, Source::Transfer, Some("KPX3:0"), AT).unwrap();
        prop_assert!(!Archive::may_enter(&there).unwrap());
        // The same leaves there again, but for the picture that stays.
        let again = Archive::of(&there, Language::Ur, AT).unwrap();
        prop_assert!(again == archive);
        prop_assert_eq!(again.digest().unwrap(), archive.digest().unwrap());
        prop_assert_eq!(draft_table::photo(&there, PhotoKind::Draft).unwrap(), None);
    }
}
