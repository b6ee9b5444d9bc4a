//! What has ended: published within a minute of the decision in every way that there is, with its reason, and for good.

use std::time::Duration;

use credential::{Credential, Standing, StatusRef, Vct};
use province_api::artefacts::{ESTAMP_LIST, IDENTITY_LIST};
use province_api::audit::AuditReply;
use province_api::enrolment::EnrolmentReply;
use province_api::paths;
use province_api::reason::Reason;
use province_api::sync::{Event, LostReply};
use province_server::admin::Desks;
use province_server::rules::end::Ended;
use province_server::rules::published::LEASE;

use crate::bench::{Bench, NOW, Phone};
use crate::documents::{cnic, domicile};
use crate::engine::is_sqlite;
use crate::sync::{Known, whats};

/// How long after a decision everybody can fetch it, in seconds.
const PUBLISHED_WITHIN: u64 = 60;

impl Bench {
    /// Where the bit of this citizen's identity is now.
    pub async fn identity_of(&self, citizen: usize) -> StatusRef {
        let data = self.office.keys().data().unwrap();
        let index = data.blind_index(
            province_server::sealed::Subject::Cnic,
            cnic(citizen).as_str().as_bytes(),
        );
        let mut db = self.office.store().read().await.unwrap();
        let person = province_server::store::person::with_cnic(&mut db, &index)
            .await
            .unwrap();
        StatusRef {
            index: person.unwrap().status_index,
            uri: IDENTITY_LIST.to_owned(),
        }
    }

    /// Looks that what was decided `ago` is published by a manifest of now: this bit stands so.
    async fn published(&self, decided: u64, at: &StatusRef, standing: Standing) {
        let status = self.status().await;
        assert_eq!(status.standing(at), Some(standing));
        let issued = status.manifest().issued_at().unix();
        assert!(
            (decided..=decided + PUBLISHED_WITHIN).contains(&issued),
            "decided at {decided}, published at {issued}"
        );
    }

    /// Where a document's bit is that this phone draws.
    async fn drawn(&self, phone: &Phone, first: u64, vct: &str) -> StatusRef {
        let pass = self.issued(phone, first, &[vct]).await.credentials.remove(0);
        let pass = Credential::parse(&pass.0).unwrap();
        pass.unverified_claims().status.clone().unwrap()
    }

    /// A minute and more later: no manifest of before counts for what is decided now.
    fn later(&self) -> u64 {
        self.set_time(self.now().unix() + 2 * PUBLISHED_WITHIN);
        self.now().unix()
    }

    /// What a failed decision must not have touched.
    async fn untouched(&self) -> (i64, i64, u64) {
        let epoch = self.status().await.manifest().epoch();
        (self.rows("status_mark").await, self.rows("event").await, epoch)
    }
}

#[tokio::test]
async fn whatever_way_something_ends_it_is_published_within_a_minute() {
    // A server answers from what it read up to this long ago.
    assert!(LEASE < Duration::from_secs(PUBLISHED_WITHIN));
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let office = &bench.office;
    let first = bench.identity_of(0).await;

    let at = bench.later();
    office
        .suspend(&cnic(0), Reason::UnderInquiry, bench.now())
        .await
        .unwrap();
    bench.published(at, &first, Standing::Suspended).await;
    let at = bench.later();
    office.resume(&cnic(0), bench.now()).await.unwrap();
    bench.published(at, &first, Standing::Valid).await;

    // A document that another one takes the place of, and one that is withdrawn.
    bench.grant(&domicile(0, "PSH-26-1")).await.unwrap();
    let older = bench.drawn(&phone, 0, "domicile").await;
    let at = bench.later();
    bench.grant(&domicile(0, "PSH-26-2")).await.unwrap();
    bench.published(at, &older, Standing::Revoked).await;
    let newer = bench.drawn(&phone, 1, "domicile").await;
    let at = bench.later();
    bench.withdraw(&Vct::parse("domicile").unwrap()).await.unwrap();
    bench.published(at, &newer, Standing::Revoked).await;
}

