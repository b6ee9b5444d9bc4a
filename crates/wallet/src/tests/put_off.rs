//! Errands whose tries settle nothing: they hold up nothing else, wait by themselves, and end one day.

use credential::Timestamp;
use province_api::paths;
use province_api::problem::{Problem, ProblemCode};

use super::province::{Province, ok, problem_response};
use super::{NOW, Phone, good_draft, jpeg};
use crate::screen::{Draft, Item, ItemKind, ItemState, SyncReport};
use crate::store::outbox;
use crate::sync::{HttpRequest, HttpResponse};
use crate::{Failure, Network, UiCode, UiError};

pub(super) type Answer = Result<HttpResponse, Failure>;

/// What meets a path in a run, instead of the province.
#[derive(Clone, Copy)]
pub(super) struct Trouble<'a> {
    pub(super) path: &'static str,
    pub(super) answer: &'a dyn Fn() -> Answer,
}

impl Phone {
    /// Carries a run through that was begun; says which paths were asked.
    pub(super) fn carry(
        &mut self,
        province: &mut Province,
        now: Timestamp,
        trouble: Option<Trouble<'_>>,
    ) -> (Result<SyncReport, UiError>, Vec<String>) {
        let mut asked = Vec::new();
        while let Some(request) = self.wallet.next_request(now, &mut self.rng).unwrap() {
            asked.push(request.path.clone());
            let answer = match trouble {
                Some(one) if one.path == request.path => (one.answer)(),
                _ => province.handle(&request, now),
            };
            match answer {
                Ok(response) => self.wallet.on_response(&response, now).unwrap(),
                Err(failure) => self.wallet.on_failure(failure, now).unwrap(),
            }
        }
        (self.wallet.finish_run(now), asked)
    }

    pub(super) fn sync_in(
        &mut self,
        province: &mut Province,
        now: Timestamp,
        trouble: Trouble<'_>,
    ) -> (Result<SyncReport, UiError>, Vec<String>) {
        self.wallet.start_sync(now).unwrap();
        self.carry(province, now, Some(trouble))
    }

    pub(super) fn sync_by_itself(&mut self, province: &mut Province, now: Timestamp) -> Vec<String> {
        self.wallet.start_sync_over(Network::default(), now).unwrap();
        let (ended, asked) = self.carry(province, now, None);
        ended.unwrap();
        asked
    }

    pub(super) fn errand(&self, what: ItemKind, now: Timestamp) -> Item {
        let items = self.wallet.on_its_way(now).unwrap().items;
        items.into_iter().find(|item| item.what == what).unwrap()
    }

    pub(super) fn key_of(&self, item: &Item) -> String {
        let entry = outbox::get(self.wallet.database(), i64::from(item.id.unwrap())).unwrap();
        entry.unwrap().idempotency_key
    }

    pub(super) fn mobile(&mut self, number: &str) {
        self.wallet.change_mobile(number, NOW, &mut self.rng).unwrap();
    }

    pub(super) fn lost(&mut self, person: &Draft, instead: Option<u32>, now: Timestamp) {
        self.wallet
            .report_lost((person, jpeg()), instead, now, &mut self.rng)
            .unwrap();
    }

    pub(super) fn wait(&self, now: Timestamp) -> u32 {
        let plan = self.wallet.sync_plan(now, Network::default()).unwrap();
        plan.wait_seconds.unwrap()
    }
}

fn other_person() -> Draft {
    Draft {
        cnic: "99999-7654321-3".to_owned(),
        ..good_draft()
    }
}

pub(super) fn asked(paths: &[String], path: &str) -> usize {
    paths.iter().filter(|one| *one == path).count()
}

pub(super) fn problem(code: ProblemCode) -> HttpResponse {
    problem_response(&Problem::new(code))
}

fn later(code: ProblemCode, seconds: u32) -> HttpResponse {
    problem_response(&Problem {
        retry_after: Some(seconds),
        ..Problem::new(code)
    })
}

fn bare(status: u16, body: &[u8]) -> HttpResponse {
    HttpResponse {
        status,
        headers: Vec::new(),
        body: body.to_vec(),
    }
}

