//! Pictures that a camera could have taken of a code on a screen: computed, so that every fault of each is known.
//!
//! The same seed gives the same picture on every machine: plain arithmetic, no library's randomness.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::many_single_char_names,
    clippy::missing_panics_doc,
    missing_docs,
    dead_code
)]

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};
use qr::Qr;

/// Samples across one pixel; a sensor takes the mean of what falls on it.
const FINE: usize = 2;
/// The camera's distance from the screen, in widths of the code.
const DISTANCE: f64 = 4.0;
/// White around the code, in modules, before the phone's dark edge begins.
const WHITE_MODULES: f64 = 6.0;

/// How codes are put before the camera. Lengths are pixels of the picture where nothing else is said.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    pub width: usize,
    pub height: usize,
    /// Pixels of one module where the screen is straight.
    pub pixels_per_module: f64,
    /// Turned in the picture's plane, degrees.
    pub turn: f64,
    /// Tilted about the level axis and about the upright one, degrees.
    pub tilt: (f64, f64),
    /// Standard deviation of the lens's blur.
    pub blur: f64,
    /// Length of the smear by a moving hand, along the picture's rows.
    pub smear: f64,
    /// Standard deviation of a pixel.
    pub noise: f64,
    /// Luma of the screen's black and white: a reflection raises the one, a dim screen lowers the other.
    pub black: f64,
    pub white: f64,
    /// How much darker the right edge of the picture is than the left one, as a part of the whole.
    pub shade: f64,
    /// A lamp's reflection: luma that it adds in its middle, its radius and place in widths of the code.
    pub glare: (f64, f64, f64, f64),
    /// A finger's tip, round, half the code wide: the side it comes from (0 to 3, 4 for the corner with no finder), and
    /// how many modules it reaches over the code's edge; below zero it lies on the white.
    pub finger: Option<(usize, f64)>,
    /// Quality of the JPEG that the camera sends, if it sends one.
    pub jpeg: Option<u8>,
}

/// Straight, sharp, evenly lit.
pub const SHARP: Scene = Scene {
    width: 640,
    height: 480,
    pixels_per_module: 3.0,
    turn: 0.0,
    tilt: (0.0, 0.0),
    blur: 0.0,
    smear: 0.0,
    noise: 0.0,
    black: 0.0,
    white: 255.0,
    shade: 0.0,
    glare: (0.0, 1.0, 0.0, 0.0),
    finger: None,
    jpeg: None,
};

/// What is wrong with the pictures of one level: each picture draws each value evenly from its range.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    pub name: &'static str,
    pub turn: (f64, f64),
    pub tilt: (f64, f64),
    pub blur: (f64, f64),
    pub smear: (f64, f64),
    pub noise: (f64, f64),
    pub black: (f64, f64),
    pub white: (f64, f64),
    pub shade: (f64, f64),
    pub glare: (f64, f64),
    pub finger: (f64, f64),
    pub jpeg: (f64, f64),
}

/// Three levels, of which zxing-cpp reads about 95, 70 and 20 % of the pictures (docs/camera.md).
pub const LEVELS: [Level; 3] = [
    Level {
        name: "mild",
        turn: (-20.0, 20.0),
        tilt: (2.0, 26.0),
        blur: (0.5, 1.4),
        smear: (0.0, 1.6),
        noise: (3.0, 12.0),
        black: (20.0, 82.0),
        white: (158.0, 228.0),
        shade: (0.05, 0.4),
        glare: (10.0, 115.0),
        finger: (-3.5, 2.2),
        jpeg: (66.0, 90.0),
    },
    Level {
        name: "moderate",
        turn: (-30.0, 30.0),
        tilt: (6.0, 32.0),
        blur: (0.75, 1.6),
        smear: (0.15, 2.15),
        noise: (5.0, 15.5),
        black: (34.0, 94.0),
        white: (146.0, 216.0),
        shade: (0.13, 0.52),
        glare: (28.0, 145.0),
        finger: (-3.0, 3.8),
        jpeg: (50.0, 81.0),
    },
    Level {
        name: "harsh",
        turn: (-50.0, 50.0),
        tilt: (11.0, 40.0),
        blur: (0.95, 2.0),
        smear: (0.6, 2.6),
        noise: (7.5, 20.0),
        black: (48.0, 108.0),
        white: (132.0, 202.0),
        shade: (0.22, 0.56),
        glare: (56.0, 200.0),
        finger: (-3.0, 6.5),
        jpeg: (31.0, 67.0),
    },
];

