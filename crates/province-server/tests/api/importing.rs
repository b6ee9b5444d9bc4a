//! `import`: a department's CSV, looked at whole before anything is done, done once however often it is brought.

use std::fmt::Write as _;
use std::future::Future;
use std::io::{BufRead as _, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use credential::Vct;
use province_api::paths;
use province_api::sync::Event;
use province_server::admin::AdminError;
use province_server::import_admin::{Days, Imported, Job, Mode, RowFault, Told, What};
use serde_json::{Value, json};

use crate::applications::{applied, pulled, system_of};
use crate::bench::{Bench, Phone, randomness};
use crate::documents::cnic;
use crate::process;
use crate::served::Served;
use crate::sync::{Known, whats};

const HEAD: &str = "cnic,certificate_number,issued_on,domicile_district";

fn file(bench: &Bench, text: &[u8]) -> PathBuf {
    let file = bench.folder.path().join("rows.csv");
    std::fs::write(&file, text).unwrap();
    file
}

fn documents(file: &Path, days: Days) -> Job<'_> {
    Job {
        office: "home",
        what: What::Documents(Vct::parse("domicile").unwrap()),
        days,
        file,
    }
}

async fn import(bench: &Bench, job: &Job<'_>, mode: Mode) -> (Result<Imported, AdminError>, Vec<RowFault>) {
    let mut faults = Vec::new();
    let source = randomness();
    let done = bench
        .office
        .import(job, mode, &source, bench.now(), |told| {
            if let Told::Fault(fault) = told {
                faults.push(fault);
            }
        })
        .await;
    (done, faults)
}

async fn done(bench: &Bench, text: &[u8]) -> Imported {
    let file = file(bench, text);
    let (done, faults) = import(bench, &documents(&file, Days::YearFirst), Mode::AllOrNone).await;
    assert_eq!(faults, []);
    done.unwrap()
}

/// What is left where it stands when it would go on for the last time: whatever it was about to do is never done.
struct BrokenOff<F> {
    going: Pin<Box<F>>,
    polls: u32,
}

impl<F: Future> Future for BrokenOff<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.polls -= 1;
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.going.as_mut().poll(context).map(Some)
    }
}

/// How many domiciles this phone was told of.
async fn granted(bench: &Bench, phone: &Phone) -> usize {
    let mut known = Known::default();
    let mut count = 0;
    loop {
        let reply = bench.sync(phone, &mut known).await;
        let is_grant = |what: &Event| matches!(what, Event::DocumentGranted { .. });
        count += whats(&reply).iter().filter(|what| is_grant(what)).count();
        if !reply.more {
            return count;
        }
    }
}

fn rows(count: usize) -> String {
    let mut text = format!("{HEAD}\n");
    for row in 0..count {
        let number = cnic(row % 3);
        writeln!(text, "{},D-{row},2026-11-02,peshawar", number.as_str()).unwrap();
    }
    text
}

