//! The QR code on paper.

use krilla::geom::{Path, PathBuilder, Rect};
use qr::{Ecc, Qr};

use crate::PrintError;
use crate::draw::{Canvas, Ink, POINTS};

/// Light modules around a code (ISO/IEC 18004).
const QUIET: usize = 4;

/// The smallest module, in millimetres: four dots of a 300 dpi printer, and three pixels of a camera that sees 10 cm
/// with 1,000 pixels.
pub const MODULE_MIN: f32 = 0.33;

impl Canvas<'_, '_> {
    /// A code with its quiet zone, on white, in a square of `side` millimetres.
    pub(crate) fn code(&mut self, text: &str, (x, y): (f32, f32), side: f32) -> Result<(), PrintError> {
        let code = Qr::encode(text, Ecc::Medium).map_err(|_| PrintError::Code)?;
        #[allow(clippy::cast_precision_loss)] // at most 185 modules
        let module = side / (code.size() + 2 * QUIET) as f32;
        if module < MODULE_MIN {
            return Err(PrintError::Code);
        }
        self.rectangle([x, y, side, side], 0.0, Ink::WHITE);
        self.fill(modules(&code, (x, y), module), Ink::BLACK);
        Ok(())
    }
}

/// The dark modules, each row's neighbours as one rectangle. A hair wider than they are, so that no printer leaves a
/// white line between two rows.
fn modules(code: &Qr, (x, y): (f32, f32), module: f32) -> Option<Path> {
    const HAIR: f32 = 0.004;
    #[allow(clippy::cast_precision_loss)] // at most 185 modules
    let millimetres = |modules: usize| modules as f32 * module;
    let mut path = PathBuilder::new();
    for row in 0..code.size() {
        let mut at = 0;
        while at < code.size() {
            let run = (at..code.size()).take_while(|&x| code.is_dark(x, row)).count();
            if run > 0 {
                let left = (x + millimetres(at + QUIET)) * POINTS;
                let top = (y + millimetres(row + QUIET)) * POINTS;
                let (width, height) = (millimetres(run) * POINTS, (module + HAIR) * POINTS);
                path.push_rect(Rect::from_xywh(left, top, width, height)?);
            }
            at += run.max(1);
        }
    }
    path.finish()
}
