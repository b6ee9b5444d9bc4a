//! Roots that changed and risk rules, as a desk learns of them over a real socket.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use counter::{StationCode, roots};
use credential::{RiskRules, SecretKey, StatusBundle, Timestamp, TrustContent, TrustList, TrustedKey, Vct};
use desk::published::{next_list, province, published, sync};
use desk::{Desk, Land, NOW, is, verdict};
use serde_json::Value;

#[tokio::test]
async fn a_desk_catches_up_with_roots_that_changed_twice() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province(published(&land, 5, &[])).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api.clone()));
    sync(&desk).await;

    let first = land.trust();
    let mut held = first.clone();
    let mut changed = published(&land, 5, &[]);
    let mut chain = Vec::new();
    for (next, signers) in [([1, 2, 4], &[1, 2][..]), ([5, 6, 7], &[2, 4, 5, 6])] {
        let list = next_list(&land, &held, Some(next), signers);
        let replaced = held.successors().fingerprint();
        held = TrustList::verify(&list, &roots::pinned().unwrap(), Some(&held)).unwrap();
        chain.push(list.clone());
        changed.root_changes.insert(replaced, list);
    }
    changed.trust = next_list(&land, &held, None, &[5, 7]);
    chain.push(changed.trust.clone());
    *board.lock().unwrap() = changed.clone();
    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["code"], &reply["trust_changed"]),
        (&Value::Null, &Value::Bool(true))
    );
    let newest = first.sequence() + 3;
    assert_eq!(reply["state"]["trust"]["sequence"], newest);

    // It verifies again after a restart, and nobody whose roots were replaced is heard.
    drop(desk);
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    assert_eq!(desk.state().await["trust"]["sequence"], newest);
    assert_eq!(sync(&desk).await["trust_changed"], false);
    let mut back = changed.clone();
    back.trust = next_list(&land, &first, None, &[1, 3]);
    *board.lock().unwrap() = back;
    let reply = sync(&desk).await;
    assert_eq!(reply["code"], "station_trust_refused");
    assert_eq!(reply["state"]["trust"]["sequence"], newest);

    // A desk without a network is brought the chain in one file, and passes what it has behind it.
    let air_gapped = tempfile::tempdir().unwrap();
    let desk = Desk::ready(&land, air_gapped.path());
    let update = StatusBundle {
        trust: chain,
        manifest: land.status(5, &[]).0,
        ..StatusBundle::default()
    };
    for new in [true, false] {
        let (_, reply) = desk.call("POST", "/api/update", &[], update.encode()).await;
        assert_eq!(
            (&reply["code"], &reply["trust_changed"]),
            (&Value::Null, &new.into())
        );
        assert_eq!(reply["state"]["trust"]["sequence"], newest);
    }
    let only_newest = StatusBundle {
        trust: update
            .trust
            .split_last()
            .map(|(last, _)| vec![last.clone()])
            .unwrap(),
        ..update
    };
    let desk = Desk::ready(&land, tempfile::tempdir().unwrap().path());
    let (_, reply) = desk.call("POST", "/api/update", &[], only_newest.encode()).await;
    assert_eq!(reply["code"], "station_trust_refused");

    // A new desk walks the chain too; a broken chain leaves it with nothing rather than with the wrong roots.
    let (fresh, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_, api) = province(changed.clone()).await;
    let reply = sync(&Desk::with_province(&land, fresh.path(), Some(api))).await;
    assert_eq!(reply["state"]["trust"]["sequence"], newest);
    changed
        .root_changes
        .retain(|roots, _| *roots == first.successors().fingerprint());
    let (_, api) = province(changed).await;
    let reply = sync(&Desk::with_province(&land, broken.path(), Some(api))).await;
    assert_eq!(reply["code"], "station_trust_refused");
    assert_eq!(reply["state"]["trust"]["sequence"], first.sequence() + 1);
}

