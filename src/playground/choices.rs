//! What nobody knows about the API, and what the playground does instead. `playground --explain` prints this list.
//!
//! No published description answers these questions. The playground chooses what a user would expect. A new choice is one more row here,
//! beside the rows of the same topic; the code that makes the choice says why.

/// Something that nobody knows, and what the playground does.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// What it is about.
    pub topic: &'static str,
    /// What is not known.
    pub unknown: &'static str,
    /// What the playground does.
    pub chosen: &'static str,
}

const fn row(topic: &'static str, unknown: &'static str, chosen: &'static str) -> Choice {
    Choice { topic, unknown, chosen }
}

/// All choices, by topic.
#[rustfmt::skip] // One line each, so that choices can be added side by side.
pub static CHOICES: &[Choice] = &[
    row("scopes", "whether the order admin, write, read, search holds for every pair", "it holds everywhere"),
    row("scopes", "what a 403 says", "the scope that is needed, as details.required_scope"),
    row("scopes", "which scope removes a marker", "admin, like all other deletions"),
    row("keys", "whether a rotated key works for a while, and what the new one takes over", "the old key stops at once; name, scopes and expiry are taken over"),
    row("keys", "what rotating a revoked or expired key does", "409"),
    row("keys", "whether a key is accepted as a bearer token", "no: a bearer token is a session token"),
    row("keys", "which credential /mcp/status and /mcp/tools need", "any credential for the status; a key with read for the tools"),
    row("requests", "how long an idempotency key is remembered, and for whom", "one day, for the whole account; of searches the newest 100, and that of a question as long as its session and there alone"),
    row("requests", "whether X-Idempotency-Key counts outside of the chat stream", "yes, everywhere; Idempotency-Key wins"),
    row("requests", "the exact status of a success", "201, 202 or 204 where that is what happened, otherwise 200"),
    row("requests", "whether null, or nothing in a query, stands for an argument that is left out", "yes, where it is optional"),
    row("requests", "how large a body may be", "32 MiB and 100 levels; files in forms, and whatever is kept, have limits of their own"),
    row("requests", "what a run of another index, or a run that does not cover a video, means in a search, an export or a list", "400 and 404, with the reason; only a batch tells of each video by itself, so it has an empty list there"),
    row("requests", "whether a call that writes may name things that do not exist", "no, 404; a webhook may keep an index that was deleted"),
    row("requests", "which characters a name may have", "all, if one can be seen; a space takes the place of each control character"),
    row("requests", "the categories of rate limits", "only search: 60 a minute and 1000 an hour; enforced if the playground is told to"),
    row("library", "how long a deletion takes", "about a second by the clock; what is deleted is gone at once"),
    row("library", "what becomes of markers and automations of what is deleted", "they are deleted with it"),
    row("library", "how long media may be", "24 hours; what says that it is longer is kept, and no run takes it"),
    row("prompts", "what counts as use of a prompt", "its runs, and automations that name it"),
    row("prompts", "which field names are reserved", "those that begin with two underscores"),
    row("prompts", "what execution_config holds", "settings of a run by their names there; a run takes those that its call leaves out, and {} removes them"),
    row("prompts", "which keywords of a schema a test looks at", "types, choices, limits, members, items, references within it and combinations; its message names the others that it met"),
    row("prompts", "what a filter on a field means for runs whose prompt has no such field", "none of their results meets it, not even is_empty"),
    row("prompts", "whether filters look at results of whole videos", "no, at those of segments; text search and SQL find the others, and a workflow search warns"),
    row("runs", "how media are cut if the call does not say", "smart for videos, content_aware for audio; both keep the scenes of the sample library"),
    row("runs", "what a run costs", "media tokens by the second, with shares for transcription and pictures; get_pricing lists them"),
    row("runs", "what happens to media that cannot be processed", "left out, and told as left_out in the run's context and the estimate's breakdown; a call that names one is refused"),
    row("runs", "what is told if the balance does not cover a run", "402 billing_insufficient_balance; what runs under way may cost is reserved, and sufficient_balance counts that"),
    row("imports", "what a retry of an import from a connector does; the service was seen to refuse it with 400", "it tries the files that failed or were cancelled again, so a client must be ready for the 400 all the same"),
    row("imports", "what an output is called whose video was deleted", "deleted, and video_ids leaves it out"),
    row("imports", "what a retry does with a bucket that has changed", "it takes its files as they are now, also under a new name if only one can be meant; new files are left to a new import"),
    row("exports", "where in a bucket the file goes", "into the connector's export_base_path, then destination_subpath, as EXPORT_ID.json; no file is replaced"),
    row("webhooks", "when a failed delivery is tried again, and how often", "after 2 s, then with growing waits and jitter; 6 attempts"),
    row("webhooks", "which index a run over chosen media counts for", "the one that all of them are of, and none if they are of several"),
    row("webhooks", "when a webhook is disabled", "after 20 failures in a row"),
    row("webhooks", "what is told of an item whose run is cancelled while it is processed", "no end of its own; prompt_run.cancelled tells it"),
    row("webhooks", "what is told of another try", "an import tells that it starts, and how it ends; the retry of a segment tells nothing"),
    row("events", "how long events can be read again, and what a stream tells of those that it has not", "the newest 1000; processing.stream_reset says that some are missing"),
    row("events", "what becomes of a stream whose key is revoked", "it ends with processing.stream_error when something happens"),
    row("usage", "what model_usage and auth_usage hold", "nothing: use is counted for the account, and total_tokens is the media tokens, rounded"),
    row("sql", "which tables there are, and what a catalog says of them", "one table per prompt with a row per segment, one per prompt with results of whole videos, and videos and runs"),
    row("sql", "which SQL is understood, and its limits", "one SELECT of SQLite; 2 s, texts of 100 kB, answers of 4 MiB, result_limit 100 if not given"),
    row("sql", "what row_context holds", "the names of the columns, in their order"),
    row("sql", "how a query is drafted", "by simple rules; no model speaks, and the answer says so"),
    row("chat", "what sessions, messages and citations look like", "role and content; a citation has video_id, segment_id, start_time, end_time, video_title and quote"),
    row("chat", "how an answer is found", "by text search over all indexes, or over those of the scope; no model speaks, and the answer says so"),
    row("chat", "what earlier turns mean for a question", "nothing: each question is answered alone"),
    row("chat", "what the events of a stream hold", "turn_id and session_id, and state, tool or result_count; turn_completed holds the turn"),
    row("markers", "what a request to set a marker holds", "resource_type, resource_id, field_path for a field, and color, note or both"),
    row("markers", "what can be marked", "indexes, videos, segments, prompts and runs; a thing or field has one marker, and a new one replaces it"),
    row("automations", "what an automation says that nobody has set", "enabled false, with no other facts"),
    row("automations", "what PUT does with members that are left out", "they get their defaults: enabled true, recursive true, debounce_interval 10m; a paused automation runs again"),
    row("automations", "how new files are noticed", "at each debounce_interval an import job takes the files that no job took before; one that finds none is removed at the next"),
    row("automations", "when results are exported", "as soon as a run over media of the index has ended with results; the export holds the index and that run"),
    row("automations", "how it says what it has done", "last_run_at, last_error, run_count, and last_job_id or last_export_id"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_choice_is_told_once_and_in_plain_lines() {
        let mut seen = HashSet::new();
        let mut topics: Vec<&str> = Vec::new();
        for choice in CHOICES {
            assert!(seen.insert((choice.topic, choice.unknown)), "{} is there twice", choice.unknown);
            for text in [choice.topic, choice.unknown, choice.chosen] {
                assert!(!text.is_empty() && !text.contains('\n') && !text.ends_with('.'), "{text}");
            }
            if topics.last() != Some(&choice.topic) {
                assert!(!topics.contains(&choice.topic), "the rows of {} stand together", choice.topic);
                topics.push(choice.topic);
            }
        }
    }
}
