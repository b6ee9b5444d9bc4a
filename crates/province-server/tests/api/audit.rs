//! The audit log: what is done is in it, nobody's number is, and whatever is changed afterwards is found.

use credential::{DAY, Vct};
use province_api::audit::{AuditReply, AuditRequest};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use province_server::admin::Office;
use province_server::audit_admin::Sealed;
use province_server::bulk_admin::operator;
use province_server::rules::Fault;
use province_server::rules::audit::{AUDIT_DAYS, Known, Looked, Wrong};
use serde_json::Value;
use sqlx::Executor as _;

use crate::bench::{Bench, Phone, citizen_number, kept};

const HOUR: u64 = 3_600;

impl Bench {
    async fn looked_knowing(&self, known: &[Known]) -> Looked {
        self.office.look_at_audit(known, self.now()).await.unwrap()
    }

    /// As whoever owns the database can.
    async fn without_guards(&self, tables: &[&str]) {
        let guards = if crate::engine::is_sqlite() {
            let triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = $1";
            let mut drops = Vec::new();
            for table in tables {
                let mut db = self.office.store().read().await.unwrap();
                let names = sqlx::query_scalar::<_, String>(triggers).bind((*table).to_owned());
                let names = names.fetch_all(&mut *db).await.unwrap();
                drops.extend(names.into_iter().map(|name| format!("DROP TRIGGER {name}")));
            }
            drops
        } else {
            let disable = |table| format!("ALTER TABLE {table} DISABLE TRIGGER ALL");
            tables.iter().map(disable).collect()
        };
        for statement in guards {
            self.by_hand(&statement).await.unwrap();
        }
    }

    pub async fn looked(&self) -> Looked {
        self.looked_knowing(&[]).await
    }

    /// What the log says, oldest first: role, action and detail of each entry but those of looking here.
    pub async fn log(&self) -> Vec<(String, String, Value)> {
        let lines = self.exported(Sealed::Opened).await;
        let is_entry = |line: &&Value| line["number"].is_u64() && line["action"] != "audit_opened";
        let entries = lines.iter().filter(is_entry);
        entries
            .map(|line| {
                let word = |key: &str| line[key].as_str().unwrap().to_owned();
                let mut detail: Value = serde_json::from_str(line["detail"].as_str().unwrap()).unwrap();
                if let Some(opened) = line["opened"].as_object() {
                    detail.as_object_mut().unwrap().extend(opened.clone());
                }
                (word("role"), word("action"), detail)
            })
            .collect()
    }

    async fn exported(&self, sealed: Sealed) -> Vec<Value> {
        let mut file = Vec::new();
        self.office
            .export_audit(&mut file, sealed, self.now())
            .await
            .unwrap();
        let text = String::from_utf8(file).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// What somebody does who may write the database.
    pub async fn by_hand(&self, sql: &str) -> Result<(), sqlx::Error> {
        let mut write = self.office.store().write().await.unwrap();
        write.execute(sqlx::AssertSqlSafe(sql.to_owned())).await?;
        write.commit().await.unwrap();
        Ok(())
    }
}

#[tokio::test]
async fn what_is_done_is_in_the_log_with_who_did_it_and_no_number_of_anybody() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.issued(&phone, 0, &["age", "residence"]).await;
    let cnic = citizen_number(0).enrolment();
    let cnic = province_api::person::Cnic::parse(&cnic.cnic).unwrap();
    bench
        .office
        .suspend(&cnic, Reason::Lost, bench.now())
        .await
        .unwrap();
    let mut office = Office::open(bench.place.clone()).await.unwrap();
    office = office.run_by(operator("clerk-7"));
    office.resume(&cnic, bench.now()).await.unwrap();
    office.close().await;

    let log = bench.log().await;
    let about = |action: &str| log.iter().filter(|(_, did, _)| did == action).collect::<Vec<_>>();
    assert_eq!(about("enrolled")[0].0, "citizen");
    assert_eq!(about("proofed")[0].2["outcome"], "matched");
    assert_eq!(about("passes_issued")[0].2["passes"]["age"], 1);
    let signed = &about("signed")[0].2;
    assert_eq!(signed["count"], 2);
    assert_eq!(signed["keys"].as_object().unwrap().len(), 2);
    assert_eq!(about("suspended")[0].0, "operator");
    assert_eq!(about("resumed")[0].0, "operator");
    let lines = bench.exported(Sealed::Closed).await;
    let resumed = lines.iter().find(|line| line["action"] == "resumed").unwrap();
    assert_eq!(resumed["actor"], "clerk-7");
    // Every file that was ever signed.
    let files: Vec<&str> = about("published")
        .iter()
        .map(|(.., what)| what["file"].as_str().unwrap())
        .collect();
    for file in [
        "type-register",
        "trust-list",
        "risk-rules",
        "catalogue",
        "status-manifest",
    ] {
        assert!(files.contains(&file), "{file}");
    }
    let lines = async |sealed| {
        let lines = bench.exported(sealed).await;
        lines.iter().map(Value::to_string).collect::<String>()
    };
    let (closed, all) = (lines(Sealed::Closed).await, lines(Sealed::Opened).await);
    assert!(!closed.contains("residence") && all.contains("residence"));
    for digits in [cnic.as_str(), &cnic.as_str()[5..12]] {
        assert!(!all.contains(digits));
    }
    let looked = bench.looked().await;
    assert_eq!((looked.wrong, looked.waiting), (None, 0));
    // The log was opened twice here.
    assert_eq!(looked.head.number, log.len() as u64 + 2);
}

