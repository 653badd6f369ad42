//! Why nothing was found.
//!
//! The API gives no hits, and no error, for a field that no run has, for a type that the field does not have, and for a run of another
//! index. A model then takes "0 hits" for a fact about the videos. So if nothing is found, the runs and the schemas of their prompts are
//! read. The answer then says what in the question cannot match, or else how much was searched. If there are hits, none of this is read.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::Value;

use super::known::Known;
use crate::{
    api::{
        Scope,
        bounded::at_path,
        facade::Filter,
        filter::{Condition, FieldType, Operator},
        hit::{FirstRows, ShownHit},
        ids::{IndexId, PromptId, RunId},
        prompts::{GetPrompt, Prompt},
        run::PromptRun,
        runs::{GetRun, ListIndexRuns, ListRuns},
        search::FilterSearch,
    },
    client,
    gate::Standing,
    session::{CallError, Deadline},
    tools::{Answer, Context, excerpt, runs::describe, text, together::together},
};

/// How long an answer may wait for an explanation.
pub const WITHIN: Duration = Duration::from_secs(5);
/// How many of the named runs are looked up.
const MOST_RUNS: usize = 3;
/// How many prompts are looked up.
const MOST_PROMPTS: usize = 6;
/// The most bytes of the runs that are remembered, and of the prompts.
const MOST_REMEMBERED: usize = 1 << 20;
/// How long a prompt is remembered, which can be changed.
const PROMPTS_FOR: Duration = Duration::from_mins(1);
/// How many runs of an index are read if no run is named.
const RUNS_OF_INDEX: u32 = 20;
/// How many runs are read if no index is named either.
const RUNS_OF_ALL: u32 = 50;

/// Finished runs, and prompts: explanations are made of them.
#[derive(Debug)]
pub struct Facts {
    runs: Mutex<Kept<PromptRun>>,
    prompts: Mutex<Kept<Prompt>>,
}

/// Things by their ids, limited in bytes.
#[derive(Debug)]
struct Kept<T> {
    things: HashMap<String, (Instant, T)>,
    bytes: usize,
    most: usize,
}

impl Default for Facts {
    fn default() -> Self {
        Self::of(MOST_REMEMBERED)
    }
}

impl Facts {
    /// At most so many bytes of each kind.
    pub fn of(most: usize) -> Self {
        Self { runs: Mutex::new(Kept::of(most)), prompts: Mutex::new(Kept::of(most)) }
    }

    /// Forgets what prompts say, since one may say something else now.
    pub fn forget_prompts(&self) {
        let mut prompts = self.prompts.lock().unwrap_or_else(PoisonError::into_inner);
        *prompts = Kept::of(prompts.most);
    }
}

impl<T: Clone + Serialize> Kept<T> {
    fn of(most: usize) -> Self {
        Self { things: HashMap::new(), bytes: 0, most }
    }

    fn get(&self, id: &str, within: Duration) -> Option<T> {
        self.things.get(id).filter(|(at, _)| at.elapsed() < within).map(|(_, thing)| thing.clone())
    }

    /// Keeps a thing. When there is no room left, all others are forgotten.
    fn keep(&mut self, id: &str, thing: &T) {
        let size_of = |thing: &T| serde_json::to_vec(thing).map_or(usize::MAX, |text| text.len());
        let size = size_of(thing);
        if size > self.most {
            return;
        }
        if let Some((_, before)) = self.things.remove(id) {
            self.bytes = self.bytes.saturating_sub(size_of(&before));
        }
        if self.bytes + size > self.most {
            *self = Self::of(self.most);
        }
        self.bytes += size;
        self.things.insert(id.to_owned(), (Instant::now(), thing.clone()));
    }
}

/// A question without hits.
pub struct Nothing<'a> {
    /// The indexes that were searched; none if runs alone say where.
    pub index_ids: Vec<&'a str>,
    /// The runs that were named.
    pub run_ids: &'a [String],
    /// The conditions of a filter.
    pub conditions: &'a [Condition],
    /// Conditions whose types the API finds out.
    pub filters: &'a [Filter],
    /// The fields that words were looked for in.
    pub search_fields: &'a [String],
    /// Whether the answer says already how much was looked at.
    pub is_counted: bool,
}

