//! Fuzzing of every reader of this crate and of the verifier: any bytes, and good messages changed at random places.
//!
//! A short slice runs in the normal test command, and as long as wanted with `cargo xtask soak credential`.
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
#[path = "common/updates.rs"]
mod updates;
#[macro_use]
#[path = "../../../tests/fuzz.rs"]
mod fuzz;

use std::sync::LazyLock;

use common::catalogue::*;
use common::*;
use credential::lenient::{self, OtherCode, OtherKey};
use credential::*;
use fuzz::damaged;

fn not_accepted(text: &str) {
    static DATA: LazyLock<(TrustList, StatusSet, IssuedRequest)> =
        LazyLock::new(|| (trust(), status(false), request(Vct::IDENTITY)));
    static MORE: LazyLock<(TrustList, TypeRegister, RiskRules)> = LazyLock::new(|| {
        let knowing = documents::trust_for(&documents::register_content());
        (knowing, documents::register(), rules_of(&rules_content()))
    });
    let (trust, status, request) = &*DATA;
    let (knowing, types, rules) = &*MORE;
    for expect in [Expect::Timed { audience: DESK }, Expect::Request(request)] {
        let ctx = Context {
            now: NOW,
            trust: Some(trust),
            status: Some(status),
            types: None,
            expect,
            rule: None,
        };
        let outcome = verify(text, &ctx);
        assert_eq!(outcome.verdict(), Verdict::Refused, "{}", outcome.code);
        let rule = rules.rule("licence");
        let ctx = Context {
            trust: Some(knowing),
            types: Some(types),
            rule,
            ..ctx
        };
        assert_ne!(verify(text, &ctx).verdict(), Verdict::Accepted);
    }
}

/// A file of types as the programs read it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TypesFile {
    types: Vec<PassType>,
}

/// What a desk seals.
fn seal_content() -> LogSealContent {
    LogSealContent {
        number: 2,
        at: NOW.start_of_day(),
        reason: SealReason::Day,
        day: 20_778,
        first: 1,
        last: 9,
        last_hash: [7; 32],
        count: 9,
        previous: Some([8; 32]),
    }
}

/// What a reader at [`NOW`] says of something printed.
fn on_paper(text: &str) -> Code {
    static DATA: LazyLock<(TrustList, StatusSet)> = LazyLock::new(|| (paper_trust(), status(false)));
    let (trust, status) = &*DATA;
    let ctx = Context {
        status: Some(status),
        ..timed_context(trust, NOW)
    };
    verify(text, &ctx).code
}

