//! The real province in a process of its own, which dies now and then, and the wire between it and the phones.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use credential::{
    Context, Expect, IssuedRequest, Names, SecretKey, Shape, Signer, StatusManifest, StatusSet, Timestamp,
    TrustList, TypeRegister, Vct, build_request, verify,
};
use getrandom::SysRng;
use province_api::{packed, paths};
use province_server::admin::{Desk, Office};
use province_server::randomness::Randomness;
use province_server::store::person;
use rand_core::UnwrapErr;
use sandbox::proxy::{Fate, Proxy, Weather};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Citizens that NADRA knows here.
pub const CITIZENS_MAX: u32 = 2000;
/// Class of the desk that asks.
pub const AUDIENCE: &str = "kp:desk";

pub struct Province {
    runtime: Runtime,
    office: Office,
    program: Option<Child>,
    address: SocketAddr,
    nadra: String,
    wire: Proxy,
    /// Every idempotency key that went over the wire.
    keys: BTreeMap<String, Key>,
    desk: (SecretKey, Vec<u8>),
    known: OnceCell<Known>,
    fates: HashSet<Fate>,
    pub config: PathBuf,
    pub folder: TempDir,
}

/// What a desk fetched.
struct Known {
    trust: TrustList,
    types: TypeRegister,
    status: StatusSet,
}

/// An idempotency key: the body that goes with it, and whether the province did what was asked.
struct Key {
    path: String,
    body: Vec<u8>,
    done: bool,
}

/// What the province did, as the wire saw it: each idempotency key once.
#[derive(Clone, Copy, Debug, Default)]
pub struct GivenOut {
    pub batches: usize,
    pub passes: usize,
    pub mobiles: usize,
}

impl Province {
    /// A province on loopback that phones reach over the wire of this process.
    pub fn start() -> Self {
        // Room enough for these citizens: lists for the whole province only take longer to make.
        Self::start_at("127.0.0.1:0", None, Shape::new(4, 4096).unwrap())
    }

