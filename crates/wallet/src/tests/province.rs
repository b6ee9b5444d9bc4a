//! A province for tests: the rules of the API over the credential crate, no database, no network.

use std::collections::{BTreeMap, HashMap, HashSet};

use credential::{
    Bitmap, Claims, CounterCertificateClaims, DAY, Facts, Field, Gender, GuardianRelation, ISSUER, Identity,
    Names, PublicKey, RootKind, RootSet, SecretKey, StatusManifest, StatusRef, Timestamp, Vct, issue,
    issue_counter_certificate, sign_trust_list,
};
use province_api::audit::AuditEntry;
use province_api::device_key::{DeviceKeyReply, DeviceKeyRequest};
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest, Particulars};
use province_api::passes::{Challenge, Offer, PassesReply, PassesRequest, proof_message};
use province_api::person::Day;
use province_api::problem::{Problem, ProblemCode};
use province_api::proofing::level;
use province_api::sync::{
    FeedEvent, FileNow, HeldFile, LostReply, LostRequest, MobileReply, MobileRequest, Standing as MayDo,
    SyncReply, SyncRequest, files as names, offers_tag,
};
use province_api::{Bytes, packed, paths, signature};
use sha2::{Digest as _, Sha256};

mod applications;
mod changes;
mod content;
mod files;

pub(crate) use content::{Ward, b_form, catalogue, domicile, packaged, register, status, trust};

use crate::sync::{Failure, HttpRequest, HttpResponse};
use content::shape;

pub(crate) const LIST: &str = "id";
pub(crate) const INDEX: u32 = 1234;
/// Events in one answer.
const PAGE: usize = 3;
/// The shard of that index.
const SHARD: u32 = 1;

pub(crate) fn roots() -> [SecretKey; 3] {
    [1, 2, 3].map(|n| SecretKey::from_seed([n; 32]))
}

pub(crate) fn root_set() -> RootSet {
    RootSet::new(RootKind::Test, roots().map(|root| root.public())).unwrap()
}

/// Bends the claims of a pass before it is signed.
pub(crate) type Bend = fn(&mut Claims);

pub(crate) struct Province {
    pub(crate) issuer: SecretKey,
    pub(crate) ca: SecretKey,
    pub(crate) trust_list: Vec<u8>,
    pub(crate) types: Vec<u8>,
    /// The catalogue of services, if there is one.
    pub(crate) catalogue: Option<Vec<u8>>,
    /// The domicile certificate's number, if the citizens hold one, and which grant of it this is.
    pub(crate) domicile: Option<(&'static str, u64)>,
    /// When a counter proofed the citizens better than their phones could; 0 for never.
    pub(crate) raised_at: u64,
    /// Children whose B-forms the citizens hold.
    pub(crate) children: Vec<Ward>,
    /// Lists that changed the roots, by the fingerprint of those that they replaced.
    pub(crate) root_changes: HashMap<String, Vec<u8>>,
    pub(crate) manifest: Vec<u8>,
    pub(crate) list: Bitmap,
    /// Who is suspended, once anybody was.
    suspended: Option<Bitmap>,
    pub(crate) photo: Vec<u8>,
    pub(crate) enrolments: HashMap<[u8; 32], Particulars>,
    pub(crate) batches: u32,
    /// Every credential that was sent.
    pub(crate) sent: Vec<Vec<u8>>,
    /// Answers every request of a path with this problem.
    pub(crate) refuse: HashMap<&'static str, Problem>,
    pub(crate) down: bool,
    /// What the province lets its people do.
    pub(crate) may: MayDo,
    /// Everybody's feed.
    pub(crate) feed: Vec<FeedEvent>,
    /// Which mobile number was given last.
    pub(crate) mobile: Option<String>,
    /// People whose phone was reported lost, and when.
    pub(crate) lost: Vec<(String, u64)>,
    /// What was applied for, and where each stands.
    pub(crate) applications: Vec<applications::Applied>,
    /// What the audit log says about them, the newest first.
    pub(crate) audit: Vec<AuditEntry>,
    /// Every version of every file that was handed out, by its hash.
    versions: HashMap<[u8; 32], Vec<u8>>,
    /// Whether it makes deltas.
    pub(crate) deltas: bool,
    pub(crate) bend: Option<Bend>,
    pub(crate) requests: Vec<String>,
    answered: HashMap<String, (Vec<u8>, HttpResponse)>,
    challenges: HashSet<Vec<u8>>,
    next_challenge: u8,
}

impl Province {
    pub(crate) fn new(now: Timestamp) -> Self {
        let issuer = SecretKey::from_seed([10; 32]);
        let ca = SecretKey::from_seed([11; 32]);
        let trust_list = sign_trust_list(
            &trust(&issuer, &ca, 1, now),
            &[(0, &roots()[0]), (2, &roots()[2])],
        );
        // Somebody else is revoked, so that the shard has to be fetched.
        let list = Bitmap::with(shape(), [INDEX + 1]).unwrap();
        let manifest = StatusManifest::sign(&status(&list, 1, now), &issuer).unwrap();
        let types = register(1, now, &packaged(), &issuer);
        Self {
            issuer,
            ca,
            trust_list,
            types,
            catalogue: None,
            domicile: None,
            raised_at: 0,
            children: Vec::new(),
            root_changes: HashMap::new(),
            manifest,
            list,
            suspended: None,
            photo: (0..900_u16).map(|n| (n % 251) as u8).collect(),
            enrolments: HashMap::new(),
            batches: 0,
            sent: Vec::new(),
            refuse: HashMap::new(),
            down: false,
            may: MayDo::Good,
            feed: Vec::new(),
            mobile: None,
            lost: Vec::new(),
            applications: Vec::new(),
            audit: Vec::new(),
            versions: HashMap::new(),
            deltas: true,
            bend: None,
            requests: Vec::new(),
            answered: HashMap::new(),
            challenges: HashSet::new(),
            next_challenge: 0,
        }
    }

