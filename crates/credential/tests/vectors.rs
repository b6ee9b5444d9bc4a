//! Vectors as files: each folder entry is a case; adding a file adds a case.
//!
//! `KHYBER_BLESS=1 cargo test -p credential --test vectors` writes them anew from the fixed seeds of these tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
use std::path::{Path, PathBuf};
use std::sync::Once;

use common::*;
use credential::*;
use serde_json::{Value, json};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/credential"
    ))
    .join(name)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n)]);
    bytes
        .iter()
        .flat_map(|b| [digit(b >> 4), digit(b & 15)])
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

/// Decides one file's case from what stands in the file alone.
fn decide(case: &Value) -> Code {
    let text = |name: &str| case[name].as_str();
    let keys: Vec<PublicKey> = case["roots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|k| PublicKey::parse(&unhex(k.as_str().unwrap())).unwrap())
        .collect();
    let roots = RootSet::new(RootKind::Test, keys.try_into().unwrap()).unwrap();
    let trust = text("trust").map(|t| TrustList::verify(&unhex(t), &roots, None).unwrap());
    let status = text("status").map(|s| {
        let manifest = StatusManifest::verify(&unhex(s), trust.as_ref().unwrap(), None).unwrap();
        let mut set = StatusSet::new(manifest);
        set.add_list(text("list_name").unwrap(), unhex(text("list").unwrap()))
            .unwrap();
        set
    });
    let request = text("request").map(|r| IssuedRequest::from_text(r).unwrap());
    let expect = match (&request, text("audience")) {
        (Some(request), _) => Expect::Request(request),
        (None, audience) => Expect::Timed {
            audience: audience.unwrap(),
        },
    };
    let ctx = Context {
        now: Timestamp::from_unix(case["now"].as_u64().unwrap()),
        trust: trust.as_ref(),
        status: status.as_ref(),
        expect,
    };
    verify(text("qr").unwrap(), &ctx).code
}

fn cases(name: &str) -> Vec<(String, Value)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(name))
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let case = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        (path.file_name().unwrap().to_string_lossy().into_owned(), case)
    };
    files.iter().map(read).collect()
}

#[test]
fn every_vector_has_its_code() {
    bless();
    for (kind, least) in [("valid", 4), ("invalid", 15)] {
        let cases = cases(kind);
        assert!(cases.len() >= least, "{kind}: {} files", cases.len());
        for (name, case) in cases {
            let code = decide(&case);
            assert_eq!(code.code(), case["code"].as_str().unwrap(), "{kind}/{name}");
            assert_eq!(
                code.verdict().as_str(),
                case["verdict"].as_str().unwrap(),
                "{kind}/{name}"
            );
            let good = matches!(code, Code::Accepted | Code::FaceNotCompared);
            assert_eq!(good, kind == "valid", "{kind}/{name}");
        }
    }
}

#[test]
fn every_vector_of_these_seeds_is_on_file() {
    bless();
    write_vectors(&|path, text| {
        let there = std::fs::read_to_string(path).unwrap_or_default();
        let name = path.display();
        assert!(
            there == text,
            "stale: {name}; run KHYBER_BLESS=1 cargo test -p credential --test vectors"
        );
    });
}

/// Writes the files anew if asked to, once and before any test of this program reads them.
fn bless() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if std::env::var_os("KHYBER_BLESS").is_some() {
            write_vectors(&|path, text| {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            });
        }
    });
}

/// Makes the cases and hands over each file.
struct Writer<'a> {
    trust: Vec<u8>,
    bits: Vec<u8>,
    file: &'a dyn Fn(&Path, &str),
}

impl Writer<'_> {
    fn put(&self, name: &str, what: &str, qr: &str, change: impl FnOnce(&mut Value)) {
        let roots: Vec<String> = (1..=3).map(|n| hex(root(n).public().as_bytes())).collect();
        let mut case = json!({
            "what": what, "qr": qr, "now": NOW.unix(), "audience": DESK, "roots": roots, "trust": hex(&self.trust),
        });
        change(&mut case);
        let code = decide(&case);
        case["code"] = json!(code.code());
        case["verdict"] = json!(code.verdict().as_str());
        let good = matches!(code, Code::Accepted | Code::FaceNotCompared);
        let folder = folder(if good { "valid" } else { "invalid" });
        let text = serde_json::to_string_pretty(&case).unwrap() + "\n";
        (self.file)(&folder.join(format!("{name}.json")), &text);
    }

    fn status(&self, case: &mut Value) {
        let content = status_content(&self.bits);
        case["status"] = json!(hex(&StatusManifest::sign(&content, &key("status"))));
        case["list_name"] = json!(LIST);
        case["list"] = json!(hex(&self.bits));
    }
}

