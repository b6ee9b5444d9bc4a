//! Risk rules: what a service takes, with data of which age, and that old data never make a verdict better.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::wildcard_imports)]

mod common;
#[path = "common/documents.rs"]
mod documents;
use std::collections::BTreeMap;

use common::*;
use credential::*;
use proptest::prelude::*;

type Change<'a> = &'a dyn Fn(&mut RulesContent);

fn changed(change: Change<'_>) -> RulesContent {
    let mut content = rules_content();
    change(&mut content);
    content
}

fn verified(change: Change<'_>) -> RiskRules {
    rules_of(&changed(change))
}

/// The code and the freshness of the age pass, shown in timed mode `seconds` after [`NOW`].
fn timed_under(rules: &RiskRules, seconds: u64) -> (Code, Option<Freshness>) {
    let (trust, now) = (trust_of(&long_trust()), NOW.plus(seconds));
    let claims = Claims {
        exp: NOW.start_of_day().plus(days(600)),
        ..age_claims()
    };
    let text = present_timed(&issued(&claims), &holder(1), DESK, now).unwrap();
    let ctx = Context {
        rule: rules.rule("licence"),
        ..timed_context(&trust, now)
    };
    let outcome = verify(&text, &ctx);
    (outcome.code, outcome.freshness())
}

/// A trust list signed at [`NOW`] that lasts longer than any rule lets a desk use it.
fn long_trust() -> TrustContent {
    TrustContent {
        iat: NOW,
        exp: NOW.plus(days(900)),
        ..trust_content()
    }
}

#[test]
fn green_amber_red() {
    let rules = verified(&|c| c.exp = NOW.plus(days(900)));
    assert_eq!(timed_under(&rules, 0), (Code::Accepted, Some(Freshness::Green)));
    assert_eq!(
        timed_under(&rules, days(10)),
        (Code::Accepted, Some(Freshness::Green))
    );
    assert_eq!(
        timed_under(&rules, days(10) + 1),
        (Code::Accepted, Some(Freshness::Amber))
    );
    assert_eq!(
        timed_under(&rules, days(30)),
        (Code::Accepted, Some(Freshness::Amber))
    );
    assert_eq!(timed_under(&rules, days(30) + 1), (Code::DataTooOld, None));
    assert_eq!(Code::DataTooOld.verdict(), Verdict::Undecided);
}

#[test]
fn rules_out_of_date_decide_nothing() {
    let rules = verified(&|c| c.exp = NOW.plus(60));
    assert_eq!(timed_under(&rules, 59).0, Code::Accepted);
    assert_eq!(timed_under(&rules, 60), (Code::RulesExpired, None));
    assert_eq!(Code::RulesExpired.verdict(), Verdict::Undecided);
    // They still refuse: what they forbid stays forbidden.
    let strict = verified(&|c| (c.exp, c.rules[0].mode) = (NOW, Mode::Request));
    assert_eq!(timed_under(&strict, 60).0, Code::RequestRequired);
}