#[tokio::test]
async fn whatever_a_spreadsheet_makes_of_a_file_its_rows_are_done_once() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let whole = cnic(0);
    let digits = whole.as_str();
    let with = |line: String| format!("{HEAD}\n{line}\n");
    // A byte order mark and CRLF, semicolons, tabs, a line for Excel, formulas, marks of direction, Urdu digits, columns in
    // another order, empty lines, cells in quotation marks: each time the same row.
    let same = [
        with(format!("{digits},D-1,2026-11-02,peshawar")),
        format!("\u{feff}{HEAD}\r\n{digits},D-1,2026-11-02,peshawar\r\n"),
        with(format!("{digits};D-1;2026-11-02;peshawar")).replace(',', ";"),
        with(format!("{digits}\tD-1\t2026-11-02\tpeshawar")).replace(',', "\t"),
        format!(
            "sep=;\n{}",
            with(format!("{digits};D-1;2026-11-02;peshawar")).replace(',', ";")
        ),
        with(format!(
            "\"=\"\"{digits}\"\"\",\u{200F}D-1 ,\"2026-11-02\",peshawar,,"
        )),
        format!("{HEAD},\n,,,,\n\n{digits},D-1,2026-11-02,peshawar,\n"),
        format!("domicile_district,CNIC,Issued_On,certificate_number\npeshawar,{digits},2026-11-02,D-1"),
    ];
    for (at, text) in same.iter().enumerate() {
        let imported = done(&bench, text.as_bytes()).await;
        let first = u64::from(at == 0);
        let expected = Imported {
            rows: 1,
            done: first,
            before: 1 - first,
            faulty: 0,
        };
        assert_eq!(imported, expected, "{at}");
    }
    assert_eq!(granted(&bench, &phone).await, 1);
    // The day first, if that is said; the same row twice in a file is one.
    let text = with(format!(
        "{digits},D-2,2/11/2026,peshawar\n{digits},D-2,2/11/2026,peshawar"
    ));
    let path = file(&bench, text.as_bytes());
    let (refused, faults) = import(&bench, &documents(&path, Days::YearFirst), Mode::AllOrNone).await;
    assert_eq!((refused.unwrap().done, faults.len()), (0, 2));
    let (imported, _) = import(&bench, &documents(&path, Days::DayFirst), Mode::AllOrNone).await;
    let imported = imported.unwrap();
    assert_eq!((imported.done, imported.before), (1, 1));
    assert_eq!(granted(&bench, &phone).await, 2);
    bench.issued(&phone, 0, &["domicile"]).await;
}

#[tokio::test]
async fn every_fault_is_named_by_row_and_column_and_nothing_is_done_unless_all_rows_are_good() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let (own, stranger) = (cnic(0), cnic(2));
    let (own, stranger) = (own.as_str(), stranger.as_str());
    let mut text = format!(
        "{HEAD}\n\
         {own},D-1,2026-11-02,peshawar\n\
         1.73011E+12,D-2,2026-11-02,peshawar\n\
         {stranger},D-3,2026-11-02,peshawar\n\
         {own},,2026-11-02,peshawar\n\
         {own},D-5,2026-02-30,peshawar\n\
         {own},D-6,2026-11-02,atlantis\n\
         {own},D-7,2026-11-02,peshawar,more\n\
         123,D-8,2026-11-02,peshawar\n"
    )
    .into_bytes();
    // A file that was saved in another encoding.
    text.extend(b"\xC2\xC7,D-9,2026-11-02,peshawar\n");
    let path = file(&bench, &text);
    let job = documents(&path, Days::YearFirst);
    let (looked, faults) = import(&bench, &job, Mode::DryRun).await;
    let looked = looked.unwrap();
    assert_eq!((looked.rows, looked.faulty, looked.done), (9, 8, 0));
    let named: Vec<_> = faults
        .iter()
        .map(|fault| (fault.row, fault.column.as_deref(), fault.code))
        .collect();
    let expected = [
        (3, Some("cnic"), "number_rounded"),
        (4, Some("cnic"), "not_enrolled"),
        (5, Some("certificate_number"), "field_missing"),
        (6, Some("issued_on"), "field_wrong"),
        (7, Some("domicile_district"), "field_wrong"),
        (8, None, "row_too_long"),
        (9, Some("cnic"), "cnic_malformed"),
        (10, None, "row_encoding"),
    ];
    assert_eq!(named, expected);
    // Nothing that stands in a row is in what is said of it.
    assert!(!format!("{faults:?}").contains(own));
    assert!(!format!("{faults:?}").contains(stranger));

    let (refused, again) = import(&bench, &job, Mode::AllOrNone).await;
    assert_eq!((refused.unwrap(), again), (looked, faults));
    assert_eq!(granted(&bench, &phone).await, 0);
    let (some, _) = import(&bench, &job, Mode::SkipFaulty).await;
    assert_eq!(some.unwrap().done, 1);
    assert_eq!(granted(&bench, &phone).await, 1);
}

