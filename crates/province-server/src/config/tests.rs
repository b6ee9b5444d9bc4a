//! What is read from where, and that every fault is named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use super::*;
use crate::store::Database;

/// An environment of these.
struct Around<'a>(&'a [(&'a str, &'a str)]);

impl Environment for Around<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        let (_, text) = self.0.iter().find(|(one, _)| *one == name)?;
        Some((*text).to_owned())
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}

const NOTHING: &Around<'_> = &Around(&[]);

fn faults(text: &str) -> Vec<(String, &'static str)> {
    let faults = Settings::read(Some(text), NOTHING, Given::new()).unwrap_err();
    let named = |fault: Fault| {
        assert!(fault.to_string().contains("; allowed: "));
        (fault.key, fault.wrong.code())
    };
    faults.0.into_iter().map(named).collect()
}

/// The settings that have to be given.
fn whole(more: &str) -> String {
    let folder = std::env::temp_dir();
    format!(
        "data = {:?}\nnadra_url = \"https://nadra.example\"\n{more}",
        folder.display().to_string()
    )
}

#[test]
fn each_fault_is_named_with_what_is_allowed_and_none_shows_what_was_written() {
    let five = "lisen = \"0.0.0.0:443\"\nconnections = 3\nnadra_url = \"https://me:hunter2@nadra.example\"\n\
                log_format = \"xml\"\nproxies = [\"10.0.0.0/8\", \"0.0.0.0/0\"]\n";
    let mut said = faults(five);
    said.sort();
    assert_eq!(
        said,
        [
            ("connections".to_owned(), "config_value"),
            ("data".to_owned(), "config_missing"),
            ("lisen".to_owned(), "config_unknown"),
            ("log_format".to_owned(), "config_value"),
            ("nadra_url".to_owned(), "config_value"),
            ("proxies".to_owned(), "config_value"),
        ]
    );
    let shown = Settings::read(Some(five), NOTHING, Given::new()).unwrap_err();
    assert!(!format!("{shown}").contains("hunter2"));
}

#[test]
fn a_fault_of_any_kind_is_one() {
    let one = |more: &str, key: &str, code: &str| {
        assert_eq!(faults(&whole(more)), [(key.to_owned(), code)], "{more}");
    };
    one("listen = \"0.0.0.0:443\"", "listen", "config_plain");
    one("listen = [\"127.0.0.1:1\", \"[::]:1\"]", "listen", "config_plain");
    one("listen = []", "listen", "config_value");
    one("tls_key = \"key.pem\"", "tls_key", "config_without");
    one(
        "listen = \"127.0.0.1:4\"\nmetrics_listen = \"127.0.0.1:4\"",
        "metrics_listen",
        "config_together",
    );
    one("proxy_header = \"forwarded\"", "proxy_header", "config_without");
    one("connections = true", "connections", "config_form");
    one("connections = [16, 17]", "connections", "config_several");
    one("audit_years = 9", "audit_years", "config_value");
    one("database_connections = 0", "database_connections", "config_value");
    one(
        "nadra_token_file = \"/nowhere\"",
        "nadra_token_file",
        "config_unreadable",
    );
    one("[limits]\nconnections = 16", "limits", "config_unknown");
    one("[connections]\nmost = 16", "connections", "config_form");
    let both = faults(&whole("tls_certificate = \"/nowhere\"\ntls_key = \"/nowhere\""));
    let unreadable = |key: &str| (key.to_owned(), "tls_unreadable");
    assert_eq!(both, [unreadable("tls_certificate"), unreadable("tls_key")]);
    // Nothing else can be said of a file that cannot be read to its end.
    let torn = Settings::read(Some("data = \"x\"\nlisten = ["), NOTHING, Given::new()).unwrap_err();
    let [fault] = &torn.0[..] else { panic!("{torn}") };
    assert_eq!(fault.wrong, Wrong::NotToml(2));
    for (url, code) in [
        ("http://nadra.example", Some("config_value")),
        ("http://127.0.0.1:4000", None),
        ("http://[::1]:4000", None),
        ("ftp://127.0.0.1", Some("config_value")),
    ] {
        let text = whole("").replace("https://nadra.example", url);
        let said = Settings::read(Some(&text), NOTHING, Given::new());
        assert_eq!(
            said.err().map(|faults| faults.0.first().unwrap().wrong.code()),
            code
        );
    }
}

#[test]
fn what_the_environment_says_wrong_is_told_beside_a_file_that_cannot_be_read() {
    let around = Around(&[
        ("KHYBER_LISEN", "0.0.0.0:443"),
        ("KHYBER_TOKEN_PINS", "hunter2"),
        ("KHYBER_CONNECTIONS", "few"),
        ("KHYBER_SOAK_SECONDS", "60"),
        // Whether the file has the rest of it is not known.
        ("KHYBER_LISTEN", "0.0.0.0:443"),
        ("KHYBER_TLS_KEY", "key.pem"),
        ("RUST_LOG", "info,sqlx=hunter2"),
        ("PATH", "/usr/bin"),
    ]);
    let nowhere = Path::new("/nowhere/province.toml");
    let told = Settings::read_file(Some(nowhere), &around, Given::new()).unwrap_err();
    let named: Vec<_> = told
        .0
        .iter()
        .map(|fault| (fault.key.as_str(), fault.wrong.code()))
        .collect();
    assert_eq!(
        named,
        [
            ("config", "config_unreadable"),
            ("KHYBER_LISEN", "config_unknown"),
            ("KHYBER_TOKEN_PINS", "config_unknown"),
            ("connections", "config_value"),
            ("RUST_LOG", "config_value"),
        ]
    );
    let shown = told.to_string();
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(
        shown.contains("there is no such setting; allowed: KHYBER_DATA, "),
        "{shown}"
    );
    // A command that is given a folder alone would work on another database than was meant.
    let slip = Around(&[(
        "KHYBER_DATABASE_URL",
        "postgres://nobody:hunter2@nowhere/province",
    )]);
    let told = place(Path::new("data"), &slip).unwrap_err();
    assert_eq!(told.0, [Fault::new("KHYBER_DATABASE_URL", Wrong::Unknown)]);
}

