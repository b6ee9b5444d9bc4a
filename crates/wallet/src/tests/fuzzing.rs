//! Fuzzing of what another phone or a file gives: any bytes, and good ones changed at random places.

#[macro_use]
#[path = "../../../../tests/fuzz.rs"]
mod fuzz;

use std::sync::LazyLock;

use fuzz::damaged;
use zeroize::Zeroizing;

use crate::archive::tests::with_history;
use crate::backup::phrase::Phrase;
use crate::backup::tests::{good_plain, unseal_any};
use crate::backup::{self, words};
use crate::testing::TestRng;
use crate::transfer::TransferError;
use crate::transfer::incoming::Incoming;
use crate::transfer::outgoing::Outgoing;

fuzz! {
    any_backup_file(input) {
        static GOOD: LazyLock<(Vec<u8>, Phrase)> = LazyLock::new(|| {
            let phrase = Phrase::make(&mut TestRng::new(1));
            let file = backup::seal(&with_history(1), &phrase, pin::Cost::FLOOR, &mut TestRng::new(2));
            (file.unwrap(), phrase)
        });
        let (good, phrase) = &*GOOD;
        assert!(backup::open(input, phrase).is_err());
        let changed = damaged(good, input);
        if changed != *good {
            assert!(backup::open(&changed, phrase).is_err());
        }
    }

    any_content_of_a_backup(input) {
        static GOOD: LazyLock<Vec<u8>> = LazyLock::new(good_plain);
        assert!(unseal_any(&GOOD).is_some());
        // What is read at all is what this version would have written.
        for plain in [input, &damaged(&GOOD, input)] {
            if plain == GOOD.as_slice() {
                continue;
            }
            if let Some(archive) = unseal_any(plain) {
                let packed = archive.pack().unwrap();
                assert!(crate::archive::Archive::unpack(&packed).unwrap() == archive);
            }
        }
    }

    any_phrase(input) {
        let text = String::from_utf8_lossy(input);
        if let Ok(phrase) = Phrase::parse(&text) {
            assert_eq!(Phrase::parse(&phrase.digits()).unwrap().bytes(), phrase.bytes());
        }
        assert!(words::complete(&text, 5).len() <= 5);
        // Near to a phrase: words of the list with something wrong in them.
        let good = Phrase::make(&mut TestRng::new(input.len() as u64));
        let words = good.words().map(|word| word.ur).join(" ");
        let changed = damaged(words.as_bytes(), input);
        if let Ok(phrase) = Phrase::parse(&String::from_utf8_lossy(&changed)) {
            assert_eq!(Phrase::parse(&phrase.digits()).unwrap().bytes(), phrase.bytes());
        }
    }

    any_transfer_frame(input) {
        static GOOD: LazyLock<(String, Vec<String>, String)> = LazyLock::new(|| {
            let offer = Incoming::new(&mut TestRng::new(1)).offer;
            let packed = Zeroizing::new(vec![5; 900]);
            let outgoing = Outgoing::answer(&offer, &packed, [0; 32], &mut TestRng::new(2)).unwrap();
            (outgoing.answer.clone(), outgoing.frames(), offer)
        });
        let (answer, frames, offer) = &*GOOD;
        let text = String::from_utf8_lossy(input).into_owned();
        let coded = credential::base45::encode(input);
        let mut incoming = Incoming::new(&mut TestRng::new(1));
        for text in [text, format!("KPX1:{coded}"), format!("KPX2:{coded}"), format!("KPT0:{coded}")] {
            let _ = incoming.answered(&text);
            incoming.add(&text);
            let outgoing = Outgoing::answer(&text, &Zeroizing::new(vec![1]), [0; 32], &mut TestRng::new(3));
            assert!(outgoing.is_err() || text.starts_with("KPX1:"));
        }
        let mut incoming = Incoming::new(&mut TestRng::new(1));
        assert_eq!(&incoming.offer, offer);
        incoming.answered(answer).unwrap();
        for frame in frames {
            let changed = damaged(frame.as_bytes(), input);
            incoming.add(&String::from_utf8_lossy(&changed));
            incoming.add(frame);
            match incoming.finished() {
                Ok(Some((packed, _))) => {
                    assert_eq!(packed.as_slice(), [5; 900]);
                    return;
                }
                Ok(None) | Err(TransferError::Damaged) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}
