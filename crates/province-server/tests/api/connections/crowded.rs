//! The program among 10,000 connections that say nothing, or half a head, or that a huge body follows.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use tokio::net::TcpSocket;

use crate::process::{get, json, run, serve_with};

/// How many there shall be, of how many networks, each of which fits under the limit of one.
const IDLE: u64 = 10_000;
const NETWORKS: u64 = 25;

/// As many as this process can open; other tests run in it.
fn idle() -> u64 {
    let given = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit {
        current: given.maximum,
        maximum: given.maximum,
    };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, raised);
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    files.map_or(IDLE, |files| IDLE.min(files / 2))
}

#[test]
fn ten_thousand_that_say_nothing_keep_nobody_else_out() {
    let folder = tempfile::tempdir().unwrap();
    let (data, roots) = (folder.path().join("province"), folder.path().join("roots.json"));
    std::fs::write(&roots, sandbox::roots::root_seeds_json()).unwrap();
    let (data_text, roots_text) = (data.to_str().unwrap(), roots.to_str().unwrap());
    json(&run(&["init", "--data", data_text, "--roots", roots_text], ""));
    // Without a line for each of them, so that they come faster than their time limit ends them.
    let quiet = [("RUST_LOG", "warn".into())];
    let service = serve_with(&data, "http://127.0.0.1:9", Stdio::null(), &quiet);
    let url = service.url();
    let address = url.strip_prefix("http://").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let crowd = runtime.block_on(async {
        let mut crowd = Vec::new();
        for number in 0..idle() {
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
            if number % 500 == 499 {
                tokio::task::block_in_place(|| must_be_served(address));
            }
        }
        crowd
    });
    for path in ["/v1/health", "/v1/trust-list", "/v1/status-manifest"] {
        assert!(!get(&service, path).is_empty());
    }
    let gone = crowd
        .iter()
        .filter(|one| matches!(one.try_read(&mut [0]), Ok(0)))
        .count();
    println!("{} came, {gone} were sent away", crowd.len());
}

/// Somebody from elsewhere is answered within seconds.
fn must_be_served(address: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    let limit = Some(std::time::Duration::from_secs(5));
    stream.set_read_timeout(limit).unwrap();
    stream
        .write_all(b"GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "));
}
