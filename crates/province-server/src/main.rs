//! `province-server`: the provincial API and its operator's commands.
//!
//! The one place where the clock and the randomness of the machine are read; only `age` draws its own when `init`
//! seals the key files.

mod audit_commands;
mod backup_commands;
mod bulk_commands;
mod caller_commands;
mod commands;
mod desk_commands;
mod dispatch_commands;
mod import_commands;
mod input;
mod officer_commands;
mod print_commands;
mod serve_command;
mod trust_commands;

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser as _;
use credential::Timestamp;
use province_server::admin::AdminError;
use province_server::config::{Environment, LogFormat};
use province_server::keys::{KeyFileError, TokenPin};
use province_server::randomness::Randomness;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line for the operator; the causes are in it.
            eprintln!("province-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    let arguments = commands::Arguments::parse();
    tokio::runtime::Runtime::new()?.block_on(commands::run(arguments))
}

/// The lines of the log where nobody said which.
const LINES: &str = "info,sqlx=warn";
/// A library that writes out whole what an officer's passkey says: never, whatever was said of the others.
const NEVER: &str = "webauthn_rs_core=warn";

/// Logs to stderr from here on: these lines, or what an operator needs.
fn log_as(format: LogFormat, filter: Option<&str>) {
    let log = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(EnvFilter::new(format!("{},{NEVER}", filter.unwrap_or(LINES))));
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

/// The environment of this process.
struct Process;

impl Environment for Process {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }

    fn names(&self) -> Vec<String> {
        std::env::vars_os()
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .collect()
    }
}

/// Prints one line of JSON.
fn say(line: &serde_json::Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Prints a text as it is.
fn print_whole(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn randomness() -> Randomness {
    Randomness::new(rand_core::UnwrapErr(getrandom::SysRng))
}

/// What opens the token that holds the signing keys, if one does. It is never an argument: a list of processes shows those.
fn token_pin() -> Result<Option<TokenPin>, AdminError> {
    if let Some(file) = std::env::var_os("KHYBER_TOKEN_PIN_FILE") {
        let pin = TokenPin::read(Path::new(&file)).map_err(KeyFileError::from)?;
        return Ok(Some(pin));
    }
    Ok(std::env::var("KHYBER_TOKEN_PIN")
        .ok()
        .map(|pin| TokenPin::new(pin.into())))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program's entry point reads the clock"
)]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since.as_secs())
}

#[cfg(test)]
#[path = "../../../tests/documented.rs"]
mod documented;

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    #[test]
    fn the_documents_show_only_commands_that_there_are() {
        super::documented::all_parse(&["province-server"], 14, |words| {
            super::commands::Arguments::try_parse_from(words)
        });
    }
}
