//! Kinds of passes as data: what the register says is what the officer sees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::collections::BTreeMap;

use counter::StationCode;
use counter::types::Script;
use credential::{Facts, Field, PassType, Vct};
use desk::{Desk, Land, is, verdict};

const BOAT: &str = r#"{
    "vct": "boat-permit", "name": {"en": "Boat permit", "ur": "کشتی کا پرمٹ", "ps": "د بېړۍ جواز"},
    "icon": "boat", "lifetime_days": 90, "stock": 2, "status": "none", "photo": false, "assurance": 0,
    "show": {"request": true},
    "claims": [
        {"key": "river", "at": {"fact": 40}, "kind": "word", "required": true,
         "label": {"en": "River", "ur": "دریا", "ps": "سيند"},
         "words": [{"code": 1, "key": "swat", "label": {"en": "Swat", "ur": "سوات", "ps": "سوات"}}]},
        {"key": "owner_cnic", "at": {"fact": 33}, "kind": "cnic",
         "label": {"en": "Owner", "ur": "مالک", "ps": "مالک"}},
        {"key": "fee", "at": {"fact": 32}, "kind": "money",
         "label": {"en": "Fee", "ur": "فیس", "ps": "فيس"}}
    ]}"#;

#[tokio::test]
async fn a_kind_that_is_added_to_the_register_is_shown_in_its_words_and_order() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let facts = Facts {
        fields: BTreeMap::from([
            (32, Field::Number(25_000)),
            (33, Field::Number(9_999_912_345_671)),
            (40, Field::Number(1)),
        ]),
        ..Facts::default()
    };
    let vct = Vct::parse("boat-permit").unwrap();
    let pass = land.issue(1, vct, facts, None);
    // A register without it: genuine, and cannot be decided.
    let asked = serde_json::json!({ "ask": "boat-permit" });
    let (_, refused) = desk.json("/api/request", asked).await;
    assert_eq!(refused["code"], "station_type_not_asked");
    // A desk that asked before it had a register.
    let other = tempfile::tempdir().unwrap();
    let early = Desk::empty(&land, other.path());
    assert_eq!(early.app.station().take_trust_list(&land.trust), Ok(true));
    let request = early.ask("boat-permit").await;
    assert_eq!(
        early.app.station().take_type_register(&land.types(1, &[])),
        Ok(true)
    );
    let reply = early.text(&land.answer(&pass, &request)).await;
    assert_eq!(verdict(&reply), is("undecided", "unknown_type"));
    assert!(reply.claims.is_empty());

    let boat: PassType = serde_json::from_str(BOAT).unwrap();
    let newer = land.types(2, &[boat]);
    assert_eq!(desk.app.station().take_type_register(&newer), Ok(true));
    let kinds = desk.state().await["station"]["kinds"].clone();
    let names: Vec<_> = kinds
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| &kind["name"]["en"])
        .collect();
    assert_eq!(names, ["Identity", "Age", "Boat permit", "Name and photo"]);
    let request = desk.ask("boat-permit").await;
    let reply = desk.text(&land.answer(&pass, &request)).await;
    assert_eq!(verdict(&reply), is("accepted", "accepted"));
    assert_eq!(reply.kind.unwrap().name.ps, "د بېړۍ جواز");
    let shown: Vec<_> = reply
        .claims
        .iter()
        .map(|claim| (claim.label.ur.as_str(), claim.value.as_str(), claim.script))
        .collect();
    assert_eq!(
        shown,
        [
            ("دریا", "swat", Script::Word),
            ("مالک", "99999-*******-1", Script::Number),
            ("فیس", "25000", Script::Money),
        ]
    );
    assert_eq!(reply.claims[0].words.as_ref().unwrap().en, "Swat");
}

#[tokio::test]
async fn a_register_is_kept_and_never_goes_back() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    {
        let desk = Desk::ready(&land, folder.path());
        let mut station = desk.app.station();
        assert_eq!(station.take_type_register(&land.types(5, &[])), Ok(true));
        assert_eq!(station.take_type_register(&land.types(5, &[])), Ok(false));
        let older = station.take_type_register(&land.types(4, &[]));
        assert_eq!(older, Err(StationCode::TypesRolledBack));
        let mut forged = land.types(6, &[]);
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(
            station.take_type_register(&forged),
            Err(StationCode::TypesRefused)
        );
    }
    let desk = Desk::empty(&land, folder.path());
    let state = desk.state().await;
    assert_eq!(state["station"]["kinds"][0]["name"]["en"], "Identity");
    let again = desk.app.station().take_type_register(&land.types(4, &[]));
    assert_eq!(again, Err(StationCode::TypesRolledBack));
}
