//! What a type register may not say, whoever signs it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::wildcard_imports)]

mod common;
#[path = "common/documents.rs"]
mod documents;

use common::*;
use credential::*;
use documents::*;

#[test]
fn a_register_that_contradicts_itself_is_not_signed() {
    type Change = fn(&mut RegisterContent);
    let wrong: &[(&str, Change)] = &[
        ("ends before it begins", |c| c.exp = c.iat),
        ("a type twice", |c| c.types[1] = c.types[0].clone()),
        ("no claims", |c| c.types[0].claims.clear()),
        ("a key twice", |c| {
            c.types[0].claims[1].key = c.types[0].claims[0].key.clone();
        }),
        ("a place twice", |c| {
            c.types[0].claims[1].at = c.types[0].claims[0].at;
        }),
        ("a name in timed mode", |c| c.types[4].show.timed = true),
        ("a field in timed mode", |c| c.types[7].show.timed = true),
        ("a face without a place for it", |c| c.types[0].photo = true),
        ("never shown", |c| c.types[0].show = ShowRule::default()),
        ("a type that only a trust list names", |c| {
            c.types[0].vct = Vct::TYPE_REGISTER;
        }),
        ("the name under which a key signs cards", |c| {
            c.types[0].vct = Vct::PAPER_CARD;
        }),
        ("a label with a mark that nobody sees", |c| {
            c.types[0].name.ps = "عمر\u{200b}".to_owned();
        }),
        ("a number of the format's own", |c| {
            c.types[7].claims[0].at = Place::Fact(31);
        }),
        ("a member that nobody fills", |c| {
            c.types[3].claims[0].at = Place::Identity(2);
        }),
        ("a number as text", |c| c.types[0].claims[0].kind = Kind::Text),
        ("words without a list", |c| c.types[3].claims[4].words.clear()),
        ("half of the truth", |c| _ = c.types[0].claims[0].words.pop()),
        ("a label that turns around", |c| {
            c.types[0].name.ur = "\u{202e}عمر".to_owned();
        }),
        ("no label", |c| c.types[0].claims[0].label.en.clear()),
        ("a list that is no name", |c| {
            c.types[0].status = StatusRule::List("../x".to_owned());
        }),
        ("no life", |c| c.types[0].lifetime_days = 0),
        ("a level beyond four", |c| c.types[0].assurance = 5),
    ];
    for (what, change) in wrong {
        let result = TypeRegister::sign(&changed(change), &key("register"));
        assert_eq!(result, Err(NotSigned::Content(RegisterError::Unsound)), "{what}");
    }
}

#[test]
fn a_register_with_a_number_that_no_reader_takes_is_not_signed() {
    let largest = changed(|c| c.sequence = (1 << 53) - 1);
    assert_eq!(register_of(&largest).sequence(), (1 << 53) - 1);
    let beyond = changed(|c| c.sequence = 1 << 53);
    assert_eq!(
        TypeRegister::sign(&beyond, &key("register")),
        Err(NotSigned::Content(RegisterError::Malformed))
    );
}
