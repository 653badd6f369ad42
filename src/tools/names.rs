//! Names for ids: an index may be given by its name, and hits are shown with the titles of their videos.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, ToolError, schema::ID_OR_NAME, text};
use crate::{
    api::{
        Scope,
        ids::{IndexId, check_id},
        indexes::ListIndexes,
        videos::BatchVideos,
    },
    session::{CallError, Deadline},
};

/// How long an answer may wait for titles.
const TITLES_WITHIN: Duration = Duration::from_secs(4);
/// How many titles are remembered.
const MAX_TITLES: usize = 10_000;
/// How many ids one batch may name.
const BATCH: usize = 100;

/// An index given by id or by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct IndexName(pub String);

impl JsonSchema for IndexName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IndexName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "minLength": 1, "maxLength": 200, ID_OR_NAME: true})
    }
}

/// What a process remembers between calls. All of it can be asked for again.
#[derive(Debug, Default)]
pub struct Memory {
    titles: Mutex<HashMap<String, String>>,
    indexes: Mutex<Vec<(String, String)>>,
    batch_is_missing: std::sync::atomic::AtomicBool,
    /// The runs that it started.
    pub(super) starts: super::runs::Starts,
    /// Runs and prompts, to explain with why a search found nothing.
    pub(super) facts: super::search::Facts,
}

/// The indexes of a call, given by id or by name.
///
/// A text that can be an id is taken for one first, which costs nothing; only if the API does not know it, or if it cannot be an id, are
/// the indexes listed and their names compared, without regard to case.
pub struct Named {
    main: IndexName,
    others: Option<Vec<IndexName>>,
    looked_up: bool,
}

/// The ids of the main index and of those that replace it.
type Ids = (IndexId, Option<Vec<String>>);

impl Named {
    /// The indexes as given.
    pub fn new(main: IndexName, others: Option<Vec<IndexName>>) -> Self {
        Self { main, others: others.filter(|others| !others.is_empty()), looked_up: false }
    }

    /// The ids to try first.
    pub async fn ids(&mut self, cx: &Context<'_>) -> Result<Ids, ToolError> {
        let known = cx.memory.indexes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(ids) = self.all(|name| by_name(&known, name).or_else(|| check_id(name).is_ok().then(|| name.to_owned()))) {
            return Ok(ids);
        }
        self.look_up(cx).await
    }

    /// The ids to try after an error, if the error is that an index is unknown and a name fits; else the error.
    pub async fn retry(&mut self, cx: &Context<'_>, error: CallError) -> Result<Ids, ToolError> {
        if self.looked_up || !is_unknown_index(&error) {
            return Err(error.into());
        }
        self.look_up(cx).await
    }

    async fn look_up(&mut self, cx: &Context<'_>) -> Result<Ids, ToolError> {
        self.looked_up = true;
        let listed = cx.session.call(&ListIndexes { include_defaults: Some(true) }, &cx.deadline).await?.data;
        let known: Vec<_> = listed.into_iter().map(|index| (index.index_id, index.name)).collect();
        cx.memory.indexes.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&known);
        let is_id = |name: &str| known.iter().any(|(id, _)| id == name);
        if let Some(ids) = self.all(|name| if is_id(name) { Some(name.to_owned()) } else { by_name(&known, name) }) {
            return Ok(ids);
        }
        let unknown = self.given().find(|name| !is_id(name) && by_name(&known, name).is_none()).unwrap_or_default();
        Err(ToolError::NoSuchIndex {
            given: text::line(unknown, 80),
            known: text::names(
                known.iter().map(|(id, name)| format!("{id} \"{name}\"")).collect::<Vec<_>>().iter().map(String::as_str),
                20,
            ),
        })
    }

    fn given(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.main).chain(self.others.iter().flatten()).map(|name| name.0.as_str())
    }

    /// All ids, if each can be told.
    fn all(&self, id: impl Fn(&str) -> Option<String>) -> Option<Ids> {
        let main = IndexId::parse(id(&self.main.0)?).ok()?;
        let others = self.others.as_ref().map(|others| others.iter().map(|name| id(&name.0)).collect::<Option<Vec<_>>>());
        match others {
            None => Some((main, None)),
            Some(others) => others.map(|others| (main, Some(others))),
        }
    }
}

/// The id of the index with this name, if exactly one has it.
fn by_name(known: &[(String, String)], name: &str) -> Option<String> {
    let wanted = name.trim().to_lowercase();
    let mut fitting = known.iter().filter(|(_, known)| known.trim().to_lowercase() == wanted);
    match (fitting.next(), fitting.next()) {
        (Some((id, _)), None) => Some(id.clone()),
        _ => None,
    }
}

/// Whether an index may be what the API did not find. Other resources have codes of their own.
fn is_unknown_index(error: &CallError) -> bool {
    let CallError::Upstream(error) = error else { return false };
    let other = ["video", "prompt", "run", "segment"];
    error.status == Some(404) && !error.problem.as_ref().is_some_and(|problem| other.iter().any(|kind| problem.code.contains(kind)))
}

/// Titles of videos, as far as they could be had.
pub struct Titles {
    known: HashMap<String, String>,
    left_out: Option<String>,
}

impl Titles {
    /// The title of a video.
    pub fn get(&self, video_id: &str) -> Option<&str> {
        self.known.get(video_id).map(String::as_str)
    }

    /// Why titles are missing, if some are.
    pub fn left_out(&self) -> Option<&str> {
        self.left_out.as_deref()
    }
}

/// Looks up titles, in one call for all. They only enrich an answer: without the scope, or when the look-up fails, the answer goes out
/// without them and says so.
pub async fn titles(cx: &Context<'_>, videos: BTreeSet<String>) -> Titles {
    use std::sync::atomic::Ordering::Relaxed;

    let mut known = HashMap::new();
    {
        let remembered = cx.memory.titles.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(videos.iter().filter_map(|id| remembered.get_key_value(id)).map(|(id, title)| (id.clone(), title.clone())));
    }
    let missing: Vec<String> = videos.into_iter().filter(|id| !known.contains_key(id)).take(BATCH).collect();
    if missing.is_empty() {
        return Titles { known, left_out: None };
    }
    if cx.memory.batch_is_missing.load(Relaxed) {
        return Titles { known, left_out: Some("this API does not offer them in one call".into()) };
    }
    let deadline = Deadline::after(TITLES_WITHIN.min(cx.deadline.remaining()));
    if !cx.session.may(Scope::Read, &deadline).await {
        return Titles { known, left_out: Some("they need the scope read, which the key is not known to hold".into()) };
    }
    let left_out = match cx.session.call(&BatchVideos { video_ids: missing }, &deadline).await {
        Ok(videos) => {
            let mut remembered = cx.memory.titles.lock().unwrap_or_else(PoisonError::into_inner);
            if remembered.len() > MAX_TITLES {
                remembered.clear();
            }
            for video in videos.data {
                remembered.insert(video.video_id.clone(), video.title.clone());
                known.insert(video.video_id, video.title);
            }
            None
        }
        Err(CallError::Upstream(error)) => {
            // A path that does not exist will not exist for the next search either.
            if error.status == Some(404) && !error.problem.as_ref().is_some_and(crate::api::Problem::is_missing_resource) {
                cx.memory.batch_is_missing.store(true, Relaxed);
            }
            Some("looking them up failed".into())
        }
        Err(_) => Some("the key could not look them up".into()),
    };
    Titles { known, left_out }
}
