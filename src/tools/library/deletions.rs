//! What a deletion of an index or an item would take away, and how far one is.

use std::collections::BTreeMap;

use serde_json::json;

use super::video;
use crate::{
    api::{
        Endpoint,
        automations::{AutomationKind, GetAutomation},
        deletions::{DeleteIndex, DeleteVideo, Deletion, GetIndexDeletion, GetVideoDeletion},
        ids::{IndexId, VideoId},
        imports::{ImportJob, ListImportJobs},
        indexes::{GetIndex, ListIndexVideos},
        markers::ResourceType,
        run::PromptRun,
        runs::ListIndexRuns,
        segments::SegmentTarget,
        state,
        videos::{GetVideo, ListVideoRuns, RunOnVideo},
        webhooks::{ListWebhooks, Webhook},
    },
    client,
    session::CallError,
    tools::{
        Answer, Context, ToolError,
        answer::Row,
        consent::Plan,
        markers,
        names::list_indexes,
        proxy::{Noun, Planned, Show, must_be, one},
        refused::InTheWay,
        runs::describe,
        schema::{Kind, Member},
        text,
    },
};

/// How many pages of an index are counted.
const MOST_PAGES: usize = 20;
/// How many shared indexes are looked at for an item, and how many pages of each.
const MOST_SHARED: usize = 5;
const MOST_PAGES_OF_SHARED: usize = 3;
/// The most runs on an item that the API lists.
const MOST_RUNS_OF_ITEM: u32 = 200;
/// How many runs are named.
const NAMED: usize = 5;

impl Show for Deletion {
    const OUTPUT: &'static [Member] = &[Member::maybe("deletion_id", Kind::Text), Member::maybe("status", Kind::Text)];

    fn show(self) -> Answer {
        let (what, tool) = match (&self.index_id, &self.video_id) {
            (Some(id), _) => (format!("index {}", text::id(id)), format!("get_index_deletion with index_id={}", text::id(id))),
            (_, Some(id)) => (text::id(id), format!("get_video_deletion with video_id={}", text::id(id))),
            (None, None) => ("it".to_owned(), "get_video_deletion (of an item) or get_index_deletion (of an index)".to_owned()),
        };
        let status = text::line(&self.status.to_lowercase(), 40);
        let status = if status.is_empty() { "asked for; the API does not say how far it is".to_owned() } else { status };
        let mut answer = one(format!("Deletion of {what}: {status}"), &self, &["index_id", "video_id", "status", "retry_after_seconds"]);
        if has_stopped(&status) {
            answer.close(format!("It does not go on by itself; to delete again resumes it. {tool} says how far it came."));
        } else if status != "deleted" {
            let after = self.retry_after_seconds.map(|seconds| format!(" in {seconds} s")).unwrap_or_default();
            answer.close(format!("It goes on by itself. {tool} says{after} how far it is; to delete again resumes it."));
        }
        answer
    }
}

impl Planned for DeleteVideo {
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let item = match cx.session.call(&GetVideo { video_id: self.video_id.clone() }, &cx.deadline).await {
            Ok(item) => item,
            Err(error) => return under_way(cx, &GetVideoDeletion { video_id: self.video_id.clone() }, error).await,
        };
        must_be(self.video_id.as_str(), &item.video_id)?;
        let every = ListVideoRuns { video_id: self.video_id.clone(), limit: Some(MOST_RUNS_OF_ITEM) };
        let (runs, shared) = tokio::join!(cx.session.call(&every, &cx.deadline), shared_index_of(cx, &self.video_id));
        if let Some(index) = shared {
            return Err(is_shared(&index).into());
        }
        let more = runs.as_ref().is_ok_and(|runs| runs.next_cursor().is_some() || runs.data.len() >= MOST_RUNS_OF_ITEM as usize);
        let runs = runs.map(|runs| runs.data);
        not_processed(&text::id(&item.video_id), &runs)?;
        let Row { line, mut value } = video::row(&item);
        if let Some(members) = value.as_object_mut() {
            members.insert("segments".into(), json!(segments(item.processing_status.as_deref())));
        }
        let mut answer = Answer::new(format!("Would delete {line}"));
        answer.fact("would_delete", value);
        let (cut_by, older) = (cut_by(&item.video_id, runs.as_deref().unwrap_or_default()), more || runs.is_err());
        dependants(&mut answer, runs, more);
        markers::going(cx, &mut answer, &[(ResourceType::Video, item.video_id.as_str())], &cut_by, older).await;
        Ok(Plan::loss(answer, &item.title))
    }
}

