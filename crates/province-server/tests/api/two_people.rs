//! Two pairs of eyes are two people: nobody decides about many with officers whom they made themselves.

use province_api::officers::{BulkProposed, BulkView, Invited, OfficerRole};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_server::audit::Actor;
use province_server::bulk_admin::operator;
use province_server::rules::officers::acts::ENDED_ALONE_MAX;
use province_server::rules::page::Behind;
use serde_json::{Value, json};

use crate::bench::{Bench, citizen_number};
use crate::passkeys::Authenticator;

/// A session of whom this administrator invites.
async fn invited(bench: &Bench, administrator: &str, role: &str) -> String {
    let asked = json!({ "role": role, "name": "4712" });
    let invited: Invited = bench
        .by(administrator, paths::OFFICER_INVITES, &asked)
        .await
        .json();
    let passkey = bench.registered(&invited).await;
    bench.session(&passkey).await
}

/// What is to be approved of a new proposal of this supervisor.
async fn proposed(bench: &Bench, token: &str) -> Value {
    let asked = json!({ "act": "revoke", "reason": "fraud", "cnics": [citizen_number(0).cnic] });
    let proposed: BulkProposed = bench.by(token, paths::BULK_PROPOSE, &asked).await.json();
    json!({ "id": proposed.bulk.id, "people_sha256": proposed.bulk.people_sha256 })
}

#[tokio::test]
async fn no_administrator_is_both_pairs_of_eyes() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let alone = bench.signed_in(OfficerRole::Administrator).await;
    let one = invited(&bench, &alone, "supervisor").await;
    let other = invited(&bench, &alone, "supervisor").await;
    let what = proposed(&bench, &one).await;
    for token in [&one, &other] {
        let refused = bench.by(token, paths::BULK_APPROVE, &what).await;
        assert_eq!(refused.code(), ProblemCode::FourEyes);
    }
    // Nor by another administrator of their own making.
    let asked = json!({ "role": "administrator", "name": "4713" });
    let refused = bench.by(&alone, paths::OFFICER_INVITES, &asked).await;
    assert_eq!(refused.code(), ProblemCode::OfficerForbidden);
    assert_eq!(bench.rows("bulk").await, 1);

    let second = bench.signed_in(OfficerRole::Administrator).await;
    let eyes = invited(&bench, &second, "supervisor").await;
    let approved: BulkView = bench.by(&eyes, paths::BULK_APPROVE, &what).await.json();
    assert!(approved.approved_by.is_some());
    // Who invited whom is told, and stays.
    let listed = bench.office.officers(Behind::START).await.unwrap();
    let invited_by = listed
        .officers
        .iter()
        .map(|one| one.invited_by.as_deref().unwrap());
    let by = |wanted: &str| invited_by.clone().filter(|by| by.starts_with(wanted)).count();
    assert_eq!((by("operator:"), by("officer:")), (2, 3));
    for sql in [
        "UPDATE officer SET invited_by = NULL",
        "UPDATE officer SET invited_by = 'x'",
    ] {
        assert!(bench.by_hand(sql).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn the_database_itself_wants_two_who_were_invited_by_two() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let session = async |passkey: Authenticator| bench.session(&passkey).await;
    let one = session(bench.officer_of(&operator("a"), OfficerRole::Supervisor).await).await;
    bench.officer_of(&operator("a"), OfficerRole::Supervisor).await;
    let what = proposed(&bench, &one).await;
    let hex_of = if crate::engine::is_sqlite() {
        "lower(hex(id))"
    } else {
        "encode(id, 'hex')"
    };
    let approve = format!(
        "UPDATE bulk SET approved_at = proposed_at, approver = (SELECT 'officer:' || {hex_of} FROM officer
         WHERE 'officer:' || {hex_of} <> bulk.proposer)"
    );
    let refused = bench.by_hand(&approve).await.unwrap_err().to_string();
    assert!(refused.contains("are not two"), "{refused}");
    // Of nameless operators nobody knows whether they are two.
    let nameless = session(bench.officer_of(&Actor::OPERATOR, OfficerRole::Supervisor).await).await;
    let approved = bench.by(&nameless, paths::BULK_APPROVE, &what).await;
    assert_eq!(approved.status.as_u16(), 200);
    let again = proposed(&bench, &nameless).await;
    let fourth = session(bench.officer_of(&Actor::OPERATOR, OfficerRole::Supervisor).await).await;
    let refused = bench.by(&fourth, paths::BULK_APPROVE, &again).await;
    assert_eq!(refused.code(), ProblemCode::FourEyes);
}

#[tokio::test]
async fn one_officer_ends_so_many_in_a_day_and_no_more_without_a_second() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let (one, other) = (
        bench.signed_in(OfficerRole::Supervisor).await,
        bench.signed_in(OfficerRole::Supervisor).await,
    );
    let revoke = json!({ "cnic": citizen_number(0).cnic, "reason": "fraud" });
    let disable = json!({ "cnic": citizen_number(0).cnic });
    for turn in 0..ENDED_ALONE_MAX {
        let (path, what) = if turn % 2 == 0 {
            (paths::CITIZEN_REVOKE, &revoke)
        } else {
            (paths::CITIZEN_DISABLE, &disable)
        };
        bench.by(&one, path, what).await.json::<Value>();
    }
    for (path, what) in [
        (paths::CITIZEN_REVOKE, &revoke),
        (paths::CITIZEN_DISABLE, &disable),
    ] {
        assert_eq!(bench.by(&one, path, what).await.code(), ProblemCode::FourEyes);
    }
    // Holding somebody back is no ending, and others have a day of their own.
    let suspend = json!({ "cnic": citizen_number(0).cnic, "reason": "lost" });
    bench
        .by(&one, paths::CITIZEN_SUSPEND, &suspend)
        .await
        .json::<Value>();
    bench
        .by(&other, paths::CITIZEN_REVOKE, &revoke)
        .await
        .json::<Value>();
}

#[tokio::test]
async fn what_an_officer_proposed_who_was_ended_is_over() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let alone = bench.signed_in(OfficerRole::Administrator).await;
    let asked = json!({ "role": "supervisor", "name": "4714" });
    let made: Invited = bench.by(&alone, paths::OFFICER_INVITES, &asked).await.json();
    let passkey = bench.registered(&made).await;
    let what = proposed(&bench, &bench.session(&passkey).await).await;
    bench
        .by(&alone, paths::OFFICER_END, &json!({ "officer": made.officer }))
        .await
        .json::<Value>();
    let second = bench.signed_in(OfficerRole::Administrator).await;
    let eyes = invited(&bench, &second, "supervisor").await;
    let refused = bench.by(&eyes, paths::BULK_APPROVE, &what).await;
    assert_eq!(refused.code(), ProblemCode::ProposalOver);
    assert_eq!(bench.rows("bulk").await, 1);
}
