//! What the deletion of a prompt would touch.

use serde_json::json;

use crate::{
    api::{
        prompts::{DeletePrompt, GetPrompt, GetPromptUsage},
        runs::ListRuns,
    },
    tools::{
        Answer, Context, ToolError,
        proxy::{Deletes, Noun},
        runs::describe,
        text,
    },
};

/// How many of the newest runs are looked at.
const RUNS_LOOKED_AT: u32 = 200;
/// How many runs are named.
const RUNS_NAMED: usize = 10;

impl Deletes for DeletePrompt {
    async fn plan(&self, cx: &Context<'_>) -> Result<Answer, ToolError> {
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
        match (in_use, self.force) {
            (None, _) => answer.note("Whether it is in use could not be read."),
            (Some(true), None | Some(false)) => answer.note("It is in use, so the API will refuse to delete it without force=true."),
            _ => {}
        }
        Ok(answer)
    }
}
