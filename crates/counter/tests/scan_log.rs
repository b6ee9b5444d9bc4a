//! What the desk writes down, what it does not, and that nothing is decided without it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use counter::station::Station;
use credential::{DAY, Timestamp, photo};
use desk::{CNIC, Desk, Land, NOW, is, verdict};
use scan_log::{Code, Expected, Report};
use serde_json::Value;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

/// The desk's log as somebody outside gets it, and a look at it with the desk's key.
fn log(station: &mut Station, now: u64) -> (Vec<Value>, Report, Vec<u8>) {
    let file = desk::file_of(&station.export_log(at(now)).unwrap());
    let key = credential::SecretKey::from_seed([7; 32]).public();
    let report = scan_log::verify(
        &file[..],
        &Expected {
            keys: &[key],
            seal: None,
        },
    )
    .unwrap();
    let lines = file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lines: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    let entries = lines.into_iter().filter(|line| line["seal"].is_null()).collect();
    (entries, report, file)
}

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry[name].as_str().unwrap_or("-")
}

/// Event, kind of pass, mode and code of each entry.
fn short(entries: &[Value]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| {
            ["event", "vct", "mode", "code"]
                .map(|name| text(entry, name))
                .join(" ")
        })
        .collect()
}

#[tokio::test]
async fn every_visit_is_one_entry_and_says_nothing_about_the_visitor() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let before = desk.state().await["log"]["entries"].as_u64().unwrap();
    desk.app.station().start_log(at(NOW)).unwrap();
    let age = land.age_code(1, NOW);
    for _ in 0..3 {
        assert_eq!(verdict(&desk.frame(&age).await), is("accepted", "accepted"));
    }
    desk.next().await;
    assert_eq!(verdict(&desk.text(&age).await), is("refused", "replayed"));
    desk.next().await;
    desk.text("https://example.org/menu").await;
    desk.next().await;

    let request = desk.ask("identity").await;
    let answer = land.identity_answer(1, &request);
    desk.set_clock(NOW + 59);
    desk.text(&answer).await;
    for frame in photo::frames(&land.photo) {
        desk.text(&frame).await;
    }
    desk.face(true).await;
    // The next one leaves before the face was compared.
    let request = desk.ask("identity").await;
    desk.text(&land.identity_answer(2, &request)).await;
    desk.next().await;
    // And one waits too long.
    let request = desk.ask("identity").await;
    desk.text(&land.identity_answer(3, &request)).await;
    desk.set_clock(NOW + 600);
    desk.text("KPF:X").await;

    let mut station = desk.app.station();
    station.stop_log(at(NOW + 600)).unwrap();
    let (entries, report, file) = log(&mut station, NOW + 660);
    assert_eq!(report.code(), Code::Whole, "{:?}", report.findings);
    let entries = &entries[usize::try_from(before).unwrap()..];
    assert_eq!(
        short(entries),
        [
            "start - - -",
            "visit age timed accepted",
            "visit age timed replayed",
            "visit - - wrong_code",
            "visit identity request accepted",
            "visit identity request photo_incomplete",
            "visit identity request stale",
            "sign_out - - stop",
            "stop - - -",
            "export - - -",
        ]
    );
    assert!(
        entries
            .iter()
            .all(|entry| text(entry, "time").ends_with(":00+05:00"))
    );
    assert_eq!(text(&entries[0], "time"), "2026-11-22T14:30:00+05:00");
    assert_eq!(
        text(&entries[4], "time"),
        "2026-11-22T14:30:00+05:00",
        "no seconds"
    );
    let file = String::from_utf8(file).unwrap();
    for personal in ["Gul", "گل", CNIC, "Khar", "bajaur", "KP1", "nonce", "replay_key"] {
        assert!(!file.contains(personal), "{personal}");
    }
}

