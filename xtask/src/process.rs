//! Our programs as running processes that end when we end.
//!
//! Each has a process group of its own, so that Ctrl-C reaches us first and we stop them in order; `setpriv` makes the
//! kernel end them should we be killed without a chance to do so.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::command;
use crate::report::Watch;

/// Longest time until a program says that it is ready. They take well under a second on an idle machine.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// Longest time a program gets to stop by itself.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// How often we look.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Lines of its log that are shown when a program did not start.
const LOG_LINES: usize = 20;

/// Set when somebody asked us to stop.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C and SIGTERM only set a mark, so that whoever started something can stop it.
///
/// # Errors
/// When the system does not let us.
pub fn stop_on_signals() -> anyhow::Result<()> {
    ctrlc::set_handler(|| STOPPING.store(true, Ordering::SeqCst)).context("signals cannot be handled")
}

/// Whether somebody asked us to stop.
pub fn stopping() -> bool {
    STOPPING.load(Ordering::SeqCst)
}

/// Fails once somebody asked us to stop.
///
/// # Errors
/// Then.
pub fn go_on() -> anyhow::Result<()> {
    if stopping() {
        bail!("stopped");
    }
    Ok(())
}

/// A running program. Dropping it ends it.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    ready: Value,
    log: PathBuf,
}

impl Program {
    /// Starts a server and waits for its line `{"ready":true,…}`; its stderr goes to the log file.
    ///
    /// # Errors
    /// When it does not start, ends, or does not get ready, with the end of its log.
    pub fn start(name: &str, command: &Command, log: &Path) -> anyhow::Result<Self> {
        let mut program = Self::launch(name, command, log, Stdio::piped())?;
        let stdout = program.child.stdout.take().context("a program without stdout")?;
        let (sender, lines) = channel();
        // Reads to the end, or the program could block on a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let watch = Watch::start();
        loop {
            go_on()?;
            match lines.recv_timeout(LOOK_EVERY) {
                Ok(line) => match serde_json::from_str::<Value>(&line) {
                    Ok(value) if value.get("ready") == Some(&Value::Bool(true)) => {
                        program.ready = value;
                        return Ok(program);
                    }
                    _ => bail!("{name} said `{line}` where it should have said that it is ready"),
                },
                Err(RecvTimeoutError::Timeout) if watch.elapsed() < READY_WITHIN => {}
                Err(RecvTimeoutError::Timeout) => bail!("{name} did not get ready{}", program.log_end()),
                Err(RecvTimeoutError::Disconnected) => bail!("{name} ended at once{}", program.log_end()),
            }
        }
    }

    /// Starts a program with a window, which says nothing when it is ready.
    ///
    /// # Errors
    /// When it does not start.
    pub fn window(name: &str, command: &Command, log: &Path) -> anyhow::Result<Self> {
        Self::launch(name, command, log, Stdio::null())
    }

    fn launch(name: &str, command: &Command, log: &Path, stdout: Stdio) -> anyhow::Result<Self> {
        let errors = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("{} cannot be written", log.display()))?;
        let child = dying_with_us(command)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .with_context(|| format!("`{}` could not be started", command::words(command)))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            ready: Value::Null,
            log: log.to_path_buf(),
        })
    }

    /// What it said when it was ready.
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// A text of what it said when it was ready: `url`, `token`, `page`.
    ///
    /// # Errors
    /// When it said no such thing.
    pub fn said(&self, key: &str) -> anyhow::Result<String> {
        let text = self.ready.get(key).and_then(Value::as_str);
        text.map(str::to_owned)
            .with_context(|| format!("{} did not say its {key}", self.name))
    }

    /// Its number at the system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to stop, and after a while makes it.
    pub fn stop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        self.signal("TERM");
        let watch = Watch::start();
        while self.ended().is_none() {
            if watch.elapsed() > STOP_WITHIN {
                self.signal("KILL");
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// To the whole group: a window has helpers. The shell's own `kill` is there on every system.
    fn signal(&self, signal: &str) {
        let _ = Command::new("sh")
            .args(["-c", &format!("kill -s {signal} -- -{}", self.child.id())])
            .stderr(Stdio::null())
            .status();
    }

    fn log_end(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(LOG_LINES).collect();
        lines
            .iter()
            .rev()
            .fold(String::from(":"), |text, line| text + "\n  " + line)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The same command, ended by the kernel when we are gone.
fn dying_with_us(command: &Command) -> Command {
    let mut wrapped = if command::is_there("setpriv") {
        let mut setpriv = Command::new("setpriv");
        setpriv
            .args(["--pdeathsig", "TERM", "--"])
            .arg(command.get_program());
        setpriv
    } else {
        Command::new(command.get_program())
    };
    wrapped.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    wrapped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_is_ready_when_it_says_so_and_ends_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let held = folder.path().join("held");
        assert!(Command::new("mkfifo").arg(&held).status().unwrap().success());
        let reading = std::thread::spawn({
            let held = held.clone();
            move || std::fs::read_to_string(held).unwrap()
        });
        let script = format!(
            r#"exec 3> "{}"; (sleep 60; echo survived >&3) & echo '{{"ready":true,"url":"http://x"}}'; wait"#,
            held.display()
        );
        let mut program = Program::start("p", &shell(&script), &folder.path().join("p.log")).unwrap();
        assert_eq!(program.said("url").unwrap(), "http://x");
        assert!(program.ended().is_none());
        program.stop();
        assert!(program.ended().is_some());
        // Ends when nobody holds the other side any more, the child included.
        assert_eq!(reading.join().unwrap(), "");
    }

    #[test]
    fn a_program_that_ends_or_talks_nonsense_is_an_error_that_shows_why() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("p.log");
        let error = Program::start("p", &shell("echo the reason >&2; exit 1"), &log).unwrap_err();
        assert!(error.to_string().contains("the reason"), "{error}");
        let error = Program::start("p", &shell("echo hello; sleep 1000"), &log).unwrap_err();
        assert!(error.to_string().contains("hello"), "{error}");
    }
}
