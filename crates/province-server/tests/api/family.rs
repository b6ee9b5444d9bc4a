//! Children's documents: a guardian holds them, several of one kind, and the child has them from 18 on.

use credential::{Code, Credential, Timestamp, Vct};
use province_api::enrolment::EnrolmentRequest;
use province_api::passes::Offer;
use province_api::person::{Cnic, Day, FieldError};
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use province_api::sync::Event;
use province_server::admin::AdminError;
use province_server::randomness::Randomness;
use province_server::rules::document::{Child, DocumentError, Form, Whose};
use serde_json::{Value, json};

use crate::bench::{Bench, Counting, Phone, citizen_number};
use crate::documents::cnic;
use crate::sync::{Known, whats};

/// Gul Test is 18 on 2 March 2027, Zarmina Test on 1 March 2034: she was born on a 29th of February.
const GUL: (&str, &str, &str) = ("Gul Test", "گل ٹیسٹ", "2009-03-02");
const ZARMINA: (&str, &str, &str) = ("Zarmina Test", "زرمینہ ٹیسٹ", "2016-02-29");
/// 2 March 2027, 10:00 in Peshawar.
const GUL_IS_18: u64 = 1_803_963_600;

type Of = (&'static str, &'static str, &'static str);

fn number(of: Of) -> Cnic {
    let digits = if of == GUL {
        "9999971000013"
    } else {
        "9999971000024"
    };
    Cnic::parse(digits).unwrap()
}

fn child(of: Of) -> Child {
    Child {
        number: number(of),
        born_on: Day::parse(of.2).unwrap(),
    }
}

pub fn b_form(guardian: usize, of: Of, holder_is: &str) -> Form {
    let fields = json!({
        "child_name_en": of.0, "child_name_ur": of.1, "child_gender": "x", "father_name": "Ali Test",
        "mother_name": "Sana Test", "registered_on": "2016-05-01", "holder_is": holder_is,
    });
    let Value::Object(fields) = fields else { panic!() };
    Form {
        cnic: cnic(guardian),
        child: Some(child(of)),
        vct: b_form_kind(),
        fields,
    }
}

fn birth_certificate(guardian: usize, of: Of) -> Form {
    let fields = json!({
        "child_name_en": of.0, "child_gender": "x", "father_name": "Ali Test", "mother_name": "Sana Test",
        "registration_number": "U-77", "registered_on": "2009-05-01", "union_council": "Tehkal",
        "birth_district": "peshawar",
    });
    let Value::Object(fields) = fields else { panic!() };
    Form {
        vct: Vct::parse("birth-certificate").unwrap(),
        fields,
        ..b_form(guardian, of, "")
    }
}

fn b_form_kind() -> Vct {
    Vct::parse("b-form").unwrap()
}

fn whose(guardian: usize, of: Of) -> Whose {
    Whose {
        cnic: cnic(guardian),
        child: Some(number(of)),
    }
}

/// What Gul types at 18.
fn grown_up() -> EnrolmentRequest {
    EnrolmentRequest {
        cnic: number(GUL).as_str().to_owned(),
        name_en: GUL.0.to_owned(),
        name_ur: GUL.1.to_owned(),
        date_of_birth: GUL.2.to_owned(),
        cnic_issued_on: "2027-03-01".to_owned(),
        ..citizen_number(2).enrolment()
    }
}

/// Kind and number of what is offered of children's kinds.
fn offered(offers: &[Offer]) -> Vec<(&str, u32)> {
    offers
        .iter()
        .filter(|one| one.vct == "b-form" || one.vct == "birth-certificate")
        .map(|one| (one.vct.as_str(), one.no))
        .collect()
}

fn refusal(done: Result<(), AdminError>) -> &'static str {
    match done.unwrap_err() {
        AdminError::Document(error) => error.code(),
        other => panic!("{other}"),
    }
}

impl Bench {
    /// Kind and number of what this phone may draw, of children's kinds.
    async fn offered(&self, phone: &Phone) -> Vec<(String, u32)> {
        let offers = self.offers(phone).await;
        let own = |(vct, no): (&str, u32)| (vct.to_owned(), no);
        offered(&offers).into_iter().map(own).collect()
    }

    async fn is_pass_revoked(&self, pass: &[u8]) -> bool {
        let credential = Credential::parse(pass).unwrap();
        let at = credential.unverified_claims().status.clone().unwrap();
        self.is_revoked(&at).await
    }
}

