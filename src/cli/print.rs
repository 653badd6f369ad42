//! Everything that commands print. stdout carries only what the user asked for; everything else goes to stderr.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use crate::{fence, streams::Standard, telemetry};

/// Why a command ended without success.
#[derive(Debug)]
pub enum Failure {
    /// The operation failed; exit code 1.
    Operation(anyhow::Error),
    /// The answer, already printed, was an error; exit code 1.
    Told,
    /// Bad usage or configuration; exit code 2.
    Usage(anyhow::Error),
    /// The same, already printed.
    UsageTold,
}

impl Failure {
    /// The reason, for a caller that words the failure itself.
    pub fn reason(self) -> anyhow::Error {
        match self {
            Self::Operation(error) | Self::Usage(error) => error,
            Self::Told | Self::UsageTold => anyhow::anyhow!("it failed for the reason given above"),
        }
    }

    /// Bad usage or configuration.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::Usage(error.into())
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Operation(error.into())
    }
}

/// Writes to stdout, through the fence. A reader that has gone away, such as `head`, is no error.
pub fn out(text: impl fmt::Display) -> io::Result<()> {
    write_out(&fence::text(&text.to_string()))
}

/// The same for what nobody can ask for again. A reader that has gone away is an error.
pub fn out_once(text: impl fmt::Display) -> io::Result<()> {
    Standard::Output.write_all(format!("{}\n", fence::text(&text.to_string())).as_bytes())
}

/// Writes a text that carries the colours of a terminal to stdout. The caller must have cleaned the parts that others wrote.
pub fn painted(text: &str) -> io::Result<()> {
    write_out(&fence::painted(text))
}

/// Writes a text with a secret to stdout, because the user asked for it. It does not pass the fence. A test counts the callers.
#[cfg(feature = "playground")]
pub fn with_secret(text: impl fmt::Display) -> io::Result<()> {
    write_out(&text.to_string())
}

fn write_out(text: &str) -> io::Result<()> {
    match Standard::Output.write_all(format!("{text}\n").as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), format!("the output could not be written: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Ends this process with the exit code that shells use for a signal.
#[cfg(unix)]
pub fn end_by(signal: i32) -> ! {
    note("");
    #[expect(clippy::exit, reason = "nothing is under way but a question to the person at the terminal")]
    std::process::exit(128 + signal)
}

/// Writes a secret to stdout, alone on its line. It is an error if nobody reads stdout any more, since the secret is shown only once.
pub fn hand_over(secret: &str) -> io::Result<()> {
    Standard::Output.write_all(format!("{secret}\n").as_bytes())
}

/// Whether everything that is written to stdout is lost, since it is the null device. A stdout that was closed before the start becomes the
/// null device, too.
#[cfg(unix)]
pub fn leads_nowhere() -> bool {
    use std::{
        fs::{File, Metadata, metadata},
        os::{
            fd::AsFd,
            unix::fs::{FileTypeExt, MetadataExt},
        },
    };
    let device = |data: Metadata| data.file_type().is_char_device().then(|| data.rdev());
    let stdout = io::stdout().as_fd().try_clone_to_owned().and_then(|stdout| File::from(stdout).metadata()).map(device);
    let null = metadata("/dev/null").map(device);
    matches!((stdout, null), (Ok(Some(stdout)), Ok(Some(null))) if stdout == null)
}

/// Whether everything that is written to stdout is lost. We cannot tell on this system.
#[cfg(not(unix))]
pub fn leads_nowhere() -> bool {
    false
}

/// Whether stdout shows colours: a terminal does, unless its user wants none. Older consoles of Windows would show the codes instead.
pub fn colours() -> bool {
    let unwanted =
        std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !unwanted && !cfg!(windows)
}

/// Writes lines to stderr, through the fence. Nobody may be listening.
pub fn note(text: impl fmt::Display) {
    telemetry::tell(&text.to_string());
}

/// The same for a command that goes on and logs: in the form of the lines of its log.
#[cfg(feature = "http")]
pub fn announce(text: impl fmt::Display) {
    telemetry::announce(&text.to_string());
}

/// Tells why a command, such as `keys create`, failed, and gives its exit code.
pub fn failure(failure: &Failure, command: &str) -> ExitCode {
    match failure {
        Failure::Operation(error) => {
            note(format_args!("videosearch-mcp: {error:#}"));
            ExitCode::from(1)
        }
        Failure::Told => ExitCode::from(1),
        Failure::UsageTold => ExitCode::from(2),
        Failure::Usage(error) => {
            let space = if command.is_empty() { "" } else { " " };
            note(format_args!("videosearch-mcp: {error:#}\nSee videosearch-mcp {command}{space}--help."));
            ExitCode::from(2)
        }
    }
}

/// Prints clap's own messages: help and version to stdout, everything else to stderr. They repeat arguments.
pub fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let text = text.trim_end_matches('\n');
    if error.use_stderr() {
        note(text);
        return ExitCode::from(2);
    }
    match out(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(&error.into(), ""),
    }
}

/// Answers the query on stdin, for the playground that started this process.
#[cfg(feature = "playground")]
pub fn answer_of_query() -> ExitCode {
    let answered = crate::playground::answer_query(io::stdin().lock(), io::stdout().lock());
    if answered.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
