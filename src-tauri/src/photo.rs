//! Makes the citizen's picture small and plain: 480 × 640 pixels, JPEG, nothing of the camera left.
//!
//! The file is decoded under limits, turned the way its camera says, cropped to 3:4 round its
//! middle and encoded anew, so that place, time and camera model in its EXIF data never reach the
//! vault.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, imageops::FilterType};
use wallet::{UiCode, UiError};

/// Largest picture file that is looked at.
pub use crate::pictures::FILE_BYTES_MAX;
/// Largest number of pixels: a phone camera's whole picture.
pub const PIXELS_MAX: u64 = 25_000_000;
/// Memory that decoding may take.
const DECODE_BYTES_MAX: u64 = 160 * 1024 * 1024;
/// Smallest width and height after cropping.
const CROP_MIN: (u32, u32) = (240, 320);
/// Width of what is kept.
pub const WIDTH: u32 = 480;
/// Height of what is kept.
pub const HEIGHT: u32 = 640;
/// Most bytes of what is kept, where one of the qualities reaches it. ICAO Doc 9303-9 finds 15 to 20 KB enough for a face,
/// and over a slow network this is most of what an enrolment sends.
const BYTES_WANTED: usize = 16 * 1024;
/// Qualities of JPEG, best first; the last one is taken whatever comes out.
const JPEG_QUALITIES: [u8; 7] = [85, 75, 65, 55, 45, 35, 25];

/// The picture as the vault keeps it.
///
/// # Errors
///
/// `photo_too_large`, `photo_too_small` and `photo_unreadable`.
pub fn prepare(file: &[u8]) -> Result<Vec<u8>, UiError> {
    let picture = decode(file)?;
    let (width, height) = crop_size(picture.width(), picture.height());
    if width < CROP_MIN.0 || height < CROP_MIN.1 {
        return Err(UiCode::PhotoTooSmall.into());
    }
    let left = (picture.width() - width) / 2;
    let top = (picture.height() - height) / 2;
    let small = picture
        .crop_imm(left, top, width, height)
        .resize_exact(WIDTH, HEIGHT, FilterType::Triangle)
        .into_rgb8();
    let mut jpeg = Vec::new();
    for quality in JPEG_QUALITIES {
        jpeg.clear();
        JpegEncoder::new_with_quality(&mut jpeg, quality)
            .encode_image(&small)
            .map_err(|_| UiCode::PhotoUnreadable)?;
        if jpeg.len() <= BYTES_WANTED {
            break;
        }
    }
    Ok(jpeg)
}

fn decode(file: &[u8]) -> Result<DynamicImage, UiError> {
    if file.len() > FILE_BYTES_MAX {
        return Err(UiCode::PhotoTooLarge.into());
    }
    let unreadable = |_| UiError::from(UiCode::PhotoUnreadable);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    let mut reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .map_err(|_| UiCode::PhotoUnreadable)?;
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(UiCode::PhotoTooLarge.into());
    }
    let turn = decoder.orientation().map_err(unreadable)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    picture.apply_orientation(turn);
    Ok(picture)
}

