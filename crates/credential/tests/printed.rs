//! Printed documents (`KPD:`) and the printed card: genuine, and no word about who holds them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
#[path = "common/documents.rs"]
mod documents;
use common::*;
use credential::*;
use proptest::prelude::*;

fn context<'a>(trust: &'a TrustList, status: &'a StatusSet) -> Context<'a> {
    Context {
        status: Some(status),
        ..timed_context(trust, NOW)
    }
}

fn outcome(text: &str) -> Outcome {
    verify(text, &context(&paper_trust(), &status(false)))
}

fn kpd(credential: &[u8]) -> String {
    format!("KPD:{}", base45::encode(credential))
}

#[test]
fn a_document_is_accepted_as_a_document() {
    let seen = outcome(&paper_document_text());
    assert_eq!(
        (seen.code, seen.verdict()),
        (Code::DocumentOnly, Verdict::Accepted)
    );
    assert!(seen.verified.is_none());
    let printed = seen.printed.unwrap();
    assert_eq!(printed.kind(), PrintedKind::Document);
    assert_eq!(*printed.claims(), paper_document_claims());
    assert_eq!(printed.issuer_name(), "Test province, documents");
}

#[test]
fn a_card_is_genuine_and_no_proof_of_presence() {
    let seen = outcome(&card_text());
    assert_eq!(
        (seen.code, seen.verdict()),
        (Code::PaperNotPresence, Verdict::Undecided)
    );
    assert!(seen.verified.is_none());
    let printed = seen.printed.unwrap();
    assert_eq!(printed.kind(), PrintedKind::Card);
    assert_eq!(printed.claims().identity, Some(card_claims().identity));
    assert_eq!(printed.claims().vct, Vct::PAPER_CARD);
}

#[test]
fn the_question_that_a_desk_shows_makes_no_difference() {
    let (trust, status, request) = (paper_trust(), status(false), request(Vct::IDENTITY));
    let ctx = request_context(&trust, &status, &request);
    assert_eq!(verify(&paper_document_text(), &ctx).code, Code::DocumentOnly);
    assert_eq!(verify(&card_text(), &ctx).code, Code::PaperNotPresence);
}

#[test]
fn a_pass_without_its_phone_is_no_document() {
    assert_eq!(outcome(&kpd(&issued(&age_claims()))).code, Code::NotADocument);
    assert_eq!(
        outcome(&kpd(&issued(&identity_claims()))).code,
        Code::NotADocument
    );
    for vct in [Vct::AGE, Vct::RESIDENCE, Vct::IDENTITY, Vct::NAME_PHOTO] {
        let claims = Claims {
            vct,
            ..paper_document_claims()
        };
        let bytes = issue(&claims, &key("issuer")).unwrap();
        assert_eq!(outcome(&kpd(&bytes)).code, Code::NotADocument, "{vct}");
        assert_eq!(document_text(&bytes), Err(Code::NotADocument), "{vct}");
    }
    assert_eq!(document_text(&issued(&age_claims())), Err(Code::NotADocument));
}

#[test]
fn what_a_trust_list_allows_beside_passes_is_no_kind_of_pass() {
    for vct in [
        Vct::PAPER_CARD,
        Vct::COUNTER_CERTIFICATE,
        Vct::STATUS_MANIFEST,
        Vct::TYPE_REGISTER,
        Vct::RISK_RULES,
        Vct::CATALOGUE,
    ] {
        for holder in [None, Some(holder(1).public().into())] {
            let claims = Claims {
                vct,
                holder,
                ..age_claims()
            };
            assert_eq!(
                issue(&claims, &key("issuer")),
                Err(IssueError::UnknownType),
                "{vct}"
            );
        }
    }
}

#[test]
fn no_number_is_signed_that_a_reader_does_not_take() {
    let largest = (1 << 53) - 1;
    let mut claims = paper_document_claims();
    claims.facts.fields.insert(40, Field::Number(largest));
    claims.exp = Timestamp::from_unix(largest).start_of_day();
    let bytes = issue(&claims, &key("documents")).unwrap();
    assert_eq!(Credential::parse(&bytes).unwrap().unverified_claims(), &claims);
    let later = Claims {
        exp: claims.exp.plus(DAY),
        ..claims.clone()
    };
    assert_eq!(issue(&later, &key("documents")), Err(IssueError::LivesTooLong));
    claims.facts.fields.insert(40, Field::Number(largest + 1));
    assert_eq!(issue(&claims, &key("documents")), Err(IssueError::BadField));
    let card = paper::CardClaims {
        exp: later.exp,
        ..card_claims()
    };
    assert_eq!(
        paper::issue_card(&card, &card_key()),
        Err(IssueError::LivesTooLong)
    );
}

