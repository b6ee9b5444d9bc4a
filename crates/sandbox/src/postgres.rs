//! A private PostgreSQL cluster for tests and measurements: in a temporary folder, on a socket there, gone with its owner.
//!
//! It takes Debian's package as it lies under `/usr/lib/postgresql`, or what `PATH` has. PostgreSQL refuses to run as
//! root, so where a test does, the cluster runs as the user `postgres`, or as `nobody`.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Runs PostgreSQL until its own input ends, then ends it in order: a test that is killed leaves no server behind.
const WATCHED: &str =
    r#"exec 3<&0; "$@" </dev/null & server=$!; (read -r _ <&3; kill -INT "$server") & wait "$server""#;

/// How much a cluster does for what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing is waited for: for tests that do not pull the plug.
    None,
    /// What is committed is on the disk.
    Full,
}

/// Where a cluster is reached: the folder of its socket.
#[derive(Clone, Debug)]
pub struct Host(PathBuf);

impl Host {
    /// The cluster whose socket is in this folder.
    pub fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The folder of the socket; the data lie in `data` in it.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The address of a database in it, for `DATABASE_URL`.
    pub fn url(&self, database: &str) -> String {
        let folder = self.0.display().to_string().replace('/', "%2F");
        format!("postgres://province@{folder}/{database}")
    }

    /// Makes an empty database, or a copy of another one that nobody uses.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub fn create(&self, database: &str, template: Option<&str>) -> io::Result<()> {
        let mut create = self.client("createdb")?;
        if let Some(template) = template {
            create.arg("--template").arg(template);
        }
        said(create.arg(database).output()?).map(drop)
    }

    /// Removes a database, whoever uses it.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub fn remove(&self, database: &str) -> io::Result<()> {
        said(self.client("dropdb")?.arg("--force").arg(database).output()?).map(drop)
    }

    /// What one statement answers, a line for each row, columns between bars.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub fn ask(&self, database: &str, sql: &str) -> io::Result<String> {
        let mut ask = self.client("psql")?;
        ask.args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            "--command",
            sql,
        ]);
        let answer = said(ask.arg(database).output()?)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    fn client(&self, name: &str) -> io::Result<Command> {
        let mut command = Command::new(program(name)?);
        command.arg("--host").arg(&self.0).arg("--username=province");
        Ok(command)
    }
}

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    host: Host,
    durability: Durability,
    owner: Option<(u32, u32)>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Cluster {
    /// Makes a cluster in an empty folder that every user may pass through, and starts it.
    ///
    /// # Errors
    /// Without PostgreSQL on this machine, or when it does not start: with what it said.
    pub fn start(folder: &Path, durability: Durability) -> io::Result<Self> {
        let mut cluster = Self::empty(folder, durability)?;
        let data = cluster.data();
        let mut make = cluster.command("initdb")?;
        make.args([
            "--auth=trust",
            "--username=province",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ])
        .arg("--pgdata")
        .arg(&data);
        said(make.output()?)?;
        cluster.go_on()?;
        Ok(cluster)
    }

    /// A cluster without data.
    fn empty(folder: &Path, durability: Durability) -> io::Result<Self> {
        let owner = owner()?;
        let folder = folder.join("postgres");
        fs::create_dir(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group))?;
        }
        Ok(Self {
            host: Host(folder),
            durability,
            owner,
            running: None,
        })
    }

    /// A base backup of this one while it works, verified, as a cluster of its own in another such folder; it is not
    /// started.
    ///
    /// # Errors
    /// When PostgreSQL refuses, or finds the backup damaged.
    pub fn backed_up(&self, folder: &Path) -> io::Result<Self> {
        let copy = Self::empty(folder, self.durability)?;
        let mut back_up = copy.command("pg_basebackup")?;
        back_up
            .args(["--username=province", "--checkpoint=fast", "--wal-method=stream"])
            .arg("--host")
            .arg(self.host.folder())
            .arg("--pgdata")
            .arg(copy.data());
        said(back_up.output()?)?;
        let mut verify = copy.command("pg_verifybackup")?;
        said(verify.arg("--quiet").arg(copy.data()).output()?)?;
        Ok(copy)
    }

    /// Starts it again after [`Self::end`] or [`Self::crash`].
    ///
    /// # Errors
    /// When it does not start.
    pub fn go_on(&mut self) -> io::Result<()> {
        let server = program("postgres")?;
        let mut command = Command::new("sh");
        command.args(["-c", WATCHED, "sh"]).arg(server);
        command.arg("-D").arg(self.data());
        let socket = format!("unix_socket_directories={}", self.host.0.display());
        let mut settings = vec![
            "listen_addresses=",
            &socket,
            "max_connections=400",
            "shared_buffers=128MB",
            "logging_collector=off",
        ];
        if self.durability == Durability::None {
            settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"]);
        }
        for setting in settings {
            command.args(["-c", setting]);
        }
        self.as_owner(&mut command);
        let log = fs::File::create(self.host.0.join("log"))?;
        let mut child = command
            .current_dir(&self.host.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let stdin = child.stdin.take();
        self.running = Some(Running { child, stdin });
        self.until_ready()
    }

    /// Asks the server, again and again, until it takes connections: `pg_isready` is PostgreSQL's own way to wait.
    fn until_ready(&mut self) -> io::Result<()> {
        loop {
            if self.host.client("pg_isready")?.arg("--quiet").status()?.success() {
                return Ok(());
            }
            if let Some(running) = &mut self.running
                && running.child.try_wait()?.is_some()
            {
                let log = fs::read_to_string(self.host.0.join("log")).unwrap_or_default();
                return Err(io::Error::other(format!("PostgreSQL did not start: {log}")));
            }
            std::thread::yield_now();
        }
    }

    /// Ends the server in order; what is under way is broken off.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn end(&mut self) -> io::Result<()> {
        if let Some(mut running) = self.running.take() {
            drop(running.stdin.take());
            running.child.wait()?;
        }
        Ok(())
    }

    /// Ends the server as a loss of power does: what was committed is found again at the next start.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub fn crash(&mut self) -> io::Result<()> {
        let mut stop = self.command("pg_ctl")?;
        stop.args(["stop", "--mode=immediate", "-D"]).arg(self.data());
        said(stop.output()?)?;
        self.end()
    }

    /// Where it is reached.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    fn data(&self) -> PathBuf {
        self.host.0.join("data")
    }

    fn command(&self, name: &str) -> io::Result<Command> {
        let mut command = Command::new(program(name)?);
        command.current_dir(&self.host.0);
        self.as_owner(&mut command);
        Ok(command)
    }

    fn as_owner(&self, command: &mut Command) {
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group).env("HOME", &self.host.0);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.end();
    }
}

/// Who is to run it: nobody else, unless this process is root's.
fn owner() -> io::Result<Option<(u32, u32)>> {
    use std::os::unix::fs::MetadataExt as _;

    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let is_it = fields.next() == Some(name);
            let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            is_it.then_some((user, group))
        })
    };
    let found = find("postgres").or_else(|| find("nobody"));
    let found = found.ok_or_else(|| io::Error::other("there is no user but root to run PostgreSQL"))?;
    Ok(Some(found))
}

/// Where a program of PostgreSQL lies: the newest version of Debian's, or what `PATH` has.
fn program(name: &str) -> io::Result<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    versions.sort();
    let debian = versions.into_iter().rev().map(|(_, folder)| folder.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("PostgreSQL is not installed: no {name}"),
            )
        })
}

fn said(output: std::process::Output) -> io::Result<Vec<u8>> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("PostgreSQL refused: {words}")))
}
