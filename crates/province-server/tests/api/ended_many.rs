//! Many at once: two people decide, and what breaks off goes on where it was.

use credential::{Standing, StatusRef};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::Cnic;
use province_api::reason::Reason;
use province_server::admin::AdminError;
use province_server::audit::Actor;
use province_server::bulk_admin::operator;
use province_server::proofing::Way;
use province_server::rules::bulk::{Act, BulkError, BulkId, OPEN_SECONDS, PEOPLE_MAX};
use province_server::rules::page::Behind;
use province_server::sealed::{PersonId, Subject};
use province_server::store::person::{self, Person};

use crate::bench::{Bench, NOW, randomness};
use crate::documents::{cnic, domicile};

const FRAUD: Act = Act::Revoke(Reason::Fraud);

/// The number of the citizen of this crowd.
fn numbered(number: u32) -> Cnic {
    Cnic::parse(&format!("99999-{:07}-1", 2_000_000 + number)).unwrap()
}

impl Bench {
    /// Enrols many without a phone: what is about many needs nothing of them.
    async fn crowd(&self, count: u32) -> Vec<Cnic> {
        let data = self.office.keys().data().unwrap();
        let cnics: Vec<Cnic> = (0..count).map(numbered).collect();
        let mut write = self.office.store().write().await.unwrap();
        for (number, cnic) in (0..).zip(&cnics) {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&u32::to_be_bytes(number + 1));
            let added = Person {
                id: PersonId::make(&randomness()),
                cnic_index: data.blind_index(Subject::Cnic, cnic.as_str().as_bytes()),
                device_key: key,
                sealed: vec![1],
                status_index: 1_000 + number,
                nadra_at: NOW,
                assurance: 2,
                way: Way::Remote,
                events: 0,
                revoked_at: None,
                disabled_at: None,
            };
            person::add(&mut write, &added).await.unwrap();
        }
        write.commit().await.unwrap();
        cnics
    }

    pub async fn proposed(&self, by: &str, act: Act, cnics: &[Cnic]) -> BulkId {
        let done = self
            .office
            .propose(&operator(by), (act, cnics), &randomness(), self.now())
            .await;
        done.unwrap().bulk.id
    }

    pub async fn approved(&self, by: &str, id: &BulkId) -> Result<(), AdminError> {
        let by = operator(by);
        let seen = (id, &self.people_sha256(id).await);
        self.office.approve(&by, seen, self.now()).await.map(drop)
    }

    /// What somebody has seen who looked at it; zeros where there is none.
    async fn people_sha256(&self, id: &BulkId) -> [u8; 32] {
        let (bulks, _) = self.office.bulks(Behind::START).await.unwrap();
        let found = bulks.iter().find(|one| one.id == *id);
        found.and_then(|one| one.people_sha256).unwrap_or_default()
    }

    async fn step(&self, id: &BulkId) -> bool {
        let done = self.office.end_some(id, &randomness(), self.now()).await;
        done.unwrap()
    }

    async fn standing(&self, numbers: &[u32]) -> Vec<Standing> {
        let status = self.status().await;
        let place = |number: &u32| StatusRef {
            index: 1_000 + number,
            uri: IDENTITY_LIST.to_owned(),
        };
        numbers
            .iter()
            .map(|number| status.standing(&place(number)).unwrap())
            .collect()
    }

    async fn refused_by_hand(&self, sql: &str) {
        assert!(self.by_hand(sql).await.is_err(), "{sql}");
    }
}

fn refusal<T>(done: Result<T, AdminError>) -> &'static str {
    done.err().unwrap().code()
}

#[tokio::test]
async fn nobody_ends_many_alone() {
    let bench = Bench::new().await;
    let cnics = bench.crowd(2).await;
    let office = &bench.office;
    let id = bench.proposed("one", FRAUD, &cnics).await;
    assert!(!bench.step(&id).await, "nothing is done before it is approved");
    assert_eq!(bench.province.end_many().await.unwrap(), 0);
    assert_eq!(refusal(bench.approved("one", &id).await), "four_eyes");
    let mut denied = bench.log().await;
    denied.retain(|(_, did, _)| did == "denied");
    let [(role, _, said)] = &denied[..] else {
        panic!("{denied:?}")
    };
    assert_eq!(
        (role.as_str(), said["code"].as_str()),
        ("operator", Some("four_eyes"))
    );
    let unnamed = office
        .approve(&Actor::OPERATOR, (&id, &[0; 32]), bench.now())
        .await;
    assert_eq!(refusal(unnamed), "bulk_unnamed");
    assert_eq!(refusal(bench.approved("two", &[9; 16]).await), "bulk_not_found");
    assert_eq!(bench.standing(&[0, 1]).await, [Standing::Valid; 2]);

    bench.approved("two", &id).await.unwrap();
    // A command that broke off is begun again; somebody else's comes too late.
    bench.approved("two", &id).await.unwrap();
    assert_eq!(refusal(bench.approved("three", &id).await), "proposal_over");
    let late = office.cancel(&operator("one"), &id, bench.now()).await;
    assert_eq!(refusal(late), "proposal_over");
    // Any server goes on with it.
    assert_eq!(bench.province.end_many().await.unwrap(), 1);
    assert_eq!(bench.province.end_many().await.unwrap(), 0);
    assert_eq!(
        bench.standing(&[0, 1, 2]).await,
        [Standing::Revoked, Standing::Revoked, Standing::Valid]
    );
    let log = bench.log().await;
    let did = |action: &str| log.iter().filter(|(_, did, _)| did == action).count();
    for action in ["bulk_proposed", "bulk_approved", "bulk_done"] {
        assert_eq!(did(action), 1, "{action}");
    }
    assert_eq!(did("revoked"), 2);
    let about = log.iter().find(|(_, did, _)| did == "bulk_approved").unwrap();
    assert_eq!(about.2["reason"], "fraud");
    assert_eq!(about.2["people"], 2);
}

