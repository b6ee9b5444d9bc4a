//! Talking to the programs as their own pages do: the wallet's commands behind the preview, the counter's `/api`.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::picture::Luma;
use crate::process::Program;
use crate::stage::{OFFICER_NUMBER, OFFICER_PIN};

/// A sync or an enrolment may wait for a slow NADRA; nothing else takes long.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);
/// The header that carries a loopback server's token.
const TOKEN_HEADER: &str = "X-Khyber-Token";
/// The header that carries the session of a counter's officer.
const OFFICER_HEADER: &str = "X-Khyber-Officer";

/// One loopback server that wants a token.
#[derive(Debug)]
struct Server {
    agent: ureq::Agent,
    url: String,
    token: String,
    /// Of the officer at a counter; empty for nobody.
    officer: String,
}

impl Server {
    fn of(program: &Program) -> anyhow::Result<Self> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_WITHIN))
            .build()
            .into();
        Ok(Self {
            agent,
            url: program.said("url")?,
            token: program.said("token")?,
            officer: String::new(),
        })
    }

    fn call(&self, path: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let answer = self
            .agent
            .post(format!("{}{path}", self.url))
            .header(TOKEN_HEADER, &self.token);
        let answer = if self.officer.is_empty() {
            answer
        } else {
            answer.header(OFFICER_HEADER, &self.officer)
        };
        read(answer.send_json(body), path)
    }
}

fn read(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    path: &str,
) -> anyhow::Result<(u16, Value)> {
    let mut answer = answer.with_context(|| format!("{path} does not answer"))?;
    let status = answer.status().as_u16();
    let text = answer
        .body_mut()
        .read_to_string()
        .with_context(|| format!("{path} did not answer with text"))?;
    // Some answers have no body.
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
}

/// The wallet, through the preview.
#[derive(Debug)]
pub struct Wallet(Server);

impl Wallet {
    /// The wallet of a running preview.
    ///
    /// # Errors
    /// When it did not say where it is.
    pub fn of(program: &Program) -> anyhow::Result<Self> {
        Server::of(program).map(Self)
    }

    /// Calls a command.
    ///
    /// # Errors
    /// With the wallet's own code.
    pub fn invoke(&self, command: &str, arguments: &Value) -> anyhow::Result<Value> {
        let (status, mut reply) = self.0.call(&format!("/invoke/{command}"), arguments)?;
        if let Some(value) = reply.get_mut("ok") {
            return Ok(value.take());
        }
        match reply.pointer("/error/code").and_then(Value::as_str) {
            Some(code) => bail!("the wallet answers {command} with `{code}`"),
            None => bail!("the wallet answers {command} with HTTP status {status}: {reply}"),
        }
    }
}

/// A counter station.
#[derive(Debug)]
pub struct Desk(Server);

impl Desk {
    /// The counter of a running program.
    ///
    /// # Errors
    /// When it did not say where it is.
    pub fn of(program: &Program) -> anyhow::Result<Self> {
        Server::of(program).map(Self)
    }

    /// The same with the test officer signed in.
    ///
    /// # Errors
    /// When the counter does not know them.
    pub fn signed_in(mut self) -> anyhow::Result<Self> {
        let call = json!({ "number": OFFICER_NUMBER, "pin": OFFICER_PIN });
        let reply = self.post("officers/sign-in", &call)?;
        let session = reply.get("session").and_then(Value::as_str);
        session
            .context("the counter gave no session")?
            .clone_into(&mut self.0.officer);
        Ok(self)
    }

    /// Calls `POST /api/NAME`.
    ///
    /// # Errors
    /// With the counter's own code.
    pub fn post(&self, name: &str, body: &Value) -> anyhow::Result<Value> {
        let reply = self.0.call(&format!("/api/{name}"), body)?;
        good(name, reply)
    }

    /// What the webcam saw.
    ///
    /// # Errors
    /// With the counter's own code.
    pub fn frame(&self, picture: &Luma) -> anyhow::Result<Value> {
        let side = picture.side.to_string();
        let path = "/api/frame";
        let answer = self
            .0
            .agent
            .post(format!("{}{path}", self.0.url))
            .header(TOKEN_HEADER, &self.0.token)
            .header(OFFICER_HEADER, &self.0.officer)
            .header("Content-Type", "application/octet-stream")
            .header("X-Width", &side)
            .header("X-Height", &side)
            .send(&picture.bytes[..]);
        good("frame", read(answer, path)?)
    }

    /// Forgets the visit and goes on to the next one.
    ///
    /// # Errors
    /// With the counter's own code.
    pub fn next(&self) -> anyhow::Result<()> {
        self.post("next", &json!({})).map(drop)
    }
}

fn good(name: &str, (status, reply): (u16, Value)) -> anyhow::Result<Value> {
    if (200..300).contains(&status) {
        return Ok(reply);
    }
    match reply.get("code").and_then(Value::as_str) {
        Some(code) => bail!("the counter answers {name} with `{code}`"),
        None => bail!("the counter answers {name} with HTTP status {status}"),
    }
}
