//! Status List Tokens: ours read by other code, and the draft's own examples read by ours.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use common::*;
use coset::TaggedCborSerializable as _;
use credential::*;
use serde_json::Value;

fn content() -> TokenContent {
    TokenContent {
        sub: format!("{LIST}/1"),
        iat: NOW,
        exp: Some(NOW.plus(days(7))),
        ttl: Some(3600),
    }
}

fn lists() -> [Bitmap; 3] {
    let shape = Shape::new(1, 1 << 12).unwrap();
    [&[5, 4095, 70][..], &[9, 70], &[8]].map(|set| Bitmap::with(shape, set.iter().copied()).unwrap())
}

fn token() -> Vec<u8> {
    let [revoked, suspended, consumed] = lists();
    let ended = [revoked.shard(0).unwrap(), consumed.shard(0).unwrap()];
    StatusToken::sign(
        &content(),
        &token_list(1 << 12, &ended, suspended.shard(0)),
        &key("status"),
    )
    .unwrap()
}

/// Another reading than ours: coset for the envelope, numbers and texts by hand, the bits by arithmetic of the draft's
/// section 4.1.
#[test]
fn others_read_our_token() {
    let message = coset::CoseSign1::from_tagged_slice(&token()).unwrap();
    let rest: BTreeMap<String, String> = message
        .protected
        .header
        .rest
        .iter()
        .map(|(label, value)| (format!("{label:?}"), format!("{value:?}")))
        .collect();
    assert_eq!(rest["Int(16)"], "Text(\"application/statuslist+cwt\")");
    assert_eq!(
        message.protected.header.key_id,
        key("status").public().key_id().as_bytes()
    );
    let signed = message.verify_signature(b"", |signature, signed| {
        let signature: [u8; 64] = signature.try_into().unwrap();
        if key("status").public().verifies(signed, &signature) {
            Ok(())
        } else {
            Err(())
        }
    });
    assert_eq!(signed, Ok(()));
    let payload = message.payload.unwrap();
    let mut d = minicbor::Decoder::new(&payload);
    assert_eq!(d.map().unwrap(), Some(5));
    assert_eq!((d.i64().unwrap(), d.str().unwrap()), (2, "s1/1"));
    assert_eq!(
        (d.i64().unwrap(), d.u64().unwrap()),
        (4, NOW.plus(days(7)).unix())
    );
    assert_eq!((d.i64().unwrap(), d.u64().unwrap()), (6, NOW.unix()));
    assert_eq!((d.i64().unwrap(), d.map().unwrap()), (65_533, Some(2)));
    assert_eq!(d.str().unwrap(), "lst");
    let lst = d.bytes().unwrap();
    assert_eq!((d.str().unwrap(), d.u64().unwrap()), ("bits", 2));
    assert_eq!((d.i64().unwrap(), d.u64().unwrap()), (65_534, 3600));
    // A zlib stream (RFC 1950) of the strongest level.
    assert_eq!(lst[..2], [0x78, 0xda]);
    let entries = miniz_oxide::inflate::decompress_to_vec_zlib(lst).unwrap();
    assert_eq!(entries.len(), 1024);
    for index in 0..4096_usize {
        let value = entries[index / 4] / 4_u8.pow((index % 4) as u32) % 4;
        let wanted = match index {
            5 | 8 | 70 | 4095 => 1,
            9 => 2,
            _ => 0,
        };
        assert_eq!(value, wanted, "{index}");
    }
}

#[test]
fn we_read_our_token() {
    let bytes = token();
    let read = StatusToken::read(&bytes).unwrap();
    assert!(read.verifies(&key("status").public()));
    assert!(!read.verifies(&key("issuer").public()));
    assert_eq!((read.content.clone(), read.bits), (content(), 2));
    assert_eq!(read.standing(70), Some(Standing::Revoked));
    assert_eq!(read.standing(9), Some(Standing::Suspended));
    assert_eq!(read.standing(0), Some(Standing::Valid));
    assert_eq!(read.standing(4096), None);
    // A status list token is no credential, and no credential is a token.
    assert_eq!(
        StatusToken::read(&issued(&age_claims())).err(),
        Some(StatusError::OtherKind)
    );
    assert_eq!(Credential::parse(&bytes).err(), Some(Code::WrongCode));
    let too_wide = read_token_list(3, &token_list(8, &[&[0]], None));
    assert_eq!(too_wide, Err(StatusError::Malformed));
}

/// A file of the draft's examples, without the line breaks; none where the folder is absent.
fn example(name: &str) -> Option<String> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/vectors/token-status-list/examples"
    );
    let text = std::fs::read_to_string(PathBuf::from(folder).join(name));
    if text.is_err() {
        println!("skipped: other people's vectors are not here ({name})");
    }
    let text = text.ok()?;
    let body = text
        .split_once("encoded:")
        .map_or(text.as_str(), |(_, body)| body);
    Some(body.split_whitespace().collect())
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

