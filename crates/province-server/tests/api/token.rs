//! Signing keys in a PKCS#11 token: `SoftHSM` with a folder of its own for each test.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use credential::{Catalogue, Code, RiskRules, TrustList, TypeRegister};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use province_api::paths;
use province_api::problem::ProblemCode;
use tempfile::TempDir;

use crate::process::run_with;
use crate::served::Served;

/// Where Debian has it.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const LABEL: &str = "province";
const PIN: &str = "730942";

/// A token, and what programs are to be told of it.
pub struct SoftToken {
    folder: TempDir,
}

/// A module that hangs as soon as it is asked.
struct Hung {
    file: PathBuf,
    kept: PathBuf,
}

impl Hung {
    /// Gives the file back, and then lets the call that hangs go on.
    fn let_go(self) {
        let beside = self.file.with_extension("pipe");
        fs::rename(&self.file, &beside).unwrap();
        fs::rename(&self.kept, &self.file).unwrap();
        drop(fs::OpenOptions::new().write(true).open(&beside).unwrap());
        fs::remove_file(beside).unwrap();
    }
}

impl SoftToken {
    pub fn new() -> Self {
        let token = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(token.tokens()).unwrap();
        let tokens = token.tokens();
        let said = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        fs::write(token.file("softhsm2.conf"), said).unwrap();
        fs::write(token.file("pin"), format!("{PIN}\n")).unwrap();
        fs::set_permissions(token.file("pin"), fs::Permissions::from_mode(0o600)).unwrap();
        let made = Command::new("softhsm2-util")
            .args([
                "--init-token",
                "--free",
                "--label",
                LABEL,
                "--so-pin",
                "87654321",
                "--pin",
                PIN,
            ])
            .env("SOFTHSM2_CONF", token.file("softhsm2.conf"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        token
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tokens(&self) -> PathBuf {
        self.file("tokens")
    }

    /// Takes the token out, as one pulls a card.
    pub fn pull(&self) {
        fs::rename(self.tokens(), self.file("away")).unwrap();
        fs::create_dir(self.tokens()).unwrap();
    }

    pub fn put_back(&self) {
        fs::remove_dir(self.tokens()).unwrap();
        fs::rename(self.file("away"), self.tokens()).unwrap();
    }

    /// Makes the module hang: a file of the token becomes a pipe, and whoever opens one for reading waits until somebody writes.
    fn hang(&self) -> Hung {
        let token = fs::read_dir(self.tokens()).unwrap().next().unwrap().unwrap();
        let (file, kept) = (token.path().join("generation"), self.file("generation"));
        fs::rename(&file, &kept).unwrap();
        assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
        Hung { file, kept }
    }

    fn configured(&self) -> (&'static str, OsString) {
        ("SOFTHSM2_CONF", self.file("softhsm2.conf").into())
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            self.configured(),
            ("KHYBER_TOKEN_PIN_FILE", self.file("pin").into()),
        ]
    }

    async fn served(&self) -> Served {
        self.served_with(None).await
    }

    /// A province with its keys in this token, and this more in the environment.
    pub async fn served_with(&self, more: Option<(&'static str, &str)>) -> Served {
        let more = more.map(|(name, value)| (name, OsString::from(value)));
        let environment = self.environment().into_iter().chain(more).collect();
        Served::new(&["--token-module", MODULE, "--token-label", LABEL], environment).await
    }
}

fn code(output: &Output) -> String {
    assert!(!output.status.success());
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    said["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_a_token_and_in_files_give_passes_that_one_verifier_accepts() {
    let token = SoftToken::new();
    let types = ["age", "residence", "age"];
    for province in [token.served().await, Served::new(&[], Vec::new()).await] {
        let phone = province.enrolled(0).await;
        let passes = province.drawn(&phone, 0, &types).await.unwrap().credentials;
        assert_eq!(passes.len(), 3);
        for (index, pass) in (0..).zip(&passes) {
            assert_eq!(province.verdict(&phone, index, pass).await, Code::Accepted);
        }
        // The verifier does look at the issuer's signature.
        let mut forged = passes[0].clone();
        *forged.0.last_mut().unwrap() ^= 1;
        assert_eq!(province.verdict(&phone, 0, &forged).await, Code::IssuerSignature);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_province_publishes_is_signed_in_the_token() {
    let token = SoftToken::new();
    let province = token.served().await;
    let trust = province.trust().await;
    TypeRegister::verify(&province.get(paths::TYPES).await, &trust, None).unwrap();
    RiskRules::verify(&province.get(paths::RISK_RULES).await, &trust, None).unwrap();
    Catalogue::verify(&province.get(paths::CATALOGUE).await, &trust, None).unwrap();
    province.status(&trust).await;
    // Beside the data key and the roots of a test no key lies on the disk.
    let mut names: Vec<String> = fs::read_dir(province.data().join("keys"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["data.age", "root-1.age", "root-2.age", "root-3.age", "token.json"]
    );

    let key = hex::encode(credential::SecretKey::from_seed([9; 32]).public().as_bytes());
    let out = province.beside("certificate");
    let certificate = ["counter-certificate", "--name-en", "Desk", "--purpose-en", "Test"];
    let of = ["--audience", "kp:desk", "--allow", "age", "--key", &key, "--out"];
    province.done(&[&certificate[..], &of, &[out.to_str().unwrap()]].concat());
    assert!(!fs::read(out).unwrap().is_empty());

    // A key that is added is made in the token too, and the list that names it makes it sign.
    province.done(&["key", "add", "--allow", "risk-rules"]);
    province.done(&["trust"]);
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/rules/rules.json");
    province.done(&["rules", "--file", rules]);
    let next = TrustList::verify(
        &province.get(paths::TRUST_LIST).await,
        &crate::bench::test_roots(),
        Some(&trust),
    );
    let next = next.unwrap();
    let rules = province.get(paths::RISK_RULES).await;
    RiskRules::verify(&rules, &next, None).unwrap();
    assert!(
        RiskRules::verify(&rules, &trust, None).is_err(),
        "signed by the key before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_goes_is_said_and_one_that_comes_back_is_used() {
    let token = SoftToken::new();
    let province = token.served().await;
    let phone = province.enrolled(0).await;
    province.drawn(&phone, 0, &["age"]).await.unwrap();
    token.pull();
    let refused = province.drawn(&phone, 1, &["age"]).await;
    assert_eq!(refused.err(), Some(ProblemCode::ServerBusy));
    // What is signed already is served all the same, and no command begins.
    province.trust().await;
    assert_eq!(code(&province.command(&["key", "list"], "")), "token_missing");
    token.put_back();
    let passes = province.drawn(&phone, 2, &["age"]).await.unwrap().credentials;
    assert_eq!(province.verdict(&phone, 2, &passes[0]).await, Code::Accepted);
    province.done(&["key", "list"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_hangs_keeps_nobody_and_is_used_again_when_it_comes_back() {
    let token = SoftToken::new();
    let mut province = token.served_with(Some(("KHYBER_TOKEN_SECONDS", "5"))).await;
    let phone = province.enrolled(0).await;
    province.drawn(&phone, 0, &["age"]).await.unwrap();
    let hung = token.hang();
    // More than there are threads to serve them: each would wait for ever.
    for first in 1..40 {
        let refused = province.drawn(&phone, first, &["age"]).await;
        assert_eq!(refused.err(), Some(ProblemCode::ServerBusy));
    }
    province.trust().await;
    let (status, said) = province.page("/readyz").await;
    assert_eq!(
        (status, said.contains("\"failing\":[\"no_keys\"]")),
        (503, true),
        "{said}"
    );
    let log = province.log();
    assert_eq!(log.matches("the token is away").count(), 1);
    assert!(log.contains("token_no_answer"), "{log}");

    hung.let_go();
    let passes = loop {
        match province.drawn(&phone, 41, &["age"]).await {
            Ok(reply) => break reply.credentials,
            Err(code) => assert_eq!(code, ProblemCode::ServerBusy),
        }
    };
    assert_eq!(province.verdict(&phone, 41, &passes[0]).await, Code::Accepted);
    // It is looked once a second.
    while province.page("/readyz").await.0 != 200 {}
    assert_eq!(province.log().matches("the token signs again").count(), 1);

    // Who is told to end does not wait for it either.
    let hung = token.hang();
    let refused = province.drawn(&phone, 42, &["age"]).await;
    assert_eq!(refused.err(), Some(ProblemCode::ServerBusy));
    assert!(province.told_to_end().success());
    drop(hung);
}

#[test]
fn what_keeps_a_token_shut_is_said_by_its_code() {
    let token = SoftToken::new();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("province");
    let roots = folder.path().join("roots.json");
    fs::write(&roots, sandbox::roots::root_seeds_json()).unwrap();
    let init = |module: &str, label: &str, pin: Option<(&'static str, OsString)>| {
        let words = [
            "init",
            "--data",
            data.to_str().unwrap(),
            "--roots",
            roots.to_str().unwrap(),
        ];
        let small = ["--status-shards", "1", "--status-shard-power", "8"];
        let of = ["--token-module", module, "--token-label", label];
        let environment: Vec<_> = [token.configured()].into_iter().chain(pin).collect();
        run_with(&[&words[..], &small, &of].concat(), "", &environment)
    };
    let said = |pin: &str| Some(("KHYBER_TOKEN_PIN", OsString::from(pin)));
    let file = || Some(("KHYBER_TOKEN_PIN_FILE", token.file("pin").into_os_string()));
    assert_eq!(code(&init(MODULE, LABEL, None)), "token_pin_missing");
    let wrong = init(MODULE, LABEL, said("111111"));
    assert_eq!(code(&wrong), "token_pin_wrong");
    assert!(!String::from_utf8_lossy(&wrong.stderr).contains("111111"));
    assert_eq!(code(&init(MODULE, "another", said(PIN))), "token_missing");
    let nowhere = folder.path().join("none.so");
    assert_eq!(
        code(&init(nowhere.to_str().unwrap(), LABEL, said(PIN))),
        "token_module"
    );
    fs::set_permissions(token.file("pin"), fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(code(&init(MODULE, LABEL, file())), "token_pin_file");
    assert!(!data.exists(), "nothing that looks like a province was left");

    fs::set_permissions(token.file("pin"), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(init(MODULE, LABEL, file()).status.success());
    let list = |environment: &[(&'static str, OsString)]| {
        run_with(
            &["key", "list", "--data", data.to_str().unwrap()],
            "",
            environment,
        )
    };
    assert_eq!(code(&list(&[token.configured()])), "token_pin_missing");
    assert!(list(&token.environment()).status.success());
    // Another token of the same name holds none of this province's keys.
    let other = SoftToken::new();
    assert_eq!(code(&list(&other.environment())), "token_key_missing");
    fs::write(data.join("keys/token.json"), "{}").unwrap();
    assert_eq!(code(&list(&token.environment())), "token_record");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_leaves_the_token() {
    let token = SoftToken::new();
    let province = token.served().await;
    province.done(&["key", "add", "--allow", "age"]);
    // In a process of its own: which token `SoftHSM` opens is said by the environment.
    let looked = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "token::look_into_the_token",
            "--ignored",
            "--nocapture",
        ])
        .envs(token.environment())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&looked.stdout);
    assert!(
        looked.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&looked.stderr)
    );
    let keys = province.trust().await.content().keys.len();
    assert!(said.contains(&format!("{} keys stay", keys + 1)), "{said}");
}

#[test]
#[ignore = "a part of no_key_leaves_the_token, which starts it"]
fn look_into_the_token() {
    let library = Pkcs11::new(MODULE).unwrap();
    let locking = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    library.initialize(locking).unwrap();
    let slots = library.get_slots_with_initialized_token().unwrap();
    let session = library.open_rw_session(slots[0]).unwrap();
    session.login(UserType::User, Some(&AuthPin::from(PIN))).unwrap();
    let private = session
        .find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)])
        .unwrap();
    for key in &private {
        let stays = [
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::NeverExtractable(true),
        ];
        let asked: Vec<AttributeType> = stays.iter().map(Attribute::attribute_type).collect();
        assert_eq!(session.get_attributes(*key, &asked).unwrap(), stays);
        // It cannot be read, and cannot be made so that it can.
        assert!(
            session
                .get_attributes(*key, &[AttributeType::Value])
                .unwrap()
                .is_empty()
        );
        let opened = session.update_attributes(*key, &[Attribute::Extractable(true)]);
        assert!(
            matches!(
                opened,
                Err(Error::Pkcs11(
                    RvError::AttributeReadOnly | RvError::ActionProhibited | RvError::TemplateInconsistent,
                    _
                ))
            ),
            "{opened:?}"
        );
    }
    drop(session);
    library.finalize().unwrap();
    println!("{} keys stay", private.len());
}