    /// The person of this phone was enrolled here, whenever that was.
    pub(crate) fn knows(&mut self, phone: &super::Phone) {
        let seed = crate::store::enrolment::device_key(phone.wallet.database()).unwrap();
        let device = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
        let draft = phone.wallet.draft().unwrap();
        let request = crate::draft::request_of(&draft, super::jpeg(), super::NOW).unwrap();
        let particulars = request.parse(Day::at_unix(super::NOW.unix())).unwrap();
        self.enrolments.insert(*device.as_bytes(), particulars);
    }

    /// A desk's key and certificate.
    pub(crate) fn desk(&self, allowed: Vec<Vct>, now: Timestamp) -> (SecretKey, Vec<u8>) {
        let key = SecretKey::from_seed([20; 32]);
        let certificate = CounterCertificateClaims {
            name: Names::new("Test desk", "ٹیسٹ ڈیسک", "د ازموینې مېز"),
            purpose: Names::new("A test", "", ""),
            audience: crate::DEFAULT_AUDIENCE.to_owned(),
            allowed,
            holder: key.public(),
            iat: now.start_of_day(),
            exp: now.start_of_day().plus(365 * DAY),
            iss: ISSUER.to_owned(),
        };
        let certificate = issue_counter_certificate(&certificate, &self.ca).unwrap();
        (key, certificate)
    }

    /// What a server does: the answer, or none.
    pub(crate) fn handle(&mut self, request: &HttpRequest, now: Timestamp) -> Result<HttpResponse, Failure> {
        assert_eq!(request.url, format!("https://province.example{}", request.path));
        self.requests.push(request.path.clone());
        if self.down {
            return Err(Failure::Unreachable);
        }
        if let Some(problem) = self.refuse.get(request.path.as_str()) {
            return Ok(problem_response(problem));
        }
        let always = [&self.trust_list, &self.types, &self.manifest];
        for file in always.into_iter().chain(&self.catalogue) {
            self.versions.insert(sha256(file), file.clone());
        }
        Ok(match self.file(&request.path) {
            Some(answer) => answer,
            None => self.signed(request, now),
        })
    }