#[tokio::test]
async fn a_guardian_holds_one_of_each_child_and_one_is_withdrawn_alone() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.grant(&b_form(0, GUL, "father")).await.unwrap();
    bench.grant(&b_form(0, ZARMINA, "father")).await.unwrap();
    bench.grant(&birth_certificate(0, ZARMINA)).await.unwrap();
    // A child has one number for all kinds.
    let all = [("birth-certificate", 2), ("b-form", 1), ("b-form", 2)];
    assert_eq!(offered(&bench.offers(&phone).await), all);

    let passes = bench
        .issued(&phone, 0, &["b-form#2", "b-form#1"])
        .await
        .credentials;
    let (code, says) = bench.at_a_desk(&phone, &passes[0].0, "b-form").await;
    assert_eq!(code, Code::FaceNotCompared);
    let holder = citizen_number(0);
    for said in [
        "child_name_en=Zarmina Test".to_owned(),
        "child_name_ur=زرمینہ ٹیسٹ".to_owned(),
        "child_number=9999971000024".to_owned(),
        "born_on=2016-02-29".to_owned(),
        "holder_is=father".to_owned(),
        format!("name_en={}", holder.name_en),
        "photo=true".to_owned(),
    ] {
        assert!(says.contains(&said), "{said}: {says:?}");
    }

    // One is granted anew: that child's alone is of another grant, and the number stays.
    let before = bench.offers(&phone).await;
    bench.grant(&b_form(0, GUL, "guardian")).await.unwrap();
    let after = bench.offers(&phone).await;
    let changed: Vec<_> = after.iter().filter(|one| !before.contains(one)).collect();
    assert_eq!(changed.len(), 1);
    assert_eq!((changed[0].vct.as_str(), changed[0].no), ("b-form", 1));
    assert!(bench.is_pass_revoked(&passes[1].0).await);
    assert!(!bench.is_pass_revoked(&passes[0].0).await);

    let mut known = Known::default();
    bench.sync(&phone, &mut known).await;
    let randomness = Randomness::new(Counting(10));
    let withdraw = |of| {
        let (office, randomness) = (&bench.office, &randomness);
        let now = bench.now();
        async move {
            office
                .withdraw(
                    whose(0, of),
                    (&b_form_kind(), Reason::DepartmentWithdrawal),
                    randomness,
                    now,
                )
                .await
        }
    };
    withdraw(ZARMINA).await.unwrap();
    assert!(bench.is_pass_revoked(&passes[0].0).await);
    assert_eq!(
        bench.offered(&phone).await,
        [("birth-certificate".to_owned(), 2), ("b-form".to_owned(), 1)]
    );
    let told = bench.sync(&phone, &mut known).await;
    let (vct, no) = ("b-form".to_owned(), 2);
    assert_eq!(
        whats(&told),
        [Event::DocumentWithdrawn {
            vct,
            no,
            reason: Some(Reason::DepartmentWithdrawal)
        }]
    );
    assert_eq!(refusal(withdraw(ZARMINA).await), "not_held");
    let own = bench
        .office
        .withdraw(
            &cnic(0),
            (&b_form_kind(), Reason::DepartmentWithdrawal),
            &randomness,
            bench.now(),
        )
        .await;
    assert_eq!(refusal(own), "not_held");

    // Not of a child that is none of theirs.
    for other in ["b-form#2", "b-form#3", "b-form", "age#1"] {
        let challenge = bench.challenge(&phone).await;
        let reply = bench.passes(&phone, &phone.wanted(&challenge, 9, &[other])).await;
        assert_eq!(reply.code(), ProblemCode::PassTypeUnknown, "{other}");
    }
    // A proof for one child serves for no other.
    let challenge = bench.challenge(&phone).await;
    let mut bent = phone.wanted(&challenge, 9, &["b-form#1"]);
    bent.passes[0].no = 2;
    assert_eq!(
        bench.passes(&phone, &bent).await.code(),
        ProblemCode::HolderKeyUnproven
    );
    // The number and the day of birth of a child lie nowhere in the open.
    let bytes = bench.database_bytes();
    for secret in [&b"9999971000013"[..], b"2009-03-02", b"Gul Test"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[tokio::test]
async fn what_is_granted_for_a_child_must_be_of_one() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    bench.enrolled(1, 2).await;
    let refused = async |form: Form| refusal(bench.grant(&form).await);
    let good = || b_form(0, GUL, "father");
    let of = |child: Child| Form {
        child: Some(child),
        ..good()
    };
    let born = |day: &str| Child {
        born_on: Day::parse(day).unwrap(),
        ..child(GUL)
    };
    assert_eq!(refused(of(born("2008-11-22"))).await, "child_of_age");
    assert_eq!(refused(of(born("2026-11-23"))).await, "field_wrong");
    bench.grant(&of(born("2008-11-23"))).await.unwrap();
    let enrolled = Child {
        number: cnic(1),
        ..child(GUL)
    };
    assert_eq!(refused(of(enrolled)).await, "child_enrolled");
    let own = Child {
        number: cnic(0),
        ..child(GUL)
    };
    assert_eq!(refused(of(own)).await, "child_enrolled");
    let licence = Form {
        vct: Vct::parse("domicile").unwrap(),
        ..good()
    };
    assert_eq!(refused(licence).await, "not_for_children");
    assert_eq!(refused(b_form(0, GUL, "itself")).await, "field_wrong");
    let with = |key: &str, value: &str| {
        let mut form = good();
        form.fields.insert(key.to_owned(), value.into());
        form
    };
    // What the child's particulars say may be entered again, and not otherwise.
    bench
        .grant(&with("child_number", "99999-7100001-3"))
        .await
        .unwrap();
    assert_eq!(
        refused(with("child_number", "99999-7100002-4")).await,
        "field_wrong"
    );
    assert_eq!(refused(with("born_on", "2009-03-03")).await, "field_wrong");
    // Without a child it is one's own: nobody holds a child's as their own, to keep it beyond its 18th birthday.
    let as_own = |number: &str| Form {
        child: None,
        ..with("child_number", number)
    };
    assert_eq!(refused(as_own("99999-7100001-3")).await, "field_wrong");
    let mut own = as_own(cnic(0).as_str());
    own.fields.insert("born_on".to_owned(), "1988-05-02".into());
    assert_eq!(
        refused(own.clone()).await,
        "field_wrong",
        "and is the one who was the child"
    );
    own.fields.insert("holder_is".to_owned(), "itself".into());
    bench.grant(&own).await.unwrap();
}

