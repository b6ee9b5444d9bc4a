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

use qr::{Ecc, Qr, decode_luma};

const WIDTH: usize = 640;
const HEIGHT: usize = 480;

/// How a code is put before the camera.
#[derive(Clone, Copy)]
struct Scene {
    pixels_per_module: f64,
    /// Turned in the picture's plane, degrees.
    turn: f64,
    /// How much smaller the far edge is than the near one, as a part of the whole.
    tilt: f64,
    /// Radius of a box blur applied twice, in pixels, on a grid twice as fine as the camera's.
    blur: usize,
    /// Largest deviation of a pixel.
    noise: i16,
    /// Luma of black and of white, and how much darker the right edge is than the left one.
    black: f64,
    white: f64,
    shade: f64,
}

const SHARP: Scene = Scene {
    pixels_per_module: 3.0,
    turn: 0.0,
    tilt: 0.0,
    blur: 0,
    noise: 0,
    black: 0.0,
    white: 255.0,
    shade: 0.0,
};

/// A frame of the scene with these codes side by side.
fn frame(codes: &[&Qr], scene: Scene, seed: u64) -> Vec<u8> {
    const FINE: usize = 2;
    let (width, height) = (WIDTH * FINE, HEIGHT * FINE);
    let (sin, cos) = scene.turn.to_radians().sin_cos();
    let mut fine = vec![0.0_f32; width * height];
    for y in 0..height {
        for x in 0..width {
            // From the camera's pixel back to the module that it sees.
            let (u, v) = (
                x as f64 / FINE as f64 - WIDTH as f64 / 2.0,
                y as f64 / FINE as f64 - HEIGHT as f64 / 2.0,
            );
            let depth = 1.0 + scene.tilt * v / HEIGHT as f64;
            let (u, v) = (u * depth, v * depth);
            let (u, v) = (u * cos - v * sin, u * sin + v * cos);
            let (u, v) = (u / scene.pixels_per_module, v / scene.pixels_per_module);
            let light = scene.white * (1.0 - scene.shade * x as f64 / width as f64);
            let dark = dark_at(codes, u, v);
            fine[y * width + x] = if dark { scene.black } else { light } as f32;
        }
    }
    for _ in 0..2 {
        if scene.blur > 0 {
            fine = blurred(&blurred(&fine, width, scene.blur, 1), width, scene.blur, width);
        }
    }
    let mut noise = Noise(seed);
    (0..WIDTH * HEIGHT)
        .map(|at| {
            let (x, y) = (at % WIDTH * FINE, at / WIDTH * FINE);
            let sum: f32 = (0..FINE * FINE)
                .map(|i| fine[(y + i / FINE) * width + x + i % FINE])
                .sum();
            let luma = f64::from(sum) / (FINE * FINE) as f64 + noise.next(scene.noise);
            luma.round().clamp(0.0, 255.0) as u8
        })
        .collect()
}

fn dark_at(codes: &[&Qr], u: f64, v: f64) -> bool {
    let gap = 8.0;
    let whole: f64 = codes.iter().map(|code| code.size() as f64 + gap).sum::<f64>() - gap;
    let mut left = -whole / 2.0;
    for code in codes {
        let (x, y) = ((u - left).floor(), (v + code.size() as f64 / 2.0).floor());
        if x >= 0.0 && y >= 0.0 && code.is_dark(x as usize, y as usize) {
            return true;
        }
        left += code.size() as f64 + gap;
    }
    false
}

fn blurred(from: &[f32], width: usize, radius: usize, step: usize) -> Vec<f32> {
    let (span, length) = if step == 1 {
        (1, width)
    } else {
        (width, from.len() / width)
    };
    (0..from.len())
        .map(|at| {
            let along = if step == 1 { at % width } else { at / width };
            let (first, last) = (along.saturating_sub(radius), (along + radius).min(length - 1));
            let start = at - along * span;
            (first..=last).map(|i| from[start + i * span]).sum::<f32>() / (last - first + 1) as f32
        })
        .collect()
}

/// xorshift64*: the same noise on every machine.
struct Noise(u64);

impl Noise {
    fn next(&mut self, largest: i16) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let unit = (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64;
        (unit * 2.0 - 1.0) * f64::from(largest)
    }
}

/// A text that looks like ours and just fits the version at level L.
fn text(version: u8) -> String {
    const LETTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut noise = Noise(u64::from(version) + 1);
    let letters: String = (0..1_300)
        .map(|_| char::from(LETTERS[(noise.next(22).round() + 22.0) as usize]))
        .collect();
    let text = format!("KP1:{letters}");
    let lengths: Vec<usize> = (1..=text.len()).collect();
    let fits = |&length: &usize| Qr::encode(&text[..length], Ecc::Low).unwrap().version() <= version;
    text[..lengths.partition_point(fits)].to_owned()
}

fn read(codes: &[&Qr], scene: Scene, seed: u64) -> Vec<String> {
    decode_luma(WIDTH as u32, HEIGHT as u32, &frame(codes, scene, seed)).unwrap()
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
                tilt: 0.04 * seed as f64,
                blur: 1,
                noise: 12,
                black: 40.0,
                white: 210.0,
                shade: 0.3,
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
    for noise in [0, 12, 120] {
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
