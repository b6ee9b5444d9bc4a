//! CBOR written by hand, so that tests can write what the crate would not.

use credential::SecretKey;

fn head(major: u8, n: usize) -> Vec<u8> {
    let m = major << 5;
    match n {
        0..=23 => vec![m | n as u8],
        24..=0xff => vec![m | 24, n as u8],
        0x100..=0xffff => vec![m | 25, (n >> 8) as u8, n as u8],
        0x1_0000..=0xffff_ffff => [&[m | 26][..], &(n as u32).to_be_bytes()].concat(),
        _ => [&[m | 27][..], &(n as u64).to_be_bytes()].concat(),
    }
}

pub fn uint(n: usize) -> Vec<u8> {
    head(0, n)
}

pub fn int(n: i64) -> Vec<u8> {
    if n < 0 {
        head(1, (-1 - n) as usize)
    } else {
        head(0, n as usize)
    }
}

pub fn bytes(b: &[u8]) -> Vec<u8> {
    [head(2, b.len()), b.to_vec()].concat()
}

pub fn text(t: &str) -> Vec<u8> {
    [head(3, t.len()), t.as_bytes().to_vec()].concat()
}

pub fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [head(4, items.len()), items.concat()].concat()
}

/// A map with its pairs exactly as given: order and duplicates are the caller's.
pub fn map(pairs: &[(i64, Vec<u8>)]) -> Vec<u8> {
    let body: Vec<u8> = pairs
        .iter()
        .flat_map(|(k, v)| [int(*k), v.clone()].concat())
        .collect();
    [head(5, pairs.len()), body].concat()
}

/// A map with a pair replaced or added, its keys in the order that the format wants.
pub fn with(map: &[u8], label: i64, value: Vec<u8>) -> Vec<u8> {
    let mut pairs = pairs(map);
    pairs.retain(|(key, _)| *key != label);
    pairs.push((label, value));
    pairs.sort_by_key(|(key, _)| int(*key));
    self::map(&pairs)
}

/// The pairs of a map, to write them in another way.
pub fn pairs(map: &[u8]) -> Vec<(i64, Vec<u8>)> {
    let mut d = minicbor::Decoder::new(map);
    let count = d.map().unwrap().unwrap();
    let mut pair = |_| {
        let label = d.i64().unwrap();
        let start = d.position();
        d.skip().unwrap();
        (label, map[start..d.position()].to_vec())
    };
    (0..count).map(&mut pair).collect()
}

/// `COSE_Sign1` over anything.
pub fn sign1(protected: &[u8], payload: &[u8], key: &SecretKey) -> Vec<u8> {
    let to_sign = array(&[text("Signature1"), bytes(protected), bytes(&[]), bytes(payload)]);
    let parts = [
        bytes(protected),
        vec![0xa0],
        bytes(payload),
        bytes(&key.sign(&to_sign)),
    ];
    [vec![0xd2], array(&parts)].concat()
}

/// The four parts of a `COSE_Sign1` message of this crate: protected, payload, signature (unprotected is empty).
pub fn open(message: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut d = minicbor::Decoder::new(message);
    d.tag().unwrap();
    d.array().unwrap();
    let protected = d.bytes().unwrap().to_vec();
    d.skip().unwrap();
    let payload = d.bytes().unwrap().to_vec();
    (protected, payload, d.bytes().unwrap().to_vec())
}

/// A credential's protected header with another algorithm.
pub fn cwt_header(alg: i64, kid: &[u8]) -> Vec<u8> {
    map(&[(1, int(alg)), (4, bytes(kid)), (16, uint(293))])
}

/// A key-binding token's protected header.
pub fn kbt_header(alg: i64, cwt: &[u8]) -> Vec<u8> {
    map(&[(1, int(alg)), (13, cwt.to_vec()), (16, uint(294))])
}

/// The claims that timed mode signs.
pub fn timed_binding(audience: &str, iat: u64, exp: u64) -> Vec<u8> {
    map(&[
        (3, text(audience)),
        (4, uint(exp as usize)),
        (6, uint(iat as usize)),
    ])
}

/// A presentation of any credential bytes, signed by any key.
pub fn present(cwt: &[u8], holder: &SecretKey) -> String {
    let now = super::NOW.unix();
    let payload = timed_binding(super::DESK, now, now + 60);
    super::kp1(&sign1(&kbt_header(-8, cwt), &payload, holder))
}
