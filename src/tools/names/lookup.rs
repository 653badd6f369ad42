//! What a wrong id was meant to be.
//!
//! Models give a title for an id, or an id that they made up from a title. The API answers such a call with 404 and nothing more. Here the
//! existing resources are listed and compared, so that the refusal names the right id. If exactly one fits, a tool that only reads goes on
//! with it. A call with a right id costs nothing more.

use std::{collections::HashSet, sync::Arc};

use serde_json::{Map, Value};

use super::{folded, memory::Names, videos::videos};
use crate::{
    api::{
        Scope, connectors::ListConnectors, ids::VideoId, prompts::ListPrompts, runs::ListRuns, videos::GetVideo, webhooks::ListWebhooks,
    },
    session::{CallError, Deadline},
    tools::{
        ArgumentError, Context, ToolError,
        args::{Checked, Reference},
        text,
    },
};

/// How long an answer may wait for a look-up.
pub(super) const WITHIN: std::time::Duration = std::time::Duration::from_secs(8);
/// How many runs are listed.
pub const MOST_RUNS: u32 = 100;
/// How many candidates are named.
const MAX_NAMED: usize = 3;

/// What a wrong reference may have been meant to be.
pub struct Missing {
    /// The resource that fits, if exactly one fits well: id and name.
    pub sure: Option<(String, String)>,
    /// Whether its name is exactly what was given, and names of its kind are as good as ids.
    pub by_name: bool,
    /// The error that names what fits.
    pub error: ToolError,
}

/// A resource that exists.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) name: String,
    /// What tells it from another one of the same name. Empty if that is not listed.
    pub(super) apart: String,
}

impl Known {
    fn new(id: String, name: String) -> Self {
        Self { id, name, apart: String::new() }
    }
}

/// Finds out what a reference was meant to be. Gives the error back if it is not about a reference, if what has the id exists, or if nothing
/// can be listed.
///
/// The new error holds the old one, so that nothing of what the API said is lost.
pub async fn missing(
    cx: &Context<'_>,
    references: &[Reference],
    error: Option<ToolError>,
) -> Result<(Reference, Missing), Option<ToolError>> {
    let (error, notes) = match error {
        Some(ToolError::Noted { error, notes }) => (Some(*error), notes),
        error => (error, Vec::new()),
    };
    match meant(cx, references, error).await {
        Ok((wanted, found)) => Ok((wanted, Missing { error: found.error.noted(notes), ..found })),
        Err(error) => Err(error.map(|error| error.noted(notes))),
    }
}