    fn signed(&mut self, request: &HttpRequest, now: Timestamp) -> HttpResponse {
        let header = |name: &str| {
            let found = request.headers.iter().find(|(n, _)| n == name);
            found.map(|(_, value)| value.as_str())
        };
        let verified =
            signature::verify(header, request.method, &request.path, &request.body, now.unix()).unwrap();
        let device = verified.device;
        let key = header(province_api::IDEMPOTENCY_KEY).unwrap().to_owned();
        if let Some((body, answer)) = self.answered.get(&key) {
            assert_eq!(*body, request.body, "the same key came with another body");
            return answer.clone();
        }
        let body = if packed::is_packed(&request.body) {
            packed::unpack(&request.body, 1 << 20).unwrap()
        } else {
            request.body.clone()
        };
        let known = self.enrolments.contains_key(device.as_bytes());
        let answer = match request.path.as_str() {
            paths::ENROLMENTS => Ok(self.enrol(*device.as_bytes(), &body, now)),
            paths::REBIND => {
                self.enrolments.clear();
                Ok(self.enrol(*device.as_bytes(), &body, now))
            }
            paths::LOST => {
                let request: LostRequest = serde_json::from_slice(&body).unwrap();
                self.lost.push((request.person.cnic, request.lost_at));
                Ok(json(&LostReply {
                    disabled_at: now.unix(),
                    newer: false,
                }))
            }
            _ if !known => Err(ProblemCode::DeviceUnknown),
            paths::SYNC => return self.sync(&body, now),
            paths::AUDIT => return self.audit_page(&body),
            paths::MOBILE => {
                let request: MobileRequest = serde_json::from_slice(&body).unwrap();
                self.mobile = Some(request.mobile);
                Ok(json(&MobileReply {
                    changed_at: now.unix(),
                }))
            }
            paths::DEVICE_KEY => {
                let request: DeviceKeyRequest = serde_json::from_slice(&body).unwrap();
                let new = request.verify(&device).unwrap();
                let person = self.enrolments.remove(device.as_bytes()).unwrap();
                self.enrolments.insert(new, person);
                Ok(json(&DeviceKeyReply {
                    changed_at: now.unix(),
                }))
            }
            paths::APPLICATIONS => self.apply(&body, now),
            paths::WITHDRAW => self.withdraw(&body, now),
            paths::CHALLENGES => Ok(self.challenge(now)),
            paths::PASSES => self.passes(device.as_bytes(), &body, now),
            path => panic!("no such path: {path}"),
        };
        let answer = answer.unwrap_or_else(|code| problem_response(&Problem::new(code)));
        if answer.status == 200 {
            self.answered.insert(key, (request.body.clone(), answer.clone()));
        }
        answer
    }

    /// What changed, for a phone that says what it has.
    fn sync(&mut self, body: &[u8], now: Timestamp) -> HttpResponse {
        let asked: SyncRequest = serde_json::from_slice(body).unwrap();
        let here = [
            (names::TRUST, &self.trust_list),
            (names::TYPES, &self.types),
            (names::STATUS, &self.manifest),
        ];
        let catalogue = self.catalogue.iter().map(|bytes| (names::CATALOGUE, bytes));
        let changed = here.into_iter().chain(catalogue).filter_map(|(name, bytes)| {
            let held = asked.held.iter().find(|held| held.name == name);
            let hash = sha256(bytes);
            let tag = HeldFile::new(name, &hash).tag;
            let known = |held: &HeldFile| self.versions.keys().any(|hash| hash.starts_with(&held.tag.0));
            (held.map(|held| &held.tag) != Some(&tag)).then(|| FileNow {
                name: name.to_owned(),
                sha256: Bytes(hash.to_vec()),
                bytes: bytes.len() as u64,
                delta: self.deltas && held.is_some_and(known),
            })
        });
        let offers = self.offers();
        // A number that was never given is of another feed.
        let last = self.feed.last().map_or(0, |one| one.seq);
        let from = if asked.feed > last { 0 } else { asked.feed };
        let newer: Vec<FeedEvent> = self.feed.iter().filter(|one| one.seq > from).cloned().collect();
        let page: Vec<FeedEvent> = newer.iter().take(PAGE).cloned().collect();
        json(&SyncReply {
            server_time: now.unix(),
            standing: self.may,
            cursor: page.last().map_or(last, |one| one.seq),
            more: newer.len() > page.len(),
            feed: page,
            files: changed.collect(),
            offers: (self.may == MayDo::Good && offers_tag(&offers) != asked.offers).then_some(offers),
        })
    }

    fn enrol(&mut self, device: [u8; 32], body: &[u8], now: Timestamp) -> HttpResponse {
        let request: EnrolmentRequest = serde_json::from_slice(body).unwrap();
        let particulars = request.parse(Day::at_unix(now.unix())).unwrap();
        self.enrolments.insert(device, particulars);
        json(&EnrolmentReply {
            enrolment: Bytes(vec![5; 16]),
            confirmed_at: now.unix(),
        })
    }

    fn challenge(&mut self, now: Timestamp) -> HttpResponse {
        self.next_challenge += 1;
        let challenge = vec![self.next_challenge; 16];
        self.challenges.insert(challenge.clone());
        json(&Challenge {
            challenge: Bytes(challenge),
            expires_at: now.unix() + 300,
            offers: self.offers(),
        })
    }

    fn offers(&self) -> Vec<Offer> {
        let passes = ["age", "residence", "identity", "name-photo"].map(|vct| (vct, self.raised_at));
        let document = self.domicile.map(|(_, grant)| ("domicile", grant));
        let own = passes.into_iter().chain(document);
        own.map(|(vct, grant)| (vct, 0, grant))
            .chain(self.children.iter().map(|one| ("b-form", one.no, one.grant)))
            .map(|(vct, no, grant)| Offer {
                vct: vct.to_owned(),
                no,
                grant,
            })
            .collect()
    }

