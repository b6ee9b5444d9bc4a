//! Limits below HTTP: real sockets, short limits.

mod crowded;

use std::convert::Infallible;
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
use province_server::{Door, Limits, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;

use crate::bench::Bench;

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_mins(10);
/// More than are worked on at once.
const CROWD: usize = 200;
/// Nobody is sent away but by somebody else.
const WAITING: Limits = Limits {
    connections: 100,
    of_network: 100,
    head: LONG,
    ending: SHORT,
};
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
        let router = Router::new().route("/", route);
        serve(Door::plain(listener, limits), router, stop).await;
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

/// A place that nobody is asked for in is the next caller's, long before its time is over.
#[tokio::test]
async fn the_longest_waiting_gives_its_place_up_to_one_too_many() {
    for limits in [
        Limits {
            connections: 2,
            ..WAITING
        },
        Limits {
            connections: 2,
            of_network: 2,
            ..WAITING
        },
    ] {
        let service = start(limits).await;
        service.answer.notify_one();
        let mut silent = TcpStream::connect(service.address).await.unwrap();
        let _later = TcpStream::connect(service.address).await.unwrap();
        let mut third = TcpStream::connect(service.address).await.unwrap();
        third.write_all(REQUEST).await.unwrap();
        assert!(rest(third).await.contains("answered"));
        assert!(matches!(silent.read(&mut [0]).await, Ok(0) | Err(_)));
    }
}

#[tokio::test]
async fn who_is_asked_keeps_its_place_and_the_next_waits_for_it() {
    let service = start(Limits {
        connections: 1,
        ..WAITING
    })
    .await;
    let mut first = TcpStream::connect(service.address).await.unwrap();
    first.write_all(REQUEST).await.unwrap();
    service.asked.notified().await;
    let mut second = TcpStream::connect(service.address).await.unwrap();
    second.write_all(REQUEST).await.unwrap();
    service.answer.notify_one();
    assert!(rest(first).await.contains("answered"));
    service.answer.notify_one();
    assert!(rest(second).await.contains("answered"));
}

/// A connection from another network.
async fn from(network: u8, service: &Service) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, network], 0))).unwrap();
    socket.connect(service.address).await.unwrap()
}

#[tokio::test]
async fn a_network_holds_any_number_of_places_while_there_are_others() {
    let service = start(Limits {
        of_network: 1,
        ..WAITING
    })
    .await;
    // Each is asked for an answer before any is given one: none was sent away or refused.
    let mut phones = Vec::new();
    for _ in 0..50 {
        let mut phone = TcpStream::connect(service.address).await.unwrap();
        phone.write_all(REQUEST).await.unwrap();
        service.asked.notified().await;
        phones.push(phone);
    }
    service.answer.notify_waiters();
    for phone in phones {
        assert!(rest(phone).await.contains("answered"));
    }
}

#[tokio::test]
async fn once_places_run_out_a_network_whose_every_place_is_asked_gets_no_other() {
    let service = start(Limits {
        connections: 2,
        of_network: 1,
        ..WAITING
    })
    .await;
    let mut first = TcpStream::connect(service.address).await.unwrap();
    first.write_all(REQUEST).await.unwrap();
    service.asked.notified().await;
    let mut waiting = from(3, &service).await;
    let second = TcpStream::connect(service.address).await.unwrap();
    assert_eq!(rest(second).await, "");
    let mut other = from(2, &service).await;
    other.write_all(REQUEST).await.unwrap();
    service.asked.notified().await;
    assert!(matches!(waiting.read(&mut [0]).await, Ok(0) | Err(_)));
    service.answer.notify_waiters();
    assert!(rest(other).await.contains("answered"));
    assert!(rest(first).await.contains("answered"));
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

/// More bodies than may arrive at once.
const SLOW: usize = 1_100;

/// Half a body each, all from one network.
#[tokio::test]
async fn slow_bodies_of_one_network_keep_nobody_of_another_waiting() {
    let bench = Bench::new().await;
    let (app, counts) = (
        bench.app.clone(),
        Arc::<std::sync::atomic::AtomicUsize>::default(),
    );
    let seen = Arc::clone(&counts);
    let app = app.layer(axum::middleware::map_request(move |request: Request<Body>| {
        seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        std::future::ready(request)
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits {
        connections: 4_096,
        of_network: 4_096,
        ..WAITING
    };
    tokio::spawn(serve(Door::plain(listener, limits), app, std::future::pending()));
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{";
        stream.write_all(head).await.unwrap();
        slow.push(stream);
    }
    while counts.load(std::sync::atomic::Ordering::SeqCst) < SLOW {
        tokio::task::yield_now().await;
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 9], 0))).unwrap();
    let mut quick = socket.connect(address).await.unwrap();
    let whole = b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    quick.write_all(whole).await.unwrap();
    assert!(rest(quick).await.starts_with("HTTP/1.1 401 "));
    // None of the slow ones has been given up: it was not their end that let the other one in.
    assert!(slow.iter().all(|one| one.try_read(&mut [0]).is_err()));
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

#[tokio::test]
async fn a_body_that_says_that_it_is_huge_is_refused_before_it_comes() {
    let bench = Bench::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(
        Door::plain(listener, WAITING),
        bench.app.clone(),
        std::future::pending(),
    ));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = b"POST /v1/enrolments HTTP/1.1\r\nHost: x\r\nContent-Length: 1099511627776\r\nConnection: close\r\n\r\n";
    stream.write_all(head).await.unwrap();
    assert!(rest(stream).await.starts_with("HTTP/1.1 413 "));
}
