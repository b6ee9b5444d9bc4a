//! Children's documents on a guardian's phone: each by itself, whatever becomes of the others.

use credential::Vct;
use province_api::sync::{Event, FeedEvent};

use super::documents::ask;
use super::moving::{backup, code};
use super::province::{Province, Ward, b_form};
use super::{NOW, Phone};
use crate::UiCode;
use crate::screen::{Child, ItemKind, PastAsk, PastFilter, ShowingOutcome};
use crate::store::credential::{self as passes, Which};

const GUL: Ward = Ward {
    no: 1,
    name_en: "Gul Test",
    name_ur: "گل ٹیسٹ",
    grant: 7,
};
const ZARMINA: Ward = Ward {
    no: 2,
    name_en: "Zarmina Test",
    name_ur: "زرمینہ ٹیسٹ",
    grant: 7,
};

fn of(ward: Ward) -> Which {
    Which {
        vct: b_form(),
        no: ward.no,
    }
}

fn child(ward: Ward) -> Child {
    Child {
        no: ward.no,
        name_en: ward.name_en.to_owned(),
        name_ur: ward.name_ur.to_owned(),
    }
}

/// A phone with the B-forms of both.
fn guardian(seed: u64) -> (Phone, Province) {
    let mut province = Province::new(NOW);
    province.children = vec![GUL, ZARMINA];
    let phone = Phone::enrolled(seed, &mut province);
    (phone, province)
}

fn left(phone: &Phone, ward: Ward) -> u32 {
    passes::stock(phone.wallet.database(), of(ward), NOW)
        .unwrap()
        .left
}

