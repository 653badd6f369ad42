//! Creates, lists, rotates, revokes and deletes API keys. All of this needs a session token, which the mount has checked.

use rusqlite::Transaction;

use crate::{
    api::{
        Scope,
        keys::{CreateKey, DeleteKey, GetKey, Key, KeyWithSecret, ListKeys, Message, RevokeKey, RotateKey, RotatedKey},
        page::Rows,
    },
    playground::{
        Refusal,
        auth::Caller,
        mount::Reply,
        naming,
        store::{Store, keys},
        time::{DAY, now},
    },
};

const MOST_NAME_CHARS: usize = 100;
const MOST_DAYS: u32 = 365;

pub fn create_key(_: &Caller, tx: &Transaction<'_>, call: CreateKey) -> Reply<KeyWithSecret> {
    let refuse = |member: &'static str, message: &str| Err(Refusal::argument(["body", member], message, "value_error"));
    let name = naming::named("name", &call.name, MOST_NAME_CHARS)?;
    let mut scopes = Vec::new();
    for scope in call.scopes.unwrap_or_else(|| vec![Scope::Read]) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() {
        return refuse("scopes", "A key needs at least one scope");
    }
    let expires_at = match call.expires_in_days {
        None => None,
        Some(days) if (1..=MOST_DAYS).contains(&days) => Some(now() + i64::from(days) * DAY),
        Some(_) => return refuse("expires_in_days", "Input should be from 1 to 365"),
    };
    keys::create(tx, &name, &scopes, expires_at)
}

pub async fn list_keys(_: Caller, store: Store, _: ListKeys) -> Reply<Rows<Key>> {
    store.read_settled(|connection| Ok(Rows::all(keys::list(connection)?))).await
}

pub async fn get_key(_: Caller, store: Store, call: GetKey) -> Reply<Key> {
    store.read_settled(move |connection| keys::get(connection, call.key_id.as_str())).await
}

pub fn rotate_key(_: &Caller, tx: &Transaction<'_>, call: RotateKey) -> Reply<RotatedKey> {
    keys::rotate(tx, call.key_id.as_str())
}

pub fn revoke_key(_: &Caller, tx: &Transaction<'_>, call: RevokeKey) -> Reply<Key> {
    keys::revoke(tx, call.key_id.as_str())
}

pub fn delete_key(_: &Caller, tx: &Transaction<'_>, call: DeleteKey) -> Reply<Message> {
    keys::delete(tx, call.key_id.as_str())?;
    Ok(Message { message: "API key deleted".to_owned() })
}
