//! How long a test with random input goes on; shared by the crates' tests through `#[path]`.

use std::time::{Duration, Instant};

/// Runs one short slice, or slice after slice for as many seconds as `KHYBER_SOAK_SECONDS` says, as `cargo xtask soak`
/// sets it. Each slice draws new random input.
#[expect(
    clippy::disallowed_methods,
    reason = "only how long a test runs hangs on the clock, never what it finds"
)]
pub(crate) fn soak(mut slice: impl FnMut()) {
    let wanted = std::env::var("KHYBER_SOAK_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .map_or(Duration::ZERO, Duration::from_secs);
    let began = Instant::now();
    loop {
        slice();
        if began.elapsed() >= wanted {
            return;
        }
    }
}
