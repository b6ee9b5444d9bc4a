//! Each part of a credential by its own rule: kinds that are no passes, days, numbers, places of a status, headers, words.

use credential::*;

use crate::case::{Folder, Folder::*, Writer, asked, status, trusting};
use crate::common::*;
use crate::documents::{trust_content_for, vehicle_claims};

pub const EXP: i64 = 4;
const NBF: i64 = 5;
pub const IAT: i64 = 6;
pub const IDENTITY: i64 = 169;
const STATUS: i64 = 65_535;
pub const FACTS: i64 = -65_601;

/// Largest number of the format.
const LARGEST: usize = (1 << 53) - 1;

/// The last midnight that a number of the format reaches.
const LAST_DAY: usize = LARGEST - LARGEST % DAY as usize;

/// A good credential with one claim in another way, signed all the same.
pub fn changed(credential: &[u8], signer: &SecretKey, label: i64, value: Vec<u8>) -> Vec<u8> {
    let (header, payload, _) = forge::open(credential);
    forge::sign1(&header, &forge::with(&payload, label, value), signer)
}

/// The age pass in timed mode, with one claim in another way.
pub fn pass(label: i64, value: Vec<u8>) -> String {
    let bytes = changed(&issued(&age_claims()), &key("issuer"), label, value);
    forge::present(&bytes, &holder(1))
}

/// The age pass in timed mode, with these facts.
pub fn facts(pairs: &[(i64, Vec<u8>)]) -> String {
    pass(FACTS, forge::map(pairs))
}

/// A printed domicile certificate, which names somebody and has no status, with one claim in another way.
pub fn document(label: i64, value: Vec<u8>) -> String {
    let claims = Claims {
        status: None,
        ..paper_document_claims()
    };
    let signer = key("documents");
    let bytes = changed(&issue(&claims, &signer).unwrap(), &signer, label, value);
    format!("KPD:{}", base45::encode(&bytes))
}

/// The value true.
pub fn truth() -> Vec<u8> {
    vec![0xf5]
}

pub fn write(w: &Writer<'_>) {
    reserved(w);
    days_and_numbers(w);
    places(w);
    headers(w);
    words(w);
}

/// Keys that the trust list allows something beside passes sign no pass.
fn reserved(w: &Writer<'_>) {
    let kinds = [
        (Vct::COUNTER_CERTIFICATE, "certifier", true),
        (Vct::STATUS_MANIFEST, "status", true),
        (Vct::TYPE_REGISTER, "register", true),
        (Vct::RISK_RULES, "rules", false),
        (Vct::PAPER_CARD, "paper", false),
        (Vct::CATALOGUE, "catalogue", false),
    ];
    let mut content = trust_content();
    content.keys.push(trusted("register", &[Vct::TYPE_REGISTER]));
    content.keys.push(trusted("paper", &[Vct::PAPER_CARD]));
    for (kind, word, is_shown) in kinds {
        if kind == Vct::CATALOGUE {
            content.keys.push(trusted(word, &[kind]));
        }
        let signer = key(word);
        let claims = Claims {
            holder: is_shown.then(|| holder(1).public().into()),
            ..age_claims()
        };
        let name = forge::bytes(kind.as_str().as_bytes());
        let bytes = changed(&issue(&claims, &signer).unwrap(), &signer, 11, name);
        let text = if is_shown {
            forge::present(&bytes, &holder(1))
        } else {
            format!("KPD:{}", base45::encode(&bytes))
        };
        let what = "a credential whose kind is what the trust list allows its key, and never a pass";
        let file = format!("kind-{kind}");
        w.put(
            Invalid,
            &file,
            what,
            Code::Malformed,
            &text,
            &[&trusting(&content)],
        );
    }
}

