//! The type register: who may sign it, what it may say, and what follows from it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
#[path = "common/documents.rs"]
mod documents;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use credential::*;
use documents::*;

fn read(bytes: &[u8], previous: Option<&TypeRegister>) -> Result<TypeRegister, RegisterError> {
    TypeRegister::verify(bytes, &trust_for(&register_content()), previous)
}

#[test]
fn the_packaged_types_are_signed_and_read_back_as_they_are() {
    let register = register();
    assert_eq!(register.types(), packaged());
    let names: Vec<_> = register.types().iter().map(|one| one.vct.as_str()).collect();
    let all = "age residence sehat identity name-photo domicile police-clearance vehicle-card driving-licence \
               arms-licence birth-certificate b-form e-stamp payment-receipt disability-certificate farmer-record \
               staff";
    assert_eq!(names, all.split_whitespace().collect::<Vec<_>>());
    assert!(register.bytes().len() < REGISTER_BYTES_MAX);
    println!("{} bytes for {} types", register.bytes().len(), names.len());
    for one in register.types() {
        let labels = one.claims.iter().flat_map(|claim| {
            let words = claim.words.iter().map(|word| &word.label);
            words.chain([&claim.label])
        });
        for names in labels.chain([&one.name]) {
            assert!(
                !names.ur.is_empty() && !names.ps.is_empty(),
                "{}: {}",
                one.vct,
                names.en
            );
        }
    }
}

#[test]
fn a_register_never_goes_back_and_has_one_content_for_a_number() {
    let held = register();
    let older = register_bytes(&changed(|c| c.sequence = 3));
    assert_eq!(read(&older, Some(&held)).unwrap_err(), RegisterError::Older);
    let other = register_bytes(&changed(|c| c.exp = c.exp.plus(1)));
    assert_eq!(read(&other, Some(&held)).unwrap_err(), RegisterError::SameNumber);
    assert_eq!(read(held.bytes(), Some(&held)).unwrap().sequence(), 4);
    let newer = register_bytes(&changed(|c| c.sequence = 5));
    assert_eq!(read(&newer, Some(&held)).unwrap().sequence(), 5);
}

#[test]
fn only_a_key_for_registers_signs_one() {
    let sign = |word: &str| TypeRegister::sign(&register_content(), &key(word)).unwrap();
    assert_eq!(
        read(&sign("somebody"), None).unwrap_err(),
        RegisterError::UnknownKey
    );
    for other in ["issuer", "status", "certifier", "every type"] {
        assert_eq!(
            read(&sign(other), None).unwrap_err(),
            RegisterError::KeyNotAllowed
        );
    }
    let mut forged = sign("register");
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(read(&forged, None).unwrap_err(), RegisterError::Signature);
    let early = register_bytes(&changed(|c| c.iat = NOW.minus(days(31))));
    assert_eq!(read(&early, None).unwrap_err(), RegisterError::KeyExpired);
    let mut trust = trust_content_for(&register_content());
    trust
        .keys
        .iter_mut()
        .for_each(|one| one.revoked_at = Some(NOW.minus(days(2))));
    let withdrawn = TypeRegister::verify(&sign("register"), &trust_of(&trust), None);
    assert_eq!(withdrawn.unwrap_err(), RegisterError::KeyRevoked);
    let manifest = StatusManifest::sign(&status_content(&bits(false)), &key("register")).unwrap();
    assert_eq!(read(&manifest, None).unwrap_err(), RegisterError::OtherKind);
    assert_eq!(
        read(&vec![0; REGISTER_BYTES_MAX + 1], None).unwrap_err(),
        RegisterError::TooLarge
    );
    assert_eq!(
        read(&sign("register")[1..], None).unwrap_err(),
        RegisterError::Malformed
    );
}

/// The code of the whole age pass under one change of what the desk knows.
fn code_knowing(register: &TypeRegister, claims: &Claims, now: Timestamp) -> Code {
    let trust = trust_for(&register_content());
    let credential = issue(claims, &key("every type")).unwrap();
    let shown = forge::present(&credential, &holder(1));
    verify(&shown, &knowing(timed_context(&trust, now), register)).code
}

