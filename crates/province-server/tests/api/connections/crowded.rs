//! The program among 10,000 connections that say nothing, or half a head, or that a huge body follows.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpSocket;

use crate::process::{get, json, run, serve_with};

/// How many there are, of how many networks, each of which fits under the limit of one.
const IDLE: u64 = 10_000;
const NETWORKS: u64 = 25;
/// How many one process holds: many systems let a process open no more than 4,096 files.
const OF_PROCESS: u64 = 2_000;
/// After how many it is looked whether others are served.
const LOOKED_AFTER: u64 = 500;
/// Files that a process has open besides.
const OTHER_FILES: u64 = 100;
/// Names the server's address and the first number to a process that holds a part of the crowd.
const PART: &str = "KHYBER_TEST_CROWD";

/// Lets this process open as many files as its part takes.
fn make_room() {
    let needed = OF_PROCESS + OTHER_FILES;
    let given = getrlimit(Resource::Nofile);
    if given.current.is_none_or(|files| files >= needed) {
        return;
    }
    assert!(
        given.maximum.is_none_or(|files| files >= needed),
        "{IDLE} idle connections are held by processes that open {needed} files each, and the hard limit on open files \
         (ulimit -Hn) is {:?}: raise it",
        given.maximum
    );
    let raised = Rlimit {
        current: Some(needed),
        maximum: given.maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
}

/// A process that holds a part, until its input ends.
struct Part {
    child: Child,
    says: std::io::Lines<BufReader<ChildStderr>>,
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Part {
    fn begin(address: &str, first: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "--nocapture",
                "connections::crowded::a_part_of_the_crowd",
            ])
            .env(PART, format!("{address} {first}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let says = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, says }
    }

    /// The number that it says next.
    fn says(&mut self) -> u64 {
        let line = self.says.next().expect("it says more").unwrap();
        line.parse().unwrap_or_else(|_| {
            let rest = self.says.by_ref().map_while(Result::ok);
            panic!(
                "{}",
                [line].into_iter().chain(rest).collect::<Vec<_>>().join("\n")
            )
        })
    }

    /// How many of its connections were sent away.
    fn gone(mut self) -> u64 {
        drop(self.child.stdin.take());
        self.says()
    }
}

/// What a process does that holds a part; nothing in the process of all other tests.
#[tokio::test]
async fn a_part_of_the_crowd() {
    let Ok(part) = std::env::var(PART) else { return };
    make_room();
    let (address, first) = part.split_once(' ').unwrap();
    let first: u64 = first.parse().unwrap();
    let mut crowd = Vec::new();
    for number in first..first + OF_PROCESS {
        let socket = TcpSocket::new_v4().unwrap();
        let from = format!("127.0.1.{}:0", number % NETWORKS + 1);
        socket.bind(from.parse().unwrap()).unwrap();
        let stream = socket.connect(address.parse().unwrap()).await.unwrap();
        // Every other one begins a head, and every tenth promises a body.
        let begun: &[u8] = match number % 10 {
            0 => b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{",
            1 | 3 | 5 | 7 | 9 => b"GET /v1/health HTTP/1.1\r\nHo",
            _ => b"",
        };
        // Some are sent away already.
        let _ = stream.try_write(begun);
        crowd.push(stream);
        let count = crowd.len() as u64;
        if count.is_multiple_of(LOOKED_AFTER) {
            eprintln!("{count}");
        }
    }
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    let is_gone = |stream: tokio::net::TcpStream| match stream.into_std().unwrap().read(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    };
    let gone = crowd.into_iter().map(is_gone).filter(|gone| *gone).count();
    eprintln!("{gone}");
}

#[test]
fn ten_thousand_that_say_nothing_keep_nobody_else_out() {
    let folder = tempfile::tempdir().unwrap();
    let (data, roots) = (folder.path().join("province"), folder.path().join("roots.json"));
    std::fs::write(&roots, sandbox::roots::root_seeds_json()).unwrap();
    let (data_text, roots_text) = (data.to_str().unwrap(), roots.to_str().unwrap());
    json(&run(&["init", "--data", data_text, "--roots", roots_text], ""));
    // Without a line for each of them, and with time enough: nobody's end lets the others in.
    let quiet = [("RUST_LOG", "warn".into()), ("KHYBER_HEAD_SECONDS", "60".into())];
    let service = serve_with(&data, "http://127.0.0.1:9", Stdio::null(), &quiet);
    let url = service.url();
    let address = url.strip_prefix("http://").unwrap();
    let mut parts = Vec::new();
    for first in (0..IDLE).step_by(usize::try_from(OF_PROCESS).unwrap()) {
        let mut part = Part::begin(address, first);
        for came in 1..=OF_PROCESS / LOOKED_AFTER {
            assert_eq!(part.says(), came * LOOKED_AFTER);
            must_be_served(address);
        }
        parts.push(part);
    }
    for path in ["/v1/health", "/v1/trust-list", "/v1/status-manifest"] {
        assert!(!get(&service, path).is_empty());
    }
    let came = parts.len() as u64 * OF_PROCESS;
    assert_eq!(came, IDLE);
    let gone: u64 = parts.into_iter().map(Part::gone).sum();
    println!("{came} came, {gone} were sent away");
}

/// Somebody from elsewhere is answered, long before the time of those who say nothing is over.
fn must_be_served(address: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    let limit = Some(std::time::Duration::from_secs(30));
    stream.set_read_timeout(limit).unwrap();
    stream
        .write_all(b"GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "));
}