#[tokio::test]
async fn the_log_goes_on_after_a_restart_and_a_change_from_outside_is_told() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    desk.app.station().start_log(at(NOW)).unwrap();
    desk.text(&land.age_code(1, NOW)).await;
    drop(desk);

    // No stop: the power failed. What was written is there, and is sealed now.
    let desk = Desk::empty(&land, folder.path());
    desk.app.station().start_log(at(NOW + 60)).unwrap();
    assert_eq!(desk.state().await["log"]["damaged"], false);
    let (entries, report, _) = log(&mut desk.app.station(), NOW + 120);
    assert_eq!((report.code(), entries.len()), (Code::Whole, 7));
    desk.set_clock(NOW + 120);
    desk.text(&land.age_code(2, NOW + 120)).await;
    drop(desk);

    // The triggers keep honest hands from it.
    let path = folder.path().join("counter.sqlite");
    let file = rusqlite::Connection::open(&path).unwrap();
    for change in [
        "UPDATE scan_log SET code = 'accepted'",
        "DELETE FROM scan_log",
        "UPDATE scan_log_seal SET last = 1",
        "DELETE FROM scan_log_seal WHERE number = 1",
    ] {
        assert!(file.execute(change, []).is_err(), "{change}");
    }
    file.execute_batch("DROP TRIGGER scan_log_is_kept; DELETE FROM scan_log WHERE number = 8")
        .unwrap();
    drop(file);
    let desk = Desk::empty(&land, folder.path());
    desk.app.station().start_log(at(NOW + 180)).unwrap();
    // The last entry was not sealed yet, so this file alone does not show that it is gone; the next cut does.
    assert_eq!(desk.state().await["log"]["damaged"], false);
    drop(desk);
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute("DELETE FROM scan_log WHERE number >= 3", [])
        .unwrap();
    drop(file);
    let desk = Desk::empty(&land, folder.path());
    desk.app.station().start_log(at(NOW + 240)).unwrap();
    assert_eq!(desk.state().await["log"]["damaged"], true);
    drop(desk);
    // Switching the desk off and on does not hide it, and it is told once.
    let desk = Desk::empty(&land, folder.path());
    desk.app.station().start_log(at(NOW + 250)).unwrap();
    assert_eq!(desk.state().await["log"]["damaged"], true);
    // The desk works on, and nobody can take the log for a whole one.
    assert_eq!(
        verdict(&desk.text(&land.age_code(3, NOW)).await),
        is("accepted", "accepted")
    );
    let (entries, report, _) = log(&mut desk.app.station(), NOW + 300);
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.code == Code::Damaged)
    );
    let told = |entries: &[Value]| {
        let told = short(entries);
        told.iter()
            .filter(|entry| entry.starts_with("log_damaged"))
            .count()
    };
    assert_eq!(told(&entries), 1);
    // Now somebody else has it.
    assert_eq!(desk.state().await["log"]["damaged"], false);
    drop(desk);
    // An entry from the middle, long sealed.
    let file = rusqlite::Connection::open(&path).unwrap();
    let middle = entries.len() - 2;
    let number = entries[middle]["number"].as_u64().unwrap();
    file.execute(
        "DELETE FROM scan_log WHERE number = ?1",
        [i64::try_from(number).unwrap()],
    )
    .unwrap();
    drop(file);
    let desk = Desk::empty(&land, folder.path());
    desk.app.station().start_log(at(NOW + 360)).unwrap();
    assert_eq!(desk.state().await["log"]["damaged"], true);
}

#[tokio::test]
async fn days_are_closed_and_long_waits_are_sealed_though_nobody_comes() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    desk.app.station().start_log(at(NOW)).unwrap();
    desk.text(&land.age_code(1, NOW)).await;
    let number = |state: Value| state["log"]["seal"]["number"].as_u64().unwrap();
    assert_eq!(number(desk.state().await), 1);
    desk.app.station().look_after_log(at(NOW + 3_599)).unwrap();
    assert_eq!(number(desk.state().await), 1);
    desk.app.station().look_after_log(at(NOW + 3_600)).unwrap();
    assert_eq!(number(desk.state().await), 2);
    // Midnight in Pakistan is seven in the evening in UTC.
    desk.app.station().look_after_log(at(NOW + DAY)).unwrap();
    desk.app.station().look_after_log(at(NOW + DAY + 60)).unwrap();
    assert_eq!(number(desk.state().await), 3);
    // The clock is set back over the day's end, and forth again.
    let mut station = desk.app.station();
    for day in [2, 1, 3] {
        station.start_log(at(NOW + day * DAY)).unwrap();
    }
    let (entries, report, _) = log(&mut station, NOW + 4 * DAY);
    assert_eq!(report.code(), Code::Whole, "{:?}", report.findings);
    assert!(report.days[&20_779].closed);
    let all = short(&entries);
    let back = all.iter().filter(|entry| *entry == "clock_set_back - - -");
    assert_eq!(back.count(), 1);
}

#[tokio::test]
async fn many_visits_are_sealed_as_they_come() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    desk.app.station().start_log(at(NOW)).unwrap();
    for holder in 0..120 {
        desk.text(&land.age_code(holder, NOW)).await;
    }
    let state = desk.state().await;
    let seal = &state["log"]["seal"];
    assert_eq!(
        (
            &state["log"]["entries"],
            &seal["number"],
            &seal["day"],
            &seal["closed"]
        ),
        (&123.into(), &3.into(), &"2026-11-22".into(), &false.into())
    );
    let (status, _) = desk
        .call("POST", "/api/log/export", &[], axum::body::Body::empty())
        .await;
    assert_eq!(status, 200);
    assert_eq!(desk.state().await["log"]["entries"], 124);
}

