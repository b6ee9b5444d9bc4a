//! The functions that the database's own triggers call, so that no row is ever kept and not found.

use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

use super::{fold, sound};

/// Makes the functions known to an open database. Before migrations: these index what is there.
pub(crate) fn register(database: &Connection) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let scalar = |name: &str, tokens: fn(&[String]) -> Vec<String>| {
        database.create_scalar_function(name, -1, flags, move |context| {
            Ok(tokens(&words_of(context)?).join(" "))
        })
    };
    scalar("search_words", |words| unique(words.iter().cloned()))?;
    scalar("search_latin", |words| {
        unique(
            words
                .iter()
                .filter(|word| !fold::is_arabic(word))
                .flat_map(|word| sound::of(word)),
        )
    })?;
    scalar("search_arabic", |words| {
        unique(
            words
                .iter()
                .filter(|word| fold::is_arabic(word))
                .flat_map(|word| sound::of(word)),
        )
    })?;
    database.create_scalar_function("search_kind", 1, flags, |context| {
        Ok(context.get::<Option<String>>(0)?.map(|vct| kind_token(&vct)))
    })?;
    database.create_scalar_function("search_texts", 1, flags, |context| {
        Ok(texts(&context.get::<String>(0)?))
    })
}

/// The token of rows about a kind of pass: of letters and digits alone.
pub(crate) fn kind_token(vct: &str) -> String {
    let name = vct.chars().filter(char::is_ascii_alphanumeric);
    std::iter::once('k').chain(name).collect()
}

fn words_of(context: &Context<'_>) -> rusqlite::Result<Vec<String>> {
    let mut words = Vec::new();
    for at in 0..context.len() {
        if let Some(text) = context.get::<Option<String>>(at)? {
            words.extend(fold::words(&text));
        }
    }
    Ok(words)
}

fn unique(words: impl Iterator<Item = String>) -> Vec<String> {
    words.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The texts in a JSON value, one after the other; what is not JSON has none.
fn texts(json: &str) -> String {
    fn gather(value: &serde_json::Value, into: &mut String) {
        match value {
            serde_json::Value::String(text) => {
                into.push_str(text);
                into.push('\n');
            }
            serde_json::Value::Array(list) => list.iter().for_each(|one| gather(one, into)),
            serde_json::Value::Object(map) => map.values().for_each(|one| gather(one, into)),
            _ => {}
        }
    }
    let mut all = String::new();
    if let Ok(value) = serde_json::from_str(json) {
        gather(&value, &mut all);
    }
    all
}
