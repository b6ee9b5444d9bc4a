//! Reads settings one by one and notes what is wrong with each, so that all faults are said at once.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Certificate;

use super::faults::{Fault, Faults, Wrong};
use super::secrets;
use super::table::SETTINGS;
use super::{Environment, Given, NadraSettings, Texts, Written};
use crate::courier::Reach;
use crate::http::{Limits, Proxies, ProxyHeader};
use crate::keys::TokenPin;
use crate::nadra::TIME_LIMIT;
use crate::rules::officers::PasskeyDesk;
use crate::rules::rates::Budgets;
use crate::store::Place;
use crate::tls::CertificateFiles;

/// The settings that take several values; in the environment, with commas between them.
const LISTS: [&str; 3] = ["listen", "proxies", "webhook_networks"];

/// What was given for each key, and where; and what was wrong so far.
pub(super) struct Reader {
    texts: BTreeMap<&'static str, Texts>,
    from: BTreeMap<&'static str, &'static str>,
    pub(super) faults: Vec<Fault>,
    /// Whether what a file says is not known, so that nothing can be said to be missing.
    is_torn: bool,
}

impl Reader {
    pub(super) fn new(file: Written<'_>, environment: &impl Environment, given: Given) -> Self {
        let mut reader = Self {
            texts: BTreeMap::new(),
            from: BTreeMap::new(),
            faults: Vec::new(),
            is_torn: false,
        };
        match file {
            Written::Text(text) => reader.take_file(text),
            Written::Unreadable(kind) => reader.torn(Wrong::Unreadable(kind)),
        }
        for setting in SETTINGS {
            reader.take_variable(setting.key, &setting.variable(), environment);
        }
        for (key, texts) in given {
            reader.take(key, texts, "argument");
        }
        reader.look_for_unknown(environment);
        reader
    }