impl Level {
    /// A picture's faults; `code_pixels` is the width of the code without its white.
    pub fn scene(
        &self,
        width: usize,
        height: usize,
        code_pixels: f64,
        qr: &Qr,
        chance: &mut Chance,
    ) -> Scene {
        let mut from = |(low, high): (f64, f64)| low + (high - low) * chance.part();
        let tilt = (from(self.tilt), from((0.0, 360.0)));
        let (sin, cos) = tilt.1.to_radians().sin_cos();
        let glare = (
            from(self.glare),
            from((0.15, 0.35)),
            from((-0.5, 0.5)),
            from((-0.5, 0.5)),
        );
        let side = from((0.0, 5.0)) as usize;
        Scene {
            width,
            height,
            pixels_per_module: code_pixels / qr.size() as f64,
            turn: from(self.turn),
            tilt: (tilt.0 * sin, tilt.0 * cos),
            blur: from(self.blur),
            smear: from(self.smear),
            noise: from(self.noise),
            black: from(self.black),
            white: from(self.white),
            shade: from(self.shade),
            glare,
            finger: Some((side.min(4), from(self.finger))),
            jpeg: Some(from(self.jpeg).round() as u8),
        }
    }
}

/// A picture of these codes side by side, one byte per pixel.
pub fn picture(codes: &[&Qr], scene: &Scene, chance: &mut Chance) -> Vec<u8> {
    let mut fine = seen(codes, scene);
    let width = scene.width * FINE;
    if scene.smear > 0.0 {
        let weights = level_weights(scene.smear * FINE as f64);
        fine = spread(&fine, width, &weights, true);
    }
    if scene.blur > 0.0 {
        let weights = bell_weights(scene.blur * FINE as f64);
        fine = spread(&spread(&fine, width, &weights, true), width, &weights, false);
    }
    let mut luma = Vec::with_capacity(scene.width * scene.height);
    for y in 0..scene.height {
        for x in 0..scene.width {
            let sum: f32 = (0..FINE * FINE)
                .map(|i| fine[(y * FINE + i / FINE) * width + x * FINE + i % FINE])
                .sum();
            let mean = f64::from(sum) / (FINE * FINE) as f64;
            luma.push((mean + chance.bell() * scene.noise).round().clamp(0.0, 255.0) as u8);
        }
    }
    scene
        .jpeg
        .map_or_else(|| luma.clone(), |quality| through_jpeg(scene, &luma, quality))
}

fn through_jpeg(scene: &Scene, luma: &[u8], quality: u8) -> Vec<u8> {
    let (width, height) = (scene.width as u32, scene.height as u32);
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(luma, width, height, ExtendedColorType::L8)
        .unwrap();
    let back = image::ImageReader::with_format(Cursor::new(file), ImageFormat::Jpeg);
    back.decode().unwrap().into_luma8().into_raw()
}

