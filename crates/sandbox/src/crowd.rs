//! A queue of citizens for one desk: phones and papers, good ones and bad ones, that show what they are told to.
//!
//! The crowd is a small province of its own under the test roots. It signs what the desk needs to know (certificate,
//! trust list, status, types) and every pass that is shown, each under another holder's key, so that a day can be as long
//! as it likes. Everything follows from fixed seeds and the time that is given.

use std::collections::BTreeMap;

use credential::paper::{CardClaims, issue_card};
use credential::{
    Bitmap, Claims, CounterCertificateClaims, DAY, Facts, Field, Gender, GuardianRelation, HolderKey, ISSUER,
    Identity, ListEntry, Names, PassType, PublicKey, RegisterContent, SecretKey, Shape, StatusBundle,
    StatusContent, StatusManifest, StatusPurpose, StatusRef, Timestamp, TrustContent, TrustList, TrustedKey,
    TypeRegister, Vct, base45, derive_holder_key, document_text, issue, issue_counter_certificate, photo,
    present_timed, present_to_request, read_request, sign_trust_list,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::roots::root_keys;

/// The service class of the desk.
pub const AUDIENCE: &str = "kp:desk";

const LIST: &str = "id";
const GOOD: u32 = 7;
const REVOKED: u32 = 100;
const SUSPENDED: u32 = 200;

/// What one visitor shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// An age pass, good.
    Age,
    /// A residence pass, good.
    Residence,
    /// The good pass that was shown last, once more.
    Again,
    /// An age pass that was signed over ten minutes ago: a photo of a screen.
    Late,
    /// An age pass for another class of desks.
    Elsewhere,
    /// An age pass of an issuer that nobody knows.
    Forged,
    /// An age pass in which one bit was changed.
    Changed,
    /// An age pass that is over.
    Ended,
    /// Letters after our prefix that are none of our codes.
    Rubbish,
    /// A printed domicile certificate.
    Document,
    /// A printed card.
    Card,
    /// An identity for the question on the screen, with its photo.
    Identity,
    /// The same of somebody whose passes were revoked.
    Revoked,
    /// The same of somebody whose passes are suspended.
    Suspended,
    /// The last good answer, once more, to another question.
    OldAnswer,
}

/// Nothing can be shown so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrowdError {
    /// The question on the screen is needed, or cannot be read.
    #[error("there is no question that this can answer")]
    NoRequest,
    /// Nobody showed anything yet.
    #[error("nobody came before")]
    NobodyBefore,
    /// The format does not let it be written.
    #[error("it cannot be written: {0}")]
    Unwritable(String),
}

fn unwritable(error: impl std::fmt::Display) -> CrowdError {
    CrowdError::Unwritable(error.to_string())
}

/// The queue.
#[derive(Debug)]
pub struct Crowd {
    issuer: SecretKey,
    paper: SecretKey,
    began: Timestamp,
    trust: TrustList,
    /// The next holder's number; no two passes share a key.
    next: u64,
    /// The good pass that was shown last.
    last: Option<String>,
    /// The last good answer to a question.
    last_answer: Option<String>,
    photo: Vec<u8>,
}

impl Crowd {
    /// A crowd whose signed data begin on the day before `now`. `photo` is the picture of everybody in it.
    ///
    /// # Errors
    /// [`CrowdError::Unwritable`].
    pub fn new(photo: Vec<u8>, now: Timestamp) -> Result<Self, CrowdError> {
        let (issuer, paper) = (SecretKey::from_seed([21; 32]), SecretKey::from_seed([22; 32]));
        let began = now.minus(DAY);
        let key = |key: &SecretKey, allowed: &[Vct]| TrustedKey {
            key: key.public(),
            allowed: allowed.to_vec(),
            nbf: began.minus(90 * DAY),
            exp: began.plus(400 * DAY),
            iss: "Test province".to_owned(),
            revoked_at: None,
            retired_at: None,
        };
        let signs = [
            Vct::AGE,
            Vct::RESIDENCE,
            Vct::IDENTITY,
            Vct::STATUS_MANIFEST,
            Vct::TYPE_REGISTER,
            Vct::COUNTER_CERTIFICATE,
        ];
        let content = TrustContent {
            sequence: 1,
            previous: None,
            iat: began,
            exp: began.plus(180 * DAY),
            keys: vec![key(&issuer, &signs), key(&paper, &[Vct::PAPER_CARD, domicile()?])],
            next_roots: None,
        };
        let [first, second, _] = root_keys();
        let bytes = sign_trust_list(&content, &[(0, &first), (1, &second)]);
        let roots = crate::roots::test_roots().map_err(unwritable)?;
        Ok(Self {
            issuer,
            paper,
            began,
            trust: TrustList::verify(&bytes, &roots, None).map_err(unwritable)?,
            next: 0,
            last: None,
            last_answer: None,
            photo,
        })
    }

