//! Attacks on the reader, by name. Each has its code; none gets through, none panics.
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

/// Refused, and for one of these reasons.
fn assert_refused(text: &str, expected: &[Code]) {
    let code = code(text);
    assert!(expected.contains(&code), "{code} for {text}");
    assert_eq!(code.verdict(), Verdict::Refused);
}

#[test]
fn every_bit_flip_of_the_bytes() {
    let good = raw(&timed());
    let mut seen = std::collections::BTreeMap::new();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let code = code(&kp1(&bad));
        assert_eq!(code.verdict(), Verdict::Refused, "bit {bit}: {code}");
        *seen.entry(code.code()).or_insert(0) += 1;
    }
    // Most bits stand in what the holder signed: the signature says so. The others break the form before that.
    let allowed = [
        "holder_signature",
        "malformed",
        "algorithm_not_allowed",
        "unknown_header",
        "wrong_code",
        "weak_key",
    ];
    assert!(seen.keys().all(|c| allowed.contains(c)), "{seen:?}");
    assert!(
        seen["holder_signature"] > seen.values().sum::<i32>() / 2,
        "{seen:?}"
    );
}

#[test]
fn every_bit_flip_of_an_identity_in_request_mode() {
    let (trust, status, request) = (trust(), status(false), request(Vct::IDENTITY));
    let good = raw(&identity_answer());
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let outcome = verify(&kp1(&bad), &request_context(&trust, &status, &request));
        assert_eq!(outcome.verdict(), Verdict::Refused, "bit {bit}: {}", outcome.code);
        assert!(outcome.verified.is_none());
    }
}

#[test]
fn every_bit_flip_of_the_text() {
    let good = timed().into_bytes();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        // A flip of the highest bit is no text any more; a camera hands over text.
        let Ok(text) = String::from_utf8(bad) else {
            continue;
        };
        assert_eq!(code(&text).verdict(), Verdict::Refused, "bit {bit}");
    }
}

#[test]
fn every_other_character_in_every_place() {
    let good = timed();
    for place in 0..good.len() {
        for other in "09AZ $%*+-./:az~"
            .chars()
            .filter(|c| !good[place..].starts_with(*c))
        {
            let text = format!("{}{other}{}", &good[..place], &good[place + 1..]);
            assert_eq!(code(&text).verdict(), Verdict::Refused, "{text}");
        }
    }
}

#[test]
fn truncation_at_every_byte() {
    let text = timed();
    let bytes = raw(&text);
    for end in 0..bytes.len() {
        assert_refused(&kp1(&bytes[..end]), &[Code::Malformed]);
    }
    for end in 0..text.len() {
        assert_refused(&text[..end], &[Code::Malformed, Code::WrongCode]);
    }
}

#[test]
fn trailing_bytes() {
    let bytes = raw(&timed());
    for tail in [&[0x00][..], &[0xf6], &[0xff], &bytes] {
        assert_refused(&kp1(&[&bytes, tail].concat()), &[Code::Malformed]);
    }
    assert_refused(&format!("{} ", timed()), &[Code::Malformed]);
    assert_refused(&format!("{}\n", timed()), &[Code::Malformed]);
    // Inside the credential that the holder signs over.
    let credential = [issued(&age_claims()), vec![0x00]].concat();
    assert_refused(&forge::present(&credential, &holder(1)), &[Code::Malformed]);
}

#[test]
fn swapped_algorithm() {
    let (_, claims, _) = forge::open(&issued(&age_claims()));
    let kid = key("issuer").public().key_id();
    let cwt = |alg| forge::sign1(&forge::cwt_header(alg, kid.as_bytes()), &claims, &key("issuer"));
    let kbt = |alg, cwt: &[u8]| {
        let now = NOW.unix();
        let payload = forge::timed_binding(DESK, now, now + 60);
        kp1(&forge::sign1(&forge::kbt_header(alg, cwt), &payload, &holder(1)))
    };
    // Both numbers of Ed25519 are taken.
    assert_eq!(code(&kbt(-19, &cwt(-19))), Code::Accepted);
    assert_eq!(code(&kbt(-8, &cwt(-19))), Code::Accepted);
    // ES256, ES512, HMAC 256/256, none, EdDSA over Ed448's number, and numbers of nothing.
    for alg in [-7, -36, 5, 0, -53, 1, -65_535] {
        assert_refused(&kbt(-8, &cwt(alg)), &[Code::AlgorithmNotAllowed]);
        assert_refused(&kbt(alg, &cwt(-8)), &[Code::AlgorithmNotAllowed]);
    }
    let no_alg = forge::map(&[(4, forge::bytes(kid.as_bytes())), (16, forge::uint(293))]);
    let credential = forge::sign1(&no_alg, &claims, &key("issuer"));
    assert_refused(&kbt(-8, &credential), &[Code::AlgorithmNotAllowed]);
    let as_text = forge::map(&[
        (1, forge::text("EdDSA")),
        (4, forge::bytes(kid.as_bytes())),
        (16, forge::uint(293)),
    ]);
    let credential = forge::sign1(&as_text, &claims, &key("issuer"));
    assert_refused(&kbt(-8, &credential), &[Code::AlgorithmNotAllowed]);
}

