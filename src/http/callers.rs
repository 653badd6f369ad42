//! Who calls: the credential of a request, and the session that belongs to it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use hyper::{HeaderMap, header::AUTHORIZATION};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};

use super::{
    body::Share,
    rate::Allowance,
    tokens::{Holder, Tokens},
};
use crate::{
    api::Scopes,
    consent::Rules,
    files::Files,
    key::{ApiKey, BaseUrl, KeyForm},
    mcp::{Server, Watcher, stdio::Control, streamable::Endpoint},
    session::{KeyProblem, Session, Shelf},
    tools::{Form, Selection},
};

/// How many callers are remembered.
const MOST: usize = 1000;
/// How long a caller is remembered after their last request.
const IDLE: Duration = Duration::from_hours(1);
/// How many subscriptions a caller may have.
const MOST_SUBSCRIPTIONS: usize = 16;
/// How often we look whether a caller with a subscription may still come in.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long we wait to hear from the API whether it accepts a key.
const PROVEN_WITHIN: Duration = Duration::from_secs(3);
/// The header of an API key.
const API_KEY: &str = "x-api-key";

/// How callers show who they are.
pub enum Auth {
    /// With an API key of their own.
    Key,
    /// With a token of this server. All of them use the server's key.
    Tokens(Arc<Tokens>),
    /// Not at all: everybody who reaches the server uses its key.
    Nobody,
}

/// Makes the server of a caller from their session.
pub struct Maker {
    /// Which calls need consent.
    pub rules: Rules,
    /// The files that tools may read and write.
    pub files: Files,
    /// The tools that are offered.
    pub selection: Selection,
    /// The form of answers.
    pub form: Form,
    /// The end of all servers.
    pub control: Control,
    /// Hears how calls ended.
    pub watcher: Arc<dyn Watcher>,
    /// Where several machines share what they learn about keys.
    pub shelf: Option<Arc<dyn Shelf>>,
}

/// How many callers there were so far.
static COUNT: AtomicU64 = AtomicU64::new(0);

impl Maker {
    fn caller(&self, session: Session, named: Named, has_own_key: bool) -> Arc<Caller> {
        let (files, mut rules) = (self.files.clone(), self.rules.clone());
        rules.caller = named.identity.into();
        let server = Server::new(session.clone(), files, rules, self.selection, self.form, self.control.clone());
        let server = server.among_many(Arc::clone(&self.watcher));
        let number = COUNT.fetch_add(1, Relaxed);
        let allowance = Allowance::of(&named.account);
        Arc::new(Caller {
            endpoint: Endpoint::new(server),
            number,
            allowance,
            subscriptions: Arc::new(Semaphore::new(MOST_SUBSCRIPTIONS)),
            bodies: Share::default(),
            has_own_key,
            id: named.id,
            session,
        })
    }
}

/// The names of a caller.
struct Named {
    /// What they are remembered by.
    id: String,
    /// What their confirmations belong to.
    identity: String,
    /// What their requests are counted under.
    account: String,
}

impl Named {
    /// One name for all of it.
    fn alike(name: String) -> Self {
        Self { id: name.clone(), identity: name.clone(), account: name }
    }

    /// Other scopes in the file make another caller, who does not remember what those of before were good for. Who has the name of a token
    /// that was removed is somebody else, with the same requests to spend.
    fn of(holder: Holder) -> Self {
        Self { id: format!("{}\n{}", holder.sum, holder.scopes), account: format!("token-{}", holder.name), identity: holder.sum }
    }
}

/// One caller: what answers their messages.
pub struct Caller {
    /// What answers.
    pub endpoint: Endpoint,
    /// A number that no other caller of this process has.
    pub number: u64,
    /// What they may still send.
    pub allowance: Allowance,
    /// Places for their subscriptions.
    pub subscriptions: Arc<Semaphore>,
    /// Memory for their large bodies.
    pub bodies: Share,
    /// Whether they send an API key of their own. Otherwise this server itself let them in.
    has_own_key: bool,
    /// What they are remembered by.
    id: String,
    session: Session,
}