/// The light that falls on each sample, before the lens.
fn seen(codes: &[&Qr], scene: &Scene) -> Vec<f32> {
    let (width, height) = (scene.width * FINE, scene.height * FINE);
    let gap = 8.0;
    let whole = codes.iter().map(|code| code.size() as f64 + gap).sum::<f64>() - gap;
    let tall = codes.iter().map(|code| code.size()).max().unwrap_or(0) as f64;
    // The screen's two directions in the camera's space: turned, then tilted about both axes.
    let (turn_sin, turn_cos) = scene.turn.to_radians().sin_cos();
    let (a_sin, a_cos) = scene.tilt.0.to_radians().sin_cos();
    let (b_sin, b_cos) = scene.tilt.1.to_radians().sin_cos();
    let tilted = |x: f64, y: f64| {
        [
            x * b_cos + y * a_sin * b_sin,
            y * a_cos,
            y * a_sin * b_cos - x * b_sin,
        ]
    };
    let (right, down) = (tilted(turn_cos, turn_sin), tilted(-turn_sin, turn_cos));
    let mut light = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            // In widths of the code from the picture's middle.
            let at = |at: usize, pixels: usize| {
                ((at as f64 + 0.5) / FINE as f64 - pixels as f64 / 2.0)
                    / (scene.pixels_per_module * whole.max(1.0))
            };
            let (px, py) = (at(x, scene.width), at(y, scene.height));
            // Where the ray through this sample meets the screen: two linear equations.
            let row = |p: f64, axis: usize| {
                [
                    right[axis] - p * right[2] / DISTANCE,
                    down[axis] - p * down[2] / DISTANCE,
                ]
            };
            let ([a, b], [c, d]) = (row(px, 0), row(py, 1));
            let determinant = a * d - b * c;
            let (u, v) = ((px * d - py * b) / determinant, (py * a - px * c) / determinant);
            let (mu, mv) = (u * whole, v * whole);
            let mut luma = scene.white;
            if codes.is_empty() {
                luma = f64::midpoint(scene.white, scene.black);
            } else if mu.abs() > whole / 2.0 + WHITE_MODULES || mv.abs() > tall / 2.0 + WHITE_MODULES {
                // The phone's edge, then whatever is behind it.
                let behind = mu.abs() > whole / 2.0 + 12.0 || mv.abs() > tall / 2.0 + 12.0;
                let cloth = (u * 9.0).sin() * (v * 7.0 + 1.0).cos() * 30.0;
                luma = if behind { 120.0 + cloth } else { scene.black * 0.6 };
            } else if dark_at(codes, mu, mv, whole) {
                luma = scene.black;
            }
            let (strength, radius, gu, gv) = scene.glare;
            let away = ((u - gu) * (u - gu) + (v - gv) * (v - gv)) / (radius * radius);
            luma += strength * (-away).exp();
            if scene
                .finger
                .is_some_and(|finger| under_finger(finger, mu, mv, whole))
            {
                luma = 105.0;
            }
            luma *= 1.0 - scene.shade * x as f64 / width as f64;
            light.push(luma as f32);
        }
    }
    light
}

fn dark_at(codes: &[&Qr], u: f64, v: f64, whole: f64) -> bool {
    let mut left = -whole / 2.0;
    for code in codes {
        let (x, y) = ((u - left).floor(), (v + code.size() as f64 / 2.0).floor());
        if x >= 0.0 && y >= 0.0 && code.is_dark(x as usize, y as usize) {
            return true;
        }
        left += code.size() as f64 + 8.0;
    }
    false
}

fn under_finger((side, reach): (usize, f64), u: f64, v: f64, whole: f64) -> bool {
    let (radius, edge) = (whole / 4.0, whole / 2.0);
    let far = edge + radius - reach;
    let diagonal = edge + radius * std::f64::consts::FRAC_1_SQRT_2 - reach;
    let (cu, cv) = match side {
        0 => (far, 0.0),
        1 => (0.0, far),
        2 => (-far, 0.0),
        3 => (0.0, -far),
        _ => (diagonal, diagonal),
    };
    (u - cu) * (u - cu) + (v - cv) * (v - cv) < radius * radius
}

