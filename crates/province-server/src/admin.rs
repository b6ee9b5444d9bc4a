//! What an operator does. Each is one function, so that a test does the same as the command.
//!
//! Every one works while services run: what it decides about is locked in the database, and services read what is
//! published at each request.

use std::fs;
use std::path::{Path, PathBuf};

use credential::{
    ConfigContent, CounterCertificateClaims, DAY, ISSUER, Names, ProvinceConfig, PublicKey, RootSet,
    SecretKey, StatusRef, Timestamp, Vct, issue_counter_certificate,
};
use province_api::person::Cnic;
use province_api::reason::Reason;

pub use crate::admin_error::AdminError;
use crate::audit::{Action, Actor};
use crate::keys::{KeyFileError, KeyFolder, KeyName, ProvinceKey, TokenPin};
use crate::public_roots;
pub use crate::publish_admin::{PACKAGED_TYPES, PublishedTrust, PublishedTypes};
use crate::randomness::Randomness;
use crate::rules::bundle::{self, Carried, Reach};
use crate::rules::document::{self, Form, Whose};
use crate::rules::end::{Change, Ended, Ending};
use crate::rules::{Fault, audit, publish, signing, withdraw};
use crate::store::artefact::{self, Name};
use crate::store::trusted_key;
use crate::store::{Place, Store, seal_check};

/// The public roots, beside the database: what programs of this province pin.
pub(crate) const ROOTS_FILE: &str = "roots.json";

/// How long a province configuration serves.
const CONFIG_DAYS: u64 = 5 * 365;

/// Most days of a desk's certificate: a year, and five weeks to bring the next one to the desk. There is no list of
/// withdrawn certificates, so that a phone has to fetch none: a stolen desk can name itself until this end, or until the
/// key of all certificates is withdrawn.
pub const CERTIFICATE_DAYS_MAX: u64 = 400;

/// A province's data folder, for its operator.
#[derive(Debug)]
pub struct Office {
    pub(crate) folder: PathBuf,
    pub(crate) keys: KeyFolder,
    pub(crate) store: Store,
    /// Who gives the commands, as the audit log says it.
    pub(crate) by: Actor,
}

/// What was published first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Number of the trust list; none where the roots are elsewhere and have signed none yet.
    pub sequence: Option<u64>,
    /// Number of the status manifest.
    pub epoch: u64,
}

/// What a counter certificate says of its desk.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The desk's key.
    pub key: PublicKey,
    /// Its name on the citizen's screen.
    pub name: Names,
    /// Why it asks.
    pub purpose: Names,
    /// The audience whose requests it may sign.
    pub audience: String,
    /// What it may ask for.
    pub allowed: Vec<Vct>,
    /// How long the certificate serves, [`CERTIFICATE_DAYS_MAX`] at most.
    pub days: u64,
}

/// What an operator wants where desks could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desks {
    /// Nothing is done that leaves desks without what they decide with.
    MustDecide,
    /// A leaked key has to go at once: desks say "cannot decide" until there is another.
    MayBeUndecided,
}

impl Desks {
    /// What `--regardless` says.
    pub const fn or_regardless(regardless: bool) -> Self {
        if regardless {
            Self::MayBeUndecided
        } else {
            Self::MustDecide
        }
    }
}

impl Office {
    /// The same office for an operator who said who they are.
    #[must_use]
    pub fn run_by(self, by: Actor) -> Self {
        Self { by, ..self }
    }

    /// Opens a province that was made with its keys in files: [`Self::open_with`] without a PIN.
    ///
    /// # Errors
    /// As [`Self::open_with`].
    pub async fn open(place: impl Into<Place>) -> Result<Self, AdminError> {
        Self::open_with(place, None).await
    }

    /// Opens a province that was made, and looks whether its files belong together; `pin` opens the token that holds its
    /// signing keys, if one does. Whoever opens one closes it ([`Self::close`]); what does not open is closed already.
    ///
    /// # Errors
    /// [`AdminError::NotWhole`]; [`KeyFileError::Other`] if a key is not the one of this database;
    /// [`KeyFileError::Token`].
    pub async fn open_with(place: impl Into<Place>, pin: Option<TokenPin>) -> Result<Self, AdminError> {
        let office = Self::open_unlisted(place, pin).await?;
        let listed = office.has_a_list().await;
        office.or_closed(listed).await
    }

    /// The same for a province whose roots have perhaps signed nothing yet.
    ///
    /// # Errors
    /// As [`Office::open`].
    pub async fn open_unlisted(place: impl Into<Place>, pin: Option<TokenPin>) -> Result<Self, AdminError> {
        let place = place.into();
        let keys = KeyFolder::of(place.folder(), place.identity(), pin)?;
        Self::open_by(&place, keys).await
    }