impl Caller {
    /// Whether this server let the caller in, or the API accepted their key.
    pub fn is_proven(&self) -> bool {
        !self.has_own_key || self.session.is_accepted()
    }

    /// Waits until the caller is proven. Asks the API nothing.
    pub async fn proven(&self) {
        let mut changes = self.session.changes();
        while !self.is_proven() && changes.changed().await.is_ok() {}
    }

    /// Whether the API rejected the caller's own key a moment ago, so that whatever they ask is refused.
    pub fn is_rejected(&self) -> bool {
        self.has_own_key && self.session.is_rejected()
    }

    /// Whether the caller is proven. If we did not hear yet what the API says of the key, asks it.
    pub async fn is_known(&self) -> bool {
        if !self.is_proven() {
            self.session.settle(PROVEN_WITHIN).await;
        }
        self.is_proven()
    }

    /// Whether a subscription is open, which hears only of what happens in the session of this caller.
    fn listens(&self) -> bool {
        self.subscriptions.available_permits() < MOST_SUBSCRIPTIONS
    }
}

/// All callers.
pub struct Callers {
    auth: Auth,
    base: BaseUrl,
    root: Session,
    maker: Maker,
    everybody: Arc<Caller>,
    known: Mutex<Known>,
}

/// The callers that are remembered, by the fingerprints of their keys.
#[derive(Default)]
struct Known {
    callers: HashMap<String, Entry>,
    /// Goes up with each use.
    clock: u64,
}

struct Entry {
    caller: Arc<Caller>,
    used: u64,
    at: Instant,
}

impl Callers {
    /// Opens the API, so that sessions of callers can share its connections.
    pub async fn open(root: Session, auth: Auth, maker: Maker) -> Result<Self, KeyProblem> {
        let base = root.base().await?;
        let everybody = maker.caller(root.clone(), Named::alike("everybody".to_owned()), false);
        Ok(Self { auth, base, root, maker, everybody, known: Mutex::default() })
    }

    /// The session with the server's own key, or without one.
    pub fn root(&self) -> &Session {
        &self.root
    }

