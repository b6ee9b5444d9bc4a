//! Changing the roots: who may, from when the old ones stop, and how a reader that slept through it catches up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::wildcard_imports)]

mod common;
use common::*;
use credential::*;

fn keys(numbers: [usize; 3]) -> [PublicKey; 3] {
    numbers.map(|n| root(n).public())
}

fn set(numbers: [usize; 3]) -> RootSet {
    RootSet::new(RootKind::Test, keys(numbers)).unwrap()
}

/// A list with this number after `previous`, signed by these roots.
fn list(sequence: u64, previous: Option<&TrustList>, next: Option<[usize; 3]>, signers: &[usize]) -> Vec<u8> {
    let content = TrustContent {
        sequence,
        previous: previous.map(TrustList::sha256),
        next_roots: next.map(keys),
        ..trust_content()
    };
    let secrets: Vec<SecretKey> = signers.iter().map(|n| root(*n)).collect();
    let numbered: Vec<_> = secrets.iter().enumerate().collect();
    sign_trust_list(&content, &numbered)
}

fn take(bytes: &[u8], held: Option<&TrustList>) -> Result<TrustList, TrustError> {
    TrustList::verify(bytes, &roots(), held)
}

/// Three lists: the first, one that replaces root 3 by root 4, and one that the new roots signed.
fn story() -> [Vec<u8>; 3] {
    let first = list(1, None, None, &[1, 2]);
    let held = take(&first, None).unwrap();
    let change = list(2, Some(&held), Some([1, 2, 4]), &[1, 2]);
    let held = take(&change, Some(&held)).unwrap();
    let third = list(3, Some(&held), None, &[2, 4]);
    [first, change, third]
}

#[test]
fn one_lost_root_is_replaced_and_the_new_one_signs() {
    let [first, change, third] = story();
    let held = take(&first, None).unwrap();
    assert!(!held.changes_roots());
    assert_eq!(held.successors().fingerprint(), roots().fingerprint());
    let held = take(&change, Some(&held)).unwrap();
    assert!(held.changes_roots());
    assert_eq!(held.successors().fingerprint(), set([4, 2, 1]).fingerprint());
    assert_eq!(held.root_kind(), RootKind::Test);
    let held = take(&third, Some(&held)).unwrap();
    assert_eq!(held.successors().keys(), &keys([1, 2, 4]));
}

#[test]
fn a_change_needs_two_of_the_old_roots_and_two_of_the_new() {
    let change =
        |signers: &[usize]| take(&list(2, None, Some([4, 5, 6]), signers), None).map(|l| l.sequence());
    assert_eq!(change(&[1, 2, 4, 5]), Ok(2));
    assert_eq!(change(&[6, 3, 4, 1]), Ok(2));
    for too_few in [
        &[1, 2][..],
        &[4, 5],
        &[1, 2, 4],
        &[1, 4, 5],
        &[1, 1, 4, 5],
        &[1, 2, 4, 4],
    ] {
        assert_eq!(change(too_few), Err(TrustError::TooFewSignatures), "{too_few:?}");
    }
    // Two roots stay: they are two of the old and two of the new.
    assert!(take(&list(2, None, Some([1, 2, 4]), &[1, 2]), None).is_ok());
    assert_eq!(
        take(&list(2, None, Some([1, 2, 4]), &[1, 3]), None).err(),
        Some(TrustError::TooFewSignatures)
    );
}

#[test]
fn next_roots_are_three_others() {
    for wrong in [[4, 4, 5], [1, 2, 3], [3, 1, 2]] {
        let bytes = list(2, None, Some(wrong), &[1, 2, 4, 5]);
        assert_eq!(take(&bytes, None).err(), Some(TrustError::BadRoots), "{wrong:?}");
    }
    let good = list(2, None, Some([1, 2, 4]), &[1, 2]);
    for (wrong, expected) in WEAK
        .iter()
        .map(|w| (w, TrustError::WeakKey))
        .chain(NOT_CANONICAL.iter().map(|w| (w, TrustError::Malformed)))
    {
        let content = replaced(&content_of(&good), root(4).public().as_bytes(), &hex(wrong));
        assert_eq!(TrustContent::from_bytes(&content).err(), Some(expected));
        assert_eq!(RootSignature::make(&content, &root(1)).err(), Some(expected));
    }
}