#[test]
fn one_that_is_stuck_holds_up_no_other_and_no_sync() {
    let fates: [(&dyn Fn() -> Answer, UiCode, ItemState); 9] = [
        (&|| Ok(bare(500, b"<html>")), UiCode::ServerFault, ItemState::Sent),
        (
            &|| Ok(problem(ProblemCode::ServerFault)),
            UiCode::ServerFault,
            ItemState::Sent,
        ),
        (
            &|| Ok(later(ProblemCode::ServerBusy, 5)),
            UiCode::ServerFault,
            ItemState::Sent,
        ),
        (&|| Ok(bare(302, b"")), UiCode::AnswerInvalid, ItemState::Sent),
        (
            &|| Ok(ok(b"nonsense".to_vec())),
            UiCode::AnswerInvalid,
            ItemState::Sent,
        ),
        (
            &|| Err(Failure::TimedOut),
            UiCode::NetworkTimeout,
            ItemState::Sent,
        ),
        (
            &|| Err(Failure::AnswerTooLarge),
            UiCode::AnswerInvalid,
            ItemState::Sent,
        ),
        // These say that nothing was done.
        (
            &|| Ok(problem(ProblemCode::RequestMalformed)),
            UiCode::DeviceSignature,
            ItemState::Waiting,
        ),
        (
            &|| Ok(problem(ProblemCode::DeviceSignature)),
            UiCode::DeviceSignature,
            ItemState::Waiting,
        ),
    ];
    for (number, (answer, code, state)) in (1..).zip(fates) {
        let mut province = Province::new(NOW);
        let mut phone = Phone::enrolled(number, &mut province);
        phone.mobile("03001112223");
        phone.lost(&good_draft(), None, NOW);
        let trouble = Trouble {
            path: paths::MOBILE,
            answer,
        };
        let (ended, paths) = phone.sync_in(&mut province, NOW, trouble);
        assert!(ended.is_ok(), "{code:?}: the sync was done, and has not failed");
        assert_eq!(asked(&paths, paths::MOBILE), 1, "{code:?}: once in a run");
        assert_eq!(phone.errand(ItemKind::Lost, NOW).state, ItemState::Confirmed);
        assert_eq!(asked(&paths, paths::SYNC), 1);
        let stuck = phone.errand(ItemKind::Mobile, NOW);
        assert_eq!((stuck.state, stuck.attempts), (state, 1), "{code:?}");
        assert_eq!(stuck.error.as_ref().unwrap().code, code);
        let key = phone.key_of(&stuck);

        // By itself it waits; the citizen need not; the key stays the same.
        phone.restart();
        let soon = NOW.plus(6);
        assert!(phone.wait(soon) > 0);
        let paths = phone.sync_by_itself(&mut province, soon);
        assert_eq!((asked(&paths, paths::MOBILE), asked(&paths, paths::SYNC)), (0, 1));
        phone.sync(&mut province, soon).unwrap();
        let done = phone.errand(ItemKind::Mobile, soon);
        assert_eq!(done.state, ItemState::Confirmed);
        assert_eq!(phone.key_of(&done), key);
        assert_eq!(province.mobile.as_deref(), Some("03001112223"));
    }
}

#[test]
fn without_a_network_the_run_ends_and_nothing_is_an_errands_own_fault() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    phone.mobile("03001112223");
    phone.lost(&good_draft(), None, NOW);
    let trouble = Trouble {
        path: paths::MOBILE,
        answer: &|| Err(Failure::Unreachable),
    };
    for _ in 0..6 {
        let (ended, paths) = phone.sync_in(&mut province, NOW, trouble);
        assert_eq!(ended.unwrap_err().code, UiCode::NetworkDown);
        assert_eq!(paths, [paths::MOBILE]);
    }
    let waits = phone.errand(ItemKind::Mobile, NOW);
    assert_eq!(waits.error.unwrap().code, UiCode::NetworkDown);
    // The run's own wait is over: it goes at once.
    let back = NOW.plus(u64::from(phone.wait(NOW)));
    let paths = phone.sync_by_itself(&mut province, back);
    assert_eq!((asked(&paths, paths::MOBILE), asked(&paths, paths::LOST)), (1, 1));
    assert_eq!(phone.errand(ItemKind::Mobile, back).state, ItemState::Confirmed);
}

