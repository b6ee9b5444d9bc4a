//! Risk rules, the age of the reader's data, retired keys and changed roots.

use std::collections::BTreeMap;

use credential::*;

use crate::case::{Folder::*, Writer, asked, chained, clock, ruled, status, trusting};
use crate::common::*;

fn rules(change: impl FnOnce(&mut RulesContent)) -> RulesContent {
    let mut content = rules_content();
    change(&mut content);
    content
}

fn seconds(days: u64) -> i64 {
    i64::try_from(days * DAY).unwrap()
}

/// The age pass, shown so many seconds after [`NOW`].
fn shown(after: i64) -> String {
    present_timed(&issued(&age_claims()), &holder(1), DESK, at(after)).unwrap()
}

pub fn write(w: &Writer<'_>) {
    let plain = ruled("licence", &rules_content());
    w.put(
        Valid,
        "rule",
        "a pass that the service's rule takes",
        Code::Accepted,
        &timed(),
        &[&plain],
    );
    let other = ruled("no-such-service", &rules_content());
    w.put(
        Valid,
        "rule-of-none",
        "rules that do not name the service",
        Code::Accepted,
        &timed(),
        &[&other],
    );
    for (name, what, code, content) in [
        (
            "rule-request-only",
            "a timed code where the rule wants an answer to a request",
            Code::RequestRequired,
            rules(|c| c.rules[0].mode = Mode::Request),
        ),
        (
            "rule-other-kind",
            "a kind of pass that the rule does not take",
            Code::WrongPass,
            rules(|c| c.rules[0].takes = vec![Vct::RESIDENCE]),
        ),
        (
            "rule-assurance",
            "a pass with no assurance level where the rule wants one, at a reader that does not know the kind's",
            Code::UnknownType,
            rules(|c| c.rules[0].assurance_min = 1),
        ),
        (
            "rule-ahead",
            "rules signed 121 seconds after the reader's clock",
            Code::ClockWrong,
            rules(|c| c.iat = at(121)),
        ),
    ] {
        w.put(
            Invalid,
            name,
            what,
            code,
            &timed(),
            &[&ruled("licence", &content)],
        );
    }
    let must = |fact: u8, truth: bool| {
        let facts = BTreeMap::from([(fact, truth)]);
        let content = rules(|c| _ = c.rules[0].must.insert(Vct::AGE, facts));
        ruled("licence", &content)
    };
    w.put(
        Valid,
        "rule-must",
        "a pass that says what the rule wants: older than 18",
        Code::Accepted,
        &timed(),
        &[&must(1, true)],
    );
    for (name, what, fact, truth) in [
        (
            "rule-must-not",
            "a pass that says the opposite of what the rule wants",
            1,
            false,
        ),
        (
            "rule-must-silent",
            "a pass that does not say whether it is as the rule wants",
            2,
            false,
        ),
        (
            "rule-must-field",
            "a pass without the field that the rule asks about",
            38,
            false,
        ),
    ] {
        w.put(Invalid, name, what, Code::NotMet, &timed(), &[&must(fact, truth)]);
    }
    let other = rules(|c| c.rules[0].must = BTreeMap::from([(Vct::RESIDENCE, BTreeMap::from([(1, false)]))]));
    w.put(
        Valid,
        "rule-must-other-kind",
        "a pass of another kind than the rule wants an answer of",
        Code::Accepted,
        &timed(),
        &[&ruled("licence", &other)],
    );
    let ends = |at: Timestamp| ruled("licence", &rules(|c| c.exp = at));
    w.put(
        Edge,
        "rules-last-second",
        "the last second of the rules",
        Code::Accepted,
        &timed(),
        &[&ends(NOW.plus(1))],
    );
    w.put(
        Edge,
        "rules-over",
        "the first second after the rules",
        Code::RulesExpired,
        &timed(),
        &[&ends(NOW)],
    );

    // The list was signed a day before; each case has its own age.
    let long = |days: u64| {
        trusting(&TrustContent {
            exp: NOW.plus(days * DAY),
            ..trust_content()
        })
    };
    for (name, what, age, code) in [
        (
            "rule-green",
            "the oldest list that is green, and accepted without a mark",
            seconds(10),
            Code::Accepted,
        ),
        (
            "rule-amber",
            "the oldest list that is amber, and accepted with a mark",
            seconds(30),
            Code::Accepted,
        ),
        (
            "rule-red",
            "a second older than amber",
            seconds(30) + 1,
            Code::DataTooOld,
        ),
    ] {
        let mut claims = age_claims();
        claims.exp = claims.iat.plus(days(90));
        let after = age - seconds(1);
        let qr = present_timed(&issued(&claims), &holder(1), DESK, at(after)).unwrap();
        w.put(Edge, name, what, code, &qr, &[&plain, &long(90), &clock(after)]);
    }
    for (name, what, age, code) in [
        (
            "no-rule-oldest-list",
            "a list of 180 days, without a rule",
            seconds(180),
            Code::Accepted,
        ),
        (
            "no-rule-list-too-old",
            "a list of 180 days and a second, without a rule",
            seconds(180) + 1,
            Code::DataTooOld,
        ),
    ] {
        let mut claims = age_claims();
        claims.exp = claims.iat.plus(days(400));
        let after = age - seconds(1);
        let qr = present_timed(&issued(&claims), &holder(1), DESK, at(after)).unwrap();
        w.put(Edge, name, what, code, &qr, &[&long(400), &clock(after)]);
    }
    let names = rules(|c| {
        c.rules[1].status_age = AgeLimits {
            green: 60,
            amber: 3599,
        }
    });
    let facts = Facts {
        assurance: Some(2),
        ..identity_claims().facts
    };
    let claims = crate::case::placed(
        Claims {
            facts,
            ..identity_claims()
        },
        crate::case::PLACE,
    );
    let request = request(Vct::IDENTITY);
    let qr = answer(&request, &claims, &holder(2));
    w.put(
        Valid,
        "rule-identity",
        "an identity under a rule with an assurance level",
        Code::FaceNotCompared,
        &qr,
        &[
            &ruled("land-record", &rules_content()),
            &asked(&request),
            &status(false),
        ],
    );
    w.put(
        Invalid,
        "rule-status-too-old",
        "a manifest of an hour where the rule wants a newer one",
        Code::DataTooOld,
        &qr,
        &[&ruled("land-record", &names), &asked(&request), &status(false)],
    );

    let retired = |at: Timestamp| {
        let mut content = trust_content();
        content.keys[0].retired_at = Some(at);
        trusting(&content)
    };
    let today = NOW.start_of_day();
    w.put(
        Edge,
        "retired-tomorrow",
        "issued on the last day of its key",
        Code::Accepted,
        &shown(0),
        &[&retired(today.plus(DAY))],
    );
    w.put(
        Edge,
        "retired-today",
        "issued on the day that its key was retired",
        Code::IssuerKeyExpired,
        &shown(0),
        &[&retired(today)],
    );

    let mut change = trust_content();
    change.next_roots = Some([1, 2, 4].map(|n| root(n).public()));
    let change = trust_bytes(&change);
    let held = TrustList::verify(&change, &roots(), None).unwrap();
    let next = TrustContent {
        sequence: 8,
        previous: Some(held.sha256()),
        ..trust_content()
    };
    let next = sign_trust_list(&next, &[(0, &root(2)), (1, &root(4))]);
    w.put(
        Valid,
        "changed-roots",
        "a list of roots that replaced the pinned ones",
        Code::Accepted,
        &timed(),
        &[&chained(&[change], &next)],
    );
}