#[test]
fn a_service_takes_what_its_rule_names_and_nothing_else() {
    let cases: [(Change<'_>, Code); 5] = [
        (&|_| (), Code::Accepted),
        (&|c| c.rules[0].mode = Mode::Request, Code::RequestRequired),
        (&|c| c.rules[0].takes = vec![Vct::RESIDENCE], Code::WrongPass),
        // A level that the pass does not say and this reader, without a register, does not know.
        (&|c| c.rules[0].assurance_min = 1, Code::UnknownType),
        // The reader's clock before the rules.
        (&|c| c.iat = NOW.plus(121), Code::ClockWrong),
    ];
    for (change, expected) in cases {
        assert_eq!(timed_under(&verified(change), 0).0, expected);
    }
    assert_eq!(Code::AssuranceTooLow.verdict(), Verdict::Refused);
}

#[test]
fn a_pass_has_to_say_what_the_service_needs() {
    let must = |fact: u8, truth: bool| {
        verified(&move |c| c.rules[0].must = BTreeMap::from([(Vct::AGE, BTreeMap::from([(fact, truth)]))]))
    };
    assert_eq!(timed_under(&must(1, true), 0).0, Code::Accepted);
    // Another answer, an answer that the pass does not give, and a fact that is neither true nor false.
    for (fact, truth) in [(1, false), (2, true), (2, false), (5, false), (32, true)] {
        assert_eq!(
            timed_under(&must(fact, truth), 0).0,
            Code::NotMet,
            "{fact} {truth}"
        );
    }
    assert_eq!(Code::NotMet.verdict(), Verdict::Refused);
    for fact in [0, 3, 4, 6, 7, 8, 9, 10, 31] {
        let bytes = RiskRules::sign(
            &changed(&|c| c.rules[0].must = BTreeMap::from([(Vct::AGE, BTreeMap::from([(fact, true)]))])),
            &key("rules"),
        );
        assert_eq!(bytes, Err(NotSigned::Content(RulesError::Malformed)), "{fact}");
    }
    // A kind of which nothing is wanted, one of which nothing is said, and one that is not taken.
    let of = |kind: Vct, facts: &[(u8, bool)]| {
        let facts: BTreeMap<u8, bool> = facts.iter().copied().collect();
        RiskRules::sign(
            &changed(&|c| c.rules[0].must = BTreeMap::from([(kind, facts.clone())])),
            &key("rules"),
        )
    };
    let residence = of(Vct::RESIDENCE, &[(5, true)]).unwrap();
    let residence = RiskRules::verify(&residence, &trust(), None).unwrap();
    assert_eq!(timed_under(&residence, 0).0, Code::Accepted);
    let malformed = Err(NotSigned::Content(RulesError::Malformed));
    assert_eq!(of(Vct::AGE, &[]), malformed);
    assert_eq!(of(Vct::IDENTITY, &[(1, true)]), malformed);
}

#[test]
fn a_pass_that_does_not_say_its_level_has_that_of_its_kind() {
    let content = documents::register_content();
    let (types, trust) = (documents::register(), documents::trust_for(&content));
    let pass = documents::issued_by_type(&types, &documents::whole_age_claims()).unwrap();
    let text = present_timed(&pass, &holder(1), DESK, NOW).unwrap();
    let under = |least: u8, knows: bool| {
        let rules = verified(&move |c| c.rules[0].assurance_min = least);
        let ctx = Context {
            types: knows.then_some(&types),
            rule: rules.rule("licence"),
            ..timed_context(&trust, NOW)
        };
        verify(&text, &ctx).code
    };
    assert_eq!(types.find(&Vct::AGE).unwrap().assurance, 2);
    assert_eq!(
        (under(2, true), under(3, true)),
        (Code::Accepted, Code::AssuranceTooLow)
    );
    // Without a register nobody knows.
    assert_eq!(
        (under(1, false), under(0, false)),
        (Code::UnknownType, Code::Accepted)
    );
}

/// The answer to a request under the rule of `licence`, with a status manifest of this age.
fn answered_under(rules: &RiskRules, claims: &Claims, age: u64) -> (Code, Option<Freshness>) {
    let (trust, bits) = (trust_of(&long_trust()), bits(false));
    let now = NOW.plus(days(40));
    let manifest = StatusContent {
        iat: now.minus(age),
        exp: now.plus(DAY),
        ..status_content(&bits)
    };
    let bytes = StatusManifest::sign(&manifest, &key("status")).unwrap();
    let mut status = StatusSet::new(StatusManifest::verify(&bytes, &trust, None).unwrap());
    status.add_bitmap(LIST, StatusPurpose::Revoked, &bits).unwrap();
    let request = request_at(Vct::IDENTITY, 7, now);
    let claims = Claims {
        exp: NOW.start_of_day().plus(days(600)),
        ..claims.clone()
    };
    let read = read_request(&request.text, Some(&trust), now).unwrap();
    let text = present_to_request(&issued(&claims), &holder(2), &read).unwrap();
    let ctx = Context {
        now,
        trust: Some(&trust),
        status: Some(&status),
        types: None,
        expect: Expect::Request(&request),
        rule: rules.rule("licence"),
    };
    let outcome = verify(&text, &ctx);
    (outcome.code, outcome.freshness())
}

#[test]
fn the_status_has_an_age_of_its_own() {
    let rules = verified(&|c| {
        c.exp = NOW.plus(days(900));
        c.rules[0].mode = Mode::Request;
        c.rules[0].takes.push(Vct::IDENTITY);
        c.rules[0].trust_age = AgeLimits {
            green: days(60),
            amber: days(90),
        };
    });
    let claims = identity_claims();
    let open = Code::FaceNotCompared;
    assert_eq!(
        answered_under(&rules, &claims, 3600),
        (open, Some(Freshness::Green))
    );
    assert_eq!(
        answered_under(&rules, &claims, 3601),
        (open, Some(Freshness::Amber))
    );
    assert_eq!(answered_under(&rules, &claims, DAY + 1), (Code::DataTooOld, None));
    // A pass with no status does not ask how old the status is.
    let faceless = Claims {
        status: None,
        ..claims.clone()
    };
    assert_eq!(
        answered_under(&rules, &faceless, DAY + 1),
        (open, Some(Freshness::Green))
    );
    // The worse of the two ages counts.
    let amber = verified(&|c| {
        c.exp = NOW.plus(days(900));
        c.rules[0].takes.push(Vct::IDENTITY);
        c.rules[0].trust_age = AgeLimits {
            green: 0,
            amber: days(90),
        };
    });
    assert_eq!(
        answered_under(&amber, &claims, 3600),
        (open, Some(Freshness::Amber))
    );
    // Assurance.
    let level = |level: u8, least: u8| {
        let rules = verified(&move |c| {
            c.exp = NOW.plus(days(900));
            c.rules[0].takes.push(Vct::IDENTITY);
            c.rules[0].trust_age = AgeLimits {
                green: days(60),
                amber: days(90),
            };
            c.rules[0].assurance_min = least;
        });
        let facts = Facts {
            assurance: Some(level),
            ..claims.facts.clone()
        };
        answered_under(
            &rules,
            &Claims {
                facts,
                ..claims.clone()
            },
            0,
        )
        .0
    };
    assert_eq!(
        (level(2, 2), level(3, 2), level(1, 2)),
        (open, open, Code::AssuranceTooLow)
    );
}

#[test]
fn without_a_rule_the_limits_of_the_format_hold() {
    let trust = trust_of(&long_trust());
    let decide = |age: u64| {
        let now = NOW.plus(age);
        let claims = Claims {
            exp: NOW.start_of_day().plus(days(600)),
            ..age_claims()
        };
        let text = present_timed(&issued(&claims), &holder(1), DESK, now).unwrap();
        let outcome = verify(&text, &timed_context(&trust, now));
        (outcome.code, outcome.freshness())
    };
    assert_eq!(decide(days(90)), (Code::Accepted, Some(Freshness::Green)));
    assert_eq!(decide(days(90) + 1), (Code::Accepted, Some(Freshness::Amber)));
    assert_eq!(decide(days(180)), (Code::Accepted, Some(Freshness::Amber)));
    assert_eq!(decide(days(180) + 1), (Code::DataTooOld, None));
}

#[test]
fn rules_never_go_back() {
    let held = verified(&|_| ());
    let next = |change: Change<'_>| {
        let bytes = RiskRules::sign(&changed(change), &key("rules")).unwrap();
        RiskRules::verify(&bytes, &trust(), Some(&held)).map(|r| r.content().sequence)
    };
    assert_eq!(next(&|_| ()), Ok(4));
    assert_eq!(next(&|c| c.sequence = 5), Ok(5));
    assert_eq!(next(&|c| c.sequence = 3), Err(RulesError::Older));
    assert_eq!(next(&|c| c.exp = NOW), Err(RulesError::SameNumber));
}

