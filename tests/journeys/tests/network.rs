//! A hostile network: whatever it does to a phone's requests, the phone ends at the province's state once the network is
//! good, and nothing was done twice. Schedules are random and shrink; a model says what the province must hold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod world;

use std::cell::RefCell;

use proptest::prelude::*;
use province_api::paths;
use sandbox::proxy::Fate;
use wallet::UiCode;
use wallet::screen::{CardStanding, EnrolmentState, ItemState};
use world::{Phone, SERVICE, World};

/// Schedules of a slice, and most tries to find a shorter one that fails too.
const CASES: u32 = 16;
const SHRINKS: u32 = 200;

/// Numbers that the citizen may change to.
const MOBILES: [&str; 3] = ["03001234567", "03339876543", "03451112223"];

/// What happens, one after the other.
#[derive(Clone, Debug)]
enum Act {
    /// The citizen sends the application, or goes on with it.
    Enrol,
    /// The app looks for what is new.
    Sync,
    /// The citizen shows a pass of a kind.
    Show(&'static str),
    /// Time passes: seconds.
    Wait(u64),
    /// The phone is turned off and on.
    Restart,
    /// The province grants the citizen a document, or the same anew.
    Grant,
    /// The province signs its next trust list.
    Trust,
    /// The province suspends the citizen, or lifts that.
    Suspend(bool),
    /// The citizen queues another mobile number.
    Mobile(&'static str),
}

/// An act and what the network does to its requests, one after the other; to those behind the last, nothing.
type Step = (Act, Vec<Fate>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let act = prop_oneof![
        4 => Just(Act::Enrol),
        6 => Just(Act::Sync),
        4 => prop::sample::select(vec!["age", "residence"]).prop_map(Act::Show),
        2 => prop::sample::select(vec![1, 31, 301, 90_000, 28 * 86_400]).prop_map(Act::Wait),
        1 => Just(Act::Restart),
        1 => Just(Act::Grant),
        1 => Just(Act::Trust),
        1 => any::<bool>().prop_map(Act::Suspend),
        2 => prop::sample::select(MOBILES.to_vec()).prop_map(Act::Mobile),
    ];
    // What is wrong is wrong at any place, and often at several.
    let fate = prop_oneof![1 => Just(Fate::Pass), 3 => prop::sample::select(Fate::ALL.to_vec())];
    let steps = prop::collection::vec((act, prop::collection::vec(fate, 0..8)), 1..10);
    // In every second schedule the citizen is enrolled already: few get there through such a network, and there is more to
    // go wrong behind.
    (any::<bool>(), steps).prop_map(|(enrolled, mut steps)| {
        if enrolled {
            steps.insert(0, (Act::Enrol, Vec::new()));
        }
        steps
    })
}

/// What the province must hold of this citizen, and the phone must know in the end.
#[derive(Default)]
struct Model {
    granted: bool,
    suspended: bool,
    /// Everybody who is enrolled, this citizen too.
    people: u64,
    /// The number that was queued last.
    mobile: Option<&'static str>,
    shown: usize,
    waited: u64,
    /// An answer was another one than the province gave: a batch that is no good is given up for another.
    bent: bool,
}

fn go(world: &mut World, steps: &[Step]) {
    let mut phone = Phone::new(world);
    let mut model = Model {
        people: world.people() + 1,
        ..Model::default()
    };
    for (act, fates) in steps {
        phone.network(fates);
        model.bent |= fates
            .iter()
            .any(|fate| matches!(fate, Fate::CorruptAnswer | Fate::Swap));
        match act {
            Act::Enrol => drop(phone.enrol(world)),
            Act::Sync => drop(phone.sync(world)),
            Act::Wait(seconds) => {
                world.pass(*seconds);
                model.waited += seconds;
            }
            Act::Restart => phone.restart(world),
            Act::Trust => world.next_trust_list(),
            Act::Show(kind) => model.shown += usize::from(show(world, &mut phone, kind)),
            Act::Grant => {
                // Nothing is granted to somebody who is suspended.
                if world.is_enrolled(&phone) && !model.suspended {
                    world.grant(&phone);
                    model.granted = true;
                }
            }
            Act::Suspend(suspended) => {
                if world.is_enrolled(&phone) {
                    world.suspend(&phone, *suspended);
                    model.suspended = *suspended;
                }
            }
            Act::Mobile(mobile) => {
                if phone.change_mobile(world, mobile) {
                    model.mobile = Some(mobile);
                }
            }
        }
    }
    converge(world, &mut phone, &mut model);
}

/// Passes of a kind that were never shown.
fn left(world: &World, phone: &mut Phone, kind: &str) -> u32 {
    let home = phone.wallet().home(world.now()).unwrap();
    let stock = home.passes.iter().find(|pass| pass.vct == kind);
    stock.map_or(0, |pass| pass.left)
}

/// Shows a pass and looks that it was one that was never shown, as long as there was one.
fn show(world: &World, phone: &mut Phone, kind: &str) -> bool {
    let before = left(world, phone, kind);
    match phone.wallet().show_timed(kind, None, world.now()) {
        Ok(showing) => {
            assert_eq!(
                showing.last_pass,
                before == 0,
                "a pass was used twice while others remained"
            );
            assert_eq!(left(world, phone, kind), before.saturating_sub(1));
            true
        }
        Err(error) => {
            assert_eq!(before, 0, "there was a pass, and it was not shown: {error:?}");
            false
        }
    }
}

/// The network is good from now on.
fn converge(world: &mut World, phone: &mut Phone, model: &mut Model) {
    phone.network(&[]);
    // A suspended citizen gets no passes, and the phone says so; the province lifts it in the end.
    if model.suspended && world.is_enrolled(phone) && phone.state(world) == EnrolmentState::Enrolled {
        world.pass(3600);
        assert_eq!(phone.sync(world), Err(UiCode::PersonSuspended));
        assert_eq!(
            phone.wallet().home(world.now()).unwrap().standing,
            CardStanding::Suspended
        );
    }
    if model.suspended {
        world.suspend(phone, false);
    }
    let mut said = Vec::new();
    let done = (0..4).any(|_| {
        // Whatever pause was asked for is over.
        world.pass(3600);
        let run = match phone.state(world) {
            EnrolmentState::Enrolled => phone.sync(world),
            _ => phone.enrol(world),
        };
        said.push(run.clone());
        run.is_ok() && phone.state(world) == EnrolmentState::Enrolled
    });
    assert!(done, "it does not converge: {said:?}");

    let home = phone.wallet().home(world.now()).unwrap();
    assert!(home.card.is_some());
    assert_eq!(home.standing, CardStanding::Valid);
    assert_eq!(
        home.trust_as_of,
        Some(world.trust_issued_at()),
        "the newest trust list"
    );
    assert_eq!(
        home.status_as_of,
        Some(world.status_issued_at()),
        "the newest status"
    );
    let stock: Vec<_> = home
        .passes
        .iter()
        .map(|pass| (pass.vct.as_str(), pass.left))
        .collect();
    for (kind, full) in [("age", 10), ("residence", 10), ("identity", 5), ("name-photo", 2)] {
        let (_, left) = stock.iter().find(|(vct, _)| *vct == kind).unwrap();
        // Passes that are about to end are replaced and stay until they do.
        let most = if model.waited < 20 * 86_400 {
            full
        } else {
            full * 2
        };
        assert!(left * 3 >= full && *left <= most, "{stock:?}");
    }
    assert_eq!(
        stock.iter().any(|(vct, _)| *vct == world::DOCUMENT),
        model.granted,
        "{stock:?}"
    );
    mobile_arrived(world, phone, model);

    // There is nothing more to fetch. What a sync did is news of the province that the next one brings; then there is none.
    let still = (0..3).any(|_| !phone.sync(world).unwrap().changed);
    assert!(still, "something was still to be fetched");

    // Nothing was done twice, and the phone knows of everything that was done, once.
    assert_eq!(world.people(), model.people, "one person for the phone");
    phone.every_key_carried_one_body();
    let mut noted = world.noted(phone);
    let of = |kind: &str| noted.iter().filter(|noted| *noted == kind).count();
    assert_eq!(phone.done_at(paths::PASSES), of("passes_issued"), "batches");
    // No pass dies before its 30 days, shown or not.
    if model.waited < 20 * 86_400 && !model.bent {
        let home = phone.wallet().home(world.now()).unwrap();
        for kind in ["age", "residence"] {
            let here = home.passes.iter().find(|pass| pass.vct == kind).unwrap();
            assert_eq!(
                here.total as usize,
                phone.issued(kind),
                "{kind}: what was given is here"
            );
        }
    }
    assert_eq!(
        phone.done_at(paths::MOBILE),
        of("mobile_changed"),
        "changes of the number"
    );
    let (shown, mut told) = phone.past();
    assert_eq!(shown, model.shown, "every showing is in the history, once");
    noted.sort();
    told.sort();
    assert_eq!(told, noted, "what the province did is in the history, once");
}

/// The number that was queued last is the one that the province has.
fn mobile_arrived(world: &mut World, phone: &mut Phone, model: &Model) {
    let Some(mobile) = model.mobile else {
        assert_eq!(phone.mobile(world).0, None, "nobody changed the number");
        return;
    };
    // While suspended nobody changes anything: then it waited, and went by itself.
    let (item, here) = phone.mobile(world);
    assert_eq!(item.map(|item| item.state), Some(ItemState::Confirmed));
    assert_eq!(here.as_deref(), Some(mobile));
}

#[test]
fn every_run_converges_to_the_provinces_state_once_the_network_is_good() {
    let world = RefCell::new(World::new());
    let config = ProptestConfig {
        cases: CASES,
        max_shrink_iters: SHRINKS,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    world::soak(|| {
        if !world.borrow().has_room_for(CASES + SHRINKS) {
            *world.borrow_mut() = World::new();
        }
        proptest!(config.clone(), |(steps in steps())| {
            go(&mut world.borrow_mut(), &steps);
        });
    });
}

#[test]
fn a_turned_bit_that_makes_another_word_is_seen_and_asked_for_again() {
    let mut world = World::new();
    let mut phone = Phone::new(&mut world);
    phone.network(&[]);
    phone.enrol(&world).unwrap();
    phone.word = Some("passes_issued");
    phone.network(&[Fate::CorruptAnswer]);
    phone.sync(&world).unwrap_err();
    phone.network(&[]);
    world.pass(3600);
    phone.sync(&world).unwrap();
    let (_, mut told) = phone.past();
    told.sort();
    assert_eq!(told, ["enrolled", "passes_issued"]);
}

#[test]
fn every_fate_at_every_request_of_an_enrolment_and_of_a_refill_is_overcome() {
    let mut world = World::new();
    // Here the others are the same as one of these.
    let same = [Fate::Pass, Fate::Stall, Fate::CutRequest, Fate::Truncate];
    for fate in Fate::ALL.into_iter().filter(|fate| !same.contains(fate)) {
        for place in [0, 1, 3, 4, 6] {
            let mut fates = vec![Fate::Pass; place];
            fates.push(fate);
            let show = || (Act::Show("age"), Vec::new());
            let mut steps = vec![(Act::Enrol, fates.clone())];
            steps.extend(std::iter::repeat_with(show).take(8));
            steps.push((Act::Sync, fates));
            go(&mut world, &steps);
        }
    }
}

#[test]
fn a_batch_whose_answer_was_lost_is_on_the_phone_though_its_next_try_arrived_damaged() {
    let mut world = World::new();
    // The batch is the fifth or sixth request of an enrolment, and among the first of the run that goes on with it.
    for (lost, damaged) in [(4, 0), (4, 1), (5, 0), (5, 1), (5, 2), (6, 1)] {
        let at = |place: usize, fate: Fate| {
            let mut fates = vec![Fate::Pass; place];
            fates.push(fate);
            (Act::Enrol, fates)
        };
        go(
            &mut world,
            &[at(lost, Fate::CutAnswer), at(damaged, Fate::CorruptRequest)],
        );
    }
}

/// What the phone says that a service costs, without a network.
fn fee(phone: &mut Phone) -> Option<u32> {
    let service = phone.wallet().service(SERVICE).unwrap();
    service.and_then(|service| service.fee_rupees)
}

#[test]
fn a_changed_catalogue_comes_as_a_delta_through_any_network_and_is_shown() {
    let mut world = World::new();
    let mut phone = Phone::new(&mut world);
    phone.enrol(&world).unwrap();
    assert_eq!(fee(&mut phone), None, "a first enrolment stays small");
    phone.sync(&world).unwrap();
    assert_eq!(fee(&mut phone), Some(200));
    let all = phone.wallet().services("").unwrap();
    assert_eq!(
        all.offices
            .iter()
            .map(|office| office.services.len())
            .sum::<usize>(),
        242
    );
    for (fate, rupees) in Fate::ALL.into_iter().zip(300..) {
        world.next_catalogue(rupees);
        world.pass(3_600);
        phone.asked.clear();
        // Whatever becomes of the delta, in the end the phone has what the province published.
        phone.network(&[Fate::Pass, fate]);
        let _ = phone.sync(&world);
        phone.restart(&world);
        world.pass(90_000);
        phone.sync(&world).unwrap();
        assert_eq!(fee(&mut phone), Some(rupees), "{fate:?}");
        let deltas = phone.asked.iter().any(|path| path.starts_with(paths::DELTAS));
        assert!(deltas, "{fate:?}: {:?}", phone.asked);
        let found = phone.wallet().services("ڈومیسائل").unwrap().found;
        assert_eq!(found[0].id, SERVICE);
    }
}
