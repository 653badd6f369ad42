//! `get_workflow_overview`.

use std::time::Duration;

use chrono::Utc;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::media;
use crate::{
    api::{
        connectors::ListConnectors,
        exports::ListExports,
        imports::{ImportJob, ListImportJobs},
        run::PromptRun,
        runs::{EstimateRun, ListRuns, RunRequest},
        state, time,
        usage::GetRateLimits,
        webhooks::ListWebhooks,
    },
    session::CallError,
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        answer::Row,
        runs::describe,
        schema::{Kind, Member},
        text,
        waiting::word,
    },
};

/// How many of the newest runs and jobs are looked at.
const NEWEST: u32 = 50;
/// How many things of one kind get a line.
const MOST_LINES: usize = 8;
/// How long each part may take. What is slow is left out.
const EACH: Duration = Duration::from_secs(8);
/// A failure that is older is only counted.
const LATELY: Duration = Duration::from_hours(14 * 24);
/// A limit or a balance is near its end where less than this part is left.
const NEAR: f64 = 0.1;

/// See what is under way or needs attention, from runs to webhooks, with the next tool.
#[derive(Deserialize, JsonSchema)]
pub struct GetWorkflowOverview {}

impl Spec for GetWorkflowOverview {
    type Endpoint = ListRuns;
    const NAME: &'static str = "get_workflow_overview";
    const TITLE: &'static str = "Get overview";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("counts", Kind::Object), Member::always("items", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let cx = &Context { deadline: cx.deadline.at_most(EACH), ..cx.clone() };
        // Boxed one by one, because together they would be a large future.
        let ((runs, balance), (imports, media), exports, webhooks, connectors, limits) = tokio::join!(
            Box::pin(runs(cx)),
            Box::pin(arrivals(cx)),
            Box::pin(exports(cx)),
            Box::pin(webhooks(cx)),
            Box::pin(connectors(cx)),
            Box::pin(limits(cx)),
        );
        let (media, unseen) = media.map_or_else(|error| (Err(error), None), |(media, unseen)| (Ok(media), unseen));
        // What cannot be read is left out, and the answer says so. Where nothing can be read, there is no overview.
        let parts = [Some(runs), Some(imports), Some(exports), Some(webhooks), Some(connectors), balance, Some(limits), Some(media)];
        let is_silent = parts.iter().flatten().all(Result::is_err);
        let mut counts = serde_json::Map::new();
        let mut rows = Vec::new();
        let mut unread = Vec::new();
        let mut told = Vec::new();
        let mut old = Vec::new();
        for (name, part) in PARTS.iter().zip(parts) {
            match part {
                Some(Ok(part)) => {
                    for (word, count) in part.counts {
                        counts.insert(word.to_owned(), json!(count));
                        if count > 0 {
                            told.push(format!("{}: {count}", word.replace('_', " ")));
                        }
                    }
                    if part.old > 0 {
                        old.push(format!("{} of the {name}", part.old));
                    }
                    let more = part.rows.len().saturating_sub(MOST_LINES);
                    rows.extend(part.rows.into_iter().take(MOST_LINES));
                    if more > 0 {
                        rows.push(Row { line: format!("and {more} more of these {name}"), value: json!({"kind": name, "more": more}) });
                    }
                }
                Some(Err(error)) if is_silent => return Err(error.into()),
                Some(Err(error)) => unread.push(format!("{name} ({})", text::line(&ToolError::from(error).to_string(), 80))),
                None => unread.push((*name).to_owned()),
            }
        }
        let quiet = if unread.is_empty() { "Nothing is under way and nothing needs attention" } else { "Nothing in what could be read" };
        let heading = if told.is_empty() { quiet.to_owned() } else { told.join(", ") };
        let mut answer = Answer::new(heading);
        answer.fact("counts", Value::Object(counts));
        answer.rows("items", rows);
        if !unread.is_empty() {
            answer.note(format!("These could not be read and are left out: {}.", unread.join(", ")));
        }
        if !old.is_empty() {
            answer.note(format!("What failed more than {} ago is left out: {}.", long(LATELY), old.join(", ")));
        }
        if let Some(unseen) = unseen {
            answer.note(unseen);
            answer.close("list_videos reads the others, index by index.");
        }
        Ok(answer)
    }
}

