//! What is wrong with a configuration. What was written there is not repeated: it may be a secret in the wrong place.

use std::fmt;
use std::io::ErrorKind;

use super::log::LOG_FILTER;
use super::table::{SETTINGS, setting};
use super::unknown::{PREFIX, known_variables};
use crate::tls::TlsError;

/// What is wrong with a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The file is no TOML from this line on.
    NotToml(usize),
    /// There is no such setting.
    Unknown,
    /// It has to be given, and is not.
    Missing,
    /// It is given more than once, or as several values, and takes one.
    Several,
    /// It is neither text, nor a number, nor a list of these.
    Form,
    /// The value is not one of those that it takes.
    Value,
    /// The file that it names cannot be read.
    Unreadable(ErrorKind),
    /// There is no folder of this name.
    NoFolder,
    /// A file with a secret may be read by others than its owner.
    Shared,
    /// It cannot be given together with this one.
    Together(&'static str),
    /// It needs this one, too.
    Without(&'static str),
    /// Others than this machine would be served in plain HTTP, and nothing says that a proxy stands before it.
    Plain,
    /// Certificate and key are not good.
    Certificate(TlsError),
}

impl Wrong {
    /// Whether another setting that is not given makes it one.
    pub(super) const fn is_of_another(self) -> bool {
        matches!(self, Self::Missing | Self::Without(_) | Self::Plain)
    }

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotToml(_) => "config_not_toml",
            Self::Unknown => "config_unknown",
            Self::Missing => "config_missing",
            Self::Several => "config_several",
            Self::Form => "config_form",
            Self::Value => "config_value",
            Self::Unreadable(_) => "config_unreadable",
            Self::NoFolder => "config_no_folder",
            Self::Shared => "config_secret_shared",
            Self::Together(_) => "config_together",
            Self::Without(_) => "config_without",
            Self::Plain => "config_plain",
            Self::Certificate(error) => error.code(),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotToml(line) => write!(f, "line {line} is no TOML"),
            Self::Unknown => f.write_str("there is no such setting"),
            Self::Missing => f.write_str("it has to be given"),
            Self::Several => f.write_str("it takes one value"),
            Self::Form => f.write_str("it is neither text, nor a whole number, nor a list of these"),
            Self::Value => f.write_str("it does not take this value"),
            Self::Unreadable(kind) => write!(f, "the file cannot be read ({kind})"),
            Self::NoFolder => f.write_str("there is no such folder"),
            Self::Shared => f.write_str("others than its owner may read this file"),
            Self::Together(other) => write!(f, "it cannot be given together with {other}"),
            Self::Without(other) => write!(f, "it needs {other}"),
            Self::Plain => f.write_str("others than this machine would be served without TLS"),
            Self::Certificate(error) => write!(f, "{error}"),
        }
    }
}

/// One fault of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting.
    pub key: String,
    /// What is wrong with it.
    pub wrong: Wrong,
}

impl Fault {
    pub(super) fn new(key: impl Into<String>, wrong: Wrong) -> Self {
        Self {
            key: key.into(),
            wrong,
        }
    }

    /// What is allowed there.
    pub fn allowed(&self) -> String {
        match setting(&self.key) {
            Some(setting) => setting.takes.to_owned(),
            None if self.key == "config" => "a file of TOML".to_owned(),
            None if self.key == LOG_FILTER => "levels and parts, such as info,sqlx=warn".to_owned(),
            None if self.key == "DATABASE_URL" => "postgres://.. or postgresql://..".to_owned(),
            None if self.key.starts_with(PREFIX) => known_variables().join(", "),
            None => {
                let keys: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
                keys.join(", ")
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; allowed: {}", self.key, self.wrong, self.allowed())
    }
}

/// All faults of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "faults of the configuration: {}", self.0.len())?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}