    /// What requests have to show. It holds nothing that JSON would escape.
    pub const fn asked_for(&self) -> &'static str {
        match self.auth {
            Auth::Key => "send an API key, sk_live_ and 48 hexadecimal digits, as X-API-Key or as Authorization: Bearer, one of them",
            Auth::Tokens(_) | Auth::Nobody => "send a token of this server as Authorization: Bearer",
        }
    }

    /// Whether the server's own key can be used, if callers need it.
    pub async fn has_key(&self) -> bool {
        match self.auth {
            Auth::Key => true,
            Auth::Tokens(_) | Auth::Nobody => self.root.key_problem(PROVEN_WITHIN).await.is_none(),
        }
    }

    /// Waits until a caller may not come in any more: their token has left the file, or the API has rejected their key.
    pub fn gone(&self, caller: &Arc<Caller>) -> impl Future<Output = ()> + Send + Sync + 'static {
        let caller = Arc::clone(caller);
        let tokens = if let Auth::Tokens(tokens) = &self.auth { Some(Arc::clone(tokens)) } else { None };
        async move {
            let stays =
                || !caller.is_rejected() && tokens.as_ref().is_none_or(|tokens| tokens.any(|holder| Named::of(holder).id == caller.id));
            while stays() {
                sleep(LOOK_EVERY).await;
            }
        }
    }

    /// How many callers are remembered.
    pub fn count(&self) -> usize {
        self.known().callers.len()
    }

    /// The caller who sends these headers. `None` if they do not say so as they must. What is wrong with them is told to nobody.
    pub async fn of(&self, headers: &HeaderMap) -> Option<Arc<Caller>> {
        match &self.auth {
            Auth::Nobody => Some(Arc::clone(&self.everybody)),
            Auth::Key => {
                let key = ApiKey::parse(credential(headers, true)?).ok()?;
                // The fence knows keys of this form wherever they appear, without having to remember those of all callers.
                if key.form() != KeyForm::Known {
                    return None;
                }
                self.remembered(Named::alike(key.fingerprint(&self.base)), Some(key), None).await
            }
            Auth::Tokens(tokens) => {
                let holder = tokens.find(credential(headers, false)?)?;
                let scopes = holder.scopes;
                self.remembered(Named::of(holder), None, Some(scopes)).await
            }
        }
    }

    async fn remembered(&self, named: Named, key: Option<ApiKey>, ceiling: Option<Scopes>) -> Option<Arc<Caller>> {
        if let Some(caller) = self.known().find(&named.id) {
            return Some(caller);
        }
        let has_own_key = key.is_some();
        let session = self.root.beside(key, ceiling, self.maker.shelf.clone()).await.ok()?;
        let caller = self.maker.caller(session, named, has_own_key);
        Some(self.known().keep(caller))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn find(&mut self, id: &str) -> Option<Arc<Caller>> {
        self.clock += 1;
        let entry = self.callers.get_mut(id)?;
        (entry.used, entry.at) = (self.clock, Instant::now());
        Some(Arc::clone(&entry.caller))
    }

    /// Remembers a caller. If another request of the same caller was faster, its caller stays: so the scopes of a key are asked for once.
    fn keep(&mut self, caller: Arc<Caller>) -> Arc<Caller> {
        if let Some(earlier) = self.find(&caller.id) {
            return earlier;
        }
        self.callers.retain(|_, entry| entry.at.elapsed() < IDLE || entry.caller.is_proven() && entry.caller.listens());
        if self.callers.len() >= MOST {
            // Keys that the API never accepted go first. So nobody can push out the others by sending keys that do not exist.
            let least = self.callers.iter().min_by_key(|(_, entry)| (entry.caller.is_proven(), entry.caller.listens(), entry.used));
            if let Some(id) = least.map(|(id, _)| id.clone()) {
                self.callers.remove(&id);
            }
        }
        self.callers.insert(caller.id.clone(), Entry { caller: Arc::clone(&caller), used: self.clock, at: Instant::now() });
        caller
    }
}

/// The one credential that a request shows: as a bearer token or, if that is allowed, in the header of API keys.
fn credential(headers: &HeaderMap, in_key_header: bool) -> Option<&str> {
    let mut keys = headers.get_all(API_KEY).iter();
    let mut tokens = headers.get_all(AUTHORIZATION).iter();
    match (keys.next(), tokens.next(), keys.next(), tokens.next()) {
        (Some(key), None, None, None) if in_key_header => key.to_str().ok(),
        (None, Some(token), None, None) => {
            let (scheme, token) = token.to_str().ok()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_shows_exactly_one_credential() {
        let of = |pairs: &[(&'static str, &str)], in_key_header| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, value.parse().unwrap());
            }
            credential(&headers, in_key_header).map(str::to_owned)
        };
        assert_eq!(of(&[("x-api-key", "k")], true).as_deref(), Some("k"));
        assert_eq!(of(&[("x-api-key", "k")], false), None);
        assert_eq!(of(&[("authorization", "bearer  k")], false).as_deref(), Some("k"));
        for wrong in [
            &[][..],
            &[("x-api-key", "k"), ("authorization", "Bearer k")],
            &[("x-api-key", "k"), ("x-api-key", "k")],
            &[("authorization", "Bearer k"), ("authorization", "Bearer k")],
            &[("authorization", "Basic k")],
            &[("authorization", "k")],
        ] {
            assert_eq!(of(wrong, true), None, "{wrong:?}");
        }
    }
}
