//! One case: how it is written to its file, and how it is decided from what stands in the file alone.

use std::fmt;
use std::path::{Path, PathBuf};

use credential::*;
use serde_json::{Value, json};

use crate::common::*;

/// Which folder a case stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// Taken, with room on all sides.
    Valid,
    /// Refused, or cannot be decided.
    Invalid,
    /// The last that is taken and the first that is not: seconds, lengths, numbers.
    Edge,
}

/// All folders.
pub const FOLDERS: [Folder; 3] = [Folder::Valid, Folder::Invalid, Folder::Edge];

impl Folder {
    /// True if a case with this code may stand here.
    pub fn takes(self, code: Code) -> bool {
        let good = matches!(code, Code::Accepted | Code::FaceNotCompared | Code::DocumentOnly);
        match self {
            Self::Valid => good,
            Self::Invalid => !good,
            Self::Edge => true,
        }
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Edge => "edge",
        })
    }
}

/// The folder's place.
pub fn folder(kind: Folder) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors")).join(kind.to_string())
}

/// Bytes as hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(value: &Value) -> Vec<u8> {
    crate::common::hex(value.as_str().unwrap())
}

/// Decides one file's case.
pub fn decide(case: &Value) -> Code {
    let text = |name: &str| case[name].as_str();
    let keys: Vec<PublicKey> = case["roots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| PublicKey::parse(&unhex(key)).unwrap())
        .collect();
    let roots = RootSet::new(RootKind::Test, keys.try_into().unwrap()).unwrap();
    let trust = text("trust").map(|_| {
        let before = case["trust_chain"].as_array().into_iter().flatten().map(unhex);
        let stored: Vec<_> = before.chain([unhex(&case["trust"])]).collect();
        TrustList::restore(stored.iter().map(Vec::as_slice), &roots)
            .unwrap()
            .unwrap()
    });
    let rules = text("rules")
        .map(|_| RiskRules::verify(&unhex(&case["rules"]), trust.as_ref().unwrap(), None).unwrap());
    let status = text("status").map(|_| {
        let manifest =
            StatusManifest::verify(&unhex(&case["status"]), trust.as_ref().unwrap(), None).unwrap();
        let mut set = StatusSet::new(manifest);
        for (name, bitmaps) in case["lists"].as_object().into_iter().flatten() {
            let shape = set.manifest().lists()[name].shape;
            for (purpose, shards) in bitmaps.as_object().unwrap() {
                let shards: Vec<Vec<u8>> = shards.as_array().unwrap().iter().map(unhex).collect();
                let shards: Vec<&[u8]> = shards.iter().map(Vec::as_slice).collect();
                let bitmap = Bitmap::decode(shape, &shards).unwrap();
                set.add_bitmap(name, StatusPurpose::parse(purpose).unwrap(), &bitmap)
                    .unwrap();
            }
        }
        set
    });
    let types = text("types")
        .map(|_| TypeRegister::verify(&unhex(&case["types"]), trust.as_ref().unwrap(), None).unwrap());
    let request = text("request").map(|r| IssuedRequest::from_text(r).unwrap());
    let expect = match (&request, text("audience")) {
        (Some(request), _) => Expect::Request(request),
        (None, Some(audience)) => Expect::Timed { audience },
        (None, None) => Expect::Nothing,
    };
    let ctx = Context {
        now: Timestamp::from_unix(case["now"].as_u64().unwrap()),
        trust: trust.as_ref(),
        status: status.as_ref(),
        types: types.as_ref(),
        expect,
        rule: rules
            .as_ref()
            .and_then(|rules| rules.rule(text("service").unwrap())),
    };
    verify(text("qr").unwrap(), &ctx).code
}

/// Makes the cases and hands over each file.
pub struct Writer<'a> {
    file: &'a dyn Fn(&Path, &str),
}

/// A change to a case as it is by default: a timed code at [`NOW`], read by the test desk with the test trust list.
pub type Change<'a> = &'a dyn Fn(&mut Value);

impl<'a> Writer<'a> {
    /// A writer that hands files to `file`.
    pub fn new(file: &'a dyn Fn(&Path, &str)) -> Self {
        Self { file }
    }

