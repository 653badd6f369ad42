//! The program with standard streams of any kind, blocking or not.

use std::{
    fs::File,
    io::{Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread::JoinHandle,
};

use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    process::{Pid, Signal, kill_process},
};
use serde_json::Value;

use super::{PATIENCE, terminal};

/// A kind of descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Pipe,
    Socket,
    Terminal,
    File,
    Null,
}

impl End {
    pub const ALL: [Self; 5] = [Self::Pipe, Self::Socket, Self::Terminal, Self::File, Self::Null];

    /// The kinds whose other end we hold.
    pub const LIVE: [Self; 3] = [Self::Pipe, Self::Socket, Self::Terminal];

    /// What the program gets as an input, and what we write to. A file holds a text from the start.
    fn input(self, text: &[u8]) -> (OwnedFd, Option<File>) {
        match self {
            Self::Pipe => {
                let (theirs, ours) = std::io::pipe().unwrap();
                (theirs.into(), Some(OwnedFd::from(ours).into()))
            }
            Self::File => {
                let mut file = tempfile::tempfile().unwrap();
                file.write_all(text).unwrap();
                std::io::Seek::rewind(&mut file).unwrap();
                (file.into(), None)
            }
            _ => self.either_way(),
        }
    }

    /// What the program gets as an output, and what we read from.
    pub fn output(self) -> (OwnedFd, Option<File>) {
        match self {
            Self::Pipe => {
                let (ours, theirs) = std::io::pipe().unwrap();
                (theirs.into(), Some(OwnedFd::from(ours).into()))
            }
            Self::File => {
                let file = tempfile::tempfile().unwrap();
                (file.try_clone().unwrap().into(), Some(file))
            }
            _ => self.either_way(),
        }
    }

    fn either_way(self) -> (OwnedFd, Option<File>) {
        match self {
            Self::Socket => {
                let (theirs, ours) = UnixStream::pair().unwrap();
                (theirs.into(), Some(OwnedFd::from(ours).into()))
            }
            Self::Terminal => {
                let (ours, theirs) = terminal();
                (theirs(), Some(ours.into()))
            }
            _ => (File::options().read(true).write(true).open("/dev/null").unwrap().into(), None),
        }
    }
}

/// The program with such streams; killed when dropped.
pub struct Process {
    child: Child,
    input: Option<File>,
    /// A copy of what the program was given, and the flags it had.
    given: Vec<(OwnedFd, OFlags)>,
    output: Output,
}

enum Output {
    /// Lines come as they are written.
    Live(Receiver<Value>, JoinHandle<()>),
    /// A file is read at the end.
    File(File),
    None,
}

impl Process {
    /// Starts a command and gives it `text` as input: as the content of a file, or written to another kind.
    pub fn start(mut command: Command, input: End, output: End, nonblocking: bool, text: &[u8]) -> Self {
        let (their_input, ours) = input.input(text);
        let (their_output, reader) = output.output();
        let mut given = Vec::new();
        for end in [&their_input, &their_output] {
            if nonblocking {
                fcntl_setfl(end, fcntl_getfl(end).unwrap() | OFlags::NONBLOCK).unwrap();
            }
            given.push((end.try_clone().unwrap(), fcntl_getfl(end).unwrap()));
        }
        let child = command.stdin(Stdio::from(their_input)).stdout(Stdio::from(their_output)).spawn().unwrap();
        // While it lives, it keeps their side open.
        drop(command);
        let output = match reader {
            Some(reader) if output != End::File => Output::live(reader),
            Some(file) => Output::File(file),
            None => Output::None,
        };
        let mut process = Self { child, input: ours, given, output };
        process.write(text);
        process
    }

    /// Writes to its standard input, if that can be written to.
    pub fn write(&mut self, text: &[u8]) {
        if let Some(input) = &mut self.input {
            input.write_all(text).unwrap();
        }
    }

    /// Closes our end of its standard input.
    pub fn close(&mut self) {
        self.input = None;
        self.given.clear();
    }

    /// The next message, while it runs.
    pub fn next(&mut self) -> Value {
        let Output::Live(lines, _) = &self.output else { panic!("nothing to read from") };
        lines.recv_timeout(PATIENCE).unwrap()
    }

    /// Closes our end of its standard output. It may write one more line, its answer to `last`.
    pub fn stop_reading(&mut self, last: &[u8]) {
        let Output::Live(lines, reader) = std::mem::replace(&mut self.output, Output::None) else { panic!("nothing to read from") };
        drop(lines);
        self.write(last);
        reader.join().unwrap();
    }

    /// Whether the flags of what it was given are as they were. A change would affect all who have these descriptors.
    pub fn flags_are_untouched(&self) -> bool {
        self.given.iter().all(|(end, flags)| fcntl_getfl(end).unwrap() == *flags)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end: the exit code, and the messages that were not read yet.
    pub fn finish(mut self) -> (Option<i32>, Vec<Value>) {
        self.given.clear();
        let pid = Pid::from_child(&self.child);
        let (ended, end) = channel::<()>();
        let watch = std::thread::spawn(move || {
            if end.recv_timeout(PATIENCE).is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Timeout) {
                kill_process(pid, Signal::KILL).unwrap();
            }
        });
        let status = self.child.wait().unwrap();
        drop(ended);
        watch.join().unwrap();
        let rest = match std::mem::replace(&mut self.output, Output::None) {
            Output::Live(lines, reader) => {
                reader.join().unwrap();
                lines.try_iter().collect()
            }
            Output::File(mut file) => {
                let mut text = String::new();
                std::io::Seek::rewind(&mut file).unwrap();
                file.read_to_string(&mut text).unwrap();
                text.lines().map(message).collect()
            }
            Output::None => Vec::new(),
        };
        (status.code(), rest)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Output {
    fn live(mut reader: File) -> Self {
        let (send, lines) = channel();
        let thread = std::thread::spawn(move || {
            let (mut held, mut buffer) = (Vec::new(), [0; 4096]);
            // Other kinds report an end. A terminal that nobody has open any more reports an error.
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                held.extend_from_slice(&buffer[..read]);
                while let Some(end) = held.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = held.drain(..=end).collect();
                    if send.send(message(std::str::from_utf8(&line).unwrap())).is_err() {
                        return;
                    }
                }
            }
            assert!(held.is_empty(), "half a line: {}", super::text(&held));
        });
        Self::Live(lines, thread)
    }
}

fn message(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}
