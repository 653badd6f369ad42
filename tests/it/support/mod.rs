//! What the tests share: the built program as an MCP server, a playground of its own process, and an upstream that can be scripted.

#[cfg(unix)]
mod ends;
mod host;
mod http;
mod playground;
pub mod receiver;
mod server;
#[cfg(unix)]
mod terminal;
#[cfg(target_os = "linux")]
mod tls;
mod upstream;
mod web;

use std::{
    io::Read,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{LazyLock, mpsc},
    time::{Duration, Instant},
};

#[cfg(unix)]
pub use ends::{End, Process};
pub use host::{Era, Host, said, yes};
pub use http::{Reply, form, http, http_form};
pub use playground::{Playground, shared, untouched};
pub use server::{Server, modern};
#[cfg(unix)]
pub use terminal::{at_terminal, terminal};
#[cfg(target_os = "linux")]
pub use tls::Tls;
pub use upstream::{Answer, Seen, Upstream};
pub use web::{Web, asked};

/// The longest that anything may take before a test gives up on it. Only a hang takes so long.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The path of the built program, whole: of a program that was built elsewhere for Windows, Cargo's names no drive.
pub fn binary() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| {
        let path = std::path::absolute(env!("CARGO_BIN_EXE_videosearch-mcp")).unwrap();
        path.into_os_string().into_string().unwrap()
    });
    &PATH
}

/// A small picture.
pub fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(8, 8, image::Rgb([200, 30, 30])).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The built program, with an environment of its own, so that no setting of the developer reaches it.
pub fn program() -> Command {
    let mut command = Command::new(binary());
    command.env_clear();
    // Some systems cannot start a program or find the temporary directory without these.
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
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read = move || {
        let err = std::thread::spawn(move || all(err));
        (all(out), err.join().unwrap())
    };
    let (stdout, stderr) = within(&mut child, read);
    Output { status: ended(&mut child, || text(&stderr)), stdout, stderr }
}

fn all(mut pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).unwrap();
    bytes
}

/// What comes out of some reading of a process. If that takes too long, kills the process and fails.
pub fn within<T: Send + 'static>(child: &mut Child, read: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, outcome) = mpsc::channel();
    std::thread::spawn(move || done.send(read()));
    outcome.recv_timeout(PATIENCE).unwrap_or_else(|error| {
        let _ = child.kill();
        panic!("the process says no more: {error}")
    })
}

/// Waits for a process to end. If that takes too long, kills it and fails with what it said.
pub fn ended(child: &mut Child, said: impl Fn() -> String) -> ExitStatus {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("it does not end: {}", said());
        }
        // No event tells of the end of a process. It has closed its streams by now, so this is one round at most, as a rule.
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Runs a line of shell, in the same environment as the program.
#[cfg(unix)]
pub fn shell(line: &str) -> Output {
    let mut command = Command::new("sh");
    command.env_clear().args(["-c", line]);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.stdin(Stdio::null()).output().unwrap()
}

/// Compares the committed copy of a generated text. With `UPDATE=1` in the environment, rewrites it instead.
pub fn compare(file: &str, expected: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if committed != expected {
        let lines = committed.lines().map(Some).chain(std::iter::repeat(None)).zip(expected.lines());
        let first = lines.enumerate().find(|(_, (old, new))| *old != Some(*new));
        let (line, (old, new)) = first.unwrap_or((expected.lines().count(), (None, "")));
        panic!(
            "{file} is out of date; run the tests with UPDATE=1 and commit it. First at line {}:\n  committed: {}\n  now:       {new}",
            line + 1,
            old.unwrap_or_default()
        );
    }
}

/// What is between two looks at something that is waited for. Without it, the looks take the processor from whoever makes it so.
pub fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

/// Looks again and again, until it is so.
pub fn eventually(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "it never came to that");
        pause();
    }
}

/// A text as lossy UTF-8.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The paths of the description that a route has: one for each word that a place with a choice can hold.
pub fn spelled(path: &str) -> Vec<String> {
    if path.contains("{kind}") { ["import", "export"].map(|kind| path.replace("{kind}", kind)).into() } else { vec![path.to_owned()] }
}

/// The flags with which every tool is listed.
pub const EVERYTHING: [&str; 5] = ["--toolsets", "all", "--tools", "find_tools,use_read_tool,use_write_tool", "--allow-destructive"];

/// A directory with the file that the examples of tools upload. It only begins like a film.
pub fn upload_root() -> &'static str {
    static ROOT: LazyLock<String> = LazyLock::new(|| {
        let root = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("uploads");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(root.join("film.mp4"), b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2").unwrap();
        root.into_os_string().into_string().unwrap()
    });
    &ROOT
}

/// Arguments of a tool that work with the sample library.
pub fn example(tool: &videosearch_mcp::tools::Tool) -> serde_json::Value {
    serde_json::from_str(tool.example).unwrap_or_else(|error| panic!("the example of {}: {error}", tool.name))
}

/// The same for the tool of this name.
pub fn example_of(name: &str) -> serde_json::Value {
    example(videosearch_mcp::tools::catalog::find(name).unwrap())
}

/// The text with `N` for how many tools it tells of, which changes with every tool.
pub fn uncounted(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let counted =
        |at: usize| words.get(at + 1).is_some_and(|next| next.trim_start_matches(|c: char| !c.is_alphabetic()).starts_with("tool"));
    let digits =
        |word: &str| word.trim_start_matches('(').chars().all(|c| c.is_ascii_digit()) && word.contains(|c: char| c.is_ascii_digit());
    let word = |(at, word): (usize, &&str)| {
        if digits(word) && counted(at) { word.replace(|c: char| c.is_ascii_digit(), "") + "N" } else { (*word).to_owned() }
    };
    words.iter().enumerate().map(word).collect::<Vec<_>>().join(" ")
}

/// How many tools are listed where no setting says otherwise.
pub fn core_count() -> usize {
    videosearch_mcp::tools::catalog::all().filter(|tool| tool.core).count()
}

/// A server before a proxy that counts its requests. Its scopes are known already.
pub fn counted(arguments: &[&str]) -> (Upstream, Server) {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, arguments);
    server.ok("get_key_info", serde_json::json!({}));
    upstream.take();
    (upstream, server)
}