/// The largest 3:4 part of a picture.
fn crop_size(width: u32, height: u32) -> (u32, u32) {
    let wanted_width = u64::from(height) * 3 / 4;
    if wanted_width <= u64::from(width) {
        (u32::try_from(wanted_width).unwrap_or(width), height)
    } else {
        let wanted_height = u64::from(width) * 4 / 3;
        (width, u32::try_from(wanted_height).unwrap_or(height).min(height))
    }
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
    use image::{ImageFormat, Rgb, RgbImage};

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |x, _| {
            if x * 2 < width {
                Rgb([200, 30, 30])
            } else {
                Rgb([30, 30, 200])
            }
        });
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    /// A JPEG whose EXIF says "turn by a quarter" and names a camera.
    fn jpeg_with_exif() -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x02".to_vec();
        exif.extend(b"\x01\x0f\0\x02\0\0\0\x09\0\0\0\x26"); // Make, 9 bytes at offset 38
        exif.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"); // Orientation 6
        exif.extend(b"\0\0\0\0CAMERA-X\0");
        let plain = encoded(800, 600, ImageFormat::Jpeg);
        let mut file = plain[..2].to_vec();
        file.extend([0xff, 0xe1]);
        file.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        file.extend(exif);
        file.extend(&plain[2..]);
        file
    }

    #[test]
    fn every_format_becomes_a_small_jpeg() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let kept = prepare(&encoded(900, 900, format)).unwrap();
            assert_eq!(image::guess_format(&kept).unwrap(), ImageFormat::Jpeg);
            let seen = image::load_from_memory(&kept).unwrap();
            assert_eq!((seen.width(), seen.height()), (WIDTH, HEIGHT));
        }
    }

    #[test]
    fn a_picture_full_of_detail_is_kept_in_few_bytes() {
        let mut state = 7_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 29) as u8
        };
        let grain = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
            let shade = 60 + ((x / 9 * 31 + y / 7 * 17) % 120) as u8;
            Rgb([shade + noise(), shade + noise(), shade / 2 + noise()])
        });
        let mut file = Cursor::new(Vec::new());
        grain.write_to(&mut file, ImageFormat::Png).unwrap();
        let kept = prepare(file.get_ref()).unwrap();
        let mut best = Vec::new();
        JpegEncoder::new_with_quality(&mut best, JPEG_QUALITIES[0])
            .encode_image(&grain)
            .unwrap();
        assert!(best.len() > 2 * BYTES_WANTED && kept.len() < best.len() / 2);
        for citizen in crate::citizens::all() {
            let portrait = crate::pictures::file_of(&citizen.portrait).unwrap();
            let bytes = prepare(&portrait).unwrap().len();
            assert!(bytes <= 20 * 1024, "{bytes} bytes");
        }
    }

    #[test]
    fn exif_data_are_gone_and_the_picture_stands_upright() {
        let file = jpeg_with_exif();
        assert!(file.windows(8).any(|part| part == b"CAMERA-X"));
        let kept = prepare(&file).unwrap();
        assert!(!kept.windows(4).any(|part| part == b"Exif"));
        assert!(!kept.windows(8).any(|part| part == b"CAMERA-X"));
        // Red was on the left; turned a quarter clockwise it is on top.
        let seen = image::load_from_memory(&kept).unwrap().into_rgb8();
        assert!(seen.get_pixel(240, 60).0[0] > 150);
        assert!(seen.get_pixel(240, 580).0[2] > 150);
    }

    #[test]
    fn what_cannot_be_a_portrait_is_refused_with_its_code() {
        let code = |file: &[u8]| prepare(file).unwrap_err().code;
        assert_eq!(code(b"no picture"), UiCode::PhotoUnreadable);
        assert_eq!(code(&[]), UiCode::PhotoUnreadable);
        assert_eq!(code(&vec![0; FILE_BYTES_MAX + 1]), UiCode::PhotoTooLarge);
        assert_eq!(code(&encoded(100, 100, ImageFormat::Png)), UiCode::PhotoTooSmall);
        assert_eq!(code(&encoded(2000, 200, ImageFormat::Png)), UiCode::PhotoTooSmall);
        let whole = encoded(600, 800, ImageFormat::Jpeg);
        assert_eq!(code(&whole[..40]), UiCode::PhotoUnreadable);
    }

    #[test]
    fn picture_that_claims_to_be_huge_is_refused_before_it_is_decoded() {
        let mut png = encoded(300, 400, ImageFormat::Png);
        // Width and height of the header, then its checksum.
        png[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        let sum = crc32(&png[12..29]);
        png[29..33].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(prepare(&png).unwrap_err().code, UiCode::PhotoTooLarge);
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 1 {
                    (sum >> 1) ^ 0xedb8_8320
                } else {
                    sum >> 1
                }
            })
        })
    }
}
