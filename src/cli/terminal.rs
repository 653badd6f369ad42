//! Asks the person at the terminal.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    pin::Pin,
    time::Duration,
};

use serde_json::{Map, json};

use crate::{
    consent::{Ask, Question, Reply, TYPED, YES},
    fence,
};

/// Whether somebody can be asked: stdin and stderr are a terminal.
pub fn attended() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a yes. Anything but `y` or `yes`, in any case, is a no. stderr carries the question, so that stdout stays clean.
pub fn confirmed(question: &str) -> io::Result<bool> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{} [y/N] ", fence::text(question))?;
    Ok(matches!(line(stderr)?.to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Reads the line that is typed after a prompt.
fn line(mut prompt: io::StderrLock<'_>) -> io::Result<String> {
    prompt.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// The person at the terminal agrees to calls of tools.
pub struct AtTerminal;

impl Ask for AtTerminal {
    /// Waits as long as it takes: nobody gives the call up.
    fn ask(&self, question: Question, _: Duration) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        let asked = tokio::task::spawn_blocking(move || put(&question));
        Box::pin(async move {
            match asked.await {
                Ok(Ok(reply)) => reply,
                Ok(Err(error)) => Reply::Failure(error.to_string()),
                Err(error) => Reply::Failure(error.to_string()),
            }
        })
    }
}

fn put(question: &Question) -> io::Result<Reply> {
    let Some(what) = question.typed else {
        let yes = confirmed(&format!("{}\nGo ahead?", question.message))?;
        let content = Map::from_iter([(YES.to_owned(), json!(true))]);
        return Ok(if yes { Reply::Accept(content) } else { Reply::Decline });
    };
    let mut stderr = io::stderr().lock();
    write!(stderr, "{}\n{what}: ", fence::text(&question.message))?;
    let typed = line(stderr)?;
    if typed.is_empty() {
        return Ok(Reply::Cancel);
    }
    Ok(Reply::Accept(Map::from_iter([(TYPED.to_owned(), json!(typed))])))
}

/// How long a signal may take that a key of the terminal sends.
#[cfg(unix)]
const SIGNAL_WITHIN: std::time::Duration = std::time::Duration::from_secs(2);

/// Asks for a secret without showing what is typed. Whatever ends the question, the terminal shows again what is typed after it.
pub fn secret(prompt: &str) -> io::Result<String> {
    #[cfg(unix)]
    put_back_at_a_signal();
    rpassword::prompt_password(prompt).map_err(|error| match error.kind() {
        // Ctrl-C was typed, and the signal ends this process, unless it goes astray.
        #[cfg(unix)]
        io::ErrorKind::Interrupted => {
            std::thread::park_timeout(SIGNAL_WITHIN);
            io::Error::other("the question was interrupted; nothing was written")
        }
        io::ErrorKind::UnexpectedEof => io::Error::other("no key was given; nothing was written"),
        _ => error,
    })
}

/// From now on, a signal that ends this process first puts the terminal back as it is now. rpassword does that only when it has an answer.
#[cfg(unix)]
fn put_back_at_a_signal() {
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    use tokio::signal::unix::{SignalKind, signal};

    let Ok(terminal) = std::fs::File::open("/dev/tty") else { return };
    let Ok(before) = tcgetattr(&terminal) else { return };
    let (ready, listens) = std::sync::mpsc::channel();
    std::thread::spawn(move || -> io::Result<()> {
        let caught = super::runtime()?.block_on(async {
            let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            let mut hangup = signal(SignalKind::hangup())?;
            ready.send(()).map_err(io::Error::other)?;
            Ok::<_, io::Error>(tokio::select! {
                _ = interrupt.recv() => SignalKind::interrupt(),
                _ = terminate.recv() => SignalKind::terminate(),
                _ = hangup.recv() => SignalKind::hangup(),
            })
        })?;
        // A terminal that is gone cannot be put back.
        let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
        super::print::end_by(caught.as_raw_value())
    });
    // If nobody listens, the question is asked all the same.
    let _ = listens.recv();
}
