//! The packaged catalogue: whole, without a fault, and its documentation counts how each value is known.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use credential::{Names, is_catalogue_id};
use province_api::catalogue::check::{FaultCode, faults};
use province_api::catalogue::folder::FolderError;
use province_api::catalogue::guide::Guide;
use province_api::catalogue::packaged::{FILES, packaged};
use province_api::catalogue::{CatalogueFile, Known, LabelEntry};
use province_api::definition::{Ask, Form, When};

#[test]
fn it_has_no_fault_and_all_of_the_province() {
    let file = packaged().unwrap();
    assert_eq!(faults(&file), []);
    let departments = file.offices.iter().filter(|one| !one.independent).count();
    assert_eq!((departments, file.offices.len() - departments), (33, 3));
    assert_eq!(
        (file.services.len(), file.divisions.len(), file.districts.len()),
        (242, 7, 38)
    );
    // All of it is signed, and read as it was written.
    let (_, services, bytes) = file.content();
    let guide = Guide::read(&bytes, services.iter().map(|one| &*one.id)).unwrap();
    assert_eq!(guide, file.guide());
    assert_eq!(guide.services.len(), 242);
}

#[test]
fn the_folder_is_what_is_packaged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/catalogue");
    let mut there = Vec::new();
    for (folder, before) in [(folder.clone(), ""), (folder.join("services"), "services/")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "json") {
                let name = path.file_name().unwrap().to_str().unwrap();
                there.push(format!("{before}{name}"));
            }
        }
    }
    there.sort();
    let mut packed: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    packed.sort_unstable();
    assert_eq!(there, packed);
}

/// The packaged files with one changed.
fn gathered(file: &str, text: &str) -> Result<CatalogueFile, FolderError> {
    let mut files: BTreeMap<&str, &str> = FILES.iter().copied().collect();
    files.insert(file, text);
    CatalogueFile::gather(files)
}

#[test]
fn a_file_that_is_none_is_named() {
    assert!(matches!(gathered("more.json", "[]"), Err(FolderError::Unknown { file }) if file == "more.json"));
    let fields = FILES.iter().find(|(name, _)| *name == "fields.json").unwrap().1;
    let misspelt = gathered("fields.json", &fields.replacen("\"max\":", "\"mx\":", 1));
    assert!(matches!(misspelt, Err(FolderError::Superfluous { file, .. }) if file == "fields.json"));
    let broken = gathered("services/home.json", "[\n{\"id\": 7}]");
    assert!(matches!(broken, Err(FolderError::Json { file, line: 2, .. }) if file == "services/home.json"));
    let home = FILES
        .iter()
        .find(|(name, _)| *name == "services/home.json")
        .unwrap()
        .1;
    let moved = home.replacen("\"office\": \"home\"", "\"office\": \"health\"", 1);
    let moved = gathered("services/home.json", &moved);
    assert!(
        matches!(moved, Err(FolderError::Elsewhere { service, .. }) if service == "domicile-certificate")
    );
    let without = FILES.iter().copied().filter(|(name, _)| *name != "events.json");
    assert_eq!(
        CatalogueFile::gather(without),
        Err(FolderError::Missing { file: "events.json" })
    );
}

#[test]
fn each_fault_is_found() {
    use FaultCode as F;
    type Change = fn(&mut CatalogueFile);
    let changes: &[(F, Change)] = &[
        (F::IdMalformed, |c| c.events[0].id = "A birth".to_owned()),
        (F::IdTwice, |c| c.events[0].id = c.events[1].id.clone()),
        (F::Unknown, |c| {
            c.services[0].authority = Some("nobody".to_owned());
        }),
        (F::Unknown, |c| c.events[0].services[0] = "nothing".to_owned()),
        (F::Unused, |c| {
            c.services
                .retain(|one| one.authority.as_deref() != Some("governor"));
        }),
        (F::TextMissing, |c| c.documents[0].name.ps.clear()),
        (F::Letter, |c| c.documents[0].name.ur = "شناختي".to_owned()),
        (F::Letter, |c| c.authorities[0].place.ps.push('ہ')),
        (F::Spaces, |c| c.documents[0].name.en.push(' ')),
        (F::TooLong, |c| c.documents[0].name.en = "x".repeat(241)),
        (F::NameTwice, |c| {
            c.documents[0].name = c.documents[1].name.clone();
        }),
        (F::SourceMissing, |c| domicile(c).source_note.clear()),
        (F::KnownTwice, |c| domicile(c).fee_inferred = Some(0)),
        (F::FeeInferred, |c| {
            domicile(c).fee_rupees = None;
            domicile(c).fee_inferred = Some(20);
        }),
        (F::Incomplete, |c| domicile(c).words.ps.clear()),
        (F::Incomplete, |c| c.events[0].services.clear()),
        (F::WordTwice, |c| {
            domicile(c).words.en.push("Domicile certificate".to_owned());
        }),
        (F::AppealToItself, |c| {
            domicile(c).appeal = Some("domicile-certificate".to_owned());
        }),
        (F::IdMalformed, |c| c.fields[0].field.id = "a-b".to_owned()),
        (F::IdTwice, |c| c.fields[0] = c.fields[1].clone()),
        (F::Unused, |c| c.steps.push(label("nobody_takes_it"))),
        (F::Letter, |c| c.topics[0].name.ps.push('ہ')),
        (F::TextMissing, |c| c.fields[0].field.name.ur.clear()),
        (F::RuleImpossible, |c| {
            c.fields[0].field.ask = Ask::Number {
                min: Some(2),
                max: Some(1),
            };
        }),
        (F::RuleImpossible, |c| c.fields[0].field.ask = Ask::Other),
        (F::Incomplete, |c| domicile(c).form = None),
        (F::Incomplete, |c| {
            form(c).pages.pop();
        }),
        (F::Incomplete, |c| form(c).steps.clear()),
        (F::Unknown, |c| form(c).pages[0].topic = "nothing".to_owned()),
        (F::Unknown, |c| {
            form(c).optional_documents.push("site-plan".to_owned());
        }),
        (F::ConditionUnknown, |c| {
            let when = When {
                field: "declare_true".to_owned(),
                is: vec![true.into()],
            };
            form(c).pages[0].fields[0].when = Some(when);
        }),
        (F::Incomplete, |c| {
            for document in &mut c.documents {
                document.fields.clear();
            }
        }),
    ];
    let mut seen = Vec::new();
    for (code, change) in changes {
        let mut file = packaged().unwrap();
        change(&mut file);
        let found = faults(&file);
        assert!(
            found.iter().any(|fault| fault.code == *code),
            "{code:?}: {found:?}"
        );
        seen.push(*code);
    }
    assert!(F::ALL.iter().all(|code| seen.contains(code)));
    assert!(!is_catalogue_id("A birth"));
}

