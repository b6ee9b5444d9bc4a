//! The printed card: front and back in the size of ISO/IEC 7810 ID-1.

use crate::block::{Block, Face, flow};
use crate::draw::{Align, Canvas, Ink, Press};
use crate::guilloche;
use crate::text::Weight::{Bold, Regular};
use crate::{PrintError, Printed, Row, Words};

/// ID-1, in millimetres.
pub(crate) const CARD: [f32; 2] = [85.6, 53.98];
/// Its corners.
pub(crate) const RADIUS: f32 = 3.18;

/// What stands on a card. Personal data: never log it.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// What the card is called.
    pub title: Words,
    /// Who issued it.
    pub issuer: Words,
    /// Whose it is.
    pub name: Words,
    /// The number, grouped as people read it, and what it is called.
    pub number: Row,
    /// Short particulars for the front: three at most.
    pub front: Vec<Row>,
    /// The other particulars, for the back.
    pub back: Vec<Row>,
    /// The photo, WebP, 3 by 4.
    pub photo: Option<Vec<u8>>,
    /// The text of the code.
    pub code: String,
    /// Whether it is a test, which each page then says.
    pub test: bool,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card(..)")
    }
}

/// What the back says of what a card does not prove.
const LIMITS: [&str; 2] = [
    "The code proves the card, not who holds it. The picture is not in the code.",
    "کوڈ کارڈ کا ثبوت ہے، اٹھانے والے کا نہیں۔ تصویر کوڈ میں نہیں۔",
];

/// The card as a PDF of two pages in the size of a card, front and back, to the edge: a card's printer cuts the corners.
///
/// # Errors
/// [`PrintError`].
pub fn card_pdf(card: &Card) -> Result<Vec<u8>, PrintError> {
    Ok(print(card)?.0)
}

fn print(card: &Card) -> Result<Printed, PrintError> {
    let mut press = Press::new(&card.title.en);
    press.page(CARD, |canvas| front(canvas, card, (0.0, 0.0), 0.0))?;
    press.page(CARD, |canvas| back(canvas, card, (0.0, 0.0), 0.0))?;
    press.finish()
}

pub(crate) fn front(
    canvas: &mut Canvas<'_, '_>,
    card: &Card,
    (x, y): (f32, f32),
    radius: f32,
) -> Result<(), PrintError> {
    let area = [x, y, CARD[0], CARD[1]];
    canvas.clipped(area, radius, |canvas| {
        canvas.gradient(area, [Ink::TILE_LIGHT, Ink::TILE, Ink::TILE_DEEP]);
        let lines = guilloche::lines(&card.code);
        canvas.curves(&lines.waves, false, (0.1, (x, y)), (Ink::WHITE, 0.13));
        canvas.curves(&lines.rosette, true, (0.1, (x, y)), (Ink::WHITE, 0.2));
        if card.test {
            strip(canvas, (x, y))?;
        }
        face(canvas, card, (x, y))
    })
}

/// What is read on the front.
fn face(canvas: &mut Canvas<'_, '_>, card: &Card, (x, y): (f32, f32)) -> Result<(), PrintError> {
    let (left, right) = (x + 5.0, x + CARD[0] - 5.0);
    let half = (right - left) / 2.0 - 1.0;
    let title = [[left, y + 2.6, half, 6.6], [right - half, y + 2.0, half, 7.6]];
    canvas.both(&card.title, title, [8.4, 8.6], Bold, Ink::WHITE)?;

    let mut start = left;
    if let Some(webp) = &card.photo {
        let frame = [left, y + 10.8, 20.4, 27.2];
        let [at, top, width, height] = frame;
        canvas.rectangle([at - 0.5, top - 0.5, width + 1.0, height + 1.0], 1.8, Ink::WHITE);
        canvas.clipped(frame, 1.4, |canvas| canvas.photo(webp, frame))?;
        start = left + 24.0;
    }
    let room = right - start;
    let name = [[start, y + 10.4, room, 8.4], [start, y + 18.8, room, 11.6]];
    canvas.both(&card.name, name, [13.0, 14.0], Bold, Ink::WHITE)?;
    labels(canvas, &card.number.label, [start, y + 30.6, room], Ink::ON_TILE)?;
    let number = [start, y + 33.4, room, 5.0];
    canvas.text(
        &card.number.value.en,
        number,
        Align::Left,
        Face::latin(12.0, Bold),
        Ink::WHITE,
    )?;

    canvas.line((left, y + 39.8), (right, y + 39.8), Ink(0x5f_aea7), 0.12);
    let width = 22.4;
    for (row, left) in card.front.iter().zip([left, left + 26.6, left + 53.2]) {
        if left > x + 5.0 {
            canvas.line(
                (left - 2.1, y + 41.4),
                (left - 2.1, y + 48.4),
                Ink(0x5f_aea7),
                0.12,
            );
        }
        labels(canvas, &row.label, [left, y + 40.6, width], Ink::ON_TILE)?;
        let area = [left, y + 44.2, width, 4.8];
        let (text, face) = value(&row.value, 8.0);
        canvas.text(text, area, Align::Left, face, Ink::WHITE)?;
    }
    Ok(())
}

/// The one value of a particular where there is room for one: in Latin letters, if it has it.
fn value(words: &Words, size: f32) -> (&str, Face) {
    if words.en.is_empty() {
        (&words.ur, Face::urdu(size, Bold))
    } else {
        (&words.en, Face::latin(size, Bold))
    }
}

