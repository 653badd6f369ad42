//! `list_prompts`.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fields;
use crate::{
    api::{
        prompts::{self, Prompt, PromptList},
        run::PromptRun,
        runs::ListRuns,
    },
    client,
    tools::{
        Answer, Context, Detail, Effect, Spec, ToolError,
        answer::Row,
        runs::describe,
        schema::{Kind, Member},
        text,
    },
};

/// How many of the newest runs are read.
const RUNS_LOOKED_AT: u32 = 100;
/// How many runs are shown with each prompt.
const RUNS_SHOWN: usize = 6;

/// List prompts (what can be extracted) with their field paths and types for `filter_videos`, and their finished runs: index, date, coverage;
/// most complete first.
#[derive(Deserialize, JsonSchema)]
pub struct ListPromptsTool {
    /// Shared prompts too; default true.
    include_defaults: Option<bool>,
    /// Only active ones; default true.
    active_only: Option<bool>,
    /// full: texts and schemas.
    #[serde(default)]
    detail: Detail,
}

impl Spec for ListPromptsTool {
    type Endpoint = prompts::ListPrompts;
    const NAME: &'static str = "list_prompts";
    const TITLE: &'static str = "List prompts";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("total_count", Kind::Count), Member::always("prompts", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let list = prompts::ListPrompts {
            active_only: Some(self.active_only.unwrap_or(true)),
            include_defaults: Some(self.include_defaults.unwrap_or(true)),
        };
        let recent = ListRuns { limit: Some(RUNS_LOOKED_AT) };
        let aside = cx.aside();
        let (response, runs) = tokio::join!(cx.session.fetch(&list, &cx.deadline), cx.session.call(&recent, &aside));
        let response = response?;
        let listed = client::decode_as::<PromptList>(&response)?;
        let mut everything: Vec<Value> = Vec::new();
        if self.detail == Detail::Full
            && let Some(Value::Array(prompts)) = client::decode_as::<Map<String, Value>>(&response)?.remove("prompts")
        {
            // A prompt that could not be read is not among those that are listed.
            let mut ids = listed.prompts.iter().map(|prompt| prompt.prompt_id.as_str()).peekable();
            everything = prompts;
            everything.retain(|prompt| prompt.get("prompt_id").and_then(Value::as_str).is_some_and(|id| ids.next_if_eq(&id).is_some()));
        }
        let runs = runs.map(|runs| runs.data);
        let failed = runs.is_err();
        let many = runs.as_ref().is_ok_and(|runs| runs.len() >= RUNS_LOOKED_AT as usize);
        let runs = runs.ok().map(by_prompt);
        let mut answer = Answer::new(format!("{}, {} active", text::count(listed.prompts.len(), "prompt"), listed.active_count));
        answer.fact("total_count", listed.total_count);
        answer.fact("active_count", listed.active_count);
        let rows = listed.prompts.iter().enumerate().map(|(n, prompt)| {
            let of_prompt = runs.as_ref().map(|runs| runs.get(&prompt.prompt_id).map(Vec::as_slice).unwrap_or_default());
            row(prompt, of_prompt, everything.get_mut(n).map(Value::take))
        });
        answer.rows("prompts", rows.collect());
        if listed.prompts.is_empty() && !client::was_cut() {
            answer.note(if list.active_only == Some(true) {
                "There is no active prompt; `active_only` false lists the others."
            } else {
                "There is no prompt yet."
            });
            answer.close("define_prompt makes one from words.");
        }
        if failed {
            answer.note("The runs of the prompts are missing here: listing runs failed.");
        }
        if many {
            answer.note(format!("Only the newest {RUNS_LOOKED_AT} runs were looked at."));
            answer.close("list_prompt_runs lists those of one index or video.");
        }
        Ok(answer)
    }
}

