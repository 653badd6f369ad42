//! The configured key: where it is, what it looks like, when it ends.

use std::path::Path;

use super::{
    check::{Because, Finding, Judged},
    exam::Exam,
    names::{holding_keys, misspelt},
    settings::mode,
};
use crate::{
    cli::word::word,
    disk,
    gate::KeyState,
    key::{Expiry, FileFault, KeyForm, KeySource, Oddity, Reading, SPELLINGS, Sidecar, mistaken, oddities, placeholder, tidy},
    tools::text,
};

const NO_KEY: &str = "Set VIDEOSEARCH_API_KEY, or VIDEOSEARCH_API_KEY_FILE with the path of a file that holds the key, where the client \
                      starts the server; `videosearch-mcp setup CLIENT` does so. To try without an account, use --playground.";

/// Where the key comes from, and what else is set.
pub fn source(exam: &Exam) -> Judged {
    let config = exam.config()?;
    match &config.key {
        KeySource::Playground | KeySource::Caller(_) => Ok(Finding::ok("the playground in this process makes its own")),
        KeySource::Missing { placeholders } => Ok(missing(exam, placeholders)),
        KeySource::File { path, named_by } => Ok(chosen(exam, named_by, &format!("{named_by} = {}", exam.shown(path)))),
        KeySource::Variable { name, .. } => Ok(chosen(exam, name, &format!("environment variable {name}"))),
    }
}

fn missing(exam: &Exam, placeholders: &[String]) -> Finding {
    if let Some(name) = placeholders.first() {
        let found = format!("{} holds a placeholder that nobody filled in, so no key is set", placeholders.join(", "));
        return Finding::fail(found, format!("Put the key itself into {name}: whatever sets it does not replace ${{...}} or <your-...>."));
    }
    if let Some(near) = misspelt(exam.variables.keys().map(String::as_str)).into_iter().find(super::names::Misspelt::is_key) {
        let meant = near.meant.unwrap_or_default();
        return Finding::fail(
            format!("no key is set; {} is set, but this program does not read it", near.name),
            format!("Rename {} to {meant}.", near.name),
        );
    }
    let variables = exam.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    if let Some(name) = holding_keys(variables).first() {
        let found = format!("no key is set; {name} seems to hold one, but this program does not read it");
        return Finding::fail(found, format!("Rename {name} to VIDEOSEARCH_API_KEY."));
    }
    if let Some(name) =
        sources().find(|name| exam.environment.iter().any(|(set, _)| set == name.as_str()) && !exam.variables.contains_key(name))
    {
        return Finding::fail(format!("{name} is not valid text, so no key is set"), format!("Put the key itself into {name}."));
    }
    let empty = sources().find(|name| exam.variables.contains_key(name)).map(|name| format!("; {name} is empty")).unwrap_or_default();
    if let Some(entry) = &exam.elsewhere {
        let found = format!("no key is set here{empty}, so only what was given here is judged; {entry} has its own settings");
        return Finding::warn(found, "Run doctor without flags to examine the settings of that entry.");
    }
    Finding::fail(format!("no key is set{empty}"), NO_KEY)
}

/// The variables that can give a key, the strongest first.
fn sources() -> impl Iterator<Item = String> {
    ["API_KEY_FILE", "API_KEY"].into_iter().flat_map(|suffix| SPELLINGS.iter().map(move |prefix| format!("{prefix}{suffix}")))
}

fn chosen(exam: &Exam, winner: &str, found: &str) -> Finding {
    let filled = |name: &String| exam.variable(name).is_some_and(|value| !tidy(value).is_empty() && !placeholder(value));
    let others: Vec<String> = sources().filter(|name| name != winner && filled(name)).collect();
    if others.is_empty() {
        return Finding::ok(found);
    }
    let also = text::names(others.iter().map(String::as_str), 5);
    Finding::warn(format!("{found}; it wins over {also}"), format!("Take away {also}, unless {winner} is meant to win."))
}

/// Whether the key file can be read, and by whom.
pub fn file(exam: &Exam) -> Judged {
    let (path, named_by) = exam.key_file()?;
    Ok(judge_file(exam, path, named_by, exam.reading()?))
}

