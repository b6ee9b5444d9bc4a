//! A card and a document of a test citizen, signed by a test key.

use credential::paper::{CardClaims, issue_card};
use credential::{DAY, Gender, ISSUER, Identity, SecretKey, StatusRef, Timestamp};
use paper::{Card, Document, Row, Words};

/// When they were printed.
pub const NOW: u64 = 1_795_305_600;

pub fn key() -> SecretKey {
    SecretKey::from_seed([21; 32])
}

fn row(label: [&str; 2], value: [&str; 2]) -> Row {
    Row {
        label: Words::new(label[0], label[1]),
        value: Words::new(value[0], value[1]),
    }
}

fn photo() -> Vec<u8> {
    let png = include_bytes!("../../../../assets/test-citizens/gul-zaman.png");
    let picture = image::load_from_memory(png).unwrap();
    let small = picture
        .resize_exact(96, 128, image::imageops::FilterType::Triangle)
        .to_rgb8();
    webp::Encoder::from_rgb(&small, 96, 128).encode(40.0).to_vec()
}

/// Signed claims of somebody with these names and this address.
pub fn card_code(name: &str, name_ur: &str, guardian: &str, address: &str) -> String {
    let iat = Timestamp::from_unix(NOW).start_of_day();
    let claims = CardClaims {
        iss: ISSUER.into(),
        iat,
        exp: iat.plus(5 * 365 * DAY),
        identity: Identity {
            id: Some("9999900000011".into()),
            full_name: Some(name.into()),
            date_of_birth: Some("19880502".into()),
            gender: Some(Gender::Male),
            address: Some(address.into()),
            guardian: Some(guardian.into()),
            full_name_local: Some(name_ur.into()),
            local_language: Some("ur".into()),
            guardian_local: None,
        },
        status: StatusRef {
            index: 4_711,
            uri: "id".into(),
        },
    };
    issue_card(&claims, &key()).unwrap()
}

pub fn card() -> Card {
    let address = "House 12, Mohalla Test Abad, Khar";
    Card {
        title: Words::new("Identity on paper", "کاغذی شناخت"),
        issuer: Words::new("Khyber Pakhtunkhwa", "خیبر پختونخوا"),
        name: Words::new("Gul Zaman", "گل زمان"),
        number: row(["CNIC number", "شناختی کارڈ نمبر"], ["99999-0000001-1", ""]),
        front: vec![
            row(["Date of birth", "تاریخ پیدائش"], ["2 May 1988", "2 مئی 1988"]),
            row(["Gender", "جنس"], ["Male", "مرد"]),
            row(
                ["Valid until", "کب تک کارآمد"],
                ["21 November 2031", "21 نومبر 2031"],
            ),
        ],
        back: vec![
            row(["Father's name", "والد کا نام"], ["Noor Zaman", "نور زمان"]),
            row(["Address", "پتہ"], [address, ""]),
            row(["District", "ضلع"], ["Bajaur", "باجوڑ"]),
        ],
        photo: Some(photo()),
        code: card_code("Gul Zaman", "گل زمان", "Noor Zaman", address),
        test: true,
    }
}

pub fn document() -> Document {
    Document {
        title: Words::new("Domicile certificate", "ڈومیسائل سرٹیفکیٹ"),
        issuer: Words::new("Khyber Pakhtunkhwa", "خیبر پختونخوا"),
        rows: vec![
            row(["Name", "نام"], ["Gul Zaman", "گل زمان"]),
            row(
                ["Father's or husband's name", "والد یا شوہر کا نام"],
                ["Noor Zaman", "نور زمان"],
            ),
            row(["CNIC number", "شناختی کارڈ نمبر"], ["99999-0000001-1", ""]),
            row(["Certificate number", "سرٹیفکیٹ نمبر"], ["PSH-26-104711", ""]),
            row(["Issued on", "تاریخ اجرا"], ["2 November 2026", "2 نومبر 2026"]),
            row(["District of domicile", "ڈومیسائل کا ضلع"], ["Peshawar", "پشاور"]),
            row(["Tehsil", "تحصیل"], ["", "پشاور، وارڈ 12 (Town-3)"]),
        ],
        code: card_code("Gul Zaman", "گل زمان", "Noor Zaman", "House 12"),
        test: true,
    }
}
