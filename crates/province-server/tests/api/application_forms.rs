//! What an application says: the rules of its service, its fee, and how much of it is read at once.

use axum::http::Method;
use province_api::application::{AnswerReply, ApplicationReply, ApplicationsReply};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::sync::Event;
use serde_json::{Value, json};

use crate::applications::{answer, applied, apply, pulled, system_of, withdraw};
use crate::bench::Bench;
use crate::forms::form_of;
use crate::sync::{Known, whats};

#[tokio::test]
async fn a_form_keeps_the_rules_of_its_service_and_is_kept_in_one_spelling() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let home = system_of(&bench, 60, "home").await;
    let mut form = form_of("domicile-certificate");
    form["father_cnic"] = "۹۹۹۹۹-۱۲۳۴۵۶۷-۱".into();
    apply(&bench, &phone, "domicile-certificate", &form)
        .await
        .json::<Value>();
    let page = pulled(&bench, &home, 0).await;
    assert_eq!(
        page.changes[0].form.as_ref().unwrap()["father_cnic"],
        "9999912345671"
    );
    for (field, broken, code) in [
        ("father_cnic", json!("123"), "cnic_malformed"),
        ("declare_true", json!(false), "declaration_missing"),
        ("district", json!("london"), "choice_unknown"),
        ("nobody_asks_this", json!(1), "field_unknown"),
    ] {
        let mut form = form.clone();
        form[field] = broken;
        let refused = apply(&bench, &phone, "domicile-certificate", &form)
            .await
            .problem();
        assert_eq!(refused.code, ProblemCode::FieldsInvalid);
        let said = refused.fields.iter().map(|one| (&*one.field, one.code.code()));
        assert_eq!(said.collect::<Vec<_>>(), [(field, code)]);
    }
    assert_eq!(pulled(&bench, &home, 0).await.changes.len(), 1);
}

#[tokio::test]
async fn a_fee_is_due_as_the_catalogue_or_the_office_says_and_is_closed_by_a_challan() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let (home, revenue) = (
        system_of(&bench, 60, "home").await,
        system_of(&bench, 61, "revenue").await,
    );
    // A domicile costs Rs 200, by a source; of a fard no source says what it costs.
    for (system, service, refused, taken, due) in [
        (
            &home,
            "domicile-certificate",
            json!({ "amount_rupees": 300 }),
            json!({}),
            200,
        ),
        (&revenue, "fard", json!({}), json!({ "amount_rupees": 150 }), 150),
    ] {
        let sent = applied(&bench, &phone, service).await;
        let step = ("submitted", "payment_due");
        let wrong = answer(&bench, system, &sent.application, step, refused).await;
        assert_eq!(wrong.code(), ProblemCode::AnswerParts);
        answer(&bench, system, &sent.application, step, taken)
            .await
            .json::<AnswerReply>();
        let page = pulled(&bench, system, 0).await;
        assert_eq!(page.changes.last().unwrap().amount_rupees, Some(due));
        let on = ("payment_due", "in_review");
        let unpaid = answer(&bench, system, &sent.application, on, json!({})).await;
        assert_eq!(unpaid.code(), ProblemCode::AnswerParts);
        let challan = json!({ "challan": "8271936450" });
        answer(&bench, system, &sent.application, on, challan)
            .await
            .json::<AnswerReply>();
    }
    let told = bench.sync(&phone, &mut Known::default()).await;
    let said: Vec<_> = whats(&told)
        .into_iter()
        .filter_map(|what| match what {
            Event::ApplicationChanged {
                amount_rupees,
                challan,
                ..
            } => Some((amount_rupees, challan)),
            _ => None,
        })
        .collect();
    let paid = Some("8271936450".to_owned());
    let each = |due| [(None, None), (Some(due), None), (None, paid.clone())];
    assert_eq!(said, [each(200), each(150)].concat());
    let bytes = bench.database_bytes();
    assert!(!bytes.windows(10).any(|part| part == b"8271936450"));
    // Who cannot pay is refused, or takes it back.
    let sent = applied(&bench, &phone, "fard").await;
    let due = json!({ "amount_rupees": 10 });
    answer(
        &bench,
        &revenue,
        &sent.application,
        ("submitted", "payment_due"),
        due,
    )
    .await
    .json::<AnswerReply>();
    withdraw(&bench, &phone, &sent.application)
        .await
        .json::<ApplicationReply>();
}

#[tokio::test]
async fn a_page_ends_behind_a_mebibyte_of_forms_and_is_never_packed() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let revenue = system_of(&bench, 60, "revenue").await;
    // No form of the catalogue holds so much; of a service without one anything is taken that a form may be.
    let mut file = province_api::catalogue::packaged::packaged().unwrap();
    let fard = file.services.iter_mut().find(|one| one.id == "fard").unwrap();
    fard.form = None;
    let signed = bench.office.publish_catalogue(&file, bench.now()).await;
    signed.unwrap();
    let form = json!({ "texts": vec!["a".repeat(2_000); 16] });
    for _ in 0..40 {
        apply(&bench, &phone, "fard", &form).await.json::<Value>();
    }
    let page = pulled(&bench, &revenue, 0).await;
    assert!((30..40).contains(&page.changes.len()) && page.more);
    let mut request = revenue.signed(
        &Method::GET,
        paths::DEPARTMENT_APPLICATIONS,
        b"",
        bench.now().unix(),
    );
    let packs = axum::http::HeaderValue::from_static("gzip, zstd");
    request.headers_mut().insert("accept-encoding", packs);
    let reply = bench.send(request).await;
    assert!(!reply.headers.contains_key("content-encoding"));
    assert!(serde_json::from_slice::<ApplicationsReply>(&reply.body).is_ok());
}
