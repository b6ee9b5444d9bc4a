//! A file that is sent while it is written, so that a large one is never whole in memory.

use std::io::{self, BufWriter, Write};

use axum::body::{Body, Bytes};
use tokio::sync::mpsc::{self, Sender};
use tokio_stream::wrappers::ReceiverStream;

/// Bytes that are sent at once, ...
const PIECE_BYTES: usize = 16 * 1024;
/// ... and how many such pieces wait for a browser that takes them slowly.
const PIECES_MAX: usize = 4;

type Piece = io::Result<Bytes>;

/// Sends what `write` writes. If it fails the download breaks off and is never taken for a whole one.
pub(super) fn written_by<E>(
    write: impl FnOnce(&mut BufWriter<Pieces>) -> Result<(), E> + Send + 'static,
) -> Body
where
    E: std::error::Error + Send + Sync + 'static,
{
    let (sender, pieces) = mpsc::channel(PIECES_MAX);
    let failed = sender.clone();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = write(&mut BufWriter::with_capacity(PIECE_BYTES, Pieces(sender))) {
            tracing::warn!("a file was not sent to its end: {error}");
            // Nobody may be there any more to hear it.
            let _ = failed.blocking_send(Err(io::Error::other(error)));
        }
    });
    Body::from_stream(ReceiverStream::new(pieces))
}

/// Where the pieces go.
pub(super) struct Pieces(Sender<Piece>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Ok(Bytes::copy_from_slice(bytes));
        self.0
            .blocking_send(piece)
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