#[tokio::test]
async fn a_guardians_document_ends_with_the_day_on_which_the_child_is_18() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.grant(&b_form(0, GUL, "mother")).await.unwrap();
    bench.grant(&birth_certificate(0, GUL)).await.unwrap();
    bench.grant(&b_form(0, ZARMINA, "mother")).await.unwrap();
    let birthday = Timestamp::start_of(2027, 3, 2);
    let passes = bench
        .issued(&phone, 0, &["b-form#1", "birth-certificate#1", "b-form#2"])
        .await
        .credentials;
    let ends: Vec<_> = passes
        .iter()
        .map(|pass| Credential::parse(&pass.0).unwrap().unverified_claims().exp)
        .collect();
    let year = bench.now().start_of_day().plus(366 * credential::DAY);
    assert_eq!(ends, [birthday, birthday, year]);
    let paper = bench
        .office
        .paper(whose(0, GUL), &b_form_kind(), bench.now())
        .await
        .unwrap();
    assert_eq!(
        Credential::parse(&paper).unwrap().unverified_claims().exp,
        birthday
    );

    bench.set_time(birthday.unix() - 1);
    assert_eq!(
        bench
            .offers(&phone)
            .await
            .iter()
            .filter(|one| one.no == 1)
            .count(),
        2
    );
    // The child itself cannot enrol before, whatever it holds.
    let early = EnrolmentRequest {
        cnic_issued_on: "2027-02-01".to_owned(),
        date_of_birth: "2009-03-03".to_owned(),
        ..grown_up()
    };
    let problem = bench.enrol(&Phone::new(7), &early).await.problem();
    assert_eq!(problem.code, ProblemCode::FieldsInvalid);
    assert_eq!(problem.fields[0].code, FieldError::TooYoung);

    bench.set_time(birthday.unix());
    assert_eq!(bench.offered(&phone).await, [("b-form".to_owned(), 2)]);
    let paper = bench
        .office
        .paper(whose(0, GUL), &b_form_kind(), bench.now())
        .await
        .unwrap_err();
    assert!(
        matches!(paper, AdminError::Document(DocumentError::Ended)),
        "{paper}"
    );
    let (code, _) = bench.at_a_desk(&phone, &passes[0].0, "b-form").await;
    assert_eq!(code, Code::Expired);
}

