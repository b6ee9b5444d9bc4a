//! What the tests' province prints.

use super::*;

impl Land {
    /// A printed card and a printed domicile certificate with this status index.
    pub fn printed(index: u32) -> [String; 2] {
        let key = SecretKey::from_seed(PAPER_SEED);
        let (iat, status) = (
            Timestamp::from_unix(NOW).start_of_day(),
            StatusRef {
                index,
                uri: LIST.into(),
            },
        );
        let identity = Identity {
            id: Some(CNIC.into()),
            full_name: Some("Gul Zaman".into()),
            ..Identity::default()
        };
        let card = CardClaims {
            iss: ISSUER.into(),
            iat,
            exp: iat.plus(30 * DAY),
            identity: identity.clone(),
            status: status.clone(),
        };
        let document = Claims {
            iss: ISSUER.into(),
            iat,
            nbf: None,
            exp: iat.plus(30 * DAY),
            holder: None,
            vct: domicile(),
            identity: Some(Identity {
                guardian: Some("Sher Zaman".into()),
                ..identity
            }),
            status: Some(status),
            facts: Facts {
                fields: BTreeMap::from([
                    (32, Field::Text("PSH-26-104711".into())),
                    (33, Field::Number(20_261_102)),
                    (34, Field::Text("peshawar".into())),
                ]),
                ..Facts::default()
            },
        };
        let document = issue(&document, &key).unwrap();
        [
            issue_card(&card, &key).unwrap(),
            credential::document_text(&document).unwrap(),
        ]
    }
}
