//! Makes the program smaller, and what it needs in memory, where the linker and the system can do that.
//!
//! - The linker packs relocations: a quarter of a megabyte less, of which every start would read all.
//! - The linker keeps one of several functions with the same machine code. Rust compiles generic code once for each type, and much of it
//!   comes out the same. Only LLD can do that safely here, and only where it is Rust's own choice we know that it is there.
//! - The linker lays the functions that most sessions run side by side, so that the system maps two megabytes of machine code in place of
//!   eight. `packaging/order/make.py` wrote down which these are, and says more. That too takes LLD.

use std::{env, path::Path, process::Command};

/// The symbols of the functions that most sessions run, in the order in which they first ran.
const ORDER: &str = "packaging/order/x86_64-unknown-linux-gnu.txt";

/// Where the linker writes what it laid where, which `packaging/order/make.py` reads.
const MAP: &str = "VIDEOSEARCH_LINK_MAP";

/// The first glibc that unpacks packed relocations.
const LEAST: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let native = env::var("HOST").is_ok_and(|host| is("TARGET", &host));
    if !native || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    if glibc().is_some_and(|found| found >= LEAST) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    // Rust links with LLD on this one target, unless somebody chooses another linker.
    let chosen = env::var("RUSTC_LINKER").is_ok() || env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("link"));
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") && is("PROFILE", "release") && !chosen {
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
        order();
    }
}

/// Hands the order to the linker, which passes over names that are not there.
fn order() {
    println!("cargo:rerun-if-changed={ORDER}");
    println!("cargo:rerun-if-env-changed={MAP}");
    let file = Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(ORDER);
    if file.exists() {
        println!("cargo:rustc-link-arg-bins=-Wl,--symbol-ordering-file={}", file.display());
        println!("cargo:rustc-link-arg-bins=-Wl,--no-warn-symbol-ordering");
    }
    if let Ok(map) = env::var(MAP) {
        println!("cargo:rustc-link-arg-bins=-Wl,-Map={map}");
    }
}

/// The version of this system's glibc, as in `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let (major, minor) = said.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}