#[tokio::test]
async fn a_proposal_is_cancelled_or_its_time_is_over() {
    let bench = Bench::new().await;
    let cnics = bench.crowd(2).await;
    let cancelled = bench.proposed("one", FRAUD, &cnics).await;
    for _ in 0..2 {
        bench
            .office
            .cancel(&operator("one"), &cancelled, bench.now())
            .await
            .unwrap();
    }
    assert_eq!(refusal(bench.approved("two", &cancelled).await), "proposal_over");
    let (late, just) = (
        bench.proposed("one", FRAUD, &cnics).await,
        bench
            .proposed("one", Act::Suspend(Reason::UnderInquiry), &cnics)
            .await,
    );
    bench.set_time(NOW + OPEN_SECONDS - 1);
    bench.approved("two", &just).await.unwrap();
    bench.set_time(NOW + OPEN_SECONDS);
    assert_eq!(refusal(bench.approved("two", &late).await), "proposal_over");
    bench.province.end_many().await.unwrap();
    assert_eq!(bench.standing(&[0, 1]).await, [Standing::Suspended; 2]);
    let (bulks, _) = bench.office.bulks(Behind::START).await.unwrap();
    assert_eq!(bulks.len(), 3);
    assert_eq!(bulks.iter().filter(|one| one.done_at.is_some()).count(), 1);

    let resume = bench.proposed("one", Act::Resume, &cnics).await;
    bench.approved("two", &resume).await.unwrap();
    bench.province.end_many().await.unwrap();
    assert_eq!(bench.standing(&[0, 1]).await, [Standing::Valid; 2]);
}

#[tokio::test]
async fn what_is_proposed_is_looked_at_first() {
    let bench = Bench::new().await;
    let cnics = bench.crowd(2).await;
    let propose = async |by: &str, act: Act, cnics: &[Cnic]| {
        let (by, source) = (operator(by), randomness());
        bench
            .office
            .propose(&by, (act, cnics), &source, bench.now())
            .await
    };
    assert_eq!(refusal(propose("", FRAUD, &cnics).await), "bulk_unnamed");
    assert_eq!(refusal(propose("one", FRAUD, &[numbered(7)]).await), "bulk_empty");
    let inquiry = Act::Revoke(Reason::UnderInquiry);
    assert_eq!(
        refusal(propose("one", inquiry, &cnics).await),
        "reason_not_for_good"
    );
    let most = u32::try_from(PEOPLE_MAX).unwrap();
    let all: Vec<Cnic> = (0..=most).map(numbered).collect();
    assert_eq!(refusal(propose("one", FRAUD, &all).await), "bulk_too_many");
    let twice = [cnics[0].clone(), cnics[0].clone(), numbered(8)];
    let done = propose("one", FRAUD, &twice).await.unwrap();
    assert_eq!((done.bulk.people, done.not_enrolled), (1, 1));
}

#[tokio::test]
async fn what_breaks_off_between_two_pieces_goes_on_and_is_done_to_nobody_twice() {
    let bench = Bench::new().await;
    let cnics = bench.crowd(450).await;
    let id = bench.proposed("one", FRAUD, &cnics).await;
    bench.approved("two", &id).await.unwrap();
    bench.set_time(NOW + 10);
    assert!(bench.step(&id).await);
    // The machine stops. What was done is published, and the rest is as it was.
    let bench = bench.opened_anew().await;
    let all: Vec<u32> = (0..450).collect();
    let revoked = |standing: &[Standing]| standing.iter().filter(|one| **one == Standing::Revoked).count();
    assert_eq!(revoked(&bench.standing(&all).await), 200);
    assert_eq!(
        (bench.rows("event").await, bench.status().await.manifest().epoch()),
        (200, 2)
    );
    // One is revoked by hand meanwhile, and one released.
    let mut waiting = Vec::new();
    let standing = bench.standing(&all).await;
    for (number, one) in all.iter().zip(standing) {
        if one == Standing::Valid {
            waiting.push(*number);
        }
    }
    let (by_hand, gone) = (numbered(waiting[0]), numbered(waiting[1]));
    bench
        .office
        .revoke(&by_hand, Reason::Deceased, bench.now())
        .await
        .unwrap();
    bench.office.release(&gone, bench.now()).await.unwrap();

    bench.set_time(NOW + 20);
    assert_eq!(bench.province.end_many().await.unwrap(), 1);
    assert_eq!(revoked(&bench.standing(&all).await), 450);
    // Its last piece is published with it: the next manifest is not waited for.
    assert_eq!(bench.status().await.manifest().issued_at(), bench.now());
    assert!(!bench.step(&id).await);
    // Everybody was told once; of the one who was released nothing is left.
    assert_eq!(bench.rows("event").await, 449);
    let log = bench.log().await;
    assert_eq!(log.iter().filter(|(_, did, _)| did == "revoked").count(), 449);
    assert_eq!(log.iter().filter(|(_, did, _)| did == "bulk_done").count(), 1);
}

