//! A province, or somebody on the way, that answers anything at all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::{Claims, SecretKey, StatusManifest, Vct, sign_trust_list};
use proptest::prelude::*;
use province_api::paths;
use rusqlite::Connection;

use super::province::{Bend, Province, ok, root_set, roots, status, trust};
use super::soak::soak;
use super::{NOW, good_draft, jpeg};
use crate::UiCode;
use crate::store::draft::{self as draft_table, PhotoKind};
use crate::store::enrolment;
use crate::store::outbox::Kind;
use crate::sync::{HttpResponse, Run, Surroundings, start_enrolment_with};
use crate::testing::TestRng;

/// A run on a database in memory: no PIN to derive a key from, so thousands of them are quick.
pub(super) struct Bench {
    pub(super) database: Connection,
    rng: TestRng,
    roots: credential::RootSet,
}

impl Bench {
    pub(super) fn new() -> Self {
        let database = crate::store::in_memory();
        let mut rng = TestRng::new(3);
        enrolment::create(&database, &mut rng).unwrap();
        draft_table::save(&database, &good_draft()).unwrap();
        draft_table::save_photo(&database, PhotoKind::Draft, &jpeg()).unwrap();
        Self {
            database,
            rng,
            roots: root_set(),
        }
    }

    pub(super) fn around(&self) -> Surroundings<'_> {
        Surroundings {
            database: &self.database,
            roots: &self.roots,
            api_url: "https://province.example",
            now: NOW,
            clock: NOW,
        }
    }

    /// Runs to the end and answers the path with `answer` as often as it is asked for.
    fn run(&mut self, province: &mut Province, path: &str, answer: &HttpResponse) -> Option<UiCode> {
        let mut rng = TestRng::new(4);
        std::mem::swap(&mut rng, &mut self.rng);
        let around = self.around();
        let mut run = start_enrolment_with(&around, Kind::Enrolment, None, &mut rng).unwrap();
        let mut before = None;
        while let Some(request) = run.next_request(&around, &mut rng).unwrap() {
            let response = if province.is_at(path, &request.path) {
                before.get_or_insert_with(|| stored(&self.database));
                answer.clone()
            } else {
                province.handle(&request, NOW).unwrap()
            };
            run.on_response(&around, &response).unwrap();
        }
        let before = before.unwrap_or_else(|| panic!("{path} was never asked for"));
        self.end(run, &before)
    }

    fn end(&self, run: Run, before: &str) -> Option<UiCode> {
        let after = stored(&self.database);
        let code = run.finish(&self.around()).err().map(|error| error.code);
        if code.is_some() {
            assert_eq!(before, after, "something of a refused answer was stored");
        }
        code
    }
}

/// All that came over the network and is kept.
fn stored(database: &Connection) -> String {
    [
        "SELECT group_concat(hex(raw)) FROM credential",
        "SELECT group_concat(name || hex(bytes)) FROM artefact",
        "SELECT group_concat(kind || hex(bytes)) FROM photo WHERE kind = 'card'",
    ]
    .map(|sql| {
        let text: Option<String> = database.query_row(sql, [], |row| row.get(0)).unwrap();
        text.unwrap_or_default()
    })
    .join("|")
}

fn refused_passes(bend: Bend) -> Option<UiCode> {
    let mut province = Province::new(NOW);
    province.bend = Some(bend);
    let mut bench = Bench::new();
    let around = bench.around();
    let mut rng = TestRng::new(4);
    let mut run = start_enrolment_with(&around, Kind::Enrolment, None, &mut rng).unwrap();
    for _ in 0..6 {
        let request = run.next_request(&around, &mut rng).unwrap().unwrap();
        run.on_response(&around, &province.handle(&request, NOW).unwrap())
            .unwrap();
    }
    assert_eq!(
        run.next_request(&around, &mut rng).unwrap(),
        None,
        "the run is over"
    );
    let code = run.finish(&around).err().map(|error| error.code);
    let passes: u32 = bench
        .database
        .query_row("SELECT count(*) FROM credential", [], |row| row.get(0))
        .unwrap();
    assert_eq!(passes, 0);
    // The next run asks anew, under another key, and an honest province mends it.
    province.bend = None;
    let honest = &mut bench;
    let around = honest.around();
    let mut rng = TestRng::new(5);
    let mut run = start_enrolment_with(&around, Kind::Enrolment, None, &mut rng).unwrap();
    while let Some(request) = run.next_request(&around, &mut rng).unwrap() {
        run.on_response(&around, &province.handle(&request, NOW).unwrap())
            .unwrap();
    }
    assert_eq!(run.finish(&around).err().map(|error| error.code), None);
    code
}