#[test]
fn a_desk_with_a_register_knows_what_a_pass_must_hold() {
    let age = whole_age_claims();
    assert_eq!(code_knowing(&register(), &age, NOW), Code::Accepted);
    let without = |name: &str| {
        let name = vct(name);
        register_of(&changed(|c| c.types.retain(|one| one.vct != name)))
    };
    assert_eq!(code_knowing(&without("age"), &age, NOW), Code::UnknownType);
    assert_eq!(code_knowing(&without("domicile"), &age, NOW), Code::Accepted);
    let mut half = age.clone();
    half.facts.over_60 = None;
    assert_eq!(code_knowing(&register(), &half, NOW), Code::ClaimsMissing);
    let asked_only = register_of(&changed(|c| c.types[0].show.timed = false));
    assert_eq!(code_knowing(&asked_only, &age, NOW), Code::RequestRequired);
    let ended = register_of(&changed(|c| c.exp = NOW));
    assert_eq!(code_knowing(&ended, &age, NOW), Code::TypesExpired);
    let ahead = register_of(&changed(|c| c.iat = at(121)));
    assert_eq!(code_knowing(&ahead, &age, NOW), Code::ClockWrong);
    for code in [Code::UnknownType, Code::ClaimsMissing, Code::TypesExpired] {
        assert_eq!(code.verdict(), Verdict::Undecided);
    }
}

#[test]
fn a_document_on_the_phone_needs_its_photo_and_a_request() {
    let content = register_content();
    let (trust, register, asked) = (trust_for(&content), register(), certified_request("domicile"));
    let decide = |credential: &[u8]| {
        let text = answered(&asked, credential, &holder(3), &trust);
        let bits = bits(false);
        let mut listed = status_content(&bits);
        let entry = listed.lists[LIST].clone();
        listed.lists.insert("dom".to_owned(), entry);
        let manifest = StatusManifest::sign(&listed, &key("status")).unwrap();
        let mut status = StatusSet::new(StatusManifest::verify(&manifest, &trust, None).unwrap());
        status.add_bitmap("dom", StatusPurpose::Revoked, &bits).unwrap();
        verify(
            &text,
            &knowing(request_context(&trust, &status, &asked), &register),
        )
        .code
    };
    let credential = issued_by_type(&register, &domicile_claims(false)).unwrap();
    assert_eq!(decide(&credential), Code::FaceNotCompared);
    assert_eq!(
        present_timed(&credential, &holder(3), DESK, NOW),
        Err(PresentError::RequestRequired)
    );
    let mut faceless = domicile_claims(false);
    faceless.facts.photo_sha256 = None;
    assert_eq!(issued_by_type(&register, &faceless), Err(IssueError::NoPhoto));
    let mut nameless = domicile_claims(false);
    nameless.identity.as_mut().unwrap().full_name = None;
    assert_eq!(
        decide(&issue(&nameless, &key("every type")).unwrap()),
        Code::ClaimsMissing
    );
}

/// A request of a desk whose certificate lists one kind.
fn certified_request(name: &str) -> IssuedRequest {
    let claims = CounterCertificateClaims {
        allowed: vec![vct(name)],
        ..certificate_claims()
    };
    let certificate = issue_counter_certificate(&claims, &key("certifier")).unwrap();
    let desk = key("desk");
    let signer = Signer {
        key: &desk,
        certificate: Some(&certificate),
    };
    build_request(&vct(name), DESK, [7; 16], NOW, Some(signer)).unwrap()
}

fn answered(asked: &IssuedRequest, credential: &[u8], holder: &SecretKey, trust: &TrustList) -> String {
    let request = read_request(&asked.text, Some(trust), NOW).unwrap();
    present_to_request(credential, holder, &request).unwrap()
}

