//! Runs that exist already: the same request under way or just made, and finished runs that cover a target.
//!
//! This is read only to save the user money, so it never makes a call fail. Without the scope, after too long a wait or if the API fails,
//! nothing is known.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};

use super::{
    describe,
    starts::{AUDIO_SEGMENTATION, REPEAT_WITHIN, VIDEO_SEGMENTATION},
};
use crate::{
    api::{
        Scope,
        ids::VideoId,
        indexes::ListIndexVideos,
        run::PromptRun,
        runs::{ListIndexRuns, ListRuns, RunRequest, Target},
        videos::ListVideoRuns,
    },
    session::Deadline,
    tools::{Context, text, together::together},
};

/// How long to look for earlier runs.
const WITHIN: Duration = Duration::from_secs(6);
/// How many runs are read.
const LOOKED_AT: u32 = 100;
/// How many single items a target may have if its runs are to be compared.
const MAX_ITEMS: usize = 10;

/// Until when to look, if the key may read.
async fn may_look(cx: &Context<'_>) -> Option<Deadline> {
    let deadline = cx.deadline.at_most(WITHIN);
    cx.session.may(Scope::Read, &deadline).await.then_some(deadline)
}

/// Runs of the same user over the same media, that are under way or began within the last minutes.
#[derive(Debug, Default)]
pub struct Alike {
    /// One with the same request.
    pub same: Option<PromptRun>,
    /// Those of the same prompt that differ from the request.
    pub others: Vec<PromptRun>,
}

impl Alike {
    /// In words, that another run of the prompt is billed, too.
    pub fn said(&self) -> Option<String> {
        let run = self.others.first()?;
        let id = text::id(&run.run_id);
        let (at, standing) = (text::line(&describe::minute(&run.executed_at), 40), describe::standing(run));
        Some(format!(
            "The same prompt was started over these media at {at}, cut or read in another way: run {id}, {standing}. Both are billed. cancel_prompt_run stops one that is not wanted."
        ))
    }
}

/// Runs like a request. `elsewhere` leaves out what this process remembers of its own starts, which is exact.
pub async fn alike(cx: &Context<'_>, request: &RunRequest, elsewhere: bool) -> Alike {
    alike_runs(cx, request, elsewhere).await.unwrap_or_default()
}

async fn alike_runs(cx: &Context<'_>, request: &RunRequest, elsewhere: bool) -> Option<Alike> {
    let deadline = may_look(cx).await?;
    let own = cx.session.call(&ListRuns { limit: Some(LOOKED_AT) }, &deadline).await.ok()?.data;
    let now = Utc::now();
    let fresh = |run: &PromptRun| {
        !describe::is_over(run) || began(run).is_some_and(|began| (now - began).abs().to_std().is_ok_and(|age| age < REPEAT_WITHIN))
    };
    let items = match &request.target {
        Target::Videos { video_ids, .. } => Some(distinct(video_ids)),
        Target::Index { .. } | Target::Playground => None,
    };
    // Any run may cover single items, one of their index, too.
    let over = |run: &PromptRun| items.is_some() || is_over_target(request, run);
    let mut runs: Vec<_> = own.into_iter().filter(|run| run.prompt_id == request.prompt_id.as_str() && fresh(run) && over(run)).collect();
    if let Some(items) = items.as_ref().filter(|_| !runs.is_empty()) {
        let on_all = on_all(cx, items, &deadline).await?;
        runs.retain(|run| on_all.contains(&run.run_id));
    }
    // A record does not say which model the caller named.
    let same = |run: &PromptRun| is_same(request, run) && items.as_ref().is_none_or(|items| describe::media(run) == items.len() as u64);
    let (same, others): (Vec<_>, Vec<_>) = runs.into_iter().partition(same);
    let same = same.into_iter().find(|run| !elsewhere || !cx.memory.starts.knows(&run.run_id));
    Some(Alike { same, others })
}

/// Whether a run was made with the same prompt, kind of target and options, as far as its record says.
fn is_same(request: &RunRequest, run: &PromptRun) -> bool {
    is_over_target(request, run) && run.prompt_id == request.prompt_id.as_str() && same_options(request, run)
}