#[test]
fn a_pass_that_is_not_what_was_asked_for_is_refused_with_the_whole_batch() {
    fn only(vct: Vct, claims: &mut Claims, change: impl FnOnce(&mut Claims)) {
        if claims.vct == vct {
            change(claims);
        }
    }
    let bends: [(&str, Bend); 11] = [
        ("another holder", |c| {
            c.holder = Some(SecretKey::from_seed([99; 32]).public().into());
        }),
        ("no holder", |c| c.holder = None),
        ("another kind", |c| only(Vct::AGE, c, |c| c.vct = Vct::RESIDENCE)),
        ("a name in a predicate", |c| {
            only(Vct::AGE, c, |c| {
                c.identity = Some(credential::Identity::default());
                c.facts.photo_sha256 = Some([1; 32]);
            });
        }),
        ("a photo in a predicate", |c| {
            only(Vct::RESIDENCE, c, |c| c.facts.photo_sha256 = Some([1; 32]));
        }),
        ("a status index in a predicate", |c| {
            only(Vct::AGE, c, |c| {
                c.status = Some(credential::StatusRef {
                    index: 1,
                    uri: "id".into(),
                });
            });
        }),
        ("another district", |c| {
            only(Vct::RESIDENCE, c, |c| {
                c.facts.district = Some("swat".into());
            });
        }),
        ("another person", |c| {
            only(Vct::IDENTITY, c, |c| {
                c.identity.as_mut().unwrap().id = Some("9999911111111".into());
            });
        }),
        ("another name", |c| {
            only(Vct::NAME_PHOTO, c, |c| {
                c.identity.as_mut().unwrap().full_name = Some("X".into());
            });
        }),
        ("a CNIC beside a name and photo", |c| {
            only(Vct::NAME_PHOTO, c, |c| {
                c.identity.as_mut().unwrap().id = Some("9999912345671".into());
            });
        }),
        ("a list name that is a path", |c| {
            only(Vct::IDENTITY, c, |c| {
                c.status.as_mut().unwrap().uri = "../passes".into();
            });
        }),
    ];
    for (what, bend) in bends {
        assert_eq!(refused_passes(bend), Some(UiCode::PassRefused), "{what}");
    }
}

#[test]
fn a_pass_that_is_over_is_refused() {
    assert_eq!(
        refused_passes(|claims| {
            claims.iat = claims.iat.minus(40 * credential::DAY);
            claims.exp = claims.iat.plus(30 * credential::DAY);
        }),
        Some(UiCode::PassRefused)
    );
}

#[test]
fn another_photo_than_the_signed_one_is_refused() {
    assert_eq!(
        refused_passes(|claims| {
            if claims.facts.photo_sha256.is_some() {
                claims.facts.photo_sha256 = Some([9; 32]);
            }
        }),
        Some(UiCode::PhotoRefused)
    );
}

#[test]
fn passes_of_an_issuer_outside_the_trust_list_are_refused() {
    let mut province = Province::new(NOW);
    province.issuer = SecretKey::from_seed([77; 32]);
    let mut bench = Bench::new();
    let around = bench.around();
    let mut rng = TestRng::new(4);
    let mut run = start_enrolment_with(&around, Kind::Enrolment, None, &mut rng).unwrap();
    while let Some(request) = run.next_request(&around, &mut rng).unwrap() {
        run.on_response(&around, &province.handle(&request, NOW).unwrap())
            .unwrap();
    }
    assert_eq!(run.finish(&around).unwrap_err().code, UiCode::PassRefused);
    bench.rng = rng;
}

