//! Prices, starts, lists, reads and stops prompt runs.

use std::{collections::HashSet, sync::Arc};

use axum::http::StatusCode;
use rusqlite::{Connection, Transaction};
use serde_json::{Map, Value, json};

use crate::{
    api::{
        ids::PromptId,
        page::Rows,
        prompts::Prompt,
        run::{Estimate, PromptRun},
        runs::{CancelRun, EstimateRun, ExecuteRun, GetRun, ListRuns, RunRequest, Target},
    },
    playground::{
        Refusal,
        auth::Caller,
        cursor::page_size,
        markers,
        mount::Reply,
        naming, prompts, random,
        runs::{
            Facts, Item, Media, Millis, Progress, Settings, Stop, billing,
            cut::{count, cut},
            record::record,
        },
        store::{
            Store, library,
            runs::{self, Which},
            settle,
        },
        time::now,
    },
};

const MOST_RUNS: u32 = 200;
/// How long one segment takes in a run that a caller starts.
const STEP: Millis = 200;
/// The longest fixed segment, in seconds.
const MOST_SECONDS: u32 = 300;
/// The most bytes of the name of a model.
const MOST_MODEL: usize = 100;
/// The most segments of a run. Each answer about a run is computed from all of them.
const MOST_SEGMENTS: f64 = 10_000.0;

pub async fn estimate_run(_: Caller, store: Store, call: EstimateRun) -> Reply<Estimate> {
    store
        .read_settled(move |connection| {
            let planned = plan(connection, call.0, Named::Must)?;
            let price = planned.price();
            let balance = runs::balance(connection)?;
            let left_out = planned.settings.context.get(LEFT_OUT).map(|left_out| (LEFT_OUT.to_owned(), left_out.clone()));
            Ok(Estimate {
                estimated_mt: price.total(),
                breakdown: price.breakdown(&planned.settings).into_iter().chain(left_out).collect(),
                sufficient_balance: Some(balance.covers(price.total())),
                current_balance_mt: balance.current,
            })
        })
        .await
}

/// Starts a run. If the balance does not cover the run, we refuse with 402. No source states this status, but it is made for this case.
pub fn execute_run(caller: &Caller, tx: &Transaction<'_>, call: ExecuteRun) -> Reply<PromptRun> {
    start(caller, tx, call.0, Named::Must)
}

/// Starts a run over what an import brought. Nobody has named these media one by one, so those that cannot be processed or that somebody has
/// deleted are left out.
pub fn execute_on_imported(caller: &Caller, tx: &Transaction<'_>, request: RunRequest) -> Reply<PromptRun> {
    start(caller, tx, request, Named::May)
}

fn start(caller: &Caller, tx: &Transaction<'_>, request: RunRequest, named: Named) -> Reply<PromptRun> {
    settle::settle(tx, now())?;
    let planned = plan(tx, request, named)?;
    let price = planned.price().total();
    afford(tx, "run", price)?;
    let facts = Facts {
        run_id: random::id("run_").map_err(Refusal::internal)?,
        prompt: planned.prompt,
        settings: planned.settings,
        executed_by: caller.name().to_owned(),
        started: now(),
        step: STEP,
        stop: None,
        items: planned.items,
        retries: Vec::new(),
        bill: None,
        settled: None,
    };
    runs::add(tx, &facts)?;
    Ok(record(&Progress::at(&facts, facts.started)))
}

/// Refuses what the balance does not cover. The runs are settled before.
pub fn afford(tx: &Transaction<'_>, what: &str, price: f64) -> Reply<()> {
    let balance = runs::balance(tx)?;
    if balance.covers(price) {
        return Ok(());
    }
    let message =
        format!("The {what} is estimated at {price} mt; the balance is {} mt, {} mt of it reserved.", balance.current, balance.reserved);
    Err(Refusal::new(StatusCode::PAYMENT_REQUIRED, "billing_insufficient_balance", message)
        .with("estimated_mt", price)
        .with("current_balance_mt", balance.current)
        .with("reserved_mt", balance.reserved))
}

/// Writes the meaning of a request into it: removes what has no effect. Absent settings stay absent, because the prompt may save them, so one
/// that is named is another request.
pub fn spell_out(call: &mut ExecuteRun) {
    let request = &mut call.0;
    let has_no_length = |kind: &Option<String>| kind.as_ref().is_some_and(|kind| kind != "fixed");
    if has_no_length(&request.video_segmentation_type) {
        request.video_segment_duration = None;
    }
    if has_no_length(&request.audio_segmentation_type) {
        request.audio_segment_duration = None;
    }
    request.processing_model = request.processing_model.take().filter(|model| !model.trim().is_empty());
    if let Target::Videos { video_ids, .. } = &mut request.target {
        let mut named = HashSet::new();
        video_ids.retain(|id| named.insert(id.to_string()));
    }
}

