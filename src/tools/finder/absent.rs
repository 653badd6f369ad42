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

/// What there is in place of cutting media.
const CUTTING: &str = "No tool cuts, trims or renders media. A moment is a range of the whole file: show_moment shows one, and get_video_link plays the file.";

const ABSENT: [Absent; 12] = [
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
    Absent {
        note: "Nothing that was deleted or changed can be brought back: the API has no call for that.",
        has: &["undo restore undelete undeleted recover revert unremove"],
        without: "pause automation webhook connector",
        first: &["list_indexes", "list_videos"],
        only_reading: true,
    },
    Absent {
        note: "A video stays in its index: the API has no call that moves it. Its file can be added to another index, by upload_media or create_video.",
        has: &["move transfer relocate reassign", "video film movie clip media item footage", "index collection library folder archive"],
        without: "bucket s3 gcs azure cloud connector storage disk computer laptop url address import export result",
        first: &["list_videos"],
        only_reading: true,
    },
    Absent {
        note: "Videos are not edited: the API has no call that changes a title or a file. A file can be added again under another title.",
        has: &["video film movie clip footage recording reel title", "rename retitle edit modify alter change"],
        without: "prompt webhook connector automation marker note comment colour color label tag segment field result metadata export import run \
                  session question sql query",
        first: &["get_video"],
        only_reading: true,
    },
    Absent {
        note: CUTTING,
        has: &["cut extract export make render", "clip excerpt trailer snippet subclip", "out from of"],
        without: "prompt field text word piece segment bucket s3 gcs connector run result import",
        first: &["show_moment", "get_video_link"],
        only_reading: true,
    },
    Absent {
        note: CUTTING,
        has: &["trim crop stitch splice subclip transcode", "video film movie clip footage media moment scene"],
        without: "prompt field",
        first: &["show_moment", "get_video_link"],
        only_reading: true,
    },
    Absent {
        note: "What a run found is not edited: the API has no call for that. A changed prompt counts from its next run on, and set_marker puts a note on a result.",
        has: &["change edit correct overwrite modify alter", "result value finding transcript"],
        without: "prompt schema webhook connector automation marker note limit",
        first: &["get_prompt_run_results"],
        only_reading: true,
    },
    Absent {
        note: "No tool translates. get_video_segments reads the words that are spoken, and a prompt can ask for them in another language.",
        has: &["translate translation dub subtitle"],
        without: "sql query question",
        first: &["get_video_segments", "list_prompts"],
        only_reading: true,
    },
    Absent {
        note: "Limits on what is spent are set by whoever runs this server: VIDEOSEARCH_MAX_MT_PER_RUN and VIDEOSEARCH_MAX_MT_PER_DAY. For one run there is `max_mt` of execute_prompt.",
        has: &["spending spend budget cost", "limit cap ceiling", "set raise lower change make put"],
        without: "rate request minute hour",
        first: &["get_key_info", "estimate_prompt_run"],
        only_reading: true,
    },
];

/// What a request asks for that no tool does.
pub fn absent(query: &str) -> Option<&'static Absent> {
    let lower = query.to_lowercase();
    let said: HashSet<String> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(rank::stem).collect();
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
            ("undo a delete", "brought back"),
            ("restore a deleted video", "brought back"),
            ("rename a video", "not edited"),
            ("edit the title of a film", "not edited"),
            ("change the title of a video in the index", "not edited"),
            ("move video to another index", "stays in its index"),
            ("cut a clip out of the video", "No tool cuts"),
            ("trim the film", "No tool cuts"),
            ("change a field of a run result", "not edited"),
            ("translate the subtitles", "No tool translates"),
            ("set a spending limit", "VIDEOSEARCH_MAX_MT_PER_DAY"),
        ] {
            assert!(note(query).contains(part), "{query}: {}", note(query));
        }
        for query in [
            "what may my key do",
            "who can load the video",
            "give the webhook a new secret key",
            "rename a webhook",
            "how many requests are left this minute",
            "make a new index",
            "what did we spend",
            "move the videos of a bucket into an index",
            "cut the video into pieces of 10 seconds",
            "change the prompt that describes a video",
            "rename the webhook for video events",
            "edit the note on a video",
            "resume the paused automation",
            "how many requests are left of the limit",
        ] {
            assert_eq!(note(query), "", "{query}");
        }
    }
}
