//! Picture files and degenerate or hostile input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "../../../tests/soak.rs"]
mod soak;

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgba, RgbaImage};
use proptest::prelude::*;
use qr::{Ecc, PICTURE_BYTES_MAX, Qr, QrError, decode_luma, decode_picture};
use soak::soak;

fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn picture(text: &str) -> DynamicImage {
    image::load_from_memory(&Qr::encode(text, Ecc::Medium).unwrap().png(4).unwrap()).unwrap()
}

#[test]
fn png_jpeg_and_webp_are_read() {
    let picture = picture("KP1:PICTURE FILE");
    for (format, picture) in [
        (ImageFormat::Png, picture.clone()),
        (ImageFormat::Jpeg, picture.clone()),
        (ImageFormat::WebP, picture.to_rgb8().into()),
    ] {
        assert_eq!(
            decode_picture(&file(&picture, format)).unwrap(),
            ["KP1:PICTURE FILE"],
            "{format:?}"
        );
    }
}

#[test]
fn a_transparent_ground_counts_as_white() {
    let mut picture: RgbaImage = picture("KPR:TRANSPARENT").to_rgba8();
    for pixel in picture.pixels_mut() {
        if pixel.0[0] == 255 {
            *pixel = Rgba([0, 0, 0, 0]);
        }
    }
    assert_eq!(
        decode_picture(&file(&picture.into(), ImageFormat::Png)).unwrap(),
        ["KPR:TRANSPARENT"]
    );
}

#[test]
fn text_in_another_script_is_read_byte_for_byte() {
    for text in [
        "خیبر پختونخوا",
        "پېژندپاڼه",
        "mixed Kp1:abc",
        "点茗 Shift-JIS look-alike",
    ] {
        let png = Qr::encode(text, Ecc::Low).unwrap().png(3).unwrap();
        assert_eq!(decode_picture(&png).unwrap(), [text]);
    }
}

#[test]
fn other_formats_and_broken_files_are_unreadable() {
    let mut gif = b"GIF89a".to_vec();
    gif.resize(200, 0);
    let mut cut = file(&picture("KP1:CUT"), ImageFormat::Png);
    cut.truncate(60);
    for bytes in [&gif[..], &cut, b"", b"BM", b"<svg/>", b"\x89PNG\r\n\x1a\n"] {
        assert_eq!(decode_picture(bytes), Err(QrError::PictureUnreadable));
    }
}

#[test]
fn a_picture_over_twelve_megapixels_is_refused_before_decoding() {
    // 4001 × 3000 grey pixels, all the same: a small file.
    let large = file(
        &GrayImage::from_pixel(4001, 3000, Luma([255])).into(),
        ImageFormat::Png,
    );
    assert!(large.len() < 100_000);
    assert_eq!(decode_picture(&large), Err(QrError::PictureTooManyPixels));

    // A header that promises 65,535 × 65,535 pixels and has none.
    let mut bomb = b"\x89PNG\r\n\x1a\n".to_vec();
    bomb.extend_from_slice(b"\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x10\x06\0\0\0");
    let crc = crc32(&bomb[12..]);
    bomb.extend_from_slice(&crc.to_be_bytes());
    bomb.extend_from_slice(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    assert_eq!(decode_picture(&bomb), Err(QrError::PictureTooManyPixels));
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

#[test]
fn a_file_over_twelve_megabytes_is_refused() {
    assert_eq!(
        decode_picture(&vec![0; PICTURE_BYTES_MAX + 1]),
        Err(QrError::PictureTooLarge)
    );
}

#[test]
fn frames_of_a_wrong_or_impossible_size_are_refused() {
    for (width, height, bytes) in [
        (0, 0, 0),
        (0, 480, 0),
        (640, 0, 0),
        (640, 480, 640 * 480 - 1),
        (1, 1, 2),
        (u32::MAX, u32::MAX, 16),
    ] {
        assert_eq!(
            decode_luma(width, height, &vec![0; bytes]),
            Err(QrError::FrameSizeWrong)
        );
    }
    assert_eq!(
        decode_luma(12_000_001, 1, &vec![0; 12_000_001]),
        Err(QrError::PictureTooManyPixels)
    );
}

#[test]
fn tiny_and_thin_frames_hold_no_code() {
    for side in 1..48_u32 {
        for (width, height) in [(side, side), (side, 1), (1, side), (side, 300), (300, side)] {
            for luma in [0, 128, 255] {
                let frame = vec![luma; (width * height) as usize];
                assert_eq!(decode_luma(width, height, &frame), Ok(Vec::new()));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn base45_letters_come_back(text in "KP[1RDF]:[0-9A-Z $%*+./:-]{0,700}", medium: bool) {
        let ecc = if medium { Ecc::Medium } else { Ecc::Low };
        let png = Qr::encode(&text, ecc).unwrap().png(3).unwrap();
        prop_assert_eq!(decode_picture(&png).unwrap(), [text]);
    }

    #[test]
    fn any_text_comes_back(text in "\\PC{1,120}") {
        let png = Qr::encode(&text, Ecc::Low).unwrap().png(3).unwrap();
        prop_assert_eq!(decode_picture(&png).unwrap(), [text]);
    }
}

#[test]
fn any_bytes_are_read_or_refused() {
    soak(|| {
        proptest!(ProptestConfig::with_cases(48), |(bytes in prop::collection::vec(any::<u8>(), 0..600))| {
            let _ = decode_picture(&bytes);
        });
    });
}

#[test]
fn a_damaged_file_is_read_or_refused() {
    let formats = prop::sample::select(vec![ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP]);
    let good = picture("KP1:DAMAGED").to_rgb8();
    soak(|| {
        proptest!(ProptestConfig::with_cases(48), |(
            format in &formats, at: prop::sample::Index, with: u8, cut: prop::sample::Index,
        )| {
            let mut bytes = file(&good.clone().into(), format);
            let at = at.index(bytes.len());
            bytes[at] = with;
            let _ = decode_picture(&bytes);
            bytes.truncate(cut.index(bytes.len()));
            let _ = decode_picture(&bytes);
        });
    });
}

#[test]
fn any_frame_is_read_without_a_panic() {
    soak(|| {
        proptest!(ProptestConfig::with_cases(48), |(
            width in 1_u32..120, height in 1_u32..120, seed in prop::collection::vec(any::<u8>(), 1..400),
            coarse in 1_u32..6,
        )| {
            let frame: Vec<u8> = (0..width * height)
                .map(|at| seed[((at / width / coarse * 31 + at % width / coarse) as usize) % seed.len()])
                .collect();
            prop_assert!(decode_luma(width, height, &frame).is_ok());
        });
    });
}

#[test]
fn a_cropped_code_is_read_or_not() {
    let whole = picture("KP1:CROPPED SOMEWHERE, SO THAT FINDER PATTERNS ARE MISSING");
    soak(|| {
        proptest!(ProptestConfig::with_cases(48), |(
            left in 0_u32..60, top in 0_u32..60, width in 1_u32..200, height in 1_u32..200,
        )| {
            let part = whole.crop_imm(left, top, width, height).to_luma8();
            let texts = decode_luma(part.width(), part.height(), part.as_raw()).unwrap();
            prop_assert!(texts.len() <= 1);
        });
    });
}
