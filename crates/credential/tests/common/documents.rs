//! The province's own register, and documents with contents as real ones have them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use credential::*;
use serde::Deserialize as _;

use super::common::*;

/// The packaged data file of types.
pub const PACKAGED: &str = include_str!("../../../../assets/types/types.json");

/// The types of the packaged data file.
pub fn packaged() -> Vec<PassType> {
    types_of(PACKAGED)
}

/// The types of a data file.
pub fn types_of(json: &str) -> Vec<PassType> {
    let file: serde_json::Value = serde_json::from_str(json).unwrap();
    Vec::deserialize(&file["types"]).unwrap()
}

pub fn register_content() -> RegisterContent {
    RegisterContent {
        sequence: 4,
        iat: NOW.minus(days(1)),
        exp: NOW.plus(days(700)),
        types: packaged(),
    }
}

/// The same register but for one change.
pub fn changed(change: impl FnOnce(&mut RegisterContent)) -> RegisterContent {
    let mut content = register_content();
    change(&mut content);
    content
}

/// The trust list of the tests, with a key for the register and one for every type of a register.
pub fn trust_content_for(content: &RegisterContent) -> TrustContent {
    let mut trust = trust_content();
    let all: Vec<Vct> = content.types.iter().map(|one| one.vct).collect();
    trust.keys.push(trusted("register", &[Vct::TYPE_REGISTER]));
    trust.keys.push(trusted("every type", &all));
    trust
}

pub fn trust_for(content: &RegisterContent) -> TrustList {
    trust_of(&trust_content_for(content))
}

pub fn register_bytes(content: &RegisterContent) -> Vec<u8> {
    TypeRegister::sign(content, &key("register")).unwrap()
}

pub fn register_of(content: &RegisterContent) -> TypeRegister {
    TypeRegister::verify(&register_bytes(content), &trust_for(content), None).unwrap()
}

pub fn register() -> TypeRegister {
    static REGISTER: LazyLock<TypeRegister> = LazyLock::new(|| register_of(&register_content()));
    REGISTER.clone()
}

pub fn vct(name: &str) -> Vct {
    Vct::parse(name).unwrap()
}

/// Signs claims as the register's type of them wants it.
pub fn issued_by_type(register: &TypeRegister, claims: &Claims) -> Result<Vec<u8>, IssueError> {
    let one = register.find(&claims.vct).ok_or(IssueError::UnknownType)?;
    one.issue(claims, &key("every type"))
}

fn text(value: &str) -> Field {
    Field::Text(value.to_owned())
}

/// A B-form that a guardian holds.
pub fn b_form_claims() -> Claims {
    Claims {
        vct: vct("b-form"),
        holder: Some(holder(4).public().into()),
        identity: Some(Identity {
            id: Some("9999912345671".to_owned()),
            full_name: Some("Zarghuna Test".to_owned()),
            ..Identity::default()
        }),
        exp: NOW.start_of_day().plus(days(366)),
        status: Some(StatusRef {
            index: INDEX,
            uri: "bform".to_owned(),
        }),
        facts: Facts {
            photo_sha256: Some(sha256(&PHOTO)),
            fields: BTreeMap::from([
                (32, text("Muhammad Gul Test")),
                (33, text("محمد گل ٹیسٹ")),
                (34, Field::Number(9_999_971_000_013)),
                (35, Field::Number(20_150_302)),
                (36, Field::Number(1)),
                (37, text("Sher Zaman Test")),
                (38, text("Zarghuna Test")),
                (39, Field::Number(20_160_501)),
                (40, Field::Number(2)),
            ]),
            ..Facts::default()
        },
        ..age_claims()
    }
}

/// A domicile certificate: on the phone bound to a key and to the photo, on paper in both scripts.
pub fn domicile_claims(on_paper: bool) -> Claims {
    let identity = Identity {
        id: Some("9999912345671".to_owned()),
        full_name: Some("Zarghuna Test".to_owned()),
        guardian: Some("Gul Test".to_owned()),
        ..Identity::default()
    };
    let local = Identity {
        full_name_local: Some("زرغونہ ٹیسٹ".to_owned()),
        guardian_local: Some("گل ٹیسٹ".to_owned()),
        ..identity.clone()
    };
    Claims {
        vct: vct("domicile"),
        holder: (!on_paper).then(|| holder(3).public().into()),
        identity: Some(if on_paper { local } else { identity }),
        exp: NOW.start_of_day().plus(days(1826)),
        status: Some(StatusRef {
            index: INDEX,
            uri: "dom".to_owned(),
        }),
        facts: Facts {
            photo_sha256: (!on_paper).then(|| sha256(&PHOTO)),
            fields: BTreeMap::from([
                (32, text("PSH-26-104711")),
                (33, Field::Number(20_261_102)),
                (34, text("peshawar")),
            ]),
            ..Facts::default()
        },
        ..age_claims()
    }
}

/// A vehicle card as its bearer carries it.
pub fn vehicle_claims() -> Claims {
    Claims {
        vct: vct("vehicle-card"),
        holder: None,
        exp: NOW.start_of_day().plus(days(366)),
        status: Some(StatusRef {
            index: 41_277,
            uri: "vehicle".to_owned(),
        }),
        facts: Facts {
            fields: BTreeMap::from([
                (32, text("AB-4471")),
                (33, Field::Number(20_230_418)),
                (34, text("Gul Test")),
                (35, text("Suzuki Mehran")),
                (36, Field::Number(2012)),
                (37, Field::Number(2)),
                (38, text("PKT4471203")),
                (39, text("SB308PK0447120")),
                (40, Field::Number(20_270_630)),
            ]),
            ..Facts::default()
        },
        ..age_claims()
    }
}

/// An age pass with all that its type has.
pub fn whole_age_claims() -> Claims {
    Claims {
        facts: Facts {
            over_18: Some(true),
            over_60: Some(false),
            ..Facts::default()
        },
        ..age_claims()
    }
}

/// The text in the code of a printed document.
pub fn printed(bytes: &[u8]) -> String {
    format!("KPD:{}", base45::encode(bytes))
}

/// A context that knows the register.
pub fn knowing<'a>(ctx: Context<'a>, types: &'a TypeRegister) -> Context<'a> {
    Context {
        types: Some(types),
        ..ctx
    }
}