#[test]
fn rules_hold_only_under_their_own_key() {
    let content = rules_content();
    let by = |word: &str, trust: &TrustContent| {
        let bytes = RiskRules::sign(&content, &key(word)).unwrap();
        RiskRules::verify(&bytes, &trust_of(trust), None).err()
    };
    let plain = trust_content();
    assert_eq!(by("rules", &plain), None);
    assert_eq!(by("issuer", &plain), Some(RulesError::KeyNotAllowed));
    assert_eq!(by("status", &plain), Some(RulesError::KeyNotAllowed));
    assert_eq!(by("stranger", &plain), Some(RulesError::UnknownKey));
    let with = |change: fn(&mut TrustedKey)| {
        let mut trust = trust_content();
        change(trust.keys.last_mut().unwrap());
        by("rules", &trust)
    };
    assert_eq!(
        with(|k| k.revoked_at = Some(Timestamp::from_unix(0))),
        Some(RulesError::KeyRevoked)
    );
    assert_eq!(with(|k| k.exp = NOW.minus(days(1))), Some(RulesError::KeyExpired));
    assert_eq!(
        with(|k| k.retired_at = Some(NOW.start_of_day().minus(DAY))),
        Some(RulesError::KeyExpired)
    );
    // Nothing else that is signed passes for rules, and no bit can be changed.
    let other = StatusManifest::sign(&status_content(&bits(false)), &key("status")).unwrap();
    assert_eq!(
        RiskRules::verify(&other, &trust(), None).err(),
        Some(RulesError::OtherKind)
    );
    let good = RiskRules::sign(&content, &key("rules")).unwrap();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(RiskRules::verify(&bad, &trust(), None).is_err(), "bit {bit}");
    }
    for end in 0..good.len() {
        assert!(RiskRules::verify(&good[..end], &trust(), None).is_err());
    }
    let big = vec![0; RULES_BYTES_MAX + 1];
    assert_eq!(
        RiskRules::verify(&big, &trust(), None).err(),
        Some(RulesError::TooLarge)
    );
}

