//! What people ask for and no tool does.
//!
//! The nearest tool would do something else, and a model may take it for what was asked for. So the answer says what there is instead.

use std::collections::HashSet;

use super::rank;
use crate::tools::{Effect, Tool, catalog};

/// A request that no tool does.
pub struct Absent {
    /// What to do instead.
    pub note: &'static str,
    /// It has one of each of these words.
    has: &'static [&'static str],
    /// And none of these.
    without: &'static str,
    /// The tools that come nearest, which come first.
    first: &'static [&'static str],
    /// Whether tools that change something would do what nobody asked for.
    only_reading: bool,
}

const ABSENT: [Absent; 4] = [
    Absent {
        note: "API keys are made, changed and deleted by people, not by a tool: on the account's API key page or with `videosearch-mcp keys`.",
        has: &["key apikey", "create make new add generate rotate renew revoke delete remove rename change extend replace disable list"],
        without: "webhook hook secret signing idempotency",
        first: &["get_key_info"],
        only_reading: true,
    },
    Absent {
        note: "An index cannot be renamed or changed: the API has no call for that. create_index makes another one.",
        has: &["index collection library archive", "rename edit modify alter"],
        without: "prompt webhook connector video film clip media automation marker segment export import",
        first: &["list_indexes"],
        only_reading: true,
    },
    Absent {
        note: "The balance is a line of what estimate_prompt_run answers; get_workflow_overview tells it when it is low.",
        has: &["balance credit fund money token mt", "balance credit fund left remain available remaining"],
        without: "request minute hour",
        first: &["estimate_prompt_run", "get_workflow_overview"],
        only_reading: true,
    },
    Absent {
        note: "Paying is for the account's owner, on its page, and no tool does it.",
        has: &["buy invoice payment refund"],
        without: "field extract",
        first: &["get_pricing"],
        only_reading: true,
    },
];

/// What a request asks for that no tool does.
pub fn absent(query: &str) -> Option<&'static Absent> {
    let said: HashSet<String> = rank::words(query).into_iter().collect();
    let says = |words: &str| words.split_whitespace().any(|word| said.contains(&rank::stem(word)));
    ABSENT.iter().find(|absent| absent.has.iter().all(|words| says(words)) && !says(absent.without))
}

impl Absent {
    /// The tools that were found, those first that come nearest to what was asked for.
    pub fn sorted(&self, found: Vec<&'static Tool>) -> Vec<&'static Tool> {
        let nearest: Vec<&'static Tool> = self.first.iter().filter_map(|name| catalog::find(name)).collect();
        let others = found.into_iter().filter(|tool| !self.only_reading || tool.effect == Effect::Read);
        let others: Vec<_> = others.filter(|tool| !nearest.iter().any(|near| near.name == tool.name)).collect();
        nearest.into_iter().chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(query: &str) -> &'static str {
        absent(query).map_or("", |absent| absent.note)
    }

    #[test]
    fn what_does_not_exist_is_recognised() {
        for (query, part) in [
            ("rotate my key", "API keys"),
            ("create a key", "API keys"),
            ("list of my api keys", "API keys"),
            ("rename an index", "cannot be renamed"),
            ("how much credit is left", "balance"),
            ("how many media tokens do I have left", "balance"),
            ("what is my balance", "balance"),
            ("show me the last invoice", "Paying"),
        ] {
            assert!(note(query).contains(part), "{query}: {}", note(query));
        }
        for query in [
            "what may my key do",
            "give the webhook a new secret key",
            "rename a webhook",
            "how many requests are left this minute",
            "make a new index",
            "what did we spend",
            "change the title of a video in the index",
        ] {
            assert_eq!(note(query), "", "{query}");
        }
    }
}
