//! The catalogue of services: published at the founding and by the operator, told to phones, with deltas from every
//! version, gained by a province that was made before there were any.

use axum::http::StatusCode;
use credential::{Catalogue, CatalogueContent, CatalogueError, Vct};
use province_api::catalogue::CatalogueFile;
use province_api::problem::ProblemCode;
use province_api::sync::{delta_path, files};
use province_api::{delta, paths};
use province_server::admin::{AdminError, Desks};
use province_server::catalogue_files::parse;
use province_server::key_admin::Standing;
use province_server::randomness::Randomness;
use province_server::rules::Fault;
use sqlx::Executor as _;

use crate::bench::{Bench, Counting, NOW};
use crate::sync::{Known, sha256};

fn packaged() -> CatalogueFile {
    province_api::catalogue::packaged::packaged().unwrap()
}

/// The packaged file with another fee of its first service.
fn with_fee(fee_rupees: u32) -> String {
    let mut file = packaged();
    file.services[0].fee_rupees = Some(fee_rupees);
    serde_json::to_string(&file).unwrap()
}

async fn newest(bench: &Bench) -> Catalogue {
    let bytes = bench.get(paths::CATALOGUE).await.body;
    Catalogue::verify(&bytes, &bench.trust().await, None).unwrap()
}

#[tokio::test]
async fn a_province_begins_with_the_packaged_catalogue_under_a_key_of_its_own() {
    let bench = Bench::new().await;
    let CatalogueContent {
        sequence,
        iat,
        offices,
        services,
        guide,
    } = newest(&bench).await.content().clone();
    assert_eq!((sequence, iat.unix()), (1, NOW));
    assert_eq!((offices, services, guide), packaged().content());
}

#[tokio::test]
async fn the_next_one_is_published_and_told_and_there_is_a_delta_from_each_before() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut known = Known::default();
    bench.sync(&phone, &mut known).await;
    let mut versions = vec![known.files[files::CATALOGUE].clone()];
    for (number, fee) in [(2, 300), (3, 400)] {
        let published = bench
            .office
            .publish_catalogue(&parse(&with_fee(fee)).unwrap(), bench.now())
            .await;
        assert_eq!(published.unwrap(), number);
        let told = bench.sync(&phone, &mut known).await;
        let names: Vec<_> = told
            .files
            .iter()
            .map(|file| (file.name.as_str(), file.delta))
            .collect();
        assert_eq!(names, [(files::CATALOGUE, true)]);
        versions.push(known.files[files::CATALOGUE].clone());
    }
    let newest = newest(&bench).await;
    assert_eq!(newest.content().services[0].fee_rupees, Some(400));
    for held in &versions[..2] {
        let (from, to) = (sha256(held), sha256(newest.bytes()));
        let made = bench.get(&delta_path(files::CATALOGUE, &from, &to)).await.body;
        assert!(made.len() < 512, "{}", made.len());
        let whole = delta::apply(held, &made, &to, newest.bytes().len()).unwrap();
        assert_eq!(whole, newest.bytes());
    }
}

#[tokio::test]
async fn what_no_reader_would_take_is_not_published() {
    let bench = Bench::new().await;
    let publish = async |json: String| bench.office.publish_catalogue(&parse(&json)?, bench.now()).await;
    let mut twice = packaged();
    twice.services.push(twice.services[0].clone());
    let refused = publish(serde_json::to_string(&twice).unwrap()).await;
    assert!(matches!(
        refused,
        Err(AdminError::Fault(Fault::Catalogue(CatalogueError::Malformed)))
    ));
    let refused = publish("{\n\"offices\": 7}".to_owned()).await.unwrap_err();
    assert_eq!(refused.code(), "catalogue_file_unreadable");
    assert!(refused.to_string().contains("line 2"), "{refused}");
    let other = with_fee(1).replacen("\"fee_rupees\"", "\"fee_paisa\"", 1);
    assert!(publish(other).await.is_err());
    assert_eq!(newest(&bench).await.content().sequence, 1);
}

#[tokio::test]
async fn a_province_of_before_gains_one_by_a_key_a_list_and_the_command() {
    let bench = Bench::new().await;
    {
        // As a province was before there were catalogues.
        let mut write = bench.office.store().write().await.unwrap();
        write
            .execute("DELETE FROM artefact WHERE name = 'catalogue'")
            .await
            .unwrap();
        let key = bench.office.list_keys().await.unwrap();
        let key = key.iter().find(|row| row.allowed == [Vct::CATALOGUE]).unwrap();
        let gone = sqlx::query("DELETE FROM trusted_key WHERE key = $1").bind(key.key.to_vec());
        assert_eq!(gone.execute(&mut *write).await.unwrap().rows_affected(), 1);
        write.commit().await.unwrap();
        std::fs::remove_file(bench.office.folder().join("keys/catalogue.age")).unwrap();
    }
    let bench = bench.opened_anew().await;
    let phone = bench.enrolled(0, 1).await;
    let mut known = Known::default();
    bench.sync(&phone, &mut known).await;
    assert!(!known.files.contains_key(files::CATALOGUE));
    assert_eq!(bench.get(paths::CATALOGUE).await.code(), ProblemCode::NotFound);
    let publish = async || bench.office.publish_catalogue(&packaged(), bench.now()).await;
    assert_eq!(publish().await.unwrap_err().code(), "no_key");

    let randomness = Randomness::new(Counting(6));
    let (office, now) = (&bench.office, bench.now());
    office
        .add_key(&[Vct::CATALOGUE], 30, &randomness, now)
        .await
        .unwrap();
    assert_eq!(
        publish().await.unwrap_err().code(),
        "no_key",
        "no list names it yet"
    );
    office.publish_trust(Desks::MustDecide, now).await.unwrap();
    assert_eq!(publish().await.unwrap(), 1);
    bench.sync(&phone, &mut known).await;
    assert_eq!(known.files[files::CATALOGUE], newest(&bench).await.bytes());
    assert_eq!(bench.get(paths::CATALOGUE).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_list_that_ends_its_key_has_it_signed_anew_and_never_waits_for_it() {
    let bench = Bench::new().await;
    let (office, now) = (&bench.office, bench.now());
    let keys = office.list_keys().await.unwrap();
    let stolen = keys.iter().find(|row| row.allowed == [Vct::CATALOGUE]).unwrap();
    let id = credential::PublicKey::parse(&stolen.key).unwrap().key_id();
    office
        .withdraw_key(id, now, Standing::Nothing, now)
        .await
        .unwrap();
    // Desks decide without a catalogue, so nothing holds this list up.
    let done = office.publish_trust(Desks::MustDecide, now).await.unwrap();
    assert!(done.signed_anew.is_empty() && done.undecided.is_empty());
    assert_eq!(done.fallen, [Vct::CATALOGUE]);
    let bytes = bench.get(paths::CATALOGUE).await.body;
    let fallen = Catalogue::verify(&bytes, &bench.trust().await, None).err();
    assert_eq!(fallen, Some(CatalogueError::KeyRevoked));

    let randomness = Randomness::new(Counting(6));
    office
        .add_key(&[Vct::CATALOGUE], 30, &randomness, now)
        .await
        .unwrap();
    let done = office.publish_trust(Desks::MustDecide, now).await.unwrap();
    assert_eq!(done.signed_anew, [Vct::CATALOGUE]);
    let content = newest(&bench).await.content().clone();
    assert_eq!(content.sequence, 2);
    assert_eq!(
        (content.offices, content.services, content.guide),
        packaged().content()
    );
}
