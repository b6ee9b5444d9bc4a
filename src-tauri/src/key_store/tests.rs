//! The system's keyring, played by keyring-core's own mock and, where there is one, by a real Secret Service.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use super::*;

const ONE: ProfileName = ProfileName::new([1; 16]);
const OTHER: ProfileName = ProfileName::new([2; 16]);

/// What every key store has to do.
fn keeps_what_it_is_given(store: &dyn KeyStore) {
    let get = |name, item| store.get(name, item).unwrap().map(|secret| secret.to_vec());
    for item in Item::ALL {
        store.delete(&ONE, item).unwrap();
        assert_eq!(get(&ONE, item), None);
        // Bytes, not text: 0, 0xff and what is no UTF-8.
        let secret: Vec<u8> = (0..32).map(|at| 255 - 8 * at).collect();
        store.put(&ONE, item, &secret).unwrap();
        assert_eq!(get(&ONE, item), Some(secret));
        store.put(&ONE, item, &[0; 18]).unwrap();
        assert_eq!(get(&ONE, item), Some(vec![0; 18]));
        assert_eq!(get(&OTHER, item), None, "each profile has its own");
    }
    store.delete(&ONE, Item::DeviceKey).unwrap();
    assert_eq!(get(&ONE, Item::DeviceKey), None);
    assert!(get(&ONE, Item::Attempts).is_some(), "one item of the three");
    for item in Item::ALL {
        store.delete(&ONE, item).unwrap();
        store.delete(&ONE, item).unwrap();
    }
    assert!(store.protects());
}

#[test]
fn the_systems_store_keeps_what_it_is_given() {
    let store = SystemKeys::new(|| Ok(keyring_core::mock::Store::new()?));
    keeps_what_it_is_given(&store);
}

/// The real one: this test starts it on a bus of its own, if the machine has it, and runs itself there.
#[cfg(target_os = "linux")]
#[test]
fn a_real_secret_service_keeps_what_it_is_given() {
    const INSIDE: &str = "KHYBER_TEST_SECRET_SERVICE";
    if std::env::var_os(INSIDE).is_some() {
        keeps_what_it_is_given(&SystemKeys::new(system_store));
        return;
    }
    let there = |program: &str| {
        std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
    };
    if !there("gnome-keyring-daemon") || !there("dbus-run-session") {
        eprintln!("no gnome-keyring here: only the mock was tested");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let script =
        "printf x | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$0\" \"$@\"";
    let done = std::process::Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "key_store::tests::a_real_secret_service_keeps_what_it_is_given",
            "--nocapture",
        ])
        .env(INSIDE, "1")
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env("XDG_RUNTIME_DIR", home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_store_that_does_not_open_is_an_error_and_is_asked_again() {
    static CALLS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let store = SystemKeys::new(|| {
        if CALLS.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
            return Err(Error::NoDefaultStore);
        }
        Ok(keyring_core::mock::Store::new()?)
    });
    assert!(matches!(
        store.get(&ONE, Item::DeviceKey),
        Err(KeyStoreError::Silent { .. })
    ));
    assert!(store.get(&ONE, Item::DeviceKey).unwrap().is_none());
}

#[cfg(feature = "file-key-store")]
#[test]
fn neither_real_roots_nor_a_release_build_get_keys_from_files() {
    let folder = tempfile::tempdir().unwrap();
    assert!(of_this_device(folder.path(), RootKind::Real).protects());
    assert!(!of_this_device(folder.path(), RootKind::Test).protects());
    assert!(may_use_files(true));
    assert!(!may_use_files(false), "unless the bench's variable is set");
}
