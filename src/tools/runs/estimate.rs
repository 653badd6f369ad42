//! `estimate_prompt_run`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    arguments::RunArguments,
    describe,
    earlier::{self, Covering, Items},
};
use crate::{
    api::{
        run::PromptRun,
        runs::{EstimateRun, RunRequest},
    },
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        schema::{Kind, Member},
        text,
    },
};

/// The most characters of arguments that are repeated.
const MOST_REPEATED: usize = 3_000;

/// Price a prompt run in media tokens (mt) without starting it, against the balance.
#[derive(Deserialize, JsonSchema)]
pub struct EstimatePromptRun {
    #[serde(flatten)]
    run: RunArguments,
}

impl Spec for EstimatePromptRun {
    type Endpoint = EstimateRun;
    const NAME: &'static str = "estimate_prompt_run";
    const TITLE: &'static str = "Estimate a run";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::maybe("estimated_mt", Kind::Number),
        Member::maybe("sufficient_balance", Kind::Flag),
        Member::maybe("current_balance_mt", Kind::Number),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut prepared = self.run.prepare(cx).await?;
        let mut estimate = loop {
            match cx.session.call(&EstimateRun(prepared.request.clone()), &cx.deadline).await {
                Ok(estimate) => break estimate,
                Err(error) => prepared.retry(cx, error).await?,
            }
        };
        let price = estimate.price().map_or_else(|| "An unknown number of".to_owned(), text::number);
        let enough = match estimate.is_covered() {
            Some(true) if estimate.balance().zip(estimate.price()).is_some_and(|(now, price)| now < price) => "enough, as the API says",
            Some(true) => "enough",
            Some(false) => "not enough",
            None => "it is not known whether that is enough",
        };
        let mut answer = Answer::new(match estimate.balance() {
            Some(now) => format!("{price} mt of a balance of {} mt: {enough}", text::number(now)),
            None => format!("{price} mt; the API did not say what the balance is"),
        });
        describe::left_out(&mut answer, &estimate.breakdown);
        // The note has said it.
        estimate.breakdown.remove("left_out");
        if !estimate.breakdown.is_empty() {
            answer.line(format!("Breakdown: {}", json!(estimate.breakdown)));
        }
        answer.fact("prompt_id", prepared.request.prompt_id.as_str());
        answer.fact("target", json!(prepared.request.target));
        answer.fact("estimated_mt", estimate.price());
        if estimate.price().is_none() {
            answer.note("The API did not say what the run would cost. Unknown does not mean free.");
        }
        let is_covered = estimate.is_covered();
        answer.fact("sufficient_balance", is_covered);
        answer.fact("current_balance_mt", estimate.balance());
        answer.fact("breakdown", estimate.breakdown);
        prepared.notes(&mut answer);
        let Covering { run, items } = earlier::covering(cx, &prepared.request).await;
        if let Some(run) = run {
            covered(cx, &mut answer, &prepared.request, &run, items.and_then(Items::all));
        } else if is_covered != Some(false) && cx.offer.can_call("execute_prompt") {
            answer.fact("next_tool", "execute_prompt");
            // In ids: what starts a run takes no other names, and what costs is not to be guessed.
            let (prompt, target) = (prepared.request.prompt_id.as_str(), json!(prepared.request.target));
            let same = json!({"prompt_id": prompt, "target": target}).to_string();
            let same = if same.len() > MOST_REPEATED { "the ids of this answer".to_owned() } else { same };
            answer.close(format!("Next: execute_prompt with {same}, and what else was given here, starts it."));
        }
        Ok(answer)
    }
}

/// Says which finished run already has the results that the new one would be paid for.
fn covered(cx: &Context<'_>, answer: &mut Answer, request: &RunRequest, run: &PromptRun, items: Option<usize>) {
    let same = earlier::same_options(request, run);
    answer.close(earlier::told(request, run, items));
    let mut covered = describe::row(run, true).value;
    if let Some(members) = covered.as_object_mut() {
        members.insert("same_options".into(), json!(same));
        members.insert("items_in_index".into(), json!(items));
    }
    text::prune(&mut covered);
    answer.fact("already_covered_by", covered);
    let readers = ["tabulate_prompt_run", "get_video_segments", "get_prompt_run_results"];
    // A table has all items of a run, and of one item the others say more.
    let first = usize::from(describe::media(run) < 2);
    if let Some(tool) = readers.into_iter().skip(first).find(|name| cx.offer.can_call(name)) {
        answer.fact("next_tool", tool);
        answer.close(format!("Next: {tool} with that run; execute_prompt would make and bill a new one."));
    }
}
