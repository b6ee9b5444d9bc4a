//! The catalogue of services: strict, signed by its own key, never older than what is held.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::wildcard_imports)]

mod common;

use common::catalogue::*;
use common::*;
use credential::*;
use proptest::prelude::*;

type Change<'a> = &'a dyn Fn(&mut CatalogueContent);

fn changed(change: Change<'_>) -> CatalogueContent {
    let mut content = catalogue_content();
    change(&mut content);
    content
}

fn trusting() -> TrustList {
    trust_of(&catalogue_trust_content())
}

fn read(bytes: &[u8]) -> Result<Catalogue, CatalogueError> {
    Catalogue::verify(bytes, &trusting(), None)
}

fn held() -> Catalogue {
    read(&catalogue_bytes(&catalogue_content())).unwrap()
}

#[test]
fn what_is_signed_is_what_is_read() {
    assert_eq!(held().content(), &catalogue_content());
    // What is known of one service and not of another is told apart, and nothing is made up.
    let all = held();
    let [unknown, known] = &all.content().services[..] else {
        panic!()
    };
    assert_eq!((unknown.fee_rupees, unknown.limit), (None, None));
    let limit = TimeLimit {
        days: 2,
        unit: LimitUnit::WorkingDays,
    };
    assert_eq!((known.fee_rupees, known.limit), (Some(100), Some(limit)));
    let free = changed(&|c| c.services[0].fee_rupees = Some(0));
    assert_eq!(
        read(&catalogue_bytes(&free)).unwrap().content().services[0].fee_rupees,
        Some(0)
    );
}

#[test]
fn a_catalogue_never_goes_back() {
    let held = held();
    let next = |change: Change<'_>| {
        let bytes = catalogue_bytes(&changed(change));
        Catalogue::verify(&bytes, &trusting(), Some(&held)).map(|c| c.content().sequence)
    };
    assert_eq!(next(&|_| ()), Ok(4));
    assert_eq!(next(&|c| c.sequence = 5), Ok(5));
    assert_eq!(next(&|c| c.sequence = 3), Err(CatalogueError::Older));
    assert_eq!(
        next(&|c| c.services[1].fee_rupees = Some(200)),
        Err(CatalogueError::SameNumber)
    );
}

#[test]
fn a_catalogue_holds_only_under_its_own_key() {
    let content = catalogue_content();
    let by = |word: &str, trust: &TrustContent| {
        let bytes = Catalogue::sign(&content, &key(word)).unwrap();
        Catalogue::verify(&bytes, &trust_of(trust), None).err()
    };
    let plain = catalogue_trust_content();
    assert_eq!(by("catalogue", &plain), None);
    assert_eq!(by("issuer", &plain), Some(CatalogueError::KeyNotAllowed));
    assert_eq!(by("rules", &plain), Some(CatalogueError::KeyNotAllowed));
    assert_eq!(by("stranger", &plain), Some(CatalogueError::UnknownKey));
    assert_eq!(
        by("catalogue", &trust_content()),
        Some(CatalogueError::UnknownKey)
    );
    let with = |change: fn(&mut TrustedKey)| {
        let mut trust = catalogue_trust_content();
        change(trust.keys.last_mut().unwrap());
        by("catalogue", &trust)
    };
    assert_eq!(
        with(|k| k.revoked_at = Some(Timestamp::from_unix(0))),
        Some(CatalogueError::KeyRevoked)
    );
    assert_eq!(
        with(|k| k.exp = NOW.minus(days(1))),
        Some(CatalogueError::KeyExpired)
    );
    // Nothing else that is signed passes for a catalogue, and no bit can be changed.
    assert_eq!(
        read(rules_of(&rules_content()).bytes()).err(),
        Some(CatalogueError::OtherKind)
    );
    let good = catalogue_bytes(&content);
    let trust = trusting();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(Catalogue::verify(&bad, &trust, None).is_err(), "bit {bit}");
    }
    for end in 0..good.len() {
        assert!(Catalogue::verify(&good[..end], &trust, None).is_err());
    }
    let big = vec![0; CATALOGUE_BYTES_MAX + 1];
    assert_eq!(read(&big).err(), Some(CatalogueError::TooLarge));
}

