//! What the deletion of a prompt would touch.

use serde_json::json;

use crate::{
    api::{
        automations::{AutomationKind, GetAutomation},
        ids::IndexId,
        indexes::ListIndexes,
        prompts::{DeletePrompt, GetPrompt, GetPromptUsage},
        runs::ListRuns,
    },
    session::CallError,
    tools::{
        Answer, Context, ToolError,
        consent::Plan,
        proxy::{Noun, Planned},
        runs::describe,
        text,
        together::together,
    },
};

/// How many of the newest runs are looked at.
const RUNS_LOOKED_AT: u32 = 200;
/// How many runs are named.
const RUNS_NAMED: usize = 10;
/// How many automations are read at once, and how many times.
const AT_ONCE: usize = 7;
const MOST_BATCHES: usize = 6;

impl Planned for DeletePrompt {
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let (prompt, usage, runs) = (
            GetPrompt { prompt_id: self.prompt_id.clone() },
            GetPromptUsage { prompt_id: self.prompt_id.clone() },
            ListRuns { limit: Some(RUNS_LOOKED_AT) },
        );
        let (prompt, usage, runs) = tokio::join!(
            cx.session.call(&prompt, &cx.deadline),
            cx.session.call(&usage, &cx.deadline),
            cx.session.call(&runs, &cx.deadline)
        );
        let prompt = prompt?;
        let mut answer = Answer::new(format!("Would be deleted: {}", prompt.line()));
        answer.fact("prompt_id", prompt.prompt_id.as_str());
        answer.fact("name", prompt.name.as_str());
        let in_use = usage.ok().map(|usage| usage.is_in_use);
        answer.fact("is_in_use", in_use);
        match runs {
            Ok(runs) => {
                let runs: Vec<_> = runs.data.into_iter().filter(|run| run.prompt_id == prompt.prompt_id).collect();
                let going = runs.iter().filter(|run| !describe::is_over(run)).count();
                answer.line(format!("{} used it, {going} of them under way; their results stay.", text::count(runs.len(), "run")));
                answer.fact("total_runs", runs.len());
                answer.fact("runs_under_way", going);
                for run in runs.iter().take(RUNS_NAMED) {
                    answer.line(describe::row(run, true).line);
                }
                answer.fact("runs", json!(runs.iter().map(|run| &run.run_id).take(RUNS_NAMED).collect::<Vec<_>>()));
            }
            Err(_) => answer.note("Which runs used it could not be read."),
        }
        match automations(cx, &prompt.prompt_id).await {
            Some(indexes) if indexes.is_empty() => {}
            Some(indexes) => {
                let named = text::names(indexes.iter().map(String::as_str), RUNS_NAMED);
                answer.line(format!("The import automation runs it in: {named}."));
                answer.fact("automations", json!(indexes));
            }
            None => answer.note("Which automations run it could not be read."),
        }
        match (in_use, self.force) {
            (None, _) => answer.note("Whether it is in use could not be read."),
            (Some(true), None | Some(false)) => answer.note("It is in use, so the API will refuse to delete it without force=true."),
            _ => {}
        }
        Ok(Plan::loss(answer))
    }
}

/// The indexes whose import automation runs a prompt. `None` if they cannot be read.
async fn automations(cx: &Context<'_>, prompt_id: &str) -> Option<Vec<String>> {
    let indexes = cx.session.call(&ListIndexes { include_defaults: Some(false) }, &cx.deadline).await.ok()?.data;
    let mut using = Vec::new();
    for some in indexes.chunks(AT_ONCE).take(MOST_BATCHES) {
        let reads = some.iter().filter_map(|index| IndexId::parse(index.index_id.as_str()).ok()).map(|index_id| async move {
            let read = GetAutomation { index_id: index_id.clone(), kind: AutomationKind::Import };
            (index_id, cx.session.call(&read, &cx.deadline).await)
        });
        for (index_id, read) in together(reads).await {
            match read {
                // Nobody knows the whole shape of a preset, only that it names a prompt.
                Ok(automation)
                    if automation.prompt_preset.as_ref().is_some_and(|preset| preset.to_string().contains(&format!("\"{prompt_id}\""))) =>
                {
                    using.push(index_id.to_string());
                }
                // An index without an automation may answer 404.
                Ok(_) => {}
                Err(CallError::Upstream(error)) if error.status == Some(404) => {}
                Err(_) => return None,
            }
        }
    }
    Some(using)
}