#[test]
fn a_type_that_is_added_as_data_is_issued_asked_for_and_shown() {
    const BOATS: &str = r#"{"types": [{
        "vct": "boat-permit", "icon": "boat", "lifetime_days": 90, "stock": 2, "assurance": 0,
        "name": {"en": "Boat permit", "ur": "کشتی کا پرمٹ", "ps": "د بېړۍ جواز"},
        "status": "none", "photo": false, "show": {"request": true},
        "claims": [
            {"key": "boat", "at": {"fact": 40}, "kind": "latin", "required": true,
             "label": {"en": "Boat", "ur": "کشتی", "ps": "بېړۍ"}},
            {"key": "river", "at": {"fact": 33}, "kind": "word", "required": true,
             "label": {"en": "River", "ur": "دریا", "ps": "سیند"},
             "words": [{"code": 1, "key": "swat", "label": {"en": "Swat", "ur": "سوات", "ps": "سوات"}}]},
            {"key": "fee", "at": {"fact": 32}, "kind": "money",
             "label": {"en": "Fee", "ur": "فیس", "ps": "فيس"}}
        ]}]}"#;
    let content = changed(|c| c.types.extend(types_of(BOATS)));
    let (trust, register) = (trust_for(&content), register_of(&content));
    let claims = Claims {
        vct: vct("boat-permit"),
        facts: Facts {
            fields: BTreeMap::from([
                (32, Field::Number(25_000)),
                (33, Field::Number(1)),
                (40, Field::Text("Kalam 7".to_owned())),
            ]),
            ..Facts::default()
        },
        ..age_claims()
    };
    let credential = issued_by_type(&register, &claims).unwrap();
    let asked = certified_request("boat-permit");
    let text = answered(&asked, &credential, &holder(1), &trust);
    let ctx = Context {
        now: NOW,
        trust: Some(&trust),
        status: None,
        types: Some(&register),
        expect: Expect::Request(&asked),
        rule: None,
    };
    let outcome = verify(&text, &ctx);
    assert_eq!(outcome.code, Code::Accepted);
    let verified = outcome.verified.unwrap();
    let kind = register.find(&verified.claims().vct).unwrap();
    assert_eq!(kind.name.in_language("ps"), "د بېړۍ جواز");
    let shown: Vec<_> = kind.shown(verified.claims()).collect();
    let labels: Vec<_> = shown
        .iter()
        .map(|one| one.claim.label.in_language("ur"))
        .collect();
    assert_eq!(labels, ["کشتی", "دریا", "فیس"]);
    assert_eq!(shown[0].value, Value::Text("Kalam 7"));
    assert!(matches!(shown[1].value, Value::Word(word) if word.label.en == "Swat"));
    assert_eq!(shown[2].value, Value::Number(25_000));
    // A desk whose register is a day older cannot decide, and one without any still sees what is genuine.
    let older = documents::register();
    assert_eq!(verify(&text, &knowing(ctx, &older)).code, Code::UnknownType);
    assert_eq!(
        verify(&text, &Context { types: None, ..ctx }).code,
        Code::Accepted
    );
}

