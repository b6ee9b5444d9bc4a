//! `khyber qr`: text to picture and picture to text.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use qr::{Ecc, Qr, decode_picture};
use serde_json::json;

use crate::error::CliError;
use crate::{Done, Output, files};

/// QR codes.
#[derive(Subcommand)]
pub(crate) enum QrCode {
    Encode(Encode),
    Decode(Decode),
}

/// Make the QR code of the text on stdin. Prints {"version", "size_modules", "path"}; the path is SVG path data in
/// modules, without quiet zone.
#[derive(Args)]
pub(crate) struct Encode {
    /// Also write a PNG, with quiet zone.
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// Also write an SVG, with quiet zone.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Error correction: L for screens, M for paper.
    #[arg(long, value_enum, ignore_case = true, default_value = "L")]
    level: Level,
    /// Pixels for each module of the PNG.
    #[arg(long, value_name = "PIXELS", default_value_t = 8)]
    scale: u32,
}

/// Read a PNG, JPEG or WebP picture and print the text of each QR code in it on a line.
#[derive(Args)]
pub(crate) struct Decode {
    /// The picture; - for stdin.
    #[arg(value_name = "FILE")]
    picture: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Level {
    L,
    M,
}

impl QrCode {
    pub(crate) fn run(self) -> Result<Done, CliError> {
        match self {
            Self::Encode(command) => command.run(),
            Self::Decode(command) => command.run(),
        }
    }
}

impl Encode {
    fn run(&self) -> Result<Done, CliError> {
        let level = match self.level {
            Level::L => Ecc::Low,
            Level::M => Ecc::Medium,
        };
        let code = Qr::encode(&files::qr_text(&files::stdin()?), level)?;
        if let Some(path) = &self.png {
            files::write(path, &code.png(self.scale)?)?;
        }
        if let Some(path) = &self.svg {
            files::write(path, code.svg().as_bytes())?;
        }
        Ok(Done::json(json!({
            "version": code.version(),
            "size_modules": code.size(),
            "path": code.svg_path(),
        })))
    }
}

impl Decode {
    fn run(&self) -> Result<Done, CliError> {
        let bytes = if self.picture.as_os_str() == "-" {
            files::stdin()?
        } else {
            files::file(&self.picture)?
        };
        let texts = decode_picture(&bytes)?;
        if texts.is_empty() {
            return Err(CliError::NoCode);
        }
        Ok(Done {
            output: Output::Lines(texts),
            exit: 0,
        })
    }
}
