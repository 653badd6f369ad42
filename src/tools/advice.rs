//! What to do next, in words: after a failure, and with tools that are not listed.

use super::{
    Offer, Tool,
    catalog::{Reach, find},
    text,
};
use crate::client;

/// What to do about a certificate that is not trusted. A model can do nothing, so this is for whoever runs the server.
pub(super) const MEND_TRUST: &str = "Trying again will not help. Whoever runs this server can see what is wrong with `videosearch-mcp doctor`; if the network inspects TLS, SSL_CERT_FILE names a file with its root certificate.";

/// What to do where something else than the API answers. It will go on to do so.
pub(super) const ELSEWHERE: &str = "The address in VIDEOSEARCH_BASE_URL may not be the API's, or something on the way asks for a sign-in: trying again rarely helps. Whoever runs this server can see more with `videosearch-mcp doctor`.";

/// What to do where there is no connection.
pub(super) const NO_WAY: &str = "Check the network, the proxy settings and VIDEOSEARCH_BASE_URL; trying again can help.";

/// `tool what` for the first tool of these that can be called, or nothing.
pub(super) fn advise(offer: &Offer, tools: &[&str], what: &str) -> String {
    tools.iter().find_map(|name| offer.way_to(name)).map(|way| format!("{way} {what}")).unwrap_or_default()
}

impl Offer {
    /// An advice in which each tool that is not listed is named with the tool that calls it, and whether all of its tools can be called.
    pub fn led(&self, advice: &str) -> (String, bool) {
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let (mut told, mut can_all) = (String::with_capacity(advice.len()), true);
        let (mut before, mut rest) = ("", advice);
        while !rest.is_empty() {
            let (word, after) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
            let (gap, next) = after.split_at(after.find(is_part).unwrap_or(after.len()));
            match word.contains('_').then(|| find(word)).flatten().map(|tool| self.reach(tool)) {
                // An advice may have said it already: `use_read_tool get_usage`, or `use_read_tool with name get_usage`.
                Some(Reach::Through(pair)) if before != pair && before != "name" => told.push_str(&format!("{pair} ")),
                Some(Reach::Scope(_) | Reach::Ceiling(_) | Reach::Off(_)) => can_all = false,
                Some(Reach::Listed | Reach::Through(_)) | None => {}
            }
            told.push_str(word);
            told.push_str(gap);
            before = if gap == " " { word } else { "" };
            rest = next;
        }
        (told, can_all)
    }
}