/// The parts, in the order in which they are told.
const PARTS: [&str; 8] = ["runs", "imports", "exports", "webhooks", "connectors", "balance", "limits", "media"];

/// What one list says.
#[derive(Default)]
pub(super) struct Part {
    pub counts: Vec<(&'static str, usize)>,
    pub rows: Vec<Row>,
    under_way: usize,
    failed: usize,
    unclear: usize,
    /// How many are left out, because they are of long ago.
    old: usize,
}

type Read = Result<Part, CallError>;

/// Why something that takes its time is told of.
#[derive(Clone, Copy)]
enum Why {
    UnderWay,
    Failed,
    /// Its state is none that is known.
    Unclear,
}

impl Why {
    fn of(state: &str, is_over: bool, has_failed: bool) -> Option<Self> {
        match (has_failed, is_over) {
            (true, _) => Some(Self::Failed),
            (false, true) => None,
            (false, false) if state::is_under_way(state) => Some(Self::UnderWay),
            (false, false) => Some(Self::Unclear),
        }
    }

    /// The tool of three that goes with it.
    fn tool(self, under_way: &'static str, failed: &'static str, unclear: &'static str) -> &'static str {
        match self {
            Self::UnderWay => under_way,
            Self::Failed => failed,
            Self::Unclear => unclear,
        }
    }
}

impl Part {
    /// Takes a row, unless it is of long ago and does not go on.
    fn add(&mut self, why: Why, at: Option<&str>, row: Row) {
        let count = match why {
            Why::UnderWay => &mut self.under_way,
            _ if is_old(at) => {
                self.old += 1;
                return;
            }
            Why::Failed => &mut self.failed,
            Why::Unclear => &mut self.unclear,
        };
        *count += 1;
        self.rows.push(row);
    }

