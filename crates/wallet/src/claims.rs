//! Claims as a screen lists them: the type register's words and order, a value, and how it is laid out.

use credential::{ClaimType, Claims, Form, Kind, Names, PassType, Place, Shown, Value};
use province_api::person::Cnic;

use crate::screen::{Child, ClaimView, KindView, Script, Words};

impl From<&Names> for Words {
    fn from(names: &Names) -> Self {
        Self {
            en: names.en.clone(),
            ur: names.ur.clone(),
            ps: names.ps.clone(),
        }
    }
}

/// What a kind is called; nothing where the register does not have it.
pub(crate) fn kind_view(kind: Option<&PassType>) -> KindView {
    kind.map_or_else(KindView::default, |kind| KindView {
        name: Words::from(&kind.name),
        icon: kind.icon.clone(),
    })
}

/// Whether a kind is a document: it has fields of its own.
pub(crate) fn is_document(kind: &PassType) -> bool {
    let own = |at: Place| matches!(at, Place::Fact(number) if credential::FIELDS.contains(&number));
    kind.claims.iter().any(|claim| own(claim.at))
}

/// What a desk learns from a pass, in the register's order. Of a kind that the register does not have any more, that
/// there is something.
pub(crate) fn views(kind: Option<&PassType>, claims: &Claims) -> Vec<ClaimView> {
    kind.map_or_else(nameless, |kind| {
        kind.shown(claims).map(|one| view(&one)).collect()
    })
}

/// Whose a document is: the child with this number, by the names that it says.
pub(crate) fn child(kind: &PassType, no: u32, claims: &Claims) -> Option<Child> {
    let named = |key: &str| {
        let name = kind.shown(claims).find(|one| one.claim.key == key);
        name.map_or_else(String::new, |one| one.value.text())
    };
    (no > 0).then(|| Child {
        no,
        name_en: named(CHILD_NAME_EN),
        name_ur: named(CHILD_NAME_UR),
    })
}

/// What a child is called, in every kind of document that a guardian may hold for one.
const CHILD_NAME_EN: &str = "child_name_en";
const CHILD_NAME_UR: &str = "child_name_ur";

/// The names of the claims of a kind of pass, for a request that this phone cannot answer and for the past.
pub(crate) fn names_of(kind: Option<&PassType>) -> Vec<ClaimView> {
    kind.map_or_else(nameless, |kind| {
        let claims = kind.claims.iter().filter(|claim| claim.stands_in(Form::Phone));
        claims.map(bare).collect()
    })
}

/// The names alone, for the list of past showings.
pub(crate) fn keys(views: &[ClaimView]) -> Vec<String> {
    views.iter().map(|view| view.key.clone()).collect()
}

/// The claims of past showings under their names of today.
pub(crate) fn of_keys(kind: Option<&PassType>, keys: &[String]) -> Vec<ClaimView> {
    keys.iter()
        .map(|key| {
            let known = kind.and_then(|kind| kind.claims.iter().find(|claim| claim.key == *key));
            known.map_or_else(|| other(key), bare)
        })
        .collect()
}

/// A CNIC as people read it.
pub(crate) fn grouped(cnic: &str) -> String {
    Cnic::parse(cnic).map_or_else(|_| cnic.to_owned(), |cnic| cnic.grouped())
}

fn nameless() -> Vec<ClaimView> {
    vec![other("other")]
}

fn other(key: &str) -> ClaimView {
    ClaimView {
        key: key.to_owned(),
        label: Words::default(),
        value: None,
        words: None,
        script: Script::Word,
    }
}

fn bare(claim: &ClaimType) -> ClaimView {
    ClaimView {
        label: Words::from(&claim.label),
        script: script(claim.kind, ""),
        ..other(&claim.key)
    }
}

fn view(shown: &Shown<'_>) -> ClaimView {
    let text = shown.value.text();
    let (value, words) = match shown.value {
        Value::Cnic(_) => (grouped(&text), None),
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
        script: script(shown.claim.kind, &value),
        words: words.map(Words::from),
        value: Some(value),
    }
}

fn script(kind: Kind, value: &str) -> Script {
    match kind {
        Kind::Arabic => Script::Arabic,
        Kind::Text
            if value
                .chars()
                .any(|letter| ('\u{600}'..='\u{6ff}').contains(&letter)) =>
        {
            Script::Arabic
        }
        Kind::Latin | Kind::Text => Script::Latin,
        Kind::Number | Kind::Cnic => Script::Number,
        Kind::Date | Kind::LastDay => Script::Date,
        Kind::Truth | Kind::Word | Kind::Photo => Script::Word,
        Kind::District => Script::District,
        Kind::Money => Script::Money,
    }
}
