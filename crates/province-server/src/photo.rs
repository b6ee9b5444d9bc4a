//! The face on a pass: 96 x 128 pixels of lossy WebP in at most 1,000 bytes, so that it travels in three QR frames.
//!
//! The best quality that fits is searched for. A picture of pure noise fits at no quality; it is blurred until it does,
//! rather than refused, because a poor camera in poor light comes close to noise.

use std::io::Cursor;

use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, RgbImage};
use webp::{Encoder, WebPConfig};

/// Width of the small picture, in pixels.
pub const WIDTH: u32 = 96;
/// Height of the small picture, in pixels.
pub const HEIGHT: u32 = 128;
/// Largest small picture, in bytes.
pub const BYTES_MAX: usize = 1_000;

/// Largest picture that is read, in bytes.
const SOURCE_BYTES_MAX: usize = 8 << 20;
/// Longest side of a picture that is read: with [`SOURCE_PIXELS_MAX`] it bounds memory before anything is decoded.
const SOURCE_SIDE_MAX: u32 = 4_000;
/// Most pixels of a picture that is read. Phones send 480 by 640; a few kilobytes can hold much more than they seem.
const SOURCE_PIXELS_MAX: u64 = 2_000_000;
/// Most memory that decoding may take, in bytes: 8 for each pixel, and half as much again.
const DECODE_BYTES_MAX: u64 = 24 << 20;
/// Fewest pixels across: below this a face cannot be recognised.
const SOURCE_SIDE_MIN: u32 = 96;

/// Why a picture was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// Neither PNG nor JPEG, broken, or beyond the limits.
    #[error("the picture cannot be read")]
    Unreadable,
    /// Too small to show a face.
    #[error("the picture is too small")]
    TooSmall,
    /// The small picture could not be made.
    #[error("the small picture could not be made")]
    Encode,
}

/// Makes the small picture of `source` (PNG or JPEG): the middle in 3:4, 96 x 128, WebP.
///
/// # Errors
/// [`PhotoError`].
pub fn reduce(source: &[u8]) -> Result<Vec<u8>, PhotoError> {
    let picture = read(source)?;
    let mut small = middle(&picture)
        .resize_exact(WIDTH, HEIGHT, FilterType::Lanczos3)
        .to_rgb8();
    // Each pass doubles the blur; by the last one the picture is nearly one colour.
    for blur in [0.0, 1.0, 2.0, 4.0, 8.0, 16.0] {
        if blur > 0.0 {
            small = image::imageops::blur(&small, blur);
        }
        if let Some(bytes) = best_that_fits(&small)? {
            return Ok(bytes);
        }
    }
    Err(PhotoError::Encode)
}

fn read(source: &[u8]) -> Result<DynamicImage, PhotoError> {
    if source.len() > SOURCE_BYTES_MAX {
        return Err(PhotoError::Unreadable);
    }
    let format = image::guess_format(source).map_err(|_| PhotoError::Unreadable)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg) {
        return Err(PhotoError::Unreadable);
    }
    let open = || {
        let mut reader = ImageReader::with_format(Cursor::new(source), format);
        let mut limits = Limits::default();
        limits.max_image_width = Some(SOURCE_SIDE_MAX);
        limits.max_image_height = Some(SOURCE_SIDE_MAX);
        limits.max_alloc = Some(DECODE_BYTES_MAX);
        reader.limits(limits);
        reader
    };
    // The size is in the header: a bomb is refused before it is inflated.
    let (width, height) = open().into_dimensions().map_err(|_| PhotoError::Unreadable)?;
    if u64::from(width) * u64::from(height) > SOURCE_PIXELS_MAX {
        return Err(PhotoError::Unreadable);
    }
    if width.min(height) < SOURCE_SIDE_MIN {
        return Err(PhotoError::TooSmall);
    }
    open().decode().map_err(|_| PhotoError::Unreadable)
}

/// The largest part in 3:4 about the middle.
fn middle(picture: &DynamicImage) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let (w, h) = if width * 4 > height * 3 {
        (height * 3 / 4, height)
    } else {
        (width, width * 4 / 3)
    };
    picture.crop_imm((width - w) / 2, (height - h) / 2, w, h)
}

/// The largest file of at most [`BYTES_MAX`] over the qualities 0 to 100, `None` if the coarsest is larger.
fn best_that_fits(picture: &RgbImage) -> Result<Option<Vec<u8>>, PhotoError> {
    let mut best = None;
    let (mut low, mut high) = (0_u8, 100_u8);
    while low <= high {
        let quality = low + (high - low) / 2;
        let bytes = encode(picture, quality)?;
        if bytes.len() <= BYTES_MAX {
            best = Some(bytes);
            low = quality + 1;
        } else if quality == 0 {
            break;
        } else {
            high = quality - 1;
        }
    }
    Ok(best)
}

