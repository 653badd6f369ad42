//! The handlers, one file per family, and the list of all that is served.
//!
//! Handlers know the wire types and the store, and nothing of HTTP. Start with [`routes`]; [`super::mount`] says what a handler looks like.

mod account;
mod keys;

use super::mount::{Mount, Routes};

/// Every endpoint of the playground.
pub fn routes() -> Routes {
    Mount::default()
        .read(account::validate_key)
        .read(account::announce_processing)
        .write(account::delete_webhook)
        .write(keys::create_key)
        .created()
        .read(keys::list_keys)
        .read(keys::get_key)
        .write(keys::rotate_key)
        .write(keys::revoke_key)
        .write(keys::delete_key)
        .routes()
}
