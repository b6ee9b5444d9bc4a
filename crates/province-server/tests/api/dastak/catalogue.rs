//! What a platform offers, held against what the province published: named, proposed, and never taken over by itself.

use std::path::Path;

use axum::http::{Method, StatusCode};
use credential::Catalogue;
use province_api::catalogue::packaged::packaged;
use province_api::dispatch::catalogue::{DispatchCatalogue, DispatchCatalogueReply, FindingCode};
use province_api::paths;
use province_server::admin::AdminError;
use province_server::audit_admin::Sealed;
use province_server::catalogue_files::parse;
use province_server::dispatch_admin::Offer;
use sandbox::dastak::Dastak;
use serde_json::{Value, json};

use super::{CODES, Inside, KEY, caller, offered};
use crate::applications::applied;
use crate::bench::Bench;
use crate::callers::SystemCaller;

/// One that says more and other things than the province.
fn strange() -> DispatchCatalogue {
    let mut offer = offered();
    let new = |code: &str, service: Option<&str>, office: &str| {
        let mut one = offered().services.swap_remove(1);
        code.clone_into(&mut one.code);
        one.service = service.map(str::to_owned);
        office.clone_into(&mut one.office);
        one
    };
    let [domicile, arms, fard] = &mut offer.services[..] else {
        panic!()
    };
    domicile.fee_rupees = Some(999);
    domicile.limit = Some(serde_json::from_value(json!({ "days": 3, "unit": "working_days" })).unwrap());
    arms.fee_rupees = Some(1_500);
    "home".clone_into(&mut fard.office);
    "Fard of land".clone_into(&mut fard.name.en);
    let mut nameless = new("HOME.NAMELESS", None, "home");
    nameless.name.en.clear();
    let mut dear = new("HOME.DEAR", None, "home");
    dear.fee_rupees = Some(u32::MAX);
    offer.services.extend([
        new("HOME.PASS", None, "home"),
        new("HOME.LOST", Some("no-such-service"), "home"),
        new("HOME.LOST", Some("lost-report"), "no-such-office"),
        new("two words", Some("fir-copy"), "home"),
        new("FIR-COPY", None, "home"),
        nameless,
        dear,
        new("HOME.ARMS", Some("arms-licence-new"), "home"),
    ]);
    offer
}

fn expected() -> Vec<(u32, FindingCode)> {
    use FindingCode::{
        CodeMalformed, CodeTwice, EntryUnfit, FeeDiffers, FeeNew, LimitDiffers, LimitNew, NameDiffers,
        OfficeDiffers, OfficeUnknown, ServiceNew, ServiceTwice, ServiceUnknown,
    };
    let of_each: [&[FindingCode]; 11] = [
        &[FeeDiffers, LimitDiffers],
        &[FeeNew],
        &[OfficeDiffers, NameDiffers],
        &[ServiceNew],
        &[ServiceUnknown],
        // In each language.
        &[
            CodeTwice,
            OfficeUnknown,
            OfficeDiffers,
            NameDiffers,
            NameDiffers,
            NameDiffers,
            LimitNew,
        ],
        &[CodeMalformed, NameDiffers, NameDiffers, NameDiffers, LimitNew],
        &[ServiceTwice],
        &[EntryUnfit, ServiceNew],
        &[EntryUnfit, ServiceNew],
        &[ServiceTwice],
    ];
    let numbered = (1..).zip(of_each);
    numbered
        .flat_map(|(n, codes)| codes.iter().map(move |code| (n, *code)))
        .collect()
}

