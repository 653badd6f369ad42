//! How the answer to a call that adds media is shown.

use super::failed::has_failed;
use crate::{
    api::{
        state,
        videos::{Added, Started},
    },
    tools::{
        Answer,
        proxy::{Noun, Show},
        schema::{Kind, Member},
        text,
    },
};

impl Show for Started {
    const OUTPUT: &'static [Member] = &[Member::always("message", Kind::Text), Member::maybe("run_id", Kind::Text)];

    fn show(self) -> Answer {
        let run = self.run_id.as_deref().filter(|run| !run.is_empty());
        let said = text::line(&self.message, 600);
        let mut answer = Answer::new(match run {
            _ if !said.is_empty() => said,
            Some(run) => format!("Run {} started", text::id(run)),
            None => "The API took the call and said nothing of it. list_prompt_runs with video_id shows whether a run began".to_owned(),
        });
        if let Some(run) = run {
            answer.fact("run_id", run);
            answer.close(format!("Next: get_prompt_run_status run_id={} says what it costs and how far it is", text::id(run)));
        }
        answer.fact("message", self.message);
        answer
    }
}

impl Noun for Added {
    const NOUN: &'static str = "job";
    const LIST: &'static str = "jobs";
    const TOTAL: &'static str = "total_jobs";
    const LONG: &'static [&'static str] = &["marker", "progress", "outputs"];
    const TOLD: &'static [&'static str] = &[
        "job_id",
        "video_id",
        "video_ids",
        "title",
        "status",
        "error_message",
        "message",
        "progress",
        "phase",
        "marker",
        "failed_files",
        "skipped_files",
        "file_pattern",
        "recursive",
        "started_at",
        "completed_at",
        "created_at",
        "target_index_id",
        "execution",
        "source_kind",
    ];
    const ALONE: &'static [Member] = &[];

    fn line(&self) -> String {
        let mut line = self.video_id.as_deref().map_or_else(|| "no item yet".to_owned(), text::id);
        if let Some(title) = &self.title {
            line.push_str(&format!(" \"{}\"", text::line(title, 80)));
        }
        if let Some(job) = &self.job_id {
            line.push_str(&format!(", job {}", text::id(job)));
        }
        line.push_str(&format!(" {}", text::line(&self.status.to_lowercase(), 40)));
        if let Some(error) = self.error_message.as_deref().filter(|error| !error.trim().is_empty()) {
            line.push_str(&format!(": {}", text::line(error, 300)));
        }
        line
    }

    fn said<'s>(&self, said: &'s str) -> &'s str {
        if has_failed(&self.status) { "Media not imported" } else { said }
    }

    fn advice(&self) -> Option<String> {
        let job = text::id(self.job_id.as_deref()?);
        if has_failed(&self.status) {
            return Some(format!("Next, once that is mended: retry_import_job with job_id={job}."));
        }
        state::is_under_way(&self.status).then(|| format!("Next: wait_for_import with job_id={job}."))
    }
}
