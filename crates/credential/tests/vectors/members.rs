//! The members of claim 169 and of the facts: each by its own rule, none that is not ours, texts that a screen shows.

use credential::*;

use crate::case::{Folder::*, Writer, trusting};
use crate::common::*;
use crate::strict::{EXP, FACTS, IAT, IDENTITY, changed, document, facts, pass, truth};

pub fn write(w: &Writer<'_>) {
    identities(w);
    known_facts(w);
    texts(w);
}

fn identities(w: &Writer<'_>) {
    let named = |number: i64, value: Vec<u8>| document(IDENTITY, forge::map(&[(number, value)]));
    let odd: [(&str, &str, i64, Vec<u8>); 9] = [
        (
            "identity-unknown-member",
            "a member of claim 169 that is not ours",
            2,
            forge::text("1.0"),
        ),
        (
            "identity-email",
            "another member that is not ours",
            12,
            forge::text("a@example.org"),
        ),
        (
            "identity-birth-of-4-digits",
            "a year of birth where the day belongs",
            8,
            forge::text("1990"),
        ),
        (
            "identity-birth-with-dashes",
            "a day of birth that is not eight digits",
            8,
            forge::text("1990-5-5"),
        ),
        (
            "identity-birth-number",
            "a day of birth as a number",
            8,
            forge::uint(19_900_515),
        ),
        (
            "identity-gender-7",
            "a gender that has no word",
            9,
            forge::uint(7),
        ),
        (
            "identity-gender-text",
            "a gender as a word",
            9,
            forge::text("female"),
        ),
        (
            "identity-name-number",
            "a number where a name belongs",
            4,
            forge::uint(7),
        ),
        (
            "identity-id-number",
            "a CNIC as a number",
            1,
            forge::uint(9_999_912_345_671),
        ),
    ];
    for (name, what, number, value) in odd {
        w.put(Invalid, name, what, Code::Malformed, &named(number, value), &[]);
    }
    let text = document(
        IDENTITY,
        [vec![0xa1], forge::text("4"), forge::text("Zarghuna Test")].concat(),
    );
    w.put(
        Invalid,
        "identity-text-label",
        "a member whose label is a text",
        Code::Malformed,
        &text,
        &[],
    );
    for (name, gender, code) in [
        ("identity-gender-3", 3, Code::DocumentOnly),
        ("identity-gender-4", 4, Code::Malformed),
        ("identity-gender-0", 0, Code::Malformed),
    ] {
        let what = "the last gender, and the numbers beside them";
        w.put(Edge, name, what, code, &named(9, forge::uint(gender)), &[]);
    }
    // What is wrong on a phone is wrong on a card.
    let (bytes, _) = paper::read_unverified(&card_text()).unwrap();
    let card = |label: i64, value: Vec<u8>| {
        base45::encode(&miniz_oxide::deflate::compress_to_vec_zlib(
            &changed(&bytes, &card_key(), label, value),
            6,
        ))
    };
    let (_, payload, _) = forge::open(&bytes);
    let identity = forge::pairs(&payload)
        .into_iter()
        .find_map(|(label, value)| (label == IDENTITY).then_some(value))
        .unwrap();
    let noon = forge::uint(card_claims().exp.unix() as usize + 43_200);
    let mut content = trust_content();
    content.keys.push(trusted("paper", &[Vct::PAPER_CARD]));
    for (name, what, text) in [
        ("card-not-midnight", "a card that ends at noon", card(EXP, noon)),
        (
            "card-issued-not-midnight",
            "a card that says at what time it was made",
            card(IAT, forge::uint(NOW.unix() as usize)),
        ),
        (
            "card-unknown-member",
            "a card with a member of claim 169 that is not ours",
            card(IDENTITY, forge::with(&identity, 5, forge::text("Zarghuna"))),
        ),
    ] {
        w.put(
            Invalid,
            name,
            what,
            Code::Malformed,
            &text,
            &[&trusting(&content)],
        );
    }
}

/// Name, what it is, and the facts of a pass that is refused.
type Odd<'a> = (&'a str, &'a str, &'a [(i64, Vec<u8>)]);

