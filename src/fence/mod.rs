//! The fence: whatever leaves the process passes it.
//!
//! Texts come from everywhere: the API, other people's files, arguments, libraries. On its way out each of them loses two things: the
//! secrets of this process in any spelling, and the characters that a reader does not see. The protocol's lines, the log, stdout, stderr
//! and the files beside a key go through here. Only what a command was asked to print as a secret goes around it (`cli::print`).
//!
//! A secret that a caller writes into the arguments of a call is nothing to other callers. It goes out of the answer and the log lines of that
//! call alone ([`of_one_call`]), so that no caller can change what others read.
//!
//! The types that hold secrets do not print them, and that is the first fence. This one is for everything that somebody else repeats.
//!
//! This layer knows keys and characters, and `json` the places of ids in the protocol's lines. It must not know tools or commands. Start with
//! [`text`] and [`json_line`].

mod characters;
mod json;

use std::{borrow::Cow, cell::OnceCell, path::Path, sync::LazyLock};

pub use characters::{clean, clean_line, clean_members, clean_value};
pub use json::json_line;

use crate::key::{ApiKey, Scrubber, SessionToken, mistaken};

/// The secrets of this process.
static SECRETS: LazyLock<Scrubber> = LazyLock::new(Scrubber::default);

tokio::task_local! {
    /// The secrets among the arguments of the call that is running, if there are any.
    static OF_THE_CALL: OnceCell<Scrubber>;
}

/// Does the work of one call, with secrets of its own.
pub async fn of_one_call<F: Future>(work: F) -> F::Output {
    OF_THE_CALL.scope(OnceCell::new(), work).await
}

/// Takes this secret out of the log lines of the call that is running, and of what [`text`] and [`value`] are given in it. Outside of a call
/// of many, out of everything that leaves the process. Less than 8 characters are no secret.
pub fn hide_in_call(secret: &str) {
    if OF_THE_CALL.try_with(|own| own.get_or_init(Scrubber::default).learn_other(secret)).is_err() {
        hide_secret(secret);
    }
}

/// Whether the call that is running has secrets of its own.
pub fn call_has_secrets() -> bool {
    of_the_call().is_some()
}

/// Takes this key out of everything that leaves the process from now on, whatever its form.
pub fn hide(key: &ApiKey) {
    SECRETS.learn(key);
}

/// Takes this session token out of everything that leaves the process from now on.
pub fn hide_token(token: &SessionToken) {
    SECRETS.learn_token(token);
}

/// Takes this secret of another service out of everything that leaves the process, until 128 newer ones came. Less than 8 characters are no
/// secret. This is for the secrets of this machine.
pub fn hide_secret(secret: &str) {
    SECRETS.learn_other(secret);
}

/// Takes a secret that was given for the path of a file out of everything that leaves the process. Returns whether it is one: it looks like a
/// secret, and there is no such file.
pub fn hide_mistaken(path: &Path) -> bool {
    let secret = path.to_str().and_then(mistaken).filter(|_| !path.exists());
    if let Some(secret) = secret {
        SECRETS.learn_mistaken(secret);
    }
    secret.is_some()
}

/// The text without hidden characters and without secrets. Borrowed if it had none.
pub fn text(text: &str) -> Cow<'_, str> {
    scrubbed(clean(text))
}

/// The text without secrets. Its control characters stay: this is for what carries the colours of a terminal and was cleaned before.
pub fn painted(text: &str) -> Cow<'_, str> {
    SECRETS.scrub(text)
}

/// The text as one line: like [`text`], and each end of a line becomes a space.
pub fn line(line: &str) -> Cow<'_, str> {
    scrubbed(clean_line(line))
}

/// A cleaned text without secrets. Cleaned first, so that a hidden character inside of a key does not save it.
fn scrubbed(clean: Cow<'_, str>) -> Cow<'_, str> {
    let clean = without(&SECRETS, clean);
    match of_the_call() {
        Some(of_the_call) => without(&of_the_call, clean),
        None => clean,
    }
}

fn of_the_call() -> Option<Scrubber> {
    OF_THE_CALL.try_with(|own| own.get().cloned()).ok().flatten()
}

fn without<'t>(secrets: &Scrubber, text: Cow<'t, str>) -> Cow<'t, str> {
    match text {
        Cow::Borrowed(text) => secrets.scrub(text),
        Cow::Owned(text) => Cow::Owned(secrets.scrub(&text).into_owned()),
    }
}

/// Every string and every member name of a value, as [`text`] leaves them.
pub fn value(value: &mut serde_json::Value) {
    characters::map_value(value, &text, &text);
}
