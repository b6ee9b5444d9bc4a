//! Answers to requests: identities, and what the request binds.

use credential::*;

use crate::case::{BITS, Folder::*, PLACE, Writer, asked, clock, placed, standing, status, status_until};
use crate::common::*;

pub fn write(w: &Writer<'_>) {
    let claims = placed(identity_claims(), PLACE);
    let request = request(Vct::IDENTITY);
    let phone = holder(2);
    let identity = answer(&request, &claims, &phone);
    let good = status(false);
    let shown = asked(&request);
    let face = Code::FaceNotCompared;

    let unsigned = build_request(&Vct::AGE, DESK, [1; 16], NOW, None).unwrap();
    let age = answer(&unsigned, &age_claims(), &holder(1));
    w.put(
        Valid,
        "request-age",
        "an age pass to an unsigned request",
        Code::Accepted,
        &age,
        &[&asked(&unsigned)],
    );
    let certified = request_at(Vct::AGE, 3, NOW);
    let text = answer(&certified, &age_claims(), &holder(1));
    w.put(
        Valid,
        "request-age-certified",
        "an age pass to a certified request",
        Code::Accepted,
        &text,
        &[&asked(&certified)],
    );
    w.put(
        Valid,
        "identity",
        "an identity to a certified request",
        face,
        &identity,
        &[&shown, &good],
    );
    w.put(
        Invalid,
        "no-status-list",
        "an identity, and no list to look in",
        Code::NoStatusList,
        &identity,
        &[&shown],
    );
    w.put(
        Invalid,
        "revoked",
        "an identity whose bit is set",
        Code::Revoked,
        &identity,
        &[&shown, &status(true)],
    );
    w.put(
        Invalid,
        "revoked-by-an-old-list",
        "its bit is set in a list that has ended",
        Code::Revoked,
        &identity,
        &[&shown, &status_until(true, 0)],
    );
    let lists = |ended: StatusPurpose, is_set, ends| {
        standing(&[(StatusPurpose::Revoked, false), (ended, is_set)], ends)
    };
    let day = i64::try_from(DAY).unwrap();
    for (name, what, ended, ends, code) in [
        (
            "suspended",
            "its bit is set among the suspended",
            StatusPurpose::Suspended,
            day,
            Code::Suspended,
        ),
        (
            "suspended-by-an-old-list",
            "suspended in a list that has ended",
            StatusPurpose::Suspended,
            0,
            Code::StatusListExpired,
        ),
        (
            "consumed",
            "its bit is set among the consumed",
            StatusPurpose::Consumed,
            day,
            Code::Consumed,
        ),
        (
            "consumed-by-an-old-list",
            "consumed in a list that has ended",
            StatusPurpose::Consumed,
            0,
            Code::Consumed,
        ),
    ] {
        w.put(
            Invalid,
            name,
            what,
            code,
            &identity,
            &[&shown, &lists(ended, true, ends)],
        );
    }
    let what = "nobody's suspension but others'";
    w.put(
        Valid,
        "not-suspended",
        what,
        face,
        &identity,
        &[&shown, &lists(StatusPurpose::Suspended, false, day)],
    );
    w.put(
        Invalid,
        "status-list-expired",
        "a manifest that has ended",
        Code::StatusListExpired,
        &identity,
        &[&shown, &status_until(false, 0)],
    );
    w.put(
        Edge,
        "status-last-second",
        "the manifest's last second",
        face,
        &identity,
        &[&shown, &status_until(false, 1)],
    );
    for (name, index, code) in [
        ("status-last-bit", BITS - 1, face),
        ("status-behind-the-list", BITS, Code::NoStatusList),
    ] {
        let text = answer(&request, &placed(identity_claims(), index), &phone);
        let what = "the last bit of the list, and the one after it";
        w.put(Edge, name, what, code, &text, &[&shown, &good]);
    }
    let faceless = answer_with(&request, &issued_without_photo(&claims), &phone);
    w.put(
        Invalid,
        "identity-without-photo",
        "a name, and no photo to compare the face with",
        Code::PhotoIncomplete,
        &faceless,
        &[&shown, &good],
    );

    let other = request_at(Vct::IDENTITY, 9, NOW);
    w.put(
        Invalid,
        "wrong-request",
        "the answer to another request",
        Code::WrongRequest,
        &identity,
        &[&asked(&other), &good],
    );
    let same_nonce = request_at(Vct::IDENTITY, 7, at(1));
    w.put(
        Invalid,
        "request-of-the-same-nonce",
        "another request with the same nonce: the hash tells",
        Code::WrongRequest,
        &identity,
        &[&asked(&same_nonce), &good],
    );
    let elsewhere = build_request(&Vct::AGE, "kp:other", [1; 16], NOW, None).unwrap();
    let text = answer(&elsewhere, &age_claims(), &holder(1));
    w.put(
        Invalid,
        "answer-to-another-desk",
        "the answer to another desk's request",
        Code::WrongDesk,
        &text,
        &[&asked(&unsigned)],
    );
    w.put(
        Invalid,
        "answer-in-timed-mode",
        "an answer where no request is shown",
        Code::WrongRequest,
        &age,
        &[],
    );
    w.put(
        Edge,
        "request-last-second",
        "the request's last second",
        Code::Accepted,
        &age,
        &[&asked(&unsigned), &clock(60)],
    );
    w.put(
        Edge,
        "request-over",
        "a second after the request's end",
        Code::Stale,
        &age,
        &[&asked(&unsigned), &clock(61)],
    );

    // What a phone would not send.
    let bound = |claims: &Claims, pairs: &[(i64, Vec<u8>)], key: &SecretKey| {
        let header = forge::kbt_header(-8, &issued(claims));
        kp1(&forge::sign1(&header, &forge::map(pairs), key))
    };
    let (desk, nonce) = (forge::text(DESK), forge::bytes(&unsigned.nonce));
    let hash = forge::bytes(&unsigned.hash);
    let mut residence = age_claims();
    residence.vct = Vct::RESIDENCE;
    let answered = [
        (3, desk.clone()),
        (6, forge::uint(0)),
        (39, nonce.clone()),
        (-65_604, hash.clone()),
    ];
    w.put(
        Invalid,
        "wrong-pass",
        "a residence pass where age was asked",
        Code::WrongPass,
        &bound(&residence, &answered, &holder(1)),
        &[&asked(&unsigned)],
    );
    w.put(
        Invalid,
        "nonce-without-hash",
        "an answer without the request's hash",
        Code::Malformed,
        &bound(&age_claims(), &answered[..3], &holder(1)),
        &[&asked(&unsigned)],
    );
    let both = [
        (3, desk.clone()),
        (4, forge::uint(NOW.unix() as usize + 60)),
        (6, forge::uint(NOW.unix() as usize)),
        (39, nonce),
        (-65_604, hash),
    ];
    w.put(
        Invalid,
        "answer-with-an-end",
        "an answer that is also a timed code",
        Code::Malformed,
        &bound(&age_claims(), &both, &holder(1)),
        &[&asked(&unsigned)],
    );
    let other_hash = [
        answered[0].clone(),
        answered[1].clone(),
        answered[2].clone(),
        (-65_604, forge::bytes(&[0; 8])),
    ];
    w.put(
        Invalid,
        "hash-of-nothing",
        "the right nonce and another hash",
        Code::WrongRequest,
        &bound(&age_claims(), &other_hash, &holder(1)),
        &[&asked(&unsigned)],
    );
    let ahead = [
        answered[0].clone(),
        (6, forge::uint(4_000_000_000)),
        answered[2].clone(),
        answered[3].clone(),
    ];
    w.put(
        Edge,
        "answer-of-a-wrong-clock",
        "a phone whose clock is a century ahead answers all the same",
        Code::Accepted,
        &bound(&age_claims(), &ahead, &holder(1)),
        &[&asked(&unsigned)],
    );

    let largest = placed(
        Claims {
            identity: Some(Identity {
                full_name: Some("Z".repeat(60)),
                full_name_local: Some("ز".repeat(40)),
                address: Some("ہ".repeat(38)),
                ..identity_claims().identity.unwrap()
            }),
            ..identity_claims()
        },
        PLACE,
    );
    let text = answer(&request, &largest, &phone);
    w.put(
        Edge,
        "long-names",
        "names and an address that fill the screen",
        face,
        &text,
        &[&shown, &good],
    );
}
