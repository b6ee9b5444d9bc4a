//! A C compiler for a phone: the one that the environment names, else Zig's in its place.
//!
//! The app has C in it (SQLCipher, OpenSSL, AWS-LC), and build scripts compile it even when Rust only type-checks.
//! Zig brings a C compiler and headers for everything in one Python wheel. Its Android is glibc with Android's name.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::Phone;
use crate::command;
use crate::report::say;

/// Python's package with Zig in it.
const PACKAGE: &str = "ziglang";

/// The tools' environment variables, for cargo's build scripts.
#[derive(Debug)]
pub struct CCompiler {
    variables: Vec<(String, PathBuf)>,
}

impl CCompiler {
    /// What is used, for the log.
    pub fn words(&self) -> &'static str {
        if self.variables.is_empty() {
            "the C compiler of the environment"
        } else {
            "Zig's C compiler"
        }
    }

    /// Environment variables for cargo.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_path()))
    }
}

/// The compiler for a phone.
///
/// # Errors
/// When the environment names none and Zig cannot be fetched.
pub fn find_or_fetch(folder: &Path, phone: Phone) -> anyhow::Result<CCompiler> {
    let named = std::env::var_os(format!("CC_{}", phone.variable())).is_some();
    // On macOS Xcode has the compiler.
    if named || cfg!(target_os = "macos") {
        return Ok(CCompiler {
            variables: Vec::new(),
        });
    }
    let zig = fetch(folder)?;
    let tools = Tools {
        folder: &folder.join("bin"),
        zig: &zig,
        cache: &folder.join("zig-cache"),
    };
    let headers = stub_headers(folder)?;
    let include = format!("-I{}", headers.display());
    let arguments = match phone.target {
        // On a Mac SQLCipher's build would choose Apple's cryptography by itself.
        "aarch64-apple-ios" => {
            format!("-target aarch64-macos -DSQLCIPHER_CRYPTO_CC -DSQLCIPHER_OMIT_LOG_DEVICE {include}")
        }
        _ => format!("-target aarch64-linux-gnu -D__ANDROID__ -D_GNU_SOURCE {include}"),
    };
    let mut variables = Vec::new();
    for (variable, subcommand) in [("CC", "cc"), ("CXX", "c++")] {
        let path = tools.compiler(phone, subcommand, &arguments)?;
        variables.push((format!("{variable}_{}", phone.variable()), path));
    }
    for (variable, subcommand) in [("AR", "ar"), ("RANLIB", "ranlib")] {
        variables.push((
            format!("{variable}_{}", phone.variable()),
            tools.plain(subcommand)?,
        ));
    }
    if phone.target == "aarch64-apple-ios" {
        // Build scripts would ask Xcode where its headers are; Zig has its own.
        variables.push(("SDKROOT".into(), headers));
    }
    Ok(CCompiler { variables })
}

/// Fetches Zig with pip, once; returns the program.
fn fetch(folder: &Path) -> anyhow::Result<PathBuf> {
    let zig = folder.join("zig/ziglang/zig");
    if zig.is_file() {
        return Ok(zig);
    }
    say("fetching Zig with pip, for its C compiler");
    let wheels = folder.join("wheels");
    let python = |arguments: &[&str]| {
        let mut python = Command::new("python3");
        python.args(arguments);
        python
    };
    command::run(
        python(&[
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--dest",
        ])
        .arg(&wheels)
        .arg(PACKAGE),
    )?;
    let wheel = fs::read_dir(&wheels)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip downloaded no wheel")?;
    let arriving = folder.join("zig.part");
    command::run(python(&["-m", "zipfile", "-e"]).arg(wheel).arg(&arriving))?;
    make_executable(&arriving.join("ziglang/zig"))?;
    fs::rename(arriving, folder.join("zig"))?;
    Ok(zig)
}

/// Headers of the phones that SQLCipher asks for and that Zig has not: just enough to compile.
const STUBS: [(&str, &str); 3] = [
    (
        "android/log.h",
        r"enum { ANDROID_LOG_VERBOSE = 2, ANDROID_LOG_DEBUG, ANDROID_LOG_INFO, ANDROID_LOG_WARN, ANDROID_LOG_ERROR };
int __android_log_write(int priority, const char *tag, const char *text);
int __android_log_print(int priority, const char *tag, const char *format, ...);
int __android_log_vprint(int priority, const char *tag, const char *format, __builtin_va_list arguments);
",
    ),
    (
        "Security/SecRandom.h",
        r"#include <stddef.h>
typedef const void *SecRandomRef;
#define kSecRandomDefault ((SecRandomRef)0)
int SecRandomCopyBytes(SecRandomRef random, size_t length, void *bytes);
",
    ),
    (
        "CoreFoundation/CoreFoundation.h",
        r#"typedef const void *CFTypeRef, *CFBundleRef, *CFStringRef;
#define CFSTR(text) ((CFStringRef)(text))
#define kCFBundleVersionKey CFSTR("CFBundleVersion")
#define kCFStringEncodingUTF8 0x08000100
CFBundleRef CFBundleGetBundleWithIdentifier(CFStringRef identifier);
CFTypeRef CFBundleGetValueForInfoDictionaryKey(CFBundleRef bundle, CFStringRef key);
const char *CFStringGetCStringPtr(CFStringRef text, unsigned encoding);
"#,
    ),
];

fn stub_headers(folder: &Path) -> anyhow::Result<PathBuf> {
    let headers = folder.join("include");
    for (name, text) in STUBS {
        let file = headers.join(name);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, text)?;
    }
    Ok(headers)
}

/// Small scripts under the names that build scripts expect.
struct Tools<'a> {
    folder: &'a Path,
    zig: &'a Path,
    cache: &'a Path,
}

impl Tools<'_> {
    /// A compiler that takes the target from us and not from its caller, whose names of targets Zig does not know.
    fn compiler(&self, phone: Phone, subcommand: &str, arguments: &str) -> anyhow::Result<PathBuf> {
        let body = format!(
            r#"count=$#
while [ "$count" -gt 0 ]; do
  word=$1; shift; count=$((count - 1))
  case "$word" in
    --target=*|-m*-version-min=*) ;;
    -target|-arch|-isysroot) shift; count=$((count - 1)) ;;
    *) set -- "$@" "$word" ;;
  esac
done
# Nothing of this is ever run, so no time is spent on making it fast.
exec "{}" {subcommand} {arguments} "$@" -O0 -g0 -fno-sanitize=undefined"#,
            self.zig.display()
        );
        self.write(&format!("{}-{subcommand}", phone.target), &body)
    }

    /// A tool that needs to know nothing about the target.
    fn plain(&self, subcommand: &str) -> anyhow::Result<PathBuf> {
        self.write(
            subcommand,
            &format!("exec \"{}\" {subcommand} \"$@\"", self.zig.display()),
        )
    }

    fn write(&self, name: &str, body: &str) -> anyhow::Result<PathBuf> {
        fs::create_dir_all(self.folder)?;
        let path = self.folder.join(name);
        let cache = self.cache.display();
        fs::write(
            &path,
            format!(
                "#!/bin/sh\nexport ZIG_GLOBAL_CACHE_DIR=\"{cache}\" ZIG_LOCAL_CACHE_DIR=\"{cache}\"\n{body}\n"
            ),
        )?;
        make_executable(&path)?;
        Ok(path)
    }
}

fn make_executable(path: &Path) -> anyhow::Result<()> {
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_mode(0o755);
    fs::set_permissions(path, permissions)?;
    Ok(())
}
