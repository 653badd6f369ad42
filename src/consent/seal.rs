//! Seals: what was agreed to, in a form that only this server can make.
//!
//! Nothing in a seal is secret. It says in short hashes which tool, arguments and key it is for, and which price was agreed to, and it
//! carries a MAC over all of that. So a refusal can say what is different. The secret of the MAC belongs to this process, or it comes from a
//! file, if several processes must accept each other's seals.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::{
    digest, hmac,
    rand::{SecureRandom, SystemRandom},
};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use super::Unconfirmed;
use crate::{
    disk::{self, Whose},
    ledger::{Ledger, Nonce, now},
};

/// How long a seal can be used.
pub const LIFE: Duration = Duration::from_mins(5);
/// By how much the clock of the process that issued a seal may be ahead.
const AHEAD: Duration = Duration::from_mins(5);
/// The fewest bytes of a secret in a file.
const LEAST_SECRET: usize = 32;
/// The most bytes of a secret in a file.
const MOST_SECRET: u64 = 4096;
/// How many bytes of a hash a seal carries.
const SHORT: usize = 16;
/// How many bytes the MAC has.
const TAG: usize = digest::SHA256_OUTPUT_LEN;
/// The form of seals. Another version of this program may have another.
const FORM: u8 = 1;

/// A part of a hash.
pub type Short = [u8; SHORT];

/// How a seal comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Way {
    /// As an argument of a second call.
    Token = 1,
    /// With the reply of a person.
    State = 2,
}

/// What a seal is for.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// The tool.
    pub tool: &'a str,
    /// The arguments, in any order.
    pub arguments: &'a Map<String, Value>,
    /// The fingerprint of the key.
    pub key: &'a str,
}

/// What was agreed to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// The price in mt, if it was known.
    pub price: Option<f64>,
    /// What the call is about, once names are resolved.
    pub about: String,
    /// What the person must type.
    pub typed: Option<String>,
}

/// A seal that was opened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sealed {
    nonce: Nonce,
    expires: u64,
    /// The price in mt that was agreed to, if it was known.
    pub price: Option<f64>,
    about: Short,
    typed: Short,
}

impl Sealed {
    /// Whether it is about this.
    pub fn is_about(&self, about: &str) -> bool {
        self.about == short(&[about.as_bytes()])
    }

    /// Whether this is what must be typed.
    pub fn is_typed(&self, typed: &str) -> bool {
        self.typed == short(&[typed.as_bytes()])
    }

    /// Whether the person must type something.
    pub fn asks_to_type(&self) -> bool {
        self.typed != Short::default()
    }

    /// Uses it up. A second attempt fails.
    pub async fn use_up(&self, ledger: &Ledger) -> Result<(), Unconfirmed> {
        match ledger.first_use(self.nonce).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Unconfirmed::Used),
            Err(error) => Err(Unconfirmed::Uncounted(error.to_string())),
        }
    }
}

/// Makes and opens seals. Cheap to clone.
#[derive(Clone)]
pub struct Seals(Arc<Inner>);

struct Inner {
    file: Option<PathBuf>,
    /// Once it could be had. What is wrong with a file can be mended meanwhile, so it is read until that succeeds.
    secret: OnceCell<Secret>,
}

struct Secret {
    key: hmac::Key,
    /// Whether others can read its file.
    exposed: bool,
}

impl std::fmt::Debug for Seals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seals")
    }
}