fn days_and_numbers(w: &Writer<'_>) {
    let day = NOW.start_of_day().unix() as usize;
    let end = day + days(30) as usize;
    let put = |folder: Folder, name: &str, what: &str, code, text: &str| {
        w.put(folder, name, what, code, text, &[]);
    };
    let noon = "a time of day, which would tell one pass from another";
    put(
        Invalid,
        "end-not-midnight",
        noon,
        Code::Malformed,
        &pass(EXP, forge::uint(end + 1)),
    );
    put(
        Invalid,
        "begin-not-midnight",
        noon,
        Code::Malformed,
        &pass(NBF, forge::uint(day + 1)),
    );
    put(
        Invalid,
        "issued-not-midnight",
        noon,
        Code::Malformed,
        &pass(IAT, forge::uint(day + 3600)),
    );
    put(
        Invalid,
        "document-not-midnight",
        noon,
        Code::Malformed,
        &document(IAT, forge::uint(day + 3600)),
    );
    put(
        Edge,
        "day-largest",
        "the last midnight below 2^53",
        Code::Accepted,
        &pass(EXP, forge::uint(LAST_DAY)),
    );
    put(
        Edge,
        "day-too-large",
        "a midnight above 2^53",
        Code::Malformed,
        &pass(EXP, forge::uint(LAST_DAY + DAY as usize)),
    );
    let numbered = |value: usize| document(FACTS, forge::map(&[(32, forge::uint(value))]));
    put(
        Edge,
        "number-largest",
        "a field of 2^53 - 1",
        Code::DocumentOnly,
        &numbered(LARGEST),
    );
    put(
        Edge,
        "number-too-large",
        "a field of 2^53",
        Code::Malformed,
        &numbered(LARGEST + 1),
    );
    put(
        Edge,
        "number-far-too-large",
        "a field of 2^64 - 1",
        Code::Malformed,
        &numbered(usize::MAX),
    );
    // The clock of a phone that answers a request decides nothing, and is a number all the same.
    let unsigned = build_request(&Vct::AGE, DESK, [1; 16], NOW, None).unwrap();
    for (name, what, at, code) in [
        (
            "answer-at-the-largest-number",
            "a phone whose clock says 2^53 - 1",
            LARGEST,
            Code::Accepted,
        ),
        (
            "answer-beyond-the-largest-number",
            "a phone whose clock says 2^53",
            LARGEST + 1,
            Code::Malformed,
        ),
    ] {
        let payload = forge::map(&[
            (3, forge::text(DESK)),
            (6, forge::uint(at)),
            (39, forge::bytes(&unsigned.nonce)),
            (-65_604, forge::bytes(&unsigned.hash)),
        ]);
        let header = forge::kbt_header(-8, &issued(&age_claims()));
        let text = kp1(&forge::sign1(&header, &payload, &holder(1)));
        w.put(Edge, name, what, code, &text, &[&asked(&unsigned)]);
    }
}

/// Where a status is.
fn places(w: &Writer<'_>) {
    let good = status(false);
    let (idx, uri) = (forge::text("idx"), forge::text("uri"));
    let place = |body: &[Vec<u8>]| {
        let listed = [vec![0xa1], forge::text("status_list"), body.concat()].concat();
        pass(STATUS, listed)
    };
    let at = |index: usize| {
        place(&[
            vec![0xa2],
            idx.clone(),
            forge::uint(index),
            uri.clone(),
            forge::text(LIST),
        ])
    };
    for (name, index, code) in [
        ("status-largest-index", u32::MAX as usize, Code::NoStatusList),
        ("status-index-too-large", 1 << 32, Code::Malformed),
    ] {
        let what = "the largest place that can be written, which no list has, and one more";
        w.put(Edge, name, what, code, &at(index), &[&good]);
    }
    let number = |value: usize| forge::uint(value);
    let more = [
        vec![0xa3],
        forge::text("x"),
        number(1),
        idx.clone(),
        number(3),
        uri.clone(),
        forge::text(LIST),
    ];
    let none = [vec![0xa1], idx.clone(), number(3)];
    let unnamed = [vec![0xa1], uri.clone(), forge::text(LIST)];
    let not_text = [vec![0xa2], idx.clone(), number(3), uri.clone(), number(1)];
    let below = [
        vec![0xa2],
        idx.clone(),
        forge::int(-1),
        uri.clone(),
        forge::text(LIST),
    ];
    for (name, what, body) in [
        (
            "status-extra-member",
            "a place with one member too many",
            &more[..],
        ),
        ("status-without-list", "a place in no list", &none),
        ("status-without-index", "a list and no place in it", &unnamed),
        ("status-list-number", "a list whose name is a number", &not_text),
        ("status-index-negative", "a place below zero", &below),
    ] {
        w.put(Invalid, name, what, Code::Malformed, &place(body), &[&good]);
    }
    let other = pass(
        STATUS,
        [vec![0xa1], forge::text("other_list"), vec![0xa0]].concat(),
    );
    let what = "a status of another make";
    w.put(
        Invalid,
        "status-of-another-make",
        what,
        Code::Malformed,
        &other,
        &[&good],
    );
    let two = [
        vec![0xa2],
        forge::text("other_list"),
        vec![0xa0],
        forge::text("status_list"),
        vec![0xa0],
    ];
    let what = "a status of another make beside ours";
    w.put(
        Invalid,
        "status-of-two-makes",
        what,
        Code::Malformed,
        &pass(STATUS, two.concat()),
        &[&good],
    );
}

