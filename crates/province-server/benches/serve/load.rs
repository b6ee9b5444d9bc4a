//! The load: a process of its own, connections that stay open, requests that were put together before.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use province_api::{paths, signature};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::people::{self, People};

/// Connections that are open at once.
const CONNECTIONS: usize = 64;

/// How fast requests come.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub enum Pace {
    /// The next when the answer before is there.
    AsFast,
    /// So many a second, on all connections together, whatever becomes of them.
    Every(f64),
}

/// What is asked.
#[derive(Serialize, Deserialize)]
enum What {
    Read(String),
    /// Device seeds, and what each asks.
    Sync(Vec<([u8; 32], Vec<u8>)>),
}

/// A load.
#[derive(Serialize, Deserialize)]
pub struct Load {
    address: String,
    what: What,
    requests: usize,
    pace: Option<Pace>,
}

/// What came of it.
#[derive(Serialize, Deserialize)]
pub struct Done {
    /// Answers in a second.
    pub rate: f64,
    /// Median and 99th percentile of the time to an answer, in seconds, from when it was due.
    pub middle: f64,
    pub late: f64,
}

impl Load {
    pub fn reads(address: &str, path: &str, requests: usize) -> Self {
        Self {
            address: address.to_owned(),
            what: What::Read(path.to_owned()),
            requests,
            pace: None,
        }
    }

    pub fn syncs(address: &str, people: &People, requests: usize) -> Self {
        let phones = people.phones.iter();
        Self {
            address: address.to_owned(),
            what: What::Sync(phones.map(|(key, asks)| (key.to_bytes(), asks.clone())).collect()),
            requests,
            pace: None,
        }
    }

    /// Lets another process do it.
    pub fn run(mut self, pace: Pace) -> Done {
        self.pace = Some(pace);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("load");
        std::fs::write(&file, serde_json::to_vec(&self).unwrap()).unwrap();
        let done = Command::new(std::env::current_exe().unwrap())
            .arg("load")
            .arg(&file)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }

    /// The bytes of each request, for each connection.
    fn put_together(&self) -> Vec<Vec<Vec<u8>>> {
        let host = &self.address;
        let each = self.requests / CONNECTIONS;
        let now = people::now().unix();
        let one = |connection: usize, number: usize| match &self.what {
            What::Read(path) => format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").into_bytes(),
            What::Sync(phones) => {
                let phone = (connection + number) % phones.len();
                let (seed, body) = &phones[phone];
                let key = ed25519_dalek::SigningKey::from_bytes(seed);
                let nonce = people::randomness().bytes();
                let headers = signature::sign(&key, "POST", paths::SYNC, body, &"0".repeat(32), now, &nonce);
                let mut head = format!(
                    "POST {} HTTP/1.1\r\nhost: {host}\r\nx-phone: {phone}\r\n",
                    paths::SYNC
                );
                for (name, value) in headers {
                    write!(head, "{name}: {value}\r\n").unwrap();
                }
                write!(head, "content-length: {}\r\n\r\n", body.len()).unwrap();
                [head.as_bytes(), body].concat()
            }
        };
        let of = |connection| (0..each).map(|number| one(connection, number)).collect();
        (0..CONNECTIONS).map(of).collect()
    }
}

/// Does what the file says.
pub fn run(file: &str) {
    let load: Load = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let done = runtime.block_on(async {
        let requests = load.put_together();
        let mut connections = Vec::new();
        for requests in requests {
            let stream = TcpStream::connect(&load.address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            connections.push((stream, requests));
        }
        let began = Instant::now();
        let pace = load.pace.unwrap();
        let all: Vec<_> = (0..)
            .zip(connections)
            .map(|(number, (stream, requests))| tokio::spawn(ask(stream, requests, pace, (number, began))))
            .collect();
        let mut times = Vec::new();
        for one in all {
            times.extend(one.await.unwrap());
        }
        let took = began.elapsed().as_secs_f64();
        times.sort_by(f64::total_cmp);
        Done {
            rate: f64::from(u32::try_from(times.len()).unwrap()) / took,
            middle: times[times.len() / 2],
            late: times[times.len() * 99 / 100],
        }
    });
    println!("{}", serde_json::to_string(&done).unwrap());
}

/// Asks over one connection; gives the time that each answer took, in seconds.
async fn ask(
    mut stream: TcpStream,
    requests: Vec<Vec<u8>>,
    pace: Pace,
    (number, began): (u32, Instant),
) -> Vec<f64> {
    let mut times = Vec::with_capacity(requests.len());
    let mut buffer = Vec::with_capacity(64 * 1024);
    for (turn, request) in (0_u32..).zip(&requests) {
        let due = match pace {
            Pace::AsFast => Instant::now(),
            Pace::Every(rate) => {
                let turn_of_all = turn * u32::try_from(CONNECTIONS).unwrap() + number;
                let due = began + Duration::from_secs_f64(f64::from(turn_of_all) / rate);
                tokio::time::sleep_until(due.into()).await;
                due
            }
        };
        stream.write_all(request).await.unwrap();
        answer(&mut stream, &mut buffer).await;
        times.push(due.elapsed().as_secs_f64());
    }
    times
}

/// Reads one answer, which must be 200.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        assert_ne!(
            stream.read_buf(buffer).await.unwrap(),
            0,
            "the server closed the connection"
        );
        let Some(head) = buffer.windows(4).position(|at| at == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&buffer[..head]).unwrap().to_ascii_lowercase();
        assert!(
            text.starts_with("http/1.1 200 "),
            "{}",
            String::from_utf8_lossy(buffer)
        );
        let length = text.split("content-length: ").nth(1).unwrap();
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        if buffer.len() >= head + 4 + length {
            return;
        }
    }
}
