//! Timed codes: age and residence, without a screen at the desk.

use credential::*;
use serde_json::{Value, json};

use crate::case::{Folder::*, Writer, asked, asking_nothing, clock, placed, status};
use crate::common::*;

fn shown(claims: &Claims) -> String {
    present_timed(&issued(claims), &holder(1), DESK, NOW).unwrap()
}

pub fn write(w: &Writer<'_>) {
    let now = NOW.unix();
    let bound = |exp: u64| {
        let payload = forge::timed_binding(DESK, now, exp);
        kp1(&forge::sign1(
            &forge::kbt_header(-8, &issued(&age_claims())),
            &payload,
            &holder(1),
        ))
    };
    let over_60 = Claims {
        facts: Facts {
            over_60: Some(true),
            ..Facts::default()
        },
        ..age_claims()
    };
    let residence = Claims {
        vct: Vct::RESIDENCE,
        facts: Facts {
            district: Some("bajaur".to_owned()),
            tehsil: Some("خار".to_owned()),
            merged_district: Some(true),
            ..Facts::default()
        },
        ..age_claims()
    };
    for (name, what, code, qr) in [
        (
            "unasked",
            "a timed code at a reader that takes answers only",
            Code::RequestRequired,
            timed(),
        ),
        (
            "unasked-answer",
            "an answer at a reader that asked nothing",
            Code::WrongRequest,
            identity_answer(),
        ),
    ] {
        w.put(Invalid, name, what, code, &qr, &[&asking_nothing, &status(false)]);
    }
    w.put(
        Valid,
        "timed-age",
        "an age pass in timed mode",
        Code::Accepted,
        &timed(),
        &[],
    );
    w.put(
        Valid,
        "timed-over-60",
        "only the fact over 60",
        Code::Accepted,
        &shown(&over_60),
        &[],
    );
    w.put(
        Valid,
        "timed-residence",
        "district, tehsil in Urdu letters, merged district",
        Code::Accepted,
        &shown(&residence),
        &[],
    );
    let with_status = shown(&placed(age_claims(), crate::case::PLACE));
    w.put(
        Valid,
        "timed-with-status",
        "a pass with a status whose bit is not set",
        Code::Accepted,
        &with_status,
        &[&status(false)],
    );
    w.put(
        Invalid,
        "timed-revoked",
        "the same with its bit set",
        Code::Revoked,
        &with_status,
        &[&status(true)],
    );
    w.put(
        Edge,
        "lifetime-60",
        "60 seconds, the longest life",
        Code::Accepted,
        &bound(now + 60),
        &[],
    );
    w.put(
        Invalid,
        "lifetime-too-long",
        "61 seconds",
        Code::LifetimeTooLong,
        &bound(now + 61),
        &[],
    );
    w.put(
        Edge,
        "lifetime-0",
        "ends in the second it begins",
        Code::Accepted,
        &bound(now),
        &[],
    );
    w.put(
        Invalid,
        "ends-before-it-begins",
        "ends a second before it begins",
        Code::Malformed,
        &bound(now - 1),
        &[],
    );
    w.put(
        Edge,
        "timed-age-180",
        "180 seconds after it was signed",
        Code::Accepted,
        &timed(),
        &[&clock(180)],
    );
    w.put(
        Edge,
        "stale",
        "181 seconds after it was signed",
        Code::Stale,
        &timed(),
        &[&clock(181)],
    );
    w.put(
        Edge,
        "phone-120-ahead",
        "120 seconds before it was signed",
        Code::Accepted,
        &timed(),
        &[&clock(-120)],
    );
    w.put(
        Edge,
        "from-the-future",
        "121 seconds before it was signed",
        Code::FromTheFuture,
        &timed(),
        &[&clock(-121)],
    );
    let other_desk = |c: &mut Value| c["audience"] = json!("kp:other");
    w.put(
        Invalid,
        "wrong-desk",
        "made for another desk",
        Code::WrongDesk,
        &timed(),
        &[&other_desk],
    );
    let longest = "k".repeat(AUDIENCE_BYTES_MAX);
    let for_longest = present_timed(&issued(&age_claims()), &holder(1), &longest, NOW).unwrap();
    w.put(
        Edge,
        "longest-audience",
        "the longest name of a desk",
        Code::Accepted,
        &for_longest,
        &[&|c| c["audience"] = json!(longest)],
    );
    let longer = forge::sign1(
        &forge::kbt_header(-8, &issued(&age_claims())),
        &forge::timed_binding(&(longest.clone() + "k"), now, now + 60),
        &holder(1),
    );
    w.put(
        Edge,
        "audience-too-long",
        "one character more",
        Code::Malformed,
        &kp1(&longer),
        &[],
    );
    w.put(
        Invalid,
        "timed-to-a-request",
        "a timed code where a request is shown",
        Code::WrongRequest,
        &timed(),
        &[&asked(&request(Vct::AGE))],
    );
    let personal = forge::present(&issued(&identity_claims()), &holder(2));
    w.put(
        Invalid,
        "request-required",
        "a name in timed mode",
        Code::RequestRequired,
        &personal,
        &[],
    );
    let mut photo = age_claims();
    photo.facts.photo_sha256 = Some(sha256(&PHOTO));
    let photo = forge::present(&issued(&photo), &holder(1));
    w.put(
        Invalid,
        "photo-in-timed-mode",
        "an age pass with a photo's hash",
        Code::RequestRequired,
        &photo,
        &[],
    );
    let other_key = forge::present(&issued(&age_claims()), &holder(3));
    w.put(
        Invalid,
        "holder-signature",
        "another pass's key",
        Code::HolderSignature,
        &other_key,
        &[],
    );
    w.put(
        Invalid,
        "web-address",
        "any other code",
        Code::WrongCode,
        "https://example.org",
        &[],
    );
    w.put(
        Invalid,
        "request-as-presentation",
        "a desk's request",
        Code::WrongCode,
        &request(Vct::AGE).text,
        &[],
    );
    w.put(
        Invalid,
        "lower-case-prefix",
        "the prefix in small letters",
        Code::WrongCode,
        &timed().replacen("KP1:", "kp1:", 1),
        &[],
    );
}
