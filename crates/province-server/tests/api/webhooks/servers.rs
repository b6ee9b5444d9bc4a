//! Several servers and several departments: nobody holds up another, nothing comes twice, nothing is lost with who dies.

use std::ffi::OsString;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::Method;
use province_api::paths;
use province_api::webhook::{WebhookReply, WebhookStanding};
use province_server::admin::Office;
use province_server::rules::telling::LEASE_SECONDS;
use sandbox::department::{Manner, PATH, Receiver};
use tokio::net::TcpListener;

use super::{Department, IMPATIENCE, PATIENCE, another, courier, forward, here, tell, telling};
use crate::applications::applied;
use crate::bench::{Phone, citizen_number};
use crate::callers::SystemCaller;
use crate::process::{Service, json, run, serve_with};

#[tokio::test]
async fn a_department_that_hangs_holds_up_no_other() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    let revenue = Department::told(&bench, 61, ("revenue", "revenue")).await;
    home.receiver.be(Manner::Hanging);
    applied(&bench, &phone, "domicile-certificate").await;
    let hanging = bench.province.tell_departments().await.unwrap();
    home.receiver.until_came(1).await;
    for number in 1..=3 {
        applied(&bench, &phone, "fard").await;
        tell(&bench.province).await;
        assert_eq!(revenue.taken().len(), number);
    }
    // It is being told once, however often it is its turn.
    assert_eq!(home.receiver.came().len(), 1);
    // A province that was told to end begins nothing more.
    bench.province.drain();
    applied(&bench, &phone, "fard").await;
    tell(&bench.province).await;
    assert_eq!(revenue.taken().len(), 3);
    assert!(hanging.iter().all(|told| !told.is_finished()));
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn of_two_servers_one_tells_and_what_it_began_when_it_died_the_other_tells_again() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    // Opened by themselves, as two processes have it.
    let office = Office::open(bench.place.clone()).await.unwrap();
    let other = bench.province_of(&office, bench.nadra.clone(), |province| {
        province.telling(courier(here(), PATIENCE))
    });
    let servers = [Arc::clone(&bench.province), other];
    let mut sent = 0;
    for _ in 0..5 {
        for _ in 0..6 {
            applied(&bench, &phone, "domicile-certificate").await;
            sent += 1;
        }
        tokio::join!(tell(&servers[0]), tell(&servers[1]));
        // Whichever came second found nothing to do, or a lease.
        tell(&servers[1]).await;
        assert_eq!(home.taken(), (1..=sent).collect::<Vec<_>>());
        assert_eq!(home.receiver.came().len() as u64, sent, "nothing came twice");
    }

    home.receiver.be(Manner::Hanging);
    applied(&bench, &phone, "domicile-certificate").await;
    let begun = servers[0].tell_departments().await.unwrap();
    let count = usize::try_from(sent).unwrap() + 1;
    home.receiver.until_came(count).await;
    begun.iter().for_each(tokio::task::JoinHandle::abort);
    home.receiver.be(Manner::Good);
    forward(&bench, LEASE_SECONDS - 1);
    tell(&servers[1]).await;
    assert_eq!(home.receiver.came().len(), count, "the lease is not over");
    forward(&bench, 1);
    tell(&servers[1]).await;
    let came = home.receiver.came();
    assert_eq!(came.len(), count + 1);
    assert_eq!(came[count - 1].id, came[count].id);
    assert_eq!(home.taken().last(), Some(&(sent + 1)));
    office.close().await;
}

#[tokio::test]
async fn a_webhook_that_is_set_anew_while_it_is_told_goes_on_at_the_new_place() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    home.receiver.be(Manner::Hanging);
    applied(&bench, &phone, "domicile-certificate").await;
    let begun = another(&bench, courier(here(), IMPATIENCE))
        .tell_departments()
        .await
        .unwrap();
    home.receiver.until_came(1).await;
    let moved = Department::new(&bench, 61, ("home-archive", "home")).await;
    home.set(&bench, &moved.url).await.json::<WebhookReply>();
    for told in begun {
        told.await.unwrap();
    }
    // What became of the old place is no matter of the new one's.
    let standing = home.standing(&bench).await;
    assert_eq!((standing.standing, standing.told), (WebhookStanding::Working, 0));
    tell(&bench.province).await;
    assert_eq!(moved.taken(), [1]);
}

/// Two processes on one database, with the machine's own clock.
#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "the program reads the machine's clock, so its caller has to"
)]
async fn two_processes_on_one_database_tell_each_change_once() {
    const CHANGES: usize = 24;
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let folder = tempfile::tempdir().unwrap();
    let (data, roots) = (folder.path().join("province"), folder.path().join("roots.json"));
    std::fs::write(&roots, sandbox::roots::root_seeds_json()).unwrap();
    let (data_text, roots_text) = (data.to_str().unwrap(), roots.to_str().unwrap());
    let home = SystemCaller::new(60);
    let key = hex::encode(home.public().as_bytes());
    let add = [
        "system", "add", "--data", data_text, "--name", "home", "--office", "home",
    ];
    tokio::task::block_in_place(|| {
        json(&run(&["init", "--data", data_text, "--roots", roots_text], ""));
        let may = ["--allow", "webhooks", "--key", &key];
        json(&run(&[&add[..], &may].concat(), ""));
    });
    let nadra = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nadra_url = format!("http://{}", nadra.local_addr().unwrap());
    let app = sandbox::nadra::router(Arc::new(sandbox::nadra::Nadra::new()));
    tokio::spawn(async move { axum::serve(nadra, app).await });
    let plain = [("KHYBER_WEBHOOK_PLAIN", OsString::from("loopback"))];
    let servers =
        tokio::task::block_in_place(|| [0, 1].map(|_| serve_with(&data, &nadra_url, Stdio::null(), &plain)));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let send = async |server: &Service, request: axum::http::Request<axum::body::Body>| {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let url = format!("{}{}", server.url(), parts.uri);
        let call = client
            .request(parts.method, url)
            .headers(parts.headers)
            .body(body);
        let reply = call.send().await.unwrap();
        assert_eq!(reply.status().as_u16(), 200);
        reply.bytes().await.unwrap()
    };

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
    let receiver = Arc::new(Receiver::new(&url, now));
    let router = receiver.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let keys = axum::http::Request::get(paths::WEBHOOK_KEY);
    let keys = send(&servers[0], keys.body(axum::body::Body::empty()).unwrap()).await;
    receiver.believe(&serde_json::from_slice(&keys).unwrap());
    let body = serde_json::json!({ "url": url }).to_string();
    let set = home.signed(&Method::POST, paths::WEBHOOK, body.as_bytes(), now());
    send(&servers[1], set).await;

    let phone = Phone::new(1);
    let form = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    let by = |path: &str, body: &[u8]| phone.signed(path, body, &phone.idempotency_key(), now());
    send(&servers[0], by(paths::ENROLMENTS, &form)).await;
    let form = crate::forms::form_of("domicile-certificate");
    let body = serde_json::json!({ "service": "domicile-certificate", "form": form }).to_string();
    for (_, server) in (0..CHANGES).zip(servers.iter().cycle()) {
        send(server, by(paths::APPLICATIONS, body.as_bytes())).await;
    }
    receiver.until_came(CHANGES).await;
    let numbers: Vec<u64> = receiver.came().iter().map(|told| told.notice.number).collect();
    assert_eq!(numbers, (1..=CHANGES as u64).collect::<Vec<_>>());
    assert_eq!(receiver.disbelieved(), []);
}
