//! Every code of a verdict, how it comes about, and which one wins when several would do.
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

#[test]
fn a_timed_age_pass_is_accepted_with_its_claims() {
    let trust = trust();
    let outcome = verify(&timed(), &timed_context(&trust, at(5)));
    assert_eq!(outcome.code, Code::Accepted);
    assert_eq!(outcome.verdict(), Verdict::Accepted);
    let verified = outcome.verified.unwrap();
    assert_eq!(verified.claims(), &age_claims());
    assert_eq!(verified.issuer_name(), "Test province, issuer");
    assert_eq!(verified.mode(), Mode::Timed);
    assert_eq!(verified.issued_at(), Some(NOW));
    assert_eq!(verified.replay_until(), at(480));
}

#[test]
fn every_frame_of_one_pass_has_the_same_replay_key() {
    let trust = trust();
    let credential = issued(&age_claims());
    let keys = [0, 15, 30].map(|s| {
        let text = present_timed(&credential, &holder(1), DESK, at(s)).unwrap();
        verify(&text, &timed_context(&trust, at(s)))
            .verified
            .unwrap()
            .replay_key()
    });
    assert!(keys.iter().all(|k| *k == keys[0]));
    let mut other = age_claims();
    other.holder = Some(holder(3).public().into());
    let text = present_timed(&issued(&other), &holder(3), DESK, NOW).unwrap();
    let other = verify(&text, &timed_context(&trust, NOW))
        .verified
        .unwrap()
        .replay_key();
    assert_ne!(other, keys[0]);
}

#[test]
fn an_identity_waits_for_the_officer_to_compare_the_face() {
    let (trust, status, request) = (trust(), status(false), request(Vct::IDENTITY));
    let text = identity_answer();
    let outcome = verify(&text, &request_context(&trust, &status, &request));
    assert_eq!(outcome.code, Code::FaceNotCompared);
    assert_eq!(outcome.verdict(), Verdict::Undecided);
    let verified = outcome.verified.unwrap();
    assert_eq!(verified.claims(), &identity_claims());
    assert_eq!(verified.issued_at(), None);
    let (code, verified) = verified.confirm_face(FaceCheck::Same);
    assert_eq!(code, Code::Accepted);
    let (code, _) = verified.confirm_face(FaceCheck::Different);
    assert_eq!(code, Code::FaceDiffers);
}

#[test]
fn a_presentation_is_stale_181_seconds_after_it_was_signed() {
    let trust = trust();
    let code = |s| verify(&timed(), &timed_context(&trust, at(s))).code;
    assert_eq!(code(180), Code::Accepted);
    assert_eq!(code(181), Code::Stale);
    assert_eq!(code(-120), Code::Accepted);
    assert_eq!(code(-121), Code::FromTheFuture);
}

#[test]
fn a_holder_cannot_sign_a_year_ahead() {
    let credential = issued(&age_claims());
    let header = forge::kbt_header(-8, &credential);
    let code_of = |iat: u64, exp: u64| {
        let payload = forge::timed_binding(DESK, iat, exp);
        code(&kp1(&forge::sign1(&header, &payload, &holder(1))))
    };
    let now = NOW.unix();
    assert_eq!(code_of(now, now + 60), Code::Accepted);
    assert_eq!(code_of(now, now + 61), Code::LifetimeTooLong);
    assert_eq!(code_of(now, now + days(365)), Code::LifetimeTooLong);
    assert_eq!(code_of(now, now - 1), Code::Malformed);
}

#[test]
fn another_desk_and_another_request() {
    let (trust, status) = (trust(), status(false));
    let mut ctx = timed_context(&trust, NOW);
    ctx.expect = Expect::Timed { audience: "kp:other" };
    assert_eq!(verify(&timed(), &ctx).code, Code::WrongDesk);

    let (asked, other) = (request(Vct::IDENTITY), request_at(Vct::IDENTITY, 8, NOW));
    let text = identity_answer();
    assert_eq!(
        verify(&text, &request_context(&trust, &status, &other)).code,
        Code::WrongRequest
    );
    // The same nonce in a request that says something else: bound by the hash.
    let mut changed = asked.clone();
    changed.hash[0] ^= 1;
    assert_eq!(
        verify(&text, &request_context(&trust, &status, &changed)).code,
        Code::WrongRequest
    );
    let mut moved = asked.clone();
    moved.audience = "kp:other".to_owned();
    assert_eq!(
        verify(&text, &request_context(&trust, &status, &moved)).code,
        Code::WrongDesk
    );
    let mut another_kind = asked.clone();
    another_kind.ask = Vct::AGE;
    assert_eq!(
        verify(&text, &request_context(&trust, &status, &another_kind)).code,
        Code::WrongPass
    );
    // An answer is no timed presentation, and the other way round.
    assert_eq!(code(&text), Code::WrongRequest);
    assert_eq!(
        verify(&timed(), &request_context(&trust, &status, &asked)).code,
        Code::WrongRequest
    );
    // The desk's own clock ends the request.
    let mut late = request_context(&trust, &status, &asked);
    late.now = at(60);
    assert_eq!(verify(&text, &late).code, Code::FaceNotCompared);
    late.now = at(61);
    assert_eq!(verify(&text, &late).code, Code::Stale);
}

