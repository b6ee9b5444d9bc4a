//! What is said about sync, as it is written.
#![allow(clippy::unwrap_used)]

use super::*;

fn offer(vct: &str, grant: u64) -> Offer {
    Offer {
        vct: vct.to_owned(),
        no: 0,
        grant,
    }
}

fn of_child(no: u32) -> Offer {
    Offer {
        no,
        ..offer("domicile", 7)
    }
}

#[test]
fn any_change_of_the_offers_changes_their_tag() {
    let all = [offer("age", 0), offer("domicile", 7)];
    let tags = [
        offers_tag(&all),
        offers_tag(&[offer("domicile", 7), offer("age", 0)]),
        offers_tag(&[offer("age", 0), offer("domicile", 8)]),
        offers_tag(&[offer("age", 0)]),
        offers_tag(&[offer("age", 0), of_child(1)]),
        offers_tag(&[offer("age", 0), of_child(2)]),
        offers_tag(&[]),
    ];
    assert_eq!(offers_tag(&all), tags[0]);
    for (at, one) in tags.iter().enumerate() {
        assert_eq!(one.0.len(), TAG_BYTES);
        assert!(!tags.iter().skip(at + 1).any(|other| other == one));
    }
}

#[test]
fn an_answer_in_which_nothing_changed_says_no_more_than_that() {
    let reply = SyncReply {
        server_time: 1,
        standing: Standing::Good,
        feed: Vec::new(),
        cursor: 4,
        more: false,
        files: Vec::new(),
        offers: None,
    };
    let json = serde_json::to_string(&reply).unwrap();
    assert_eq!(json, r#"{"server_time":1,"standing":"good","cursor":4}"#);
    assert_eq!(serde_json::from_str::<SyncReply>(&json).unwrap(), reply);
}

#[test]
fn every_event_reads_back_and_one_of_a_newer_province_is_other() {
    let vct = "domicile".to_owned();
    for what in [
        Event::Enrolled,
        Event::PassesIssued {
            passes: BTreeMap::from([("age".to_owned(), 10)]),
        },
        Event::DocumentGranted {
            vct: vct.clone(),
            no: 0,
            grant: 9,
        },
        Event::DocumentWithdrawn {
            vct: vct.clone(),
            no: 2,
            reason: Some(Reason::DepartmentWithdrawal),
        },
        Event::DocumentHandedOver { vct, no: 1 },
        Event::Suspended {
            reason: Some(Reason::Lost),
        },
        Event::Resumed,
        Event::Revoked { reason: None },
        Event::MobileChanged {
            ends: "67".to_owned(),
        },
        Event::DeviceReplaced,
        Event::WalletDisabled,
        Event::ApplicationChanged {
            application: Bytes(vec![7; 16]),
            service: "domicile-certificate".to_owned(),
            state: "a_state_of_a_newer_province".to_owned(),
            reason: None,
            text: Some("آ جائیں".to_owned()),
            amount_rupees: Some(150),
            challan: Some("12345678".to_owned()),
            dispatcher: Some("dastak".to_owned()),
            reference: Some("DSTK/2026-000118".to_owned()),
        },
    ] {
        let event = FeedEvent { seq: 3, at: 5, what };
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["kind"], event.what.kind());
        assert_eq!(serde_json::from_value::<FeedEvent>(json).unwrap(), event);
    }
    // Of before reasons were given, and of a reason that a newer province gives.
    for (json, reason) in [
        (r#"{"seq":1,"at":2,"kind":"revoked"}"#, None),
        (
            r#"{"seq":1,"at":2,"kind":"revoked","reason":"newer"}"#,
            Some(Reason::Other),
        ),
    ] {
        let event = serde_json::from_str::<FeedEvent>(json).unwrap();
        assert_eq!(event.what, Event::Revoked { reason });
    }
    let newer = r#"{"seq":1,"at":2,"kind":"passport_granted","number":3}"#;
    assert_eq!(
        serde_json::from_str::<FeedEvent>(newer).unwrap().what,
        Event::Other
    );
}

#[test]
fn a_phone_says_nothing_that_the_province_does_not_know() {
    let held = HeldFile::new(files::TRUST, &[7; 32]);
    let request = SyncRequest {
        feed: 0,
        held: vec![held],
        offers: Bytes::default(),
    };
    let mut json = serde_json::to_value(&request).unwrap();
    assert_eq!(
        serde_json::from_value::<SyncRequest>(json.clone()).unwrap(),
        request
    );
    json["more"] = true.into();
    assert!(serde_json::from_value::<SyncRequest>(json).is_err());
}
