//! Reads codes from frames as a VGA webcam would give them: small, tilted, blurred, noisy, badly lit.
//!
//! The frames are computed, not recorded, so that size, blur and noise of each are known exactly.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    missing_docs
)]

mod camera;

use camera::{Chance, SHARP, Scene, picture, text};
use qr::{Ecc, Qr, decode_luma};

fn read(codes: &[&Qr], scene: Scene, seed: u64) -> Vec<String> {
    let luma = picture(codes, &scene, &mut Chance::new(seed));
    decode_luma(scene.width as u32, scene.height as u32, &luma).unwrap()
}

#[test]
fn every_version_we_show_is_read_at_three_pixels_per_module() {
    for version in 1..=20 {
        let text = text(version);
        let code = Qr::encode(&text, Ecc::Low).unwrap();
        assert_eq!(code.version(), version);
        assert_eq!(read(&[&code], SHARP, 1), [text], "version {version}");
    }
}

#[test]
fn a_tilted_blurred_and_noisy_webcam_frame_is_read() {
    // Versions of a request, of an age pass and of a full identity; a queue gets a new frame ten times a second, so
    // nearly every frame has to do.
    for (version, pixels_per_module) in [(7, 3.0), (11, 3.0), (12, 3.0), (16, 3.6)] {
        let text = text(version);
        let code = Qr::encode(&text, Ecc::Low).unwrap();
        let mut read_count = 0;
        for seed in 1..=6_u64 {
            let scene = Scene {
                pixels_per_module,
                turn: seed as f64 * 4.0 - 14.0,
                tilt: (5.0 * seed as f64, 0.0),
                blur: 0.7,
                noise: 7.0,
                black: 40.0,
                white: 210.0,
                shade: 0.3,
                ..SHARP
            };
            let texts = read(&[&code], scene, seed);
            assert!(texts.is_empty() || texts == [text.as_str()]);
            read_count += texts.len();
        }
        assert!(read_count >= 5, "version {version}: {read_count} of 6");
    }
}

#[test]
fn an_upside_down_code_is_read() {
    let text = text(11);
    let code = Qr::encode(&text, Ecc::Low).unwrap();
    for turn in [90.0, 135.0, 180.0, 270.0] {
        assert_eq!(
            read(
                &[&code],
                Scene {
                    turn,
                    pixels_per_module: 4.0,
                    ..SHARP
                },
                1
            ),
            [text.as_str()]
        );
    }
}

#[test]
fn a_light_code_on_a_dark_screen_is_read() {
    let text = text(11);
    let code = Qr::encode(&text, Ecc::Low).unwrap();
    assert_eq!(
        read(
            &[&code],
            Scene {
                black: 230.0,
                white: 20.0,
                ..SHARP
            },
            1
        ),
        [text]
    );
}

#[test]
fn two_codes_side_by_side_are_both_read() {
    let (first, second) = (text(7), text(11));
    let codes = [
        Qr::encode(&first, Ecc::Low).unwrap(),
        Qr::encode(&second, Ecc::Low).unwrap(),
    ];
    let mut texts = read(
        &[&codes[0], &codes[1]],
        Scene {
            pixels_per_module: 4.0,
            ..SHARP
        },
        1,
    );
    texts.sort_by_key(String::len);
    assert_eq!(texts, [first, second]);
}

#[test]
fn a_frame_without_a_code_is_empty_and_not_an_error() {
    for noise in [0.0, 7.0, 70.0] {
        assert_eq!(
            read(
                &[],
                Scene {
                    white: 128.0,
                    noise,
                    ..SHARP
                },
                7
            ),
            Vec::<String>::new()
        );
    }
}