#[tokio::test]
async fn what_is_no_sheet_of_this_kind_is_not_looked_at() {
    let bench = Bench::new().await;
    for (text, code) in [
        (&b""[..], "import_columns"),
        (b"cnic,certificate_number\n", "import_columns"),
        (
            b"cnic,cnic,certificate_number,issued_on,domicile_district\n",
            "import_columns",
        ),
        (
            b"cnic,certificate_number,issued_on,domicile_district,colour\n",
            "import_columns",
        ),
        (b"\xFF\xFEc\0n\0i\0c\0", "import_encoding"),
    ] {
        let path = file(&bench, text);
        let (refused, _) = import(&bench, &documents(&path, Days::YearFirst), Mode::DryRun).await;
        assert_eq!(refused.unwrap_err().code(), code);
    }
    let path = file(&bench, rows(1).as_bytes());
    for (office, kind, code) in [
        ("nowhere", "domicile", "office_unknown"),
        ("home", "age", "issue_unknown_type"),
        ("home", "nothing", "issue_unknown_type"),
    ] {
        let job = Job {
            office,
            what: What::Documents(Vct::parse(kind).unwrap()),
            ..documents(&path, Days::YearFirst)
        };
        let (refused, _) = import(&bench, &job, Mode::DryRun).await;
        assert_eq!(refused.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn states_of_applications_are_moved_on_by_a_file_of_their_own_office() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    let id = serde_json::to_value(&sent.application).unwrap();
    let id = id.as_str().unwrap();
    let text = format!(
        "application,seen,state,reason,text\n{id},submitted,in_review,,\n{id},in_review,rejected,fee_unpaid,فیس جمع کریں\n"
    );
    let path = file(&bench, text.as_bytes());
    let job = |office| Job {
        office,
        what: What::States,
        days: Days::YearFirst,
        file: &path,
    };
    let (other, faults) = import(&bench, &job("revenue"), Mode::SkipFaulty).await;
    assert_eq!((other.unwrap().done, faults.len()), (0, 2));
    assert_eq!(faults[0].code, "application_unknown");
    // The second row follows from the first: alone neither is refused, together the file is done in its order.
    let (some, faults) = import(&bench, &job("home"), Mode::SkipFaulty).await;
    assert_eq!((some.unwrap().done, faults[0].code), (2, "application_changed"));
    let (again, faults) = import(&bench, &job("home"), Mode::AllOrNone).await;
    assert_eq!((again.unwrap().before, faults.len()), (2, 0));
    let told = bench.sync(&phone, &mut Known::default()).await;
    let last = whats(&told).pop().unwrap();
    let Event::ApplicationChanged {
        state, reason, text, ..
    } = last
    else {
        panic!()
    };
    assert_eq!((&*state, reason.as_deref()), ("rejected", Some("fee_unpaid")));
    assert_eq!(text.as_deref(), Some("فیس جمع کریں"));
    let home = system_of(&bench, 60, "home").await;
    assert_eq!(pulled(&bench, &home, 0).await.changes.len(), 3);
}

#[tokio::test]
async fn a_state_that_comes_again_is_a_second_round_if_its_entry_says_so_and_is_never_passed_over_in_silence()
{
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    let id = serde_json::to_value(&sent.application).unwrap();
    let id = id.as_str().unwrap();
    let bring = async |rows: &[&str]| {
        let mut text = String::from("application,seen,state,text,entry\n");
        for row in rows {
            writeln!(text, "{id},{row}").unwrap();
        }
        let path = file(&bench, text.as_bytes());
        let job = Job {
            office: "home",
            what: What::States,
            days: Days::YearFirst,
            file: &path,
        };
        let (imported, faults) = import(&bench, &job, Mode::AllOrNone).await;
        let codes: Vec<_> = faults.iter().map(|fault| fault.code).collect();
        (imported.unwrap().done, codes)
    };
    let (wanted, back) = (
        "in_review,information_wanted,Send the form,",
        "information_wanted,in_review,,",
    );
    for row in ["submitted,in_review,,", wanted, back] {
        assert_eq!(bring(&[row]).await, (1, vec![]), "{row}");
    }
    // The office asks for the same once more. Nobody can tell the row from the first, and it says so.
    assert_eq!(bring(&[wanted]).await, (0, vec!["import_again"]));
    let second = format!("{wanted}2026-11-20");
    assert_eq!(bring(&[&second]).await, (1, vec![]));
    assert_eq!(bring(&[&second]).await, (0, vec![]));
    // And the way back, and a third time; what was brought before does nothing again.
    let third = format!("{wanted}17");
    for row in [&*format!("{back}2026-11-21"), &third] {
        assert_eq!(bring(&[row]).await, (1, vec![]), "{row}");
    }
    assert_eq!(bring(&[&second, &third, wanted]).await, (0, vec![]));
    let home = system_of(&bench, 60, "home").await;
    assert_eq!(pulled(&bench, &home, 0).await.changes.len(), 7);
}

#[tokio::test]
async fn an_import_that_breaks_off_anywhere_is_begun_again_and_does_nothing_twice() {
    let bench = Bench::new().await;
    let mut phones = Vec::new();
    for (citizen, number) in [(0, 1), (1, 2), (2, 3)] {
        phones.push(bench.enrolled(citizen, number).await);
    }
    let path = file(&bench, rows(30).as_bytes());
    let job = documents(&path, Days::YearFirst);
    let mut broken_off = 0;
    for polls in [60, 90, 120, 150] {
        let source = randomness();
        let going = Box::pin(
            bench
                .office
                .import(&job, Mode::AllOrNone, &source, bench.now(), |_| {}),
        );
        let ended = BrokenOff { going, polls }.await;
        broken_off += u32::from(ended.is_none());
    }
    let (last, _) = import(&bench, &job, Mode::AllOrNone).await;
    let last = last.unwrap();
    assert_eq!((last.done + last.before, last.faulty), (30, 0));
    for phone in &phones {
        assert_eq!(granted(&bench, phone).await, 10);
    }
    assert!(broken_off > 0);
}

#[tokio::test]
async fn the_command_is_killed_and_begun_again_beside_a_serving_province() {
    let served = Served::new(&[], Vec::new()).await;
    let mut numbers = Vec::new();
    for citizen in 0..3 {
        served.enrolled(citizen).await;
        numbers.push(sandbox::citizens::numbered(citizen.into()).cnic);
    }
    let path = served.beside("rows.csv");
    let mut text = format!("{HEAD}\n");
    for row in 0..60 {
        writeln!(text, "{},D-{row},2026-11-02,peshawar", numbers[row % 3]).unwrap();
    }
    std::fs::write(&path, text).unwrap();
    let words = [
        "import",
        "--office",
        "home",
        "--vct",
        "domicile",
        "--file",
        path.to_str().unwrap(),
    ];
    let looked = served.done(&[&words[..], &["--dry-run"]].concat());
    assert_eq!((&looked["rows"], &looked["done"]), (&json!(60), &json!(0)));
    let data = served.data();
    let all = [&words[..], &["--data", data.to_str().unwrap(), "--tell-each"]].concat();
    // It waits for whoever reads what it says: a handful of lines fills what it speaks into, so it cannot be done before
    // it is killed.
    let (heard, said) = UnixStream::pair().unwrap();
    rustix::net::sockopt::set_socket_send_buffer_size(&said, 1).unwrap();
    let mut child = std::process::Command::new(process::PROGRAM)
        .args(all)
        .envs(process::database(Some(&data)))
        .stdout(OwnedFd::from(said))
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(heard).lines();
    for _ in 0..7 {
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert!(line["did"].is_u64());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let rest = served.done(&words);
    let (done, before) = (rest["done"].as_u64().unwrap(), rest["before"].as_u64().unwrap());
    assert_eq!(done + before, 60);
    assert!(before >= 7 && done > 0, "{rest}");
    let again = served.done(&words);
    assert_eq!((&again["done"], &again["before"]), (&json!(0), &json!(60)));
    // As many grants are in the log as rows in the file, once the province has given all of them their places.
    let phone = Phone::new(1);
    let granted = loop {
        let log: Value = served.post(&phone, paths::AUDIT, b"{}").await.unwrap();
        let is_grant = |entry: &&Value| entry["action"] == "document_granted";
        let granted = log["entries"].as_array().unwrap().iter().filter(is_grant).count();
        if granted >= 20 {
            break granted;
        }
        // A command takes its time, so that the phone does not ask too often.
        served.done(&["key", "list"]);
    };
    assert_eq!(granted, 20);
}