/// Puts ids in place of the names of indexes, where these can be listed and a name is that of one index alone. One list of now serves all
/// names. A name that several indexes have is refused.
pub async fn settle(cx: &Context<'_>, checked: &mut Checked, arguments: &mut Map<String, Value>) -> Result<(), ToolError> {
    let named = |reference: &&Reference| reference.kind == "index";
    let remembered = cx.memory.indexes(cx.session.recheck()).unwrap_or_default();
    let is_id = |reference: &&Reference| remembered.iter().any(|(id, _)| *id == reference.given);
    let wanted: Vec<Reference> = checked.references.iter().filter(named).filter(|reference| !is_id(reference)).cloned().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    // Whoever waits for them learns from the call itself why they cannot be listed.
    let Ok(known) = super::indexes::names(cx, &cx.aside()).await else { return Ok(()) };
    let known: Vec<Known> = known.into_iter().map(|(id, name)| Known::new(id, name)).collect();
    for wanted in wanted {
        if known.iter().any(|known| known.id == wanted.given) {
            continue;
        }
        match judge("index", &wanted.given, &known, None) {
            Missing { sure: Some((id, name)), by_name: true, .. } => checked.take(&wanted, id, &name, arguments),
            Missing { error: error @ ToolError::Arguments(_), .. } if folded(&wanted.given) != super::ALL => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

async fn meant(cx: &Context<'_>, references: &[Reference], error: Option<ToolError>) -> Result<(Reference, Missing), Option<ToolError>> {
    let Some(wanted) = wrong(references, error.as_ref()) else { return Err(error) };
    let (kind, given) = (wanted.kind.as_str(), wanted.given.as_str());
    let deadline = cx.deadline.at_most(WITHIN);
    let apart = |told| ToolError::Apart { kind: kind.to_owned(), id: given.to_owned(), told: Box::new(told) };
    // Beside another resource it may well exist, and one request tells.
    if references.len() > 1 && error.is_some() && kind == "video" && exists(cx, given, &deadline).await {
        return Err(error.map(apart));
    }
    let Some(known) = list(cx, kind, Some(given), &deadline).await else { return Err(error) };
    if error.is_some() && known.iter().any(|known| known.id == given) {
        return Err(error.map(apart));
    }
    if let Some(list) = wanted.list().filter(|_| kind == "index" && folded(given) == super::ALL) {
        let all = text::names(known.iter().map(|known| known.id.as_str()), 20);
        let error = ArgumentError(format!("`{list}` wants indexes by id or name, and \"all\" is none: {all}")).into();
        return Ok((wanted.clone(), Missing { sure: None, by_name: false, error }));
    }
    Ok((wanted.clone(), judge(kind, given, &known, error)))
}

/// Whether there certainly is a video with this id.
async fn exists(cx: &Context<'_>, video: &str, deadline: &Deadline) -> bool {
    let Ok(video_id) = VideoId::parse(video) else { return false };
    cx.session.may(Scope::Read, deadline).await && cx.session.call(&GetVideo { video_id }, deadline).await.is_ok()
}

/// The reference that is wrong.
fn wrong<'r>(references: &'r [Reference], error: Option<&ToolError>) -> Option<&'r Reference> {
    match error {
        // The text cannot be an id, so nothing was sent.
        None => references.iter().find(|reference| !reference.is_id),
        Some(error) => {
            let kinds = missing_kinds(error);
            let mut fitting = references.iter().filter(|reference| kinds.contains(&reference.kind.as_str()));
            match (fitting.next(), fitting.next()) {
                (Some(only), None) => Some(only),
                // The API does not say which of several is wrong.
                _ => None,
            }
        }
    }
}

/// The kinds of resources that an error may mean: one if the API said which is missing, all if it did not, none for other errors.
fn missing_kinds(error: &ToolError) -> &'static [&'static str] {
    let ToolError::Call(CallError::Upstream(error)) = error else { return &[] };
    let Some(problem) = error.problem.as_ref().filter(|_| error.status == Some(404)) else { return &[] };
    match problem.missing_resource() {
        Some("index") => &["index"],
        Some("video") => &["video"],
        Some("prompt") => &["prompt"],
        Some("run" | "prompt_run") => &["run"],
        Some("connector") => &["connector"],
        Some("webhook") => &["webhook"],
        // `{"detail": "Not found"}` does not say what was not found.
        None if problem.code == "http_404" => &["index", "video", "prompt", "run", "connector", "webhook"],
        _ => &[],
    }
}

/// Whether an error says that there is no such video, so that its id may be a segment's.
pub(super) fn may_be_segment(error: &ToolError) -> bool {
    missing_kinds(error).contains(&"video")
}

/// The indexes, prompts, connectors, webhooks or runs, as one request lists them: ids and names.
/// `None` if they cannot be read.
pub async fn known(cx: &Context<'_>, kind: &str, deadline: &Deadline) -> Option<Vec<(String, String)>> {
    let known = list(cx, kind, None, deadline).await?;
    Some(known.iter().map(|known| (known.id.clone(), known.name.clone())).collect())
}

/// The resources of a kind, as many as a few requests give. What is remembered does only if it has the resource that was given.
async fn list(cx: &Context<'_>, kind: &str, given: Option<&str>, deadline: &Deadline) -> Option<Arc<Vec<Known>>> {
    if kind == "index" {
        return indexes(cx, given, deadline).await.map(Arc::new);
    }
    if !cx.session.may(Scope::Read, deadline).await {
        return None;
    }
    let known: Vec<Known> = match kind {
        "video" => return videos(cx, deadline).await,
        "prompt" => {
            let all = ListPrompts { active_only: Some(false), include_defaults: None };
            let prompts = cx.session.call(&all, deadline).await.ok()?.prompts;
            // Where one is active, its name means that one.
            let active: HashSet<String> = prompts.iter().filter(|prompt| prompt.is_active).map(|prompt| folded(&prompt.name)).collect();
            let named = prompts.into_iter().filter(|prompt| prompt.is_active || !active.contains(&folded(&prompt.name)));
            named.map(|prompt| Known::new(prompt.prompt_id, prompt.name)).collect()
        }
        "connector" => {
            let connectors = cx.session.call(&ListConnectors {}, deadline).await.ok()?.data;
            connectors.into_iter().map(|connector| Known::new(connector.connector_id, connector.name)).collect()
        }
        "webhook" => {
            let webhooks = cx.session.call(&ListWebhooks {}, deadline).await.ok()?.data;
            webhooks.into_iter().map(|webhook| Known::new(webhook.webhook_id, webhook.name)).collect()
        }
        "run" => {
            let runs = cx.session.call(&ListRuns { limit: Some(MOST_RUNS) }, deadline).await.ok()?.data;
            runs.into_iter().map(|run| Known { id: run.run_id, name: run.prompt_name, apart: run.executed_at }).collect()
        }
        _ => return None,
    };
    Some(Arc::new(known))
}

