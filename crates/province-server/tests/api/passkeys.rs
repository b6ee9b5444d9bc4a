//! An authenticator for tests: a P-256 key that answers as `WebAuthn` says, and an officer who has one.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use province_api::officers::{Begun, Invited, OfficerRole, Registered, SignedIn};
use province_api::{IDEMPOTENCY_KEY, paths};
use province_server::audit::Actor;
use province_server::bulk_admin::operator;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData as _, SigningKey as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::bench::{Bench, Reply, randomness};

/// Domain and page of the tests' passkeys.
pub const RP_ID: &str = "kp.gov.pk";
pub const ORIGIN: &str = "https://officers.kp.gov.pk";

/// Somebody was there, the authenticator knows who, and it tells a key.
const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const HAS_KEY: u8 = 0x40;

/// A passkey, and what it answers.
pub struct Authenticator {
    key: KeyPair,
    pub id: Vec<u8>,
    user: Vec<u8>,
    pub counter: AtomicU32,
    /// The page that it believes to be on.
    pub origin: &'static str,
    /// Whether it asks who is there.
    pub verifies: bool,
}

impl Authenticator {
    pub fn new() -> Self {
        Self {
            key: KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(),
            id: randomness().bytes::<16>().to_vec(),
            user: vec![7; 16],
            counter: AtomicU32::new(1),
            origin: ORIGIN,
            verifies: true,
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let challenge = &options["publicKey"]["challenge"];
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let mut data = Sha256::digest(RP_ID).to_vec();
        data.push(PRESENT | verified | more);
        data.extend(self.counter.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        data
    }

    /// The answer to a registration.
    pub fn register(&mut self, options: &Value) -> Value {
        let user = options["publicKey"]["user"]["id"].as_str().unwrap();
        self.user = URL_SAFE_NO_PAD.decode(user).unwrap();
        let client = self.client_data("webauthn.create", options);
        let mut data = self.data(HAS_KEY);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        // COSE (RFC 9053): kty EC2, alg ES256, crv P-256, x, y.
        let point = self.key.der_bytes();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend(data);
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": {
            "attestationObject": URL_SAFE_NO_PAD.encode(attestation),
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
        }, "clientExtensionResults": {} })
    }

    /// The answer to a signing in.
    pub fn assert(&self, options: &Value) -> Value {
        let client = self.client_data("webauthn.get", options);
        let data = self.data(0);
        let signed = [&data[..], &Sha256::digest(&client)].concat();
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": {
            "authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
            "signature": URL_SAFE_NO_PAD.encode(self.key.sign(&signed).unwrap()),
            "userHandle": URL_SAFE_NO_PAD.encode(&self.user),
        }, "clientExtensionResults": {} })
    }
}

/// What an officer sends.
pub fn officer_request(method: &Method, path: &str, token: &str, body: &[u8]) -> Request<Body> {
    let key = hex::encode(randomness().bytes::<16>());
    keyed((method, path), token, body, &key)
}

/// The same under this idempotency key.
pub fn keyed((method, path): (&Method, &str), token: &str, body: &[u8], key: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.header(IDEMPOTENCY_KEY, key);
    request.body(Body::from(body.to_vec())).unwrap()
}

impl Bench {
    /// What somebody sends who is nobody yet.
    pub async fn unsigned(&self, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        self.send(Request::post(path).body(Body::from(body)).unwrap())
            .await
    }

    /// An officer's request.
    pub async fn by(&self, token: &str, path: &str, body: &Value) -> Reply {
        let body = body.to_string().into_bytes();
        self.send(officer_request(&Method::POST, path, token, &body))
            .await
    }

    /// A registered officer, whom somebody invited who invited nobody else.
    pub async fn officer(&self, role: OfficerRole) -> Authenticator {
        let by = hex::encode(randomness().bytes::<8>());
        self.officer_of(&operator(&by), role).await
    }

    /// A registered officer, whom this operator invited.
    pub async fn officer_of(&self, by: &Actor, role: OfficerRole) -> Authenticator {
        let source = randomness();
        let invited = self
            .office
            .invite_officer(by, (role, "4711"), &source, self.now());
        self.registered(&invited.await.unwrap()).await
    }

    /// Whoever was invited, registered.
    pub async fn registered(&self, invited: &Invited) -> Authenticator {
        let invite = json!({ "invite": invited.code });
        let begun: Begun = self.unsigned(paths::PASSKEY_BEGIN, &invite).await.json();
        let mut passkey = Authenticator::new();
        let answer = passkey.register(&begun.options);
        let said = json!({ "ceremony": begun.ceremony, "credential": answer });
        let done: Registered = self.unsigned(paths::PASSKEY_FINISH, &said).await.json();
        assert_eq!(done.officer, invited.officer);
        passkey
    }

    /// What becomes of a signing in.
    pub async fn sign_in(&self, passkey: &Authenticator) -> Reply {
        let begun: Begun = self.unsigned(paths::SESSION_BEGIN, &Value::Null).await.json();
        let said = json!({ "ceremony": begun.ceremony, "credential": passkey.assert(&begun.options) });
        self.unsigned(paths::SESSION_FINISH, &said).await
    }

    /// A session of this officer.
    pub async fn session(&self, passkey: &Authenticator) -> String {
        self.sign_in(passkey).await.json::<SignedIn>().token
    }

    /// A session of a new officer.
    pub async fn signed_in(&self, role: OfficerRole) -> String {
        let passkey = self.officer(role).await;
        self.session(&passkey).await
    }
}
