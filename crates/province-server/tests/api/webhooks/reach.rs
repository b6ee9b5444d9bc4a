//! Where messages go and where not: redirects, closed networks behind names, certificates; and answers that never end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ipnet::IpNet;
use province_api::paths;
use province_api::webhook::{NotTaken, WebhookReply};
use province_server::courier::{Courier, Reach, SystemNames};
use province_server::nadra::NadraDesk;
use province_server::rules::telling::WAIT_SECONDS_MAX;
use province_server::tls::Tls;
use province_server::{Door, Limits};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use sandbox::department::{Manner, PATH, Receiver};
use tokio::net::TcpListener;

use super::{Department, IMPATIENCE, PATIENCE, another, courier, forward, here, numbers, tell, telling};
use crate::applications::applied;
use crate::tls::{pair, put};

#[tokio::test]
async fn an_answer_that_leads_elsewhere_comes_never_or_has_no_end_harms_nobody() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    let other = Department::new(&bench, 61, ("revenue", "revenue")).await;
    applied(&bench, &phone, "domicile-certificate").await;
    home.receiver.be(Manner::Elsewhere(other.url.clone()));
    tell(&bench.province).await;
    assert_eq!(home.standing(&bench).await.not_taken, Some(NotTaken::Redirected));
    assert_eq!(
        (other.receiver.came().len(), other.receiver.disbelieved().len()),
        (0, 0)
    );

    home.receiver.be(Manner::Hanging);
    forward(&bench, WAIT_SECONDS_MAX);
    tell(&another(&bench, courier(here(), IMPATIENCE))).await;
    assert_eq!(home.standing(&bench).await.not_taken, Some(NotTaken::TooSlow));

    // Of an answer without an end nothing is waited for.
    home.receiver.be(Manner::Endless);
    forward(&bench, WAIT_SECONDS_MAX);
    tell(&bench.province).await;
    assert_eq!(home.taken(), [1]);

    // Nobody is there: a port of this machine that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    home.set(&bench, &format!("http://{nobody}/"))
        .await
        .json::<WebhookReply>();
    applied(&bench, &phone, "domicile-certificate").await;
    tell(&bench.province).await;
    assert_eq!(home.standing(&bench).await.not_taken, Some(NotTaken::Unreachable));
}

/// A name that stands for this machine, whatever it is.
struct Rebound;

impl Resolve for Rebound {
    fn resolve(&self, _: Name) -> Resolving {
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        Box::pin(async move { Ok(Box::new([here].into_iter()) as Addrs) })
    }
}

#[tokio::test]
async fn a_name_that_stands_for_a_closed_network_leads_nowhere_and_a_certificate_must_hold() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::new(&bench, 60, ("home", "home")).await;
    let (folder, certificate) = (tempfile::tempdir().unwrap(), pair());
    let tls = Tls::new(put(folder.path(), &certificate, &certificate)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let door = Door {
        tls: Some(Arc::new(tls)),
        ..Door::plain(listener, Limits::default())
    };
    let by_number = format!("https://127.0.0.1:{port}{PATH}");
    let clock = Arc::clone(&bench.clock);
    let receiver = Arc::new(Receiver::new(&by_number, move || clock.load(Ordering::SeqCst)));
    receiver.believe(&bench.get(paths::WEBHOOK_KEY).await.json());
    tokio::spawn(province_server::serve(
        door,
        receiver.router(),
        std::future::pending(),
    ));

    // Nothing was wrong with the name when it was set.
    let by_name = format!("https://crms.example:{port}{PATH}");
    home.set(&bench, &by_name).await.json::<WebhookReply>();
    applied(&bench, &phone, "domicile-certificate").await;
    let network: IpNet = "127.0.0.0/8".parse().unwrap();
    let server = |networks: Vec<IpNet>, authorities: &[Vec<u8>]| {
        let authorities = authorities
            .iter()
            .map(|der| reqwest::Certificate::from_der(der).unwrap());
        let reach = Reach::new(networks);
        let courier = Courier::new(reach, PATIENCE, authorities.collect(), Arc::new(Rebound));
        another(&bench, courier.unwrap())
    };
    let ours = certificate.certificate.to_vec();
    for (networks, authorities, why) in [
        // The address is closed, whoever is believed.
        (vec![], vec![ours.clone()], NotTaken::AddressRefused),
        // It is open, and nobody knows whose certificate that is; or it is another name's.
        (vec![network], vec![], NotTaken::Certificate),
        (vec![network], vec![ours.clone()], NotTaken::Certificate),
    ] {
        tell(&server(networks, &authorities)).await;
        assert_eq!(home.standing(&bench).await.not_taken, Some(why));
        forward(&bench, WAIT_SECONDS_MAX);
    }
    assert_eq!((receiver.came().len(), receiver.disbelieved().len()), (0, 0));

    // By its number it is who it says. That the network was open once is no reason to go there when it is closed again.
    let nadra: Arc<dyn NadraDesk> = bench.nadra.clone();
    let open = || courier(Reach::new(vec![network]), PATIENCE);
    let bench = bench.with(nadra, |province| province.telling(open()));
    home.set(&bench, &by_number).await.json::<WebhookReply>();
    tell(&another(&bench, courier(Reach::default(), PATIENCE))).await;
    assert_eq!(
        home.standing(&bench).await.not_taken,
        Some(NotTaken::AddressRefused)
    );
    forward(&bench, WAIT_SECONDS_MAX);
    let authority = reqwest::Certificate::from_der(&certificate.certificate).unwrap();
    let believing = Courier::new(
        Reach::new(vec![network]),
        PATIENCE,
        vec![authority],
        Arc::new(SystemNames),
    );
    tell(&another(&bench, believing.unwrap())).await;
    assert_eq!(numbers(&receiver.taken()), [1]);
}
