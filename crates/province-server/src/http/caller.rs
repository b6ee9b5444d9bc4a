//! Where a caller is, when proxies stand between: only proxies that were named are believed, and only as far as they go.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// `X-Forwarded-For`, older than [`FORWARDED`] (RFC 7239) and written by more proxies.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Most proxies in a row; who writes more into a header is not read further.
const HOPS_MAX: usize = 16;

/// The header in which proxies say for whom they ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `Forwarded` (RFC 7239).
    #[default]
    Forwarded,
    /// `X-Forwarded-For`.
    XForwardedFor,
}

impl ProxyHeader {
    /// Reads its name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "forwarded" => Some(Self::Forwarded),
            "x-forwarded-for" => Some(Self::XForwardedFor),
            _ => None,
        }
    }
}

/// The proxies whose word is taken for where a caller is, and the one header that they write. The other one is not read:
/// a proxy that does not know it passes on what a caller wrote there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<IpNet>,
    header: ProxyHeader,
}

impl Proxies {
    /// Those in these networks.
    pub const fn new(networks: Vec<IpNet>, header: ProxyHeader) -> Self {
        Self { networks, header }
    }

    /// Reads an address or a network. `None` also for the network of everybody: whom everybody is believed about could be
    /// anybody.
    pub fn network(text: &str) -> Option<IpNet> {
        let network = text.parse().ok();
        let network = network.or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)));
        network.filter(|network: &IpNet| network.prefix_len() > 0)
    }

    fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// Where the caller is who asks through `peer`: the last address in the header that is no proxy's. What a caller wrote
    /// stands before that, and is not looked at.
    pub(super) fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut caller = peer.to_canonical();
        if !self.has(caller) {
            return caller;
        }
        let name = match self.header {
            ProxyHeader::Forwarded => FORWARDED,
            ProxyHeader::XForwardedFor => X_FORWARDED_FOR,
        };
        // At every comma, quoted or not: no proxy writes one into its own part, and no quotation mark that a caller left open
        // takes that part with it. What is no text is no address either.
        let values = headers.get_all(name).iter();
        let hops = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let hops: Vec<&str> = hops
            .map(|hop| std::str::from_utf8(hop).unwrap_or_default())
            .collect();
        for hop in hops.into_iter().rev().take(HOPS_MAX) {
            // Whoever is hidden or nonsense is as far as we know at the proxy that said so.
            let Some(address) = self.address(hop) else { break };
            caller = address.to_canonical();
            if !self.has(caller) {
                break;
            }
        }
        caller
    }

    fn address(&self, hop: &str) -> Option<IpAddr> {
        let node = match self.header {
            ProxyHeader::XForwardedFor => hop,
            ProxyHeader::Forwarded => hop.split(';').find_map(|pair| {
                let (name, value) = pair.trim().split_once('=')?;
                name.eq_ignore_ascii_case("for").then_some(value)
            })?,
        };
        let node = node.trim();
        let node = node
            .strip_prefix('"')
            .and_then(|node| node.strip_suffix('"'))
            .unwrap_or(node);
        let plain = node.trim_start_matches('[').trim_end_matches(']');
        let with_port = || node.parse::<SocketAddr>().ok().map(|address| address.ip());
        plain.parse().ok().or_else(with_port)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::http::HeaderValue;

    use super::*;

    fn caller(header: ProxyHeader, peer: &str, said: &[(&str, &str)]) -> String {
        let networks = ["10.1.0.0/24", "fd00::1"].map(|text| Proxies::network(text).unwrap());
        let proxies = Proxies::new(networks.into(), header);
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        proxies.caller(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_named_proxy_is_believed_and_only_about_the_last_that_is_none() {
        use ProxyHeader::{Forwarded, XForwardedFor};

        let old = |peer, value| caller(XForwardedFor, peer, &[("x-forwarded-for", value)]);
        // Somebody who writes the header without being a proxy.
        assert_eq!(old("203.0.113.9", "198.51.100.1"), "203.0.113.9");
        assert_eq!(old("10.1.0.7", "198.51.100.1"), "198.51.100.1");
        assert_eq!(old("::ffff:10.1.0.7", "198.51.100.1"), "198.51.100.1");
        // What the caller wrote before its own address is nobody's word.
        assert_eq!(old("10.1.0.7", "192.0.2.1, 198.51.100.1"), "198.51.100.1");
        assert_eq!(
            old("10.1.0.7", "192.0.2.1, 198.51.100.1, 10.1.0.8"),
            "198.51.100.1"
        );
        assert_eq!(old("10.1.0.7", "192.0.2.1, unknown"), "10.1.0.7");
        assert_eq!(old("10.1.0.7", "198.51.100.1:4711"), "198.51.100.1");
        assert_eq!(old("10.1.0.7", ""), "10.1.0.7");
        // Nothing that the caller wrote takes the proxy's part with it.
        assert_eq!(old("10.1.0.7", "\", 198.51.100.1"), "198.51.100.1");
        // The header that these proxies do not write.
        let other = [
            ("forwarded", "for=192.0.2.1"),
            ("x-forwarded-for", "198.51.100.1"),
        ];
        assert_eq!(caller(XForwardedFor, "10.1.0.7", &other), "198.51.100.1");
        assert_eq!(caller(Forwarded, "10.1.0.7", &other), "192.0.2.1");

        let new = |value| caller(Forwarded, "fd00::1", &[("forwarded", value)]);
        assert_eq!(new("for=198.51.100.1;proto=https;by=10.1.0.7"), "198.51.100.1");
        assert_eq!(
            new("proto=https;For=\"[2001:db8::17]:4711\", for=10.1.0.9"),
            "2001:db8::17"
        );
        assert_eq!(new("for=\"[2001:db8::17]\""), "2001:db8::17");
        assert_eq!(new("for=192.0.2.1, for=_hidden"), "fd00::1");
        assert_eq!(new("for=\"192.0.2.1, for=192.0.2.2"), "192.0.2.2");
        let two = [("forwarded", "for=192.0.2.1"), ("forwarded", "for=198.51.100.1")];
        assert_eq!(caller(Forwarded, "10.1.0.7", &two), "198.51.100.1");
    }

    #[test]
    fn nobody_can_be_told_to_believe_everybody() {
        for text in ["0.0.0.0/0", "::/0", "10.1.0.0/33", "proxy.example", ""] {
            assert_eq!(Proxies::network(text), None, "{text}");
        }
        assert!(Proxies::network("10.1.0.7").is_some());
    }
}
