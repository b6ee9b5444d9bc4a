//! TLS in the process, over real sockets: which versions, and a certificate that is renewed while it serves.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use province_server::tls::{CertificateFiles, Looked, Tls, TlsError};
use province_server::{Door, Limits, serve};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion};

/// A certificate with its key, of its own authority.
pub struct Pair {
    pub certificate: CertificateDer<'static>,
    certificate_pem: String,
    key_pem: String,
}

pub fn pair() -> Pair {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    Pair {
        certificate: made.cert.der().clone(),
        certificate_pem: pem("CERTIFICATE", made.cert.der()),
        key_pem: pem("PRIVATE KEY", &made.signing_key.serialize_der()),
    }
}

fn pem(kind: &str, bytes: &[u8]) -> String {
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        STANDARD.encode(bytes)
    )
}

/// Puts both files there, as a program that renews certificates does.
pub fn put(folder: &Path, certificate: &Pair, key: &Pair) -> CertificateFiles {
    use std::os::unix::fs::PermissionsExt as _;

    let files = CertificateFiles {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    };
    fs::write(&files.certificate, &certificate.certificate_pem).unwrap();
    fs::write(&files.key, &key.key_pem).unwrap();
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o640)).unwrap();
    files
}

/// A connection to whoever has this certificate, and to nobody else.
pub async fn connect(
    address: SocketAddr,
    trusted: &Pair,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.certificate.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Asks once, and leaves the connection open.
async fn ask(stream: &mut TlsStream<TcpStream>) {
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"served") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
    }
}

async fn start(tls: &Arc<Tls>, limits: Limits) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = Door {
        tls: Some(Arc::clone(tls)),
        ..Door::plain(listener, limits)
    };
    let router = Router::new().route("/", get(async || "served"));
    tokio::spawn(serve(door, router, std::future::pending()));
    address
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn a_renewed_certificate_is_for_new_connections_and_a_broken_one_for_nobody() {
    let (folder, old, new) = (folder(), pair(), pair());
    let tls = Arc::new(Tls::new(put(folder.path(), &old, &old)).unwrap());
    let address = start(&tls, Limits::default()).await;
    let mut open = connect(address, &old, &TLS13).await.unwrap();
    ask(&mut open).await;
    assert_eq!(tls.look_again(), Ok(Looked::Same));

    // A look between the two files of a renewal, and other files that are no good: each is told of once.
    let files = put(folder.path(), &new, &old);
    let mut bad = vec![TlsError::OtherKey];
    assert_eq!(tls.look_again(), Err(TlsError::OtherKey));
    assert_eq!(tls.look_again(), Ok(Looked::Same));
    fs::write(&files.certificate, "-----BEGIN CERTIFICATE-----\nMIIB").unwrap();
    bad.push(tls.look_again().unwrap_err());
    fs::remove_file(&files.certificate).unwrap();
    bad.push(tls.look_again().unwrap_err());
    assert_eq!(tls.look_again(), Ok(Looked::Same));
    assert_eq!(
        bad.into_iter().map(TlsError::code).collect::<Vec<_>>(),
        ["tls_other_key", "tls_not_pem", "tls_unreadable"]
    );
    ask(&mut connect(address, &old, &TLS13).await.unwrap()).await;

    put(folder.path(), &new, &new);
    assert_eq!(tls.look_again(), Ok(Looked::Taken));
    ask(&mut connect(address, &new, &TLS13).await.unwrap()).await;
    assert!(connect(address, &old, &TLS13).await.is_err());
    ask(&mut open).await;
}

#[tokio::test]
async fn it_speaks_1_3_and_1_2() {
    let (folder, pair) = (folder(), pair());
    let tls = Arc::new(Tls::new(put(folder.path(), &pair, &pair)).unwrap());
    let address = start(&tls, Limits::default()).await;
    for (version, expected) in [
        (&TLS13, ProtocolVersion::TLSv1_3),
        (&TLS12, ProtocolVersion::TLSv1_2),
    ] {
        let mut stream = connect(address, &pair, version).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(expected));
        ask(&mut stream).await;
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_come_ends_and_gives_its_place_up() {
    let (folder, pair) = (folder(), pair());
    let tls = Arc::new(Tls::new(put(folder.path(), &pair, &pair)).unwrap());
    let limits = Limits {
        head: Duration::from_millis(200),
        ..Limits::default()
    };
    let address = start(&tls, limits).await;
    for begun in [
        &b""[..],
        &[0x16, 0x03, 0x01, 0x02],
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let mut silent = TcpStream::connect(address).await.unwrap();
        silent.write_all(begun).await.unwrap();
        let mut answer = Vec::new();
        let _ = silent.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP"));
    }
    // With one place only, whoever does not go on gives it to the next.
    let limits = Limits {
        connections: 1,
        head: Duration::from_mins(10),
        ..Limits::default()
    };
    let address = start(&tls, limits).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    ask(&mut connect(address, &pair, &TLS13).await.unwrap()).await;
    assert!(matches!(silent.read(&mut [0]).await, Ok(0) | Err(_)));
}

#[test]
fn a_key_that_everybody_may_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, pair) = (folder(), pair());
    let files = put(folder.path(), &pair, &pair);
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(files.faults(), [TlsError::Open]);
}
