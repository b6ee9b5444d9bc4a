//! Looking after the published data while a key is missing, or a list has hardly any room.

use std::process::Stdio;

use credential::{DAY, RiskRules, Shape, Timestamp, TrustList, Vct};
use province_api::artefacts::IDENTITY_LIST;
use province_api::paths;
use province_server::admin::{Desks, Office};
use province_server::key_admin::Standing;
use province_server::randomness::Randomness;
use province_server::rules::Fault;
use province_server::sealed::BlindIndex;
use province_server::store::attempt;
use sqlx::{Executor as _, Row as _};

use crate::bench::{Bench, Counting, NOW, kept, test_roots};
use crate::engine;
use crate::fallen::NEEDED;
use crate::process::{get, serve};

impl Bench {
    pub async fn rows(&self, table: &str) -> i64 {
        let count = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let mut read = self.office.store().read().await.unwrap();
        read.fetch_one(count).await.unwrap().get(0)
    }

    pub async fn write(&self, statement: String) {
        let mut write = self.office.store().write().await.unwrap();
        write.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
        write.commit().await.unwrap();
    }

    /// Somebody was refused on this day.
    async fn tried_on(&self, day: i64) {
        let mut write = self.office.store().write().await.unwrap();
        let somebody = BlindIndex::from_bytes([0; 32]);
        attempt::count(&mut write, &somebody, day).await.unwrap();
        write.commit().await.unwrap();
    }

    async fn rules_number(&self) -> u64 {
        let bytes = self.get(paths::RISK_RULES).await.body;
        RiskRules::read_unverified(&bytes).unwrap().sequence
    }
}

#[tokio::test]
async fn a_missing_key_holds_up_nothing_that_needs_none_of_it() {
    for gone in NEEDED {
        for days in [2, 31] {
            let bench = Bench::new().await;
            let phone = bench.enrolled(0, 1).await;
            bench.issued(&phone, 0, &["age"]).await;
            bench.challenge(&phone).await;
            let today = NOW / DAY;
            bench.tried_on(i64::try_from(today).unwrap()).await;
            bench.steal(gone).await;
            let listed = bench.next_list(Desks::MayBeUndecided).await.unwrap();
            assert_eq!(listed.undecided, [gone]);

            bench.set_time(NOW + days * DAY);
            let done = bench.province.upkeep().await;
            let what = format!("{gone} after {days} days: {done:?}");
            let rules_are_due = days > 30;
            let holds_up = gone == Vct::STATUS_MANIFEST || (gone == Vct::RISK_RULES && rules_are_due);
            match done.faults[..] {
                [] => assert!(!holds_up, "{what}"),
                [Fault::NoKey(vct)] => assert!(holds_up && vct == gone, "{what}"),
                _ => panic!("{what}"),
            }
            let epoch = (gone != Vct::STATUS_MANIFEST).then_some(2);
            assert_eq!(done.epoch, epoch, "{what}");
            let rules = (rules_are_due && gone != Vct::RISK_RULES).then_some(2);
            assert_eq!(done.rules, rules, "{what}");
            // Not only said, but kept.
            assert_eq!(bench.rules_number().await, rules.unwrap_or(1), "{what}");
            let manifests = bench.rows("artefact WHERE name = 'status-manifest'").await;
            assert_eq!(manifests, if epoch.is_some() { 2 } else { 1 }, "{what}");
            assert_eq!(bench.rows("challenge").await, 0, "{what}");
            assert_eq!(bench.rows("attempt").await, 0, "{what}");
            assert_eq!(bench.rows("answer").await, 2, "{what}");
            assert_eq!(bench.rows("seen").await, 0, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "the program reads the machine's clock, so its province was made so many days before"
)]
async fn a_province_without_a_key_serves_what_it_has() {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    for gone in NEEDED {
        for days in [2, 31] {
            let folder = tempfile::tempdir().unwrap();
            let data = folder.path().join("province");
            let then = Timestamp::from_unix(now.as_secs()).minus(days * DAY);
            let (seeds, shape) = (&sandbox::roots::ROOT_SEEDS, Shape::new(1, 256).unwrap());
            let randomness = Randomness::new(Counting(1));
            let made = Office::make_with(engine::place(&data), seeds, shape, &randomness, then).await;
            let office = made.unwrap().0;
            let keys = office.list_keys().await.unwrap();
            let key = keys.iter().find(|row| row.allowed == [gone]).unwrap();
            let id = credential::PublicKey::parse(&key.key).unwrap().key_id();
            let withdrawn = office
                .withdraw_key(id, then.start_of_day(), Standing::Nothing, then)
                .await;
            withdrawn.unwrap();
            office.publish_trust(Desks::MayBeUndecided, then).await.unwrap();
            office.close().await;

            let log = folder.path().join("log");
            let service = serve(
                &data,
                "http://127.0.0.1:9",
                Stdio::from(std::fs::File::create(&log).unwrap()),
            );
            let list = TrustList::verify(&get(&service, paths::TRUST_LIST), &test_roots(), None).unwrap();
            assert_eq!(list.sequence(), 2);
            let rules = RiskRules::read_unverified(&get(&service, paths::RISK_RULES)).unwrap();
            let are_new = days > 30 && gone != Vct::RISK_RULES;
            assert_eq!(rules.sequence, if are_new { 2 } else { 1 }, "{gone} {days}");
            drop(service);
            let said = std::fs::read_to_string(&log).unwrap();
            let fails = gone == Vct::STATUS_MANIFEST || (gone == Vct::RISK_RULES && days > 30);
            let cause = format!("no key of the published trust list may sign {gone} now");
            assert_eq!(said.matches(&cause).count(), usize::from(fails), "{said}");
        }
    }
}

#[tokio::test]
async fn a_list_that_is_nearly_full_is_told_in_time() {
    let bench = Bench::new().await;
    // Of the 2^16 indices that are looked at, one fewer than 95 in a hundred.
    bench
        .write(format!(
            "WITH RECURSIVE drawn(idx) AS (SELECT 0 UNION ALL SELECT idx + 1 FROM drawn WHERE idx < 62258)
             INSERT INTO status_entry SELECT '{IDENTITY_LIST}', idx FROM drawn"
        ))
        .await;
    assert_eq!(bench.province.upkeep().await.nearly_full, []);
    bench
        .write(format!(
            "INSERT INTO status_entry VALUES ('{IDENTITY_LIST}', 65535)"
        ))
        .await;
    let told = [(IDENTITY_LIST.to_owned(), 95)];
    assert_eq!(bench.province.upkeep().await.nearly_full, told);
    assert_eq!(kept(&bench.province).await, None, "it is no fault");
}
