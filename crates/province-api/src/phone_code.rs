//! The code in which a phone shows its device key at a counter, where its citizen is enrolled.
//!
//! It says nothing of anybody. Whoever photographs it can enrol nobody with it: what the province keeps is bound to the key,
//! whose secret half never leaves the phone. That the counter read this phone and no other picture is what the letters are
//! for: both screens show them, and people compare them.

use sha2::{Digest as _, Sha256};

use crate::signature::DeviceKey;

/// What the text of such a code begins with, before the key in upper-case hex: a QR code holds these letters closely.
pub const PHONE_CODE_START: &str = "KPE:";

/// Letters of Crockford's base 32: none is taken for another.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The text of a phone's code, 68 letters.
pub fn phone_code(device: &DeviceKey) -> String {
    format!("{PHONE_CODE_START}{}", hex::encode_upper(device.as_bytes()))
}

/// The key in such a text. `None` for anything else.
pub fn read_phone_code(text: &str) -> Option<DeviceKey> {
    let digits = text.trim().strip_prefix(PHONE_CODE_START)?;
    let mut key = [0; 32];
    hex::decode_to_slice(digits, &mut key).ok()?;
    DeviceKey::parse(&key)
}

/// Eight letters that follow from the key, in two groups: 40 bits, for people to compare on two screens.
pub fn phone_letters(device: &DeviceKey) -> String {
    let hash = Sha256::new_with_prefix(b"khyber pass phone at a counter 1\0")
        .chain_update(device.as_bytes())
        .finalize();
    let bits = hash
        .iter()
        .take(5)
        .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut text = String::with_capacity(9);
    for place in (0..8).rev() {
        let letter = usize::try_from(bits >> (place * 5) & 31)
            .ok()
            .and_then(|at| LETTERS.get(at));
        text.push(char::from(letter.copied().unwrap_or(b'0')));
        if place == 4 {
            text.push('-');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ed25519_dalek::SigningKey;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_reads_back_and_the_letters_are_the_same_on_both_screens() {
        let key = DeviceKey::of(&SigningKey::from_bytes(&[7; 32]));
        let code = phone_code(&key);
        assert_eq!(code.len(), 68);
        assert_eq!(read_phone_code(&format!(" {code}\n")), Some(key));
        // Frozen: a phone and a counter of other versions show the same.
        assert_eq!(phone_letters(&key), "TF19-1VPX");
        let other = DeviceKey::of(&SigningKey::from_bytes(&[8; 32]));
        assert_ne!(phone_letters(&other), phone_letters(&key));
    }

    #[test]
    fn what_is_no_code_of_a_phone_is_none() {
        let key = DeviceKey::of(&SigningKey::from_bytes(&[7; 32]));
        let code = phone_code(&key);
        for text in [
            "",
            "KPE:",
            "KP1:00",
            &code[..67],
            &format!("{code}00"),
            &code[4..],
        ] {
            assert_eq!(read_phone_code(text), None, "{text}");
        }
        // No point of the curve, and one of a small order.
        for byte in ["02", "00"] {
            let weak = format!("{PHONE_CODE_START}{}", byte.repeat(32));
            assert_eq!(read_phone_code(&weak), None, "{byte}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,90}") {
            let _ = read_phone_code(&text);
        }
    }
}