/// The runs of each prompt that have results: first the most complete one of each index, then the others. Among equals the newer comes
/// first.
fn by_prompt(mut runs: Vec<PromptRun>) -> HashMap<String, Vec<PromptRun>> {
    runs.retain(describe::has_results);
    runs.sort_by(|a, b| describe::rank(b).cmp(&describe::rank(a)).then_with(|| b.executed_at.cmp(&a.executed_at)));
    let mut seen = HashSet::new();
    // A small run must not be hidden by many larger ones over another index, nor a complete one by newer ones.
    let (first, others): (Vec<_>, Vec<_>) =
        runs.into_iter().partition(|run| seen.insert((run.prompt_id.clone(), describe::index_name(run).map(str::to_owned))));
    let mut out: HashMap<String, Vec<PromptRun>> = HashMap::new();
    for run in first.into_iter().chain(others) {
        out.entry(run.prompt_id.clone()).or_default().push(run);
    }
    out
}

/// The row of a prompt and its runs. Nothing is said of runs that could not be listed.
fn row(prompt: &Prompt, runs: Option<&[PromptRun]>, everything: Option<Value>) -> Row {
    let fields = fields::of(&prompt.json_schema);
    let known = runs.is_some();
    let runs = runs.unwrap_or_default();
    let (runs, more) = (runs.get(..RUNS_SHOWN).unwrap_or(runs), runs.len().saturating_sub(RUNS_SHOWN));
    let mut line = format!("{} \"{}\"", text::id(&prompt.prompt_id), text::line(&prompt.name, 100));
    if !prompt.is_active {
        line.push_str(" (inactive)");
    }
    let described = text::sentence(&prompt.description, 140);
    if !described.is_empty() {
        line.push_str(&format!(": {described}"));
    }
    line.push_str(&format!(" | fields: {}", fields::listing(&fields)));
    if runs.is_empty() && known {
        line.push_str(" | no run with results");
    } else if !runs.is_empty() {
        let told: Vec<_> = runs.iter().map(told).collect();
        let more = if more > 0 { format!("; and {more} more, see list_prompt_runs") } else { String::new() };
        line.push_str(&format!(" | runs, most complete first: {}{more}", told.join("; ")));
    }
    let mut value = match everything {
        Some(everything) => everything,
        None => json!({
            "prompt_id": prompt.prompt_id,
            "name": prompt.name,
            "description": described,
            "is_active": prompt.is_active,
        }),
    };
    // The line has the other members already.
    let texts = ["prompt_text", "json_schema", "video_level", "semantic_indexing"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), value.get(name)?.clone())));
    let mut texts = texts.collect::<Value>();
    text::prune(&mut texts);
    if let Value::Object(members) = &mut value {
        members.insert("schema_fields".into(), fields::paths(&fields));
        if !runs.is_empty() {
            members.insert("runs".into(), runs.iter().map(run_facts).collect());
        }
        if more > 0 {
            members.insert("more_runs".into(), json!(more));
        }
    }
    if texts != json!({}) {
        line.push_str(&format!(" | {texts}"));
    }
    Row { line, value }
}

/// A run, its index and what it covers: the results of a run on another index answer no question about this one.
fn told(run: &PromptRun) -> String {
    let place = describe::index_name(run).map(|name| format!(" on \"{}\"", text::line(name, 50))).unwrap_or_default();
    format!("{}{place} {} {}", text::id(&run.run_id), text::line(&day(run), 20), coverage(run))
}

fn run_facts(run: &PromptRun) -> Value {
    let mut value = json!({
        "run_id": run.run_id,
        "index_name": describe::index_name(run),
        "executed_at": day(run),
        "coverage": coverage(run),
    });
    text::prune(&mut value);
    value
}

fn day(run: &PromptRun) -> String {
    let at = describe::minute(&run.executed_at);
    at.get(..10).unwrap_or(&at).to_owned()
}

/// `102 of 102 segments, 10 items`.
fn coverage(run: &PromptRun) -> String {
    let items = text::count(usize::try_from(describe::media(run)).unwrap_or(usize::MAX), "item");
    format!("{}, {items}", text::part(run.completed_segments, run.segments(), "segment"))
}
