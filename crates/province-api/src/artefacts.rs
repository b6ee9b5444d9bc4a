//! Signed public files of the province: trust list, type register, status manifest, status lists. Raw bytes, cacheable by anyone.

/// Media type of a trust list, a type register and a status manifest (all COSE).
pub const COSE: &str = "application/cose";

/// Media type of the raw bits of a status list.
pub const BITS: &str = "application/octet-stream";

/// Largest trust list, in bytes.
pub const TRUST_LIST_BYTES_MAX: usize = 64 * 1024;

/// Largest type register, in bytes.
pub const TYPE_REGISTER_BYTES_MAX: usize = 64 * 1024;

/// Largest status manifest, in bytes.
pub const STATUS_MANIFEST_BYTES_MAX: usize = 64 * 1024;

/// Largest status list, in bytes: 40.8 million entries of one bit.
pub const STATUS_LIST_BYTES_MAX: usize = 5_200_000;

/// The one list of people's identity passes.
pub const IDENTITY_LIST: &str = "identity";

/// Entries in the list of people's identity passes.
pub const IDENTITY_LIST_ENTRIES: u32 = 131_072;