#[test]
fn its_wait_doubles_up_to_six_hours() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    phone.mobile("03001112223");
    let trouble = Trouble {
        path: paths::MOBILE,
        answer: &|| Ok(bare(500, b"")),
    };
    let mut now = NOW;
    for tries in 0..14_u32 {
        let (ended, paths) = phone.sync_in(&mut province, now, trouble);
        assert!(ended.is_ok() && asked(&paths, paths::MOBILE) == 1);
        let whole = (30_u32 << tries).min(6 * 3600);
        let wait = phone.wait(now);
        assert!(wait >= whole / 2 && wait <= whole, "{tries}: {wait}");
        now = now.plus(u64::from(wait));
    }
    assert_eq!(phone.errand(ItemKind::Mobile, now).attempts, 14);
    phone.sync_by_itself(&mut province, now);
    assert_eq!(phone.errand(ItemKind::Mobile, now).state, ItemState::Confirmed);
}

#[test]
fn what_passes_by_itself_waits_as_long_as_the_province_says_and_goes_again_under_the_same_key() {
    for (number, (what, path, code)) in (1..).zip([
        (ItemKind::Lost, paths::LOST, ProblemCode::NadraUnavailable),
        (ItemKind::Lost, paths::LOST, ProblemCode::TooManyAttempts),
        (ItemKind::Lost, paths::LOST, ProblemCode::PersonSuspended),
        (ItemKind::Mobile, paths::MOBILE, ProblemCode::TooManyAttempts),
        (ItemKind::Mobile, paths::MOBILE, ProblemCode::PersonSuspended),
    ]) {
        let mut province = Province::new(NOW);
        let mut phone = Phone::enrolled(number, &mut province);
        if what == ItemKind::Lost {
            phone.lost(&good_draft(), None, NOW);
        } else {
            phone.mobile("03001112223");
        }
        let answer = move || Ok(later(code, 3600));
        let trouble = Trouble {
            path,
            answer: &answer,
        };
        let (ended, _) = phone.sync_in(&mut province, NOW, trouble);
        assert!(ended.is_ok(), "{code:?}");
        let waits = phone.errand(what, NOW);
        let said = waits.error.clone().unwrap().code;
        assert_eq!((waits.state, said.code()), (ItemState::Waiting, code.code()));
        // Nothing of it was done, so it can be taken back; nothing has to be given up.
        assert!(waits.can_discard && !waits.can_give_up && !waits.can_mend);
        let key = phone.key_of(&waits);
        phone.restart();
        assert_eq!(phone.wait(NOW), 3600);
        // A pause that the province asked for binds the citizen, too.
        phone.sync(&mut province, NOW.plus(3599)).unwrap();
        assert_eq!(phone.errand(what, NOW).state, ItemState::Waiting, "{code:?}");
        phone.sync_by_itself(&mut province, NOW.plus(3600));
        let done = phone.errand(what, NOW.plus(3600));
        assert_eq!(done.state, ItemState::Confirmed, "{code:?}");
        assert_eq!(phone.key_of(&done), key);
    }
}

#[test]
fn what_may_have_been_done_before_is_not_taken_back_because_the_last_try_was_refused_for_now() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    phone.lost(&good_draft(), None, NOW);
    let silent = Trouble {
        path: paths::LOST,
        answer: &|| Err(Failure::TimedOut),
    };
    phone.sync_in(&mut province, NOW, silent).0.unwrap();
    let down = Trouble {
        path: paths::LOST,
        answer: &|| Ok(problem(ProblemCode::NadraUnavailable)),
    };
    phone.sync_in(&mut province, NOW, down).0.unwrap();
    let open = phone.errand(ItemKind::Lost, NOW);
    assert!(open.state == ItemState::Sent && !open.can_discard);
}

#[test]
fn what_was_sent_three_times_without_an_answer_may_be_given_up() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    phone.mobile("03001112223");
    let id = phone.errand(ItemKind::Mobile, NOW).id.unwrap();
    let refused = |phone: &mut Phone| phone.wallet.give_up_errand(id).unwrap_err().code;
    assert_eq!(refused(&mut phone), UiCode::StillUnderway, "it never left");
    let silent = Trouble {
        path: paths::MOBILE,
        answer: &|| Err(Failure::TimedOut),
    };
    for tries in 1..=3 {
        assert_eq!(refused(&mut phone), UiCode::StillUnderway);
        phone.sync_in(&mut province, NOW, silent).0.unwrap();
        let item = phone.errand(ItemKind::Mobile, NOW);
        assert_eq!((item.can_give_up, item.can_discard), (tries == 3, false));
    }
    // Its answer comes after it was given up in the middle of a run.
    phone.wallet.start_sync(NOW).unwrap();
    let request: HttpRequest = phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
    assert_eq!(request.path, paths::MOBILE);
    phone.wallet.give_up_errand(id).unwrap();
    let answer = province.handle(&request, NOW).unwrap();
    phone.wallet.on_response(&answer, NOW).unwrap();
    assert!(phone.carry(&mut province, NOW, None).0.is_ok());
    let items = phone.wallet.on_its_way(NOW).unwrap().items;
    assert!(items.iter().all(|item| item.what != ItemKind::Mobile));
    phone.wallet.give_up_errand(id).unwrap();
    // Another number is another errand.
    phone.mobile("03009998887");
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(province.mobile.as_deref(), Some("03009998887"));
}

