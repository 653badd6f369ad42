//! What clients make of references to variables in their configurations.

use super::exam::Exam;
use crate::hosts::Host;

/// What a client makes of a value.
pub enum Filled {
    /// This text.
    With(String),
    /// The client asks its user.
    Asked,
    /// It refers to a variable that is not set here.
    Unset(String),
}

/// Fills in the references that this client fills in. It leaves all others as they are, and so do we.
pub fn filled(value: &str, host: &Host, exam: &Exam) -> Filled {
    let Some(inner) = value.trim().strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return Filled::With(value.to_owned());
    };
    let variable = match (host.id, inner.split_once(':')) {
        ("vscode", Some(("input", _))) => return Filled::Asked,
        ("vscode" | "cursor" | "windsurf", Some(("env", name))) => name,
        ("claude-code", Some((name, default))) if default.starts_with('-') => {
            let default = default.get(1..).unwrap_or_default();
            return Filled::With(exam.variable(name).unwrap_or(default).to_owned());
        }
        ("claude-code" | "gemini-cli", None) => inner,
        _ => return Filled::With(value.to_owned()),
    };
    match exam.variable(variable) {
        Some(value) => Filled::With(value.to_owned()),
        None => Filled::Unset(variable.to_owned()),
    }
}
