//! Properties of what is written, read and decided.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;

use common::*;
use credential::*;
use proptest::prelude::*;

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 ,.ا-يپچڈگہے]{1,24}"
}

prop_compose! {
    fn identity()(
        id in proptest::option::of("[0-9]{13}"), full_name in proptest::option::of(word()),
        date_of_birth in proptest::option::of("[0-9]{8}"), address in proptest::option::of(word()),
        gender in proptest::option::of(prop_oneof![Just(Gender::Male), Just(Gender::Female), Just(Gender::X)]),
        guardian in proptest::option::of(word()), full_name_local in proptest::option::of(word()),
        local_language in proptest::option::of("[a-z]{2}"), guardian_local in proptest::option::of(word()),
    ) -> Identity {
        Identity { id, full_name, date_of_birth, gender, address, guardian, full_name_local, local_language, guardian_local }
    }
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        word().prop_map(Field::Text),
        (0..1_u64 << 53).prop_map(Field::Number),
        any::<bool>().prop_map(Field::Truth),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Field::Bytes),
    ]
}

prop_compose! {
    fn facts()(
        over_18 in any::<Option<bool>>(), over_60 in any::<Option<bool>>(), merged_district in any::<Option<bool>>(),
        district in proptest::option::of(word()), tehsil in proptest::option::of(word()),
        assurance in any::<Option<u8>>(), photo_sha256 in any::<Option<[u8; 32]>>(),
        guardian_relation in proptest::option::of(prop_oneof![Just(GuardianRelation::Father), Just(GuardianRelation::Husband)]),
        fields in proptest::collection::btree_map(FIELDS, field(), 0..6),
    ) -> Facts {
        Facts { over_18, over_60, district, tehsil, merged_district, assurance, photo_sha256, guardian_relation, fields }
    }
}