/// What to do about an upstream failure.
pub(super) fn of(error: &client::Error, tool: &Tool, offer: &Offer, retry_after: Option<u64>) -> String {
    use client::Kind;
    let code = error.code().unwrap_or_default();
    // A tool may make several calls, and any of them may have failed.
    let path = error.template.unwrap_or(tool.path);
    let again = match retry_after {
        Some(seconds) => format!("Try again in {}.", text::wait(seconds)),
        None => "Trying again later can help.".to_owned(),
    };
    match (&error.kind, error.status) {
        (Kind::Connect(_), _) => NO_WAY.to_owned(),
        (Kind::Untrusted(_), _) => MEND_TRUST.to_owned(),
        (Kind::Setup(_), _) => "Whoever runs this server has to mend its TLS set-up (SSL_CERT_FILE).".to_owned(),
        (Kind::Timeout { .. } | Kind::Deadline, _) if tool.path.ends_with("/download") => {
            "A file comes whole within one call, and each call begins anew: get_export_download_url makes a link for other programs, and an export to a connector's bucket has no such limit.".to_owned()
        }
        (Kind::Interrupted(_) | Kind::Timeout { .. } | Kind::Deadline, _) => {
            "Trying again can help, and so can asking for less at once.".to_owned()
        }
        (Kind::Redirect { .. }, _) => "Set VIDEOSEARCH_BASE_URL to the API's final address.".to_owned(),
        (Kind::TooLarge { .. }, _) => less(tool),
        (Kind::Decode { path, .. }, _) if path != "." => {
            "The rest is the API's, which may be newer than this server; trying again rarely helps.".to_owned()
        }
        (Kind::Empty | Kind::Decode { .. }, _) => {
            "The address in VIDEOSEARCH_BASE_URL may not be the API's; trying again rarely helps.".to_owned()
        }
        (Kind::File(_), _) => "Call again once nothing writes to the file any more, and it can be read.".to_owned(),
        (Kind::Request(_), _) => "Correct the arguments and call again.".to_owned(),
        (Kind::Status, Some(400 | 422)) if code == "validation_empty_target" => {
            "Nothing would be processed: name media with `video_ids`, or an index that has some. A call that names neither means the media without an index."
                .to_owned()
        }
        (Kind::Status, Some(400 | 422)) if error.problem.is_none() && error.said.is_none() => {
            "It does not say what is wrong; the same call will fail again.".to_owned()
        }
        (Kind::Status, Some(400 | 422)) => "Correct the arguments as the message says; the same call will fail again.".to_owned(),
        (Kind::Status, Some(401)) => {
            "Something between this server and the API did not accept the key; get_key_info shows what is known about it.".to_owned()
        }
        (Kind::Status, Some(403)) if error.speaks_of_scope() => {
            "By these words the key lacks a scope, though without the API's code for that: get_key_info shows what it has. Trying again will not help."
                .to_owned()
        }
        (Kind::Status, Some(403)) => {
            "The key has the scope for this call, but something else refused it: a proxy, or a rule of the account. Trying again will not help."
                .to_owned()
        }
        (Kind::Status, Some(404 | 405)) if error.is_unknown_path() => {
            "This API has no such function, or VIDEOSEARCH_BASE_URL is not its address. No argument changes that.".to_owned()
        }
        (Kind::Status, Some(404)) if error.problem.is_some() => {
            if code.contains("video_result") || code == "resource_result_not_found" {
                let hint = advise(offer, &["get_prompt_run_results"], "reads what it found in its segments.");
                return format!("The run has no result of the video as a whole: its prompt asks for none, or it is not made yet. {hint}")
                    .trim_end()
                    .to_owned();
            }
            if tool.name.ends_with("_deletion") {
                let lists = if tool.name == "get_video_deletion" { "list_videos" } else { "list_indexes" };
                let hint = advise(offer, &[lists], "shows what is there.");
                return format!("No deletion of it is known: none was asked for, or it ended long ago. {hint}").trim_end().to_owned();
            }
            if code.contains("automation") {
                let hint = advise(offer, &["set_automation"], "makes one.");
                return format!("The index has no automation of this kind yet. {hint}").trim_end().to_owned();
            }
            let or = if error.is_of_framework() { " If it is right, this API may not have the function." } else { "" };
            let spelled = "Check the id; it must be spelled exactly as the API gave it.";
            format!("{spelled} {}", shows(code, path, offer)).trim_end().to_owned() + or
        }
        (Kind::Status, Some(404 | 405)) if error.problem.is_none() => {
            "The server at that address does not know this path: check VIDEOSEARCH_BASE_URL.".to_owned()
        }
        (Kind::Status, Some(405)) => "This API has no such function. No argument changes that.".to_owned(),
        (Kind::Status, Some(409)) if code.contains("idempotency") => {
            "This idempotency key was used for another request: use a new one, or repeat the first call unchanged.".to_owned()
        }
        (Kind::Status, Some(409)) if tool.name == "retry_prompt_run_segment" => {
            advise(offer, &["get_prompt_run_segment_retry_status"], "reads how a retry stands; diagnose_prompt_run says which segments failed.")
        }
        (Kind::Status, Some(409)) => "The call does not fit the present state of what it names: read that state first.".to_owned(),
        (Kind::Status, Some(402)) => "The balance is too low: choose fewer media, or the account's owner adds media tokens.".to_owned(),
        (Kind::Status, Some(429 | 500..=599)) => again,
        _ => String::new(),
    }
}

