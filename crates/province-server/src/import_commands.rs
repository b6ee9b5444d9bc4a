//! The command for files of departments.

use std::path::{Path, PathBuf};

use clap::Args;
use credential::{Timestamp, Vct};
use province_server::admin::Office;
use province_server::import_admin::{Days, Job, Mode, RowFault, Told, What};
use province_server::randomness::Randomness;
use serde_json::{Value, json};

use super::say;

/// Grant documents, or move applications on, by the CSV of a department (docs/departments.md). All rows are looked at first, and
/// each that is not good is told by its number and column; nothing is done unless all are good. What was done is not done again.
#[derive(Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each switch of the command line"
)]
pub(super) struct Import {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// The office of the catalogue whose file it is.
    #[arg(long)]
    office: String,
    /// Which kind of document each row grants.
    #[arg(long, conflicts_with = "states", required_unless_present = "states", value_parser = vct)]
    vct: Option<Vct>,
    /// The rows say states of applications: columns application, seen, state, reason, text.
    #[arg(long)]
    states: bool,
    /// The file: CSV in UTF-8, its first line names the columns.
    #[arg(long)]
    file: PathBuf,
    /// Days are written with the day first, as 22/11/2026.
    #[arg(long)]
    day_first: bool,
    /// Only look.
    #[arg(long)]
    dry_run: bool,
    /// Do the good rows although others are not.
    #[arg(long, conflicts_with = "dry_run")]
    skip_faulty: bool,
    /// Print a line for each row that is done, too.
    #[arg(long)]
    tell_each: bool,
}

fn vct(word: &str) -> Result<Vct, String> {
    Vct::parse(word).map_err(|error| error.to_string())
}

impl Import {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) async fn run(
        self,
        office: &Office,
        randomness: &Randomness,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let job = Job {
            office: &self.office,
            what: self.vct.map_or(What::States, What::Documents),
            days: if self.day_first {
                Days::DayFirst
            } else {
                Days::YearFirst
            },
            file: &self.file,
        };
        let mode = match (self.dry_run, self.skip_faulty) {
            (true, _) => Mode::DryRun,
            (_, true) => Mode::SkipFaulty,
            _ => Mode::AllOrNone,
        };
        let mut unsaid = Ok(());
        let found = office.import(&job, mode, randomness, now, |told| {
            let line = match told {
                Told::Fault(fault) => described(&fault),
                Told::Done(row) if self.tell_each => json!({ "did": row }),
                Told::Done(_) => return,
            };
            if unsaid.is_ok() {
                unsaid = say(&line);
            }
        });
        let found = found.await?;
        unsaid?;
        say(&json!({
            "rows": found.rows, "done": found.done, "before": found.before, "faulty": found.faulty,
        }))?;
        let is_whole = found.faulty == 0 || mode == Mode::SkipFaulty;
        anyhow::ensure!(is_whole, "{} rows are faulty", found.faulty);
        Ok(())
    }
}

fn described(fault: &RowFault) -> Value {
    let RowFault {
        row,
        column,
        code,
        wanted,
    } = fault;
    json!({ "row": row, "column": column, "code": code, "wanted": wanted })
}