#[tokio::test]
async fn whoever_is_shown_what_is_sealed_is_in_the_log_before_it_is_shown() {
    /// Where nothing can be written.
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let bench = Bench::new().await;
    let opened = async |sealed| {
        let mut lines = bench.exported(sealed).await;
        lines.retain(|line| line["action"] == "audit_opened");
        lines
    };
    assert!(opened(Sealed::Closed).await.is_empty());
    assert!(opened(Sealed::Closed).await.is_empty());
    let now = bench.now();
    let failed = bench.office.export_audit(Full, Sealed::Opened, now).await;
    assert!(failed.is_err());
    let first = opened(Sealed::Closed).await;
    assert_eq!((first.len(), first[0]["role"].as_str()), (1, Some("operator")));
    assert_eq!(opened(Sealed::Opened).await.len(), 2, "its own, too");

    // Without the entry nothing is shown.
    bench
        .by_hand("ALTER TABLE audit_waiting RENAME TO away")
        .await
        .unwrap();
    let mut shown = Vec::new();
    let refused = bench.office.export_audit(&mut shown, Sealed::Opened, now).await;
    assert!(refused.is_err() && shown.is_empty());
}

#[tokio::test]
async fn the_citizen_is_told_who_did_what_about_them_and_about_nobody_else() {
    let bench = Bench::new().await;
    let (phone, other) = (bench.enrolled(0, 1).await, bench.enrolled(1, 2).await);
    for batch in 0..60 {
        bench.set_time(bench.now().unix() + DAY);
        bench.issued(&phone, batch * 10, &["age"]).await;
    }
    bench.issued(&other, 0, &["age", "age"]).await;
    bench.province.chain_audit().await.unwrap();
    let asked = async |phone: &Phone, before| {
        let body = serde_json::to_vec(&AuditRequest { before }).unwrap();
        bench.post(phone, paths::AUDIT, &body).await.json::<AuditReply>()
    };
    let first = asked(&phone, None).await;
    assert_eq!(first.entries.len(), 100);
    let second = asked(&phone, first.next).await;
    assert_eq!(second.next, None);
    let all: Vec<_> = first.entries.iter().chain(&second.entries).collect();
    assert!(all.is_sorted_by(|a, b| a.number > b.number));
    // Enrolled, and for each batch what was drawn and what was signed.
    assert_eq!(all.len(), 1 + 60 * 2);
    assert_eq!(all.last().unwrap().action, "enrolled");
    assert!(
        all.iter()
            .all(|one| one.detail.get("count").is_none_or(|count| count == 1))
    );
    assert_eq!(asked(&other, None).await.entries.len(), 3);

    let stranger = bench.post(&Phone::new(9), paths::AUDIT, b"{}").await;
    assert_eq!(stranger.code(), ProblemCode::DeviceUnknown);
}

#[tokio::test]
async fn denials_are_counted_into_the_log() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let now = bench.now().unix();
    for _ in 0..3 {
        // Signed for another path.
        let mut request = phone.signed(paths::CHALLENGES, b"", &phone.idempotency_key(), now);
        *request.uri_mut() = paths::PASSES.parse().unwrap();
        assert_eq!(bench.send(request).await.code(), ProblemCode::DeviceSignature);
    }
    bench
        .post(
            &Phone::new(9),
            paths::SYNC,
            br#"{"feed":0,"held":[],"offers":""}"#,
        )
        .await
        .problem();
    bench.province.chain_audit().await.unwrap();
    let log = bench.log().await;
    let denied: Vec<_> = log.iter().filter(|(_, did, _)| did == "denied").collect();
    let count = |route: &str, code: &str| {
        let of = |what: &&Value| what["route"] == route && what["code"] == code;
        denied
            .iter()
            .map(|(.., what)| what)
            .find(of)
            .map(|what| what["count"].clone())
    };
    assert_eq!(count(paths::PASSES, "device_signature"), Some(3.into()));
    assert_eq!(count(paths::SYNC, "device_unknown"), Some(1.into()));
}

