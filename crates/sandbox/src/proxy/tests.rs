//! The hostile network: what goes wrong goes wrong as it was asked, and the same way each time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::routing::post;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// A province that counts what it is asked and says it back.
async fn province() -> (SocketAddr, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let echo = async |Shared(asked): Shared<Arc<AtomicUsize>>, body: Bytes| {
        asked.fetch_add(1, Ordering::SeqCst);
        body
    };
    let app = Router::new()
        .route("/echo", post(echo))
        .with_state(Arc::clone(&asked));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, asked)
}

async fn proxy(to: SocketAddr) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Proxy::start(listener, to, Weather::GOOD).unwrap()
}

/// A seed with which the first exchange has this fate.
fn weather(fate: Fate) -> Weather {
    let weather = |seed| Weather {
        seed,
        trouble: 1000,
        stall_ms: 1,
        ..Weather::GOOD
    };
    (0..10_000)
        .map(weather)
        .find(|weather| weather.fate(&mut Dice::new(weather.seed)) == fate)
        .unwrap()
}

/// Everything that comes back to one request on a connection of its own.
async fn ask(proxy: &Proxy, host: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let request = format!(
        "POST /echo HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nidempotency-key: k\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    // A letter for each byte: a turned bit may make it no text.
    answer.into_iter().map(char::from).collect()
}

const BODY: &str = "a body of some length, so that half of it is something";

#[tokio::test]
async fn every_fate_does_what_it_says() {
    for fate in Fate::ALL {
        let (address, asked) = province().await;
        let proxy = proxy(address).await;
        let host = proxy.address().to_string();
        proxy.set_weather(weather(fate));
        let answer = ask(&proxy, &host, BODY).await;
        let whole = answer.starts_with("HTTP/1.1 200") && answer.ends_with(BODY);
        let asked = asked.load(Ordering::SeqCst);
        let exchange = proxy.take_exchanges().pop().unwrap();
        assert_eq!((exchange.fate, exchange.body.as_slice()), (fate, BODY.as_bytes()));
        assert_eq!(exchange.idempotency_key.as_deref(), Some("k"));
        assert_eq!(exchange.bytes_down, answer.chars().count() as u64, "{fate:?}");
        match fate {
            Fate::Pass | Fate::Stall | Fate::Swap => assert!(whole && asked == 1, "{fate:?}"),
            Fate::Repeat => assert!(whole && asked == 2),
            Fate::Cut | Fate::CutRequest | Fate::Late => assert!(answer.is_empty() && asked == 0, "{fate:?}"),
            Fate::CutAnswer => assert!(answer.is_empty() && asked == 1),
            Fate::Truncate => assert!(answer.starts_with("HTTP/1.1 200") && !whole && asked == 1),
            Fate::CorruptRequest | Fate::CorruptAnswer => {
                assert!(
                    answer.starts_with("HTTP/1.1 200") && !whole && asked == 1,
                    "{fate:?}"
                );
            }
            Fate::ServerFault => assert!(answer.starts_with("HTTP/1.1 500") && asked == 0),
            Fate::TooMany => {
                assert!(answer.starts_with("HTTP/1.1 429") && answer.contains("\r\nretry-after: 1\r\n"));
            }
            Fate::Portal => assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<html>")),
            Fate::Redirect => {
                assert!(answer.starts_with("HTTP/1.1 302") && answer.contains("\r\nlocation: "));
            }
        }
    }
}

#[tokio::test]
async fn a_late_request_arrives_after_the_next_one() {
    let (address, asked) = province().await;
    let proxy = proxy(address).await;
    let host = proxy.address().to_string();
    proxy.set_weather(weather(Fate::Late));
    assert_eq!(ask(&proxy, &host, BODY).await, "");
    proxy.set_weather(Weather::GOOD);
    assert!(ask(&proxy, &host, BODY).await.ends_with(BODY));
    // The connection is closed behind the late one, and only then is the next heard.
    assert!(ask(&proxy, &host, BODY).await.ends_with(BODY));
    while asked.load(Ordering::SeqCst) < 3 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn two_answers_change_places() {
    let (address, _) = province().await;
    let proxy = proxy(address).await;
    let host = proxy.address().to_string();
    let mut seeds = (0..u64::MAX).map(|seed| Weather {
        seed,
        trouble: 1000,
        ..Weather::GOOD
    });
    let twice = seeds.find(|weather| {
        let mut dice = Dice::new(weather.seed);
        let first = weather.fate(&mut dice);
        dice.next();
        (first, weather.fate(&mut dice)) == (Fate::Swap, Fate::Swap)
    });
    proxy.set_weather(twice.unwrap());
    let (one, other) = tokio::join!(ask(&proxy, &host, "one"), ask(&proxy, &host, "other"));
    assert!(one.ends_with("other") && other.ends_with("one"), "{one} {other}");
}

#[tokio::test]
async fn only_its_own_name_and_loopback_are_served_and_a_seed_says_everything() {
    let (address, asked) = province().await;
    let proxy = proxy(address).await;
    assert!(
        ask(&proxy, "elsewhere.example", BODY)
            .await
            .starts_with("HTTP/1.1 421")
    );
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let everywhere = TcpListener::bind("0.0.0.0:0").await.unwrap();
    assert!(Proxy::start(everywhere, address, Weather::GOOD).is_err());
    let fates = |seed| {
        let (weather, mut dice) = (
            Weather {
                seed,
                trouble: 1000,
                ..Weather::GOOD
            },
            Dice::new(seed),
        );
        (0..500).map(|_| weather.fate(&mut dice)).collect::<Vec<_>>()
    };
    assert_eq!(fates(3), fates(3));
    assert_ne!(fates(3), fates(4));
    assert_eq!(
        fates(3)
            .into_iter()
            .collect::<std::collections::HashSet<_>>()
            .len(),
        Fate::ALL.len()
    );
    let names: BTreeSet<_> = Fate::ALL
        .iter()
        .map(|fate| serde_json::to_string(fate).unwrap())
        .collect();
    assert_eq!(names.len(), Fate::ALL.len());
}
