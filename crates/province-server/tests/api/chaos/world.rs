//! Two servers on one PostgreSQL, what happens to them, and how phones ask them until they are answered.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Output;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use province_api::problem::{Problem, ProblemCode};
use sandbox::postgres::{Cluster, Durability, Host};
use sandbox::proxy::Dice;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, Connection as _, SqlSafeStr as _};
use tempfile::TempDir;
use tokio::sync::watch;

use super::citizen::Citizen;
use crate::bench::Phone;
use crate::passkeys::{ORIGIN, RP_ID};
use crate::process::{self, Service, try_serve};
use crate::same::open_folder;
use crate::served::now;

/// Name of the database.
pub const DATABASE: &str = "chaos";
/// How often one thing is tried while nothing is down.
const TRIES: u32 = 60;

/// What the version after this one does to the tables while this one serves: it adds, and looks at every row.
const LATER: &str = "
    ALTER TABLE event ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
    CREATE INDEX event_later ON event (at, later);
    ALTER TABLE person ADD COLUMN later BIGINT;
    UPDATE person SET later = events;
    ALTER TABLE answer ADD COLUMN later BIGINT;
    CREATE TABLE later (person BYTEA PRIMARY KEY, n BIGINT NOT NULL);
    INSERT INTO later (person, n) SELECT id, events FROM person;";

/// What happens to the province.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// A server is killed, and another begins in its place.
    Kill(usize),
    /// PostgreSQL loses its power and begins again.
    Crash,
    /// PostgreSQL is ended in order, and begins again.
    Restart,
    /// The version after this one migrates the database. This one serves on.
    Migrate,
}

/// An answer that leaves nothing open.
#[derive(Debug)]
pub enum Answer {
    /// 200, with these bytes.
    Done(Vec<u8>),
    /// Refused. It is not known whether it was done before, if an earlier try was cut.
    Refused(ProblemCode, Known),
}

/// Whether a refused write may have been done by a try that was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// No try was cut.
    NotDone,
    /// One was.
    Perhaps,
}

/// What a phone sends, again and again under one key.
pub struct Write<'a> {
    pub phone: &'a Phone,
    pub path: &'static str,
    pub body: &'a [u8],
    pub key: &'a str,
}

/// The province, its two servers and its database.
pub struct World {
    // Before the cluster, which they use.
    servers: [Mutex<Option<Service>>; 2],
    urls: [Mutex<String>; 2],
    cluster: Mutex<Cluster>,
    nadra: String,
    environment: Vec<(&'static str, OsString)>,
    client: reqwest::Client,
    /// Whether the database is away.
    away: watch::Sender<bool>,
    /// How many things the phones have done.
    steps: watch::Sender<u64>,
    /// The citizens who have enrolled.
    enrolled: Mutex<Vec<u32>>,
    /// Tries that got no answer, and tries that were asked to come again.
    pub cut: AtomicU64,
    pub busy: AtomicU64,
    folder: TempDir,
}

impl World {
    /// Makes a province in a new cluster, and serves it twice.
    pub async fn new(citizens: u32) -> Arc<Self> {
        let nadra = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", nadra.local_addr().unwrap());
        let app = sandbox::nadra::router(Arc::new(sandbox::nadra::Nadra::new().with_numbered(citizens)));
        tokio::spawn(async move { axum::serve(nadra, app).await });
        let folder = open_folder();
        let cluster = Cluster::start(folder.path(), Durability::Full).unwrap();
        cluster.host().create(DATABASE, None).unwrap();
        let environment = vec![
            ("DATABASE_URL", cluster.host().url(DATABASE).into()),
            ("RUST_LOG", "warn".into()),
            ("KHYBER_WEBHOOK_PLAIN", "loopback".into()),
            ("KHYBER_OFFICERS_RP_ID", RP_ID.into()),
            ("KHYBER_OFFICERS_ORIGIN", ORIGIN.into()),
        ];
        let world = Self {
            servers: Default::default(),
            urls: Default::default(),
            cluster: Mutex::new(cluster),
            nadra: url,
            environment,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            away: watch::Sender::new(false),
            steps: watch::Sender::new(0),
            enrolled: Mutex::default(),
            cut: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            folder,
        };
        let roots = world.folder.path().join("roots.json");
        std::fs::write(&roots, sandbox::roots::root_seeds_json()).unwrap();
        let roots = roots.to_str().unwrap();
        let small = ["--status-shards", "1", "--status-shard-power", "8"];
        process::json(&world.command(&[&["init", "--roots", roots][..], &small].concat(), ""));
        let world = Arc::new(world);
        let both = |world: &Self| (0..2).for_each(|server| world.serve(server));
        Arc::clone(&world).in_thread(both).await;
        world
    }

