//! Finds a key with the owner's session token: one whose secret is on this machine, or a new one.

use std::path::PathBuf;

use anyhow::{Context, anyhow};

use super::{
    key::{self, Chosen, KeyPlan},
    maker::Maker,
};
use crate::{
    api::{
        Scope,
        keys::{Key, ListKeys},
    },
    cli::{
        Failure,
        keys::{
            held::holds,
            record::{self, State},
            rules,
        },
        owner::Owner,
        print, runtime,
    },
};

/// How many key files we look at before we give up.
const MAX_FILES: u32 = 50;

/// What a key should be like.
pub(super) struct Wish<'a> {
    /// The scopes asked for, as a list.
    pub scopes: Option<&'a str>,
    /// Days until it ends.
    pub days: Option<u32>,
}

/// Looks for an active key of at least read level whose secret is in a key file here. If there is none, plans to create one. Changes
/// nothing yet.
pub(super) fn plan(owner: Owner, chosen: &Chosen, wish: &Wish<'_>) -> Result<KeyPlan, Failure> {
    let scopes = match wish.scopes {
        Some(text) => rules::scopes(text).map_err(Failure::Usage)?,
        None => rules::scopes(rules::DEFAULT_SCOPES)?,
    };
    let listed = runtime()?.block_on(owner.call(&ListKeys {})).context("listing the account's keys")?.data;
    let fits = |key: &Key| {
        let held = record::scopes(key);
        held.allows(Scope::Read) && (wish.scopes.is_none() || scopes.iter().all(|scope| held.allows(scope)))
    };
    let good: Vec<&Key> = listed.iter().filter(|key| State::of(key).works() && fits(key)).collect();
    for path in files(chosen) {
        if !key::usable(&path)? {
            if wish.days.is_none() {
                print::note("A key with an end is safer: --expires-in-days 90.");
            }
            let wish = rules::Wish { name: name(), scopes, days: wish.days };
            return Ok(key::of_account(path, Err(Box::new(Maker { owner, wish }))));
        }
        if good.iter().any(|key| holds(&path, key)) {
            if wish.days.is_some() {
                print::note("Note: --expires-in-days is for a key that is made. The one that is used keeps its own end.");
            }
            return Ok(key::of_account(path, Ok(owner.base().clone())));
        }
        if chosen.named {
            return Err(anyhow!(
                "the key in {} is not an active key of this account with the scopes needed. Name another file with --key-file. To use this key as it is, set up without a session token",
                path.display()
            )
            .into());
        }
    }
    Err(anyhow!("there are too many key files beside {}", chosen.path.display()).into())
}

/// The chosen file, and, if nobody named it, others beside it: we do not overwrite a key of another account.
fn files(chosen: &Chosen) -> impl Iterator<Item = PathBuf> {
    let numbered = |number: u32| {
        let mut path = chosen.path.as_os_str().to_owned();
        if number > 1 {
            path.push(format!("-{number}"));
        }
        PathBuf::from(path)
    };
    (1..MAX_FILES).map(numbered)
}

/// The name of a new key, within the API's limit.
fn name() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| ["COMPUTERNAME", "HOSTNAME"].iter().find_map(|name| std::env::var(name).ok()));
    let host: String = told.unwrap_or_default().trim().chars().filter(|c| !c.is_control()).take(64).collect();
    if host.is_empty() { env!("CARGO_PKG_NAME").into() } else { format!("{} on {host}", env!("CARGO_PKG_NAME")) }
}
