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
    let short = CounterCertificateClaims {
        name: Names::new("City clinic", "", ""),
        purpose: Names::new("Registration", "", ""),
        allowed: vec![Vct::IDENTITY],
        ..certificate_claims()
    };
    let short = issue_counter_certificate(&short, &key("certifier")).unwrap();
    let full = certificate();
    let asked =
        |ask: Vct, signer: Option<Signer<'_>>| build_request(&ask, DESK, [7; 16], NOW, signer).unwrap();
    let signer = |certificate| {
        Some(Signer {
            key: &desk,
            certificate,
        })
    };
    let age = answer(&asked(Vct::AGE, None), &age_claims(), &holder(1));
    let mut with_status = age_claims();
    with_status.status = identity_claims().status;
    let with_status = answer(&asked(Vct::AGE, None), &with_status, &holder(1));
    let certified = asked(Vct::IDENTITY, signer(Some(&full[..])));
    let identity = answer(&certified, &identity_claims(), &holder(2));
    vec![
        row("age-district-request", &age, [309, 11, 13]),
        row("age-district-status-request", &with_status, [353, 12, 14]),
        row("identity-photo-request", &identity, [566, 16, 19]),
        row("request-unsigned", &asked(Vct::AGE, None).text, [48, 3, 99]),
        row(
            "request-signed",
            &asked(Vct::AGE, signer(None)).text,
            [146, 7, 99],
        ),
        row(
            "request-certificate-one-language",
            &asked(Vct::IDENTITY, signer(Some(&short[..]))).text,
            [354, 12, 99],
        ),
        // A desk's name and purpose in three languages need more than the estimate that the table began with.
        row(
            "request-certificate-three-languages",
            &certified.text,
            [478, 15, 99],
        ),
        row("photo-frame", &photo::frames(&[7; 668])[0], [352, 12, 99]),
    ]
}
