//! How a province is served: from a file, the environment and the command line, looked over whole before anything starts.
//!
//! A later one of the three holds against an earlier one. Nothing is passed over: a key that there is not is a fault, in the file
//! and in the environment, and all faults are said at once. Secrets come from the environment, or from a file that a setting names; never from the
//! command line, which a list of processes shows, and never from the configuration file, which is copied about.

mod faults;
mod log;
mod read;
mod secrets;
mod table;
mod unknown;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

pub use faults::{Fault, Faults, Wrong};
pub use log::log_filter;
pub use secrets::place;
pub use table::{SETTINGS, Setting, table};

use crate::courier::Reach;
use crate::http::{Limits, Proxies};
use crate::keys::{TOKEN_LIMIT, TokenPin};
use crate::rules::rates::Budgets;
use crate::store::Place;
use crate::tls::CertificateFiles;
use read::Reader;

/// What one key was given as: one text, or several.
type Texts = Vec<String>;

/// What was given on the command line, which holds against everything else: keys and their texts.
pub type Given = BTreeMap<&'static str, Texts>;

/// The environment. An entry point hands in the process's own.
pub trait Environment {
    /// A variable. What is no text comes out as one that nothing takes.
    fn variable(&self, name: &str) -> Option<String>;

    /// The names of all variables.
    fn names(&self) -> Vec<String>;
}

/// What there is of a configuration file.
#[derive(Clone, Copy, Debug)]
enum Written<'a> {
    /// Its text; nothing in it if none was named.
    Text(&'a str),
    /// One was named that cannot be read.
    Unreadable(ErrorKind),
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// An object of JSON for each.
    Json,
}

/// Where NADRA is.
#[derive(Clone)]
pub struct NadraSettings {
    /// Its address.
    pub url: String,
    /// What the province proves itself there with.
    pub token: Option<Zeroizing<String>>,
    /// Longest wait for a whole answer.
    pub limit: Duration,
}

impl std::fmt::Debug for NadraSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NadraSettings")
            .field("url", &self.url)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Everything that serving needs to know. [`Settings::read`] alone makes one, so that it is whole.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Data folder, database and its connections.
    pub place: Place,
    /// What opens the token with the signing keys.
    pub token_pin: Option<TokenPin>,
    /// Longest wait for one answer of that token.
    pub token_limit: Duration,
    /// Where to listen; port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// Where the operator's own measurements are served, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// TLS in this process; without it, plain HTTP on loopback or behind a proxy.
    pub tls: Option<CertificateFiles>,
    /// Whose word is taken for where a caller is.
    pub proxies: Proxies,
    /// Limits of connections.
    pub limits: Limits,
    /// How often callers may ask.
    pub budgets: Budgets,
    /// How long it is said that the service will end before it takes no more connections.
    pub draining: Duration,
    /// NADRA.
    pub nadra: NadraSettings,
    /// Whether who enrols with a phone is asked for a code to their SIM.
    pub sim_codes: bool,
    /// Domain and page of officers' passkeys, where officers sign in.
    pub officers: Option<(String, String)>,
    /// How far departments' webhooks may go.
    pub reach: Reach,
    /// Authorities that are believed about departments' receivers, besides the machine's own.
    pub authorities: Vec<reqwest::Certificate>,
    /// Days for which entries of the audit log are kept.
    pub audit_days: u64,
    /// How lines of the log look.
    pub log: LogFormat,
    /// Which lines there are, if it was said, in the words of `tracing`'s filter, which takes it.
    pub log_filter: Option<String>,
    /// Which settings were given, and where.
    pub given: BTreeMap<&'static str, &'static str>,
}

impl Settings {
    /// Reads them: from the text of a file (TOML), from the environment, and what was given on the command line. Files that
    /// settings name are looked at.
    ///
    /// # Errors
    /// All [`Faults`] there are.
    pub fn read(file: Option<&str>, environment: &impl Environment, given: Given) -> Result<Self, Faults> {
        Self::of(Written::Text(file.unwrap_or_default()), environment, given)
    }

    /// The same from a file on disk.
    ///
    /// # Errors
    /// As [`Self::read`]; that the file cannot be read is one of them.
    pub fn read_file(
        file: Option<&Path>,
        environment: &impl Environment,
        given: Given,
    ) -> Result<Self, Faults> {
        match file.map(std::fs::read_to_string).transpose() {
            Ok(text) => Self::read(text.as_deref(), environment, given),
            Err(error) => Self::of(Written::Unreadable(error.kind()), environment, given),
        }
    }

    fn of(file: Written<'_>, environment: &impl Environment, given: Given) -> Result<Self, Faults> {
        let mut reader = Reader::new(file, environment, given);
        let place = reader.place(environment);
        let nadra = reader.nadra(environment);
        let token_pin = reader.token_pin(environment);
        let token_limit = reader.seconds("token_seconds", 1..=30, TOKEN_LIMIT.as_secs());
        let (listen, tls) = reader.doors();
        let metrics_listen: Option<SocketAddr> = reader.one("metrics_listen", |text| text.parse().ok());
        if metrics_listen.is_some_and(|at| at.port() != 0 && listen.contains(&at)) {
            reader.fault("metrics_listen", Wrong::Together("listen"));
        }
        let proxies = reader.proxies();
        let limits = reader.limits();
        let budgets = reader.budgets();
        let draining = reader.seconds("drain_seconds", 0..=300, 0);
        let officers = reader.officers();
        let (reach, authorities) = reader.webhooks();
        let audit_days = reader.number("audit_years", 10..=100, 10) * 365;
        let sim_codes = reader.one("sim_codes", |text| match text {
            "needed" => Some(true),
            "off" => Some(false),
            _ => None,
        });
        let log = reader.one("log_format", |text| match text {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        });
        let log_filter = reader.log_filter(environment);
        let given = reader.finish()?;
        // What is needed and missing is a fault, and there is none.
        let (Some(place), Some(nadra)) = (place, nadra) else {
            return Err(Faults::default());
        };
        Ok(Self {
            place,
            token_pin,
            token_limit,
            listen,
            metrics_listen,
            tls,
            proxies,
            limits,
            budgets,
            draining,
            nadra,
            sim_codes: sim_codes.unwrap_or(true),
            officers,
            reach,
            authorities,
            audit_days,
            log: log.unwrap_or_default(),
            log_filter,
            given,
        })
    }

    /// The data folder.
    pub fn folder(&self) -> PathBuf {
        self.place.folder().to_owned()
    }
}

#[cfg(test)]
mod tests;
