//! Small pictures of drawings, photographs and of what is neither.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
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

/// The picture as it is before it is compressed, and as a desk sees it.
fn before_and_after(source: &[u8]) -> (RgbImage, RgbImage) {
    let small = reduce(source).unwrap();
    assert!(
        (BYTES_MIN..=BYTES_MAX).contains(&small.len()),
        "{} bytes",
        small.len()
    );
    let back = image::load_from_memory(&small).unwrap().to_rgb8();
    assert_eq!(back.dimensions(), (WIDTH, HEIGHT));
    let whole = middle(&image::load_from_memory(source).unwrap());
    (
        whole.resize_exact(WIDTH, HEIGHT, FilterType::Lanczos3).to_rgb8(),
        back,
    )
}

/// Structural similarity (Wang et al., 2004) of the luma, the mean over windows of 8 by 8 pixels: 1 is the same picture;
/// faces are told apart well above 0.8.
fn similarity(a: &RgbImage, b: &RgbImage) -> f64 {
    let luma = |p: &RgbImage| DynamicImage::ImageRgb8(p.clone()).into_luma8();
    let (a, b) = (luma(a), luma(b));
    let (mut sum, mut count) = (0.0, 0.0);
    for y in (0..=HEIGHT - 8).step_by(4) {
        for x in (0..=WIDTH - 8).step_by(4) {
            let (mut ma, mut mb, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for at in 0..64 {
                let pixel = |p: &image::GrayImage| f64::from(p.get_pixel(x + at % 8, y + at / 8).0[0]);
                let (pa, pb) = (pixel(&a), pixel(&b));
                ma += pa / 64.0;
                mb += pb / 64.0;
                aa += pa * pa / 64.0;
                bb += pb * pb / 64.0;
                ab += pa * pb / 64.0;
            }
            let (va, vb, covariance) = (aa - ma * ma, bb - mb * mb, ab - ma * mb);
            let (c1, c2) = (6.5025, 58.5225);
            sum +=
                (2.0 * ma * mb + c1) * (2.0 * covariance + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
            count += 1.0;
        }
    }
    sum / count
}

#[test]
fn drawn_portraits_keep_their_shape_in_a_thousand_bytes() {
    for citizen in sandbox::citizens() {
        let (before, after) = before_and_after(citizen.portrait_png());
        let similarity = similarity(&before, &after);
        assert!(similarity > 0.9, "{}: {similarity:.3}", citizen.id);
    }
}

/// Official portraits in the public domain; tests/photographs/README.md says whose and where from.
const PHOTOGRAPHS: [(&str, &[u8]); 2] = [
    (
        "astronaut",
        include_bytes!("../../tests/photographs/astronaut.jpg"),
    ),
    ("admiral", include_bytes!("../../tests/photographs/hopper.jpg")),
];

/// What light, skin, camera and wall do to a photograph, and how alike the small picture must stay.
fn variants(photograph: &RgbImage) -> Vec<(&'static str, RgbImage, f64)> {
    let each = |change: &dyn Fn(f64, usize) -> f64| {
        let mut changed = photograph.clone();
        for pixel in changed.pixels_mut() {
            for (channel, value) in pixel.0.iter_mut().enumerate() {
                *value = change(f64::from(*value), channel).round().clamp(0.0, 255.0) as u8;
            }
        }
        changed
    };
    let (width, height) = photograph.dimensions();
    let grain = noise(width, height);
    let mut grainy = photograph.clone();
    for (pixel, grain) in grainy.iter_mut().zip(grain.iter()) {
        *pixel = pixel.saturating_add(grain / 12).saturating_sub(10);
    }
    let mut busy = photograph.clone();
    for (x, y, pixel) in busy.enumerate_pixels_mut() {
        let (u, v) = (
            f64::from(x) / f64::from(width) - 0.5,
            f64::from(y) / f64::from(height) - 0.5,
        );
        if u * u / 0.12 + v * v / 0.2 > 1.0 {
            *pixel = image::Rgb(if (x / 9 + y / 12) % 2 == 0 {
                [180, 60, 50]
            } else {
                [40, 110, 90]
            });
        }
    }
    let mut lit = photograph.clone();
    for (x, _, pixel) in lit.enumerate_pixels_mut() {
        let light = 1.25 - f64::from(x) / f64::from(width);
        pixel.0 = pixel.0.map(|value| (f64::from(value) * light).min(255.0) as u8);
    }
    vec![
        ("as it is", photograph.clone(), 0.88),
        ("mirrored", image::imageops::flip_horizontal(photograph), 0.88),
        ("a dark room", each(&|value, _| value * 0.4), 0.85),
        ("bright sun", each(&|value, _| value * 1.4 + 20.0), 0.85),
        (
            "a yellow lamp",
            each(&|value, channel| value * [1.1, 0.95, 0.65][channel]),
            0.85,
        ),
        (
            "darker skin",
            each(&|value, _| (value / 255.0).powf(1.8) * 255.0),
            0.85,
        ),
        ("flat and grey", each(&|value, _| value * 0.4 + 90.0), 0.8),
        ("a window beside", lit, 0.85),
        ("a cheap camera's grain", grainy, 0.75),
        ("a chequered wall", busy, 0.75),
    ]
}

#[test]
fn photographs_stay_recognisable_in_a_thousand_bytes() {
    for (name, file) in PHOTOGRAPHS {
        let photograph = image::load_from_memory(file).unwrap().to_rgb8();
        for (variant, picture, least) in variants(&photograph) {
            let (before, after) = before_and_after(&png(&picture));
            let similarity = similarity(&before, &after);
            assert!(similarity >= least, "{name}, {variant}: {similarity:.3}");
        }
    }
}

#[test]
fn a_picture_of_nothing_is_refused() {
    let flat = RgbImage::from_pixel(480, 640, image::Rgb([128, 90, 70]));
    assert_eq!(reduce(&png(&flat)), Err(PhotoError::Blank));
    let wall = RgbImage::from_fn(480, 640, |x, _| image::Rgb([(x / 8 + 100) as u8; 3]));
    assert_eq!(reduce(&png(&wall)), Err(PhotoError::Blank));
}

#[test]
fn pure_noise_still_fits() {
    let bytes = reduce(&png(&noise(300, 400))).unwrap().len();
    assert!((BYTES_MIN..=BYTES_MAX).contains(&bytes), "{bytes}");
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
    let stripes = |width, height| {
        png(&RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x / 40 * 30 + y / 50 * 20) as u8; 3])
        }))
    };
    assert!(reduce(&stripes(1_000, 2_000)).is_ok());
    assert_eq!(reduce(&stripes(1_001, 2_000)), Err(PhotoError::Unreadable));
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
            proptest::prop_assert!((BYTES_MIN..=BYTES_MAX).contains(&small.len()));
        }
    }
}