#[test]
fn a_catalogue_that_contradicts_itself_is_not_signed() {
    let cases: [Change<'_>; 10] = [
        &|c| c.services[0].id.clear(),
        &|c| c.services[0].id = "Birth".to_owned(),
        &|c| c.services[0].id = "x".repeat(CATALOGUE_ID_BYTES_MAX + 1),
        &|c| c.services[0].office = "nobody".to_owned(),
        &|c| c.services[0].name.en.clear(),
        &|c| c.services[0].name.ps = "\u{202e}".to_owned(),
        &|c| c.services[0].fee_rupees = Some(100_000_001),
        &|c| c.services.push(c.services[0].clone()),
        &|c| c.offices.push(c.offices[0].clone()),
        &|c| c.offices[0].name.ur = "x".repeat(241),
    ];
    for (which, change) in cases.iter().enumerate() {
        let error = Catalogue::sign(&changed(change), &key("catalogue")).err();
        assert_eq!(
            error,
            Some(NotSigned::Content(CatalogueError::Malformed)),
            "case {which}"
        );
    }
    let many = changed(&|c| {
        for n in 0..=SERVICES_MAX {
            c.services.push(Service {
                id: format!("s{n}"),
                ..c.services[0].clone()
            });
        }
    });
    assert_eq!(
        Catalogue::sign(&many, &key("catalogue")).err(),
        Some(NotSigned::Content(CatalogueError::TooLarge))
    );
    let long = changed(&|c| c.guide = vec![b' '; CATALOGUE_BYTES_MAX]);
    assert_eq!(
        Catalogue::sign(&long, &key("catalogue")).err(),
        Some(NotSigned::Content(CatalogueError::TooLarge))
    );
    // A reader takes none of them either, whoever signed.
    let (header, payload, _) = forge::open(&catalogue_bytes(&catalogue_content()));
    for (from, to) in [
        (&b"opd-consultation"[..], &b"OPD-consultation"[..]),
        (b"health", b"wealth"),
    ] {
        // Only the first place: the office's own id, or the service's.
        let forged = forge::sign1(&header, &replaced(&payload, from, to), &key("catalogue"));
        assert_eq!(read(&forged).err(), Some(CatalogueError::Malformed));
    }
    // A guide that says nothing is left out: there is one form of each content.
    let empty = forge::sign1(&header, &forge::with(&payload, 5, vec![0x40]), &key("catalogue"));
    assert_eq!(read(&empty).err(), Some(CatalogueError::Malformed));
}

/// Any content that may be signed.
fn content() -> impl Strategy<Value = CatalogueContent> {
    let names = ("[A-Za-z ]{1,40}", "[آ-ی ]{0,30}", "[آ-ی ښګړډټ]{0,30}");
    let name = names.prop_map(|(en, ur, ps)| Names::new(en, ur, ps));
    let limit = (any::<u16>(), any::<bool>()).prop_map(|(days, working)| TimeLimit {
        days,
        unit: if working {
            LimitUnit::WorkingDays
        } else {
            LimitUnit::Days
        },
    });
    let fee = proptest::option::of(0..=100_000_000_u32);
    let service = (
        any::<prop::sample::Index>(),
        name.clone(),
        fee,
        proptest::option::of(limit),
    );
    let offices = proptest::collection::vec(name, 1..6);
    let services = proptest::collection::vec(service, 0..12);
    let guide = proptest::collection::vec(any::<u8>(), 0..40);
    (1..u64::from(u32::MAX), offices, services, guide).prop_map(|(sequence, offices, services, guide)| {
        let offices: Vec<Office> = offices
            .into_iter()
            .enumerate()
            .map(|(n, name)| Office {
                id: format!("o{n}"),
                name,
            })
            .collect();
        let service =
            |(n, (office, name, fee_rupees, limit)): (usize, (prop::sample::Index, Names, _, _))| Service {
                id: format!("s{n}"),
                office: offices[office.index(offices.len())].id.clone(),
                name,
                fee_rupees,
                limit,
            };
        CatalogueContent {
            sequence,
            guide,
            iat: NOW,
            services: services.into_iter().enumerate().map(service).collect(),
            offices,
        }
    })
}

proptest! {
    #[test]
    fn any_content_reads_back_as_it_was_signed(content in content()) {
        let read = read(&catalogue_bytes(&content)).unwrap();
        prop_assert_eq!(read.content(), &content);
    }

    #[test]
    fn of_two_catalogues_the_one_with_the_higher_number_stays(
        content in content(), held_number in 1..20_u64, number in 1..20_u64
    ) {
        let numbered = |sequence| catalogue_bytes(&CatalogueContent { sequence, ..content.clone() });
        let held = read(&numbered(held_number)).unwrap();
        let taken = Catalogue::verify(&numbered(number), &trusting(), Some(&held)).is_ok();
        prop_assert_eq!(taken, number >= held_number);
    }
}
