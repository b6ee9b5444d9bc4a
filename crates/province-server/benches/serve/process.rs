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

    /// What it has worked so far, in seconds of one processor.
    pub fn worked(&self) -> f64 {
        worked(self.child.id())
    }

    fn status(&self, key: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kilobytes / 1024.0
    }
}

/// What a process has worked so far, in seconds of one processor.
pub fn worked(process: u32) -> f64 {
    // A process that has ended meanwhile works no more.
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind its name, which may hold anything: the 12th and 13th are user and system time in hundredths of a second.
    let Some((_, rest)) = stat.rsplit_once(") ") else {
        return 0.0;
    };
    let hundredths = rest.split(' ').skip(11).take(2);
    hundredths.map(|text| text.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// What all processes of PostgreSQL on this machine have worked so far, in seconds of one processor.
pub fn postgres_worked() -> f64 {
    let all = std::fs::read_dir("/proc").unwrap();
    all.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .filter(|process: &u32| {
            let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            name.trim() == "postgres"
        })
        .map(worked)
        .sum()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
