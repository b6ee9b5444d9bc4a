//! Connections: how many at once, how long the head of a request may take, how long an ending waits.
//!
//! `axum::serve` has none of these limits, and a few thousand half-open connections would keep everybody else out.

mod crowd;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crowd::Crowd;

/// How long we leave the system alone when it cannot give a connection, such as without a free file descriptor.
const PAUSE: Duration = Duration::from_millis(100);

/// File descriptors that are not for callers: the database, NADRA, connections that are about to be closed.
#[cfg(unix)]
const OTHER_FILES: u64 = 256;

/// The limits of [`serve`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most connections at once. One more, and the longest waiting is sent away.
    pub connections: usize,
    /// Most connections at once of one network: an IPv4 address, behind which may be all phones of a carrier, or 64 bits of
    /// an IPv6 address. One more, and the longest waiting of that network is sent away.
    pub of_network: usize,
    /// Longest time for the head of a request to arrive, and for the next one on the same connection to begin.
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

/// Serves until `stop`, then lets answers that are under way end, for as long as the limit says.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let limits = limits.within_files();
    let crowd = Crowd::new(limits.connections, limits.of_network);
    let watched = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let mut stop = pin!(stop);
    loop {
        let taken = async {
            let (stream, caller) = listener.accept().await?;
            std::io::Result::Ok((stream, crowd.place(caller.ip()).await))
        };
        let taken = tokio::select! {
            taken = taken => taken,
            () = &mut stop => break,
        };
        let Ok((stream, place)) = taken else {
            crowd.make_room();
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Some(place) = place.map(Arc::new) else {
            continue;
        };
        let service = {
            let (router, place) = (router.clone(), Arc::clone(&place));
            service_fn(move |request: hyper::Request<Incoming>| {
                let (router, place) = (router.clone(), Arc::clone(&place));
                async move {
                    place.asked();
                    let answer = router.oneshot(request.map(Body::new)).await;
                    place.waits();
                    answer.map_err(|never: Infallible| never)
                }
            })
        };
        let connection = watched.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            tokio::select! {
                // Whoever goes away half-way is no fault of ours, and nobody is there to tell.
                _ = connection => {}
                () = place.given_up() => {}
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(limits.ending, watched.shutdown()).await;
}
