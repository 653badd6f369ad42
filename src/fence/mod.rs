//! The fence: whatever leaves the process passes it.
//!
//! Texts come from everywhere: the API, other people's files, arguments, libraries. On its way out each of them loses two things: the
//! secrets of this process in any spelling, and the characters that a reader does not see. The protocol's lines, the log, stdout, stderr
//! and the files beside a key go through here. Only what a command was asked to print as a secret goes around it (`cli::print`).
//!
//! The types that hold secrets do not print them, and that is the first fence. This one is for everything that somebody else repeats.
//!
//! This layer knows keys and characters. It must not know tools, messages or commands. Start with [`text`] and [`json_line`].

mod characters;
mod json;

use std::{borrow::Cow, sync::LazyLock};

pub use characters::{clean, clean_line, clean_members, clean_value};
pub use json::json_line;

use crate::key::{ApiKey, Scrubber, SessionToken};

/// The secrets of this process.
static SECRETS: LazyLock<Scrubber> = LazyLock::new(Scrubber::default);

/// Takes this key out of everything that leaves the process from now on, whatever its form.
pub fn hide(key: &ApiKey) {
    SECRETS.learn(key);
}

/// Takes this session token out of everything that leaves the process from now on.
pub fn hide_token(token: &SessionToken) {
    SECRETS.learn_token(token);
}

/// Takes this secret of another service out of everything that leaves the process from now on. Less than 8 characters are no secret.
pub fn hide_secret(secret: &str) {
    SECRETS.learn_other(secret);
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
    match clean {
        Cow::Borrowed(text) => SECRETS.scrub(text),
        Cow::Owned(text) => Cow::Owned(SECRETS.scrub(&text).into_owned()),
    }
}

/// Every string and every member name of a value, as [`text`] leaves them.
pub fn value(value: &mut serde_json::Value) {
    characters::map_value(value, &text);
}