#[tokio::test]
async fn whatever_way_a_wallet_or_a_person_ends_it_is_published_within_a_minute() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let office = &bench.office;
    let first = bench.identity_of(0).await;
    // And a document that is used up.
    let stamp = StatusRef {
        index: 77,
        uri: ESTAMP_LIST.to_owned(),
    };
    let at = bench.later();
    office.consume(&stamp, bench.now()).await.unwrap();
    bench.published(at, &stamp, Standing::Consumed).await;

    // A wallet that its citizen reports lost, and the phone that takes its place.
    let at = bench.later();
    let _: LostReply = bench.lose(&Phone::new(3), 0).await.json();
    bench.published(at, &first, Standing::Revoked).await;
    let _: EnrolmentReply = bench.rebind(&Phone::new(4), 0).await.json();
    let second = bench.identity_of(0).await;
    let at = bench.later();
    let _: EnrolmentReply = bench.rebind(&Phone::new(5), 0).await.json();
    bench.published(at, &second, Standing::Revoked).await;

    // A wallet that a clerk disables, a person who is revoked, and one who is released.
    for (citizen, number) in [(1, 11), (2, 12)] {
        bench.enrolled(citizen, number).await;
    }
    for citizen in [0, 1, 2] {
        let place = bench.identity_of(citizen).await;
        let at = bench.later();
        let now = bench.now();
        let done = match citizen {
            1 => office.disable(&cnic(1), now).await,
            2 => office.revoke(&cnic(2), Reason::Deceased, now).await,
            _ => office.release(&cnic(0), now).await,
        };
        assert!(matches!(done.unwrap(), Ended::Now { .. }));
        bench.published(at, &place, Standing::Revoked).await;
    }
}

#[tokio::test]
async fn nothing_is_confirmed_that_is_not_published() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.grant(&domicile(0, "PSH-26-1")).await.unwrap();
    bench.issued(&phone, 0, &["domicile"]).await;
    bench.enrolled(1, 2).await;
    let office = &bench.office;
    office.suspend(&cnic(1), Reason::Lost, bench.now()).await.unwrap();
    // No key of the list may sign a manifest.
    bench.steal(Vct::STATUS_MANIFEST).await;
    bench.next_list(Desks::MayBeUndecided).await.unwrap();
    let manifest = bench.get(paths::STATUS_MANIFEST).await.body;
    let touched = async || (bench.rows("status_mark").await, bench.rows("event").await);
    let before = touched().await;

    let now = bench.now();
    let stamp = StatusRef {
        index: 7,
        uri: ESTAMP_LIST.to_owned(),
    };
    office.revoke(&cnic(0), Reason::Fraud, now).await.unwrap_err();
    office.suspend(&cnic(0), Reason::Lost, now).await.unwrap_err();
    office.resume(&cnic(1), now).await.unwrap_err();
    office.disable(&cnic(0), now).await.unwrap_err();
    office.release(&cnic(0), now).await.unwrap_err();
    office.consume(&stamp, now).await.unwrap_err();
    bench
        .withdraw(&Vct::parse("domicile").unwrap())
        .await
        .unwrap_err();
    bench.grant(&domicile(0, "PSH-26-2")).await.unwrap_err();
    assert_eq!(bench.lose(&Phone::new(3), 0).await.status.as_u16(), 500);
    assert_eq!(bench.rebind(&Phone::new(4), 0).await.status.as_u16(), 500);
    assert_eq!(touched().await, before);
    assert_eq!(bench.people().await, 2);
    assert_eq!(bench.get(paths::STATUS_MANIFEST).await.body, manifest);
}