#[tokio::test]
async fn rules_come_with_a_sync_and_mark_what_is_decided_with_old_data() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let mut first = published(&land, 5, &[]);
    first.rules = Some(land.rules(3));
    let (board, api) = province(first.clone()).await;
    let desk = Desk::with_province(&land, folder.path(), Some(api.clone()));
    assert_eq!(desk.state().await["rules"]["state"], "missing");
    let reply = sync(&desk).await;
    assert_eq!(
        (&reply["code"], &reply["rules_changed"]),
        (&Value::Null, &Value::Bool(true))
    );
    let rules = &reply["state"]["rules"];
    assert_eq!(
        (&rules["sequence"], &rules["has_rule"]),
        (&3.into(), &true.into())
    );
    assert_eq!(sync(&desk).await["rules_changed"], false);

    // The list was signed two days ago: green today, amber a second later, and nothing is decided after ten days.
    let seen =
        |reply: counter::types::ScanReply| (verdict(&reply), serde_json::to_value(reply.freshness).unwrap());
    let accepted = is("accepted", "accepted");
    assert_eq!(
        seen(desk.text(&land.age_code(1, NOW)).await),
        (accepted.clone(), "green".into())
    );
    let visitors = async || desk.call("GET", "/api/citizen", &[], "").await.1["state"].clone();
    assert_eq!(visitors().await, "accepted");
    desk.set_clock(NOW + 1);
    assert_eq!(
        seen(desk.text(&land.age_code(2, NOW + 1)).await),
        (accepted.clone(), "amber".into())
    );
    assert_eq!(visitors().await, "amber");
    let last = NOW + 8 * 86_400;
    desk.set_clock(last);
    assert_eq!(
        seen(desk.text(&land.age_code(3, last)).await),
        (accepted, "amber".into())
    );
    desk.set_clock(last + 1);
    let late = seen(desk.text(&land.age_code(4, last + 1)).await);
    assert_eq!(late, (is("undecided", "data_too_old"), Value::Null));

    // Older rules, and rules of somebody else, are refused; the newer stay, after a restart too.
    for (rules, code) in [
        (land.rules(2), "station_rules_rolled_back"),
        (
            Land {
                issuer: SecretKey::from_seed([66; 32]),
                ..Land::new()
            }
            .rules(9),
            "station_rules_refused",
        ),
    ] {
        board.lock().unwrap().rules = Some(rules);
        assert_eq!(sync(&desk).await["code"], code);
    }
    drop(desk);
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    assert_eq!(desk.state().await["rules"]["sequence"], 3);
    desk.set_clock(last + 1);
    assert_eq!(
        verdict(&desk.text(&land.age_code(5, last + 1)).await),
        is("undecided", "data_too_old")
    );
}

/// The list after `held`, with these kinds taken from every key.
fn without(land: &Land, held: &TrustList, ended: &[Vct]) -> Vec<u8> {
    let mut content = TrustContent {
        sequence: held.sequence() + 1,
        previous: Some(held.sha256()),
        ..land.trust().content().clone()
    };
    for key in &mut content.keys {
        key.allowed.retain(|vct| !ended.contains(vct));
    }
    let roots = sandbox::roots::ROOT_SEEDS.map(SecretKey::from_seed);
    credential::sign_trust_list(&content, &[(0, &roots[0]), (1, &roots[1])])
}

#[tokio::test]
async fn a_desk_whose_rules_or_register_fell_decides_nothing_until_newer_ones_come() {
    for (ended, code) in [
        (Vct::RISK_RULES, "rules_expired"),
        (Vct::TYPE_REGISTER, "types_expired"),
    ] {
        let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
        let desk = Desk::ready(&land, folder.path());
        desk.app
            .station()
            .take_type_register(&land.types(3, &[]))
            .unwrap();
        assert_eq!(desk.app.station().take_risk_rules(&land.rules(3)), Ok(true));
        let pinned = roots::pinned().unwrap();
        let list = without(&land, &land.trust(), &[ended]);
        let held = TrustList::verify(&list, &pinned, Some(&land.trust())).unwrap();
        assert_eq!(desk.app.station().take_trust_list(&list), Ok(true));
        let undecided = is("undecided", code);
        assert_eq!(verdict(&desk.text(&land.age_code(1, NOW)).await), undecided);
        // What is wrong stays wrong.
        let late = land.age_code(2, NOW - 3_600);
        assert_eq!(verdict(&desk.text(&late).await), is("refused", "stale"));

        // Neither a restart nor a list that gives the key back makes it forget how new they were.
        drop(desk);
        let desk = Desk::empty(&land, folder.path());
        assert_eq!(verdict(&desk.text(&land.age_code(3, NOW)).await), undecided);
        let list = without(&land, &held, &[]);
        {
            let mut station = desk.app.station();
            assert_eq!(station.take_trust_list(&list), Ok(true));
            let (rules, types) = (land.rules(2), land.types(2, &[]));
            assert_eq!(station.take_risk_rules(&rules), Err(StationCode::RulesRolledBack));
            assert_eq!(
                station.take_type_register(&types),
                Err(StationCode::TypesRolledBack)
            );
        }
        assert_eq!(verdict(&desk.text(&land.age_code(4, NOW)).await), undecided);
        desk.app.station().take_risk_rules(&land.rules(4)).unwrap();
        desk.app
            .station()
            .take_type_register(&land.types(4, &[]))
            .unwrap();
        let accepted = is("accepted", "accepted");
        assert_eq!(verdict(&desk.text(&land.age_code(5, NOW)).await), accepted);
    }
}

