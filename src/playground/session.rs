//! Session tokens: what stands for a signed-in account. HS256 only, signed with the secret of one store.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp};
use serde::{Deserialize, Serialize};

use super::{ACCOUNT, Error};

const ISSUER: &str = "videosearch-mcp playground";

/// Makes and checks session tokens.
pub struct Sessions {
    sign: EncodingKey,
    verify: DecodingKey,
    rules: Validation,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    iat: u64,
    exp: u64,
}

impl Sessions {
    /// The tokens of a store with this secret.
    pub fn new(secret: &str) -> Self {
        // Only this algorithm passes, whatever a token's header says.
        let mut rules = Validation::new(Algorithm::HS256);
        rules.leeway = 0;
        rules.set_issuer(&[ISSUER]);
        rules.sub = Some(ACCOUNT.to_owned());
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        Self { sign: EncodingKey::from_secret(secret.as_bytes()), verify: DecodingKey::from_secret(secret.as_bytes()), rules }
    }

    /// A token of the playground's account, good for `life`.
    pub fn token(&self, life: Duration) -> Result<String, Error> {
        let iat = get_current_timestamp();
        let claims = Claims { iss: ISSUER.to_owned(), sub: ACCOUNT.to_owned(), iat, exp: iat.saturating_add(life.as_secs()) };
        encode(&Header::new(Algorithm::HS256), &claims, &self.sign).map_err(Error::Token)
    }

    /// Whether a token was made here and is still good.
    pub fn accepts(&self, token: &str) -> bool {
        // The library lets a token pass in the very second in which it ends.
        decode::<Claims>(token, &self.verify, &self.rules).is_ok_and(|token| token.claims.exp > get_current_timestamp())
    }
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

    #[test]
    fn other_algorithms_accounts_and_endless_tokens_are_refused() {
        let sessions = Sessions::new("one");
        let exp = get_current_timestamp() + 60;
        let signed =
            |algorithm, claims: serde_json::Value| encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(b"one")).unwrap();
        let good = serde_json::json!({"iss": ISSUER, "sub": ACCOUNT, "iat": 0, "exp": exp});
        assert!(sessions.accepts(&signed(Algorithm::HS256, good.clone())));
        assert!(!sessions.accepts(&signed(Algorithm::HS512, good.clone())));
        for (member, value) in [("sub", "somebody".into()), ("iss", "elsewhere".into()), ("exp", serde_json::Value::Null)] {
            let mut bad = good.clone();
            bad[member] = value;
            assert!(!sessions.accepts(&signed(Algorithm::HS256, bad)), "{member}");
        }
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", signed(Algorithm::HS256, good).split('.').nth(1).unwrap());
        assert!(!sessions.accepts(&unsigned));
    }
}
