//! The table of moves, the limits of forms, and which parts of an answer fit each other.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::json;

use super::*;

fn form(value: Value) -> bool {
    let Value::Object(form) = value else { panic!() };
    is_form(&form)
}

#[test]
fn what_is_over_leads_nowhere_and_what_is_open_leads_to_an_end() {
    for state in ApplicationState::ALL {
        let all = [Mover::Citizen, Mover::Office].map(|by| state.next(by));
        assert_eq!(all.concat().is_empty(), !state.is_open(), "{state:?}");
        assert!(!all.concat().contains(state));
        // Nobody but the citizen takes it back, and nothing is sent twice.
        assert!(!state.next(Mover::Office).contains(&ApplicationState::Withdrawn));
        assert!(!all.concat().contains(&ApplicationState::Submitted));
        if state.is_open() {
            assert!(state.next(Mover::Office).contains(&ApplicationState::Closed));
        }
    }
}

#[test]
fn a_form_has_limits_and_each_is_kept_to_the_letter() {
    let name = |letters: usize| "n".repeat(letters);
    let text = |letters: usize| "گ".repeat(letters);
    let deep = |depth: usize| (1..depth).fold(json!({ "end": 1 }), |inner, _| json!({ "in": inner }));
    let listed = |depth: usize| {
        let list = (2..depth).fold(json!([1]), |inner, _| json!([inner]));
        json!({ "in": list })
    };
    assert!(form(json!({})));
    for (good, bad) in [
        (
            json!({ "t": text(FORM_TEXT_MAX) }),
            json!({ "t": text(FORM_TEXT_MAX + 1) }),
        ),
        (
            json!({ name(FORM_NAME_MAX): 1 }),
            json!({ name(FORM_NAME_MAX + 1): 1 }),
        ),
        (json!({ "a": "" }), json!({ "": "a" })),
        (deep(FORM_DEPTH_MAX), deep(FORM_DEPTH_MAX + 1)),
        (listed(FORM_DEPTH_MAX), listed(FORM_DEPTH_MAX + 1)),
        (
            json!({ "l": vec![0; FORM_VALUES_MAX - 1] }),
            json!({ "l": vec![0; FORM_VALUES_MAX] }),
        ),
    ] {
        assert!(form(good));
        assert!(!form(bad));
    }
    // {"l":[...]} and 17 texts with their quotation marks and commas.
    let whole = |last: usize| {
        let mut texts = vec![name(FORM_TEXT_MAX); 16];
        texts.push(name(last));
        json!({ "l": texts })
    };
    let left = FORM_BYTES_MAX - (16 * (FORM_TEXT_MAX + 3) + 2) - r#"{"l":[]}"#.len();
    assert!(form(whole(left)));
    assert!(!form(whole(left + 1)));
}

#[test]
fn the_parts_of_an_answer_fit_each_other() {
    let answer = |value: Value| {
        let whole = json!({ "application": "AAAAAAAAAAAAAAAAAAAAAA", "seen": "submitted" });
        let (Value::Object(mut whole), Value::Object(more)) = (whole, value) else {
            panic!()
        };
        whole.extend(more);
        serde_json::from_value::<AnswerRequest>(Value::Object(whole))
            .unwrap()
            .is_whole()
    };
    let document = json!({ "vct": "domicile", "fields": {} });
    for good in [
        json!({ "state": "in_review", "text": "آپ کی درخواست\nمل گئی" }),
        json!({ "state": "rejected", "reason": "other" }),
        json!({ "state": "payment_due" }),
        json!({ "state": "payment_due", "amount_rupees": 200 }),
        json!({ "seen": "payment_due", "state": "in_review", "challan": "12345678" }),
        json!({ "seen": "payment_due", "state": "rejected", "reason": "fee_unpaid" }),
        json!({ "state": "document_issued", "document": document }),
    ] {
        assert!(answer(good));
    }
    for bad in [
        json!({ "state": "in_review", "text": " " }),
        json!({ "state": "in_review", "text": "a\u{202E}b" }),
        json!({ "state": "in_review", "text": "a\tb" }),
        json!({ "state": "in_review", "text": "a".repeat(ANSWER_TEXT_MAX + 1) }),
        json!({ "state": "in_review", "reason": "other" }),
        json!({ "state": "rejected" }),
        json!({ "state": "document_issued" }),
        json!({ "state": "payment_due", "amount_rupees": 0 }),
        json!({ "state": "in_review", "amount_rupees": 200 }),
        json!({ "state": "in_review", "challan": "12345678" }),
        json!({ "seen": "payment_due", "state": "approved" }),
        json!({ "seen": "payment_due", "state": "approved", "challan": "12a4" }),
        json!({ "seen": "payment_due", "state": "rejected", "reason": "other", "challan": "12345678" }),
        json!({ "state": "approved", "document": document }),
    ] {
        assert!(!answer(bad.clone()), "{bad}");
    }
}
