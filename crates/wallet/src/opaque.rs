//! `Debug` for what must never reach a log, a panic message or a test's output.

/// Writes `Debug` that names the type and nothing in it.
macro_rules! opaque_debug {
    ($($name:ident),+ $(,)?) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}
pub(crate) use opaque_debug;
