//! An export in words and in the contract's members.

use serde_json::Value;

use crate::{
    api::{exports::Export, state},
    tools::{
        Answer, Context,
        proxy::{Noun, one},
        text,
        waiting::word,
    },
};

/// Members that the heading tells, or that nobody needs in words.
const TOLD: [&str; 20] = [
    "export_id",
    "user_id",
    "export_type",
    "target_id",
    "status",
    "queue_status",
    "attempts",
    "max_attempts",
    "available_at",
    "file_size_bytes",
    "created_at",
    "started_at",
    "updated_at",
    "destination_type",
    "destination_connector_id",
    "download_url",
    "gcs_uri",
    "error_message",
    "last_error",
    "export_params",
];

impl Noun for Export {
    const NOUN: &'static str = "export";
    const LIST: &'static str = "exports";
    const TOTAL: &'static str = "total_exports";
    const NONE: (&'static str, &'static str) =
        ("Nothing was exported yet.", "export_prompt_run makes a file of a run, export_index_metadata one of an index.");
    const COUNTED: &'static [(&'static str, &'static str)] = &[("by_status", "status")];
    const LONG: &'static [&'static str] = &[
        "user_id",
        "queue_status",
        "attempts",
        "max_attempts",
        "available_at",
        "started_at",
        "updated_at",
        "last_error",
        "export_params",
        "gcs_uri",
    ];

    fn line(&self) -> String {
        let kind = if self.export_type == "prompt_run" { "run" } else { self.export_type.as_str() };
        let mut line =
            format!("{} of {} {}: {}", text::id(&self.export_id), text::line(kind, 40), text::id(&self.target_id), word(&self.status));
        if let Some(bytes) = self.file_size_bytes {
            line.push_str(&format!(", {}", text::size(bytes)));
        }
        match self.destination_connector_id.as_deref() {
            Some(connector) => line.push_str(&format!(", to the bucket of {}", text::id(connector))),
            None => line.push_str(", to download"),
        }
        if let Some(time) = &self.created_at {
            line.push_str(&format!(", asked for {}", text::line(time.get(..16).unwrap_or(time), 20).replace('T', " ")));
        }
        if let Some(reason) = reason(self) {
            line.push_str(&format!(": {reason}"));
        }
        line
    }
}

/// Why it failed.
pub fn reason(export: &Export) -> Option<String> {
    let told = [&export.error_message, &export.last_error].into_iter().flatten().find(|reason| !reason.trim().is_empty());
    told.map(|reason| text::line(reason, 300))
}

/// Said where the file of an export could be saved, if there were a place for it.
pub const NO_PLACE: &str =
    "download_export has no directory to save in: whoever runs this server names one with VIDEOSEARCH_DOWNLOAD_DIR / --download-dir";

/// What to do next with an export: ways of which any may be out of reach.
async fn tips(cx: &Context<'_>, export: &Export) -> Vec<String> {
    if export.has_failed() {
        return vec!["There will be no file. Mend what the error names, then export again.".to_owned()];
    }
    if !export.is_over() && !state::is_under_way(&export.status) {
        return vec!["get_export_status tells later how it stands.".to_owned()];
    }
    if !export.is_over() {
        return vec!["wait_for_export follows it to its end.".to_owned()];
    }
    if export.goes_to_a_bucket() {
        let at = text::line(export.destination_uri.as_deref().unwrap_or("see destination"), 300);
        return vec![format!("The file is in the bucket: {at}.")];
    }
    let save = if cx.files.can_save() { "download_export writes the file into the download directory" } else { NO_PLACE };
    // The API makes links only where it is reached by https.
    let links = cx.session.base().await.is_ok_and(|base| base.as_str().starts_with("https:"));
    let link = links.then(|| "get_export_download_url makes a link that needs no key".to_owned());
    link.into_iter().chain([save.to_owned()]).collect()
}

/// One export, with its size in words and with what to do next.
pub async fn answer(cx: &Context<'_>, export: &Export) -> Answer {
    // Of a file in a bucket, the advice tells where it is.
    let told: Vec<&str> = TOLD.into_iter().chain((export.is_ready() && export.goes_to_a_bucket()).then_some("destination_uri")).collect();
    let mut answer = one(format!("Export {}", export.line()), export, &told);
    if let Some(bytes) = export.file_size_bytes {
        answer.fact("file_size_human", text::size(bytes));
    }
    let ways = tips(cx, export).await.into_iter().map(|tip| cx.offer.led(&tip)).filter(|(_, can)| *can).map(|(tip, _)| tip);
    let ways: Vec<String> = ways.collect();
    answer.fact("tip", ways.join("; "));
    for tip in ways {
        answer.close(tip);
    }
    if export.has_failed() {
        answer.failed();
    }
    answer
}

/// Why there is nothing to download of an export, if that is so.
pub fn nothing_to_download(export: &Export) -> Option<String> {
    if export.has_failed() {
        let to = if export.goes_to_a_bucket() { ", which was to go into a bucket," } else { "" };
        let why = reason(export).map(|why| format!(": {}", why.trim_end_matches('.'))).unwrap_or_default();
        return Some(format!("The export{to} failed{why}. There will be no file; mend the cause and export again."));
    }
    if export.goes_to_a_bucket() {
        let at = export.destination_uri.as_deref().filter(|_| export.is_ready()).map(|at| format!(": {}", text::line(at, 300)));
        let goes = if export.is_ready() { "went" } else { "goes" };
        return Some(format!("Its file {goes} into a bucket, so there is nothing to download{}", at.unwrap_or_else(|| ".".to_owned())));
    }
    (!export.is_ready()).then(|| "Only a finished export has a file; wait_for_export follows it to its end.".to_owned())
}

/// What every answer about a destination says.
pub fn destination(connector: Option<&str>, subpath: Option<&str>) -> [(&'static str, Value); 3] {
    let kind = if connector.is_some() { "connector" } else { "download" };
    [("destination_type", kind.into()), ("destination_connector_id", connector.into()), ("destination_subpath", subpath.into())]
}