#[test]
fn rules_that_contradict_themselves_are_not_signed() {
    let cases: [Change<'_>; 7] = [
        &|c| c.rules[0].service = String::new(),
        &|c| c.rules[0].service = "Licence".to_owned(),
        &|c| c.rules[0].service = "x".repeat(SERVICE_BYTES_MAX + 1),
        &|c| c.rules[0].takes.clear(),
        &|c| c.rules[0].name.en.clear(),
        &|c| c.rules[0].trust_age = AgeLimits { green: 2, amber: 1 },
        &|c| c.rules.push(c.rules[0].clone()),
    ];
    for change in cases {
        assert_eq!(
            RiskRules::sign(&changed(change), &key("rules")).err(),
            Some(NotSigned::Content(RulesError::Malformed))
        );
    }
    let many = changed(&|c| {
        for n in 0..=RULES_MAX {
            c.rules.push(RiskRule {
                service: format!("s{n}"),
                ..c.rules[0].clone()
            });
        }
    });
    assert_eq!(
        RiskRules::sign(&many, &key("rules")).err(),
        Some(NotSigned::Content(RulesError::TooLarge))
    );
    // A reader takes none of them either, whoever signed.
    let (header, payload, _) = forge::open(&RiskRules::sign(&rules_content(), &key("rules")).unwrap());
    let forged = forge::sign1(
        &header,
        &replaced(&payload, b"licence", b"Licence"),
        &key("rules"),
    );
    assert_eq!(
        RiskRules::verify(&forged, &trust(), None).err(),
        Some(RulesError::Malformed)
    );
}

/// What a desk's data are made of for one run of time.
#[derive(Debug, Clone)]
struct Desk {
    green: u64,
    amber: u64,
    least: u8,
    request_only: bool,
    rule: bool,
    rules_end: u64,
    list_ends: u64,
    key_ends: u64,
    retired: Option<u64>,
    revoked: Option<u64>,
    pass_ends: u64,
}

prop_compose! {
    fn desk()(
        green in 0_u64..40, more in 0_u64..40, least in 0_u8..2, request_only in prop::bool::weighted(0.2),
        rule in any::<bool>(), rules_end in 1_u64..60, list_ends in 1_u64..60, key_ends in 1_u64..60,
        retired in prop::option::weighted(0.3, 0_u64..3), revoked in prop::option::weighted(0.2, 0_u64..3),
        pass_ends in 1_u64..60,
    ) -> Desk {
        Desk {
            green, amber: green + more, least, request_only, rule, rules_end, list_ends, key_ends, retired, revoked,
            pass_ends,
        }
    }
}

impl Desk {
    fn code(&self, day: u64, older: u64) -> Code {
        let today = NOW.start_of_day();
        let ends = |days_on: u64| NOW.plus(days(days_on));
        let mut trust = long_trust();
        trust.exp = ends(self.list_ends);
        trust.iat = trust.iat.minus(days(older));
        trust.keys[0].exp = ends(self.key_ends);
        trust.keys[0].retired_at = self.retired.map(|on| today.plus(days(on)));
        trust.keys[0].revoked_at = self.revoked.map(|on| today.plus(days(on)));
        let trust = trust_of(&trust);
        let rules = verified(&|c| {
            c.exp = ends(self.rules_end);
            c.rules[0].trust_age = AgeLimits {
                green: days(self.green),
                amber: days(self.amber),
            };
            c.rules[0].assurance_min = self.least;
            if self.request_only {
                c.rules[0].mode = Mode::Request;
            }
        });
        let claims = Claims {
            exp: today.plus(days(self.pass_ends)),
            ..age_claims()
        };
        let now = NOW.plus(days(day));
        let text = present_timed(&issued(&claims), &holder(1), DESK, now).unwrap();
        let rule = if self.rule { rules.rule("licence") } else { None };
        verify(
            &text,
            &Context {
                rule,
                ..timed_context(&trust, now)
            },
        )
        .code
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// As time goes on with the same data, and as the data of the same moment are older, a pass that is shown anew is
    /// accepted for a while and then no longer: never the other way round.
    #[test]
    fn old_data_never_make_a_verdict_better(desk in desk(), steps in prop::collection::vec(0_u64..8, 1..12)) {
        for age_only in [false, true] {
            let (mut day, mut was_accepted) = (0, true);
            for step in &steps {
                day += step;
                let code = if age_only { desk.code(0, day) } else { desk.code(day, 0) };
                let accepted = code.verdict() == Verdict::Accepted;
                prop_assert!(was_accepted || !accepted, "day {day}: {code}");
                was_accepted = accepted;
            }
        }
    }
}
