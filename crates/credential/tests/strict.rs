//! Strict checking of signatures: the same answers as ed25519-dalek's `verify_strict`, also where the loose check differs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use credential::{PublicKey, SecretKey};
use curve25519_dalek::constants::{ED25519_BASEPOINT_TABLE as BASE, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use proptest::prelude::*;
use sha2::{Digest as _, Sha512};

fn scalar(seed: &str) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&Sha512::digest(seed).into())
}

/// The challenge of RFC 8032, section 5.1.7.
fn challenge(r: &EdwardsPoint, key: &EdwardsPoint, message: &[u8]) -> Scalar {
    let hash = Sha512::new()
        .chain_update(r.compress().as_bytes())
        .chain_update(key.compress().as_bytes())
        .chain_update(message);
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// A message and a signature with this R that the equation without cofactor holds for. The key is its secret times the
/// base point plus `twist` and R is `nonce` times the base point plus `of_r`, so it depends on the challenge whether
/// the small parts cancel out: messages are tried until they do.
fn signed(secret: Scalar, twist: EdwardsPoint, nonce: Scalar, of_r: EdwardsPoint) -> (Vec<u8>, [u8; 64]) {
    let (key, r) = (&secret * BASE + twist, &nonce * BASE + of_r);
    (0..10_000_u32)
        .find_map(|number| {
            let message = number.to_be_bytes();
            let k = challenge(&r, &key, &message);
            let s = nonce + k * secret;
            (&s * BASE - k * key == r).then(|| {
                let mut signature = [0; 64];
                let (first, second) = signature.split_at_mut(32);
                first.copy_from_slice(r.compress().as_bytes());
                second.copy_from_slice(s.as_bytes());
                (message.to_vec(), signature)
            })
        })
        .expect("one in eight messages at least")
}

/// What the loose check, the strict one and ours say, in this order.
fn answers(key: &EdwardsPoint, message: &[u8], signature: &[u8; 64]) -> [bool; 3] {
    let bytes = key.compress().to_bytes();
    let theirs = VerifyingKey::from_bytes(&bytes).unwrap();
    let taken = Signature::from_bytes(signature);
    [
        theirs.verify(message, &taken).is_ok(),
        theirs.verify_strict(message, &taken).is_ok(),
        PublicKey::parse(&bytes).unwrap().verifies(message, signature),
    ]
}

#[test]
fn every_point_of_small_order_is_refused_as_r() {
    let secret = scalar("secret");
    // The second point of the eight has order 8, so that with it each of them can be reached.
    let twist = EIGHT_TORSION[1];
    for of_r in EIGHT_TORSION {
        let (message, signature) = signed(secret, twist, Scalar::ZERO, of_r);
        let key = &secret * BASE + twist;
        assert_eq!(answers(&key, &message, &signature), [true, false, false]);
    }
    let (message, signature) = signed(secret, EIGHT_TORSION[0], Scalar::ZERO, EIGHT_TORSION[0]);
    assert_eq!(
        answers(&(&secret * BASE), &message, &signature),
        [true, false, false]
    );
}

#[test]
fn mixed_points_are_taken_as_the_strict_check_takes_them() {
    let (secret, nonce) = (scalar("secret"), scalar("nonce"));
    for twist in EIGHT_TORSION {
        for of_r in [EIGHT_TORSION[0], twist] {
            let (message, signature) = signed(secret, twist, nonce, of_r);
            let key = &secret * BASE + twist;
            assert_eq!(answers(&key, &message, &signature), [true, true, true]);
        }
    }
}

#[test]
fn other_ways_to_write_r_are_refused_by_both() {
    let (secret, nonce) = (scalar("secret"), scalar("nonce"));
    let key = &secret * BASE;
    for point in EIGHT_TORSION {
        let (message, signature) = signed(secret, EIGHT_TORSION[1], nonce, point);
        for bit in 0..256 {
            let mut changed = signature;
            changed[bit / 8] ^= 1 << (bit % 8);
            let [_, strict, ours] = answers(&key, &message, &changed);
            assert_eq!((strict, ours), (false, false));
        }
    }
}

proptest! {
    #[test]
    fn any_signature_gets_the_strict_answer(
        seed: [u8; 32],
        message: Vec<u8>,
        at in 0_usize..64,
        flip in 0_u8..8,
        damage: bool,
    ) {
        let key = SecretKey::from_seed(seed);
        let mut signature = key.sign(&message);
        if damage {
            signature[at] ^= 1 << flip;
        }
        let theirs = VerifyingKey::from_bytes(key.public().as_bytes()).unwrap();
        let strict = theirs.verify_strict(&message, &Signature::from_bytes(&signature)).is_ok();
        prop_assert_eq!(strict, !damage);
        prop_assert_eq!(key.public().verifies(&message, &signature), strict);
    }
}
