//! What the wallet costs on the wire, in memory and on a slow network: the real program with a real province, as one line of
//! JSON.
//!
//! Bytes are those of HTTP in both directions, heads included, as the wire between phone and province counted them; TLS,
//! where the province has it, adds its handshake and 22 bytes for each record. Memory is what the process has written and
//! what of its own program was read in, with an open vault after a sync; not the system's libraries of a window. The slow
//! network is one of the kernel's (`tc tbf`, 50 kbit/s each way, on a veth pair), with 800 ms before each request and a
//! stalled answer now and then; it needs root, and is left out with a word where there is none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "../tests/killed/life.rs"]
#[allow(dead_code)]
mod life;
#[path = "../tests/killed/province.rs"]
#[allow(dead_code)]
mod province;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use credential::{Shape, StatusPurpose, Vct};
use life::Life;
use province::{Province, now};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::Cnic;
use province_api::reason::Reason;
use province_server::admin::Desks;
use province_server::randomness::Randomness;
use province_server::rules::document::Form;
use province_server::rules::{signing, status};
use province_server::store::status_file::Flip;
use sandbox::citizens::numbered;
use sandbox::proxy::{Dice, Proxy, Weather};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

const PIN: &str = "739105";
/// Passes and documents of the first enrolment. The stock of the register is 27; this one is made for the figure.
const STOCK: [(&str, u64); 4] = [
    ("age", 20),
    ("residence", 20),
    ("identity", 10),
    ("name-photo", 10),
];
const DOCUMENTS: [&str; 3] = ["domicile", "driving-licence", "birth-certificate"];
/// The phone's end of the slow wire, and what is told to it.
const SPACE: &str = "khyber-bench";
const SLOW_PROVINCE: &str = "10.177.0.1";
const SLOW_PHONE: &str = "10.177.0.2";
const SLOW_PROXY: &str = "127.0.0.1:8480";
const RATE: &str = "50kbit";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, data, config, upstream] = words.as_slice()
        && word == "slow-phone"
    {
        return slow_phone(Path::new(data), Path::new(config), upstream.parse().unwrap());
    }
    let mut figures = Map::new();
    wire_and_memory(&mut figures);
    match slow_network(&mut figures) {
        Ok(()) => {}
        Err(why) => eprintln!("2G was not measured: {why}"),
    }
    println!("{}", Value::Object(figures));
}

fn figure(value: f64, unit: &str, limit: Option<f64>, floor: &str) -> Value {
    json!({ "value": value, "unit": unit, "limit": limit, "better": "lower", "floor": floor })
}

#[expect(clippy::cast_precision_loss, reason = "a figure")]
fn number(value: u64) -> f64 {
    value as f64
}

/// Somebody new, with everything typed in.
fn ready(life: &Life, number: u32) {
    life.ok("create_vault", json!({ "pin": PIN }));
    let citizen = life.ok("test_citizens", json!({}))[0].clone();
    let mut draft = citizen["draft"].clone();
    draft["cnic"] = json!(numbered(number).cnic);
    life.ok("save_draft", json!({ "draft": draft }));
    life.ok("set_photo", json!({ "bytes": citizen["portrait"] }));
}

/// A register with this stock.
fn publish_stock(province: &Province) {
    let mut types: Value = serde_json::from_str(include_str!("../../../assets/types/types.json")).unwrap();
    for kind in types["types"].as_array_mut().unwrap() {
        let vct = kind["vct"].as_str().unwrap().to_owned();
        if let Some((_, stock)) = STOCK.iter().find(|(known, _)| *known == vct) {
            kind["stock"] = json!(stock);
        } else if DOCUMENTS.contains(&vct.as_str()) {
            kind["stock"] = json!(1);
        }
    }
    province
        .wait(
            province
                .office()
                .publish_types(&types.to_string(), &randomness(), now()),
        )
        .unwrap();
}

fn randomness() -> Randomness {
    Randomness::new(rand_core::UnwrapErr(getrandom::SysRng))
}

fn grant(province: &Province) {
    let fields = [
        json!({ "certificate_number": "BJR-26-104711", "issued_on": "2026-11-02", "domicile_district": "bajaur" }),
        json!({
            "licence_number": "PES-118205", "issued_on": "2025-02-01", "valid_until": "2030-01-31",
            "categories": "M CAR", "licence_district": "peshawar",
        }),
        json!({
            "child_name_en": "Hila Zaman", "born_on": "2024-05-11", "child_gender": "female",
            "father_name": "Gul Zaman", "mother_name": "Zarmina Bibi", "registration_number": "B-2024-55817",
            "registered_on": "2024-05-20", "union_council": "Khar", "birth_district": "bajaur",
        }),
    ];
    for (vct, fields) in DOCUMENTS.iter().zip(fields) {
        let Value::Object(fields) = fields else { panic!() };
        let form = Form {
            cnic: Cnic::parse(&numbered(0).cnic).unwrap(),
            child: None,
            vct: Vct::parse(vct).unwrap(),
            fields,
        };
        province
            .wait(province.office().grant(&form, &randomness(), now()))
            .unwrap();
    }
}

