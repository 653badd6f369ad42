//! How failed segments, model calls and retries are shown. The tools that read them pass one call on.

use serde_json::json;

use super::failures;
use crate::{
    api::{
        results::{FailedVideo, Failures, ModelCall, SegmentRetry, SegmentRetryStatus},
        state,
    },
    tools::{
        Answer,
        proxy::{Noun, Show, one, rows},
        schema::{Kind, Member},
        text,
    },
};

/// How many segments of an item its line names.
const NAMED_SEGMENTS: usize = 8;

impl Show for Failures {
    const OUTPUT: &'static [Member] = &[
        Member::always("run_id", Kind::Text),
        Member::always("failed_segments", Kind::Count),
        Member::always("videos_with_failures", Kind::Count),
        Member::always("videos", Kind::Rows),
    ];

    fn show(self) -> Answer {
        let failed = text::count(usize::try_from(self.failed_segments).unwrap_or(usize::MAX), "failed segment");
        let heading = format!("Run {} ({}): {failed}", text::id(&self.run_id), text::line(&self.status, 40));
        let mut answer = one(heading, &self, &["run_id", "status", "failed_segments", "videos"]);
        answer.fact("failed_segments", self.failed_segments);
        answer.fact("videos_with_failures", self.videos_with_failures);
        answer.rows(FailedVideo::LIST, rows(&self.videos));
        answer
    }
}

impl Noun for FailedVideo {
    const NOUN: &'static str = "video";
    const LIST: &'static str = "videos";
    const TOTAL: &'static str = "videos_with_failures";

    fn line(&self) -> String {
        let told: Vec<String> = self.segments.iter().take(NAMED_SEGMENTS).map(failures::told).collect();
        let more = self.segments.len().saturating_sub(NAMED_SEGMENTS);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!("{}: {}{more}", text::id(&self.video_id), told.join("; "))
    }
}

impl Noun for ModelCall {
    const NOUN: &'static str = "model call";
    const LIST: &'static str = "llm_calls";
    const TOTAL: &'static str = "total_llm_calls";
    const NONE: (&'static str, &'static str) =
        ("The run has asked no model yet, or the API keeps no record of it.", "get_prompt_run_status says how far it is.");
    const LONG: &'static [&'static str] = &["prompt_text", "response_text", "schema_used"];

    fn line(&self) -> String {
        // No tool takes its id, which is long and repeats the run and the segment.
        let mut line = format!("{} {}", text::line(&self.purpose, 60), text::line(&self.status, 40)).trim_start().to_owned();
        if let Some(video) = &self.video_id {
            let video = text::id(video);
            line.push_str(&match self.segment_start_time.zip(self.segment_end_time) {
                Some((start, end)) => format!(" {} {}", text::moment(&video, start, end), text::range(start, end)),
                None => format!(" {video}"),
            });
        }
        line.push_str(&format!(" {}, {} tokens in, {} out", text::line(&self.model, 80), self.input_tokens, self.output_tokens));
        if let Some(milliseconds) = self.duration_ms {
            line.push_str(&format!(", {milliseconds} ms"));
        }
        if let Some(error) = self.error_message.as_deref().filter(|error| !error.trim().is_empty()) {
            line.push_str(&format!(": {}", text::line(error, 300)));
        }
        line
    }
}

impl Show for SegmentRetry {
    const OUTPUT: &'static [Member] =
        &[Member::always("run_id", Kind::Text), Member::always("retry_id", Kind::Text), Member::always("status", Kind::Text)];

    fn show(self) -> Answer {
        let heading = format!("Retry {} of {}: {}", text::id(&self.retry_id), text::id(&self.segment_id), text::line(&self.status, 40));
        let arguments = json!({
            "run_id": self.run_id, "video_id": self.video_id, "segment_id": self.segment_id, "retry_id": self.retry_id,
        });
        let mut answer = one(heading, &self, &["retry_id", "segment_id", "status"]);
        answer.close(format!("Next: get_prompt_run_segment_retry_status {arguments} says how it went."));
        answer
    }
}

impl Show for SegmentRetryStatus {
    const OUTPUT: &'static [Member] =
        &[Member::always("run_id", Kind::Text), Member::always("retry_id", Kind::Text), Member::always("status", Kind::Text)];

    fn show(self) -> Answer {
        let heading = format!("Retry {} of {}: {}", text::id(&self.retry_id), text::id(&self.segment_id), text::line(&self.status, 40));
        let goes_on = state::is_under_way(&self.status);
        let mut answer = one(heading, &self, &["retry_id", "segment_id", "status"]);
        if goes_on {
            answer.close("Next: the same call again in about 10 s.");
        }
        answer
    }
}
