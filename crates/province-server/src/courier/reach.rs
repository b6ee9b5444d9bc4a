//! How far messages are brought: to public addresses by `https`, and to networks that the operator named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use province_api::webhook::URL_BYTES_MAX;
use reqwest::Url;

/// IPv4 networks that are nobody's in the public network, or everybody's: RFC 6890 and IANA's registry of special addresses.
const CLOSED_V4: [([u8; 4], u8); 16] = [
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // carriers' shared addresses
    ([127, 0, 0, 0], 8),     // this machine
    ([169, 254, 0, 0], 16),  // link-local; clouds' metadata
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocols
    ([192, 0, 2, 0], 24),    // documents
    ([192, 31, 196, 0], 24), // AS112
    ([192, 52, 193, 0], 24), // AMT
    ([192, 88, 99, 0], 24),  // 6to4 relays
    ([192, 168, 0, 0], 16),  // private
    ([198, 18, 0, 0], 15),   // benchmarks
    ([198, 51, 100, 0], 24), // documents
    ([203, 0, 113, 0], 24),  // documents
    ([224, 0, 0, 0], 3),     // multicast, reserved, broadcast
];

/// Where public IPv6 addresses are: everything else is closed.
const OPEN_V6: ([u16; 8], u8) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What is closed among those.
const CLOSED_V6: [([u16; 8], u8); 5] = [
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),         // protocols, Teredo among them
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),     // documents
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),         // 6to4: an IPv4 address inside
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),         // documents
];

/// How far messages are brought.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    networks: Vec<IpNet>,
    plain: bool,
}

impl Reach {
    /// To public addresses, and to these networks besides.
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self {
            networks,
            plain: false,
        }
    }

    /// The same, and to this machine by plain HTTP: for tests and demonstrations.
    #[must_use]
    pub fn with_plain_loopback(self, plain: bool) -> Self {
        Self { plain, ..self }
    }

    /// Whether this address may be connected to.
    pub fn is_open(&self, address: IpAddr) -> bool {
        // An IPv4 address that is written as one of IPv6 is what it is.
        let address = address.to_canonical();
        if address.is_multicast() || address.is_unspecified() || address == IpAddr::V4(Ipv4Addr::BROADCAST) {
            return false;
        }
        if self.networks.iter().any(|network| network.contains(&address)) {
            return true;
        }
        if self.plain && address.is_loopback() {
            return true;
        }
        match address {
            IpAddr::V4(address) => is_public_v4(address),
            IpAddr::V6(address) => is_public_v6(address),
        }
    }

    /// Reads a URL to which messages may be brought, as far as it says where that is: a name's addresses are looked at when it
    /// is connected to.
    pub fn url(&self, text: &str) -> Option<Url> {
        if text.len() > URL_BYTES_MAX {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let host = url.host_str()?;
        // Whatever spelling it came in, a number is written in the one of addresses by now.
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let is_private = match url.scheme() {
            "https" => true,
            "http" => self.plain && address.is_some_and(|address| address.to_canonical().is_loopback()),
            _ => false,
        };
        let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let is_open = address.is_none_or(|address| self.is_open(address));
        let is_short = url.as_str().len() <= URL_BYTES_MAX;
        (is_private && is_bare && is_open && is_short).then_some(url)
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in = |(network, length): &([u8; 4], u8)| {
        Ipv4Net::new((*network).into(), *length).is_ok_and(|network| network.contains(&address))
    };
    !CLOSED_V4.iter().any(is_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_in = |(network, length): &([u16; 8], u8)| {
        Ipv6Net::new((*network).into(), *length).is_ok_and(|network| network.contains(&address))
    };
    is_in(&OPEN_V6) && !CLOSED_V6.iter().any(is_in)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde::Deserialize;

    use super::*;

    /// `tests/vectors/webhook/reach.json`.
    #[derive(Deserialize)]
    struct Vectors {
        addresses: Vec<Case>,
        urls: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        what: String,
        networks: Vec<String>,
        #[serde(default)]
        plain: bool,
        open: Vec<String>,
        closed: Vec<String>,
    }

    impl Case {
        fn reach(&self) -> Reach {
            let networks = self.networks.iter().map(|text| text.parse().unwrap());
            Reach::new(networks.collect()).with_plain_loopback(self.plain)
        }
    }

    const TEXT: &str = include_str!("../../../../tests/vectors/webhook/reach.json");

    #[test]
    fn each_address_and_each_url_is_open_or_closed_as_the_table_says() {
        let vectors: Vectors = serde_json::from_str(TEXT).unwrap();
        let mut looked_at = 0;
        for case in &vectors.addresses {
            let reach = case.reach();
            for (texts, is_open) in [(&case.open, true), (&case.closed, false)] {
                for text in texts {
                    assert_eq!(
                        reach.is_open(text.parse().unwrap()),
                        is_open,
                        "{}: {text}",
                        case.what
                    );
                    looked_at += 1;
                }
            }
        }
        for case in &vectors.urls {
            let reach = case.reach();
            for (texts, is_open) in [(&case.open, true), (&case.closed, false)] {
                for text in texts {
                    assert_eq!(reach.url(text).is_some(), is_open, "{}: {text}", case.what);
                    looked_at += 1;
                }
            }
        }
        assert!(looked_at > 80, "{looked_at}");
        let long = |bytes: usize| {
            let begin = "https://crms.example/";
            format!("{begin}{}", "a".repeat(bytes - begin.len()))
        };
        assert!(Reach::default().url(&long(URL_BYTES_MAX)).is_some());
        assert!(Reach::default().url(&long(URL_BYTES_MAX + 1)).is_none());
    }
}
