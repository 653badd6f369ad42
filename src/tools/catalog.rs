//! All tools in listing order, and which of them a client sees.

use crate::{
    api::{self, usage},
    gate::{Beliefs, Standing},
    tools::{Effect, Family, Tool, key_info, library, prompts, runs, search, text},
};

/// All tools, in listing order.
pub static TOOLS: [Tool; 32] = [
    Tool::of::<search::SearchVideos>(),
    Tool::of::<search::SearchVideosByImage>(),
    Tool::of::<search::MultimodalSearchTool>(),
    Tool::of::<search::FilterVideos>(),
    Tool::of::<library::ListIndexesTool>(),
    Tool::of::<library::ListVideos>(),
    Tool::of::<library::GetVideoTool>(),
    Tool::of::<library::GetVideoSegments>(),
    Tool::of::<library::ShowMoment>(),
    Tool::of::<library::ShowMoments>(),
    Tool::of::<prompts::ListPromptsTool>(),
    Tool::of::<runs::EstimatePromptRun>(),
    Tool::of::<runs::ExecutePrompt>(),
    Tool::of::<runs::WaitForPromptRun>(),
    Tool::of::<runs::ListPromptRuns>(),
    Tool::of::<runs::GetPromptRunStatus>(),
    Tool::of::<runs::GetPromptRunResults>(),
    Tool::of::<runs::GetPromptRunVideoResult>(),
    Tool::of::<runs::DiagnosePromptRun>(),
    Tool::of::<runs::CancelPromptRun>(),
    Tool::proxy::<api::runs::GetFailedSegments>("get_prompt_run_failed_segments", "Get failed segments", Family::Runs),
    Tool::proxy::<api::runs::ListModelCalls>("get_prompt_run_llm_calls", "Get model calls", Family::Runs),
    Tool::proxy::<api::runs::GetSegmentRetry>("get_prompt_run_segment_retry_status", "Get retry status", Family::Runs),
    Tool::proxy::<usage::GetUsage>("get_usage", "Get usage", Family::Usage),
    Tool::proxy::<usage::GetUsageHistory>("get_usage_history", "Get past usage", Family::Usage),
    Tool::proxy::<usage::ListUsageDetails>("get_usage_details", "Get usage records", Family::Usage),
    Tool::proxy::<usage::GetUsageBreakdown>("get_usage_breakdown", "Get usage by metric", Family::Usage),
    Tool::proxy::<usage::ListMetricTypes>("list_usage_metrics", "List metrics", Family::Usage),
    Tool::proxy::<usage::GetRateLimits>("get_rate_limits", "Get rate limits", Family::Usage),
    Tool::proxy::<usage::RefreshRateLimits>("refresh_rate_limits", "Reload rate limits", Family::Usage),
    Tool::proxy::<usage::GetPricing>("get_pricing", "Get prices", Family::Usage),
    Tool::of::<key_info::GetKeyInfo>(),
];

/// The tool of this name.
pub fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// The name nearest to one that no tool has.
pub fn nearest(name: &str) -> Option<&'static str> {
    text::nearest(name, TOOLS.iter().map(|tool| tool.name))
}

/// The nearest name of a tool that only reads: a model may call what is suggested, and that must neither cost nor change anything.
pub fn nearest_harmless(name: &str) -> Option<&'static str> {
    text::nearest(name, TOOLS.iter().filter(|tool| tool.effect == Effect::Read).map(|tool| tool.name))
}

/// The named groups of tools that the configuration can switch on. The default is `core`.
pub const TOOLSETS: [&str; 7] = ["core", "search", "library", "prompts", "runs", "usage", "all"];

/// The configuration names a tool or a toolset that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: no {what} `{name}`{} Valid: {valid}", .near.map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?")))]
pub struct SelectionError {
    setting: &'static str,
    what: &'static str,
    name: String,
    near: Option<&'static str>,
    valid: String,
}

/// Which tools the configuration switches on.
#[derive(Clone, Debug)]
pub struct Selection {
    on: [bool; TOOLS.len()],
    excluded: [bool; TOOLS.len()],
}

