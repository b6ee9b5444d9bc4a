//! Attacks on the trust list and on status, by name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
use common::*;
use credential::*;

#[test]
fn weak_key_in_a_trust_list() {
    let content = trust_content();
    let (_, payload, _) = open_sign(&trust_bytes(&content));
    for (keys, expected) in [
        (&WEAK[..], TrustError::WeakKey),
        (&NOT_CANONICAL[..], TrustError::Malformed),
    ] {
        for weak in keys {
            let payload = replaced(&payload, key("issuer").public().as_bytes(), &hex(weak));
            let bytes = sign_by_roots(65_003, &payload, &[1, 2]);
            assert_eq!(TrustList::verify(&bytes, &roots(), None).err(), Some(expected));
        }
    }
}

/// Body header, payload and rest of a `COSE_Sign` message.
fn open_sign(message: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut d = minicbor::Decoder::new(message);
    d.tag().unwrap();
    d.array().unwrap();
    let body = d.bytes().unwrap().to_vec();
    d.skip().unwrap();
    let payload = d.bytes().unwrap().to_vec();
    (body, payload, message[d.position()..].to_vec())
}

/// `COSE_Sign` by roots over any payload.
fn sign_by_roots(typ: usize, payload: &[u8], numbers: &[usize]) -> Vec<u8> {
    let body = forge::map(&[(16, forge::uint(typ))]);
    let signatures: Vec<Vec<u8>> = numbers
        .iter()
        .map(|n| {
            let kid = root(*n).public().key_id();
            let header = forge::map(&[(1, forge::int(-8)), (4, forge::bytes(kid.as_bytes()))]);
            let to_sign = forge::array(&[
                forge::text("Signature"),
                forge::bytes(&body),
                forge::bytes(&header),
                forge::bytes(&[]),
                forge::bytes(payload),
            ]);
            forge::array(&[
                forge::bytes(&header),
                vec![0xa0],
                forge::bytes(&root(*n).sign(&to_sign)),
            ])
        })
        .collect();
    let parts = [
        forge::bytes(&body),
        vec![0xa0],
        forge::bytes(payload),
        forge::array(&signatures),
    ];
    [vec![0xd8, 98], forge::array(&parts)].concat()
}

#[test]
fn trust_list_with_one_signature() {
    let content = trust_content();
    let sign = |keys: &[&SecretKey]| {
        let numbered: Vec<(usize, &SecretKey)> = keys.iter().copied().enumerate().collect();
        let bytes = sign_trust_list(&content, &numbered);
        TrustList::verify(&bytes, &roots(), None).map(|l| l.sequence())
    };
    let (a, b, c, stranger) = (root(1), root(2), root(3), key("stranger"));
    assert_eq!(sign(&[&a, &b]), Ok(7));
    assert_eq!(sign(&[&b, &c]), Ok(7));
    assert_eq!(sign(&[&a, &b, &c]), Ok(7));
    for keys in [&[&a][..], &[&a, &a], &[&a, &stranger], &[&stranger, &stranger]] {
        assert_eq!(sign(keys), Err(TrustError::TooFewSignatures));
    }
    assert_eq!(sign(&[]), Err(TrustError::Malformed));
    let (_, payload, _) = open_sign(&trust_bytes(&content));
    assert_eq!(sign_by_roots(65_003, &payload, &[1, 2]), trust_bytes(&content));
    let five = sign_by_roots(65_003, &payload, &[1, 2, 3, 1, 2]);
    assert_eq!(
        TrustList::verify(&five, &roots(), None).err(),
        Some(TrustError::Malformed)
    );
    // One root twice in the program is refused at the door.
    let twice = [a.public(), a.public(), b.public()];
    assert_eq!(
        RootSet::new(RootKind::Test, twice).err(),
        Some(TrustError::TooFewSignatures)
    );
}

#[test]
fn every_bit_flip_of_a_trust_list() {
    let mut content = trust_content();
    content.keys.truncate(1);
    let good = trust_bytes(&content);
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(TrustList::verify(&bad, &roots(), None).is_err(), "bit {bit}");
    }
    for end in 0..good.len() {
        assert!(TrustList::verify(&good[..end], &roots(), None).is_err());
    }
}