/// The raw passes of a child.
fn raw(phone: &Phone, ward: Ward) -> Vec<Vec<u8>> {
    let sql = "SELECT raw FROM credential WHERE vct = 'b-form' AND no = ?1 ORDER BY id";
    let mut statement = phone.wallet.database().prepare(sql).unwrap();
    let rows = statement.query_map([ward.no], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Whose documents the home screen lists.
fn at_home(phone: &Phone) -> Vec<Option<Child>> {
    let home = phone.wallet.home(NOW).unwrap();
    let documents = home.passes.into_iter().filter(|one| one.document);
    documents.map(|one| one.child).collect()
}

#[test]
fn each_childs_document_is_listed_chosen_and_used_up_by_itself() {
    let (mut phone, mut province) = guardian(60);
    assert_eq!(at_home(&phone), [Some(child(GUL)), Some(child(ZARMINA))]);
    assert_eq!((left(&phone, GUL), left(&phone, ZARMINA)), (2, 2));
    let lines = phone.wallet.on_its_way(NOW).unwrap().items;
    let documents = lines.into_iter().filter(|one| one.what == ItemKind::Document);
    assert_eq!(
        documents.map(|one| one.child.unwrap().no).collect::<Vec<_>>(),
        [1, 2]
    );
    // What names somebody is never shown unasked.
    assert!(
        phone
            .wallet
            .timed_choices(NOW)
            .unwrap()
            .iter()
            .all(|one| one.vct != "b-form")
    );

    let view = phone
        .wallet
        .read_request_text(&ask(&province, b_form(), 1).text, NOW)
        .unwrap();
    let choices: Vec<_> = view
        .choices
        .iter()
        .map(|one| (one.no, one.child.clone()))
        .collect();
    assert_eq!(choices, [(1, Some(child(GUL))), (2, Some(child(ZARMINA)))]);
    let says = |at: usize| view.choices[at].claims[0].value.clone();
    assert_eq!(
        (says(0), says(1)),
        (Some("Gul Test".into()), Some("Zarmina Test".into()))
    );
    assert!(view.claims == view.choices[0].claims);

    // The second one is shown: its stock alone is used, and is filled again by itself.
    let showing = phone.wallet.answer_request(view.id, Some(2), NOW).unwrap();
    assert_eq!(showing.child, Some(child(ZARMINA)));
    assert_eq!(showing.claims[0].value.as_deref(), Some("Zarmina Test"));
    assert_eq!((left(&phone, GUL), left(&phone, ZARMINA)), (2, 1));
    let again = phone
        .wallet
        .read_request_text(&ask(&province, b_form(), 2).text, NOW)
        .unwrap();
    phone.wallet.answer_request(again.id, Some(2), NOW).unwrap();
    let guls = raw(&phone, GUL);
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!((left(&phone, GUL), left(&phone, ZARMINA)), (2, 2));
    assert_eq!(raw(&phone, GUL), guls, "nothing is drawn that is not missing");

    // Nobody is put in another's place.
    let third = phone
        .wallet
        .read_request_text(&ask(&province, b_form(), 3).text, NOW)
        .unwrap();
    assert_eq!(
        code(phone.wallet.answer_request(third.id, Some(0), NOW)),
        UiCode::NoPass
    );
    assert_eq!(
        code(phone.wallet.answer_request(third.id, Some(9), NOW)),
        UiCode::NoPass
    );
    assert_eq!(
        code(phone.wallet.answer_request(third.id, None, NOW)),
        UiCode::ChoiceUnknown
    );
    let first = phone.wallet.answer_request(third.id, Some(1), NOW).unwrap();
    assert_eq!(first.child, Some(child(GUL)));
    let past = phone.wallet.history().unwrap();
    let whose: Vec<_> = past
        .iter()
        .map(|one| one.child.as_ref().map(|child| child.no))
        .collect();
    assert_eq!(whose, [Some(1), Some(2), Some(2)]);
    assert!(past.iter().all(|one| one.outcome == ShowingOutcome::Shown));
}

#[test]
fn what_becomes_of_one_childs_document_leaves_the_others_alone() {
    let (mut phone, mut province) = guardian(61);
    let (guls, zarminas) = (raw(&phone, GUL), raw(&phone, ZARMINA));
    // Granted anew, under another name.
    province.children[0] = Ward {
        grant: 8,
        name_en: "Gul Bibi Test",
        ..GUL
    };
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(left(&phone, GUL), 2);
    assert!(raw(&phone, GUL) != guls && raw(&phone, ZARMINA) == zarminas);
    assert_eq!(at_home(&phone)[0].as_ref().unwrap().name_en, "Gul Bibi Test");

    // The status data say that one is revoked: it is gone from showing before the province's word comes.
    province.revoke_child(2, NOW);
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(at_home(&phone).len(), 1);
    let view = phone
        .wallet
        .read_request_text(&ask(&province, b_form(), 1).text, NOW)
        .unwrap();
    assert_eq!(view.choices.iter().map(|one| one.no).collect::<Vec<_>>(), [1]);

    // One is handed over to the child, who is of age.
    let showing = phone.wallet.answer_request(view.id, Some(1), NOW).unwrap();
    phone.wallet.end_showing(showing.id, NOW).unwrap();
    province.children.remove(0);
    province.feed.push(FeedEvent {
        seq: 1,
        at: NOW.unix(),
        what: Event::DocumentHandedOver {
            vct: "b-form".to_owned(),
            no: 1,
        },
    });
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!((left(&phone, GUL), raw(&phone, ZARMINA) == zarminas), (0, true));
    let view = phone
        .wallet
        .read_request_text(&ask(&province, b_form(), 2).text, NOW)
        .unwrap();
    assert_eq!((view.choices.len(), view.reason), (0, Some(UiCode::NoPass)));
    // The past knows whose it was.
    let everything = phone.wallet.past(PastAsk::default()).unwrap().entries;
    let service = everything.iter().find_map(|one| one.service.as_ref()).unwrap();
    assert_eq!(service.kind, "document_handed_over");
    assert_eq!(service.child.as_ref().unwrap().name_en, "Gul Bibi Test");
    let shown = everything.iter().find_map(|one| one.showing.as_ref()).unwrap();
    assert_eq!(shown.child.as_ref().unwrap().name_en, "Gul Bibi Test");
    let ask = PastAsk {
        filter: PastFilter::Service,
        vct: Some("b-form".to_owned()),
        ..PastAsk::default()
    };
    assert_eq!(phone.wallet.past(ask).unwrap().entries.len(), 1);
}

#[test]
fn a_province_that_gives_one_child_in_place_of_another_changes_nothing_but_that_one() {
    let (mut phone, mut province) = guardian(62);
    // Two of one number cannot be told apart: the tag that the wallet keeps says whether the offers are as they were.
    province.children = vec![ZARMINA];
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!((left(&phone, GUL), left(&phone, ZARMINA)), (0, 2));
    assert!(left_of_kind(&phone, Vct::IDENTITY) > 0);
    province.children = vec![ZARMINA, GUL];
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!((left(&phone, GUL), left(&phone, ZARMINA)), (2, 2));
}

fn left_of_kind(phone: &Phone, vct: Vct) -> u32 {
    passes::stock(phone.wallet.database(), vct, NOW).unwrap().left
}

#[test]
fn a_backup_brings_each_childs_document_back_under_its_name() {
    let (mut old, province) = guardian(63);
    let view = old
        .wallet
        .read_request_text(&ask(&province, b_form(), 1).text, NOW)
        .unwrap();
    old.wallet.answer_request(view.id, Some(2), NOW).unwrap();
    // What is taken out with one child's document is not of the other.
    let shown_of = |ward: Ward| {
        let id = format!("stock:{}", of(ward));
        old.wallet.export(Some(&id), NOW).unwrap().showings.len()
    };
    assert_eq!((shown_of(GUL), shown_of(ZARMINA)), (0, 1));
    let past = old.wallet.history().unwrap();
    let made = backup(&mut old);
    let mut new = Phone::new(64);
    new.wallet.restore_backup(&made.file, &made.digits, NOW).unwrap();
    let restored = new.wallet.restored().unwrap().unwrap();
    let forms: Vec<_> = restored
        .documents
        .iter()
        .filter(|one| one.vct == "b-form")
        .collect();
    let children: Vec<_> = forms.iter().map(|one| one.child.clone()).collect();
    assert_eq!(children, [Some(child(GUL)), Some(child(ZARMINA))]);
    assert_eq!(forms[1].claims[0].value.as_deref(), Some("Zarmina Test"));
    assert_eq!(new.wallet.history().unwrap(), past);
    // It goes on from there to the next file.
    let again = backup(&mut new);
    let mut third = Phone::new(65);
    third
        .wallet
        .restore_backup(&again.file, &again.digits, NOW)
        .unwrap();
    assert_eq!(
        third.wallet.restored().unwrap().unwrap().documents,
        restored.documents
    );
}

#[test]
fn a_vault_of_before_has_everything_as_its_citizens_own() {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    crate::vault::prepare(&database).unwrap();
    let migrations = crate::vault::migrations_in_order();
    for (_, sql) in migrations.iter().filter(|(version, _)| *version < 6) {
        database.execute_batch(sql).unwrap();
    }
    database
        .execute_batch(
            "INSERT INTO offer (vct, grant_no) VALUES ('domicile', 5);
             INSERT INTO credential (vct, raw, holder_index, starts_at, expires_at) VALUES ('domicile', x'01', 3, 1, 9);
             INSERT INTO kept_document (vct, raw) VALUES ('domicile', x'02');
             INSERT INTO showing (at, vct, mode, outcome, claims) VALUES (4, 'domicile', 'request', 'shown', '[]');",
        )
        .unwrap();
    let (_, sql) = migrations.iter().find(|(version, _)| *version == 6).unwrap();
    database.execute_batch(sql).unwrap();
    let own = Which::from(super::province::domicile());
    assert_eq!(crate::store::offer::all(&database).unwrap(), [(own, 5)].into());
    assert_eq!(passes::newest(&database, own).unwrap().unwrap().raw, [1]);
    assert_eq!(
        crate::store::moving::kept(&database).unwrap(),
        [(own, vec![2])].into()
    );
    assert_eq!(
        crate::store::showing::load(&database, 1, None)
            .unwrap()
            .unwrap()
            .child,
        None
    );
}
