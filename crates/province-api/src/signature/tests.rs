//! The profile by example, and RFC 9421's own examples where the profile overlaps with them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use super::form::{Parameters, base, decode};
use super::*;

const IDEMPOTENCY: &str = "000102030405060708090a0b0c0d0e0f";
const NONCE: Nonce = [9; 16];

type Headers = Vec<(&'static str, String)>;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn signed(path: &str, body: &[u8], created: u64) -> Headers {
    sign(&key(), "POST", path, body, IDEMPOTENCY, created, &NONCE)
}

fn check(headers: &Headers, path: &str, body: &[u8], now: u64) -> Result<Verified, SignatureError> {
    let find = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
    verify(find, "POST", path, body, now)
}

/// Headers with a signature that holds over these parameters, whatever they are.
fn signed_over(parameters: &str) -> Headers {
    let digest = content_digest(b"{}");
    let covered = [
        ("@method", "POST"),
        ("@path", "/v1/passes"),
        (CONTENT_DIGEST, &digest),
        (crate::IDEMPOTENCY_KEY, IDEMPOTENCY),
    ];
    let covered = covered.map(|(name, value)| (name, value.to_owned()));
    let signature = key().sign(base(&covered, parameters).as_bytes());
    vec![
        (crate::IDEMPOTENCY_KEY, IDEMPOTENCY.to_owned()),
        (CONTENT_DIGEST, digest),
        (SIGNATURE_INPUT, format!("device={parameters}")),
        (
            SIGNATURE,
            format!("device=:{}:", STANDARD.encode(signature.to_bytes())),
        ),
    ]
}

#[test]
fn a_signed_request_names_its_device_its_nonce_and_its_end() {
    let headers = signed("/v1/passes", b"{}", 1000);
    let verified = check(&headers, "/v1/passes", b"{}", 1300).unwrap();
    assert_eq!(verified.device.as_bytes(), key().verifying_key().as_bytes());
    let proven = verified.proven;
    assert_eq!(
        (proven.nonce, proven.created, proven.expires),
        (NONCE, 1000, 1300)
    );
}

#[test]
fn another_body_path_method_or_idempotency_key_is_refused() {
    let headers = signed("/v1/passes", b"{}", 1000);
    let body = check(&headers, "/v1/passes", b"{ }", 1000);
    assert_eq!(body, Err(SignatureError::Digest));
    let path = check(&headers, "/v1/enrolments", b"{}", 1000);
    assert_eq!(path, Err(SignatureError::Invalid));
    let find = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
    let method = verify(find, "PUT", "/v1/passes", b"{}", 1000);
    assert_eq!(method, Err(SignatureError::Invalid));
    let mut other = headers.clone();
    other[0].1 = "ff0102030405060708090a0b0c0d0e0f".into();
    let other = check(&other, "/v1/passes", b"{}", 1000);
    assert_eq!(other, Err(SignatureError::Invalid));
}

#[test]
fn each_header_is_needed_and_has_one_form() {
    let headers = signed("/v1/passes", b"{}", 1000);
    for at in 0..headers.len() {
        let mut fewer = headers.clone();
        fewer.remove(at);
        let without = check(&fewer, "/v1/passes", b"{}", 1000);
        assert_eq!(
            without,
            Err(SignatureError::Malformed),
            "without {}",
            headers[at].0
        );
        for change in [
            |value: &str| format!("{value} "),
            |value: &str| format!(" {value}"),
            |value: &str| value.to_ascii_uppercase(),
            |_: &str| String::new(),
        ] {
            let mut changed = headers.clone();
            changed[at].1 = change(&changed[at].1);
            let checked = check(&changed, "/v1/passes", b"{}", 1000);
            assert!(checked.is_err(), "{}: {}", headers[at].0, changed[at].1);
        }
    }
}

#[test]
fn every_parameter_is_signed() {
    let headers = signed("/v1/passes", b"{}", 1000);
    let other_nonce = URL_SAFE_NO_PAD.encode([8; 16]);
    for (of, with) in [
        ("created=1000", "created=1001"),
        ("expires=1300", "expires=1299"),
        (URL_SAFE_NO_PAD.encode(NONCE).as_str(), other_nonce.as_str()),
    ] {
        let mut changed = headers.clone();
        changed[2].1 = changed[2].1.replace(of, with);
        assert_ne!(changed, headers, "{of} is not there");
        let checked = check(&changed, "/v1/passes", b"{}", 1000);
        assert_eq!(checked, Err(SignatureError::Invalid), "{of}");
    }
}

