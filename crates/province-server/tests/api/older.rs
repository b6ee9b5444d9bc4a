//! Migrations that older processes survive: the rule that they keep, and a process that goes on while a newer one migrates.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use province_server::admin::Office;
use sqlx::Executor as _;

use crate::bench::{Bench, NOW, kept};
use crate::sync::Known;

/// The last migration of before there was this rule.
const FREE_UNTIL: u32 = 7;

/// Migrations with guards on older tables, which refuse what no version before them ever did: whoever was ended begins
/// again, an entry of the log goes, a proposal is decided by one. Looked at one by one; another needs a line here.
const GUARDS: [u32; 3] = [11, 18, 20];

/// Texts of migrations since the rule, by their names, without comments and without bodies of functions and triggers.
fn migrations(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(folder);
    let mut texts = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if name[..4].parse::<u32>().unwrap() > FREE_UNTIL {
            texts.push((name, bare(&fs::read_to_string(file.path()).unwrap())));
        }
    }
    texts.sort();
    texts
}

fn bare(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("--").next().unwrap());
    let text = lines.collect::<Vec<_>>().join("\n");
    // Bodies of functions stand between $$, those of SQLite's triggers between BEGIN and END.
    let outside: String = text.split("$$").step_by(2).collect();
    let mut rest = String::new();
    let mut is_body = false;
    for word in outside.split_whitespace() {
        is_body |= word == "BEGIN";
        if !is_body {
            rest.push_str(word);
            rest.push(' ');
        }
        is_body &= !word.starts_with("END");
        if !is_body && word == "END;" {
            rest.push_str("; ");
        }
    }
    rest
}

/// Why the version before could not go on beside this, if it could not.
fn breaks(statement: &str, added: &mut BTreeSet<String>, may_guard: bool) -> Option<&'static str> {
    let words: Vec<&str> = statement
        .split([' ', '('])
        .filter(|word| !word.is_empty())
        .collect();
    let upper = statement.to_uppercase();
    let is_new = |table: &str| added.contains(table);
    match words[..] {
        ["CREATE", "TABLE", table, ..] => {
            added.insert(table.to_owned());
            None
        }
        [] | ["CREATE", "INDEX" | "FUNCTION", ..] | ["CREATE", "TRIGGER", _, "AFTER", ..] => None,
        ["CREATE", "TRIGGER", _, "BEFORE", ref rest @ ..] => {
            let mut tables = rest.iter().skip_while(|word| **word != "ON").skip(1);
            let refuses = !may_guard && !tables.next().is_some_and(|table| is_new(table));
            refuses.then_some("it may refuse what the version before writes")
        }
        ["CREATE", "UNIQUE", "INDEX", _, "ON", table, ..] if is_new(table) => None,
        ["ALTER", "TABLE", _, "ADD", "COLUMN", ..] => {
            let can_be_left_out = upper.contains(" DEFAULT ") || !upper.contains(" NOT NULL");
            (!can_be_left_out).then_some("the version before cannot leave this column out")
        }
        ["INSERT", "INTO", table, ..] if is_new(table) => None,
        _ => Some("it does more than add"),
    }
}

#[test]
fn migrations_only_add_so_that_the_version_before_goes_on() {
    for folder in ["sqlite", "postgres"] {
        let mut added = BTreeSet::new();
        for (name, text) in migrations(folder) {
            for statement in text.split(';').map(str::trim) {
                let may_guard = GUARDS.contains(&name[..4].parse().unwrap());
                let why = breaks(statement, &mut added, may_guard);
                assert_eq!(why, None, "{folder}/{name}: {statement}");
            }
        }
    }
}

#[test]
fn what_takes_something_from_the_version_before_is_found() {
    let mut added = BTreeSet::new();
    for text in [
        "DROP TABLE person;",
        "ALTER TABLE person RENAME COLUMN sealed TO hidden;",
        "ALTER TABLE person DROP COLUMN sealed;",
        "ALTER TABLE person ADD COLUMN later TEXT NOT NULL;",
        "CREATE UNIQUE INDEX one ON person (sealed);",
        "UPDATE person SET sealed = NULL; -- CREATE TABLE",
        "DELETE FROM person;",
        "INSERT INTO person (id) VALUES (1);",
        "CREATE TRIGGER t BEFORE INSERT ON person BEGIN SELECT RAISE(ABORT, 'no'); END;",
    ] {
        let text = bare(text);
        let statement = text.split(';').next().unwrap().trim();
        assert!(breaks(statement, &mut added, false).is_some(), "{text}");
    }
    for text in [
        "CREATE TABLE later (id BIGINT);",
        "INSERT INTO later (id) VALUES (1);",
        "ALTER TABLE person ADD COLUMN later TEXT NOT NULL DEFAULT 'x';",
        "CREATE TRIGGER t AFTER INSERT ON person BEGIN UPDATE later SET id = 2; END;",
        "CREATE TRIGGER t BEFORE INSERT ON later BEGIN SELECT RAISE(ABORT, 'no'); END;",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE later SET id = 2; END $$;",
    ] {
        let text = bare(text);
        for statement in text.split(';').map(str::trim) {
            assert_eq!(breaks(statement, &mut added, false), None, "{text}");
        }
    }
}

/// What a later version does to the tables, in one transaction as sqlx does it.
async fn migrate_as_a_later_version(bench: &Bench) {
    let other = Office::open(bench.place.clone()).await.unwrap();
    let mut write = other.store().write().await.unwrap();
    for sql in [
        "CREATE TABLE later (id BIGINT PRIMARY KEY NOT NULL)",
        "ALTER TABLE person ADD COLUMN later TEXT NOT NULL DEFAULT 'unknown'",
        "ALTER TABLE trusted_key ADD COLUMN later TEXT",
        "CREATE INDEX later_artefact ON artefact (issued_at)",
    ] {
        write.execute(sql).await.unwrap();
    }
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', TRUE, $1, 0)",
    )
    .bind(vec![7_u8; 48])
    .execute(&mut *write)
    .await
    .unwrap();
    write.commit().await.unwrap();
    other.close().await;
}

#[tokio::test]
async fn a_process_goes_on_while_a_later_version_migrates_and_can_be_put_back_after_it() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut known = Known::default();
    bench.sync(&phone, &mut known).await;

    migrate_as_a_later_version(&bench).await;
    // The process that was there before reads and writes as it did, with the statements that it has prepared.
    bench.issued(&phone, 0, &["age"]).await;
    let other = bench.enrolled(1, 2).await;
    bench.sync(&phone, &mut known).await;
    bench.set_time(NOW + 2 * credential::DAY);
    assert!(kept(&bench.province).await.is_some());

    // A release is rolled back: the version before is started on what the later one left.
    let bench = bench.opened_anew().await;
    bench.issued(&other, 0, &["residence"]).await;
    bench.sync(&phone, &mut known).await;
    assert_eq!(bench.people().await, 2);
}