#[tokio::test]
async fn the_citizen_is_told_why() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.grant(&domicile(0, "PSH-26-1")).await.unwrap();
    let mut known = Known::default();
    bench.sync(&phone, &mut known).await;
    let office = &bench.office;
    office
        .suspend(&cnic(0), Reason::CourtOrder, bench.now())
        .await
        .unwrap();
    bench.withdraw(&Vct::parse("domicile").unwrap()).await.unwrap();
    office
        .revoke(&cnic(0), Reason::IssuedInError, bench.now())
        .await
        .unwrap();
    let told = bench.sync(&phone, &mut known).await;
    let vct = "domicile".to_owned();
    assert_eq!(
        whats(&told),
        [
            Event::Suspended {
                reason: Some(Reason::CourtOrder)
            },
            Event::DocumentWithdrawn {
                vct,
                no: 0,
                reason: Some(Reason::DepartmentWithdrawal)
            },
            Event::Revoked {
                reason: Some(Reason::IssuedInError)
            },
        ]
    );
    bench.province.chain_audit().await.unwrap();
    let all: AuditReply = bench.post(&phone, paths::AUDIT, b"{}").await.json();
    let why = |action: &str| {
        let entry = all.entries.iter().find(|one| one.action == action).unwrap();
        entry.detail["reason"].clone()
    };
    assert_eq!(why("suspended"), "court_order");
    assert_eq!(why("document_withdrawn"), "department_withdrawal");
    assert_eq!(why("revoked"), "issued_in_error");
    // Nobody reads it in the database.
    let bytes = bench.database_bytes();
    assert!(!bytes.windows(11).any(|some| some == b"court_order"));
}

#[tokio::test]
async fn the_database_itself_keeps_what_has_ended() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    bench.enrolled(1, 2).await;
    let (office, now) = (&bench.office, bench.now());
    office.suspend(&cnic(1), Reason::Lost, now).await.unwrap();
    office.revoke(&cnic(0), Reason::Fraud, now).await.unwrap();
    let stamp = StatusRef {
        index: 7,
        uri: ESTAMP_LIST.to_owned(),
    };
    office.consume(&stamp, now).await.unwrap();
    let before = bench.untouched().await;
    let mut refused = vec![
        "DELETE FROM status_mark",
        "DELETE FROM status_mark WHERE purpose = 'revoked'",
        "DELETE FROM status_mark WHERE purpose = 'consumed'",
        "UPDATE status_mark SET purpose = 'suspended' WHERE purpose = 'revoked'",
        "UPDATE status_mark SET idx = idx + 1",
        "UPDATE person SET revoked_at = NULL WHERE revoked_at IS NOT NULL",
        "UPDATE person SET revoked_at = revoked_at + 1 WHERE revoked_at IS NOT NULL",
        "UPDATE person SET status_index = status_index + 1 WHERE revoked_at IS NOT NULL",
    ];
    if !is_sqlite() {
        refused.push("TRUNCATE status_mark");
    }
    for sql in refused {
        assert!(bench.by_hand(sql).await.is_err(), "{sql}");
    }
    assert_eq!(bench.untouched().await, before);
    // A suspension is another thing, and so is a revoked person's other data and their release.
    bench
        .by_hand("DELETE FROM status_mark WHERE purpose = 'suspended'")
        .await
        .unwrap();
    bench
        .by_hand("UPDATE person SET nadra_at = nadra_at + 1 WHERE revoked_at IS NOT NULL")
        .await
        .unwrap();
    let done = office.release(&cnic(0), now).await.unwrap();
    assert!(matches!(done, Ended::Now { .. }));
}

#[tokio::test]
async fn what_was_published_as_ended_is_not_published_as_good_by_whatever_the_tables_say() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let office = &bench.office;
    office.revoke(&cnic(0), Reason::Fraud, bench.now()).await.unwrap();
    let place = bench.identity_of(0).await;
    let sql = if is_sqlite() {
        "DROP TRIGGER status_mark_is_for_good"
    } else {
        "ALTER TABLE status_mark DISABLE TRIGGER ALL"
    };
    bench.by_hand(sql).await.unwrap();
    bench.by_hand("DELETE FROM status_mark").await.unwrap();
    // The mark would be set, and so the published bit would turn back.
    let refused = office
        .revoke(&cnic(0), Reason::Fraud, bench.now())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "ended_for_good");
    bench.set_time(NOW + 60);
    assert_eq!(bench.status().await.standing(&place), Some(Standing::Revoked));
}