prop_compose! {
    fn claims()(
        iss in word(), from in 0_u64..40_000, length in 1_u64..10_000, nbf in any::<bool>(), holder in any::<Option<u64>>(),
        vct in "[a-z0-9-]{1,32}", identity in proptest::option::of(identity()), mut facts in facts(), photo in any::<[u8; 32]>(),
        status in proptest::option::of((any::<u32>(), word())),
    ) -> Claims {
        let iat = Timestamp::from_unix(days(from));
        let vct = Vct::parse(&vct).unwrap();
        if identity.is_some() || vct == Vct::IDENTITY || vct == Vct::NAME_PHOTO {
            facts.photo_sha256.get_or_insert(photo);
        }
        Claims {
            iss,
            iat,
            nbf: nbf.then_some(iat),
            exp: iat.plus(days(length)),
            holder: holder.map(|n| common::holder(n).public().into()),
            vct,
            identity,
            status: status.map(|(index, uri)| StatusRef { index, uri }),
            facts,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn what_is_issued_is_what_is_read(claims in claims()) {
        let bytes = issue(&claims, &key("issuer")).unwrap();
        let read = Credential::parse(&bytes).unwrap();
        prop_assert_eq!(read.unverified_claims(), &claims);
        prop_assert_eq!(read.bytes(), &bytes[..]);
        prop_assert_eq!(issue(read.unverified_claims(), &key("issuer")).unwrap(), bytes);
    }

    #[test]
    fn base45_goes_there_and_back(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let text = base45::encode(&bytes);
        prop_assert_eq!(text.len(), base45::encoded_len(bytes.len()));
        prop_assert_eq!(base45::decode(&text).unwrap(), bytes);
    }

    #[test]
    fn a_text_that_base45_takes_is_the_only_one_for_its_bytes(text in "[0-9A-Z $%*+./:-]{0,40}") {
        if let Ok(bytes) = base45::decode(&text) {
            prop_assert_eq!(base45::encode(&bytes), text);
        }
    }

    #[test]
    fn a_request_is_read_as_it_was_made(ask in "[a-z]{1,20}", audience in "[a-z:-]{1,40}", nonce in any::<[u8; 16]>(), now in 0_u64..1 << 33) {
        let ask = Vct::parse(&ask).unwrap();
        let now = Timestamp::from_unix(now);
        let made = build_request(&ask, &audience, nonce, now, None).unwrap();
        let read = read_request(&made.text, None, now).unwrap();
        prop_assert_eq!((read.audience(), *read.ask(), *read.nonce()), (&audience[..], ask, nonce));
        prop_assert_eq!((*read.hash(), read.expires()), (made.hash, made.expires));
        prop_assert_eq!(IssuedRequest::from_text(&made.text).unwrap(), made);
    }

    #[test]
    fn any_text_has_a_code_and_is_not_accepted(text in "\\PC{0,200}", tail in "[0-9A-Z $%*+./:-]{0,400}") {
        for text in [text, format!("KP1:{tail}")] {
            prop_assert_eq!(code(&text).verdict(), Verdict::Refused);
        }
    }
}

/// A desk that takes one kind of pass, which its issuer may sign, and asks for it with a certificate.
struct Desk {
    trust: TrustList,
    status: StatusSet,
    request: IssuedRequest,
}

impl Desk {
    fn new(takes: Vct) -> Self {
        let mut content = trust_content();
        content.keys = vec![
            trusted("issuer", &[takes]),
            trusted("certifier", &[Vct::COUNTER_CERTIFICATE]),
        ];
        let certificate = CounterCertificateClaims {
            allowed: vec![takes],
            ..certificate_claims()
        };
        let certificate = issue_counter_certificate(&certificate, &key("certifier")).unwrap();
        let desk = key("desk");
        let signer = Signer {
            key: &desk,
            certificate: Some(&certificate),
        };
        Self {
            trust: trust_of(&content),
            status: status(false),
            request: build_request(&takes, DESK, [7; 16], NOW, Some(signer)).unwrap(),
        }
    }

    /// What a phone shows of a pass: the answer to the request, and if it names nobody the text for a minute too.
    fn shown(&self, claims: &Claims, secret: &SecretKey) -> Result<Vec<String>, PresentError> {
        let read = read_request(&self.request.text, Some(&self.trust), NOW).unwrap();
        let pass = issued(claims);
        let mut texts = vec![present_to_request(&pass, secret, &read)?];
        if !claims.is_personal() {
            texts.push(present_timed(&pass, secret, DESK, NOW)?);
        }
        Ok(texts)
    }

    /// What the desk says of a text, with its request open and without one.
    fn says(&self, text: &str) -> [Outcome; 2] {
        let asking = request_context(&self.trust, &self.status, &self.request);
        let timed = Context {
            status: Some(&self.status),
            ..timed_context(&self.trust, NOW)
        };
        [verify(text, &asking), verify(text, &timed)]
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn what_is_issued_verifies(
        mut claims in claims(), index in any::<u64>(), age in 0_u64..30, left in 1_u64..30, place in proptest::option::of(1000_u32..2 << 20),
    ) {
        // Any pass that is good now: its days lie around today, and its place in the list says nothing.
        claims.iat = NOW.start_of_day().minus(days(age));
        claims.nbf = claims.nbf.map(|_| claims.iat);
        claims.exp = NOW.start_of_day().plus(days(left));
        claims.holder = Some(holder(index).public().into());
        claims.status = place.map(|index| StatusRef { index, uri: LIST.to_owned() });
        let code = if claims.facts.photo_sha256.is_some() { Code::FaceNotCompared } else { Code::Accepted };
        let desk = Desk::new(claims.vct);
        let shown = desk.shown(&claims, &holder(index)).unwrap();
        prop_assert_eq!(shown.len(), if claims.is_personal() { 1 } else { 2 });
        for (way, text) in shown.iter().enumerate() {
            let mut outcomes = desk.says(text);
            // The answer where it was asked for, the minute's text where nothing was: and neither in the other's place.
            prop_assert_eq!(outcomes[1 - way].code, Code::WrongRequest);
            let outcome = &mut outcomes[way];
            prop_assert_eq!(outcome.code, code);
            let verified = outcome.verified.take().unwrap();
            prop_assert_eq!(verified.claims(), &claims);
            prop_assert_eq!(verified.issuer_name(), "Test province, issuer");
        }
    }

    /// One bit of what a phone shows, anywhere, of what the issuer or the holder signed or around it: refused by the desk
    /// that would take it unchanged, and nothing of it handed over.
    #[test]
    fn any_change_of_any_pass_is_refused(
        mut claims in claims(), age in 0_u64..30, place in any::<proptest::sample::Index>(), flip in 0_u8..8,
        index in proptest::option::of(1000_u32..2 << 20),
    ) {
        claims.iat = NOW.start_of_day().minus(days(age));
        claims.nbf = claims.nbf.map(|_| claims.iat);
        claims.exp = NOW.start_of_day().plus(days(2));
        claims.holder = Some(holder(1).public().into());
        claims.status = index.map(|index| StatusRef { index, uri: LIST.to_owned() });
        let desk = Desk::new(claims.vct);
        for (way, text) in desk.shown(&claims, &holder(1)).unwrap().iter().enumerate() {
            prop_assert!(desk.says(text)[way].verified.is_some());
            let mut bytes = raw(text);
            let at = place.index(bytes.len());
            bytes[at] ^= 1 << flip;
            for outcome in desk.says(&kp1(&bytes)) {
                prop_assert_eq!(outcome.verdict(), Verdict::Refused, "{}", outcome.code);
                prop_assert!(outcome.verified.is_none());
            }
        }
    }
}

/// Data of a reader that say the same and differ in their age alone, in hours.
struct Aged {
    trust: TrustList,
    status: StatusSet,
}

impl Aged {
    fn new(hours: u64, lives: (u64, u64), withdrawn: bool, set: (bool, bool)) -> Self {
        let signed = NOW.minus(hours * 3600);
        let mut trust = trust_content();
        (trust.iat, trust.exp) = (signed, signed.plus(lives.0 * 3600));
        for key in trust
            .keys
            .iter_mut()
            .filter(|key| key.allowed.contains(&Vct::IDENTITY))
        {
            key.revoked_at = withdrawn.then_some(Timestamp::from_unix(0));
        }
        let (revoked, suspended) = (bits(set.0), bits(set.1));
        let lists = [
            (StatusPurpose::Revoked, &revoked),
            (StatusPurpose::Suspended, &suspended),
        ];
        let mut status = content_of(&lists);
        (status.iat, status.exp) = (signed, signed.plus(lives.1 * 3600));
        Self {
            trust: trust_of(&trust),
            status: set_of(&status, &lists),
        }
    }

    fn verdict(&self, text: &str, request: &IssuedRequest, rule: Option<&RiskRules>) -> Verdict {
        let rule = rule.and_then(|rules| rules.rule("land-record"));
        verify(
            text,
            &Context {
                rule,
                ..request_context(&self.trust, &self.status, request)
            },
        )
        .verdict()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// Who keeps a desk from its network gains nothing: with older data that say the same, what was refused is never
    /// accepted, and what is accepted would be with newer ones.
    #[test]
    fn older_data_never_accept_what_newer_refuse(
        ages in (0_u64..700, 0_u64..700), lives in (1_u64..900, 1_u64..900), withdrawn in proptest::bool::weighted(0.2),
        set in (proptest::bool::weighted(0.3), proptest::bool::weighted(0.3)),
        rule in proptest::option::of((0_u64..400, 0_u64..400, 1_u8..4)), ended in proptest::bool::weighted(0.2),
    ) {
        let (newer, older) = (ages.0.min(ages.1), ages.0.max(ages.1));
        let mut claims = identity_claims();
        if ended {
            claims.exp = NOW.start_of_day();
            claims.iat = claims.exp.minus(days(20));
        }
        let request = request(Vct::IDENTITY);
        let text = answer(&request, &claims, &holder(2));
        let rules = rule.map(|(status, trust, assurance)| {
            let mut content = rules_content();
            let one = &mut content.rules[1];
            let limits = |hours: u64| AgeLimits { green: 0, amber: hours * 3600 };
            (one.status_age, one.trust_age, one.assurance_min) = (limits(status), limits(trust), assurance);
            rules_of(&content)
        });
        let [newer, older] = [newer, older].map(|hours| {
            Aged::new(hours, lives, withdrawn, set).verdict(&text, &request, rules.as_ref())
        });
        if newer == Verdict::Refused {
            prop_assert_ne!(older, Verdict::Accepted);
        }
        if older != Verdict::Undecided {
            prop_assert_eq!(older, newer);
        }
    }
}