pub async fn list_runs(_: Caller, store: Store, call: ListRuns) -> Reply<Rows<PromptRun>> {
    let limit = page_size::<ListRuns>("limit", call.limit, MOST_RUNS, MOST_RUNS)?;
    store
        .read(move |connection| {
            let media = library::media(connection)?;
            let now = now();
            let stored = runs::list(connection, &media, Which::All, None, usize::try_from(limit).unwrap_or(usize::MAX))?;
            let mut rows: Vec<PromptRun> = stored.iter().map(|run| record(&Progress::at(&run.facts, now))).collect();
            markers::show(connection, &mut rows)?;
            Ok(Rows::all(rows))
        })
        .await
}

pub async fn get_run(_: Caller, store: Store, call: GetRun) -> Reply<PromptRun> {
    let read = move |connection: &Connection| {
        markers::show_one(connection, record(&Progress::at(&facts(connection, call.run_id.as_str())?, now())))
    };
    store.read(read).await
}

/// Stops a run. If the run has ended already, nothing changes and the answer is its record: the caller wants it not to run, and it does
/// not.
pub fn cancel_run(caller: &Caller, tx: &Transaction<'_>, call: CancelRun) -> Reply<PromptRun> {
    let mut run = facts(tx, call.run_id.as_str())?;
    // Events up to the present millisecond may have been told. What the stop changes comes after them.
    let now = now() + 1;
    if !Progress::at(&run, now).status.is_terminal() && run.stop.is_none() {
        let stop = Stop { at: now, by: caller.name().to_owned() };
        runs::stop(tx, &run.run_id, &stop)?;
        run.stop = Some(stop);
    }
    markers::show_one(tx, record(&Progress::at(&run, now)))
}

/// The stored facts of a run.
pub fn facts(connection: &Connection, run_id: &str) -> Reply<Facts> {
    let media = library::media(connection)?;
    runs::get(connection, &media, run_id)?.ok_or_else(|| Refusal::not_found("run"))
}

/// A run that could be started.
struct Planned {
    prompt: Prompt,
    settings: Settings,
    items: Vec<Arc<Item>>,
}

impl Planned {
    fn price(&self) -> billing::Price {
        billing::estimate(&self.settings, self.items.iter().map(AsRef::as_ref), self.prompt.video_level.is_some())
    }
}

/// Whether each item that a target names must be there and be one that can be processed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Must,
    May,
}

/// The member that tells of media that a run or an estimate leaves out: how many for which reason, and some of their ids. The API has no
/// such member. It is in objects that the API leaves open: the context of a run, and the breakdown of an estimate.
const LEFT_OUT: &str = "left_out";
/// How many ids it names for a reason.
const MOST_NAMED: usize = 5;

/// An item that a run leaves out.
struct Out {
    video_id: String,
    reason: String,
    /// The refusal of a run that cannot leave it out.
    refusal: Refusal,
}

impl Out {
    fn unknown(video_id: &str) -> Self {
        let refusal = Refusal::not_found("video").with("video_id", video_id);
        Self { video_id: video_id.to_owned(), reason: "it does not exist any more".to_owned(), refusal }
    }

    fn unfit(item: &Item, reason: String) -> Self {
        let message = format!("The item {} cannot be processed: {reason}.", item.video_id);
        let refusal = Refusal::bad_request(item.problem_code(), message).with("video_id", item.video_id.as_str());
        Self { video_id: item.video_id.clone(), reason, refusal }
    }
}

