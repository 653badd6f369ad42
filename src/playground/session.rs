//! Session tokens, which stand for a signed-in account. They are JWTs, signed by HS256 with the secret of one store.
//!
//! We wrote this ourselves. A library supports every algorithm that a token may name. That is more code than the rest of the playground's
//! sign-in, and a token must not be able to choose its algorithm.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{ACCOUNT, Error};

const ISSUER: &str = "videosearch-mcp playground";
/// The only algorithm that is accepted, whatever the header of a token says.
const ALGORITHM: &str = "HS256";
/// Longer texts cannot be tokens of ours.
const MOST_CHARS: usize = 4096;

/// How tickets begin.
const TICKET: &str = "v1.";

/// Makes and checks session tokens, and tickets for single paths.
pub struct Sessions {
    key: hmac::Key,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    iat: u64,
    exp: u64,
}

/// What a ticket holds.
#[derive(Serialize, Deserialize)]
struct Ticket {
    path: String,
    exp: u64,
}

impl Sessions {
    /// Makes the tokens of the store that has this secret.
    pub fn new(secret: &str) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()) }
    }

    /// A token of the playground's account. It is valid for `life`.
    pub fn token(&self, life: Duration) -> Result<String, Error> {
        let iat = seconds();
        let claims = Claims { iss: ISSUER.to_owned(), sub: ACCOUNT.to_owned(), iat, exp: iat.saturating_add(life.as_secs()) };
        let header = Header { alg: ALGORITHM.to_owned(), typ: Some("JWT".to_owned()) };
        let signed = format!("{}.{}", part(&header)?, part(&claims)?);
        let tag = hmac::sign(&self.key, signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    /// Whether this store made the token and it is still valid.
    pub fn accepts(&self, token: &str) -> bool {
        self.claims(token).is_some_and(|claims| claims.iss == ISSUER && claims.sub == ACCOUNT && claims.exp > seconds())
    }

    /// A ticket for one path below the base. Whoever has it may read there without a credential, for some seconds.
    ///
    /// It begins with `v1.`, so it can never be taken for a session token, whose first part is JSON.
    pub fn ticket(&self, path: &str, seconds_left: u64) -> Result<String, Error> {
        let signed = format!("{TICKET}{}", part(&Ticket { path: path.to_owned(), exp: seconds().saturating_add(seconds_left) })?);
        let tag = hmac::sign(&self.key, signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    /// Whether a ticket of this store admits to a path now.
    pub fn admits(&self, ticket: &str, path: &str) -> bool {
        self.ticket_of(ticket).is_some_and(|ticket| ticket.path == path && ticket.exp > seconds())
    }

    fn ticket_of(&self, ticket: &str) -> Option<Ticket> {
        let (signed, tag) = Some(ticket).filter(|ticket| ticket.len() <= MOST_CHARS)?.rsplit_once('.')?;
        hmac::verify(&self.key, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(tag).ok()?).ok()?;
        read(signed.strip_prefix(TICKET)?)
    }

    /// The claims of a token that this store signed. Nothing of the token is read before its signature has been checked.
    fn claims(&self, token: &str) -> Option<Claims> {
        if token.len() > MOST_CHARS {
            return None;
        }
        let (signed, tag) = token.rsplit_once('.')?;
        hmac::verify(&self.key, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(tag).ok()?).ok()?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = read(header)?;
        if header.alg == ALGORITHM { read(claims) } else { None }
    }
}

fn part(value: &impl Serialize) -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).map_err(Error::Token)?))
}

fn read<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Seconds since 1970.
fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn only_fresh_tokens_of_the_same_secret_pass() {
        let sessions = Sessions::new("one");
        let token = sessions.token(HOUR).unwrap();
        assert!(sessions.accepts(&token));
        assert!(!Sessions::new("two").accepts(&token));
        assert!(!sessions.accepts(&sessions.token(Duration::ZERO).unwrap()));
        assert!(!sessions.accepts(""));
    }

    /// A token as an attacker would forge it, or as another library would make it.
    fn signed(algorithm: hmac::Algorithm, header: &serde_json::Value, claims: &serde_json::Value) -> String {
        let text = format!("{}.{}", part(header).unwrap(), part(claims).unwrap());
        let tag = hmac::sign(&hmac::Key::new(algorithm, b"one"), text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    #[test]
    fn other_algorithms_accounts_and_endless_tokens_are_refused() {
        let sessions = Sessions::new("one");
        let good = serde_json::json!({"iss": ISSUER, "sub": ACCOUNT, "iat": 0, "exp": seconds() + 60});
        let header = serde_json::json!({"alg": "HS256"});
        let token = signed(hmac::HMAC_SHA256, &header, &good);
        assert!(sessions.accepts(&token));
        for (algorithm, name) in [(hmac::HMAC_SHA512, "HS512"), (hmac::HMAC_SHA512, "HS256"), (hmac::HMAC_SHA256, "none")] {
            assert!(!sessions.accepts(&signed(algorithm, &serde_json::json!({"alg": name}), &good)), "{name}");
        }
        for (member, value) in
            [("sub", "somebody".into()), ("iss", "elsewhere".into()), ("exp", serde_json::Value::Null), ("exp", 1.into())]
        {
            let mut bad = good.clone();
            bad[member] = value;
            assert!(!sessions.accepts(&signed(hmac::HMAC_SHA256, &header, &bad)), "{member}");
        }
        let payload = token.split('.').nth(1).unwrap();
        for forged in [format!("eyJhbGciOiJub25lIn0.{payload}."), format!("{token}."), format!("{token}A"), format!(".{token}")] {
            assert!(!sessions.accepts(&forged), "{forged}");
        }
    }

    #[test]
    fn tokens_are_what_other_libraries_read() {
        let token = Sessions::new("one").token(HOUR).unwrap();
        let parts: Vec<serde_json::Value> = token.split('.').take(2).map(|part| read(part).unwrap()).collect();
        assert_eq!(parts[0], serde_json::json!({"alg": "HS256", "typ": "JWT"}));
        assert_eq!(parts[1]["exp"].as_u64().unwrap() - parts[1]["iat"].as_u64().unwrap(), 3600);
    }
}
