//! What the breaker lets through, second by second.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;

const T: u64 = 1_000_000;

fn fail(breaker: &Breaker, now: u64) {
    breaker.enter(now).unwrap().ended(false, now);
}

fn opened() -> Breaker {
    let breaker = Breaker::default();
    (0..FAILURES_MAX).for_each(|_| fail(&breaker, T));
    breaker
}

#[test]
fn it_opens_after_failures_in_a_row_and_not_after_as_many_with_an_answer_between() {
    let breaker = Breaker::default();
    for _ in 0..10 {
        (1..FAILURES_MAX).for_each(|_| fail(&breaker, T));
        breaker.enter(T).unwrap().ended(true, T);
    }
    assert_eq!(breaker.standing(), (Standing::Asked, 0));
    (0..FAILURES_MAX).for_each(|_| fail(&breaker, T));
    assert_eq!(breaker.standing(), (Standing::Away, 0));
    assert_eq!(
        breaker.enter(T).unwrap_err(),
        u32::try_from(OPEN_SECONDS).unwrap()
    );
    assert_eq!(breaker.standing(), (Standing::Away, 1));
}

#[test]
fn no_more_callers_are_told_one_second_than_are_let_through_in_it() {
    let breaker = opened();
    let mut told: BTreeMap<u32, u32> = BTreeMap::new();
    for _ in 0..200 {
        *told.entry(breaker.enter(T).unwrap_err()).or_default() += 1;
    }
    assert_eq!(told.len(), 40);
    assert!(told.values().all(|count| *count == FIRST_PER_SECOND));
    assert_eq!(*told.keys().next().unwrap(), 15);
}

#[test]
fn one_try_is_made_and_each_that_fails_doubles_the_wait() {
    let breaker = opened();
    let (mut now, mut wait) = (T, OPEN_SECONDS);
    for _ in 0..8 {
        assert!(breaker.enter(now + wait - 1).is_err());
        now += wait;
        let turn = breaker.enter(now).unwrap();
        assert!(breaker.enter(now).is_err(), "one at a time");
        assert_eq!(breaker.standing().0, Standing::Trying);
        turn.ended(false, now);
        wait = (wait * 2).min(OPEN_SECONDS_MAX);
    }
    assert_eq!(wait, OPEN_SECONDS_MAX);
}

#[test]
fn a_try_that_was_dropped_or_hangs_is_made_by_another() {
    let breaker = opened();
    let now = T + OPEN_SECONDS;
    drop(breaker.enter(now).unwrap());
    let hangs = breaker.enter(now).unwrap();
    assert!(breaker.enter(now + TRY_SECONDS - 1).is_err());
    let other = breaker.enter(now + TRY_SECONDS).unwrap();
    other.ended(true, now + TRY_SECONDS);
    hangs.ended(true, now + TRY_SECONDS);
    assert_eq!(breaker.standing().0, Standing::Trying);
}

#[test]
fn who_comes_back_is_asked_by_few_at_first_then_by_everybody() {
    let breaker = opened();
    let back = T + OPEN_SECONDS;
    breaker.enter(back).unwrap().ended(true, back);
    let let_through = |now: u64| {
        (0..10_000)
            .filter(|_| breaker.enter(now).map(|turn| turn.ended(true, now)).is_ok())
            .count()
    };
    let first = usize::try_from(FIRST_PER_SECOND).unwrap();
    assert_eq!(let_through(back), first - 1, "the try was one of them");
    assert_eq!(let_through(back + 1), first);
    assert_eq!(let_through(back + STEP_SECONDS), 2 * first);
    assert_eq!(let_through(back + 6 * STEP_SECONDS), 64 * first);
    assert_eq!(let_through(back + 7 * STEP_SECONDS), 10_000);
    assert_eq!(breaker.standing().0, Standing::Asked);
}

#[test]
fn who_fails_while_coming_back_is_left_alone_again() {
    let breaker = opened();
    let back = T + OPEN_SECONDS;
    breaker.enter(back).unwrap().ended(true, back);
    fail(&breaker, back + 1);
    assert_eq!(breaker.standing().0, Standing::Away);
}

#[test]
fn the_queue_is_no_longer_than_an_hour() {
    let breaker = opened();
    let most = u32::try_from(OPEN_SECONDS + SPREAD_SECONDS).unwrap();
    for _ in 0..50_000 {
        assert!(breaker.enter(T).unwrap_err() <= most);
    }
}