#[test]
fn a_newer_report_takes_the_place_of_the_refused_one_and_of_one_that_waits_about_the_same_person() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::new(1);
    let lost = |phone: &Phone| -> Vec<ItemState> {
        let items = phone.wallet.on_its_way(NOW).unwrap().items;
        items.iter().map(|item| item.state).collect()
    };
    province
        .refuse
        .insert(paths::LOST, Problem::new(ProblemCode::NadraNotMatched));
    phone.lost(&good_draft(), None, NOW);
    phone.sync(&mut province, NOW).unwrap();
    let refused = phone.errand(ItemKind::Lost, NOW).id.unwrap();
    // Of others nothing is touched, and a report that is not there is none to be replaced.
    phone.lost(&other_person(), None, NOW);
    phone.lost(&good_draft(), Some(9_999), NOW);
    assert_eq!(
        lost(&phone),
        [ItemState::Refused, ItemState::Waiting, ItemState::Waiting]
    );
    let mut written_otherwise = good_draft();
    written_otherwise.cnic = "9999912345671".to_owned();
    phone.lost(&written_otherwise, Some(refused), NOW.plus(5));
    assert_eq!(lost(&phone), [ItemState::Waiting, ItemState::Waiting]);
    province.refuse.clear();
    phone.sync(&mut province, NOW.plus(10)).unwrap();
    let cnics: Vec<_> = province
        .lost
        .iter()
        .map(|(cnic, at)| (cnic.as_str(), *at))
        .collect();
    assert_eq!(
        cnics,
        [
            ("99999-7654321-3", NOW.unix()),
            ("9999912345671", NOW.plus(5).unix())
        ]
    );
    // What may have been done stays, whatever is reported after it.
    phone.lost(&good_draft(), None, NOW.plus(20));
    let silent = Trouble {
        path: paths::LOST,
        answer: &|| Err(Failure::TimedOut),
    };
    phone.sync_in(&mut province, NOW.plus(20), silent).0.unwrap();
    phone.lost(&good_draft(), None, NOW.plus(30));
    let open = lost(&phone)
        .into_iter()
        .filter(|state| *state != ItemState::Confirmed);
    assert_eq!(open.collect::<Vec<_>>(), [ItemState::Waiting, ItemState::Sent]);
}

#[test]
fn the_time_of_a_report_is_set_right_once_however_often_it_is_sent() {
    let off = 400 * credential::DAY;
    for ahead in [true, false] {
        let mut province = Province::new(NOW);
        let mut phone = Phone::new(1);
        let clock = if ahead { NOW.plus(off) } else { NOW.minus(off) };
        phone.lost(&good_draft(), None, clock);
        let down = Problem::new(ProblemCode::NadraUnavailable);
        for day in 0..4 {
            let (here, there) = (clock.plus(day * credential::DAY), NOW.plus(day * credential::DAY));
            let wrong = problem_response(&Problem {
                server_time: Some(there.unix()),
                ..Problem::new(ProblemCode::DeviceClock)
            });
            phone.wallet.start_sync(here).unwrap();
            phone.wallet.next_request(here, &mut phone.rng).unwrap().unwrap();
            phone.wallet.on_response(&wrong, here).unwrap();
            let request = phone.wallet.next_request(here, &mut phone.rng).unwrap().unwrap();
            let answer = if day == 3 {
                province.handle(&request, there).unwrap()
            } else {
                problem_response(&down)
            };
            phone.wallet.on_response(&answer, here).unwrap();
            assert!(phone.carry(&mut province, here, None).0.is_ok());
        }
        assert_eq!(
            province.lost,
            [("99999-1234567-1".to_owned(), NOW.unix())],
            "{ahead}"
        );
    }
}
