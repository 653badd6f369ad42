//! What stays of the present entry when setup runs again: the settings that the call does not name.
//!
//! A setting may be a limit, or the address that the key was issued by. Whoever runs setup again for something else does not mean to take
//! it away.

use std::path::PathBuf;

use clap::Parser;

use super::{NAME, given, plan, target::Target};
use crate::{
    cli::{Cli, Command, print, word::word},
    config::{SETTINGS, at_home, variable},
    hosts::{Entry, Host},
    key::{SPELLINGS, placeholder, tidy},
};

/// The settings of an entry, each under the name that it has there.
#[derive(Default)]
pub(super) struct Kept {
    /// The key file that it names.
    pub key_file: Option<PathBuf>,
    /// The API's address.
    pub base: Option<(String, String)>,
    /// All others, but for those that lead to the key or choose the playground.
    pub others: Vec<(String, String)>,
}

/// The end of a setting's name, which is the same for all prefixes.
fn suffix(name: &str) -> Option<&str> {
    let suffix = SPELLINGS.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    SETTINGS.iter().any(|setting| setting.name.strip_prefix("VIDEOSEARCH_") == Some(suffix)).then_some(suffix)
}

impl Kept {
    /// The settings of the present entry, if it starts this program.
    pub fn of(target: &Target) -> Self {
        let entry = plan::present(target).filter(|entry| entry.url.is_none() && plan::starts_us(entry));
        entry.map(|entry| Self::of_entry(&entry)).unwrap_or_default()
    }

    fn of_entry(entry: &Entry) -> Self {
        let mut kept = Self::default();
        for (name, value) in typed(entry).into_iter().chain(entry.env.iter().cloned()) {
            match suffix(&name) {
                None | Some("API_KEY" | "PLAYGROUND") => {}
                Some("API_KEY_FILE") => kept.key_file = kept.key_file.or_else(|| whole(&value)),
                Some("BASE_URL") => kept.base = kept.base.or(Some((name, value))),
                // What stands first counts, as it does for the server.
                Some(_) if has(&kept.others, &name) => {}
                Some(_) => kept.others.push((name, value)),
            }
        }
        kept
    }

    /// Leaves out what is named now, and what setup would write for this client anyway.
    pub fn without(mut self, named: &[(String, String)], host: &Host) -> Self {
        let suits = |name: &str, value: &str| match suffix(name) {
            Some("TOOLSETS") => host.toolsets() == Some(value),
            Some("OUTPUT") => host.output() == Some(value),
            _ => false,
        };
        self.others.retain(|(name, value)| !has(named, name) && !suits(name, value));
        self
    }

    /// Says what stays, and how it goes.
    pub fn tell(&self, target: &Target) {
        let names: Vec<&str> = self.base.iter().chain(&self.others).map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            return;
        }
        let name = if target.name == NAME { String::new() } else { format!(" --name {}", word(&target.name)) };
        print::note(format_args!(
            "Note: kept from the present entry: {}. A flag changes a setting; to take all of them out, run \
             `videosearch-mcp setup {} --remove{name}` first.",
            names.join(", "),
            target.host.id
        ));
    }

    /// Says what goes, since the entry becomes one for an address.
    pub fn tell_gone(&self) {
        let names: Vec<&str> = self.base.iter().chain(&self.others).map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            print::note(format_args!(
                "Note: not kept from the present entry: {}. The server at --url has its own settings.",
                names.join(", ")
            ));
        }
    }
}

/// Whether a list has this setting, under any prefix.
pub(super) fn has(list: &[(String, String)], name: &str) -> bool {
    list.iter().any(|(known, _)| known == name || suffix(known).is_some() && suffix(known) == suffix(name))
}

/// Brings variables into the order of the README, so that a second entry looks like the first.
pub(super) fn in_order(env: &mut [(String, String)]) {
    let place = |name: &str| SETTINGS.iter().position(|setting| setting.name.strip_prefix("VIDEOSEARCH_") == suffix(name));
    env.sort_by_key(|(name, _)| place(name));
}

/// The settings that an entry gives as arguments, as variables. A runner like `npx` has arguments of its own before them.
fn typed(entry: &Entry) -> Vec<(String, String)> {
    let own = entry.args.iter().rposition(|argument| Entry { command: argument.clone(), ..Entry::default() }.is_ours());
    let arguments = entry.args.iter().skip(own.map_or(0, |place| place + 1)).map(String::as_str);
    let Ok(cli) = Cli::try_parse_from(std::iter::once("videosearch-mcp").chain(arguments)) else { return Vec::new() };
    if !matches!(cli.command, None | Some(Command::Serve(_))) {
        return Vec::new();
    }
    let file = cli.settings.api_key_file.as_ref().and_then(|path| path.to_str()).map(|path| ("VIDEOSEARCH_API_KEY_FILE", path.to_owned()));
    let base = cli.settings.base_url.clone().map(|url| ("VIDEOSEARCH_BASE_URL", url));
    let leading = file.into_iter().chain(base).map(|(name, value)| (name.to_owned(), value));
    leading.chain(given(&cli.settings).unwrap_or_default()).collect()
}

/// A path that means the same wherever the server is started.
fn whole(text: &str) -> Option<PathBuf> {
    let text = tidy(text);
    let path = at_home(text.as_ref(), &variable);
    (!placeholder(text) && path.is_absolute()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_arguments_come_before_variables_and_the_key_stays_apart() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let entry = Entry {
            command: "npx".into(),
            args: ["-y", "videosearch-mcp@1", "serve", "--read-only", "--max-mt-per-day", "5"].map(str::to_owned).to_vec(),
            env: vec![
                pair("VIDEOSEARCH_API_KEY", "k"),
                pair("VIDEOVECTOR_MAX_MT_PER_DAY", "9"),
                pair("VIDEOSEARCH_PLAYGROUND", "1"),
                pair("VIDEOVECTOR_BASE_URL", "https://api.example/v2"),
                pair("HTTPS_PROXY", "http://p"),
            ],
            ..Entry::default()
        };
        let kept = Kept::of_entry(&entry);
        let others = [pair("VIDEOSEARCH_READ_ONLY", "true"), pair("VIDEOSEARCH_MAX_MT_PER_DAY", "5")];
        assert_eq!((kept.key_file, kept.base), (None, Some(pair("VIDEOVECTOR_BASE_URL", "https://api.example/v2"))));
        assert_eq!(kept.others, others);
        let entry = Entry { env: vec![pair("VIDEOVECTOR_MAX_MT_PER_DAY", "9"), pair("VIDEOSEARCH_OUTPUT", "lines")], ..Entry::default() };
        let named = [pair("VIDEOSEARCH_MAX_MT_PER_DAY", "1")];
        let host = Host::find("codex").unwrap();
        assert_eq!(Kept::of_entry(&entry).without(&named, host).others, []);
    }
}