    /// A province that listens here, with status lists of this shape. Phones are told that it is at `url`, or else over
    /// the wire of this process.
    pub fn start_at(listen: &str, url: Option<&str>, shape: Shape) -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("province");
        let config = folder.path().join("province.kpc");
        let randomness = || Randomness::new(UnwrapErr(SysRng));
        let (office, nadra) = runtime.block_on(async {
            let seeds = &sandbox::roots::ROOT_SEEDS;
            let made = Office::make_with(&data, seeds, shape, &randomness(), now()).await;
            let nadra = sandbox::nadra::Nadra::new().with_numbered(CITIZENS_MAX);
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let nadra_at = format!("http://{}", listener.local_addr().unwrap());
            let app = sandbox::nadra::router(Arc::new(nadra));
            tokio::spawn(async move { axum::serve(listener, app).await });
            (made.unwrap().0, nadra_at)
        });
        let (program, address) = serve(&data, &nadra, listen);
        let key = SecretKey::from_seed([9; 32]);
        let (wire, certificate) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let wire = Proxy::start(listener, address, Weather::GOOD).unwrap();
            let desk = Desk {
                key: key.public(),
                name: Names::new("Test desk", "", ""),
                purpose: Names::new("A test", "", ""),
                audience: AUDIENCE.to_owned(),
                allowed: vec![Vct::IDENTITY],
                days: 30,
            };
            let certificate = office.counter_certificate(&desk, now()).await.unwrap();
            let url = url.map_or_else(|| format!("http://{}", wire.address()), str::to_owned);
            let signed = office.config(&url, now()).unwrap();
            std::fs::write(&config, signed).unwrap();
            (wire, certificate)
        });
        Self {
            runtime,
            office,
            program: Some(program),
            address,
            nadra,
            wire,
            keys: BTreeMap::new(),
            desk: (key, certificate),
            known: OnceCell::new(),
            fates: HashSet::new(),
            config,
            folder,
        }
    }

    /// What the wire does from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.wire.set_weather(weather);
    }

    /// What the wire did so far.
    pub fn fates(&mut self) -> HashSet<Fate> {
        self.given_out();
        self.fates.clone()
    }

    /// The operator's desk.
    pub const fn office(&self) -> &Office {
        &self.office
    }

    /// Does something at the operator's desk.
    pub fn wait<T>(&self, doing: impl Future<Output = T>) -> T {
        self.runtime.block_on(doing)
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What went over the wire since it was asked last: bytes both ways, heads and all, and how many exchanges.
    pub fn wire_bytes(&self) -> (u64, usize) {
        let exchanges = self.wire.take_exchanges();
        let bytes = exchanges.iter().map(|one| one.bytes_up + one.bytes_down);
        (bytes.sum(), exchanges.len())
    }

    /// SIGKILL, whatever it is doing.
    pub fn kill(&mut self) {
        let mut program = self.program.take().unwrap();
        program.kill().unwrap();
        program.wait().unwrap();
    }

    /// It comes back at the same address, over what is on the disk.
    pub fn restart(&mut self) {
        let data = self.office.folder().to_owned();
        let (program, address) = serve(&data, &self.nadra, &self.address.to_string());
        assert_eq!(address, self.address);
        self.program = Some(program);
    }

    /// How many are enrolled.
    pub fn people(&self) -> u64 {
        self.runtime.block_on(async {
            let mut database = self.office.store().read().await.unwrap();
            person::count(&mut database).await.unwrap()
        })
    }

    /// How often the province noted something of this kind about anybody, from its own feed.
    pub fn noted(&self, kind: &str) -> usize {
        let file = self.office.folder().join(province_server::store::DATABASE_FILE);
        let database = rusqlite::Connection::open(file).unwrap();
        let sql = "SELECT count(*) FROM event WHERE kind = ?1";
        let count: i64 = database.query_row(sql, [kind], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    }

    /// Looks through what went over the wire.
    pub fn given_out(&mut self) -> GivenOut {
        for exchange in self.wire.take_exchanges() {
            self.fates.insert(exchange.fate);
            let Some(key) = exchange.idempotency_key else {
                continue;
            };
            let known = self.keys.entry(key).or_insert_with(|| Key {
                path: exchange.path.clone(),
                body: exchange.body.clone(),
                done: false,
            });
            assert!(
                known.body == exchange.body && known.path == exchange.path,
                "one key was sent with two requests"
            );
            known.done |= matches!(exchange.answer, Some((200, _)));
        }
        let mut out = GivenOut::default();
        for key in self.keys.values().filter(|key| key.done) {
            if key.path == paths::PASSES {
                // All that was asked for, or none.
                let body = packed::unpack(&key.body, 1 << 20).unwrap_or_else(|_| key.body.clone());
                let asked: Value = serde_json::from_slice(&body).unwrap();
                out.batches += 1;
                out.passes += asked["passes"].as_array().unwrap().len();
            }
            out.mobiles += usize::from(key.path == paths::MOBILE);
        }
        out
    }

    fn file(&self, path: &str) -> Vec<u8> {
        let mut answer = ureq::get(format!("http://{}{path}", self.address))
            .call()
            .unwrap();
        answer.body_mut().read_to_vec().unwrap()
    }

    fn known(&self) -> Known {
        let roots = sandbox::roots::test_roots().unwrap();
        let trust = TrustList::verify(&self.file(paths::TRUST_LIST), &roots, None).unwrap();
        let manifest = self.file(paths::STATUS_MANIFEST);
        let mut status = StatusSet::new(StatusManifest::verify(&manifest, &trust, None).unwrap());
        while let Some(piece) = status.missing().first().cloned() {
            let bytes = self.file(&format!("{}{}", paths::STATUS_PIECES, piece.name()));
            status.add(&piece, &bytes).unwrap();
        }
        Known {
            types: TypeRegister::verify(&self.file(paths::TYPES), &trust, None).unwrap(),
            trust,
            status,
        }
    }

    /// A certified desk's request.
    pub fn request(&self, nonce: [u8; 16]) -> IssuedRequest {
        let (key, certificate) = &self.desk;
        let signer = Signer {
            key,
            certificate: Some(certificate),
        };
        build_request(&Vct::IDENTITY, AUDIENCE, nonce, now(), Some(signer)).unwrap()
    }

    /// What a desk that has everything new makes of a code: by what it remembers the pass.
    pub fn seen(&self, code: &Value, expect: Expect<'_>) -> String {
        let modules = u32::try_from(code["size"].as_u64().unwrap()).unwrap();
        let (side, luma) = sandbox::screen::luma(modules, code["path"].as_str().unwrap()).unwrap();
        let texts = qr::decode_luma(side, side, &luma).unwrap();
        let known = self.known.get_or_init(|| self.known());
        let context = Context {
            now: now(),
            trust: Some(&known.trust),
            status: Some(&known.status),
            types: Some(&known.types),
            expect,
            rule: None,
        };
        let outcome = verify(&texts[0], &context);
        let verified = outcome
            .verified
            .unwrap_or_else(|| panic!("a desk refused it: {:?}", outcome.code));
        hex::encode(verified.replay_key().as_bytes())
    }
}

impl Drop for Province {
    fn drop(&mut self) {
        if self.program.is_some() {
            self.kill();
        }
    }
}

/// The program that was built beside the one under test.
fn serve(data: &Path, nadra: &str, listen: &str) -> (Child, SocketAddr) {
    let name = format!("province-server{}", std::env::consts::EXE_SUFFIX);
    let program = Path::new(env!("CARGO_BIN_EXE_preview")).with_file_name(name);
    assert!(
        program.is_file(),
        "build the programs first: cargo build --workspace --bins"
    );
    let mut child = Command::new(program)
        .args(["serve", "--listen", listen, "--nadra", nadra, "--data"])
        .arg(data)
        .env("RUST_LOG", "off")
        .env("KHYBER_SIM_CODES", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let address = ready["url"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .parse();
    (child, address.unwrap())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the programs under test read the clock too"
)]
pub fn now() -> Timestamp {
    Timestamp::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}