/// All indexes, as remembered or listed. An index may have been made after they were listed, and one whose id the API does not know may have
/// been deleted since. What changes something is decided from a list of now.
async fn indexes(cx: &Context<'_>, given: Option<&str>, deadline: &Deadline) -> Option<Vec<Known>> {
    let has = |known: &Names| match given {
        Some(given) => known.iter().any(|(id, name)| id != given && folded(name) == folded(given)),
        None => !known.is_empty(),
    };
    let remembered = cx.memory.indexes(cx.session.recheck()).filter(|known| !cx.changes_something() && has(known));
    let known = match remembered {
        Some(known) => known.to_vec(),
        None => super::indexes::names(cx, deadline).await.ok()?,
    };
    Some(known.into_iter().map(|(id, name)| Known::new(id, name)).collect())
}

/// The kind of thing that calls of this path make, if such things are called by names.
fn made_by(path: &str) -> Option<&'static str> {
    match path {
        "/indexes" => Some("index"),
        "/prompts" | "/workflow/define" => Some("prompt"),
        "/webhooks" => Some("webhook"),
        _ => path.starts_with("/connectors/").then_some("connector"),
    }
}

/// What to know about a thing that was just made with this name, if others of its kind are called the same: only their ids tell them apart.
pub async fn namesakes(cx: &Context<'_>, path: &str, name: &str) -> Option<String> {
    let kind = made_by(path)?;
    let wanted = folded(name);
    let known = list(cx, kind, None, &cx.aside()).await?;
    let named = || known.iter().filter(|known| folded(&known.name) == wanted);
    (named().count() > 1).then(|| {
        let ids = text::names(named().map(|known| known.id.as_str()), 10);
        format!("More than one {kind} is named \"{}\" now: {ids}. Use ids from now on, not the name.", text::line(name, 80))
    })
}

/// Which of the existing resources fits a text.
pub(super) fn judge(kind: &str, given: &str, known: &[Known], told: Option<ToolError>) -> Missing {
    let wanted = folded(given);
    let named: Vec<&Known> = known.iter().filter(|known| !wanted.is_empty() && folded(&known.name) == wanted).collect();
    if kind == "index" && wanted == super::indexes::ALL {
        return Missing {
            sure: None,
            by_name: false,
            error: super::indexes::only_one(known.iter().map(|known| (&*known.id, &*known.name))),
        };
    }
    if kind == "index" && named.len() > 1 {
        let ids: Vec<String> = named.iter().map(|known| text::id(&known.id)).collect();
        return Missing { sure: None, by_name: false, error: super::indexes::shared(given, &ids).into() };
    }
    let by_name = kind == "index" && named.len() == 1;
    // A run is called as its prompt is, so that is no name of its own.
    let is_name = !named.is_empty() && kind != "run";
    let mut fitting = if named.is_empty() { known.iter().filter(|known| fits(&wanted, known)).collect() } else { named };
    fitting.sort_by(|a, b| a.id.cmp(&b.id));
    fitting.dedup_by(|a, b| a.id == b.id);
    let sure = match fitting.as_slice() {
        // Runs have no names of their own: a run of the same prompt is not the run that was meant.
        [only] if kind != "run" => Some((only.id.clone(), only.name.clone())),
        _ => None,
    };
    if fitting.is_empty() {
        // A near miss is named and never followed: two ids that differ in a letter may both exist.
        let near = text::nearest(given, known.iter().map(|known| known.id.as_str()));
        fitting.extend(known.iter().find(|known| Some(known.id.as_str()) == near));
    }
    let shown = |known: &&Known| {
        let twin = |other: &&Known| other.id != known.id && folded(&other.name) == folded(&known.name);
        let apart = Some(text::line(&known.apart, 120)).filter(|apart| !apart.is_empty() && fitting.iter().any(twin));
        let apart = apart.map(|apart| format!(" ({apart})")).unwrap_or_default();
        format!("{} \"{}\"{apart}", text::id(&known.id), text::line(&known.name, 80))
    };
    let candidates: Vec<String> = fitting.iter().take(MAX_NAMED).map(shown).collect();
    let error = ToolError::NoSuchResource {
        kind: kind.to_owned(),
        given: text::line(given, 200),
        candidates: candidates.join(" or "),
        more: fitting.len().saturating_sub(MAX_NAMED),
        is_name,
        told: told.map(Box::new),
    };
    Missing { sure, by_name, error }
}