    /// A certificate for a desk that may ask for identities, ages and residences.
    ///
    /// # Errors
    /// [`CrowdError::Unwritable`].
    pub fn certificate(&self, desk: PublicKey) -> Result<Vec<u8>, CrowdError> {
        let claims = CounterCertificateClaims {
            iss: ISSUER.to_owned(),
            name: Names::new("Test desk", "آزمائشی ڈیسک", "ازمایښتي ډیسک"),
            purpose: Names::new("Trying a whole day", "پورے دن کی آزمائش", "د ټولې ورځې ازمایښت"),
            audience: AUDIENCE.to_owned(),
            allowed: vec![Vct::IDENTITY, Vct::AGE, Vct::RESIDENCE],
            holder: desk,
            iat: self.began,
            exp: self.began.plus(365 * DAY),
        };
        issue_counter_certificate(&claims, &self.issuer).map_err(unwritable)
    }

    /// Everything that the desk has to know, as an update that is carried to it.
    ///
    /// # Errors
    /// [`CrowdError::Unwritable`].
    pub fn update(&self) -> Result<Vec<u8>, CrowdError> {
        #[derive(Deserialize)]
        struct Types {
            types: Vec<PassType>,
        }
        let file: Types =
            serde_json::from_str(include_str!("../../../assets/types/types.json")).map_err(unwritable)?;
        let register = RegisterContent {
            sequence: 1,
            iat: self.began,
            exp: self.began.plus(365 * DAY),
            types: file.types,
        };
        let shape = Shape::new(1, 1024).map_err(unwritable)?;
        let bitmaps = [
            (
                StatusPurpose::Revoked,
                Bitmap::with(shape, [REVOKED]).map_err(unwritable)?,
            ),
            (
                StatusPurpose::Suspended,
                Bitmap::with(shape, [SUSPENDED]).map_err(unwritable)?,
            ),
        ];
        let lists = [LIST, "dom"].map(|list| {
            let roots = bitmaps.iter().map(|(purpose, bitmap)| (*purpose, bitmap.root()));
            let entry = ListEntry {
                shape,
                bitmaps: roots.collect(),
            };
            (list.to_owned(), entry)
        });
        let content = StatusContent {
            epoch: 1,
            iat: self.began,
            exp: self.began.plus(7 * DAY),
            lists: lists.into(),
        };
        let encoded = |bitmap: &Bitmap| bitmap.encoded(0).into_iter().collect::<Vec<_>>();
        let shards: BTreeMap<_, _> = bitmaps
            .iter()
            .map(|(purpose, bitmap)| (*purpose, encoded(bitmap)))
            .collect();
        let bundle = StatusBundle {
            manifest: StatusManifest::sign(&content, &self.issuer).map_err(unwritable)?,
            trust: vec![self.trust.bytes().to_vec()],
            lists: [LIST, "dom"].map(|list| (list.to_owned(), shards.clone())).into(),
            types: Some(TypeRegister::sign(&register, &self.issuer).map_err(unwritable)?),
            ..StatusBundle::default()
        };
        Ok(bundle.encode())
    }