fn headers(w: &Writer<'_>) {
    let issuer = key("issuer");
    let (_, payload, _) = forge::open(&issued(&age_claims()));
    let kid = forge::bytes(issuer.public().key_id().as_bytes());
    let (alg, typ) = (forge::int(-8), forge::uint(293));
    let under = |pairs: &[(i64, Vec<u8>)]| {
        let bytes = forge::sign1(&forge::map(pairs), &payload, &issuer);
        forge::present(&bytes, &holder(1))
    };
    let short = under(&[(1, alg.clone()), (4, forge::bytes(&[1; 4])), (16, typ.clone())]);
    w.put(
        Invalid,
        "key-id-of-4-bytes",
        "half a key id",
        Code::Malformed,
        &short,
        &[],
    );
    let text = under(&[(1, alg.clone()), (4, forge::text("issuer")), (16, typ.clone())]);
    w.put(
        Invalid,
        "key-id-text",
        "a key id that is a text",
        Code::Malformed,
        &text,
        &[],
    );
    let named = under(&[(1, forge::text("EdDSA")), (4, kid.clone()), (16, typ)]);
    let what = "an algorithm by its name, which COSE has and the format has not";
    w.put(Invalid, "alg-text", what, Code::AlgorithmNotAllowed, &named, &[]);
    let other = under(&[(1, alg), (4, kid), (16, forge::text("application/kb+cwt"))]);
    let what = "a kind by its name, which COSE has and the format has not";
    w.put(Invalid, "typ-text", what, Code::WrongCode, &other, &[]);
}

/// A word is one of those that the register has.
fn words(w: &Writer<'_>) {
    let content = crate::kinds::small();
    let trust = trusting(&trust_content_for(&content));
    let known = crate::kinds::knowing(&content);
    let body = |number: u64| {
        let mut claims = Claims {
            status: None,
            ..vehicle_claims()
        };
        claims.facts.fields.insert(37, Field::Number(number));
        let bytes = issue(&claims, &key("every type")).unwrap();
        format!("KPD:{}", base45::encode(&bytes))
    };
    let what = "the last word of a claim in the register, and a number that has no word";
    for (name, number, code) in [
        ("word-last", 9, Code::DocumentOnly),
        ("word-unknown", 10, Code::ClaimsMissing),
    ] {
        w.put(Edge, name, what, code, &body(number), &[&trust, &known]);
    }
    // A day that ends a document is a number. Of one in letters nobody knows when it ends.
    let mut lasting = content;
    for claim in lasting.types.iter_mut().flat_map(|one| &mut one.claims) {
        if claim.key == "token_paid_until" {
            claim.kind = Kind::LastDay;
        }
    }
    let mut claims = Claims {
        status: None,
        ..vehicle_claims()
    };
    let day = Field::Text("20261120".to_owned());
    claims.facts.fields.insert(40, day);
    let bytes = issue(&claims, &key("every type")).unwrap();
    let text = format!("KPD:{}", base45::encode(&bytes));
    let what = "a document's last day as a text";
    let known = crate::kinds::knowing(&lasting);
    w.put(
        Edge,
        "last-day-text",
        what,
        Code::ClaimsMissing,
        &text,
        &[&trust, &known],
    );
}