#[tokio::test]
async fn the_end_of_the_log_is_signed_every_hour_in_which_something_was_done() {
    let bench = Bench::new().await;
    kept(&bench.province).await;
    let first = bench.looked().await;
    assert_eq!(
        (first.heads, first.signed, first.wrong),
        (1, first.head.number, None)
    );
    bench.enrolled(0, 1).await;
    // Another server's turn, a moment later.
    kept(&bench.province).await;
    assert_eq!(bench.looked().await.heads, 1);
    bench.set_time(bench.now().unix() + HOUR);
    kept(&bench.province).await;
    let second = bench.looked().await;
    assert_eq!(
        (second.heads, second.signed, second.wrong),
        (2, second.head.number, None)
    );
    bench.set_time(bench.now().unix() + HOUR);
    kept(&bench.province).await;
    assert_eq!(bench.looked().await.heads, 2);
}

#[tokio::test]
async fn what_is_in_the_log_cannot_be_changed_or_taken_out_by_a_statement() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    kept(&bench.province).await;
    let before = bench.looked().await;
    for sql in [
        "UPDATE audit SET actor = 'somebody' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit",
        "UPDATE audit_head SET at = 1",
        "DELETE FROM audit_head",
        "INSERT INTO audit_cut (id, seq, hash) SELECT 1, seq, hash FROM audit WHERE seq = 1",
    ] {
        assert!(bench.by_hand(sql).await.is_err(), "{sql}");
    }
    assert_eq!(bench.looked().await, before);
}

#[tokio::test]
async fn whoever_changes_the_files_themselves_is_found() {
    for (sql, wrong) in [
        ("UPDATE audit SET actor = 'x' WHERE seq = 2", Wrong::Broken(2)),
        ("UPDATE audit SET at = at + 1 WHERE seq = 3", Wrong::Broken(3)),
        ("DELETE FROM audit WHERE seq = 2", Wrong::Broken(2)),
        ("DELETE FROM audit WHERE seq = 1", Wrong::Broken(1)),
        (
            "UPDATE audit_head SET bytes = hash FROM audit WHERE audit.seq = 1",
            Wrong::Head(0),
        ),
        // Its signature says another time.
        ("UPDATE audit_head SET at = 1", Wrong::Head(0)),
    ] {
        let bench = Bench::new().await;
        bench.enrolled(0, 1).await;
        kept(&bench.province).await;
        let whole = bench.looked().await;
        assert_eq!(whole.wrong, None);
        bench.without_guards(&["audit", "audit_head"]).await;
        bench.by_hand(sql).await.unwrap();
        let wrong = match wrong {
            Wrong::Head(_) => Wrong::Head(whole.signed),
            other => other,
        };
        assert_eq!(bench.looked().await.wrong, Some(wrong), "{sql}");
    }
}

#[tokio::test]
async fn a_log_that_was_written_anew_is_told_by_an_entry_that_somebody_wrote_down() {
    let (bench, other) = (Bench::new().await, Bench::new().await);
    bench.enrolled(0, 1).await;
    let known = (bench.looked().await.head.number, bench.looked().await.head.hash);
    assert_eq!(bench.looked_knowing(&[known]).await.wrong, None);
    // Another history, whole in itself.
    let short = other.looked_knowing(&[known]).await;
    assert_eq!(short.wrong, Some(Wrong::Short(known.0)));
    other.set_time(other.now().unix() + 1);
    other.enrolled(1, 2).await;
    let differs = other.looked_knowing(&[known]).await;
    assert_eq!(differs.wrong, Some(Wrong::Other(known.0)));
}

#[tokio::test]
async fn entries_go_when_their_time_is_over_and_the_log_stays_whole() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    kept(&bench.province).await;
    let signed = bench.looked().await.signed;
    // The keys of a test province serve two years.
    bench.set_time(bench.now().unix() + AUDIT_DAYS * DAY + 2 * DAY);
    let done = bench.province.upkeep().await;
    assert!(!done.faults.is_empty());
    let looked = bench.looked().await;
    assert_eq!((looked.cut, looked.wrong), (signed, None));
    let kept_entries = bench.rows("audit").await;
    assert_eq!(u64::try_from(kept_entries).unwrap(), looked.head.number - signed);
    assert!(bench.by_hand("UPDATE audit_cut SET seq = 1").await.is_err());
}

