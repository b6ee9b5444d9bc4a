//! Readers with a type register, and documents with fields of their own.

use std::collections::BTreeMap;

use credential::*;
use serde_json::{Value, json};

use crate::case::{Folder::*, PLACE, Writer, asked, clock, hex, placed, ruled, status, trusting};
use crate::common::*;
use crate::documents::*;

/// A small register keeps the files small.
pub fn small() -> RegisterContent {
    let mut content = register_content();
    content
        .types
        .retain(|one| ["age", "domicile", "vehicle-card"].contains(&one.vct.as_str()));
    for one in content.types.iter_mut().filter(|one| one.show.printed) {
        let is_domicile = one.vct.as_str() == "domicile";
        one.status = if is_domicile {
            StatusRule::List(LIST.to_owned())
        } else {
            StatusRule::None
        };
    }
    content
}

/// The reader has this register.
pub fn knowing(content: &RegisterContent) -> impl Fn(&mut Value) + use<> {
    let bytes = hex(&register_bytes(content));
    move |case| case["types"] = json!(bytes)
}

pub fn write(w: &Writer<'_>) {
    let content = small();
    let trust = trusting(&trust_content_for(&register_content()));
    let known = knowing(&content);
    let signed = |claims: &Claims| issue(claims, &key("every type")).unwrap();
    let shown = |claims: &Claims| forge::present(&signed(claims), &holder(1));
    let whole = whole_age_claims();
    let mut half = whole.clone();
    half.facts.over_60 = None;

    w.put(
        Valid,
        "types-age",
        "a reader that knows the kinds",
        Code::Accepted,
        &shown(&whole),
        &[&trust, &known],
    );
    w.put(
        Invalid,
        "types-unknown",
        "a kind that the reader's register does not have",
        Code::UnknownType,
        &shown(&Claims {
            vct: vct("residence"),
            ..whole.clone()
        }),
        &[&trust, &known],
    );
    w.put(
        Invalid,
        "types-claim-missing",
        "less than every pass of the kind has",
        Code::ClaimsMissing,
        &shown(&half),
        &[&trust, &known],
    );
    w.put(
        Invalid,
        "types-status-elsewhere",
        "a status where the kind has none: nobody would revoke it there",
        Code::ClaimsMissing,
        &shown(&placed(whole.clone(), PLACE)),
        &[&trust, &known, &status(false)],
    );
    let mut ended = content.clone();
    ended.exp = NOW;
    w.put(
        Edge,
        "types-first-second-after",
        "the register's end",
        Code::TypesExpired,
        &shown(&whole),
        &[&trust, &knowing(&ended)],
    );
    w.put(
        Edge,
        "types-last-second",
        "a second before the register's end",
        Code::Accepted,
        &shown(&whole),
        &[&trust, &knowing(&ended), &clock(-1)],
    );
    let mut ahead = content.clone();
    ahead.iat = at(121);
    w.put(
        Edge,
        "types-121-ahead",
        "the reader's clock 121 seconds before its register",
        Code::ClockWrong,
        &shown(&whole),
        &[&trust, &knowing(&ahead)],
    );
    let mut asked_only = content.clone();
    asked_only.types[0].show.timed = false;
    w.put(
        Invalid,
        "types-request-only",
        "a kind that is shown to a request only, in timed mode",
        Code::RequestRequired,
        &shown(&whole),
        &[&trust, &knowing(&asked_only)],
    );

    let level = |least: u8| {
        let mut rules = rules_content();
        rules.rules[0].assurance_min = least;
        ruled("licence", &rules)
    };
    w.put(
        Valid,
        "types-assurance",
        "a pass that does not say its level: that of its kind counts",
        Code::Accepted,
        &shown(&whole),
        &[&trust, &known, &level(2)],
    );
    w.put(
        Invalid,
        "types-assurance-low",
        "a rule that wants more than the level of the kind",
        Code::AssuranceTooLow,
        &shown(&whole),
        &[&trust, &known, &level(3)],
    );

    // A vehicle card whose token day is the last one on which it holds.
    let mut lasting = content.clone();
    for one in &mut lasting.types {
        for claim in one
            .claims
            .iter_mut()
            .filter(|claim| claim.key == "token_paid_until")
        {
            claim.kind = Kind::LastDay;
        }
    }
    let lasting = knowing(&lasting);
    for (name, what, day, code) in [
        (
            "last-day",
            "a document on its own last day",
            20_261_121,
            Code::DocumentOnly,
        ),
        (
            "last-day-over",
            "a document on the day after its own last day",
            20_261_120,
            Code::Expired,
        ),
    ] {
        let mut claims = vehicle_claims();
        claims.status = None;
        claims.facts.fields.insert(40, Field::Number(day));
        w.put(
            Edge,
            name,
            what,
            code,
            &printed(&signed(&claims)),
            &[&trust, &lasting],
        );
    }

    let kind = |name: &str| {
        let claims = CounterCertificateClaims {
            allowed: vec![vct(name)],
            ..certificate_claims()
        };
        let certified = issue_counter_certificate(&claims, &key("certifier")).unwrap();
        let desk = key("desk");
        let desk_signs = Signer {
            key: &desk,
            certificate: Some(&certified),
        };
        build_request(&vct(name), DESK, [7; 16], NOW, Some(desk_signs)).unwrap()
    };
    let answer = |request: &IssuedRequest, claims: &Claims, holder: &SecretKey| {
        let trust = trust_for(&register_content());
        let read = read_request(&request.text, Some(&trust), NOW).unwrap();
        present_to_request(&signed(claims), holder, &read).unwrap()
    };
    let request = kind("domicile");
    let to = asked(&request);
    let fresh = status(false);
    let mut domicile = domicile_claims(false);
    domicile.status = Some(StatusRef {
        index: PLACE,
        uri: LIST.to_owned(),
    });
    let text = answer(&request, &domicile, &holder(3));
    let face = Code::FaceNotCompared;
    w.put(
        Valid,
        "document",
        "a domicile certificate to a certified request",
        face,
        &text,
        &[&trust, &known, &to, &fresh],
    );
    w.put(
        Valid,
        "document-without-register",
        "the same, and a reader without a register",
        face,
        &text,
        &[&trust, &to, &fresh],
    );
    w.put(
        Invalid,
        "document-revoked",
        "a domicile certificate whose bit is set",
        Code::Revoked,
        &text,
        &[&trust, &known, &to, &status(true)],
    );
    let mut unnamed = domicile.clone();
    unnamed.facts.fields.remove(&32);
    w.put(
        Invalid,
        "document-without-number",
        "a domicile certificate without its number",
        Code::ClaimsMissing,
        &answer(&request, &unnamed, &holder(3)),
        &[&trust, &known, &to, &fresh],
    );
    // Not a day, so not the day that the register wants.
    let mut no_day = domicile.clone();
    no_day.facts.fields.insert(33, Field::Number(20_261_301));
    w.put(
        Invalid,
        "document-with-no-day",
        "a date of issue in a thirteenth month",
        Code::ClaimsMissing,
        &answer(&request, &no_day, &holder(3)),
        &[&trust, &known, &to, &fresh],
    );

    let vehicle = Claims {
        holder: Some(holder(1).public().into()),
        status: None,
        ..vehicle_claims()
    };
    w.put(
        Valid,
        "document-of-a-thing",
        "a vehicle card, which names no holder",
        Code::Accepted,
        &answer(&kind("vehicle-card"), &vehicle, &holder(1)),
        &[&trust, &known, &asked(&kind("vehicle-card"))],
    );
    w.put(
        Invalid,
        "document-timed",
        "a document's fields in timed mode",
        Code::RequestRequired,
        &shown(&vehicle),
        &[&trust],
    );

    let with_field = |number: i64, value: Vec<u8>| {
        let (header, payload, _) = forge::open(&signed(&whole));
        let mut pairs = forge::pairs(&payload);
        for (_, facts) in pairs.iter_mut().filter(|(label, _)| *label == -65_601) {
            *facts = forge::map(&[(1, vec![0xf5]), (number, value.clone())]);
        }
        let bytes = forge::sign1(&header, &forge::map(&pairs), &key("every type"));
        forge::present(&bytes, &holder(1))
    };
    let required = Code::RequestRequired;
    let fields: BTreeMap<&str, (i64, Vec<u8>, Code, &str)> = BTreeMap::from([
        (
            "field-32",
            (
                32,
                forge::uint(1),
                required,
                "the first number of a field: read, and for a request only",
            ),
        ),
        (
            "field-239",
            (
                239,
                forge::uint(1),
                required,
                "the last number before the pseudonyms",
            ),
        ),
        (
            "field-240",
            (
                240,
                forge::uint(1),
                Code::Accepted,
                "the first pseudonym: it may be shown timed",
            ),
        ),
        (
            "field-249",
            (249, forge::uint(1), Code::Accepted, "the last pseudonym"),
        ),
        (
            "field-250",
            (
                250,
                forge::uint(1),
                required,
                "the first number behind the pseudonyms",
            ),
        ),
        (
            "field-255",
            (255, forge::uint(1), required, "the last number of a field"),
        ),
        (
            "field-31",
            (
                31,
                forge::uint(1),
                Code::Malformed,
                "a number between the format's own facts and fields",
            ),
        ),
        (
            "field-256",
            (256, forge::uint(1), Code::Malformed, "a number beyond the fields"),
        ),
        (
            "field-512-bytes",
            (32, forge::text(&"x".repeat(512)), required, "the longest field"),
        ),
        (
            "field-513-bytes",
            (
                32,
                forge::text(&"x".repeat(513)),
                Code::Malformed,
                "a field that is too long",
            ),
        ),
        (
            "field-negative",
            (32, forge::int(-1), Code::Malformed, "a negative number"),
        ),
        (
            "field-array",
            (
                32,
                forge::array(&[]),
                Code::Malformed,
                "a list where a value belongs",
            ),
        ),
    ]);
    for (name, (number, value, code, what)) in fields {
        w.put(Edge, name, what, code, &with_field(number, value), &[&trust]);
    }
}
