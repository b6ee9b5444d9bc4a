//! A reader of fingers that plays one person's ten, and what the simulated BioVerisys holds of them.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use province_api::Biometric;
use province_api::person::Cnic;
use province_api::proofing::{Finger, FingerQuestion, FingerReader, NoFinger, READER_PATH, ReaderError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Says whose finger is put on the reader from now on.
pub const PUT_PATH: &str = "/control/finger";

/// Bytes of a played template.
const TEMPLATE_BYTES: usize = 512;

/// The template of a finger of whoever has this CNIC: bytes that follow from both.
pub fn template(cnic: &Cnic, finger: Finger) -> Biometric {
    let mut template = b"FMR\0 sandbox".to_vec();
    let mut block: [u8; 32] = Sha256::new_with_prefix(format!("{finger:?} of "))
        .chain_update(cnic.as_str())
        .finalize()
        .into();
    while template.len() < TEMPLATE_BYTES {
        template.extend_from_slice(&block);
        block = Sha256::digest(block).into();
    }
    template.truncate(TEMPLATE_BYTES);
    template.into()
}

/// A reader on which somebody puts their finger.
#[derive(Clone, Debug)]
pub struct PlayedReader(Result<Cnic, ReaderError>);

impl PlayedReader {
    /// Whoever has this CNIC stands there.
    pub const fn with(cnic: Cnic) -> Self {
        Self(Ok(cnic))
    }

    /// Nothing comes of it.
    pub const fn failing(error: ReaderError) -> Self {
        Self(Err(error))
    }
}

impl FingerReader for PlayedReader {
    fn read(&self, finger: Finger) -> Result<Biometric, ReaderError> {
        self.0
            .as_ref()
            .map_or_else(|error| Err(*error), |cnic| Ok(template(cnic, finger)))
    }
}

/// Body of `POST /control/finger`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutRequest {
    /// Who has the finger; `null` for nobody.
    pub cnic: Option<Cnic>,
    /// Why nothing is read all the same: a code of [`ReaderError`].
    #[serde(default)]
    pub code: Option<String>,
}

type Held = Arc<Mutex<PlayedReader>>;

/// A reader as a desk asks it, and its control, at which nobody stands at first. Whoever serves it puts a guard around it.
pub fn router() -> Router {
    let nobody = PlayedReader::failing(ReaderError::NoFinger);
    Router::new()
        .route(READER_PATH, post(read))
        .route(PUT_PATH, post(put))
        .with_state(Held::new(Mutex::new(nobody)))
}

async fn put(State(held): State<Held>, Json(request): Json<PutRequest>) -> Json<PutRequest> {
    let why = ReaderError::ALL
        .into_iter()
        .find(|error| request.code.as_deref() == Some(error.code()));
    let reader = match (why, &request.cnic) {
        (None, Some(cnic)) => PlayedReader::with(cnic.clone()),
        (why, _) => PlayedReader::failing(why.unwrap_or(ReaderError::NoFinger)),
    };
    *held.lock().unwrap_or_else(PoisonError::into_inner) = reader;
    Json(request)
}

async fn read(State(held): State<Held>, Json(question): Json<FingerQuestion>) -> Response {
    let read = held
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .read(question.finger);
    match read {
        Ok(template) => template.as_ref().to_vec().into_response(),
        Err(error) => {
            let code = error.code().to_owned();
            (StatusCode::SERVICE_UNAVAILABLE, Json(NoFinger { code })).into_response()
        }
    }
}
