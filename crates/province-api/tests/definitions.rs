//! Every definition of the packaged catalogue takes what keeps its rules and refuses what breaks one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use province_api::catalogue::guide::Guide;
use province_api::catalogue::packaged::packaged;
use province_api::definition::{Ask, Definition, prune};
use province_api::person::{Day, FieldError};
use serde_json::{Map, Value, json};

fn guide() -> Guide {
    packaged().unwrap().guide()
}

fn today() -> Day {
    Day::parse("2026-11-24").unwrap()
}

/// Numbers from a seed (`SplitMix64`).
fn drawing(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }
}

fn codes(
    faults: Result<impl Sized, Vec<province_api::enrolment::FieldProblem>>,
) -> Vec<(String, FieldError)> {
    let faults = faults.err().unwrap_or_default();
    faults
        .into_iter()
        .map(|fault| (fault.field, fault.code))
        .collect()
}

#[test]
fn every_service_has_a_definition_of_its_own() {
    let guide = guide();
    let mut seen = BTreeSet::new();
    for service in &guide.services {
        let definition = guide.definition(&service.id).expect(&service.id);
        let asks: Vec<_> = definition.asked().map(|(asked, _)| asked.field.clone()).collect();
        let questions = definition
            .asked()
            .filter(|(_, field)| field.ask != Ask::Declare)
            .count();
        assert!(questions >= 1, "{} asks nothing", service.id);
        seen.insert(asks);
    }
    assert_eq!(guide.services.len(), 242);
    assert!(seen.len() > 180, "{} different forms", seen.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_keeps_the_rules_is_taken_in_one_spelling(seed: u64) {
        let guide = guide();
        let mut draw = drawing(seed);
        for service in &guide.services {
            let definition = guide.definition(&service.id).unwrap();
            let form = definition.sample(today(), &mut draw);
            prop_assert_eq!(codes(definition.parse(&form, today())), vec![], "{}", service.id);
            let filled = definition.parse(&form, today()).unwrap();
            let again = definition.parse(filled.form(), today()).unwrap();
            prop_assert_eq!(&again, &filled);
            // What the phone sends of what was typed is the same.
            prop_assert_eq!(prune(&definition, filled.form()), filled.into_form());
        }
    }

    #[test]
    fn what_breaks_one_is_refused_where_it_is(seed: u64) {
        let guide = guide();
        let mut draw = drawing(seed);
        for service in &guide.services {
            let definition = guide.definition(&service.id).unwrap();
            let form = definition.sample(today(), &mut draw);
            for (field, broken, code) in breaks(&definition, &form) {
                let mut form = form.clone();
                match broken {
                    None => { form.remove(&field); }
                    Some(value) => { form.insert(field.clone(), value); }
                }
                let found = codes(definition.parse(&form, today()));
                prop_assert!(found.contains(&(field.clone(), code)), "{} {field}: {found:?}, not {code}", service.id);
            }
        }
    }

    #[test]
    fn nothing_that_is_sent_stops_it(form in any_form()) {
        let guide = guide();
        for service in guide.services.iter().take(40) {
            let definition = guide.definition(&service.id).unwrap();
            let _ = definition.parse(&form, today());
            let _ = definition.parse(&prune(&definition, &form), today());
        }
    }
}

/// One broken value for each rule of each field that was answered.
fn breaks(
    definition: &Definition<'_>,
    form: &Map<String, Value>,
) -> Vec<(String, Option<Value>, FieldError)> {
    use FieldError as E;
    let mut all = vec![("nobody_asks_this".to_owned(), Some(json!(1)), E::FieldUnknown)];
    for (asked, field) in definition
        .asked()
        .filter(|(asked, _)| form.contains_key(&asked.field))
    {
        if !asked.optional {
            let missing = if field.ask == Ask::Declare {
                E::DeclarationMissing
            } else {
                E::FieldMissing
            };
            all.push((field.id.clone(), None, missing));
        }
        let long = |max: usize| json!("ک".repeat(max + 1));
        let bad: Vec<(Value, FieldError)> = match &field.ask {
            Ask::Name => vec![(json!("12"), E::NameWrongScript), (json!(7), E::TextMalformed)],
            Ask::Text { max, .. } => vec![
                (long(max.unwrap_or(200).into()), E::FieldTooLong),
                (json!("漢字"), E::TextMalformed),
            ],
            Ask::Long { max, .. } => vec![
                (long(max.unwrap_or(1000).into()), E::FieldTooLong),
                (json!("!?"), E::FieldMissing),
            ],
            Ask::Code { max, .. } => vec![
                (json!("نمبر"), E::CodeMalformed),
                (
                    json!("1".repeat(usize::from(max.unwrap_or(40)) + 1)),
                    E::FieldTooLong,
                ),
            ],
            Ask::Digits { max, .. } => vec![
                (json!("12a"), E::NumberMalformed),
                (
                    json!("1".repeat(usize::from(max.unwrap_or(40)) + 1)),
                    E::FieldTooLong,
                ),
            ],
            Ask::Cnic => vec![(json!("123"), E::CnicMalformed)],
            Ask::Mobile => vec![(json!("0911234567"), E::MobileMalformed)],
            Ask::Email => vec![
                (json!("a@b"), E::EmailMalformed),
                (json!("a b@c.pk"), E::EmailMalformed),
            ],
            Ask::Iban => vec![(json!("PK00TEST0000000000000000"), E::IbanMalformed)],
            Ask::Vehicle => vec![
                (json!("گاڑی 12"), E::VehicleMalformed),
                (json!("12345"), E::VehicleMalformed),
            ],
            Ask::Date { from, to } => {
                let mut bad = vec![(json!("2026-02-30"), E::DateMalformed)];
                let day = |ahead: i32| json!(today().plus_days(ahead.into()).unwrap().to_string());
                bad.extend(from.map(|from| (day(from - 1), E::DateImpossible)));
                bad.extend(to.map(|to| (day(to + 1), E::DateImpossible)));
                bad
            }
            Ask::Number { min, max } | Ask::Money { min, max } => {
                let mut bad = vec![
                    (json!("ten"), E::NumberMalformed),
                    (json!(1.5), E::NumberMalformed),
                ];
                bad.extend(min.map(|min| (json!(min - 1), E::NumberOutOfRange)));
                bad.extend(max.map(|max| (json!(max + 1), E::NumberOutOfRange)));
                bad
            }
            Ask::Choice { .. } => vec![(json!("no-such"), E::ChoiceUnknown)],
            Ask::Choices { .. } => vec![
                (json!(["no-such"]), E::ChoiceUnknown),
                (json!("x"), E::ChoiceUnknown),
            ],
            Ask::YesNo => vec![(json!("yes"), E::ChoiceUnknown)],
            Ask::District => vec![(json!("london"), E::ChoiceUnknown)],
            Ask::Gps => vec![
                (json!("51.5,0.1"), E::PlaceMalformed),
                (json!("34 71"), E::PlaceMalformed),
            ],
            Ask::List { max, .. } => {
                let row = form[&field.id][0].clone();
                vec![(
                    Value::Array(vec![row; usize::from(max.unwrap_or(20)) + 1]),
                    E::ListTooLong,
                )]
            }
            Ask::Declare => vec![(json!(false), E::DeclarationMissing)],
            Ask::Other => panic!("{} has no type", field.id),
        };
        all.extend(
            bad.into_iter()
                .map(|(value, code)| (field.id.clone(), Some(value), code)),
        );
    }
    all
}

fn any_form() -> impl Strategy<Value = Map<String, Value>> {
    let names: Vec<String> = guide().fields.iter().map(|field| field.id.clone()).collect();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,60}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    });
    prop::collection::vec((prop::sample::select(names), value), 0..40)
        .prop_map(|all| all.into_iter().collect())
}

