//! CBOR as other issuers write it: any order, any length form, anything unknown; only size and depth are limited.

use minicbor::Decoder;
use minicbor::data::Type;

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 16;

/// One item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Tag(u64, Box<Self>),
    /// Truth values, `null`, floats, integers of more than 63 bits: nothing that is read from a claim.
    Other,
}

impl Value {
    /// Reads exactly one item. The caller limits the length, which limits the memory.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut d = Decoder::new(bytes);
        let value = item(&mut d, DEPTH_MAX)?;
        (d.position() == bytes.len()).then_some(value)
    }

    pub(super) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            _ => None,
        }
    }

    pub(super) fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(b) => Some(b),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            _ => None,
        }
    }

    pub(super) fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_map(&self) -> Option<&[(Self, Self)]> {
        match self {
            Self::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value under a number, which some issuers write as a text. The first one, if there are several.
    pub(super) fn get(&self, label: i64) -> Option<&Self> {
        let wanted = |(key, _): &&(Self, Self)| key.label() == Some(label);
        self.as_map()?.iter().find(wanted).map(|(_, value)| value)
    }

    /// The number of a map's key.
    pub(super) fn label(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Text(t) => t.parse().ok(),
            _ => None,
        }
    }

    /// What tags stand around.
    pub(super) fn untagged(&self) -> &Self {
        match self {
            Self::Tag(_, inner) => inner.untagged(),
            other => other,
        }
    }
}

fn item(d: &mut Decoder<'_>, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    Some(match d.datatype().ok()? {
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
            let start = d.position();
            if let Ok(n) = d.i64() {
                Value::Int(n)
            } else {
                d.set_position(start);
                d.skip().ok()?;
                Value::Other
            }
        }
        Type::Bytes => Value::Bytes(d.bytes().ok()?.to_vec()),
        Type::BytesIndef => Value::Bytes(d.bytes_iter().ok()?.collect::<Result<Vec<_>, _>>().ok()?.concat()),
        Type::String => Value::Text(d.str().ok()?.to_owned()),
        Type::StringIndef => Value::Text(d.str_iter().ok()?.collect::<Result<Vec<_>, _>>().ok()?.concat()),
        Type::Array | Type::ArrayIndef => {
            let count = d.array().ok()?;
            Value::Array(many(d, count, |d| item(d, depth))?)
        }
        Type::Map | Type::MapIndef => {
            let count = d.map().ok()?;
            Value::Map(many(d, count, |d| Some((item(d, depth)?, item(d, depth)?)))?)
        }
        Type::Tag => Value::Tag(d.tag().ok()?.as_u64(), Box::new(item(d, depth)?)),
        Type::Break => return None,
        _ => {
            d.skip().ok()?;
            Value::Other
        }
    })
}

/// As many elements as are announced, or up to the break. Each takes at least one byte, so that a huge count ends at
/// the end of the input.
fn many<T>(
    d: &mut Decoder<'_>,
    count: Option<u64>,
    mut one: impl FnMut(&mut Decoder<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let mut out = Vec::new();
    if let Some(count) = count {
        for _ in 0..count {
            out.push(one(d)?);
        }
    } else {
        while d.datatype().ok()? != Type::Break {
            out.push(one(d)?);
        }
        d.set_position(d.position() + 1);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_orders_that_the_strict_reader_refuses() {
        // {"9": "M", 4: [_ 1, h'02'], 4: null} with an indefinite array and a five-byte length.
        let bytes = b"\xa3\x61\x39\x61\x4d\x04\x9f\x01\x41\x02\xff\x04\xf6";
        let value = Value::read(bytes);
        let got = value.as_ref().and_then(|v| v.get(9)).and_then(Value::as_text);
        assert_eq!(got, Some("M"));
        let list = value.as_ref().and_then(|v| v.get(4)).and_then(Value::as_array);
        assert_eq!(list, Some(&[Value::Int(1), Value::Bytes(vec![2])][..]));
    }

    #[test]
    fn what_is_not_one_item_is_nothing() {
        let deep = [[0x81; 16].as_slice(), &[0]].concat();
        for bytes in [
            &b""[..],
            b"\x00\x00",
            b"\xff",
            b"\x9f\x01",
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x00",
            &deep,
        ] {
            assert_eq!(Value::read(bytes), None);
        }
    }
}
