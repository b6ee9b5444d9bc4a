//! The province's public roots as a file: what programs of this province pin.

use credential::{PublicKey, RootKind, RootSet};
use serde::{Deserialize, Serialize};

/// Three public roots as programs pin them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RootsJson {
    kind: KindJson,
    roots: [String; 3],
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindJson {
    Test,
    Real,
}

/// Reads three public roots: `{"kind": "test"|"real", "roots": [three hex keys]}`. None if it is something else.
pub fn read(text: &str) -> Option<RootSet> {
    let json: RootsJson = serde_json::from_str(text).ok()?;
    let kind = match json.kind {
        KindJson::Test => RootKind::Test,
        KindJson::Real => RootKind::Real,
    };
    let [a, b, c] = json.roots.map(|digits| {
        let bytes = hex::decode(digits).ok()?;
        PublicKey::parse(&bytes).ok()
    });
    RootSet::new(kind, [a?, b?, c?]).ok()
}

/// Writes them.
pub(crate) fn write(roots: &RootSet) -> String {
    let kind = match roots.kind() {
        RootKind::Test => "test",
        RootKind::Real => "real",
    };
    let keys = roots.keys().map(|key| hex::encode(key.as_bytes()));
    serde_json::json!({ "kind": kind, "roots": keys }).to_string()
}
