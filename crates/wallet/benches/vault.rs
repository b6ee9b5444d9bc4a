//! A past of 50,000 rows: opening the vault and its first page, and searching in three scripts, beside plain SQLite.
//!
//! The peer is the same rows and the same index in a file without encryption, in a process of its own, since memory is wiped
//! for every database of a process or for none. Opening is the same work on both: settings, the check of the version, the
//! first page of the past. A search is our page beside the bare match alone. Argon2id has a figure of its own. One line of
//! JSON.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // a bench is an entry point: it reads the clock

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use credential::{
    DAY, Names, PassType, RegisterContent, RootKind, RootSet, SecretKey, Timestamp, TrustContent, TrustList,
    TrustedKey, TypeRegister, Vct, sign_trust_list,
};
use rusqlite::Connection;
use wallet::measure;

const ROWS: u64 = 50_000;
const NOW: Timestamp = Timestamp::from_unix(1_795_316_400);
const KEY: [u8; 32] = [7; 32];
const OPENINGS: usize = 301;
const SEARCHES: usize = 20;

/// Words that desks' names are made of, each in English, Urdu and Pashto.
const PLACES: [(&str, &str, &str); 12] = [
    ("Khar", "خار", "خار"),
    ("Peshawar", "پشاور", "پېښور"),
    ("Mingora", "مینگورہ", "مینګوره"),
    ("Dera Ismail Khan", "ڈیرہ اسماعیل خان", "ډېره اسماعیل خان"),
    ("Parachinar", "پاراچنار", "پاړه چنار"),
    ("Bannu", "بنوں", "بنو"),
    ("Mardan", "مردان", "مردان"),
    ("Swabi", "صوابی", "سوابۍ"),
    ("Kohat", "کوہاٹ", "کوهاټ"),
    ("Chitral", "چترال", "چترال"),
    ("Abbottabad", "ایبٹ آباد", "ایبټ آباد"),
    ("Miranshah", "میرانشاہ", "میرانشاه"),
];
const OFFICES: [(&str, &str, &str); 9] = [
    ("Civil Hospital", "سول ہسپتال", "سول روغتون"),
    ("Domicile Branch", "ڈومیسائل برانچ", "د ډومیسایل څانګه"),
    ("Arms Section", "اسلحہ سیکشن", "د وسلې برخه"),
    ("Police Station", "تھانہ", "د پولیسو تاڼه"),
    ("Land Record Centre", "مرکز اراضی", "د ځمکې ثبت مرکز"),
    ("Girls' High School", "گرلز ہائی سکول", "د نجونو لېسه"),
    ("Excise Office", "ایکسائز دفتر", "د محصول دفتر"),
    ("Zakat Committee", "زکوٰۃ کمیٹی", "د زکات کمېټه"),
    ("Ali Medical Hall", "علی میڈیکل ہال", "د علي درملتون"),
];
const KINDS: [&str; 5] = ["identity", "age", "residence", "domicile", "driving-licence"];
/// What is typed: whole words and parts, common and rare, in each script, and names across scripts.
const TYPED: [&str; 30] = [
    "hospital",
    "hosp",
    "khar",
    "Peshawar",
    "police station ",
    "ali",
    "a",
    "desk 17",
    "domicile bannu",
    "office",
    "ہسپتال",
    "ہسپ",
    "خار",
    "پشاور",
    "علی",
    "علي",
    "د",
    "آباد",
    "اسلحہ مردان",
    "هسپتال",
    "روغتون",
    "پېښور",
    "څانګه",
    "علي درملتون",
    "ځمکې",
    "Chitral",
    "ہاسپٹل",
    "Pekhawar",
    "zakat",
    "nothing like it",
];

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != PEER);
    if arguments.next().is_some() {
        return serve(Path::new(&arguments.next().unwrap()));
    }
    let folder = tempfile::tempdir().unwrap();
    let (sealed, plain) = (
        folder.path().join("vault.sqlite"),
        folder.path().join("plain.sqlite"),
    );
    fill(&sealed, Some(KEY));
    fill(&plain, None);
    let types = register();
    let mut peer = Peer::start(&plain);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..OPENINGS {
        // Interleaved, so that both meet the same weather.
        ours.push(milliseconds(|| {
            let database = measure::open(&sealed, KEY).unwrap();
            assert_eq!(first_page(&database, &types), 50);
        }));
        let (rows, time) = peer.ask("");
        assert_eq!(rows, 50);
        theirs.push(time);
    }
    let (opening, floor) = (median(&mut ours), median(&mut theirs));

    let sealed = measure::open(&sealed, KEY).unwrap();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..SEARCHES {
        for typed in TYPED {
            let expression = measure::expression(Some(&types), typed);
            let mut found = 0;
            ours.push(milliseconds(|| {
                found = measure::page(&sealed, Some(&types), typed).unwrap().entries.len();
            }));
            let (alone, time) = peer.ask(&expression);
            theirs.push(time);
            assert_eq!(found, alone.min(50), "{typed}");
        }
    }
    let (search, alone) = (p99(&mut ours), p99(&mut theirs));
    let middle = (median(&mut ours), median(&mut theirs));
    println!(
        "{{{},{}}}",
        figure(
            "history_open",
            opening / floor,
            1.5,
            &format!("{opening:.2} ms to plain SQLite's {floor:.2} ms")
        ),
        figure(
            "history_search_p99",
            search / alone,
            2.0,
            &format!(
                "{search:.2} ms to FTS5 alone {alone:.2} ms (median {:.2} to {:.2})",
                middle.0, middle.1
            )
        ),
    );
}

