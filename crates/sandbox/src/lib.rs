//! Stand-ins for what a test cannot reach: NADRA, Dastak, a department's receiver, a hostile network, a private PostgreSQL, test citizens and a queue of them, test roots.
//!
//! Nothing here is part of a released program. Whatever is signed under these roots says of itself that it is a test.

pub mod citizens;
pub mod crowd;
pub mod dastak;
pub mod department;
pub mod faces;
pub mod fingers;
pub mod nadra;
pub mod postgres;
pub mod proxy;
pub mod roots;
pub mod screen;

pub use citizens::{TestCitizen, citizens};
