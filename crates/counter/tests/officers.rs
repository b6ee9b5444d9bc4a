//! Who may decide at a desk: signing in and out, waits, shifts, the supervisor, a desk that works unattended.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use axum::http::StatusCode;
use counter::profile::Profile;
use counter::station::{Settings, StartError, Station};
use counter::store::Store;
use counter::types::Role;
use counter::{key, roots};
use credential::Timestamp;
use desk::{Desk, Land, NOW, NUMBER, PIN, is, officer, verdict};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};
use zeroize::Zeroizing;

/// A desk with everything but somebody who sits there.
fn unmanned() -> (Land, TempDir, Desk) {
    let (land, folder) = (Land::new(), tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    desk.app.station().sign_out(desk.app.now()).unwrap();
    desk.session.lock().unwrap().clear();
    (land, folder, desk)
}

async fn sign_in(desk: &Desk, number: &str, pin: &str) -> (StatusCode, Value) {
    let (status, reply) = desk
        .json("/api/officers/sign-in", json!({ "number": number, "pin": pin }))
        .await;
    if let Some(session) = reply["session"].as_str() {
        session.clone_into(&mut desk.session.lock().unwrap());
    }
    (status, reply)
}

fn code((status, reply): (StatusCode, Value)) -> (u16, String) {
    (
        status.as_u16(),
        reply["code"].as_str().unwrap_or_default().to_owned(),
    )
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn while_nobody_is_signed_in_the_desk_decides_nothing_and_shows_nothing() {
    let (land, _folder, desk) = unmanned();
    let text = json!({ "text": land.age_code(1, NOW) });
    let luma = [("x-width", "640"), ("x-height", "480")];
    let nobody = refused(401, "station_nobody_signed_in");
    assert_eq!(code(desk.json("/api/text", text.clone()).await), nobody);
    assert_eq!(
        code(desk.call("POST", "/api/frame", &luma, vec![0; 640 * 480]).await),
        nobody
    );
    assert_eq!(
        code(desk.call("POST", "/api/picture", &[], vec![0; 9]).await),
        nobody
    );
    assert_eq!(
        code(desk.json("/api/request", json!({ "ask": "age" })).await),
        nobody
    );
    assert_eq!(code(desk.json("/api/request/cancel", Value::Null).await), nobody);
    assert_eq!(
        code(desk.json("/api/face", json!({ "visit": 1, "same": true })).await),
        nobody
    );
    assert_eq!(code(desk.json("/api/next", Value::Null).await), nobody);
    "somebody else's".clone_into(&mut desk.session.lock().unwrap());
    assert_eq!(
        code(desk.json("/api/text", text).await),
        refused(401, "station_session_over")
    );

    desk.session.lock().unwrap().clear();
    let state = desk.state().await;
    assert_eq!(state["desk"]["officer"], Value::Null);
    assert_eq!(state["desk"]["officers"][0]["number"], NUMBER);
    assert_eq!(state["visit"]["state"], "nothing");
}

#[tokio::test]
async fn a_shift_counts_verdicts_and_ends_with_the_visit_under_way() {
    let (land, _folder, desk) = unmanned();
    let (status, entry) = sign_in(&desk, NUMBER, PIN).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&entry["ended"], &entry["officer"]["role"]),
        (&Value::Null, &json!("supervisor"))
    );
    for holder in [1, 2] {
        let reply = desk.text(&land.age_code(holder, NOW)).await;
        assert_eq!(verdict(&reply), is("accepted", "accepted"));
        // Held up a little longer it is still one verdict.
        desk.text(&land.age_code(holder, NOW)).await;
        desk.next().await;
    }
    assert_eq!(
        verdict(&desk.text(&land.age_code(1, NOW)).await),
        is("refused", "replayed")
    );
    let request = desk.ask("identity").await;
    desk.frame(&land.identity_answer(3, &request)).await;
    assert_eq!(desk.state().await["visit"]["state"], "compare");

    let (_, reply) = desk.json("/api/officers/sign-out", Value::Null).await;
    let shift = &reply["ended"];
    assert_eq!(
        (&shift["accepted"], &shift["refused"]),
        (&json!(2), &json!(1)),
        "{shift}"
    );
    assert_eq!(shift["ended_at"], json!(NOW));
    assert_eq!(
        code(desk.json("/api/next", Value::Null).await),
        refused(401, "station_session_over")
    );
    sign_in(&desk, NUMBER, PIN).await;
    let state = desk.state().await;
    assert_eq!(
        (&state["visit"]["state"], &state["request"]),
        (&json!("nothing"), &Value::Null)
    );
}