fn bell_weights(deviation: f64) -> Vec<f32> {
    let reach = (deviation * 3.0).ceil().max(1.0) as i32;
    let weights = (-reach..=reach).map(|at| (-0.5 * (f64::from(at) / deviation).powi(2)).exp());
    normal(&weights.collect::<Vec<f64>>())
}

/// The share of each sample in a box of this length about the middle.
fn level_weights(length: f64) -> Vec<f32> {
    let reach = (length / 2.0).ceil().max(1.0) as i32;
    let share = |at: i32| {
        let at = f64::from(at);
        ((at + 0.5).min(length / 2.0) - (at - 0.5).max(-length / 2.0)).max(0.0)
    };
    normal(&(-reach..=reach).map(share).collect::<Vec<f64>>())
}

fn normal(weights: &[f64]) -> Vec<f32> {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return vec![1.0];
    }
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

/// Spreads each sample along rows or columns; the picture's edge goes on outside of it.
fn spread(from: &[f32], width: usize, weights: &[f32], rows: bool) -> Vec<f32> {
    let height = from.len() / width;
    let reach = weights.len() / 2;
    let mut to = vec![0.0; from.len()];
    for (y, row) in to.chunks_exact_mut(width).enumerate() {
        let line: Vec<f32> = if rows {
            let at = |x: usize| from[y * width + x.saturating_sub(reach).min(width - 1)];
            (0..width + 2 * reach).map(at).collect()
        } else {
            Vec::new()
        };
        for (i, weight) in weights.iter().enumerate() {
            let start = (y + i).saturating_sub(reach).min(height - 1) * width;
            let samples = if rows { &line[i..] } else { &from[start..] };
            for (sum, sample) in row.iter_mut().zip(samples) {
                *sum += weight * sample;
            }
        }
    }
    to
}

/// xorshift64*: the same numbers on every machine.
pub struct Chance(pub u64);

impl Chance {
    /// A seed that is never zero.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to 1.
    pub fn part(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Near the normal distribution: mean 0, deviation 1.
    pub fn bell(&mut self) -> f64 {
        let sum: f64 = (0..4).map(|_| self.part()).sum();
        (sum - 2.0) * 3.0_f64.sqrt()
    }
}

/// A text that looks like ours and just fits the version at level L.
pub fn text(version: u8) -> String {
    const LETTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut chance = Chance::new(u64::from(version) + 1);
    let letters: String = (0..1_300)
        .map(|_| char::from(LETTERS[(chance.part() * 45.0) as usize % 45]))
        .collect();
    let text = format!("KP1:{letters}");
    let lengths: Vec<usize> = (1..=text.len()).collect();
    let fits = |&length: &usize| Qr::encode(&text[..length], qr::Ecc::Low).unwrap().version() <= version;
    text[..lengths.partition_point(fits)].to_owned()
}

/// What is shown to a camera, with its name: passes and requests as the format's vectors have them.
pub fn payloads() -> Vec<(&'static str, String)> {
    let vector = |name: &str, member: &str| {
        let path = format!(
            "{}/../../tests/vectors/valid/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let file = std::fs::read_to_string(path).unwrap();
        let vector: serde_json::Value = serde_json::from_str(&file).unwrap();
        vector[member].as_str().unwrap().to_owned()
    };
    let photo: Vec<u8> = (0..900_u32).map(|i| (i * i % 251) as u8).collect();
    vec![
        ("age, timed", vector("timed-age", "qr")),
        ("identity, to a request", vector("identity", "qr")),
        ("photo frame", credential::photo::frames(&photo).remove(4)),
        (
            "request on the desk's screen",
            vector("request-age-certified", "request"),
        ),
        ("domicile (version 14)", text(14)),
    ]
}

/// The picture: a common webcam's, and large enough for a turned code of 400 pixels.
pub const WIDTH: usize = 800;
pub const HEIGHT: usize = 600;

/// Widths of the code in the picture, in pixels.
pub const CODE_PIXELS: [usize; 3] = [240, 320, 400];
