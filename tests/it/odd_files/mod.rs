//! What is not the file that it should be: every path that the program opens, with every odd thing that can stand there. Nothing hangs, what
//! is wrong is said, and nothing is made or changed at the end of a link.

mod commands;
mod other_user;
mod owners;
mod playground;
mod serve;

use std::{
    fs,
    io::Read,
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
};

use crate::support::{PATIENCE, program, text};

/// What can stand where a file should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Odd {
    /// A pipe that nobody writes to.
    Pipe,
    Directory,
    /// A device that never ends, behind a link.
    Device,
    Socket,
    /// A file of a terabyte, with nothing in it.
    Huge,
    /// A link to nothing.
    Dangling,
    /// A link to itself.
    Circle,
    /// A link to a file of somebody else.
    Link,
}

impl Odd {
    /// What cannot be read as a file, wherever it stands.
    const HARD: [Self; 5] = [Self::Pipe, Self::Directory, Self::Device, Self::Socket, Self::Huge];
    const ALL: [Self; 8] = [Self::Pipe, Self::Directory, Self::Device, Self::Socket, Self::Huge, Self::Dangling, Self::Circle, Self::Link];

    /// Puts it at a path, whatever was there. What it gives keeps it there.
    fn place(self, path: &Path) -> Placed {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if fs::symlink_metadata(path).is_ok_and(|data| data.is_dir()) {
            fs::remove_dir_all(path).unwrap();
        } else if fs::symlink_metadata(path).is_ok() {
            fs::remove_file(path).unwrap();
        }
        let mut target = path.as_os_str().to_owned();
        target.push(".precious");
        let target = PathBuf::from(target);
        let mut socket = None;
        match self {
            Self::Pipe => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
            Self::Directory => fs::create_dir(path).unwrap(),
            Self::Device => symlink("/dev/zero", path).unwrap(),
            // Names of sockets are short, so it is made elsewhere.
            Self::Socket => {
                let short = tempfile::tempdir().unwrap();
                socket = Some(UnixListener::bind(short.path().join("s")).unwrap());
                fs::rename(short.path().join("s"), path).unwrap();
            }
            Self::Huge => fs::File::create(path).unwrap().set_len(1 << 40).unwrap(),
            Self::Dangling => symlink(&target, path).unwrap(),
            Self::Circle => symlink(path, path).unwrap(),
            Self::Link => {
                fs::write(&target, PRECIOUS).unwrap();
                symlink(&target, path).unwrap();
            }
        }
        Placed { odd: self, target, _socket: socket }
    }
}

/// What a link leads to, and nobody may touch.
const PRECIOUS: &str = "{\"somebody\": \"else's\"}\n";

struct Placed {
    odd: Odd,
    target: PathBuf,
    _socket: Option<UnixListener>,
}

impl Placed {
    /// The end of a link is as it was.
    fn check(&self, what: &str) {
        match self.odd {
            Odd::Link => assert_eq!(fs::read_to_string(&self.target).unwrap(), PRECIOUS, "{what}: the end of a link was changed"),
            Odd::Dangling => assert!(!self.target.exists(), "{what}: the end of a link was made"),
            _ => {}
        }
    }
}

/// What others than the owner may do with a file.
const OTHERS: u32 = 0o077;

/// Says that a test does not run here.
#[expect(clippy::print_stdout, reason = "a test that is left out says so")]
fn left_out(what: &str, why: &str) {
    println!("not run, since {why}: {what}");
}

/// Whether a path is a plain file of the owner alone.
fn is_private(path: &Path) -> bool {
    let data = fs::symlink_metadata(path).unwrap();
    data.is_file() && data.permissions().mode() & OTHERS == 0
}

/// Runs a command to its end, which has to come.
fn ended(what: &str, mut command: Command) -> Output {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (stdout, stderr) = (all_of(child.stdout.take().unwrap()), all_of(child.stderr.take().unwrap()));
    let (Some(stdout), Some(stderr)) = (within(&stdout, &mut child), within(&stderr, &mut child)) else { panic!("{what}: it hangs") };
    Output { status: child.wait().unwrap(), stdout, stderr }
}

fn all_of(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = send.send(bytes);
    });
    receive
}

fn within(bytes: &Receiver<Vec<u8>>, child: &mut Child) -> Option<Vec<u8>> {
    let bytes = bytes.recv_timeout(PATIENCE).ok();
    if bytes.is_none() {
        let _ = child.kill();
    }
    bytes
}

/// What a command says on both channels, and its exit code.
fn said(what: &str, command: Command) -> (Option<i32>, String) {
    let output = ended(what, command);
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(!said.contains("panicked"), "{what}: {said}");
    (output.status.code(), said)
}

/// The program with a home directory.
fn at(home: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments).env("HOME", home);
    command
}