    pub(crate) async fn open_by(place: &Place, keys: KeyFolder) -> Result<Self, AdminError> {
        let office = Self {
            folder: place.folder().to_owned(),
            keys,
            store: Store::open(place).await?,
            by: Actor::OPERATOR,
        };
        let whole = office.look_over().await;
        office.or_closed(whole).await
    }

    async fn or_closed(self, found: Result<(), AdminError>) -> Result<Self, AdminError> {
        if found.is_err() {
            self.close().await;
        }
        found.map(|()| self)
    }

    /// Closes the database. A program does this before it ends: the thread that closes it otherwise may still be at it
    /// while what it needs is taken down.
    pub async fn close(&self) {
        self.store.close().await;
    }

    async fn has_a_list(&self) -> Result<(), AdminError> {
        let mut db = self.store.read().await?;
        let list = artefact::newest(&mut db, Name::TrustList).await?;
        list.map(drop).ok_or(AdminError::NotWhole("it has no trust list"))
    }

    /// Passes signed by a key that the trust list does not name are worthless, a manifest under such a key revokes
    /// nobody, and under another data key every citizen would be a new one: none of that is to begin.
    pub(crate) async fn look_over(&self) -> Result<(), AdminError> {
        let mut db = self.store.read().await?;
        if artefact::newest(&mut db, Name::TypeRegister).await?.is_none() {
            return Err(AdminError::NotWhole("it has no type register"));
        }
        let check_value = seal_check::find(&mut db).await?;
        let check_value = check_value.ok_or(AdminError::NotWhole("it has no check value of its data key"))?;
        let trusted = trusted_key::all(&mut db).await?;
        let named: Vec<[u8; 32]> = trusted.iter().map(|row| row.key).collect();
        self.keys.look_over(&named)?;
        if self.keys.data()?.opens(&check_value) {
            Ok(())
        } else {
            Err(KeyFileError::Other(KeyName::Data).into())
        }
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The keys.
    pub fn keys(&self) -> &KeyFolder {
        &self.keys
    }

    /// Where the province lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn roots(&self) -> Result<[SecretKey; 2], KeyFileError> {
        Ok([self.keys.root(0)?, self.keys.root(1)?])
    }

    /// Signs the configuration that tells programs where the province is.
    ///
    /// # Errors
    /// [`AdminError::Keys`].
    pub fn config(&self, api_url: &str, now: Timestamp) -> Result<Vec<u8>, AdminError> {
        self.config_with_roots(api_url, Vec::new(), now)
    }

    /// The same, naming the only roots of TLS chains (X.509, DER) that programs take from the province.
    ///
    /// # Errors
    /// [`AdminError::Keys`].
    pub fn config_with_roots(
        &self,
        api_url: &str,
        tls_roots: Vec<Vec<u8>>,
        now: Timestamp,
    ) -> Result<Vec<u8>, AdminError> {
        let content = ConfigContent {
            api_url: api_url.trim_end_matches('/').to_owned(),
            name: Names::new(publish::ISSUER_NAME, publish::ISSUER_NAME_UR, "خیبر پښتونخوا"),
            tls_roots,
            iat: now,
            exp: now.plus(CONFIG_DAYS * DAY),
        };
        let [first, second] = self.roots()?;
        Ok(ProvinceConfig::sign(&content, &[&first, &second]))
    }

    /// The roots that programs of this province pin.
    ///
    /// # Errors
    /// [`AdminError::Roots`].
    pub fn public_roots(&self) -> Result<RootSet, AdminError> {
        let text = fs::read_to_string(self.folder.join(ROOTS_FILE)).map_err(|_| AdminError::Roots)?;
        public_roots::read(&text).ok_or(AdminError::Roots)
    }

