//! The card on one A4 sheet: particulars and a large code to keep in a file, and front and back to cut out.

use crate::block::Face;
use crate::card::{CARD, Card, RADIUS, back, front};
use crate::document::{A4, LEFT, NOTICE_CARD, RIGHT, Table, foot, head, notice};
use crate::draw::{Align, Canvas, Ink, Press};
use crate::text::Weight::{Bold, Regular};
use crate::{PrintError, Printed, Row, Words};

/// The card as one A4 sheet.
///
/// # Errors
/// [`PrintError`].
pub fn card_sheet_pdf(card: &Card) -> Result<Vec<u8>, PrintError> {
    Ok(print(card)?.0)
}

pub(crate) fn print(card: &Card) -> Result<Printed, PrintError> {
    let mut press = Press::new(&card.title.en);
    press.page(A4, |canvas| {
        head(canvas, &card.title, &card.issuer, &card.code)?;
        let top = 44.0;
        let side = 58.0;
        person(canvas, card, [LEFT, top, RIGHT - LEFT - side - 3.0])?;
        canvas.code(&card.code, (RIGHT - side + 3.0, top - 3.0), side)?;
        let rows: Vec<Row> = card.front.iter().chain(&card.back).cloned().collect();
        let table = Table::fitting(&rows, RIGHT - LEFT, 76.0, [1.1, 0.5])?.ok_or(PrintError::Room)?;
        let end = table.draw(canvas, (LEFT, 102.0));
        notice(canvas, &NOTICE_CARD, [LEFT, end + 3.0, RIGHT - LEFT], 32.0)?;
        cut_out(canvas, card)?;
        if card.test {
            foot(canvas)?;
        }
        Ok(())
    })?;
    press.finish()
}

/// Picture, names and number.
fn person(canvas: &mut Canvas<'_, '_>, card: &Card, [x, y, width]: [f32; 3]) -> Result<(), PrintError> {
    let mut start = x;
    if let Some(webp) = &card.photo {
        let frame = [x, y, 36.0, 48.0];
        canvas.clipped(frame, 2.0, |canvas| canvas.photo(webp, frame))?;
        canvas.outline(frame, 2.0, Ink::LINE, 0.25);
        start = x + 41.0;
    }
    let room = x + width - start;
    let name = [[start, y, room, 15.0], [start, y + 15.0, room, 18.0]];
    canvas.both(&card.name, name, [19.0, 20.0], Bold, Ink::TEXT)?;
    let half = room / 2.0;
    let label = [[start, y + 35.0, half, 5.5], [start + half, y + 35.0, half, 5.5]];
    canvas.both(&card.number.label, label, [9.0, 9.0], Regular, Ink::QUIET)?;
    let number = [start, y + 40.5, room, 7.5];
    canvas.text(
        &card.number.value.en,
        number,
        Align::Left,
        Face::latin(17.0, Bold),
        Ink::TILE,
    )
}

/// Both sides in their size beside each other, with a line to fold them along.
fn cut_out(canvas: &mut Canvas<'_, '_>, card: &Card) -> Result<(), PrintError> {
    let top = 226.0;
    let start = (A4[0] - 2.0 * CARD[0]) / 2.0;
    let second = start + CARD[0];
    let hint = Words::new("Cut out, fold in the middle", "کاٹیں اور درمیان سے تہہ کریں");
    let places = [start, second].map(|x| [x, top - 7.0, CARD[0], 6.0]);
    canvas.both(&hint, places, [8.0, 8.0], Regular, Ink::QUIET)?;
    front(canvas, card, (start, top), RADIUS)?;
    back(canvas, card, (second, top), RADIUS)?;
    for x in [start, second] {
        canvas.outline([x, top, CARD[0], CARD[1]], RADIUS, Ink::LINE, 0.15);
    }
    Ok(())
}
