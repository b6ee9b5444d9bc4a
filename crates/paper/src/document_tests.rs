//! Printed documents: their pages, their codes, and what does not fit.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::card::tests::{check, row};

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn whatever_its_length_a_document_stands_whole_on_its_pages(
        lengths in prop::collection::vec((0_usize..200, 0_usize..100), 1..20),
    ) {
        let values = |(latin, arabic): &(usize, usize)| {
            row(Words::new("Wm Will ".repeat(latin / 8), "محمد خان ".repeat(arabic / 9)))
        };
        let rows: Vec<Row> = lengths.iter().map(values).collect();
        let document = Document {
            title: Words::new("Disability certificate", "معذوری کا سرٹیفکیٹ"),
            issuer: Words::new("Khyber Pakhtunkhwa", "خیبر پختونخوا"),
            rows,
            code: "A".repeat(700),
            test: true,
        };
        let (_, sheets) = print(&document)?;
        check(&sheets)?;
        let seen = |word: &str| -> usize {
            let texts = sheets.iter().flat_map(|sheet| &sheet.texts);
            texts.map(|(text, _)| text.matches(word).count()).sum()
        };
        let expected = |word: &str| -> usize {
            document.rows.iter().map(|row| row.value.en.matches(word).count() + row.value.ur.matches(word).count()).sum()
        };
        for word in ["Will", "محمد"] {
            prop_assert_eq!(seen(word), expected(word));
        }
    }
}
