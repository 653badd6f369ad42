//! What the deletion of a prompt would touch.

use serde_json::json;

use crate::{
    api::{
        automations::{Automation, AutomationKind},
        markers::ResourceType,
        prompts::{DeletePrompt, GetPrompt, GetPromptUsage},
        runs::ListRuns,
    },
    tools::{
        Answer, Context, ToolError, automations,
        consent::Plan,
        markers,
        proxy::{Noun, Planned, must_be},
        refused::InTheWay,
        runs::describe,
        text,
    },
};

/// How many of the newest runs are looked at.
const RUNS_LOOKED_AT: u32 = 200;
/// How many runs are named.
const RUNS_NAMED: usize = 10;

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
        must_be(self.prompt_id.as_str(), &prompt.prompt_id)?;
        let in_use = usage.ok().and_then(|usage| usage.is_in_use);
        // Nobody knows the whole shape of a preset, only that it names a prompt.
        let id = json!(prompt.prompt_id).to_string();
        let names_it = |automation: &Automation| automation.prompt_preset.as_ref().is_some_and(|preset| preset.to_string().contains(&id));
        let automations = automations::using(cx, &[AutomationKind::Import], names_it).await;
        let more = runs.as_ref().is_ok_and(|runs| runs.data.len() >= RUNS_LOOKED_AT as usize);
        let at_least = if more { "at least " } else { "" };
        if in_use == Some(true) && self.force != Some(true) {
            let runs = runs.map_or(0, |runs| runs.data.iter().filter(|run| run.prompt_id == prompt.prompt_id).count());
            let automations = automations.map_or(0, |using| using.found.len());
            let by = [(at_least, runs, "run"), ("", automations, "import automation")].into_iter().filter(|(_, count, _)| *count > 0);
            let by: Vec<String> = by.map(|(least, count, noun)| format!("{least}{}", text::count(count, noun))).collect();
            let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(" and ")) };
            let what = format!("the prompt {} is in use{by}", text::id(&prompt.prompt_id));
            let next = "With force=true it can be deleted all the same; finished runs and their results stay.";
            return Err(InTheWay::new(what, next).into());
        }
        let mut answer = Answer::new(format!("Would delete the prompt {}", prompt.line()));
        answer.fact("prompt_id", prompt.prompt_id.as_str());
        answer.fact("name", prompt.name.as_str());
        answer.fact("is_in_use", in_use);
        match runs {
            Ok(runs) => {
                let runs: Vec<_> = runs.data.into_iter().filter(|run| run.prompt_id == prompt.prompt_id).collect();
                let going = runs.iter().filter(|run| !describe::is_over(run)).count();
                let used = text::count(runs.len(), "run");
                answer.line(format!("Used by {at_least}{used}, {going} of them under way; their results stay."));
                if more {
                    answer.note(format!("Only the newest {RUNS_LOOKED_AT} runs were looked at; older ones may have used it, too."));
                }
                answer.fact("total_runs", runs.len());
                answer.fact("runs_under_way", going);
                for run in runs.iter().take(RUNS_NAMED) {
                    answer.line(describe::row(run, true).line);
                }
                answer.fact("runs", json!(runs.iter().map(|run| &run.run_id).take(RUNS_NAMED).collect::<Vec<_>>()));
            }
            Err(_) => answer.note("Which runs used it could not be read."),
        }
        match automations {
            Some(used) if used.found.is_empty() => used.note(&mut answer),
            Some(used) => {
                used.note(&mut answer);
                let used = used.found;
                let named = text::names(used.iter().map(|(index, _)| index.as_str()), RUNS_NAMED);
                answer.line(format!("The import automation runs it in: {named}."));
                answer.fact("automations", json!(used.iter().map(|(index, _)| index).collect::<Vec<_>>()));
            }
            None => answer.note("Which automations run it could not be read."),
        }
        if in_use.is_none() {
            answer.note("Whether it is in use could not be read.");
        }
        let going = markers::going(cx, &mut answer, &[(ResourceType::Prompt, prompt.prompt_id.as_str())], &[], false).await;
        // Runs under way change what is said of them, and they stay.
        let meaning = json!([prompt.prompt_id, prompt.name, in_use, going]).to_string();
        Ok(Plan::loss(answer, &prompt.name).meaning(meaning))
    }
}