impl Planned for DeleteIndex {
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let index = match cx.session.call(&GetIndex { index_id: self.index_id.clone() }, &cx.deadline).await {
            Ok(index) => index,
            Err(error) => return under_way(cx, &GetIndexDeletion { index_id: self.index_id.clone() }, error).await,
        };
        must_be(self.index_id.as_str(), &index.index_id)?;
        let name = text::id(&index.index_id);
        if index.is_default {
            return Err(is_shared(&index.index_id).into());
        }
        let runs = ListIndexRuns { index_id: self.index_id.clone(), limit: Some(100), cursor: None };
        let jobs = ListImportJobs { status: None, limit: Some(200), index_id: Some(self.index_id.clone()), automation_only: None };
        let (runs, jobs) = tokio::join!(cx.session.call(&runs, &cx.deadline), cx.session.call(&jobs, &cx.deadline));
        let more_runs = runs.as_ref().is_ok_and(|runs| runs.next_cursor().is_some());
        let runs = runs.map(|runs| runs.data);
        not_processed(&format!("the index {name}"), &runs)?;
        // The API may not know how to list those of one index.
        let fills = |job: &ImportJob| job.target_index_id.as_deref() == Some(index.index_id.as_str());
        let jobs = jobs.map(|jobs| jobs.data.into_iter().filter(fills).collect::<Vec<_>>());
        if let Some(job) = jobs.iter().flatten().find(|job| !job.is_over()) {
            let job = text::id(&job.job_id);
            let what = format!("the import job {job} still fills the index {name}");
            return Err(InTheWay::new(what, format!("Wait for it (wait_for_import job_id={job}) or stop it (cancel_import_job).")).into());
        }
        let mut list = ListIndexVideos { index_id: self.index_id.clone(), limit: Some(100), cursor: None };
        let (mut media, mut segments_total, mut more) = (BTreeMap::<String, usize>::new(), 0, false);
        let mut items = Vec::new();
        for page in 1..=MOST_PAGES {
            let found = cx.session.call(&list, &cx.deadline).await?;
            for item in &found.data {
                *media.entry(text::line(&item.media_type, 20)).or_default() += 1;
                segments_total += segments(item.processing_status.as_deref());
            }
            items.extend(found.data.iter().map(|item| SegmentTarget { video_id: item.video_id.clone(), run_id: None }));
            list.cursor = found.next_cursor().map(str::to_owned);
            // What was too large to be read is not counted, either.
            more = (list.cursor.is_some() && page == MOST_PAGES) || client::was_cut();
            if list.cursor.is_none() {
                break;
            }
        }
        let total: usize = media.values().sum();
        let kinds: Vec<String> = media.iter().map(|(kind, n)| text::count(*n, kind)).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        let at_least = if more { "at least " } else { "" };
        let mut answer = Answer::new(format!("Would delete the index {}", index.line()));
        answer.line(format!("with {at_least}{}{kinds} and {}", text::count(total, "media item"), text::count(segments_total, "segment")));
        let mut value = json!({"index_id": index.index_id, "name": index.name, "media": total, "segments": segments_total});
        text::prune(&mut value);
        answer.fact("would_delete", value);
        let older = more_runs || runs.as_ref().map_or(2, Vec::len) > 1;
        dependants(&mut answer, runs, more_runs);
        let things = items.iter().map(|item| (ResourceType::Video, item.video_id.as_str()));
        let things: Vec<_> = things.chain([(ResourceType::Index, index.index_id.as_str())]).collect();
        markers::going(cx, &mut answer, &things, &items, older).await;
        imports(&mut answer, jobs);
        automations(cx, &mut answer, &self.index_id).await;
        webhooks(cx, &mut answer, &self.index_id).await;
        Ok(Plan::loss(answer, &index.name).typed(&index.name))
    }
}

