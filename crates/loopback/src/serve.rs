//! Serving until somebody stops the program.

use std::io;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long calls that have begun may take once the program was told to stop.
pub const ENDING_MAX: Duration = Duration::from_secs(5);

/// Serves until Ctrl-C or SIGTERM; calls that have begun are still answered within [`ENDING_MAX`].
///
/// # Errors
/// The listener failed.
pub async fn serve(listener: TcpListener, router: Router) -> io::Result<()> {
    serve_until(listener, router, stopped(), ENDING_MAX).await
}

async fn serve_until(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
    ending_max: Duration,
) -> io::Result<()> {
    let (signalled, ending) = oneshot::channel();
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        stop.await;
        let _ = signalled.send(());
    });
    tokio::select! {
        ended = server.into_future() => ended,
        // A connection that is never finished does not keep the program.
        () = async {
            let _ = ending.await;
            tokio::time::sleep(ending_max).await;
        } => Ok(()),
    }
}

/// Ends at Ctrl-C or SIGTERM.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use std::sync::Arc;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;

    /// A server whose only answer waits until it is let go.
    struct Slow {
        caller: TcpStream,
        release: Arc<Notify>,
        stop: oneshot::Sender<()>,
        server: JoinHandle<io::Result<()>>,
    }

    /// One call has reached its handler when this returns.
    async fn one_call_under_way(ending_max: Duration) -> Slow {
        let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let handler = {
            let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
            async move || {
                begun.notify_one();
                release.notified().await;
                "answered"
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve_until(
            listener,
            Router::new().route("/", get(handler)),
            async {
                let _ = stopped.await;
            },
            ending_max,
        ));
        let mut caller = TcpStream::connect(address).await.unwrap();
        caller
            .write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
            .await
            .unwrap();
        begun.notified().await;
        Slow {
            caller,
            release,
            stop,
            server,
        }
    }

    #[tokio::test]
    async fn a_call_that_has_begun_is_answered() {
        let mut slow = one_call_under_way(Duration::MAX).await;
        slow.stop.send(()).unwrap();
        slow.release.notify_one();
        slow.server.await.unwrap().unwrap();
        let mut answer = String::new();
        slow.caller.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("answered"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn a_call_that_never_ends_does_not_keep_the_program() {
        let slow = one_call_under_way(Duration::from_millis(1)).await;
        slow.stop.send(()).unwrap();
        slow.server.await.unwrap().unwrap();
    }
}
