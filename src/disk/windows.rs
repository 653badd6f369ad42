//! Access lists of Windows, which the standard library does not know. On other systems the mode of a file is enough.

use std::{io, path::Path};

/// Makes sure that only the current user may read a file that was just made.
#[cfg(not(windows))]
#[expect(clippy::unnecessary_wraps, reason = "on Windows it can fail")]
pub(super) fn restrict(_: &Path) -> io::Result<()> {
    // It was made with mode 0600.
    Ok(())
}

/// Replaces the inherited access list by one that names only the current user. The system's own tool does it.
#[cfg(windows)]
pub(super) fn restrict(path: &Path) -> io::Result<()> {
    let mut icacls = quiet("icacls");
    icacls.arg(path).args(["/inheritance:r", "/grant:r"]).arg(format!("*{}:F", user()));
    let done = icacls.stdout(std::process::Stdio::null()).status()?;
    if done.success() { Ok(()) } else { Err(io::Error::other("icacls could not make the file private")) }
}

/// The security identifier of the current user. `whoami` takes it from the token of this process, since a variable can be missing or wrong.
/// We ask once.
#[cfg(windows)]
fn user() -> &'static str {
    /// Whoever owns the file: the user who made it, or the administrators, if one of them did.
    const OWNER_RIGHTS: &str = "S-1-3-4";
    static USER: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    USER.get_or_init(|| {
        let told = quiet("whoami").args(["/user", "/fo", "csv", "/nh"]).output().ok();
        let told = told.filter(|told| told.status.success()).map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
        told.as_deref().and_then(identifier).unwrap_or(OWNER_RIGHTS).to_owned()
    })
}

/// A system program that shows nothing.
#[cfg(windows)]
fn quiet(name: &str) -> std::process::Command {
    // Named by its whole path, so that no other program of that name is started.
    let program = std::env::var_os("SystemRoot").map(|root| Path::new(&root).join("System32").join(format!("{name}.exe")));
    let mut command = std::process::Command::new(program.filter(|path| path.is_file()).unwrap_or_else(|| name.into()));
    command.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    command
}

/// The security identifier in a line of `whoami`: `"MACHINE\user","S-1-5-21-1-2-3-1001"`.
#[cfg(any(windows, test))]
fn identifier(line: &str) -> Option<&str> {
    let plain = |text: &&str| text.starts_with("S-1-") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    line.split([',', '"', '\r', '\n']).map(str::trim).rfind(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifier_is_the_last_field() {
        assert_eq!(identifier("\"MACHINE\\S-1-x, y\",\"S-1-5-21-1-2-3-1001\"\r\n"), Some("S-1-5-21-1-2-3-1001"));
        for odd in ["", "\"machine\\user\"", "\"a\",\"S-1-5 /grant\""] {
            assert_eq!(identifier(odd), None, "{odd}");
        }
    }
}