/// Sums of the entries of one event by code: those of their own, and what was counted.
fn sums(entries: &[Value], event: &str) -> std::collections::BTreeMap<String, (u64, u64)> {
    let mut sums = std::collections::BTreeMap::new();
    for entry in entries.iter().filter(|entry| text(entry, "event") == event) {
        let sum: &mut (u64, u64) = sums.entry(text(entry, "code").to_owned()).or_default();
        match text(entry, "about").strip_prefix("more.") {
            Some(count) => sum.1 += count.parse::<u64>().unwrap(),
            None => sum.0 += 1,
        }
    }
    sums
}

#[tokio::test]
async fn a_code_that_is_no_pass_is_one_entry_as_long_as_it_is_held_up() {
    let (_land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&Land::new(), folder.path());
    let poster = "https://example.org/menu";
    let seen = async |at: u64| {
        desk.set_clock(at);
        let reply = desk.frame(poster).await;
        let state = (verdict(&reply).1, reply.in_view);
        desk.next().await;
        state
    };
    assert_eq!(seen(NOW).await, ("wrong_code".to_owned(), true));
    for second in 1..120 {
        assert_eq!(seen(NOW + second).await, (String::new(), false), "{second}");
    }
    // A visitor comes in between, with the poster still there.
    let land = Land::new();
    let reply = desk.frame(&land.age_code(1, NOW + 120)).await;
    assert_eq!(verdict(&reply), is("accepted", "accepted"));
    desk.next().await;
    // It was taken away and is brought back; and a scanner reads what somebody holds before it on purpose.
    assert_eq!(seen(NOW + 200).await.0, "wrong_code");
    desk.text(poster).await;
    desk.next().await;
    desk.text(poster).await;
    let (entries, report, _) = log(&mut desk.app.station(), NOW + 200);
    assert_eq!(report.code(), Code::Whole, "{:?}", report.findings);
    assert_eq!(sums(&entries, "visit")["wrong_code"], (4, 0));
}

#[tokio::test]
async fn a_stream_of_junk_is_counted_and_nothing_of_it_is_lost() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let update = |number: u64| {
        let bytes = format!("no update, number {number}");
        credential::frames::split_with_hash(credential::UPDATE_PREFIX, bytes.as_bytes(), 0)
            .unwrap()
            .remove(0)
    };
    let mut shown = 0;
    let mut junk = async |at: u64, number: u64| {
        desk.set_clock(at);
        for _ in 0..number {
            shown += 1;
            desk.frame(&format!("https://example.org/{shown}")).await;
            desk.next().await;
            desk.text(&update(shown)).await;
        }
        shown
    };
    junk(NOW, 100).await;
    // A pass among them has its own entry at once.
    assert_eq!(
        verdict(&desk.text(&land.age_code(1, NOW)).await),
        is("accepted", "accepted")
    );
    desk.next().await;
    // Still within the minute, which is whole at half past.
    junk(NOW + 30, 50).await;
    junk(NOW + 90, 50).await;
    // The power fails: what was counted is there.
    drop(desk);
    let desk = Desk::empty(&land, folder.path());
    desk.app.station().start_log(at(NOW + 100)).unwrap();
    let (entries, report, _) = log(&mut desk.app.station(), NOW + 100);
    assert_eq!(report.code(), Code::Whole, "{:?}", report.findings);
    let (visits, updates) = (sums(&entries, "visit"), sums(&entries, "update"));
    // Whoever verifies the log gets the whole count.
    let day = report.days.values().next().unwrap();
    assert_eq!((day.visits["wrong_code"], day.events["update"]), (200, 200));
    assert_eq!(visits["accepted"], (1, 0));
    let (junk, unreadable) = (visits["wrong_code"], updates["station_update_unreadable"]);
    assert_eq!((junk.0 + junk.1, unreadable.0 + unreadable.1), (200, 200));
    assert_eq!(
        junk.0 + unreadable.0,
        11,
        "ten in a row, and one more after a minute"
    );
    // Who sat there stands with what was counted, too.
    assert!(
        entries
            .iter()
            .filter(|entry| text(entry, "about").starts_with("more."))
            .all(|entry| text(entry, "officer") == desk::NUMBER && !text(entry, "profile").is_empty())
    );
}
