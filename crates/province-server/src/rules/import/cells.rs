//! What stands in a cell, as spreadsheets write it: numbers as formulas, rounded, with separators and other digits; days in
//! another order.

/// How a file writes days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Days {
    /// The year first: `2026-11-22`, also with slashes or full stops.
    #[default]
    YearFirst,
    /// The day first: `22/11/2026`. Nobody can tell by looking whether `2/3/2026` is in March, so that it has to be said.
    DayFirst,
}

/// A cell without what is not seen and what spreadsheets put around it: spaces of any kind, marks of direction, `="..."`.
pub(super) fn bare(cell: &str) -> String {
    let unseen = |letter: char| matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}');
    let seen: String = cell.chars().filter(|letter| !unseen(*letter)).collect();
    let seen = seen.trim();
    let inner = seen.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(seen).trim().to_owned()
}

/// The digits of a number. Not of one that a spreadsheet rounded: what it was is gone.
pub(super) fn number(cell: &str) -> Result<String, &'static str> {
    let cell = cell.strip_prefix('\'').unwrap_or(cell);
    let digits: String = cell.chars().map(latin).collect();
    if digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.contains(['e', 'E'])
        && digits
            .chars()
            .all(|letter| letter.is_ascii_digit() || matches!(letter, 'e' | 'E' | '+' | '.' | ','))
    {
        return Err("number_rounded");
    }
    let whole = digits
        .strip_suffix(".00")
        .or_else(|| digits.strip_suffix(".0"))
        .unwrap_or(&digits);
    // As in 12,34,567: the last group has three digits. `12,50` is a decimal comma, and no number here.
    let mut groups = whole.split(',');
    let is_grouped = groups.next().is_some_and(|first| (1..=3).contains(&first.len()))
        && groups.next_back().is_some_and(|last| last.len() == 3)
        && groups.all(|group| group.len() == 3 || group.len() == 2);
    Ok(if is_grouped {
        whole.replace(',', "")
    } else {
        whole.to_owned()
    })
}

/// Latin digits for Urdu and Arabic ones.
fn latin(letter: char) -> char {
    let digit = match letter {
        '\u{06F0}'..='\u{06F9}' => u32::from(letter) - 0x06F0,
        '\u{0660}'..='\u{0669}' => u32::from(letter) - 0x0660,
        other => return other,
    };
    char::from_digit(digit, 10).unwrap_or(letter)
}

/// Whether it says yes.
pub(super) fn truth(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "true" | "yes" | "1" | "ہاں" | "هو" => Some(true),
        "false" | "no" | "0" | "نہیں" | "نه" => Some(false),
        _ => None,
    }
}

/// A day as the register reads it, if the cell has three numbers in this order; else the cell as it is, which is no day.
pub(super) fn day(cell: &str, days: Days) -> String {
    let parts: Vec<String> = cell
        .split(['-', '/', '.'])
        .map(|part| part.chars().map(latin).collect())
        .collect();
    let (([year, month, day], Days::YearFirst) | ([day, month, year], Days::DayFirst)) = (&parts[..], days)
    else {
        return cell.to_owned();
    };
    if year.len() == 4 {
        format!("{year}-{month:0>2}-{day:0>2}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_spreadsheets_put_around_a_cell_is_taken_off() {
        for (cell, is) in [
            (" \u{200F}پشاور\u{a0}", "پشاور"),
            ("=\"1730112345671\"", "1730112345671"),
            ("=\"", "=\""),
            ("a \"b\" c", "a \"b\" c"),
        ] {
            assert_eq!(bare(cell), is);
        }
    }

    #[test]
    fn a_number_is_read_in_every_spelling_but_a_rounded_one() {
        for (cell, is) in [
            ("1730112345671", "1730112345671"),
            ("'0017301", "0017301"),
            ("17301-1234567-1", "17301-1234567-1"),
            ("۱۲۳", "123"),
            ("1,250.00", "1250"),
            ("12,34,567", "1234567"),
            ("1,2", "1,2"),
            ("12.5", "12.5"),
        ] {
            assert_eq!(number(cell), Ok(is.to_owned()));
        }
        for cell in ["1.73011E+12", "1.7e12", "1,73E+12"] {
            assert_eq!(number(cell), Err("number_rounded"));
        }
    }

    #[test]
    fn a_day_is_read_in_the_order_that_was_said_and_in_no_other() {
        for (cell, days, is) in [
            ("2026-11-22", Days::YearFirst, "2026-11-22"),
            ("2026/1/2", Days::YearFirst, "2026-01-02"),
            ("2/1/2026", Days::DayFirst, "2026-01-02"),
            ("۲.۱.۲۰۲۶", Days::DayFirst, "2026-01-02"),
            ("2/1/2026", Days::YearFirst, "2/1/2026"),
            ("2026-11-22", Days::DayFirst, "2026-11-22"),
            ("46348", Days::DayFirst, "46348"),
        ] {
            assert_eq!(day(cell, days), is);
        }
    }
}