#[test]
fn a_document_cannot_be_presented_as_a_pass() {
    let bytes = raw(&paper_document_text());
    assert_eq!(outcome(&forge::present(&bytes, &holder(1))).code, Code::Malformed);
    assert_eq!(outcome(&kp1(&bytes)).code, Code::WrongCode);
}

fn packed(bytes: &[u8]) -> String {
    base45::encode(&miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6))
}

#[test]
fn kinds_are_not_mixed() {
    // A pass's bytes packed as a card, a card's bytes as a document, a document's as a card.
    assert_eq!(outcome(&packed(&issued(&age_claims()))).code, Code::WrongCode);
    assert_eq!(outcome(&kpd(&card_bytes())).code, Code::WrongCode);
    assert_eq!(
        outcome(&packed(&raw(&paper_document_text()))).code,
        Code::WrongCode
    );
    // The keys of passes and documents may not sign cards, and the card's key no documents.
    let card = |word: &str| paper::issue_card(&card_claims(), &key(word)).unwrap();
    assert_eq!(outcome(&card("issuer")).code, Code::IssuerNotAllowed);
    assert_eq!(outcome(&card("documents")).code, Code::IssuerNotAllowed);
    let by_card_key = issue(&paper_document_claims(), &card_key()).unwrap();
    assert_eq!(outcome(&kpd(&by_card_key)).code, Code::IssuerNotAllowed);
    assert_eq!(outcome(&card("nobody")).code, Code::UnknownIssuer);
}

#[test]
fn forged_expired_and_revoked_paper_is_refused() {
    let (good, revoked, trusted) = (status(false), status(true), paper_trust());
    for text in [card_text(), paper_document_text()] {
        let at_revoked = verify(&text, &context(&trusted, &revoked));
        assert_eq!(at_revoked.code, Code::Revoked);
        assert!(at_revoked.printed.is_none());
        assert_eq!(
            verify(&text, &timed_context(&trusted, NOW)).code,
            Code::NoStatusList
        );
        let nobody = Context {
            trust: None,
            ..context(&trusted, &good)
        };
        assert_eq!(verify(&text, &nobody).code, Code::NoTrustList);
    }
    // Another holder's name under the same signature.
    let forged = replaced(&card_bytes(), b"Zarghuna", b"Zarmina!");
    assert_eq!(outcome(&packed(&forged)).code, Code::IssuerSignature);
    let forged = replaced(&raw(&paper_document_text()), b"Zarghuna", b"Zarmina!");
    assert_eq!(outcome(&kpd(&forged)).code, Code::IssuerSignature);
    let over = paper::CardClaims {
        iat: NOW.start_of_day().minus(DAY),
        exp: NOW.start_of_day(),
        ..card_claims()
    };
    assert_eq!(
        outcome(&paper::issue_card(&over, &card_key()).unwrap()).code,
        Code::Expired
    );
    let later = Claims {
        nbf: Some(NOW.start_of_day().plus(days(2))),
        ..paper_document_claims()
    };
    let text = document_text(&issue(&later, &key("documents")).unwrap()).unwrap();
    assert_eq!(outcome(&text).code, Code::NotYetValid);
}

#[test]
fn a_card_inflates_to_little_and_has_nothing_after_it() {
    let bomb = base45::encode(&miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 100_000], 9));
    assert_eq!(outcome(&bomb).code, Code::TooLarge);
    let packed = base45::decode(&card_text()).unwrap();
    let longer = base45::encode(&[&packed[..], &[0]].concat());
    assert_eq!(outcome(&longer).code, Code::Malformed);
    let trailing = [&card_bytes()[..], &[0]].concat();
    let text = base45::encode(&miniz_oxide::deflate::compress_to_vec_zlib(&trailing, 9));
    assert_eq!(outcome(&text).code, Code::Malformed);
}

