//! The photo: its frames, and identities that have none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
use common::*;
use credential::frames::PAYLOAD_BYTES_MAX;
use credential::photo::{assembly, frames};
use credential::*;

#[test]
fn a_photo_is_shown_in_whole_groups_with_as_much_parity_as_it_takes() {
    for (length, needed, count) in [
        (1, 1, 3),
        (334, 1, 3),
        (600, 2, 6),
        (668, 2, 6),
        (669, 3, 6),
        (1000, 3, 6),
    ] {
        let picture: Vec<u8> = (0..length)
            .map(|i: usize| u8::try_from(i * 7 % 251).unwrap())
            .collect();
        let texts = frames(&picture);
        assert_eq!(texts.len(), count, "{length}");
        // A version 12 code at level L has 535 letters.
        assert!(texts.iter().all(|text| text.len() <= 535));
        let mut waiting = assembly(sha256(&picture));
        for (place, text) in texts[count - needed..].iter().enumerate() {
            let progress = waiting.add(text);
            assert_eq!((progress.have, progress.needed), (place + 1, needed));
        }
        assert_eq!(waiting.finished(), Some(&picture[..]), "{length}");
    }
    assert!(frames(&[]).is_empty());
    assert!(frames(&vec![0; PAYLOAD_BYTES_MAX + 1]).is_empty());
}

#[test]
fn other_codes_are_no_frames_of_the_photo() {
    let waiting = assembly(sha256(&PHOTO));
    assert!(frames(&PHOTO).iter().all(|text| waiting.takes(text)));
    let strangers = frames(&[1; 700]);
    let update = frames(&PHOTO)[0].replacen("KPF:", "KPU:", 1);
    for text in strangers
        .iter()
        .map(String::as_str)
        .chain(["", "KPF:", "KPF:::", &update, &timed()])
    {
        assert!(!waiting.takes(text), "{text}");
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