#[test]
fn nothing_is_issued_that_its_type_does_not_say() {
    type Change = fn(&mut Claims);
    let wrong: &[(IssueError, Change)] = &[
        (IssueError::ClaimMissing, |c| _ = c.facts.fields.remove(&32)),
        (IssueError::ClaimMissing, |c| {
            c.identity.as_mut().unwrap().id = None;
        }),
        // A day that is none.
        (IssueError::ClaimMissing, |c| {
            _ = c.facts.fields.insert(33, Field::Number(20_261_301));
        }),
        (IssueError::UnknownClaim, |c| {
            _ = c.facts.fields.insert(60, Field::Truth(true));
        }),
        (IssueError::UnknownClaim, |c| c.facts.over_18 = Some(true)),
        (IssueError::UnknownClaim, |c| {
            c.identity.as_mut().unwrap().full_name_local = Some("زرغونہ".to_owned());
        }),
        (IssueError::StatusDiffers, |c| c.status = None),
        (IssueError::StatusDiffers, |c| {
            c.status.as_mut().unwrap().uri = "id".to_owned();
        }),
        (IssueError::LivesTooLong, |c| c.exp = c.exp.plus(DAY)),
        (IssueError::UnknownType, |c| c.vct = vct("passport")),
        (IssueError::NoPhoto, |c| c.facts.photo_sha256 = None),
        (IssueError::ClaimMissing, |c| {
            _ = c.facts.fields.insert(34, Field::Text(String::new()));
        }),
        (IssueError::BadField, |c| {
            _ = c
                .facts
                .fields
                .insert(34, Field::Text("x".repeat(FIELD_BYTES_MAX + 1)));
        }),
        (IssueError::BadField, |c| {
            _ = c.facts.fields.insert(32, Field::Text("a\u{202e}b".to_owned()));
        }),
    ];
    assert!(issued_by_type(&register(), &domicile_claims(false)).is_ok());
    for (error, change) in wrong {
        let mut claims = domicile_claims(false);
        change(&mut claims);
        assert_eq!(issued_by_type(&register(), &claims), Err(*error));
    }
    assert!(issued_by_type(&register(), &domicile_claims(true)).is_ok());
    let printed_age = Claims {
        holder: None,
        ..whole_age_claims()
    };
    assert_eq!(
        issued_by_type(&register(), &printed_age),
        Err(IssueError::NotPrinted)
    );
    let low = |c: &mut RegisterContent| c.types[3].assurance = 3;
    let mut identity = identity_claims();
    identity.facts.assurance = Some(2);
    identity.status.as_mut().unwrap().uri = "id".to_owned();
    assert!(issued_by_type(&register(), &identity).is_ok());
    let result = issued_by_type(&register_of(&changed(low)), &identity);
    assert_eq!(result, Err(IssueError::AssuranceTooLow));
}

/// A driving licence that is valid until a day, with the end that its issuer gave it.
fn licence(until: u64, exp: Timestamp) -> Claims {
    let mut claims = domicile_claims(true);
    claims.vct = vct("driving-licence");
    LIST.clone_into(&mut claims.status.as_mut().unwrap().uri);
    let identity = claims.identity.as_mut().unwrap();
    identity.date_of_birth = Some("19900515".to_owned());
    identity.full_name_local = None;
    identity.guardian_local = None;
    claims.exp = exp;
    let text = |value: &str| Field::Text(value.to_owned());
    claims.facts.fields = BTreeMap::from([
        (32, text("PSH-4471")),
        (33, Field::Number(20_251_102)),
        (34, Field::Number(until)),
        (35, text("M, LTV")),
        (37, text("peshawar")),
    ]);
    claims
}

#[test]
fn a_document_holds_no_longer_than_its_own_last_day() {
    let mut content = register_content();
    for one in &mut content.types {
        if one.vct == vct("driving-licence") {
            one.status = StatusRule::List(LIST.to_owned());
        }
    }
    let (register, trust, status) = (register_of(&content), trust_for(&content), status(false));
    let (today, tomorrow) = (NOW.start_of_day(), NOW.start_of_day().plus(DAY));
    assert_eq!(today, Timestamp::start_of(2026, 11, 21));
    let issued_for = |until: u64, exp: Timestamp| issued_by_type(&register, &licence(until, exp));
    let kind = register.find(&vct("driving-licence")).unwrap();
    assert_eq!(kind.ends(&licence(20_261_121, tomorrow).facts), Some(tomorrow));
    assert!(issued_for(20_261_121, tomorrow).is_ok());
    let too_long = Some(IssueError::LivesTooLong);
    assert_eq!(issued_for(20_261_121, tomorrow.plus(DAY)).err(), too_long);
    assert_eq!(issued_for(20_261_120, tomorrow).err(), too_long);
    // No longer than its kind lives either, however late its last day is.
    assert!(issued_for(20_361_120, today.plus(days(366))).is_ok());
    assert_eq!(issued_for(20_361_120, today.plus(days(367))).err(), too_long);

    // An issuer that did not look: a desk with the register does.
    let read = |until: u64, knows: bool| {
        let claims = licence(until, today.plus(days(30)));
        let text = document_text(&issue(&claims, &key("every type")).unwrap()).unwrap();
        let ctx = Context {
            types: knows.then_some(&register),
            status: Some(&status),
            ..timed_context(&trust, NOW)
        };
        verify(&text, &ctx).code
    };
    assert_eq!(read(20_261_121, true), Code::DocumentOnly);
    assert_eq!(read(20_261_120, true), Code::Expired);
    assert_eq!(read(20_261_120, false), Code::DocumentOnly);
    let phone = |until: u64| {
        let mut claims = licence(until, today.plus(days(30)));
        claims.holder = Some(holder(3).public().into());
        claims.facts.photo_sha256 = Some(sha256(&PHOTO));
        let asked = certified_request("driving-licence");
        let pass = issue(&claims, &key("every type")).unwrap();
        let text = answered(&asked, &pass, &holder(3), &trust);
        verify(
            &text,
            &knowing(request_context(&trust, &status, &asked), &register),
        )
        .code
    };
    assert_eq!(phone(20_261_121), Code::FaceNotCompared);
    assert_eq!(phone(20_261_120), Code::Expired);
}

