//! Kinds of passes as data, and documents from grant to withdrawal.

use credential::{
    Code, Context, Credential, Expect, PassType, RegisterContent, Signer, Timestamp, TypeRegister, Vct,
    build_request, present_to_request, read_request, verify,
};
use province_api::passes::{Challenge, Offer};
use province_api::paths;
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use province_server::admin::{AdminError, Desks, PACKAGED_TYPES};
use province_server::randomness::Randomness;
use province_server::rules::document::{DocumentError, Form};
use province_server::rules::print::{CardFormat, PressError};
use serde_json::{Value, json};

use crate::bench::{Bench, Counting, Phone, citizen_number, randomness};
use crate::passes::desk;

pub fn cnic(number: usize) -> Cnic {
    Cnic::parse(&citizen_number(number).cnic).unwrap()
}

fn form(number: usize, vct: &str, fields: Value) -> Form {
    let Value::Object(fields) = fields else { panic!() };
    Form {
        cnic: cnic(number),
        child: None,
        vct: Vct::parse(vct).unwrap(),
        fields,
    }
}

pub fn domicile(number: usize, certificate: &str) -> Form {
    let fields = json!({
        "certificate_number": certificate, "issued_on": "2026-11-02", "domicile_district": "peshawar",
    });
    form(number, "domicile", fields)
}

impl Bench {
    pub async fn withdraw(&self, kind: &Vct) -> Result<(), AdminError> {
        let randomness = Randomness::new(Counting(10));
        self.office
            .withdraw(
                &cnic(0),
                (kind, Reason::DepartmentWithdrawal),
                &randomness,
                self.now(),
            )
            .await
    }

    pub async fn grant(&self, form: &Form) -> Result<(), AdminError> {
        let randomness = Randomness::new(Counting(9));
        self.office.grant(form, &randomness, self.now()).await
    }

    async fn register(&self) -> TypeRegister {
        let bytes = self.get(paths::TYPES).await.body;
        TypeRegister::verify(&bytes, &self.trust().await, None).unwrap()
    }

    pub async fn offers(&self, phone: &Phone) -> Vec<Offer> {
        let reply: Challenge = self.post(phone, paths::CHALLENGES, b"").await.json();
        reply.offers
    }

    /// What a certified desk with the published register says of a pass of the phone's first holder key.
    pub async fn at_a_desk(&self, phone: &Phone, pass: &[u8], vct: &str) -> (Code, Vec<String>) {
        let ask = Vct::parse(vct).unwrap();
        let (trust, status, register) = (self.trust().await, self.status().await, self.register().await);
        let key = credential::SecretKey::from_seed([77; 32]);
        let certificate = self
            .office
            .counter_certificate(&desk(&key, &[ask]), self.now())
            .await
            .unwrap();
        let signer = Signer {
            key: &key,
            certificate: Some(&certificate),
        };
        let request = build_request(&ask, "kp:test-desk", [5; 16], self.now(), Some(signer)).unwrap();
        let read = read_request(&request.text, Some(&trust), self.now()).unwrap();
        let shown = present_to_request(pass, &phone.holder(0), &read).unwrap();
        let ctx = Context {
            now: self.now(),
            trust: Some(&trust),
            status: Some(&status),
            types: Some(&register),
            expect: Expect::Request(&request),
            rule: None,
        };
        let outcome = verify(&shown, &ctx);
        let kind: Option<&PassType> = register.find(&ask);
        let keys = outcome.verified.iter().flat_map(|verified| {
            let shown = kind.unwrap().shown(verified.claims());
            shown
                .map(|one| format!("{}={}", one.claim.key, one.value.text()))
                .collect::<Vec<_>>()
        });
        (outcome.code, keys.collect())
    }
}

