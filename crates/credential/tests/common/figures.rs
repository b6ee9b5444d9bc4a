//! Bytes and QR versions of real messages against the table of docs/format.md. The test and the bench share it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::*;

use super::common::*;
use super::documents::*;

/// Characters of alphanumeric mode that fit a version (1 to 20) at error correction L and M (ISO/IEC 18004, table 7).
const CAPACITY_L: [usize; 20] = [
    25, 47, 77, 114, 154, 195, 224, 279, 335, 395, 468, 535, 619, 667, 758, 854, 938, 1046, 1153, 1249,
];
const CAPACITY_M: [usize; 20] = [
    20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600, 656, 734, 816, 909, 970,
];

fn version(capacity: &[usize; 20], text: &str) -> usize {
    assert!(
        text.bytes()
            .all(|b| b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".contains(&b))
    );
    capacity
        .iter()
        .position(|c| text.len() <= *c)
        .map_or(99, |i| i + 1)
}

/// The smallest version at level L that holds the text.
pub fn version_l(text: &str) -> usize {
    version(&CAPACITY_L, text)
}

/// One row: what it is, what came out, and what it may be at most.
pub struct Row {
    pub name: &'static str,
    pub bytes: usize,
    pub version_l: usize,
    pub version_m: usize,
    pub bytes_max: usize,
    pub l_max: usize,
    pub m_max: usize,
}

fn row(name: &'static str, text: &str, limits: [usize; 3]) -> Row {
    let [bytes_max, l_max, m_max] = limits;
    Row {
        name,
        bytes: raw(text).len(),
        version_l: version(&CAPACITY_L, text),
        version_m: version(&CAPACITY_M, text),
        bytes_max,
        l_max,
        m_max,
    }
}

/// The rows of the table. A limit of 99 is no limit: requests stand on screens, at level L only.
pub fn rows() -> Vec<Row> {
    let desk = key("desk");
    let signer = |certificate| {
        Some(Signer {
            key: &desk,
            certificate,
        })
    };
    let short = CounterCertificateClaims {
        name: Names::new("Clinic 4", "", ""),
        purpose: Names::new("Vaccine", "", ""),
        allowed: vec![Vct::IDENTITY],
        audience: CENTRE.to_owned(),
        ..certificate_claims()
    };
    let short = issue_counter_certificate(&short, &key("certifier")).unwrap();
    let full = CounterCertificateClaims {
        name: Names::new(
            "Service Centre Peshawar",
            "سروس سینٹر پشاور",
            "د خدمتونو مرکز پېښور",
        ),
        purpose: Names::new("Domicile", "ڈومیسائل", "ډومیسایل"),
        allowed: vec![Vct::AGE, Vct::RESIDENCE, Vct::IDENTITY],
        ..certificate_claims()
    };
    let full = issue_counter_certificate(&full, &key("certifier")).unwrap();
    let ask = |vct: Vct, audience: &str, signer: Option<Signer<'_>>| {
        build_request(&vct, audience, [7; 16], NOW, signer).unwrap()
    };
    let unsigned = ask(Vct::AGE, CENTRE, None);
    let age = |district: &str, status: Option<StatusRef>, request: &IssuedRequest| {
        let mut claims = age_claims();
        claims.facts.district = Some(district.to_owned());
        claims.status = status;
        answer(request, &claims, &holder(1))
    };
    let status = identity_claims().status;
    let one_language = ask(Vct::IDENTITY, CENTRE, signer(Some(&short[..])));
    let three_languages = ask(Vct::IDENTITY, DESK, signer(Some(&full[..])));
    let identity = answer(&one_language, &identity_claims(), &holder(2));
    let signed_request = ask(Vct::AGE, CENTRE, signer(None));
    let usual = ask(Vct::AGE, DESK, None);
    let document = |claims: &Claims| issued_by_type(&register(), claims).unwrap();
    let shown = |claims: &Claims, number: u64| {
        let certificate = CounterCertificateClaims {
            allowed: vec![claims.vct],
            audience: CENTRE.to_owned(),
            ..certificate_claims()
        };
        let certificate = issue_counter_certificate(&certificate, &key("certifier")).unwrap();
        let signer = Signer {
            key: &desk,
            certificate: Some(&certificate[..]),
        };
        let asked = build_request(&claims.vct, CENTRE, [7; 16], NOW, Some(signer)).unwrap();
        answer_with(&asked, &document(claims), &holder(number))
    };
    let domicile = shown(&domicile_claims(false), 3);
    let b_form = shown(&b_form_claims(), 4);
    vec![
        row("age-district", &age("swat", None, &unsigned), [296, 11, 13]),
        row(
            "age-district-status",
            &age("swat", status, &unsigned),
            [329, 12, 14],
        ),
        row("age-longer-names", &age("peshawar", None, &usual), [306, 11, 13]),
        row("identity-photo", &identity, [504, 16, 18]),
        row("request-unsigned", &unsigned.text, [39, 3, 99]),
        row("request-signed", &signed_request.text, [124, 6, 99]),
        row(
            "request-certificate-one-language",
            &one_language.text,
            [328, 12, 99],
        ),
        // The desk of the demonstration.
        row(
            "request-certificate-three-languages",
            &three_languages.text,
            [472, 15, 99],
        ),
        row(
            "domicile-printed",
            &printed(&document(&domicile_claims(true))),
            [309, 11, 13],
        ),
        row("domicile-presented", &domicile, [442, 14, 99]),
        row("b-form-presented", &b_form, [509, 16, 99]),
        row(
            "vehicle-card-bearer",
            &printed(&document(&vehicle_claims())),
            [260, 10, 12],
        ),
        row("photo-frame", &photo::frames(&[7; 668])[0], [352, 12, 99]),
    ]
}

/// A citizen facilitation centre, as short as service classes are meant to be.
const CENTRE: &str = "kp:cfc";
