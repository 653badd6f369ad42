//! Arguments that a tool does not have.
//!
//! Hosts add arguments of their own to every call. These mean nothing to a tool and are dropped. A misspelt name is refused, since the
//! caller meant something by it. For all others the tool's [`Strangers`] rule decides.

use serde_json::{Map, Value};

use super::{ArgumentError, MAX_NAME, Place, Strangers};
use crate::tools::text;

/// Names that known hosts and agent frameworks add to calls, written as [`folded`] writes them. Names that begin with an underscore are
/// dropped too.
///
/// Gemini CLI adds `wait_for_previous`, Cline `task_progress`, Cursor `random_string` and `explanation`, n8n the five from `sessionId` on.
/// The others come from agents that make a model give its reasons with every call.
const INJECTED: &[&str] = &[
    "waitforprevious",
    "waitforprevioustools",
    "taskprogress",
    "randomstring",
    "explanation",
    "reasoning",
    "reason",
    "rationale",
    "justification",
    "thought",
    "thoughts",
    "thinking",
    "innerthoughts",
    "requestheartbeat",
    "securityrisk",
    "requiresapproval",
    "toolsummary",
    "toolaction",
    "sessionid",
    "action",
    "chatinput",
    "toolcallid",
    "tool",
    "toolname",
    "callid",
    "requestid",
    "conversationid",
    "threadid",
    "dummy",
    "noargs",
    "signal",
];

/// What others call the start and the end of a period and the size of a page, written as [`folded`] writes it, and the names of the
/// arguments here. Whoever gives one of these would get the answer to another question if it were ignored.
const CALLED: [(&[&str], &[&str]); 3] = [(STARTS, &["start_date"]), (ENDS, &["end_date"]), (SIZES, &["limit", "top_k", "page_size"])];
const STARTS: &[&str] = &[
    "from",
    "since",
    "after",
    "begin",
    "start",
    "startdate",
    "starttime",
    "fromdate",
    "datefrom",
    "month",
    "year",
    "week",
    "day",
    "date",
    "period",
    "range",
    "daterange",
    "timerange",
];
const ENDS: &[&str] = &["to", "until", "till", "before", "end", "enddate", "endtime", "todate", "dateto", "through"];
const SIZES: &[&str] = &["limit", "topk", "pagesize", "perpage", "size", "count", "n", "max", "maxresults", "numresults"];
/// What people call the most that something may cost.
const MOST_COST: &[&str] = &["maxmt", "maxcost", "maxprice", "budget"];

/// Whether an argument that a tool does not have names a period.
pub(super) fn names_a_period(name: &str) -> bool {
    let word = folded(name);
    [STARTS, ENDS].iter().any(|names| names.contains(&word.as_str()))
}

/// Takes the arguments that hosts added out of an object. Returns the names of the others that the tool does not have.
pub(super) fn sort(
    properties: &Map<String, Value>,
    object: &mut Map<String, Value>,
    at: &Place,
    strangers: Strangers,
) -> Result<Vec<String>, ArgumentError> {
    if object.keys().all(|name| properties.contains_key(name)) {
        return Ok(Vec::new());
    }
    object.retain(|name, _| properties.contains_key(name) || !is_injected(name));
    let unknown: Vec<String> = object.keys().filter(|name| !properties.contains_key(*name)).cloned().collect();
    for name in &unknown {
        if let Some(right) = meant(name, properties) {
            return Err(refusal(name, Some(right), properties, at));
        }
        if MOST_COST.contains(&folded(name).as_str()) {
            let name = at.member(&text::line(name, MAX_NAME)).name;
            // Some of those that change something lead to runs later on.
            let nothing = if strangers == Strangers::Ignored { "this tool starts nothing; " } else { "" };
            return Err(ArgumentError(format!("unknown argument `{name}`: {nothing}execute_prompt and others that cost take `max_mt`")));
        }
    }
    match unknown.first() {
        Some(name) if strangers == Strangers::Refused => Err(refusal(name, None, properties, at)),
        _ => Ok(unknown),
    }
}

fn refusal(name: &str, right: Option<&str>, properties: &Map<String, Value>, at: &Place) -> ArgumentError {
    let hint = right.map_or_else(|| ".".to_owned(), |right| format!("; did you mean `{right}`?"));
    let valid = properties.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    ArgumentError(format!("unknown argument `{}`{hint} Valid: {valid}", at.member(&text::line(name, MAX_NAME)).name))
}

fn is_injected(name: &str) -> bool {
    name.starts_with('_') || INJECTED.contains(&folded(name).as_str())
}

/// A name without case, underscores and hyphens: `topK`, `top-k` and `top_k` are one.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).take(64).collect()
}

/// The argument that a misspelt name was meant to be.
fn meant<'p>(name: &str, properties: &'p Map<String, Value>) -> Option<&'p str> {
    let word = folded(name);
    let same = |wanted: &str| properties.keys().find(|known| folded(known) == wanted).map(String::as_str);
    // `index` for `index_id`, `run` for `run_ids`.
    let with = |end: &str| same(&format!("{word}{end}"));
    let called = || {
        let (_, names) = CALLED.iter().find(|(words, _)| words.contains(&word.as_str()))?;
        names.iter().find_map(|name| properties.get_key_value(*name)).map(|(name, _)| name.as_str())
    };
    same(&word)
        .or_else(|| with("id"))
        .or_else(|| with("ids"))
        .or_else(called)
        .or_else(|| text::nearest(name, properties.keys().map(String::as_str)))
}