/// A small label in both languages, `[left, top, width]`, 3.6 mm high.
fn labels(
    canvas: &mut Canvas<'_, '_>,
    label: &Words,
    [x, y, width]: [f32; 3],
    ink: Ink,
) -> Result<(), PrintError> {
    let half = width / 2.0 - 0.4;
    let areas = [[x, y, half, 3.6], [x + width - half, y, half, 3.6]];
    canvas.both(label, areas, [5.4, 5.4], Regular, ink)
}

pub(crate) fn back(
    canvas: &mut Canvas<'_, '_>,
    card: &Card,
    (x, y): (f32, f32),
    radius: f32,
) -> Result<(), PrintError> {
    const CODE: f32 = 46.0;
    let area = [x, y, CARD[0], CARD[1]];
    canvas.clipped(area, radius, |canvas| {
        canvas.rectangle(area, 0.0, Ink::WHITE);
        let lines = guilloche::lines(&card.code);
        canvas.curves(&lines.waves, false, (0.1, (x, y)), (Ink::TILE, 0.16));
        canvas.code(&card.code, (x + 2.6, y + 2.2), CODE)?;
        let (left, right) = (x + 51.0, x + CARD[0] - 4.0);
        let width = right - left;
        let issuer = [
            [left, y + 2.4, width / 2.0 + 3.0, 4.4],
            [left + width / 2.0 + 3.0, y + 2.0, width / 2.0 - 3.0, 5.0],
        ];
        canvas.both(&card.issuer, issuer, [5.8, 5.6], Bold, Ink::TILE)?;
        canvas.line((left, y + 7.2), (right, y + 7.2), Ink::LINE, 0.15);
        particulars(canvas, &card.back, [left, y + 7.8, width, 25.6])?;
        canvas.rectangle([left - 1.0, y + 34.0, width + 2.0, 15.0], 1.4, Ink::CAUTION_SOFT);
        let [english, urdu] = LIMITS;
        let area = [left, y + 34.4, width, 6.8];
        canvas.text(english, area, Align::Left, Face::latin(5.4, Bold), Ink::CAUTION)?;
        let area = [left, y + 41.2, width, 7.6];
        canvas.text(urdu, area, Align::Right, Face::urdu(5.8, Regular), Ink::CAUTION)?;
        if card.test {
            strip(canvas, (x, y))?;
        }
        Ok(())
    })
}

/// Particulars below each other, `[left, top, width, height]`: all of them smaller, if they have no room otherwise.
fn particulars(
    canvas: &mut Canvas<'_, '_>,
    rows: &[Row],
    [x, y, width, height]: [f32; 4],
) -> Result<(), PrintError> {
    const LABEL: f32 = 3.4;
    const AIR: f32 = 0.5;
    let set = |factor: f32| -> Result<Vec<Block>, PrintError> {
        let one = |row: &Row| {
            let (text, face) = value(&row.value, 6.6);
            flow(text, face.scaled(factor), width)
        };
        rows.iter().map(one).collect()
    };
    let heights = |blocks: &[Block]| -> f32 { blocks.iter().map(|block| LABEL + block.height + AIR).sum() };
    let mut factor = 1.0;
    let mut blocks = set(factor)?;
    while heights(&blocks) > height {
        factor *= 0.95;
        if factor < 0.5 {
            return Err(PrintError::Room);
        }
        blocks = set(factor)?;
    }
    let mut top = y;
    for (row, block) in rows.iter().zip(&blocks) {
        labels(canvas, &row.label, [x, top, width], Ink::QUIET)?;
        let is_urdu = row.value.en.is_empty();
        let (edge, align) = if is_urdu {
            (x + width, Align::Right)
        } else {
            (x, Align::Left)
        };
        canvas.block(block, (edge, top + LABEL), align, Ink::TEXT);
        top += LABEL + block.height + AIR;
    }
    Ok(())
}

/// The strip along a card's lower edge that says that it is a test.
fn strip(canvas: &mut Canvas<'_, '_>, (x, y): (f32, f32)) -> Result<(), PrintError> {
    const HIGH: f32 = 4.0;
    let top = y + CARD[1] - HIGH;
    canvas.rectangle([x, top, CARD[0], HIGH], 0.0, Ink::MARK);
    let third = CARD[0] / 3.0;
    for left in [x, x + third, x + 2.0 * third] {
        test_words(canvas, [left, top, third, HIGH], 6.4)?;
    }
    Ok(())
}

/// The word in the two languages of print, side by side in a box.
pub(crate) fn test_words(
    canvas: &mut Canvas<'_, '_>,
    [x, y, width, height]: [f32; 4],
    size: f32,
) -> Result<(), PrintError> {
    let middle = x + width / 2.0;
    let gap = size * 0.12;
    let half = width / 2.0 - gap;
    let english = [x, y, half, height];
    canvas.text(
        "TEST",
        english,
        Align::Right,
        Face::latin(size, Bold),
        Ink::ON_MARK,
    )?;
    let urdu = [middle + gap, y, half, height];
    canvas.text("آزمائشی", urdu, Align::Left, Face::urdu(size, Bold), Ink::ON_MARK)
}

#[cfg(test)]
#[path = "card_tests.rs"]
pub(crate) mod tests;
