//! A stand-in for the comparison of faces: pictures are made small and grey, and laid over the portraits of the test citizens.
//!
//! It tells the portraits from each other, also after a phone made them smaller and into JPEG, and from pictures of something
//! else. It tells no real faces from each other.

use std::sync::OnceLock;

use image::imageops::FilterType;

/// Side of the small picture, in pixels.
const SIDE: u32 = 8;
/// Mean difference of grey, of 255, up to which a picture is of the same portrait.
const SAME_MAX: u32 = 12;

type Small = [u8; (SIDE * SIDE) as usize];

/// Whose face a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// That of this portrait, by its place among the test citizens.
    Portrait(usize),
    /// None that is known here.
    Nobody,
}

/// Whose face this picture shows.
pub fn shows(picture: &[u8]) -> Shows {
    let Some(small) = small(picture) else {
        return Shows::Nobody;
    };
    let nearest = portraits()
        .iter()
        .enumerate()
        .map(|(place, portrait)| (difference(&small, portrait), place))
        .min();
    match nearest {
        Some((difference, place)) if difference <= SAME_MAX => Shows::Portrait(place),
        _ => Shows::Nobody,
    }
}

fn portraits() -> &'static [Small] {
    static PORTRAITS: OnceLock<Vec<Small>> = OnceLock::new();
    PORTRAITS.get_or_init(|| {
        let citizens = crate::citizens();
        citizens
            .iter()
            .filter_map(|citizen| small(citizen.portrait_png()))
            .collect()
    })
}

fn small(picture: &[u8]) -> Option<Small> {
    let picture = image::load_from_memory(picture).ok()?;
    let grey = picture
        .resize_exact(SIDE, SIDE, FilterType::Triangle)
        .into_luma8();
    grey.into_raw().try_into().ok()
}

fn difference(one: &Small, other: &Small) -> u32 {
    let sum: u32 = one
        .iter()
        .zip(other)
        .map(|(one, other)| u32::from(one.abs_diff(*other)))
        .sum();
    sum / (SIDE * SIDE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::io::Cursor;

    use image::ImageFormat;

    use super::*;

    #[test]
    fn portraits_are_told_from_each_other_and_from_other_pictures() {
        let all = portraits();
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            let apart = difference(&all[one], &all[other]);
            assert!(apart > SAME_MAX, "{one} and {other} are {apart} apart");
        }
        for (place, citizen) in crate::citizens().iter().enumerate() {
            assert_eq!(shows(citizen.portrait_png()), Shows::Portrait(place));
            // As a phone sends it.
            let picture = image::load_from_memory(citizen.portrait_png()).unwrap();
            let smaller = picture.resize_exact(360, 480, FilterType::Triangle).into_rgb8();
            let mut jpeg = Cursor::new(Vec::new());
            smaller.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
            assert_eq!(shows(jpeg.get_ref()), Shows::Portrait(place));
        }
        assert_eq!(shows(b"no picture"), Shows::Nobody);
        let mut white = Cursor::new(Vec::new());
        let wall = image::RgbImage::from_pixel(64, 64, image::Rgb([255; 3]));
        wall.write_to(&mut white, ImageFormat::Png).unwrap();
        assert_eq!(shows(white.get_ref()), Shows::Nobody);
    }
}
