//! How the answer to a call that adds media is shown.

use crate::{
    api::videos::Added,
    tools::{proxy::Noun, schema::Member, text},
};

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
        "marker",
        "failed_files",
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
}