#[tokio::test]
async fn a_wrong_pin_makes_wait_across_restarts_and_whatever_the_clock_is_set_to() {
    let (land, folder, desk) = unmanned();
    for wait in [Value::Null, Value::Null, json!(30)] {
        let (status, reply) = sign_in(&desk, NUMBER, "730943").await;
        assert_eq!(
            (status.as_u16(), &reply["code"], &reply["wait_seconds"]),
            (401, &json!("wrong_pin"), &wait)
        );
    }
    // Even the right one, and on a desk that was started again.
    drop(desk);
    let desk = Desk::closed(&land, folder.path(), None);
    desk.wait_until(NOW + 29);
    let (status, reply) = sign_in(&desk, NUMBER, PIN).await;
    assert_eq!(
        (status.as_u16(), &reply["code"]),
        (429, &json!("station_officer_must_wait"))
    );
    assert_eq!(reply["wait_seconds"], 1);
    // A clock that is set back begins the wait anew, but makes it no longer.
    desk.wait_until(NOW - 86_400);
    assert_eq!(sign_in(&desk, NUMBER, PIN).await.1["wait_seconds"], 30);
    desk.wait_until(NOW - 86_400 + 30);
    assert_eq!(sign_in(&desk, NUMBER, PIN).await.0, StatusCode::OK);
    // The right PIN wipes the slate.
    desk.wait_until(NOW);
    assert_eq!(
        sign_in(&desk, NUMBER, "730943").await.1["wait_seconds"],
        Value::Null
    );
}

#[tokio::test]
async fn a_hand_over_ends_the_first_officers_session_and_shift() {
    let (land, _folder, desk) = unmanned();
    desk.app
        .station()
        .add_officer(&officer("8", Role::Officer, "815903"), Timestamp::from_unix(NOW))
        .unwrap();
    sign_in(&desk, NUMBER, PIN).await;
    let first = desk.session.lock().unwrap().clone();
    desk.text(&land.age_code(1, NOW)).await;
    let (_, entry) = sign_in(&desk, "۸", "815903").await;
    assert_eq!(entry["ended"]["accepted"], 1);
    assert_eq!(entry["officer"]["number"], "8");
    assert_eq!(desk.state().await["visit"]["state"], "nothing");
    assert_eq!(
        code(desk.call("GET", "/api/officers", &[], "").await),
        refused(403, "station_not_supervisor")
    );
    *desk.session.lock().unwrap() = first;
    assert_eq!(
        code(desk.json("/api/next", Value::Null).await),
        refused(401, "station_session_over")
    );
}

