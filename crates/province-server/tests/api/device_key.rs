//! `POST /v1/device-key`: another device key for the same phone.

use credential::DAY;
use province_api::Bytes;
use province_api::device_key::{DeviceKeyReply, DeviceKeyRequest};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::sync::{Event, SyncReply};
use province_server::rules::device_key::CHANGES_MAX;

use crate::bench::{Bench, NOW, Phone, Reply};
use crate::sync::Known;

fn asks(before: &Phone, next: &Phone) -> Vec<u8> {
    let request = DeviceKeyRequest::new(before.key.verifying_key().as_bytes(), &next.key);
    serde_json::to_vec(&request).unwrap()
}

impl Bench {
    async fn change(&self, before: &Phone, next: &Phone) -> Reply {
        self.post(before, paths::DEVICE_KEY, &asks(before, next)).await
    }

    async fn synced(&self, phone: &Phone) -> Reply {
        let question = serde_json::to_vec(&Known::default().request()).unwrap();
        self.post(phone, paths::SYNC, &question).await
    }
}

#[tokio::test]
async fn the_new_key_is_the_phone_and_the_one_before_is_nobodys() {
    let bench = Bench::new().await;
    let before = bench.enrolled(0, 1).await;
    bench.issued(&before, 0, &["age"]).await;
    let next = Phone::new(2);
    let key = "5".repeat(32);
    let ask = async |at: u64| {
        bench.set_time(at);
        let body = asks(&before, &next);
        bench
            .send(before.signed(paths::DEVICE_KEY, &body, &key, at))
            .await
    };
    let done: DeviceKeyReply = ask(NOW + 5).await.json();
    assert_eq!(done.changed_at, NOW + 5);
    // Whoever never got the answer asks again with the key before, weeks later too, and is told the same.
    assert_eq!(ask(NOW + 40 * DAY).await.json::<DeviceKeyReply>(), done);
    assert_eq!(bench.synced(&before).await.code(), ProblemCode::DeviceUnknown);
    assert_eq!(
        bench.post(&before, paths::CHALLENGES, b"").await.code(),
        ProblemCode::DeviceUnknown
    );
    let told: SyncReply = bench.synced(&next).await.json();
    let whats: Vec<_> = told.feed.into_iter().map(|event| event.what).collect();
    assert_eq!(whats.last(), Some(&Event::DeviceKeyChanged));
    assert!(whats.contains(&Event::Enrolled), "the feed goes on");
    bench.set_time(NOW + 41 * DAY);
    assert_eq!(bench.challenge(&next).await.0.len(), 16);
    assert_eq!(bench.people().await, 1);
}

#[tokio::test]
async fn a_key_that_is_not_proven_or_is_somebodys_is_not_taken() {
    let bench = Bench::new().await;
    let (phone, other) = (bench.enrolled(0, 1).await, bench.enrolled(1, 2).await);
    let next = Phone::new(3);
    let mut unproven = DeviceKeyRequest::new(phone.key.verifying_key().as_bytes(), &next.key);
    unproven.device_key = Bytes(other.key.verifying_key().as_bytes().to_vec());
    // Proven for another phone's key, with no proof, of somebody who is enrolled, the same key again.
    for body in [
        asks(&other, &next),
        serde_json::to_vec(&unproven).unwrap(),
        asks(&phone, &other),
        asks(&phone, &phone),
        b"{}".to_vec(),
    ] {
        let refused = bench.post(&phone, paths::DEVICE_KEY, &body).await;
        assert_eq!(refused.code(), ProblemCode::RequestMalformed);
    }
    assert_eq!(
        bench.change(&next, &Phone::new(4)).await.code(),
        ProblemCode::DeviceUnknown
    );
    let still: SyncReply = bench.synced(&phone).await.json();
    assert_eq!(still.feed.last().unwrap().what, Event::Enrolled);
}

#[tokio::test]
async fn keys_are_changed_a_few_times_a_day_at_most() {
    let bench = Bench::new().await;
    let mut phone = bench.enrolled(0, 1).await;
    for number in 0..CHANGES_MAX {
        let next = Phone::new(10 + u8::try_from(number).unwrap());
        bench.change(&phone, &next).await.json::<DeviceKeyReply>();
        phone = next;
    }
    let last = Phone::new(99);
    let refused = bench.change(&phone, &last).await;
    assert_eq!(refused.code(), ProblemCode::TooManyAttempts);
    bench.set_time(NOW + DAY);
    bench.change(&phone, &last).await.json::<DeviceKeyReply>();
}