/// Judges a key file, but not its content.
fn judge_file(exam: &Exam, path: &Path, named_by: &str, reading: &Reading) -> Finding {
    let place = exam.shown(path);
    if let Some(first) = path.iter().next().and_then(|part| part.to_str()).filter(|part| part.starts_with(['~', '$', '%'])) {
        return Finding::fail(
            format!("{named_by} begins with {first}, which only a shell replaces"),
            format!("Write the whole path into {named_by}."),
        );
    }
    if path.to_str().and_then(mistaken).is_some() && reading.key == Err(FileFault::Missing) {
        return Finding::fail(
            format!("{named_by} holds a secret, not the path of a file"),
            format!("Put the key into VIDEOSEARCH_API_KEY, or into a file (mode 600), and the path of that into {named_by}."),
        );
    }
    match reading.key {
        Err(ref fault @ FileFault::Missing) => {
            let remedy = format!("Write the key into {place} (mode 600), or correct {named_by}.");
            return Finding::fail(format!("{place} cannot be read: {fault}"), remedy);
        }
        Err(FileFault::Io(ref reason)) => {
            let remedy = format!("Make {place} readable to this user, or name another file with {named_by}.");
            return Finding::fail(format!("{place}: {reason}"), remedy);
        }
        Err(FileFault::NotRegular(kind)) => {
            return Finding::fail(
                format!("{place} is {kind}, not a regular file"),
                format!("Name a file that holds the key with {named_by}."),
            );
        }
        Err(FileFault::TooLarge) => {
            return Finding::fail(
                format!("{place} is larger than 4 KiB, so it is no key file"),
                "Put the key alone on one line of a file of its own.",
            );
        }
        Err(FileFault::NotText) => {
            let what = if reading.oddities.contains(&Oddity::Utf16) { "is UTF-16" } else { "is not UTF-8 text" };
            return Finding::fail(format!("{place} {what}"), "Save it as plain text (ASCII or UTF-8), with the key alone on one line.");
        }
        Err(FileFault::Placeholder | FileFault::Key(_)) | Ok(_) => {}
    }
    if reading.exposed {
        let mode = mode(path).map(|mode| format!(" (mode {mode:o})")).unwrap_or_default();
        return Finding::warn(format!("{place} is open to other users of this machine{mode}"), format!("chmod 600 {}", word(&place)));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some((parent, mode)) = parent.and_then(|parent| Some((parent, disk::lets_replace(parent)?))) {
        let parent = exam.shown(parent);
        let found = format!("{place} is private, but others can replace it: its directory has mode {mode:o}");
        return Finding::warn(found, format!("chmod 700 {}", word(&parent)));
    }
    if path.is_relative() {
        let found = format!("{place} is a relative path; clients start the server in directories of their own choice");
        return Finding::warn(found, format!("Write the whole path into {named_by}."));
    }
    let private = mode(path).map_or_else(|| "readable".to_owned(), |mode| format!("private (mode {mode:o})"));
    Finding::ok(format!("{place}, {private}"))
}

/// Whether the text looks like a key.
pub fn form(exam: &Exam) -> Judged {
    let config = exam.config()?;
    let (place, odd, key) = match &config.key {
        KeySource::Playground | KeySource::Caller(_) => return Err("the playground has a key of its own".into()),
        KeySource::Missing { .. } => return Err("no key is set".into()),
        KeySource::Variable { name, key } => {
            let odd = oddities(exam.variable(name).unwrap_or_default().as_bytes());
            (name.clone(), odd, key.clone().map_err(FileFault::Key))
        }
        KeySource::File { path, .. } => {
            let reading = exam.reading()?;
            if matches!(
                reading.key,
                Err(FileFault::Missing | FileFault::Io(_) | FileFault::NotRegular(_) | FileFault::TooLarge | FileFault::NotText)
            ) {
                return Err(Because("the key file gives no text".into()));
            }
            (exam.shown(path), reading.oddities.clone(), reading.key.clone())
        }
    };
    let has = |oddity| odd.contains(&oddity);
    let alone = format!("Put the key alone into {place}: sk_live_ and 48 hexadecimal digits, nothing around it.");
    let key = match key {
        Ok(key) => key,
        Err(_) if has(Oddity::Assignment) => return Ok(Finding::fail(format!("{place} holds a name before the key"), alone)),
        Err(FileFault::Placeholder) => return Ok(Finding::fail(format!("{place} holds a placeholder that nobody filled in"), alone)),
        Err(fault) => return Ok(Finding::fail(format!("what {place} holds is no key: {fault}"), alone)),
    };
    let end = if key.last_four().is_empty() { String::new() } else { format!(", ending in …{}", key.last_four()) };
    if key.form() == KeyForm::Other {
        let found = if has(Oddity::Token) {
            format!("{place} holds a session token (JWT), which manages keys but is not an API key")
        } else if has(Oddity::Assignment) {
            format!("{place} holds a name before the key")
        } else {
            format!("the key in {place} does not have the usual form{end}")
        };
        return Ok(Finding::warn(found, alone));
    }
    let around = [(Oddity::Quotes, "quotes"), (Oddity::WhiteSpace, "white space"), (Oddity::ByteOrderMark, "a byte order mark")];
    let around: Vec<&str> = around.into_iter().filter(|(oddity, _)| has(*oddity)).map(|(_, what)| what).collect();
    if !around.is_empty() {
        let found = format!("{place} has {} around the key, dropped here{end}", around.join(" and "));
        return Ok(Finding::warn(found, format!("Take away what is around the key in {place}; other programs may not drop it.")));
    }
    Ok(Finding::ok(format!("sk_live_ and 48 hexadecimal digits{end}")))
}

/// When the key ends, as far as the file beside it says.
pub async fn expiry(exam: &Exam) -> Judged {
    let (path, _) = exam.key_file()?;
    let Some(sidecar) = Sidecar::read_patiently(path) else { return Err("nothing is recorded beside the key file".into()) };
    // A rotated key keeps its end, so the user needs a new key.
    let renew = format!(
        "Make a new one in its place: videosearch-mcp keys create --name NAME --expires-in-days 90 --write {} --yes",
        word(&exam.shown(path))
    );
    let recorded = "as recorded beside the key file";
    let expiry = Expiry::now(sidecar.expires_at.as_deref());
    let day = sidecar.expires_at.as_deref().and_then(|at| at.get(..10)).unwrap_or_default();
    let alarm = expiry.alarm().unwrap_or_default();
    Ok(match expiry {
        Expiry::Never => Finding::ok(format!("never, {recorded}")),
        Expiry::Unreadable => Finding::warn("the time recorded beside the key file cannot be read", renew),
        Expiry::Later { .. } => Finding::ok(format!("in {expiry}, on {day}, {recorded}")),
        Expiry::Soon { .. } => Finding::warn(format!("{alarm}: in {expiry}, on {day}, {recorded}"), renew),
        Expiry::Expired { .. } if exam.account().await.is_ok_and(|report| matches!(report.state, KeyState::Live(_))) => {
            Finding::warn(format!("{alarm} {expiry}, {recorded}, but the API accepts the key, so the record is about another key"), renew)
        }
        Expiry::Expired { .. } => Finding::fail(format!("{alarm} {expiry}, on {day}, {recorded}"), renew),
    })
}
