//! The province configuration: where a program finds the province, signed by 2 of 3 roots.

use crate::cbor::{Malformed, Reader, Writer};
use crate::code::codes;
use crate::cose::{self, Sign, from_cose, typ};
use crate::keys::SecretKey;
use crate::names::Names;
use crate::roots::{RootKind, RootSet};
use crate::time::Timestamp;
use crate::trust::is_name;

/// Longest configuration, in bytes.
pub const CONFIG_BYTES_MAX: usize = 4 * 1024;

/// Longest address, in bytes.
pub const API_URL_BYTES_MAX: usize = 256;

/// Most TLS roots that a configuration names.
pub const TLS_ROOTS_MAX: usize = 4;

/// Longest TLS root, in bytes.
pub const TLS_ROOT_BYTES_MAX: usize = 1024;

codes! {
    /// Why a province configuration is not taken.
    ConfigError {
        /// Larger than any real one.
        TooLarge = "config_too_large",
        /// Not the strict form.
        Malformed = "config_malformed",
        /// Signed with an algorithm that is not taken.
        Algorithm = "config_algorithm",
        /// A signed header that the format does not have.
        UnknownHeader = "config_unknown_header",
        /// Another kind of signed data.
        OtherKind = "config_other_kind",
        /// Fewer than two different roots signed it.
        TooFewSignatures = "config_too_few_signatures",
        /// It holds no longer.
        Expired = "config_expired",
        /// The address is not `http://` or `https://`, or names TLS roots and is not `https://`.
        BadAddress = "config_bad_address",
    }
}

from_cose!(ConfigError);

/// What a province configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigContent {
    /// Where the province's API is.
    pub api_url: String,
    /// The province's name.
    pub name: Names,
    /// X.509 certificates in DER. When there are any, a program talks to the province over TLS chains that end in one of
    /// these and in no other. None: what the device trusts.
    pub tls_roots: Vec<Vec<u8>>,
    /// When it was signed.
    pub iat: Timestamp,
    /// From when it holds no longer.
    pub exp: Timestamp,
}

/// A province configuration that the roots signed. Only [`ProvinceConfig::verify`] makes one.
#[derive(Debug, Clone)]
pub struct ProvinceConfig {
    content: ConfigContent,
    kind: RootKind,
}

impl ProvinceConfig {
    /// Signs a configuration with roots.
    pub fn sign(content: &ConfigContent, roots: &[&SecretKey]) -> Vec<u8> {
        let mut w = Writer::new();
        w.map(4 + usize::from(!content.tls_roots.is_empty()));
        w.int(1).uint(content.iat.unix());
        w.int(2).uint(content.exp.unix());
        w.int(3).text(&content.api_url);
        w.int(4).array(3);
        w.text(&content.name.en)
            .text(&content.name.ur)
            .text(&content.name.ps);
        if !content.tls_roots.is_empty() {
            w.int(5).array(content.tls_roots.len());
            for root in &content.tls_roots {
                w.bytes(root);
            }
        }
        cose::sign(typ::PROVINCE_CONFIG, &w.finish(), roots)
    }

    /// Reads a configuration and checks that 2 of the 3 roots signed it and that it holds.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn verify(bytes: &[u8], roots: &RootSet, now: Timestamp) -> Result<Self, ConfigError> {
        if bytes.len() > CONFIG_BYTES_MAX {
            return Err(ConfigError::TooLarge);
        }
        let message = Sign::parse(bytes, typ::PROVINCE_CONFIG)?;
        if !roots.have_signed(&message) {
            return Err(ConfigError::TooFewSignatures);
        }
        let content = ConfigContent::decode(message.payload)?;
        let schemes: &[&str] = if content.tls_roots.is_empty() {
            &["http://", "https://"]
        } else {
            &["https://"]
        };
        let there = schemes.iter().any(|scheme| content.api_url.starts_with(scheme));
        if !there || content.api_url.len() > API_URL_BYTES_MAX {
            return Err(ConfigError::BadAddress);
        }
        if now >= content.exp {
            return Err(ConfigError::Expired);
        }
        Ok(Self {
            content,
            kind: roots.kind(),
        })
    }

    /// Where the province's API is.
    pub fn api_url(&self) -> &str {
        &self.content.api_url
    }

    /// The province's name.
    pub const fn name(&self) -> &Names {
        &self.content.name
    }

    /// The only roots of TLS chains that are taken from the province, X.509 in DER; none: what the device trusts.
    pub fn tls_roots(&self) -> &[Vec<u8>] {
        &self.content.tls_roots
    }

    /// Whose roots signed it.
    pub const fn kind(&self) -> RootKind {
        self.kind
    }

    /// When it was signed.
    pub const fn issued_at(&self) -> Timestamp {
        self.content.iat
    }

    /// From when it holds no longer.
    pub const fn expires(&self) -> Timestamp {
        self.content.exp
    }
}

impl ConfigContent {
    fn decode(bytes: &[u8]) -> Result<Self, ConfigError> {
        let mut r = Reader::open(bytes)?;
        let members = r.map()?;
        if !(4..=5).contains(&members) {
            return Err(ConfigError::Malformed);
        }
        let key = |r: &mut Reader<'_>, want: i64| if r.int()? == want { Ok(()) } else { Err(Malformed) };
        key(&mut r, 1)?;
        let iat = Timestamp::from_unix(r.uint()?);
        key(&mut r, 2)?;
        let exp = Timestamp::from_unix(r.uint()?);
        key(&mut r, 3)?;
        let api_url = r.text()?.to_owned();
        key(&mut r, 4)?;
        r.array_of(3)?;
        let name = Names::new(r.text()?, r.text()?, r.text()?);
        if !is_name(&name.en) {
            return Err(ConfigError::Malformed);
        }
        let mut tls_roots = Vec::new();
        if members == 5 {
            key(&mut r, 5)?;
            let count = r.array()?;
            if !(1..=TLS_ROOTS_MAX as u64).contains(&count) {
                return Err(ConfigError::Malformed);
            }
            for _ in 0..count {
                let root = r.bytes()?;
                if root.is_empty() || root.len() > TLS_ROOT_BYTES_MAX {
                    return Err(ConfigError::Malformed);
                }
                tls_roots.push(root.to_vec());
            }
        }
        Ok(Self {
            api_url,
            name,
            tls_roots,
            iat,
            exp,
        })
    }
}