#[tokio::test]
async fn every_fault_and_every_conflict_is_named_and_nothing_is_taken_over() {
    let bench = Bench::new().await;
    caller(&bench).await;
    let mut dastak = Dastak::new(ed25519_dalek::SigningKey::from_bytes(&[KEY; 32]), 1);
    let before = bench.get(paths::CATALOGUE).await.body;
    let (mut line, now) = (Inside::of(&bench), bench.now().unix());
    let reply = dastak.offer(&mut line, &strange(), now).await.unwrap();
    let found: Vec<_> = reply
        .findings
        .iter()
        .map(|one| (one.entry, one.finding))
        .collect();
    assert_eq!(found, expected());
    assert_eq!(reply.clean, 1);
    let fee = &reply.findings[0];
    assert_eq!(
        (fee.published.as_deref(), fee.offered.as_deref()),
        (Some("200"), Some("999"))
    );
    let limit = &reply.findings[1];
    assert_eq!(
        (limit.published.as_deref(), limit.offered.as_deref()),
        (Some("10 days"), Some("3 working_days"))
    );
    // Nothing is published, and nothing is carried.
    assert_eq!(bench.get(paths::CATALOGUE).await.body, before);
    let phone = bench.enrolled(0, 1).await;
    applied(&bench, &phone, "arms-licence-new").await;
    assert!(dastak.pull(&mut line, now).await && dastak.cases().is_empty());

    let body = json!({ "services": [{ "code": "A" }] }).to_string();
    let malformed =
        SystemCaller::new(KEY).signed(&Method::POST, paths::DISPATCH_CATALOGUE, body.as_bytes(), now);
    assert_eq!(bench.send(malformed).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_proposal_holds_what_is_new_and_leaves_every_word_that_was_published() {
    let bench = Bench::new().await;
    let file = serde_json::to_string(&strange()).unwrap();
    let offer = Offer {
        system: "dastak",
        file: Some(&file),
    };
    let looked = bench.office.look_at_offer(offer, Some(packaged().unwrap())).await;
    let (looked, proposed) = looked.unwrap();
    assert!(looked.findings.len() > 10);
    let proposed = proposed.unwrap();
    let packaged_here = packaged().unwrap();
    assert_eq!(proposed.offices, packaged_here.offices);
    let mut differing = Vec::new();
    for (own, new) in packaged_here.services.iter().zip(&proposed.services) {
        if own != new {
            assert_eq!(
                (&own.id, &own.name, &own.office, own.limit),
                (&new.id, &new.name, &new.office, new.limit)
            );
            assert_eq!((own.fee_rupees, new.fee_rupees), (None, Some(1_500)));
            assert!(new.source_note.ends_with("(offered by dastak as HOME.ARMS-NEW)"));
            differing.push(&*new.id);
        }
    }
    assert_eq!(differing, ["arms-licence-new"]);
    let added = &proposed.services[packaged_here.services.len()..];
    let added: Vec<_> = added
        .iter()
        .map(|one| (&*one.id, &*one.office, one.name_ps_review))
        .collect();
    assert_eq!(added, [("home-pass", "home", true)]);
    // It is a file as any other: an operator signs it, or does not.
    let read = parse(&serde_json::to_string(&proposed).unwrap()).unwrap();
    assert_eq!(
        bench.office.publish_catalogue(&read, bench.now()).await.unwrap(),
        2
    );
    let bytes = bench.get(paths::CATALOGUE).await.body;
    let newest = Catalogue::verify(&bytes, &bench.trust().await, None).unwrap();
    assert_eq!(newest.content().services.len(), packaged_here.services.len() + 1);
    // What is held against another file than the published one would bring back what that left out.
    let stale = bench.office.look_at_offer(offer, Some(packaged().unwrap())).await;
    assert!(matches!(stale, Err(AdminError::DispatchBase)));
}

#[tokio::test]
async fn an_operator_lets_a_platform_carry_what_contradicts_nothing_and_the_next_word_replaces_the_last() {
    let bench = Bench::new().await;
    let sent = |file| Offer {
        system: "dastak",
        file,
    };
    let none = bench.office.settle_dispatch(sent(None), bench.now()).await;
    assert!(matches!(none, Err(AdminError::DispatchNothing)));
    let broken = bench
        .office
        .settle_dispatch(sent(Some("{\"services\": 1}")), bench.now())
        .await;
    assert!(matches!(broken, Err(AdminError::DispatchFile { line: 1, .. })));

    caller(&bench).await;
    let mut dastak = Dastak::new(ed25519_dalek::SigningKey::from_bytes(&[KEY; 32]), 1);
    let (mut line, now) = (Inside::of(&bench), bench.now().unix());
    let reply = dastak.offer(&mut line, &offered(), now).await.unwrap();
    assert_eq!((reply.clean, reply.findings.len()), (3, 0));
    let settled = bench
        .office
        .settle_dispatch(sent(None), bench.now())
        .await
        .unwrap();
    assert_eq!(settled.clean.len(), CODES.len());
    let phone = bench.enrolled(0, 1).await;
    applied(&bench, &phone, "fard").await;
    assert!(dastak.pull(&mut line, now).await);
    assert_eq!(dastak.cases().len(), 1);

    // Another platform gets none of them.
    let file = serde_json::to_string(&offered()).unwrap();
    let other = Offer {
        system: "other",
        file: Some(&file),
    };
    let looked = bench.office.settle_dispatch(other, bench.now()).await.unwrap();
    let found: Vec<_> = looked.findings.iter().map(|one| one.finding).collect();
    assert_eq!(found, [FindingCode::ServiceTaken; 3]);
    assert!(looked.clean.is_empty());

    // It offers less: what it carries already stays with it.
    let mut less = offered();
    less.services.truncate(1);
    dastak.offer(&mut line, &less, now).await.unwrap();
    bench
        .office
        .settle_dispatch(sent(None), bench.now())
        .await
        .unwrap();
    applied(&bench, &phone, "fard").await;
    applied(&bench, &phone, "domicile-certificate").await;
    assert!(dastak.pull(&mut line, now).await);
    assert_eq!(dastak.cases().len(), 2);
    assert!(dastak.push(&mut line, now).await);

    bench.province.chain_audit().await.unwrap();
    let mut log = Vec::new();
    bench
        .office
        .export_audit(&mut log, Sealed::Closed, bench.now())
        .await
        .unwrap();
    let log = String::from_utf8(log).unwrap();
    let settled = log
        .lines()
        .filter(|line| line.contains("dispatch_settled"))
        .count();
    assert_eq!(settled, 3);
}

#[test]
fn the_schema_of_the_file_takes_what_the_program_writes_and_names_every_member() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/dispatch-catalogue.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let written = serde_json::to_value(offered()).unwrap();
    let entry = &schema["properties"]["services"]["items"];
    let named: Vec<&String> = entry["properties"].as_object().unwrap().keys().collect();
    for one in written["services"].as_array().unwrap() {
        let members = one.as_object().unwrap();
        assert!(members.keys().all(|key| named.contains(&key)));
        let needed = entry["required"].as_array().unwrap();
        assert!(
            needed
                .iter()
                .all(|key| members.contains_key(key.as_str().unwrap()))
        );
    }
    // A member that the program does not know is refused by both.
    assert_eq!(entry["additionalProperties"], json!(false));
    let mut more = written.clone();
    more["services"][0]["colour"] = json!("green");
    assert!(serde_json::from_value::<DispatchCatalogue>(more).is_err());
    let document = crate::openapi::document();
    let known = &document["components"]["schemas"]["DispatchEntry"];
    let known: Vec<&String> = known["properties"].as_object().unwrap().keys().collect();
    assert_eq!(named, known);
    assert!(serde_json::from_value::<DispatchCatalogueReply>(json!({ "clean": 0, "findings": [] })).is_ok());
}