#[test]
fn plain_http_for_others_has_to_be_said() {
    let text = whole("listen = [\"0.0.0.0:80\", \"[::]:80\"]\nplain = \"behind-proxy\"");
    let settings = Settings::read(Some(&text), NOTHING, Given::new()).unwrap();
    assert_eq!(settings.listen.len(), 2);
    assert!(settings.tls.is_none());
}

#[test]
fn the_environment_holds_against_the_file_and_an_argument_against_both() {
    let text = whole("connections = 100\nhead_seconds = 7\nlisten = \"127.0.0.1:1\"");
    let environment = &Around(&[
        ("KHYBER_CONNECTIONS", "200"),
        ("KHYBER_LISTEN", "127.0.0.1:2, 127.0.0.1:3"),
        ("DATABASE_URL", "postgres://nobody@nowhere/province"),
    ]);
    let given = Given::from([("listen", vec!["127.0.0.1:4".to_owned()])]);
    let settings = Settings::read(Some(&text), environment, given).unwrap();
    assert_eq!(settings.limits.connections, 200);
    assert_eq!(settings.limits.head, Duration::from_secs(7));
    assert_eq!(settings.listen, ["127.0.0.1:4".parse().unwrap()]);
    assert!(matches!(settings.place.database(), Database::At(_)));
    assert_eq!(settings.given["connections"], "environment");
    assert_eq!(settings.given["listen"], "argument");
    assert_eq!(settings.given["head_seconds"], "file");
    let two = Settings::read(Some(&whole("")), environment, Given::new()).unwrap();
    assert_eq!(two.listen.len(), 2);
}

#[cfg(unix)]
#[test]
fn a_secret_comes_from_a_file_of_its_owner_or_from_the_environment_and_not_from_both() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, " secret of NADRA\n").unwrap();
    let text = whole(&format!("nadra_token_file = {:?}", file.display().to_string()));
    let read = |environment: &Around<'_>| Settings::read(Some(&text), environment, Given::new());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let open = read(NOTHING).unwrap_err();
    assert_eq!(open.0.first().unwrap().wrong, Wrong::Shared);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let settings = read(NOTHING).unwrap();
    assert_eq!(settings.nadra.token.as_ref().unwrap().as_str(), "secret of NADRA");
    assert!(!format!("{settings:?}").contains("secret of NADRA"));
    let both = read(&Around(&[("NADRA_TOKEN", "another")])).unwrap_err();
    assert_eq!(both.0.first().unwrap().wrong, Wrong::Together("NADRA_TOKEN"));
}

#[test]
fn a_secret_that_can_be_none_is_a_fault() {
    for (variable, text) in [
        ("NADRA_TOKEN", ""),
        ("NADRA_TOKEN", "two\nlines"),
        ("KHYBER_TOKEN_PIN", " "),
        ("DATABASE_URL", "postgres://nobody:notaport/province:x"),
        ("DATABASE_URL", "postgres://nobody@nowhere:port/province"),
    ] {
        let around = [(variable, text)];
        let found = Settings::read(Some(&whole("")), &Around(&around), Given::new()).unwrap_err();
        let [fault] = &found.0[..] else { panic!("{found}") };
        assert_eq!(
            (fault.key.as_str(), &fault.wrong),
            (variable, &Wrong::Value),
            "{text}"
        );
    }
}

#[test]
fn the_document_shows_this_very_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let text = fs::read_to_string(&file).unwrap();
    let (begin, end) = ("<!-- settings -->\n", "<!-- end of settings -->\n");
    let (before, rest) = text.split_once(begin).unwrap();
    let (shown, after) = rest.split_once(end).unwrap();
    if std::env::var_os("KHYBER_BLESS").is_some() {
        fs::write(&file, format!("{before}{begin}{}{end}{after}", table())).unwrap();
        return;
    }
    assert_eq!(shown, table(), "write it anew with KHYBER_BLESS=1");
}

#[test]
fn every_setting_is_read() {
    // A value that none takes is a fault of each: one that nobody reads would have none.
    let names: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
    let around: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "\u{1}")).collect();
    let faults = Settings::read(None, &Around(&around), Given::new()).unwrap_err();
    for setting in SETTINGS {
        assert!(
            faults.0.iter().any(|fault| fault.key == setting.key),
            "{}",
            setting.key
        );
    }
}

#[test]
fn nobody_asks_for_the_lines_that_write_passkeys_out() {
    for said in ["webauthn_rs_core::core=trace", "info,webauthn_rs_core=debug"] {
        let told = log_filter(&Around(&[("RUST_LOG", said)])).unwrap_err();
        assert_eq!(told.0[0].wrong.code(), "config_value", "{said}");
    }
    let good = log_filter(&Around(&[("RUST_LOG", "trace")])).unwrap();
    assert_eq!(good.as_deref(), Some("trace"));
}
