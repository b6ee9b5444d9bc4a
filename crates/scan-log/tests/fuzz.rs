//! Fuzzing of the reader of exported logs: any bytes, and a whole log changed at random places.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod common;
#[macro_use]
#[path = "../../../tests/fuzz.rs"]
mod fuzz;

use std::sync::LazyLock;

use fuzz::damaged;
use scan_log::{Code, Expected, Line, verify, verify_since};

fuzz! {
    any_export(input) {
        static GOOD: LazyLock<Vec<u8>> = LazyLock::new(common::three_days);
        let keys = common::keys();
        let expected = Expected { keys: &keys, seal: None };
        for bytes in [input.to_vec(), damaged(&GOOD, input)] {
            assert_eq!(verify(&bytes[..], &expected).unwrap().code() == Code::Whole, bytes == *GOOD);
        }
    }
    any_part(input) {
        static GOOD: LazyLock<(u64, [u8; 32], Vec<u8>)> = LazyLock::new(common::from_first_day_end);
        let (number, sha256, good) = &*GOOD;
        let keys = common::keys();
        let expected = Expected { keys: &keys, seal: None };
        for bytes in [input.to_vec(), damaged(good, input)] {
            let code = verify_since(&bytes[..], &expected, (*number, sha256)).unwrap().code();
            assert_eq!(code == Code::Whole, bytes == *good);
            assert_ne!(verify(&bytes[..], &expected).unwrap().code(), Code::Whole);
        }
    }
    any_line(input) {
        static GOOD: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
            let lines = common::three_days();
            lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
        });
        let changed = GOOD.iter().map(|line| damaged(line, input));
        for bytes in changed.chain([input.to_vec()]) {
            let text = String::from_utf8_lossy(&bytes);
            if let Ok(line) = Line::parse(&text) {
                assert_eq!(line.to_text().unwrap(), text);
            }
        }
    }
}
