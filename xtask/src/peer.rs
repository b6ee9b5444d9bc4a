//! Programs of others that a bench runs beside ours, in a Python of their own under target/. Never in the test command.

use std::path::PathBuf;
use std::process::Command;

use crate::command;
use crate::report::say;
use crate::workspace::Workspace;

/// The reader of camera pictures that ours is compared with.
const ZXING_CPP: &str = "zxing-cpp==3.1.1";

/// A Python that has zxing-cpp; none where it cannot be had, and the bench then measures ours alone.
pub fn zxing_cpp(workspace: &Workspace) -> Option<PathBuf> {
    let folder = workspace.target("peers").join("zxing-cpp");
    let python = folder.join("bin").join("python");
    let has_it = |python: &PathBuf| {
        let mut command = Command::new(python);
        command.args(["-c", "import zxingcpp"]);
        command::output(&mut command).is_ok()
    };
    if python.is_file() && has_it(&python) {
        return Some(python);
    }
    let mut environment = Command::new("python3");
    environment.args(["-m", "venv"]).arg(&folder);
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        ZXING_CPP,
    ]);
    let made = command::output(&mut environment).and_then(|_| command::output(&mut install));
    if let Err(error) = made {
        say(&format!(
            "zxing-cpp is not measured, python3 with venv and pip could not install it: {error:#}"
        ));
        return None;
    }
    Some(python)
}
