//! Which PINs a thief tries first: rows, repeats, well-known ones, and days of birth.
//!
//! A day of birth stands on the CNIC that lies in the same pocket, so anything that reads as one is refused, whoever's it
//! is. About one PIN of six digits in eight falls to these rules: the rest are still nearly nine hundred thousand.

/// PINs that head every list of leaked ones and follow no other rule here: figures and lines drawn on a keypad, steps, and
/// numbers that people of this country like.
const WELL_KNOWN: &[&[u8]] = &[
    b"112233",
    b"332211",
    b"445566",
    b"778899",
    b"998877",
    b"223344",
    b"112211",
    b"123321",
    b"321123",
    b"123654",
    b"456321",
    b"147258",
    b"147852",
    b"258369",
    b"258147",
    b"369258",
    b"369147",
    b"963852",
    b"741852",
    b"789456",
    b"987456",
    b"159357",
    b"159753",
    b"357159",
    b"753951",
    b"951753",
    b"142536",
    b"102030",
    b"100200",
    b"123789",
    b"987321",
    b"456123",
    b"456789",
    b"135791",
    b"314159",
    b"271828",
    b"007700",
    b"786000",
    b"000786",
    b"786110",
    b"110786",
    b"112358",
    b"192837",
    b"910111",
    b"135246",
    b"246135",
    b"101112",
    b"123412",
    b"12341234",
    b"11223344",
    b"14785236",
    b"78678600",
];

/// Years in which somebody who holds a phone may be born, or may have married.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2039;

/// Whether these digits are among the first that are tried.
pub(crate) fn is_easy(digits: &[u8]) -> bool {
    in_a_row(digits) || repeats(digits) || WELL_KNOWN.contains(&digits) || reads_as_a_day(digits)
}

/// All the same, or up or down by one; after 9 comes 0 and before 0 comes 9, as on a keypad.
fn in_a_row(digits: &[u8]) -> bool {
    let steps = || {
        let next = digits.iter().skip(1);
        digits.iter().zip(next).map(|(a, b)| (10 + b - a) % 10)
    };
    [0, 1, 9].iter().any(|step| steps().all(|one| one == *step))
}

/// One, two, three or four digits over and over: 121212, 123123, 12341234.
fn repeats(digits: &[u8]) -> bool {
    (1..=4).any(|length| {
        digits.len() >= 2 * length
            && digits
                .iter()
                .zip(digits.iter().skip(length))
                .all(|(here, later)| here == later)
            && digits.len().is_multiple_of(length)
    })
}

/// A day, or a month of a year, in one of the ways in which people write them.
fn reads_as_a_day(digits: &[u8]) -> bool {
    let number = |from: usize, length: usize| {
        digits.get(from..from + length).map(|part| {
            part.iter()
                .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
        })
    };
    let day = |at, length, month_at, month_length, year_at, year_length| {
        let (Some(day), Some(month), Some(year)) = (
            number(at, length),
            number(month_at, month_length),
            number(year_at, year_length),
        ) else {
            return false;
        };
        is_day(day, month, year) && (year_length == 2 || YEARS.contains(&year))
    };
    let month = |at, year_at| {
        number(at, 2).is_some_and(|month| (1..=12).contains(&month))
            && number(year_at, 4).is_some_and(|year| YEARS.contains(&year))
    };
    match digits.len() {
        6 => {
            day(0, 2, 2, 2, 4, 2)            // DDMMYY
                || day(4, 2, 2, 2, 0, 2)     // YYMMDD
                || day(2, 2, 0, 2, 4, 2)     // MMDDYY
                || day(0, 1, 1, 1, 2, 4)     // DMYYYY
                || day(5, 1, 4, 1, 0, 4)     // YYYYMD
                || month(0, 2)               // MMYYYY
                || month(4, 0) // YYYYMM
        }
        7 => {
            day(0, 1, 1, 2, 3, 4) || day(0, 2, 2, 1, 3, 4) // DMMYYYY, DDMYYYY
        }
        8 => {
            day(0, 2, 2, 2, 4, 4)            // DDMMYYYY
                || day(2, 2, 0, 2, 4, 4)     // MMDDYYYY
                || day(6, 2, 4, 2, 0, 4) // YYYYMMDD
        }
        _ => false,
    }
}

/// Whether there is such a day in some such year: 29 February is, since a year of two digits tells no leap year apart.
fn is_day(day: u32, month: u32, year: u32) -> bool {
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::is_easy;

    #[test]
    fn rows_and_repeats_are_easy() {
        for easy in [
            "000000",
            "999999999",
            "123456",
            "654321",
            "234567",
            "890123",
            "567890",
            "098765",
            "121212",
            "909090",
            "123123",
            "786786",
            "12341234",
            "123412341234",
        ] {
            assert!(is_easy(easy.as_bytes()), "{easy}");
        }
    }

    #[test]
    fn well_known_ones_are_easy() {
        for easy in ["112233", "159753", "147258", "786000", "102030"] {
            assert!(is_easy(easy.as_bytes()), "{easy}");
        }
    }

    #[test]
    fn whatever_reads_as_a_day_of_birth_is_easy() {
        for easy in [
            "050987", "870905", "090587", // 5 September 1987, as DDMMYY, YYMMDD, MMDDYY
            "05091987", "19870905", "09051987", "591987", "5091987", "091987", "198709", "311299", "290296",
            "29022000",
        ] {
            assert!(is_easy(easy.as_bytes()), "{easy}");
        }
    }

    #[test]
    fn other_digits_are_not() {
        for other in [
            "246810", "730942", "815903", "402718", "135790", "901237", "123455", "310287", "290297",
            "320187", "001587", "05098712", "31021987", "05091887", "7309426", "1234512",
        ] {
            // 31 02 87 is no day from either end, and 29 02 97 was none.
            assert!(!is_easy(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn most_pins_are_left() {
        let some = (0..1_000_000).step_by(97);
        let easy = some
            .clone()
            .filter(|pin| is_easy(format!("{pin:06}").as_bytes()))
            .count();
        let share = easy * 1_000 / some.count();
        assert!((80..150).contains(&share), "{share} of a thousand");
    }
}
