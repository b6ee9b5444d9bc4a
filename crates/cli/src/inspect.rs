//! `khyber inspect`: what a QR text says, whoever wrote it.
//!
//! The credential crate shows headers to nobody, since a desk has no use for them before they are verified. This tool
//! looks into the CBOR itself, and reads the claims with the crate's own strict reader.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use credential::{Claims, Code, CounterCertificateClaims, Credential, IssuedRequest, base45};
use minicbor::Decoder;
use minicbor::data::{Tag, Type};
use serde_json::{Map, Value, json};

use crate::certificate::CertificateJson;
use crate::claims::{ClaimsJson, Cnic};
use crate::error::CliError;
use crate::put;
use crate::{Done, files, hex, moment, types};

/// Print what the QR text on stdin (KP1:, KPD:, KPR:, KPF: or a printed card) says, without trusting it: "verified" is always false.
#[derive(Args)]
pub(crate) struct Inspect {
    /// Print the CNIC whole instead of masked.
    #[arg(long)]
    reveal: bool,
    /// The type register (raw bytes), for the names of the claims. Its own signature is not looked at.
    #[arg(long, value_name = "FILE")]
    types: Option<PathBuf>,
}

/// Larger texts are not ours.
const TEXT_BYTES_MAX: usize = 8 * 1024;

/// Why CBOR is not what was looked for; becomes `malformed`.
struct NotOurs;

impl From<minicbor::decode::Error> for NotOurs {
    fn from(_: minicbor::decode::Error) -> Self {
        Self
    }
}

impl From<NotOurs> for CliError {
    fn from(_: NotOurs) -> Self {
        Self::Unreadable(Code::Malformed)
    }
}

impl Inspect {
    pub(crate) fn run(&self) -> Result<Done, CliError> {
        let text = files::stdin_qr_text()?;
        if text.len() > TEXT_BYTES_MAX {
            return Err(CliError::Unreadable(Code::TooLarge));
        }
        let cnic = if self.reveal { Cnic::Whole } else { Cnic::Masked };
        if !text.starts_with("KP") && credential::is_printed(&text) {
            return Ok(Done::json(card(&text, cnic)?));
        }
        let (prefix, body) = text
            .split_at_checked(4)
            .ok_or(CliError::Unreadable(Code::WrongCode))?;
        let bytes = || base45::decode(body).map_err(|_| CliError::Unreadable(Code::Malformed));
        let value = match prefix {
            "KP1:" => self.presentation(&bytes()?, cnic)?,
            "KPD:" => document(&bytes()?, cnic)?,
            "KPR:" => request(&text, &bytes()?)?,
            "KPF:" => photo_frame(&bytes()?)?,
            _ => return Err(CliError::Unreadable(Code::WrongCode)),
        };
        Ok(Done::json(value))
    }

    /// A presentation, with the claims' names if there is a register.
    fn presentation(&self, bytes: &[u8], cnic: Cnic) -> Result<Value, CliError> {
        let (mut value, claims) = presentation(bytes, cnic)?;
        if let Some(path) = &self.types {
            let register = types::unverified(path)?;
            let kind = register.find(&claims.vct);
            let shown = kind.map(|kind| types::shown(kind, &claims, cnic));
            put(&mut value, "shown", shown.unwrap_or_default());
        }
        Ok(value)
    }
}

fn presentation(bytes: &[u8], cnic: Cnic) -> Result<(Value, Claims), CliError> {
    let message = Sign1::read(bytes)?;
    let nested = message.kcwt.ok_or(NotOurs)?;
    let issued = Sign1::read(nested)?;
    let credential = Credential::parse(nested).map_err(CliError::Unreadable)?;
    let value = json!({
        "verified": false,
        "kind": "presentation",
        "size_bytes": bytes.len(),
        "headers": message.headers,
        "binding": binding(message.payload)?,
        "credential": {
            "size_bytes": nested.len(),
            "headers": issued.headers,
            "claims": serde_json::to_value(ClaimsJson::print(credential.unverified_claims(), cnic))?,
        },
    });
    Ok((value, credential.unverified_claims().clone()))
}

fn document(bytes: &[u8], cnic: Cnic) -> Result<Value, CliError> {
    let credential = Credential::parse(bytes).map_err(CliError::Unreadable)?;
    Ok(json!({
        "verified": false,
        "kind": "document",
        "size_bytes": bytes.len(),
        "headers": Sign1::read(bytes)?.headers,
        "claims": serde_json::to_value(ClaimsJson::print(credential.unverified_claims(), cnic))?,
    }))
}

fn card(text: &str, cnic: Cnic) -> Result<Value, CliError> {
    let (bytes, claims) = credential::paper::read_unverified(text).map_err(CliError::Unreadable)?;
    Ok(json!({
        "verified": false,
        "kind": "card",
        "size_bytes": bytes.len(),
        "headers": Sign1::read(&bytes)?.headers,
        "claims": serde_json::to_value(ClaimsJson::print(&claims, cnic))?,
    }))
}