fn known_facts(w: &Writer<'_>) {
    let odd: [Odd<'_>; 9] = [
        (
            "fact-truth-as-number",
            "a number where a truth belongs",
            &[(1, forge::uint(5))],
        ),
        (
            "fact-truth-as-text",
            "a text where a truth belongs",
            &[(5, forge::text("yes"))],
        ),
        (
            "fact-district-number",
            "a number where a district belongs",
            &[(3, forge::uint(7))],
        ),
        (
            "fact-local-name-alone",
            "a name outside an identity, which timed mode would carry",
            &[(1, truth()), (9, forge::text("گل ٹیسٹ"))],
        ),
        (
            "fact-guardian-5",
            "a guardian who is neither father nor husband",
            &[(8, forge::uint(5))],
        ),
        (
            "fact-photo-of-4-bytes",
            "a photo's hash of 4 bytes",
            &[(7, forge::bytes(&[0; 4]))],
        ),
        ("fact-0", "a fact that the format does not have", &[(0, truth())]),
        (
            "fact-10",
            "the first number behind the format's own facts",
            &[(10, truth())],
        ),
        (
            "fact-negative",
            "a fact with a number below zero",
            &[(-1, truth())],
        ),
    ];
    for (name, what, pairs) in odd {
        w.put(Invalid, name, what, Code::Malformed, &facts(pairs), &[]);
    }
    let text = pass(FACTS, [vec![0xa1], forge::text("1"), truth()].concat());
    w.put(
        Invalid,
        "fact-text-label",
        "a fact whose label is a text",
        Code::Malformed,
        &text,
        &[],
    );
    for (name, level, code) in [
        ("assurance-255", 255, Code::Accepted),
        ("assurance-256", 256, Code::Malformed),
    ] {
        let what = "the largest level that fits into its byte, and one more";
        w.put(
            Edge,
            name,
            what,
            code,
            &facts(&[(1, truth()), (6, forge::uint(level))]),
            &[],
        );
    }
    for (name, count, code) in [
        ("fields-32", 32, Code::DocumentOnly),
        ("fields-33", 33, Code::Malformed),
    ] {
        let fields: Vec<_> = (0..count).map(|number| (32 + number, forge::uint(1))).collect();
        let what = "as many fields as a document may have, and one more";
        w.put(Edge, name, what, code, &document(FACTS, forge::map(&fields)), &[]);
    }
    let long: Vec<_> = (0..6)
        .map(|number| (32 + number, forge::bytes(&[7; 512])))
        .collect();
    let what = "a credential above 3 KiB in a presentation below 4 KiB";
    w.put(
        Edge,
        "credential-too-large",
        what,
        Code::TooLarge,
        &facts(&long),
        &[],
    );
}

fn texts(w: &Writer<'_>) {
    let named = |text: &str| facts(&[(3, forge::text("bajaur")), (4, forge::text(text))]);
    let unseen = [
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{17b5}',
        '\u{180e}',
        '\u{200b}',
        '\u{200e}',
        '\u{200f}',
        '\u{2028}',
        '\u{2060}',
        '\u{2064}',
        '\u{2069}',
        '\u{206f}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff9}',
        '\u{1bca0}',
        '\u{1d173}',
        '\u{e0041}',
        '\u{e01ef}',
    ];
    for mark in unseen {
        let name = format!("unseen-{:04x}", u32::from(mark));
        let text = named(&format!("kh{mark}ar"));
        w.put(
            Invalid,
            &name,
            "a mark that nobody sees, in a text",
            Code::Malformed,
            &text,
            &[],
        );
    }
    let what = "the two joiners, which Urdu and Pashto are written with";
    let text = named("مي\u{200c}شن لا\u{200d}");
    w.put(Valid, "joiners", what, Code::Accepted, &text, &[]);
    for (name, text, code) in [
        ("text-behind-the-turning-marks", "kh\u{202f}ar", Code::Accepted),
        ("text-before-the-word-joiner", "kh\u{205f}ar", Code::Accepted),
        ("text-behind-the-unseen", "kh\u{fffc}ar", Code::Accepted),
        ("text-last-unseen-plane", "kh\u{e0fff}ar", Code::Malformed),
        ("text-behind-the-unseen-plane", "kh\u{e1000}ar", Code::Accepted),
    ] {
        let what = "the neighbours of marks that nobody sees";
        w.put(Edge, name, what, code, &named(text), &[]);
    }
    let name = forge::map(&[(4, forge::text("Zarghuna\u{200b} Test"))]);
    let what = "a mark that nobody sees, in a name";
    w.put(
        Invalid,
        "unseen-in-a-name",
        what,
        Code::Malformed,
        &document(IDENTITY, name),
        &[],
    );
    let field = forge::map(&[(32, forge::text("AB\u{2063}-4471"))]);
    let what = "a mark that nobody sees, in a field";
    w.put(
        Invalid,
        "unseen-in-a-field",
        what,
        Code::Malformed,
        &document(FACTS, field),
        &[],
    );
    let header = forge::kbt_header(-8, &issued(&age_claims()));
    let payload = forge::timed_binding("kp:test\u{200d}\u{feff}-desk", NOW.unix(), NOW.unix() + 60);
    let text = kp1(&forge::sign1(&header, &payload, &holder(1)));
    let what = "a mark that nobody sees, in the name of a desk";
    w.put(Invalid, "unseen-in-a-desk", what, Code::Malformed, &text, &[]);
}