/// What is told of these items and of why each of them is left out.
fn left_out(items: &[Out]) -> Option<Value> {
    let mut reasons: Vec<&str> = items.iter().map(|out| out.reason.as_str()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let told = reasons.into_iter().map(|reason| {
        let of_it = || items.iter().filter(|out| out.reason == reason).map(|out| out.video_id.as_str());
        json!({"count": of_it().count(), "reason": reason, "video_ids": of_it().take(MOST_NAMED).collect::<Vec<_>>()})
    });
    let told: Vec<Value> = told.collect();
    (!told.is_empty()).then(|| told.into())
}

/// Checks a request, finds its media, and cuts them as the request says.
fn plan(connection: &Connection, request: RunRequest, named: Named) -> Reply<Planned> {
    if matches!(&request.target, Target::Videos { video_ids, .. } if video_ids.is_empty()) {
        return Err(Refusal::argument(["body", "target", "video_ids"], "List should have at least 1 item", "too_short"));
    }
    // What the call says itself is looked at first.
    settings(&request)?;
    let prompt = prompts::store::get(connection, request.prompt_id.as_str())?.ok_or_else(|| Refusal::not_found("prompt"))?;
    let request = prompts::saved::filled(request, &prompt)?;
    let settings = settings(&request)?;
    let media = library::media(connection)?;
    let mut out = Vec::new();
    let (items, index_id) = match &request.target {
        Target::Index { index_id } => (within(&media, Some(index_id.as_str())), Some(index_id.to_string())),
        Target::Videos { video_ids, index_id } => {
            let mut items: Vec<Arc<Item>> = Vec::new();
            let mut seen = HashSet::new();
            // Each of them once. Whoever names one a million times asks no more than who names it once.
            for video_id in video_ids.iter().filter(|id| seen.insert(id.as_str())) {
                let Some(item) = media.get(video_id.as_str()) else {
                    let unknown = Out::unknown(video_id.as_str());
                    if named == Named::Must {
                        return Err(unknown.refusal);
                    }
                    out.push(unknown);
                    continue;
                };
                if let Some(index_id) = index_id
                    && item.index_id.as_deref() != Some(index_id.as_str())
                {
                    let message = format!("The item {video_id} is not in the index {index_id}.");
                    return Err(Refusal::bad_request("validation_index_mismatch", message));
                }
                items.push(Arc::clone(item));
            }
            (items, index_id.as_ref().map(ToString::to_string))
        }
        Target::Playground => (within(&media, None), None),
    };
    // A target that names no items covers those of its items that can be processed, and says which it leaves out.
    let must = named == Named::Must && matches!(request.target, Target::Videos { .. });
    let mut kept = Vec::new();
    for item in items {
        match item.problem() {
            Some(problem) => out.push(Out::unfit(&item, problem)),
            None => kept.push(item),
        }
    }
    if (must || kept.is_empty()) && !out.is_empty() {
        return Err(out.swap_remove(0).refusal);
    }
    let items = kept;
    let mut context = Map::new();
    let kind = match &request.target {
        Target::Index { .. } => "index",
        Target::Videos { .. } => "videos",
        Target::Playground => "playground",
    };
    context.insert("target_type".into(), Value::from(kind));
    if let Some(index_id) = index_id {
        let index = library::index(connection, &index_id)?.ok_or_else(|| Refusal::not_found("index"))?;
        context.insert("index_id".into(), index.index_id.into());
        context.insert("index_name".into(), index.name.into());
    }
    context.insert("requested_video_count".into(), items.len().into());
    context.extend(left_out(&out).map(|told| (LEFT_OUT.to_owned(), told)));
    if items.is_empty() {
        return Err(Refusal::bad_request("validation_empty_target", "The target has no media."));
    }
    let segments: f64 = items.iter().map(|item| count(&settings, item)).sum();
    if segments > MOST_SEGMENTS {
        let message = format!(
            "The run would have {segments} segments, and a playground takes {MOST_SEGMENTS} at most. Name fewer media, or make the segments longer."
        );
        return Err(Refusal::bad_request("validation_too_many_segments", message).with("segments", segments));
    }
    let items = items.iter().map(|item| cut(&settings, item)).collect();
    Ok(Planned { prompt, settings: Settings { context, ..settings }, items })
}

/// The items of an index, or those of the account that are in none, in their order.
fn within(media: &Media, index_id: Option<&str>) -> Vec<Arc<Item>> {
    let mut items: Vec<_> = media.values().filter(|item| item.index_id.as_deref() == index_id).cloned().collect();
    items.sort_unstable_by_key(|item| item.order);
    items
}

/// Refuses a prompt whose saved settings no run could take.
pub fn check_saved(prompt: &Prompt) -> Reply<()> {
    let prompt_id = PromptId::parse(prompt.prompt_id.as_str()).map_err(Refusal::internal)?;
    let nothing = RunRequest::plain(prompt_id, Target::Playground);
    settings(&prompts::saved::filled(nothing, prompt)?).map(drop)
}

/// The members of a request, with the service's defaults for those that are absent.
fn settings(request: &RunRequest) -> Reply<Settings> {
    naming::within("processing_model", request.processing_model.as_deref().unwrap_or_default(), MOST_MODEL)?;
    let defaults = Settings::default();
    let word = |name: &'static str, given: Option<&String>, default: String, valid: &[&str]| match given {
        None => Ok(default),
        Some(word) if valid.contains(&word.as_str()) => Ok(word.clone()),
        Some(_) => Err(Refusal::argument(["body", name], format!("Input should be one of: {}", valid.join(", ")), "enum")),
    };
    let video = word(
        "video_segmentation_type",
        request.video_segmentation_type.as_ref(),
        defaults.video_segmentation.clone(),
        &["smart", "fixed", "content_aware"],
    )?;
    let audio = word(
        "audio_segmentation_type",
        request.audio_segmentation_type.as_ref(),
        defaults.audio_segmentation.clone(),
        &["fixed", "content_aware"],
    )?;
    let lengths = [
        ("video_segment_duration", &video, request.video_segment_duration),
        ("audio_segment_duration", &audio, request.audio_segment_duration),
    ];
    for (name, kind, seconds) in lengths {
        let message = match seconds {
            Some(seconds) if !(1..=MOST_SECONDS).contains(&seconds) => "Input should be 1 to 300 whole seconds",
            None if kind == "fixed" => "Fixed segmentation needs a duration of 1 to 300 whole seconds",
            _ => continue,
        };
        return Err(Refusal::argument(["body", name], message, "value_error"));
    }
    Ok(Settings {
        video_segmentation: video,
        audio_segmentation: audio,
        video_segment_duration: request.video_segment_duration,
        audio_segment_duration: request.audio_segment_duration,
        model: request.processing_model.clone().filter(|model| !model.trim().is_empty()),
        transcription: request.enable_transcription.unwrap_or(true),
        image_embedding: request.enable_image_embedding.unwrap_or(true),
        context: Map::new(),
    })
}
