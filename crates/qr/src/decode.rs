//! Picture to text: every QR code in a camera frame or a picture file.
//!
//! A frame is tried in several ways, the cheapest and most successful first, and the first way that finds a code ends
//! the search: a live camera brings the next frame anyway. Inverted codes (light on dark) come last.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use rxing::common::{GlobalHistogramBinarizer, HybridBinarizer};
use rxing::multi::MultipleBarcodeReader;
use rxing::qrcode::QRCodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Luma8Source, RXingResult, Reader};

use crate::QrError;

/// Largest picture file that is read: 12 MB.
pub const PICTURE_BYTES_MAX: usize = 12_000_000;
/// Most pixels that are read: 12 megapixels, a common phone's photo.
pub const PICTURE_PIXELS_MAX: u64 = 12_000_000;

/// Memory the picture decoders may take: the pixels in 16-bit RGBA with some room.
const DECODE_BYTES_MAX: u64 = PICTURE_PIXELS_MAX * 10;
/// Frames with a shorter side than this are also tried at half their size, which removes noise and moiré.
const HALVE_FROM_PIXELS: usize = 600;
/// Frames with a longer side than this are not tried at double their size.
const DOUBLE_UP_TO_PIXELS: usize = 800;
/// No code is smaller than 21 modules, so nothing smaller is looked at (and `rxing` expects at least some pixels).
const SIDE_PIXELS_MIN: usize = 21;
/// Nothing longer is looked at: no camera makes it, and `rxing` counts in 16 bits.
const SIDE_PIXELS_MAX: usize = 16_384;

/// The texts of all QR codes in a frame of one byte per pixel, row by row, 0 for black; empty if there is none.
///
/// # Errors
/// [`QrError::FrameSizeWrong`] and [`QrError::PictureTooManyPixels`].
pub fn decode_luma(width: u32, height: u32, luma: &[u8]) -> Result<Vec<String>, QrError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || u64::try_from(luma.len()) != Ok(pixels) {
        return Err(QrError::FrameSizeWrong);
    }
    if pixels > PICTURE_PIXELS_MAX {
        return Err(QrError::PictureTooManyPixels);
    }
    let frame = Frame {
        width: width as usize,
        height: height as usize,
        luma: Cow::Borrowed(luma),
    };
    Ok(search(&frame))
}

/// The texts of all QR codes in a PNG, JPEG or WebP file; empty if there is none.
///
/// Transparent parts count as white, as they look on a page.
///
/// # Errors
/// [`QrError::PictureTooLarge`], [`QrError::PictureTooManyPixels`] (both found before anything is decoded) and
/// [`QrError::PictureUnreadable`].
pub fn decode_picture(bytes: &[u8]) -> Result<Vec<String>, QrError> {
    let (_, format) = format_of(bytes)?;
    let frame = without_panic(|| picture_frame(bytes, format))?;
    Ok(search(&frame))
}

/// The media type of a PNG, JPEG or WebP file, once all of it was decoded: a picture that can be drawn.
///
/// # Errors
/// As of [`decode_picture`].
pub fn media_type(bytes: &[u8]) -> Result<&'static str, QrError> {
    let (name, format) = format_of(bytes)?;
    without_panic(|| {
        dimensions(bytes, format)?;
        decoded(bytes, format)
    })?;
    Ok(name)
}

fn format_of(bytes: &[u8]) -> Result<(&'static str, ImageFormat), QrError> {
    if bytes.len() > PICTURE_BYTES_MAX {
        return Err(QrError::PictureTooLarge);
    }
    let format = image::guess_format(bytes).map_err(|_| QrError::PictureUnreadable)?;
    match format {
        ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP => Ok((format.to_mime_type(), format)),
        _ => Err(QrError::PictureUnreadable),
    }
}

/// The decoders are the riskiest code here; should one of them panic on a hostile file, the file is unreadable.
fn without_panic<T>(decode: impl FnOnce() -> Result<T, QrError>) -> Result<T, QrError> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or(Err(QrError::PictureUnreadable))
}

fn dimensions(bytes: &[u8], format: ImageFormat) -> Result<(u32, u32), QrError> {
    let (width, height) = ImageReader::with_format(Cursor::new(bytes), format)
        .into_dimensions()
        .map_err(|_| QrError::PictureUnreadable)?;
    if u64::from(width) * u64::from(height) > PICTURE_PIXELS_MAX {
        return Err(QrError::PictureTooManyPixels);
    }
    Ok((width, height))
}

fn decoded(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, QrError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    reader.limits(limits);
    reader.decode().map_err(|_| QrError::PictureUnreadable)
}

fn picture_frame(bytes: &[u8], format: ImageFormat) -> Result<Frame<'static>, QrError> {
    let (width, height) = dimensions(bytes, format)?;
    if !may_hold_a_code(width as usize, height as usize) {
        return Ok(Frame::NONE);
    }
    let picture = decoded(bytes, format)?;
    let luma = if picture.color().has_alpha() {
        picture
            .into_luma_alpha8()
            .pixels()
            .map(|pixel| {
                let [luma, alpha] = pixel.0.map(u16::from);
                u8::try_from((luma * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
            })
            .collect()
    } else {
        picture.into_luma8().into_raw()
    };
    Ok(Frame {
        width: width as usize,
        height: height as usize,
        luma: Cow::Owned(luma),
    })
}

/// One byte per pixel, row by row; width times height bytes.
struct Frame<'a> {
    width: usize,
    height: usize,
    luma: Cow<'a, [u8]>,
}

