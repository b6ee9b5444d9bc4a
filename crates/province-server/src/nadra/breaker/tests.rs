//! What the breaker lets through, second by second.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;

const T: u64 = 1_000_000;

fn citizen(number: usize) -> BlindIndex {
    BlindIndex::from_bytes([u8::try_from(number).unwrap(); 32])
}

fn fail(breaker: &Breaker, about: usize, now: u64) {
    breaker
        .enter(now)
        .unwrap()
        .ended(News::Failed, &citizen(about), now);
}

fn answer(turn: Turn<'_>, now: u64) {
    turn.ended(News::Answered, &citizen(0), now);
}

fn opened() -> Breaker {
    let breaker = Breaker::default();
    (0..FAILURES_MAX).for_each(|about| fail(&breaker, about, T));
    breaker
}

/// One that just came back.
fn returning(back: u64) -> Breaker {
    let breaker = opened();
    answer(breaker.enter(back).unwrap(), back);
    breaker
}

#[test]
fn it_opens_after_failures_in_a_row_and_not_after_as_many_with_an_answer_between() {
    let breaker = Breaker::default();
    for _ in 0..10 {
        (1..FAILURES_MAX).for_each(|about| fail(&breaker, about, T));
        answer(breaker.enter(T).unwrap(), T);
    }
    assert_eq!(breaker.standing(), (Standing::Asked, 0));
    (0..FAILURES_MAX).for_each(|about| fail(&breaker, about, T));
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
        turn.ended(News::Failed, &citizen(0), now);
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
    // The one that hung is not heard, and neither is anything else of before.
    hangs.ended(News::Failed, &citizen(0), now + TRY_SECONDS);
    assert_eq!(breaker.standing().0, Standing::Trying);
    answer(other, now + TRY_SECONDS);
    assert_eq!(breaker.standing().0, Standing::Trying);
    assert!(breaker.enter(now + TRY_SECONDS).is_ok(), "few go through again");
}

#[test]
fn who_comes_back_is_asked_by_few_at_first_then_by_everybody() {
    let back = T + OPEN_SECONDS;
    let breaker = returning(back);
    let let_through = |now: u64| {
        (0..10_000)
            .filter(|_| breaker.enter(now).map(|turn| answer(turn, now)).is_ok())
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
fn who_fails_for_several_while_coming_back_is_left_alone_again_and_for_one_not() {
    let back = T + OPEN_SECONDS;
    let breaker = returning(back);
    for second in 1..=10 {
        fail(&breaker, 7, back + second);
        assert_eq!(breaker.standing().0, Standing::Trying, "the same citizen");
    }
    (1..RETURNING_FAILURES_MAX).for_each(|about| fail(&breaker, about, back + 20));
    assert_eq!(breaker.standing().0, Standing::Away);
}

#[test]
fn one_citizen_about_whom_it_always_fails_opens_it_for_nobody_else() {
    let breaker = Breaker::default();
    for _ in 0..FAILURES_MAX * 4 {
        fail(&breaker, 1, T);
    }
    assert_eq!(breaker.standing().0, Standing::Asked);
}

#[test]
fn what_tells_nothing_of_nadra_counts_neither_way() {
    let breaker = Breaker::default();
    for about in 1..FAILURES_MAX {
        fail(&breaker, about, T);
        let turn = breaker.enter(T).unwrap();
        turn.ended(News::None, &citizen(about + 100), T);
    }
    assert_eq!(breaker.standing().0, Standing::Asked);
    fail(&breaker, 0, T);
    assert_eq!(breaker.standing().0, Standing::Away, "nothing came between");
    // A try that told nothing is made by the next.
    let now = T + OPEN_SECONDS;
    let turn = breaker.enter(now).unwrap();
    turn.ended(News::None, &citizen(0), now);
    assert_eq!(breaker.standing().0, Standing::Away);
    assert!(breaker.enter(now).is_ok());
}

#[test]
fn what_was_asked_before_it_opened_tells_nothing_after_it() {
    let breaker = Breaker::default();
    let mut before: Vec<_> = (0..20).map(|_| breaker.enter(T).unwrap()).collect();
    (0..FAILURES_MAX).for_each(|about| fail(&breaker, about, T));
    let now = T + OPEN_SECONDS;
    let probe = breaker.enter(now).unwrap();
    answer(before.pop().unwrap(), now);
    assert!(breaker.enter(now).is_err(), "one is still tried");
    answer(probe, now);
    for (about, late) in before.into_iter().enumerate() {
        late.ended(News::Failed, &citizen(about), now + 1);
    }
    assert_eq!(breaker.standing().0, Standing::Trying);
}

#[test]
fn the_queue_is_no_longer_than_an_hour() {
    let breaker = opened();
    let most = u32::try_from(OPEN_SECONDS + SPREAD_SECONDS).unwrap();
    for _ in 0..50_000 {
        assert!(breaker.enter(T).unwrap_err() <= most);
    }
}
