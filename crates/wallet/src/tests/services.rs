//! Searching the services as people do: 150 questions that were written before the search was, 50 in each language, a part of them
//! with mistakes and a part in everyday words.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde::Deserialize;

use super::NOW;
use super::catalogue::enrolled;

/// Of 150 questions so many must have a right service among the first three, and of the 50 of each language.
const RIGHT_MIN: usize = 135;
const RIGHT_OF_LANGUAGE_MIN: usize = 43;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    language: String,
    kind: String,
    query: String,
    services: Vec<String>,
}

#[test]
fn the_right_service_is_among_the_first_three() {
    let asked = include_str!("../../../../tests/vectors/search/queries.json");
    let asked: Vec<Asked> = serde_json::from_str(asked).unwrap();
    assert_eq!(asked.len(), 150);
    let (mut province, mut phone) = enrolled();
    phone.sync(&mut province, NOW).unwrap();
    let mut right: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for one in &asked {
        let found = phone.wallet.services(&one.query).unwrap().found;
        let first: Vec<&str> = found.iter().take(3).map(|found| &*found.id).collect();
        if first
            .iter()
            .any(|id| one.services.iter().any(|right| right == id))
        {
            *right.entry(&one.language).or_default() += 1;
        } else {
            wrong.push(format!("{} {} {}: {first:?}", one.language, one.kind, one.query));
        }
    }
    let all: usize = right.values().sum();
    assert!(all >= RIGHT_MIN, "{right:?} {wrong:#?}");
    let of_each = right.values().all(|count| *count >= RIGHT_OF_LANGUAGE_MIN);
    assert!(right.len() == 3 && of_each, "{right:?} {wrong:#?}");
}
