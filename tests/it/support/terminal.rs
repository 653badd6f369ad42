//! A person at a terminal: stdin and stderr are one, stdout is not.

use std::{
    fs::File,
    io::{Read, Write},
    os::unix::ffi::OsStrExt,
    process::{Command, Output, Stdio},
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr},
};

/// Runs a command to its end and types a text. The output's stderr is what the terminal showed.
pub fn at_terminal(mut command: Command, typed: &str) -> Output {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let path = std::ffi::OsStr::from_bytes(name.as_bytes());
    let theirs = || Stdio::from(rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap());
    // What is typed shows at a moment of its own, and would stand anywhere between the lines.
    let mut modes = tcgetattr(&ours).unwrap();
    modes.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&ours, OptionalActions::Now, &modes).unwrap();
    let mut child = command.stdin(theirs()).stderr(theirs()).stdout(Stdio::piped()).spawn().unwrap();
    // The command would keep their side open.
    drop(command);
    let mut ours = File::from(ours);
    ours.write_all(typed.as_bytes()).unwrap();
    let mut shown = Vec::new();
    let mut buffer = [0; 4096];
    // Once nobody has their side open any more, reading fails.
    while let Ok(n @ 1..) = ours.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..n]);
    }
    let mut stdout = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    Output { status: child.wait().unwrap(), stdout, stderr: shown }
}