/// Writes into the desk's file what a failing disk might leave there.
fn damage(data: &std::path::Path, sql: &str) {
    let connection = rusqlite::Connection::open(data.join("counter.sqlite")).unwrap();
    assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
}

#[tokio::test]
async fn a_desk_whose_stored_data_are_damaged_takes_nothing_older_in_their_place() {
    for sql in [
        "UPDATE trust_list SET bytes = x'00'",
        "UPDATE trust_list SET bytes = zeroblob(2000)",
        "DELETE FROM trust_list",
    ] {
        let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
        let desk = Desk::ready(&land, folder.path());
        {
            let mut station = desk.app.station();
            station.take_type_register(&land.types(4, &[])).unwrap();
            station.take_risk_rules(&land.rules(4)).unwrap();
        }
        drop(desk);
        damage(folder.path(), sql);
        damage(folder.path(), "UPDATE risk_rules SET bytes = x'00'");
        let desk = Desk::empty(&land, folder.path());
        let nothing = is("undecided", "no_trust_list");
        assert_eq!(verdict(&desk.text(&land.age_code(1, NOW)).await), nothing);
        let older = land.trust_list(2, NOW - 3 * 86_400);
        let took = desk.app.station().take_trust_list(&older);
        assert_eq!(took, Err(StationCode::TrustRolledBack), "{sql}");
        assert_eq!(verdict(&desk.text(&land.age_code(2, NOW)).await), nothing);
        assert_eq!(desk.app.station().take_trust_list(&land.trust), Ok(true));
        // It had rules and a register once, and is not free of them now.
        desk.next().await;
        assert_eq!(
            verdict(&desk.text(&land.age_code(3, NOW)).await),
            is("undecided", "rules_expired")
        );
        {
            let mut station = desk.app.station();
            let rules = station.take_risk_rules(&land.rules(3));
            assert_eq!(rules, Err(StationCode::RulesRolledBack));
            let types = station.take_type_register(&land.types(3, &[]));
            assert_eq!(types, Err(StationCode::TypesRolledBack));
            assert_eq!(station.take_risk_rules(&land.rules(4)), Ok(true));
            assert_eq!(station.take_type_register(&land.types(4, &[])), Ok(true));
        }
        desk.next().await;
        assert_eq!(
            verdict(&desk.text(&land.age_code(4, NOW)).await),
            is("accepted", "accepted")
        );
    }
}

#[test]
fn a_damaged_list_does_not_bring_back_roots_that_were_replaced() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let first = land.trust();
    let change = next_list(&land, &first, Some([1, 2, 4]), &[1, 2]);
    let held = TrustList::verify(&change, &roots::pinned().unwrap(), Some(&first)).unwrap();
    let newest = next_list(&land, &held, None, &[2, 4]);
    {
        let mut station = desk.app.station();
        assert_eq!(station.take_trust_list(&change), Ok(true));
        assert_eq!(station.take_trust_list(&newest), Ok(true));
    }
    drop(desk);
    damage(folder.path(), "UPDATE trust_list SET bytes = x'00'");
    let desk = Desk::empty(&land, folder.path());
    let mut station = desk.app.station();
    // Two of the replaced roots, with a number that is high enough.
    let mut content = TrustContent {
        sequence: 99,
        ..land.trust().content().clone()
    };
    content.previous = None;
    let keys = sandbox::roots::ROOT_SEEDS.map(SecretKey::from_seed);
    let of_old_roots = credential::sign_trust_list(&content, &[(0, &keys[0]), (2, &keys[2])]);
    assert_eq!(
        station.take_trust_list(&of_old_roots),
        Err(StationCode::TrustRefused)
    );
    // The desk had passed it: it says which roots are next, and nothing else.
    assert_eq!(station.take_trust_list(&change), Ok(false));
    assert!(!station.knows_something());
    assert_eq!(station.take_trust_list(&newest), Ok(true));
}

#[test]
fn a_desk_that_lost_a_change_of_the_roots_finds_its_way_again() {
    for stays in [true, false] {
        let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
        let desk = Desk::ready(&land, folder.path());
        let first = land.trust();
        let change = next_list(&land, &first, Some([1, 2, 4]), &[1, 2]);
        let held = TrustList::verify(&change, &roots::pinned().unwrap(), Some(&first)).unwrap();
        let newest = next_list(&land, &held, None, &[2, 4]);
        for list in [&change, &newest] {
            assert_eq!(desk.app.station().take_trust_list(list), Ok(true));
        }
        drop(desk);
        damage(folder.path(), "UPDATE root_change SET bytes = x'00'");
        if !stays {
            damage(folder.path(), "UPDATE trust_list SET bytes = x'00'");
        }
        let desk = Desk::empty(&land, folder.path());
        let mut station = desk.app.station();
        assert_eq!(station.take_trust_list(&newest), Err(StationCode::TrustRefused));
        assert_eq!(station.take_trust_list(&change), Ok(false));
        assert_eq!(station.take_trust_list(&newest), Ok(true));
        drop(station);
        drop(desk);
        // What was mended is there at the next start.
        assert!(Desk::empty(&land, folder.path()).app.station().knows_something());
    }
}

