//! Public files of the province: trust list, type register, catalogue, status manifest, status lists. Raw bytes, cacheable by anyone.

/// Media type of a trust list, a type register, a catalogue and a status manifest (all COSE).
pub const COSE: &str = "application/cose";

/// Media type of a table or a shard of a status list.
pub const BITS: &str = "application/octet-stream";

/// Media type of the changes between two epochs.
pub const CBOR: &str = "application/cbor";

/// Media type of a Status List Token.
pub const STATUS_LIST_TOKEN: &str = "application/statuslist+cwt";

/// Largest trust list, in bytes.
pub const TRUST_LIST_BYTES_MAX: usize = 64 * 1024;

/// Largest type register, in bytes.
pub const TYPE_REGISTER_BYTES_MAX: usize = 64 * 1024;

/// Largest risk rules, in bytes.
pub const RISK_RULES_BYTES_MAX: usize = 64 * 1024;

/// Largest catalogue of services, in bytes.
pub const CATALOGUE_BYTES_MAX: usize = credential::CATALOGUE_BYTES_MAX;

/// Largest status manifest, in bytes.
pub const STATUS_MANIFEST_BYTES_MAX: usize = 64 * 1024;

/// The list of people: a person's identity passes share one index in it. The name is in every pass, so it is short.
pub const IDENTITY_LIST: &str = "id";

/// The list of e-stamps, each of which holds for one deed.
pub const ESTAMP_LIST: &str = "stamp";