#[test]
fn a_trust_list_with_one_signature_or_by_strangers_is_refused() {
    let province = Province::new(NOW);
    let content = trust(&province.issuer, &province.ca, 1, NOW);
    let [first, ..] = roots();
    let stranger = SecretKey::from_seed([50; 32]);
    let other = SecretKey::from_seed([51; 32]);
    for list in [
        sign_trust_list(&content, &[(0, &first)]),
        sign_trust_list(&content, &[(0, &first), (0, &first)]),
        sign_trust_list(&content, &[(0, &stranger), (1, &other)]),
    ] {
        let code = Bench::new().run(&mut Province::new(NOW), paths::TRUST_LIST, &ok(list));
        assert_eq!(code, Some(UiCode::TrustRefused));
    }
}

#[test]
fn status_data_that_are_not_the_provinces_are_refused() {
    let province = Province::new(NOW);
    let strange =
        StatusManifest::sign(&status(&province.list, 1, NOW), &SecretKey::from_seed([60; 32])).unwrap();
    let code = Bench::new().run(&mut Province::new(NOW), paths::STATUS_MANIFEST, &ok(strange));
    assert_eq!(code, Some(UiCode::StatusRefused));
    for path in [province.table(), province.shard()] {
        let code = Bench::new().run(&mut Province::new(NOW), &path, &ok(vec![1; 128]));
        assert_eq!(code, Some(UiCode::StatusRefused));
    }
}

fn paths_of(province: &Province) -> [String; 9] {
    [
        paths::ENROLMENTS.to_owned(),
        paths::SYNC.to_owned(),
        paths::TRUST_LIST.to_owned(),
        paths::TYPES.to_owned(),
        paths::CHALLENGES.to_owned(),
        paths::PASSES.to_owned(),
        paths::STATUS_MANIFEST.to_owned(),
        province.table(),
        province.shard(),
    ]
}

#[test]
fn no_answer_makes_it_panic_or_store() {
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "\\{\"(code|credentials|challenge|photo|enrolment)\":(\"[a-z_]{0,20}\"|\\[\\]|[0-9]{1,20}|null)\\}"
            .prop_map(String::into_bytes),
    ];
    let status = prop_oneof![Just(200_u16), any::<u16>()];
    soak(|| {
        proptest!(ProptestConfig::with_cases(200), |(which in 0..9_usize, status in &status, body in &body)| {
            let response = HttpResponse { status, headers: vec![("retry-after".into(), "x".into())], body };
            let mut province = Province::new(NOW);
            let path = paths_of(&province)[which].clone();
            let code = Bench::new().run(&mut province, &path, &response);
            prop_assert!(code.is_some(), "nothing but the province's own answer is taken");
        });
    });
}

#[test]
fn a_flipped_bit_in_any_signed_file_is_refused() {
    soak(|| {
        proptest!(ProptestConfig::with_cases(200), |(which in 0..5_usize, position: prop::sample::Index, bit in 0..8_u8)| {
            let mut province = Province::new(NOW);
            let (path, mut body, code) = match which {
                0 => (paths::TRUST_LIST.to_owned(), province.trust_list.clone(), UiCode::TrustRefused),
                1 => (paths::TYPES.to_owned(), province.types.clone(), UiCode::TypesRefused),
                2 => (paths::STATUS_MANIFEST.to_owned(), province.manifest.clone(), UiCode::StatusRefused),
                3 => (province.table(), province.list.table(), UiCode::StatusRefused),
                _ => (province.shard(), province.list.encoded(1).unwrap(), UiCode::StatusRefused),
            };
            let at = position.index(body.len());
            body[at] ^= 1 << bit;
            prop_assert_eq!(Bench::new().run(&mut province, &path, &ok(body)), Some(code));
        });
    });
}