/// One of so many people of the whole province lost their passes: every shard of the list has such.
fn revoke(province: &Province, one_of: u64) {
    let length = Shape::PROVINCE.length();
    let mut dice = Dice::new(1);
    let flips: BTreeSet<Flip> = (0..length / one_of)
        .map(|_| Flip {
            list: IDENTITY_LIST.to_owned(),
            purpose: StatusPurpose::Revoked,
            index: u32::try_from(dice.below(length)).unwrap(),
        })
        .collect();
    let flips: Vec<Flip> = flips.into_iter().collect();
    province.wait(async {
        let mut write = province.office().store().write().await.unwrap();
        let public = signing::current(&mut write, Vct::STATUS_MANIFEST, now())
            .await
            .unwrap();
        let key = province.office().keys().signing_of(&public).unwrap();
        status::publish(&mut write, &key, now(), &flips).await.unwrap();
        write.commit().await.unwrap();
    });
}

/// What is on the phone: passes that everybody has, and documents.
fn stock(life: &Life) -> (u64, u64) {
    let home = life.ok("home", json!({}));
    let of = |document: bool| {
        let all = home["passes"].as_array().unwrap().iter();
        let these = all.filter(move |pass| pass["document"] == document);
        these.map(|pass| pass["left"].as_u64().unwrap()).sum::<u64>()
    };
    (of(false), of(true))
}

fn wire_and_memory(figures: &mut Map<String, Value>) {
    let province = Province::start_at("127.0.0.1:0", None, Shape::PROVINCE);
    publish_stock(&province);
    revoke(&province, 1000);
    let data = province.folder.path().join("phone");
    let life = Life::begin(&data, &province.config);
    ready(&life, 0);
    province.wire_bytes();
    life.ok("enrol", json!({}));
    grant(&province);
    let mut runs = 1;
    while stock(&life) != (60, 3) {
        runs += 1;
        assert!(runs < 6, "the stock is {:?}", stock(&life));
        life.ok("sync", json!({}));
    }
    let (first, exchanges) = province.wire_bytes();
    let what = format!("60 passes, 3 documents: {exchanges} requests, {runs} runs");
    figures.insert(
        "first_enrolment_wire".into(),
        figure(number(first), "B", Some(60.0 * 1024.0), &what),
    );
    life.ok("sync", json!({}));
    province.wire_bytes();
    assert_eq!(life.ok("sync", json!({}))["changed"], false);
    let (idle, exchanges) = province.wire_bytes();
    let what = format!("heads included: {exchanges} requests");
    figures.insert(
        "idle_sync_wire".into(),
        figure(number(idle), "B", Some(2048.0), &what),
    );
    drop(life);

    let life = Life::begin(&data, &province.config);
    let (empty, _) = life.memory();
    life.ok("unlock", json!({ "pin": PIN }));
    life.ok("sync", json!({}));
    life.ok("home", json!({}));
    let (written, program) = life.memory();
    let megabytes = |bytes: u64| number(bytes) / 1e6;
    let what = format!(
        "{:.1} MB written, {:.1} of it since the PIN, and {:.1} MB of the program itself; no window",
        megabytes(written),
        megabytes(written.saturating_sub(empty)),
        megabytes(program)
    );
    let whole = megabytes(written + program);
    figures.insert("memory_at_rest".into(), figure(whole, "MB", Some(30.0), &what));
}

fn tool(words: &[&str]) -> Result<(), String> {
    let done = Command::new(words[0]).args(&words[1..]).output();
    let done = done.map_err(|error| format!("`{}` cannot be started: {error}", words[0]))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(format!("`{}`: {}", words.join(" "), said.trim()))
}

/// A network namespace with a slow wire to it. It goes when this is dropped.
struct Space;