    /// Forgets all challenges, as a province does after five minutes.
    pub(crate) fn forget_challenges(&mut self) {
        self.challenges.clear();
    }

    fn passes(
        &mut self,
        device: &[u8; 32],
        body: &[u8],
        now: Timestamp,
    ) -> Result<HttpResponse, ProblemCode> {
        let person = self
            .enrolments
            .get(device)
            .ok_or(ProblemCode::DeviceUnknown)?
            .clone();
        let request: PassesRequest = serde_json::from_slice(body).unwrap();
        if !self.challenges.remove(&request.challenge.0) {
            return Err(ProblemCode::ChallengeInvalid);
        }
        let mut credentials = Vec::new();
        for wanted in &request.passes {
            let holder = PublicKey::parse(&wanted.holder_key.0).unwrap();
            let proof: [u8; 64] = wanted.proof.0.as_slice().try_into().unwrap();
            let message = proof_message(
                &request.challenge.0,
                (&wanted.vct, wanted.no),
                &wanted.holder_key.0,
            );
            assert!(holder.verifies(&message, &proof));
            let vct = Vct::parse(&wanted.vct).unwrap();
            let mut claims = self.claims(&person, vct, holder, now);
            if vct == b_form() {
                content::of_child(&self.children, &mut claims, wanted.no);
            }
            if let Some(bend) = self.bend {
                bend(&mut claims);
            }
            credentials.push(Bytes(issue(&claims, &self.issuer).unwrap()));
        }
        self.sent.extend(credentials.iter().map(|one| one.0.clone()));
        self.batches += 1;
        Ok(json(&PassesReply {
            credentials,
            photo: Bytes(self.photo.clone()),
        }))
    }

    fn claims(&self, person: &Particulars, vct: Vct, holder: PublicKey, now: Timestamp) -> Claims {
        let document = vct == domicile() || vct == b_form();
        let identity = vct == Vct::IDENTITY;
        let named = identity || vct == Vct::NAME_PHOTO || document;
        let text = |there: bool, text: &str| there.then(|| text.to_owned());
        let number = self.domicile.map_or("", |(number, _)| number);
        Claims {
            iss: ISSUER.to_owned(),
            iat: now.start_of_day(),
            nbf: None,
            exp: now.start_of_day().plus(if named { 180 } else { 30 } * DAY),
            holder: Some(holder.into()),
            vct,
            identity: named.then(|| Identity {
                id: text(identity || document, person.cnic.as_str()),
                full_name: Some(person.name_en.as_str().to_owned()),
                full_name_local: text(!document, person.name_ur.as_str()),
                local_language: text(!document, "ur"),
                date_of_birth: text(identity, &person.date_of_birth.compact()),
                gender: identity.then_some(Gender::Female),
                address: text(identity, person.address.as_str()),
                guardian: text(identity || document, person.guardian_name_en.as_str()),
                guardian_local: text(identity, person.guardian_name_ur.as_str()),
            }),
            status: named.then(|| StatusRef {
                index: INDEX,
                uri: if document { "dom" } else { LIST }.to_owned(),
            }),
            facts: Facts {
                over_18: (vct == Vct::AGE).then_some(true),
                over_60: (vct == Vct::AGE).then_some(false),
                district: text(vct == Vct::RESIDENCE || identity, person.district.as_str()),
                assurance: identity.then_some(if self.raised_at == 0 {
                    level::SUBSTANTIAL
                } else {
                    level::HIGH
                }),
                photo_sha256: named.then(|| Sha256::digest(&self.photo).into()),
                guardian_relation: identity.then_some(GuardianRelation::Father),
                fields: if document {
                    BTreeMap::from([
                        (32, Field::Text(number.to_owned())),
                        (33, Field::Number(20_261_102)),
                        (34, Field::Text("peshawar".to_owned())),
                    ])
                } else {
                    BTreeMap::new()
                },
                ..Facts::default()
            },
        }
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn ok(body: Vec<u8>) -> HttpResponse {
    HttpResponse {
        status: 200,
        headers: Vec::new(),
        body,
    }
}

pub(crate) fn problem_response(problem: &Problem) -> HttpResponse {
    HttpResponse {
        status: problem.status,
        headers: Vec::new(),
        body: serde_json::to_vec(problem).unwrap(),
    }
}

fn json(value: &impl serde::Serialize) -> HttpResponse {
    ok(serde_json::to_vec(value).unwrap())
}
