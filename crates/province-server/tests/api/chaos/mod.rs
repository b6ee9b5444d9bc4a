//! Two servers on one PostgreSQL, under load, while one is killed, PostgreSQL goes, and the next version migrates: what
//! a phone or an operator was told is done is done, once.

mod check;
mod citizen;
mod department;
mod ledger;
mod office;
mod officers;
mod world;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use credential::{Credential, Standing as InList, StatusManifest, StatusSet, TrustList};
use province_api::paths;
use province_api::sync::{Event, Standing};
use sandbox::proxy::Dice;
use tokio::task::JoinSet;

use crate::bench::test_roots;
use crate::engine::is_sqlite;
use crate::served::now;
use check::{Held, Ledgers};
use citizen::{Citizen, Living};
use department::{Department, Known};
use ledger::{Desk, Entry, Life, bare, follows, is_of_phone};
use office::Done;
use officers::Officers;
use world::{Answer, Blow, DATABASE, World, Write};

/// Repeats what a failure printed, as far as processes can be repeated.
const SEED: &str = "KHYBER_SEED";
/// Citizens who live side by side, and one after the other in each place.
const PLACES: u32 = 6;
const AFTER: u32 = 2;
/// What each does after enrolling.
const STEPS: u64 = 10;
/// What the operator does.
const ACTS: u64 = 10;

fn seed() -> u64 {
    let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| u64::from(std::process::id()) << 32 | now().unix())
}

/// What happens, in an order that the dice say.
fn blows(dice: &mut Dice) -> Vec<Blow> {
    let mut blows = vec![
        Blow::Kill(0),
        Blow::Kill(1),
        Blow::Kill(0),
        Blow::Crash,
        Blow::Restart,
        Blow::Migrate,
    ];
    for last in (1..blows.len()).rev() {
        let with = usize::try_from(dice.below(last as u64 + 1)).unwrap();
        blows.swap(last, with);
    }
    blows
}

/// The citizens of one place, one after the other.
async fn lived(world: Arc<World>, place: u32, mut dice: Dice) -> Vec<Life> {
    let mut lives = Vec::new();
    for after in 0..AFTER {
        let number = place + after * PLACES;
        let citizen = Citizen::of(number);
        let living = Living::enrolled(Arc::clone(&world), citizen, Dice::new(dice.next())).await;
        world.enrolled(number);
        world.step();
        lives.push(living.live(STEPS).await);
    }
    lives
}

#[test]
fn two_servers_on_one_postgresql_lose_nothing_and_do_nothing_twice_whatever_dies() {
    if !is_sqlite() {
        return;
    }
    let mut seed = seed();
    crate::soak::soak(|| {
        println!("{SEED}={seed}");
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.unwrap().block_on(slice(Dice::new(seed)));
        seed = seed.wrapping_add(1);
    });
}