fn encode(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, PhotoError> {
    let mut config = WebPConfig::new().map_err(|()| PhotoError::Encode)?;
    config.quality = f32::from(quality);
    // The slowest and smallest: 12,288 pixels take milliseconds.
    config.method = 6;
    config.pass = 6;
    Encoder::from_rgb(picture.as_raw(), picture.width(), picture.height())
        .encode_advanced(&config)
        .map(|bytes| bytes.to_vec())
        .map_err(|_| PhotoError::Encode)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation
    )]

    use super::*;

    fn png(picture: &RgbImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn noise(width: u32, height: u32) -> RgbImage {
        let mut state = 1_u32;
        RgbImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, _] = state.to_be_bytes();
            image::Rgb([a, b, c])
        })
    }

    #[test]
    fn portraits_keep_their_shape_in_a_thousand_bytes() {
        for citizen in sandbox::citizens() {
            let small = reduce(citizen.portrait_png()).unwrap();
            assert!(
                (600..=BYTES_MAX).contains(&small.len()),
                "{}: {} bytes",
                citizen.id,
                small.len()
            );
            let back = image::load_from_memory(&small).unwrap();
            assert_eq!((back.width(), back.height()), (WIDTH, HEIGHT));
            // The same face, not just a face-sized picture: mean difference below 6 of 255.
            let wanted = image::load_from_memory(citizen.portrait_png())
                .unwrap()
                .resize_exact(WIDTH, HEIGHT, FilterType::Lanczos3)
                .to_rgb8();
            let sum: u64 = wanted
                .iter()
                .zip(back.to_rgb8().iter())
                .map(|(a, b)| u64::from(a.abs_diff(*b)))
                .sum();
            assert!(sum / (wanted.len() as u64) < 6, "{}", citizen.id);
        }
    }

    #[test]
    fn pure_noise_still_fits() {
        assert!(reduce(&png(&noise(300, 400))).unwrap().len() <= BYTES_MAX);
    }

    #[test]
    fn a_wide_picture_loses_its_sides_and_a_tall_one_its_ends() {
        let wide = middle(&DynamicImage::ImageRgb8(noise(800, 400)));
        assert_eq!((wide.width(), wide.height()), (300, 400));
        let tall = middle(&DynamicImage::ImageRgb8(noise(300, 900)));
        assert_eq!((tall.width(), tall.height()), (300, 400));
    }

    #[test]
    fn what_is_no_picture_or_too_small_is_refused() {
        assert_eq!(reduce(b"GIF89a"), Err(PhotoError::Unreadable));
        assert_eq!(reduce(b""), Err(PhotoError::Unreadable));
        assert_eq!(reduce(&png(&noise(95, 200))), Err(PhotoError::TooSmall));
        let whole = png(&noise(120, 160));
        assert_eq!(reduce(&whole[..whole.len() / 2]), Err(PhotoError::Unreadable));
    }

    #[test]
    fn a_picture_that_says_it_is_huge_is_refused_unread() {
        // A PNG header of 6,000 by 6,000 and nothing behind it.
        let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bomb.extend([0, 0, 0x17, 0x70, 0, 0, 0x17, 0x70, 8, 2, 0, 0, 0]);
        bomb.extend([0; 4]);
        assert_eq!(reduce(&bomb), Err(PhotoError::Unreadable));
    }

    #[test]
    fn two_million_pixels_are_read_and_no_more() {
        let grey = |width, height| png(&RgbImage::from_pixel(width, height, image::Rgb([128; 3])));
        assert!(reduce(&grey(1_000, 2_000)).is_ok());
        assert_eq!(reduce(&grey(1_001, 2_000)), Err(PhotoError::Unreadable));
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(48))]

        #[test]
        fn a_damaged_picture_is_read_or_refused(at in 8_usize..20_000, byte: u8, jpeg: bool) {
            let mut bytes = Cursor::new(Vec::new());
            let format = if jpeg { ImageFormat::Jpeg } else { ImageFormat::Png };
            noise(100, 134).write_to(&mut bytes, format).unwrap();
            let mut bytes = bytes.into_inner();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(small) = reduce(&bytes) {
                proptest::prop_assert!(small.len() <= BYTES_MAX);
            }
        }
    }
}
