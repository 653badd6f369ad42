//! `setup`, through the front door, with a home directory of its own for each test.

mod forms;
mod keys;
mod matrix;
mod remote;
mod rest;
mod told;

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use videosearch_mcp::hosts::{Entry, Host, Platform, Surroundings};

use crate::support::{program, text};

/// A home directory with nothing in it.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// One with a key file in the usual place.
    fn with_key() -> Self {
        let home = Self::new();
        fs::create_dir_all(home.key_file().parent().unwrap()).unwrap();
        fs::write(home.key_file(), key('a')).unwrap();
        #[cfg(unix)]
        fs::set_permissions(home.key_file(), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        home
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn environment(&self) -> BTreeMap<String, String> {
        let path = self.path().to_str().unwrap();
        ["HOME", "USERPROFILE"].into_iter().map(|name| (name.to_owned(), path.to_owned())).collect()
    }

    fn key_file(&self) -> PathBuf {
        let inner: &[&str] = match Platform::HERE {
            Platform::Linux => &[".config"],
            Platform::MacOs => &["Library", "Application Support"],
            Platform::Windows => &["AppData", "Roaming"],
        };
        let directory = inner.iter().fold(self.path().to_owned(), |path, part| path.join(part));
        directory.join("videosearch-mcp").join("api-key")
    }

    /// The configuration file of a host.
    fn config(&self, id: &str) -> PathBuf {
        let env = self.environment();
        let around = Surroundings { platform: Platform::HERE, env: &|name| env.get(name).cloned(), exists: &|path| path.exists() };
        Host::find(id).unwrap().config_file(&around).unwrap()
    }

    /// Writes the configuration file of a host.
    fn write(&self, id: &str, content: &str) -> PathBuf {
        let path = self.config(id);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.arg("setup").args(arguments).envs(self.environment());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs setup with a text on stdin.
    fn setup_with(&self, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Output {
        let mut child = self.command(arguments).envs(environment.iter().copied()).spawn().unwrap();
        // It may have ended without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn setup(&self, arguments: &[&str]) -> Output {
        self.setup_with(arguments, &[], "")
    }

    /// Runs setup, which has to end well, and gives what it said.
    fn fine(&self, arguments: &[&str]) -> String {
        let output = self.setup(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stderr)
    }

    /// The entry of a name.
    fn entry(&self, id: &str, name: &str) -> Option<Entry> {
        let content = fs::read_to_string(self.config(id)).unwrap();
        let found = Host::find(id).unwrap().read(&content).unwrap_or_else(|fault| panic!("{id}: {fault}\n{content}"));
        found.into_iter().find(|found| found.name == name).map(|found| found.entry.unwrap())
    }

    /// All files, with their content.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn walk(dir: &Path, out: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, out);
                } else {
                    out.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        let mut out = BTreeMap::new();
        walk(self.path(), &mut out);
        out
    }
}

/// A key of the known form, made at run time.
fn key(digit: char) -> String {
    format!("sk_live_{}", String::from(digit).repeat(48))
}

/// A file beside another, with an ending added.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
}
