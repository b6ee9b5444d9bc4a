//! `khyber`: the signed QR at the command line, for those who build it into something else.
//!
//! QR text on stdin, JSON on stdout, errors as JSON on stderr. Exit codes: 0 accepted (or done), 1 refused,
//! 2 undecided ("cannot decide"), 64 and more for usage and I/O, as in sysexits.h. This file reads the clock and the
//! randomness source; everything else takes them as arguments.

#![allow(
    clippy::doc_markdown,
    reason = "the commands' comments are their help text, where backticks are noise"
)]

mod ceremony;
mod certificate;
mod claim169;
mod claims;
mod error;
mod files;
mod hex;
mod inspect;
mod issue;
mod key;
mod log;
mod moment;
mod numbered;
mod paper;
mod present;
mod qr_code;
mod request;
mod roots;
mod rules;
mod status;
mod trust;
mod types;
mod verify;

use std::io::Write as _;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use credential::Timestamp;
use serde_json::{Value, json};

use crate::error::CliError;

/// The signed QR of Khyber Pass: make it, show it, read it, decide about it.
///
/// QR text comes on stdin, JSON goes to stdout, errors as JSON to stderr. Secrets are read from files or stdin, never
/// from arguments.
///
/// Exit codes: 0 accepted or done, 1 refused, 2 undecided (cannot decide), 64 usage, 65 unreadable data, 66 a missing
/// file, 74 input or output failed.
#[derive(Parser)]
#[command(name = "khyber", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Inspect(inspect::Inspect),
    Verify(verify::Verify),
    Claim169(claim169::Claim169),
    Issue(issue::Issue),
    #[command(subcommand)]
    Paper(paper::Paper),
    Present(present::Present),
    Request(request::Request),
    #[command(subcommand)]
    Certificate(certificate::Certificate),
    #[command(subcommand)]
    Trust(trust::Trust),
    #[command(subcommand)]
    Status(status::Status),
    #[command(subcommand)]
    Types(types::Types),
    #[command(subcommand)]
    Rules(rules::Rules),
    #[command(subcommand)]
    Key(key::Key),
    #[command(subcommand)]
    Log(log::Log),
    #[command(subcommand)]
    Qr(qr_code::QrCode),
}

/// What a command takes from the machine it runs on.
struct Machine {
    /// The clock, for `--now` when it is not given.
    now: Timestamp,
    /// Fills bytes with randomness.
    random: fn(&mut [u8]) -> Result<(), CliError>,
}

/// What a command prints, and how it exits.
struct Done {
    output: Output,
    exit: u8,
}

enum Output {
    Json(Value),
    /// QR texts as they are, one on each line.
    Lines(Vec<String>),
}

impl Done {
    fn json(value: Value) -> Self {
        Self {
            output: Output::Json(value),
            exit: 0,
        }
    }

    /// Lines for people.
    fn lines(lines: Vec<String>) -> Self {
        Self {
            output: Output::Lines(lines),
            exit: 0,
        }
    }

    /// The text alone if that was asked for, else the whole object.
    fn text_or_json(text_only: bool, text: String, value: Value) -> Self {
        let output = if text_only {
            Output::Lines(vec![text])
        } else {
            Output::Json(value)
        };
        Self { output, exit: 0 }
    }
}

/// Puts a member into an object; into anything else it puts nothing.
fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

fn main() -> ExitCode {
    let done = match Arguments::try_parse() {
        Ok(arguments) => machine().and_then(|machine| run(arguments.command, &machine)),
        Err(asked) if matches!(asked.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return match write!(std::io::stdout(), "{asked}") {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::from(CliError::Output.exit()),
            };
        }
        Err(usage) => Err(CliError::Usage(usage.to_string().trim().to_owned())),
    };
    match done.and_then(|done| print(&done.output).map(|()| done.exit)) {
        Ok(exit) => ExitCode::from(exit),
        Err(error) => {
            let value = json!({"error": {"code": error.code(), "message": error.to_string()}});
            // If stderr is gone too, the exit code is all that can be said.
            let _ = writeln!(std::io::stderr(), "{value}");
            ExitCode::from(error.exit())
        }
    }
}

fn run(command: Command, machine: &Machine) -> Result<Done, CliError> {
    match command {
        Command::Inspect(command) => command.run(),
        Command::Verify(command) => command.run(machine),
        Command::Claim169(command) => command.run(machine),
        Command::Issue(command) => command.run(),
        Command::Paper(command) => command.run(),
        Command::Present(command) => command.run(machine),
        Command::Request(command) => command.run(machine),
        Command::Certificate(command) => command.run(),
        Command::Trust(command) => command.run(machine),
        Command::Rules(command) => command.run(machine),
        Command::Status(command) => command.run(machine),
        Command::Types(command) => command.run(),
        Command::Key(command) => command.run(machine),
        Command::Log(command) => command.run(),
        Command::Qr(command) => command.run(),
    }
}

fn print(output: &Output) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let written = match output {
        Output::Json(value) => writeln!(out, "{value:#}"),
        Output::Lines(lines) => lines.iter().try_for_each(|line| writeln!(out, "{line}")),
    };
    written.and_then(|()| out.flush()).map_err(|_| CliError::Output)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program's entry point reads the clock and the randomness"
)]
fn machine() -> Result<Machine, CliError> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_err(|_| CliError::Clock)?;
    Ok(Machine {
        now: Timestamp::from_unix(now.as_secs()),
        random: |bytes| getrandom::fill(bytes).map_err(|_| CliError::Randomness),
    })
}

#[cfg(test)]
#[path = "../../../tests/documented.rs"]
mod documented;

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    #[test]
    fn the_documents_show_only_commands_that_there_are() {
        super::documented::all_parse(&["khyber"], 30, |words| super::Arguments::try_parse_from(words));
    }
}