/// The argument that makes this program the peer; the path of its file follows.
const PEER: &str = "--plain-peer";

/// Plain SQLite in a process of its own. A line with nothing asks for opening and the first page, any other for what this
/// expression matches; the answer is how many rows, and the milliseconds that it took, measured where it was done.
struct Peer {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(file: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .arg(PEER)
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            asks: process.stdin.take().unwrap(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    fn ask(&mut self, expression: &str) -> (usize, f64) {
        writeln!(self.asks, "{expression}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let (rows, time) = answer.trim().split_once(' ').unwrap();
        (rows.parse().unwrap(), time.parse().unwrap())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Answers until nobody asks any more.
fn serve(file: &Path) {
    let kept = Connection::open(file).unwrap();
    let types = register();
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let mut rows = 0;
        let time = milliseconds(|| {
            rows = if line.is_empty() {
                first_page(&measure::make(file, None).unwrap(), &types)
            } else {
                matched(&kept, &line)
            };
        });
        println!("{rows} {time}");
    }
}

fn figure(name: &str, value: f64, limit: f64, floor: &str) -> String {
    format!(
        r#""{name}":{{"value":{value:.3},"unit":"ratio","limit":{limit},"better":"lower","floor":"{floor}"}}"#
    )
}

fn fill(path: &Path, key: Option<[u8; 32]>) {
    let database = measure::make(path, key).unwrap();
    let claims: Vec<String> = ["name_en", "name_ur", "cnic", "photo"].map(str::to_owned).into();
    let transaction = database.unchecked_transaction().unwrap();
    for row in 0..ROWS {
        let pick = |list: &[(&'static str, &'static str, &'static str)], step: u64| {
            list[usize::try_from(row / step).unwrap() % list.len()]
        };
        let (place, office) = (pick(&PLACES, 1), pick(&OFFICES, 7));
        let desk = row % 97;
        let name = Names::new(
            format!("{}, {}, desk {desk}", office.0, place.0),
            format!("{}، {}، ڈیسک {desk}", office.1, place.1),
            format!("{}، {}، مېز {desk}", office.2, place.2),
        );
        let vct = KINDS[usize::try_from(row).unwrap() % KINDS.len()];
        measure::show(&transaction, 1_700_000_000 + row * 900, vct, &name, &claims).unwrap();
    }
    transaction.commit().unwrap();
}

fn first_page(database: &Connection, types: &TypeRegister) -> usize {
    measure::page(database, Some(types), "").unwrap().entries.len()
}

/// The match alone.
fn matched(database: &Connection, expression: &str) -> usize {
    let sql = "SELECT rowid FROM history_search WHERE history_search MATCH ?1 ORDER BY rowid DESC LIMIT 51";
    let mut statement = database.prepare_cached(sql).unwrap();
    let rows = statement
        .query_map([expression], |row| row.get::<_, i64>(0))
        .unwrap();
    rows.count()
}

/// The packaged register, signed by test keys.
fn register() -> TypeRegister {
    #[derive(serde::Deserialize)]
    struct File {
        types: Vec<PassType>,
    }
    let file: File = serde_json::from_str(include_str!("../../../assets/types/types.json")).unwrap();
    let roots = [1, 2, 3].map(|seed| SecretKey::from_seed([seed; 32]));
    let issuer = SecretKey::from_seed([10; 32]);
    let trust = TrustContent {
        sequence: 1,
        previous: None,
        iat: NOW,
        exp: NOW.plus(90 * DAY),
        keys: vec![TrustedKey {
            key: issuer.public(),
            allowed: vec![Vct::TYPE_REGISTER],
            nbf: NOW.start_of_day(),
            exp: NOW.start_of_day().plus(1000 * DAY),
            iss: "Bench".to_owned(),
            revoked_at: None,
            retired_at: None,
        }],
        next_roots: None,
    };
    let list = sign_trust_list(&trust, &[(0, &roots[0]), (1, &roots[1])]);
    let pinned = RootSet::new(RootKind::Test, roots.each_ref().map(SecretKey::public)).unwrap();
    let trust = TrustList::verify(&list, &pinned, None).unwrap();
    let content = RegisterContent {
        sequence: 1,
        iat: NOW,
        exp: NOW.plus(700 * DAY),
        types: file.types,
    };
    TypeRegister::verify(&TypeRegister::sign(&content, &issuer).unwrap(), &trust, None).unwrap()
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1000.0
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn p99(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 99 / 100).copied().unwrap_or_default()
}
