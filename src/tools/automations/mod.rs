//! Automations: what an index imports and exports by itself.

mod using;

use crate::{
    api::{
        automations::{Automation, GetAutomation, PauseAutomation, ResumeAutomation, SetAutomation},
        ids::ConnectorId,
    },
    consent::Stake,
    tools::{
        Answer, Context, Tool, ToolError,
        catalog::Family,
        consent::Plan,
        destination,
        proxy::{Noun, Planned},
        schema::{Kind, Member},
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
    Tool::done::<SetAutomation>("set_automation", "Set automation", "Automation set")
        .words("automate schedule enable; automatic automatically itself nightly switch rule whenever")
        .costs_with("prompt_preset")
        .sends_with("destination_connector_id", "Results will go to the bucket of this connector by themselves.")
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

    /// What an automation runs costs later, and nobody knows how much.
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let read = GetAutomation { index_id: self.index_id.clone(), kind: self.kind };
        let automation = cx.session.call(&read, &cx.deadline).await?;
        let index = text::id(self.index_id.as_str());
        let mut answer =
            Answer::new(format!("Would resume the {} automation of the index {index}: {}", self.kind.as_str(), automation.line()));
        let mut places = Vec::new();
        for connector in [&automation.connector_id, &automation.destination_connector_id].into_iter().flatten() {
            if let Ok(connector) = ConnectorId::parse(connector.as_str()) {
                let place = destination::connector(connector, cx).await?;
                answer.line(place.said.as_str());
                places.push(place);
            }
        }
        if let Some(folder) = &automation.destination_subpath {
            answer.line(format!("Folder: {}", text::line(folder, 300)));
        }
        let runs = automation.prompt_preset.as_ref().is_some_and(|preset| !preset.is_null());
        if runs {
            answer.line("It leads to runs whose cost cannot be known before they start.");
        }
        let preset = automation.prompt_preset.as_ref().filter(|_| runs).map(ToString::to_string).unwrap_or_default();
        let meaning =
            format!("{}\n{}\n{preset}", destination::meaning(&places), automation.destination_subpath.as_deref().unwrap_or_default());
        Ok(Plan::cost(answer, (!runs).then_some(0.0)).meaning(meaning))
    }
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
}