fn request(text: &str, bytes: &[u8]) -> Result<Value, CliError> {
    let request = IssuedRequest::from_text(text)?;
    let mut value = json!({
        "verified": false,
        "kind": "request",
        "size_bytes": bytes.len(),
        "signed": false,
        "request": {
            "audience": request.audience,
            "ask": request.ask.as_str(),
            "nonce": hex::text(&request.nonce),
            "expires": moment::text(request.expires),
            "hash": hex::text(&request.hash),
        },
        "check_code": request.check_code(),
    });
    if let (Ok(message), Some(members)) = (Sign1::read(bytes), value.as_object_mut()) {
        members.insert("signed".into(), true.into());
        members.insert("headers".into(), message.headers);
        if let Some(nested) = message.kcwt {
            let certificate = CertificateJson::print(&CounterCertificateClaims::read_unverified(nested)?);
            let headers = Sign1::read(nested)?.headers;
            members.insert(
                "certificate".into(),
                json!({"headers": headers, "claims": certificate}),
            );
        }
    }
    Ok(value)
}

fn photo_frame(bytes: &[u8]) -> Result<Value, CliError> {
    fn read(bytes: &[u8]) -> Result<Value, NotOurs> {
        let mut frame = Decoder::new(bytes);
        if frame.array()? != Some(5) {
            return Err(NotOurs);
        }
        Ok(json!({
            "verified": false,
            "kind": "photo_frame",
            "size_bytes": bytes.len(),
            "photo_hash8": hex::text(frame.bytes()?),
            "index": frame.u64()?,
            "needed": frame.u64()?,
            "photo_bytes": frame.u64()?,
            "chunk_bytes": frame.bytes()?.len(),
        }))
    }
    Ok(read(bytes)?)
}

/// `COSE_Sign1` with its protected headers as JSON.
struct Sign1<'b> {
    headers: Value,
    kcwt: Option<&'b [u8]>,
    payload: &'b [u8],
}

impl<'b> Sign1<'b> {
    fn read(bytes: &'b [u8]) -> Result<Self, NotOurs> {
        let mut message = Decoder::new(bytes);
        if message.tag()? != Tag::new(18) || message.array()? != Some(4) {
            return Err(NotOurs);
        }
        let protected = message.bytes()?;
        message.skip()?;
        let payload = message.bytes()?;
        let (headers, kcwt) = headers(protected)?;
        Ok(Self {
            headers,
            kcwt,
            payload,
        })
    }
}

fn headers(bytes: &[u8]) -> Result<(Value, Option<&[u8]>), NotOurs> {
    let mut protected = Decoder::new(bytes);
    let mut members = Map::new();
    let mut kcwt = None;
    for _ in 0..protected.map()?.ok_or(NotOurs)? {
        let key = label(&mut protected)?;
        let start = protected.position();
        let value = scalar(&mut protected)?;
        let raw = bytes.get(start..protected.position()).ok_or(NotOurs)?;
        match key.as_str() {
            "1" => members.insert("alg".into(), value),
            "4" => members.insert("kid".into(), value),
            "13" => {
                kcwt = Some(raw);
                members.insert("kcwt".into(), json!({"size_bytes": raw.len()}))
            }
            "16" => members.insert("typ".into(), value),
            _ => members.insert(key, value),
        };
    }
    Ok((Value::Object(members), kcwt))
}

/// What the holder signed: audience, times, nonce.
fn binding(bytes: &[u8]) -> Result<Value, NotOurs> {
    let mut payload = Decoder::new(bytes);
    let mut members = Map::new();
    for _ in 0..payload.map()?.ok_or(NotOurs)? {
        let key = label(&mut payload)?;
        let time = matches!(payload.datatype()?, Type::U8 | Type::U16 | Type::U32 | Type::U64);
        let (name, value) = match key.as_str() {
            "3" => ("audience", scalar(&mut payload)?),
            "4" if time => ("exp", instant(payload.u64()?)),
            "6" if time => ("iat", instant(payload.u64()?)),
            "39" => ("nonce", scalar(&mut payload)?),
            "-65604" => ("request_hash", scalar(&mut payload)?),
            _ => (key.as_str(), scalar(&mut payload)?),
        };
        members.insert(name.to_owned(), value);
    }
    Ok(Value::Object(members))
}

/// A moment; zero is what a phone writes in request mode, where its clock plays no part.
fn instant(seconds: u64) -> Value {
    match seconds {
        0 => Value::from(0),
        _ => moment::text(credential::Timestamp::from_unix(seconds)).into(),
    }
}

fn label(from: &mut Decoder<'_>) -> Result<String, NotOurs> {
    match from.datatype()? {
        Type::String => Ok(from.str()?.to_owned()),
        _ => Ok(i64::try_from(from.int()?).map_err(|_| NotOurs)?.to_string()),
    }
}

/// A number, text, bytes as hex, or bool; anything nested as base64 of its CBOR.
fn scalar(from: &mut Decoder<'_>) -> Result<Value, NotOurs> {
    let start = from.position();
    Ok(match from.datatype()? {
        Type::Bool => from.bool()?.into(),
        Type::String => from.str()?.into(),
        Type::Bytes => hex::text(from.bytes()?).into(),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => from.u64()?.into(),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => from.i64()?.into(),
        _ => {
            from.skip()?;
            let raw = from.input().get(start..from.position()).ok_or(NotOurs)?;
            json!({"cbor": STANDARD.encode(raw)})
        }
    })
}