#[test]
fn signature_by_the_public_key_as_a_shared_secret() {
    // HMAC with the issuer's public key, the classic confusion: there is no such path, the algorithm ends it.
    let (_, claims, signature) = forge::open(&issued(&age_claims()));
    let header = forge::cwt_header(5, key("issuer").public().key_id().as_bytes());
    let parts = [
        forge::bytes(&header),
        vec![0xa0],
        forge::bytes(&claims),
        forge::bytes(&signature[..32]),
    ];
    let credential = [vec![0xd2], forge::array(&parts)].concat();
    assert_refused(
        &forge::present(&credential, &holder(1)),
        &[Code::AlgorithmNotAllowed, Code::Malformed],
    );
}

#[test]
fn another_passes_holder_key() {
    let credential = issued(&age_claims());
    assert_refused(&forge::present(&credential, &holder(3)), &[Code::HolderSignature]);
    assert_eq!(
        present_timed(&credential, &holder(3), DESK, NOW),
        Err(PresentError::WrongKey)
    );
}

#[test]
fn another_credential_under_the_holders_signature() {
    let shown = raw(&timed());
    let (header, _, _) = forge::open(&shown);
    let mut other = age_claims();
    other.facts.over_60 = Some(true);
    let other_header = forge::kbt_header(-8, &issued(&other));
    assert_ne!(header, other_header);
    let (_, payload, signature) = forge::open(&shown);
    let parts = [
        forge::bytes(&other_header),
        vec![0xa0],
        forge::bytes(&payload),
        forge::bytes(&signature),
    ];
    assert_refused(
        &kp1(&[vec![0xd2], forge::array(&parts)].concat()),
        &[Code::HolderSignature],
    );
}

#[test]
fn claims_changed_by_their_own_holder() {
    let credential = issued(&age_claims());
    let (header, _, signature) = forge::open(&credential);
    let mut better = age_claims();
    better.facts.over_60 = Some(true);
    let (_, claims, _) = forge::open(&issued(&better));
    let parts = [
        forge::bytes(&header),
        vec![0xa0],
        forge::bytes(&claims),
        forge::bytes(&signature),
    ];
    let changed = [vec![0xd2], forge::array(&parts)].concat();
    assert_refused(&forge::present(&changed, &holder(1)), &[Code::IssuerSignature]);
    // Signed by the holder, under the issuer's key id.
    let forged = forge::sign1(&header, &claims, &holder(1));
    assert_refused(&forge::present(&forged, &holder(1)), &[Code::IssuerSignature]);
}

#[test]
fn unknown_header() {
    let (_, claims, _) = forge::open(&issued(&age_claims()));
    let kid = key("issuer").public().key_id();
    // 2 is `crit`, 3 the content type, 5 an IV, 33 an X.509 chain.
    for label in [2, 3, 5, 10] {
        let mut pairs = vec![
            (1, forge::int(-8)),
            (4, forge::bytes(kid.as_bytes())),
            (16, forge::uint(293)),
            (label, forge::bytes(&[])),
        ];
        pairs.sort_by_key(|(k, _)| *k);
        let credential = forge::sign1(&forge::map(&pairs), &claims, &key("issuer"));
        assert_refused(&forge::present(&credential, &holder(1)), &[Code::UnknownHeader]);
    }
    // In the unprotected map, where nobody signed it.
    let credential = issued(&age_claims());
    let (header, claims, signature) = forge::open(&credential);
    let parts = [
        forge::bytes(&header),
        forge::map(&[(4, forge::bytes(b"11"))]),
        forge::bytes(&claims),
        forge::bytes(&signature),
    ];
    let loose = [vec![0xd2], forge::array(&parts)].concat();
    assert_refused(&forge::present(&loose, &holder(1)), &[Code::UnknownHeader]);
}

#[test]
fn wrong_typ() {
    let (_, claims, _) = forge::open(&issued(&age_claims()));
    let kid = key("issuer").public().key_id();
    for typ in [294, 0, 65_002, 65_004] {
        let header = forge::map(&[
            (1, forge::int(-8)),
            (4, forge::bytes(kid.as_bytes())),
            (16, forge::uint(typ)),
        ]);
        let credential = forge::sign1(&header, &claims, &key("issuer"));
        assert_refused(&forge::present(&credential, &holder(1)), &[Code::WrongCode]);
    }
    let no_typ = forge::map(&[(1, forge::int(-8)), (4, forge::bytes(kid.as_bytes()))]);
    let credential = forge::sign1(&no_typ, &claims, &key("issuer"));
    assert_refused(&forge::present(&credential, &holder(1)), &[Code::WrongCode]);
}

