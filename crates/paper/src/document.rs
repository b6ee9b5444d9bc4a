//! The A4 page of a document: its name, its particulars in two languages, its code, and what it does not prove.

use crate::block::{Block, Face, fit, flow};
use crate::card::test_words;
use crate::draw::{Align, Canvas, Ink, Press};
use crate::guilloche;
use crate::text::Weight::{Bold, Regular};
use crate::{PrintError, Printed, Row, Words};

/// A4, in millimetres.
pub(crate) const A4: [f32; 2] = [210.0, 297.0];

pub(crate) const LEFT: f32 = 20.0;
pub(crate) const RIGHT: f32 = 190.0;

/// Where the particulars begin, and where they end on the page with the code and on the others.
const TOP: f32 = 44.0;
const BOTTOM_FIRST: f32 = 212.0;
const BOTTOM: f32 = 270.0;

/// What stands on a printed document. Personal data: never log it.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is called.
    pub title: Words,
    /// Who issued it.
    pub issuer: Words,
    /// Its particulars, in order.
    pub rows: Vec<Row>,
    /// The text of the code.
    pub code: String,
    /// Whether it is a test, which each page then says.
    pub test: bool,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Document(..)")
    }
}

/// The document as a PDF of A4 pages: one, unless it has more particulars than fit. The code is on the first.
///
/// # Errors
/// [`PrintError`].
pub fn document_pdf(document: &Document) -> Result<Vec<u8>, PrintError> {
    Ok(print(document)?.0)
}

fn print(document: &Document) -> Result<Printed, PrintError> {
    const CODE: f32 = 60.0;
    let (width, height) = (RIGHT - LEFT, BOTTOM_FIRST - TOP);
    // A short document is set larger, a long one goes on overleaf.
    let table = match Table::fitting(&document.rows, width, height, [1.15, 1.0])? {
        Some(table) => table,
        None => Table::new(&document.rows, width, 1.0)?,
    };
    let pages = table.pages(height, BOTTOM - TOP)?;
    let count = pages.len();
    let mut press = Press::new(&document.title.en);
    for (number, table) in (1..).zip(pages) {
        press.page(A4, |canvas| {
            head(canvas, &document.title, &document.issuer, &document.code)?;
            table.draw(canvas, (LEFT, TOP));
            if number == 1 {
                canvas.code(&document.code, (LEFT - 3.0, 217.0), CODE)?;
                let left = LEFT + CODE;
                notice(canvas, &NOTICE_DOCUMENT, [left, 221.0, RIGHT - left], 52.0)?;
            }
            if count > 1 {
                let text = format!("{number} / {count}");
                let area = [LEFT, 277.0, RIGHT - LEFT, 5.0];
                canvas.text(&text, area, Align::Centre, Face::latin(9.0, Regular), Ink::QUIET)?;
            }
            if document.test {
                foot(canvas)?;
            }
            Ok(())
        })?;
    }
    press.finish()
}

