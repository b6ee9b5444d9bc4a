//! Who issued it: keys of the trust list, their time, what they may sign, and their withdrawal.

use credential::*;
use serde_json::Value;

use crate::case::{Folder::*, Writer, clock, trusting};
use crate::common::*;

fn list(change: impl FnOnce(&mut TrustContent)) -> TrustContent {
    let mut content = trust_content();
    change(&mut content);
    content
}

pub fn write(w: &Writer<'_>) {
    let by = |name: &str| forge::present(&issue(&age_claims(), &key(name)).unwrap(), &holder(1));
    let day = NOW.start_of_day();
    let no_list = |c: &mut Value| c["trust"] = Value::Null;
    w.put(
        Invalid,
        "no-trust-list",
        "a reader with no list",
        Code::NoTrustList,
        &timed(),
        &[&no_list],
    );
    w.put(
        Invalid,
        "unknown-issuer",
        "an issuer that is not in the list",
        Code::UnknownIssuer,
        &by("somebody"),
        &[],
    );
    w.put(
        Invalid,
        "issuer-not-allowed",
        "an issuer of documents issues a pass",
        Code::IssuerNotAllowed,
        &by("documents"),
        &[],
    );
    w.put(
        Invalid,
        "certifier-issues",
        "the key for counter certificates issues a pass",
        Code::IssuerNotAllowed,
        &by("certifier"),
        &[],
    );
    let (header, claims, _) = forge::open(&issued(&age_claims()));
    let by_holder = forge::present(&forge::sign1(&header, &claims, &holder(1)), &holder(1));
    w.put(
        Invalid,
        "issuer-signature",
        "signed by the holder as issuer",
        Code::IssuerSignature,
        &by_holder,
        &[],
    );

    for (name, what, at, code) in [
        (
            "revoked-tomorrow",
            "issued the day before the key was withdrawn",
            day.plus(DAY),
            Code::Accepted,
        ),
        (
            "revoked-tonight",
            "issued on the day that the key was withdrawn, whatever the hour",
            day.plus(DAY - 1),
            Code::IssuerKeyRevoked,
        ),
        (
            "revoked-today",
            "issued on the day that the key was withdrawn",
            day,
            Code::IssuerKeyRevoked,
        ),
        (
            "revoked-for-ever",
            "a key of which nothing is believed",
            Timestamp::from_unix(0),
            Code::IssuerKeyRevoked,
        ),
    ] {
        let trust = trusting(&list(|c| c.keys[0].revoked_at = Some(at)));
        w.put(Edge, name, what, code, &timed(), &[&trust]);
    }
    for (name, what, exp, code) in [
        (
            "issuer-key-last-second",
            "the last second of the issuer's key",
            NOW.plus(1),
            Code::Accepted,
        ),
        (
            "issuer-key-expired",
            "the issuer's key has ended",
            NOW,
            Code::IssuerKeyExpired,
        ),
    ] {
        w.put(
            Edge,
            name,
            what,
            code,
            &timed(),
            &[&trusting(&list(|c| c.keys[0].exp = exp))],
        );
    }
    for (name, what, nbf, code) in [
        (
            "issuer-key-first-day",
            "issued on the first day of its key",
            day.plus(DAY - 1),
            Code::Accepted,
        ),
        (
            "issuer-key-not-begun",
            "issued the day before its key began",
            day.plus(DAY),
            Code::IssuerKeyExpired,
        ),
    ] {
        w.put(
            Edge,
            name,
            what,
            code,
            &timed(),
            &[&trusting(&list(|c| c.keys[0].nbf = nbf))],
        );
    }

    let year = 31_536_000;
    w.put(
        Invalid,
        "clock-wrong",
        "the reader's clock a year behind",
        Code::ClockWrong,
        &timed(),
        &[&clock(-year)],
    );
    w.put(
        Invalid,
        "trust-list-expired",
        "the reader's list a year old",
        Code::TrustListExpired,
        &timed(),
        &[&clock(year)],
    );
    for (name, what, exp, code) in [
        (
            "trust-list-last-second",
            "the last second of the reader's list",
            NOW.plus(1),
            Code::Accepted,
        ),
        (
            "trust-list-over",
            "the reader's list ends now",
            NOW,
            Code::TrustListExpired,
        ),
    ] {
        w.put(
            Edge,
            name,
            what,
            code,
            &timed(),
            &[&trusting(&list(|c| c.exp = exp))],
        );
    }
    for (name, what, iat, code) in [
        (
            "list-120-ahead",
            "a list signed 120 seconds ahead of the reader's clock",
            NOW.plus(120),
            Code::Accepted,
        ),
        (
            "list-121-ahead",
            "a list signed 121 seconds ahead",
            NOW.plus(121),
            Code::ClockWrong,
        ),
    ] {
        w.put(
            Edge,
            name,
            what,
            code,
            &timed(),
            &[&trusting(&list(|c| c.iat = iat))],
        );
    }
    let broken = {
        let mut bytes = raw(&timed());
        *bytes.last_mut().unwrap() ^= 1;
        kp1(&bytes)
    };
    w.put(
        Invalid,
        "forged-by-an-old-list",
        "forged stays forged when the list has ended",
        Code::HolderSignature,
        &broken,
        &[&clock(year)],
    );
    w.put(
        Invalid,
        "forged-without-a-list",
        "nothing is called invalid by a reader that cannot check",
        Code::NoTrustList,
        &broken,
        &[&no_list],
    );
}
