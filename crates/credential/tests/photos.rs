//! The photo's frames: any order, repeats, strangers, lies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
use common::*;
use credential::photo::{Assembly, CHUNK_BYTES_MAX, PHOTO_BYTES_MAX, Progress, frames};

fn picture(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 % 251) as u8).collect()
}

#[test]
fn frames_in_any_order_and_twice_make_the_photo() {
    let photo = picture(1000);
    let mut texts = frames(&photo);
    assert_eq!(texts.len(), 3);
    texts.reverse();
    let mut assembly = Assembly::new(sha256(&photo));
    assert_eq!(assembly.progress(), Progress { have: 0, total: 0 });
    for (place, text) in texts.iter().enumerate() {
        for _ in 0..2 {
            assert_eq!(
                assembly.add(text),
                Progress {
                    have: place + 1,
                    total: 3
                }
            );
        }
        assert_eq!(assembly.finished().is_some(), place == 2);
    }
    assert_eq!(assembly.finished(), Some(photo));
}

#[test]
fn photos_of_every_length_come_back() {
    for length in [1, 2, 333, 334, 335, 667, 668, 669, 1000, 1003, PHOTO_BYTES_MAX] {
        let photo = picture(length);
        let texts = frames(&photo);
        assert_eq!(texts.len(), length.div_ceil(CHUNK_BYTES_MAX));
        let mut assembly = Assembly::new(sha256(&photo));
        for text in &texts {
            assembly.add(text);
        }
        assert_eq!(assembly.finished(), Some(photo), "{length}");
    }
    assert!(frames(&[]).is_empty());
    assert!(frames(&picture(PHOTO_BYTES_MAX + 1)).is_empty());
}

#[test]
fn a_frame_fits_version_12() {
    assert!(frames(&picture(PHOTO_BYTES_MAX)).iter().all(|f| f.len() <= 535));
}

#[test]
fn strangers_frames_and_other_codes_change_nothing() {
    let photo = picture(700);
    let mut assembly = Assembly::new(sha256(&photo));
    assembly.add(&frames(&photo)[0]);
    let before = assembly.progress();
    let stranger = frames(&PHOTO);
    for text in
        stranger
            .iter()
            .map(String::as_str)
            .chain(["", "KPF:", "KPF:::", "https://example.org", &timed()])
    {
        assert_eq!(assembly.add(text), before);
    }
    assert!(assembly.finished().is_none());
}

#[test]
fn a_lying_frame_delays_the_photo_but_cannot_replace_it() {
    let photo = picture(700);
    let texts = frames(&photo);
    // The first 8 bytes of the hash are public: anyone can write a frame under them.
    let lie = |index: usize, count: usize, length: usize, chunk: &[u8]| {
        let bytes = forge::array(&[
            forge::bytes(&sha256(&photo)[..8]),
            forge::uint(index),
            forge::uint(count),
            forge::uint(length),
            forge::bytes(chunk),
        ]);
        format!("KPF:{}", credential::base45::encode(&bytes))
    };
    let mut assembly = Assembly::new(sha256(&photo));
    assembly.add(&texts[0]);
    assembly.add(&texts[1]);
    assembly.add(&lie(2, 3, 700, &[0; 232]));
    assert_eq!(assembly.finished(), None);
    for text in &texts {
        assembly.add(text);
    }
    assert_eq!(assembly.finished(), Some(photo.clone()));
    // Impossible heads are not even counted.
    let mut assembly = Assembly::new(sha256(&photo));
    for text in [
        lie(0, 0, 0, &[]),
        lie(3, 3, 700, &[0; 232]),
        lie(0, 33, 700, &[0; 22]),
        lie(0, 1, PHOTO_BYTES_MAX + 1, &[0; 300]),
        lie(0, 3, 700, &[0; 10]),
        lie(31, 32, 33, &[0; 1]),
    ] {
        assert_eq!(assembly.add(&text).total, 0, "{text}");
    }
}