#[test]
fn answers_that_close_a_question_take_its_answer_away() {
    let mut guide = guide();
    let form = serde_json::from_value(json!({
        "pages": [{ "topic": guide.topics[0].id, "fields": [
            "land_tenure",
            { "field": "land_khasra", "when": { "field": "land_tenure", "is": ["owner"] } },
            { "field": "remarks", "optional": true },
        ]}],
        "steps": [],
    }));
    guide.services[0].form = Some(form.unwrap());
    let definition = guide.definition(&guide.services[0].id).unwrap();
    let typed = |tenure: &str| {
        let typed = json!({ "land_tenure": tenure, "land_khasra": " 12/3 ", "remarks": " ", "gone": 1 });
        typed.as_object().unwrap().clone()
    };
    let owner = definition
        .parse(&prune(&definition, &typed("owner")), today())
        .unwrap();
    assert_eq!(
        Value::Object(owner.into_form()),
        json!({ "land_tenure": "owner", "land_khasra": "12/3" })
    );
    let tenant = definition
        .parse(&prune(&definition, &typed("tenant")), today())
        .unwrap();
    assert_eq!(
        Value::Object(tenant.into_form()),
        json!({ "land_tenure": "tenant" })
    );
    // The province, which prunes nothing, says what nobody asked.
    let sent = codes(definition.parse(&typed("tenant"), today()));
    let unknown = |name: &str| (name.to_owned(), FieldError::FieldUnknown);
    assert_eq!(sent, [unknown("gone"), unknown("land_khasra")]);
}

#[test]
fn spellings_become_one() {
    let mut guide = guide();
    let of = |id: &str| json!({ "topic": "you", "fields": [id] });
    for (id, typed, kept) in [
        ("vehicle_number", json!("abc  ۱۲۳"), json!("ABC-123")),
        ("person_cnic", json!("99999-1234567-1"), json!("9999912345671")),
        ("quantity", json!("۱,۲۰۰"), json!(1200)),
        ("challan_number", json!("۱۲ ۳۴-۵"), json!("12345")),
        (
            "place_gps",
            json!("34.0151، 71.5249"),
            json!("34.015100,71.524900"),
        ),
        (
            "what_happened",
            json!("  a line of many letters \n\n\n another "),
            json!("a line of many letters\n\nanother"),
        ),
        (
            "iban",
            json!("pk36 scbl 0000 0011 2345 6702"),
            json!("PK36SCBL0000001123456702"),
        ),
    ] {
        guide.services[0].form = serde_json::from_value(json!({ "pages": [of(id)], "steps": [] })).unwrap();
        let definition = guide.definition(&guide.services[0].id).unwrap();
        let form = json!({ id: typed });
        let filled = definition.parse(form.as_object().unwrap(), today());
        let filled = filled.unwrap_or_else(|faults| panic!("{id}: {faults:?}"));
        assert_eq!(filled.form()[id], kept);
    }
}
