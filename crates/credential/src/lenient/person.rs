//! Claim 169 as other issuers fill it.

use super::value::Value;

/// Longest text that is taken over, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;
/// Most biometric records that are counted.
const BIOMETRICS: std::ops::RangeInclusive<i64> = 50..=65;

/// Who somebody is by another issuer's code. Not verified data of ours, and another type on purpose: no rule of this
/// crate takes it. Personal data: never log it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct OtherIdentity {
    /// The issuer's number for the person (169/1).
    pub id: Option<String>,
    /// Full name (169/4), or first, middle and last name (5, 6, 7) put together.
    pub full_name: Option<String>,
    /// Date of birth (169/8) as it stands there: `YYYYMMDD` by the specification, `YYYY-MM-DD` by some.
    pub date_of_birth: Option<String>,
    /// Gender (169/9): `male`, `female`, `other`, or the text that stands there.
    pub gender: Option<String>,
    /// Address (169/10); lines are joined by commas.
    pub address: Option<String>,
    /// Guardian (169/15), a name or a number.
    pub guardian: Option<String>,
    /// Full name in a second language (169/19).
    pub second_name: Option<String>,
    /// That language (169/20).
    pub second_language: Option<String>,
    /// Nationality (169/13).
    pub nationality: Option<String>,
    /// The photo inside the code (169/16, or the first face, 169/62).
    pub photo: Option<Vec<u8>>,
    /// How many fingers, irises, faces and voices the code holds (169/50 to 65). Their data are not taken over.
    pub biometrics: usize,
}

impl std::fmt::Debug for OtherIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OtherIdentity(..)")
    }
}

impl OtherIdentity {
    /// Reads claim 169: a map, or a byte string that holds one. None if it is neither, or an empty map.
    pub(super) fn read(claim: &Value) -> Option<Self> {
        let inner;
        let map = match claim.untagged() {
            Value::Bytes(bytes) => {
                inner = Value::read(bytes)?;
                inner.untagged()
            }
            other => other,
        };
        if map.as_map()?.is_empty() {
            return None;
        }
        let text = |label, name: &str| field(map, label, name).and_then(plain);
        let parts: Vec<String> = [(5, "firstName"), (6, "middleName"), (7, "lastName")]
            .into_iter()
            .filter_map(|(label, name)| text(label, name))
            .collect();
        let whole = (!parts.is_empty()).then(|| parts.join(" "));
        Some(Self {
            id: text(1, "id"),
            full_name: text(4, "fullName").or(whole),
            date_of_birth: text(8, "dateOfBirth"),
            gender: field(map, 9, "gender").and_then(gender),
            address: text(10, "address"),
            guardian: text(15, "guardian"),
            second_name: text(19, "secondaryFullName"),
            second_language: text(20, "secondaryLanguage"),
            nationality: text(13, "nationality"),
            photo: photo(map),
            biometrics: biometrics(map),
        })
    }
}

/// A member by its number, or by the name that some tools write instead.
fn field<'v>(map: &'v Value, label: i64, name: &str) -> Option<&'v Value> {
    let named = |(key, _): &&(Value, Value)| key.as_text() == Some(name);
    map.get(label)
        .or_else(|| map.as_map()?.iter().find(named).map(|(_, value)| value))
}

/// A text that can be shown: no control characters and no marks that turn the direction of writing.
fn plain(value: &Value) -> Option<String> {
    let text = match value.untagged() {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        _ => return None,
    };
    let text = text.replace(['\r', '\n'], ", ").replace(", , ", ", ");
    (text.len() <= TEXT_BYTES_MAX && !text.is_empty() && crate::cbor::is_plain(&text)).then_some(text)
}

fn gender(value: &Value) -> Option<String> {
    let text = plain(value)?;
    let word = match text.to_ascii_lowercase().as_str() {
        "1" | "m" | "male" => "male",
        "2" | "f" | "female" => "female",
        "3" | "o" | "x" | "other" | "others" => "other",
        _ => return Some(text),
    };
    Some(word.to_owned())
}

/// The records of one kind: an array of them, or a single one (specification 1.0 and the drafts before).
fn records(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn biometrics(map: &Value) -> usize {
    let pairs = map.as_map().unwrap_or_default();
    let wanted = |key: &Value| key.label().is_some_and(|label| BIOMETRICS.contains(&label));
    pairs
        .iter()
        .filter(|(key, _)| wanted(key))
        .map(|(_, value)| records(value).iter().filter(|r| r.as_map().is_some()).count())
        .sum()
}

fn photo(map: &Value) -> Option<Vec<u8>> {
    const FACE: i64 = 62;
    let whole = map.get(16).and_then(Value::as_bytes);
    let face = || records(map.get(FACE)?).first()?.get(0)?.as_bytes();
    whole.or_else(face).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(t: &str) -> Value {
        Value::Text(t.to_owned())
    }

    #[test]
    fn a_byte_string_a_text_gender_and_a_single_record() {
        // 169 as a bstr: {9: "Male", 62: {0: h'ff', 1: 0}, 50: [{0: h'01'}, {0: h'02'}]}
        let inner =
            b"\xa3\x09\x64Male\x18\x3e\xa2\x00\x41\xff\x01\x00\x18\x32\x82\xa1\x00\x41\x01\xa1\x00\x41\x02";
        let read = OtherIdentity::read(&Value::Bytes(inner.to_vec()));
        let expected = OtherIdentity {
            gender: Some("male".to_owned()),
            photo: Some(vec![0xff]),
            biometrics: 3,
            ..OtherIdentity::default()
        };
        assert!(read == Some(expected));
    }

    #[test]
    fn names_instead_of_numbers_and_parts_of_a_name() {
        let map = Value::Map(vec![
            (text("firstName"), text("Gul")),
            (text("lastName"), text("Test")),
            (text("10"), text("House 1\nPeshawar")),
            (text("13"), text("turned \u{202e} round")),
        ]);
        let read = OtherIdentity::read(&map).unwrap_or_default();
        assert_eq!(read.full_name.as_deref(), Some("Gul Test"));
        assert_eq!(read.address.as_deref(), Some("House 1, Peshawar"));
        assert_eq!(read.nationality, None);
        assert!(OtherIdentity::read(&Value::Map(Vec::new())).is_none());
        assert!(OtherIdentity::read(&text("nobody")).is_none());
    }
}
