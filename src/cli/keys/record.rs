//! How we show a key: its state, and its facts as lines. Everything that came from the API is cleaned here.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    api::{
        Scopes,
        keys::{Key, KeyWithSecret},
        time,
    },
    fence,
    key::{Expiry, Sidecar},
    tools::text,
};

/// `sk_live_` and seven digits.
const SHOWN_PREFIX: usize = 15;

/// The state of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It works.
    Active,
    /// It works and ends soon.
    Soon,
    /// Its time is over.
    Expired,
    /// Somebody revoked it, or a rotation did.
    Revoked,
    /// The API says that it does not work, and not why.
    Inactive,
}

impl State {
    /// The state of a key now.
    pub fn of(key: &Key) -> Self {
        let expiry = Expiry::now(key.expires_at.as_deref());
        if key.revoked_at.is_some() {
            Self::Revoked
        } else if matches!(expiry, Expiry::Expired { .. }) {
            Self::Expired
        } else if !key.is_active {
            Self::Inactive
        } else if expiry.alarm().is_some() {
            Self::Soon
        } else {
            Self::Active
        }
    }

    /// Whether the API takes the key.
    pub fn works(self) -> bool {
        matches!(self, Self::Active | Self::Soon)
    }

    /// The words of the table: what needs attention is in capitals.
    pub fn words(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Soon => "EXPIRES SOON",
            Self::Expired => "EXPIRED",
            Self::Revoked => "revoked",
            Self::Inactive => "inactive",
        }
    }

    /// The word of the JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Soon => "expires_soon",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Inactive => "inactive",
        }
    }
}

/// The part of a secret that the API shows in lists. The fence would take a longer part for a key, so we show no more than it lets pass.
pub fn prefix(key: &Key) -> String {
    let shown: String = key.key_prefix.chars().take(SHOWN_PREFIX).collect();
    text::line(&shown, SHOWN_PREFIX + 1)
}

/// The API's record with `state` and `days_left`. A revoked key has no days left, whatever its end was.
pub fn json(key: &Key) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(key)?;
    fence::value(&mut value);
    if let Value::Object(members) = &mut value {
        members.insert("key_prefix".into(), prefix(key).into());
        let state = State::of(key);
        let days = Expiry::now(key.expires_at.as_deref()).days_left().filter(|_| state != State::Revoked);
        members.insert("state".into(), state.word().into());
        members.insert("days_left".into(), json!(days));
    }
    Ok(value)
}

/// The key as a message names it: `key_1 ("Laptop"; search, read)`.
pub fn label(key: &Key) -> String {
    format!("{} (\"{}\"; {})", id(&key.key_id), text::line(&key.name, 100), scopes(key))
}

/// An id of the API, cleaned.
pub fn id(id: &str) -> String {
    text::line(id, 200)
}

/// The scopes, as listed.
pub fn scopes(key: &Key) -> Scopes {
    key.scopes.iter().copied().collect()
}

/// A time of the API to the minute, in UTC; as it came if it cannot be read.
pub fn time(at: Option<&str>) -> String {
    let Some(at) = at else { return "never".to_owned() };
    instant(at).map_or_else(|| text::line(at, 40), |time| time.format("%Y-%m-%d %H:%MZ").to_string())
}

/// A time of the API.
pub fn instant(at: &str) -> Option<DateTime<Utc>> {
    time::instant(at)
}

/// When the key ends, as a sentence without its subject: `never expires`, `expires in 90 days, at ...`.
pub fn end(expires_at: Option<&str>) -> String {
    match (Expiry::now(expires_at), expires_at) {
        (Expiry::Never, _) | (_, None) => "never expires".to_owned(),
        (Expiry::Unreadable, Some(at)) => format!("expires at {}", text::line(at, 40)),
        (expiry @ Expiry::Expired { .. }, Some(at)) => format!("EXPIRED {expiry}, at {}", time(Some(at))),
        (expiry @ Expiry::Soon { .. }, Some(at)) => format!("EXPIRES SOON: in {expiry}, at {}", time(Some(at))),
        (expiry @ Expiry::Later { .. }, Some(at)) => format!("expires in {expiry}, at {}", time(Some(at))),
    }
}

/// A new key without its secret.
pub fn without_secret(made: &KeyWithSecret) -> Key {
    Key {
        key_id: made.key_id.clone(),
        key_prefix: made.key_prefix.clone(),
        name: made.name.clone(),
        scopes: made.scopes.clone(),
        created_at: made.created_at.clone(),
        last_used_at: made.last_used_at.clone(),
        revoked_at: made.revoked_at.clone(),
        expires_at: made.expires_at.clone(),
        is_active: made.is_active,
    }
}

/// The facts that go beside a key file.
pub fn facts(key: &Key) -> Sidecar {
    Sidecar {
        key_id: Some(fence::line(&key.key_id).into_owned()),
        name: Some(fence::line(&key.name).into_owned()),
        scopes: Some(scopes(key)),
        expires_at: key.expires_at.clone(),
    }
}

#[cfg(test)]
pub mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::api::Scope;

    /// An active key that never ends, made now.
    pub fn key(id: &str) -> Key {
        Key {
            key_id: id.into(),
            key_prefix: "sk_live_0a0a".into(),
            name: "Laptop".into(),
            scopes: vec![Scope::Read, Scope::Search],
            created_at: Some(Utc::now().to_rfc3339()),
            last_used_at: None,
            revoked_at: None,
            expires_at: None,
            is_active: true,
        }
    }

    #[test]
    fn the_state_names_what_matters_most() {
        let after = |days: i64| Some((Utc::now() + TimeDelta::days(days)).to_rfc3339());
        let cases = [
            (key("a"), State::Active),
            (Key { expires_at: after(30), ..key("a") }, State::Active),
            (Key { expires_at: after(14), ..key("a") }, State::Soon),
            (Key { expires_at: after(-1), ..key("a") }, State::Expired),
            (Key { expires_at: after(-1), is_active: false, ..key("a") }, State::Expired),
            (Key { expires_at: after(-1), revoked_at: after(-2), is_active: false, ..key("a") }, State::Revoked),
            (Key { is_active: false, ..key("a") }, State::Inactive),
        ];
        for (key, state) in cases {
            assert_eq!(State::of(&key), state, "{key:?}");
            assert_eq!(state.works(), matches!(state, State::Active | State::Soon));
        }
    }

    #[test]
    fn what_the_api_says_is_cleaned_and_joined_to_the_state() {
        let odd = Key { name: "a\u{202e}b\nc\u{1b}[2J".into(), expires_at: Some("x".into()), ..key("k\u{7}") };
        assert_eq!(label(&odd), "k (\"ab c[2J\"; search, read)");
        let value = json(&odd).unwrap();
        assert_eq!((&value["name"], &value["state"], &value["days_left"]), (&"ab\nc[2J".into(), &"active".into(), &Value::Null));
        assert_eq!(time(Some("2026-11-24T12:34:56.7+01:00")), "2026-11-24 11:34Z");
    }
}
