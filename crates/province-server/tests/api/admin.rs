//! The operator's commands, as functions, while the service runs.

use std::sync::Arc;

use credential::{DAY, ProvinceConfig, RootKind, SecretKey, Standing, Timestamp, Vct};
use province_api::enrolment::EnrolmentReply;
use province_api::paths;
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use province_server::admin::{AdminError, CERTIFICATE_DAYS_MAX, Office};
use province_server::keys::KeyFileError;
use province_server::randomness::Randomness;
use province_server::rules::end::Ended;
use province_server::{AppParts, Province};

use crate::bench::{Bench, Counting, NOW, Phone, citizen_number, kept, test_roots};
use crate::passes::desk;

fn cnic(number: usize) -> Cnic {
    Cnic::parse(&citizen_number(number).cnic).unwrap()
}

#[tokio::test]
async fn a_revocation_by_another_program_is_visible_at_once() {
    let bench = Bench::new().await;
    let (one, two) = (bench.enrolled(0, 1).await, bench.enrolled(1, 2).await);
    let index = |reply: province_api::passes::PassesReply| {
        let pass = credential::Credential::parse(&reply.credentials[0].0).unwrap();
        pass.unverified_claims().status.clone().unwrap()
    };
    let first = index(bench.issued(&one, 0, &["identity"]).await);
    let second = index(bench.issued(&two, 0, &["identity"]).await);
    assert_ne!(first.index, second.index);

    // Connections of its own, as another process has.
    let office = Office::open(bench.place.clone()).await.unwrap();
    let done = office.revoke(&cnic(0), Reason::Fraud, bench.now()).await.unwrap();
    assert_eq!(done, Ended::Now { epoch: 2 });
    let status = bench.status().await;
    assert_eq!(status.manifest().epoch(), 2);
    assert_eq!(status.standing(&first), Some(Standing::Revoked));
    assert_eq!(status.standing(&second), Some(Standing::Valid));

    assert_eq!(
        office.revoke(&cnic(0), Reason::Fraud, bench.now()).await.unwrap(),
        Ended::Before
    );
    assert_eq!(
        office.revoke(&cnic(2), Reason::Fraud, bench.now()).await.unwrap(),
        Ended::NotEnrolled
    );
    assert_eq!(bench.status().await.manifest().epoch(), 2);
}

#[tokio::test]
async fn a_released_citizen_enrols_on_a_new_phone_and_the_old_passes_are_revoked() {
    let bench = Bench::new().await;
    let old = bench.enrolled(0, 1).await;
    let pass = bench.issued(&old, 0, &["identity"]).await.credentials.remove(0);
    let before = credential::Credential::parse(&pass.0).unwrap();
    let before = before.unverified_claims().status.clone().unwrap();
    let form = citizen_number(0).enrolment();
    let new = Phone::new(2);
    assert_eq!(
        bench.enrol(&new, &form).await.code(),
        ProblemCode::AlreadyEnrolled
    );

    let done = bench.office.release(&cnic(0), bench.now()).await.unwrap();
    assert_eq!(done, Ended::Now { epoch: 2 });
    assert_eq!(bench.people().await, 0);
    let _: EnrolmentReply = bench.enrol(&new, &form).await.json();
    assert_eq!(
        bench.post(&old, paths::CHALLENGES, b"").await.code(),
        ProblemCode::DeviceUnknown
    );
    let pass = bench.issued(&new, 0, &["identity"]).await.credentials.remove(0);
    let after = credential::Credential::parse(&pass.0).unwrap();
    let after = after.unverified_claims().status.clone().unwrap();
    assert_ne!(before.index, after.index, "an index is never given twice");
    let status = bench.status().await;
    assert_eq!(status.standing(&before), Some(Standing::Revoked));
    assert_eq!(status.standing(&after), Some(Standing::Valid));
    assert_eq!(
        bench.office.release(&cnic(1), bench.now()).await.unwrap(),
        Ended::NotEnrolled
    );
}

#[tokio::test]
async fn a_manifest_is_signed_anew_when_it_is_a_day_old() {
    let bench = Bench::new().await;
    let clock = Arc::clone(&bench.clock);
    let province = Province::new(AppParts {
        store: bench.office.store().clone(),
        keys: bench.office.keys().serving().unwrap(),
        nadra: bench.nadra.clone(),
        clock: Arc::new(move || Timestamp::from_unix(clock.load(std::sync::atomic::Ordering::SeqCst))),
        randomness: Randomness::new(Counting(4)),
    });
    bench.set_time(NOW + DAY);
    assert_eq!(kept(&province).await, None);
    for turn in 1..=5 {
        bench.set_time(NOW + turn * (DAY + 1));
        assert_eq!(kept(&province).await, Some(turn + 1));
        let status = bench.status().await;
        assert_eq!(status.manifest().epoch(), turn + 1);
        assert_eq!(status.manifest().issued_at(), bench.now());
        assert_eq!(status.manifest().expires(), bench.now().plus(7 * DAY));
    }
}

