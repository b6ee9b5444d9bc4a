//! What an officer sees of a verified pass: its claims in the type register's order and words, and nothing else.

use credential::{Claims, Kind, PassType, Shown, Value};
use province_api::person::Cnic;

use crate::opaque::opaque_debug;
use crate::types::{ClaimView, KindView, Script, Words};

opaque_debug!(ShownPass);

/// What a pass is called and what it says.
#[derive(Clone, Default)]
pub(crate) struct ShownPass {
    /// Its kind, if the register has it.
    pub kind: Option<KindView>,
    /// The claims to show, in order; the photo has a place of its own.
    pub claims: Vec<ClaimView>,
}

/// The claims to show. Of a kind that the register does not have, or without a register, only the verdict is shown.
pub(crate) fn shown(kind: Option<&PassType>, claims: &Claims) -> ShownPass {
    let Some(kind) = kind else {
        return ShownPass::default();
    };
    let shown = kind.shown(claims).filter(|one| one.claim.kind != Kind::Photo);
    ShownPass {
        kind: Some(KindView::from(kind)),
        claims: shown.map(|one| view(&one)).collect(),
    }
}

fn view(shown: &Shown<'_>) -> ClaimView {
    let text = shown.value.text();
    let (value, words) = match shown.value {
        Value::Cnic(_) => (Cnic::mask(&text), None),
        Value::Word(word) => (text, Some(&word.label)),
        Value::Truth(truth) => {
            let said = shown.claim.words.iter().find(|word| word.code == u8::from(truth));
            (text, said.map(|word| &word.label))
        }
        _ => (text, None),
    };
    ClaimView {
        key: shown.claim.key.clone(),
        label: Words::from(&shown.claim.label),
        script: match shown.claim.kind {
            Kind::Latin => Script::Latin,
            Kind::Arabic => Script::Arabic,
            Kind::Text => script_of(&value),
            Kind::Number | Kind::Cnic => Script::Number,
            Kind::Date | Kind::LastDay => Script::Date,
            Kind::Truth | Kind::Word | Kind::Photo => Script::Word,
            Kind::District => Script::District,
            Kind::Money => Script::Money,
        },
        words: words.map(Words::from),
        value,
    }
}

fn script_of(text: &str) -> Script {
    if text
        .chars()
        .any(|letter| ('\u{600}'..='\u{6ff}').contains(&letter))
    {
        Script::Arabic
    } else {
        Script::Latin
    }
}