/// The payload of a list of this crate.
fn content_of(bytes: &[u8]) -> Vec<u8> {
    let mut d = minicbor::Decoder::new(bytes);
    d.tag().unwrap();
    d.array().unwrap();
    d.skip().unwrap();
    d.skip().unwrap();
    d.bytes().unwrap().to_vec()
}

#[test]
fn old_roots_sign_nothing_after_the_change() {
    let [first, change, third] = story();
    let held = take(&change, Some(&take(&first, None).unwrap())).unwrap();
    // Root 3 is gone: with it and one that stays there is one signature.
    let by_old = list(3, Some(&held), None, &[1, 3]);
    assert_eq!(
        take(&by_old, Some(&held)).err(),
        Some(TrustError::TooFewSignatures)
    );
    let held = take(&third, Some(&held)).unwrap();
    for (number, bytes) in [
        (4, list(4, Some(&held), None, &[1, 3])),
        (9, list(9, None, Some([5, 6, 7]), &[3, 1, 5, 6])),
    ] {
        assert_eq!(
            take(&bytes, Some(&held)).err(),
            Some(TrustError::TooFewSignatures),
            "{number}"
        );
    }
}

#[test]
fn no_way_leads_back_behind_a_change() {
    let [first, change, third] = story();
    let before = take(&first, None).unwrap();
    let changed = take(&change, Some(&before)).unwrap();
    let held = take(&third, Some(&changed)).unwrap();
    // The lists of before, and lists of the new roots with their numbers.
    assert_eq!(take(&first, Some(&held)).err(), Some(TrustError::Older));
    assert_eq!(take(&change, Some(&held)).err(), Some(TrustError::Older));
    assert_eq!(
        take(&list(2, None, None, &[2, 4]), Some(&held)).err(),
        Some(TrustError::Older)
    );
    assert_eq!(
        take(&list(3, None, None, &[1, 4]), Some(&held)).err(),
        Some(TrustError::SameNumber)
    );
    assert_eq!(
        take(&list(4, None, None, &[1, 4]), Some(&held)).err(),
        Some(TrustError::BrokenChain)
    );
    assert_eq!(
        take(&list(4, Some(&changed), None, &[1, 4]), Some(&held)).err(),
        Some(TrustError::BrokenChain)
    );
    // The list that is held is taken again, by whoever it was signed.
    assert_eq!(take(&third, Some(&held)).unwrap().sequence(), 3);
    assert_eq!(take(&change, Some(&changed)).unwrap().sequence(), 2);
}

#[test]
fn a_reader_far_behind_walks_the_chain() {
    let [first, change, third] = story();
    let held = take(&first, None).unwrap();
    let changed = take(&change, Some(&held)).unwrap();
    let third_held = take(&third, Some(&changed)).unwrap();
    // Two more changes: all three roots, then one again.
    let all = list(9, Some(&third_held), Some([5, 6, 7]), &[1, 4, 5, 6]);
    let all_held = take(&all, Some(&third_held)).unwrap();
    let last = list(20, None, Some([5, 6, 8]), &[5, 6]);
    let newest = list(21, Some(&take(&last, Some(&all_held)).unwrap()), None, &[6, 8]);

    for start in [None, Some(&held)] {
        assert_eq!(take(&newest, start).err(), Some(TrustError::TooFewSignatures));
        // Each step is named by the roots that the reader knows.
        let published = [
            (set([1, 2, 3]), &change),
            (set([1, 2, 4]), &all),
            (set([5, 6, 7]), &last),
        ];
        let mut reader = start.cloned();
        let mut steps = 0;
        while take(&newest, reader.as_ref()).is_err() {
            let known = reader.as_ref().map_or_else(roots, |l| l.successors().clone());
            let (_, next) = published
                .iter()
                .find(|(from, _)| from.fingerprint() == known.fingerprint())
                .unwrap();
            reader = Some(take(next, reader.as_ref()).unwrap());
            steps += 1;
        }
        assert_eq!(steps, 3);
    }
    // A step cannot be left out.
    for step in [&all, &last] {
        assert_eq!(take(step, Some(&held)).err(), Some(TrustError::TooFewSignatures));
    }
}