#[test]
fn one_kinds_signature_for_another_kind() {
    // A bare credential, a request, a certificate, a manifest and a trust list where a presentation belongs.
    let bits = bits(false);
    let manifest = StatusManifest::sign(&status_content(&bits), &key("status")).unwrap();
    let others = [
        issued(&age_claims()),
        raw(&request(Vct::AGE).text),
        certificate(),
        manifest.clone(),
    ];
    for bytes in &others {
        assert_refused(&kp1(bytes), &[Code::WrongCode]);
    }
    assert_refused(&kp1(&trust_bytes(&trust_content())), &[Code::Malformed]);
    // A certificate where a credential belongs, with the right key in it.
    assert_refused(&forge::present(&certificate(), &key("desk")), &[Code::WrongCode]);
    // A presentation where a request belongs.
    let text = timed().replacen("KP1:", "KPR:", 1);
    assert_eq!(
        read_request(&text, Some(&trust()), NOW).err(),
        Some(RequestError::NotARequest)
    );
    assert_eq!(
        read_request(&timed(), Some(&trust()), NOW).err(),
        Some(RequestError::NotARequest)
    );
    // A credential where a manifest belongs, and a configuration where a trust list belongs.
    assert_eq!(
        StatusManifest::verify(&issued(&age_claims()), &trust(), None).err(),
        Some(StatusError::OtherKind)
    );
    let config = ProvinceConfig::sign(
        &ConfigContent {
            api_url: "https://api.example".to_owned(),
            name: Names::new("Test province", "", ""),
            tls_roots: Vec::new(),
            iat: NOW,
            exp: NOW.plus(days(30)),
        },
        &[&root(1), &root(2)],
    );
    assert_eq!(
        TrustList::verify(&config, &roots(), None).err(),
        Some(TrustError::OtherKind)
    );
    let list = trust_bytes(&trust_content());
    assert_eq!(
        ProvinceConfig::verify(&list, &roots(), NOW).err(),
        Some(ConfigError::OtherKind)
    );
}

#[test]
fn duplicate_and_unordered_map_keys() {
    let kid = key("issuer").public().key_id();
    let header = forge::cwt_header(-8, kid.as_bytes());
    let (_, claims, _) = forge::open(&issued(&age_claims()));
    // Take the claims apart as pairs, to write them in another order and twice.
    let pairs = forge::pairs(&claims);
    let shown = |pairs: &[(i64, Vec<u8>)]| {
        let credential = forge::sign1(&header, &forge::map(pairs), &key("issuer"));
        forge::present(&credential, &holder(1))
    };
    assert_eq!(code(&shown(&pairs)), Code::Accepted);
    for place in 0..pairs.len() {
        let mut twice = pairs.clone();
        twice.insert(place, pairs[place].clone());
        assert_refused(&shown(&twice), &[Code::Malformed]);
        if place > 0 {
            let mut swapped = pairs.clone();
            swapped.swap(place - 1, place);
            assert_refused(&shown(&swapped), &[Code::Malformed]);
        }
    }
    let mut unknown = pairs.clone();
    unknown.insert(1, (2, forge::text("sub")));
    assert_refused(&shown(&unknown), &[Code::Malformed]);
}

#[test]
fn other_ways_to_write_the_same() {
    let kid = key("issuer").public().key_id();
    let header = forge::cwt_header(-8, kid.as_bytes());
    let now = NOW.unix();
    let credential = issued(&age_claims());
    // A long form of a short number, an indefinite map, a float for a time, null, a tag.
    let longer = [vec![0xa3, 0x18, 0x03], forge::text(DESK)].concat();
    let indefinite = [
        vec![0xbf, 0x03],
        forge::text(DESK),
        vec![0x04],
        forge::uint(now as usize + 60),
        vec![0x06],
        forge::uint(now as usize),
        vec![0xff],
    ];
    let float = forge::map(&[
        (3, forge::text(DESK)),
        (4, vec![0xfb, 0x41, 0xda, 0xc0, 0, 0, 0, 0, 0]),
        (6, forge::uint(now as usize)),
    ]);
    let null = forge::map(&[
        (3, forge::text(DESK)),
        (4, vec![0xf6]),
        (6, forge::uint(now as usize)),
    ]);
    let tagged = forge::map(&[
        (3, forge::text(DESK)),
        (4, [vec![0xc1], forge::uint(now as usize + 60)].concat()),
        (6, forge::uint(now as usize)),
    ]);
    for payload in [longer, indefinite.concat(), float, null, tagged] {
        let bytes = forge::sign1(&forge::kbt_header(-8, &credential), &payload, &holder(1));
        assert_refused(&kp1(&bytes), &[Code::Malformed]);
    }
    let empty = forge::sign1(&header, &[], &key("issuer"));
    assert_refused(&forge::present(&empty, &holder(1)), &[Code::Malformed]);
}

