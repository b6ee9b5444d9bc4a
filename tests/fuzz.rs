//! Fuzz targets as tests; shared by the crates' tests through `#[path]`.

/// Makes a test of each target: a short slice of random input, or as many seconds as `KHYBER_SOAK_SECONDS` says, as
/// `cargo xtask soak` sets it.
macro_rules! fuzz {
    ($($name:ident($input:ident) $body:block)+) => {$(
        #[test]
        fn $name() {
            let target = bolero::check!().with_max_len(5000);
            let run = |$input: &[u8]| $body;
            match std::env::var("KHYBER_SOAK_SECONDS").ok().and_then(|s| s.parse().ok()) {
                Some(seconds) => target
                    .with_iterations(usize::MAX)
                    .with_test_time(std::time::Duration::from_secs(seconds))
                    .for_each(run),
                None => target.with_iterations(2000).for_each(run),
            }
        }
    )+};
}

/// Changes a good message as the fuzzer says: pairs of place and value, so that the readers get past the first byte.
pub(crate) fn damaged(good: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for change in changes.chunks_exact(3).take(8) {
        let place = usize::from(u16::from_be_bytes([change[0], change[1]])) % bytes.len();
        bytes[place] = change[2];
    }
    bytes
}
