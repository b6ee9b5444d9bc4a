//! From the province's press to the desk: what is printed is read off the page and decided by a real station.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::float_cmp)]

#[path = "../../../crates/paper/tests/reader/mod.rs"]
mod reader;
mod stage;

use counter::station::{Source, Station};
use counter::types::{ScanReply, VerdictView};
use province_api::person::Cnic;
use province_api::reason::Reason;
use province_server::admin::AdminError;
use province_server::randomness::Randomness;
use province_server::rules::document::Form;
use province_server::rules::print::CardFormat;
use reader::Pdf;
use stage::{Numbered, Stage};

fn cnic() -> Cnic {
    Cnic::parse(&sandbox::citizens()[0].cnic).unwrap()
}

/// A camera looks at the page with the code.
fn look(stage: &Stage, desk: &mut Station, pdf: &[u8], page: usize, pixels_per_mm: f32) -> ScanReply {
    let picture = Pdf::read(pdf).picture(page, pixels_per_mm);
    let seen = qr::decode_luma(picture.width, picture.height, &picture.luma).unwrap();
    assert_eq!(seen.len(), 1, "one code on the page");
    desk.next_visit(stage.now()).unwrap();
    desk.see(&seen, Source::Camera, stage.now()).unwrap()
}

fn said(reply: &ScanReply) -> (Option<VerdictView>, Option<&str>) {
    (reply.verdict, reply.code.as_deref())
}

#[tokio::test]
async fn a_printed_card_is_genuine_and_no_proof_of_presence_until_it_is_revoked() {
    let mut stage = Stage::set().await.unwrap();
    stage.enrol().await.unwrap();
    let card = stage
        .office
        .print_card(&cnic(), CardFormat::Id1, stage.now())
        .await
        .unwrap();
    let sheet = stage
        .office
        .print_card(&cnic(), CardFormat::A4, stage.now())
        .await
        .unwrap();
    let mut desk = stage.desk().await.unwrap();
    stage.sync(&mut desk).await.unwrap();
    for (pdf, page, pixels_per_mm) in [(&card, 1, 10.0), (&sheet, 0, 6.0)] {
        let reply = look(&stage, &mut desk, pdf, page, pixels_per_mm);
        assert_eq!(
            said(&reply),
            (Some(VerdictView::Undecided), Some("paper_not_presence"))
        );
        let keys: Vec<_> = reply.claims.iter().map(|claim| claim.key.as_str()).collect();
        assert!(keys.contains(&"name_en") && keys.contains(&"name_ur") && keys.contains(&"address"));
        let name = reply.claims.iter().find(|claim| claim.key == "name_en").unwrap();
        // What is printed beside the code is what the code says.
        let texts = Pdf::read(pdf).texts(0);
        assert!(texts.iter().any(|one| one.text == name.value));
        assert!(texts.iter().any(|one| one.text == cnic().grouped()));
        assert!(
            texts.iter().any(|one| one.text == "TEST"),
            "the stage has test roots"
        );
    }

    stage
        .office
        .revoke(&cnic(), Reason::Fraud, stage.now())
        .await
        .unwrap();
    stage.sync(&mut desk).await.unwrap();
    let reply = look(&stage, &mut desk, &card, 1, 10.0);
    assert_eq!(said(&reply), (Some(VerdictView::Refused), Some("revoked")));
    let again = stage
        .office
        .print_card(&cnic(), CardFormat::A4, stage.now())
        .await;
    assert!(matches!(again, Err(AdminError::Press(error)) if error.code() == "person_revoked"));
}

#[tokio::test]
async fn a_printed_document_is_accepted_as_a_document() {
    let mut stage = Stage::set().await.unwrap();
    stage.enrol().await.unwrap();
    let vct = credential::Vct::parse("domicile").unwrap();
    let nothing = stage.office.print_document(&cnic(), &vct, stage.now()).await;
    assert!(matches!(nothing, Err(AdminError::Press(error)) if error.code() == "not_held"));
    let fields = serde_json::json!({
        "certificate_number": "BJR-26-104711", "issued_on": "2026-11-02", "domicile_district": "bajaur",
        "domicile_tehsil": "خار، وارڈ 12-A",
    });
    let serde_json::Value::Object(fields) = fields else {
        panic!()
    };
    let form = Form {
        cnic: cnic(),
        child: None,
        vct,
        fields,
    };
    let randomness = Randomness::new(Numbered(9));
    stage.office.grant(&form, &randomness, stage.now()).await.unwrap();
    let pdf = stage
        .office
        .print_document(&cnic(), &vct, stage.now())
        .await
        .unwrap();
    let texts = Pdf::read(&pdf).texts(0);
    for (lang, text) in [
        ("en", "Domicile certificate"),
        ("ur", "ڈومیسائل سرٹیفکیٹ"),
        ("en", "District of domicile"),
        ("ur", "ڈومیسائل کا ضلع"),
        ("en", "Bajaur"),
        ("ur", "باجوڑ"),
        ("en", "2 November 2026"),
        ("ur", "2 نومبر 2026"),
        ("en", "BJR-26-104711"),
        ("ur", "خار، وارڈ 12-A"),
    ] {
        assert!(
            texts.iter().any(|one| one.text == text && one.lang == lang),
            "{text}: {texts:?}"
        );
    }

    let mut desk = stage.desk().await.unwrap();
    stage.sync(&mut desk).await.unwrap();
    let reply = look(&stage, &mut desk, &pdf, 0, 6.0);
    assert_eq!(said(&reply), (Some(VerdictView::Accepted), Some("document_only")));
    let number = reply
        .claims
        .iter()
        .find(|claim| claim.key == "certificate_number")
        .unwrap();
    assert_eq!(number.value, "BJR-26-104711");

    let randomness = Randomness::new(Numbered(10));
    let (whose, now) = (cnic(), stage.now());
    let withdrawn = stage
        .office
        .withdraw(&whose, (&vct, Reason::DepartmentWithdrawal), &randomness, now);
    withdrawn.await.unwrap();
    stage.sync(&mut desk).await.unwrap();
    let reply = look(&stage, &mut desk, &pdf, 0, 6.0);
    assert_eq!(said(&reply), (Some(VerdictView::Refused), Some("revoked")));
}