#[allow(clippy::too_many_lines)] // one line for each file
fn write_vectors(file: &dyn Fn(&Path, &str)) {
    let mut writer = Writer {
        file,
        trust: trust_bytes(&trust_content()),
        bits: vec![0; 64],
    };
    // A short list keeps the files small: the passes of these files have a low index.
    let mut claims = identity_claims();
    claims.status.as_mut().unwrap().index = 100;
    let asked = request(Vct::IDENTITY);
    let identity = answer(&asked, &claims, &holder(2));
    let now = |seconds: i64| move |case: &mut Value| case["now"] = json!(at(seconds).unix());

    writer.put("timed-age", "an age pass in timed mode", &timed(), |_| ());
    writer.put(
        "timed-age-180",
        "180 seconds after it was signed",
        &timed(),
        now(180),
    );
    writer.put("stale", "181 seconds after it was signed", &timed(), now(181));
    writer.put(
        "from-the-future",
        "121 seconds before it was signed",
        &timed(),
        now(-121),
    );
    writer.put(
        "clock-wrong",
        "the reader's clock a year behind",
        &timed(),
        now(-31_536_000),
    );
    writer.put(
        "trust-list-expired",
        "the reader's list a year old",
        &timed(),
        now(31_536_000),
    );
    writer.put("no-trust-list", "a reader with no list", &timed(), |c| {
        c["trust"] = Value::Null;
    });
    writer.put("wrong-desk", "made for another desk", &timed(), |c| {
        c["audience"] = json!("kp:other");
    });
    let unsigned = build_request(&Vct::AGE, DESK, [1; 16], NOW, None).unwrap();
    let text = answer(&unsigned, &age_claims(), &holder(1));
    writer.put("request-age", "an age pass to an unsigned request", &text, |c| {
        c["request"] = json!(unsigned.text);
    });
    let other = request_at(Vct::AGE, 9, NOW).text;
    writer.put("wrong-request", "the answer to another request", &text, |c| {
        c["request"] = json!(other);
    });
    writer.put("identity", "an identity to a certified request", &identity, |c| {
        c["request"] = json!(asked.text);
        writer.status(c);
    });
    writer.put(
        "no-status-list",
        "an identity, and no list to look in",
        &identity,
        |c| c["request"] = json!(asked.text),
    );
    let faceless = answer_with(&asked, &issued_without_photo(&claims), &holder(2));
    writer.put(
        "identity-without-photo",
        "a name, and no photo to compare the face with",
        &faceless,
        |c| {
            c["request"] = json!(asked.text);
            writer.status(c);
        },
    );
    writer.bits[12] = 0x10;
    writer.put("revoked", "an identity whose bit is set", &identity, |c| {
        c["request"] = json!(asked.text);
        writer.status(c);
    });
    let credential = issued(&identity_claims());
    let shown = forge::present(&credential, &holder(2));
    writer.put("request-required", "a name in timed mode", &shown, |_| ());
    let shown = forge::present(&issued(&age_claims()), &holder(3));
    writer.put("holder-signature", "another pass's key", &shown, |_| ());
    let shown = forge::present(&issue(&age_claims(), &key("somebody")).unwrap(), &holder(1));
    writer.put(
        "unknown-issuer",
        "an issuer that is not in the list",
        &shown,
        |_| (),
    );
    let shown = forge::present(&issue(&age_claims(), &key("documents")).unwrap(), &holder(1));
    writer.put(
        "issuer-not-allowed",
        "an issuer of documents issues a pass",
        &shown,
        |_| (),
    );
    let (_, payload, _) = forge::open(&issued(&age_claims()));
    let kid = key("issuer").public().key_id();
    let with_header = |alg: i64, signer: &SecretKey| {
        let cwt = forge::sign1(&forge::cwt_header(alg, kid.as_bytes()), &payload, signer);
        forge::present(&cwt, &holder(1))
    };
    writer.put(
        "alg-19",
        "signed under Ed25519's own number",
        &with_header(-19, &key("issuer")),
        |_| (),
    );
    writer.put(
        "alg-confusion",
        "HMAC where Ed25519 belongs",
        &with_header(5, &key("issuer")),
        |_| (),
    );
    writer.put(
        "issuer-signature",
        "signed by the holder as issuer",
        &with_header(-8, &holder(1)),
        |_| (),
    );
    writer.put(
        "typ-confusion",
        "a counter certificate as a pass",
        &forge::present(&certificate(), &key("desk")),
        |_| (),
    );
    let mut expired = age_claims();
    (expired.iat, expired.exp) = (NOW.start_of_day().minus(DAY), NOW.start_of_day());
    writer.put(
        "expired",
        "a pass that has ended",
        &forge::present(&issued(&expired), &holder(1)),
        |_| (),
    );
    let bytes = raw(&timed());
    writer.put(
        "trailing-byte",
        "one byte too many",
        &kp1(&[&bytes[..], &[0]].concat()),
        |_| (),
    );
    writer.put(
        "truncated",
        "one byte too few",
        &kp1(&bytes[..bytes.len() - 1]),
        |_| (),
    );
    writer.put("web-address", "any other code", "https://example.org", |_| ());
    let long = forge::sign1(
        &forge::kbt_header(-8, &issued(&age_claims())),
        &forge::timed_binding(DESK, NOW.unix(), NOW.unix() + 61),
        &holder(1),
    );
    writer.put("lifetime-too-long", "61 seconds", &kp1(&long), |_| ());
}
