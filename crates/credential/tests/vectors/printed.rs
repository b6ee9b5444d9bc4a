//! Printed documents and the printed card.

use credential::*;

use crate::case::{Folder::*, PLACE, Writer, clock, placed, ruled, status, trusting};
use crate::common::*;

fn kpd(bytes: &[u8]) -> String {
    format!("KPD:{}", base45::encode(bytes))
}

/// A card's bytes packed by another writer of zlib than ours.
fn packed(bytes: &[u8]) -> String {
    base45::encode(&miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6))
}

pub fn write(w: &Writer<'_>) {
    let mut content = trust_content();
    content.keys.push(trusted("paper", &[Vct::PAPER_CARD]));
    let trust = trusting(&content);
    let good = status(false);
    let gone = status(true);

    let document = issue(&placed(paper_document_claims(), PLACE), &key("documents")).unwrap();
    let claims = card_claims();
    let claims = paper::CardClaims {
        status: StatusRef {
            index: PLACE,
            ..claims.status.clone()
        },
        ..claims
    };
    let card = paper::issue_card(&claims, &card_key()).unwrap();
    let (bytes, _) = paper::read_unverified(&card).unwrap();

    let put = |folder, name, what, code, text: &str| w.put(folder, name, what, code, text, &[&trust, &good]);
    put(
        Valid,
        "printed-document",
        "a printed domicile certificate",
        Code::DocumentOnly,
        &kpd(&document),
    );
    put(
        Invalid,
        "card",
        "a printed card: genuine, and no proof of presence",
        Code::PaperNotPresence,
        &card,
    );
    put(
        Invalid,
        "card-of-another-packer",
        "the same card, compressed by another library",
        Code::PaperNotPresence,
        &packed(&bytes),
    );
    put(
        Invalid,
        "pass-as-document",
        "an age pass copied off its phone",
        Code::NotADocument,
        &kpd(&issued(&age_claims())),
    );
    let identity = Claims {
        vct: Vct::IDENTITY,
        ..paper_document_claims()
    };
    put(
        Invalid,
        "identity-as-document",
        "an identity without a holder's key",
        Code::NotADocument,
        &kpd(&issue(&identity, &key("issuer")).unwrap()),
    );
    put(
        Invalid,
        "document-as-presentation",
        "a document under the prefix of a presentation",
        Code::WrongCode,
        &kp1(&document),
    );
    put(
        Invalid,
        "card-as-document",
        "a card under the prefix of a document",
        Code::WrongCode,
        &kpd(&bytes),
    );
    put(
        Invalid,
        "pass-as-card",
        "a pass packed as a card",
        Code::WrongCode,
        &packed(&issued(&age_claims())),
    );
    put(
        Invalid,
        "card-by-the-key-of-passes",
        "a card under a key that may not sign cards",
        Code::IssuerNotAllowed,
        &paper::issue_card(&claims, &key("issuer")).unwrap(),
    );
    put(
        Invalid,
        "card-changed",
        "another name under the same signature",
        Code::IssuerSignature,
        &packed(&replaced(&bytes, b"Zarghuna", b"Zarmina!")),
    );
    put(
        Invalid,
        "card-inflates-too-far",
        "100,000 bytes of zlib",
        Code::TooLarge,
        &packed(&vec![0; 100_000]),
    );
    for (name, text) in [
        ("printed-document-revoked", kpd(&document)),
        ("card-revoked", card.clone()),
    ] {
        w.put(
            Invalid,
            name,
            "a bit that is set",
            Code::Revoked,
            &text,
            &[&trust, &gone],
        );
    }
    w.put(
        Invalid,
        "card-without-status",
        "a card, and a reader without a status list",
        Code::NoStatusList,
        &card,
        &[&trust],
    );
    // Which kinds the rule takes, and how, is about phones; how old the data may be counts for paper too.
    let by_rule = |amber: u64| {
        let mut rules = rules_content();
        rules.rules[0].mode = Mode::Request;
        rules.rules[0].status_age = AgeLimits { green: 0, amber };
        ruled(&rules.rules[0].service.clone(), &rules)
    };
    for (folder, name, what, code, amber) in [
        (
            Valid,
            "printed-document-by-rule",
            "a printed document where the service takes passes only",
            Code::DocumentOnly,
            DAY,
        ),
        (
            Invalid,
            "printed-document-by-old-data",
            "a printed document, and a manifest older than the service's rule lets it be",
            Code::DataTooOld,
            1,
        ),
    ] {
        let changes: [crate::case::Change<'_>; 3] = [&trust, &good, &by_rule(amber)];
        w.put(folder, name, what, code, &kpd(&document), &changes);
    }
    let last = i64::try_from(claims.exp.since(NOW)).unwrap();
    let long = |content: &mut TrustContent| {
        content.iat = claims.exp.minus(days(1));
        content.exp = NOW.plus(days(2000));
        for key in &mut content.keys {
            key.exp = NOW.plus(days(2000));
        }
    };
    long(&mut content);
    let long_trust = trusting(&content);
    let long_status = crate::case::status_until(false, last + 10);
    for (name, seconds, code) in [
        ("card-last-second", last - 1, Code::PaperNotPresence),
        ("card-over", last, Code::Expired),
    ] {
        let changes: [crate::case::Change<'_>; 3] = [&long_trust, &long_status, &clock(seconds)];
        w.put(Edge, name, "a card's end, to the second", code, &card, &changes);
    }
}
