//! One HTTP/1.1 message at a time, byte for byte as it came: what is passed on must be what was sent.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncRead, AsyncReadExt as _};

const HEADERS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 64 * 1024;
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A message: its head with the empty line, and its body with whatever frames it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    pub(super) head: usize,
}

impl Message {
    pub(super) fn body(&self) -> &[u8] {
        self.bytes.get(self.head..).unwrap_or_default()
    }
}

/// The first line and the headers of a request that are of interest here.
pub(super) struct Request {
    pub(super) message: Message,
    pub(super) method: String,
    pub(super) path: String,
    /// In lower case, with their values.
    pub(super) headers: Vec<(String, Vec<u8>)>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&[u8]> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_slice())
    }
}

/// A connection's reading half, and what was read of it too early.
pub(super) struct Reading<R> {
    from: R,
    held: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Reading<R> {
    pub(super) const fn new(from: R) -> Self {
        Self {
            from,
            held: Vec::new(),
        }
    }

    /// The next request; nothing when the connection ends before one is whole.
    pub(super) async fn request(&mut self) -> Result<Option<Request>> {
        loop {
            let mut space = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut parsed = httparse::Request::new(&mut space);
            if let httparse::Status::Complete(head) = parsed.parse(&self.held).map_err(invalid)? {
                let (method, path) = (parsed.method.unwrap_or_default(), parsed.path.unwrap_or_default());
                let (method, path) = (method.to_owned(), path.to_owned());
                let headers = owned(parsed.headers);
                let length = match framing(&headers)? {
                    Framing::Length(length) => length,
                    Framing::UntilTheEnd => 0,
                    Framing::Chunks => return Err(ErrorKind::Unsupported.into()),
                };
                let Some(message) = self.take(head, length).await? else {
                    return Ok(None);
                };
                return Ok(Some(Request {
                    message,
                    method,
                    path,
                    headers,
                }));
            }
            if !self.more(HEAD_BYTES_MAX).await? {
                return Ok(None);
            }
        }
    }

    /// The answer to a request; an error when the connection ends before it is whole.
    pub(super) async fn answer(&mut self) -> Result<Message> {
        loop {
            let mut space = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut parsed = httparse::Response::new(&mut space);
            if let httparse::Status::Complete(head) = parsed.parse(&self.held).map_err(invalid)? {
                let empty = matches!(parsed.code, Some(100..=199 | 204 | 304));
                let framing = framing(&owned(parsed.headers))?;
                let message = match framing {
                    _ if empty => self.take(head, 0).await?,
                    Framing::Length(length) => self.take(head, length).await?,
                    Framing::Chunks => {
                        let length = self.chunks(head).await?;
                        self.take(head, length).await?
                    }
                    Framing::UntilTheEnd => {
                        while self.more(BODY_BYTES_MAX).await? {}
                        let length = self.held.len() - head;
                        self.take(head, length).await?
                    }
                };
                return message.ok_or_else(|| ErrorKind::UnexpectedEof.into());
            }
            if !self.more(HEAD_BYTES_MAX).await? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Comes back when the connection ends, or says something that nobody asked for: it is of no more use then.
    pub(super) async fn ended(&mut self) {
        let _ = self.more(HEAD_BYTES_MAX).await;
    }

    /// How long the chunks are that begin at this place, with their frames. None of ours has a trailer.
    async fn chunks(&mut self, head: usize) -> Result<usize> {
        let mut at = head;
        loop {
            let rest = self.held.get(at..).unwrap_or_default();
            match httparse::parse_chunk_size(rest).map_err(|_| Error::from(ErrorKind::InvalidData))? {
                httparse::Status::Complete((line, size)) => {
                    let size = usize::try_from(size).map_err(invalid)?;
                    at += line + size + 2;
                    while self.held.len() < at {
                        if !self.more(BODY_BYTES_MAX).await? {
                            return Err(ErrorKind::UnexpectedEof.into());
                        }
                    }
                    if size == 0 {
                        return Ok(at - head);
                    }
                }
                httparse::Status::Partial => {
                    if !self.more(BODY_BYTES_MAX).await? {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                }
            }
        }
    }

    async fn take(&mut self, head: usize, length: usize) -> Result<Option<Message>> {
        while self.held.len() < head + length {
            if !self.more(BODY_BYTES_MAX).await? {
                return Ok(None);
            }
        }
        let rest = self.held.split_off(head + length);
        let bytes = std::mem::replace(&mut self.held, rest);
        Ok(Some(Message { bytes, head }))
    }

    async fn more(&mut self, max: usize) -> Result<bool> {
        if self.held.len() > max {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(self.from.read_buf(&mut self.held).await? > 0)
    }
}

enum Framing {
    Length(usize),
    Chunks,
    UntilTheEnd,
}

fn framing(headers: &[(String, Vec<u8>)]) -> Result<Framing> {
    let find = |name: &str| headers.iter().find(|(known, _)| known == name);
    if find("transfer-encoding").is_some() {
        return Ok(Framing::Chunks);
    }
    let Some((_, length)) = find("content-length") else {
        return Ok(Framing::UntilTheEnd);
    };
    let length = std::str::from_utf8(length).map_err(invalid)?;
    let length: usize = length.trim().parse().map_err(invalid)?;
    if length > BODY_BYTES_MAX {
        return Err(ErrorKind::InvalidData.into());
    }
    Ok(Framing::Length(length))
}

fn owned(headers: &[httparse::Header<'_>]) -> Vec<(String, Vec<u8>)> {
    let one = |header: &httparse::Header<'_>| (header.name.to_ascii_lowercase(), header.value.to_vec());
    headers.iter().map(one).collect()
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    async fn answers(bytes: &[u8]) -> Vec<Result<Vec<u8>>> {
        let mut reading = Reading::new(bytes);
        let mut all = Vec::new();
        loop {
            let answer = reading.answer().await.map(|message| message.body().to_vec());
            let last = answer.is_err();
            all.push(answer);
            if last {
                return all;
            }
        }
    }

    #[tokio::test]
    async fn answers_end_where_their_frames_say() {
        let two =
            b"HTTP/1.1 200 x\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n";
        let all = answers(two).await;
        assert_eq!(all.len(), 3);
        assert_eq!(all.first().unwrap().as_ref().unwrap(), b"abc");
        assert_eq!(all.get(1).unwrap().as_ref().unwrap(), b"");
        let chunks =
            b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP/1.1 200 x\r\n\r\nrest";
        let all = answers(chunks).await;
        assert_eq!(all.first().unwrap().as_ref().unwrap(), b"3\r\nabc\r\n0\r\n\r\n");
        assert_eq!(all.get(1).unwrap().as_ref().unwrap(), b"rest");
    }

    #[tokio::test]
    async fn what_is_not_whole_is_no_message() {
        let mut reading = Reading::new(&b"POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nabc"[..]);
        assert!(reading.request().await.unwrap().is_none());
        let cut = answers(b"HTTP/1.1 200 x\r\nContent-Length: 4\r\n\r\nabc").await;
        assert_eq!(cut.len(), 1);
        assert!(Reading::new(&b"nonsense\r\n\r\n"[..]).request().await.is_err());
    }
}