#[tokio::test]
async fn the_packaged_register_is_published_and_its_kinds_are_what_citizens_may_draw() {
    let bench = Bench::new().await;
    let register = bench.register().await;
    assert_eq!((register.sequence(), register.types().len()), (1, 17));
    let phone = bench.enrolled(0, 1).await;
    let names: Vec<_> = bench
        .offers(&phone)
        .await
        .into_iter()
        .map(|offer| offer.vct)
        .collect();
    assert_eq!(names, ["age", "residence", "identity", "name-photo"]);
    let challenge = bench.challenge(&phone).await;
    for vct in ["sehat", "domicile", "passport"] {
        let reply = bench.passes(&phone, &phone.wanted(&challenge, 0, &[vct])).await;
        assert_eq!(reply.code(), ProblemCode::PassTypeUnknown, "{vct}");
    }
}

#[tokio::test]
async fn a_granted_document_is_drawn_shown_replaced_and_withdrawn() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.grant(&domicile(0, "PSH-26-1")).await.unwrap();
    let offer = bench
        .offers(&phone)
        .await
        .into_iter()
        .find(|offer| offer.vct == "domicile")
        .unwrap();
    assert_eq!(offer.grant, bench.now().unix());
    let first = bench.issued(&phone, 0, &["domicile"]).await.credentials.remove(0);
    let (code, says) = bench.at_a_desk(&phone, &first.0, "domicile").await;
    assert_eq!(code, Code::FaceNotCompared);
    let citizen = citizen_number(0);
    let number = Cnic::parse(&citizen.cnic).unwrap();
    assert_eq!(
        says,
        [
            format!("name_en={}", citizen.name_en),
            format!("guardian_name_en={}", citizen.guardian_name_en),
            format!("cnic={}", number.as_str()),
            "certificate_number=PSH-26-1".to_owned(),
            "issued_on=2026-11-02".to_owned(),
            "domicile_district=peshawar".to_owned(),
            "photo=true".to_owned(),
        ]
    );

    bench.grant(&domicile(0, "PSH-26-2")).await.unwrap();
    let again = bench
        .offers(&phone)
        .await
        .into_iter()
        .find(|offer| offer.vct == "domicile")
        .unwrap();
    assert!(again.grant > offer.grant, "phones see that it is another");
    assert_eq!(
        bench.at_a_desk(&phone, &first.0, "domicile").await.0,
        Code::Revoked
    );
    let second = bench.issued(&phone, 0, &["domicile"]).await.credentials.remove(0);
    let (code, says) = bench.at_a_desk(&phone, &second.0, "domicile").await;
    assert_eq!(code, Code::FaceNotCompared);
    assert!(says.contains(&"certificate_number=PSH-26-2".to_owned()));

    let kind = Vct::parse("domicile").unwrap();
    bench.withdraw(&kind).await.unwrap();
    assert!(
        bench
            .offers(&phone)
            .await
            .iter()
            .all(|offer| offer.vct != "domicile")
    );
    assert_eq!(
        bench.at_a_desk(&phone, &second.0, "domicile").await.0,
        Code::Revoked
    );
    let gone = bench.withdraw(&kind).await.unwrap_err();
    assert!(matches!(gone, AdminError::Document(DocumentError::NotHeld)));
}

#[tokio::test]
async fn whoever_is_revoked_loses_the_documents_too() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.grant(&domicile(0, "PSH-26-1")).await.unwrap();
    let pass = bench.issued(&phone, 0, &["domicile"]).await.credentials.remove(0);
    bench
        .office
        .revoke(&cnic(0), Reason::Fraud, bench.now())
        .await
        .unwrap();
    assert_eq!(
        bench.at_a_desk(&phone, &pass.0, "domicile").await.0,
        Code::Revoked
    );
    let refused = bench.grant(&domicile(0, "PSH-26-2")).await.unwrap_err();
    assert!(matches!(refused, AdminError::Document(DocumentError::Revoked)));
}

