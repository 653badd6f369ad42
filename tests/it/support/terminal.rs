//! A person at a terminal. stdin and stderr are the terminal, stdout is not.

use std::{
    fs::File,
    io::{Read, Write},
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    process::{Command, Output, Stdio},
};

use rustix::{
    fs::{Mode, OFlags},
    io::{FdFlags, fcntl_setfd},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr},
};

/// A new terminal that does not echo: our side, and a function that opens theirs.
pub fn terminal() -> (OwnedFd, impl Fn() -> OwnedFd) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    // Other programs that tests start at the same time must not keep it open.
    fcntl_setfd(&ours, FdFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = move || {
        let path = std::ffi::OsStr::from_bytes(name.as_bytes());
        rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap()
    };
    // With echo, what is typed would appear at any moment, anywhere between the lines.
    let mut modes = tcgetattr(&ours).unwrap();
    modes.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&ours, OptionalActions::Now, &modes).unwrap();
    (ours, theirs)
}

/// Runs a command to its end and types a text. The output's stderr is what the terminal showed.
pub fn at_terminal(mut command: Command, typed: &str) -> Output {
    let (ours, theirs) = terminal();
    let theirs = || Stdio::from(theirs());
    let mut child = command.stdin(theirs()).stderr(theirs()).stdout(Stdio::piped()).spawn().unwrap();
    // While it lives, it keeps their side open.
    drop(command);
    let mut ours = File::from(ours);
    ours.write_all(typed.as_bytes()).unwrap();
    let mut out = child.stdout.take().unwrap();
    let read = move || {
        let (mut shown, mut stdout) = (Vec::new(), Vec::new());
        let mut buffer = [0; 4096];
        // Once nobody has their side open any more, reading fails.
        while let Ok(n @ 1..) = ours.read(&mut buffer) {
            shown.extend_from_slice(&buffer[..n]);
        }
        out.read_to_end(&mut stdout).unwrap();
        (shown, stdout)
    };
    let (stderr, stdout) = super::within(&mut child, read);
    Output { status: super::ended(&mut child, || super::text(&stderr)), stdout, stderr }
}