#[test]
fn parameters_of_another_form_are_refused_though_they_are_signed() {
    let key_id = URL_SAFE_NO_PAD.encode(key().verifying_key().as_bytes());
    let nonce = URL_SAFE_NO_PAD.encode(NONCE);
    let covered = Signer::Device.form().covered();
    let good =
        format!(r#"{covered};created=1000;expires=1300;nonce="{nonce}";keyid="{key_id}";alg="ed25519""#);
    assert!(check(&signed_over(&good), "/v1/passes", b"{}", 1000).is_ok());
    let short = URL_SAFE_NO_PAD.encode([9; 15]);
    for (of, with) in [
        ("created=1000;expires=1300", "expires=1300;created=1000"),
        ("created=1000", "created=01000"),
        ("created=1000", "created=+1000"),
        (";expires=1300", ""),
        (&*format!(";nonce=\"{nonce}\""), ""),
        (&*nonce, &*short),
        (r#""ed25519""#, r#""rsa-v1_5-sha256""#),
        (r#";alg="ed25519""#, ""),
        (r#""ed25519""#, r#""ed25519";tag="x""#),
        (r#""@path" "#, ""),
        (r#"("@method""#, r#"("@method";req"#),
    ] {
        let other = good.replace(of, with);
        assert_ne!(other, good, "{of} is not there");
        let checked = check(&signed_over(&other), "/v1/passes", b"{}", 1000);
        assert_eq!(checked, Err(SignatureError::Malformed), "{other}");
    }
}

#[test]
fn a_signature_serves_for_its_time_only() {
    let headers = signed("/v1/passes", b"{}", 1000);
    for (now, holds) in [
        (699, false),
        (700, true),
        (1000, true),
        (1300, true),
        (1301, false),
    ] {
        let checked = check(&headers, "/v1/passes", b"{}", now);
        assert_eq!(checked.err(), (!holds).then_some(SignatureError::Clock), "{now}");
    }
    let key_id = URL_SAFE_NO_PAD.encode(key().verifying_key().as_bytes());
    let nonce = URL_SAFE_NO_PAD.encode(NONCE);
    // Longer than any request takes, ended before it began, and so far ahead that sums overflow.
    for (created, expires) in [(1000, 1301), (1000, 1000), (1000, 900), (u64::MAX, u64::MAX)] {
        let long = Parameters {
            created,
            expires,
            nonce: &nonce,
            key_id: &key_id,
        };
        let checked = check(
            &signed_over(&long.text(Signer::Device.form())),
            "/v1/passes",
            b"{}",
            1000,
        );
        assert_eq!(checked, Err(SignatureError::Clock), "{created} {expires}");
    }
}

#[test]
fn the_clock_is_spoken_of_to_whoever_holds_the_key_and_to_nobody_else() {
    let mut headers = signed("/v1/passes", b"{}", 1000);
    headers[3].1 = signed("/v1/passes", b"{}", 1001)[3].1.clone();
    let checked = check(&headers, "/v1/passes", b"{}", 99_999);
    assert_eq!(checked, Err(SignatureError::Invalid));
}

const TARGET: Target<'static> = Target {
    method: "GET",
    path: "/v1/applications",
    query: Some("after=7"),
};

fn by_counter(certificate: &[u8]) -> Headers {
    sign_as_counter((&key(), certificate), &TARGET, b"", IDEMPOTENCY, 1000, &NONCE)
}

fn check_as(signer: Signer, headers: &Headers, target: &Target<'_>) -> Result<Proven, SignatureError> {
    let find = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
    // The headers live longer than the target.
    let target = Target { ..*target };
    verify_as(signer, find, &target, b"", 1000)
}

#[test]
fn counters_and_systems_sign_the_query_too_and_a_counter_its_certificate() {
    let of_system = sign_as_system(&key(), &TARGET, b"", IDEMPOTENCY, 1000, &NONCE);
    let of_counter = by_counter(b"certificate");
    for (signer, headers) in [(Signer::System, &of_system), (Signer::Counter, &of_counter)] {
        let proven = check_as(signer, headers, &TARGET).unwrap();
        assert_eq!(proven.key, *key().verifying_key().as_bytes());
        for query in [None, Some(""), Some("after=8"), Some("after=7&after=0")] {
            let other = Target { query, ..TARGET };
            let checked = check_as(signer, headers, &other);
            assert_eq!(checked, Err(SignatureError::Invalid), "{query:?}");
        }
    }
    let mut other = of_counter.clone();
    other[1].1 = by_counter(b"another")[1].1.clone();
    let checked = check_as(Signer::Counter, &other, &TARGET);
    assert_eq!(checked, Err(SignatureError::Invalid));
    other.remove(1);
    let checked = check_as(Signer::Counter, &other, &TARGET);
    assert_eq!(checked, Err(SignatureError::Malformed));
}

#[test]
fn a_signature_of_one_kind_of_signer_is_none_of_another() {
    let target = Target::new("POST", "/v1/passes");
    let all = [Signer::Device, Signer::Counter, Signer::System];
    let signed = [
        sign(&key(), "POST", "/v1/passes", b"", IDEMPOTENCY, 1000, &NONCE),
        sign_as_counter((&key(), b"c"), &target, b"", IDEMPOTENCY, 1000, &NONCE),
        sign_as_system(&key(), &target, b"", IDEMPOTENCY, 1000, &NONCE),
    ];
    for (from, headers) in all.into_iter().zip(&signed) {
        for to in all {
            let mut relabelled = headers.clone();
            for (name, value) in &mut relabelled {
                if [SIGNATURE, SIGNATURE_INPUT].contains(name) {
                    *value = value.replacen(from.label(), to.label(), 1);
                }
            }
            assert_eq!(
                check_as(to, &relabelled, &target).is_ok(),
                from == to,
                "{from:?} {to:?}"
            );
            assert_eq!(
                check_as(to, headers, &target).is_ok(),
                from == to,
                "{from:?} {to:?}"
            );
        }
    }
}

#[test]
fn a_weak_key_signs_nothing() {
    let mut headers = signed("/", b"", 1000);
    // The neutral element: a key for which a signature over anything can be made up.
    let mut weak = [0_u8; 32];
    weak[0] = 1;
    let parameters = Parameters {
        created: 1000,
        expires: 1300,
        nonce: &URL_SAFE_NO_PAD.encode(NONCE),
        key_id: &URL_SAFE_NO_PAD.encode(weak),
    };
    headers[2].1 = format!("device={}", parameters.text(Signer::Device.form()));
    assert_eq!(check(&headers, "/", b"", 1000), Err(SignatureError::Invalid));
}

/// RFC 9421 appendix B.2.6, with `test-key-ed25519` of B.1.4.
#[test]
fn the_base_and_the_signature_are_those_of_rfc_9421() {
    let parameters = concat!(
        r#"("date" "@method" "@path" "@authority" "content-type" "content-length")"#,
        r#";created=1618884473;keyid="test-key-ed25519""#
    );
    let components = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("@method", "POST"),
        ("@path", "/foo"),
        ("@authority", "example.com"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let base = base(&components, parameters);
    let seed: [u8; 32] = decode(&URL_SAFE_NO_PAD, "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU").unwrap();
    let key = SigningKey::from_bytes(&seed);
    let public: [u8; 32] = decode(&URL_SAFE_NO_PAD, "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs").unwrap();
    assert_eq!(*key.verifying_key().as_bytes(), public);
    let signature = STANDARD.encode(key.sign(base.as_bytes()).to_bytes());
    assert_eq!(
        signature,
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    );
}

/// RFC 9530 appendix B: the body `{"hello": "world"}` and a line feed.
#[test]
fn the_digest_is_that_of_rfc_9530() {
    assert_eq!(
        content_digest(b"{\"hello\": \"world\"}\n"),
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    );
}

proptest! {
    #[test]
    fn no_header_makes_it_panic(input in "\\PC{0,120}", signature in "\\PC{0,120}", digest in "\\PC{0,60}") {
        let headers = vec![
            (crate::IDEMPOTENCY_KEY, IDEMPOTENCY.to_owned()),
            (CONTENT_DIGEST, digest),
            (SIGNATURE_INPUT, input),
            (SIGNATURE, signature),
        ];
        prop_assert!(check(&headers, "/", b"", 0).is_err());
    }
}