impl Seals {
    /// With a secret of this process, or with the one in a file. Looks at nothing yet.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self(Arc::new(Inner { file, secret: OnceCell::new() }))
    }

    /// Whether a secret can be had, and then whether others can read its file. The error says why there is none.
    pub async fn check(&self) -> Result<bool, String> {
        self.secret().await.map(|secret| secret.exposed).map_err(|error| error.to_string())
    }

    /// Looks at the file beside other work, and warns if there is something wrong with it. Otherwise nobody would know before the first
    /// call that needs it.
    pub fn look_ahead(&self) {
        if self.0.file.is_none() {
            return;
        }
        let seals = self.clone();
        tokio::spawn(async move {
            if let Err(why) = seals.check().await {
                tracing::warn!("no call can be confirmed: {why}");
            }
        });
    }

    /// A seal for a call.
    pub async fn issue(&self, way: Way, bound: Bound<'_>, terms: &Terms) -> Result<String, Unconfirmed> {
        let mut nonce = Nonce::default();
        SystemRandom::new().fill(&mut nonce).map_err(|_| no_randomness())?;
        let sealed = Sealed {
            nonce,
            expires: now() + LIFE.as_secs(),
            price: terms.price,
            about: short(&[terms.about.as_bytes()]),
            typed: terms.typed.as_ref().map(|typed| short(&[typed.as_bytes()])).unwrap_or_default(),
        };
        self.write(way, bound, &sealed).await
    }

    async fn write(&self, way: Way, bound: Bound<'_>, sealed: &Sealed) -> Result<String, Unconfirmed> {
        let mut bytes = vec![FORM, way as u8];
        bytes.extend_from_slice(&sealed.nonce);
        bytes.extend_from_slice(&sealed.expires.to_be_bytes());
        // No price is written as a price that none can have.
        bytes.extend_from_slice(&sealed.price.unwrap_or(-1.0).to_be_bytes());
        for part in [bound.tool(), bound.arguments(), bound.key(), sealed.about, sealed.typed] {
            bytes.extend_from_slice(&part);
        }
        let tag = hmac::sign(&self.secret().await?.key, &bytes);
        bytes.extend_from_slice(tag.as_ref());
        Ok(BASE64.encode(bytes))
    }

    /// Opens a seal that came back this way, for this call. It is not used up by that.
    pub async fn open(&self, text: &str, way: Way, bound: Bound<'_>) -> Result<Sealed, Unconfirmed> {
        let bytes = BASE64.decode(text.trim()).map_err(|_| Unconfirmed::Tampered)?;
        let (body, tag) = bytes.len().checked_sub(TAG).and_then(|at| bytes.split_at_checked(at)).ok_or(Unconfirmed::Tampered)?;
        hmac::verify(&self.secret().await?.key, body, tag).map_err(|_| Unconfirmed::Tampered)?;
        let mut rest = body;
        if part(&mut rest) != Some([FORM, way as u8]) {
            return Err(Unconfirmed::Tampered);
        }
        let read = (|| {
            Some((
                part(&mut rest)?,
                part(&mut rest)?,
                part(&mut rest)?,
                [part(&mut rest)?, part(&mut rest)?, part(&mut rest)?, part(&mut rest)?, part(&mut rest)?],
            ))
        })();
        let (nonce, expires, price, [tool, arguments, key, about, typed]) = read.ok_or(Unconfirmed::Tampered)?;
        let (expires, price) = (u64::from_be_bytes(expires), f64::from_be_bytes(price));
        if tool != bound.tool() {
            return Err(Unconfirmed::OtherTool);
        }
        if key != bound.key() {
            return Err(Unconfirmed::OtherKey);
        }
        if arguments != bound.arguments() {
            return Err(Unconfirmed::OtherArguments);
        }
        match expires.checked_sub(now()) {
            None => Err(Unconfirmed::Expired),
            Some(left) if left > LIFE.as_secs() + AHEAD.as_secs() => Err(Unconfirmed::Ahead),
            Some(_) => Ok(Sealed { nonce, expires, price: Some(price).filter(|price| *price >= 0.0), about, typed }),
        }
    }

    async fn secret(&self) -> Result<&Secret, Unconfirmed> {
        static PLACES: disk::aside::Places = disk::aside::Places::free();
        let secret = async {
            let Some(path) = self.0.file.clone() else {
                let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| no_randomness())?;
                return Ok(Secret { key, exposed: false });
            };
            let read = disk::aside::aside(&PLACES, disk::PATIENCE, move || from_file(&path)).await;
            read.unwrap_or_else(|| Err("the disk of the secret does not answer".to_owned())).map_err(Unconfirmed::Unavailable)
        };
        self.0.secret.get_or_try_init(|| secret).await
    }
}

/// Reads the secret that several processes share.
fn from_file(path: &Path) -> Result<Secret, String> {
    let content = disk::read(path, MOST_SECRET, Whose::Users).map_err(|error| format!("{}: {error}", path.display()))?;
    let secret = content.bytes.trim_ascii();
    if secret.len() < LEAST_SECRET {
        return Err(format!("{} must hold at least {LEAST_SECRET} characters, best random ones", path.display()));
    }
    let exposed = disk::exposed(&content.metadata);
    if exposed {
        tracing::warn!("others can read {}; whoever reads it can agree to calls in your name", path.display());
    }
    Ok(Secret { key: hmac::Key::new(hmac::HMAC_SHA256, secret), exposed })
}

impl Bound<'_> {
    fn tool(&self) -> Short {
        short(&[self.tool.as_bytes()])
    }

    fn key(&self) -> Short {
        short(&[self.key.as_bytes()])
    }

    fn arguments(&self) -> Short {
        let mut text = String::new();
        write_object(&mut text, self.arguments);
        short(&[text.as_bytes()])
    }
}

/// Writes JSON with the members of each object in order of their names.
fn write_object(out: &mut String, members: &Map<String, Value>) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    out.push('{');
    for (name, value) in sorted {
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push(':');
        write_value(out, value);
        out.push(',');
    }
    out.push('}');
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Object(members) => write_object(out, members),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_value(out, item);
                out.push(',');
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

