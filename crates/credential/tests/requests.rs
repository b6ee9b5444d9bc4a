//! Requests: who asks, what the phone may answer, and the certificate behind it.
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

fn read(text: &str) -> Result<ReadRequest, RequestError> {
    read_request(text, Some(&trust()), NOW)
}

/// A request under a certificate that was changed, and its reading.
fn read_with(ask: Vct, change: fn(&mut CounterCertificateClaims), ca: &str) -> ReadRequest {
    let mut claims = certificate_claims();
    change(&mut claims);
    let certificate = issue_counter_certificate(&claims, &key(ca)).unwrap();
    let desk = key("desk");
    let signer = Signer {
        key: &desk,
        certificate: Some(&certificate),
    };
    let request = build_request(&ask, DESK, [7; 16], NOW, Some(signer)).unwrap();
    read(&request.text).unwrap()
}

#[test]
fn a_certified_desk_is_named_in_three_languages() {
    let issued = request(Vct::IDENTITY);
    let read = read(&issued.text).unwrap();
    let claims = certificate_claims();
    assert_eq!(
        *read.asker(),
        Asker::Certified {
            name: claims.name,
            purpose: claims.purpose,
            allowed: claims.allowed,
        }
    );
    assert_eq!(read.may_ask(), Ok(()));
    assert_eq!(
        (read.audience(), *read.ask(), *read.nonce()),
        (DESK, Vct::IDENTITY, [7; 16])
    );
    assert_eq!((*read.hash(), read.expires()), (issued.hash, at(60)));
    assert_eq!(read.check_code(), issued.check_code());
    assert_eq!(read.check_code().len(), 2);
    assert_eq!(IssuedRequest::from_text(&issued.text), Ok(issued));
}

#[test]
fn check_codes_follow_the_request() {
    let codes: std::collections::BTreeSet<String> = (0..40)
        .map(|n| request_at(Vct::AGE, n, NOW).check_code())
        .collect();
    assert!(codes.len() > 20);
}

#[test]
fn an_unsigned_request_gets_facts_without_a_name_only() {
    for (ask, allowed) in [
        (Vct::AGE, Ok(())),
        (Vct::RESIDENCE, Ok(())),
        (Vct::IDENTITY, Err(RequestError::NotCertified)),
        (Vct::NAME_PHOTO, Err(RequestError::NotCertified)),
    ] {
        let unsigned = build_request(&ask, DESK, [7; 16], NOW, None).unwrap();
        let of_nobody = read(&unsigned.text).unwrap();
        assert_eq!(*of_nobody.asker(), Asker::Unsigned);
        assert_eq!(of_nobody.may_ask(), allowed);
        let desk = key("desk");
        let signer = Signer {
            key: &desk,
            certificate: None,
        };
        let with_key = build_request(&ask, DESK, [7; 16], NOW, Some(signer)).unwrap();
        let of_the_desk = read(&with_key.text).unwrap();
        assert_eq!(*of_the_desk.asker(), Asker::Uncertified);
        assert_eq!(of_the_desk.may_ask(), allowed);
        assert_eq!(IssuedRequest::from_text(&unsigned.text), Ok(unsigned));
    }
}

#[test]
fn an_age_pass_answers_an_unsigned_request() {
    let (trust, status) = (trust(), status(false));
    let asked = build_request(&Vct::AGE, DESK, [1; 16], NOW, None).unwrap();
    let text = answer(&asked, &age_claims(), &holder(1));
    assert_eq!(
        verify(&text, &request_context(&trust, &status, &asked)).code,
        Code::Accepted
    );
}

#[test]
fn the_phone_gives_nothing_that_was_not_asked_for_or_allowed() {
    let credential = issued(&identity_claims());
    let asked = read(&request(Vct::AGE).text).unwrap();
    assert_eq!(
        present_to_request(&credential, &holder(2), &asked),
        Err(PresentError::WrongPass)
    );
    let unsigned = build_request(&Vct::IDENTITY, DESK, [1; 16], NOW, None).unwrap();
    let unsigned = read(&unsigned.text).unwrap();
    assert_eq!(
        present_to_request(&credential, &holder(2), &unsigned),
        Err(PresentError::NotAllowed)
    );
    // A pass called "age" that names somebody, in answer to an unsigned request.
    let mut disguised = identity_claims();
    disguised.vct = Vct::AGE;
    let asked = build_request(&Vct::AGE, DESK, [1; 16], NOW, None).unwrap();
    let asked = read(&asked.text).unwrap();
    assert_eq!(
        present_to_request(&issued(&disguised), &holder(2), &asked),
        Err(PresentError::NotAllowed)
    );
    let asked = read(&request(Vct::IDENTITY).text).unwrap();
    assert_eq!(
        present_to_request(&credential, &holder(1), &asked),
        Err(PresentError::WrongKey)
    );
    assert_eq!(
        present_to_request(b"", &holder(1), &asked),
        Err(PresentError::BadCredential)
    );
}

