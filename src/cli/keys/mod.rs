//! `keys`: the account's owner creates, lists, rotates, revokes and deletes API keys.
//!
//! The API shows a secret only once, and it takes no idempotency key for these calls. So the order of the steps matters:
//!
//! 1. We check everything that we can before we call the API.
//! 2. We check that the file can be written before we call the API for a secret that goes there.
//! 3. When an answer is lost, we look whether the call was carried out.
//!
//! This folder knows the API's calls for keys and the account's owner. It must not use the API key of the server's settings. A secret
//! leaves it only on stdout or in a private file.
//!
//! Start with [`run`]; `create` and `rotate` are the two that get secrets, `keep` puts them where they belong, `mend` finds lost ones.
//! `setup` uses [`create::create`], [`held::holds`], [`record::State`], `keep` and `rules`.

pub mod create;
pub mod held;
pub mod keep;
mod list;
mod mend;
mod problem;
pub mod record;
mod retire;
mod rotate;
pub mod rules;

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand};

use super::{
    Failure,
    owner::{Account, Owner},
    print, terminal,
};
use crate::{api::Endpoint, config::Config};

/// Arguments of `keys`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    account: Account,
}

#[derive(Subcommand)]
enum Command {
    /// List all keys of the account, those that expire soon or have expired standing out
    List {
        /// Print a JSON array: the API's records, each with `state` and `days_left`
        #[arg(long)]
        json: bool,
    },
    /// Create a key; its secret is printed once, alone on stdout, or written to a file
    Create(CreateArguments),
    /// Show all facts about one key
    Show {
        /// The key's id, as in the list
        id: String,
        /// Print a JSON object: the API's record with `state` and `days_left`
        #[arg(long)]
        json: bool,
    },
    /// Replace a key by a new one; the old one stops working at once
    Rotate(RotateArguments),
    /// Make a key stop working; it stays listed
    Revoke(RetireArguments),
    /// Remove a key for good, from the list too
    Delete(RetireArguments),
}

/// Arguments of `keys create`.
#[derive(Args)]
struct CreateArguments {
    /// What the key is for, 1 to 100 characters
    #[arg(long)]
    name: String,
    /// What it may do: search, read, write, admin; what a scope implies is granted with it
    // The id is that of the global flag, which it stands in for here.
    #[arg(id = "scopes", long, value_name = "LIST", default_value = rules::DEFAULT_SCOPES)]
    scopes: String,
    /// When it stops working, 1 to 365; without it the key never expires
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true)]
    expires_in_days: Option<String>,
    /// Write the secret to this file (mode 0600) and the key's facts to FILE.json, and print nothing
    #[arg(long, value_name = "FILE", value_parser = super::typed::output())]
    write: Option<PathBuf>,
    /// Do not ask; replace another key in FILE
    #[arg(long)]
    yes: bool,
}

/// Arguments of `keys rotate`.
#[derive(Args)]
struct RotateArguments {
    /// The key's id, as in the list
    id: String,
    /// The file that holds the key: it gets the new secret, and FILE.json the facts; without it the secret is printed
    #[arg(long, value_name = "FILE", value_parser = super::typed::output())]
    write: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Arguments of `keys revoke` and `keys delete`.
#[derive(Args)]
struct RetireArguments {
    /// The key's id, as in the list
    id: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Arguments {
    /// Refuses `--scopes` for all commands but `create`. It is a flag of the whole program, so clap accepts it after each command.
    pub fn check_scopes(&self, given: bool) -> Result<(), Failure> {
        if given && !matches!(self.command, Command::Create(_)) {
            return Err(Failure::usage(anyhow!("--scopes goes with `keys create` only; the scopes of a key cannot be changed")));
        }
        Ok(())
    }
}

/// The settings whose variables these commands read.
pub const USED: &[&str] = &["BASE_URL", "TIMEOUT", "MAX_RETRIES", "MAX_CONCURRENCY", "STATE_DIR", "PLAYGROUND", "LOG", "LOG_FORMAT"];

/// Runs the command.
pub fn run(arguments: Arguments, config: &Config) -> Result<(), Failure> {
    let Arguments { command, account } = arguments;
    // All rules come first: what they refuse needs neither a token nor the network.
    let command = command.check().map_err(Failure::Usage)?;
    if config.playground && !account.names_playground() {
        return Err(Failure::usage(anyhow!(
            "a playground in this process would forget the key when the command ends; start one that stays, with \
             `videosearch-mcp playground --data-dir DIR`, and name it: `videosearch-mcp keys --playground DIR ...`"
        )));
    }
    let owner = account.open(config).map_err(Failure::Usage)?;
    super::runtime()?.block_on(async {
        match command {
            Checked::List { json } => list::list(&owner, json).await,
            Checked::Show { id, json } => list::show(&owner, &id, json).await,
            Checked::Create { wish, write, yes } => create::run(&owner, &wish, write.as_deref(), yes, config).await,
            Checked::Rotate { id, write, yes } => rotate::run(&owner, &id, write.as_deref(), yes, config).await,
            Checked::Revoke { id, yes } => retire::revoke(&owner, &id, yes).await,
            Checked::Delete { id, yes } => retire::delete(&owner, &id, yes).await,
        }
    })
}

/// A command that keeps all rules.
enum Checked {
    List { json: bool },
    Show { id: rules::Id, json: bool },
    Create { wish: rules::Wish, write: Option<PathBuf>, yes: bool },
    Rotate { id: rules::Id, write: Option<PathBuf>, yes: bool },
    Revoke { id: rules::Id, yes: bool },
    Delete { id: rules::Id, yes: bool },
}

impl Command {
    fn check(self) -> anyhow::Result<Checked> {
        Ok(match self {
            Self::List { json } => Checked::List { json },
            Self::Show { id, json } => Checked::Show { id: rules::id(&id)?, json },
            Self::Create(CreateArguments { name, scopes, expires_in_days, write, yes }) => {
                let wish = rules::Wish {
                    name: rules::name(&name)?,
                    scopes: rules::scopes(&scopes)?,
                    days: expires_in_days.as_deref().map(rules::days).transpose()?,
                };
                Checked::Create { wish, write, yes }
            }
            Self::Rotate(RotateArguments { id, write, yes }) => Checked::Rotate { id: rules::id(&id)?, write, yes },
            Self::Revoke(RetireArguments { id, yes }) => Checked::Revoke { id: rules::id(&id)?, yes },
            Self::Delete(RetireArguments { id, yes }) => Checked::Delete { id: rules::id(&id)?, yes },
        })
    }
}

/// From here on, Ctrl-C only prints a message. Ending now would lose a secret that the API shows only once.
fn hold_on() {
    tokio::spawn(async {
        while tokio::signal::ctrl_c().await.is_ok() {
            print::note("Not now: the secret that the API is about to show would be lost.");
        }
    });
}

/// Makes one call. If it fails, the error says why and what to do.
async fn ask<E: Endpoint>(owner: &Owner, endpoint: &E) -> Result<E::Output, Failure> {
    owner.call(endpoint).await.map_err(|error| Failure::Operation(anyhow!(problem::explain(&error, owner))))
}

/// Goes on if the person at the terminal says yes, or said so with `--yes`. `matter` says what is about to happen, without a full stop.
fn agree(matter: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !terminal::attended() {
        return Err(Failure::usage(anyhow!("{matter}; add --yes to do it without being asked")));
    }
    print::note(format_args!("{matter}."));
    if terminal::confirmed("Go on?")? { Ok(()) } else { Err(anyhow!("nothing was done").into()) }
}
