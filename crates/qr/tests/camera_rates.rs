//! How many poor pictures are read: a short slice of `cargo xtask bench camera`, held to what was reached.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

mod camera;

use camera::{CODE_PIXELS, Chance, HEIGHT, LEVELS, WIDTH, payloads, picture};
use qr::{Ecc, Qr, decode_luma};

#[test]
fn mild_pictures_are_read_as_often_as_they_were() {
    assert_read(0, 15);
}

#[test]
fn moderate_pictures_are_read_as_often_as_they_were() {
    assert_read(1, 11);
}

#[test]
fn harsh_pictures_are_read_as_often_as_they_were() {
    assert_read(2, 6);
}

/// Of one picture of each payload at each width, at least so many are read, and none as another text.
fn assert_read(level: usize, least: usize) {
    let level = &LEVELS[level];
    let (mut read, mut count) = (0, 0);
    for (place, (name, text)) in payloads().iter().enumerate() {
        let qr = Qr::encode(text, Ecc::Low).unwrap();
        for code_pixels in CODE_PIXELS {
            let mut chance = Chance::new((place * 10 + code_pixels) as u64);
            let scene = level.scene(WIDTH, HEIGHT, code_pixels as f64, &qr, &mut chance);
            let luma = picture(&[&qr], &scene, &mut chance);
            let texts = decode_luma(WIDTH as u32, HEIGHT as u32, &luma).unwrap();
            assert!(texts.is_empty() || texts == [text.as_str()], "{name}: misread");
            read += texts.len();
            count += 1;
        }
    }
    assert!(read >= least, "{}: {read} of {count}, not {least}", level.name);
}