    /// The same with its counts under these names.
    fn counted(mut self, under_way: &'static str, failed: &'static str, unclear: &'static str) -> Self {
        self.counts = vec![(under_way, self.under_way), (failed, self.failed)];
        self.counts.extend((self.unclear > 0).then_some((unclear, self.unclear)));
        self
    }
}

/// Whether something was long ago. What has no time may be new.
fn is_old(at: Option<&str>) -> bool {
    at.and_then(time::instant).and_then(|at| (Utc::now() - at).to_std().ok()).is_some_and(|age| age > LATELY)
}

/// One line, with its time if there is one, and with the tool to call next.
pub(super) fn row(cx: &Context<'_>, kind: &str, id: &str, what: String, at: Option<&str>, next: &str) -> Row {
    let way = cx.offer.way_to(next);
    let then = way.as_ref().map(|way| format!(" -> {way}")).unwrap_or_default();
    let at = at.map(str::trim).filter(|at| !at.is_empty());
    let when = at.map(|at| format!(", {}", text::line(&describe::minute(at), 20))).unwrap_or_default();
    let mut value = json!({"kind": kind, "id": id, "what": what, "at": at, "next": way});
    text::prune(&mut value);
    Row { line: format!("{kind} {} {what}{when}{then}", text::id(id)), value }
}

/// The runs, and the balance, which it takes a run to find out.
async fn runs(cx: &Context<'_>) -> (Read, Option<Read>) {
    let runs = match cx.session.call(&ListRuns { limit: Some(NEWEST) }, &cx.deadline).await {
        Ok(runs) => runs.data,
        Err(error) => return (Err(error), None),
    };
    let mut part = Part::default();
    for run in &runs {
        let is_over = describe::is_over(run);
        let has_failed = is_over && (describe::status(run) == "failed" || describe::media_failed(run) > 0);
        let Some(why) = Why::of(&run.status, is_over, has_failed) else { continue };
        let what = format!("\"{}\" {}", text::line(&run.prompt_name, 50), describe::standing(run));
        let next = why.tool("wait_for_prompt_run", "diagnose_prompt_run", "get_prompt_run_status");
        let at = Some(run.executed_at.as_str());
        part.add(why, at, row(cx, "run", &run.run_id, what, at, next));
    }
    let part = part.counted("runs_under_way", "runs_with_failures", "runs_in_unknown_state");
    (Ok(part), Some(balance(cx, &runs).await))
}

/// What a run was over. `None` if the API does not say it, as for single videos.
fn target(run: &PromptRun) -> Option<Value> {
    match (run.told("target_type"), run.told("index_id")) {
        (None | Some("index"), Some(index)) => Some(json!({"type": "index", "index_id": index})),
        (Some("playground"), None) => Some(json!({"type": "playground"})),
        _ => None,
    }
}

/// What is left of the balance. Only the price of a run tells it, so the newest run whose target is known is priced again. That changes
/// nothing and costs nothing.
async fn balance(cx: &Context<'_>, runs: &[PromptRun]) -> Read {
    let request = runs.iter().find_map(|run| {
        let request = json!({"prompt_id": run.prompt_id, "target": target(run)?});
        Some((run, serde_json::from_value::<RunRequest>(request).ok()?))
    });
    let Some((run, request)) = request else { return Ok(Part::default()) };
    let estimate = match cx.session.call(&EstimateRun(request), &cx.deadline).await {
        Ok(estimate) => estimate,
        // What that run was over is gone.
        Err(CallError::Upstream(error)) if error.is_missing() => return Ok(Part::default()),
        Err(error) => return Err(error),
    };
    let Some(left) = estimate.balance() else { return Ok(Part::default()) };
    let price = estimate.price();
    if estimate.is_covered() != Some(false) && price.is_none_or(|price| left > price / NEAR) {
        return Ok(Part::default());
    }
    let like = price.map(|price| format!("; a run like {} costs {} mt", text::id(&run.run_id), text::number(price)));
    let what = format!("{} mt left{}", text::number(left), like.unwrap_or_default());
    Ok(Part { counts: vec![("balance_low", 1)], rows: vec![row(cx, "balance", "account", what, None, "get_usage")], ..Part::default() })
}

/// The imports, and the media that are not ready: first of the indexes into which the newest imports went.
async fn arrivals(cx: &Context<'_>) -> (Read, Result<(Part, Option<String>), CallError>) {
    let call = ListImportJobs { status: None, limit: Some(NEWEST), index_id: None, automation_only: None };
    // What comes after it needs time, too.
    let jobs = cx.session.call(&call, &cx.deadline.at_most(EACH / 2)).await.map(|jobs| jobs.data);
    let recent: Vec<String> = jobs.iter().flatten().filter_map(|job| job.target_index_id.clone()).collect();
    (jobs.map(|jobs| imports(cx, jobs)), media::stuck(cx, &recent).await)
}

fn imports(cx: &Context<'_>, jobs: Vec<ImportJob>) -> Part {
    let mut part = Part::default();
    for job in jobs {
        let has_failed = job.is_over() && (job.status.eq_ignore_ascii_case("failed") || job.failed() > 0);
        let Some(why) = Why::of(&job.status, job.is_over(), has_failed) else { continue };
        let what = format!("{}, {}", word(&job.status), text::count(usize::try_from(job.failed()).unwrap_or(usize::MAX), "failed file"));
        let at = job.completed_at.as_deref().or(job.created_at.as_deref());
        let next = why.tool("wait_for_import", "get_import_job", "get_import_job");
        part.add(why, at, row(cx, "import", &job.job_id, what, at, next));
    }
    part.counted("imports_under_way", "imports_with_failures", "imports_in_unknown_state")
}

async fn exports(cx: &Context<'_>) -> Read {
    let mut part = Part::default();
    for export in cx.session.call(&ListExports { limit: Some(NEWEST) }, &cx.deadline).await?.data {
        let Some(why) = Why::of(&export.status, export.is_over(), export.has_failed()) else { continue };
        let error = export.error_message.as_deref().filter(|_| export.has_failed());
        let what = format!("{}{}", word(&export.status), error.map(|error| format!(": {}", text::line(error, 120))).unwrap_or_default());
        let at = export.completed_at.as_deref().or(export.created_at.as_deref());
        let next = why.tool("wait_for_export", "get_export_status", "get_export_status");
        part.add(why, at, row(cx, "export", &export.export_id, what, at, next));
    }
    Ok(part.counted("exports_under_way", "exports_failed", "exports_in_unknown_state"))
}

async fn webhooks(cx: &Context<'_>) -> Read {
    let mut part = Part::default();
    let mut paused = 0;
    for hook in cx.session.call(&ListWebhooks {}, &cx.deadline).await?.data {
        if hook.status == "paused" {
            paused += 1;
            let what = format!("\"{}\" paused, gets no event", text::line(&hook.name, 50));
            part.rows.push(row(cx, "webhook", &hook.webhook_id, what, None, "update_webhook"));
            continue;
        }
        if hook.status == "disabled" || hook.failure_count > 0 {
            // One that the API has switched off waits for somebody, however long ago that was.
            if hook.status != "disabled" && is_old(hook.last_failure_at.as_deref()) {
                part.old += 1;
                continue;
            }
            let failures = usize::try_from(hook.failure_count).unwrap_or(usize::MAX);
            let what = format!(
                "\"{}\" {}, {} in a row",
                text::line(&hook.name, 50),
                text::line(&hook.status, 20),
                text::count(failures, "failure")
            );
            part.rows.push(row(cx, "webhook", &hook.webhook_id, what, hook.last_failure_at.as_deref(), "list_webhook_deliveries"));
        }
    }
    part.counts = vec![("webhooks_failing", part.rows.len() - paused)];
    part.counts.extend((paused > 0).then_some(("webhooks_paused", paused)));
    Ok(part)
}

async fn connectors(cx: &Context<'_>) -> Read {
    let mut part = Part::default();
    for connector in cx.session.call(&ListConnectors {}, &cx.deadline).await?.data {
        let error = connector.last_test_error.as_deref().filter(|error| !error.trim().is_empty());
        if connector.status == "failed" || error.is_some() {
            let why = error.map(|error| format!(": {}", text::line(error, 120))).unwrap_or_default();
            let what = format!("\"{}\" {}{why}", text::line(&connector.name, 50), text::line(&connector.status, 20));
            part.rows.push(row(cx, "connector", &connector.connector_id, what, connector.last_tested_at.as_deref(), "test_connector"));
        }
    }
    part.counts = vec![("connectors_failing", part.rows.len())];
    Ok(part)
}

async fn limits(cx: &Context<'_>) -> Read {
    let limits = cx.session.call(&GetRateLimits {}, &cx.deadline).await?;
    let mut part = Part::default();
    for (category, limit) in &limits.categories {
        #[expect(clippy::cast_precision_loss, reason = "requests are few")]
        let near = |left: Option<u64>, of: Option<u64>| left.zip(of).is_some_and(|(left, of)| of > 0 && (left as f64) < of as f64 * NEAR);
        if near(limit.minute_remaining, limit.minute_limit) || near(limit.hour_remaining, limit.hour_limit) {
            part.rows.push(row(cx, "limit", category, limit.left(), None, "get_rate_limits"));
        }
    }
    part.counts = vec![("limits_near_their_end", part.rows.len())];
    Ok(part)
}

/// A length of time in whole units, the largest one that fits.
pub(super) fn long(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2_880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}
