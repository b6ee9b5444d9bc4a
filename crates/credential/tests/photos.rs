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
use credential::*;

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
        format!("KPF:{}", base45::encode(&bytes))
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

#[test]
fn an_identity_without_a_photo_is_never_accepted() {
    let (trust, good) = (trust(), status(false));
    let asked = request(Vct::IDENTITY);
    let mut empty = identity_claims();
    empty.identity = None;
    for claims in [identity_claims(), empty] {
        let text = answer_with(&asked, &issued_without_photo(&claims), &holder(2));
        let outcome = verify(&text, &request_context(&trust, &good, &asked));
        assert_eq!(outcome.code, Code::PhotoIncomplete);
        assert_eq!(outcome.verdict(), Verdict::Undecided);
        // Without this there is nothing that an officer could confirm.
        assert!(outcome.verified.is_none());

        // What is wrong with it is said first.
        let code = |status| verify(&text, &request_context(&trust, status, &asked)).code;
        assert_eq!(code(&status(true)), Code::Revoked);
        let mut late = request_context(&trust, &good, &asked);
        late.now = at(61);
        assert_eq!(verify(&text, &late).code, Code::Stale);
        late = request_context(&trust, &good, &asked);
        late.status = None;
        assert_eq!(verify(&text, &late).code, Code::NoStatusList);
    }
    // A name under another kind's label needs its photo as well.
    let mut disguised = identity_claims();
    disguised.vct = Vct::AGE;
    let asked = request(Vct::AGE);
    let text = answer_with(&asked, &issued_without_photo(&disguised), &holder(2));
    let code = verify(&text, &request_context(&trust, &good, &asked)).code;
    assert_eq!(code, Code::PhotoIncomplete);
}

#[test]
fn an_identity_without_a_photo_is_not_issued() {
    for vct in [Vct::IDENTITY, Vct::NAME_PHOTO, Vct::AGE] {
        let mut claims = identity_claims();
        claims.vct = vct;
        assert!(issue(&claims, &key("issuer")).is_ok());
        claims.facts.photo_sha256 = None;
        assert_eq!(issue(&claims, &key("issuer")), Err(IssueError::NoPhoto));
        claims.identity = None;
        assert_eq!(issue(&claims, &key("issuer")).is_ok(), vct == Vct::AGE);
    }
}

#[test]
fn no_personal_data_in_what_a_log_could_print() {
    let credential = Credential::parse(&issued(&identity_claims())).unwrap();
    let claims = credential.unverified_claims();
    assert_eq!(
        format!("{credential:?}"),
        format!("Credential({} bytes)", credential.bytes().len())
    );
    assert_eq!(format!("{:?}", claims.facts), "Facts(..)");
    let (trust, status, asked) = (trust(), status(false), request(Vct::IDENTITY));
    let outcome = verify(&identity_answer(), &request_context(&trust, &status, &asked));
    for printed in [format!("{claims:?}"), format!("{outcome:?}")] {
        for private in ["9999912345671", "Zarghuna", "peshawar", "19900515", "Hayatabad"] {
            assert!(!printed.contains(private), "{printed}");
        }
        // The bytes of the photo's hash as a list of numbers.
        assert!(!printed.contains(&format!("{:?}", sha256(&PHOTO))), "{printed}");
    }
}
