//! What the database keeps by itself, whoever asks it: no row takes the place of another that never comes back, none goes
//! before its time, and no part of a table is emptied.

use province_api::officers::OfficerRole;
use province_api::person::Cnic;
use province_api::reason::Reason;
use province_server::rules::bulk::Act;
use province_server::rules::page::Behind;

use crate::bench::{Bench, NOW, citizen_number, kept};
use crate::engine::is_sqlite;

const TABLES: &[&str] = &[
    "status_mark",
    "person",
    "bulk",
    "bulk_person",
    "officer",
    "audit",
    "audit_head",
    "audit_cut",
];

impl Bench {
    /// Everything that stands in these tables.
    async fn standing_rows(&self) -> Vec<(String, i64)> {
        let mut rows = Vec::new();
        for table in TABLES {
            rows.push(((*table).to_owned(), self.rows(table).await));
        }
        rows
    }

    async fn all_refused(&self, statements: &[&str]) {
        let before = self.standing_rows().await;
        for sql in statements {
            assert!(self.by_hand(sql).await.is_err(), "{sql}");
        }
        assert_eq!(self.standing_rows().await, before);
    }
}

fn cnic(number: usize) -> Cnic {
    Cnic::parse(&citizen_number(number).cnic).unwrap()
}

/// A province in which somebody was revoked, somebody is an officer, and a proposal is approved.
async fn province() -> Bench {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    bench.enrolled(1, 2).await;
    bench
        .office
        .revoke(&cnic(0), Reason::Fraud, bench.now())
        .await
        .unwrap();
    bench.officer(OfficerRole::Clerk).await;
    let id = bench
        .proposed("one", Act::Revoke(Reason::Fraud), &[cnic(0), cnic(1)])
        .await;
    bench.approved("two", &id).await.unwrap();
    kept(&bench.province).await;
    bench
}

#[tokio::test]
async fn nothing_goes_and_nothing_is_undone_before_its_time() {
    let bench = province().await;
    bench
        .all_refused(&[
            "DELETE FROM bulk",
            "DELETE FROM bulk_person",
            "UPDATE bulk SET people_sha256 = NULL",
            "UPDATE bulk SET done_at = approved_at",
            "DELETE FROM officer",
            "DELETE FROM audit_head",
            "UPDATE audit_head SET at = at + 1",
            "INSERT INTO bulk_person (bulk, person, done_at) SELECT id, id, 5 FROM bulk",
            "UPDATE person SET id = (SELECT id FROM bulk) WHERE revoked_at IS NULL",
            "UPDATE person SET cnic_index = (SELECT sha256 FROM artefact WHERE name = 'trust-list')",
        ])
        .await;
    // Done to nobody before it is approved, and to nobody twice.
    bench.proposed("one", Act::Resume, &[cnic(1)]).await;
    let of_open = "(SELECT id FROM bulk WHERE approver IS NULL)";
    let early = format!("UPDATE bulk_person SET done_at = 5 WHERE bulk = {of_open}");
    assert!(bench.by_hand(&early).await.is_err());
    bench.province.end_many().await.unwrap();
    bench
        .all_refused(&[
            "UPDATE bulk_person SET done_at = NULL WHERE done_at IS NOT NULL",
            "UPDATE bulk_person SET done_at = done_at + 1 WHERE done_at IS NOT NULL",
        ])
        .await;
}

#[tokio::test]
async fn a_place_that_ended_serves_nobody_again() {
    let bench = province().await;
    bench.office.release(&cnic(0), bench.now()).await.unwrap();
    bench
        .all_refused(&[
            "UPDATE person SET status_index = (SELECT idx FROM status_mark)",
            "INSERT INTO person (id, cnic_index, device_key, sealed, status_index, nadra_outcome, nadra_at)
             SELECT bulk.id, sha256, sha256, sha256, idx, 'matched', 1 FROM bulk, artefact, status_mark
             WHERE name = 'trust-list'",
        ])
        .await;
    // The same at a place that nobody had is taken.
    let free =
        "INSERT INTO person (id, cnic_index, device_key, sealed, status_index, nadra_outcome, nadra_at)
                SELECT bulk.id, sha256, sha256, sha256, idx + 1, 'matched', 1 FROM bulk, artefact, status_mark
                WHERE name = 'trust-list'";
    bench.by_hand(free).await.unwrap();
}

