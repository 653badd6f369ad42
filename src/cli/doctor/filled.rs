//! What clients make of references to variables in their configurations.

use super::exam::Exam;
use crate::hosts::Host;

/// What a client makes of a value.
#[derive(Debug, PartialEq, Eq)]
pub enum Filled {
    /// This text.
    With(String),
    /// The client asks its user.
    Asked,
    /// It refers to a variable that is not set here.
    Unset(String),
}

/// What a reference stands for.
enum Reference<'t> {
    /// A variable, or a text in its place if it is not set.
    Variable(&'t str, Option<&'t str>),
    /// An input of the user.
    Asked,
    /// Nothing that this client knows.
    Text,
}

/// Fills in the references that this client fills in, wherever they stand. It leaves all others as they are, and so do we.
pub fn filled(value: &str, host: &Host, exam: &Exam) -> Filled {
    let (mut out, mut rest) = (String::with_capacity(value.len()), value);
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let braced = after.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        let (reference, next) = match braced {
            Some((inside, next)) => (of(inside, host), next),
            // Only this client takes a name without braces.
            None if host.id == "gemini-cli" => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                let (name, next) = after.split_at(end);
                let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
                (if is_name { Reference::Variable(name, None) } else { Reference::Text }, next)
            }
            None => (Reference::Text, after),
        };
        rest = match reference {
            Reference::Asked => return Filled::Asked,
            Reference::Text => {
                out.push('$');
                after
            }
            Reference::Variable(name, default) => {
                let Some(text) = exam.variable(name).or(default) else { return Filled::Unset(name.to_owned()) };
                out.push_str(text);
                next
            }
        };
    }
    out.push_str(rest);
    Filled::With(out)
}

/// What stands between `${` and `}`.
fn of<'t>(inside: &'t str, host: &Host) -> Reference<'t> {
    match (host.id, inside.split_once(':')) {
        ("vscode", Some(("input", _))) => Reference::Asked,
        ("vscode" | "cursor" | "windsurf", Some(("env", name))) => Reference::Variable(name, None),
        ("claude-code", Some((name, default))) if default.starts_with('-') => Reference::Variable(name, default.get(1..)),
        ("claude-code" | "gemini-cli", None) => Reference::Variable(inside, None),
        _ => Reference::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;

    #[test]
    fn references_are_filled_in_as_their_client_does_it() {
        let exam = Exam::new(Flags::default(), vec![("HOME".into(), "/h".into()), ("MY_KEY".into(), "k".into())]);
        let with = |text: &str| Filled::With(text.to_owned());
        for (id, value, expect) in [
            ("gemini-cli", "$MY_KEY", with("k")),
            ("gemini-cli", "$HOME/key", with("/h/key")),
            ("gemini-cli", "${HOME}/a$5$", with("/h/a$5$")),
            ("gemini-cli", "$NONE", Filled::Unset("NONE".into())),
            ("claude-code", "${HOME}/key", with("/h/key")),
            ("claude-code", "${NONE:-/x}/${MY_KEY:-y}", with("/x/k")),
            ("claude-code", "$HOME/key", with("$HOME/key")),
            ("vscode", "${env:HOME}/key", with("/h/key")),
            ("vscode", "a ${input:key}", Filled::Asked),
            ("cursor", "${HOME}/key", with("${HOME}/key")),
            ("cursor", "${env:HOME", with("${env:HOME")),
            ("zed", "$HOME/${HOME}", with("$HOME/${HOME}")),
        ] {
            assert_eq!(filled(value, Host::find(id).unwrap(), &exam), expect, "{id}: {value}");
        }
    }
}
