//! What the province of the tests signs: trust list, type register, status manifest.

use std::collections::BTreeMap;

use credential::{
    Bitmap, DAY, ListEntry, PassType, RegisterContent, SecretKey, Shape, StatusContent, StatusPurpose,
    Timestamp, TrustContent, TrustedKey, TypeRegister, Vct,
};

use super::LIST;

pub(crate) fn b_form() -> Vct {
    Vct::parse("b-form").unwrap()
}

pub(crate) fn domicile() -> Vct {
    Vct::parse("domicile").unwrap()
}

/// The packaged types.
pub(crate) fn packaged() -> Vec<PassType> {
    #[derive(serde::Deserialize)]
    struct File {
        types: Vec<PassType>,
    }
    let file: File = serde_json::from_str(include_str!("../../../../../assets/types/types.json")).unwrap();
    file.types
}

pub(crate) fn register(sequence: u64, now: Timestamp, types: &[PassType], key: &SecretKey) -> Vec<u8> {
    let content = RegisterContent {
        sequence,
        iat: now,
        exp: now.plus(700 * DAY),
        types: types.to_vec(),
    };
    TypeRegister::sign(&content, key).unwrap()
}

pub(crate) fn trust(issuer: &SecretKey, ca: &SecretKey, sequence: u64, now: Timestamp) -> TrustContent {
    let key = |key: &SecretKey, allowed: &[Vct]| TrustedKey {
        key: key.public(),
        allowed: allowed.to_vec(),
        nbf: now.start_of_day(),
        exp: now.start_of_day().plus(1000 * DAY),
        iss: "Test province".to_owned(),
        revoked_at: None,
        retired_at: None,
    };
    let passes = [
        Vct::AGE,
        Vct::RESIDENCE,
        Vct::IDENTITY,
        Vct::NAME_PHOTO,
        Vct::STATUS_MANIFEST,
        Vct::TYPE_REGISTER,
        domicile(),
        b_form(),
    ];
    TrustContent {
        sequence,
        previous: None,
        iat: now,
        exp: now.plus(90 * DAY),
        keys: vec![key(issuer, &passes), key(ca, &[Vct::COUNTER_CERTIFICATE])],
        next_roots: None,
    }
}

/// Four shards of 1,024 bits.
pub(super) fn shape() -> Shape {
    Shape::new(4, 1024).unwrap()
}

pub(crate) fn status(list: &Bitmap, epoch: u64, now: Timestamp) -> StatusContent {
    let entry = ListEntry {
        shape: list.shape(),
        bitmaps: BTreeMap::from([(StatusPurpose::Revoked, list.root())]),
    };
    StatusContent {
        epoch,
        iat: now,
        exp: now.plus(7 * DAY),
        lists: BTreeMap::from([LIST, "dom", "bform"].map(|list| (list.to_owned(), entry.clone()))),
    }
}