/// Whether a run has the kind of target that a request has, and its index if it has one.
fn is_over_target(request: &RunRequest, run: &PromptRun) -> bool {
    match &request.target {
        Target::Index { index_id } => run.told("target_type") == Some("index") && run.told("index_id") == Some(index_id.as_str()),
        Target::Videos { .. } => run.told("target_type") == Some("videos"),
        Target::Playground => run.told("target_type") == Some("playground"),
    }
}

/// Whether a run has the options of a request. An option that was left out counts as the service's default, as its clients know it.
pub fn same_options(request: &RunRequest, run: &PromptRun) -> bool {
    let word = |given: Option<&str>, recorded: &str, default: &str| recorded.is_empty() || recorded == given.unwrap_or(default);
    let length = |given: Option<u32>, recorded: Option<i64>| given.map(i64::from) == recorded;
    word(request.video_segmentation_type.as_deref(), &run.video_segmentation_type, VIDEO_SEGMENTATION)
        && word(request.audio_segmentation_type.as_deref(), &run.audio_segmentation_type, AUDIO_SEGMENTATION)
        && length(request.video_segment_duration, run.video_segment_duration)
        && length(request.audio_segment_duration, run.audio_segment_duration)
        && request.processing_model.as_ref().is_none_or(|model| run.processing_model.as_ref() == Some(model))
        && request.enable_transcription.unwrap_or(true) == run.enable_transcription
        && request.enable_image_embedding.unwrap_or(true) == run.enable_image_embedding
}

/// What is there for a target.
#[derive(Debug, Default)]
pub struct Covering {
    /// The finished run of the same prompt that covers most of it.
    pub run: Option<PromptRun>,
    /// How many items an index has now, if that is known.
    pub items: Option<Items>,
}

/// How many items an index has.
#[derive(Clone, Copy, Debug)]
pub struct Items {
    /// How many were seen.
    pub seen: usize,
    /// Whether there are more.
    pub more: bool,
}

impl Items {
    /// The number, if it is exact.
    pub fn all(self) -> Option<usize> {
        (!self.more).then_some(self.seen)
    }
}

/// In words, that a run is there already.
pub fn told(request: &RunRequest, run: &PromptRun, items: Option<usize>) -> String {
    let now = items.map(|items| format!(" (the index has {items} now)")).unwrap_or_default();
    let options = if same_options(request, run) { "" } else { " It had other options than those asked for here." };
    format!(
        "This prompt has already been run over this target: run {} of {}, {}{now}. Reading its results costs nothing.{options}",
        text::id(&run.run_id),
        text::line(&describe::minute(&run.executed_at), 40),
        describe::standing(run),
    )
}

/// What is there for the target of a request, as far as this key may know.
pub async fn covering(cx: &Context<'_>, request: &RunRequest) -> Covering {
    match may_look(cx).await {
        Some(deadline) => looked_up(cx, request, &deadline).await.unwrap_or_default(),
        None => Covering::default(),
    }
}

async fn looked_up(cx: &Context<'_>, request: &RunRequest, deadline: &Deadline) -> Option<Covering> {
    let alone = |run| Some(Covering { run, items: None });
    let fits = |run: &PromptRun| run.prompt_id == request.prompt_id.as_str() && describe::has_results(run);
    match &request.target {
        Target::Index { index_id } => {
            let runs = ListIndexRuns { index_id: index_id.clone(), limit: Some(LOOKED_AT), cursor: None };
            let items = ListIndexVideos { index_id: index_id.clone(), limit: Some(100), cursor: None };
            let (runs, items) = tokio::join!(cx.session.call(&runs, deadline), cx.session.call(&items, deadline));
            let whole = |run: &PromptRun| run.told("target_type").is_none_or(|kind| kind == "index");
            let items = items.ok().map(|page| Items { seen: page.data.len(), more: page.next_cursor().is_some() });
            let runs = runs.map(|runs| runs.data).unwrap_or_default();
            Some(Covering { run: most_complete(runs.into_iter().filter(|run| fits(run) && whole(run))), items })
        }
        Target::Videos { video_ids, .. } => {
            let items = distinct(video_ids);
            let on_all = on_all(cx, &items, deadline).await?;
            let runs = cx.session.call(&ListVideoRuns { video_id: items.first()?.clone(), limit: Some(LOOKED_AT) }, deadline).await.ok()?;
            alone(most_complete(runs.data.into_iter().filter(|run| fits(run) && on_all.contains(&run.run_id))))
        }
        Target::Playground => {
            let runs = cx.session.call(&ListRuns { limit: Some(LOOKED_AT) }, deadline).await.ok()?;
            let loose = |run: &PromptRun| run.told("target_type") == Some("playground");
            alone(most_complete(runs.data.into_iter().filter(|run| fits(run) && loose(run))))
        }
    }
}