#[test]
fn deep_nesting() {
    let mut bombs = vec![[vec![0x81; 4000], vec![0x00]].concat()];
    bombs.push([vec![0xc1; 4000], vec![0x00]].concat());
    bombs.push([[0xa1, 0x01].repeat(2000), vec![0x00]].concat());
    bombs.push([[0xa1].repeat(4000), vec![0x00]].concat());
    for bomb in bombs {
        assert_refused(&kp1(&bomb), &[Code::Malformed]);
        // As a claim, signed by the true issuer.
        let header = forge::cwt_header(-8, key("issuer").public().key_id().as_bytes());
        let short = &bomb[bomb.len() - 1000..];
        let credential = forge::sign1(&header, short, &key("issuer"));
        assert_refused(&forge::present(&credential, &holder(1)), &[Code::Malformed]);
    }
}

#[test]
fn huge_lengths() {
    for head in [0x5b_u8, 0x7b, 0x9b, 0xbb] {
        for length in [u64::MAX, 1 << 62, 1 << 40, u64::from(u32::MAX) + 1] {
            let bytes = [&[head][..], &length.to_be_bytes()].concat();
            assert_refused(&kp1(&bytes), &[Code::Malformed]);
            assert!(TrustList::verify(&bytes, &roots(), None).is_err());
            let text = format!("KPR:{}", base45::encode(&bytes));
            assert_eq!(
                read_request(&text, None, NOW).err(),
                Some(RequestError::Malformed)
            );
        }
    }
}

#[test]
fn a_megabyte_of_base45() {
    let megabyte = "KP1:".to_owned() + &"0".repeat(1 << 20);
    assert_refused(&megabyte, &[Code::TooLarge]);
    assert_refused(&"0".repeat(1 << 20), &[Code::WrongCode]);
    let request = megabyte.replacen("KP1:", "KPR:", 1);
    assert_eq!(
        read_request(&request, None, NOW).err(),
        Some(RequestError::TooLarge)
    );
    let mut assembly = photo::assembly(sha256(&PHOTO));
    assert_eq!(assembly.add(&megabyte.replacen("KP1:", "KPF:", 1)).needed, 0);
    // The limit itself: read, and found to be nonsense.
    let limit = kp1(&[0; PRESENTATION_BYTES_MAX]);
    assert_refused(&limit, &[Code::Malformed]);
    assert_refused(&(limit + "00"), &[Code::TooLarge]);
    let big = vec![0; 1 << 20];
    assert_eq!(
        TrustList::verify(&big, &roots(), None).err(),
        Some(TrustError::TooLarge)
    );
    assert_eq!(
        StatusManifest::verify(&big, &trust(), None).err(),
        Some(StatusError::TooLarge)
    );
    assert_eq!(
        ProvinceConfig::verify(&big, &roots(), NOW).err(),
        Some(ConfigError::TooLarge)
    );
    assert_eq!(Credential::parse(&big).err(), Some(Code::TooLarge));
}

#[test]
fn weak_holder_key() {
    let (header, claims, _) = forge::open(&issued(&age_claims()));
    let old = holder(1).public();
    for (keys, expected) in [(&WEAK[..], Code::WeakKey), (&NOT_CANONICAL[..], Code::Malformed)] {
        for weak in keys {
            let claims = replaced(&claims, old.as_bytes(), &hex(weak));
            let credential = forge::sign1(&header, &claims, &key("issuer"));
            assert_refused(&forge::present(&credential, &holder(1)), &[expected]);
        }
    }
}

#[test]
fn text_that_shows_something_else_than_it_says() {
    // A right-to-left override, a control character, a line separator: refused when written and when read.
    for text in ["Pesh\u{202e}awar", "a\u{0}b", "a\nb", "a\u{2028}b", "\u{2066}x"] {
        let mut claims = age_claims();
        claims.facts.district = Some(text.to_owned());
        assert_eq!(issue(&claims, &key("issuer")), Err(IssueError::BadText));
        let (header, payload, _) = forge::open(&issued(&age_claims()));
        let payload = replaced(&payload, &forge::text("peshawar"), &forge::text(text));
        let credential = forge::sign1(&header, &payload, &key("issuer"));
        assert_refused(&forge::present(&credential, &holder(1)), &[Code::Malformed]);
    }
    let mut claims = age_claims();
    claims.facts.district = Some("پېښور\u{200c}".to_owned());
    assert_eq!(
        code(&forge::present(&issued(&claims), &holder(1))),
        Code::Accepted
    );
}