async fn slice(mut dice: Dice) {
    let citizens = PLACES * AFTER;
    let steps = u64::from(citizens) * (STEPS + 1);
    let world = World::new(citizens).await;
    let mut known = Known::new(Dice::new(dice.next()));
    let mut watching = Known::new(Dice::new(dice.next()));
    let department = Department::new(&world, &mut known).await;
    let mut officers = Officers::new(&world, Dice::new(dice.next())).await;
    let mut all = JoinSet::new();
    for place in 0..PLACES {
        all.spawn(lived(Arc::clone(&world), place, Dice::new(dice.next())));
    }
    let blows = blows(&mut dice);
    // A phone that fails ends all of it at once: nobody waits for what it would have done.
    let places = async {
        let mut lives = Vec::new();
        while let Some(of_place) = all.join_next().await {
            lives.extend(of_place.unwrap());
        }
        lives
    };
    let office = office::work(Arc::clone(&world), ACTS, steps, Dice::new(dice.next()));
    let (mut lives, mut done, (), (), (), listed) = tokio::join!(
        places,
        office,
        struck(&world, &blows, steps),
        department.work(&mut known, steps),
        department.watch(&mut watching, steps),
        officers.work(steps),
    );
    done.extend(listed);
    let (cut, busy) = (
        world.cut.load(Ordering::SeqCst),
        world.busy.load(Ordering::SeqCst),
    );
    println!("{cut} tries were cut, {busy} told to come again");
    assert!(cut + busy > 0, "nothing died while somebody was asking");

    // One change more, of which a server is telling the department when it dies.
    department.hangs(&mut known).await;
    let last = lives.iter_mut().find(|life| Citizen::of(life.citizen).is_alone());
    last.unwrap().apply(&world, &mut dice).await;
    department.until_told(&known).await;
    world.strike_all().await;
    department.takes_again(&mut known).await;
    department.read_on(&mut watching).await;
    assert_eq!(watching.desk.read, known.desk.read);
    officers.until_done().await;
    for life in &lives {
        let granted = life
            .sent
            .iter()
            .filter(|sent| known.desk.granted.contains(&sent.id));
        let entries = granted.map(|_| Entry::certain(office::granted()));
        done.entry(life.citizen).or_default().entries.extend(entries);
    }
    let log = Arc::clone(&world).in_thread(office::verified).await;
    assert_eq!(
        (&log["whole"], &log["waiting"]),
        (&true.into(), &0.into()),
        "{log}"
    );
    told(&world, &mut lives, (&done, &known.desk), &mut dice).await;
    department.answered_again(&mut known).await;
    officers.answered_again().await;
    // Once more: what was asked for again did nothing again.
    Arc::clone(&world).in_thread(office::verified).await;
    let ledgers = Ledgers {
        lives: &lives,
        done: &done,
        desk: &known.desk,
    };
    let held = Held::read(&world.host(), DATABASE);
    assert_eq!(held.faults(&ledgers), Vec::<String>::new());
    assert!(!world.logs().contains("the province failed"), "{}", world.logs());
    world.end_servers();
    damage_is_found(&world, &ledgers);
}

/// Lets each happen when so much more was done.
async fn struck(world: &Arc<World>, blows: &[Blow], steps: u64) {
    for (at, blow) in (1..).zip(blows) {
        world.until(steps * at / (blows.len() as u64 + 1)).await;
        println!("{blow:?}");
        world.strike(*blow).await;
        // Whatever is under way: the log is whole at any moment.
        if *blow == Blow::Crash {
            let log = Arc::clone(world).in_thread(office::verified).await;
            assert_eq!(log["whole"], true);
        }
    }
}

/// What both servers say now is what the ledgers say.
async fn told(world: &World, lives: &mut [Life], (done, desk): (&Done, &Desk), dice: &mut Dice) {
    let trust = TrustList::verify(&world.get(0, paths::TRUST_LIST).await, &test_roots(), None).unwrap();
    let manifest = world.get(1, paths::STATUS_MANIFEST).await;
    let mut status = StatusSet::new(StatusManifest::verify(&manifest, &trust, None).unwrap());
    while let Some(piece) = status.missing().first() {
        let path = format!("{}{}", paths::STATUS_PIECES, piece.name());
        status.add(piece, &world.get(0, &path).await).unwrap();
    }
    for life in lives {
        let acts = done.get(&life.citizen).cloned().unwrap_or_default();
        let standing = life.synced(world, dice).await;
        let expected = match (acts.revoked, acts.suspended) {
            (true, _) => Standing::Revoked,
            (false, true) => Standing::Suspended,
            (false, false) => Standing::Good,
        };
        assert_eq!(standing, expected, "citizen {}", life.citizen);
        let whats = life.told.iter().map(|event| bare(&event.what));
        let (applications, whats): (Vec<Event>, Vec<Event>) =
            whats.partition(|what| matches!(what, Event::ApplicationChanged { .. }));
        for sent in &life.sent {
            let went = applications.iter().filter_map(|what| match what {
                Event::ApplicationChanged {
                    application, state, ..
                } => (hex::encode(&application.0) == sent.id).then_some(state),
                _ => None,
            });
            assert!(went.eq(&desk.states(sent)), "{applications:?}");
        }
        let whats = whats.into_iter();
        let (phones, others): (Vec<Event>, Vec<Event>) = whats.partition(is_of_phone);
        assert!(follows(&life.entries, &phones), "{:?} {phones:?}", life.entries);
        assert!(follows(&acts.entries, &others), "{:?} {others:?}", acts.entries);
        for kept in &life.kept {
            if kept.path == paths::PASSES && standing != Standing::Good {
                continue;
            }
            let write = Write {
                phone: &kept.device,
                path: kept.path,
                body: &kept.body,
                key: &kept.key,
            };
            match world.ask(dice, &write, 2).await {
                Answer::Done(again) => assert_eq!(again, kept.answer, "{}", kept.path),
                refused @ Answer::Refused(..) => panic!("{}: {refused:?}", kept.path),
            }
        }
        for batch in &life.batches {
            let stands = batch.binding == life.bindings;
            for (index, pass) in (batch.first..).zip(&batch.reply.credentials) {
                let pass = Credential::parse(&pass.0).unwrap();
                pass.verify_issuer(&trust).unwrap();
                let claims = pass.unverified_claims();
                assert_eq!(claims.holder, Some(batch.device.holder(index).public().into()));
                let now = if stands { expected } else { Standing::Revoked };
                let now = match now {
                    Standing::Good => InList::Valid,
                    Standing::Suspended => InList::Suspended,
                    Standing::Revoked => InList::Revoked,
                };
                let Some(at) = &claims.status else { continue };
                assert_eq!(
                    status.standing(at),
                    Some(now),
                    "citizen {}, pass {index}",
                    life.citizen
                );
            }
        }
    }
}

