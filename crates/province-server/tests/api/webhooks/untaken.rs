//! What a department does not take: tried again, given up after a day, asked for once more; and a receiver that is gone.

use std::sync::Arc;

use credential::DAY;
use province_api::paths;
use province_api::webhook::{NotTaken, RedeliverReply, WebhookEnded, WebhookReply, WebhookStanding};
use province_server::rules::telling::{GIVE_UP_SECONDS, WAIT_SECONDS, WAIT_SECONDS_MAX};
use province_server::rules::webhooks::DEAD_LETTER_DAYS;
use sandbox::department::Manner;
use serde_json::{Value, json};

use super::{Department, forward, numbers, tell, telling};
use crate::applications::applied;
use crate::bench::kept;

#[tokio::test]
async fn what_is_not_taken_comes_again_later_each_time_and_before_what_is_behind_it() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    for _ in 0..3 {
        applied(&bench, &phone, "domicile-certificate").await;
    }
    home.receiver.be(Manner::Status(500));
    let begun = bench.now().unix();
    let mut waits = Vec::new();
    for attempt in 1..=12 {
        tell(&bench.province).await;
        assert_eq!(home.receiver.came().len(), attempt);
        let standing = home.standing(&bench).await;
        assert_eq!(standing.standing, WebhookStanding::Failing);
        assert_eq!((standing.failing_since, standing.told), (Some(begun), 0));
        assert_eq!(standing.not_taken, Some(NotTaken::Failed));
        let wait = standing.next_at.unwrap() - bench.now().unix();
        waits.push(wait);
        // Not a second before.
        forward(&bench, wait - 1);
        tell(&bench.province).await;
        assert_eq!(home.receiver.came().len(), attempt);
        forward(&bench, 1);
    }
    for (wait, power) in waits.iter().zip(0..) {
        let whole = (WAIT_SECONDS << power).min(WAIT_SECONDS_MAX);
        assert!((whole / 2..=whole).contains(wait), "{waits:?}");
    }
    // A receiver that says when it wants to see the next is left alone until then, but no longer than an hour.
    for (says, most) in [(3_000, 3_600), (1_000_000, WAIT_SECONDS_MAX)] {
        home.receiver.be(Manner::Later(says));
        tell(&bench.province).await;
        let wait = home.standing(&bench).await.next_at.unwrap() - bench.now().unix();
        assert!((says.min(most)..=most).contains(&wait), "{wait}");
        forward(&bench, wait);
    }
    home.receiver.be(Manner::Good);
    tell(&bench.province).await;
    assert_eq!(home.taken(), [1, 2, 3]);
    let came = home.receiver.came();
    assert_eq!(came.len(), 12 + 2 + 3);
    assert!(came[..15].iter().all(|told| told.id == came[0].id));
    assert_eq!(home.standing(&bench).await.standing, WebhookStanding::Working);
    // Each try was signed anew: a receiver's clock and its memory of nonces had nothing against it.
    assert_eq!(home.receiver.disbelieved(), []);
    let page = {
        let app = province_server::operators(Arc::clone(&bench.province));
        let request = axum::http::Request::get("/metrics").body(axum::body::Body::empty());
        String::from_utf8(crate::bench::send(&app, request.unwrap()).await.body).unwrap()
    };
    for line in [
        "khyber_webhook_duration_seconds_count{outcome=\"taken\"} 3",
        "khyber_webhook_duration_seconds_count{outcome=\"failed\"} 14",
        "khyber_webhook_given_up_total 0",
        "khyber_webhook_dead_letters 0",
    ] {
        assert!(page.lines().any(|one| one == line), "{line}");
    }
}

