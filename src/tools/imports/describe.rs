//! An import job in words.

use serde_json::{Map, Value};

use crate::{
    api::{imports::ImportJob, state},
    tools::{Answer, excerpt, proxy::Noun, text, waiting::word},
};

/// How many failed and how many skipped files are named.
const NAMED: usize = 10;

/// A job in one line.
pub fn line(job: &ImportJob) -> String {
    let mut line = format!("{} {}: {}", text::id(&job.job_id), word(&job.status), standing(job));
    if let Some(index) = &job.target_index_id {
        line.push_str(&format!(", into {}", text::id(index)));
    }
    match &job.connector_id {
        Some(connector) => line.push_str(&format!(", from {}", text::id(connector))),
        None if job.source_kind != "connector" => line.push_str(&format!(", {}", text::line(&job.source_kind, 40))),
        None => {}
    }
    let which = text::line(&format!("{} {}", job.source_prefix, job.file_pattern), 120);
    if !matches!(which.trim(), "" | "*") {
        line.push_str(&format!(" ({})", which.trim()));
    }
    if let Some(at) = &job.created_at {
        line.push_str(&format!(", {}", text::line(at, 40)));
    }
    if let Some(error) = job.error_message.as_deref().filter(|error| !error.trim().is_empty()) {
        line.push_str(&format!(": {}", text::line(error, 300)));
    }
    line
}

/// How far a job is, in words.
pub fn standing(job: &ImportJob) -> String {
    let progress = &job.progress;
    let mut told = text::part(progress.imported, progress.total_files, "file");
    told.push_str(" imported");
    for (count, word) in [(job.failed(), "failed"), (progress.skipped, "skipped")] {
        if count > 0 {
            told.push_str(&format!(", {count} {word}"));
        }
    }
    told
}

/// Why a file failed, whatever form the API gives to that.
pub fn failure(failure: &Map<String, Value>) -> String {
    let told = ["message", "error", "reason"].iter().find_map(|name| failure.get(*name).and_then(Value::as_str));
    told.map_or_else(|| excerpt::brief(&Value::Object(failure.clone()), 300), |told| text::line(told, 300))
}

/// Whether a prompt run was asked for with a job. It may start over whatever is imported later, also where one has started over the rest.
pub fn wants_run(job: &ImportJob) -> bool {
    !matches!(job.execution.status.as_str(), "" | "not_requested")
}

/// Whether a retry has something to try: files that failed, or that were not reached.
pub fn may_be_retried(job: &ImportJob) -> bool {
    job.is_over() && (job.failed() > 0 || state::is_one_of(&job.status, &["failed", "cancelled"]))
}

/// Writes what is known of a job. One that failed as a whole is an error to whoever reads it or waits for it.
pub fn write(answer: &mut Answer, job: &ImportJob) {
    if let Some(current) = job.progress.current_file.as_deref().filter(|_| !job.is_over()) {
        answer.line(format!("Now: {}", text::line(current, 300)));
    }
    let failed = job.failed_files.iter().map(|file| format!("failed: {}: {}", text::line(&file.path, 200), text::line(&file.error, 300)));
    let skipped =
        job.skipped_files.iter().map(|file| format!("skipped: {}: {}", text::line(&file.path, 200), text::line(&file.reason, 300)));
    failed.take(NAMED).chain(skipped.take(NAMED)).for_each(|line| answer.line(line));
    let made = job.outputs.items.iter().filter(|output| !output.video_id.is_empty());
    let made: Vec<String> = made.map(|output| format!("{} \"{}\"", text::id(&output.video_id), text::line(&output.title, 80))).collect();
    if !made.is_empty() {
        let shown: Vec<&str> = made.iter().take(NAMED).map(String::as_str).collect();
        let more = made.len().max(usize::try_from(job.outputs.total).unwrap_or_default()) - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        answer.line(format!("media: {}{more}", shown.join(", ")));
    }
    if wants_run(job) {
        let run = job.execution.run_id.as_deref().map(|run| format!(" as {}", text::id(run))).unwrap_or_default();
        let why = job.execution.error.as_deref().map(|why| format!(": {}", text::line(why, 300))).unwrap_or_default();
        answer.line(format!("prompt run: {}{run}{why}", text::line(&job.execution.status, 40)));
    }
    answer.facts(job.facts());
    if job.status.eq_ignore_ascii_case("failed") {
        answer.failed();
    }
}
