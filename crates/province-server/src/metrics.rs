//! What an operator measures, as text for Prometheus (version 0.0.4 of its format).
//!
//! A page of our own: what there is are counts, gauges and one histogram, and its text is lines of a name, labels and a
//! number. Rejected: crates with registries and recorders, which are larger than what they would hold here, and of which
//! a label could be made of anything. Labels here are constants of the program: routes, methods, states, codes. Nothing that
//! a caller sent is one.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use province_api::nadra::{CodeOutcome, NadraOutcome, SendOutcome};

use crate::courier::Refused;
use crate::nadra::NadraError;
use crate::nadra::breaker::Standing;

/// Media type of the page.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the histograms, in milliseconds.
const BOUNDS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 20_000];

/// How often something took how long.
#[derive(Debug, Default)]
struct Durations {
    /// Of each bound, how many took no longer and longer than the one before.
    within: [AtomicU64; BOUNDS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

impl Durations {
    fn add(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let of = BOUNDS
            .iter()
            .zip(&self.within)
            .find(|(bound, _)| micros <= **bound * 1_000);
        if let Some((_, within)) = of {
            within.fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// Durations of several kinds of things.
#[derive(Debug)]
struct Kinds<K>(RwLock<BTreeMap<K, Arc<Durations>>>);

impl<K> Default for Kinds<K> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Ord> Kinds<K> {
    fn add(&self, kind: K, took: Duration) {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(durations) = held.get(&kind) {
            durations.add(took);
            return;
        }
        drop(held);
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.entry(kind).or_default().add(took);
    }
}

/// What an answer was: its route, method and status.
type Answered = (&'static str, &'static str, u16);

/// Everything that is counted while the province serves.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Kinds<Answered>,
    in_flight: AtomicI64,
    nadra: Kinds<&'static str>,
    /// Messages to departments, by what became of them.
    told: Kinds<&'static str>,
    /// Messages to departments that were given up.
    pub(crate) dead_letters: AtomicU64,
    /// Connections.
    pub connections: Arc<ConnectionCounts>,
    /// How often new files of the certificate were no good.
    pub certificates_refused: AtomicU64,
    /// How often something that was approved for many could not be gone on with.
    pub bulk_failures: AtomicU64,
}

/// Connections of a service.
#[derive(Debug, Default)]
pub struct ConnectionCounts {
    /// How many have a place.
    pub held: AtomicU64,
    /// How many had to give theirs up, or got none.
    pub turned_away: AtomicU64,
}

/// A request that is worked on. It is counted when it is answered, and no longer in flight when this goes, answered or not.
#[derive(Debug)]
pub(crate) struct InFlight<'a> {
    metrics: &'a Metrics,
    stopwatch: Stopwatch,
}

impl InFlight<'_> {
    /// It was answered; says how long that took.
    pub(crate) fn answered(&self, answered: Answered) -> Duration {
        let took = self.stopwatch.read();
        self.metrics.requests.add(answered, took);
        took
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// A request comes in.
    pub(crate) fn request(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight {
            metrics: self,
            stopwatch: Stopwatch::start(),
        }
    }

    /// Waits for NADRA, and counts how that came out.
    pub(crate) async fn nadra<T: Worded>(
        &self,
        answer: impl Future<Output = Result<T, NadraError>>,
    ) -> Result<T, NadraError> {
        let stopwatch = Stopwatch::start();
        let outcome = answer.await;
        let label = outcome.as_ref().map_or_else(no_outcome, Worded::word);
        self.nadra.add(label, stopwatch.read());
        outcome
    }

    /// Waits for what becomes of a message to a department, and counts it.
    pub(crate) async fn told(
        &self,
        brought: impl Future<Output = Result<(), Refused>>,
    ) -> Result<(), Refused> {
        let stopwatch = Stopwatch::start();
        let brought = brought.await;
        let outcome = brought.map_or_else(|refused| refused.why.as_str(), |()| "taken");
        self.told.add(outcome, stopwatch.read());
        brought
    }

    /// What was counted, and what was looked up for this page.
    pub(crate) fn page(&self, looked_up: &LookedUp) -> String {
        let mut page = Page::default();
        let name = "khyber_http_request_duration_seconds";
        page.family(name, "histogram", "Answers by route, method and status.");
        for ((route, method, status), durations) in
            &*self.requests.0.read().unwrap_or_else(PoisonError::into_inner)
        {
            let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
            page.durations(name, &labels, durations);
        }
        let name = "khyber_nadra_duration_seconds";
        page.family(
            name,
            "histogram",
            "Answers of NADRA by outcome, and why there was none.",
        );
        for (outcome, durations) in &*self.nadra.0.read().unwrap_or_else(PoisonError::into_inner) {
            page.durations(name, &format!("outcome=\"{outcome}\""), durations);
        }
        let name = "khyber_webhook_duration_seconds";
        page.family(
            name,
            "histogram",
            "Messages to departments, taken and why they were not; what was not is tried again.",
        );
        for (outcome, durations) in &*self.told.0.read().unwrap_or_else(PoisonError::into_inner) {
            page.durations(name, &format!("outcome=\"{outcome}\""), durations);
        }
        let (of, now) = (&self.connections, Ordering::Relaxed);
        page.counter(
            "khyber_webhook_given_up_total",
            "Messages that no department took for a day.",
            self.dead_letters.load(now),
        );
        page.gauge(
            "khyber_http_requests_in_flight",
            "Requests that are worked on.",
            self.in_flight.load(now),
        );
        page.gauge(
            "khyber_connections",
            "Connections that have a place.",
            of.held.load(now),
        );
        page.counter(
            "khyber_connections_turned_away_total",
            "Connections that gave their place up or got none.",
            of.turned_away.load(now),
        );
        page.counter(
            "khyber_certificates_refused_total",
            "New files of the certificate that were no good.",
            self.certificates_refused.load(now),
        );
        page.counter(
            "khyber_bulk_failures_total",
            "Turns in which something that was approved for many could not be gone on with.",
            self.bulk_failures.load(now),
        );
        looked_up.write(&mut page);
        page.0
    }
}

/// What is looked up when somebody asks; `None` where the database did not say.
#[derive(Debug)]
pub(crate) struct LookedUp {
    /// Connections to the database that are in use, and the most there can be.
    pub(crate) pool: (u32, u32),
    /// Entries of the audit log that wait for their places.
    pub(crate) audit_waiting: Option<u64>,
    /// Dead letters of departments.
    pub(crate) dead_letters: Option<u64>,
    /// Epoch and age in seconds of the published manifest.
    pub(crate) manifest: Option<(u64, u64)>,
    /// How NADRA stands, and how many callers were put off.
    pub(crate) nadra: (Standing, u64),
    /// What fails of being ready, and all that could.
    pub(crate) failing: Vec<(&'static str, bool)>,
}

impl LookedUp {
    fn write(&self, page: &mut Page) {
        let (used, most) = self.pool;
        page.gauge("khyber_database_connections", "Connections in use.", used);
        page.gauge(
            "khyber_database_connections_max",
            "Most connections that this process holds.",
            most,
        );
        if let Some(waiting) = self.audit_waiting {
            let about = "Entries of the audit log that wait for their places.";
            page.gauge("khyber_audit_entries_waiting", about, waiting);
        }
        if let Some(letters) = self.dead_letters {
            let about = "Messages that were given up and are kept for departments to ask for.";
            page.gauge("khyber_webhook_dead_letters", about, letters);
        }
        if let Some((epoch, age)) = self.manifest {
            page.gauge(
                "khyber_status_manifest_epoch",
                "Epoch of the published manifest.",
                epoch,
            );
            let about = "Age of the published manifest.";
            page.gauge("khyber_status_manifest_age_seconds", about, age);
        }
        let (standing, put_off) = self.nadra;
        let name = "khyber_nadra_standing";
        let about = "1 for how NADRA stands: asked by all, tried by few, or left alone.";
        page.family(name, "gauge", about);
        for one in Standing::ALL {
            let label = format!("standing=\"{}\"", one.as_str());
            page.sample(name, &label, u8::from(one == standing));
        }
        page.counter(
            "khyber_nadra_put_off_total",
            "Callers who were told to come back because NADRA is left alone, or comes back.",
            put_off,
        );
        let name = "khyber_ready";
        page.family(
            name,
            "gauge",
            "1 for each part that is as it should be, 0 for one that fails.",
        );
        for (part, fails) in &self.failing {
            page.sample(name, &format!("part=\"{part}\""), u8::from(!fails));
        }
    }
}

/// A text in Prometheus' format.
#[derive(Debug, Default)]
struct Page(String);

// Writing to a String does not fail.
impl Page {
    fn family(&mut self, name: &str, kind: &str, about: &str) {
        let _ = writeln!(self.0, "# HELP {name} {about}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name}{{{labels}}} {value}");
    }

    fn gauge(&mut self, name: &str, about: &str, value: impl Display) {
        self.family(name, "gauge", about);
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn counter(&mut self, name: &str, about: &str, value: impl Display) {
        self.family(name, "counter", about);
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn durations(&mut self, name: &str, labels: &str, durations: &Durations) {
        let count = durations.count.load(Ordering::Relaxed);
        let mut within = 0;
        for (bound, more) in BOUNDS.iter().zip(&durations.within) {
            within += more.load(Ordering::Relaxed);
            let le = seconds(*bound * 1_000);
            self.sample(
                &format!("{name}_bucket"),
                &format!("{labels},le=\"{le}\""),
                within,
            );
        }
        self.sample(&format!("{name}_bucket"), &format!("{labels},le=\"+Inf\""), count);
        let sum = seconds(durations.micros.load(Ordering::Relaxed));
        self.sample(&format!("{name}_sum"), labels, sum);
        self.sample(&format!("{name}_count"), labels, count);
    }
}

/// Microseconds as seconds, whole to the last digit.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A word of NADRA's, as a label.
pub(crate) trait Worded {
    /// The stable word.
    fn word(&self) -> &'static str;
}

impl Worded for NadraOutcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::NotMatched => "not_matched",
            Self::Expired => "expired",
            Self::Blocked => "blocked",
            Self::Deceased => "deceased",
            Self::NotFound => "not_found",
            Self::Unavailable => "unavailable",
        }
    }
}

impl Worded for SendOutcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Sent => "code_sent",
            Self::NotFound => "not_found",
            Self::NoSim => "no_sim",
            Self::TooMany => "codes_too_many",
            Self::Unavailable => "unavailable",
        }
    }
}

