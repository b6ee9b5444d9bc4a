//! What must be on a phone after a start, and what must be everywhere once nobody dies any more.

use sandbox::citizens::numbered;
use serde_json::{Value, json};

use crate::journal::{Act, Oracle};
use crate::life::Life;
use crate::phone::Phone;
use crate::province::Province;
use crate::{PIN, STOCK};

impl Phone {
    /// What the phone shows after a start, beside what was confirmed.
    pub fn look(&self, life: &Life, province: &Province) {
        let oracle = self.journal.read();
        let state = life.ok("app_state", json!({}))["enrolment"].clone();
        if oracle.done(&Act::Enrol) {
            assert_eq!(state, "enrolled", "an enrolment that was confirmed is gone");
        } else if !oracle.begun(&Act::Enrol) {
            assert!(
                state == "none" || state == "draft",
                "nobody sent anything: {state}"
            );
        }
        if state == "draft" || state == "none" {
            let draft = life.ok("draft", json!({}));
            let address = draft["address"].as_str().unwrap();
            let none_yet = address.is_empty() && self.nothing_confirmed();
            assert!(
                none_yet || oracle.addresses.iter().any(|known| known == address),
                "the draft says {address:?}, not one of {:?}",
                oracle.addresses
            );
            let has_photo = draft["has_photo"] == true;
            assert!(has_photo || !oracle.done(&Act::SetPhoto), "the photo is gone");
        }
        let rows = past(life);
        let home = life.ok("home", json!({}));
        for (kind, _) in STOCK {
            let shown = rows
                .iter()
                .filter(|row| row["vct"] == kind && row["outcome"] == "shown");
            let shown = shown.count();
            let range = oracle.showings(kind);
            assert!(
                range.contains(&shown),
                "{kind}: {shown} rows in the history, {range:?} showings"
            );
            let used = used_of(&home, kind);
            assert!(
                oracle.passes_seen(kind) <= used && used <= *range.end(),
                "{kind}: {used} passes used"
            );
        }
        look_at_the_number(life, &oracle);
        let (before, with_this) = (u64::from(self.citizen), u64::from(self.citizen) + 1);
        let least = if oracle.done(&Act::Enrol) {
            with_this
        } else {
            before
        };
        let people = province.people();
        assert!(
            (least..=with_this).contains(&people),
            "{people} people are enrolled"
        );
    }

    /// Whether no draft was ever confirmed.
    fn nothing_confirmed(&self) -> bool {
        !self.journal.read().any_draft()
    }

    /// Nobody dies any more: everything that was begun comes to its end, once.
    pub fn settle(&mut self, province: &mut Province, people: u64) {
        let life = Life::begin(&self.data, &self.config);
        if life.ok("app_state", json!({}))["lock"] == "empty" {
            self.journal.begin(&Act::CreateVault);
            let (answer, _) = life.call("create_vault", json!({ "pin": PIN })).join();
            self.end_plain(&Act::CreateVault, answer.as_ref());
        } else {
            life.ok("unlock", json!({ "pin": PIN }));
        }
        self.look(&life, province);
        let state = life.ok("app_state", json!({}))["enrolment"].clone();
        if state == "draft" || state == "none" {
            let citizen = life.ok("test_citizens", json!({}))[0].clone();
            let mut draft = citizen["draft"].clone();
            draft["cnic"] = json!(numbered(self.citizen).cnic);
            life.ok("save_draft", json!({ "draft": draft }));
            life.ok("set_photo", json!({ "bytes": citizen["portrait"] }));
        }
        if state != "enrolled" {
            self.journal.begin(&Act::Enrol);
            assert_eq!(life.patiently("enrol")["enrolment"], "enrolled");
            self.journal.done(&Act::Enrol, None);
        }
        // What a sync did is news of the province that the next one brings; then there is none.
        let still = (0..4).any(|_| life.patiently("sync")["changed"] == false);
        assert!(still, "there is always something to fetch");
        self.look(&life, province);

        assert_eq!(province.people(), people, "one person for each citizen");
        let home = life.ok("home", json!({}));
        for (kind, full) in STOCK {
            let left = stock_of(&home, kind)["left"].as_u64().unwrap();
            assert!(left * 3 >= full && left <= full, "{kind}: {left} of {full}");
        }
        assert!(
            look_at_the_number(&life, &self.journal.read()),
            "the change of the number was not sent"
        );
        let out = province.given_out();
        assert_eq!(
            out.batches,
            province.noted("passes_issued"),
            "the province's batches, and those on the wire"
        );
        assert_eq!(
            out.mobiles,
            province.noted("mobile_changed"),
            "the province's changes of numbers, and those on the wire"
        );
        let total = |kind| usize::try_from(stock_of(&home, kind)["total"].as_u64().unwrap()).unwrap();
        let here: usize = STOCK.iter().map(|(kind, _)| total(*kind)).sum();
        assert_eq!(
            here,
            out.passes - self.before.passes,
            "every pass that was given out is here"
        );
    }
}

/// A change of the mobile number that was queued is there, until the province did it; whether it did.
fn look_at_the_number(life: &Life, oracle: &Oracle) -> bool {
    let way = life.ok("on_its_way", json!({}));
    let items = way["items"].as_array().unwrap();
    let changes: Vec<&Value> = items.iter().filter(|item| item["what"] == "mobile").collect();
    let Some(change) = changes.first() else {
        assert!(!oracle.any_mobile(), "a change that was queued is gone");
        return true;
    };
    assert!(
        changes.len() == 1 && !oracle.mobiles.is_empty(),
        "changes that nobody queued: {changes:?}"
    );
    assert_ne!(change["state"], "refused", "{change}");
    let arrived = change["state"] == "confirmed";
    let number = way["mobile"].as_str().unwrap();
    assert!(
        !arrived || oracle.mobiles.iter().any(|mobile| mobile == number),
        "the number is {number}, not one of {:?}",
        oracle.mobiles
    );
    arrived
}

/// Every showing of the past, page after page.
fn past(life: &Life) -> Vec<Value> {
    let (mut rows, mut before) = (Vec::new(), Value::Null);
    loop {
        let ask = json!({ "words": "", "filter": "all", "vct": null, "before": before });
        let page = life.ok("past", json!({ "ask": ask }));
        let entries = page["entries"].as_array().unwrap().iter();
        rows.extend(
            entries
                .map(|entry| entry["showing"].clone())
                .filter(Value::is_object),
        );
        before = page["next"].clone();
        if before.is_null() {
            return rows;
        }
    }
}

pub fn stock_of<'a>(home: &'a Value, kind: &str) -> &'a Value {
    let passes = home["passes"].as_array().unwrap();
    passes
        .iter()
        .find(|pass| pass["vct"] == kind)
        .unwrap_or(&Value::Null)
}

/// Passes of a kind that were marked as shown.
fn used_of(home: &Value, kind: &str) -> usize {
    let number = |name: &str| stock_of(home, kind)[name].as_u64().unwrap_or_default();
    usize::try_from(number("total") - number("left")).unwrap()
}