#[tokio::test]
async fn at_18_what_both_parents_held_is_the_childs_own() {
    let bench = Bench::new().await;
    let father = bench.enrolled(0, 1).await;
    let mother = bench.enrolled(1, 2).await;
    bench.grant(&b_form(0, ZARMINA, "father")).await.unwrap();
    bench.grant(&b_form(0, GUL, "father")).await.unwrap();
    bench.grant(&birth_certificate(0, GUL)).await.unwrap();
    bench.set_time(bench.now().unix() + 60);
    let mut newer = b_form(1, GUL, "mother");
    newer
        .fields
        .insert("registered_on".to_owned(), "2020-01-01".into());
    bench.grant(&newer).await.unwrap();
    let his = bench
        .issued(&father, 0, &["b-form#2", "b-form#1", "birth-certificate#2"])
        .await
        .credentials;
    let hers = bench.issued(&mother, 0, &["b-form#1"]).await.credentials;
    let (mut at_his, mut at_hers) = (Known::default(), Known::default());
    bench.sync(&father, &mut at_his).await;
    bench.sync(&mother, &mut at_hers).await;

    bench.set_time(GUL_IS_18);
    let gul = Phone::new(9);
    let reply = bench.enrol(&gul, &grown_up()).await;
    assert!(
        reply.status.is_success(),
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    let mut own = Known::default();
    let told = bench.sync(&gul, &mut own).await;
    let granted = |vct: &str| Event::DocumentGranted {
        vct: vct.to_owned(),
        no: 0,
        grant: GUL_IS_18,
    };
    assert_eq!(
        whats(&told),
        [Event::Enrolled, granted("b-form"), granted("birth-certificate")]
    );
    assert_eq!(
        offered(&told.offers.unwrap()),
        [("birth-certificate", 0), ("b-form", 0)]
    );

    // It says who holds it now, of the newest grant, and lasts its own time.
    let mine = bench
        .issued(&gul, 0, &["b-form", "birth-certificate"])
        .await
        .credentials;
    let (code, says) = bench.at_a_desk(&gul, &mine[0].0, "b-form").await;
    assert_eq!(code, Code::FaceNotCompared);
    for said in [
        "holder_is=itself",
        "name_en=Gul Test",
        "cnic=9999971000013",
        "registered_on=2020-01-01",
    ] {
        assert!(says.contains(&said.to_owned()), "{said}: {says:?}");
    }
    let exp = Credential::parse(&mine[0].0).unwrap().unverified_claims().exp;
    assert_eq!(exp, Timestamp::start_of(2027, 3, 2).plus(366 * credential::DAY));

    // The parents are told, and what they drew is revoked: but for the other child's.
    let told = bench.sync(&father, &mut at_his).await;
    let over = |vct: &str, no| Event::DocumentHandedOver {
        vct: vct.to_owned(),
        no,
    };
    assert_eq!(whats(&told), [over("b-form", 2), over("birth-certificate", 2)]);
    let told = bench.sync(&mother, &mut at_hers).await;
    assert_eq!(whats(&told), [over("b-form", 1)]);
    for (pass, revoked) in [
        (&his[0], true),
        (&his[1], false),
        (&his[2], true),
        (&hers[0], true),
        (&mine[0], false),
    ] {
        assert_eq!(bench.is_pass_revoked(&pass.0).await, revoked);
    }
    assert_eq!(bench.offered(&father).await, [("b-form".to_owned(), 1)]);
    // Nobody holds anything for Gul again, and asking again hands nothing over twice.
    let again = bench.grant(&b_form(0, GUL, "father")).await;
    assert_eq!(refusal(again), "child_of_age");
    bench.enrol(&gul, &grown_up()).await;
    assert!(
        whats(&bench.sync(&gul, &mut own).await)
            .iter()
            .all(|what| what.kind() == "passes_issued")
    );
}

#[tokio::test]
async fn a_new_phone_of_the_guardian_has_the_children_under_the_same_numbers() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.grant(&b_form(0, GUL, "father")).await.unwrap();
    bench.grant(&b_form(0, ZARMINA, "father")).await.unwrap();
    let old = bench
        .issued(&phone, 0, &["b-form#1", "b-form#2"])
        .await
        .credentials;
    let next = Phone::new(3);
    let body = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    let reply = bench.post(&next, province_api::paths::REBIND, &body).await;
    assert!(reply.status.is_success());
    for pass in &old {
        assert!(bench.is_pass_revoked(&pass.0).await);
    }
    let both = [("b-form".to_owned(), 1), ("b-form".to_owned(), 2)];
    assert_eq!(bench.offered(&next).await, both);
    let new = bench.issued(&next, 0, &["b-form#2"]).await.credentials;
    let (_, says) = bench.at_a_desk(&next, &new[0].0, "b-form").await;
    assert!(says.contains(&"child_name_en=Zarmina Test".to_owned()));
}
