//! A guardian's phone with two children's B-forms, at a desk, and what goes over to a child at 18 on a phone of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod stage;

use counter::types::{ScanReply, VerdictView};
use credential::{DAY, Timestamp, Vct};
use province_api::enrolment::EnrolmentRequest;
use province_api::person::{Cnic, Day};
use province_api::reason::Reason;
use province_server::randomness::Randomness;
use province_server::rules::document::{Child, Form, Whose};
use serde_json::json;
use stage::{Numbered, START, Stage};
use wallet::Wallet;
use wallet::screen::PastAsk;

const GUL: (&str, &str, &str) = ("9999971000013", "Gul Test", "2009-03-02");
const ZARMINA: (&str, &str, &str) = ("9999971000024", "Zarmina Test", "2016-02-29");

fn guardian() -> Cnic {
    Cnic::parse(&sandbox::citizens()[0].cnic).unwrap()
}

fn b_form() -> Vct {
    Vct::parse("b-form").unwrap()
}

fn form((number, name, born_on): (&str, &str, &str)) -> Form {
    let fields = json!({
        "child_name_en": name, "child_name_ur": "ٹیسٹ", "child_gender": "female", "father_name": "Ali Test",
        "mother_name": "Sana Test", "registered_on": "2016-05-01", "holder_is": "father",
    });
    let serde_json::Value::Object(fields) = fields else {
        panic!()
    };
    Form {
        cnic: guardian(),
        child: Some(Child {
            number: Cnic::parse(number).unwrap(),
            born_on: Day::parse(born_on).unwrap(),
        }),
        vct: b_form(),
        fields,
    }
}

/// Whose B-forms this phone has, and how many passes of each.
fn held(wallet: &Wallet, now: Timestamp) -> Vec<(Option<String>, u32)> {
    let home = wallet.home(now).unwrap();
    let forms = home.passes.into_iter().filter(|one| one.vct == "b-form");
    let named = forms.map(|one| (one.child.map(|child| child.name_en), one.left));
    named.collect()
}

fn says(reply: &ScanReply, key: &str) -> String {
    let claim = reply.claims.iter().find(|claim| claim.key == key);
    claim.map(|claim| claim.value.clone()).unwrap_or_default()
}

#[tokio::test]
async fn a_child_at_18_takes_its_own_over_from_the_guardians_phone() {
    let mut stage = Stage::set().await.unwrap();
    stage.enrol().await.unwrap();
    for of in [GUL, ZARMINA] {
        stage.grant(&form(of)).await.unwrap();
    }
    stage.refresh().await.unwrap();
    let both = [
        (Some("Gul Test".to_owned()), 2),
        (Some("Zarmina Test".to_owned()), 2),
    ];
    assert_eq!(held(&stage.wallet, stage.now()), both);

    // A school asks; the guardian says whose. The desk compares the guardian's face and reads the child's particulars.
    let mut desk = stage.desk_for(vec![b_form()]).await.unwrap();
    stage.sync(&mut desk).await.unwrap();
    let reply = stage.shown_of((&mut desk, "b-form", 1), Some(2)).unwrap();
    assert_eq!(reply.code.as_deref(), Some("face_not_compared"));
    assert_eq!(says(&reply, "child_name_en"), "Zarmina Test");
    assert_eq!(says(&reply, "name_en"), sandbox::citizens()[0].name_en);
    let of_gul = stage.shown_of((&mut desk, "b-form", 2), Some(1)).unwrap();
    assert_eq!(says(&of_gul, "child_name_en"), "Gul Test");

    // Gul is 18: on the birthday's morning the guardian's phone has nothing of hers to show, without any network.
    let birthday = Timestamp::start_of(2027, 3, 2).unix();
    stage.pass(birthday - START - 60);
    stage.refresh().await.unwrap();
    assert!(held(&stage.wallet, stage.now()).iter().all(|(_, left)| *left > 0));
    stage.pass(120);
    assert_eq!(
        held(&stage.wallet, stage.now())[0],
        (Some("Gul Test".to_owned()), 0)
    );

    // She enrols on a phone of her own, and has it as hers.
    stage.nadra_is_willing().await.unwrap();
    let guardians = stage.take_another_phone().unwrap();
    let given = EnrolmentRequest {
        cnic: GUL.0.to_owned(),
        name_en: GUL.1.to_owned(),
        date_of_birth: GUL.2.to_owned(),
        cnic_issued_on: "2027-03-01".to_owned(),
        ..sandbox::citizens()[1].enrolment()
    };
    stage.enrol_as(given).await.unwrap();
    assert_eq!(held(&stage.wallet, stage.now()), [(None, 2)]);
    let mut desk = stage.desk_for(vec![b_form()]).await.unwrap();
    stage.sync(&mut desk).await.unwrap();
    let reply = stage.shown_to_request(&mut desk, "b-form", 3).unwrap();
    assert_eq!(reply.code.as_deref(), Some("face_not_compared"));
    assert_eq!(
        says(&reply, "child_number"),
        "99999-*******-3",
        "masked, as at any desk"
    );
    assert_eq!(says(&reply, "name_en"), GUL.1);

    // The guardian's phone learns of it at its next sync; the past says whose it was.
    let guls = std::mem::replace(&mut stage.wallet, guardians);
    stage.pass(DAY);
    stage.refresh().await.unwrap();
    // Passes that come to their end were replaced meanwhile: whose they are is what counts.
    let whose_are_here = |stage: &Stage| {
        let held = held(&stage.wallet, stage.now()).into_iter();
        held.map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(whose_are_here(&stage), [Some("Zarmina Test".to_owned())]);
    let past = stage.wallet.past(PastAsk::default()).unwrap().entries;
    let over = past
        .iter()
        .filter_map(|one| one.service.as_ref())
        .find(|one| one.kind == "document_handed_over")
        .unwrap();
    assert_eq!(over.child.as_ref().unwrap().name_en, "Gul Test");
    let shown = past.iter().filter_map(|one| one.showing.as_ref());
    let whose: Vec<_> = shown
        .map(|one| one.child.as_ref().unwrap().name_en.as_str())
        .collect();
    assert_eq!(whose, ["Gul Test", "Zarmina Test"]);

    // What is withdrawn of the other is gone too, and Gul's stays hers.
    let whose = Whose {
        cnic: guardian(),
        child: Some(Cnic::parse(ZARMINA.0).unwrap()),
    };
    let (randomness, kind) = (Randomness::new(Numbered(11)), b_form());
    let withdrawn = stage.office.withdraw(
        whose,
        (&kind, Reason::DepartmentWithdrawal),
        &randomness,
        stage.now(),
    );
    withdrawn.await.unwrap();
    stage.refresh().await.unwrap();
    assert_eq!(held(&stage.wallet, stage.now()), []);
    stage.wallet = guls;
    stage.refresh().await.unwrap();
    assert_eq!(whose_are_here(&stage), [None]);
    stage.sync(&mut desk).await.unwrap();
    let reply = stage.shown_to_request(&mut desk, "b-form", 4).unwrap();
    assert_eq!(reply.verdict, Some(VerdictView::Undecided), "{:?}", reply.code);
}