fn short(parts: &[&[u8]]) -> Short {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let hash = context.finish();
    let mut out = Short::default();
    out.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// Takes the first bytes of a slice.
fn part<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

fn no_randomness() -> Unconfirmed {
    Unconfirmed::Unavailable("the system gives no random numbers".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[tokio::test]
    async fn a_seal_opens_for_its_own_call_alone() {
        let seals = Seals::new(None);
        let given = arguments(json!({"a": {"x": 1, "y": [2]}, "b": true}));
        let other = arguments(json!({"a": {"x": 1, "y": [3]}, "b": true}));
        let bound = Bound { tool: "delete_webhook", arguments: &given, key: "k" };
        let terms = Terms { price: Some(2.5), about: "w".to_owned(), typed: Some("Films".to_owned()) };
        let text = seals.issue(Way::Token, bound, &terms).await.unwrap();
        for (changed, why) in [
            (Bound { tool: "delete_prompt", ..bound }, Unconfirmed::OtherTool),
            (Bound { key: "l", ..bound }, Unconfirmed::OtherKey),
            (Bound { arguments: &other, ..bound }, Unconfirmed::OtherArguments),
        ] {
            assert_eq!(seals.open(&text, Way::Token, changed).await, Err(why), "{changed:?}");
        }
        assert_eq!(seals.open(&text, Way::State, bound).await, Err(Unconfirmed::Tampered), "a model's token is no person's answer");
        assert_eq!(Seals::new(None).open(&text, Way::Token, bound).await, Err(Unconfirmed::Tampered), "another process");
        let reordered = arguments(json!({"b": true, "a": {"y": [2], "x": 1}}));
        let sealed = seals.open(&format!(" {text}\n"), Way::Token, Bound { arguments: &reordered, ..bound }).await.unwrap();
        assert_eq!(sealed.price, Some(2.5));
        assert!(sealed.is_about("w") && !sealed.is_about("v") && sealed.is_typed("Films") && !sealed.is_typed("films"));
    }

    #[tokio::test]
    async fn every_changed_byte_is_noticed() {
        let (seals, given) = (Seals::new(None), Map::new());
        let bound = Bound { tool: "t", arguments: &given, key: "k" };
        let bytes = BASE64.decode(seals.issue(Way::Token, bound, &Terms::default()).await.unwrap()).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(seals.open(&BASE64.encode(changed), Way::Token, bound).await, Err(Unconfirmed::Tampered), "byte {at}");
            assert_eq!(seals.open(&BASE64.encode(&bytes[..at]), Way::Token, bound).await, Err(Unconfirmed::Tampered), "{at} bytes");
        }
        for text in [String::new(), "é".to_owned(), "A".repeat(4000)] {
            assert_eq!(seals.open(&text, Way::Token, bound).await, Err(Unconfirmed::Tampered), "{text}");
        }
    }

    #[tokio::test]
    async fn a_seal_expires_and_is_used_once() {
        let (seals, ledger, given) = (Seals::new(None), Ledger::in_memory(None), Map::new());
        let bound = Bound { tool: "t", arguments: &given, key: "k" };
        let text = seals.issue(Way::State, bound, &Terms::default()).await.unwrap();
        let sealed = seals.open(&text, Way::State, bound).await.unwrap();
        assert_eq!(sealed.price, None);
        assert_eq!(sealed.use_up(&ledger).await, Ok(()));
        assert_eq!(sealed.use_up(&ledger).await, Err(Unconfirmed::Used));
        let old = seals.write(Way::State, bound, &Sealed { expires: now() - 1, ..sealed }).await.unwrap();
        assert_eq!(seals.open(&old, Way::State, bound).await, Err(Unconfirmed::Expired));
        let ahead = seals.write(Way::State, bound, &Sealed { expires: now() + 3_000, ..sealed }).await.unwrap();
        assert_eq!(seals.open(&ahead, Way::State, bound).await, Err(Unconfirmed::Ahead), "its use would be forgotten before it expires");
    }

    #[tokio::test]
    async fn processes_with_one_secret_accept_each_others_seals() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        let seals = || Seals::new(Some(file.clone()));
        assert!(seals().check().await.unwrap_err().contains("secret"));
        std::fs::write(&file, "too short\n").unwrap();
        let mended = seals();
        assert!(mended.check().await.unwrap_err().contains("at least 32"));
        std::fs::write(&file, format!("{}\n", "x".repeat(32))).unwrap();
        assert!(mended.check().await.is_ok(), "what was wrong is not kept");
        let given = Map::new();
        let bound = Bound { tool: "t", arguments: &given, key: "k" };
        let text = seals().issue(Way::Token, bound, &Terms::default()).await.unwrap();
        std::fs::write(&file, "x".repeat(32)).unwrap();
        assert!(seals().open(&text, Way::Token, bound).await.is_ok());
    }
}
