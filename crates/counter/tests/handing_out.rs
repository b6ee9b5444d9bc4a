//! The scan log on its way out: the desk goes on meanwhile, and a part of it is looked at like the whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::path::Path;
use std::process::{Command, Output};

use counter::station::Source;
use credential::{DAY, PublicKey, SecretKey, Timestamp};
use desk::{Desk, Land, NOW, is, verdict};
use scan_log::{Code, Event, Expected, Report, verify, verify_since};

const fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn keys() -> [PublicKey; 1] {
    [SecretKey::from_seed([7; 32]).public()]
}

/// A look at a log with the desk's key.
fn look(file: &[u8]) -> Report {
    let keys = keys();
    let expected = Expected {
        keys: &keys,
        seal: None,
    };
    verify(file, &expected).unwrap()
}

/// Where a log goes to, and before each piece of it a visitor comes to the desk.
struct BesideVisitors<'a> {
    desk: &'a Desk,
    land: &'a Land,
    holder: u64,
    file: Vec<u8>,
}

impl std::io::Write for BesideVisitors<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.holder += 1;
        let mut station = self.desk.app.station.try_lock().expect("the desk is free");
        let code = self.land.age_code(self.holder, NOW);
        station.next_visit(at(NOW)).unwrap();
        let reply = station.see(&[code], Source::Scanner, at(NOW)).unwrap();
        assert_eq!(verdict(&reply), is("accepted", "accepted"));
        self.file.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn visitors_are_served_while_the_log_is_handed_out() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    desk.app.station().start_log(at(NOW)).unwrap();
    for holder in 0..120 {
        desk.text(&land.age_code(holder, NOW)).await;
    }
    let handed_out = desk.app.station().export_log(at(NOW)).unwrap();
    let mut beside = BesideVisitors {
        desk: &desk,
        land: &land,
        holder: 1_000,
        file: Vec::new(),
    };
    handed_out.write(None, &mut beside).unwrap();
    let served = beside.holder - 1_000;
    assert!(served > 100, "one before each piece");
    // It ends where the handing out began, and is a whole log; so is the next, with them in it.
    let first = look(&beside.file);
    assert_eq!(first.code(), Code::Whole, "{:?}", first.findings);
    let second = look(&desk::file_of(&desk.app.station().export_log(at(NOW)).unwrap()));
    assert_eq!(
        (second.code(), second.entries),
        (Code::Whole, first.entries + served + 1)
    );
}

#[tokio::test]
async fn a_slow_browser_keeps_nobody_waiting_and_gets_all_of_the_log() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    desk.app.station().start_log(at(NOW)).unwrap();
    for _ in 0..600 {
        let mut station = desk.app.station();
        station
            .log_event(Event::Sync, Some("unchanged"), at(NOW))
            .unwrap();
    }
    let session = desk.session.lock().unwrap().clone();
    let request = axum::http::Request::builder()
        .method("POST")
        .uri("/api/log/export")
        .header("host", desk::HOST)
        .header("x-khyber-token", desk::TOKEN)
        .header(counter::OFFICER_HEADER, session)
        .body(axum::body::Body::empty())
        .unwrap();
    // Nothing of the answer is taken yet, and it is larger than what waits for a browser.
    let answer = desk.send(request).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        verdict(&desk.text(&land.age_code(1, NOW)).await),
        is("accepted", "accepted")
    );
    let body = http_body_util::BodyExt::collect(answer.into_body())
        .await
        .unwrap();
    let file = body.to_bytes();
    assert!(file.len() > 100_000, "{}", file.len());
    let report = look(&file);
    assert_eq!(report.code(), Code::Whole, "{:?}", report.findings);
}

#[tokio::test]
async fn what_came_behind_a_seal_is_handed_out_by_itself() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    desk.app.station().start_log(at(NOW)).unwrap();
    for holder in 0..60 {
        desk.text(&land.age_code(holder, NOW)).await;
    }
    let before = look(&desk::file_of(&desk.app.station().export_log(at(NOW)).unwrap()));
    let noted = before.last_seal.unwrap();
    for holder in 60..140 {
        desk.text(&land.age_code(holder, NOW)).await;
    }
    let handed_out = desk.app.station().export_log(at(NOW + DAY)).unwrap();
    let mut part = Vec::new();
    handed_out.write(Some(noted.content.number), &mut part).unwrap();
    let keys = keys();
    let expected = Expected {
        keys: &keys,
        seal: None,
    };
    let report = verify_since(&part[..], &expected, (noted.content.number, &noted.sha256)).unwrap();
    assert_eq!(report.code(), Code::Whole, "{:?}", report.findings);
    assert_eq!(report.entries, 81);
    // It is no whole log, and never taken for one.
    assert_eq!(look(&part).code(), Code::HeadCut);
    for none in [0, 1_000] {
        assert!(handed_out.write(Some(none), &mut Vec::new()).is_err(), "{none}");
    }
}

/// `counter log export`, the real program.
fn export(data: &Path, out: &Path, since: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    command.args(["log", "export", "--data"]).arg(data);
    command.arg("--out").arg(out);
    if !since.is_empty() {
        command.args(["--since-seal", since]);
    }
    command.output().unwrap()
}

#[test]
fn a_seal_that_is_not_there_leaves_the_log_and_an_earlier_file_alone() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    drop(Desk::closed(&land, folder.path(), None));
    let out = folder.path().join("desk-7.jsonl");
    let exported = |since: &str| -> serde_json::Value {
        let output = export(folder.path(), &out, since);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let first = exported("");
    assert_eq!(first["code"], "log_whole");
    let file = std::fs::read(&out).unwrap();
    for none in ["0", "1000"] {
        let output = export(folder.path(), &out, none);
        let why = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && why.contains(&format!("no seal number {none}")),
            "{why}"
        );
    }
    assert!(
        std::fs::read(&out).unwrap() == file,
        "the earlier file is as it was"
    );
    // The only entry since is that of this export, and it takes the earlier file's place.
    let part = exported(&first["seal"]["number"].to_string());
    assert_eq!(
        (&part["code"], &part["entries"]),
        (&"log_whole".into(), &1.into())
    );
    assert!(std::fs::read(&out).unwrap() != file);
    let left = std::fs::read_dir(folder.path()).unwrap();
    let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
    assert!(
        left.iter().all(|name| !name.to_string_lossy().ends_with(".new")),
        "{left:?}"
    );
}