    /// Writes one case, which must have this code.
    pub fn put(
        &self,
        kind: Folder,
        name: &str,
        what: &str,
        expected: Code,
        qr: &str,
        changes: &[Change<'_>],
    ) {
        let roots: Vec<String> = (1..=3).map(|n| hex(root(n).public().as_bytes())).collect();
        let mut case = json!({
            "what": what, "qr": qr, "now": NOW.unix(), "audience": DESK, "roots": roots,
            "trust": hex(&trust_bytes(&trust_content())),
        });
        for change in changes {
            change(&mut case);
        }
        case["code"] = json!(expected.code());
        case["verdict"] = json!(expected.verdict().as_str());
        assert_eq!(decide(&case), expected, "{kind}/{name}");
        assert!(kind.takes(expected), "{kind}/{name}");
        let text = serde_json::to_string_pretty(&case).unwrap() + "\n";
        (self.file)(&folder(kind).join(format!("{name}.json")), &text);
    }
}

/// The reader's clock, in seconds from [`NOW`].
pub fn clock(seconds: i64) -> impl Fn(&mut Value) + use<> {
    move |case| case["now"] = json!(at(seconds).unix())
}

/// The reader showed this request.
pub fn asked(request: &IssuedRequest) -> impl Fn(&mut Value) + use<> {
    let text = request.text.clone();
    move |case| {
        case["request"] = json!(text);
        case["audience"] = Value::Null;
    }
}

/// The reader takes answers to its requests only, and shows none at the moment.
pub fn asking_nothing(case: &mut Value) {
    case["audience"] = Value::Null;
}

/// The reader has another trust list.
pub fn trusting(content: &TrustContent) -> impl Fn(&mut Value) + use<> {
    let bytes = hex(&trust_bytes(content));
    move |case| case["trust"] = json!(bytes)
}

/// The reader took these lists, each of which changed the roots, before its trust list.
pub fn chained(before: &[Vec<u8>], list: &[u8]) -> impl Fn(&mut Value) + use<> {
    let before: Vec<String> = before.iter().map(|bytes| hex(bytes)).collect();
    let list = hex(list);
    move |case| {
        case["trust_chain"] = json!(before);
        case["trust"] = json!(list);
    }
}

/// The reader serves `service` and has these risk rules.
pub fn ruled(service: &str, content: &RulesContent) -> impl Fn(&mut Value) + use<> {
    let rules = hex(&RiskRules::sign(content, &key("rules")).unwrap());
    let service = service.to_owned();
    move |case| {
        case["rules"] = json!(rules);
        case["service"] = json!(service);
    }
}

/// Bits of the short list of these files, which keeps them small.
pub const BITS: u32 = 512;

/// The place of the passes of these files in it.
pub const PLACE: u32 = 100;

/// The reader has a list with these bitmaps, all bits clear but that of these passes in those that are true, from a
/// manifest that ends `ends` seconds after [`NOW`] and was signed seven days before that at most.
pub fn standing(set: &[(StatusPurpose, bool)], ends: i64) -> impl Fn(&mut Value) + use<> {
    let shape = Shape::new(2, BITS / 2).unwrap();
    // Other people's bits, so that there is something to decode.
    let bitmap =
        |is_set: bool| Bitmap::with(shape, [3, 200, 201].into_iter().chain(is_set.then_some(PLACE))).unwrap();
    let bitmaps: Vec<(StatusPurpose, Bitmap)> = set
        .iter()
        .map(|(what, is_set)| (*what, bitmap(*is_set)))
        .collect();
    let held: Vec<(StatusPurpose, &Bitmap)> = bitmaps.iter().map(|(what, bitmap)| (*what, bitmap)).collect();
    let mut content = content_of(&held);
    content.exp = at(ends);
    content.iat = content.iat.max(content.exp.minus(7 * DAY));
    let manifest = hex(&StatusManifest::sign(&content, &key("status")).unwrap());
    let mut lists = serde_json::Map::new();
    for (purpose, bitmap) in &bitmaps {
        let shards: Vec<String> = (0..2)
            .map(|number| hex(&bitmap.encoded(number).unwrap()))
            .collect();
        lists.insert(purpose.as_str().to_owned(), json!(shards));
    }
    move |case| {
        case["status"] = json!(manifest);
        case["lists"] = json!({ LIST: lists });
    }
}

/// The reader has a status list, with the bit of these passes set or not, from a manifest that ends `ends` seconds
/// after [`NOW`].
pub fn status_until(revoked: bool, ends: i64) -> impl Fn(&mut Value) + use<> {
    standing(&[(StatusPurpose::Revoked, revoked)], ends)
}

/// The reader has a status list that is fresh.
pub fn status(revoked: bool) -> impl Fn(&mut Value) + use<> {
    status_until(revoked, 2 * i64::try_from(DAY).unwrap())
}

/// Claims whose status bit lies at this place of the short list.
pub fn placed(mut claims: Claims, index: u32) -> Claims {
    claims.status = Some(StatusRef {
        index,
        uri: LIST.to_owned(),
    });
    claims
}
