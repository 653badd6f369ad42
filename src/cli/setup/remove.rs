//! `setup CLIENT --remove`.

use std::path::Path;

use anyhow::{anyhow, bail};

use super::{
    diff,
    file::{self, Outcome},
    here::Here,
    key,
    memory::Memory,
    plan,
    target::{Target, agree},
};
use crate::{
    cli::{Failure, keys::record, print, typed},
    hosts::Entry,
    key::Sidecar,
};

/// Takes our entry out, or puts back the one that it replaced.
pub(super) fn run(target: &Target, here: &Here, yes: bool) -> Result<(), Failure> {
    let file = target.file.display();
    let Some(Change { before, after, .. }) = change(target, here)? else {
        print::note(format_args!("{file} has no entry `{}`; nothing to remove.", target.name));
        return Ok(());
    };
    file::check_writable(&target.file, false)?;
    print::note(&file);
    let known = [plan::known(target, &before), plan::known(target, &after)].concat();
    print::note(diff::changed(&before, &after, &known));
    let goes = Memory::open(here)?.made(target).is_some() && is_empty(&after, target.host.servers);
    agree(&format!("{} {file}?", if goes { "Delete" } else { "Write" }), yes)?;
    let _lock = here.lock().map_err(|error| anyhow!("{error:#}. Nothing was changed"))?;
    for attempt in 0.. {
        let Some(Change { before, after, entry, back }) = change(target, here)? else { return Ok(()) };
        let made = Memory::open(here)?.made(target).filter(|_| is_empty(&after, target.host.servers)).map(Path::to_owned);
        let outcome = match &made {
            // The file was made for this entry, and nothing else came into it.
            Some(made) => file::delete(&target.file, &before, made)?,
            None => file::replace(&target.file, Some(&before), &after, false)?,
        };
        match outcome {
            Outcome::Changed if attempt == 0 => {
                print::note(format_args!("{file} was changed in the meantime. Starting again from its new content."));
            }
            Outcome::Changed => break,
            Outcome::Written { backup } => {
                Memory::open(here)?.note(target, None)?;
                if made.is_some() {
                    print::note(format_args!("Deleted {file}, which setup had made for `{}`", target.name));
                } else if back {
                    print::note(format_args!("Put back in {file} the entry `{}` that setup had replaced", target.name));
                } else {
                    print::note(format_args!("Removed `{}` from {file}", target.name));
                }
                if let Some(backup) = &backup {
                    print::note(format_args!("What it held before is in {}", backup.display()));
                }
                print::note(leftover(&entry, backup.as_deref()));
                if back {
                    print::note(format_args!("Then: {}.", target.host.reload));
                } else {
                    print::note(format_args!("Restart {} if it still shows the server.", target.host.title));
                }
                return Ok(());
            }
        }
    }
    Err(anyhow!("another program keeps changing {file}. Quit {} and try again", target.host.title).into())
}

/// Whether a configuration says nothing: it is empty, or holds the member for servers alone, and no server.
fn is_empty(text: &str, servers: &str) -> bool {
    let rest = text.replacen(&format!("\"{servers}\""), "", 1);
    rest.chars().all(|c| c.is_whitespace() || matches!(c, '{' | '}' | ':'))
}

/// A removal that we have worked out and checked.
struct Change {
    before: String,
    after: String,
    entry: Entry,
    /// Whether the entry from before comes back.
    back: bool,
}

/// Says what happens to the key that the entry used.
fn leftover(entry: &Entry, backup: Option<&Path>) -> String {
    let file = entry.variable(key::FILE_VARIABLE);
    let id = file
        .and_then(|file| Sidecar::read_patiently(&typed::expanded(file.into()))?.key_id)
        .map_or_else(|| "ID".to_owned(), |id| record::id(&id));
    let end = format!("if nothing else uses it, end it with `videosearch-mcp keys revoke {id}`");
    if entry.url.is_some() {
        return if entry.sends() {
            format!(
                "A key that it sent still works; {end}. A token of that server is ended there, with `videosearch-mcp http token remove`."
            )
        } else {
            "It sent no key.".into()
        };
    }
    match file {
        Some(file) => format!("The key stays in {file}; {end} and delete the file."),
        None if entry.variable(key::VARIABLE).is_some() => {
            let copy = backup.map(|backup| format!(", and {} holds a copy of it to delete", backup.display())).unwrap_or_default();
            format!("The key that stood in the entry still works{copy}; {end}.")
        }
        None => "It used no key.".into(),
    }
}

/// Works out the removal. `None` if there is no such entry.
fn change(target: &Target, here: &Here) -> anyhow::Result<Option<Change>> {
    let Some(before) = file::read(&target.file)? else { return Ok(None) };
    let found = target.host.read(&before).map_err(|fault| plan::left_alone(target, &fault, true))?;
    let Some(present) = found.iter().find(|found| found.name == target.name) else { return Ok(None) };
    let memory = Memory::open(here)?;
    let known = memory.recall(target);
    // An entry for an address does not tell whose server that is. So we also go by what setup wrote.
    let ours = |entry: &Entry| plan::starts_us(entry) || entry.url.is_some() && known.is_some();
    let Some(entry) = present.entry.clone().filter(ours) else {
        let other = match &present.entry {
            Some(entry) if entry.url.is_none() => format!("it starts {}", entry.command),
            _ => "it leads to another server".to_owned(),
        };
        bail!("the entry `{}` of {} is not ours: {other}. It was left as it is", target.name, target.file.display());
    };
    let undo = known.cloned().unwrap_or_default();
    let after = target.host.remove(&before, &target.name, &undo).map_err(|fault| plan::left_alone(target, &fault, true))?;
    Ok(after.map(|after| Change { before, after, entry, back: undo.replaced.is_some() }))
}