#[test]
fn what_was_stored_holds_at_the_next_start() {
    let [first, change, third] = story();
    let restore = |stored: &[&[u8]], pinned: &RootSet| {
        TrustList::restore(stored.iter().copied(), pinned).map(|list| list.map(|l| l.sequence()))
    };
    assert_eq!(restore(&[], &roots()), Ok(None));
    assert_eq!(restore(&[&first], &roots()), Ok(Some(1)));
    assert_eq!(restore(&[&change, &change], &roots()), Ok(Some(2)));
    assert_eq!(restore(&[&change, &third], &roots()), Ok(Some(3)));
    // Without the change the newest list is nobody's.
    assert_eq!(restore(&[&third], &roots()), Err(TrustError::TooFewSignatures));
    assert_eq!(restore(&[&change, &first], &roots()), Err(TrustError::Older));
    let mut damaged = change.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert!(restore(&[&damaged, &third], &roots()).is_err());
    // A later program pins the new roots; the change lies behind it.
    let later = set([1, 2, 4]);
    assert_eq!(restore(&[&change, &third], &later), Ok(Some(3)));
    assert_eq!(restore(&[&third], &later), Ok(Some(3)));
    // A program of another province.
    assert_eq!(
        restore(&[&change, &third], &set([6, 7, 8])),
        Err(TrustError::TooFewSignatures)
    );
}

#[test]
fn signatures_made_apart_are_put_together() {
    let [.., third] = story();
    let content = content_of(&third);
    let sign = |n: usize| RootSignature::make(&content, &root(n)).unwrap();
    assert_eq!(
        combine_trust_list(&content, &[sign(2), sign(4)]),
        Ok(third.clone())
    );
    assert_eq!(TrustContent::from_bytes(&content).unwrap().to_bytes(), content);
    // The same root twice, one root's name on another's signature, a signature of something else.
    assert_eq!(
        combine_trust_list(&content, &[sign(2), sign(2)]),
        Err(TrustError::TooFewSignatures)
    );
    let foreign = RootSignature {
        root: root(1).public(),
        ..sign(2)
    };
    assert_eq!(
        combine_trust_list(&content, &[sign(4), foreign]),
        Err(TrustError::TooFewSignatures)
    );
    let mut other = TrustContent::from_bytes(&content).unwrap();
    other.exp = other.exp.plus(1);
    assert_eq!(
        combine_trust_list(&other.to_bytes(), &[sign(2), sign(4)]),
        Err(TrustError::TooFewSignatures)
    );
    assert_eq!(
        RootSignature::make(b"no list", &root(1)).err(),
        Some(TrustError::Malformed)
    );
    assert_eq!(combine_trust_list(b"no list", &[]), Err(TrustError::Malformed));
}

/// The code for an age pass issued `days` before today under a changed issuer key.
fn code_issued(days_ago: u64, change: impl Fn(&mut TrustedKey)) -> Code {
    let mut content = trust_content();
    change(&mut content.keys[0]);
    let mut claims = age_claims();
    claims.iat = claims.iat.minus(days(days_ago));
    claims.exp = claims.iat.plus(days(30));
    let text = forge::present(&issue(&claims, &key("issuer")).unwrap(), &holder(1));
    let trust = trust_of(&content);
    verify(&text, &timed_context(&trust, NOW)).code
}

