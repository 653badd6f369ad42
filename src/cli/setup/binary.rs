//! The path of this program, as a host should start it.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::here;

/// The absolute path, and a warning if it may not last. We prefer a path on `PATH`, or the one that was typed, to the file that a link
/// leads to: package managers change that file's path with each version.
pub(super) fn own() -> anyhow::Result<(String, Option<String>)> {
    let here = std::env::current_exe().context("finding out the path of this program")?;
    let real = here.canonicalize().unwrap_or_else(|_| here.clone());
    let same = |path: &PathBuf| path.canonicalize().is_ok_and(|path| path == real);
    let name = format!("{}{}", env!("CARGO_PKG_NAME"), std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path =
        std::env::split_paths(&path).filter(|directory| directory.is_absolute()).map(|directory| directory.join(&name)).find(same);
    let typed = || {
        let typed = PathBuf::from(std::env::args_os().next()?);
        let typed = std::path::absolute(typed.components().nth(1).is_some().then_some(typed)?).ok()?;
        Some(typed).filter(same)
    };
    let chosen = on_path.or_else(typed).unwrap_or_else(|| here.clone());
    let doubt = fleeting(&real).map(|why| {
        format!("{} {why}; install it with `cargo install --path . --locked` and set up again with the installed one", chosen.display())
    });
    Ok((here::text(&chosen)?, doubt))
}

/// Whether an entry's command is this program file.
pub(super) fn is_own(command: &str) -> bool {
    let Ok(real) = std::env::current_exe().and_then(|here| here.canonicalize()) else { return false };
    let same = |path: &Path| path.canonicalize().is_ok_and(|path| path == real);
    if command.contains(['/', '\\']) {
        return same(Path::new(command));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("{}{}", command.trim_end_matches(std::env::consts::EXE_SUFFIX), std::env::consts::EXE_SUFFIX);
    // Only the first one on the path is started.
    std::env::split_paths(&path).map(|directory| directory.join(&name)).find(|path| path.is_file()).is_some_and(|path| same(&path))
}

/// Why a path will not last.
fn fleeting(path: &Path) -> Option<&'static str> {
    let parts: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
    if parts.windows(2).any(|pair| matches!(pair, ["target", "debug" | "release"]))
        || parts.windows(3).any(|three| matches!(three, ["target", _, "debug" | "release"]))
    {
        return Some("is in a build directory, which the next build or clean changes");
    }
    if parts.contains(&"_npx") {
        return Some("is in a cache of npx, which may be emptied");
    }
    let temporary = std::env::temp_dir().canonicalize().ok()?;
    path.starts_with(temporary).then_some("is in a temporary directory")
}
