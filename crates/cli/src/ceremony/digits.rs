//! A SHA-256 as digits that two people can read to each other: 16 groups of five, all 256 bits.

use sha2::{Digest as _, Sha256};

/// Groups on one line; four lines are read one after another.
const GROUPS_IN_A_LINE: usize = 4;

/// The hash of a content as four lines of digits.
pub(crate) fn lines(content: &[u8]) -> Vec<String> {
    let hash = Sha256::digest(content);
    let groups: Vec<String> = hash
        .chunks(2)
        .map(|pair| {
            let number = pair.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
            format!("{number:05}")
        })
        .collect();
    groups
        .chunks(GROUPS_IN_A_LINE)
        .map(|line| line.join(" "))
        .collect()
}

/// True if somebody typed these digits, however they spaced them.
pub(crate) fn same(typed: &str, expected: &str) -> bool {
    let digits = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    digits(typed) == digits(expected)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn digits_hold_the_whole_hash() {
        // SHA-256 of nothing begins e3b0 c442 98fc 1c14 and ends 5b 7852 b855 (FIPS 180-4).
        let all = lines(b"");
        assert_eq!(all.len(), 4);
        assert_eq!(all[0], "58288 50242 39164 07188");
        assert!(all[3].ends_with("30802 47189"));
        for bit in 0..64 {
            let other = lines(&[bit]);
            assert_ne!(all, other);
        }
        assert!(same("58288 50242  39164\t07188 ", &all[0]));
        assert!(!same("58288 50242 39164", &all[0]));
    }
}