#[test]
fn a_retired_key_signs_nothing_new_and_what_it_signed_stays_good() {
    let today = NOW.start_of_day();
    let retired = |at: Timestamp| move |key: &mut TrustedKey| key.retired_at = Some(at);
    assert_eq!(code_issued(0, retired(today.plus(DAY))), Code::Accepted);
    assert_eq!(code_issued(0, retired(today)), Code::IssuerKeyExpired);
    assert_eq!(code_issued(1, retired(today)), Code::Accepted);
    assert_eq!(code_issued(5, retired(today.minus(days(4)))), Code::Accepted);
    assert_eq!(
        code_issued(4, retired(today.minus(days(4)))),
        Code::IssuerKeyExpired
    );
    // Until the key's own end.
    let over = |key: &mut TrustedKey| (key.retired_at, key.exp) = (Some(today), NOW);
    assert_eq!(code_issued(1, over), Code::IssuerKeyExpired);
    // A retirement is a midnight.
    let mut content = trust_content();
    content.keys[0].retired_at = Some(NOW);
    assert_eq!(
        take(&trust_bytes(&content), None).err(),
        Some(TrustError::Malformed)
    );
}

#[test]
fn a_stolen_key_falls_whole_unless_the_list_keeps_what_is_dated_before() {
    let today = NOW.start_of_day();
    let stolen = |at: Timestamp| move |key: &mut TrustedKey| key.revoked_at = Some(at);
    let nothing = stolen(Timestamp::from_unix(0));
    for days_ago in [0, 1, 20] {
        assert_eq!(code_issued(days_ago, nothing), Code::IssuerKeyRevoked);
    }
    let kept = stolen(today.minus(days(3)));
    assert_eq!(code_issued(4, kept), Code::Accepted);
    for days_ago in [0, 3] {
        assert_eq!(code_issued(days_ago, kept), Code::IssuerKeyRevoked);
    }
    // Withdrawn weighs more than retired.
    let both = |key: &mut TrustedKey| {
        (key.retired_at, key.revoked_at) = (Some(today), Some(Timestamp::from_unix(0)));
    };
    assert_eq!(code_issued(1, both), Code::IssuerKeyRevoked);
}

#[test]
fn a_retired_key_signs_no_manifest_and_no_certificate() {
    let bits = bits(false);
    let mut content = trust_content();
    content.keys[2].retired_at = Some(NOW.start_of_day());
    let trust = trust_of(&content);
    let manifest = |at: Timestamp| {
        let content = StatusContent {
            iat: at,
            ..status_content(&bits)
        };
        StatusManifest::verify(
            &StatusManifest::sign(&content, &key("status")).unwrap(),
            &trust,
            None,
        )
        .err()
    };
    assert_eq!(manifest(NOW), Some(StatusError::KeyExpired));
    assert_eq!(manifest(NOW.start_of_day().minus(1)), None);

    let asker = |retired: Timestamp| {
        let mut content = trust_content();
        content.keys[1].retired_at = Some(retired);
        read_request(&request(Vct::IDENTITY).text, Some(&trust_of(&content)), NOW)
            .unwrap()
            .may_ask()
    };
    let certified = certificate_claims().iat.start_of_day();
    assert_eq!(asker(certified.plus(DAY)), Ok(()));
    assert_eq!(asker(certified), Err(RequestError::CertificateExpired));
}

#[test]
fn a_list_served_for_ever_ends_by_itself() {
    // Nothing newer ever comes: first the mark of old data, then no verdict at all.
    let trust = trust();
    let text = |now: Timestamp| {
        present_timed(
            &issued(&Claims {
                exp: NOW.start_of_day().plus(days(400)),
                ..age_claims()
            }),
            &holder(1),
            DESK,
            now,
        )
        .unwrap()
    };
    let code = |seconds: u64| {
        let now = NOW.plus(seconds);
        verify(&text(now), &timed_context(&trust, now)).code
    };
    assert_eq!(code(days(14) - 1), Code::Accepted);
    assert_eq!(code(days(14)), Code::TrustListExpired);
    assert_eq!(code(days(300)), Code::TrustListExpired);
}
