//! A catalogue and a key that signs it.

use credential::{
    Catalogue, CatalogueContent, LimitUnit, Names, Office, Service, TimeLimit, TrustContent, Vct,
};

use super::{NOW, days, key, trust_content, trusted};

/// A catalogue of two offices: of one service all is known, of the other no more than its name.
pub fn catalogue_content() -> CatalogueContent {
    let office = |id: &str, name: &str| Office {
        id: id.to_owned(),
        name: Names::new(name, "محکمہ صحت", "د روغتیا محکمه"),
    };
    let certificate = Service {
        id: "birth-certificate".to_owned(),
        office: "local-government".to_owned(),
        name: Names::new("Birth certificate", "پیدائش کا سرٹیفکیٹ", "د زېږون سند"),
        fee_rupees: Some(100),
        limit: Some(TimeLimit {
            days: 2,
            unit: LimitUnit::WorkingDays,
        }),
    };
    CatalogueContent {
        sequence: 4,
        iat: NOW.minus(days(1)),
        offices: vec![
            office("health", "Health Department"),
            office("local-government", "Local Government"),
        ],
        services: vec![
            Service {
                id: "opd-consultation".to_owned(),
                office: "health".to_owned(),
                fee_rupees: None,
                limit: None,
                ..certificate.clone()
            },
            certificate,
        ],
        guide: b"{}".to_vec(),
    }
}

/// A trust list with a key for catalogues.
pub fn catalogue_trust_content() -> TrustContent {
    let mut content = trust_content();
    content.keys.push(trusted("catalogue", &[Vct::CATALOGUE]));
    content
}

pub fn catalogue_bytes(content: &CatalogueContent) -> Vec<u8> {
    Catalogue::sign(content, &key("catalogue")).unwrap()
}
