//! Limits below HTTP: real sockets, short limits.

use std::convert::Infallible;
use std::io::Read as _;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use hyper::body::Frame;
use province_api::paths;
use province_server::{Limits, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;

use crate::bench::Bench;

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_mins(10);
/// More than are worked on at once.
const CROWD: usize = 200;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// A running service. Its answer to `/` waits for `answer`.
struct Service {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    asked: Arc<Notify>,
    answer: Arc<Notify>,
    ended: JoinHandle<()>,
}

async fn start(limits: Limits) -> Service {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (in_route, out) = (Arc::clone(&asked), Arc::clone(&answer));
    let route = get(move || async move {
        in_route.notify_one();
        out.notified().await;
        "answered"
    });
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(async move {
        let stop = async { drop(stopped.await) };
        serve(listener, Router::new().route("/", route), limits, stop).await;
    });
    Service {
        address,
        stop: Some(stop),
        asked,
        answer,
        ended,
    }
}

/// A service that was asked to end while a caller waits for its answer.
async fn asked_to_end(ending: Duration) -> (Service, TcpStream) {
    let mut service = start(Limits {
        ending,
        ..Limits::default()
    })
    .await;
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    service.asked.notified().await;
    service.stop.take().unwrap().send(()).unwrap();
    (service, stream)
}

async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is torn down says no more than one that is closed.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let limits = Limits {
        head: SHORT,
        ..Limits::default()
    };
    let service = start(limits).await;
    service.answer.notify_one();
    for begun in [&b""[..], b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"] {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream.write_all(begun).await.unwrap();
        assert!(!rest(stream).await.contains("answered"));
    }
}

#[tokio::test]
async fn one_connection_too_many_waits_until_another_ends() {
    let limits = Limits {
        connections: 1,
        head: SHORT,
        ..Limits::default()
    };
    let service = start(limits).await;
    service.answer.notify_one();
    let silent = TcpStream::connect(service.address).await.unwrap();
    let mut second = TcpStream::connect(service.address).await.unwrap();
    second.write_all(REQUEST).await.unwrap();
    assert!(rest(second).await.contains("answered"));
    // By now the silent one was sent away, or the second would still wait.
    let mut silent = silent.into_std().unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
}

#[tokio::test]
async fn an_answer_that_is_under_way_is_given_before_the_end() {
    let (service, stream) = asked_to_end(LONG).await;
    service.answer.notify_one();
    assert!(rest(stream).await.contains("answered"));
    service.ended.await.unwrap();
}

#[tokio::test]
async fn an_answer_that_never_comes_does_not_keep_the_service() {
    let (service, _stream) = asked_to_end(SHORT).await;
    service.ended.await.unwrap();
}

/// A body that was promised and never comes.
struct Never;

impl hyper::body::Body for Never {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn bodies_that_do_not_come_are_malformed_requests_and_hold_nobody_up() {
    let bench = Bench::new().await;
    let app = bench.app_with(bench.nadra.clone());
    let mut slow = JoinSet::new();
    for _ in 0..CROWD {
        let request = Request::post(paths::ENROLMENTS).body(Body::new(Never)).unwrap();
        slow.spawn(app.clone().oneshot(request));
    }
    // Lets each of them come as far as it comes.
    for _ in 0..CROWD {
        tokio::task::yield_now().await;
    }
    let quick = Request::post(paths::CHALLENGES).body(Body::empty()).unwrap();
    let quick = app.oneshot(quick).await.unwrap();
    assert_eq!(quick.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(slow.try_join_next().map(drop), None);
    while let Some(answer) = slow.join_next().await {
        assert_eq!(answer.unwrap().unwrap().status(), StatusCode::BAD_REQUEST);
    }
}