#[tokio::test]
async fn whoever_is_suspended_has_their_documents_suspended_until_it_is_lifted() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let (other, kind) = (bench.enrolled(1, 2).await, Vct::parse("domicile").unwrap());
    for number in [0, 1] {
        bench.grant(&domicile(number, "PSH-26-1")).await.unwrap();
    }
    let pass = bench.issued(&phone, 0, &["domicile"]).await.credentials.remove(0);
    let unharmed = bench.issued(&other, 0, &["domicile"]).await.credentials.remove(0);
    bench
        .office
        .suspend(&cnic(0), Reason::Lost, bench.now())
        .await
        .unwrap();
    let at_a_desk = async |phone, pass: &[u8]| bench.at_a_desk(phone, pass, "domicile").await.0;
    assert_eq!(at_a_desk(&phone, &pass.0).await, Code::Suspended);
    assert_eq!(at_a_desk(&other, &unharmed.0).await, Code::FaceNotCompared);
    // Nothing is handed out meanwhile, and what is withdrawn stays withdrawn.
    let refused = bench.grant(&domicile(0, "PSH-26-2")).await.unwrap_err();
    assert!(matches!(refused, AdminError::Document(DocumentError::Suspended)));
    let refused = bench
        .office
        .paper(&cnic(0), &kind, bench.now())
        .await
        .unwrap_err();
    assert!(matches!(refused, AdminError::Document(DocumentError::Suspended)));
    let card = bench
        .office
        .print_card(&cnic(0), CardFormat::A4, bench.now())
        .await;
    assert!(matches!(
        card.unwrap_err(),
        AdminError::Press(PressError::Document(DocumentError::Suspended))
    ));
    bench.office.resume(&cnic(0), bench.now()).await.unwrap();
    assert_eq!(at_a_desk(&phone, &pass.0).await, Code::FaceNotCompared);
    bench
        .office
        .suspend(&cnic(0), Reason::Lost, bench.now())
        .await
        .unwrap();
    bench.withdraw(&kind).await.unwrap();
    bench.office.resume(&cnic(0), bench.now()).await.unwrap();
    assert_eq!(at_a_desk(&phone, &pass.0).await, Code::Revoked);
}

#[tokio::test]
async fn what_is_entered_must_fit_the_kind() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let bench = &bench;
    let refused = |vct: &'static str, fields: Value| {
        let form = form(0, vct, fields);
        async move { bench.grant(&form).await.unwrap_err().to_string() }
    };
    let good = json!({"certificate_number": "1", "issued_on": "2026-11-02", "domicile_district": "swat"});
    let with = |key: &str, value: Value| {
        let mut fields = good.clone();
        fields[key] = value;
        fields
    };
    for (fields, why) in [
        (
            json!({"certificate_number": "1", "issued_on": "2026-11-02"}),
            "domicile_district is missing",
        ),
        (with("issued_on", json!("2026-02-30")), "issued_on is not a day"),
        (with("issued_on", json!(20_261_102)), "issued_on is not a day"),
        (
            with("domicile_district", json!("atlantis")),
            "domicile_district is not the id of a district",
        ),
        (
            with("certificate_number", json!("سند")),
            "certificate_number is not a text in Latin",
        ),
        (
            with("certificate_number", json!(" ")),
            "certificate_number is not a text in Latin",
        ),
        (
            with("certificate_number", json!("x".repeat(600))),
            "issue_bad_field",
        ),
        (with("name_en", json!("Somebody Else")), "no field name_en"),
    ] {
        let said = refused("domicile", fields).await;
        assert!(said.contains(why), "{said}");
        assert!(!said.contains("Somebody"), "what was entered is not repeated");
    }
    for vct in ["age", "passport"] {
        assert!(
            refused(vct, json!({})).await.contains("no document of this name"),
            "{vct}"
        );
    }
    let nobody = bench.grant(&domicile(1, "1")).await.unwrap_err();
    assert!(matches!(nobody, AdminError::Document(DocumentError::NotEnrolled)));
}