/// The runs that were searched.
#[derive(Default)]
struct Runs {
    searched: Vec<PromptRun>,
    /// What is wrong with the named ones.
    faults: Vec<String>,
    unread: bool,
    /// Whether more runs were searched than were read.
    more: bool,
}

impl Nothing<'_> {
    /// Says in an answer why it is empty, if that can be found out.
    pub async fn explain(&self, cx: &Context<'_>, answer: &mut Answer) {
        // There may be hits that could not be read, and the answer says so.
        if client::was_cut() {
            return;
        }
        let deadline = Deadline::after(WITHIN.min(cx.deadline.remaining()));
        if !cx.session.may(Scope::Read, &deadline).await {
            let beliefs = cx.session.beliefs();
            let lack = match beliefs.of(Scope::Read).standing {
                _ if beliefs.above_ceiling(Scope::Read) => "and this server's configuration takes the scope read away",
                Standing::NotHeld => "and this key does not hold the scope read",
                _ => "and nobody could find out whether this key holds the scope read",
            };
            answer.note(format!("Why nothing was found cannot be told: that needs runs and their fields, {lack}."));
            if !self.search_fields.is_empty() {
                answer.note("Leave search_fields out to look in all fields.");
            }
            if let Some(way) = cx.offer.way_to("list_sql_tables").filter(|_| !self.search_fields.is_empty() || !self.conditions.is_empty())
            {
                answer.note(format!("{way} has the fields and their types."));
            }
            return;
        }
        let runs = self.runs(cx, &deadline).await;
        let mut reasons = runs.faults;
        let places = self.places(&runs.searched);
        let prompts = prompts(cx, &runs.searched, &deadline).await;
        let known = Known::of(&prompts, !runs.unread && !runs.more);
        let read = self.filters.iter().filter_map(|filter| Some((known.reading(filter)?, known.fault_of_filter(filter))));
        let given = self.conditions.iter().map(|condition| (condition.clone(), known.fault_of_condition(condition)));
        let (conditions, faults): (Vec<_>, Vec<_>) = given.chain(read).unzip();
        if !prompts.is_empty() {
            for (condition, fault) in conditions.iter().zip(faults) {
                // The runs may have been made with an earlier form of the prompt, so what their results have counts, too.
                let had = !known.has(&condition.field) && self.values_of(condition, &places, cx, &deadline).await.is_some();
                reasons.extend(fault.filter(|_| !had));
            }
            reasons.extend(self.search_fields.iter().filter_map(|path| known.fault_of_search_field(path)));
        }
        if reasons.is_empty() {
            reasons.extend(self.looked_at(&runs.searched, runs.unread, conditions.len()));
            if let Some(seen) = self.values_seen(&conditions, &places, cx, &deadline).await {
                reasons.push(seen);
            }
        }
        for reason in reasons {
            answer.note(reason);
        }
    }

    async fn runs(&self, cx: &Context<'_>, deadline: &Deadline) -> Runs {
        let asked = if self.run_ids.is_empty() { self.index_ids.len() } else { self.run_ids.len() };
        let mut out = Runs { more: asked > MOST_RUNS, ..Runs::default() };
        if asked == 0 {
            match cx.session.call(&ListRuns { limit: Some(RUNS_OF_ALL) }, deadline).await {
                Ok(runs) => {
                    out.more |= runs.data.len() >= RUNS_OF_ALL as usize;
                    out.searched.extend(runs.data.into_iter().filter(describe::has_results));
                }
                Err(_) => out.unread = true,
            }
            return out;
        }
        if self.run_ids.is_empty() {
            for index_id in self.index_ids.iter().take(MOST_RUNS).filter_map(|id| IndexId::parse(*id).ok()) {
                let list = ListIndexRuns { index_id, limit: Some(RUNS_OF_INDEX), cursor: None };
                match cx.session.call(&list, deadline).await {
                    Ok(runs) => {
                        out.more |= runs.next_cursor().is_some();
                        out.searched.extend(runs.data.into_iter().filter(describe::has_results));
                    }
                    Err(_) => out.unread = true,
                }
            }
            return out;
        }
        for run_id in self.run_ids.iter().take(MOST_RUNS) {
            match run(cx, run_id, deadline).await {
                Ok(run) => match self.fault_of_run(&run) {
                    Some(fault) => out.faults.push(fault),
                    None => out.searched.push(run),
                },
                Err(CallError::Upstream(error)) if error.is_missing() => {
                    out.faults.push(format!("There is no run {}.", text::id(run_id)));
                }
                Err(_) => out.unread = true,
            }
        }
        out
    }

    fn fault_of_run(&self, run: &PromptRun) -> Option<String> {
        // Without named indexes, no run is one of another index.
        let foreign = |index_id: &&str| !self.index_ids.is_empty() && !self.index_ids.contains(index_id);
        if let Some(index_id) = run.told("index_id").filter(foreign) {
            let name = run.told("index_name").map(|name| format!("\"{}\" ", text::line(name, 80))).unwrap_or_default();
            return Some(format!(
                "Run {} belongs to the index {name}({}), which was not searched.",
                text::id(&run.run_id),
                text::id(index_id)
            ));
        }
        (!describe::has_results(run)).then(|| {
            if describe::lost_its_media(run) {
                return format!("The media of run {} are gone (deleted), and its results with them.", text::id(&run.run_id));
            }
            format!("Run {} is {}; only finished runs are searched.", text::id(&run.run_id), text::line(&run.status.to_lowercase(), 40))
        })
    }

    /// The indexes that were searched, or those of the runs.
    fn places(&self, runs: &[PromptRun]) -> Vec<String> {
        let mut places: Vec<&str> = self.index_ids.clone();
        for run in runs.iter().filter(|_| self.index_ids.is_empty()) {
            places.extend(place(run).filter(|place| !places.contains(place)));
        }
        places.into_iter().map(str::to_owned).collect()
    }

    fn looked_at(&self, runs: &[PromptRun], unread: bool, conditions: usize) -> Option<String> {
        if self.is_counted && (!runs.is_empty() || unread) {
            return None;
        }
        // Runs of one index may cover the same segments, so the largest says how many there are. A run of single videos names no index, and
        // its videos are most likely in those of the other runs.
        let covered = |of: Option<&str>| runs.iter().filter(move |run| place(run) == of).max_by_key(|run| run.completed_segments);
        let places: BTreeSet<Option<&str>> = runs.iter().map(place).collect();
        let alone = places.len() == 1;
        let largest: Vec<&PromptRun> = places.into_iter().filter(|of| alone || of.is_some()).filter_map(covered).collect();
        let segments: u64 = largest.iter().map(|run| run.completed_segments).sum();
        let videos: u64 = largest.iter().map(|run| run.total_videos + run.total_audios + run.total_images).sum();
        let count = |n: u64, noun| text::count(usize::try_from(n).unwrap_or(usize::MAX), noun);
        Some(match (runs.is_empty(), unread) {
            (true, true) => "Nothing was found; what was searched could not be looked up.".to_owned(),
            (true, false) if self.index_ids.is_empty() => "No prompt run has finished, so there is nothing to search yet.".to_owned(),
            (true, false) => format!(
                "No prompt run has finished in {}, so there is nothing to search yet.",
                text::names(self.index_ids.iter().copied(), 4)
            ),
            (false, _) if conditions == 0 => {
                format!("Looked at {} of {}; none matches.", count(segments, "segment"), count(videos, "video"))
            }
            (false, _) => {
                let which = if conditions > 1 { "none meets all conditions" } else { "none meets the condition" };
                format!("Looked at {} of {}; {which}.", count(segments, "segment"), count(videos, "video"))
            }
        })
    }

    /// Some values of the field in the first condition on a text or a list, in words.
    async fn values_seen(&self, asked: &[Condition], places: &[String], cx: &Context<'_>, deadline: &Deadline) -> Option<String> {
        let asked = asked.iter().find(|condition| {
            matches!(condition.kind, FieldType::String | FieldType::Array)
                && !matches!(condition.operator, Operator::IsEmpty | Operator::IsNotEmpty)
        })?;
        let seen = self.values_of(asked, places, cx, deadline).await?;
        (!seen.is_empty()).then(|| {
            format!("Values of `{}` are, for example: {}.", text::line(&asked.field, 80), text::names(seen.iter().map(String::as_str), 10))
        })
    }

    /// Some values of the field in a condition. `None` if no result has the field, or if that cannot be found out.
    async fn values_of(&self, asked: &Condition, places: &[String], cx: &Context<'_>, deadline: &Deadline) -> Option<Vec<String>> {
        let any = Condition { field: asked.field.clone(), operator: Operator::IsNotEmpty, value: None, kind: asked.kind };
        let sample = FilterSearch {
            index_id: IndexId::parse(places.first()?.as_str()).ok()?,
            conditions: vec![any],
            page_size: Some(20),
            cursor: None,
            run_ids: Some(self.run_ids.to_vec()).filter(|ids| !ids.is_empty()),
            index_ids: Some(places.to_vec()),
        };
        let response = cx.session.fetch(&sample, deadline).await.ok()?;
        let hits = client::decode_with(&response, || FirstRows::<ShownHit>::new(20)).ok()?.rows;
        let mut seen: Vec<String> = Vec::new();
        for hit in &hits {
            let metadata = hit.extracted_metadata.as_deref().or(hit.metadata.as_deref());
            let values = match metadata.and_then(|metadata| at_path(metadata, &asked.field)) {
                Some(Value::Array(items)) => items,
                Some(value) => vec![value],
                None => Vec::new(),
            };
            for value in values.iter().map(|value| excerpt::plain(value, 40)) {
                if !value.is_empty() && !seen.contains(&value) {
                    seen.push(value);
                }
            }
        }
        (!hits.is_empty()).then_some(seen)
    }
}