/// Base64url without padding, by hand.
fn unbase64(text: &str) -> Vec<u8> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let values = text
        .bytes()
        .map(|b| letters.iter().position(|l| *l == b).unwrap() as u32);
    let bits: Vec<u32> = values
        .flat_map(|value| (0..6).rev().map(move |bit| value >> bit & 1))
        .collect();
    let octets = bits.chunks_exact(8);
    octets
        .map(|octet| octet.iter().fold(0_u8, |byte, bit| byte << 1 | *bit as u8))
        .collect()
}

fn from_json(name: &str) -> Option<(u8, Vec<u8>)> {
    let json: Value = serde_json::from_str(&example(name)?).unwrap();
    let bits = json["bits"].as_u64().unwrap() as u8;
    Some((
        bits,
        read_token_list(bits, &unbase64(json["lst"].as_str().unwrap())).unwrap(),
    ))
}

fn from_cbor(name: &str) -> Option<(u8, Vec<u8>)> {
    let bytes = unhex(&example(name)?);
    let mut d = minicbor::Decoder::new(&bytes);
    d.map().unwrap();
    assert_eq!(d.str().unwrap(), "bits");
    let bits = d.u8().unwrap();
    assert_eq!(d.str().unwrap(), "lst");
    Some((bits, read_token_list(bits, d.bytes().unwrap()).unwrap()))
}

#[test]
fn the_drafts_lists_in_json_and_cbor_are_the_same_lists() {
    let short = [("", 1, vec![0xb9, 0xa3]), ("2", 2, vec![0xc9, 0x44, 0xf9])];
    for (name, bits, bytes) in short {
        let wanted = Some((bits, bytes));
        let json = from_json(&format!("status_list_encoding{name}_json.md"));
        if json.is_none() {
            return;
        }
        assert_eq!(json, wanted);
        assert_eq!(from_cbor(&format!("status_list_encoding{name}_cbor.md")), wanted);
    }
    for (name, bits) in [("1_long", 1), ("2_long", 2), ("4", 4), ("8", 8)] {
        let json = from_json(&format!("status_list_encoding{name}_json.md"));
        assert_eq!(json, from_cbor(&format!("status_list_encoding{name}_cbor.md")));
        let (width, entries) = json.unwrap();
        assert_eq!(width, bits);
        // A million entries each.
        assert_eq!(
            entries.len() * 8 / usize::from(bits),
            if bits == 8 { entries.len() } else { 1 << 20 }
        );
        assert!(entries.iter().any(|byte| *byte != 0));
    }
    // The same list as annotated bytes.
    for name in ["", "2"] {
        let text = std::fs::read_to_string(format!(
            "{}/../../../shared/vectors/token-status-list/examples/status_list_encoding{name}_cbor_diag.md",
            env!("CARGO_MANIFEST_DIR")
        ));
        let plain: String = text
            .unwrap()
            .lines()
            .filter_map(|line| line.split('#').next())
            .collect();
        let plain: String = plain.split_whitespace().collect();
        assert_eq!(
            Some(plain),
            example(&format!("status_list_encoding{name}_cbor.md"))
        );
    }
}

#[test]
fn the_drafts_tokens_are_read() {
    let Some(text) = example("status_list_cwt.md") else {
        return;
    };
    let bytes = unhex(&text);
    let token = StatusToken::read(&bytes).unwrap();
    assert_eq!(token.content.sub, "https://example.com/statuslists/1");
    assert_eq!(token.content.iat.unix(), 1_686_920_170);
    assert_eq!(token.content.exp.map(Timestamp::unix), Some(2_291_720_170));
    assert_eq!(token.content.ttl, Some(43_200));
    assert_eq!((token.bits, token.entries.clone()), (1, vec![0xb9, 0xa3]));
    // Section 4.1: the statuses of the first list, in order.
    let statuses: Vec<u8> = (0..16).map(|index| token.entry(index).unwrap()).collect();
    assert_eq!(statuses, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
    // ES256, which is not ours to check.
    assert!(!token.verifies(&key("status").public()));
    let referring = unhex(&example("referenced_token_cwt.md").unwrap());
    assert_eq!(StatusToken::read(&referring).err(), Some(StatusError::OtherKind));
    let jwt = example("status_list_jwt_raw.md").unwrap();
    let claims: Value = serde_json::from_slice(&unbase64(jwt.split('.').nth(1).unwrap())).unwrap();
    let list = &claims["status_list"];
    let entries = read_token_list(1, &unbase64(list["lst"].as_str().unwrap())).unwrap();
    assert_eq!((list["bits"].as_u64(), entries), (Some(1), vec![0xb9, 0xa3]));
}
