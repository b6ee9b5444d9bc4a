//! `cargo xtask demo --headless`: the whole journey by itself, over the same programs and sockets as with a screen.
//!
//! Every code crosses as a picture: the path that a screen would draw becomes grey pixels, and the other side reads
//! them as it reads a camera.

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::api::{Desk, Wallet};
use crate::picture::Luma;
use crate::process;
use crate::report::{Watch, time};
use crate::stage::{AUDIENCE, DeskOptions, Stage};

/// The PIN of this journey's citizen.
const PIN: &str = "246810";
/// Rounds of an identity's looping frames until the photo has to be complete.
const ROUNDS: usize = 3;

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// A preparation.
    Done,
    /// A counter's verdict and its code.
    Verdict(String, String),
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            // "accepted (accepted)" says nothing more.
            Self::Verdict(verdict, code) if verdict == code => f.write_str(verdict),
            Self::Verdict(verdict, code) => write!(f, "{verdict} ({code})"),
        }
    }
}

fn verdict(verdict: &str, code: &str) -> Outcome {
    Outcome::Verdict(verdict.to_owned(), code.to_owned())
}

/// The journey so far.
struct Journey {
    stage: Stage,
    steps: usize,
    watch: Watch,
}

/// Walks the whole journey.
///
/// # Errors
/// At the first step that does not come out as it should.
pub fn run(stage: Stage) -> anyhow::Result<()> {
    let mut journey = Journey {
        stage,
        steps: 0,
        watch: Watch::start(),
    };
    let watch = Watch::start();
    journey.walk()?;
    println!("\nEvery step came out as it should ({}).", time(watch.elapsed()));
    Ok(())
}

impl Journey {
    fn walk(&mut self) -> anyhow::Result<()> {
        self.stage.start_servers()?;
        self.stage.start_desk("desk", &DeskOptions::default())?;
        self.stage.start_preview("wallet", None)?;
        self.step(
            "sandbox, province, counter and wallet run",
            &Outcome::Done,
            Ok(Outcome::Done),
        )?;

        let wallet = Wallet::of(self.stage.program("wallet")?)?;
        let desk = Desk::of(self.stage.program("desk")?)?.signed_in()?;
        let enrolled = enrol(&wallet);
        let cnic = self.citizen(enrolled)?;
        let unlocked = unlock(&wallet);
        self.step(
            "locked, wrong PIN turned away, unlocked with the right one",
            &Outcome::Done,
            unlocked,
        )?;
        let synced = sync(&desk);
        self.step(
            "the counter fetched trust list and status data",
            &Outcome::Done,
            synced,
        )?;

        let gone = self.end_servers();
        self.step(
            "the network is gone: province and NADRA ended",
            &Outcome::Done,
            gone,
        )?;
        let code = timed_code(&wallet)?;
        let shown = show(&desk, &code);
        self.step("age, shown for a moment", &verdict("accepted", "accepted"), shown)?;
        let again = show(&desk, &code);
        self.step("the same picture again", &verdict("refused", "replayed"), again)?;
        let identity = answer(&wallet, &desk);
        self.step(
            "identity, asked for by the counter, face compared",
            &verdict("accepted", "accepted"),
            identity,
        )?;

        let revoked = self.revoke(&cnic);
        self.step(
            "the province is back and revoked this citizen",
            &Outcome::Done,
            revoked,
        )?;
        let synced = sync(&desk);
        self.step("only the counter fetched the news", &Outcome::Done, synced)?;
        let identity = answer(&wallet, &desk);
        self.step("identity again", &verdict("refused", "revoked"), identity)?;

        let options = DeskOptions {
            offline: true,
            ..DeskOptions::default()
        };
        self.stage.start_desk("new-desk", &options)?;
        let new = Desk::of(self.stage.program("new-desk")?)?.signed_in()?;
        let shown = timed_code(&wallet).and_then(|code| show(&new, &code));
        self.step(
            "age, at a counter that has no trust list",
            &verdict("undecided", "no_trust_list"),
            shown,
        )
    }

    /// Prints a step with its time since the one before.
    fn step(&mut self, what: &str, wanted: &Outcome, came: anyhow::Result<Outcome>) -> anyhow::Result<()> {
        process::go_on()?;
        let took = time(self.watch.elapsed());
        self.watch = Watch::start();
        self.steps += 1;
        let shown = match &came {
            Ok(outcome) => outcome.to_string(),
            Err(_) => "failed".to_owned(),
        };
        println!("{:>3}  {what:<62} {shown:<26} {took:>8}", self.steps);
        let came = came.with_context(|| format!("step {} ({what}) failed", self.steps))?;
        ensure!(
            came == *wanted,
            "step {} ({what}) should have come out as: {wanted}",
            self.steps
        );
        Ok(())
    }

    fn citizen(&mut self, enrolled: anyhow::Result<Enrolled>) -> anyhow::Result<String> {
        match enrolled {
            Ok(Enrolled { name, cnic }) => {
                let masked = mask(&cnic);
                let what = format!("enrolled {name}, test CNIC {masked}, confirmed by NADRA");
                self.step(&what, &Outcome::Done, Ok(Outcome::Done))?;
                Ok(cnic)
            }
            Err(error) => {
                self.step("enrolled a test citizen", &Outcome::Done, Err(error))?;
                bail!("nobody is enrolled")
            }
        }
    }

    fn end_servers(&mut self) -> anyhow::Result<Outcome> {
        self.stage.stop("province")?;
        self.stage.stop("sandbox")?;
        Ok(Outcome::Done)
    }

    fn revoke(&mut self, cnic: &str) -> anyhow::Result<Outcome> {
        self.stage.start_sandbox()?;
        self.stage.start_province()?;
        self.stage.revoke(cnic)?;
        Ok(Outcome::Done)
    }
}

