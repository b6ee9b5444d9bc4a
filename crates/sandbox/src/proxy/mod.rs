//! A hostile network between a phone and its province, on loopback.
//!
//! It passes on plain HTTP/1.1 byte for byte, unless the weather says otherwise: then it delays, cuts, repeats, reorders,
//! truncates, corrupts, or answers itself as a broken gateway and a captive portal do. What it does follows from a seed.
//! It counts what goes over the wire and keeps what was asked, for tests. Only loopback and its own name are served.

mod control;
mod fate;
mod wire;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use loopback::Guard;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use control::{EXCHANGES_PATH, WEATHER_PATH, control_router};
pub use fate::{Dice, Fate, Page, turn_a_bit};
use wire::{Message, Reading, Request};

/// How long an answer waits for another one to change places with.
const SWAP_WITHIN: Duration = Duration::from_millis(250);

/// What a caller is told who means another server.
const NOT_HERE: Page = Page {
    status: 421,
    header: None,
    body: "",
};

/// What the network is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weather {
    /// From which everything follows.
    pub seed: u64,
    /// Of 1,000 exchanges, how many do not simply pass.
    pub trouble: u64,
    /// Of 1,000 exchanges, how many others stall and are otherwise well.
    pub stalls: u64,
    /// How long every request is held back, in milliseconds.
    pub delay_ms: u64,
    /// How long a stalled answer pauses, in milliseconds.
    pub stall_ms: u64,
}

impl Weather {
    /// Everything passes at once.
    pub const GOOD: Self = Self {
        seed: 0,
        trouble: 0,
        stalls: 0,
        delay_ms: 0,
        stall_ms: 200,
    };

    fn fate(&self, dice: &mut Dice) -> Fate {
        let roll = dice.below(1000);
        if roll < self.trouble {
            dice.one_of(&Fate::ALL).unwrap_or(Fate::Pass)
        } else if roll < self.trouble.saturating_add(self.stalls) {
            Fate::Stall
        } else {
            Fate::Pass
        }
    }
}

impl Default for Weather {
    fn default() -> Self {
        Self::GOOD
    }
}

/// One exchange as it went over the wire of the phone. There is no `Debug`: bodies are personal.
#[derive(Clone)]
pub struct Exchange {
    /// `GET` or `POST`.
    pub method: String,
    /// As it was asked for.
    pub path: String,
    /// The idempotency key, where there was one.
    pub idempotency_key: Option<String>,
    /// The body of the request as the phone sent it.
    pub body: Vec<u8>,
    /// What became of it.
    pub fate: Fate,
    /// The province's answer as far as there was one: status and body with whatever frames it.
    pub answer: Option<(u16, Vec<u8>)>,
    /// Bytes from the phone, head included.
    pub bytes_up: u64,
    /// Bytes to the phone, head included.
    pub bytes_down: u64,
}

/// A hostile network that runs. It ends when it is dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

struct Shared {
    upstream: SocketAddr,
    guard: Guard,
    state: Mutex<State>,
}

struct State {
    weather: Weather,
    dice: Dice,
    exchanges: Vec<Exchange>,
    /// Requests that arrive after the next one was answered.
    late: Vec<Message>,
    /// An answer that waits for another to change places with.
    swap: Option<(Message, oneshot::Sender<Message>)>,
}

