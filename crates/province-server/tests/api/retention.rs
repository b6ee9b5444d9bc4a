//! How long things are kept: what docs/operations.md says of each table is what upkeep does, to the second, and a backlog goes
//! in batches between which everybody else gets their turn.

mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use credential::DAY;
use province_api::person::Cnic;
use province_api::reason::Reason;
use province_server::rules::audit::AUDIT_DAYS;
use province_server::rules::retention::BATCH_ROWS;
use sqlx::Row as _;

use crate::bench::{Bench, NOW, citizen_number, kept};
use rules::{Counted, OTHERWISE, RULES, Row, Rule, Value};

/// What the runbook says of each table.
fn runbook() -> BTreeMap<String, String> {
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let text = std::fs::read_to_string(text).unwrap();
    let (_, rest) = text.split_once("## What is kept, and how long").unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    let mut tables = BTreeMap::new();
    for line in section.lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [names, _, until] = cells[..] else { continue };
        for name in names.split('`').skip(1).step_by(2) {
            tables.insert(name.to_owned(), until.to_owned());
        }
    }
    tables
}

/// The seconds that words of the runbook mean.
fn seconds(says: &str) -> i64 {
    let (count, unit) = says.split_once(' ').unwrap();
    let count = match count {
        "a" => 1,
        "two" => 2,
        "eight" => 8,
        number => number.parse().unwrap(),
    };
    let unit = match unit {
        "minutes" => 60,
        "hours" => 3_600,
        "day" | "days" => 86_400,
        other => panic!("{other}"),
    };
    count * unit
}

impl Rule {
    /// The time of a row that is just within its time, and of one that is just past it.
    fn times(&self) -> [i64; 2] {
        let now = i64::try_from(NOW).unwrap();
        let last = match self.counted {
            Counted::From => now - seconds(self.says),
            Counted::To => now,
            Counted::ToByAnyClock => now - 60,
            Counted::Day => now / 86_400,
            // The minute that began so long ago is in it no more, the next one is.
            Counted::Minute => (now - seconds(self.says)) / 60 + 1,
            Counted::Never => 5,
        };
        [last, last - 1]
    }
}

type Query = sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments>;

fn bytes<const N: usize>(number: i64) -> Vec<u8> {
    let mut bytes = vec![0; N - 8];
    bytes.extend(number.to_be_bytes());
    bytes
}

/// The one citizen and their rows.
struct Rows<'a> {
    bench: &'a Bench,
    person: Vec<u8>,
}

impl Rows<'_> {
    fn bound(&self, query: Query, value: Value, (number, time): (i64, i64)) -> Query {
        match value {
            Value::Id => query.bind(bytes::<16>(number)),
            Value::Hash => query.bind(bytes::<32>(number)),
            Value::Number => query.bind(number),
            Value::Time => query.bind(time),
            Value::Person => query.bind(self.person.clone()),
            Value::Int(given) => query.bind(given),
            Value::Text(text) => query.bind(text),
            Value::Bytes => query.bind(vec![1_u8]),
        }
    }

    async fn put(&self, (table, _, columns): &Row, of: (i64, i64)) {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let places: Vec<String> = (1..=columns.len()).map(|at| format!("${at}")).collect();
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES ({})",
            names.join(", "),
            places.join(", ")
        );
        let mut query: Query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for (_, value) in *columns {
            query = self.bound(query, *value, of);
        }
        let mut write = self.bench.office.store().write().await.unwrap();
        query.execute(&mut *write).await.unwrap();
        write.commit().await.unwrap();
    }

    async fn is_there(&self, (table, by, columns): &Row, of: (i64, i64)) -> bool {
        let (_, value) = columns.iter().find(|(name, _)| name == by).unwrap();
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {by} = $1");
        let query = self.bound(sqlx::query(sqlx::AssertSqlSafe(sql)), *value, of);
        let mut read = self.bench.office.store().read().await.unwrap();
        query.fetch_one(&mut *read).await.unwrap().get::<i64, _>(0) == 1
    }
}

#[tokio::test]
async fn each_table_is_kept_for_the_time_that_the_runbook_says_and_not_a_second_longer() {
    let runbook = runbook();
    let of_rules = RULES.iter().flat_map(|rule| rule.rows);
    let ruled: BTreeSet<&str> = of_rules.map(|(table, ..)| *table).collect();
    let named: BTreeSet<&str> = runbook.keys().map(String::as_str).collect();
    let otherwise: BTreeSet<&str> = OTHERWISE.iter().copied().collect();
    assert!(ruled.is_disjoint(&otherwise));
    assert_eq!(&ruled | &otherwise, named);
    for rule in RULES {
        let (table, ..) = rule.rows[0];
        assert!(runbook[table].contains(rule.says), "{table}: {}", runbook[table]);
    }

    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let mut read = bench.office.store().read().await.unwrap();
    let person = sqlx::query("SELECT id FROM person").fetch_one(&mut *read);
    let person = person.await.unwrap().get("id");
    drop(read);
    let rows = Rows {
        bench: &bench,
        person,
    };
    let numbers = (1_000..).step_by(2);
    let all: Vec<(&Rule, [(i64, i64); 2])> = RULES
        .iter()
        .zip(numbers)
        .map(|(rule, number)| {
            let [within, past] = rule.times();
            (rule, [(number, within), (number + 1, past)])
        })
        .collect();
    for (rule, both) in &all {
        for of in both {
            for row in rule.rows {
                rows.put(row, *of).await;
            }
            if rule.counted == Counted::Never && rule.rows[0].0 == "bulk" {
                let approve = "UPDATE bulk SET approver = 'operator:two', approved_at = 2 WHERE id = $1";
                let approve = rows.bound(sqlx::query(approve), Value::Id, *of);
                let mut write = bench.office.store().write().await.unwrap();
                approve.execute(&mut *write).await.unwrap();
                write.commit().await.unwrap();
            }
        }
    }
    kept(&bench.province).await;
    for (rule, [within, past]) in &all {
        for row in rule.rows {
            let what = format!("{} of {:?}, {}", row.0, rule.counted, rule.says);
            assert!(rows.is_there(row, *within).await, "{what} went before its time");
            let stays = rule.counted == Counted::Never;
            assert_eq!(rows.is_there(row, *past).await, stays, "{what}, past its time");
        }
    }
}