/// Whether a resource may be meant: its id begins with the text, or its name has all words of the text.
fn fits(wanted: &str, known: &Known) -> bool {
    let words = words(wanted);
    if words.is_empty() {
        return false;
    }
    let name = folded(&known.name);
    let name = self::words(&name);
    let id = known.id.to_lowercase();
    let continues = id.strip_prefix(wanted).is_some_and(|rest| wanted.len() >= 5 && rest.starts_with(['_', '-', '.']));
    continues || words.iter().all(|word| name.contains(word))
}

/// The words of a text, without those that only say what kind of id it is.
fn words(text: &str) -> Vec<&str> {
    let all = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    all.filter(|word| !matches!(*word, "vid" | "video" | "the" | "a" | "prompt" | "mp4" | "mov" | "id")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(kind: &str, given: &str) -> (Option<String>, String) {
        let known = [
            ("vid_metropolis_1927", "Metropolis (1927)"),
            ("vid_great_train_robbery_1903", "The Great Train Robbery"),
            ("vid_train_arrives_1896", "Arrival of a train"),
            ("vid_market_1906", "A Trip Down Market Street"),
            ("vid_reel_1", "Reel"),
            ("vid_reel_2", "Reel"),
        ];
        let known = known.map(|(id, name)| Known { apart: format!("added by {id}"), ..Known::new(id.into(), name.into()) });
        let missing = judge(kind, given, &known, None);
        let ToolError::NoSuchResource { candidates, .. } = missing.error else { unreachable!() };
        (missing.sure.map(|(id, _)| id), candidates)
    }

    #[test]
    fn titles_and_near_misses_are_recognised() {
        for given in ["vid_metropolis", "Metropolis", "metropolis  (1927)", "metropolis.mp4", "VID_METROPOLIS"] {
            assert_eq!(judged("video", given).0.as_deref(), Some("vid_metropolis_1927"), "{given}");
        }
        assert_eq!(judged("video", "Great Train Robbery").0.as_deref(), Some("vid_great_train_robbery_1903"));
        assert_eq!(
            judged("video", "THE GREAT\u{a0}TRAIN ROBBERY"),
            (Some("vid_great_train_robbery_1903".into()), "vid_great_train_robbery_1903 \"The Great Train Robbery\"".into())
        );
    }

    #[test]
    fn a_doubt_is_told_and_not_resolved() {
        let (sure, candidates) = judged("video", "train");
        assert_eq!(sure, None);
        assert!(candidates.contains("vid_great_train_robbery_1903") && candidates.contains("vid_train_arrives_1896"), "{candidates}");
        let two = "vid_reel_1 \"Reel\" (added by vid_reel_1) or vid_reel_2 \"Reel\" (added by vid_reel_2)";
        assert_eq!(judged("video", "Reel"), (None, two.to_owned()), "two have this title");
        let (sure, candidates) = judged("video", "vid_market_1907");
        assert!(sure.is_none() && candidates.contains("vid_market_1906"), "{candidates}");
        assert_eq!(judged("run", "vid_metropolis").0, None, "a run is never guessed");
        for stranger in ["vid_nope", "", "!!!", "vid", "x"] {
            assert_eq!(judged("video", stranger), (None, String::new()), "{stranger}");
        }
    }
}
