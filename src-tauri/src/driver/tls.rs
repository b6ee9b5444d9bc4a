//! Real TLS servers: whom the driver believes and whom it does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use wallet::{Failure, HttpRequest, HttpResponse};

use super::Driver;

type Root = CertifiedIssuer<'static, KeyPair>;

fn root() -> Root {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server under a certificate of this root for this name, good until the end of this year. Answers one request.
async fn serve(root: &Root, name: &str, until: i32) -> SocketAddr {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 12, 31);
    let certificate = params.signed_by(&key, root).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // A client that does not believe us goes away here.
        let Ok(mut stream) = acceptor.accept(stream).await else {
            return;
        };
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nok")
            .await;
        let _ = stream.shutdown().await;
    });
    address
}

async fn ask(pinned: &[&Root], url: String) -> Result<HttpResponse, Failure> {
    let roots: Vec<Vec<u8>> = pinned.iter().map(|root| root.der().to_vec()).collect();
    let request = HttpRequest {
        method: "GET",
        url,
        path: "/v1/trust-list".into(),
        headers: Vec::new(),
        body: Vec::new(),
        response_bytes_max: 10,
        time_limit_seconds: 20,
    };
    Driver::new(&roots).unwrap().send(request).await
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test)
}

fn https(address: SocketAddr) -> String {
    format!("https://{address}/v1/trust-list")
}

#[test]
fn the_pinned_root_is_believed_and_no_other_one_is() {
    run(async {
        let (ours, others) = (root(), root());
        let answer = ask(&[&ours], https(serve(&ours, "127.0.0.1", 4000).await)).await;
        assert_eq!(answer.unwrap().body, b"ok");
        // The one that will take over is pinned beside it before it is used.
        let answer = ask(&[&others, &ours], https(serve(&ours, "127.0.0.1", 4000).await)).await;
        assert_eq!(answer.unwrap().body, b"ok");
        let answer = ask(&[&ours], https(serve(&others, "127.0.0.1", 4000).await)).await;
        assert_eq!(answer, Err(Failure::Unreachable));
        // Nothing pinned: what the platform trusts, which our own root is not of.
        let answer = ask(&[], https(serve(&ours, "127.0.0.1", 4000).await)).await;
        assert_eq!(answer, Err(Failure::Unreachable));
    });
}

#[test]
fn an_expired_certificate_and_one_of_another_name_are_refused() {
    run(async {
        let ours = root();
        let answer = ask(&[&ours], https(serve(&ours, "127.0.0.1", 2021).await)).await;
        assert_eq!(answer, Err(Failure::Unreachable), "expired");
        let answer = ask(&[&ours], https(serve(&ours, "127.0.0.2", 4000).await)).await;
        assert_eq!(answer, Err(Failure::Unreachable), "another name");
    });
}

#[test]
fn nothing_is_sent_in_the_clear_to_a_province_that_pins_roots() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = ask(&[&root()], format!("http://{address}/v1/trust-list")).await;
        assert_eq!(answer, Err(Failure::Unreachable));
    });
}

#[test]
fn a_root_that_is_no_certificate_is_no_root() {
    assert!(Driver::new(&[b"not a certificate".to_vec()]).is_err());
}
