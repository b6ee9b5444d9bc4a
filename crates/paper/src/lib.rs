//! What is printed: the claim-169 card and documents as PDF, in English and Urdu.
//!
//! Bytes out of words: the caller says what stands where and hands over the text of the code. Nothing here signs,
//! reads a clock or knows a kind of pass; the same words give the same bytes. Paper proves nothing about who holds it,
//! and each print says so.
//!
//! Every text stands in a box of its own. What is too long for its box is set smaller, then broken into lines; what
//! even then has no room, and a letter that the fonts do not have, are errors: nothing is cut off and nothing becomes
//! an empty square.

mod block;
mod card;
mod code;
mod document;
mod draw;
mod guilloche;
mod sheet;
mod text;

pub use card::{Card, card_pdf};
pub use code::MODULE_MIN;
pub use document::{Document, document_pdf};
pub use sheet::card_sheet_pdf;

/// Why nothing was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrintError {
    /// The text of the code is longer than a QR code takes, or its modules would be smaller than [`MODULE_MIN`].
    #[error("the text of the code is too long to be read off paper")]
    Code,
    /// A letter that the fonts of print do not have.
    #[error("a text has a letter that the fonts of print do not have")]
    Letter,
    /// A text does not fit its place in the smallest size.
    #[error("a text is too long for its place on the page")]
    Room,
    /// The photo is no WebP picture.
    #[error("the photo is no WebP picture")]
    Photo,
    /// The fonts could not be read, or the PDF not be written.
    #[error("the PDF could not be written")]
    Pdf,
}

impl PrintError {
    /// The stable code, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Code => "print_code_too_long",
            Self::Letter => "print_letter_unknown",
            Self::Room => "print_no_room",
            Self::Photo => "print_photo_unreadable",
            Self::Pdf => "print_failed",
        }
    }
}

/// Words in the two languages of print.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// English, or a text in Latin letters; empty if there is none.
    pub en: String,
    /// Urdu, or a text in Arabic letters; empty if there is none.
    pub ur: String,
}

impl Words {
    /// Puts two texts together.
    pub fn new(en: impl Into<String>, ur: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            ur: ur.into(),
        }
    }
}

/// May be personal data: never printed to a log.
impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(..)")
    }
}

/// One particular.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub label: Words,
    /// Its value, in one language or in both.
    pub value: Words,
}

/// A page as it was laid out: what the crate's own tests look at beside the file.
#[cfg_attr(not(test), allow(dead_code))]
#[derive(Debug)]
struct Sheet {
    /// Width and height in millimetres.
    size: [f32; 2],
    /// Texts with the ink's place: left, top, width, height in millimetres.
    texts: Vec<(String, [f32; 4])>,
}

/// A file with the layout of its pages.
type Printed = (Vec<u8>, Vec<Sheet>);