#[test]
fn a_certificate_holds_only_as_far_as_it_says() {
    use RequestError as E;
    let why = |change, ca| {
        let read = read_with(Vct::IDENTITY, change, ca);
        (read.is_certified(), read.may_ask())
    };
    assert_eq!(why(|_| (), "certifier"), (true, Ok(())));
    assert_eq!(
        why(|c| c.allowed = vec![Vct::AGE], "certifier"),
        (true, Err(E::NotAllowed))
    );
    assert_eq!(
        why(|c| c.exp = NOW, "certifier"),
        (false, Err(E::CertificateExpired))
    );
    assert_eq!(
        why(|c| c.iat = at(121), "certifier"),
        (false, Err(E::CertificateExpired))
    );
    assert_eq!(
        why(|c| c.audience = "kp:other".to_owned(), "certifier"),
        (false, Err(E::CertificateOtherDesk))
    );
    assert_eq!(why(|_| (), "stranger"), (false, Err(E::UnknownCertifier)));
    // An issuer of passes does not certify desks.
    assert_eq!(why(|_| (), "issuer"), (false, Err(E::CertificateSignature)));
    let mut content = trust_content();
    content.keys[1].revoked_at = Some(Timestamp::from_unix(0));
    let text = request(Vct::IDENTITY).text;
    let read = read_request(&text, Some(&trust_of(&content)), NOW).unwrap();
    assert_eq!(read.may_ask(), Err(E::CertificateRevoked));
    let read = read_request(&text, None, NOW).unwrap();
    assert_eq!(
        (read.asker(), read.may_ask()),
        (&Asker::Uncertified, Err(E::NoTrustList))
    );
}

#[test]
fn a_desk_is_not_certified_by_an_expired_trust_list_or_a_clock_that_is_far_off() {
    use RequestError as E;
    let trust = trust();
    let read_at = |ask, now| {
        let read = read_request(&request(ask).text, Some(&trust), now).unwrap();
        (read.is_certified(), read.may_ask())
    };
    let (begin, end) = (trust.issued_at(), trust.expires());
    let year = days(365);
    assert_eq!(read_at(Vct::IDENTITY, NOW), (true, Ok(())));
    assert_eq!(read_at(Vct::IDENTITY, end.minus(1)), (true, Ok(())));
    // Before the certificate's own end is looked at: a clock a year ahead says nothing about the desk.
    for late in [end, end.plus(year), Timestamp::from_unix(u64::MAX)] {
        assert_eq!(read_at(Vct::IDENTITY, late), (false, Err(E::TrustListExpired)));
    }
    assert_eq!(read_at(Vct::IDENTITY, begin.minus(120)), (true, Ok(())));
    for early in [begin.minus(121), begin.minus(year), Timestamp::from_unix(0)] {
        assert_eq!(read_at(Vct::IDENTITY, early), (false, Err(E::ClockWrong)));
    }
    // Nobody is named then; facts without a name are given as to anybody.
    let read = read_request(&request(Vct::AGE).text, Some(&trust), end).unwrap();
    assert_eq!((read.asker(), read.may_ask()), (&Asker::Uncertified, Ok(())));
    let identity = issued(&identity_claims());
    let read = read_request(&request(Vct::IDENTITY).text, Some(&trust), end).unwrap();
    assert_eq!(
        present_to_request(&identity, &holder(2), &read),
        Err(PresentError::NotAllowed)
    );
    // What is withdrawn, or signed by nobody the list knows, stays so.
    let mut content = trust_content();
    content.keys[1].revoked_at = Some(Timestamp::from_unix(0));
    let read = read_request(&request(Vct::IDENTITY).text, Some(&trust_of(&content)), end).unwrap();
    assert_eq!(read.may_ask(), Err(E::CertificateRevoked));
}

#[test]
fn a_certificate_of_somebody_else_is_no_signature() {
    let certificate = certificate();
    let thief = key("thief");
    let signer = Signer {
        key: &thief,
        certificate: Some(&certificate),
    };
    let request = build_request(&Vct::IDENTITY, DESK, [7; 16], NOW, Some(signer)).unwrap();
    assert_eq!(read(&request.text).err(), Some(RequestError::Signature));
}

#[test]
fn every_bit_flip_of_a_certified_request() {
    let good = raw(&request(Vct::IDENTITY).text);
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let text = format!("KPR:{}", base45::encode(&bad));
        let certified = read(&text).is_ok_and(|r| r.is_certified());
        assert!(!certified, "bit {bit}");
    }
    for end in 0..good.len() {
        let text = format!("KPR:{}", base45::encode(&good[..end]));
        assert_eq!(read(&text).err(), Some(RequestError::Malformed));
    }
}