/// How to ask a tool for less.
fn less(tool: &Tool) -> String {
    if tool.path.ends_with("/download") {
        return "Export less at once: one run, or fewer runs of an index. An export to a connector's bucket has no such limit.".to_owned();
    }
    let properties = tool.input_schema().get("properties");
    let ways = [("top_k", "a lower"), ("limit", "a lower"), ("page_size", "a lower"), ("video_ids", "fewer"), ("moments", "fewer")];
    match ways.iter().find(|(name, _)| properties.is_some_and(|properties| properties.get(name).is_some())) {
        Some((name, how)) => format!("Ask for less at once: {how} {name}."),
        None => "The same call will fail again, and no argument makes its answer smaller.".to_owned(),
    }
}

/// Which tool lists what a missing resource could have been, in words. `kind` is the kind, or the API's code.
/// `path` is that of the call, with the names of its parts.
pub(super) fn shows(kind: &str, path: &str, offer: &Offer) -> String {
    let found = lookup(kind, path);
    let hint = advise(offer, found, "shows what there is.");
    match offer.way_to("list_playground_videos").filter(|_| found.contains(&"list_videos")) {
        Some(way) => format!("{hint} {way} shows what is in no index.").trim_start().to_owned(),
        None => hint,
    }
}

/// The tools that list the resources of a kind. If the code names none, the last id of the path tells which was not found.
fn lookup(code: &str, path: &str) -> &'static [&'static str] {
    let code = code.strip_prefix("resource_").unwrap_or(code);
    let in_path = || path.rsplit_once('{').and_then(|(_, rest)| rest.split_once("_id}")).map(|(kind, _)| kind);
    let kind = if code.starts_with("http_") { in_path().unwrap_or_default() } else { code.strip_suffix("_not_found").unwrap_or(code) };
    match kind {
        "connector" => &["list_connectors"],
        "import" | "import_job" | "job" => &["list_import_jobs"],
        "export" => &["list_exports"],
        "delivery" | "webhook_delivery" => &["list_webhook_deliveries"],
        "webhook" => &["list_webhooks"],
        "marker" => &["list_markers"],
        "session" | "chat_session" => &["list_chat_sessions"],
        "index" => &["list_indexes"],
        "segment" => &["get_video_segments"],
        "video" => &["list_videos", "search_videos"],
        "run" | "prompt_run" => &["list_prompt_runs"],
        "prompt" => &["list_prompts"],
        _ => &[],
    }
}

/// Which tool reads the results of all videos of a run, for a caller who knows none of them. The record of a run does not name its videos.
pub(super) fn of_all_videos(tool: &Tool, message: &str, offer: &Offer) -> String {
    let (other, how) = match tool.name {
        "get_prompt_run_results" => ("tabulate_prompt_run", "with the run alone reads"),
        "get_prompt_run_video_result" => ("get_run_matches", "with the run and result_level=video reads"),
        _ => return String::new(),
    };
    match offer.way_to(other) {
        Some(way) if message.starts_with("missing argument `video_id`") => format!(" {way} {how} those of all its videos at once."),
        _ => String::new(),
    }
}

/// The message without hints at tools that are not listed. A message about an argument quotes its description, which may name the tool that
/// gives the value.
pub(super) fn without_unlisted(message: String, offer: &Offer) -> String {
    const FROM: &str = " from `";
    let (mut kept, mut rest) = (String::new(), message.as_str());
    while let Some((before, after)) = rest.split_once(FROM) {
        let unlisted = after.split_once('`').filter(|(name, _)| find(name).is_some() && !offer.has(name));
        rest = if let Some((_, behind)) = unlisted {
            kept.push_str(before.strip_suffix(',').unwrap_or(before));
            behind
        } else {
            kept.push_str(before);
            kept.push_str(FROM);
            after
        };
    }
    kept + rest
}

