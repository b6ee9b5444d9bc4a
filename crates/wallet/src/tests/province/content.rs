//! What the province of the tests signs: trust list, type register, status manifest, catalogue.

use std::collections::BTreeMap;

use credential::{
    Bitmap, Catalogue, CatalogueContent, Claims, DAY, Field, ListEntry, PassType, RegisterContent, SecretKey,
    Shape, StatusContent, StatusManifest, StatusPurpose, StatusRef, Timestamp, TrustContent, TrustedKey,
    TypeRegister, Vct, sign_trust_list,
};

use province_api::catalogue::packaged;

use super::{INDEX, LIST, Province, roots};

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
        Vct::CATALOGUE,
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

/// The packaged catalogue under this number. Each number gives the domicile another fee.
pub(crate) fn catalogue(sequence: u64, now: Timestamp, key: &SecretKey) -> Vec<u8> {
    let (offices, mut services, guide) = packaged::packaged().unwrap().content();
    let domicile = services.iter_mut().find(|one| one.id == "domicile-certificate");
    domicile.unwrap().fee_rupees = Some(200 + u32::try_from(sequence).unwrap());
    let content = CatalogueContent {
        sequence,
        iat: now,
        offices,
        services,
        guide,
    };
    Catalogue::sign(&content, key).unwrap()
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

/// A child's document.
#[derive(Clone, Copy)]
pub(crate) struct Ward {
    pub(crate) no: u32,
    pub(crate) name_en: &'static str,
    pub(crate) name_ur: &'static str,
    pub(crate) grant: u64,
}

/// What a document says of a child.
pub(super) fn of_child(children: &[Ward], claims: &mut Claims, no: u32) {
    let child = children.iter().find(|one| one.no == no).unwrap();
    claims.status = Some(StatusRef {
        index: INDEX + 10 * no,
        uri: "bform".to_owned(),
    });
    claims.identity.as_mut().unwrap().guardian = None;
    let text = |text: &str| Field::Text(text.to_owned());
    claims.facts.fields = BTreeMap::from([
        (32, text(child.name_en)),
        (33, text(child.name_ur)),
        (34, Field::Number(9_999_971_000_000 + u64::from(no))),
        (35, Field::Number(20_150_302)),
        (36, Field::Number(1)),
        (37, text("Ali Test")),
        (38, text("Sana Test")),
        (39, Field::Number(20_160_501)),
        (40, Field::Number(1)),
    ]);
}

impl Province {
    /// Has published more since a vault that was stored long ago: each file under a later number.
    pub(crate) fn publish_anew(&mut self, now: Timestamp) {
        let list = trust(&self.issuer, &self.ca, 3, now);
        self.trust_list = sign_trust_list(&list, &[(0, &roots()[0]), (2, &roots()[2])]);
        self.types = register(2, now, &packaged(), &self.issuer);
        self.manifest = StatusManifest::sign(&status(&self.list, 2, now), &self.issuer).unwrap();
    }
}
