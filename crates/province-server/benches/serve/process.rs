//! Processes of the bench: this program again, with a role.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A server that ends with its owner.
pub struct Process {
    child: Child,
    address: String,
}

impl Process {
    /// Starts this program in a role; it says its address once it serves.
    pub fn start(role: &str, said: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([role, said])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            address: line.trim().to_owned(),
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// What it holds in memory now, in MB.
    pub fn memory(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most that it ever held, in MB.
    pub fn peak(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, key: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kilobytes / 1024.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