/// Where else runs and fields are told, if a message named `list_prompts` and does not any more.
pub(super) fn other_source(before: &str, after: &str, offer: &Offer) -> String {
    const LIST: &str = "list_prompts";
    if !before.contains(LIST) || after.contains(LIST) {
        return String::new();
    }
    let runs = advise(offer, &["search_videos"], "names the run of its hits.");
    let fields = advise(offer, &["list_sql_tables"], "has fields and types.");
    let told: Vec<String> = [runs, fields].into_iter().filter(|told| !told.is_empty()).collect();
    if told.is_empty() { String::new() } else { format!(" {}", told.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gate::{Beliefs, Cause},
        tools::{Selection, catalog},
    };

    #[test]
    fn advice_names_the_tool_that_calls_another() {
        let selection = Selection::new(&[], &[], &["list_exports".to_owned()], false).unwrap();
        let offer = Offer::new(selection, Beliefs::unknown(None, &Cause::NotAsked));
        for (advice, told) in [
            ("Next: get_usage.", "Next: use_read_tool get_usage."),
            ("use_read_tool get_usage shows it", "use_read_tool get_usage shows it"),
            ("call use_write_tool again with name set_marker and so on", "call use_write_tool again with name set_marker and so on"),
            (r#"set_marker {"color": "red"}, or search_videos"#, r#"use_write_tool set_marker {"color": "red"}, or search_videos"#),
            ("no tool at all: run_id=r", "no tool at all: run_id=r"),
            ("", ""),
        ] {
            assert_eq!(offer.led(advice), (told.to_owned(), true));
        }
        assert!(!offer.led("list_exports shows it").1 && offer.can_call("get_usage") && !offer.can_call("list_exports"));
    }

    #[test]
    fn an_answer_that_is_too_large_is_mended_by_what_its_call_takes() {
        for (name, expected) in [
            ("search_videos", "lower top_k"),
            ("list_videos", "lower limit"),
            ("filter_videos", "lower page_size"),
            ("get_videos", "fewer video_ids"),
            ("download_export", "connector's bucket"),
            ("get_index", "no argument"),
        ] {
            let advice = less(catalog::all().find(|tool| tool.name == name).unwrap());
            assert!(advice.contains(expected), "{name}: {advice}");
        }
    }

    #[test]
    fn a_file_that_takes_too_long_is_got_in_another_way() {
        let selection = Selection::new(&[], &[], &[], false).unwrap();
        let offer = Offer::new(selection, Beliefs::unknown(None, &Cause::NotAsked));
        let error = client::Error::new(client::Kind::Deadline);
        let told = |name| of(&error, catalog::find(name).unwrap(), &offer, None);
        assert!(told("download_export").contains("get_export_download_url") && !told("download_export").contains("Trying again"));
        assert!(told("search_videos").contains("less at once"));
    }

    #[test]
    fn what_is_missing_is_listed_by_its_kind_and_by_nothing_else() {
        for (name, code, expected) in [
            ("get_prompt_run_status", "resource_prompt_run_not_found", "list_prompt_runs"),
            ("get_prompt_run_status", "http_404", "list_prompt_runs"),
            ("get_import_job", "http_404", "list_import_jobs"),
            ("get_connector", "http_404", "list_connectors"),
            ("get_video", "video", "list_videos"),
            ("get_prompt_run_segment_retry_status", "resource_retry_not_found", ""),
            ("get_prompt_run_segment_retry_status", "http_404", ""),
            ("get_usage", "http_404", ""),
        ] {
            let tool = catalog::all().find(|tool| tool.name == name).unwrap();
            assert_eq!(lookup(code, tool.path).first().copied().unwrap_or_default(), expected, "{name} {code}");
        }
    }
}
