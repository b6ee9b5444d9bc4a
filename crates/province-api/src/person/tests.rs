//! The rules of each field, by example and by property.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

#[test]
fn a_cnic_is_read_in_three_kinds_of_digits() {
    for text in [
        "9999912345671",
        "99999-1234567-1",
        " 99999 1234567 1 ",
        "۹۹۹۹۹-۱۲۳۴۵۶۷-۱",
        "٩٩٩٩٩١٢٣٤٥٦٧١",
    ] {
        assert_eq!(Cnic::parse(text).unwrap().grouped(), "99999-1234567-1");
    }
}

#[test]
fn a_cnic_of_another_form_is_refused() {
    for text in [
        "999991234567",
        "99999123456712",
        "99999-1234567-a",
        "99999.1234567.1",
    ] {
        assert_eq!(Cnic::parse(text), Err(FieldError::CnicMalformed), "{text}");
    }
    assert_eq!(Cnic::parse(" - "), Err(FieldError::FieldMissing));
}

#[test]
fn a_cnic_never_prints_itself() {
    let cnic = Cnic::parse("9999912345671").unwrap();
    assert_eq!(cnic.masked(), "99999-*******-1");
    assert_eq!(format!("{cnic:?}"), "Cnic(..)");
}

#[test]
fn what_is_no_cnic_is_masked_whole() {
    assert_eq!(Cnic::mask("9999912345671"), "99999-*******-1");
    assert_eq!(Cnic::mask("99999-1234567-1"), "99999-*******-1");
    for text in ["", "12", "99999", "99999123456712", "99999-1234567-a"] {
        assert_eq!(Cnic::mask(text), "*****-*******-*", "{text}");
    }
}

#[test]
fn a_name_in_the_other_script_is_refused() {
    assert_eq!(LatinName::parse("گل زمان"), Err(FieldError::NameWrongScript));
    assert_eq!(LocalName::parse("Gul Zaman"), Err(FieldError::NameWrongScript));
    assert_eq!(LatinName::parse("Gul Zaman 2"), Err(FieldError::NameWrongScript));
    assert_eq!(LatinName::parse("-"), Err(FieldError::NameWrongScript));
    assert_eq!(LocalName::parse("گل Zaman"), Err(FieldError::NameWrongScript));
    assert_eq!(LatinName::parse("  Gul   Zaman ").unwrap().as_str(), "Gul Zaman");
    assert_eq!(
        LocalName::parse("ښایسته ګل ځدراڼ").unwrap().as_str(),
        "ښایسته ګل ځدراڼ"
    );
}

#[test]
fn signs_that_nobody_sees_are_dropped() {
    let turned = "\u{202B}محلہ\u{202C} \u{200F}خار\u{0007} \u{2066}12\u{2069}";
    assert_eq!(Address::parse(turned).unwrap().as_str(), "محلہ خار 12");
    assert_eq!(
        LocalName::parse("\u{200F}گل زمان\u{202C}").unwrap().as_str(),
        "گل زمان"
    );
    assert_eq!(Address::parse("\u{202E}"), Err(FieldError::FieldMissing));
}

#[test]
fn a_mobile_number_has_one_form() {
    for text in [
        "03001234567",
        "+92 300 1234567",
        "0092-300-1234567",
        "923001234567",
        "۰۳۰۰۱۲۳۴۵۶۷",
    ] {
        assert_eq!(Mobile::parse(text).unwrap().as_str(), "+923001234567");
    }
    for text in ["0300123456", "0911234567", "abc"] {
        assert_eq!(Mobile::parse(text), Err(FieldError::MobileMalformed));
    }
}

#[test]
fn age_turns_on_the_birthday() {
    let born = Day::parse("2008-11-22").unwrap();
    assert_eq!(born.years_until(Day::parse("2026-11-21").unwrap()), 17);
    assert_eq!(born.years_until(Day::parse("2026-11-22").unwrap()), 18);
    assert_eq!(born.compact(), "20081122");
    assert_eq!(Day::parse("2026-02-30"), Err(FieldError::DateMalformed));
    assert_eq!(
        born.not_after(Day::parse("2008-11-21").unwrap()),
        Err(FieldError::DateImpossible)
    );
}

#[test]
fn the_day_in_peshawar_starts_five_hours_before_utc() {
    assert_eq!(Day::at_unix(0).to_string(), "1970-01-01");
    assert_eq!(Day::at_unix(19 * 3600 - 1).to_string(), "1970-01-01");
    assert_eq!(Day::at_unix(19 * 3600).to_string(), "1970-01-02");
}

proptest! {
    #[test]
    fn what_was_parsed_parses_to_itself(text in "\\PC{0,200}") {
        if let Ok(v) = Cnic::parse(&text) { prop_assert_eq!(Cnic::parse(v.as_str()), Ok(v)); }
        if let Ok(v) = LatinName::parse(&text) { prop_assert_eq!(LatinName::parse(v.as_str()), Ok(v)); }
        if let Ok(v) = LocalName::parse(&text) { prop_assert_eq!(LocalName::parse(v.as_str()), Ok(v)); }
        if let Ok(v) = Mobile::parse(&text) { prop_assert_eq!(Mobile::parse(v.as_str()), Ok(v)); }
        if let Ok(v) = Address::parse(&text) { prop_assert_eq!(Address::parse(v.as_str()), Ok(v)); }
        if let Ok(v) = Day::parse(&text) { prop_assert_eq!(Day::parse(&v.to_string()), Ok(v)); }
    }
}
