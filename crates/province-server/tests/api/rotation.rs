//! Signing keys that change while the province serves.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use credential::{Code, Credential, DAY, KeyId, Timestamp, TrustList, Vct};
use province_api::passes::PassesReply;
use province_api::{Bytes, paths};
use province_server::admin::Desks;
use province_server::clock::Clock;
use province_server::key_admin::Standing;
use province_server::rules::passes::BATCHES_MAX;
use province_server::{AppParts, app};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::{JoinSet, spawn_blocking, yield_now};

use crate::bench::{Bench, NOW, Phone, randomness, send};
use crate::served::{Served, now};

/// The newest key that a list lets sign age passes.
fn newest(trust: &TrustList) -> KeyId {
    let keys = trust.content().keys.iter();
    let signs = keys.filter(|key| key.allowed.contains(&Vct::AGE) && key.revoked_at.is_none());
    signs.max_by_key(|key| key.nbf).unwrap().key.key_id()
}

/// The key of the list that signed this pass.
fn signer(trust: &TrustList, pass: &Bytes) -> KeyId {
    let pass = Credential::parse(&pass.0).unwrap();
    pass.issuer(trust).unwrap().key.key_id()
}

/// How many batches are drawn beside one command at most: however long it takes, phones are left that may draw.
const BESIDE: usize = 40;

/// Phones that draw one batch after another until they are told to stop.
struct Drawing {
    served: Served,
    /// One for each batch that may be drawn.
    may: Semaphore,
    drawn: AtomicUsize,
}

impl Drawing {
    /// With one phone after the other, as many batches as a phone may draw.
    async fn draw_on(self: Arc<Self>, phones: Vec<Phone>) -> Vec<(Phone, Vec<Bytes>)> {
        let mut all = Vec::new();
        for phone in phones {
            let mut passes = Vec::new();
            while passes.len() < BATCHES_MAX as usize {
                let Ok(may) = self.may.acquire().await else { break };
                may.forget();
                let drawn = self.served.drawn(&phone, passes.len() as u64, &["age"]).await;
                passes.push(drawn.expect("no request fails").credentials.remove(0));
                self.drawn.fetch_add(1, Ordering::SeqCst);
            }
            all.push((phone, passes));
        }
        all
    }

    /// Waits until some more were drawn.
    async fn some_more(&self) {
        let more = 4;
        let enough = self.drawn.load(Ordering::SeqCst) + more;
        self.may.add_permits(more);
        while self.drawn.load(Ordering::SeqCst) < enough {
            yield_now().await;
        }
    }

