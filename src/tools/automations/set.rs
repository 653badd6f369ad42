//! `set_automation`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{of_index, places, tell_prompt};
use crate::{
    api::{
        Endpoint,
        automations::{GetAutomation, SetAutomation},
    },
    consent::{Stake, Unconfirmed},
    session::CallError,
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        consent::Plan,
        destination,
        proxy::{DONE, done, one},
        schema::Member,
        spending::UNKNOWN_RUNS,
    },
};

/// What a plan says of an export into a bucket.
const SENDS: &str = "Results will go to the bucket of this connector by themselves.";

/// Make an index import files or export results by itself; a prompt costs.
#[derive(Deserialize, JsonSchema)]
pub struct SetAutomationTool {
    #[serde(flatten)]
    call: SetAutomation,
    /// Drop what is not named.
    replace: Option<bool>,
}

impl Spec for SetAutomationTool {
    type Endpoint = SetAutomation;
    const NAME: &'static str = "set_automation";
    const TITLE: &'static str = "Set automation";
    const EFFECT: Effect = Effect::Overwrite;
    const OUTPUT: &'static [Member] = DONE;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        SetAutomation::RULE(&self.call).map_err(ArgumentError)?;
        if let Some((member, of)) = self.call.foreign() {
            return Err(ArgumentError(format!("`{member}`: only {of} automation has this")).into());
        }
        let mut call = self.whole(cx).await?;
        let stake = if call.starts_runs() { Stake::Cost } else { Stake::Change };
        if cx.needs_plan(stake, None) {
            let first = plan(&call, cx).await?;
            if stake == Stake::Cost {
                cx.within_limits(None, None, false).await.map_err(|over| first.explained(over))?;
            }
            let shown = first.seen().to_owned();
            if cx.agree(first).await? {
                // Others may have changed it meanwhile.
                call = self.whole(cx).await?;
                if plan(&call, cx).await?.seen() != shown {
                    return Err(Unconfirmed::OtherMeaning.into());
                }
            }
        }
        let automation = cx.session.call(&call, &cx.deadline).await?;
        let stays_paused = automation.enabled && automation.paused;
        let mut answer = done("Automation set", automation);
        if stays_paused {
            answer.close("It stays paused; resume_automation ends that.");
        }
        Ok(answer)
    }
}

impl SetAutomationTool {
    /// The call with what the automation has already: the API sets all of it anew.
    async fn whole(&self, cx: &Context<'_>) -> Result<SetAutomation, ToolError> {
        let call = self.call.clone();
        if self.replace == Some(true) {
            return Ok(call);
        }
        let read = GetAutomation { index_id: call.index_id.clone(), kind: call.kind };
        match cx.session.call(&read, &cx.deadline).await {
            Ok(kept) if kept.is_blank() => Ok(call),
            Ok(kept) => Ok(call.keeping(kept).map_err(|member| {
                ArgumentError(format!(
                    "the automation has a `{member}` that cannot be read, and it would be lost; give it, or set `replace`"
                ))
            })?),
            // An index without an automation may answer 404.
            Err(CallError::Upstream(error)) if error.is_missing() && !is_about_index(&error) => Ok(call),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_about_index(error: &crate::client::Error) -> bool {
    error.problem.as_ref().and_then(|problem| problem.missing_resource()) == Some("index")
}

/// What the automation would be, where data would go, and what it may cost.
async fn plan(call: &SetAutomation, cx: &Context<'_>) -> Result<Plan, ToolError> {
    let heading = format!("Would set the {} automation of {} so", call.kind.as_str(), of_index(&call.index_id, cx).await);
    let mut answer = one(heading, call, &["index_id", "kind"]);
    let connectors = [&call.connector_id, &call.destination_connector_id].into_iter().flatten().cloned();
    let places = places(&mut answer, connectors, cx).await?;
    if call.destination_connector_id.is_some() {
        answer.line(SENDS);
    }
    let mut meaning = format!("{}\n{}", json!(call), destination::meaning(&places));
    let plan = if call.starts_runs() {
        let prompt_id = call.prompt_preset.as_ref().map(|preset| preset.prompt_id.as_str());
        meaning.push_str(&tell_prompt(&mut answer, prompt_id, cx).await);
        Plan::cost(answer, None).unpriced(UNKNOWN_RUNS)
    } else {
        Plan::change(answer)
    };
    Ok(plan.about(meaning))
}
