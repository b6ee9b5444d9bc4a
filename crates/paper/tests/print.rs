//! What comes out of the press, read back by a reader that knows nothing of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::float_cmp)]

mod reader;
mod samples;

use credential::paper::read_unverified;
use paper::{PrintError, Row, Words, card_pdf, card_sheet_pdf, document_pdf};
use reader::{Pdf, Picture};

/// What it is, the file, its pages in millimetres, and which of them have the code.
type Print = (&'static str, Vec<u8>, &'static [[f32; 2]], &'static [usize]);

fn prints() -> [Print; 3] {
    const ID_1: [f32; 2] = [85.6, 53.98];
    const A4: [f32; 2] = [210.0, 297.0];
    [
        ("card", card_pdf(&samples::card()).unwrap(), &[ID_1, ID_1], &[1]),
        ("sheet", card_sheet_pdf(&samples::card()).unwrap(), &[A4], &[0]),
        (
            "document",
            document_pdf(&samples::document()).unwrap(),
            &[A4],
            &[0],
        ),
    ]
}

fn codes(picture: &Picture) -> Vec<String> {
    qr::decode_luma(picture.width, picture.height, &picture.luma).unwrap()
}

#[test]
fn a_file_is_well_formed_has_its_size_and_follows_from_what_is_printed() {
    for ((name, bytes, sizes, _), (_, again, ..)) in prints().iter().zip(prints()) {
        assert_eq!(*bytes, again, "{name}: the same words, the same bytes");
        // For whoever wants to look at them.
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(folder.join(format!("{name}.pdf")), bytes).unwrap();
        let pdf = Pdf::read(bytes);
        assert_eq!(pdf.page_count(), sizes.len(), "{name}");
        for (page, size) in sizes.iter().enumerate() {
            let points = size.map(|mm| mm * 72.0 / 25.4);
            let differs = pdf
                .size(page)
                .iter()
                .zip(points)
                .any(|(a, b)| (a - b).abs() > 0.01);
            assert!(!differs, "{name}, page {page}: {:?}", pdf.size(page));
        }
    }
    let mut other = samples::card();
    other.name.en.push('a');
    assert_ne!(card_pdf(&samples::card()).unwrap(), card_pdf(&other).unwrap());
}

#[test]
fn the_code_on_the_page_is_the_signed_one() {
    let (card, document) = (samples::card().code, samples::document().code);
    read_unverified(&card).unwrap();
    for (name, bytes, sizes, with_code) in prints() {
        let code = if name == "document" { &document } else { &card };
        let pdf = Pdf::read(&bytes);
        for (page, size) in sizes.iter().enumerate() {
            // An A4 page as a scanner at 150 dpi has it.
            let picture = pdf.picture(page, if size[0] > 100.0 { 6.0 } else { 12.0 });
            let seen = codes(&picture);
            if with_code.contains(&page) {
                assert_eq!(seen, [code.as_str()], "{name}, page {page}");
            } else {
                assert!(seen.is_empty(), "{name}, page {page}");
            }
        }
    }
}

#[test]
fn the_page_says_what_it_says_in_both_languages_as_text() {
    let both = |row: &Row| {
        [
            row.label.en.clone(),
            row.label.ur.clone(),
            row.value.en.clone(),
            row.value.ur.clone(),
        ]
    };
    let (card, document) = (samples::card(), samples::document());
    let mut of_card = vec![
        card.title.en,
        card.title.ur,
        card.name.en,
        card.name.ur,
        card.number.value.en,
    ];
    of_card.extend(card.front.iter().chain(&card.back).flat_map(both));
    let mut of_document = vec![document.title.en, document.title.ur];
    of_document.extend(document.rows.iter().flat_map(both));
    let [_, sheet, page] = prints();
    for ((name, bytes, ..), expected) in [(sheet, of_card), (page, of_document)] {
        let pdf = Pdf::read(&bytes);
        let texts = pdf.texts(0);
        // By the glyphs themselves: every letter of every text is drawn, however it is shaped.
        let mut drawn: Vec<char> = pdf.letters(0).chars().filter(|letter| *letter != ' ').collect();
        for text in expected.iter().filter(|text| !text.is_empty()) {
            let found = texts.iter().find(|one| one.text == *text);
            let found = found.unwrap_or_else(|| panic!("{name}: {text} is not there"));
            let is_urdu = text
                .chars()
                .any(|letter| ('\u{600}'..'\u{700}').contains(&letter));
            assert_eq!(found.lang, if is_urdu { "ur" } else { "en" }, "{name}: {text}");
        }
        for text in &texts {
            for letter in text.text.chars().filter(|letter| *letter != ' ') {
                let place = drawn.iter().position(|drawn| *drawn == letter);
                let place = place.unwrap_or_else(|| panic!("{name}: {letter} of {} is not drawn", text.text));
                drawn.swap_remove(place);
            }
        }
        assert!(drawn.is_empty(), "{name}: {drawn:?} is drawn and said nowhere");
    }
}

#[test]
fn every_page_of_a_test_says_so_and_no_page_of_a_real_print() {
    for (name, bytes, sizes, _) in prints() {
        let pdf = Pdf::read(&bytes);
        for page in 0..sizes.len() {
            let texts = pdf.texts(page);
            for mark in ["TEST", "آزمائشی"] {
                assert!(texts.iter().any(|one| one.text == mark), "{name}, page {page}");
            }
            // The strip in its colour, along the lower edge.
            let picture = pdf.picture(page, 4.0);
            let low = ((picture.height - 6) * picture.width) as usize;
            let strip = &picture.luma[low..low + picture.width as usize];
            assert!(
                strip.iter().all(|grey| (170..200).contains(grey)),
                "{name}, page {page}"
            );
        }
    }
    let (mut card, mut document) = (samples::card(), samples::document());
    (card.test, document.test) = (false, false);
    for bytes in [
        card_pdf(&card).unwrap(),
        card_sheet_pdf(&card).unwrap(),
        document_pdf(&document).unwrap(),
    ] {
        let pdf = Pdf::read(&bytes);
        for page in 0..pdf.page_count() {
            assert!(
                pdf.texts(page)
                    .iter()
                    .all(|one| one.text != "TEST" && one.text != "آزمائشی")
            );
        }
    }
}

#[test]
fn a_long_document_goes_on_overleaf_with_its_head_and_the_page_numbers() {
    let mut document = samples::document();
    let row = |number| Row {
        label: Words::new(format!("Field {number}"), "خانہ"),
        value: Words::new("x".repeat(512), ""),
    };
    document.rows = (0..32).map(row).collect();
    let bytes = document_pdf(&document).unwrap();
    let pdf = Pdf::read(&bytes);
    assert!(pdf.page_count() > 2);
    let all: Vec<Vec<_>> = (0..pdf.page_count()).map(|page| pdf.texts(page)).collect();
    for (page, texts) in all.iter().enumerate() {
        let says = |what: &str| texts.iter().any(|one| one.text == what);
        assert!(says("Domicile certificate"));
        assert!(says(&format!("{} / {}", page + 1, all.len())));
        assert_eq!(codes(&pdf.picture(page, 6.0)).len(), usize::from(page == 0));
    }
    for number in 0..32 {
        let label = format!("Field {number}");
        assert_eq!(all.iter().flatten().filter(|one| one.text == label).count(), 1);
    }
    let values = all.iter().flatten().filter(|one| one.text.starts_with("xxx"));
    let letters: usize = values.map(|one| one.text.replace(' ', "").len()).sum();
    assert_eq!(letters, 32 * 512);
}

#[test]
fn what_cannot_be_printed_is_an_error() {
    let with = |change: fn(&mut paper::Card)| {
        let mut card = samples::card();
        change(&mut card);
        [card_pdf(&card).err(), card_sheet_pdf(&card).err()]
    };
    let letter = [Some(PrintError::Letter); 2];
    assert_eq!(with(|card| card.name.en = "Юсуф".to_owned()), letter);
    assert_eq!(
        with(|card| card.back[1].value = Words::new("", "\u{1f600}")),
        letter
    );
    assert_eq!(
        with(|card| card.photo = Some(b"no picture".to_vec())),
        [Some(PrintError::Photo); 2]
    );
    assert_eq!(
        with(|card| card.code = "A".repeat(4_000)),
        [Some(PrintError::Code); 2]
    );
    assert_eq!(
        with(|card| card.name.en = "W".repeat(4_000)),
        [Some(PrintError::Room); 2]
    );
    let mut document = samples::document();
    document.rows[0].value.ur = "漢".to_owned();
    assert_eq!(document_pdf(&document).err(), Some(PrintError::Letter));
}
