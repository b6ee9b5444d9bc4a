//! Sizes of what a screen has to show, against the table of docs/format.md.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
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