/// An item with each run that has cut it into segments, or without one if no run is known.
fn cut_by(video_id: &str, runs: &[PromptRun]) -> Vec<SegmentTarget> {
    let target = |run_id| SegmentTarget { video_id: video_id.to_owned(), run_id };
    let each: Vec<_> = runs.iter().map(|run| target(Some(run.run_id.clone()))).collect();
    if each.is_empty() { vec![target(None)] } else { each }
}

/// Names the import jobs that brought media into an index.
fn imports(answer: &mut Answer, jobs: Result<Vec<ImportJob>, CallError>) {
    let Ok(jobs) = jobs else {
        answer.line("Which import jobs filled it is not known: they could not be read.");
        return;
    };
    let ids: Vec<&str> = jobs.iter().map(|job| job.job_id.as_str()).collect();
    if !ids.is_empty() {
        answer.line(format!("Filled by {}: {}", text::count(ids.len(), "import job"), text::names(ids.iter().copied(), NAMED)));
        answer.fact("import_jobs", json!(ids));
    }
}

fn is_shared(index_id: &str) -> InTheWay {
    let what = format!("the index {} is shared by all accounts, and nobody but the vendor can change it", text::id(index_id));
    InTheWay::new(what, "list_indexes says which indexes are the account's own.")
}

/// The shared index that holds an item, as far as a look at those can say. The item itself does not tell its index.
async fn shared_index_of(cx: &Context<'_>, video_id: &VideoId) -> Option<String> {
    let indexes = list_indexes(cx, &cx.deadline).await.ok()?;
    for index in indexes.into_iter().filter(|index| index.is_default).take(MOST_SHARED) {
        let mut list = ListIndexVideos { index_id: IndexId::parse(index.index_id.as_str()).ok()?, limit: Some(100), cursor: None };
        for _ in 0..MOST_PAGES_OF_SHARED {
            let page = cx.session.call(&list, &cx.deadline).await.ok()?;
            if page.data.iter().any(|item| item.video_id == video_id.as_str()) {
                return Some(index.index_id);
            }
            list.cursor = page.next_cursor().map(str::to_owned);
            if list.cursor.is_none() {
                break;
            }
        }
    }
    None
}

/// Whether a deletion in this state has ended, and not because everything is deleted.
fn has_stopped(status: &str) -> bool {
    state::is_one_of(status, &["failed", "error", "cancelled", "canceled"])
}

/// What is not there may be on its way out, or gone. To delete it again only resumes that, so nobody needs to agree to a loss. If the deletion
/// has stopped, somebody decides anew. Of what is gone nothing is sent.
async fn under_way<E: Endpoint<Output = Deletion>>(cx: &Context<'_>, deletion: &E, error: CallError) -> Result<Plan, ToolError> {
    if !matches!(&error, CallError::Upstream(error) if error.is_missing()) {
        return Err(error.into());
    }
    match cx.session.call(deletion, &cx.deadline).await {
        Ok(deletion) if deletion.status.eq_ignore_ascii_case("deleted") => {
            let mut answer = deletion.show();
            answer.close("It is gone already. Nothing was sent.");
            Err(ToolError::Planned(Box::new(answer)))
        }
        Ok(deletion) if has_stopped(&deletion.status) => {
            let id = deletion.index_id.as_ref().or(deletion.video_id.as_ref()).cloned().unwrap_or_default();
            let mut answer = Answer::new(format!("Would delete what is left of {}, whose deletion has stopped", text::id(&id)));
            answer.line(format!("It stands at: {}", text::line(&deletion.status, 40)));
            Ok(Plan::loss(answer, &id))
        }
        Ok(deletion) => Ok(Plan::change(deletion.show()).meaning("")),
        Err(_) => Err(error.into()),
    }
}