#[tokio::test]
async fn an_officer_who_does_nothing_is_signed_out_and_a_renewed_question_is_nothing() {
    let (land, _folder, desk) = unmanned();
    sign_in(&desk, NUMBER, PIN).await;
    desk.text(&land.age_code(1, NOW)).await;
    desk.wait_until(NOW + 599);
    desk.ask("age").await;
    assert_eq!(desk.state().await["desk"]["idle_seconds"], 1);
    let (status, _) = desk.json("/api/officers/active", Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    desk.wait_until(NOW + 599 + 599);
    assert_eq!(desk.state().await["desk"]["idle_seconds"], 1);
    desk.wait_until(NOW + 599 + 600);
    assert_eq!(
        code(desk.json("/api/next", Value::Null).await),
        refused(401, "station_session_over")
    );
    let (_, entry) = sign_in(&desk, NUMBER, PIN).await;
    assert_eq!(entry["ended"], Value::Null, "the shift ended when nobody moved");
}

#[tokio::test]
async fn a_supervisor_adds_stops_and_resets_and_a_given_pin_has_to_be_changed() {
    let (_land, _folder, desk) = unmanned();
    sign_in(&desk, NUMBER, PIN).await;
    let add = |pin: &str| json!({ "number": "8", "name": "B. K.", "role": "officer", "pin": pin });
    assert_eq!(
        code(desk.json("/api/officers/add", add("123456")).await),
        refused(422, "pin_too_easy")
    );
    let (status, reply) = desk.json("/api/officers/add", add("815903")).await;
    assert_eq!(
        (status, reply["officers"][1]["name"].as_str()),
        (StatusCode::OK, Some("B. K."))
    );
    assert_eq!(
        code(desk.json("/api/officers/add", add("815903")).await),
        refused(409, "station_officer_taken")
    );
    let active = |number: &str, active: bool| json!({ "number": number, "active": active });
    assert_eq!(
        code(desk.json("/api/officers/set-active", active(NUMBER, false)).await),
        refused(409, "station_last_supervisor")
    );

    sign_in(&desk, "8", "815903").await;
    assert_eq!(
        code(desk.json("/api/request", json!({ "ask": "age" })).await),
        refused(403, "station_officer_pin_temporary")
    );
    let own = |pin: &str| json!({ "old": null, "pin": pin });
    assert_eq!(
        code(desk.json("/api/officers/pin", own("815903")).await),
        refused(422, "station_pin_same")
    );
    assert_eq!(
        desk.json("/api/officers/pin", own("402718")).await.0,
        StatusCode::NO_CONTENT
    );
    desk.ask("age").await;
    // From now on the old one is asked for.
    assert_eq!(
        code(desk.json("/api/officers/pin", own("553190")).await),
        refused(422, "pin_malformed")
    );

    sign_in(&desk, NUMBER, PIN).await;
    assert_eq!(
        desk.json(
            "/api/officers/reset-pin",
            json!({ "number": "8", "pin": "663108" })
        )
        .await
        .0,
        StatusCode::OK
    );
    desk.json("/api/officers/set-active", active("8", false)).await;
    assert_eq!(
        code(sign_in(&desk, "8", "663108").await),
        refused(401, "station_officer_unknown")
    );
    desk.json("/api/officers/set-active", active("8", true)).await;
    assert_eq!(
        sign_in(&desk, "8", "663108").await.1["officer"]["temporary"],
        true
    );
}

#[tokio::test]
async fn the_first_supervisor_needs_the_printed_code_and_five_wrong_ones_close_the_screen() {
    let (land, folder) = (Land::new(), tempdir().unwrap());
    let open = || {
        let desk = Desk::closed(&land, folder.path(), None);
        let code = desk
            .app
            .station()
            .open_officers(|| "12345678".into(), desk.app.now())
            .unwrap();
        (desk, code)
    };
    let call = |code: &str| json!({ "code": code, "number": "1", "name": "A. B.", "pin": "402718" });
    let (desk, printed) = open();
    assert_eq!(printed.as_deref(), Some("12345678"));
    assert_eq!(desk.state().await["desk"]["setup"], true);
    for _ in 0..5 {
        assert_eq!(
            code(desk.json("/api/officers/set-up", call("87654321")).await),
            refused(401, "station_setup_wrong")
        );
    }
    assert_eq!(
        code(desk.json("/api/officers/set-up", call("12345678")).await),
        refused(403, "station_setup_closed")
    );
    drop(desk);
    let (desk, _) = open();
    let (status, reply) = desk.json("/api/officers/set-up", call(" 12345678 ")).await;
    assert_eq!(
        (status, reply["officer"]["role"].as_str()),
        (StatusCode::OK, Some("supervisor"))
    );
    assert_eq!(
        code(desk.json("/api/officers/set-up", call("12345678")).await),
        refused(403, "station_setup_closed")
    );
    drop(desk);
    assert_eq!(open().1, None, "a desk with an officer has no set-up code");
}

fn profile(ask: &[&str], unattended: &[&str]) -> Vec<u8> {
    json!({
        "version": 1, "id": "gate", "service": "gate", "ask": ask, "unattended": unattended,
        "name": { "en": "Gate", "ur": "دروازہ", "ps": "دروازه" },
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn an_unattended_desk_asks_for_what_names_nobody_until_an_officer_sits_down() {
    let (land, _folder, desk) = unmanned();
    let gate = Profile::parse(&profile(&["age", "identity"], &["age"])).unwrap();
    desk.app.station().use_profile(gate).unwrap();
    assert_eq!(
        code(desk.json("/api/request", json!({ "ask": "identity" })).await),
        refused(401, "station_nobody_signed_in")
    );
    let request = desk.ask("age").await;
    assert_eq!(
        verdict(&desk.text(&land.answer(&land.age(1), &request)).await),
        is("accepted", "accepted")
    );
    assert_eq!(
        code(desk.json("/api/face", json!({ "visit": 1, "same": true })).await),
        refused(401, "station_nobody_signed_in")
    );
    desk.sign_in_unseen();
    desk.session.lock().unwrap().clear();
    assert_eq!(
        code(desk.json("/api/request", json!({ "ask": "age" })).await),
        refused(401, "station_nobody_signed_in")
    );
}

#[test]
fn a_profile_is_kept_and_one_that_the_certificate_does_not_allow_stops_the_start() {
    let (land, folder) = (Land::new(), tempdir().unwrap());
    let open = || {
        let key = key::load_or_make(folder.path(), &Zeroizing::new([7; 32])).unwrap();
        let settings = Settings {
            roots: roots::pinned().unwrap(),
            certificate: Some(land.certificate(&key)),
            key,
            audience: None,
            asks: true,
            offline: true,
            configured: false,
        };
        Station::open(folder.path(), settings)
    };
    let keep = |bytes: &[u8]| {
        let key = key::load(folder.path()).unwrap();
        let mut store = Store::open(&folder.path().join("counter.sqlite"), &key).unwrap();
        let profile = Profile::parse(bytes).unwrap();
        store
            .put_profile(bytes, &profile, Timestamp::from_unix(NOW))
            .unwrap();
    };
    assert!(open().is_ok());
    keep(&profile(&["identity"], &[]));
    assert!(open().is_ok());
    keep(&profile(&["residence"], &[]));
    let error = open().unwrap_err();
    assert!(matches!(error, StartError::Profile(_)));
    assert!(error.to_string().contains("`residence`"), "{error}");
}

#[tokio::test]
async fn the_visitors_screen_shows_the_question_and_the_verdict_and_nobodys_name() {
    let (land, _folder, desk) = unmanned();
    let seen = async || desk.call("GET", "/api/citizen", &[], "").await.1;
    assert_eq!(seen().await["state"], "closed");
    sign_in(&desk, NUMBER, PIN).await;
    assert_eq!(seen().await["state"], "ready");
    let request = desk.ask("identity").await;
    let asks = seen().await;
    assert_eq!(
        (&asks["state"], &asks["request"]["text"]),
        (&json!("request"), &json!(request))
    );
    assert_eq!(asks["station"]["name_ps"], "ازمایښتي ډیسک ۱");
    desk.frame(&land.identity_answer(3, &request)).await;
    assert_eq!(seen().await["state"], "compare");
    desk.face(false).await;
    let refused = seen().await;
    assert_eq!(
        (&refused["state"], &refused["request"]),
        (&json!("refused"), &Value::Null)
    );
    let text = refused.to_string();
    for personal in ["Gul", "گل", desk::CNIC, "face_differs"] {
        assert!(!text.contains(personal), "{text}");
    }
}