    /// Does what blocks away from the threads that drive the phones.
    pub async fn in_thread<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
        tokio::task::spawn_blocking(move || work(&self)).await.unwrap()
    }

    pub fn host(&self) -> Host {
        self.cluster.lock().unwrap().host().clone()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("province")
    }

    fn log(&self, server: usize) -> PathBuf {
        self.folder.path().join(format!("server-{server}.log"))
    }

    /// Runs an operator's command.
    pub fn command(&self, words: &[&str], stdin: &str) -> Output {
        let data = self.data();
        let all = [words, &["--data", data.to_str().unwrap()]].concat();
        process::run_with(&all, stdin, &self.environment)
    }

    fn serve(&self, server: usize) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log(server))
            .unwrap();
        let service = try_serve(&self.data(), &self.nadra, log.into(), &self.environment);
        let service = service.unwrap_or_else(|| panic!("server {server} does not begin: {}", self.logs()));
        *self.urls[server].lock().unwrap() = service.url();
        *self.servers[server].lock().unwrap() = Some(service);
    }

    /// What the servers wrote.
    pub fn logs(&self) -> String {
        let read = |server| std::fs::read_to_string(self.log(server)).unwrap_or_default();
        [0, 1].map(read).concat()
    }

    fn kill(&self, server: usize) {
        // Its drop kills it.
        drop(self.servers[server].lock().unwrap().take());
    }

    /// This citizen is enrolled, and may be acted upon.
    pub fn enrolled(&self, citizen: u32) {
        self.enrolled.lock().unwrap().push(citizen);
    }

    /// Who is enrolled, of those whom the operator acts upon.
    pub fn watched(&self) -> Vec<u32> {
        self.of_enrolled(|citizen| matches!(citizen, Citizen::Watched(_)))
    }

    /// Who is enrolled, of those whom the officers act upon.
    pub fn listed(&self) -> Vec<u32> {
        self.of_enrolled(|citizen| matches!(citizen, Citizen::Listed(_)))
    }

    fn of_enrolled(&self, are: impl Fn(Citizen) -> bool) -> Vec<u32> {
        let enrolled = self.enrolled.lock().unwrap();
        let enrolled = enrolled.iter().copied();
        enrolled.filter(|number| are(Citizen::of(*number))).collect()
    }

    /// One more thing was done.
    pub fn step(&self) {
        self.steps.send_modify(|steps| *steps += 1);
    }

    /// Waits until so many things were done.
    pub async fn until(&self, steps: u64) {
        self.steps
            .subscribe()
            .wait_for(|done| *done >= steps)
            .await
            .unwrap();
    }

    /// Waits until the database is there.
    pub async fn calm(&self) {
        self.away.subscribe().wait_for(|away| !away).await.unwrap();
    }

    /// Lets it happen, and waits until everything is there again.
    pub async fn strike(self: &Arc<Self>, blow: Blow) {
        match blow {
            Blow::Kill(server) => {
                let again = move |world: &Self| {
                    world.kill(server);
                    world.serve(server);
                };
                Arc::clone(self).in_thread(again).await;
            }
            Blow::Crash | Blow::Restart => {
                self.away.send_replace(true);
                let again = move |world: &Self| {
                    let mut cluster = world.cluster.lock().unwrap();
                    match blow {
                        Blow::Crash => cluster.crash().unwrap(),
                        _ => cluster.end().unwrap(),
                    }
                    cluster.go_on().unwrap();
                };
                Arc::clone(self).in_thread(again).await;
                self.away.send_replace(false);
            }
            Blow::Migrate => self.migrate().await,
        }
    }

    /// Every process dies at once, and all begin again.
    pub async fn strike_all(self: &Arc<Self>) {
        let all = |world: &Self| {
            (0..2).for_each(|server| world.kill(server));
            let mut cluster = world.cluster.lock().unwrap();
            cluster.crash().unwrap();
            cluster.go_on().unwrap();
            drop(cluster);
            (0..2).for_each(|server| world.serve(server));
        };
        Arc::clone(self).in_thread(all).await;
    }

    /// Ends the servers, so that nobody uses the database.
    pub fn end_servers(&self) {
        (0..2).for_each(|server| self.kill(server));
    }

    async fn migrate(&self) {
        let released = sqlx::migrate!("./migrations/postgres");
        let later = Migration::new(
            9001,
            "later".into(),
            MigrationType::Simple,
            LATER.into_sql_str(),
            false,
        );
        let all = Migrator::with_migrations(released.iter().cloned().chain([later]).collect());
        sqlx::any::install_default_drivers();
        // It takes its tables from under transactions that are under way: PostgreSQL may end either.
        for _ in 0..TRIES {
            let mut db = AnyConnection::connect(&self.host().url(DATABASE)).await.unwrap();
            let done = all.run(&mut db).await;
            db.close().await.unwrap();
            match done {
                Ok(()) => return,
                Err(error) => println!("the migration is tried again: {error}"),
            }
        }
        panic!("the migration never came through");
    }

    /// Sends a phone's write to one of the servers, or to both at the same moment, until it is answered.
    pub async fn ask(&self, dice: &mut Dice, write: &Write<'_>, copies: usize) -> Answer {
        let made = || {
            let (phone, at) = (write.phone, now().unix());
            phone.signed(write.path, write.body, write.key, at)
        };
        self.ask_with(dice, write.path, &made, copies).await
    }

    /// The same with what somebody makes for each try.
    pub async fn ask_with(
        &self,
        dice: &mut Dice,
        path: &str,
        made: &(dyn Fn() -> Request<Body> + Sync),
        copies: usize,
    ) -> Answer {
        let mut known = Known::NotDone;
        for _ in 0..TRIES {
            let first = usize::try_from(dice.below(2)).unwrap();
            let replies = if copies > 1 {
                let (one, other) = tokio::join!(self.attempt(first, made()), self.attempt(1 - first, made()));
                vec![one, other]
            } else {
                vec![self.attempt(first, made()).await]
            };
            let mut answer: Option<Answer> = None;
            for reply in replies {
                match reply {
                    None => known = Known::Perhaps,
                    Some(Answer::Done(bytes)) => {
                        if let Some(Answer::Done(other)) = &answer {
                            assert_eq!(&bytes, other, "{path} was answered in two ways");
                        }
                        answer = Some(Answer::Done(bytes));
                    }
                    Some(refused) => {
                        answer.get_or_insert(refused);
                    }
                }
            }
            match answer {
                Some(Answer::Refused(code, _)) => return Answer::Refused(code, known),
                Some(done) => return done,
                None => self.calm().await,
            }
        }
        panic!("{path} was never answered: {}", self.logs());
    }

    /// `None` if nothing came back, or the word to ask again.
    async fn attempt(&self, server: usize, made: Request<Body>) -> Option<Answer> {
        let (parts, body) = made.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let url = format!("{}{}", self.urls[server].lock().unwrap(), parts.uri);
        let request = self
            .client
            .request(parts.method, url)
            .headers(parts.headers)
            .body(body);
        let whole = async {
            let reply = request.send().await?;
            let (status, later) = (reply.status(), reply.headers().contains_key("retry-after"));
            Ok::<_, reqwest::Error>((status, later, reply.bytes().await?.to_vec()))
        };
        let Ok((status, later, bytes)) = whole.await else {
            self.cut.fetch_add(1, Ordering::SeqCst);
            return None;
        };
        if status.is_success() {
            return Some(Answer::Done(bytes));
        }
        let problem: Problem = serde_json::from_slice(&bytes).unwrap();
        if problem.code == ProblemCode::ServerBusy {
            assert!(later, "it is not said when to come again");
            self.busy.fetch_add(1, Ordering::SeqCst);
            return None;
        }
        assert!(
            !status.is_server_error(),
            "{}: {problem:?} {}",
            parts.uri,
            self.logs()
        );
        Some(Answer::Refused(problem.code, Known::NotDone))
    }

    /// A public file, from this server.
    pub async fn get(&self, server: usize, path: &str) -> Vec<u8> {
        let url = format!("{}{path}", self.urls[server].lock().unwrap());
        let reply = self.client.get(url).send().await.unwrap();
        assert_eq!(reply.status().as_u16(), 200, "{path}");
        reply.bytes().await.unwrap().to_vec()
    }
}
