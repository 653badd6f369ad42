//! `setup` alone: lists the clients and their state.

use std::path::Path;

use super::{binary, file, here::Here, memory::Memory, plan};
use crate::{
    cli::table::Table,
    hosts::{Entry, Found, HOSTS, Host, Surroundings},
};

/// One row a client.
pub(super) fn table(here: &Here) -> Table {
    // What setup itself made is no sign of a client.
    let memory = Memory::open(here).ok();
    let ours = memory.as_ref().map(Memory::only_ours).unwrap_or_default();
    let exists = |path: &Path| path.exists() && !ours.iter().any(|made| path.starts_with(made)) && !file::only_backups(path);
    let around = Surroundings { exists: &exists, ..here.surroundings() };
    let mut table = Table::new(["client", "installed", "state", "file"]);
    for host in HOSTS {
        let installed = if host.is_installed(&around) { "yes" } else { "no" };
        let (state, file) = match host.config_file(&around) {
            Some(path) => {
                let wrote = |name: &str| memory.as_ref().is_some_and(|memory| memory.knows(&path, name));
                (state(host, file::read(&path), &wrote), path.display().to_string())
            }
            None => ("no home directory".into(), String::new()),
        };
        table.row([host.id.into(), installed.into(), state, file]);
    }
    table
}

/// `wrote` tells which entries setup wrote: an address does not tell whose server it is.
fn state(host: &Host, content: anyhow::Result<Option<String>>, wrote: &dyn Fn(&str) -> bool) -> String {
    let text = match content {
        Ok(text) => text.unwrap_or_default(),
        Err(error) => return format!("unreadable: {}", error.root_cause()),
    };
    let found = match host.read(&text) {
        Ok(found) => found,
        Err(fault) => return format!("unreadable: {fault}"),
    };
    let remote = |found: &Found| found.entry.as_ref().is_some_and(|entry| entry.url.is_some()) && wrote(&found.name);
    let ours = found
        .iter()
        .filter(|found| plan::is_ours(found) || remote(found))
        .filter_map(|found| Some((found.name.as_str(), found.entry.as_ref()?)));
    let told = |(name, entry): (&str, &Entry)| {
        let name = if name == super::NAME { String::new() } else { format!(" as {name}") };
        if entry.url.is_some() {
            return format!("set up{name} with a server at an address");
        }
        if binary::is_own(&entry.command) { format!("set up{name}") } else { format!("set up{name} with another copy: {}", entry.command) }
    };
    let told: Vec<String> = ours.map(told).collect();
    if told.is_empty() { "no entry".into() } else { told.join("; ") }
}
