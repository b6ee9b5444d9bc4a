//! Reed-Solomon erasure code over GF(2^8), byte by byte.
//!
//! The bytes at one place of all chunks are the values of one polynomial of degree below `k` at the points 0, 1, 2, ...;
//! any `k` of them give it back (Lagrange). That is the systematic Vandermonde code of Backblaze's library and of those
//! that follow it, so another implementation can take one of these. Why it is written here: docs/adr/0005.

/// x^8 + x^4 + x^3 + x^2 + 1, of which x is a generator.
const POLYNOMIAL: u16 = 0x11d;
/// Elements without zero.
const ORDER: usize = 255;

const TABLES: ([u8; 2 * ORDER], [u8; 256]) = tables();

/// Powers of x, twice round so that a sum of two logarithms needs no modulo, and logarithms.
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // evaluated by the compiler, all in range
const fn tables() -> ([u8; 2 * ORDER], [u8; 256]) {
    let (mut powers, mut logarithms) = ([0; 2 * ORDER], [0; 256]);
    let (mut i, mut power) = (0, 1_u16);
    while i < ORDER {
        powers[i] = power as u8;
        powers[i + ORDER] = power as u8;
        logarithms[power as usize] = i as u8;
        power <<= 1;
        if power > 0xff {
            power ^= POLYNOMIAL;
        }
        i += 1;
    }
    (powers, logarithms)
}

fn logarithm(a: u8) -> usize {
    TABLES.1.get(usize::from(a)).copied().unwrap_or(0).into()
}

fn power(exponent: usize) -> u8 {
    TABLES.0.get(exponent).copied().unwrap_or(0)
}

fn multiply(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    power(logarithm(a) + logarithm(b))
}

/// `a / b`; the callers divide by differences of distinct points only, which are never zero.
fn divide(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    power(logarithm(a) + ORDER - logarithm(b))
}

/// The chunk at `point`, from chunks of one length at distinct points, as many as the code needs.
pub(super) fn chunk_at(point: u8, known: &[(u8, &[u8])]) -> Vec<u8> {
    let length = known.first().map_or(0, |(_, chunk)| chunk.len());
    let mut out = vec![0; length];
    for &(own, chunk) in known {
        let (mut above, mut below) = (1, 1);
        for &(other, _) in known.iter().filter(|(other, _)| *other != own) {
            // In this field a difference is a sum, and both are the exclusive or.
            above = multiply(above, point ^ other);
            below = multiply(below, own ^ other);
        }
        let weight = divide(above, below);
        for (sum, byte) in out.iter_mut().zip(chunk) {
            *sum ^= multiply(weight, *byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The product as it is defined: add the shifted factor for each bit, reduce by the polynomial.
    fn by_definition(a: u8, b: u8) -> u8 {
        let mut product = 0_u16;
        for bit in 0..8 {
            if b >> bit & 1 == 1 {
                product ^= u16::from(a) << bit;
            }
        }
        for bit in (8..16).rev() {
            if product >> bit & 1 == 1 {
                product ^= POLYNOMIAL << (bit - 8);
            }
        }
        u8::try_from(product).unwrap_or(0)
    }

    #[test]
    fn products_and_quotients_are_those_of_the_definition() {
        for a in 0..=u8::MAX {
            for b in 0..=u8::MAX {
                let product = by_definition(a, b);
                assert_eq!(multiply(a, b), product);
                if b > 0 {
                    assert_eq!(divide(product, b), a);
                }
            }
        }
    }
}