fn label(id: &str) -> LabelEntry {
    LabelEntry {
        id: id.to_owned(),
        name: Names::new("A", "ا", "ا"),
        ps_review: false,
    }
}

fn form(file: &mut CatalogueFile) -> &mut Form {
    domicile(file).form.as_mut().unwrap()
}

fn domicile(file: &mut CatalogueFile) -> &mut province_api::catalogue::ServiceEntry {
    let mut services = file.services.iter_mut();
    services.find(|one| one.id == "domicile-certificate").unwrap()
}

/// The table of how each value is known.
fn table(file: &CatalogueFile) -> String {
    let all = file.services.len();
    let count = |known: Known| file.services.iter().filter(|one| one.known == known).count();
    let of = |is: fn(&province_api::catalogue::ServiceEntry) -> bool| {
        file.services.iter().filter(|one| is(one)).count()
    };
    let fees = (
        of(|one| one.fee_rupees.is_some()),
        of(|one| one.fee_inferred.is_some()),
    );
    let limits = (
        of(|one| one.limit.is_some()),
        of(|one| one.limit_inferred.is_some()),
    );
    let documents = of(|one| {
        one.documents
            .as_ref()
            .is_some_and(|needed| needed.known == Known::Sourced)
    });
    let appeals = of(|one| one.appeal.is_some());
    let places = |known| file.authorities.iter().filter(|one| one.known == known).count();
    let districts = |known| file.districts.iter().filter(|one| one.known == known).count();
    let reviews = [
        file.offices.iter().filter(|one| one.name_ps_review).count(),
        of(|one| one.name_ps_review),
        file.authorities.iter().filter(|one| one.ps_review).count(),
        file.documents.iter().filter(|one| one.ps_review).count(),
        file.events.iter().filter(|one| one.ps_review).count(),
        file.divisions.iter().filter(|one| one.ps_review).count(),
        file.fields.iter().filter(|one| one.ps_review).count(),
        file.topics.iter().filter(|one| one.ps_review).count(),
        file.steps.iter().filter(|one| one.ps_review).count(),
    ];
    let mut table =
        "| value | sourced | inferred | general | typical | to be confirmed |\n|---|---|---|---|---|---|\n"
            .to_owned();
    let mut row = |name: &str, cells: [usize; 5]| {
        let cells = cells.map(|cell| cell.to_string()).join(" | ");
        writeln!(table, "| {name} | {cells} |").unwrap();
    };
    let (sourced, general, inferred) = (
        count(Known::Sourced),
        count(Known::General),
        count(Known::Inferred),
    );
    row("services: that there is one", [sourced, inferred, general, 0, 0]);
    row("services: fee", [fees.0, fees.1, 0, 0, all - fees.0 - fees.1]);
    row(
        "services: legal time limit",
        [limits.0, limits.1, 0, 0, all - limits.0 - limits.1],
    );
    row("services: documents", [documents, 0, 0, all - documents, 0]);
    let forms = of(|one| one.form.is_some());
    row("services: what the form asks", [0, 0, 0, forms, all - forms]);
    row("services: who hears an appeal", [appeals, 0, 0, 0, all - appeals]);
    row(
        "authorities: who decides, and where",
        [places(Known::Sourced), 0, places(Known::General), 0, 0],
    );
    row(
        "districts",
        [districts(Known::Sourced), 0, districts(Known::General), 0, 0],
    );
    let reviews: usize = reviews.iter().sum();
    writeln!(
        table,
        "\nPashto texts that wait for a native reader: {reviews} entries."
    )
    .unwrap();
    table
}

#[test]
fn the_documentation_counts_how_each_value_is_known() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/catalogue.md");
    let text = fs::read_to_string(&path).unwrap();
    let table = table(&packaged().unwrap());
    if std::env::var_os("KHYBER_BLESS").is_some() {
        let (before, _) = text
            .split_once("usually ask for.\n\n| value")
            .unwrap_or_else(|| (text.trim_end(), ""));
        let before = before.strip_suffix("usually ask for.").unwrap_or(before);
        fs::write(&path, format!("{before}usually ask for.\n\n{table}")).unwrap();
        return;
    }
    assert!(text.ends_with(&table), "KHYBER_BLESS=1 writes it:\n{table}");
}