#[tokio::test]
async fn no_row_takes_the_place_of_another_that_stays() {
    if !is_sqlite() {
        return;
    }
    let bench = province().await;
    bench
        .all_refused(&[
            "REPLACE INTO person (id, cnic_index, device_key, sealed, status_index, nadra_outcome, nadra_at, events)
             SELECT id, cnic_index, device_key, sealed, status_index + 1, 'matched', 1, 1 FROM person
             WHERE revoked_at IS NOT NULL",
            "UPDATE OR REPLACE person SET cnic_index = (SELECT cnic_index FROM person WHERE revoked_at IS NOT NULL)
             WHERE revoked_at IS NULL",
            "REPLACE INTO bulk (id, act, reason, people, proposer, proposed_at, expires_at)
             SELECT id, act, reason, people, 'operator:x', proposed_at, expires_at FROM bulk",
            "REPLACE INTO officer (id, role, sealed, created_at) SELECT id, 'supervisor', sealed, created_at FROM officer",
            "REPLACE INTO audit SELECT seq, at, role, 'somebody', action, person, detail, sealed, hash FROM audit",
            "REPLACE INTO audit_head SELECT seq, at + 1, bytes FROM audit_head",
        ])
        .await;
    // A mark that is there is not made anew: the statement does nothing.
    for sql in [
        "REPLACE INTO status_mark SELECT list, purpose, idx, set_at + 1 FROM status_mark",
        "INSERT OR REPLACE INTO status_mark VALUES ('id', 'revoked', (SELECT idx FROM status_mark), 7)",
    ] {
        bench.by_hand(sql).await.unwrap();
    }
    let mut db = bench.office.store().read().await.unwrap();
    let set: Vec<i64> = sqlx::query_scalar("SELECT set_at FROM status_mark")
        .fetch_all(&mut *db)
        .await
        .unwrap();
    assert_eq!(set, [i64::try_from(NOW).unwrap()]);
}

#[tokio::test]
async fn no_part_of_a_table_is_emptied() {
    if is_sqlite() {
        return;
    }
    let bench = province().await;
    for table in ["status_mark", "bulk", "officer", "audit_head", "audit_cut"] {
        bench.all_refused(&[&format!("TRUNCATE {table}")]).await;
    }
    for table in ["audit", "bulk_person"] {
        bench.all_refused(&[&format!("TRUNCATE {table}")]).await;
        for part in 0..16 {
            bench.all_refused(&[&format!("TRUNCATE {table}_{part}")]).await;
        }
    }
}

#[tokio::test]
async fn one_proposal_that_fails_holds_up_no_other_and_is_counted() {
    let bench = Bench::new().await;
    for number in [0, 1] {
        bench.enrolled(number, u8::try_from(number).unwrap() + 1).await;
    }
    let first = bench
        .proposed("one", Act::Revoke(Reason::Fraud), &[cnic(0)])
        .await;
    let second = bench
        .proposed("one", Act::Suspend(Reason::Lost), &[cnic(1)])
        .await;
    bench.approved("two", &first).await.unwrap();
    bench.set_time(NOW + 1);
    bench.approved("two", &second).await.unwrap();
    // Somebody with the files in hand puts one more into the first list.
    let unguard = if is_sqlite() {
        "DROP TRIGGER bulk_person_is_there_before"
    } else {
        "ALTER TABLE bulk_person DISABLE TRIGGER bulk_person_is_there_before"
    };
    bench.by_hand(unguard).await.unwrap();
    let more = "INSERT INTO bulk_person (bulk, person) SELECT bulk.id, person.id FROM bulk, person
                WHERE act = 'revoke' AND person.id NOT IN (SELECT person FROM bulk_person b WHERE b.bulk = bulk.id)";
    bench.by_hand(more).await.unwrap();
    // The clock of the server that does it is behind.
    bench.set_time(NOW - 60);
    assert_eq!(bench.province.end_many().await.unwrap(), 1);
    let (bulks, _) = bench.office.bulks(Behind::START).await.unwrap();
    let done_at = |id| bulks.iter().find(|one| one.id == id).unwrap().done_at;
    assert_eq!((done_at(first), done_at(second)), (None, Some(NOW + 1)));
    let failures = &bench.province.metrics().bulk_failures;
    assert_eq!(failures.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert_eq!(bench.province.end_many().await.unwrap(), 0);
    assert_eq!(failures.load(std::sync::atomic::Ordering::Relaxed), 2);
}
