//! `update_connector`.

use serde_json::json;

use super::SENDS;
use crate::{
    api::{
        Endpoint,
        automations::{Automation, AutomationKind},
        connectors::{Connector, GetConnector, Purpose, Settable, UpdateConnector},
    },
    consent::{Stake, Unconfirmed},
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError, automations,
        consent::Plan,
        proxy::{DONE, Noun, done, one},
        schema::Member,
        spending::{COSTS_LATER, UNKNOWN_RUNS},
        text,
    },
};

impl Spec for UpdateConnector {
    type Endpoint = Self;
    const NAME: &'static str = "update_connector";
    const TITLE: &'static str = "Update connector";
    const EFFECT: Effect = Effect::Overwrite;
    const OUTPUT: &'static [Member] = DONE;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        Self::RULE(&self).map_err(ArgumentError)?;
        // A connector that is off keeps its automations from starting runs.
        let stake = if self.may_wake() { Stake::Cost } else { Stake::Change };
        if cx.needs_plan(stake, None) {
            let first = plan(&self, cx).await?;
            if first.price.is_none() {
                cx.within_limits(None, None, false).await.map_err(|over| first.explained(over))?;
            }
            let shown = first.seen().to_owned();
            if cx.agree(first).await? && plan(&self, cx).await?.seen() != shown {
                return Err(Unconfirmed::OtherMeaning.into());
            }
        }
        Ok(done("Connector updated", cx.session.call(&self, &cx.deadline).await?))
    }
}

impl UpdateConnector {
    /// Whether automations may start runs because of it that they do not start now.
    fn may_wake(&self) -> bool {
        matches!(self.status, Some(Settable::Active)) || self.import_mode.is_some()
    }

    /// The same of a connector as it is.
    fn wakes(&self, connector: &Connector) -> bool {
        let is_off = !connector.status.eq_ignore_ascii_case("active");
        let takes_others = self.import_mode.is_some_and(|mode| mode.as_str() != connector.import_mode);
        (matches!(self.status, Some(Settable::Active)) && is_off) || takes_others
    }
}

/// What would change, and which automations would start runs because of it.
async fn plan(call: &UpdateConnector, cx: &Context<'_>) -> Result<Plan, ToolError> {
    let connector = cx.session.call(&GetConnector { connector_id: call.connector_id.clone() }, &cx.deadline).await?;
    let mut answer = one(format!("Would change the connector {} so", connector.line()), call, &["connector_id"]);
    if call.scopes.iter().flatten().any(|purpose| matches!(purpose, Purpose::Export)) {
        answer.line(SENDS);
    }
    let mut meaning = json!(call).to_string();
    if !call.wakes(&connector) {
        return Ok(priced(call, answer).about(meaning));
    }
    let uses = |automation: &Automation| {
        let is_its = automation.connector_id.as_deref() == Some(call.connector_id.as_str());
        is_its && automation.runs_prompt().is_some()
    };
    match automations::using(cx, &[AutomationKind::Import], uses).await {
        Some(using) if using.found.is_empty() && using.of_first.is_none() => return Ok(priced(call, answer).about(meaning)),
        Some(using) => {
            let named: Vec<String> = using.found.iter().map(|(index, _)| text::id(index)).collect();
            if !named.is_empty() {
                let indexes = text::names(named.iter().map(String::as_str), 10);
                answer.line(format!("Automations that then import and run prompts by themselves, by index: {indexes}."));
            }
            using.note(&mut answer);
            meaning.push_str(&format!("\n{}", json!(using.found)));
        }
        None => answer.note("Which automations use it could not be read. They may start runs."),
    }
    answer.line(COSTS_LATER);
    Ok(Plan::cost(answer, None).unpriced(UNKNOWN_RUNS).about(meaning))
}

/// A plan of what costs nothing.
fn priced(call: &UpdateConnector, answer: Answer) -> Plan {
    if call.may_wake() { Plan::cost(answer, Some(0.0)) } else { Plan::change(answer) }
}