#[tokio::test]
async fn what_leads_from_one_epoch_to_the_next_goes_when_its_time_is_over() {
    for past in [0, 1] {
        let bench = Bench::new().await;
        bench.enrolled(0, 1).await;
        let cnic = Cnic::parse(&citizen_number(0).cnic).unwrap();
        // There and back: the table between is nobody's any more.
        let suspended = bench.office.suspend(&cnic, Reason::Lost, bench.now());
        suspended.await.unwrap();
        bench.office.resume(&cnic, bench.now()).await.unwrap();
        assert_eq!(bench.rows("status_epoch").await, 3);
        let bits = bench.rows("status_flip").await;
        assert!(bits > 0);
        let is_left = i64::from(past == 0);

        let dropped = bench.rows("status_piece WHERE dropped_at IS NOT NULL").await;
        assert!(dropped > 0);
        bench.set_time(NOW + 2 * DAY + past);
        assert_eq!(kept(&bench.province).await, Some(4));
        let left = bench.rows("status_piece WHERE dropped_at IS NOT NULL").await;
        assert_eq!(left, dropped * is_left);

        bench.set_time(NOW + 30 * DAY + past);
        assert_eq!(kept(&bench.province).await, Some(5));
        assert_eq!(bench.rows("status_epoch WHERE epoch < 4").await, 3 * is_left);
        assert_eq!(bench.rows("status_flip").await, bits * is_left);
    }
}

#[tokio::test]
async fn manifests_of_thirty_days_are_kept_and_older_ones_go() {
    let bench = Bench::new().await;
    for day in 1..=40 {
        bench.set_time(NOW + day * (DAY + 1));
        assert_eq!(kept(&bench.province).await, Some(day + 1));
    }
    let manifests = "artefact WHERE name = 'status-manifest'";
    let older = |days: u64| {
        format!(
            "{manifests} AND issued_at < {}",
            bench.now().minus(days * DAY).unix()
        )
    };
    assert_eq!(bench.rows(&older(32)).await, 0);
    assert!(bench.rows(manifests).await >= 30);
    assert!(bench.rows(&older(29)).await > 0);
}

/// So many rows as one selects them.
fn many(count: u32, insert: &str) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) {insert}")
}

#[tokio::test]
async fn a_backlog_goes_in_batches_and_everybody_else_writes_in_between() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let batch = i64::from(BATCH_ROWS);
    let insert =
        "INSERT INTO event (person, seq, at, kind) SELECT id, 1000 + i, 1, 'passes_issued' FROM person, n";
    bench.write(many(2 * BATCH_ROWS + 7, insert)).await;
    let left = async || bench.rows("event WHERE kind = 'passes_issued'").await;
    assert_eq!(left().await, 2 * batch + 7);
    // Without a turn of upkeep nothing is begun.
    bench.province.tick().await;
    assert_eq!(left().await, 2 * batch + 7);
    kept(&bench.province).await;
    for expected in [batch + 7, 7, 0] {
        assert_eq!(left().await, expected);
        let challenges = bench.rows("challenge").await;
        bench.challenge(&phone).await;
        assert_eq!(bench.rows("challenge").await, challenges + 1);
        bench.province.tick().await;
    }
    // It was done: the next ticks look for nothing.
    bench.write(many(1, insert)).await;
    bench.province.tick().await;
    assert_eq!(left().await, 1);
    kept(&bench.province).await;
    assert_eq!(left().await, 0);
}

#[tokio::test]
async fn a_backlog_of_the_audit_log_goes_in_batches_and_the_log_is_whole_all_the_time() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let insert = "INSERT INTO audit_waiting (at, role, actor, action, person, detail)
         SELECT 1, 'operator', '', 'key_added', id, '{}' FROM person, n";
    bench.write(many(BATCH_ROWS + 7, insert)).await;
    bench.province.chain_audit().await.unwrap();
    assert_eq!(bench.rows("audit_waiting").await, 0);
    kept(&bench.province).await;
    let whole = bench.looked().await;
    assert_eq!((whole.cut, whole.wrong), (0, None));

    bench.set_time(NOW + AUDIT_DAYS * DAY + 2 * DAY);
    let entries = async || bench.rows(&format!("audit WHERE seq <= {}", whole.signed)).await;
    let all = entries().await;
    // The keys of a test province serve two years: what it cannot sign any more holds up nothing.
    bench.province.upkeep().await;
    assert_eq!(entries().await, all - i64::from(BATCH_ROWS));
    let looked = bench.looked().await;
    assert_eq!((looked.cut, looked.wrong), (whole.signed, None));
    bench.province.tick().await;
    assert_eq!(entries().await, 0);
    let looked = bench.looked().await;
    assert_eq!((looked.cut, looked.wrong), (whole.signed, None));
}
