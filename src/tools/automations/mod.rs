//! Automations: what an index imports and exports by itself. `set` changes one, and `using` finds those that use a thing.

mod set;
mod using;

use crate::{
    api::{
        automations::{Automation, AutomationKind, GetAutomation, PauseAutomation, ResumeAutomation},
        ids::{ConnectorId, IndexId},
        indexes::GetIndex,
    },
    consent::Stake,
    tools::{
        Answer, Context, Tool, ToolError,
        catalog::Family,
        consent::Plan,
        destination,
        proxy::{Noun, Planned},
        runs::{LOOK_WITHIN, later},
        schema::{Kind, Member},
        spending::{COSTS_LATER, UNKNOWN_RUNS},
        text,
    },
};

pub use using::using;

/// The tools of this family.
pub static FAMILY: Family = Family { name: "automations", about: "imports and exports that run by themselves", tools: &TOOLS };

const EXAMPLE: &str = r#"{"index_id": "idx_early_cinema", "kind": "export"}"#;

static TOOLS: [Tool; 4] = [
    Tool::proxy::<GetAutomation>("get_automation", "Get automation")
        .words("automatic itself switched on nightly schedule rule")
        .example(EXAMPLE),
    Tool::of::<set::SetAutomationTool>()
        .words("automate schedule enable; automatic automatically itself nightly switch rule whenever")
        .plans(Stake::Cost)
        .example(r#"{"index_id": "idx_early_cinema", "kind": "export", "enabled": false}"#),
    Tool::done::<PauseAutomation>("pause_automation", "Pause automation", "Automation paused")
        .words("hold disable; automatic nightly schedule switch off")
        .overwrites()
        .example(EXAMPLE),
    Tool::planned_done::<ResumeAutomation>("resume_automation", "Resume automation", "Automation resumed")
        .words("continue unpause enable restart; automatic nightly switch on schedule")
        .overwrites()
        .example(EXAMPLE),
];

impl Planned for ResumeAutomation {
    const STAKE: Stake = Stake::Cost;
    const BILLED: bool = false;

    /// What an automation runs costs later, and nobody knows how much.
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let read = GetAutomation { index_id: self.index_id.clone(), kind: self.kind };
        let automation = cx.session.call(&read, &cx.deadline).await?;
        let index = of_index(&self.index_id, cx).await;
        let mut answer = Answer::new(format!("Would resume the {} automation of {index}: {}", self.kind.as_str(), automation.line()));
        let connectors = [&automation.connector_id, &automation.destination_connector_id];
        let connectors = connectors.into_iter().flatten().filter_map(|id| ConnectorId::parse(id.as_str()).ok());
        let places = places(&mut answer, connectors, cx).await?;
        if let Some(folder) = &automation.destination_subpath {
            answer.line(format!("Folder: {}", text::line(folder, 300)));
        }
        if let (Some(often), AutomationKind::Import) = (&automation.debounce_interval, self.kind) {
            answer.line(format!("It looks for new files each {}.", text::line(often, 40)));
        }
        let runs = automation.prompt_preset.as_ref().is_some_and(|preset| !preset.is_null());
        let preset = automation.prompt_preset.as_ref().filter(|_| runs).map(ToString::to_string).unwrap_or_default();
        let mut meaning =
            format!("{}\n{}\n{preset}", destination::meaning(&places), automation.destination_subpath.as_deref().unwrap_or_default());
        if runs {
            meaning.push_str(&tell_prompt(&mut answer, automation.preset_prompt(), cx).await);
        }
        Ok(Plan::cost(answer, (!runs).then_some(0.0)).unpriced(UNKNOWN_RUNS).meaning(meaning))
    }
}

/// The index of an automation, with its name if that can be read.
async fn of_index(index_id: &IndexId, cx: &Context<'_>) -> String {
    let index = cx.session.call(&GetIndex { index_id: index_id.clone() }, &cx.deadline.at_most(LOOK_WITHIN)).await.ok();
    format!("the index {}", text::named(index_id.as_str(), index.as_ref().map(|index| index.name.as_str())))
}

/// Tells in a plan which prompt runs by itself. Returns what an agreement to that is about.
async fn tell_prompt(answer: &mut Answer, prompt_id: Option<&str>, cx: &Context<'_>) -> String {
    let mut meaning = String::new();
    if let Some(prompt_id) = prompt_id {
        let (line, says) = later(cx, prompt_id).await;
        answer.line(line);
        meaning = format!("\n{says}");
    }
    answer.line(COSTS_LATER);
    meaning
}

/// Tells the buckets of connectors in a plan.
async fn places(
    answer: &mut Answer,
    connectors: impl Iterator<Item = ConnectorId> + Send,
    cx: &Context<'_>,
) -> Result<Vec<destination::Place>, ToolError> {
    let mut places = Vec::new();
    for connector in connectors {
        let place = destination::connector(connector, cx).await?;
        answer.line(place.said.as_str());
        places.push(place);
    }
    Ok(places)
}

impl Noun for Automation {
    const NOUN: &'static str = "automation";
    const LIST: &'static str = "automations";
    const TOTAL: &'static str = "total_automations";
    const TOLD: &'static [&'static str] = &["enabled", "paused", "last_run_at", "last_error", "next_run_at"];
    const ALONE: &'static [Member] = &[Member::always("enabled", Kind::Flag), Member::always("paused", Kind::Flag)];

    fn line(&self) -> String {
        let state = match (self.enabled, self.paused) {
            (false, _) => "off",
            (true, true) => "paused",
            (true, false) => "on",
        };
        let next = self.next_run_at.as_deref().map(|at| format!(", next at {}", text::line(at, 40)));
        let last = self.last_run_at.as_deref().map(|at| format!(", last at {}", text::line(at, 40)));
        let error = self.last_error.as_deref().map(|error| format!(": {}", text::line(error, 300)));
        format!("automation is {state}{}{}{}", next.unwrap_or_default(), last.unwrap_or_default(), error.unwrap_or_default())
    }

    fn advice(&self) -> Option<String> {
        if self.is_blank() {
            return Some("No automation of this kind was set up for the index.".to_owned());
        }
        // What it starts is billed, and nobody is asked then.
        let prompt = text::id(self.runs_prompt()?);
        Some(format!("Each import with new files starts a run of {prompt} by itself, which costs media tokens: the user has to want that."))
    }
}