#[tokio::test]
async fn two_servers_do_each_piece_once() {
    let bench = Bench::new().await;
    let cnics = bench.crowd(250).await;
    let id = bench.proposed("one", FRAUD, &cnics).await;
    bench.approved("two", &id).await.unwrap();
    let other = province_server::admin::Office::open(bench.place.clone())
        .await
        .unwrap();
    let elsewhere = async {
        let source = randomness();
        while other.end_some(&id, &source, bench.now()).await.unwrap() {}
    };
    let (here, ()) = tokio::join!(bench.province.end_many(), elsewhere);
    here.unwrap();
    assert_eq!(bench.rows("event").await, 250);
    other.close().await;
}

#[tokio::test]
async fn a_kind_of_document_is_withdrawn_from_many() {
    let bench = Bench::new().await;
    for number in [0, 1, 2] {
        bench.enrolled(number, u8::try_from(number).unwrap() + 1).await;
    }
    for number in [0, 1] {
        bench.grant(&domicile(number, "PSH-26-1")).await.unwrap();
    }
    let act = Act::Withdraw("domicile".to_owned(), Reason::IssuedInError);
    let id = bench.proposed("one", act, &[cnic(0), cnic(1), cnic(2)]).await;
    bench.approved("two", &id).await.unwrap();
    bench.province.end_many().await.unwrap();
    assert_eq!(bench.rows("holding").await, 0);
    assert_eq!(bench.rows("status_mark").await, 2);
}

#[tokio::test]
async fn the_database_itself_wants_four_eyes() {
    let bench = Bench::new().await;
    let cnics = bench.crowd(3).await;
    let first = bench.proposed("one", FRAUD, &cnics[..2]).await;
    let _other = bench.proposed("one", FRAUD, &cnics[..1]).await;
    bench
        .refused_by_hand("UPDATE bulk SET approver = proposer, approved_at = proposed_at")
        .await;
    bench
        .refused_by_hand("UPDATE bulk SET approver = 'operator:two', approved_at = expires_at")
        .await;
    bench
        .refused_by_hand("UPDATE bulk SET approver = 'operator:two'")
        .await;
    bench
        .refused_by_hand("UPDATE bulk SET done_at = proposed_at")
        .await;
    bench
        .refused_by_hand("UPDATE bulk SET proposer = 'operator:two'")
        .await;
    bench.refused_by_hand("UPDATE bulk SET reason = 'deceased'").await;
    bench
        .refused_by_hand("UPDATE bulk SET expires_at = expires_at + 1")
        .await;
    bench
        .refused_by_hand(
            "INSERT INTO bulk (id, act, reason, people, proposer, proposed_at, expires_at, approver, approved_at)
             SELECT cnic_index, 'revoke', 'fraud', 1, 'a', 1, 9, 'b', 2 FROM person_cnic LIMIT 1",
        )
        .await;
    // Whoever writes in the list behind the proposer's back is found before it is approved.
    bench
        .by_hand("INSERT INTO bulk_person (bulk, person) SELECT bulk.id, person.id FROM bulk, person WHERE people = 2 AND person.id NOT IN (SELECT person FROM bulk_person)")
        .await
        .unwrap();
    assert!(matches!(
        bench.approved("two", &first).await,
        Err(AdminError::Bulk(BulkError::Fault(_)))
    ));
    bench
        .by_hand(
            "DELETE FROM bulk_person WHERE person NOT IN (SELECT id FROM person WHERE status_index < 1002)",
        )
        .await
        .unwrap();
    bench.approved("two", &first).await.unwrap();
    bench
        .refused_by_hand("UPDATE bulk SET approver = 'operator:three' WHERE approver IS NOT NULL")
        .await;
    bench
        .refused_by_hand("UPDATE bulk SET approver = NULL, approved_at = NULL WHERE approver IS NOT NULL")
        .await;
    bench
        .refused_by_hand("UPDATE bulk SET cancelled_at = 5 WHERE approver IS NOT NULL")
        .await;
    bench
        .refused_by_hand("INSERT INTO bulk_person (bulk, person) SELECT bulk.id, person.id FROM bulk, person WHERE approver IS NOT NULL")
        .await;
    bench
        .refused_by_hand("UPDATE bulk_person SET bulk = (SELECT id FROM bulk WHERE approver IS NOT NULL)")
        .await;
}
