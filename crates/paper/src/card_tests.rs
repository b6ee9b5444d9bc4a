//! Cards: their faces, their codes, and what does not fit.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::{Sheet, sheet};

pub(crate) fn row(value: Words) -> Row {
    Row {
        label: Words::new("Father's or husband's name", "والد یا شوہر کا نام"),
        value,
    }
}

/// No text leaves its page, and no two stand on each other.
pub(crate) fn check(sheets: &[Sheet]) -> Result<(), TestCaseError> {
    for sheet in sheets {
        for (place, (text, [x, y, width, height])) in sheet.texts.iter().enumerate() {
            let inside = *x >= 0.0 && *y >= 0.0 && x + width <= sheet.size[0] && y + height <= sheet.size[1];
            prop_assert!(inside, "{text} at {x}, {y}");
            for (other, [left, top, wide, high]) in &sheet.texts[place + 1..] {
                // Reaches of lines touch, since they are those of the tallest letters; ink does not.
                let apart = x + width <= left + 0.01
                    || left + wide <= x + 0.01
                    || y + height * 0.85 <= *top
                    || top + high * 0.85 <= *y;
                prop_assert!(apart, "{text} and {other}");
            }
        }
    }
    Ok(())
}

fn words(sheets: &[Sheet]) -> String {
    let texts = sheets.iter().flat_map(|sheet| &sheet.texts);
    texts.flat_map(|(text, _)| text.split_whitespace()).collect()
}

/// Names as an enrolment takes them: 60 bytes in Latin letters, 80 in Arabic script; one word or many.
fn latin(most: usize) -> impl Strategy<Value = String> {
    let letters = prop::sample::select(vec!['W', 'a', 'i', 'm', ' ', '-', '.']);
    prop::collection::vec(letters, 1..=most)
        .prop_map(|letters| format!("M{}", letters.into_iter().skip(1).collect::<String>()))
}

fn arabic(most: usize) -> impl Strategy<Value = String> {
    let letters = "گلزمانعبدالرحٰیسښےں ".chars().collect::<Vec<_>>();
    prop::collection::vec(prop::sample::select(letters), 1..=most)
        .prop_map(|letters| format!("ع{}", letters.into_iter().skip(1).collect::<String>()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn whatever_its_length_a_text_stands_whole_in_its_place(
        name in latin(60), name_ur in arabic(40), guardian in latin(60), address in latin(120), address_ur in arabic(60),
        in_urdu: bool,
    ) {
        let address = if in_urdu { Words::new("", &address_ur) } else { Words::new(&address, "") };
        let card = Card {
            title: Words::new("Identity on paper", "کاغذی شناخت"),
            issuer: Words::new("Khyber Pakhtunkhwa", "خیبر پختونخوا"),
            name: Words::new(&name, &name_ur),
            number: row(Words::new("99999-0000001-1", "")),
            front: vec![row(Words::new("21 September 2031", "")), row(Words::new("Female", "")), row(Words::new("", "عورت"))],
            back: vec![row(Words::new(&guardian, &name_ur)), row(address.clone()), row(Words::new("Dera Ismail Khan", ""))],
            photo: None,
            code: "A".repeat(700),
            test: true,
        };
        for (_, sheets) in [print(&card)?, sheet::print(&card)?] {
            check(&sheets)?;
            let seen = words(&sheets);
            for text in [&name, &name_ur, &guardian, &address.en, &address.ur] {
                let whole: String = text.split_whitespace().collect();
                prop_assert!(seen.contains(&whole), "{text}");
            }
        }
    }
}
