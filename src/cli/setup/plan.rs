//! Works out what would change in a configuration.

use anyhow::anyhow;

use super::{
    binary, diff,
    file::{self, Outcome},
    here::Here,
    key::KeyPlan,
    mask,
    memory::Memory,
    target::Target,
};
use crate::{
    cli::{print, word::word},
    config::SETTINGS,
    hosts::{Edit, Entry, Fault, Format, Found},
    key::SPELLINGS,
};

/// A change that we have worked out and checked, for one state of the file.
pub(super) struct Plan {
    /// The file as it was read; `None` if there is none.
    pub before: Option<String>,
    edit: Edit,
    /// The texts of the entry that was asked for.
    asked: Vec<String>,
    /// Whether the present entry of that name may be one that setup wrote: it starts this program, or holds an address.
    ours: bool,
}

impl Plan {
    /// Works out the change. Nothing is written.
    pub fn new(target: &Target, entry: &Entry) -> anyhow::Result<Self> {
        let before = file::read(&target.file)?;
        let text = before.as_deref().unwrap_or_default();
        let mut edit = target.host.put(text, &target.name, entry).map_err(|fault| left_alone(target, &fault, false))?;
        if before.is_none() {
            // There was no file. Some hosts cannot read an empty one, so a removal will leave a valid file without entries.
            edit.undo.inner = None;
        }
        let may_be_ours = |found: &Found| is_ours(found) || found.entry.as_ref().is_some_and(|entry| entry.url.is_some());
        let ours = target.host.read(text).is_ok_and(|found| found.iter().any(|found| found.name == target.name && may_be_ours(found)));
        Ok(Self { before, edit, asked: mask::texts(&target.host.snippet(&target.name, entry)), ours })
    }

    /// Whether there is anything to do.
    pub fn changes(&self) -> bool {
        self.before.as_deref() != Some(self.edit.text.as_str())
    }

    /// Refuses a file that must not be changed, or that cannot be. `closed` as in [`file::replace`].
    pub fn writable(&self, target: &Target, closed: bool) -> anyhow::Result<()> {
        if self.changes() { file::check_writable(&target.file, closed) } else { Ok(()) }
    }

    /// Shows the lines that change.
    pub fn show(&self, target: &Target, key: Option<&KeyPlan>) {
        let before = self.before.as_deref().unwrap_or_default();
        let secret = key.and_then(KeyPlan::secret);
        let mut known = known(target, before);
        known.extend(self.asked.iter().filter(|text| secret.as_deref().is_none_or(|secret| !text.contains(secret))).cloned());
        for other in target.host.read(before).unwrap_or_default().iter().filter(|other| other.name != target.name && is_ours(other)) {
            print::note(format_args!("Note: the entry `{}` on line {} of it starts videosearch-mcp, too.", other.name, other.line));
        }
        let new = if self.before.is_some() { "" } else { " (new)" };
        print::note(format_args!("{}{new}", target.file.display()));
        print::note(diff::changed(before, &self.edit.text, &known));
    }

    /// Makes the change. We first remember how to take it back, so that a crash in between loses nothing.
    pub fn write(&self, target: &Target, here: &Here, closed: bool) -> anyhow::Result<Outcome> {
        let mut memory = Memory::open(here)?;
        let known = memory.recall(target).filter(|_| self.ours).cloned();
        memory.note(target, Some(known.unwrap_or_else(|| self.edit.undo.clone())))?;
        file::replace(&target.file, self.before.as_deref(), &self.edit.text, closed)
    }
}

/// The present entry of that name, if it can be read.
pub(super) fn present(target: &Target) -> Option<Entry> {
    let text = file::read(&target.file).ok()??;
    target.host.read(&text).ok()?.into_iter().find(|found| found.name == target.name)?.entry
}

pub(super) fn is_ours(found: &Found) -> bool {
    found.entry.as_ref().is_some_and(starts_us)
}

/// Whether an entry starts this program: its command has our name, or is this file under another name.
pub(super) fn starts_us(entry: &Entry) -> bool {
    entry.is_ours() || binary::is_own(&entry.command)
}

/// Why a configuration was not touched, and what to do about it.
pub(super) fn left_alone(target: &Target, fault: &Fault, removal: bool) -> anyhow::Error {
    let strict = if target.host.format == Format::Json { format!(" ({} takes strict JSON)", target.host.title) } else { String::new() };
    let by_hand = if removal {
        format!("take the entry `{}` out by hand", target.name)
    } else {
        format!("add by hand what this prints: {}", printing())
    };
    anyhow!("{}: {fault}{strict}. It was left as it is. Correct it there and try again, or {by_hand}", target.file.display())
}

/// This command, to print the entry.
fn printing() -> String {
    let given = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let words = given.filter(|argument| !matches!(argument.as_str(), "--yes" | "-y" | "--print")).map(|argument| word(&argument));
    let words: Vec<String> = words.collect();
    format!("videosearch-mcp {} --print", words.join(" "))
}

/// The texts of the entry of that name that may be shown: what it starts, and if that is this program, the values of its settings.
pub(super) fn known(target: &Target, text: &str) -> Vec<String> {
    let found = target.host.read(text).unwrap_or_default().into_iter().filter(|found| found.name == target.name);
    // Words that every entry has, or that are no secret in any.
    let mut out = vec![target.name.clone(), "stdio".to_owned(), "http".to_owned()];
    for entry in found.filter_map(|found| found.entry) {
        if starts_us(&entry) {
            out.extend(entry.args.iter().filter(|flag| flag.starts_with("--") && !flag.contains('=')).cloned());
            out.extend(entry.env.iter().filter(|(name, _)| is_plain(name)).map(|(_, value)| value.clone()));
        }
        out.push(entry.command);
    }
    out
}

/// Whether a variable is a setting of ours whose value is no key.
fn is_plain(name: &str) -> bool {
    let setting = |rest: &str| SETTINGS.iter().any(|setting| setting.name.strip_prefix("VIDEOSEARCH_") == Some(rest));
    SPELLINGS.iter().any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| rest != "API_KEY" && setting(rest)))
}