    /// One that knows no file, and these keys of the environment alone.
    pub(super) fn of(keys: &[&'static str], environment: &impl Environment, given: Given) -> Self {
        let mut reader = Self {
            texts: given,
            from: BTreeMap::new(),
            faults: Vec::new(),
            is_torn: false,
        };
        for key in keys {
            let variable = format!("KHYBER_{}", key.to_ascii_uppercase());
            reader.take_variable(key, &variable, environment);
        }
        reader.look_for_unknown(environment);
        reader
    }

    fn take(&mut self, key: &'static str, texts: Texts, from: &'static str) {
        self.texts.insert(key, texts);
        self.from.insert(key, from);
    }

    fn take_variable(&mut self, key: &'static str, variable: &str, environment: &impl Environment) {
        if let Some(text) = environment.variable(variable) {
            let texts = if LISTS.contains(&key) {
                text.split(',').map(|text| text.trim().to_owned()).collect()
            } else {
                vec![text]
            };
            self.take(key, texts, "environment");
        }
    }

    fn take_file(&mut self, text: &str) {
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let before = text.bytes().take(at).filter(|byte| *byte == b'\n').count();
                self.torn(Wrong::NotToml(before + 1));
                return;
            }
        };
        for (key, value) in table {
            let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
                self.fault(key, Wrong::Unknown);
                continue;
            };
            match texts(&value) {
                Some(texts) => self.take(setting.key, texts, "file"),
                None => self.fault(key, Wrong::Form),
            }
        }
    }

    /// What was given and where, if nothing was wrong.
    pub(super) fn finish(self) -> Result<BTreeMap<&'static str, &'static str>, Faults> {
        if self.faults.is_empty() {
            Ok(self.from)
        } else {
            Err(Faults(self.faults))
        }
    }

    /// The file cannot be read to its end.
    fn torn(&mut self, wrong: Wrong) {
        self.fault("config", wrong);
        self.is_torn = true;
    }

    pub(super) fn fault(&mut self, key: impl Into<String>, wrong: Wrong) {
        // What is missing elsewhere may stand in the file.
        if !(self.is_torn && wrong.is_of_another()) {
            self.faults.push(Fault::new(key, wrong));
        }
    }

    fn is_given(&self, key: &str) -> bool {
        self.texts.contains_key(key)
    }

    /// The only value of a key.
    pub(super) fn one<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let mut all = self.all(key, parse)?;
        let one = all.pop()?;
        if all.is_empty() {
            return Some(one);
        }
        self.fault(key, Wrong::Several);
        None
    }

    /// All values of a key, one at least.
    fn all<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
        let texts = self.texts.get(key)?;
        let all: Option<Vec<T>> = texts.iter().map(|text| parse(text)).collect();
        let all = all.filter(|all| !all.is_empty());
        if all.is_none() {
            self.fault(key, Wrong::Value);
        }
        all
    }

    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<u64>, without: u64) -> u64 {
        let number = self.one(key, |text| {
            text.parse().ok().filter(|number| range.contains(number))
        });
        number.unwrap_or(without)
    }

    pub(super) fn seconds(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
        without: u64,
    ) -> Duration {
        Duration::from_secs(self.number(key, range, without))
    }

    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.one(key, |text| (!text.is_empty()).then(|| PathBuf::from(text)))
    }

    pub(super) fn place(&mut self, environment: &impl Environment) -> Option<Place> {
        let folder = self.path("data");
        match &folder {
            None if !self.is_given("data") => self.fault("data", Wrong::Missing),
            Some(folder) if !folder.is_dir() => self.fault("data", Wrong::NoFolder),
            _ => {}
        }
        let database = self.database(environment);
        let connections = self.is_given("database_connections");
        let most = self.number("database_connections", 1..=500, 0);
        let identity = self.path("identity_file");
        if let Some(wrong) = identity.as_deref().and_then(|file| secrets::read(file).err()) {
            self.fault("identity_file", wrong);
        }
        let place = Place::new(&folder?, database).with_identity(identity);
        let most = u32::try_from(most).ok().filter(|_| connections);
        Some(match most {
            Some(most) => place.with_connections(most),
            None => place,
        })
    }

    pub(super) fn token_pin(&mut self, environment: &impl Environment) -> Option<TokenPin> {
        let pin = self.secret("KHYBER_TOKEN_PIN", "token_pin_file", environment);
        pin.map(TokenPin::new)
    }

    pub(super) fn nadra(&mut self, environment: &impl Environment) -> Option<NadraSettings> {
        let url = self.one("nadra_url", |text| is_nadra(text).then(|| text.to_owned()));
        if !self.is_given("nadra_url") {
            self.fault("nadra_url", Wrong::Missing);
        }
        let token = self.secret("NADRA_TOKEN", "nadra_token_file", environment);
        // It goes into a header.
        if token
            .as_ref()
            .is_some_and(|token| !token.bytes().all(|byte| matches!(byte, b' '..=b'~')))
        {
            let is_file = self.is_given("nadra_token_file");
            let key = if is_file {
                "nadra_token_file"
            } else {
                "NADRA_TOKEN"
            };
            self.fault(key, Wrong::Value);
        }
        let limit = self.seconds("nadra_seconds", 1..=15, TIME_LIMIT.as_secs());
        Some(NadraSettings {
            url: url?,
            token,
            limit,
        })
    }

    /// Where to listen, and whether in TLS.
    pub(super) fn doors(&mut self) -> (Vec<SocketAddr>, Option<CertificateFiles>) {
        let listen = self.all("listen", |text| text.parse().ok());
        let listen = listen.unwrap_or_else(|| vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
        let behind = self.one("plain", |text| (text == "behind-proxy").then_some(()));
        let (certificate, key) = (self.path("tls_certificate"), self.path("tls_key"));
        let files = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(CertificateFiles { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                self.fault("tls_certificate", Wrong::Without("tls_key"));
                None
            }
            (None, Some(_)) => {
                self.fault("tls_key", Wrong::Without("tls_certificate"));
                None
            }
        };
        if let Some(files) = &files {
            if behind.is_some() {
                self.fault("plain", Wrong::Together("tls_certificate"));
            }
            for error in files.faults() {
                self.fault(error.file().key(), Wrong::Certificate(error));
            }
        }
        let is_ours_alone = listen.iter().all(|address| address.ip().is_loopback());
        let says_tls = self.is_given("tls_certificate") || self.is_given("tls_key");
        if !says_tls && !self.is_given("plain") && !is_ours_alone {
            self.fault("listen", Wrong::Plain);
        }
        (listen, files)
    }

    pub(super) fn proxies(&mut self) -> Proxies {
        let header = self.one("proxy_header", ProxyHeader::parse);
        if self.is_given("proxy_header") && !self.is_given("proxies") {
            self.fault("proxy_header", Wrong::Without("proxies"));
        }
        let networks = self.all("proxies", Proxies::network).unwrap_or_default();
        Proxies::new(networks, header.unwrap_or_default())
    }

    /// How far departments' webhooks may go, and which authorities are believed about their receivers.
    pub(super) fn webhooks(&mut self) -> (Reach, Vec<Certificate>) {
        let networks = self.all("webhook_networks", Proxies::network).unwrap_or_default();
        let plain = self.one("webhook_plain", |text| (text == "loopback").then_some(()));
        let authorities = match self.path("webhook_authorities").map(fs::read) {
            None => Vec::new(),
            Some(Err(error)) => {
                self.fault("webhook_authorities", Wrong::Unreadable(error.kind()));
                Vec::new()
            }
            Some(Ok(pem)) => {
                let read = Certificate::from_pem_bundle(&pem).unwrap_or_default();
                if read.is_empty() {
                    self.fault("webhook_authorities", Wrong::Value);
                }
                read
            }
        };
        let reach = Reach::new(networks).with_plain_loopback(plain.is_some());
        (reach, authorities)
    }

    /// How often callers may ask.
    pub(super) fn budgets(&mut self) -> Budgets {
        let without = Budgets::default();
        let mut read = |key, most: u32, without: u32| {
            let number = self.number(key, 0..=u64::from(most), u64::from(without));
            u32::try_from(number).unwrap_or(without)
        };
        Budgets {
            network: read("requests_of_network", 10_000_000, without.network),
            device: read("requests_of_device", 100_000, without.device),
            counter: read("requests_of_counter", 1_000_000, without.counter),
            system: read("requests_of_system", 10_000_000, without.system),
            codes: read("codes_of_network", 100_000, without.codes),
            officer: read("requests_of_officer", 100_000, without.officer),
        }
    }

    /// Where officers sign in: both, or neither.
    pub(super) fn officers(&mut self) -> Option<(String, String)> {
        let rp_id = self.one("officers_rp_id", |text| is_domain(text).then(|| text.to_owned()));
        let origin = self.one("officers_origin", |text| {
            text.contains("://").then(|| text.to_owned())
        });
        for (given, other) in [
            ("officers_rp_id", "officers_origin"),
            ("officers_origin", "officers_rp_id"),
        ] {
            if self.is_given(given) && !self.is_given(other) {
                self.fault(given, Wrong::Without(other));
            }
        }
        // What was given and is no good was said.
        let (rp_id, origin) = (rp_id?, origin?);
        if PasskeyDesk::new(&rp_id, &origin).is_none() {
            self.fault("officers_origin", Wrong::Value);
            return None;
        }
        Some((rp_id, origin))
    }

    pub(super) fn limits(&mut self) -> Limits {
        let without = Limits::default();
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (all, one) = (without.connections as u64, without.of_network as u64);
        Limits {
            connections: count(self.number("connections", 16..=1_000_000, all)),
            of_network: count(self.number("connections_of_network", 1..=1_000_000, one)),
            head: self.seconds("head_seconds", 1..=60, without.head.as_secs()),
            ending: self.seconds("ending_seconds", 1..=300, without.ending.as_secs()),
        }
    }
}

/// Whether a text has the letters of a domain's name.
fn is_domain(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    !text.is_empty() && text.bytes().all(letters)
}

/// A value of the file as texts.
fn texts(value: &toml::Value) -> Option<Texts> {
    match value {
        toml::Value::String(text) => Some(vec![text.clone()]),
        toml::Value::Integer(number) => Some(vec![number.to_string()]),
        toml::Value::Array(values) => {
            let one = |value: &toml::Value| match value {
                toml::Value::Array(_) => None,
                value => texts(value)?.pop(),
            };
            values.iter().map(one).collect()
        }
        _ => None,
    }
}

/// Whether this is an address to which particulars of citizens and a token may be sent.
fn is_nadra(text: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(text) else {
        return false;
    };
    let is_here = || {
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    let is_private = url.scheme() == "https" || (url.scheme() == "http" && is_here());
    is_private && url.username().is_empty() && url.password().is_none()
}
