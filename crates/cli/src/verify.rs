//! `khyber verify`: a presentation in, one of three outcomes out.

use std::path::PathBuf;

use clap::Args;
use credential::{
    Context, Expect, FaceCheck, Freshness, IssuedRequest, Mode, PrintedKind, StatusBundle, StatusSet,
    Timestamp, TrustList, TypeRegister, Verdict,
};
use serde_json::{Value, json};

use crate::claims::{ClaimsJson, Cnic};
use crate::error::CliError;
use crate::put;
use crate::roots::Trusted;
use crate::rules::Ruled;
use crate::{Done, Machine, Output, files, hex, moment, status, types};

/// Decide about the text on stdin, a presentation (KP1:), a printed document (KPD:) or a printed card: accepted, refused
/// or undecided (cannot decide).
///
/// Prints {"verdict", "code", "claims", "issuer", "mode", "replay", "freshness"}, and with --types "shown": what the pass says, in
/// the register's order and words. Claims are there only where they were verified; `mode` is timed, request, document
/// or card. What is printed says nothing about who holds it.
/// Remember replay.key until replay.until and treat a pass whose key is remembered as refused, code `replayed`: this
/// tool keeps nothing.
///
/// Without --trust the answer is undecided, code `no_trust_list`. A trust list or a status bundle that does not verify
/// is an error (exit 65) and never left out silently.
#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    trust: Trusted,
    /// Status bundle with whole lists; see `khyber status`.
    #[arg(long, value_name = "FILE")]
    status: Option<PathBuf>,
    /// The type register (raw bytes): what every pass of a kind must hold, and what its claims are called.
    #[arg(long, value_name = "FILE")]
    types: Option<PathBuf>,
    #[command(flatten)]
    ruled: Ruled,
    /// The moment to decide for, RFC 3339; the machine's clock if it is not given.
    #[arg(long, value_name = "RFC3339", value_parser = moment::argument)]
    now: Option<Timestamp>,
    /// The request (KPR: text) that the presentation must answer.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// The service class that a timed presentation must be made for; with --request, that of the request.
    #[arg(long, value_name = "AUDIENCE")]
    audience: Option<String>,
    /// Print the CNIC whole instead of masked: for a program that files the case, never for a log.
    #[arg(long)]
    reveal: bool,
    /// Somebody compared the photo with the person: it is the same.
    #[arg(long)]
    face_compared: bool,
}

impl Verify {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let trust = self.trust.read()?;
        let status = self.status(trust.as_ref())?;
        let types = self.types(trust.as_ref())?;
        let rules = self.ruled.read(trust.as_ref())?;
        let request = self.request()?;
        let text = files::stdin_qr_text()?;
        let expect = match (&request, &self.audience) {
            (Some(request), _) => Expect::Request(request),
            (None, Some(audience)) => Expect::Timed { audience },
            (None, None) if credential::is_printed(&text) => Expect::Timed { audience: "" },
            (None, None) => return Err(CliError::Usage(String::from("--request or --audience is needed"))),
        };
        let outcome = credential::verify(
            &text,
            &Context {
                now: self.now.unwrap_or(machine.now),
                trust: trust.as_ref(),
                status: status.as_ref(),
                types: types.as_ref(),
                expect,
                rule: self.ruled.rule(rules.as_ref()),
            },
        );
        let freshness = outcome.freshness();
        let (mut code, mut verified) = (outcome.code, outcome.verified);
        if self.face_compared
            && code == credential::Code::FaceNotCompared
            && let Some(uncompared) = verified.take()
        {
            let (confirmed, compared) = uncompared.confirm_face(FaceCheck::Same);
            (code, verified) = (confirmed, Some(compared));
        }
        let verdict = code.verdict();
        let cnic = if self.reveal { Cnic::Whole } else { Cnic::Masked };
        let printed = verified.as_ref().map(|verified| {
            let claims = ClaimsJson::print(verified.claims(), cnic);
            let mode = match verified.mode() {
                Mode::Timed => "timed",
                Mode::Request => "request",
            };
            let replay = json!({
                "key": hex::text(verified.replay_key().as_bytes()),
                "until": moment::text(verified.replay_until()),
            });
            let kind = types
                .as_ref()
                .and_then(|types| types.find(&verified.claims().vct));
            let shown = kind.map(|kind| types::shown(kind, verified.claims(), cnic));
            (
                serde_json::to_value(claims),
                verified.issuer_name(),
                mode,
                (replay, shown),
            )
        });
        let (claims, issuer, mode, replay, shown) = match (printed, &outcome.printed) {
            (Some((claims, issuer, mode, (replay, shown))), _) => {
                (claims?, Some(issuer), Some(mode), Some(replay), shown)
            }
            (None, Some(printed)) => {
                let mode = match printed.kind() {
                    PrintedKind::Document => "document",
                    PrintedKind::Card => "card",
                };
                let claims = serde_json::to_value(ClaimsJson::print(printed.claims(), cnic))?;
                let kind = types.as_ref().and_then(|types| types.find(&printed.claims().vct));
                let shown = kind.map(|kind| types::shown(kind, printed.claims(), cnic));
                (claims, Some(printed.issuer_name()), Some(mode), None, shown)
            }
            (None, None) => (Value::Null, None, None, None, None),
        };
        let mut answer = json!({
            "verdict": verdict.as_str(),
            "code": code.code(),
            "claims": claims,
            "issuer": issuer,
            "mode": mode,
            "replay": replay,
            "freshness": freshness.map(Freshness::as_str),
        });
        if self.types.is_some() {
            put(&mut answer, "shown", shown.unwrap_or_default());
        }
        Ok(Done {
            output: Output::Json(answer),
            exit: match verdict {
                Verdict::Accepted => 0,
                Verdict::Refused => 1,
                Verdict::Undecided => 2,
            },
        })
    }

    /// The status lists; without a trust list nobody can say who signed them, and the verdict does not ask for them.
    fn status(&self, trust: Option<&TrustList>) -> Result<Option<StatusSet>, CliError> {
        match (&self.status, trust) {
            (Some(path), Some(trust)) => status::read(path, trust).map(Some),
            (Some(path), None) => {
                StatusBundle::decode(&files::file(path)?)?;
                Ok(None)
            }
            (None, _) => Ok(None),
        }
    }

    /// The register; without a trust list nobody can say who signed it.
    fn types(&self, trust: Option<&TrustList>) -> Result<Option<TypeRegister>, CliError> {
        match (&self.types, trust) {
            (Some(path), Some(trust)) => Ok(Some(TypeRegister::verify(&files::file(path)?, trust, None)?)),
            _ => Ok(None),
        }
    }

    fn request(&self) -> Result<Option<IssuedRequest>, CliError> {
        let Some(path) = &self.request else {
            return Ok(None);
        };
        let request = IssuedRequest::from_text(&files::qr_text(&files::file(path)?))?;
        if self
            .audience
            .as_ref()
            .is_some_and(|audience| *audience != request.audience)
        {
            return Err(CliError::Usage(String::from(
                "--audience is not the audience of --request",
            )));
        }
        Ok(Some(request))
    }
}