impl Frame<'_> {
    /// Nothing to look at.
    const NONE: Self = Self {
        width: 0,
        height: 0,
        luma: Cow::Borrowed(&[]),
    };
}

fn may_hold_a_code(width: usize, height: usize) -> bool {
    width.min(height) >= SIDE_PIXELS_MIN && width.max(height) <= SIDE_PIXELS_MAX
}

fn search(frame: &Frame<'_>) -> Vec<String> {
    if !may_hold_a_code(frame.width, frame.height) {
        return Vec::new();
    }
    let ways: [fn(&Frame<'_>) -> Vec<String>; 6] = [
        |frame| read(frame, Way::Local),
        |frame| read(frame, Way::Global),
        |frame| read(frame, Way::Single),
        |frame| {
            frame
                .doubled()
                .map(|frame| read(&frame, Way::Local))
                .unwrap_or_default()
        },
        |frame| {
            frame
                .halved()
                .map(|frame| read(&frame, Way::Local))
                .unwrap_or_default()
        },
        |frame| read(&frame.inverted(), Way::Local),
    ];
    ways.iter()
        .map(|way| way(frame))
        .find(|texts| !texts.is_empty())
        .unwrap_or_default()
}

/// How a frame becomes black and white, and who looks for codes in it.
#[derive(Clone, Copy)]
enum Way {
    /// A threshold for each block of pixels, every code.
    Local,
    /// One threshold for the whole frame, every code.
    Global,
    /// A threshold for each block, one code, by the older detector, which copes with other distortions.
    Single,
}

fn read(frame: &Frame<'_>, way: Way) -> Vec<String> {
    let (Ok(width), Ok(height)) = (u32::try_from(frame.width), u32::try_from(frame.height)) else {
        return Vec::new();
    };
    // `rxing` is a translation from languages in which a bad index is an exception; a panic there means "not read".
    let results = catch_unwind(AssertUnwindSafe(|| {
        let source = Luma8Source::new_with_slice(&frame.luma, width, height)?;
        match way {
            Way::Local => every_code(HybridBinarizer::new(source)),
            Way::Global => every_code(GlobalHistogramBinarizer::new(source)),
            Way::Single => QRCodeReader
                .decode_with_hints(&mut BinaryBitmap::new(HybridBinarizer::new(source)), &hints())
                .map(|result| vec![result]),
        }
    }));
    let mut texts = Vec::new();
    for result in results.into_iter().flatten().flatten() {
        let text = result.getText();
        if !text.is_empty() && !texts.iter().any(|known| known == text) {
            texts.push(text.to_owned());
        }
    }
    texts
}

fn every_code<B: Binarizer>(binarizer: B) -> rxing::common::Result<Vec<RXingResult>> {
    QrReader.decode_multiple_with_hints(&mut BinaryBitmap::new(binarizer), &hints())
}

fn hints() -> DecodeHints {
    DecodeHints {
        TryHarder: Some(true),
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        ..DecodeHints::default()
    }
}

impl Frame<'_> {
    fn pixel(&self, x: usize, y: usize) -> u16 {
        let (x, y) = (x.min(self.width - 1), y.min(self.height - 1));
        u16::from(self.luma.get(y * self.width + x).copied().unwrap_or(u8::MAX))
    }

    /// Twice the size, between the pixels by bilinear interpolation; not for large frames.
    fn doubled(&self) -> Option<Frame<'static>> {
        if self.width.max(self.height) > DOUBLE_UP_TO_PIXELS {
            return None;
        }
        Some(Frame::drawn(self.width * 2, self.height * 2, |x, y| {
            // Output pixel 2i lies a quarter before input pixel i, 2i + 1 a quarter behind it.
            let near = (x / 2, y / 2);
            let far = |at: usize, near: usize| {
                if at.is_multiple_of(2) {
                    near.saturating_sub(1)
                } else {
                    near + 1
                }
            };
            let far = (far(x, near.0), far(y, near.1));
            (9 * self.pixel(near.0, near.1)
                + 3 * self.pixel(far.0, near.1)
                + 3 * self.pixel(near.0, far.1)
                + self.pixel(far.0, far.1)
                + 8)
                / 16
        }))
    }

    /// Half the size, each pixel the mean of four; not for small frames.
    fn halved(&self) -> Option<Frame<'static>> {
        if self.width.min(self.height) < HALVE_FROM_PIXELS {
            return None;
        }
        Some(Frame::drawn(self.width / 2, self.height / 2, |x, y| {
            let (x, y) = (x * 2, y * 2);
            (self.pixel(x, y) + self.pixel(x + 1, y) + self.pixel(x, y + 1) + self.pixel(x + 1, y + 1) + 2)
                / 4
        }))
    }

    fn inverted(&self) -> Frame<'static> {
        let luma = self.luma.iter().map(|luma| u8::MAX - luma).collect();
        Frame {
            width: self.width,
            height: self.height,
            luma: Cow::Owned(luma),
        }
    }
}

impl Frame<'static> {
    fn drawn(width: usize, height: usize, luma: impl Fn(usize, usize) -> u16) -> Self {
        let luma = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| u8::try_from(luma(x, y)).unwrap_or(u8::MAX))
            .collect();
        Self {
            width,
            height,
            luma: Cow::Owned(luma),
        }
    }
}
