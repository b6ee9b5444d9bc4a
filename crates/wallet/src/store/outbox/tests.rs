//! An entry from waiting to its end, one of a kind at a time, and entries of before there were states.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::TestRng;

fn new(kind: Kind) -> New {
    New {
        kind,
        body: b"{}".to_vec(),
        holder_index: None,
        application: None,
        made_at: Timestamp::from_unix(10),
    }
}

#[test]
fn an_entry_goes_from_waiting_to_its_end_and_loses_its_body_when_it_is_done() {
    let database = crate::store::in_memory();
    let mut rng = TestRng::new(1);
    let made = insert(&database, new(Kind::Mobile), &mut rng).unwrap();
    assert!(under_way(&database, Kind::Mobile).unwrap() == Some(made.clone()));
    mark_sent(&database, made.id).unwrap();
    note_unreachable(&database, made.id, UiCode::NetworkDown).unwrap();
    let tried = get(&database, made.id).unwrap().unwrap();
    assert_eq!((tried.state, tried.attempts, tried.put_off), (State::Sent, 1, 0));
    assert_eq!(tried.error.unwrap().code, UiCode::NetworkDown);
    let unclear = PutOff {
        code: UiCode::ServerFault,
        not_before: Timestamp::from_unix(70),
        retry_at: Timestamp::from_unix(75),
        damaged: false,
        undone: false,
    };
    put_off(&database, made.id, &unclear).unwrap();
    let tried = get(&database, made.id).unwrap().unwrap();
    assert_eq!((tried.state, tried.put_off, tried.damaged), (State::Sent, 1, 0));
    assert_eq!((tried.due_at(true).unix(), tried.due_at(false).unix()), (70, 75));
    confirm(&database, made.id, Timestamp::from_unix(80)).unwrap();
    let done = get(&database, made.id).unwrap().unwrap();
    assert!(done.state == State::Confirmed && done.body.is_empty() && done.error.is_none());
    assert!(under_way(&database, Kind::Mobile).unwrap().is_none());
}

#[test]
fn one_of_a_kind_is_under_way_at_a_time_but_for_lost_phones() {
    let database = crate::store::in_memory();
    let mut rng = TestRng::new(1);
    let first = insert(&database, new(Kind::Mobile), &mut rng).unwrap();
    assert!(insert(&database, new(Kind::Mobile), &mut rng).is_err());
    let no = UiError {
        code: UiCode::MobileMalformed,
        retry_after_seconds: Some(5),
        fields: Vec::new(),
    };
    refuse(&database, first.id, &no, Timestamp::from_unix(20)).unwrap();
    insert(&database, new(Kind::Mobile), &mut rng).unwrap();
    for _ in 0..2 {
        insert(&database, new(Kind::Lost), &mut rng).unwrap();
    }
    assert_eq!(all(&database).unwrap().len(), 4);
    let refused = get(&database, first.id).unwrap().unwrap();
    assert_eq!(
        (refused.body.as_slice(), refused.not_before.unix()),
        (&b"{}"[..], 25)
    );
    remove_answered(&database, Kind::Mobile).unwrap();
    assert_eq!(all(&database).unwrap().len(), 3);
}

#[test]
fn what_waited_before_there_were_states_still_waits() {
    let database = Connection::open_in_memory().unwrap();
    let migrations = crate::vault::migrations_in_order();
    for sql in migrations
        .iter()
        .filter(|(version, _)| *version < 3)
        .map(|(_, sql)| sql)
    {
        database.execute_batch(sql).unwrap();
    }
    database
        .execute(
            "INSERT INTO outbox (kind, idempotency_key, body, holder_index) VALUES ('passes', ?1, x'6162', 27)",
            ["0123456789abcdef0123456789abcdef"],
        )
        .unwrap();
    for number in [3, 9, 11] {
        let sql = migrations.iter().find(|(version, _)| *version == number).unwrap();
        database.execute_batch(&sql.1).unwrap();
    }
    let entry = under_way(&database, Kind::Passes).unwrap().unwrap();
    assert_eq!(entry.idempotency_key, "0123456789abcdef0123456789abcdef");
    assert_eq!(
        (entry.body.as_slice(), entry.holder_index),
        (&b"ab"[..], Some(27))
    );
    assert_eq!((entry.state, entry.made_at), (State::Sent, None));
}