/// What a page says about the limits of paper, in two languages.
pub(crate) struct Notice {
    title: [&'static str; 2],
    text: [&'static str; 2],
}

pub(crate) const NOTICE_CARD: Notice = Notice {
    title: ["Paper is no proof of presence", "کاغذ موجودگی کا ثبوت نہیں"],
    text: [
        "The code shows that the province issued this card and has not cancelled it. Paper can be copied: it does not \
         show who holds it, and the picture is not in the code. Compare the original CNIC, or ask for the pass on the \
         phone. Any claim-169 reader reads the code.",
        "کوڈ بتاتا ہے کہ یہ کارڈ صوبے نے جاری کیا اور منسوخ نہیں کیا۔ کاغذ کی نقل ہو سکتی ہے: یہ نہیں بتاتا کہ کس کے ہاتھ میں ہے، \
         اور تصویر کوڈ میں نہیں ہے۔ اصل شناختی کارڈ ملائیں یا فون پر پاس مانگیں۔",
    ],
};

pub(crate) const NOTICE_DOCUMENT: Notice = Notice {
    title: ["The code proves the document", "کوڈ دستاویز کا ثبوت ہے"],
    text: [
        "Have it scanned at a counter: it shows whether the province issued this document and has not cancelled it, \
         and what stands in it. Only what the code says counts. It says nothing about who holds the paper.",
        "کاؤنٹر پر اسکین کروائیں: معلوم ہو جائے گا کہ دستاویز صوبے نے جاری کی اور منسوخ نہیں ہوئی، اور اس میں کیا لکھا ہے۔ \
         صرف کوڈ کی بات معتبر ہے۔ یہ نہیں بتاتا کہ کاغذ کس کے ہاتھ میں ہے۔",
    ],
};

/// The top of a page: the name of what it is, in both languages, on fine lines that no other document has.
pub(crate) fn head(
    canvas: &mut Canvas<'_, '_>,
    title: &Words,
    issuer: &Words,
    code: &str,
) -> Result<(), PrintError> {
    let panel = [0.0, 0.0, A4[0], 36.0];
    canvas.clipped(panel, 0.0, |canvas| {
        canvas.rectangle(panel, 0.0, Ink::TILE_SOFT);
        let lines = guilloche::lines(code);
        canvas.curves(&lines.waves, false, (0.25, (-2.0, -30.0)), (Ink::TILE, 0.22));
        canvas.curves(&lines.rosette, true, (0.12, (28.0, -13.0)), (Ink::TILE, 0.3));
        canvas.rectangle([0.0, 0.0, A4[0], 4.0], 0.0, Ink::TILE);
    });
    let half = (RIGHT - LEFT) / 2.0 - 3.0;
    let (left, right) = (LEFT, RIGHT - half);
    let areas = [[left, 9.0, half, 13.0], [right, 6.0, half, 18.0]];
    canvas.both(title, areas, [23.0, 22.0], Bold, Ink::TEXT)?;
    let areas = [[left, 24.0, half, 8.0], [right, 24.0, half, 9.0]];
    canvas.both(issuer, areas, [11.0, 11.0], Regular, Ink::QUIET)
}

/// A particular, set.
struct Particular {
    labels: [Block; 2],
    values: [Block; 2],
    height: f32,
}

/// Particulars below each other, each with its label at both edges and its values between.
pub(crate) struct Table {
    rows: Vec<Particular>,
    width: f32,
    /// Above and below a row's text.
    air: f32,
}

impl Table {
    /// How wide each label's column is.
    const LABEL: f32 = 38.0;
    const GAP: f32 = 3.0;

    /// `factor` makes all of it smaller.
    pub(crate) fn new(rows: &[Row], width: f32, factor: f32) -> Result<Self, PrintError> {
        let room = width - 2.0 * (Self::LABEL + Self::GAP);
        let air = 1.5 * factor;
        let set = |row: &Row| {
            let both = !row.value.en.is_empty() && !row.value.ur.is_empty();
            let [latin, urdu] = if both {
                // A date with its month takes more room in English.
                [0.55, 0.45].map(|share| (room - Self::GAP) * share)
            } else {
                [room; 2]
            };
            let labels = [
                flow(
                    &row.label.en,
                    Face::latin(9.5, Regular).scaled(factor),
                    Self::LABEL,
                )?,
                flow(
                    &row.label.ur,
                    Face::urdu(10.0, Regular).scaled(factor),
                    Self::LABEL,
                )?,
            ];
            let values = [
                flow(&row.value.en, Face::latin(11.5, Bold).scaled(factor), latin)?,
                flow(&row.value.ur, Face::urdu(12.0, Bold).scaled(factor), urdu)?,
            ];
            let first = first_baseline(&labels, &values);
            let height = labels.iter().chain(&values).map(|b| first - b.first() + b.height);
            let height = height.fold(0.0, f32::max) + 2.0 * air;
            Ok(Particular {
                labels,
                values,
                height,
            })
        };
        let rows = rows.iter().map(set).collect::<Result<_, PrintError>>()?;
        Ok(Self { rows, width, air })
    }

    /// As large as it can be in this height, between two factors; `None` if the smaller is too large.
    pub(crate) fn fitting(
        rows: &[Row],
        width: f32,
        height: f32,
        [most, least]: [f32; 2],
    ) -> Result<Option<Self>, PrintError> {
        let mut factor = most;
        while factor >= least {
            let table = Self::new(rows, width, factor)?;
            if table.height() <= height {
                return Ok(Some(table));
            }
            factor *= 0.95;
        }
        Ok(None)
    }

    fn height(&self) -> f32 {
        self.rows.iter().map(|row| row.height).sum()
    }

    /// Parts for pages, the first of which has its own height.
    fn pages(self, first: f32, others: f32) -> Result<Vec<Self>, PrintError> {
        let (width, air) = (self.width, self.air);
        let page = |rows| Self { rows, width, air };
        let mut pages = vec![page(Vec::new())];
        for row in self.rows {
            let room = if pages.len() == 1 { first } else { others };
            if row.height > others.min(first) {
                return Err(PrintError::Room);
            }
            match pages.last_mut() {
                Some(page) if page.height() + row.height <= room => page.rows.push(row),
                _ => pages.push(page(vec![row])),
            }
        }
        Ok(pages)
    }

    /// Draws it; gives where it ends.
    pub(crate) fn draw(&self, canvas: &mut Canvas<'_, '_>, (left, top): (f32, f32)) -> f32 {
        let right = left + self.width;
        let mut y = top;
        for row in &self.rows {
            let baseline = y + self.air + first_baseline(&row.labels, &row.values);
            let indent = Self::LABEL + Self::GAP;
            let [label, label_ur] = &row.labels;
            let [value, value_ur] = &row.values;
            for (block, x, align, ink) in [
                (label, left, Align::Left, Ink::QUIET),
                (label_ur, right, Align::Right, Ink::QUIET),
                (value, left + indent, Align::Left, Ink::TEXT),
                (value_ur, right - indent, Align::Right, Ink::TEXT),
            ] {
                canvas.block(block, (x, baseline - block.first()), align, ink);
            }
            y += row.height;
            canvas.line((left, y), (right, y), Ink::LINE, 0.15);
        }
        y
    }
}

/// Where the first line of all four stands, so that they read as one line.
fn first_baseline(labels: &[Block; 2], values: &[Block; 2]) -> f32 {
    labels.iter().chain(values).map(Block::first).fold(0.0, f32::max)
}

/// A framed word on what paper proves, `[left, top, width]`, at most so high.
pub(crate) fn notice(
    canvas: &mut Canvas<'_, '_>,
    notice: &Notice,
    [left, top, width]: [f32; 3],
    height: f32,
) -> Result<(), PrintError> {
    const AIR: f32 = 5.0;
    const TITLE: f32 = 9.0;
    canvas.rectangle([left, top, width, height], 3.0, Ink::TILE_SOFT);
    let half = (width - 3.0 * AIR) / 2.0;
    let (start, end) = (left + AIR, left + width - AIR - half);
    let [english, urdu] = notice.title;
    let area = [start, top + 2.0, half, TITLE];
    canvas.text(english, area, Align::Left, Face::latin(10.5, Bold), Ink::TILE)?;
    let area = [end, top + 2.0, half, TITLE];
    canvas.text(urdu, area, Align::Right, Face::urdu(10.5, Bold), Ink::TILE)?;
    let [english, urdu] = notice.text;
    let room = height - TITLE - 5.0;
    let below = top + TITLE + 3.0;
    let block = fit(english, Face::latin(9.0, Regular), [half, room])?;
    canvas.block(&block, (start, below + 1.0), Align::Left, Ink::TEXT);
    let block = fit(urdu, Face::urdu(9.0, Regular), [half, room])?;
    canvas.block(&block, (end + half, below), Align::Right, Ink::TEXT);
    Ok(())
}

/// The mark of a test across the foot of a sheet.
pub(crate) fn foot(canvas: &mut Canvas<'_, '_>) -> Result<(), PrintError> {
    let area = [0.0, A4[1] - 12.0, A4[0], 12.0];
    canvas.rectangle(area, 0.0, Ink::MARK);
    test_words(canvas, area, 17.0)
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