impl Space {
    fn make() -> Result<Self, String> {
        let _ = tool(&["ip", "netns", "delete", SPACE]);
        tool(&["ip", "netns", "add", SPACE])?;
        let space = Self;
        tool(&[
            "ip", "link", "add", "kpbench0", "type", "veth", "peer", "name", "kpbench1", "netns", SPACE,
        ])?;
        tool(&[
            "ip",
            "address",
            "add",
            &format!("{SLOW_PROVINCE}/30"),
            "dev",
            "kpbench0",
        ])?;
        tool(&["ip", "link", "set", "kpbench0", "up"])?;
        let inside = ["ip", "-n", SPACE];
        let at = format!("{SLOW_PHONE}/30");
        tool(&[&inside[..], &["address", "add", &at, "dev", "kpbench1"]].concat())?;
        tool(&[&inside[..], &["link", "set", "kpbench1", "up"]].concat())?;
        tool(&[&inside[..], &["link", "set", "lo", "up"]].concat())?;
        let slow = ["root", "tbf", "rate", RATE, "burst", "1600", "latency", "4s"];
        tool(&[&["tc", "qdisc", "add", "dev", "kpbench0"][..], &slow].concat())?;
        tool(&[&["tc", "-n", SPACE, "qdisc", "add", "dev", "kpbench1"][..], &slow].concat())?;
        Ok(space)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let _ = tool(&["ip", "link", "delete", "kpbench0"]);
        let _ = tool(&["ip", "netns", "delete", SPACE]);
    }
}

fn slow_network(figures: &mut Map<String, Value>) -> Result<(), String> {
    if !std::fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("Uid:\t0\t")) {
        return Err("a network namespace needs root".to_owned());
    }
    let _space = Space::make()?;
    let province = Province::start_at(
        &format!("{SLOW_PROVINCE}:0"),
        Some(&format!("http://{SLOW_PROXY}")),
        Shape::PROVINCE,
    );
    revoke(&province, 1000);
    let own = std::env::current_exe().unwrap();
    let mut phone = Command::new("ip")
        .args(["netns", "exec", SPACE])
        .arg(own)
        .arg("slow-phone")
        .arg(province.folder.path().join("phone"))
        .arg(&province.config)
        .arg(province.address().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(phone.stdout.take().unwrap()).lines();
    let mut seconds = || -> f64 { lines.next().unwrap().unwrap().parse().unwrap() };
    let first = seconds();
    // A day later the province has another trust list, and took a neighbour's passes back.
    let neighbour = numbered(1);
    province.wait(async {
        let proxy = TcpListener::bind(SLOW_PROXY).await.unwrap();
        let _proxy = Proxy::start(proxy, province.address(), Weather::GOOD).unwrap();
        let data = province.folder.path().join("neighbour");
        let config = province.config.clone();
        let enrols = tokio::task::spawn_blocking(move || {
            let life = Life::begin(&data, &config);
            ready(&life, 1);
            life.ok("enrol", json!({}));
        });
        enrols.await.unwrap();
        let office = province.office();
        office.publish_trust(Desks::MustDecide, now()).await.unwrap();
        let cnic = Cnic::parse(&neighbour.cnic).unwrap();
        office.suspend(&cnic, Reason::Lost, now()).await.unwrap();
    });
    phone.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    let daily = seconds();
    let idle = seconds();
    let refill = seconds();
    phone.wait().unwrap();
    let how = "50 kbit/s, 800 ms, stalls";
    figures.insert("first_enrolment_2g".into(), figure(first, "s", None, how));
    figures.insert("daily_sync_2g".into(), figure(daily, "s", None, how));
    figures.insert("idle_sync_2g".into(), figure(idle, "s", None, how));
    figures.insert("refill_2g".into(), figure(refill, "s", None, how));
    Ok(())
}

/// The phone's side of the slow wire, in the namespace.
fn slow_phone(data: &Path, config: &Path, upstream: SocketAddr) {
    let weather = Weather {
        seed: 1,
        stalls: 200,
        delay_ms: 800,
        stall_ms: 1500,
        ..Weather::GOOD
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _proxy = runtime.block_on(async {
        let listener = TcpListener::bind(SLOW_PROXY).await.unwrap();
        Proxy::start(listener, upstream, weather).unwrap()
    });
    let life = Life::begin(data, config);
    ready(&life, 0);
    println!("{:.2}", timed(&life, "enrol").as_secs_f64());
    std::io::stdin().read_line(&mut String::new()).unwrap();
    println!("{:.2}", timed(&life, "sync").as_secs_f64());
    println!("{:.2}", timed(&life, "sync").as_secs_f64());
    // Two kinds are used up beyond a third.
    for vct in ["age", "residence"].into_iter().flat_map(|vct| [vct; 8]) {
        life.ok("show_timed", json!({ "vct": vct }));
    }
    println!("{:.2}", timed(&life, "sync").as_secs_f64());
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn timed(life: &Life, command: &str) -> Duration {
    let began = Instant::now();
    life.ok(command, json!({}));
    began.elapsed()
}
