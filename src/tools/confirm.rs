//! Confirmations: proof that a caller saw what a call will do before it is done.
//!
//! The first call of a tool that deletes only tells what would be deleted, and gives a token. The second call brings the token back. The
//! token is bound to the tool, its arguments and the key in use. It can be used once, within five minutes, and only in the process that
//! issued it. Nothing in it is secret, but nobody can make one: it carries a MAC under a secret of the process.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use serde_json::{Map, Value};

use super::ToolError;

/// How long a token can be used.
pub const LIFE: Duration = Duration::from_mins(5);

const NONCE: usize = 12;
const EXPIRY: usize = 8;

/// The secret of this process and the nonces that were used. `None` if the system gives no random numbers.
static SECRET: LazyLock<Option<hmac::Key>> = LazyLock::new(|| hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok());
static USED: Mutex<Option<HashMap<[u8; NONCE], u64>>> = Mutex::new(None);

/// Why a token does not confirm a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unconfirmed {
    /// It is no token of this process for this call.
    #[error("this confirmation was not issued for this call: the tool, an argument, the key or the token itself is another one")]
    Foreign,
    /// It is too old.
    #[error("this confirmation has expired")]
    Expired,
    /// It was used before.
    #[error("this confirmation was used already")]
    Used,
    /// There are no random numbers, so none can be issued.
    #[error("the system gives no random numbers, so no confirmation can be issued")]
    NoRandomness,
}

/// A token for a call. Only the same call can redeem it.
pub(super) fn issue(tool: &str, arguments: &Map<String, Value>, key: &str) -> Result<String, ToolError> {
    let mut nonce = [0; NONCE];
    let secret = SECRET.as_ref().ok_or(Unconfirmed::NoRandomness)?;
    SystemRandom::new().fill(&mut nonce).map_err(|_| Unconfirmed::NoRandomness)?;
    Ok(sealed(secret, nonce, now() + LIFE.as_secs(), &call(tool, arguments, key)))
}

/// Takes a token back.
pub(super) fn redeem(token: &str, tool: &str, arguments: &Map<String, Value>, key: &str) -> Result<(), Unconfirmed> {
    let secret = SECRET.as_ref().ok_or(Unconfirmed::NoRandomness)?;
    let (nonce, expiry) = opened(secret, token, &call(tool, arguments, key)).ok_or(Unconfirmed::Foreign)?;
    let now = now();
    if expiry < now {
        return Err(Unconfirmed::Expired);
    }
    let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    let used = used.get_or_insert_default();
    // A nonce need not be remembered longer than its token can be used.
    used.retain(|_, expiry| *expiry >= now);
    match used.insert(nonce, expiry) {
        None => Ok(()),
        Some(_) => Err(Unconfirmed::Used),
    }
}

/// What a token is bound to. Each part ends with a byte that no part has.
fn call(tool: &str, arguments: &Map<String, Value>, key: &str) -> Vec<u8> {
    let mut members: Vec<_> = arguments.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    let mut bytes = format!("{tool}\0{key}\0").into_bytes();
    for (name, value) in members {
        bytes.extend_from_slice(format!("{}\0{value}\0", Value::from(name.as_str())).as_bytes());
    }
    bytes
}

fn sealed(secret: &hmac::Key, nonce: [u8; NONCE], expiry: u64, call: &[u8]) -> String {
    let mut bytes = nonce.to_vec();
    bytes.extend_from_slice(&expiry.to_be_bytes());
    let tag = hmac::sign(secret, &[bytes.as_slice(), call].concat());
    bytes.extend_from_slice(tag.as_ref());
    BASE64.encode(bytes)
}

fn opened(secret: &hmac::Key, token: &str, call: &[u8]) -> Option<([u8; NONCE], u64)> {
    let bytes = BASE64.decode(token.trim()).ok()?;
    let (head, tag) = bytes.split_at_checked(NONCE + EXPIRY)?;
    hmac::verify(secret, &[head, call].concat(), tag).ok()?;
    let (nonce, expiry) = head.split_at_checked(NONCE)?;
    Some((nonce.try_into().ok()?, u64::from_be_bytes(expiry.try_into().ok()?)))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_token_confirms_its_own_call_once() {
        let call = arguments(json!({"webhook_id": "w", "force": true}));
        let token = issue("delete_webhook", &call, "k").unwrap();
        for (tool, given, key) in [
            ("delete_prompt", call.clone(), "k"),
            ("delete_webhook", arguments(json!({"webhook_id": "v", "force": true})), "k"),
            ("delete_webhook", arguments(json!({"webhook_id": "w"})), "k"),
            ("delete_webhook", call.clone(), "l"),
        ] {
            assert_eq!(redeem(&token, tool, &given, key), Err(Unconfirmed::Foreign), "{tool} {given:?} {key}");
        }
        let mut tampered = BASE64.decode(&token).unwrap();
        tampered[NONCE + EXPIRY - 1] ^= 1;
        for foreign in [BASE64.encode(tampered), token[1..].to_owned(), String::new(), "é".to_owned(), "A".repeat(4000)] {
            assert_eq!(redeem(&foreign, "delete_webhook", &call, "k"), Err(Unconfirmed::Foreign), "{foreign}");
        }
        let reordered = arguments(json!({"force": true, "webhook_id": "w"}));
        assert_eq!(redeem(&token, "delete_webhook", &reordered, "k"), Ok(()));
        assert_eq!(redeem(&token, "delete_webhook", &call, "k"), Err(Unconfirmed::Used));
    }

    #[test]
    fn a_token_expires() {
        let secret = SECRET.as_ref().unwrap();
        let given = Map::new();
        let old = sealed(secret, [7; NONCE], now() - 1, &call("t", &given, "k"));
        assert_eq!(redeem(&old, "t", &given, "k"), Err(Unconfirmed::Expired));
    }
}
