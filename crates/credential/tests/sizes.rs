//! Sizes of what a screen has to show, against the table of docs/format.md.
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
#[path = "common/figures.rs"]
mod figures;

#[test]
fn codes_are_no_larger_than_the_table_says() {
    for row in figures::rows() {
        println!(
            "{}: {} bytes, version {} / {}",
            row.name, row.bytes, row.version_l, row.version_m
        );
        assert!(
            row.version_l <= row.l_max,
            "{}: version {} at L",
            row.name,
            row.version_l
        );
        assert!(
            row.version_m <= row.m_max,
            "{}: version {} at M",
            row.name,
            row.version_m
        );
        assert!(row.bytes <= row.bytes_max, "{}: {} bytes", row.name, row.bytes);
    }
}

#[test]
fn the_longest_certificate_makes_a_request_of_version_19_and_a_longer_one_is_not_signed() {
    use common::*;
    use credential::*;

    let desk = key("desk");
    let with_name = |letters: usize| {
        let name = "n".repeat(letters.min(NAME_BYTES_MAX));
        let rest = "n".repeat(letters.saturating_sub(NAME_BYTES_MAX));
        let claims = CounterCertificateClaims {
            audience: "a".repeat(AUDIENCE_BYTES_MAX),
            name: Names::new(&name[..], "u".repeat(NAME_BYTES_MAX), rest),
            purpose: Names::new("p", "u".repeat(NAME_BYTES_MAX), ""),
            ..certificate_claims()
        };
        issue_counter_certificate(&claims, &key("certifier"))
    };
    let longest = (1..=2 * NAME_BYTES_MAX)
        .filter_map(|letters| with_name(letters).ok())
        .next_back()
        .unwrap();
    assert_eq!(longest.len(), CERTIFICATE_BYTES_MAX);
    assert_eq!(with_name(2 * NAME_BYTES_MAX), Err(IssueError::TooLarge));
    let signer = Signer {
        key: &desk,
        certificate: Some(&longest),
    };
    let audience = "a".repeat(AUDIENCE_BYTES_MAX);
    let request = build_request(&Vct::IDENTITY, &audience, [7; 16], NOW, Some(signer)).unwrap();
    assert!(figures::version_l(&request.text) <= 19);
}
