//! One life of the program: from its start to its end, and the calls of its page.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;

pub struct Life {
    program: Mutex<Child>,
    url: String,
    token: String,
}

/// A call under way. Nothing is answered if the program dies.
pub struct Call(JoinHandle<(Option<Value>, Duration)>);

impl Call {
    pub fn join(self) -> (Option<Value>, Duration) {
        self.0.join().unwrap()
    }
}

impl Life {
    pub fn begin(data: &Path, config: &Path) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_preview"))
            .arg("--data")
            .arg(data)
            .arg("--config")
            .arg(config)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).expect("the program starts again after every death");
        let text = |key: &str| ready[key].as_str().unwrap().to_owned();
        Self {
            url: text("url"),
            token: text("token"),
            program: Mutex::new(program),
        }
    }

    /// Calls a command on another thread.
    #[expect(
        clippy::disallowed_methods,
        reason = "only when the next one is cut short hangs on the clock, never what must hold"
    )]
    pub fn call(&self, command: &str, arguments: Value) -> Call {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let call = agent
            .post(format!("{}/invoke/{command}", self.url))
            .header("X-Khyber-Token", &self.token);
        Call(std::thread::spawn(move || {
            let began = Instant::now();
            let answer = call.send_json(arguments).ok();
            let answer = answer.and_then(|mut answer| answer.body_mut().read_json().ok());
            (answer, began.elapsed())
        }))
    }

    /// Calls a command that must succeed.
    pub fn done(&self, command: &str, arguments: Value) -> (Value, Duration) {
        let (answer, took) = self.call(command, arguments).join();
        let answer = answer.unwrap();
        assert!(answer["error"].is_null(), "{command}: {}", answer["error"]);
        (answer["ok"].clone(), took)
    }

    /// Calls a command that must succeed once the province has time for it: a pause that it asks for is kept.
    pub fn patiently(&self, command: &str) -> Value {
        for _ in 0..4 {
            let answer = self
                .call(command, Value::Object(serde_json::Map::new()))
                .join()
                .0
                .unwrap();
            let Some(pause) = answer["error"]["retry_after_seconds"].as_u64() else {
                assert!(answer["error"].is_null(), "{command}: {}", answer["error"]);
                return answer["ok"].clone();
            };
            std::thread::sleep(Duration::from_secs(pause));
        }
        panic!("{command}: the province never has time");
    }

    pub fn ok(&self, command: &str, arguments: Value) -> Value {
        self.done(command, arguments).0
    }

    /// Memory of the process that is ours, in bytes: what it has written (private pages that are on no disk), and its own
    /// program as far as it was read in. Not the system's libraries, which its window shares with every other program.
    pub fn memory(&self) -> (u64, u64) {
        let process = self.program.lock().unwrap_or_else(PoisonError::into_inner).id();
        let maps = std::fs::read_to_string(format!("/proc/{process}/smaps")).unwrap();
        let (mut written, mut program, mut own) = (0, 0, false);
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (name, value) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let bytes = || value.parse::<u64>().unwrap() * 1024;
            match name {
                "Private_Dirty:" => written += bytes(),
                "Private_Clean:" if own => program += bytes(),
                _ if !name.ends_with(':') => own = line.ends_with(env!("CARGO_BIN_EXE_preview")),
                _ => {}
            }
        }
        (written, program)
    }

    /// SIGKILL: the program can do nothing about it.
    pub fn kill(&self) {
        let mut program = self.program.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = program.kill();
        let _ = program.wait();
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.kill();
    }
}