#[tokio::test]
async fn a_province_without_a_key_of_the_log_goes_on_chaining() {
    let bench = Bench::new().await;
    bench.steal(Vct::AUDIT_LOG).await;
    bench
        .next_list(province_server::admin::Desks::MustDecide)
        .await
        .unwrap();
    let done = bench.province.upkeep().await;
    assert_eq!(done.faults.len(), 1);
    bench.enrolled(0, 1).await;
    let looked = bench.looked().await;
    assert_eq!((looked.heads, looked.wrong), (0, None));
    assert!(looked.head.number > 5);
}

#[tokio::test]
async fn a_log_that_was_cut_by_hand_is_found() {
    let zeros = "INSERT INTO audit_cut (id, seq, hash) SELECT 1, MAX(seq), hash_of_none FROM audit,
        (SELECT hash AS hash_of_none FROM audit WHERE seq = 1) AS first GROUP BY hash_of_none";
    let at_its_head = "INSERT INTO audit_cut (id, seq, hash) SELECT 1, a.seq, a.hash FROM audit a JOIN audit_head h ON h.seq = a.seq";
    for cut in [zeros, at_its_head] {
        let bench = Bench::new().await;
        bench.enrolled(0, 1).await;
        kept(&bench.province).await;
        let whole = bench.looked().await;
        assert_eq!((whole.signed, whole.wrong), (whole.head.number, None));
        bench.without_guards(&["audit_cut"]).await;
        bench.by_hand(cut).await.unwrap();
        bench
            .by_hand("DELETE FROM audit WHERE seq <= (SELECT seq FROM audit_cut)")
            .await
            .unwrap();
        let last = whole.head.number;
        assert_eq!(bench.looked().await.wrong, Some(Wrong::Cut(last)), "{cut}");
        // Nor is it a backup.
        let out = bench.folder.path().join("copy");
        if crate::engine::is_sqlite() {
            assert!(bench.office.back_up(&out, bench.now()).await.is_err());
        }
    }
}

#[tokio::test]
async fn what_the_database_says_of_the_time_of_a_head_forgets_nothing() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    kept(&bench.province).await;
    bench.without_guards(&["audit_head"]).await;
    bench.by_hand("UPDATE audit_head SET at = 1").await.unwrap();
    let before = bench.rows("audit").await;
    let codes: Vec<_> = bench
        .province
        .upkeep()
        .await
        .faults
        .iter()
        .map(Fault::code)
        .collect();
    assert_eq!(codes, ["audit_head_wrong"]);
    assert!(bench.rows("audit").await >= before);
    assert_eq!(bench.looked().await.cut, 0);
}

#[tokio::test]
async fn what_went_is_not_compared_and_its_last_entry_is() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    kept(&bench.province).await;
    let last = bench.looked().await.head;
    bench.set_time(bench.now().unix() + AUDIT_DAYS * DAY + 2 * DAY);
    bench.province.upkeep().await;
    let knows = async |number, hash| {
        let looked = bench.looked_knowing(&[(number, hash)]).await;
        (looked.gone, looked.wrong)
    };
    assert_eq!(knows(last.number, last.hash).await, (0, None));
    assert_eq!(
        knows(last.number, [1; 32]).await,
        (0, Some(Wrong::Other(last.number)))
    );
    assert_eq!(knows(last.number - 1, [1; 32]).await, (1, None));
}

#[tokio::test]
async fn words_of_a_later_version_are_chained_verified_and_told() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.province.chain_audit().await.unwrap();
    bench
        .by_hand(
            "INSERT INTO audit_waiting (at, role, actor, action, person, detail)
             SELECT at, 'later_role', 'x', 'later_thing', person, '{}' FROM audit WHERE action = 'enrolled'",
        )
        .await
        .unwrap();
    let looked = bench.looked().await;
    assert_eq!((looked.waiting, looked.wrong), (0, None));
    let body = serde_json::to_vec(&AuditRequest { before: None }).unwrap();
    let told: AuditReply = bench.post(&phone, paths::AUDIT, &body).await.json();
    let words = told.entries.first().map(|one| (&*one.role, &*one.action));
    assert_eq!(words, Some(("later_role", "later_thing")));
}

#[tokio::test]
async fn a_head_that_a_clock_signed_that_was_ahead_holds_up_no_other() {
    let bench = Bench::new().await;
    let now = bench.now().unix();
    bench.set_time(now + 30 * DAY);
    bench.province.upkeep().await;
    bench.set_time(now);
    bench.enrolled(0, 1).await;
    kept(&bench.province).await;
    let looked = bench.looked().await;
    assert_eq!(
        (looked.heads, looked.signed, looked.wrong),
        (2, looked.head.number, None)
    );
}