#[test]
fn names_and_photos_need_a_request() {
    let mut photo_only = age_claims();
    photo_only.facts.photo_sha256 = Some([1; 32]);
    let mut named = photo_only.clone();
    named.identity = Some(Identity::default());
    let named_only = issued_without_photo(&named);
    for credential in [issued(&photo_only), issued(&named), named_only] {
        assert_eq!(
            present_timed(&credential, &holder(1), DESK, NOW),
            Err(PresentError::RequestRequired)
        );
        // A phone that does it all the same is refused.
        assert_eq!(
            code(&forge::present(&credential, &holder(1))),
            Code::RequestRequired
        );
    }
}

#[test]
fn without_a_trust_list_nothing_is_called_invalid() {
    let trust = trust();
    let mut ctx = timed_context(&trust, NOW);
    ctx.trust = None;
    let mut broken = raw(&timed());
    *broken.last_mut().unwrap() ^= 1;
    for text in [timed(), kp1(&broken)] {
        let outcome = verify(&text, &ctx);
        assert_eq!(outcome.code, Code::NoTrustList);
        assert_eq!(outcome.verdict(), Verdict::Undecided);
        assert!(outcome.verified.is_none());
    }
    assert_eq!(verify("KP1:", &ctx).code, Code::Malformed);
    assert_eq!(verify("https://example.org", &ctx).code, Code::WrongCode);
}

#[test]
fn an_old_trust_list_cannot_decide() {
    let trust = trust();
    let text = present_timed(&issued(&age_claims()), &holder(1), DESK, NOW.plus(days(14))).unwrap();
    let ctx = timed_context(&trust, NOW.plus(days(14)));
    assert_eq!(verify(&text, &ctx).code, Code::TrustListExpired);
    // What is forged stays forged.
    let mut broken = raw(&text);
    *broken.last_mut().unwrap() ^= 1;
    assert_eq!(verify(&kp1(&broken), &ctx).code, Code::HolderSignature);
}

#[test]
fn a_clock_that_is_off_by_a_year_cannot_decide() {
    let trust = trust();
    let year = days(365);
    assert_eq!(
        verify(&timed(), &timed_context(&trust, NOW.minus(year))).code,
        Code::ClockWrong
    );
    assert_eq!(
        verify(&timed(), &timed_context(&trust, NOW.plus(year))).code,
        Code::TrustListExpired
    );
    // The trust list's own time, less what two clocks may differ.
    let begin = trust.issued_at();
    assert_eq!(
        verify(&timed(), &timed_context(&trust, begin.minus(121))).code,
        Code::ClockWrong
    );
    assert_ne!(
        verify(&timed(), &timed_context(&trust, begin.minus(120))).code,
        Code::ClockWrong
    );
    let status = status(false);
    let mut ctx = timed_context(&trust, at(-3600 - 121));
    ctx.status = Some(&status);
    assert_eq!(verify(&timed(), &ctx).code, Code::ClockWrong);
}

#[test]
fn an_unknown_issuer_cannot_be_decided() {
    let credential = issue(&age_claims(), &key("somebody")).unwrap();
    assert_eq!(
        code(&forge::present(&credential, &holder(1))),
        Code::UnknownIssuer
    );
    assert_eq!(Code::UnknownIssuer.verdict(), Verdict::Undecided);
}

#[test]
fn an_issuer_signs_only_what_it_may() {
    let credential = issue(&age_claims(), &key("documents")).unwrap();
    assert_eq!(
        code(&forge::present(&credential, &holder(1))),
        Code::IssuerNotAllowed
    );
    let credential = issue(&age_claims(), &key("certifier")).unwrap();
    assert_eq!(
        code(&forge::present(&credential, &holder(1))),
        Code::IssuerNotAllowed
    );
}