#[tokio::test]
async fn a_document_is_issued_up_to_its_own_last_day_and_not_beyond() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let licence = |until: &str| {
        let fields = json!({
            "licence_number": "PSH-4471", "issued_on": "2021-11-26", "valid_until": until, "categories": "M, LTV",
            "licence_district": "peshawar",
        });
        form(0, "driving-licence", fields)
    };
    // The tests' day is 2026-11-22.
    let over = bench.grant(&licence("2026-11-21")).await.unwrap_err();
    assert!(
        matches!(over, AdminError::Document(DocumentError::Ended)),
        "{over}"
    );
    bench.grant(&licence("2026-11-24")).await.unwrap();
    let vct = Vct::parse("driving-licence").unwrap();
    let ends = Timestamp::start_of(2026, 11, 25);
    let pass = bench
        .issued(&phone, 0, &["driving-licence"])
        .await
        .credentials
        .remove(0);
    let paper = bench.office.paper(&cnic(0), &vct, bench.now()).await.unwrap();
    for bytes in [&pass.0, &paper] {
        let credential = Credential::parse(bytes).unwrap();
        assert_eq!(credential.unverified_claims().exp, ends);
    }
    assert_eq!(
        bench.at_a_desk(&phone, &pass.0, "driving-licence").await.0,
        Code::FaceNotCompared
    );

    // The day after, nobody draws or prints it, and the rest is as before.
    bench.set_time(ends.unix());
    let names: Vec<_> = bench
        .offers(&phone)
        .await
        .into_iter()
        .map(|offer| offer.vct)
        .collect();
    assert_eq!(names, ["age", "residence", "identity", "name-photo"]);
    let challenge = bench.challenge(&phone).await;
    let wanted = phone.wanted(&challenge, 0, &["driving-licence"]);
    assert_eq!(
        bench.passes(&phone, &wanted).await.code(),
        ProblemCode::PassTypeUnknown
    );
    let refused = bench.office.paper(&cnic(0), &vct, bench.now()).await.unwrap_err();
    assert!(
        matches!(refused, AdminError::Document(DocumentError::Ended)),
        "{refused}"
    );
    assert_eq!(
        bench.at_a_desk(&phone, &pass.0, "driving-licence").await.0,
        Code::Expired
    );
    // Renewed, it is there again.
    bench.grant(&licence("2031-11-24")).await.unwrap();
    assert!(
        bench
            .offers(&phone)
            .await
            .iter()
            .any(|offer| offer.vct == "driving-licence")
    );
}

#[tokio::test]
async fn the_family_card_and_the_vehicle_card_say_what_was_granted() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(1, 1).await;
    let sehat = json!({
        "family_number": "F-7701-22", "head_of_family": true, "family_members": 6,
        "programme": "sehat_card_plus", "yearly_limit": 100_000_000, "valid_until": "2027-06-30",
    });
    bench.grant(&form(1, "sehat", sehat)).await.unwrap();
    let vehicle = json!({
        "registration_number": "AB-4471", "registered_on": "2023-04-18", "owner_name": "Gul Test",
        "make": "Suzuki Mehran", "model_year": 2012, "body": "car", "engine_number": "PKT4471203",
        "chassis_number": "SB308PK0447120",
    });
    bench.grant(&form(1, "vehicle-card", vehicle)).await.unwrap();
    let pass = bench.issued(&phone, 0, &["sehat"]).await.credentials.remove(0);
    let (code, says) = bench.at_a_desk(&phone, &pass.0, "sehat").await;
    assert_eq!(code, Code::FaceNotCompared);
    assert!(
        says.contains(&"head_of_family=true".to_owned())
            && says.contains(&"yearly_limit=100000000".to_owned())
    );
    let pass = bench
        .issued(&phone, 0, &["vehicle-card"])
        .await
        .credentials
        .remove(0);
    assert_eq!(
        bench.at_a_desk(&phone, &pass.0, "vehicle-card").await.0,
        Code::Accepted
    );

    // On paper: nobody's key, and only for kinds that are printed.
    let paper = bench
        .office
        .paper(&cnic(1), &Vct::parse("vehicle-card").unwrap(), bench.now())
        .await
        .unwrap();
    let paper = Credential::parse(&paper).unwrap();
    let claims = paper.unverified_claims();
    assert!(claims.holder.is_none() && claims.facts.photo_sha256.is_none() && claims.identity.is_none());
    paper.verify_issuer(&bench.trust().await).unwrap();
    let refused = bench
        .office
        .paper(&cnic(1), &Vct::parse("sehat").unwrap(), bench.now())
        .await
        .unwrap_err();
    assert!(
        matches!(
            refused,
            AdminError::Document(DocumentError::Issue(credential::IssueError::NotPrinted))
        ),
        "{refused}"
    );
    // What is sealed is nowhere in the open.
    let bytes = bench.database_bytes();
    assert!(!bytes.windows(7).any(|window| window == b"AB-4471"));
}

