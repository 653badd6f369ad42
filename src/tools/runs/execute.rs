//! `execute_prompt`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    arguments::{Prepared, RunArguments},
    describe, price,
    repeated::{self, LOOK_WITHIN, NotStarted, Starting},
    starts::{Fingerprint, Start},
};
use crate::{
    api::{
        Endpoint, Scope,
        run::{Estimate, PromptRun},
        runs::{EstimateRun, ExecuteRun, RunRequest},
    },
    consent::{Stake, Unconfirmed},
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        schema::{Kind, Member},
        spending::not_dearer,
        text,
    },
};

/// Start a prompt run, which costs media tokens (mt), with the arguments of `estimate_prompt_run`. Returns at once with run id and estimate;
/// follow it with `wait_for_prompt_run`. An identical call within 10 minutes, or while that run goes on, starts nothing.
#[derive(Deserialize, JsonSchema)]
#[schemars(transform = told_by_estimate)]
pub struct ExecutePrompt {
    #[serde(flatten)]
    run: RunArguments,
    /// Any text: starts another run like the last. The same key never starts twice.
    #[schemars(length(min = 1, max = 200))]
    idempotency_key: Option<String>,
    /// Start only if estimated at most this many mt.
    #[schemars(range(min = 0.0))]
    max_mt: Option<f64>,
}

/// Takes out what the schema of `estimate_prompt_run` says of the same arguments. Whoever may start a run sees that tool, too.
fn told_by_estimate(schema: &mut schemars::Schema) {
    let own = ["idempotency_key", "max_mt"];
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !own.contains(&name.as_str())) {
        silence(property);
    }
}

/// Takes all descriptions out of a schema.
fn silence(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else { return };
    members.remove("description");
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        properties.values_mut().for_each(silence);
    }
}

impl Spec for ExecutePrompt {
    type Endpoint = ExecuteRun;
    const NAME: &'static str = "execute_prompt";
    const TITLE: &'static str = "Execute a prompt";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] =
        &[Member::always("run_id", Kind::Text), Member::always("status", Kind::Text), Member::maybe("idempotency_key", Kind::Text)];
    const INSTEAD: &'static [&'static str] = &["estimate_prompt_run", "list_prompt_runs"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut prepared = self.run.prepare(cx).await?;
        let (call, repeat) = (Fingerprint::of_run(&prepared.request), ExecuteRun::REPEAT);
        let mut starting = match Starting::begin(cx, self.idempotency_key, call, Some(&prepared.request), repeat).await? {
            Ok(starting) => starting,
            Err(not_again) => return Ok(not_again),
        };
        let mut estimate = None;
        let planned = cx.needs_plan(Stake::Cost, self.max_mt);
        if planned {
            let told = estimated(cx, &mut prepared).await?;
            let call = Fingerprint::of_run(&prepared.request);
            if let Some(not_again) = starting.anew(cx, call, Some(&prepared.request), repeat).await? {
                return Ok(not_again);
            }
            let counted = starting.is_counted(cx).await?;
            estimate = told.price();
            cx.within_limits(estimate, self.max_mt, counted).await?;
            // Boxed, because it is large.
            let plan = Box::pin(price::run(cx, &prepared.request, &told)).await?;
            let agreed = plan.seen().to_owned();
            if cx.agree(plan).await? {
                let again = estimated(cx, &mut prepared).await?.price();
                // The name of the index may belong to another one by now, and the prompt may say something else.
                if price::meaning_now(cx, json!(prepared.request), Some(&prepared.request.prompt_id)).await != agreed {
                    return Err(Unconfirmed::OtherMeaning.into());
                }
                not_dearer(estimate, again)?;
                estimate = again;
            }
        }
        let (run, mut order) = loop {
            match starting.send(cx, &ExecuteRun(prepared.request.clone()), estimate).await {
                Ok(started) => break started,
                Err(NotStarted::Unsent(error)) => return Err(error),
                // What was priced is what is sent.
                Err(NotStarted::Failed(error)) if planned => return Err(starting.failed(error.into())),
                Err(NotStarted::Failed(error)) => {
                    prepared.retry(cx, error).await.map_err(|error| starting.failed(error))?;
                    let call = Fingerprint::of_run(&prepared.request);
                    if let Some(not_again) = starting.anew(cx, call, Some(&prepared.request), repeat).await? {
                        return Ok(not_again);
                    }
                }
            }
        };
        let estimated_mt = match run.billing_estimated_mt.filter(|mt| *mt > 0.0).or(estimate) {
            Some(mt) => Some(mt),
            None => told(cx, &prepared.request).await,
        };
        let replayed = starting.is_replay(cx, &order, &run.run_id, &run.executed_at);
        if replayed {
            cx.give_back(&mut order).await;
        }
        let start = starting.started(cx, Fingerprint::of_run(&prepared.request), &run.run_id, &order.key, estimated_mt);
        let mut answer = started(&run, &start, replayed);
        answer.fact("target", json!(prepared.request.target));
        starting.note(&mut answer);
        prepared.notes(&mut answer);
        describe::advise(cx, &mut answer, &run);
        Ok(answer)
    }
}

/// The estimate of the run. If its index is not known by this id, the index of this name is looked up.
async fn estimated(cx: &Context<'_>, prepared: &mut Prepared) -> Result<Estimate, ToolError> {
    loop {
        match cx.session.call(&EstimateRun(prepared.request.clone()), &cx.deadline).await {
            Ok(estimate) => return Ok(estimate),
            Err(error) => prepared.retry(cx, error).await?,
        }
    }
}

/// The estimated price of the run, for records without one.
async fn told(cx: &Context<'_>, request: &RunRequest) -> Option<f64> {
    let deadline = cx.deadline.at_most(LOOK_WITHIN);
    if !cx.session.may(Scope::Read, &deadline).await {
        return None;
    }
    cx.session.call(&EstimateRun(request.clone()), &deadline).await.ok().and_then(|estimate| estimate.price())
}

fn started(run: &PromptRun, start: &Start, replayed: bool) -> Answer {
    let message = repeated::message(&run.run_id, replayed);
    let mut answer = Answer::new(format!("{message}: \"{}\", {}", text::line(&run.prompt_name, 80), describe::standing(run)));
    match start.estimated_mt {
        Some(mt) => answer.line(format!("Estimated cost: {} mt", text::number(mt))),
        None => answer.line("Estimated cost: the API did not say"),
    }
    answer.line(format!("Idempotency key: {} (the same call with it starts nothing new)", start.key));
    describe::left_out(&mut answer, &run.run_context);
    answer.fact("message", message);
    answer.fact("run_id", run.run_id.as_str());
    answer.fact("started", !replayed);
    answer.fact("status", run.status.as_str());
    answer.fact("prompt_name", run.prompt_name.as_str());
    answer.fact("total_media", describe::media(run));
    answer.fact("total_segments", run.segments());
    answer.fact("completed_segments", run.completed_segments);
    answer.fact("media_done", describe::media_done(run));
    answer.fact("estimated_mt", start.estimated_mt.map(|mt| text::rounded(mt, 3)));
    answer.fact("idempotency_key", start.key.as_str());
    answer
}