impl Selection {
    /// Reads the settings. No toolset at all means `core`. Single tools are added, then excluded ones are taken
    /// away. A tool that deletes needs `allow_destructive`.
    pub fn new(toolsets: &[String], tools: &[String], excluded: &[String], allow_destructive: bool) -> Result<Self, SelectionError> {
        for name in toolsets {
            if !TOOLSETS.contains(&name.as_str()) {
                let near = text::nearest(name, TOOLSETS.into_iter());
                let name = text::line(name, 40);
                return Err(SelectionError {
                    setting: "VIDEOSEARCH_TOOLSETS / --toolsets",
                    what: "toolset",
                    name,
                    near,
                    valid: TOOLSETS.join(", "),
                });
            }
        }
        for (setting, names) in [("VIDEOSEARCH_TOOLS / --tools", tools), ("VIDEOSEARCH_EXCLUDE_TOOLS / --exclude-tools", excluded)] {
            if let Some(name) = names.iter().find(|name| find(name).is_none()) {
                let valid = TOOLS.iter().map(|tool| tool.name).collect::<Vec<_>>().join(", ");
                return Err(SelectionError { setting, what: "tool", name: text::line(name, 60), near: nearest(name), valid });
            }
        }
        let named = |list: &[String], tool: &Tool| list.iter().any(|name| name == tool.name);
        let on = TOOLS.each_ref().map(|tool| {
            let in_core = tool.core && (toolsets.is_empty() || toolsets.iter().any(|set| set == "core"));
            let in_set = in_core || tool.family == Family::Key || toolsets.iter().any(|set| set == "all" || set == tool.family.as_str());
            (in_set || named(tools, tool)) && (allow_destructive || tool.effect != Effect::Destroy)
        });
        Ok(Self { on, excluded: TOOLS.each_ref().map(|tool| named(excluded, tool)) })
    }

    /// Whether the configuration switches the tool on. The error names the setting to change.
    pub fn check(&self, tool: &Tool) -> Result<(), &'static str> {
        let flag = |flags: &[bool; TOOLS.len()]| TOOLS.iter().zip(flags).any(|(row, &flag)| flag && row.name == tool.name);
        match (flag(&self.excluded), flag(&self.on)) {
            (true, _) => Err("VIDEOSEARCH_EXCLUDE_TOOLS / --exclude-tools"),
            (false, true) => Ok(()),
            (false, false) if tool.effect == Effect::Destroy => Err("VIDEOSEARCH_ALLOW_DESTRUCTIVE / --allow-destructive"),
            (false, false) => Err("VIDEOSEARCH_TOOLSETS / --toolsets or VIDEOSEARCH_TOOLS / --tools"),
        }
    }
}

/// Which tools are listed now: those that are switched on, unless the key is known to lack their scope.
#[derive(Clone, Debug)]
pub struct Offer {
    selection: Selection,
    beliefs: Beliefs,
}

impl Offer {
    /// The tools to list under a configuration, with what is known about the key.
    pub fn new(selection: Selection, beliefs: Beliefs) -> Self {
        Self { selection, beliefs }
    }

    /// The listed tools, in listing order.
    pub fn tools(&self) -> impl Iterator<Item = &'static Tool> {
        TOOLS.iter().filter(|tool| self.lists(tool))
    }

    /// Whether a tool of this name is listed.
    pub fn has(&self, name: &str) -> bool {
        find(name).is_some_and(|tool| self.lists(tool))
    }

    /// Whether all scopes that the list depends on are known. A tool is listed while its scope is unknown, and a client should not keep
    /// such a list.
    pub fn certain(&self) -> bool {
        TOOLS.iter().all(|tool| {
            self.selection.check(tool).is_err()
                || tool.access.scope().is_none_or(|scope| self.beliefs.of(scope).standing != Standing::Unknown)
        })
    }

    /// What is known about the key.
    pub fn beliefs(&self) -> &Beliefs {
        &self.beliefs
    }

    /// A tool of the same purpose that the key may use for certain.
    pub fn instead_of(&self, tool: &Tool) -> Option<&'static Tool> {
        let allowed = |other: &Tool| other.access.scope().is_none_or(|scope| self.beliefs.of(scope).standing == Standing::Held);
        tool.instead.iter().filter_map(|name| find(name)).find(|other| self.lists(other) && allowed(other))
    }

    fn lists(&self, tool: &Tool) -> bool {
        self.selection.check(tool).is_ok() && tool.access.scope().is_none_or(|scope| self.beliefs.lists(scope))
    }
}
