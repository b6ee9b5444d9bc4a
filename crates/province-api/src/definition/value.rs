//! One value of one type: parsed into its one spelling, or refused with the reason.

use serde_json::Value;

use super::{Ask, CODE_MAX, Choice, Definition, LONG_MAX, TEXT_MAX};
use crate::person::{
    Cnic, Day, FieldError, LatinName, LocalName, Mobile, fold_digits, is_written, tidy_line,
};

/// Longest e-mail address, in letters. RFC 5321 allows 254; nobody here has one that long, and screens show it whole.
const EMAIL_MAX: usize = 120;
/// Letters and digits of a Pakistani IBAN.
const IBAN_CHARS: usize = 24;
/// Most signs on a number plate.
const VEHICLE_MAX: usize = 14;
/// Pakistan's corners with room, degrees: south, north, west, east.
const CORNERS: [f64; 4] = [23.0, 38.0, 60.0, 78.0];
/// Largest amount or number in a form: what every reader of JSON holds exactly (RFC 8259, section 6).
const NUMBER_MAX: i64 = 9_007_199_254_740_991;

/// Reads one value; a list of rows is read by the form.
pub(super) fn parse(
    ask: &Ask,
    value: &Value,
    definition: &Definition<'_>,
    today: Day,
) -> Result<Value, FieldError> {
    let text = |it: Result<String, FieldError>| it.map(Value::String);
    match ask {
        Ask::Name => text(name(words(value)?)),
        Ask::Text { min, max } => text(line(words(value)?, *min, max.unwrap_or(TEXT_MAX))),
        Ask::Long { min, max } => text(lines(words(value)?, *min, max.unwrap_or(LONG_MAX))),
        Ask::Code { min, max } => text(code(words(value)?, *min, max.unwrap_or(CODE_MAX))),
        Ask::Digits { min, max } => text(digits(words(value)?, *min, max.unwrap_or(CODE_MAX))),
        Ask::Cnic => text(Cnic::parse(words(value)?).map(|it| it.as_str().to_owned())),
        Ask::Mobile => text(Mobile::parse(words(value)?).map(|it| it.as_str().to_owned())),
        Ask::Email => text(email(words(value)?)),
        Ask::Iban => text(iban(words(value)?)),
        Ask::Vehicle => text(vehicle(words(value)?)),
        Ask::Date { from, to } => text(date(words(value)?, (*from, *to), today)),
        Ask::Number { min, max } => number(value, *min, *max).map(Value::from),
        Ask::Money { min, max } => number(value, Some(min.unwrap_or(0)), *max).map(Value::from),
        Ask::Choice { choices } => text(choice(words(value)?, choices)),
        Ask::Choices { choices } => several(value, choices),
        Ask::YesNo => truth(value).map(Value::Bool),
        Ask::District => text(district(words(value)?, definition)),
        Ask::Gps => text(gps(words(value)?)),
        Ask::Declare if *value == Value::Bool(true) => Ok(Value::Bool(true)),
        Ask::Declare => Err(FieldError::DeclarationMissing),
        Ask::List { .. } | Ask::Other => Err(FieldError::FieldUnknown),
    }
}

/// Whether nothing was given.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

fn words(value: &Value) -> Result<&str, FieldError> {
    value.as_str().ok_or(FieldError::TextMalformed)
}

fn name(text: &str) -> Result<String, FieldError> {
    match LatinName::parse(text) {
        Ok(name) => Ok(name.as_str().to_owned()),
        Err(FieldError::NameWrongScript) => LocalName::parse(text).map(|name| name.as_str().to_owned()),
        Err(error) => Err(error),
    }
}

fn sized(text: String, min: Option<u16>, max: u16) -> Result<String, FieldError> {
    let letters = text.chars().count();
    if text.is_empty() {
        Err(FieldError::FieldMissing)
    } else if letters > usize::from(max) {
        Err(FieldError::FieldTooLong)
    } else if letters < usize::from(min.unwrap_or(0)) {
        Err(FieldError::FieldTooShort)
    } else {
        Ok(text)
    }
}

