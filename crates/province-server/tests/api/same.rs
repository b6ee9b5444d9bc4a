//! One code path, two databases: what holds on SQLite holds on PostgreSQL, and both have the same tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use province_server::store::{Database, DatabaseUrl, Place, Store};
use sandbox::postgres::{Cluster, Durability, Host};
use sqlx::Row as _;

use crate::engine::{CLUSTER, TEMPLATE, is_sqlite};

/// A folder through which the cluster's own user may pass.
pub fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;

    let everybody = std::fs::Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(everybody).tempdir().unwrap()
}

/// The tables of this version in a database of this name.
async fn made(host: &Host, name: &str) {
    host.create(name, None).unwrap();
    let url = DatabaseUrl::parse(&host.url(name)).unwrap();
    let place = Place::new(Path::new("nowhere"), Database::At(url));
    Store::create(&place).await.unwrap().close().await;
}

#[tokio::test]
async fn the_whole_suite_holds_on_postgresql() {
    if !is_sqlite() {
        return;
    }
    let folder = open_folder();
    let cluster = Cluster::start(folder.path(), Durability::None).unwrap();
    made(cluster.host(), TEMPLATE).await;
    let suite = Command::new(std::env::current_exe().unwrap())
        .env(CLUSTER, cluster.host().folder())
        .output()
        .unwrap();
    assert!(
        suite.status.success(),
        "{}{}",
        String::from_utf8_lossy(&suite.stdout),
        String::from_utf8_lossy(&suite.stderr)
    );
}

/// Each table's columns: their type, whether they may be empty, and their place in the primary key.
type Tables = BTreeMap<String, BTreeMap<String, (String, bool, i64)>>;

async fn of_sqlite() -> Tables {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().into()).await.unwrap();
    let mut db = store.read().await.unwrap();
    let rows = sqlx::query(
        "SELECT m.name AS of, c.name AS name, c.type AS type, c.\"notnull\" AS needed, c.pk AS pk
         FROM sqlite_master m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut *db)
    .await
    .unwrap();
    let mut tables = Tables::new();
    for row in rows {
        let column = (row.get("type"), row.get::<i64, _>("needed") == 0, row.get("pk"));
        tables
            .entry(row.get("of"))
            .or_default()
            .insert(row.get("name"), column);
    }
    tables
}

fn of_postgres(host: &Host, database: &str) -> Tables {
    // Parts of a table are left out: they are as the table.
    let rows = host
        .ask(
            database,
            "SELECT t.relname, a.attname, format_type(a.atttypid, NULL), NOT a.attnotnull,
             COALESCE(array_position(k.conkey, a.attnum), 0)
             FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
             LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p'
             WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
             AND t.relname <> '_sqlx_migrations'",
        )
        .unwrap();
    let mut tables = Tables::new();
    for row in rows.lines() {
        let [of, name, kind, empty, key] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let kind = match kind {
            "bytea" => "BLOB",
            "bigint" => "INTEGER",
            "text" => "TEXT",
            other => panic!("{of}.{name} is {other}"),
        };
        let column = (kind.to_owned(), empty == "t", key.parse().unwrap());
        tables
            .entry(of.to_owned())
            .or_default()
            .insert(name.to_owned(), column);
    }
    tables
}

/// What else tables have: names of indices and of guards, and how many conditions.
type Rest = BTreeSet<(String, String)>;

fn conditions(table: &str, count: usize) -> (String, String) {
    (table.to_owned(), format!("{count} conditions"))
}

async fn rest_of_sqlite() -> Rest {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().into()).await.unwrap();
    let mut db = store.read().await.unwrap();
    let made = sqlx::query(
        "SELECT type, name, tbl_name, sql FROM sqlite_master
         WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
    );
    let mut rest = Rest::new();
    for row in made.fetch_all(&mut *db).await.unwrap() {
        let [kind, name, table, sql] = ["type", "name", "tbl_name", "sql"].map(|of| row.get::<String, _>(of));
        match kind.as_str() {
            "table" => drop(rest.insert(conditions(&name, sql.matches("CHECK (").count()))),
            "index" => drop(rest.insert((table, format!("index {name}")))),
            // What SQLite does by an insertion that replaces, PostgreSQL has no words for.
            "trigger" if sql.contains("BEFORE UPDATE") || sql.contains("BEFORE DELETE") => {
                rest.insert((table, format!("guard {name}")));
            }
            _ => {}
        }
    }
    rest
}

fn rest_of_postgres(host: &Host, database: &str) -> Rest {
    let ask = |sql: &str| {
        let rows = host.ask(database, sql).unwrap();
        let pairs = rows.lines().map(|row| row.split_once('|').unwrap());
        pairs
            .map(|(table, what)| (table.to_owned(), what.to_owned()))
            .collect::<Vec<_>>()
    };
    let ours = "t.relnamespace = 'public'::regnamespace AND NOT t.relispartition AND t.relname <> '_sqlx_migrations'";
    let mut rest: Rest = ask(&format!(
        "SELECT t.relname, 'index ' || i.relname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid
         JOIN pg_class i ON i.oid = x.indexrelid WHERE {ours}
         AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid)"
    ))
    .into_iter()
    .collect();
    // Before rows (1, 2) are changed (16) or deleted (8).
    rest.extend(ask(&format!(
        "SELECT t.relname, 'guard ' || g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
         WHERE {ours} AND NOT g.tgisinternal AND g.tgtype & 3 = 3 AND g.tgtype & 24 > 0"
    )));
    let counted = ask(&format!(
        "SELECT t.relname, COUNT(c.oid) FROM pg_class t
         LEFT JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype = 'c'
         WHERE {ours} AND t.relkind IN ('r', 'p') GROUP BY t.relname"
    ));
    let counted = counted.iter();
    rest.extend(counted.map(|(table, count)| conditions(table, count.parse().unwrap())));
    rest
}

#[tokio::test]
async fn both_databases_have_the_same_tables_by_migrations_of_the_same_numbers() {
    if !is_sqlite() {
        return;
    }
    let names = |folder: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(folder);
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));

    let folder = open_folder();
    let cluster = Cluster::start(folder.path(), Durability::None).unwrap();
    made(cluster.host(), "drift").await;
    let (one, other) = (of_sqlite().await, of_postgres(cluster.host(), "drift"));
    assert!(one.len() > 15, "{one:?}");
    for (table, columns) in &one {
        assert_eq!(Some(columns), other.get(table), "{table}");
    }
    assert_eq!(one.len(), other.len());
    let (one, other) = (rest_of_sqlite().await, rest_of_postgres(cluster.host(), "drift"));
    let drift: Vec<_> = one.symmetric_difference(&other).collect();
    assert!(one.len() > 60 && drift.is_empty(), "{}: {drift:#?}", one.len());
}

#[tokio::test]
async fn how_long_each_table_is_kept_stands_in_the_runbook() {
    let runbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let runbook = std::fs::read_to_string(runbook).unwrap();
    let (_, rest) = runbook.split_once("## What is kept, and how long").unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    // The first column, what stands there between backticks.
    let rows = section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    let named: Vec<&str> = rows
        .flat_map(|(first, _)| first.split('`').skip(1).step_by(2))
        .collect();
    let named_once: BTreeSet<&str> = named.iter().copied().collect();
    assert_eq!(named.len(), named_once.len());
    let tables = of_sqlite().await;
    assert_eq!(
        tables.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        named_once
    );
}