#[test]
fn a_withdrawn_key_is_refused_from_the_day_on() {
    let with = |revoked_at: Option<Timestamp>, exp: Timestamp| {
        let mut content = trust_content();
        content.keys[0].revoked_at = revoked_at;
        content.keys[0].exp = exp;
        let trust = trust_of(&content);
        verify(&timed(), &timed_context(&trust, NOW)).code
    };
    let later = NOW.plus(days(100));
    assert_eq!(with(None, later), Code::Accepted);
    assert_eq!(with(Some(NOW.plus(days(1))), later), Code::Accepted);
    // Credentials carry the day only, so the whole day of the withdrawal counts.
    assert_eq!(with(Some(NOW), later), Code::IssuerKeyRevoked);
    assert_eq!(with(Some(Timestamp::from_unix(0)), later), Code::IssuerKeyRevoked);
    assert_eq!(with(None, NOW), Code::IssuerKeyExpired);
    let mut content = trust_content();
    content.keys[0].nbf = NOW.plus(days(1));
    assert_eq!(
        verify(&timed(), &timed_context(&trust_of(&content), NOW)).code,
        Code::IssuerKeyExpired
    );
    // A key that was made in the middle of the day signs for that day.
    content.keys[0].nbf = NOW;
    assert_eq!(
        verify(&timed(), &timed_context(&trust_of(&content), NOW)).code,
        Code::Accepted
    );
}

#[test]
fn a_pass_has_a_first_and_a_last_moment() {
    let with = |change: fn(&mut Claims)| {
        let mut claims = age_claims();
        change(&mut claims);
        code(&forge::present(&issued(&claims), &holder(1)))
    };
    assert_eq!(with(|c| c.exp = NOW.start_of_day().plus(DAY)), Code::Accepted);
    assert_eq!(
        with(|c| (c.iat, c.exp) = (NOW.start_of_day().minus(DAY), NOW.start_of_day())),
        Code::Expired
    );
    assert_eq!(
        with(|c| c.nbf = Some(NOW.start_of_day().plus(DAY))),
        Code::NotYetValid
    );
    assert_eq!(with(|c| c.iat = NOW.start_of_day().plus(DAY)), Code::NotYetValid);
}

#[test]
fn status_decides_over_what_can_be_revoked() {
    let (trust, request) = (trust(), request(Vct::IDENTITY));
    let text = identity_answer();
    let good = status(false);
    let code = |status: Option<&StatusSet>| {
        let mut ctx = request_context(&trust, &good, &request);
        ctx.status = status;
        verify(&text, &ctx).code
    };
    assert_eq!(code(Some(&good)), Code::FaceNotCompared);
    assert_eq!(code(Some(&status(true))), Code::Revoked);
    assert_eq!(code(None), Code::NoStatusList);
    let bits = bits(false);
    let mut content = status_content(&bits);
    content.exp = NOW;
    assert_eq!(code(Some(&status_of(&content, &bits))), Code::StatusListExpired);
    // A manifest whose list has not arrived, and a list that has no such bit.
    let bytes = StatusManifest::sign(&status_content(&bits), &key("status")).unwrap();
    let empty = StatusSet::new(StatusManifest::verify(&bytes, &trust, None).unwrap());
    assert_eq!(code(Some(&empty)), Code::NoStatusList);
    assert_eq!(empty.missing().len(), 1);
    let short = Bitmap::new(Shape::new(3, 8).unwrap());
    assert_eq!(
        code(Some(&status_of(&status_content(&short), &short))),
        Code::NoStatusList
    );
    // An age pass carries no status, so it needs none.
    assert_eq!(verify(&timed(), &timed_context(&trust, NOW)).code, Code::Accepted);
}

#[test]
fn a_revoked_pass_is_refused_even_by_an_old_list() {
    let (trust, request) = (trust(), request(Vct::IDENTITY));
    let bits = bits(true);
    let mut content = status_content(&bits);
    content.exp = NOW;
    let old = status_of(&content, &bits);
    assert_eq!(
        verify(&identity_answer(), &request_context(&trust, &old, &request)).code,
        Code::Revoked
    );
}

