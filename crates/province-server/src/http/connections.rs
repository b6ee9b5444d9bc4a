//! Connections: how many at once, in TLS or not, how long the head of a request may take, how long an ending waits.
//!
//! `axum::serve` has none of these limits, and a few thousand half-open connections would keep everybody else out.

mod crowd;

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use super::caller::Proxies;
use crate::metrics::ConnectionCounts;
use crate::tls::Tls;
pub(super) use crowd::Network;
use crowd::{Crowd, Place};

/// How long we leave the system alone when it cannot give a connection, such as without a free file descriptor.
const PAUSE: Duration = Duration::from_millis(100);

/// Most bytes of a head, and of what is read of a body at once, in a connection's memory: hyper's own 400 KB at each of a few
/// thousand connections would be more than the whole server uses.
const BUFFER_BYTES_MAX: usize = 32 * 1024;

/// The connection was sent away before its request began.
#[derive(Debug, thiserror::Error)]
#[error("the connection was sent away")]
struct SentAway;

/// File descriptors that are not for callers: the database, NADRA, connections that are about to be closed.
#[cfg(unix)]
const OTHER_FILES: u64 = 256;

/// The limits of [`serve`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most connections at once. One more, and the longest waiting is sent away.
    pub connections: usize,
    /// Most connections of one network, once all places are taken: an IPv4 address, or 64 bits of an IPv6 address. One more
    /// then, and the longest waiting of that network is sent away. While there are places it holds nobody up: behind one
    /// address may be all phones of a carrier.
    pub of_network: usize,
    /// Longest time for a TLS handshake, for the head of a request to arrive, and for the next one on the same connection to
    /// begin.
    pub head: Duration,
    /// How long answers may still take after the service was asked to end.
    pub ending: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            of_network: 512,
            head: Duration::from_secs(10),
            ending: Duration::from_secs(5),
        }
    }
}

impl Limits {
    /// No more connections than this process may open files, once it has asked for as many as it can get.
    fn within_files(self) -> Self {
        let Some(files) = files_max() else { return self };
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        Self {
            connections: self.connections.min(files),
            ..self
        }
    }
}

/// How many connections the system's limit on open files leaves, after it is raised as far as it can be; `None` without one.
#[cfg(unix)]
fn files_max() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let given = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: given.maximum,
        maximum: given.maximum,
    };
    // Where it is not allowed, what was given holds.
    let _ = setrlimit(Resource::Nofile, raised);
    let files = getrlimit(Resource::Nofile).current?;
    Some(files.saturating_sub(OTHER_FILES).max(files / 2))
}

#[cfg(not(unix))]
fn files_max() -> Option<u64> {
    None
}

/// Where callers come in, and by which rules.
#[derive(Debug)]
pub struct Door {
    /// Where they come from; one at least.
    pub listeners: Vec<TcpListener>,
    /// How many.
    pub limits: Limits,
    /// Who is believed about where they are.
    pub proxies: Proxies,
    /// TLS, unless somebody else makes it.
    pub tls: Option<Arc<Tls>>,
    /// Where they are counted.
    pub counts: Arc<ConnectionCounts>,
}

impl Door {
    /// Plain HTTP on one listener, for callers who come themselves.
    pub fn plain(listener: TcpListener, limits: Limits) -> Self {
        Self {
            listeners: vec![listener],
            limits,
            proxies: Proxies::default(),
            tls: None,
            counts: Arc::default(),
        }
    }

    /// The next who comes, at whichever listener. `first` is looked at first: another one each time.
    async fn next(&self, first: usize) -> std::io::Result<(TcpStream, SocketAddr)> {
        poll_fn(|context| {
            let (before, from) = self.listeners.split_at(first % self.listeners.len().max(1));
            for listener in from.iter().chain(before) {
                if let Poll::Ready(taken) = listener.poll_accept(context) {
                    return Poll::Ready(taken);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// Serves until `stop`, then lets answers that are under way end, for as long as the limit says.
pub async fn serve(door: Door, router: Router, stop: impl Future<Output = ()>) {
    let limits = door.limits.within_files();
    let crowd = Crowd::new(limits.connections, limits.of_network, Arc::clone(&door.counts));
    let watched = GracefulShutdown::new();
    let proxies = Arc::new(door.proxies.clone());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(BUFFER_BYTES_MAX);
    let mut stop = pin!(stop);
    for turn in 0_usize.. {
        let taken = async {
            let (stream, caller) = door.next(turn).await?;
            std::io::Result::Ok((stream, caller, crowd.place(caller.ip()).await))
        };
        let taken = tokio::select! {
            taken = taken => taken,
            () = &mut stop => break,
        };
        let Ok((stream, caller, place)) = taken else {
            crowd.make_room();
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Some(place) = place.map(Arc::new) else {
            continue;
        };
        let held = Held {
            place: Arc::clone(&place),
            peer: caller.ip(),
            proxies: Arc::clone(&proxies),
            http: http.clone(),
            router: router.clone(),
            watcher: watched.watcher(),
        };
        let tls = door.tls.as_ref().map(|tls| tls.acceptor());
        tokio::spawn(async move {
            let answered = async {
                let Some(tls) = tls else {
                    return held.answer(stream).await;
                };
                // Whoever does not come to its end is sent away as for a head that does not come.
                if let Ok(Ok(stream)) = tokio::time::timeout(limits.head, tls.accept(stream)).await {
                    held.answer(stream).await;
                }
            };
            tokio::select! {
                // In this order, so that no dice are thrown for each request.
                biased;
                () = answered => {}
                () = place.given_up() => {}
            }
        });
    }
    drop(door);
    let _ = tokio::time::timeout(limits.ending, watched.shutdown()).await;
}

/// A connection that has a place.
struct Held {
    place: Arc<Place>,
    peer: IpAddr,
    proxies: Arc<Proxies>,
    http: http1::Builder,
    router: Router,
    watcher: Watcher,
}

impl Held {
    /// Answers one request after the other.
    async fn answer(self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static) {
        let Self {
            place,
            peer,
            proxies,
            http,
            router,
            watcher,
        } = self;
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            let (router, place) = (router.clone(), Arc::clone(&place));
            let caller = proxies.caller(peer, request.headers());
            request.extensions_mut().insert(Network::of(caller));
            async move {
                if !place.asked(caller) {
                    return Err(SentAway);
                }
                let answer = router.oneshot(request.map(Body::new)).await;
                place.waits();
                answer.map_err(|never: Infallible| match never {})
            }
        });
        // Whoever goes away half-way is no fault of ours, and nobody is there to tell.
        let _ = watcher
            .watch(http.serve_connection(TokioIo::new(stream), service))
            .await;
    }
}