#[tokio::test]
async fn a_kind_that_is_added_to_the_data_file_is_granted_drawn_and_decided() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut file: Value = serde_json::from_str(PACKAGED_TYPES).unwrap();
    file["types"].as_array_mut().unwrap().push(json!({
        "vct": "boat-permit", "name": {"en": "Boat permit", "ur": "کشتی کا پرمٹ", "ps": "د بېړۍ جواز"},
        "icon": "boat", "lifetime_days": 90, "stock": 2, "status": {"list": "boat"}, "photo": false,
        "assurance": 0, "show": {"request": true},
        "claims": [{"key": "boat", "at": {"fact": 32}, "kind": "latin", "required": true,
                    "label": {"en": "Boat", "ur": "کشتی", "ps": "بېړۍ"}}],
    }));
    let done = bench
        .office
        .publish_types(&file.to_string(), &randomness(), bench.now())
        .await
        .unwrap();
    assert_eq!((done.sequence, done.epoch, done.trust_due), (2, 2, true));
    // Until the next trust list lets a key sign it, it waits: nobody is offered it, and enrolment goes on.
    let form_of_it = form(0, "boat-permit", json!({"boat": "Kalam 7"}));
    let early = bench.grant(&form_of_it).await.unwrap_err();
    assert!(early.to_string().contains("boat-permit"), "{early}");
    let challenge = bench.challenge(&phone).await;
    let wanted = phone.wanted(&challenge, 0, &["boat-permit"]);
    let refused = bench.passes(&phone, &wanted).await;
    assert_eq!(refused.code(), ProblemCode::PassTypeUnknown);
    bench.enrolled(1, 2).await;
    bench
        .office
        .publish_trust(Desks::MustDecide, bench.now())
        .await
        .unwrap();
    assert_eq!(bench.register().await.sequence(), 2);
    bench.grant(&form_of_it).await.unwrap();
    let pass = bench
        .issued(&phone, 0, &["boat-permit"])
        .await
        .credentials
        .remove(0);
    let (code, says) = bench.at_a_desk(&phone, &pass.0, "boat-permit").await;
    assert_eq!((code, says), (Code::Accepted, vec!["boat=Kalam 7".to_owned()]));
    // Its key signs nothing else, nor does that of any other kind.
    for key in &bench.trust().await.content().keys {
        assert_eq!(key.allowed.len(), 1, "{:?}", key.allowed);
    }

    file["types"][0]["claims"][0]["at"] = json!({"identity": 4});
    let unsound = bench
        .office
        .publish_types(&file.to_string(), &randomness(), bench.now())
        .await
        .unwrap_err();
    assert!(unsound.to_string().contains("types_unsound"), "{unsound}");
    assert_eq!(bench.register().await.sequence(), 2);
    let content = RegisterContent::read_unverified(bench.register().await.bytes()).unwrap();
    assert_eq!(content.types.len(), 18);
}