/// A run. It is remembered once it has results.
async fn run(cx: &Context<'_>, run_id: &str, deadline: &Deadline) -> Result<PromptRun, CallError> {
    let facts = &cx.memory.facts.runs;
    if let Some(run) = facts.lock().unwrap_or_else(PoisonError::into_inner).get(run_id, Duration::MAX) {
        return Ok(run);
    }
    let Ok(id) = RunId::parse(run_id) else { return Ok(PromptRun::default()) };
    let run = cx.session.call(&GetRun { run_id: id }, deadline).await?;
    if describe::has_results(&run) {
        facts.lock().unwrap_or_else(PoisonError::into_inner).keep(run_id, &run);
    }
    Ok(run)
}

/// The prompts of runs. Nothing if there are too many of them, or if one cannot be read.
async fn prompts(cx: &Context<'_>, runs: &[PromptRun], deadline: &Deadline) -> Vec<Prompt> {
    let mut ids: Vec<&str> = Vec::new();
    for run in runs {
        if !run.prompt_id.is_empty() && !ids.contains(&run.prompt_id.as_str()) {
            ids.push(&run.prompt_id);
        }
    }
    // With the fields of only some prompts, those of the others would look unknown.
    if ids.len() > MOST_PROMPTS {
        return Vec::new();
    }
    let facts = &cx.memory.facts.prompts;
    let of = |prompt_id| async move {
        let known = facts.lock().unwrap_or_else(PoisonError::into_inner).get(prompt_id, PROMPTS_FOR);
        if known.is_some() {
            return known;
        }
        let prompt = cx.session.call(&GetPrompt { prompt_id: PromptId::parse(prompt_id).ok()? }, deadline).await.ok()?;
        facts.lock().unwrap_or_else(PoisonError::into_inner).keep(prompt_id, &prompt);
        Some(prompt)
    };
    together(ids.into_iter().map(of)).await.into_iter().collect::<Option<_>>().unwrap_or_default()
}

/// The index of a run, if it names one.
fn place(run: &PromptRun) -> Option<&str> {
    run.told("index_id")
}