#[test]
fn older_trust_list() {
    let held = trust();
    let next = |change: fn(&mut TrustContent)| {
        let mut content = trust_content();
        change(&mut content);
        TrustList::verify(&trust_bytes(&content), &roots(), Some(&held)).map(|l| l.sequence())
    };
    assert_eq!(next(|c| c.sequence = 6), Err(TrustError::Older));
    assert_eq!(next(|_| ()), Ok(7));
    assert_eq!(next(|c| c.exp = NOW.plus(days(15))), Err(TrustError::SameNumber));
    assert_eq!(next(|c| c.sequence = 8), Err(TrustError::BrokenChain));
    assert_eq!(
        next(|c| (c.sequence, c.previous) = (8, Some([1; 32]))),
        Err(TrustError::BrokenChain)
    );
    assert_eq!(
        next(|c| (c.sequence, c.previous) = (8, Some(trust().sha256()))),
        Ok(8)
    );
    // A reader that slept through some lists.
    assert_eq!(next(|c| (c.sequence, c.previous) = (12, Some([1; 32]))), Ok(12));
}

#[test]
fn the_same_list_with_other_signatures_is_no_other_list() {
    let content = trust_content();
    let by = |numbers: &[usize]| {
        let keys: Vec<SecretKey> = numbers.iter().map(|number| root(*number)).collect();
        let signers: Vec<(usize, &SecretKey)> = numbers.iter().map(|number| number - 1).zip(&keys).collect();
        sign_trust_list(&content, &signers)
    };
    let lists = [by(&[1, 2]), by(&[2, 1]), by(&[1, 3]), by(&[1, 2, 3])];
    let held = TrustList::verify(&lists[2], &roots(), None).unwrap();
    for bytes in &lists {
        // Whoever brings it in another form can neither stop the genuine one nor the next.
        let again = TrustList::verify(bytes, &roots(), Some(&held)).unwrap();
        assert_eq!(again.sha256(), held.sha256());
        assert_eq!(TrustList::sha256_unverified(bytes), Ok(held.sha256()));
        let mut next = trust_content();
        (next.sequence, next.previous) = (8, Some(again.sha256()));
        let next = TrustList::verify(&trust_bytes(&next), &roots(), Some(&held)).unwrap();
        assert_eq!(next.sequence(), 8);
    }
}

#[test]
fn older_status_manifest() {
    let bits = bits(false);
    let signed = |change: fn(&mut StatusContent)| {
        let mut content = status_content(&bits);
        change(&mut content);
        StatusManifest::sign(&content, &key("status")).unwrap()
    };
    let held = StatusManifest::verify(&signed(|_| ()), &trust(), None).unwrap();
    let next = |bytes: &[u8]| StatusManifest::verify(bytes, &trust(), Some(&held)).map(|m| m.epoch());
    assert_eq!(next(&signed(|_| ())), Ok(3));
    assert_eq!(next(&signed(|c| c.epoch = 2)), Err(StatusError::Older));
    assert_eq!(next(&signed(|c| c.exp = NOW)), Err(StatusError::SameNumber));
    assert_eq!(next(&signed(|c| c.epoch = 9)), Ok(9));
}

#[test]
fn status_manifest_signed_outside_the_time_of_its_key() {
    let bits = bits(false);
    let with = |change: fn(&mut TrustedKey), signed: Timestamp| {
        let mut content = trust_content();
        change(&mut content.keys[2]);
        let mut manifest = status_content(&bits);
        manifest.iat = signed;
        let bytes = StatusManifest::sign(&manifest, &key("status")).unwrap();
        StatusManifest::verify(&bytes, &trust_of(&content), None).map(|m| m.issued_at())
    };
    // An old key that leaked: its time is over, and what it signs now is not taken.
    assert_eq!(with(|k| k.exp = at(-1), NOW), Err(StatusError::KeyExpired));
    assert_eq!(with(|k| k.exp = NOW, NOW), Err(StatusError::KeyExpired));
    assert_eq!(with(|k| k.exp = at(1), NOW), Ok(NOW));
    // A key of tomorrow.
    let tomorrow = |k: &mut TrustedKey| k.nbf = NOW.plus(DAY);
    assert_eq!(with(tomorrow, NOW), Err(StatusError::KeyExpired));
    let midnight = NOW.start_of_day().plus(DAY);
    assert_eq!(with(tomorrow, midnight.minus(1)), Err(StatusError::KeyExpired));
    assert_eq!(with(tomorrow, midnight), Ok(midnight));
}

#[test]
fn status_manifest_by_the_wrong_key() {
    let bits = bits(false);
    let verify = |word| {
        let bytes = StatusManifest::sign(&status_content(&bits), &key(word)).unwrap();
        StatusManifest::verify(&bytes, &trust(), None).err()
    };
    assert_eq!(verify("issuer"), Some(StatusError::KeyNotAllowed));
    assert_eq!(verify("stranger"), Some(StatusError::UnknownKey));
    let good = StatusManifest::sign(&status_content(&bits), &key("status")).unwrap();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(StatusManifest::verify(&bad, &trust(), None).is_err(), "bit {bit}");
    }
}
