//! Programs of others that a bench runs beside ours, in a Python of their own under target/. Never in the test command.

use std::path::PathBuf;

use crate::python;
use crate::report::say;
use crate::workspace::Workspace;

/// The reader of camera pictures that ours is compared with.
const ZXING_CPP: &str = "zxing-cpp==3.1.1";

/// A Python that has zxing-cpp; none where it cannot be had, and the bench then measures ours alone.
pub fn zxing_cpp(workspace: &Workspace) -> Option<PathBuf> {
    let made = python::with(&workspace.target("peers").join("zxing-cpp"), ZXING_CPP);
    made.inspect_err(|error| say(&format!("zxing-cpp is not measured: {error:#}")))
        .ok()
}