fn line(text: &str, min: Option<u16>, max: u16) -> Result<String, FieldError> {
    let tidied = tidy_line(text);
    if !tidied.chars().all(is_written) {
        return Err(FieldError::TextMalformed);
    }
    if !tidied.chars().any(char::is_alphanumeric) {
        return Err(FieldError::FieldMissing);
    }
    sized(tidied, min, max)
}

/// Lines with what is around them taken away; one empty line between two stays.
fn lines(text: &str, min: Option<u16>, max: u16) -> Result<String, FieldError> {
    let mut all: Vec<String> = Vec::new();
    for tidied in text.lines().map(tidy_line) {
        if !tidied.chars().all(is_written) {
            return Err(FieldError::TextMalformed);
        }
        if !tidied.is_empty() || all.last().is_some_and(|last| !last.is_empty()) {
            all.push(tidied);
        }
    }
    if all.last().is_some_and(String::is_empty) {
        all.pop();
    }
    let whole = all.join("\n");
    if !whole.chars().any(char::is_alphanumeric) {
        return Err(FieldError::FieldMissing);
    }
    sized(whole, min, max)
}

fn code(text: &str, min: Option<u16>, max: u16) -> Result<String, FieldError> {
    let folded = tidy_line(&fold_digits(text));
    let fits = |c: char| c.is_ascii_alphanumeric() || " -/.#()".contains(c);
    if !folded.chars().all(fits) {
        return Err(FieldError::CodeMalformed);
    }
    if !folded.chars().any(char::is_alphanumeric) {
        return Err(FieldError::FieldMissing);
    }
    sized(folded, min, max)
}

fn digits(text: &str, min: Option<u16>, max: u16) -> Result<String, FieldError> {
    let folded = fold_digits(text);
    let bare: String = folded
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect();
    if !bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FieldError::NumberMalformed);
    }
    sized(bare, min, max)
}

fn email(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::FieldMissing);
    }
    let fits = |part: &str, more: &str| {
        let is_edge = |c: char| c == '.' || c == '-';
        !part.is_empty()
            && !part.contains("..")
            && !part.starts_with(is_edge)
            && !part.ends_with(is_edge)
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let is_whole = text.len() <= EMAIL_MAX
        && text
            .split_once('@')
            .is_some_and(|(name, host)| fits(name, "._%+-'") && fits(host, ".-") && host.contains('.'));
    if is_whole {
        Ok(text.to_owned())
    } else {
        Err(FieldError::EmailMalformed)
    }
}

fn iban(text: &str) -> Result<String, FieldError> {
    let folded = fold_digits(text).to_ascii_uppercase();
    let bare: String = folded
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect();
    if bare.is_empty() {
        return Err(FieldError::FieldMissing);
    }
    let is_form = bare.len() == IBAN_CHARS
        && bare.starts_with("PK")
        && bare.bytes().skip(2).take(2).all(|byte| byte.is_ascii_digit())
        && bare.bytes().skip(4).take(4).all(|byte| byte.is_ascii_uppercase())
        && bare.bytes().skip(8).all(|byte| byte.is_ascii_alphanumeric());
    if is_form && is_remainder_one(&bare) {
        Ok(bare)
    } else {
        Err(FieldError::IbanMalformed)
    }
}

/// Whether the number that an IBAN stands for leaves 1 over, divided by 97 (ISO 7064, MOD 97-10).
fn is_remainder_one(iban: &str) -> bool {
    let turned = iban.chars().skip(4).chain(iban.chars().take(4));
    let rest = turned.filter_map(|c| c.to_digit(36)).fold(0, |rest, value| {
        let shift = if value > 9 { 100 } else { 10 };
        (rest * shift + value) % 97
    });
    rest == 1
}

