//! `list_prompts`.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fields::{self, Field};
use crate::{
    api::{
        prompts::{self, Prompt, PromptList},
        run::PromptRun,
        runs::ListRuns,
    },
    client,
    tools::{
        Answer, Context, Detail, Effect, Family, Spec, ToolError,
        answer::Row,
        runs::describe,
        schema::{Kind, Member},
        text,
    },
};

/// How many of the newest runs are looked at for the latest of each prompt.
const RUNS_LOOKED_AT: u32 = 100;
/// How many run ids a prompt is shown with.
const RUNS_SHOWN: usize = 5;

/// List prompts (what can be extracted) with their field paths and types and latest run ids, as `filter_videos` needs them.
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
    const FAMILY: Family = Family::Prompts;
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("total_count", Kind::Count), Member::always("prompts", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let list = prompts::ListPrompts {
            active_only: Some(self.active_only.unwrap_or(true)),
            include_defaults: Some(self.include_defaults.unwrap_or(true)),
        };
        let recent = ListRuns { limit: Some(RUNS_LOOKED_AT) };
        let (response, runs) = tokio::join!(cx.session.fetch(&list, &cx.deadline), cx.session.call(&recent, &cx.deadline));
        let response = response?;
        let listed = client::decode_as::<PromptList>(&response)?;
        let mut everything: Vec<Value> = Vec::new();
        if self.detail == Detail::Full
            && let Some(Value::Array(prompts)) = client::decode_as::<Map<String, Value>>(&response)?.remove("prompts")
        {
            everything = prompts;
        }
        let (latest, failed) = match runs {
            Ok(runs) => (by_prompt(runs.data), false),
            Err(_) => (HashMap::new(), true),
        };
        let mut answer = Answer::new(format!("{}, {} active", text::count(listed.prompts.len(), "prompt"), listed.active_count));
        answer.fact("total_count", listed.total_count);
        answer.fact("active_count", listed.active_count);
        let rows = listed
            .prompts
            .iter()
            .enumerate()
            .map(|(n, prompt)| row(prompt, latest.get(&prompt.prompt_id), everything.get_mut(n).map(Value::take)));
        answer.rows("prompts", rows.collect());
        if failed {
            answer.note("Latest runs were left out: listing runs failed.");
        }
        Ok(answer)
    }
}

/// The newest runs of each prompt that have results, newest first.
fn by_prompt(mut runs: Vec<PromptRun>) -> HashMap<String, Vec<PromptRun>> {
    runs.retain(|run| matches!(run.status.to_lowercase().as_str(), "completed" | "completed_with_failures"));
    runs.sort_by(|a, b| b.executed_at.cmp(&a.executed_at));
    let mut out: HashMap<String, Vec<PromptRun>> = HashMap::new();
    for run in runs {
        let latest = out.entry(run.prompt_id.clone()).or_default();
        if latest.len() < RUNS_SHOWN {
            latest.push(run);
        }
    }
    out
}

fn row(prompt: &Prompt, runs: Option<&Vec<PromptRun>>, everything: Option<Value>) -> Row {
    let fields = fields::of(&prompt.json_schema);
    let run_ids: Vec<&str> = runs.into_iter().flatten().map(|run| run.run_id.as_str()).collect();
    let mut line = format!("{} \"{}\"", text::id(&prompt.prompt_id), text::line(&prompt.name, 100));
    if !prompt.is_active {
        line.push_str(" (inactive)");
    }
    let described = text::sentence(&prompt.description, 140);
    if !described.is_empty() {
        line.push_str(&format!(": {described}"));
    }
    line.push_str(&format!(" | fields: {}", listing(&fields)));
    line.push_str(&match run_ids.as_slice() {
        [] => " | no finished run".to_owned(),
        _ => format!(" | latest runs: {}", runs.into_iter().flatten().map(run_on).collect::<Vec<_>>().join(", ")),
    });
    let mut value = match everything {
        Some(mut everything) => {
            text::prune(&mut everything);
            everything
        }
        None => json!({
            "prompt_id": prompt.prompt_id,
            "name": prompt.name,
            "description": described,
            "is_active": prompt.is_active,
        }),
    };
    let full = value.get("prompt_text").is_some();
    if let Value::Object(members) = &mut value {
        members.insert("schema_fields".into(), fields.iter().map(|field| json!({"path": field.path, "type": field.kind})).collect());
        if !run_ids.is_empty() {
            members.insert("latest_run_ids".into(), json!(run_ids));
        }
    }
    if full {
        line = value.to_string();
    }
    Row { line, value }
}

/// A run and what it covers: the results of a run on another index answer no question about this one.
fn run_on(run: &PromptRun) -> String {
    let place = describe::index_name(run).map(|name| format!(" on \"{}\"", text::line(name, 50))).unwrap_or_default();
    format!("{}{place}", text::id(&run.run_id))
}

/// `a string, b integer`: what a condition needs of a field.
fn listing(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "none".to_owned();
    }
    fields.iter().map(|field| format!("{} {}", text::line(&field.path, 120), field.kind)).collect::<Vec<_>>().join(", ")
}