struct Enrolled {
    name: String,
    cnic: String,
}

/// Welcome, PIN, form, photo, send.
fn enrol(wallet: &Wallet) -> anyhow::Result<Enrolled> {
    let state = wallet.invoke("app_state", &json!({}))?;
    ensure!(
        text(&state, "mark")? == "test",
        "the wallet does not show the test mark"
    );
    wallet.invoke("create_vault", &json!({ "pin": PIN }))?;
    let citizens = wallet.invoke("test_citizens", &json!({}))?;
    let citizen = citizens.get(0).context("there are no test citizens")?;
    let draft = citizen.get("draft").context("a test citizen without a draft")?;
    wallet.invoke("set_photo", &json!({ "bytes": text(citizen, "portrait")? }))?;
    let mut filled = draft.clone();
    if let Some(has_photo) = filled.get_mut("has_photo") {
        *has_photo = Value::Bool(true);
    }
    let check = wallet.invoke("save_draft", &json!({ "draft": filled }))?;
    let errors = check.get("errors").and_then(Value::as_array);
    ensure!(
        errors.is_some_and(Vec::is_empty),
        "the form of a test citizen is not right: {check}"
    );
    let state = wallet.invoke("enrol", &json!({}))?;
    ensure!(
        text(&state, "enrolment")? == "enrolled",
        "the enrolment did not go through: {state}"
    );
    Ok(Enrolled {
        name: text(draft, "name_en")?,
        cnic: text(draft, "cnic")?,
    })
}

fn unlock(wallet: &Wallet) -> anyhow::Result<Outcome> {
    wallet.invoke("lock", &json!({}))?;
    ensure!(
        wallet.invoke("unlock", &json!({ "pin": "135791" })).is_err(),
        "the wallet opens with a wrong PIN"
    );
    let state = wallet.invoke("unlock", &json!({ "pin": PIN }))?;
    ensure!(text(&state, "lock")? == "open", "the wallet does not open");
    Ok(Outcome::Done)
}

fn sync(desk: &Desk) -> anyhow::Result<Outcome> {
    let reply = desk.post("sync", &json!({}))?;
    for part in ["trust", "status"] {
        let state = reply
            .pointer(&format!("/state/{part}/state"))
            .and_then(Value::as_str);
        ensure!(
            state == Some("current"),
            "the counter's {part} data are not current: {reply}"
        );
    }
    Ok(Outcome::Done)
}

/// The code of an `age` pass on the wallet's screen, as a camera sees it.
fn timed_code(wallet: &Wallet) -> anyhow::Result<Luma> {
    let showing = wallet.invoke("show_timed", &json!({ "vct": "age", "audience": AUDIENCE }))?;
    let frame = showing.pointer("/frames/0").context("the wallet shows no code")?;
    Luma::of_code(frame)
}

fn show(desk: &Desk, code: &Luma) -> anyhow::Result<Outcome> {
    desk.next()?;
    outcome(&desk.frame(code)?)
}

/// The counter asks, the wallet answers, the officer looks at the face.
fn answer(wallet: &Wallet, desk: &Desk) -> anyhow::Result<Outcome> {
    desk.next()?;
    let request = desk.post("request", &json!({ "ask": "identity" }))?;
    let picture = Luma::of_code(&request)?;
    let read = wallet.invoke(
        "read_request_frame",
        &json!({ "width": picture.side, "height": picture.side, "luma": base64(&picture.bytes) }),
    )?;
    ensure!(
        text(&read, "check_code")? == text(&request, "check_code")?,
        "the two screens show different check codes"
    );
    ensure!(
        read.get("certified") == Some(&Value::Bool(true)),
        "the wallet does not know this counter"
    );
    let showing = wallet.invoke("answer_request", &json!({ "id": read.get("id") }))?;
    let frames = showing
        .get("frames")
        .and_then(Value::as_array)
        .context("the wallet shows no code")?;
    let pictures = frames
        .iter()
        .map(Luma::of_code)
        .collect::<anyhow::Result<Vec<_>>>()?;
    for picture in pictures.iter().cycle().take(pictures.len() * ROUNDS) {
        process::go_on()?;
        let reply = desk.frame(picture)?;
        match text(&reply, "state")?.as_str() {
            "decided" => return outcome(&reply),
            "compare" if reply.get("photo").is_some_and(Value::is_string) => {
                let same = json!({ "visit": reply.get("visit"), "same": true });
                return outcome(&desk.post("face", &same)?);
            }
            _ => {}
        }
    }
    bail!("the photo was not complete after {ROUNDS} rounds of its frames")
}

fn outcome(reply: &Value) -> anyhow::Result<Outcome> {
    ensure!(
        text(reply, "state")? == "decided",
        "the counter came to no verdict: {reply}"
    );
    Ok(Outcome::Verdict(text(reply, "verdict")?, text(reply, "code")?))
}

fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    let text = value.get(key).and_then(Value::as_str);
    text.map(str::to_owned)
        .with_context(|| format!("an answer without {key}"))
}

/// `99999-*******-1`.
pub fn mask(cnic: &str) -> String {
    let digits: String = cnic.chars().filter(char::is_ascii_digit).collect();
    match (digits.get(..5), digits.get(12..)) {
        (Some(first), Some(last)) => format!("{first}-*******-{last}"),
        _ => "*".repeat(digits.len()),
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ends_of_a_number_are_printed() {
        assert_eq!(mask("9999900000011"), "99999-*******-1");
        assert_eq!(mask("99999-0000001-1"), "99999-*******-1");
        assert_eq!(mask("99"), "**");
    }
}
