//! What the tests share: the built program as an MCP server, a playground of its own process, and an upstream that can be scripted.

mod http;
mod playground;
mod server;
#[cfg(unix)]
mod terminal;
#[cfg(target_os = "linux")]
mod tls;
mod upstream;

use std::{
    process::{Command, Output},
    time::Duration,
};

pub use http::Reply;
pub use playground::{Playground, shared};
pub use server::{Server, modern};
#[cfg(unix)]
pub use terminal::at_terminal;
#[cfg(target_os = "linux")]
pub use tls::Tls;
pub use upstream::{Answer, Seen, Upstream};

/// The longest that anything may take before a test gives up on it. Only a hang takes so long.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The built program, with an environment of its own: nothing of the developer's settings reaches it.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_videosearch-mcp"));
    command.env_clear();
    // Some systems need these to start a program or find the temporary directory at all.
    for name in ["PATH", "SystemRoot", "TMPDIR", "TEMP"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// Runs the program to its end.
pub fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = program();
    command.args(arguments).envs(environment.iter().copied());
    command.stdin(std::process::Stdio::null()).output().unwrap()
}

/// Runs a line of shell, in the same environment as the program.
#[cfg(unix)]
pub fn shell(line: &str) -> Output {
    let mut command = Command::new("sh");
    command.env_clear().args(["-c", line]);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.stdin(std::process::Stdio::null()).output().unwrap()
}

/// A text as lossy UTF-8.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