#[test]
fn a_stolen_key_shuts_no_desk_for_good() {
    const LAST: u64 = (1 << 53) - 1;
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let stolen = SecretKey::from_seed([91; 32]);
    let list = |held: &TrustList, iat: u64, revoked: Option<u64>| {
        let first = held.content().keys.first().unwrap();
        let thiefs = TrustedKey {
            key: stolen.public(),
            allowed: vec![Vct::RISK_RULES],
            revoked_at: revoked.map(Timestamp::from_unix),
            ..first.clone()
        };
        let mut content = TrustContent {
            sequence: held.sequence() + 1,
            previous: Some(held.sha256()),
            iat: Timestamp::from_unix(iat),
            ..held.content().clone()
        };
        content.keys.retain(|key| key.key != thiefs.key);
        content.keys.push(thiefs);
        let keys = sandbox::roots::ROOT_SEEDS.map(SecretKey::from_seed);
        credential::sign_trust_list(&content, &[(0, &keys[0]), (2, &keys[2])])
    };
    let rules = |sequence: u64, iat: u64, key: &SecretKey| {
        let mut content = RiskRules::read_unverified(&land.rules(sequence)).unwrap();
        content.iat = Timestamp::from_unix(iat);
        RiskRules::sign(&content, key).unwrap()
    };
    let mut station = desk.app.station();
    let first = land.trust();
    let second = list(&first, NOW - 500, None);
    assert_eq!(station.take_trust_list(&second), Ok(true));
    let held = TrustList::verify(&second, &roots::pinned().unwrap(), Some(&first)).unwrap();
    // The thief writes the highest number there is.
    assert_eq!(
        station.take_risk_rules(&rules(LAST, NOW - 400, &stolen)),
        Ok(true)
    );
    let next = rules(7, NOW - 300, &land.issuer);
    assert_eq!(station.take_risk_rules(&next), Err(StationCode::RulesRolledBack));
    assert_eq!(
        station.take_trust_list(&list(&held, NOW - 350, Some(0))),
        Ok(true)
    );
    // What the province dated before stays out, however its number is; what it signs from then on is taken.
    let older = rules(9, NOW - 5_000, &land.issuer);
    assert_eq!(station.take_risk_rules(&older), Err(StationCode::RulesRolledBack));
    assert_eq!(station.take_risk_rules(&next), Ok(true));
    let less = rules(6, NOW - 200, &land.issuer);
    assert_eq!(station.take_risk_rules(&less), Err(StationCode::RulesRolledBack));
}

#[test]
fn status_data_are_verified_again_when_their_last_piece_is_here() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let mut station = desk.app.station();
    let staged = |station: &counter::station::Station, epoch: u64| {
        let (manifest, list) = land.status(epoch, &[77]);
        let mut staged = station.stage_status(&manifest).unwrap().unwrap();
        while let Some(wanted) = staged.missing() {
            staged
                .add(&wanted, &desk::piece(&list, &wanted.sha256).unwrap())
                .unwrap();
        }
        staged
    };
    // A newer manifest came in between.
    let (slow, fast) = (staged(&station, 6), staged(&station, 7));
    assert_eq!(station.take_status(fast), Ok(()));
    assert_eq!(station.take_status(slow), Err(StationCode::StatusRefused));
    // The key that signed it ended in between.
    let slow = staged(&station, 8);
    let list = without(&land, &land.trust(), &[Vct::STATUS_MANIFEST]);
    assert_eq!(station.take_trust_list(&list), Ok(true));
    assert_eq!(station.take_status(slow), Err(StationCode::StatusRefused));
    drop(station);
    // A piece is missing.
    let desk = Desk::ready(&land, tempfile::tempdir().unwrap().path());
    let mut station = desk.app.station();
    let (manifest, _) = land.status(9, &[1, 77]);
    let halves = station.stage_status(&manifest).unwrap().unwrap();
    assert_eq!(station.take_status(halves), Err(StationCode::StatusRefused));
    let (held, _) = land.status(5, &[]);
    assert!(
        station.stage_status(&held).unwrap().is_none(),
        "what was here is here"
    );
}