#[test]
fn a_suspension_counts_while_the_list_does_and_a_used_pass_is_used_for_good() {
    let (trust, request) = (trust(), request(Vct::IDENTITY));
    let text = identity_answer();
    let none = Bitmap::new(shape());
    let this = Bitmap::with(shape(), [INDEX]).unwrap();
    let code = |bitmaps: &[(StatusPurpose, &Bitmap)], exp: Timestamp| {
        let content = StatusContent {
            exp,
            ..content_of(bitmaps)
        };
        let status = set_of(&content, bitmaps);
        verify(&text, &request_context(&trust, &status, &request)).code
    };
    let (revoked, suspended, consumed) = (
        StatusPurpose::Revoked,
        StatusPurpose::Suspended,
        StatusPurpose::Consumed,
    );
    for (bitmaps, fresh, old) in [
        (
            [(revoked, &none), (suspended, &none)],
            Code::FaceNotCompared,
            Code::StatusListExpired,
        ),
        (
            [(revoked, &none), (suspended, &this)],
            Code::Suspended,
            Code::StatusListExpired,
        ),
        (
            [(revoked, &this), (suspended, &this)],
            Code::Revoked,
            Code::Revoked,
        ),
        (
            [(revoked, &none), (consumed, &this)],
            Code::Consumed,
            Code::Consumed,
        ),
        (
            [(revoked, &this), (consumed, &this)],
            Code::Revoked,
            Code::Revoked,
        ),
    ] {
        assert_eq!(code(&bitmaps, NOW.plus(60)), fresh);
        assert_eq!(code(&bitmaps, NOW), old);
    }
    // One of the bitmaps has not arrived: what is here can refuse and cannot clear.
    let with_one = |purpose: StatusPurpose, bitmap: &Bitmap| {
        let both = [(revoked, bitmap), (suspended, bitmap)];
        let mut set = StatusSet::new(manifest_of(&content_of(&both)));
        set.add_bitmap(LIST, purpose, bitmap).unwrap();
        verify(&text, &request_context(&trust, &set, &request)).code
    };
    assert_eq!(with_one(revoked, &none), Code::NoStatusList);
    assert_eq!(with_one(revoked, &this), Code::Revoked);
    assert_eq!(with_one(suspended, &this), Code::NoStatusList);
}

#[test]
fn codes_are_unique_and_have_a_verdict() {
    let mut all: Vec<&str> = Code::ALL.iter().map(|c| c.code()).collect();
    all.extend(TrustError::ALL.iter().map(|c| c.code()));
    all.extend(StatusError::ALL.iter().map(|c| c.code()));
    all.extend(RequestError::ALL.iter().map(|c| c.code()));
    all.extend(ConfigError::ALL.iter().map(|c| c.code()));
    all.extend(IssueError::ALL.iter().map(|c| c.code()));
    all.extend(PresentError::ALL.iter().map(|c| c.code()));
    all.extend(RegisterError::ALL.iter().map(|c| c.code()));
    all.extend(RulesError::ALL.iter().map(|c| c.code()));
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    let of = |v: Verdict| Code::ALL.iter().filter(|c| c.verdict() == v).count();
    assert_eq!(
        (
            of(Verdict::Accepted),
            of(Verdict::Undecided),
            of(Verdict::Refused)
        ),
        (2, 14, 28)
    );
}

#[test]
fn every_code_has_its_texts_in_three_languages() {
    let codes = Code::ALL.iter().map(|c| c.code());
    let codes = codes.chain(TrustError::ALL.iter().map(|c| c.code()));
    let codes = codes.chain(StatusError::ALL.iter().map(|c| c.code()));
    let codes = codes.chain(RequestError::ALL.iter().map(|c| c.code()));
    let codes = codes.chain(ConfigError::ALL.iter().map(|c| c.code()));
    let codes = codes.chain(IssueError::ALL.iter().map(|c| c.code()));
    let codes = codes.chain(RegisterError::ALL.iter().map(|c| c.code()));
    let codes = codes.chain(RulesError::ALL.iter().map(|c| c.code()));
    let codes: Vec<&str> = codes.chain(PresentError::ALL.iter().map(|c| c.code())).collect();
    for language in ["en", "ur", "ps"] {
        let path = format!("{}/../../ui/messages/{language}.json", env!("CARGO_MANIFEST_DIR"));
        let texts: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for code in &codes {
            for name in [format!("code_{code}"), format!("code_{code}_next")] {
                let text = texts.get(&name).and_then(|t| t.as_str()).unwrap_or_default();
                assert!(!text.is_empty(), "{language}: no text for {name}");
            }
        }
    }
}