/// A credential whose facts are written by hand.
fn with_facts(pairs: &[(i64, Vec<u8>)]) -> Vec<u8> {
    let (header, payload, _) = forge::open(&issued(&age_claims()));
    let mut claims = forge::pairs(&payload);
    for (_, facts) in claims.iter_mut().filter(|(label, _)| *label == -65_601) {
        *facts = forge::map(pairs);
    }
    forge::sign1(&header, &forge::map(&claims), &key("issuer"))
}

#[test]
fn fields_are_read_strictly_by_a_reader_without_the_register() {
    let good = with_facts(&[
        (1, vec![0xf5]),
        (32, forge::text("a")),
        (33, forge::uint(7)),
        (200, vec![0xf4]),
        (255, forge::bytes(&[1, 2])),
    ]);
    let facts = Credential::parse(&good)
        .unwrap()
        .unverified_claims()
        .facts
        .clone();
    let numbers: BTreeSet<_> = facts.fields.keys().copied().collect();
    assert_eq!(numbers, BTreeSet::from([32, 33, 200, 255]));
    assert_eq!(facts.fields[&255], Field::Bytes(vec![1, 2]));
    // Whatever a register would say, a document's fields are for a certified request.
    let shown = forge::present(&good, &holder(1));
    assert_eq!(code(&shown), Code::RequestRequired);

    let many: Vec<_> = (0..=i64::try_from(FIELDS_MAX).unwrap())
        .map(|n| (32 + n, forge::uint(1)))
        .collect();
    let wrong = [
        vec![(10, forge::uint(1))],
        vec![(31, forge::uint(1))],
        vec![(256, forge::uint(1))],
        vec![(-1, forge::uint(1))],
        vec![(32, forge::int(-1))],
        vec![(32, forge::array(&[]))],
        vec![(32, forge::map(&[]))],
        vec![(33, forge::uint(1)), (32, forge::uint(1))],
        vec![(32, forge::text(&"x".repeat(FIELD_BYTES_MAX + 1)))],
        vec![(32, forge::bytes(&[0; FIELD_BYTES_MAX + 1]))],
        vec![(32, forge::text("a\u{202e}b"))],
        many,
    ];
    for pairs in wrong {
        let result = Credential::parse(&with_facts(&pairs));
        assert_eq!(result.unwrap_err(), Code::Malformed, "{pairs:?}");
    }
}

#[test]
fn a_value_of_another_kind_than_the_register_says_is_not_shown() {
    let register = register();
    let kind = register.find(&vct("vehicle-card")).unwrap();
    let keys =
        |claims: &Claims| -> Vec<String> { kind.shown(claims).map(|one| one.claim.key.clone()).collect() };
    let mut claims = vehicle_claims();
    let whole = keys(&claims);
    assert_eq!(whole.len(), 9);
    claims.facts.fields.insert(37, Field::Number(99));
    claims.facts.fields.insert(36, Field::Text("2012".to_owned()));
    claims
        .facts
        .fields
        .insert(41, Field::Text("not in the register".to_owned()));
    let left: Vec<_> = whole
        .into_iter()
        .filter(|key| key != "body" && key != "model_year")
        .collect();
    assert_eq!(keys(&claims), left);
}
