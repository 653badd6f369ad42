//! Makes a key for an account.

use std::{fmt, path::Path};

use anyhow::Context;

use crate::{
    cli::{
        Failure,
        keys::{create, keep, record, rules},
        owner::Owner,
        print, runtime,
    },
    key::BaseUrl,
};

/// Creates a key, once the user has agreed.
pub(super) struct Maker {
    pub owner: Owner,
    pub wish: rules::Wish,
}

impl Maker {
    /// The API's address.
    pub fn base(&self) -> &BaseUrl {
        self.owner.base()
    }

    /// Creates the key and stores it at once. Whether it can be stored is checked before the API is called.
    pub fn make(&self, path: &Path) -> anyhow::Result<()> {
        let place = keep::open_place(path).map_err(Failure::reason)?;
        let made = runtime()?.block_on(create::create(&self.owner, &self.wish)).context("creating a key")?;
        let id = record::id(&made.key_id);
        keep::store(place, &made, None).map_err(Failure::reason)?;
        print::note(format_args!("Created the key {id}. To end it: videosearch-mcp keys revoke {id}"));
        Ok(())
    }
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "A key \"{}\" with the scopes {}", self.wish.name, self.wish.scopes)?;
        match self.wish.days {
            Some(days) => write!(f, ", good for {days} days,"),
            None => f.write_str(", without an end,"),
        }
    }
}
