//! TLS in the province's process: 1.3 and 1.2, with a certificate that is read anew without a restart.
//!
//! Connections that are open go on with the certificate that they began with; new ones get the newest good one. Files that
//! are no good change nothing, so that a half-written renewal takes nobody off the network. What the files hold is
//! compared, not when they were written: a certificate and its key are two files, and a look between the two is followed by
//! another. Rejected: a watch by the system's notices, which is silent on network file systems and for links that are
//! turned round, as certificates are renewed in.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{Error, InconsistentKeys, ServerConfig};
use zeroize::Zeroizing;

/// Most bytes of a file of PEM.
const PEM_BYTES_MAX: u64 = 256 * 1024;

/// Where a certificate and its key lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// PEM: the certificate, then those above it.
    pub certificate: PathBuf,
    /// PEM: its key.
    pub key: PathBuf,
}

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFile {
    /// The certificate.
    Certificate,
    /// The key.
    Key,
}

impl TlsFile {
    /// The setting that names it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Certificate => "tls_certificate",
            Self::Key => "tls_key",
        }
    }
}

impl fmt::Display for TlsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "the certificate's file",
            Self::Key => "the key's file",
        })
    }
}

/// Why certificate and key are not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{0} cannot be read ({1})")]
    Unreadable(TlsFile, ErrorKind),
    /// Everybody on this machine may read the key.
    #[error("everybody may read the key's file")]
    Open,
    /// A file holds no PEM of the kind that is needed.
    #[error("{0} holds none in PEM")]
    NotPem(TlsFile),
    /// The certificate is damaged, or the key of a kind that is not known.
    #[error("{0} holds one that cannot be used")]
    Unfit(TlsFile),
    /// The key is not the certificate's.
    #[error("the key is not that of the certificate")]
    OtherKey,
}

impl TlsError {
    /// The stable code for an operator.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable(..) => "tls_unreadable",
            Self::Open => "tls_key_open",
            Self::NotPem(_) => "tls_not_pem",
            Self::Unfit(_) => "tls_unfit",
            Self::OtherKey => "tls_other_key",
        }
    }

    /// Which file is to be mended.
    pub const fn file(self) -> TlsFile {
        match self {
            Self::Unreadable(file, _) | Self::NotPem(file) | Self::Unfit(file) => file,
            Self::Open | Self::OtherKey => TlsFile::Key,
        }
    }
}

impl CertificateFiles {
    /// What is wrong with the files: of each that it cannot be read, or of both that they hold no certificate and its key.
    pub fn faults(&self) -> Vec<TlsError> {
        match (self.read_certificate(), self.read_key()) {
            (Ok(certificate), Ok(key)) => {
                let loaded = Pem { certificate, key }.load();
                loaded.err().into_iter().collect()
            }
            (certificate, key) => certificate.err().into_iter().chain(key.err()).collect(),
        }
    }

    fn read_certificate(&self) -> Result<Zeroizing<Vec<u8>>, TlsError> {
        read(&self.certificate, TlsFile::Certificate)
    }

    fn read_key(&self) -> Result<Zeroizing<Vec<u8>>, TlsError> {
        only_some_may_read(&self.key)?;
        read(&self.key, TlsFile::Key)
    }

    fn read(&self) -> Result<Pem, TlsError> {
        Ok(Pem {
            certificate: self.read_certificate()?,
            key: self.read_key()?,
        })
    }
}

struct Pem {
    certificate: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
}

impl Pem {
    fn hash(&self) -> [u8; 32] {
        let length = (self.certificate.len() as u64).to_be_bytes();
        Sha256::new_with_prefix(length)
            .chain_update(&*self.certificate)
            .chain_update(&*self.key)
            .finalize()
            .into()
    }

    fn load(&self) -> Result<CertifiedKey, TlsError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or(TlsError::NotPem(TlsFile::Certificate))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsError::NotPem(TlsFile::Key))?;
        let provider = provider();
        let key = provider.key_provider.load_private_key(key);
        let pair = CertifiedKey::new(chain, key.map_err(|_| TlsError::Unfit(TlsFile::Key))?);
        match pair.keys_match() {
            Ok(()) => Ok(pair),
            Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(TlsError::OtherKey),
            Err(_) => Err(TlsError::Unfit(TlsFile::Certificate)),
        }
    }
}

/// TLS with the newest good certificate of two files.
pub struct Tls {
    files: CertificateFiles,
    config: Arc<ServerConfig>,
    current: Arc<Current>,
    /// What the files held that was looked at last, good or not.
    seen: Mutex<Option<[u8; 32]>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

/// What another look at the files found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// What was there at the last look.
    Same,
    /// A certificate that new connections get from now on.
    Taken,
}

impl Tls {
    /// Loads the certificate.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(files: CertificateFiles) -> Result<Self, TlsError> {
        let pem = files.read()?;
        let current = Arc::new(Current(RwLock::new(Arc::new(pem.load()?))));
        let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(&current) as _;
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13, &TLS12])
            // The provider has suites of both.
            .map_err(|_| TlsError::Unfit(TlsFile::Certificate))?;
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            files,
            config: Arc::new(config),
            current,
            seen: Mutex::new(Some(pem.hash())),
        })
    }

    /// Looks at the files again, and takes a certificate that is new there and good.
    ///
    /// # Errors
    /// [`TlsError`]; then nothing changed. The same bad files are an error once.
    pub fn look_again(&self) -> Result<Looked, TlsError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let pem = match self.files.read() {
            Ok(pem) => pem,
            Err(error) => {
                // Good files that come back are looked at again; bad ones are told of once.
                let first = seen.take().is_some();
                return if first { Err(error) } else { Ok(Looked::Same) };
            }
        };
        let hash = pem.hash();
        if seen.replace(hash) == Some(hash) {
            return Ok(Looked::Same);
        }
        let pair = Arc::new(pem.load()?);
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = pair;
        Ok(Looked::Taken)
    }

    /// What makes TLS of a connection.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn read(file: &Path, which: TlsFile) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let unreadable = |error: std::io::Error| TlsError::Unreadable(which, error.kind());
    let found = fs::metadata(file).map_err(unreadable)?;
    if !found.is_file() || found.len() > PEM_BYTES_MAX {
        return Err(TlsError::NotPem(which));
    }
    Ok(Zeroizing::new(fs::read(file).map_err(unreadable)?))
}

/// Refuses a key that everybody may read. Its group may: a program that renews certificates is another user.
#[cfg(unix)]
fn only_some_may_read(file: &Path) -> Result<(), TlsError> {
    let found = fs::metadata(file).map_err(|error| TlsError::Unreadable(TlsFile::Key, error.kind()))?;
    let everybody = std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o007;
    if everybody == 0 {
        Ok(())
    } else {
        Err(TlsError::Open)
    }
}

#[cfg(not(unix))]
fn only_some_may_read(_: &Path) -> Result<(), TlsError> {
    Ok(())
}
