//! Asks the person at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::fence;

/// Whether somebody can be asked: stdin and stderr are a terminal.
pub fn attended() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a yes. Anything but `y` or `yes`, in any case, is a no. stderr carries the question, so that stdout stays clean.
pub fn confirmed(question: &str) -> io::Result<bool> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{} [y/N] ", fence::text(question))?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a secret without showing what is typed.
pub fn secret(prompt: &str) -> io::Result<String> {
    rpassword::prompt_password(prompt)
}