    /// Grants a document to an enrolled citizen.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn grant(
        &self,
        form: &Form,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        Ok(document::grant(
            &self.store,
            &self.keys.serving()?,
            form,
            now,
            randomness,
            &self.by,
        )
        .await?)
    }

    /// Withdraws a document that a citizen holds, their own or a child's.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn withdraw(
        &self,
        whose: impl Into<Whose>,
        what: (&Vct, Reason),
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let keys = self.keys.serving()?;
        Ok(withdraw::withdraw(&self.store, &keys, &whose.into(), what, now, randomness, &self.by).await?)
    }

    /// The bytes of the printed form of a document that a citizen holds, their own or a child's.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn paper(
        &self,
        whose: impl Into<Whose>,
        vct: &Vct,
        now: Timestamp,
    ) -> Result<Vec<u8>, AdminError> {
        Ok(document::paper(
            &self.store,
            &self.keys.serving()?,
            &self.by,
            (&whose.into(), vct),
            now,
        )
        .await?)
    }

    /// Revokes a citizen's passes.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn revoke(&self, cnic: &Cnic, why: Reason, now: Timestamp) -> Result<Ended, AdminError> {
        self.change(cnic, Change::Revoke(why), now).await
    }

    /// Suspends a citizen's passes until [`Self::resume`].
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn suspend(&self, cnic: &Cnic, why: Reason, now: Timestamp) -> Result<Ended, AdminError> {
        self.change(cnic, Change::Suspend(why), now).await
    }

    /// Lifts the suspension of a citizen's passes.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn resume(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.change(cnic, Change::Resume, now).await
    }

    async fn change(&self, cnic: &Cnic, what: Change, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(now, async |ending| ending.change(cnic, what, now).await)
            .await
    }

    /// Disables a citizen's wallet until another device takes the enrolment over.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn disable(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(now, async |ending| ending.disable(cnic, now).await)
            .await
    }

    /// Ends a citizen's enrolment, so that they may enrol on a new device.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn release(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(now, async |ending| ending.release(cnic, now).await)
            .await
    }

    /// Uses up a document that holds for one deed.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn consume(&self, at: &StatusRef, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(now, async |ending| ending.consume(at, now).await).await
    }

    async fn end(
        &self,
        now: Timestamp,
        what: impl AsyncFnOnce(&Ending<'_>) -> Result<Ended, Fault>,
    ) -> Result<Ended, AdminError> {
        let (data, status_key) = (self.keys.data()?, self.key_for(Vct::STATUS_MANIFEST, now).await?);
        let ending = Ending {
            store: &self.store,
            data: &data,
            by: &self.by,
            status_key: &status_key,
        };
        Ok(what(&ending).await?)
    }

    /// An update for desks without a network, after it was read as they will; `None` if changes from there are not kept.
    ///
    /// # Errors
    /// [`AdminError::NotTaken`] if no desk would take all of it, unless they may be left undecided.
    pub async fn bundle(
        &self,
        reach: Reach,
        desks: Desks,
        now: Timestamp,
    ) -> Result<Option<Carried>, AdminError> {
        let carried = bundle::carried(&self.store, &self.public_roots()?, reach, now).await?;
        match &carried {
            Some(Carried {
                not_taken: Some(why), ..
            }) if desks == Desks::MustDecide => Err(AdminError::NotTaken(*why)),
            _ => Ok(carried),
        }
    }

    /// The key that signs `vct` now.
    pub(crate) async fn key_for(&self, vct: Vct, now: Timestamp) -> Result<ProvinceKey, AdminError> {
        let mut db = self.store.read().await?;
        let public = signing::current(&mut db, vct, now).await?;
        Ok(self.keys.signing_of(&public)?)
    }

    /// Signs a counter's certificate.
    ///
    /// # Errors
    /// [`AdminError::CertificateTooLong`] beyond [`CERTIFICATE_DAYS_MAX`]; [`AdminError`].
    pub async fn counter_certificate(&self, desk: &Desk, now: Timestamp) -> Result<Vec<u8>, AdminError> {
        if desk.days > CERTIFICATE_DAYS_MAX {
            return Err(AdminError::CertificateTooLong);
        }
        let claims = CounterCertificateClaims {
            iss: ISSUER.to_owned(),
            name: desk.name.clone(),
            purpose: desk.purpose.clone(),
            audience: desk.audience.clone(),
            allowed: desk.allowed.clone(),
            holder: desk.key,
            iat: now.start_of_day(),
            exp: now.start_of_day().plus(desk.days * DAY),
        };
        let ca = self.key_for(Vct::COUNTER_CERTIFICATE, now).await?;
        let signed = issue_counter_certificate(&claims, &ca).map_err(AdminError::Certificate)?;
        let allowed: Vec<&str> = desk.allowed.iter().map(Vct::as_str).collect();
        let what = serde_json::json!({
            "desk": hex::encode(desk.key.key_id().as_bytes()),
            "audience": desk.audience,
            "allowed": allowed,
            "until": claims.exp.unix(),
            "key": hex::encode(ca.public().key_id().as_bytes()),
        });
        let mut write = self.store.write().await?;
        let action = Action::CounterCertified;
        audit::note(&mut write, &self.by, action, None, &what, now).await?;
        write.commit().await?;
        Ok(signed)
    }
}
