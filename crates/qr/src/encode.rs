//! Text to picture: the smallest QR code for a text, as modules, SVG or PNG.
//!
//! The version and the segments are chosen here and not by the `qrcode` crate's optimiser: the optimiser may read two
//! bytes of UTF-8 as Shift-JIS, and we want the version of a text to follow from its length alone.

use std::fmt::Write as _;
use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

use crate::QrError;

/// White modules on each side, as ISO/IEC 18004 asks.
pub const QUIET_ZONE_MODULES: usize = 4;
/// What version 40-L holds in alphanumeric letters; more bytes than this never fit.
pub const TEXT_BYTES_MAX: usize = 4_296;
/// Above this a picture of version 40 would have more pixels than [`crate::decode_picture`] reads.
pub const PNG_PIXELS_PER_MODULE_MAX: u32 = 18;

/// ECI designator of UTF-8.
const ECI_UTF8: u32 = 26;

/// How much of a code may be unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ecc {
    /// About 7 %: on screens, where size matters more than dirt.
    Low,
    /// About 15 %: on paper.
    Medium,
}

impl Ecc {
    const fn level(self) -> EcLevel {
        match self {
            Self::Low => EcLevel::L,
            Self::Medium => EcLevel::M,
        }
    }
}

/// A QR code as a square of modules, without quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr {
    version: u8,
    size: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// The smallest code that holds the text: one alphanumeric segment where its letters allow it (every `KP1:`,
    /// `KPR:`, `KPD:` and `KPF:` text), else bytes in UTF-8.
    ///
    /// # Errors
    /// [`QrError::TextEmpty`] and [`QrError::TextTooLong`].
    pub fn encode(text: &str, ecc: Ecc) -> Result<Self, QrError> {
        if text.is_empty() {
            return Err(QrError::TextEmpty);
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err(QrError::TextTooLong);
        }
        let level = ecc.level();
        for version in 1..=40_u8 {
            let Some(bits) = fill(text, Version::Normal(i16::from(version)), level) else {
                continue;
            };
            let code = QrCode::with_bits(bits, level).map_err(|_| QrError::TextTooLong)?;
            let size = code.width();
            let dark = code
                .into_colors()
                .into_iter()
                .map(|colour| colour == Color::Dark)
                .collect();
            return Ok(Self { version, size, dark });
        }
        Err(QrError::TextTooLong)
    }

    /// Modules on each side, without quiet zone: 17 + 4 × version.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Version, 1 to 40.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Whether a module is dark; outside of the code all is light.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.size && y < self.size && self.dark.get(y * self.size + x).copied().unwrap_or(false)
    }

    /// SVG path data in module units, without quiet zone: one rectangle for each run of dark modules in a row.
    pub fn svg_path(&self) -> String {
        let mut path = String::new();
        self.draw(&mut path, 0);
        path
    }

    /// A whole SVG document with quiet zone, dark on white whatever the page around it looks like.
    pub fn svg(&self) -> String {
        let side = self.size + 2 * QUIET_ZONE_MODULES;
        let mut path = String::new();
        self.draw(&mut path, QUIET_ZONE_MODULES);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>\n"
        )
    }

    /// A grey PNG with quiet zone.
    ///
    /// # Errors
    /// [`QrError::ScaleOutOfRange`] for 0 or more than [`PNG_PIXELS_PER_MODULE_MAX`] pixels per module.
    pub fn png(&self, pixels_per_module: u32) -> Result<Vec<u8>, QrError> {
        let picture = self.picture(pixels_per_module)?;
        let mut bytes = Vec::new();
        // Writing into memory cannot fail for a picture whose size was just checked.
        picture
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
            .map_err(|_| QrError::ScaleOutOfRange)?;
        Ok(bytes)
    }

    fn picture(&self, pixels_per_module: u32) -> Result<GrayImage, QrError> {
        if !(1..=PNG_PIXELS_PER_MODULE_MAX).contains(&pixels_per_module) {
            return Err(QrError::ScaleOutOfRange);
        }
        let modules =
            u32::try_from(self.size + 2 * QUIET_ZONE_MODULES).map_err(|_| QrError::ScaleOutOfRange)?;
        let side = modules * pixels_per_module;
        let module = |pixel: u32| ((pixel / pixels_per_module) as usize).checked_sub(QUIET_ZONE_MODULES);
        Ok(GrayImage::from_fn(side, side, |x, y| {
            let dark = matches!((module(x), module(y)), (Some(x), Some(y)) if self.is_dark(x, y));
            Luma([if dark { 0 } else { 255 }])
        }))
    }

    fn draw(&self, path: &mut String, offset: usize) {
        for y in 0..self.size {
            let mut x = 0;
            while x < self.size {
                let run = (x..self.size).take_while(|&x| self.is_dark(x, y)).count();
                if run > 0 {
                    // Writing into a String cannot fail.
                    let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + offset, y + offset);
                }
                x += run.max(1);
            }
        }
    }
}