impl Proxy {
    /// Passes on what comes to this listener, which must be on loopback.
    ///
    /// # Errors
    /// [`ErrorKind::AddrNotAvailable`] for a listener elsewhere.
    pub fn start(listener: TcpListener, upstream: SocketAddr, weather: Weather) -> io::Result<Self> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
        let shared = Arc::new(Shared {
            upstream,
            // Its name and no other site's page; a phone knows no token.
            guard: Guard::new(&address.to_string(), String::new()),
            state: Mutex::new(State {
                weather,
                dice: Dice::new(weather.seed),
                exchanges: Vec::new(),
                late: Vec::new(),
                swap: None,
            }),
        });
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                tokio::spawn(async move { shared.connection(stream).await });
            }
        });
        Ok(Self {
            shared,
            address,
            task,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather for exchanges that begin from now on.
    pub fn set_weather(&self, weather: Weather) {
        let mut state = self.shared.state();
        state.weather = weather;
        state.dice = Dice::new(weather.seed);
    }

    /// What went over the wire since it was asked last.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.shared.state().exchanges)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection to the province.
struct Upstream {
    reading: Reading<OwnedReadHalf>,
    writing: OwnedWriteHalf,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connection(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let (from, mut to) = stream.into_split();
        let mut reading = Reading::new(from);
        let mut upstream = None;
        loop {
            // A province that closes a connection closes it to the phone: else the phone would go on over a dead one.
            let request = tokio::select! {
                request = reading.request() => request,
                () = closed(&mut upstream) => return,
            };
            let Ok(Some(request)) = request else { return };
            let mut exchange = Exchange {
                method: request.method.clone(),
                path: request.path.clone(),
                idempotency_key: request
                    .header("idempotency-key")
                    .and_then(|key| String::from_utf8(key.to_vec()).ok()),
                body: request.message.body().to_vec(),
                fate: Fate::Pass,
                answer: None,
                bytes_up: request.message.bytes.len() as u64,
                bytes_down: 0,
            };
            let done = self
                .exchange(&request, &mut upstream, &mut to, &mut exchange)
                .await;
            let held_back = exchange.fate == Fate::Late;
            self.state().exchanges.push(exchange);
            if !held_back {
                self.bring_late_ones().await;
            }
            if done.is_err() {
                return;
            }
        }
    }

    /// Carries one exchange through; an error ends the phone's connection.
    async fn exchange(
        &self,
        request: &Request,
        upstream: &mut Option<Upstream>,
        to: &mut OwnedWriteHalf,
        exchange: &mut Exchange,
    ) -> io::Result<()> {
        let (weather, fate, mut dice) = {
            let mut state = self.state();
            let weather = state.weather;
            let fate = weather.fate(&mut state.dice);
            let dice = Dice::new(state.dice.next());
            drop(state);
            (weather, fate, dice)
        };
        exchange.fate = fate;
        if self.guard.check_page(&headers(request)).is_err() {
            return send(to, &text_of(&NOT_HERE), exchange).await;
        }
        if weather.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(weather.delay_ms)).await;
        }
        if let Some(page) = fate.interloper() {
            return send(to, &text_of(&page), exchange).await;
        }
        let message = &request.message;
        let cut = || io::Error::from(ErrorKind::ConnectionAborted);
        match fate {
            Fate::Cut => return Err(cut()),
            Fate::Late => {
                self.state().late.push(message.clone());
                return Err(cut());
            }
            Fate::CutRequest => {
                let half = message.bytes.get(..message.bytes.len() / 2).unwrap_or_default();
                TcpStream::connect(self.upstream).await?.write_all(half).await?;
                return Err(cut());
            }
            _ => {}
        }
        let mut answer = match fate {
            Fate::Repeat => {
                let (mut one, mut other) = (None, None);
                let twice = tokio::join!(self.ask(&mut one, message), self.ask(&mut other, message));
                twice.0?;
                twice.1?
            }
            Fate::CorruptRequest => {
                let mut message = message.clone();
                // In the body, or in the path: a turned bit in the framing only makes both sides wait.
                let (body, path) = (message.head, request.method.len() + 2);
                let end = path + request.path.len() - 1;
                let part = if message.body().is_empty() {
                    message.bytes.get_mut(path..end)
                } else {
                    message.bytes.get_mut(body..)
                };
                turn_a_bit(part.unwrap_or_default(), &mut dice);
                // What stands there now may be no request at all: a connection of its own.
                self.ask(&mut None, &message).await?
            }
            _ => self.ask(upstream, message).await?,
        };
        exchange.answer = Some((status(&answer), answer.body().to_vec()));
        match fate {
            Fate::CutAnswer => Err(cut()),
            Fate::Truncate => {
                let all = if answer.body().is_empty() {
                    answer.head
                } else {
                    answer.head + answer.bytes.len()
                };
                let part = answer.bytes.get(..all / 2).unwrap_or_default().to_vec();
                send(to, &part, exchange).await?;
                Err(cut())
            }
            Fate::CorruptAnswer => {
                if let Some(body) = answer.bytes.get_mut(answer.head..) {
                    turn_a_bit(body, &mut dice);
                }
                send(to, &answer.bytes, exchange).await
            }
            Fate::Swap => {
                let other = self.change_places(answer).await;
                send(to, &other.bytes, exchange).await
            }
            Fate::Stall => {
                let (first, rest) = answer.bytes.split_at(answer.bytes.len() / 2);
                send(to, first, exchange).await?;
                tokio::time::sleep(Duration::from_millis(weather.stall_ms)).await;
                send(to, rest, exchange).await
            }
            _ => send(to, &answer.bytes, exchange).await,
        }
    }

    /// Asks the province, over the connection that is there or a new one.
    async fn ask(&self, upstream: &mut Option<Upstream>, message: &Message) -> io::Result<Message> {
        let mut connection = match upstream.take() {
            Some(held) => held,
            None => self.connect().await?,
        };
        connection.writing.write_all(&message.bytes).await?;
        let answer = connection.reading.answer().await?;
        *upstream = Some(connection);
        Ok(answer)
    }

    async fn connect(&self) -> io::Result<Upstream> {
        let stream = TcpStream::connect(self.upstream).await?;
        stream.set_nodelay(true)?;
        let (from, writing) = stream.into_split();
        Ok(Upstream {
            reading: Reading::new(from),
            writing,
        })
    }

    async fn bring_late_ones(&self) {
        let late = std::mem::take(&mut self.state().late);
        for message in late {
            let _ = self.ask(&mut None, &message).await;
        }
    }

    /// Gives an answer away for another one; without another one in time it stays.
    async fn change_places(&self, answer: Message) -> Message {
        let (giving, mut getting) = oneshot::channel();
        let waiting = {
            let mut state = self.state();
            let there = state.swap.take();
            if there.is_none() {
                state.swap = Some((answer.clone(), giving));
            }
            there
        };
        if let Some((other, giving)) = waiting {
            return match giving.send(answer) {
                Ok(()) => other,
                Err(own) => own,
            };
        }
        if let Ok(Ok(other)) = tokio::time::timeout(SWAP_WITHIN, &mut getting).await {
            return other;
        }
        self.state().swap = None;
        // Somebody may have come at the very last moment.
        getting.try_recv().unwrap_or(answer)
    }
}

async fn closed(upstream: &mut Option<Upstream>) {
    match upstream {
        Some(upstream) => upstream.reading.ended().await,
        None => std::future::pending().await,
    }
}

async fn send(to: &mut OwnedWriteHalf, bytes: &[u8], exchange: &mut Exchange) -> io::Result<()> {
    to.write_all(bytes).await?;
    exchange.bytes_down += bytes.len() as u64;
    Ok(())
}

fn text_of(page: &Page) -> Vec<u8> {
    let header = page
        .header
        .map_or_else(String::new, |(name, value)| format!("{name}: {value}\r\n"));
    let (status, length, body) = (page.status, page.body.len(), page.body);
    format!(
        "HTTP/1.1 {status} x\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n{header}\r\n{body}"
    )
    .into_bytes()
}

fn status(answer: &Message) -> u16 {
    let text = answer
        .bytes
        .get(9..12)
        .and_then(|digits| std::str::from_utf8(digits).ok());
    text.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// The headers by which a caller is let in or turned away.
fn headers(request: &Request) -> HeaderMap {
    let pair = |(name, value): &(String, Vec<u8>)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(value).ok()?))
    };
    request.headers.iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests;