#[tokio::test]
async fn what_nobody_took_for_a_day_is_a_dead_letter_that_can_be_asked_for() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    for _ in 0..3 {
        applied(&bench, &phone, "domicile-certificate").await;
    }
    home.receiver.be(Manner::Status(404));
    tell(&bench.province).await;
    forward(&bench, GIVE_UP_SECONDS - 1);
    tell(&bench.province).await;
    assert_eq!(home.dead_letters(&bench).await.letters, []);
    forward(&bench, WAIT_SECONDS_MAX);
    // A change that came later has its own day.
    applied(&bench, &phone, "domicile-certificate").await;
    tell(&bench.province).await;
    let dead = home.dead_letters(&bench).await;
    let letters: Vec<_> = dead
        .letters
        .iter()
        .map(|one| (one.number, one.not_taken))
        .collect();
    let refused = NotTaken::Refused;
    assert_eq!(letters, [(1, refused), (2, refused), (3, refused)]);
    assert_eq!((dead.cursor, dead.more), (3, false));
    let standing = home.standing(&bench).await;
    assert_eq!((standing.told, standing.dead_letters), (3, 3));

    // Asked for while the receiver is no better, they stay what they are, and none but the first is tried.
    let all: RedeliverReply = home.writes(&bench, paths::REDELIVER, &json!({})).await.json();
    assert_eq!(all.letters, 3);
    assert!(
        home.dead_letters(&bench)
            .await
            .letters
            .iter()
            .all(|one| one.again)
    );
    let before = home.receiver.came().len();
    tell(&bench.province).await;
    assert_eq!(
        numbers(
            &home.receiver.came()[before..]
                .iter()
                .map(|told| told.notice.clone())
                .collect::<Vec<_>>()
        ),
        [1]
    );
    assert!(
        home.dead_letters(&bench)
            .await
            .letters
            .iter()
            .all(|one| !one.again)
    );

    home.receiver.be(Manner::Good);
    let one: RedeliverReply = home
        .writes(&bench, paths::REDELIVER, &json!({ "number": 2 }))
        .await
        .json();
    assert_eq!(one.letters, 1);
    let none: RedeliverReply = home
        .writes(&bench, paths::REDELIVER, &json!({ "number": 9 }))
        .await
        .json();
    assert_eq!(none.letters, 0);
    tell(&bench.province).await;
    // The letter that was asked for, and then what waits.
    assert_eq!(home.taken(), [2, 4]);
    home.writes(&bench, paths::REDELIVER, &json!({}))
        .await
        .json::<RedeliverReply>();
    tell(&bench.province).await;
    assert_eq!(home.taken(), [2, 4, 1, 3]);
    // Under the ids that they had.
    let came = home.receiver.came();
    let id_of = |number: u64| {
        came.iter()
            .filter(move |told| told.notice.number == number)
            .map(|told| &told.id)
    };
    for number in 1..=3 {
        let ids: std::collections::BTreeSet<_> = id_of(number).collect();
        assert_eq!(ids.len(), 1);
    }
    assert_eq!(home.dead_letters(&bench).await.letters, []);
}

#[tokio::test]
async fn dead_letters_are_kept_for_their_time_and_go_with_their_webhook() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    home.receiver.be(Manner::Status(500));
    let die = async || {
        applied(&bench, &phone, "domicile-certificate").await;
        tell(&bench.province).await;
        forward(&bench, GIVE_UP_SECONDS + WAIT_SECONDS_MAX);
        tell(&bench.province).await;
    };
    die().await;
    forward(&bench, DEAD_LETTER_DAYS * DAY);
    kept(&bench.province).await;
    assert_eq!(home.dead_letters(&bench).await.letters.len(), 1);
    forward(&bench, 1);
    kept(&bench.province).await;
    assert_eq!(home.dead_letters(&bench).await.letters, []);
    die().await;
    assert_eq!(bench.rows("dead_letter").await, 1);
    home.writes(&bench, paths::WEBHOOK_END, &Value::Null)
        .await
        .json::<WebhookEnded>();
    assert_eq!(bench.rows("dead_letter").await, 0);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_told_nothing_until_it_is_set_again() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    home.receiver.be(Manner::Status(410));
    applied(&bench, &phone, "domicile-certificate").await;
    tell(&bench.province).await;
    let standing = home.standing(&bench).await;
    assert_eq!(standing.standing, WebhookStanding::Ended);
    assert_eq!(
        (standing.not_taken, standing.next_at),
        (Some(NotTaken::Gone), None)
    );
    home.receiver.be(Manner::Good);
    forward(&bench, 10 * DAY);
    tell(&bench.province).await;
    assert_eq!(home.receiver.came().len(), 1);
    home.set(&bench, &home.url).await.json::<WebhookReply>();
    tell(&bench.province).await;
    assert_eq!(home.taken(), [1]);
}
