//! A granted document that the register has outgrown: it waits for another grant, and nothing else does.

use province_api::problem::ProblemCode;
use province_server::admin::{Desks, PACKAGED_TYPES};
use serde_json::{Value, json};

use crate::bench::{Bench, Phone, randomness};
use crate::documents::domicile;

impl Bench {
    /// Publishes the packaged register with the domicile's claims changed.
    async fn outgrow(&self, change: impl FnOnce(&mut [Value])) {
        let mut file: Value = serde_json::from_str(PACKAGED_TYPES).unwrap();
        let types = file["types"].as_array_mut().unwrap();
        let kind = types.iter_mut().find(|kind| kind["vct"] == "domicile").unwrap();
        change(kind["claims"].as_array_mut().unwrap());
        let json = file.to_string();
        self.office
            .publish_types(&json, &randomness(), self.now())
            .await
            .unwrap();
        self.office
            .publish_trust(Desks::MustDecide, self.now())
            .await
            .unwrap();
    }

    async fn offers_domicile(&self, phone: &Phone) -> bool {
        self.offers(phone)
            .await
            .iter()
            .any(|offer| offer.vct == "domicile")
    }
}

fn claim<'a>(claims: &'a mut [Value], key: &str) -> &'a mut Value {
    claims.iter_mut().find(|claim| claim["key"] == key).unwrap()
}

fn require_the_tehsil(claims: &mut [Value]) {
    claim(claims, "domicile_tehsil")["required"] = json!(true);
}

fn number_the_certificate(claims: &mut [Value]) {
    claim(claims, "certificate_number")["kind"] = json!("number");
}

#[tokio::test]
async fn a_document_that_no_longer_fits_its_kind_keeps_nobody_from_other_passes() {
    let changes: [fn(&mut [Value]); 2] = [require_the_tehsil, number_the_certificate];
    for change in changes {
        let bench = Bench::new().await;
        let phone = bench.enrolled(0, 1).await;
        bench.grant(&domicile(0, "PSH-26-1")).await.unwrap();
        assert!(bench.offers_domicile(&phone).await);

        bench.outgrow(change).await;
        assert!(!bench.offers_domicile(&phone).await);
        assert_eq!(bench.issued(&phone, 0, &["age"]).await.credentials.len(), 1);
        let challenge = bench.challenge(&phone).await;
        let both = phone.wanted(&challenge, 4, &["age", "domicile"]);
        let refused = bench.passes(&phone, &both).await;
        assert_eq!(refused.code(), ProblemCode::PassTypeUnknown);

        // The grant is kept: it is drawn again as soon as its kind has it as it was.
        bench.outgrow(|_| {}).await;
        assert!(bench.offers_domicile(&phone).await);
        assert_eq!(bench.issued(&phone, 8, &["domicile"]).await.credentials.len(), 1);
    }
}
