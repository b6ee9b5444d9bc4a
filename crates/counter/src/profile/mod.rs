//! What a desk is for: which question it asks, how, and who has to sit there. One small JSON file for each desk.
//!
//! docs/desk.md has the fields for whoever writes one. Read strictly: a field that is unknown, twice or out of its
//! limits is an error, so that a slip of the pen does not become a desk that asks for something else.

mod gate;

use std::collections::BTreeSet;

use credential::{CounterCertificateClaims, Vct};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::gate::Rules;
use crate::types::{ProfileMode, ProfileView};

/// Largest profile file, in bytes.
pub const PROFILE_BYTES_MAX: usize = 16 * 1024;
const VERSION: u32 = 1;
const NAME_LETTERS_MAX: usize = 60;
const ASKS_MAX: usize = 8;
const IDLE_MINUTES_DEFAULT: u32 = 10;
const IDLE_MINUTES_MAX: u32 = 120;

/// A profile is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Not JSON, or not the fields that a profile has.
    #[error("the profile cannot be read: {0}")]
    Malformed(String),
    /// A newer version.
    #[error("the profile is of version {0}; this program reads version {VERSION}")]
    Version(u32),
    /// A field is outside its limits.
    #[error("the profile's `{0}` is not as docs/desk.md says")]
    Field(&'static str),
    /// The certificate does not allow the question.
    #[error("the profile asks for `{0}`, which this desk's certificate does not allow")]
    MayNotAsk(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    id: String,
    name: FileNames,
    service: String,
    ask: Vec<String>,
    #[serde(default)]
    mode: FileMode,
    #[serde(default = "idle_minutes")]
    idle_minutes: u32,
    #[serde(default)]
    unattended: Vec<String>,
    #[serde(default)]
    gate: Option<gate::FileGate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileNames {
    en: String,
    ur: String,
    ps: String,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FileMode {
    #[default]
    Request,
    Timed,
}

const fn idle_minutes() -> u32 {
    IDLE_MINUTES_DEFAULT
}

/// A profile whose fields are within their limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    stamp: String,
    view: ProfileView,
    ask: Vec<Vct>,
    unattended: Vec<Vct>,
    gate: Option<Rules>,
}

impl Profile {
    /// Reads a profile file.
    ///
    /// # Errors
    /// [`ProfileError`], for any bytes at all.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProfileError> {
        if bytes.len() > PROFILE_BYTES_MAX {
            return Err(ProfileError::Malformed("it is too long".into()));
        }
        let file: File =
            serde_json::from_slice(bytes).map_err(|error| ProfileError::Malformed(error.to_string()))?;
        if file.version != VERSION {
            return Err(ProfileError::Version(file.version));
        }
        check(is_name(&file.id), "id")?;
        check(is_name(&file.service), "service")?;
        for name in [&file.name.en, &file.name.ur, &file.name.ps] {
            let letters = name.trim().chars().count();
            check(
                (1..=NAME_LETTERS_MAX).contains(&letters) && !name.chars().any(char::is_control),
                "name",
            )?;
        }
        check(
            (1..=IDLE_MINUTES_MAX).contains(&file.idle_minutes),
            "idle_minutes",
        )?;
        let ask = passes(&file.ask).ok_or(ProfileError::Field("ask"))?;
        check((1..=ASKS_MAX).contains(&ask.len()), "ask")?;
        let unattended = passes(&file.unattended).ok_or(ProfileError::Field("unattended"))?;
        let for_nobody = |vct: &Vct| names_nobody(vct) && ask.contains(vct);
        check(unattended.iter().all(for_nobody), "unattended")?;
        let gate = file
            .gate
            .map(|gate| gate::rules(gate, file.mode, &ask))
            .transpose()?;
        let FileNames { en, ur, ps } = file.name;
        let mode = match file.mode {
            FileMode::Request => ProfileMode::Request,
            FileMode::Timed => ProfileMode::Timed,
        };
        let names = [en, ur, ps].map(|name| name.trim().to_owned());
        let sha256 = Sha256::digest(bytes);
        let digest = hex::encode(sha256.first_chunk::<4>().copied().unwrap_or_default());
        Ok(Self {
            gate,
            ..Self::new(
                format!("{}.{digest}", file.id),
                file.id,
                names,
                file.service,
                ask,
                mode,
                file.idle_minutes,
                unattended,
            )
        })
    }

    /// The profile of a desk that was given none: everything that its certificate allows, asked for on the screen.
    pub fn of_certificate(certificate: Option<&CounterCertificateClaims>) -> Self {
        let (names, ask) = certificate.map_or_else(
            || {
                (
                    [String::new(), String::new(), String::new()],
                    vec![Vct::AGE, Vct::RESIDENCE],
                )
            },
            |view| {
                let names = ["en", "ur", "ps"].map(|language| view.purpose.in_language(language).to_owned());
                (names, view.allowed.clone())
            },
        );
        let (id, service) = ("certificate".to_owned(), "general".to_owned());
        Self::new(
            id.clone(),
            id,
            names,
            service,
            ask,
            ProfileMode::Request,
            IDLE_MINUTES_DEFAULT,
            Vec::new(),
        )
    }

    fn new(
        stamp: String,
        id: String,
        [name_en, name_ur, name_ps]: [String; 3],
        service: String,
        ask: Vec<Vct>,
        mode: ProfileMode,
        idle_minutes: u32,
        unattended: Vec<Vct>,
    ) -> Self {
        let names = |passes: &[Vct]| passes.iter().map(|vct| vct.as_str().to_owned()).collect();
        let view = ProfileView {
            id,
            name_en,
            name_ur,
            name_ps,
            service,
            ask: names(&ask),
            mode,
            idle_minutes,
            unattended: names(&unattended),
        };
        Self {
            stamp,
            view,
            ask,
            unattended,
            gate: None,
        }
    }

    /// Whether the desk may ask for everything in it.
    ///
    /// # Errors
    /// [`ProfileError::MayNotAsk`].
    pub fn check_allowed(&self, certificate: Option<&CounterCertificateClaims>) -> Result<(), ProfileError> {
        let may = |vct: &Vct| match certificate {
            Some(view) => view.allowed.contains(vct),
            None => names_nobody(vct),
        };
        match self.ask.iter().find(|vct| !may(vct)) {
            Some(vct) => Err(ProfileError::MayNotAsk(vct.as_str().to_owned())),
            None => Ok(()),
        }
    }

    /// What the page is told.
    pub fn view(&self) -> ProfileView {
        self.view.clone()
    }

    /// What the scan log calls it: its name, and the first bytes of its file's SHA-256 in hex, so that two files of one name
    /// are two.
    pub fn stamp(&self) -> &str {
        &self.stamp
    }

    /// Which risk rules the desk works by.
    pub fn service(&self) -> &str {
        &self.view.service
    }

    /// Whether visitors may show something unasked.
    pub const fn mode(&self) -> ProfileMode {
        self.view.mode
    }

    /// What the desk asks for.
    pub fn ask(&self) -> &[Vct] {
        &self.ask
    }

    /// What may be asked for while nobody is signed in.
    pub fn unattended(&self) -> &[Vct] {
        &self.unattended
    }

    /// How attendance is told, at a gate for staff.
    pub const fn gate(&self) -> Option<Rules> {
        self.gate
    }

    /// Seconds without a sign of life after which an officer is signed out.
    pub fn idle_seconds(&self) -> u64 {
        u64::from(self.view.idle_minutes) * 60
    }
}

/// Passes that anybody may ask for and whose holder nobody has to look at.
fn names_nobody(vct: &Vct) -> bool {
    *vct == Vct::AGE || *vct == Vct::RESIDENCE
}

const fn check(fits: bool, field: &'static str) -> Result<(), ProfileError> {
    if fits {
        Ok(())
    } else {
        Err(ProfileError::Field(field))
    }
}

fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-')
}