impl Worded for CodeOutcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Right => "code_right",
            Self::Wrong => "code_wrong",
            Self::Expired => "code_expired",
            Self::TooMany => "code_too_many",
            Self::Unavailable => "unavailable",
        }
    }
}

const fn no_outcome(error: &NadraError) -> &'static str {
    match error {
        NadraError::Unreachable(_) => "unreachable",
        NadraError::TooSlow => "too_slow",
        NadraError::Status(_) => "status",
        NadraError::TooLarge => "too_large",
        NadraError::Nonsense => "nonsense",
        NadraError::OtherQuestion => "other_question",
        NadraError::NotOffered => "not_offered",
    }
}

/// Measures how long something takes.
#[derive(Debug)]
struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long something took, for the operator; no rule sees it"
    )]
    fn start() -> Self {
        Self(Instant::now())
    }

    fn read(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_up_to_each_bound() {
        let durations = Durations::default();
        for ms in [1, 3, 3, 700, 60_000] {
            durations.add(Duration::from_millis(ms));
        }
        let mut page = Page::default();
        page.durations("x", "a=\"b\"", &durations);
        for line in [
            "x_bucket{a=\"b\",le=\"0.001\"} 1",
            "x_bucket{a=\"b\",le=\"0.002\"} 1",
            "x_bucket{a=\"b\",le=\"0.005\"} 3",
            "x_bucket{a=\"b\",le=\"1\"} 4",
            "x_bucket{a=\"b\",le=\"20\"} 4",
            "x_bucket{a=\"b\",le=\"+Inf\"} 5",
            "x_sum{a=\"b\"} 60.707",
            "x_count{a=\"b\"} 5",
        ] {
            assert!(page.0.lines().any(|one| one == line), "{line}\n{}", page.0);
        }
    }

    #[test]
    fn a_request_that_nobody_waits_for_any_more_is_not_in_flight() {
        let metrics = Metrics::default();
        drop(metrics.request());
        assert_eq!(metrics.in_flight.load(Ordering::Relaxed), 0);
        assert!(metrics.requests.0.read().is_ok_and(|held| held.is_empty()));
    }
}
