//! All settings on one page: what each is called, what it takes, and why there is one. docs/operations.md shows this table.

use std::fmt::Write as _;

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in the file. In the environment it is called the same in capitals, behind `KHYBER_`.
    pub key: &'static str,
    /// What it takes.
    pub takes: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What it is for.
    pub about: &'static str,
}

impl Setting {
    /// Its name in the environment.
    pub fn variable(&self) -> String {
        format!("KHYBER_{}", self.key.to_ascii_uppercase())
    }
}

macro_rules! settings {
    ($($key:literal, $takes:literal, $default:literal, $about:literal;)*) => {
        /// All of them.
        pub const SETTINGS: &[Setting] = &[$(Setting { key: $key, takes: $takes, default: $default, about: $about }),*];
    };
}

settings! {
    "data", "a folder", "needed",
        "the data folder, as `init` made it";
    "database_url_file", "a file that only its owner may read", "SQLite in the data folder",
        "holds the address of a PostgreSQL database (`postgres://..`), which may have a password in it; or give the address itself as `DATABASE_URL`";
    "database_connections", "1 to 500", "8 with SQLite, 24 with PostgreSQL",
        "most connections that this process holds to the database";
    "identity_file", "a file that only its owner may read", "`identity.txt` in the data folder",
        "the age identity that opens the sealed keys, kept apart from them: whoever copies the data folder then has none of them";
    "token_pin_file", "a file that only its owner may read", "none",
        "holds the PIN of the token with the signing keys; or give the PIN itself as `KHYBER_TOKEN_PIN`";
    "token_seconds", "1 to 30", "3",
        "longest wait for one answer of that token; when it passes, nothing is signed until the token answers again";
    "listen", "addresses with ports, such as 0.0.0.0:443", "127.0.0.1:0",
        "where to listen; port 0 takes a free one";
    "tls_certificate", "a file of PEM: the certificate, then those above it", "none",
        "with `tls_key`: TLS 1.3 and 1.2 in this process; read anew when it changes";
    "tls_key", "a file of PEM that not everybody may read", "none",
        "the certificate's key";
    "plain", "behind-proxy", "none",
        "says that plain HTTP is meant where not only this machine is served: a proxy in front does TLS";
    "proxies", "addresses and networks, such as 10.1.0.0/24", "none",
        "who is believed about where a caller is; nobody else's `Forwarded` or `X-Forwarded-For` is read";
    "proxy_header", "forwarded or x-forwarded-for", "forwarded",
        "the one header that these proxies write; the other is passed over, because a caller may have sent it";
    "connections", "16 to 1000000", "4096",
        "most connections at once; what the system's limit on open files leaves, if that is less";
    "connections_of_network", "1 to 1000000", "512",
        "once places run out: most connections of one network, an IPv4 address or 64 bits of an IPv6 address";
    "requests_of_network", "0 to 10000000; 0 for no limit", "30000",
        "most requests of one network in a minute, over all servers; one that proves nothing counts for ten";
    "requests_of_device", "0 to 100000; 0 for no limit", "300",
        "most signed requests of one wallet in a minute";
    "requests_of_counter", "0 to 1000000; 0 for no limit", "1200",
        "most signed requests of one counter in a minute";
    "requests_of_system", "0 to 10000000; 0 for no limit", "6000",
        "most signed requests of one key of a system in a minute";
    "codes_of_network", "0 to 100000; 0 for no limit", "60",
        "most codes to SIMs that are sent for one network in a minute";
    "requests_of_officer", "0 to 100000; 0 for no limit", "600",
        "most requests of one officer in a minute";
    "head_seconds", "1 to 60", "10",
        "longest time for a TLS handshake, and for the head of a request";
    "ending_seconds", "1 to 300", "5",
        "longest time for answers that are under way when the service ends";
    "drain_seconds", "0 to 300", "0",
        "for so long, before it ends, the service says at `/readyz` that it will, and serves on; as a balancer in front needs to notice";
    "metrics_listen", "an address with a port, of a network that only operators reach", "none",
        "where `/metrics` is served, with `/healthz` and `/readyz`";
    "nadra_url", "https://.., or http:// on this machine; no user, no password", "needed",
        "address of NADRA";
    "nadra_token_file", "a file that only its owner may read", "none",
        "holds what the province proves itself to NADRA with; or give it as `NADRA_TOKEN`";
    "nadra_seconds", "1 to 15", "5",
        "longest wait for NADRA's answer";
    "sim_codes", "needed or off", "needed",
        "whether who enrols with a phone proves by a code to have the SIM that is registered to their CNIC; `off` while NADRA's side sends none";
    "audit_years", "10 to 100", "10",
        "how long entries of the audit log are kept";
    "officers_rp_id", "a domain, such as kp.gov.pk", "none",
        "with `officers_origin`: the domain of officers' passkeys. It is never changed afterwards: every passkey is bound to it";
    "officers_origin", "https://.. of that domain, without a path; or http://localhost", "none",
        "the web page at which officers sign in; without it there are no officers' routes";
    "webhook_networks", "networks, such as 10.20.0.0/16", "none",
        "the government's own networks to which departments' webhooks may go; else they go to public addresses alone";
    "webhook_authorities", "a file of PEM: certificates", "none",
        "authorities that are believed about departments' receivers besides the machine's own";
    "webhook_plain", "loopback", "none",
        "for tests and demonstrations: webhooks may go to this machine, in plain HTTP";
    "log_format", "text or json", "text",
        "how lines of the log look; `RUST_LOG` says how many there are, such as `info,sqlx=warn`";
}

/// The setting with this key.
pub(super) fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// All settings as a table of Markdown.
pub fn table() -> String {
    let mut text =
        "| key | in the environment | takes | without it | what it is for |\n|---|---|---|---|---|\n"
            .to_owned();
    for setting in SETTINGS {
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {} | {} |",
            setting.key,
            setting.variable(),
            setting.takes,
            setting.default,
            setting.about
        );
    }
    text
}