/// Pass types, each once.
fn passes(names: &[String]) -> Option<Vec<Vct>> {
    let distinct: BTreeSet<_> = names.iter().collect();
    if distinct.len() != names.len() {
        return None;
    }
    names.iter().map(|name| Vct::parse(name).ok()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn good() -> Value {
        json!({
            "version": 1,
            "id": "domicile",
            "name": { "en": "Domicile", "ur": "ڈومیسائل", "ps": "ډومیسایل" },
            "service": "domicile",
            "ask": ["identity", "age"],
            "unattended": ["age"],
        })
    }

    fn parse(value: &Value) -> Result<Profile, ProfileError> {
        Profile::parse(value.to_string().as_bytes())
    }

    #[test]
    fn what_is_left_out_is_request_mode_and_ten_minutes() {
        let profile = parse(&good()).unwrap();
        assert_eq!(profile.view().mode, ProfileMode::Request);
        assert_eq!(profile.idle_seconds(), 600);
        assert_eq!(profile.view().ask, ["identity", "age"]);
        assert_eq!(profile.unattended(), [Vct::AGE]);
    }

    #[test]
    fn each_field_out_of_its_limits_is_named() {
        let cases = [
            ("id", json!("Domicile desk"), "id"),
            ("service", json!(""), "service"),
            ("name", json!({ "en": " ", "ur": "x", "ps": "x" }), "name"),
            ("ask", json!([]), "ask"),
            ("ask", json!(["age", "age"]), "ask"),
            ("ask", json!(["Not a type!"]), "ask"),
            ("idle_minutes", json!(0), "idle_minutes"),
            ("idle_minutes", json!(121), "idle_minutes"),
            ("unattended", json!(["identity"]), "unattended"),
            ("unattended", json!(["residence"]), "unattended"),
        ];
        for (field, value, named) in cases {
            let mut bent = good();
            bent[field] = value;
            assert_eq!(parse(&bent), Err(ProfileError::Field(named)), "{bent}");
        }
    }

    #[test]
    fn a_gate_waits_for_what_staff_show_and_asks_for_a_face_only_if_it_may() {
        let gate = |gate: Value| {
            let mut file = good();
            file["mode"] = json!("timed");
            file["ask"] = json!(["age", "name-photo"]);
            file["gate"] = gate;
            file
        };
        let rules = parse(&gate(json!({}))).unwrap().gate().unwrap();
        assert_eq!(rules, Rules::default());
        let rules = parse(&gate(
            json!({ "again_minutes": 2, "shift_hours": 12, "name_photo_one_in": 20 }),
        ));
        let rules = rules.unwrap().gate().unwrap();
        assert_eq!(
            (rules.again_within, rules.shift_max, rules.face_one_in),
            (120, 12 * 3_600, 20)
        );
        assert_eq!(parse(&good()).unwrap().gate(), None);
        for (field, value) in [
            ("again_minutes", 0),
            ("again_minutes", 61),
            ("shift_hours", 0),
            ("shift_hours", 25),
            ("name_photo_one_in", 1_001),
        ] {
            let error = parse(&gate(json!({ field: value }))).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
        let mut never = gate(json!({ "name_photo_one_in": 20 }));
        never["ask"] = json!(["age"]);
        assert_eq!(parse(&never), Err(ProfileError::Field("gate.name_photo_one_in")));
        let mut asking = gate(json!({}));
        asking["mode"] = json!("request");
        assert_eq!(parse(&asking), Err(ProfileError::Field("mode")));
        assert!(matches!(
            parse(&gate(json!({ "hours": 1 }))),
            Err(ProfileError::Malformed(_))
        ));
    }

    #[test]
    fn unknown_fields_and_other_versions_are_refused() {
        let mut bent = good();
        bent["asks"] = json!(["age"]);
        assert!(matches!(parse(&bent), Err(ProfileError::Malformed(_))));
        let mut bent = good();
        bent["version"] = json!(2);
        assert_eq!(parse(&bent), Err(ProfileError::Version(2)));
        let mut bent = good();
        bent["mode"] = json!("whatever");
        assert!(matches!(parse(&bent), Err(ProfileError::Malformed(_))));
        assert!(matches!(
            Profile::parse(&vec![b' '; PROFILE_BYTES_MAX + 1]),
            Err(ProfileError::Malformed(_))
        ));
    }

    #[test]
    fn without_a_certificate_only_what_names_nobody_may_be_asked() {
        assert_eq!(
            parse(&good()).unwrap().check_allowed(None),
            Err(ProfileError::MayNotAsk("identity".into()))
        );
        assert_eq!(Profile::of_certificate(None).check_allowed(None), Ok(()));
    }
}
