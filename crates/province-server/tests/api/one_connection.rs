//! Nobody who holds a connection to the database waits for another: else as many who do so at once as there are connections
//! wait for each other until all are refused. So what is asked for every day is done with a single one.

use province_api::application::AnswerReply;
use province_api::officers::OfficerRole;
use province_api::paths;
use serde_json::{Value, json};

use crate::applications::{answer, applied, pulled, system_of};
use crate::bench::{Bench, Phone, citizen_number};
use crate::callers::CounterCaller;
use crate::dastak::{cnic_of, let_in, report, says};
use crate::sync::Known;

#[tokio::test]
async fn what_phones_systems_and_officers_ask_for_every_day_is_done_with_one_connection() {
    let bench = Bench::new().await.by_one_connection().await;
    let phone = bench.enrolled(0, 1).await;
    bench.issued(&phone, 0, &["age", "identity"]).await;
    bench.sync(&phone, &mut Known::default()).await;
    let mobile = json!({ "mobile": "03117654321" }).to_string();
    bench
        .post(&phone, paths::MOBILE, mobile.as_bytes())
        .await
        .json::<Value>();

    let home = system_of(&bench, 60, "home").await;
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    assert_eq!(pulled(&bench, &home, 0).await.changes.len(), 1);
    let fields =
        json!({ "certificate_number": "D-1", "issued_on": "2026-11-02", "domicile_district": "peshawar" });
    let document = json!({ "document": { "vct": "domicile", "fields": fields } });
    let step = ("submitted", "document_issued");
    answer(&bench, &home, &sent.application, step, document)
        .await
        .json::<AnswerReply>();
    bench.issued(&phone, 10, &["domicile"]).await;
    bench.sync(&phone, &mut Known::default()).await;

    let_in(&bench, 1).await;
    let filed = report(&cnic_of(0), "N-1", 1, "objection");
    says(&bench, paths::DISPATCH_REPORT, &filed).await.json::<Value>();
    let counter = CounterCaller::certified(&bench, 80).await;
    assert!(counter.asks(&bench).await.status.is_success());
    let officer = bench.signed_in(OfficerRole::Supervisor).await;
    let suspend = json!({ "cnic": citizen_number(0).cnic, "reason": "lost" });
    bench
        .by(&officer, paths::CITIZEN_SUSPEND, &suspend)
        .await
        .json::<Value>();
    let resume = json!({ "cnic": citizen_number(0).cnic });
    bench
        .by(&officer, paths::CITIZEN_RESUME, &resume)
        .await
        .json::<Value>();
    bench.post(&phone, paths::AUDIT, b"{}").await.json::<Value>();
    let form = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    bench
        .post(&Phone::new(2), paths::REBIND, &form)
        .await
        .json::<Value>();
    assert!(bench.get(paths::TRUST_LIST).await.status.is_success());
    bench.province.tick().await;
    bench.province.upkeep().await;
}
