//! Connections: how many at once, how long the head of a request may take, how long an ending waits.
//!
//! `axum::serve` has none of these limits, and a few thousand half-open connections would keep everybody else out.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// How long we leave the system alone when it cannot give a connection, such as without a free file descriptor.
const PAUSE: Duration = Duration::from_millis(100);

/// The limits of [`serve`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most connections at once; the others wait to be taken.
    pub connections: usize,
    /// Longest time for the head of a request to arrive, and for the next one on the same connection to begin.
    pub head: Duration,
    /// How long answers may still take after the service was asked to end.
    pub ending: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            head: Duration::from_secs(10),
            ending: Duration::from_secs(5),
        }
    }
}

/// Serves until `stop`, then lets answers that are under way end, for as long as the limit says.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let watched = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let mut stop = pin!(stop);
    loop {
        let taken = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((listener.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            Some(taken) = taken => taken,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = watched.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // Whoever goes away half-way is no fault of ours, and nobody is there to tell.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(limits.ending, watched.shutdown()).await;
}