#[tokio::test]
async fn a_clock_that_was_ahead_is_mended_at_the_next_turn() {
    let bench = Bench::new().await;
    bench.set_time(NOW + 370 * DAY);
    assert_eq!(kept(&bench.province).await, Some(2));
    bench.set_time(NOW + 60);
    assert_eq!(kept(&bench.province).await, Some(3));
    let status = bench.status().await;
    assert_eq!(status.manifest().epoch(), 3);
    assert_eq!(status.manifest().issued_at(), bench.now());
    // Two clocks a minute apart do not sign in turns.
    bench.set_time(NOW);
    assert_eq!(kept(&bench.province).await, None);
}

#[tokio::test]
async fn the_configuration_verifies_under_the_roots_and_says_test() {
    let bench = Bench::new().await;
    let bytes = bench
        .office
        .config("http://127.0.0.1:4000/", bench.now())
        .unwrap();
    let config = ProvinceConfig::verify(&bytes, &test_roots(), bench.now()).unwrap();
    assert_eq!(config.api_url(), "http://127.0.0.1:4000");
    assert_eq!(config.kind(), RootKind::Test);
}

#[tokio::test]
async fn a_certificate_lets_its_desk_ask_for_what_it_names_only() {
    let bench = Bench::new().await;
    let now = bench.now();
    let key = SecretKey::from_seed([77; 32]);
    let certificate = bench
        .office
        .counter_certificate(&desk(&key, &[Vct::NAME_PHOTO]), now)
        .await
        .unwrap();
    let trust = bench.trust().await;
    let may_ask = |vct| {
        let signer = credential::Signer {
            key: &key,
            certificate: Some(&certificate),
        };
        let request = credential::build_request(&vct, "kp:test-desk", [1; 16], now, Some(signer)).unwrap();
        credential::read_request(&request.text, Some(&trust), now)
            .unwrap()
            .may_ask()
            .is_ok()
    };
    assert!(may_ask(Vct::NAME_PHOTO));
    assert!(!may_ask(Vct::IDENTITY));
}

#[tokio::test]
async fn a_certificate_lasts_no_longer_than_its_limit() {
    let bench = Bench::new().await;
    let key = SecretKey::from_seed([77; 32]);
    let lasting = |days| {
        let mut desk = desk(&key, &[Vct::AGE]);
        desk.days = days;
        desk
    };
    let longest = lasting(CERTIFICATE_DAYS_MAX);
    let bytes = bench
        .office
        .counter_certificate(&longest, bench.now())
        .await
        .unwrap();
    let claims = credential::CounterCertificateClaims::read_unverified(&bytes).unwrap();
    assert_eq!(claims.exp, claims.iat.plus(400 * DAY));
    for (days, code) in [
        (CERTIFICATE_DAYS_MAX + 1, "certificate_too_long"),
        (u64::MAX, "certificate_too_long"),
        (0, "issue_never_valid"),
    ] {
        let refused = bench
            .office
            .counter_certificate(&lasting(days), bench.now())
            .await;
        assert_eq!(refused.unwrap_err().code(), code, "{days}");
    }
}

#[tokio::test]
async fn a_province_is_not_made_over_another() {
    let bench = Bench::new().await;
    let again = Office::make(
        bench.place.clone(),
        &sandbox::roots::ROOT_SEEDS,
        &Randomness::new(Counting(9)),
        bench.now(),
    )
    .await;
    assert!(matches!(again, Err(AdminError::Keys(KeyFileError::Exists))));
    assert_eq!(bench.trust().await.sequence(), 1);
}

#[tokio::test]
async fn without_its_identity_file_the_province_opens_nothing() {
    let bench = Bench::new().await;
    std::fs::remove_file(bench.folder.path().join("identity.txt")).unwrap();
    let opened = Office::open(bench.place.clone()).await;
    assert!(matches!(opened, Err(AdminError::Keys(KeyFileError::File(_)))));
    assert!(matches!(
        bench.office.keys().serving(),
        Err(KeyFileError::File(_))
    ));
    assert!(bench.office.config("http://127.0.0.1:1", bench.now()).is_err());
    assert!(
        bench
            .office
            .revoke(&cnic(0), Reason::Fraud, bench.now())
            .await
            .is_err()
    );
}