/// Names the automations that end with an index. To have none is the usual case, and the API may say so with an error.
async fn automations(cx: &Context<'_>, answer: &mut Answer, index_id: &IndexId) {
    let read = |kind| GetAutomation { index_id: index_id.clone(), kind };
    let (import, export) = (read(AutomationKind::Import), read(AutomationKind::Export));
    let (import, export) = tokio::join!(cx.session.call(&import, &cx.deadline), cx.session.call(&export, &cx.deadline));
    let on = [(AutomationKind::Import, import), (AutomationKind::Export, export)];
    let is_missing = |error: &CallError| matches!(error, CallError::Upstream(error) if error.is_missing());
    if on.iter().any(|(_, found)| found.as_ref().is_err_and(|error| !is_missing(error))) {
        answer.line("Which automations end with it is not known: they could not be read.");
    }
    let on: Vec<&str> =
        on.iter().filter(|(_, found)| found.as_ref().is_ok_and(|found| found.enabled)).map(|(kind, _)| kind.as_str()).collect();
    if !on.is_empty() {
        answer.line(format!("Its automations end with it: {}", on.join(", ")));
        answer.fact("automations", json!(on));
    }
}

/// Names the webhooks that are told of this index alone, or of it among others.
async fn webhooks(cx: &Context<'_>, answer: &mut Answer, index_id: &IndexId) {
    let Ok(webhooks) = cx.session.call(&ListWebhooks {}, &cx.deadline).await else {
        answer.line("Which webhooks name it is not known: they could not be read.");
        return;
    };
    let names_it = |webhook: &&Webhook| webhook.index_ids.iter().flatten().any(|id| id == index_id.as_str());
    let ids: Vec<&str> = webhooks.data.iter().filter(names_it).map(|webhook| webhook.webhook_id.as_str()).collect();
    if !ids.is_empty() {
        answer.line(format!("Webhooks that name it hear nothing of it any more: {}", text::names(ids.iter().copied(), NAMED)));
        answer.fact("webhooks", json!(ids));
    }
}

/// How many segments an item has, as far as its runs say.
fn segments(runs: Option<&[RunOnVideo]>) -> usize {
    let most = runs.unwrap_or_default().iter().map(|run| run.total_segments).max().unwrap_or_default();
    usize::try_from(most).unwrap_or(usize::MAX)
}

/// Refuses what runs under way still process: the API does, too. What the list of runs does not tell, it will.
fn not_processed(what: &str, runs: &Result<Vec<PromptRun>, CallError>) -> Result<(), InTheWay> {
    let under_way: Vec<&str> = runs.iter().flatten().filter(|run| describe::is_under_way(run)).map(|run| run.run_id.as_str()).collect();
    let Some(first) = under_way.first() else { return Ok(()) };
    let (many, still) = if under_way.len() == 1 { ("the run", "processes") } else { ("the runs", "process") };
    let what = format!("{many} {} still {still} {what}", text::names(under_way.iter().copied(), NAMED));
    Err(InTheWay::new(what, format!("Wait (wait_for_prompt_run run_id={}) or stop it (cancel_prompt_run).", text::id(first))))
}

/// Names the runs that lose results. There may be more of them than were listed.
fn dependants(answer: &mut Answer, runs: Result<Vec<PromptRun>, CallError>, more: bool) {
    let Ok(runs) = runs else {
        answer.line("Which runs depend on it is not known: the list of runs could not be read.");
        return;
    };
    let ids: Vec<&str> = runs.iter().map(|run| run.run_id.as_str()).collect();
    if !ids.is_empty() {
        let lose = if ids.len() == 1 { "loses its" } else { "lose their" };
        let (at_least, count) = (if more { "At least " } else { "" }, text::count(ids.len(), "run"));
        answer.line(format!("{at_least}{count} {lose} results for it: {}", text::names(ids.iter().copied(), NAMED)));
    }
    if more {
        answer.note("Only the newest runs were listed; older ones lose results for it, too.");
    }
    answer.fact("dependants", json!({"runs": ids}));
}
