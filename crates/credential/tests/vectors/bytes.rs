//! The strict form: other ways to write the same, other algorithms and kinds, and keys and signatures that prove nothing.

use credential::*;

use crate::case::{Folder::*, Writer};
use crate::common::*;

fn shown(credential: &[u8]) -> String {
    forge::present(credential, &holder(1))
}

pub fn write(w: &Writer<'_>) {
    let issuer = key("issuer");
    let kid = issuer.public().key_id();
    let credential = issued(&age_claims());
    let (header, claims, _) = forge::open(&credential);
    let pairs = forge::pairs(&claims);
    let refused =
        |name: &str, what: &str, code: Code, text: &str| w.put(Invalid, name, what, code, text, &[]);

    // Algorithms.
    let under = |alg: i64| {
        shown(&forge::sign1(
            &forge::cwt_header(alg, kid.as_bytes()),
            &claims,
            &issuer,
        ))
    };
    w.put(
        Valid,
        "alg-19",
        "signed under Ed25519's own number",
        Code::Accepted,
        &under(-19),
        &[],
    );
    refused(
        "alg-confusion",
        "HMAC where Ed25519 belongs",
        Code::AlgorithmNotAllowed,
        &under(5),
    );
    refused(
        "alg-es256",
        "ES256 where Ed25519 belongs",
        Code::AlgorithmNotAllowed,
        &under(-7),
    );
    let holder_under = |alg: i64| {
        let payload = forge::timed_binding(DESK, NOW.unix(), NOW.unix() + 60);
        kp1(&forge::sign1(
            &forge::kbt_header(alg, &credential),
            &payload,
            &holder(1),
        ))
    };
    w.put(
        Valid,
        "alg-19-of-the-holder",
        "presented under Ed25519's own number",
        Code::Accepted,
        &holder_under(-19),
        &[],
    );
    refused(
        "alg-of-the-holder",
        "presented under ES256",
        Code::AlgorithmNotAllowed,
        &holder_under(-7),
    );

    // Kinds and headers.
    refused(
        "typ-confusion",
        "a counter certificate as a pass",
        Code::WrongCode,
        &forge::present(&certificate(), &key("desk")),
    );
    refused(
        "bare-credential",
        "a credential with nobody's presentation around it",
        Code::WrongCode,
        &kp1(&credential),
    );
    refused(
        "trust-list-as-presentation",
        "a trust list",
        Code::Malformed,
        &kp1(&trust_bytes(&trust_content())),
    );
    let with_header = |pairs: &[(i64, Vec<u8>)]| shown(&forge::sign1(&forge::map(pairs), &claims, &issuer));
    let known = [
        (1, forge::int(-8)),
        (4, forge::bytes(kid.as_bytes())),
        (16, forge::uint(293)),
    ];
    let crit = [
        known[0].clone(),
        (2, forge::bytes(&[])),
        known[1].clone(),
        known[2].clone(),
    ];
    refused(
        "unknown-header",
        "a header that the format does not have",
        Code::UnknownHeader,
        &with_header(&crit),
    );
    refused(
        "no-key-id",
        "no hint whose key it is",
        Code::Malformed,
        &with_header(&[known[0].clone(), known[2].clone()]),
    );
    refused("no-typ", "no kind", Code::WrongCode, &with_header(&known[..2]));
    let (_, _, signature) = forge::open(&credential);
    let loose = [
        forge::bytes(&header),
        forge::map(&[(4, forge::bytes(b"11"))]),
        forge::bytes(&claims),
        forge::bytes(&signature),
    ];
    refused(
        "unprotected-header",
        "a header that nobody signed",
        Code::UnknownHeader,
        &shown(&[vec![0xd2], forge::array(&loose)].concat()),
    );

    // Claims.
    let with_claims = |pairs: &[(i64, Vec<u8>)]| shown(&forge::sign1(&header, &forge::map(pairs), &issuer));
    let mut twice = pairs.clone();
    twice.insert(0, pairs[0].clone());
    refused(
        "claim-twice",
        "a claim that stands twice",
        Code::Malformed,
        &with_claims(&twice),
    );
    let mut swapped = pairs.clone();
    swapped.swap(0, 1);
    refused(
        "claims-out-of-order",
        "two claims in the wrong order",
        Code::Malformed,
        &with_claims(&swapped),
    );
    let mut unknown = pairs.clone();
    unknown.insert(1, (2, forge::text("sub")));
    refused(
        "unknown-claim",
        "a claim that the format does not have",
        Code::Malformed,
        &with_claims(&unknown),
    );
    let without = |label: i64| {
        pairs
            .iter()
            .filter(|(l, _)| *l != label)
            .cloned()
            .collect::<Vec<_>>()
    };
    refused(
        "no-holder-key",
        "a credential that nobody can present",
        Code::Malformed,
        &with_claims(&without(8)),
    );
    refused(
        "no-end",
        "a credential without an end",
        Code::Malformed,
        &with_claims(&without(4)),
    );
    for (name, text) in [
        ("writing-direction", "Pesh\u{202e}awar"),
        ("control-character", "a\u{0}b"),
    ] {
        let claims = replaced(&claims, &forge::text("peshawar"), &forge::text(text));
        refused(
            name,
            "a text that a screen could show as another",
            Code::Malformed,
            &shown(&forge::sign1(&header, &claims, &issuer)),
        );
    }
    let not_text = [vec![0x63], vec![0xff, 0xfe, 0xfd]].concat();
    let not_text = replaced(&claims, &forge::text("peshawar"), &not_text);
    refused(
        "not-utf-8",
        "a text that is no text",
        Code::Malformed,
        &shown(&forge::sign1(&header, &not_text, &issuer)),
    );

    // Other ways to write the same.
    let now = NOW.unix() as usize;
    let bound = |payload: &[u8]| {
        kp1(&forge::sign1(
            &forge::kbt_header(-8, &credential),
            payload,
            &holder(1),
        ))
    };
    let binding = |exp: Vec<u8>| forge::map(&[(3, forge::text(DESK)), (4, exp), (6, forge::uint(now))]);
    let tail = [
        forge::text(DESK),
        vec![0x04],
        forge::uint(now + 60),
        vec![0x06],
        forge::uint(now),
    ]
    .concat();
    refused(
        "long-number",
        "a short number in a long form",
        Code::Malformed,
        &bound(&[&[0xa3, 0x18, 0x03][..], &tail].concat()),
    );
    refused(
        "endless-map",
        "a map without a length",
        Code::Malformed,
        &bound(&[&[0xbf, 0x03][..], &tail, &[0xff]].concat()),
    );
    refused(
        "float",
        "a moment as a float",
        Code::Malformed,
        &bound(&binding(vec![0xfb, 0x41, 0xda, 0xc0, 0, 0, 0, 0, 0])),
    );
    refused(
        "null",
        "nothing as a moment",
        Code::Malformed,
        &bound(&binding(vec![0xf6])),
    );
    refused(
        "tagged-time",
        "a tag before a moment",
        Code::Malformed,
        &bound(&binding([vec![0xc1], forge::uint(now + 60)].concat())),
    );
    let bytes = raw(&timed());
    refused(
        "trailing-byte",
        "one byte too many",
        Code::Malformed,
        &kp1(&[&bytes[..], &[0]].concat()),
    );
    refused(
        "truncated",
        "one byte too few",
        Code::Malformed,
        &kp1(&bytes[..bytes.len() - 1]),
    );
    refused(
        "base45-overflow",
        "three characters that say more than two bytes hold",
        Code::Malformed,
        "KP1:::::::",
    );
    refused(
        "base45-small-letter",
        "a character that base45 does not have",
        Code::Malformed,
        "KP1:abc",
    );
    let bomb = [vec![0x81; 1000], vec![0]].concat();
    refused(
        "deep",
        "a thousand arrays in each other",
        Code::Malformed,
        &kp1(&bomb),
    );
    let limit = kp1(&[0; PRESENTATION_BYTES_MAX]);
    w.put(
        Edge,
        "largest",
        "4 KiB of nonsense is read",
        Code::Malformed,
        &limit,
        &[],
    );
    w.put(
        Edge,
        "too-large",
        "one byte more is not",
        Code::TooLarge,
        &(limit + "00"),
        &[],
    );

    // Keys and signatures that prove nothing.
    let old = holder(1).public();
    for (name, what, bad, code) in [
        (
            "weak-key",
            "a holder's key of small order",
            WEAK[0],
            Code::WeakKey,
        ),
        (
            "key-not-canonical",
            "a point written in a second way",
            NOT_CANONICAL[0],
            Code::Malformed,
        ),
    ] {
        let claims = replaced(&claims, old.as_bytes(), &hex(bad));
        refused(name, what, code, &shown(&forge::sign1(&header, &claims, &issuer)));
    }
    let mut malleable = bytes.clone();
    let s = malleable.len() - 32;
    add_group_order(&mut malleable[s..]);
    refused(
        "second-signature",
        "the same signature with the group's order added to S",
        Code::HolderSignature,
        &kp1(&malleable),
    );

    // The longest name of a kind, which the trust list must know too.
    let name = Vct::parse(&"a".repeat(32)).unwrap();
    let long = Claims {
        vct: name,
        ..age_claims()
    };
    let mut trust = trust_content();
    trust.keys[0].allowed.push(name);
    w.put(
        Edge,
        "longest-kind",
        "a kind with a name of 32 characters",
        Code::Accepted,
        &shown(&issued(&long)),
        &[&crate::case::trusting(&trust)],
    );
}

/// Adds the order of Ed25519's group (RFC 8032 section 5.1) to a number of 32 bytes, least significant first.
fn add_group_order(s: &mut [u8]) {
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0;
    for (byte, add) in s.iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
}
