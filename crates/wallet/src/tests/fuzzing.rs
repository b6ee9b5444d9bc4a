//! Fuzzing of what another phone, a file or the province gives: any bytes, and good ones changed at random places.

#[macro_use]
#[path = "../../../../tests/fuzz.rs"]
mod fuzz;

use std::sync::{LazyLock, Mutex, PoisonError};

use fuzz::damaged;
use province_api::paths;
use province_api::sync::{Event, FeedEvent, Standing, SyncReply};
use rusqlite::Connection;
use zeroize::Zeroizing;

use super::hostile::Bench;
use super::province::ok;

use crate::archive::tests::with_history;
use crate::backup::phrase::Phrase;
use crate::backup::tests::{good_plain, unseal_any};
use crate::backup::{self, words};
use crate::envelope::Envelope;
use crate::key_store::DeviceKey;
use crate::store::enrolment::{self, State};
use crate::sync::{HttpResponse, Network, Run, start_sync};
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

    any_envelope(input) {
        static GOOD: &[u8] = include_bytes!("../../tests/data/envelope-v1-biometric.kpe");
        let (finger, device) = (DeviceKey::new([77; 32]), DeviceKey::new([42; 32]));
        let key = Envelope::parse(GOOD).unwrap().open_by_biometric(&finger, &device).unwrap();
        // What is read at all can be written, and the seal lets one key out or none.
        for bytes in [input, &damaged(GOOD, input)] {
            if let Ok(envelope) = Envelope::parse(bytes) {
                assert_eq!(Envelope::parse(&envelope.to_bytes().unwrap()).unwrap(), envelope);
                if let Ok(opened) = envelope.open_by_biometric(&finger, &device) {
                    assert_eq!(*opened, *key);
                }
            }
        }
    }

    any_feed(input) {
        // One database for all of them: to make one takes longer than everything else here.
        static BENCH: LazyLock<Mutex<Bench>> = LazyLock::new(|| {
            let bench = Bench::new();
            enrolment::set_state(&bench.database, State::Complete).unwrap();
            Mutex::new(bench)
        });
        let bench = &*BENCH.lock().unwrap_or_else(PoisonError::into_inner);
        let anew = "DELETE FROM service_event; DELETE FROM sync_state; INSERT INTO sync_state (id) VALUES (1)";
        bench.database.execute_batch(anew).unwrap();
        let before = asked(bench, &ok(input.to_vec()));
        assert_eq!(before, [], "it was no answer");
        // Answers of the right shape with any numbers in them, one after the other: what was stored of one stays.
        let mut held = Vec::new();
        for numbers in input.chunks(40).take(2) {
            let reply = any_reply(numbers);
            let body = serde_json::to_vec(&reply).unwrap();
            let events = asked(bench, &ok(damaged(&body, &numbers[numbers.len() / 2..])));
            assert!(events.starts_with(&held), "an event was lost");
            held = asked(bench, &ok(body));
            assert!(held.starts_with(&events), "an event was lost");
        }
        // And an honest answer is taken after all of them.
        let feed = vec![event(1, 1_795_316_400, 0)];
        let honest = SyncReply { cursor: 1, feed, ..any_reply(&[]) };
        let body = serde_json::to_vec(&honest).unwrap();
        let events = asked(bench, &ok(body));
        assert!(events.starts_with(&held), "an event was lost");
        let sql = "SELECT feed_no FROM sync_state";
        let feed_no: i64 = bench.database.query_row(sql, [], |row| row.get(0)).unwrap();
        assert!(events.iter().any(|(no, seq, _)| (*no, *seq) == (feed_no, 1)), "it was not taken");
    }
}

/// Syncs with a province that answers every question with this, and gives every event that is stored then.
fn asked(bench: &Bench, answer: &HttpResponse) -> Vec<(i64, i64, String)> {
    let around = bench.around();
    let mut rng = TestRng::new(9);
    let mut run: Run = start_sync(&around, Network::default(), true).unwrap();
    while let Some(request) = run.next_request(&around, &mut rng).unwrap() {
        if request.path != paths::SYNC {
            break;
        }
        run.on_response(&around, answer).unwrap();
    }
    let _ = run.finish(&around);
    events(&bench.database)
}

fn events(database: &Connection) -> Vec<(i64, i64, String)> {
    let sql = "SELECT feed_no, feed_seq, kind || at || body FROM service_event ORDER BY id";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

fn any_reply(input: &[u8]) -> SyncReply {
    let mut numbers = input.chunks(8).map(|chunk| {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        // Small ones too, so that numbers meet.
        match bytes[0] % 3 {
            0 => u64::from(bytes[1] % 4),
            1 => 1_795_316_400 + u64::from(bytes[1]),
            _ => u64::from_be_bytes(bytes),
        }
    });
    let mut next = || numbers.next().unwrap_or(7);
    let feed = (0..3).map(|_| event(next(), next(), next())).collect();
    SyncReply {
        server_time: next(),
        standing: Standing::Good,
        cursor: next(),
        more: next() % 2 == 0,
        feed,
        files: Vec::new(),
        offers: None,
    }
}

fn event(seq: u64, at: u64, what: u64) -> FeedEvent {
    let what = match what % 3 {
        0 => Event::Enrolled,
        1 => Event::DocumentGranted {
            vct: format!("x{what}"),
            no: u32::try_from(what % 4).unwrap(),
            grant: what,
        },
        _ => Event::Other,
    };
    FeedEvent { seq, at, what }
}