/// The data bits of the text in this version, or nothing if they do not fit.
fn fill(text: &str, version: Version, level: EcLevel) -> Option<Bits> {
    let mut bits = Bits::new(version);
    if text.bytes().all(is_alphanumeric) {
        bits.push_alphanumeric_data(text.as_bytes()).ok()?;
    } else {
        if !text.is_ascii() {
            bits.push_eci_designator(ECI_UTF8).ok()?;
        }
        bits.push_byte_data(text.as_bytes()).ok()?;
    }
    bits.push_terminator(level).ok()?;
    Some(bits)
}

/// The 45 letters of the alphanumeric mode, which are those of base45.
const fn is_alphanumeric(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'$' | b'%' | b'*' | b'+' | b'-' | b'.' | b'/' | b':')
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    /// ISO/IEC 18004 table 7, alphanumeric capacity of levels L and M, for the versions we show.
    const CAPACITY: [(u8, usize, usize); 20] = [
        (1, 25, 20),
        (2, 47, 38),
        (3, 77, 61),
        (4, 114, 90),
        (5, 154, 122),
        (6, 195, 154),
        (7, 224, 178),
        (8, 279, 221),
        (9, 335, 262),
        (10, 395, 311),
        (11, 468, 366),
        (12, 535, 419),
        (13, 619, 483),
        (14, 667, 528),
        (15, 758, 600),
        (16, 854, 656),
        (17, 938, 734),
        (18, 1046, 816),
        (19, 1153, 909),
        (20, 1249, 970),
    ];

    #[test]
    fn the_smallest_version_is_chosen_and_letters_cost_five_and_a_half_bits() {
        for (version, low, medium) in CAPACITY {
            for (ecc, capacity) in [(Ecc::Low, low), (Ecc::Medium, medium)] {
                let text: String = "KP1:"
                    .chars()
                    .chain("7 $%*+-./:AZ0".chars().cycle())
                    .take(capacity + 1)
                    .collect();
                assert_eq!(Qr::encode(&text[..capacity], ecc).unwrap().version(), version);
                assert_eq!(Qr::encode(&text, ecc).unwrap().version(), version + 1);
            }
        }
    }

    #[test]
    fn digits_letters_and_bytes_beyond_the_largest_code_are_too_long() {
        assert_eq!(Qr::encode("", Ecc::Low), Err(QrError::TextEmpty));
        assert_eq!(Qr::encode(&"A".repeat(4_296), Ecc::Low).unwrap().version(), 40);
        assert_eq!(
            Qr::encode(&"A".repeat(4_297), Ecc::Low),
            Err(QrError::TextTooLong)
        );
        assert_eq!(
            Qr::encode(&"a".repeat(2_954), Ecc::Low),
            Err(QrError::TextTooLong)
        );
    }

    #[test]
    fn path_and_modules_agree() {
        let qr = Qr::encode("KP1:PATH", Ecc::Medium).unwrap();
        let mut drawn = vec![false; qr.size() * qr.size()];
        for rectangle in qr.svg_path().split_terminator('z') {
            let numbers: Vec<usize> = rectangle
                .split(|letter: char| !letter.is_ascii_digit())
                .filter_map(|part| part.parse().ok())
                .collect();
            let [x, y, run, 1, back] = numbers[..] else {
                panic!("{rectangle}")
            };
            assert_eq!(run, back);
            for x in x..x + run {
                drawn[y * qr.size() + x] = true;
            }
        }
        let modules: Vec<bool> = (0..qr.size() * qr.size())
            .map(|at| qr.is_dark(at % qr.size(), at / qr.size()))
            .collect();
        assert_eq!(drawn, modules);
        assert!(!qr.is_dark(qr.size(), 0) && !qr.is_dark(0, usize::MAX));
    }

    #[test]
    fn pictures_have_a_white_quiet_zone_of_four_modules() {
        let qr = Qr::encode("KP1:ZONE", Ecc::Low).unwrap();
        assert_eq!((qr.version(), qr.size()), (1, 21));
        let picture = image::load_from_memory(&qr.png(3).unwrap()).unwrap().into_luma8();
        assert_eq!(picture.dimensions(), (29 * 3, 29 * 3));
        for (x, y, pixel) in picture.enumerate_pixels() {
            let inside = (12..75).contains(&x) && (12..75).contains(&y);
            assert!(inside || pixel.0 == [255]);
        }
        assert_eq!(picture.get_pixel(12, 12).0, [0]);
        assert!(qr.svg().contains("viewBox=\"0 0 29 29\"") && qr.svg().contains("M0 0h29v29H0z"));
        assert_eq!(qr.png(0), Err(QrError::ScaleOutOfRange));
        assert_eq!(
            qr.png(PNG_PIXELS_PER_MODULE_MAX + 1),
            Err(QrError::ScaleOutOfRange)
        );
    }
}
