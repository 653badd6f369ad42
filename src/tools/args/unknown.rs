//! Arguments that a tool does not have.
//!
//! Hosts add arguments of their own to every call. These mean nothing to a tool and are dropped. A misspelt name is refused, since the
//! caller meant something by it. For all others the tool's [`Strangers`] rule decides.

use serde_json::{Map, Value};

use super::{MAX_NAME, Place, Strangers, shape};
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

/// The most unknown arguments that are named.
const MOST_NAMED: usize = 8;

/// What others call the start and the end of a period, the size of a page, what is looked for and a moment, written as [`folded`] writes it,
/// and the names of the arguments here. Whoever gives one of these would get the answer to another question if it were ignored.
const CALLED: [(&[&str], &[&str]); 5] = [
    (STARTS, &["start_date"]),
    (ENDS, &["end_date"]),
    (SIZES, &["limit", "top_k", "page_size"]),
    (TEXTS, &["query", "text_query"]),
    (MOMENTS, &["video_id", "moments", "resource_id"]),
];
const TEXTS: &[&str] =
    &["q", "search", "searchquery", "searchtext", "searchterm", "text", "term", "terms", "keyword", "keywords", "phrase"];
const MOMENTS: &[&str] = &["handle", "handles", "moment"];
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

/// Where an argument that the tool does not have was meant to stand.
pub(super) enum Right<'p> {
    /// It is misspelt.
    Name(&'p str),
    /// It is a member of an object, or of the objects in a list: the name of that, and of the member.
    Within(&'p str, &'p str),
}

impl Right<'_> {
    /// The argument of the tool.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Name(name) | Self::Within(name, _) => name,
        }
    }
}

/// The arguments of an object that the tool does not have.
pub(super) struct Unknown<'p> {
    /// Those that were meant to be others.
    pub(super) meant: Vec<(String, Right<'p>)>,
    /// What something may cost, given to a tool that does not take it.
    limits: Vec<String>,
    /// All others.
    pub(super) strangers: Vec<String>,
}

/// Takes the arguments that hosts added out of an object, and sorts those that the tool does not have.
pub(super) fn sort<'p>(properties: &'p Map<String, Value>, object: &mut Map<String, Value>) -> Unknown<'p> {
    let mut unknown = Unknown { meant: Vec::new(), limits: Vec::new(), strangers: Vec::new() };
    object.retain(|name, _| properties.contains_key(name) || !is_injected(name));
    for name in object.keys().filter(|name| !properties.contains_key(*name)) {
        if let Some(right) = meant(name, properties) {
            unknown.meant.push((name.clone(), right));
        } else if MOST_COST.contains(&folded(name).as_str()) {
            unknown.limits.push(name.clone());
        } else {
            unknown.strangers.push(name.clone());
        }
    }
    unknown
}

impl Unknown<'_> {
    /// Why the call is refused because of them. The strangers among them are told if the call is refused anyway, or if `refused` says that
    /// they are.
    pub(super) fn refusals(
        &self,
        properties: &Map<String, Value>,
        object: &Map<String, Value>,
        at: &Place,
        strangers: Strangers,
        refused: bool,
    ) -> Vec<String> {
        let shown = |name: &str| at.member(&text::line(name, MAX_NAME)).name;
        let hint = |right: &Right<'_>| match right {
            Right::Name(right) => format!("did you mean `{right}`?"),
            Right::Within(holder, _) => {
                let within = self.meant.iter().filter_map(|(name, right)| match right {
                    Right::Within(other, member) if other == holder => Some(((*member).to_owned(), object.get(name)?.clone())),
                    _ => None,
                });
                let shape = properties.get(*holder).map(|schema| shape::of(schema, &within.collect())).unwrap_or_default();
                format!("it belongs in `{holder}`: {shape}")
            }
        };
        let strangers_too = refused || !self.limits.is_empty();
        let more = (self.meant.len() + if strangers_too { self.strangers.len() } else { 0 }).saturating_sub(MOST_NAMED);
        let meant = self.meant.iter().take(MOST_NAMED).map(|(name, right)| (shown(name), hint(right)));
        let others = self.strangers.iter().filter(|_| strangers_too).take(MOST_NAMED).map(|name| (shown(name), String::new()));
        let named: Vec<(String, String)> = meant.chain(others).take(MOST_NAMED).collect();
        // Some of those that change something lead to runs later on.
        let nothing = if strangers == Strangers::Ignored { "this tool starts nothing; " } else { "" };
        let limit = self
            .limits
            .first()
            .map(|name| format!("unknown argument `{}`: {nothing}execute_prompt and others that cost take `max_mt`", shown(name)));
        let valid = || properties.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let told = match named.as_slice() {
            [] => None,
            [(name, hint)] if hint.is_empty() => Some(format!("unknown argument `{name}`. Valid: {}", valid())),
            [(name, hint)] => {
                let end = if hint.ends_with('?') { "" } else { "." };
                Some(format!("unknown argument `{name}`; {hint}{end} Valid: {}", valid()))
            }
            several => {
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let mut hints: Vec<&str> = Vec::new();
                let told = several.iter().map(|(name, hint)| {
                    // What stands in one object is shown once.
                    if hint.is_empty() || hints.contains(&hint.as_str()) {
                        return format!("`{name}`");
                    }
                    hints.push(hint);
                    format!("`{name}` ({hint})")
                });
                let told: Vec<String> = told.collect();
                Some(format!("unknown arguments {}{more}. Valid: {}", told.join(", "), valid()))
            }
        };
        told.into_iter().chain(limit).collect()
    }
}

/// Whether hosts add an argument of this name to any call.
pub fn is_injected(name: &str) -> bool {
    name.starts_with('_') || INJECTED.contains(&folded(name).as_str())
}

/// A name without case, underscores and hyphens: `topK`, `top-k` and `top_k` are one.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).take(64).collect()
}

/// The argument that a name was meant to be, or the object in which it is one.
fn meant<'p>(name: &str, properties: &'p Map<String, Value>) -> Option<Right<'p>> {
    let called = || {
        let word = folded(name);
        let (_, names) = CALLED.iter().find(|(words, _)| words.contains(&word.as_str()))?;
        names.iter().find_map(|name| properties.get_key_value(*name)).map(|(name, _)| name.as_str())
    };
    let near = || text::nearest(name, properties.keys().map(String::as_str));
    let within = || {
        properties.iter().find_map(|(holder, schema)| {
            let members = super::properties(schema.get("items").unwrap_or(schema))?;
            // A file is given by its `download_url`.
            let longer = || members.keys().find(|member| name.len() > 2 && member.ends_with(&format!("_{name}"))).map(String::as_str);
            Some(Right::Within(holder, same(name, members).or_else(longer)?))
        })
    };
    same(name, properties).or_else(called).or_else(near).map(Right::Name).or_else(within)
}

/// The argument of the same name in other letters, or of that name with what says that it takes ids: `index` and `index_name` for
/// `index_id`, `run` for `run_ids`.
fn same<'p>(name: &str, properties: &'p Map<String, Value>) -> Option<&'p str> {
    let word = folded(name);
    let same = |wanted: &str| properties.keys().find(|known| folded(known) == wanted).map(String::as_str);
    let bare = word.strip_suffix("name").or_else(|| word.strip_suffix("title")).filter(|bare| !bare.is_empty()).unwrap_or(&word);
    same(&word).or_else(|| same(&format!("{bare}id"))).or_else(|| same(&format!("{bare}ids")))
}