#[test]
fn a_card_has_its_sizes() {
    // Held by `cargo xtask bench credential` too; here so that no change makes the print denser unseen.
    assert!(card_text().len() <= 450, "{}", card_text().len());
    assert!(
        raw(&paper_document_text()).len() <= 304,
        "{}",
        raw(&paper_document_text()).len()
    );
}

#[test]
fn a_card_that_no_reader_would_take_is_not_signed() {
    let issued = |change: fn(&mut paper::CardClaims)| {
        let mut claims = card_claims();
        change(&mut claims);
        paper::issue_card(&claims, &card_key()).map(|_| ())
    };
    assert_eq!(issued(|_| ()), Ok(()));
    assert_eq!(issued(|c| c.iat = c.iat.plus(1)), Err(IssueError::NotWholeDay));
    assert_eq!(issued(|c| c.exp = c.iat), Err(IssueError::NeverValid));
    let turned = |c: &mut paper::CardClaims| c.identity.address = Some("a\u{202e}b".to_owned());
    assert_eq!(issued(turned), Err(IssueError::BadText));
    let local = |c: &mut paper::CardClaims| c.identity.guardian_local = Some("گل".to_owned());
    assert_eq!(issued(local), Err(IssueError::BadText));
    let long = |c: &mut paper::CardClaims| c.identity.address = Some("x".repeat(2_100));
    assert_eq!(issued(long), Err(IssueError::TooLarge));
}

proptest! {
    #[test]
    fn any_change_of_a_document_refuses(place in 0_usize..200, bit in 0_u8..8) {
        let mut bytes = raw(&paper_document_text());
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        let seen = outcome(&kpd(&bytes));
        prop_assert_ne!(seen.verdict(), Verdict::Accepted);
        prop_assert!(seen.printed.is_none());
    }

    #[test]
    fn any_change_of_a_card_refuses(place in 0_usize..400, bit in 0_u8..8) {
        let mut bytes = card_bytes();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        prop_assert!(outcome(&packed(&bytes)).printed.is_none());
    }

    #[test]
    fn the_lenient_reader_never_panics_and_never_accepts(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for text in [packed(&bytes), base45::encode(&bytes), String::from_utf8_lossy(&bytes).into_owned()] {
            let reading = lenient::read(&text, &[], NOW);
            prop_assert_ne!(reading.code.verdict(), Verdict::Accepted);
            prop_assert!(verify(&text, &context(&paper_trust(), &status(false))).printed.is_none());
        }
    }
}

#[test]
fn the_register_says_what_is_printed_and_what_it_holds() {
    let mut content = documents::register_content();
    // The list of these tests stands for each document's own.
    for one in content.types.iter_mut().filter(|one| one.show.printed) {
        one.status = StatusRule::List(LIST.to_owned());
    }
    let (trust, types, status) = (
        documents::trust_for(&content),
        documents::register_of(&content),
        status(false),
    );
    let ctx = documents::knowing(context(&trust, &status), &types);
    let listed = |claims: &Claims| Claims {
        status: identity_claims().status,
        ..claims.clone()
    };
    let code = |claims: &Claims| {
        let bytes = issue(&listed(claims), &key("every type")).unwrap();
        verify(&kpd(&bytes), &ctx).code
    };
    let whole = documents::domicile_claims(true);
    assert_eq!(code(&whole), Code::DocumentOnly);
    assert_eq!(code(&documents::vehicle_claims()), Code::DocumentOnly);
    let mut nameless = whole.clone();
    nameless.identity = None;
    assert_eq!(code(&nameless), Code::ClaimsMissing);
    let not_printed = types
        .types()
        .iter()
        .find(|kind| !kind.show.printed && kind.vct != Vct::AGE);
    if let Some(kind) = not_printed {
        assert_eq!(
            code(&Claims {
                vct: kind.vct,
                ..whole.clone()
            }),
            Code::NotADocument
        );
    }
    let bytes = issue(&listed(&whole), &key("every type")).unwrap();
    let late = Context {
        now: types.expires(),
        ..ctx
    };
    assert_ne!(verify(&kpd(&bytes), &late).verdict(), Verdict::Accepted);
}
