//! `upload_media`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

use crate::{
    api::{
        ids::IndexId,
        uploads::{Uploaded, WorkflowUpload},
    },
    session::Deadline,
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, Step, ToolError,
        names::{self, Target},
        schema::{Kind, Member},
        text,
    },
};

/// A slower connection than this, in bytes per second, is given up.
const SLOWEST: u64 = 128 << 10;
/// How much more must have been sent for another step of progress, as a part of the whole.
const STEPS: u64 = 50;

/// Upload a media file of this machine, to an index or to none; an `index_name` that no index has makes one.
#[derive(Deserialize, JsonSchema)]
pub struct UploadMedia {
    /// Below an upload root.
    file_path: String,
    #[schemars(length(max = 255))]
    title: Option<String>,
    index_id: Option<IndexId>,
    #[schemars(length(max = 100))]
    index_name: Option<String>,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for UploadMedia {
    type Endpoint = WorkflowUpload;
    const NAME: &'static str = "upload_media";
    const TITLE: &'static str = "Upload media";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = &[Member::maybe("video", Kind::Object), Member::maybe("destination", Kind::Object)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        if self.index_id.is_some() && self.index_name.is_some() {
            return Err(ArgumentError("give `index_id` or `index_name`, not both".into()).into());
        }
        let upload = cx.files.upload(&self.file_path).await?;
        let (index_id, index_name) = match &self.index_name {
            Some(name) => match names::target(cx, name).await? {
                Target::Is(id) => (Some(id), None),
                Target::Named(name) => (None, Some(name)),
                Target::New | Target::Unknown => (None, self.index_name),
            },
            None => (self.index_id, None),
        };
        let length = upload.length;
        let (sent, news) = watch::channel(0);
        let file = upload.part().observed(move |bytes| {
            sent.send_replace(bytes);
        });
        let call = WorkflowUpload { title: self.title, index_id: index_id.map(|id| id.to_string()), index_name, file };
        // A large file takes longer than other calls. A client that shows progress goes on waiting.
        let deadline = Deadline::after(Deadline::WHOLE_CALL + Duration::from_secs(length / SLOWEST));
        let uploading = cx.session.call_keyed(&call, self.idempotency_key.as_deref(), &deadline);
        let (uploaded, key) = tokio::select! {
            done = uploading => done?,
            never = told(cx, news, length) => match never {},
        };
        if uploaded.destination.as_ref().is_some_and(|destination| destination.index_created) {
            cx.memory.indexes_changed();
        }
        Ok(answer(cx, &uploaded, &upload.name, &key))
    }
}

/// Sends progress as long as the upload goes on. Its value must rise, also if an attempt begins anew.
#[expect(clippy::cast_precision_loss, reason = "sizes of files")]
async fn told(cx: &Context<'_>, mut news: watch::Receiver<u64>, length: u64) -> std::convert::Infallible {
    let mut reported = 0;
    while let (Some(progress), Ok(())) = (cx.progress, news.changed().await) {
        let sent = *news.borrow_and_update();
        if sent >= reported + length / STEPS && sent > reported {
            reported = sent;
            let message = if sent < length { "uploading" } else { "uploaded; the API looks at the file" };
            progress(Step { done: sent as f64, total: Some(length as f64), message: message.to_owned() }).await;
        }
    }
    std::future::pending().await
}

fn answer(cx: &Context<'_>, uploaded: &Uploaded, name: &str, key: &str) -> Answer {
    let video = uploaded.video.as_ref();
    let video_id = video.map(|video| video.video_id.as_str()).or_else(|| uploaded.job.as_ref()?.video_ids.first().map(String::as_str));
    let title = video.map_or(name, |video| video.title.as_str());
    let mut line = format!("Uploaded \"{}\"", text::line(title, 120));
    if let Some(id) = video_id {
        line.push_str(&format!(" as {}", text::id(id)));
    }
    if let Some(video) = video {
        line.push_str(&format!(", {}", text::line(&video.media_type, 20)));
        match video.duration_seconds {
            Some(seconds) if seconds > 0.0 => line.push_str(&format!(" of {} s", text::number(seconds))),
            Some(_) => {}
            None => line.push_str(" of unknown duration"),
        }
    }
    let mut answer = Answer::new(line);
    if let Some(destination) = &uploaded.destination {
        let made = if destination.index_created { ", made for it" } else { "" };
        match (&destination.index_id, &destination.index_name) {
            (Some(id), name) => {
                let name = name.as_deref().map(|name| format!(" \"{}\"", text::line(name, 120))).unwrap_or_default();
                answer.line(format!("Index: {}{name}{made}", text::id(id)));
            }
            (None, _) => answer.line("In the account's playground"),
        }
        answer.fact("destination", json!(destination));
    }
    answer.fact("video", json!(video));
    answer.fact("video_id", video_id);
    answer.fact("idempotency_key", key);
    if let Some(job) = &uploaded.job {
        answer.fact("job_id", job.job_id.as_str());
        answer.fact("status", job.status.as_str());
        if !job.is_over() {
            let next = if cx.offer.can_call("wait_for_import") { ": follow it with wait_for_import" } else { "" };
            answer.close(format!("Import job {} is {}{next}.", text::id(&job.job_id), text::line(&job.status, 40)));
        }
    }
    if video.is_some_and(|video| video.duration_seconds.is_none()) {
        answer.close("No prompt can be run on it before the API knows its duration.");
    }
    answer
}
