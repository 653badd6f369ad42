//! Runs ffmpeg and ffprobe: found on the path once, without a shell, with a limit of time, and killed when nobody waits any more.
//!
//! Their input comes from strangers. So each call names the reader of the file, lets it open nothing but files, and bounds each piece of
//! memory that it takes. No argument can be taken for an option: paths are absolute and begin with `file:`. The child gets almost nothing of
//! our environment, which may hold keys.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    sync::Semaphore,
};

/// How many children work at a time in this process.
static PLACES: Semaphore = Semaphore::const_new(2);
/// The largest piece of memory that a child may take at once.
const MOST_ALLOCATION: &str = "268435456";
/// How much of the standard error of a child is kept.
const MOST_ERRORS: usize = 256 << 10;
/// Variables that a child may need to start.
pub const NEEDED: [&str; 6] = ["PATH", "SystemRoot", "TMPDIR", "TEMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// How to get the two programs.
pub const REMEDY: &str = "Install ffmpeg, which brings ffprobe (`apt install ffmpeg`, `dnf install ffmpeg-free`, `brew install ffmpeg`, \
                          `winget install ffmpeg`), and start the playground again with both on the PATH.";

/// The programs that measure media.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tools {
    /// Reads durations and streams.
    pub ffprobe: Option<PathBuf>,
    /// Decodes pictures and sound.
    pub ffmpeg: Option<PathBuf>,
}

impl Tools {
    /// The programs on the path of this process.
    pub fn on_path() -> Self {
        Self::within(std::env::var_os("PATH").as_deref())
    }

    fn within(path: Option<&OsStr>) -> Self {
        // A relative entry would take a program from wherever the playground happens to be started.
        let folders: Vec<PathBuf> = path.map(std::env::split_paths).into_iter().flatten().filter(|folder| folder.is_absolute()).collect();
        let find = |name: &str| {
            let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
            folders.iter().map(|folder| folder.join(&name)).find(|program| program.is_file())
        };
        Self { ffprobe: find("ffprobe"), ffmpeg: find("ffmpeg") }
    }
}

/// Why a child gave no result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It could not be started or read.
    #[error("it could not be run: {0}")]
    Run(#[from] std::io::Error),
    /// It ended with an error.
    #[error("it failed: {0}")]
    Failed(String),
    /// It took too long.
    #[error("it took longer than {} s", .0.as_secs())]
    Slow(Duration),
}

/// The arguments that read one file: its reader, what the reader may open, and the path.
pub fn input(reader: &str, path: &Path) -> Vec<OsString> {
    let mut name = OsString::from("file:");
    name.push(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let mut arguments: Vec<OsString> = ["-protocol_whitelist", "file,pipe", "-f", reader, "-i"].map(OsString::from).to_vec();
    arguments.push(name);
    arguments
}

/// Runs a program to its end. Gives its standard output to `take` piece by piece, and returns its standard error.
///
/// If it takes longer than `limit`, or if the future is dropped, the child is killed.
pub async fn run(
    program: &Path,
    arguments: impl IntoIterator<Item = OsString>,
    limit: Duration,
    mut take: impl FnMut(&[u8]),
) -> Result<String, Failure> {
    let _place = PLACES.acquire().await.map_err(std::io::Error::other)?;
    let mut command = Command::new(program);
    command.env_clear().envs(NEEDED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.args(["-hide_banner", "-v", "error", "-max_alloc", MOST_ALLOCATION]).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let working = async {
        let mut child = command.spawn()?;
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let mut told = Vec::new();
        let keep = |piece: &[u8]| {
            let room = MOST_ERRORS.saturating_sub(told.len());
            told.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
        };
        tokio::try_join!(pour(output, &mut take), pour(errors, keep))?;
        let status = child.wait().await?;
        let told = String::from_utf8_lossy(&told).into_owned();
        if status.success() { Ok(told) } else { Err(Failure::Failed(reason(&told))) }
    };
    tokio::time::timeout(limit, working).await.map_err(|_| Failure::Slow(limit))?
}

/// The last line of an error, without the path of our own file.
fn reason(told: &str) -> String {
    let line = told.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    let line = line.rsplit_once(": ").map_or(line, |(_, reason)| reason);
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

async fn pour(from: Option<impl AsyncRead + Unpin>, mut take: impl FnMut(&[u8])) -> std::io::Result<()> {
    let Some(mut from) = from else { return Ok(()) };
    let mut piece = vec![0; 64 << 10];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        take(piece.get(..length).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_taken_from_whole_paths_only() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(format!("ffprobe{}", std::env::consts::EXE_SUFFIX));
        std::fs::write(&program, b"").unwrap();
        let path = std::env::join_paths([Path::new("relative"), folder.path()]).unwrap();
        assert_eq!(Tools::within(Some(&path)), Tools { ffprobe: Some(program), ffmpeg: None });
        assert_eq!(Tools::within(Some(OsStr::new("."))), Tools::default());
        assert_eq!(Tools::within(None), Tools::default());
    }

    #[test]
    fn a_path_is_never_an_option() {
        let arguments = input("mov", Path::new("-y"));
        let last = arguments.last().unwrap().to_string_lossy().into_owned();
        assert!(last.starts_with("file:") && last.ends_with("-y") && last.len() > "file:-y".len(), "{last}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_child_that_does_not_end_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let (program, pid) = (folder.path().join("ffmpeg"), folder.path().join("pid"));
        std::fs::write(&program, format!("#!/bin/sh\necho $$ > '{}'\nexec sleep 600\n", pid.display())).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let failure = run(&program, [], Duration::from_millis(300), |_| {}).await.unwrap_err();
        assert!(matches!(failure, Failure::Slow(_)), "{failure}");
        let Ok(pid) = std::fs::read_to_string(&pid) else { return };
        let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        // The runtime collects the child in its own time.
        while rustix::process::test_kill_process(pid).is_ok() {
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