    /// Runs an operator's command beside the draws.
    async fn command(self: &Arc<Self>, words: &[&str]) -> serde_json::Value {
        self.may
            .add_permits(BESIDE.saturating_sub(self.may.available_permits()));
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let drawing = Arc::clone(self);
        let done = spawn_blocking(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            drawing.served.done(&words)
        });
        done.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_changes_while_phones_draw_and_no_request_fails() {
    let served = Served::new(&[], Vec::new()).await;
    let old = newest(&served.trust().await);
    let mut phones: [Vec<Phone>; 4] = Default::default();
    for citizen in 0..20 {
        let phone = served.enrolled(citizen).await;
        phones[usize::from(citizen) % 4].push(phone);
    }
    let drawing = Arc::new(Drawing {
        served,
        may: Semaphore::new(0),
        drawn: AtomicUsize::new(0),
    });
    let mut draws = JoinSet::new();
    for phones in phones {
        draws.spawn(Arc::clone(&drawing).draw_on(phones));
    }
    drawing.some_more().await;
    drawing.command(&["key", "add", "--allow", "age"]).await;
    drawing.some_more().await;
    drawing.command(&["trust"]).await;
    drawing.some_more().await;
    let tomorrow = i64::try_from(now().plus(DAY).unix()).unwrap();
    let tomorrow = jiff::Timestamp::from_second(tomorrow)
        .unwrap()
        .strftime("%Y-%m-%d");
    let (tomorrow, name) = (tomorrow.to_string(), hex::encode(old.as_bytes()));
    drawing
        .command(&["key", "retire", "--key", &name, "--from", &tomorrow])
        .await;
    drawing.command(&["trust"]).await;
    drawing.some_more().await;
    drawing.may.close();

    let served = &drawing.served;
    let trust = served.trust().await;
    let new = newest(&trust);
    assert_eq!((trust.sequence(), old == new), (3, false));
    let mut signers = Vec::new();
    while let Some(drawn) = draws.join_next().await {
        let mut in_order = Vec::new();
        for (phone, passes) in drawn.unwrap() {
            for (index, pass) in (0..).zip(&passes) {
                assert_eq!(served.verdict(&phone, index, pass).await, Code::Accepted);
                in_order.push(signer(&trust, pass));
            }
        }
        // Once the new one signs the old one signs nothing more.
        assert!(in_order.is_sorted_by_key(|key| *key == new), "{in_order:?}");
        signers.extend(in_order);
    }
    assert!(signers.contains(&old) && signers.contains(&new));
    assert!(signers.iter().all(|key| [old, new].contains(key)));
}

/// A clock that stops whoever looks at it for the time that is wanted, until they are told to go on.
struct Halting {
    looks: AtomicUsize,
    halt_at: AtomicUsize,
    here: UnboundedSender<()>,
    go: Mutex<Receiver<()>>,
}

impl Clock for Halting {
    fn now(&self) -> Timestamp {
        if self.looks.fetch_add(1, Ordering::SeqCst) == self.halt_at.load(Ordering::SeqCst) {
            self.here.send(()).unwrap();
            // Whoever is kept waiting here lets another thread look after the sockets.
            tokio::task::block_in_place(|| self.go.lock().unwrap().recv().unwrap());
        }
        Timestamp::from_unix(NOW)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_withdrawn_key_signs_nothing_wherever_a_batch_was_when_the_list_came() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let (here, mut arrived) = unbounded_channel();
    let (go, gone) = channel();
    let clock = Arc::new(Halting {
        looks: AtomicUsize::new(0),
        halt_at: AtomicUsize::new(usize::MAX),
        here,
        go: Mutex::new(gone),
    });
    let halting = Arc::clone(&clock);
    let province = app(AppParts {
        store: bench.office.store().clone(),
        keys: bench.office.keys().serving().unwrap(),
        nadra: bench.nadra.clone(),
        clock: Arc::new(move || halting.now()),
        randomness: randomness(),
    });
    // The last look is under the lock that a list waits for, when the batch is kept. Before that a list may come.
    let mut looks = None;
    let mut look = u8::MAX;
    while looks != Some(look) {
        let old = newest(&bench.trust().await);
        let challenge = bench.challenge(&phone).await;
        let wanted = serde_json::to_vec(&phone.wanted(&challenge, look.into(), &["age"])).unwrap();
        let request = phone.signed(paths::PASSES, &wanted, &phone.idempotency_key(), NOW);
        clock.looks.store(0, Ordering::SeqCst);
        clock.halt_at.store(look.into(), Ordering::SeqCst);
        let app = province.clone();
        let mut batch = tokio::spawn(async move { send(&app, request).await });
        tokio::select! {
            Some(()) = arrived.recv() => {}
            reply = &mut batch => {
                // The first one is not halted.
                assert_eq!((look, reply.unwrap().status.as_u16()), (u8::MAX, 200));
                looks = u8::try_from(clock.looks.load(Ordering::SeqCst) - 1).ok();
                look = 0;
                continue;
            }
        }
        let office = &bench.office;
        office
            .add_key(&[Vct::AGE], 30, &randomness(), bench.now())
            .await
            .unwrap();
        office
            .withdraw_key(old, bench.now(), Standing::Nothing, bench.now())
            .await
            .unwrap();
        office
            .publish_trust(Desks::MustDecide, bench.now())
            .await
            .unwrap();
        go.send(()).unwrap();
        let reply: PassesReply = batch.await.unwrap().json();
        assert_ne!(
            signer(&bench.trust().await, &reply.credentials[0]),
            old,
            "look {look}"
        );
        look += 1;
    }
    assert!(looks >= Some(3), "{looks:?}");
}