/// `abc 1234` is `ABC-1234`.
fn vehicle(text: &str) -> Result<String, FieldError> {
    let folded = fold_digits(text).to_ascii_uppercase();
    let is_between = |c: char| c.is_whitespace() || matches!(c, '-' | '/' | '.');
    let parts: Vec<&str> = folded.split(is_between).filter(|part| !part.is_empty()).collect();
    let joined = parts.join("-");
    if joined.is_empty() {
        return Err(FieldError::FieldMissing);
    }
    let is_plate = joined.len() <= VEHICLE_MAX
        && joined
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && joined.bytes().any(|byte| byte.is_ascii_digit())
        && joined.bytes().any(|byte| byte.is_ascii_alphabetic());
    if is_plate {
        Ok(joined)
    } else {
        Err(FieldError::VehicleMalformed)
    }
}

fn date(text: &str, (from, to): (Option<i32>, Option<i32>), today: Day) -> Result<String, FieldError> {
    let day = Day::parse(text)?;
    let ahead = today.days_until(day);
    let is_in_time =
        from.is_none_or(|least| ahead >= i64::from(least)) && to.is_none_or(|most| ahead <= i64::from(most));
    if is_in_time {
        Ok(day.to_string())
    } else {
        Err(FieldError::DateImpossible)
    }
}

fn number(value: &Value, min: Option<i64>, max: Option<i64>) -> Result<i64, FieldError> {
    let number = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let folded = fold_digits(text);
            let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | '٬' | '،');
            let bare: String = folded.chars().filter(|c| !is_between(*c)).collect();
            bare.parse().ok()
        }
        _ => None,
    };
    let number = number.ok_or(FieldError::NumberMalformed)?;
    let is_within = number.abs() <= NUMBER_MAX
        && min.is_none_or(|least| number >= least)
        && max.is_none_or(|most| number <= most);
    if is_within {
        Ok(number)
    } else {
        Err(FieldError::NumberOutOfRange)
    }
}

fn choice(text: &str, choices: &[Choice]) -> Result<String, FieldError> {
    if choices.iter().any(|one| one.id == text) {
        Ok(text.to_owned())
    } else {
        Err(FieldError::ChoiceUnknown)
    }
}

/// In the order of the choices, each once.
fn several(value: &Value, choices: &[Choice]) -> Result<Value, FieldError> {
    let all = value.as_array().ok_or(FieldError::ChoiceUnknown)?;
    let is_one = |one: &Value| {
        one.as_str()
            .is_some_and(|id| choices.iter().any(|it| it.id == id))
    };
    if !all.iter().all(is_one) {
        return Err(FieldError::ChoiceUnknown);
    }
    let chosen = choices
        .iter()
        .filter(|one| all.iter().any(|it| it.as_str() == Some(&*one.id)));
    Ok(chosen.map(|one| Value::from(&*one.id)).collect())
}

fn truth(value: &Value) -> Result<bool, FieldError> {
    value.as_bool().ok_or(FieldError::ChoiceUnknown)
}

fn district(text: &str, definition: &Definition<'_>) -> Result<String, FieldError> {
    if definition.has_district(text) {
        Ok(text.to_owned())
    } else {
        Err(FieldError::ChoiceUnknown)
    }
}

/// Six digits behind the point: about ten centimetres, and as the forms of private schools ask.
fn gps(text: &str) -> Result<String, FieldError> {
    let folded = fold_digits(text);
    let malformed = FieldError::PlaceMalformed;
    let (north, east) = folded.split_once([',', '،']).ok_or(malformed)?;
    let degrees = |part: &str| part.trim().parse::<f64>().map_err(|_| malformed);
    let (north, east) = (degrees(north)?, degrees(east)?);
    let [south_end, north_end, west_end, east_end] = CORNERS;
    if (south_end..=north_end).contains(&north) && (west_end..=east_end).contains(&east) {
        Ok(format!("{north:.6},{east:.6}"))
    } else {
        Err(malformed)
    }
}