/// The run with the most segments done; the newer of equals.
fn most_complete(runs: impl Iterator<Item = PromptRun>) -> Option<PromptRun> {
    runs.max_by(|a, b| a.completed_segments.cmp(&b.completed_segments).then_with(|| a.executed_at.cmp(&b.executed_at)))
}

/// The ids of the runs that cover every one of these items. `None` if there are too many items, or if a list cannot be read.
async fn on_all(cx: &Context<'_>, items: &[VideoId], deadline: &Deadline) -> Option<HashSet<String>> {
    if items.len() > MAX_ITEMS {
        return None;
    }
    let lists = together(items.iter().map(|video_id| async move {
        let runs = ListVideoRuns { video_id: video_id.clone(), limit: Some(LOOKED_AT) };
        let runs = cx.session.call(&runs, deadline).await.ok()?.data;
        Some(runs.into_iter().map(|run| run.run_id).collect::<HashSet<_>>())
    }))
    .await;
    let mut lists = lists.into_iter();
    let mut all = lists.next()??;
    for list in lists {
        let list = list?;
        all.retain(|run| list.contains(run));
    }
    Some(all)
}

fn distinct(ids: &[VideoId]) -> Vec<VideoId> {
    let mut seen = HashSet::new();
    ids.iter().filter(|id| seen.insert(id.as_str().to_owned())).cloned().collect()
}

/// When a run began.
fn began(run: &PromptRun) -> Option<DateTime<Utc>> {
    crate::api::time::instant(&run.executed_at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(members: &serde_json::Value) -> PromptRun {
        let mut run = json!({"run_id": "r", "prompt_id": "p", "executed_at": "2026-01-05T10:00:00", "video_segmentation_type": "smart",
            "audio_segmentation_type": "content_aware", "enable_transcription": true, "enable_image_embedding": true,
            "run_context": {"target_type": "index", "index_id": "i"}, "processing_model": "gemini-2.5-flash"});
        for (name, value) in members.as_object().unwrap() {
            run[name] = value.clone();
        }
        serde_json::from_value(run).unwrap()
    }

    #[test]
    fn a_record_is_compared_with_a_request() {
        let request = |members: serde_json::Value| -> RunRequest {
            let mut request = json!({"prompt_id": "p", "target": {"type": "index", "index_id": "i"}});
            for (name, value) in members.as_object().unwrap() {
                request[name] = value.clone();
            }
            serde_json::from_value(request).unwrap()
        };
        assert!(is_same(&request(json!({})), &run(&json!({}))));
        assert!(is_same(&request(json!({"processing_model": "gemini-2.5-flash"})), &run(&json!({}))));
        for other in [
            json!({"processing_model": "gemini-2.5-pro"}),
            json!({"video_segmentation_type": "content_aware"}),
            json!({"video_segmentation_type": "fixed", "video_segment_duration": 60}),
            json!({"enable_transcription": false}),
            json!({"prompt_id": "q"}),
            json!({"target": {"type": "index", "index_id": "j"}}),
            json!({"target": {"type": "playground"}}),
        ] {
            assert!(!is_same(&request(other.clone()), &run(&json!({}))), "{other}");
        }
        let fixed = json!({"video_segmentation_type": "fixed", "video_segment_duration": 60});
        assert!(is_same(&request(fixed.clone()), &run(&fixed)));
    }

    #[test]
    fn times_are_read_with_and_without_a_zone() {
        let at = |text: &str| began(&run(&json!({"executed_at": text}))).map(|time| time.timestamp());
        assert_eq!(at("2026-01-05T10:00:00.5"), at("2026-01-05T10:00:00Z"));
        assert_eq!(at("2026-01-05T12:00:00+02:00"), at("2026-01-05T10:00:00"));
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn the_most_complete_run_is_taken_before_the_newest() {
        let old = run(&json!({"run_id": "old", "completed_segments": 9}));
        let new = run(&json!({"run_id": "new", "completed_segments": 1, "executed_at": "2026-02-01T00:00:00"}));
        assert_eq!(most_complete([old, new].into_iter()).unwrap().run_id, "old");
    }
}
