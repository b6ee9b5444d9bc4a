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
fn no_sign_that_is_not_seen_is_kept() {
    for unseen in [
        '\u{00AD}',
        '\u{034F}',
        '\u{061C}',
        '\u{200B}',
        '\u{200D}',
        '\u{2060}',
        '\u{206A}',
        '\u{3164}',
        '\u{FE0F}',
        '\u{FEFF}',
        '\u{E0041}',
        '\u{E0100}',
    ] {
        let text = format!("Kh{unseen}ar {unseen}");
        assert_eq!(Address::parse(&text).unwrap().as_str(), "Khar", "{unseen:?}");
        let name = format!("گ{unseen}ل");
        assert_eq!(LocalName::parse(&name).unwrap().as_str(), "گل", "{unseen:?}");
    }
    // The non-joiner stays where it parts two letters, and nowhere else.
    let parted = "\u{200C}نور\u{200C}\u{200C}زمان\u{200C}";
    assert_eq!(LocalName::parse(parted).unwrap().as_str(), "نور\u{200C}زمان");
}

#[test]
fn marks_do_not_pile_up_and_stand_on_a_letter() {
    let piled = format!("گ{}ل", "\u{0651}".repeat(40));
    assert_eq!(
        LocalName::parse(&piled).unwrap().as_str(),
        "گ\u{0651}\u{0651}\u{0651}ل"
    );
    let address = format!("{0}Kh{1}ar", "\u{0301}".repeat(2), "\u{0301}".repeat(9));
    assert_eq!(Address::parse(&address), Err(FieldError::NameWrongScript));
    assert_eq!(LocalName::parse("\u{064E}گل").unwrap().as_str(), "گل");
    assert_eq!(
        LocalName::parse("\u{064E}\u{0651}"),
        Err(FieldError::FieldMissing)
    );
    assert_eq!(LocalName::parse("-\u{064E}"), Err(FieldError::NameWrongScript));
    assert_eq!(
        LocalName::parse("محمّد").unwrap().as_str(),
        "محمّد",
        "ordinary marks stay"
    );
}

#[test]
fn an_address_has_a_letter_or_a_digit_of_one_of_the_two_scripts() {
    for text in [
        "House 12, Street 3-B (Phase 4), Hayatabad",
        "مکان نمبر ۱۲، محلہ نور، خار۔",
        "Café 7/1 خار",
    ] {
        assert_eq!(Address::parse(text).unwrap().as_str(), text);
    }
    for text in ["-", "...", "،،", "( )", "ـــ"] {
        assert_eq!(Address::parse(text), Err(FieldError::FieldMissing), "{text}");
    }
    for text in ["😀", "Khar 😀", "ख़ार", "\u{2800}Khar", "Khar\u{06DD}"] {
        assert_eq!(Address::parse(text), Err(FieldError::NameWrongScript), "{text}");
    }
}

#[test]
fn limits_are_in_bytes() {
    assert!(LatinName::parse(&"a".repeat(LATIN_BYTES_MAX)).is_ok());
    assert_eq!(
        LatinName::parse(&"a".repeat(LATIN_BYTES_MAX + 1)),
        Err(FieldError::FieldTooLong)
    );
    assert!(LocalName::parse(&"گ".repeat(LOCAL_BYTES_MAX / 2)).is_ok());
    assert_eq!(
        LocalName::parse(&"گ".repeat(LOCAL_BYTES_MAX / 2 + 1)),
        Err(FieldError::FieldTooLong)
    );
    assert!(Address::parse(&"گ".repeat(TEXTS_BYTES_MAX / 2)).is_ok());
    assert_eq!(
        Address::parse(&"a".repeat(TEXTS_BYTES_MAX + 1)),
        Err(FieldError::FieldTooLong)
    );
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
fn a_birthday_is_the_first_day_of_that_age_also_of_the_29th_of_february() {
    for (born, birthday) in [
        ("2008-11-22", "2026-11-22"),
        ("2008-02-29", "2026-03-01"),
        ("2008-02-28", "2026-02-28"),
        ("1982-02-29", ""),
    ] {
        let Ok(born) = Day::parse(born) else {
            assert!(birthday.is_empty());
            continue;
        };
        let day = born.after_years(18).unwrap();
        assert_eq!(day, Day::parse(birthday).unwrap());
        assert_eq!(born.years_until(day), 18);
        let before = Day::at_unix(day.starts_at() - 86_400);
        assert_eq!(born.years_until(before), 17);
        assert_eq!(day.starts_at() % 86_400, 0);
    }
    assert_eq!(Day::parse("9999-12-31").unwrap().after_years(18), None);
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
