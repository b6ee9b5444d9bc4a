//! The real program, killed at random moments while visitors come: its log is whole, and knows everybody who was accepted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use desk::{AUDIENCE, Desk, Land, NUMBER, PIN};
use scan_log::{Code, Expected};
use serde_json::Value;

/// How often it is killed at least; `KHYBER_SOAK_SECONDS` goes on for that long.
const KILLS: u64 = 5;
/// A desk is back this long after a power cut, by the measure of most tries.
const BACK_WITHIN: Duration = Duration::from_secs(2);

/// A desk's program.
struct Program {
    child: Child,
    url: String,
    token: String,
    /// From its start to its first word.
    took: Duration,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program under test reads the machine's clock"
)]
fn serve(data: &Path) -> Program {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_counter"))
        .args(["serve", "--offline", "--audience", AUDIENCE, "--data"])
        .arg(data)
        .arg("--profile")
        .arg(data.join("profile.json"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    Program {
        child,
        url: ready["url"].as_str().unwrap().to_owned(),
        token: ready["token"].as_str().unwrap().to_owned(),
        took: began.elapsed(),
    }
}

/// The officer signs in; the session's secret.
async fn sign_in(client: &reqwest::Client, program: &Program) -> String {
    let call = serde_json::json!({ "number": NUMBER, "pin": PIN });
    let sent = client
        .post(format!("{}/api/officers/sign-in", program.url))
        .header("x-khyber-token", &program.token)
        .json(&call);
    let reply: Value = sent.send().await.unwrap().json().await.unwrap();
    reply["session"].as_str().unwrap().to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program under test reads the machine's clock"
)]
fn now() -> u64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    since.as_secs()
}

fn soak_seconds() -> u64 {
    let given = std::env::var("KHYBER_SOAK_SECONDS").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Numbers that look random and are the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_desk_is_back_at_once_with_a_whole_log_that_knows_everybody_who_was_accepted() {
    let (land, folder) = (Land::at(now()), tempfile::tempdir().unwrap());
    drop(Desk::ready(&land, folder.path()));
    let profile = desk::profile_file("walk-in", "general", "timed", &["age"]);
    std::fs::write(folder.path().join("profile.json"), profile).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let (shown, accepted) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut dice = Dice(0x5eed_0f12_34a7);
    let mut starts = Vec::new();
    let land = Arc::new(land);
    let until = now() + soak_seconds();
    let mut kills = 0;
    while kills < KILLS || now() < until {
        kills += 1;
        let mut program = serve(folder.path());
        starts.push(program.took);
        let session = sign_in(&client, &program).await;
        // It dies at its nth answer, in the middle of another one.
        let dies_at = accepted.load(Ordering::SeqCst) + 1 + dice.below(12);
        let visitors: Vec<_> = (0..3)
            .map(|_| {
                let (land, client, shown, accepted) =
                    (land.clone(), client.clone(), shown.clone(), accepted.clone());
                let (url, token) = (format!("{}/api/text", program.url), program.token.clone());
                let session = session.clone();
                tokio::spawn(async move {
                    loop {
                        let holder = shown.fetch_add(1, Ordering::SeqCst);
                        let call = serde_json::json!({ "text": land.age_code(holder, now()) });
                        let sent = client
                            .post(&url)
                            .header("x-khyber-token", &token)
                            .header(counter::OFFICER_HEADER, &session)
                            .json(&call);
                        let Ok(answer) = sent.send().await else { return };
                        let Ok(reply) = answer.json::<Value>().await else {
                            return;
                        };
                        assert_eq!(reply["code"], "accepted", "{reply}");
                        accepted.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        // A visitor who is turned away says so below.
        let are_there = || visitors.iter().all(|visitor| !visitor.is_finished());
        while accepted.load(Ordering::SeqCst) < dies_at && are_there() {
            tokio::task::yield_now().await;
        }
        for _ in 0..dice.below(2_000) {
            tokio::task::yield_now().await;
        }
        program.child.kill().unwrap();
        for visitor in visitors {
            visitor.await.unwrap();
        }
    }

    let program = serve(folder.path());
    starts.push(program.took);
    let session = sign_in(&client, &program).await;
    let answer = client
        .post(format!("{}/api/log/export", program.url))
        .header("x-khyber-token", &program.token)
        .header(counter::OFFICER_HEADER, session)
        .send()
        .await
        .unwrap();
    let file = answer.bytes().await.unwrap();
    let key = credential::SecretKey::from_seed([7; 32]).public();
    let report = scan_log::verify(
        &file[..],
        &Expected {
            keys: &[key],
            seal: None,
        },
    )
    .unwrap();
    assert_eq!(report.code(), Code::Whole, "{:?}", report.findings);
    let count = |name: &str| -> u64 {
        let days = report.days.values();
        days.map(|day| {
            day.visits
                .get(name)
                .or(day.events.get(name))
                .copied()
                .unwrap_or_default()
        })
        .sum()
    };
    let (shown, accepted) = (shown.load(Ordering::SeqCst), accepted.load(Ordering::SeqCst));
    // Everybody who saw green is in the log; whoever did not see it because of the kill may be.
    assert!(count("accepted") >= accepted && count("accepted") <= shown);
    assert_eq!((count("start"), count("stop")), (kills + 1, 0));
    assert!(accepted >= kills, "there was something to lose");
    starts.sort();
    assert!(starts[starts.len() / 2] < BACK_WITHIN, "{starts:?}");
}