/// Each of these is a write that was lost or done twice: the check has to find it.
fn damage_is_found(world: &World, ledgers: &Ledgers<'_>) {
    let host = world.host();
    for damage in [
        "DELETE FROM event WHERE (person, seq) = (SELECT person, MAX(seq) FROM event GROUP BY person LIMIT 1)",
        "INSERT INTO event (person, seq, at, kind, sealed) SELECT id, events + 1, 0, 'device_key_changed', NULL
         FROM person LIMIT 1; UPDATE person SET events = events + 1 WHERE id = (SELECT id FROM person LIMIT 1)",
        "DELETE FROM answer WHERE path = '/v1/enrolments' OR path = '/v1/mobile' OR path = '/v1/rebind'",
        "INSERT INTO status_entry (list, idx) SELECT 'id', MIN(n) FROM generate_series(0, 255) n
         WHERE n NOT IN (SELECT idx FROM status_entry WHERE list = 'id')",
        "ALTER TABLE person DISABLE TRIGGER person_moves_to_no_ended_place;
         UPDATE person SET status_index = (SELECT MAX(status_index) FROM person)",
        "INSERT INTO status_mark (list, purpose, idx, set_at)
         SELECT 'id', 'suspended', status_index, 0 FROM person ON CONFLICT DO NOTHING",
        "UPDATE person SET revoked_at = CASE WHEN revoked_at IS NULL THEN 1 END",
        "DELETE FROM audit WHERE action = 'enrolled'",
        "DELETE FROM artefact WHERE name = 'status-manifest'
         AND sequence = (SELECT MAX(sequence) FROM artefact WHERE name = 'status-manifest')",
        "DELETE FROM person_cnic WHERE person = (SELECT id FROM person LIMIT 1)",
        "DELETE FROM application_feed WHERE seq = 2",
        "UPDATE application_reader SET last = last + 1; INSERT INTO application_feed (reader, seq, at, person, id, state)
         SELECT reader, seq + 1, at, person, id, state FROM application_feed ORDER BY seq DESC LIMIT 1",
        "UPDATE application SET state = 'submitted', is_open = 1",
        "UPDATE bulk_person SET done_at = NULL WHERE person = (SELECT MAX(person::text)::bytea FROM bulk_person)",
    ] {
        host.create("damaged", Some(DATABASE)).unwrap();
        // As only whoever owns the database can: its triggers refuse most of it.
        let damage = format!("SET session_replication_role = replica; {damage}");
        host.ask("damaged", &damage).unwrap();
        let faults = Held::read(&host, "damaged").faults(ledgers);
        assert!(!faults.is_empty(), "{damage}");
        host.remove("damaged").unwrap();
    }
}