#[test]
fn requests_that_cannot_be_written() {
    let long = "x".repeat(AUDIENCE_BYTES_MAX + 1);
    for audience in ["", "a\nb", &long] {
        assert_eq!(
            build_request(&Vct::AGE, audience, [0; 16], NOW, None).err(),
            Some(RequestError::Malformed)
        );
        assert_eq!(
            present_timed(&issued(&age_claims()), &holder(1), audience, NOW).err(),
            Some(PresentError::BadAudience)
        );
    }
    let mut claims = certificate_claims();
    claims.name.ur = "ا".repeat(NAME_BYTES_MAX);
    assert_eq!(
        issue_counter_certificate(&claims, &key("certifier")),
        Err(IssueError::TooLarge)
    );
    claims.name = Names::new("", "", "");
    assert_eq!(
        issue_counter_certificate(&claims, &key("certifier")),
        Err(IssueError::BadText)
    );
    claims.exp = claims.iat;
    assert_eq!(
        issue_counter_certificate(&claims, &key("certifier")),
        Err(IssueError::NeverValid)
    );
}

#[test]
fn claims_that_no_reader_would_take_are_not_signed() {
    let with = |change: fn(&mut Claims)| {
        let mut claims = identity_claims();
        change(&mut claims);
        issue(&claims, &key("issuer")).err()
    };
    assert_eq!(with(|_| ()), None);
    assert_eq!(with(|c| c.iat = NOW), Some(IssueError::NotWholeDay));
    assert_eq!(with(|c| c.exp = c.iat), Some(IssueError::NeverValid));
    assert_eq!(with(|c| c.nbf = Some(c.exp)), Some(IssueError::NeverValid));
    let born =
        |text: &str, c: &mut Claims| c.identity.as_mut().unwrap().date_of_birth = Some(text.to_owned());
    let mut claims = identity_claims();
    born("1990-05-15", &mut claims);
    assert_eq!(issue(&claims, &key("issuer")), Err(IssueError::BadText));
    let mut claims = identity_claims();
    claims.identity.as_mut().unwrap().address = Some("x".repeat(4000));
    assert_eq!(issue(&claims, &key("issuer")), Err(IssueError::TooLarge));
}

#[test]
fn province_configuration_needs_two_roots_and_a_date() {
    let content = ConfigContent {
        api_url: "http://127.0.0.1:8080".to_owned(),
        name: Names::new("Khyber Pakhtunkhwa", "خیبر پختونخوا", "خیبر پښتونخوا"),
        tls_roots: Vec::new(),
        iat: NOW,
        exp: NOW.plus(days(30)),
    };
    let sign = |content: &ConfigContent, keys: &[&SecretKey], now| {
        ProvinceConfig::verify(&ProvinceConfig::sign(content, keys), &roots(), now)
    };
    let (a, b, stranger) = (root(1), root(3), key("stranger"));
    let config = sign(&content, &[&a, &b], NOW).unwrap();
    assert_eq!(
        (config.api_url(), config.name()),
        (content.api_url.as_str(), &content.name)
    );
    assert_eq!((config.kind(), config.expires()), (RootKind::Test, content.exp));
    let err = |content: &ConfigContent, keys: &[&SecretKey], now| sign(content, keys, now).err();
    assert_eq!(err(&content, &[&a], NOW), Some(ConfigError::TooFewSignatures));
    assert_eq!(
        err(&content, &[&a, &stranger], NOW),
        Some(ConfigError::TooFewSignatures)
    );
    assert_eq!(err(&content, &[&a, &b], content.exp), Some(ConfigError::Expired));
    let mut bad = content.clone();
    bad.api_url = "javascript:alert(1)".to_owned();
    assert_eq!(err(&bad, &[&a, &b], NOW), Some(ConfigError::BadAddress));

    let mut pinned = content;
    pinned.tls_roots = vec![vec![0x30; TLS_ROOT_BYTES_MAX]; 2];
    assert_eq!(
        err(&pinned, &[&a, &b], NOW),
        Some(ConfigError::BadAddress),
        "pinned roots and no TLS"
    );
    pinned.api_url = "https://api.example".to_owned();
    let config = sign(&pinned, &[&a, &b], NOW).unwrap();
    assert_eq!(config.tls_roots(), pinned.tls_roots);
    for roots in [
        vec![vec![]],
        vec![vec![0x30; TLS_ROOT_BYTES_MAX + 1]],
        vec![vec![0x30]; TLS_ROOTS_MAX + 1],
    ] {
        pinned.tls_roots = roots;
        assert_eq!(err(&pinned, &[&a, &b], NOW), Some(ConfigError::Malformed));
    }
}