    /// What the next visitor shows: the texts of their codes, all of them.
    ///
    /// # Errors
    /// [`CrowdError`].
    pub fn show(
        &mut self,
        show: Show,
        request: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<String>, CrowdError> {
        let one = |text: String| Ok(vec![text]);
        match show {
            Show::Age | Show::Residence => {
                let vct = if show == Show::Age {
                    Vct::AGE
                } else {
                    Vct::RESIDENCE
                };
                let text = self.timed(vct, AUDIENCE, now, now)?;
                self.last = Some(text.clone());
                one(text)
            }
            Show::Again => one(self.last.clone().ok_or(CrowdError::NobodyBefore)?),
            Show::Late => one(self.timed(Vct::AGE, AUDIENCE, now.minus(660), now)?),
            Show::Elsewhere => one(self.timed(Vct::AGE, "kp:elsewhere", now, now)?),
            Show::Ended => one(self.timed(Vct::AGE, AUDIENCE, now, now.minus(60 * DAY))?),
            Show::Changed => {
                let text = self.timed(Vct::AGE, AUDIENCE, now, now)?;
                let mut bytes = text
                    .strip_prefix("KP1:")
                    .and_then(|text| base45::decode(text).ok())
                    .unwrap_or_default();
                if let Some(last) = bytes.last_mut() {
                    *last ^= 1;
                }
                one(format!("KP1:{}", base45::encode(&bytes)))
            }
            Show::Forged => {
                let forger = SecretKey::from_seed([66; 32]);
                let known = std::mem::replace(&mut self.issuer, forger);
                let text = self.timed(Vct::AGE, AUDIENCE, now, now);
                self.issuer = known;
                one(text?)
            }
            Show::Rubbish => one("KP1:RUBBISH".to_owned()),
            Show::Document => one(self.document(now)?),
            Show::Card => one(self.card(now)?),
            Show::Identity => self.identity(GOOD, request, now),
            Show::Revoked => self.identity(REVOKED, request, now),
            Show::Suspended => self.identity(SUSPENDED, request, now),
            Show::OldAnswer => one(self.last_answer.clone().ok_or(CrowdError::NobodyBefore)?),
        }
    }

    fn holder(&mut self) -> SecretKey {
        self.next += 1;
        derive_holder_key(&[23; 32], self.next)
    }

    /// A pass of `issued_on`, shown at `at` to desks of a class.
    fn timed(
        &mut self,
        vct: Vct,
        audience: &str,
        at: Timestamp,
        issued_on: Timestamp,
    ) -> Result<String, CrowdError> {
        let facts = match vct {
            Vct::AGE => Facts {
                over_18: Some(true),
                over_60: Some(false),
                ..Facts::default()
            },
            _ => Facts {
                district: Some("bajaur".to_owned()),
                ..Facts::default()
            },
        };
        let holder = self.holder();
        let claims = claims(vct, issued_on, Some(holder.public().into()), facts);
        let pass = issue(&claims, &self.issuer).map_err(unwritable)?;
        present_timed(&pass, &holder, audience, at).map_err(unwritable)
    }

    fn identity(
        &mut self,
        index: u32,
        request: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<String>, CrowdError> {
        let request = request.and_then(|text| read_request(text, Some(&self.trust), now).ok());
        let request = request.ok_or(CrowdError::NoRequest)?;
        let holder = self.holder();
        let facts = Facts {
            district: Some("bajaur".to_owned()),
            photo_sha256: Some(Sha256::digest(&self.photo).into()),
            assurance: Some(2),
            guardian_relation: Some(GuardianRelation::Father),
            ..Facts::default()
        };
        let claims = Claims {
            identity: Some(somebody()),
            status: Some(status(LIST, index)),
            ..claims(Vct::IDENTITY, now, Some(holder.public().into()), facts)
        };
        let pass = issue(&claims, &self.issuer).map_err(unwritable)?;
        let answer = present_to_request(&pass, &holder, &request).map_err(unwritable)?;
        if index == GOOD {
            self.last_answer = Some(answer.clone());
        }
        Ok([vec![answer], photo::frames(&self.photo)].concat())
    }

    fn document(&self, now: Timestamp) -> Result<String, CrowdError> {
        let facts = Facts {
            fields: BTreeMap::from([
                (32, Field::Text("BJR-26-104711".to_owned())),
                (33, Field::Number(20_261_102)),
                (34, Field::Text("bajaur".to_owned())),
            ]),
            ..Facts::default()
        };
        let claims = Claims {
            identity: Some(Identity {
                gender: None,
                address: None,
                ..somebody()
            }),
            status: Some(status("dom", GOOD)),
            ..claims(domicile()?, now, None, facts)
        };
        let bytes = issue(&claims, &self.paper).map_err(unwritable)?;
        document_text(&bytes).map_err(|code| CrowdError::Unwritable(code.to_string()))
    }

    fn card(&self, now: Timestamp) -> Result<String, CrowdError> {
        let claims = CardClaims {
            iss: ISSUER.to_owned(),
            iat: now.start_of_day(),
            exp: now.start_of_day().plus(300 * DAY),
            identity: Identity {
                guardian_local: None,
                ..somebody()
            },
            status: status(LIST, GOOD),
        };
        issue_card(&claims, &self.paper).map_err(unwritable)
    }
}

/// A credential of a day, without a name and without a status.
fn claims(vct: Vct, on: Timestamp, holder: Option<HolderKey>, facts: Facts) -> Claims {
    Claims {
        iss: ISSUER.to_owned(),
        iat: on.start_of_day(),
        nbf: None,
        exp: on.start_of_day().plus(30 * DAY),
        holder,
        vct,
        identity: None,
        status: None,
        facts,
    }
}

fn domicile() -> Result<Vct, CrowdError> {
    Vct::parse("domicile").map_err(unwritable)
}

fn status(list: &str, index: u32) -> StatusRef {
    StatusRef {
        index,
        uri: list.to_owned(),
    }
}

/// A test citizen.
fn somebody() -> Identity {
    Identity {
        id: Some("9999912345671".to_owned()),
        full_name: Some("Gul Zaman".to_owned()),
        date_of_birth: Some("19900131".to_owned()),
        gender: Some(Gender::Male),
        address: Some("House 4, Street 2, Khar".to_owned()),
        guardian: Some("Sher Zaman".to_owned()),
        full_name_local: Some("گل زمان".to_owned()),
        local_language: Some("ur".to_owned()),
        guardian_local: Some("شیر زمان".to_owned()),
    }
}
