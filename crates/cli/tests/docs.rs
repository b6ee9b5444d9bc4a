//! docs/khyber.md is true: its commands are run and print what it says.
//!
//! With `KHYBER_BLESS=1` the outputs in the document are written anew instead.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// One `$ ` command with its `> ` lines, and the lines that follow it.
struct Example {
    command: String,
    output: String,
}

#[test]
fn every_example_prints_what_the_document_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/khyber.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let folder = TempDir::new().unwrap();
    let mut parts = document.split("```");
    let mut written = parts.next().unwrap().to_owned();
    let mut differences = Vec::new();
    let mut count = 0;
    for (at, part) in parts.enumerate() {
        written.push_str("```");
        let Some(block) = part.strip_prefix("console\n").filter(|_| at % 2 == 0) else {
            written.push_str(part);
            continue;
        };
        written.push_str("console\n");
        for example in examples(block) {
            count += 1;
            let printed = run(folder.path(), &example.command);
            if !same(&printed, &example.output) {
                differences.push(format!("$ {}\n{printed}", example.command));
            }
            written.extend(["$ ", &example.command.replace('\n', "\n> "), "\n", &printed]);
        }
    }
    if std::env::var_os("KHYBER_BLESS").is_some() {
        std::fs::write(&path, written).unwrap();
        return;
    }
    assert!(count > 20, "the document has lost its examples");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn examples(block: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            examples.push(Example {
                command: command.to_owned(),
                output: String::new(),
            });
        } else if let Some(more) = line.strip_prefix("> ") {
            let command = &mut examples.last_mut().unwrap().command;
            command.push('\n');
            command.push_str(more);
        } else {
            let output = &mut examples.last_mut().unwrap().output;
            output.push_str(line);
            output.push('\n');
        }
    }
    examples
}

/// What a terminal would show.
fn run(folder: &Path, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_khyber")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(folder)
        .env("PATH", path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The same text, or the same JSON (members of an object have no order) before the same last line.
fn same(left: &str, right: &str) -> bool {
    let parts = |text: &str| -> Option<(Value, String)> {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let value = values.next()?.ok()?;
        let rest = text[values.byte_offset()..].to_owned();
        Some((value, rest))
    };
    left == right || parts(left).is_some_and(|left| parts(right) == Some(left))
}
