//! The catalogue on the phone: its bytes and those of a month's changes, and searching it in three scripts with mistakes, beside a
//! bare FTS5 match on the same rows. One line of JSON.
//!
//! The questions are the 150 of the tests. The peer has a row for each service with the same words, in memory as ours are, and is
//! asked for all words of a question, the last one as a beginning; it forgives nothing.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // a bench is an entry point: it reads the clock

use std::time::Instant;

use credential::{
    Catalogue, CatalogueContent, DAY, RootKind, RootSet, SecretKey, Timestamp, TrustContent, TrustList,
    TrustedKey, Vct, sign_trust_list,
};
use province_api::catalogue::CatalogueFile;
use province_api::catalogue::packaged::packaged;
use province_api::delta;
use rusqlite::Connection;
use serde::Deserialize;
use wallet::measure::SearchedServices;

const NOW: Timestamp = Timestamp::from_unix(1_795_316_400);
/// How often each question is asked.
const TIMES: usize = 40;

#[derive(Deserialize)]
struct Asked {
    query: String,
}

fn main() {
    let asked = include_str!("../../../tests/vectors/search/queries.json");
    let asked: Vec<Asked> = serde_json::from_str(asked).unwrap();
    let file = packaged().unwrap();
    let (first, next) = (signed(&file, 1), signed(&changed(&file), 2));
    let whole = kilobytes(delta::make(&[], &first).unwrap().len());
    let month = kilobytes(delta::make(&first, &next).unwrap().len());

    let began = Instant::now();
    let ours = SearchedServices::of(Catalogue::verify(&first, &trust(), None).unwrap());
    let made = began.elapsed().as_secs_f64() * 1_000.0;
    let bare = Bare::of(&ours);
    let (mut times, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        for one in &asked {
            // Interleaved, so that both meet the same weather.
            times.push(milliseconds(|| drop(ours.search(&one.query))));
            let expression = SearchedServices::expression(&one.query);
            alone.push(milliseconds(|| {
                bare.matched(&expression);
            }));
        }
    }
    let (search, floor) = (p99(&mut times), p99(&mut alone));
    let middle = (times[times.len() / 2], alone[alone.len() / 2]);
    println!(
        "{{{},{},{},{}}}",
        figure(
            "catalogue_packed",
            whole,
            "KB",
            Some(400.0),
            &format!("{} KB as it is signed", kilobytes(first.len()))
        ),
        figure(
            "catalogue_month",
            month,
            "KB",
            Some(10.0),
            "twenty values, five places, two services and their words"
        ),
        figure(
            "search_p99",
            search / floor,
            "ratio",
            Some(5.0),
            &format!(
                "{search:.3} ms to FTS5 alone {floor:.3} ms (median {:.3} to {:.3})",
                middle.0, middle.1
            )
        ),
        figure(
            "search_index_made",
            made,
            "ms",
            None,
            "once, at the first look at the list"
        ),
    );
}

/// What a month may change.
fn changed(file: &CatalogueFile) -> CatalogueFile {
    let mut file = file.clone();
    for (number, one) in file.services.iter_mut().step_by(12).enumerate() {
        one.fee_rupees = Some(150 + u32::try_from(number).unwrap() * 10);
    }
    for one in file.authorities.iter_mut().step_by(23) {
        one.place.en.push_str(" Since this month on the ground floor.");
        one.place.ur.push_str(" اس مہینے سے نچلی منزل پر۔");
        one.place.ps.push_str(" له دې مياشتې په لاندې پوړ کې.");
    }
    for number in 0..2 {
        let mut new = file.services[number * 40].clone();
        new.id = format!("new-{number}");
        new.name.en.push_str(" by post");
        file.services.push(new);
    }
    file
}

fn signed(file: &CatalogueFile, sequence: u64) -> Vec<u8> {
    let (offices, services, guide) = file.content();
    let content = CatalogueContent {
        sequence,
        iat: NOW,
        offices,
        services,
        guide,
    };
    Catalogue::sign(&content, &SecretKey::from_seed([9; 32])).unwrap()
}

/// A list that names the key of the catalogue.
fn trust() -> TrustList {
    let roots = [1, 2, 3].map(|seed| SecretKey::from_seed([seed; 32]));
    let content = TrustContent {
        sequence: 1,
        previous: None,
        iat: NOW,
        exp: NOW.plus(90 * DAY),
        keys: vec![TrustedKey {
            key: SecretKey::from_seed([9; 32]).public(),
            allowed: vec![Vct::CATALOGUE],
            nbf: NOW.minus(DAY),
            exp: NOW.plus(300 * DAY),
            iss: "bench".to_owned(),
            revoked_at: None,
            retired_at: None,
        }],
        next_roots: None,
    };
    let pinned = RootSet::new(RootKind::Test, [0, 1, 2].map(|at| roots[at].public())).unwrap();
    let bytes = sign_trust_list(&content, &[(0, &roots[0]), (1, &roots[1])]);
    TrustList::verify(&bytes, &pinned, None).unwrap()
}

/// FTS5 with a row for each service.
struct Bare(Connection);

impl Bare {
    fn of(services: &SearchedServices) -> Self {
        let database = Connection::open_in_memory().unwrap();
        database
            .execute_batch("CREATE VIRTUAL TABLE service USING fts5 (words)")
            .unwrap();
        for words in services.folded() {
            database
                .execute("INSERT INTO service (words) VALUES (?1)", [words])
                .unwrap();
        }
        Self(database)
    }

    fn matched(&self, expression: &str) -> usize {
        let mut statement = self
            .0
            .prepare_cached("SELECT rowid FROM service WHERE service MATCH ?1")
            .unwrap();
        let rows = statement
            .query_map([expression], |row| row.get::<_, i64>(0))
            .unwrap();
        rows.count()
    }
}

fn milliseconds(what: impl FnOnce()) -> f64 {
    let began = Instant::now();
    what();
    began.elapsed().as_secs_f64() * 1_000.0
}

/// Sorts them, and gives the one that 99 in a hundred are below.
fn p99(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}

#[expect(clippy::cast_precision_loss, reason = "some hundred thousand bytes")]
fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1_000.0
}

fn figure(name: &str, value: f64, unit: &str, limit: Option<f64>, floor: &str) -> String {
    let limit = limit.map_or("null".to_owned(), |limit| limit.to_string());
    format!(
        r#""{name}":{{"value":{value:.3},"unit":"{unit}","limit":{limit},"better":"lower","floor":"{floor}"}}"#
    )
}