fuzz! {
    any_presentation(input) {
        not_accepted(&String::from_utf8_lossy(input));
        not_accepted(&kp1(input));
    }
    any_damaged_presentation(input) {
        let good = raw(&timed());
        let bytes = damaged(&good, input);
        if bytes != good {
            not_accepted(&kp1(&bytes));
        }
    }
    any_credential(input) {
        assert!(Credential::parse(input).is_err());
        let bytes = damaged(&issued(&identity_claims()), input);
        if let Ok(read) = Credential::parse(&bytes) {
            // What is read can be written, and says the same.
            assert_eq!(read.verify_issuer(&trust()).is_ok(), bytes == issued(&identity_claims()));
        }
    }
    any_request(input) {
        assert!(read_request(&format!("KPR:{}", base45::encode(input)), Some(&trust()), NOW).is_err());
        let good = raw(&request(Vct::IDENTITY).text);
        let bytes = damaged(&good, input);
        let read = read_request(&format!("KPR:{}", base45::encode(&bytes)), Some(&trust()), NOW);
        assert_eq!(read.is_ok_and(|r| r.is_certified()), bytes == good);
    }
    any_trust_list(input) {
        assert!(TrustList::verify(input, &roots(), None).is_err());
        let good = trust_bytes(&trust_content());
        let bytes = damaged(&good, input);
        assert_eq!(TrustList::verify(&bytes, &roots(), None).is_ok(), bytes == good);
    }
    any_trust_content(input) {
        for bytes in [input.to_vec(), damaged(&trust_content().to_bytes(), input)] {
            let read = TrustContent::from_bytes(&bytes);
            // A root signs what readers can read, and nothing else.
            assert_eq!(RootSignature::make(&bytes, &root(1)).is_ok(), read.is_ok());
            if let Ok(read) = read {
                assert_eq!(TrustContent::from_bytes(&read.to_bytes()), Ok(read));
            }
        }
    }
    any_ceremony(input) {
        static GOOD: LazyLock<(Vec<u8>, [RootSignature; 2])> = LazyLock::new(|| {
            let content = trust_content().to_bytes();
            let signatures = [1, 3].map(|number| RootSignature::make(&content, &root(number)).unwrap());
            (content, signatures)
        });
        let (content, signatures) = &*GOOD;
        // Put together is what both roots signed and nothing else; what comes out holds.
        let holds = |content: &[u8], signatures: &[RootSignature]| {
            let list = combine_trust_list(content, signatures);
            assert!(list.as_ref().is_ok_and(|list| TrustList::verify(list, &roots(), None).is_ok()) == list.is_ok());
            list.is_ok()
        };
        assert!(!holds(input, signatures));
        let bytes = damaged(content, input);
        assert_eq!(holds(&bytes, signatures), bytes == *content);
        let mut changed = signatures.clone();
        changed[0].signature = damaged(&changed[0].signature, input).try_into().unwrap();
        assert_eq!(holds(content, &changed), changed == *signatures);
    }
    any_status_manifest(input) {
        let trust = trust();
        assert!(StatusManifest::verify(input, &trust, None).is_err());
        let good = StatusManifest::sign(&status_content(&bits(false)), &key("status")).unwrap();
        let bytes = damaged(&good, input);
        assert_eq!(StatusManifest::verify(&bytes, &trust, None).is_ok(), bytes == good);
    }
    any_status_shard(input) {
        let shape = Shape::new(1, 1 << 12).unwrap();
        for bytes in [input.to_vec(), damaged(&Bitmap::with(shape, [7, 99, 4000]).unwrap().encoded(0).unwrap(), input)] {
            if let Ok(read) = Bitmap::decode(shape, &[&bytes]) {
                assert_eq!(read.encoded(0).unwrap(), bytes);
            }
        }
    }
    any_status_delta(input) {
        let mut good = StatusDelta::new(1, 2);
        good.turn(LIST, StatusPurpose::Revoked, 1 << 12, [7, 99, 4000]).unwrap();
        for bytes in [input.to_vec(), damaged(&good.encode(), input)] {
            if let Ok(read) = StatusDelta::decode(&bytes) {
                assert_eq!(read.encode(), bytes);
            }
        }
    }
    any_status_bundle(input) {
        static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
            let bits = Bitmap::with(Shape::new(2, 256).unwrap(), [7, 300]).unwrap();
            StatusBundle::whole(&status_of(&status_content(&bits), &bits)).unwrap().encode()
        });
        for bytes in [input.to_vec(), damaged(&GOOD, input)] {
            if let Ok(read) = StatusBundle::decode(&bytes) {
                assert_eq!(read.open(&trust(), None).is_ok(), bytes == *GOOD);
            }
        }
    }
    any_update(input) {
        static GOOD: LazyLock<(StatusBundle, Vec<u8>, StatusSet, TrustList)> = LazyLock::new(|| {
            let update = updates::update();
            let lists = TrustList::restore(update.trust.iter().map(Vec::as_slice), &roots());
            (update.clone(), update.encode(), updates::held(), lists.unwrap().unwrap())
        });
        static PUBLISHED: LazyLock<StatusSet> = LazyLock::new(|| {
            let (good, _, held, trust) = &*GOOD;
            good.open(trust, Some(held)).unwrap()
        });
        let (good, whole, held, trust) = &*GOOD;
        let bytes = damaged(whole, input);
        if let Ok(read) = StatusBundle::decode(&bytes) {
            assert_eq!(read.encode(), bytes);
            // Each part is what was signed, or proven by it, or is not taken; the others hold all the same.
            let lists = TrustList::restore(read.trust.iter().map(Vec::as_slice), &roots());
            assert_eq!(lists.is_ok_and(|list| list.is_some_and(|list| list.sequence() == trust.sequence())), read.trust == good.trust);
            let types = read.types.as_ref().is_some_and(|bytes| TypeRegister::verify(bytes, trust, None).is_ok());
            assert_eq!(types, read.types == good.types);
            let rules = read.rules.as_ref().is_some_and(|bytes| RiskRules::verify(bytes, trust, None).is_ok());
            assert_eq!(rules, read.rules == good.rules);
            // Changes are not signed and may name any length that the list could have had; what comes of them is proven.
            let status = read.open(trust, Some(held)).ok().filter(|set| set.manifest().epoch() == 3);
            if read.manifest == good.manifest && read.deltas == good.deltas {
                assert!(status.is_some());
            }
            if let Some(set) = status {
                assert_eq!(set.manifest().bytes(), PUBLISHED.manifest().bytes());
                for purpose in [StatusPurpose::Revoked, StatusPurpose::Suspended] {
                    assert_eq!(set.bitmap(LIST, purpose), PUBLISHED.bitmap(LIST, purpose));
                }
                assert!(set.is_whole());
            }
        }
    }
    any_status_token(input) {
        let content = TokenContent { sub: format!("{LIST}/0"), iat: NOW, exp: None, ttl: None };
        let good = StatusToken::sign(&content, &token_list(64, &[&[1; 8]], None), &key("status")).unwrap();
        let bytes = damaged(&good, input);
        if let Ok(read) = StatusToken::read(&bytes) {
            // Others write tokens in more than one way; what is signed is the same whatever the way.
            let original = StatusToken::read(&good).unwrap();
            if read.verifies(&key("status").public()) {
                assert_eq!((&read.content, &read.entries), (&original.content, &original.entries));
            }
        }
        assert!(StatusToken::read(input).is_err());
        let _ = read_token_list(input.first().copied().unwrap_or(2), input);
    }
    any_province_config(input) {
        static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
            let content = ConfigContent {
                iat: NOW.minus(days(1)),
                exp: NOW.plus(days(90)),
                api_url: "https://api.example.org".to_owned(),
                name: Names::new("Test province", "آزمائشی صوبہ", "ازمایښتي صوبه"),
                tls_roots: Vec::new(),
            };
            ProvinceConfig::sign(&content, &[&root(1), &root(2)])
        });
        assert!(ProvinceConfig::verify(input, &roots(), NOW).is_err());
        let bytes = damaged(&GOOD, input);
        assert_eq!(ProvinceConfig::verify(&bytes, &roots(), NOW).is_ok(), bytes == *GOOD);
    }
    any_update_frames(input) {
        static GOOD: LazyLock<(Vec<u8>, Vec<String>)> = LazyLock::new(|| {
            let bytes: Vec<u8> = (0..1200_u32).map(|n| (n * 7 % 251) as u8).collect();
            let texts = frames::split_with_hash(UPDATE_PREFIX, &bytes, 2).unwrap();
            (bytes, texts)
        });
        let (bytes, texts) = &*GOOD;
        let mut assembly = frames::Assembly::any(UPDATE_PREFIX);
        for chunk in input.chunks(400) {
            assembly.add(&format!("KPU:{}", base45::encode(chunk)));
        }
        for text in texts {
            assembly.add(&format!("KPU:{}", base45::encode(&damaged(&raw(text), input))));
        }
        for text in texts {
            assembly.add(text);
        }
        // Whatever came between them, what comes out is what was sent, or nothing.
        assert!(assembly.finished().is_none_or(|read| read == &bytes[..]));
        // What frames bring is unpacked before anybody has signed it.
        let _ = StatusBundle::from_codes(input);
    }
    any_stored_lists(input) {
        let good = trust_bytes(&trust_content());
        let bytes = damaged(&good, input);
        let restored = TrustList::restore([&bytes[..], &good[..]], &roots());
        assert_eq!(restored.unwrap().unwrap().bytes(), &good[..]);
        let restored = TrustList::restore([&good[..], &bytes[..]], &roots());
        assert_eq!(restored.is_ok(), bytes == good);
    }
    any_own_request(input) {
        let text = String::from_utf8_lossy(input);
        assert!(IssuedRequest::from_text(&text).is_err());
        let good = raw(&request(Vct::IDENTITY).text);
        let text = format!("KPR:{}", base45::encode(&damaged(&good, input)));
        if let Ok(read) = IssuedRequest::from_text(&text) {
            assert_eq!(read.text, text);
        }
    }
    any_photo(input) {
        let mut assembly = photo::assembly(sha256(&PHOTO));
        for chunk in input.chunks(400) {
            assembly.add(&format!("KPF:{}", base45::encode(chunk)));
        }
        for text in photo::frames(&PHOTO) {
            assembly.add(&format!("KPF:{}", base45::encode(&damaged(&raw(&text), input))));
        }
        assert!(assembly.finished().is_none_or(|photo| photo == PHOTO));
    }
    any_base45(input) {
        assert_eq!(base45::decode(&base45::encode(input)).unwrap(), input);
        let text = String::from_utf8_lossy(input);
        if let Ok(bytes) = base45::decode(&text) {
            assert_eq!(base45::encode(&bytes), text);
        }
    }
    any_type_register(input) {
        static GOOD: LazyLock<(TrustList, Vec<u8>)> = LazyLock::new(|| {
            let content = documents::register_content();
            (documents::trust_for(&content), documents::register_bytes(&content))
        });
        let (trust, good) = &*GOOD;
        assert!(TypeRegister::verify(input, trust, None).is_err());
        let bytes = damaged(good, input);
        assert_eq!(TypeRegister::verify(&bytes, trust, None).is_ok(), bytes == *good);
        if let Ok(read) = RegisterContent::read_unverified(&bytes) {
            // What is read can be signed again.
            assert!(TypeRegister::sign(&read, &key("register")).is_ok());
        }
    }
    any_risk_rules(input) {
        static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| RiskRules::sign(&rules_content(), &key("rules")).unwrap());
        assert!(RiskRules::verify(input, &trust(), None).is_err());
        let bytes = damaged(&GOOD, input);
        assert_eq!(RiskRules::verify(&bytes, &trust(), None).is_ok(), bytes == *GOOD);
        if let Ok(read) = RiskRules::read_unverified(&bytes) {
            assert!(RiskRules::sign(&read, &key("rules")).is_ok());
        }
    }
    any_catalogue(input) {
        static GOOD: LazyLock<(TrustList, Vec<u8>)> =
            LazyLock::new(|| (trust_of(&catalogue_trust_content()), catalogue_bytes(&catalogue_content())));
        let (trust, good) = &*GOOD;
        assert!(Catalogue::verify(input, trust, None).is_err());
        let bytes = damaged(good, input);
        assert_eq!(Catalogue::verify(&bytes, trust, None).is_ok(), bytes == *good);
        if let Ok(read) = Catalogue::read_unverified(&bytes) {
            assert_eq!(Catalogue::read_unverified(&catalogue_bytes(&read)), Ok(read));
        }
    }
    any_counter_certificate(input) {
        assert!(CounterCertificateClaims::read_unverified(input).is_err());
        // What is read can be written, and says the same.
        if let Ok(read) = CounterCertificateClaims::read_unverified(&damaged(&certificate(), input))
            && let Ok(again) = issue_counter_certificate(&read, &key("certifier"))
        {
            assert_eq!(CounterCertificateClaims::read_unverified(&again).unwrap(), read);
        }
    }
    any_printed_document(input) {
        let good = base45::decode(&paper_document_text()[4..]).unwrap();
        for bytes in [input.to_vec(), damaged(&good, input)] {
            let outcome = on_paper(&documents::printed(&bytes));
            assert_eq!(outcome == Code::DocumentOnly, bytes == good);
        }
    }
    any_printed_card(input) {
        let text = String::from_utf8_lossy(input);
        assert_ne!(on_paper(&text).verdict(), Verdict::Accepted);
        // Changed before it is packed, and after: whatever is read is never more than paper.
        let packed = |bytes: &[u8]| base45::encode(&miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6));
        let good = card_bytes();
        let bytes = damaged(&good, input);
        assert_eq!(on_paper(&packed(&bytes)) == Code::PaperNotPresence, bytes == good);
        let outside = damaged(&base45::decode(&card_text()).unwrap(), input);
        let code = on_paper(&base45::encode(&outside));
        assert!(code == Code::PaperNotPresence || code.verdict() == Verdict::Refused || code == Code::UnknownIssuer, "{code}");
    }
    any_other_issuers(input) {
        static GOOD: LazyLock<lenient::OtherReading> = LazyLock::new(|| {
            let keys = [OtherKey { iss: None, key: card_key().public() }];
            let read = lenient::read(&card_text(), &keys, NOW);
            assert_eq!(read.code, OtherCode::Signed);
            read
        });
        let keys = [OtherKey { iss: None, key: card_key().public() }];
        let text = String::from_utf8_lossy(input);
        for text in [text.into_owned(), base45::encode(&damaged(&base45::decode(&card_text()).unwrap(), input))] {
            let read = lenient::read(&text, &keys, NOW);
            assert_ne!(read.code.verdict(), Verdict::Accepted);
            // However it is packed, what is called signed says what was signed.
            assert!(read.code != OtherCode::Signed || read == *GOOD);
        }
        let changed = damaged(&card_bytes(), input);
        let packed = base45::encode(&miniz_oxide::deflate::compress_to_vec_zlib(&changed, 6));
        let read = lenient::read(&packed, &keys, NOW);
        assert!(read.code != OtherCode::Signed || read == *GOOD);
        assert!(changed != card_bytes() || read == *GOOD);
    }
    any_types_file(input) {
        static TRUST: LazyLock<TrustList> = LazyLock::new(|| documents::trust_for(&documents::register_content()));
        for bytes in [input.to_vec(), damaged(documents::PACKAGED.as_bytes(), input)] {
            let Ok(file) = serde_json::from_slice::<TypesFile>(&bytes) else { continue };
            let again = serde_json::to_string(&file.types).unwrap();
            assert_eq!(serde_json::from_str::<Vec<PassType>>(&again).unwrap(), file.types);
            let content = RegisterContent { types: file.types, ..documents::register_content() };
            // What is signed is read and says what the file says.
            if let Ok(bytes) = TypeRegister::sign(&content, &key("register")) {
                assert_eq!(TypeRegister::verify(&bytes, &TRUST, None).unwrap().types(), content.types);
            }
        }
    }
    any_log_seal(input) {
        static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| LogSeal::sign(&seal_content(), &key("desk")));
        let keys = [key("desk").public()];
        assert!(LogSeal::verify(input, &keys).is_err());
        let bytes = damaged(&GOOD, input);
        assert_eq!(LogSeal::verify(&bytes, &keys).is_ok(), bytes == *GOOD);
    }
}
