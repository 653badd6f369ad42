//! What an import job names and what does not exist any more.

use super::describe;
use crate::{
    api::{
        Endpoint,
        connectors::GetConnector,
        ids::{ConnectorId, IndexId},
        imports::{ImportJob, ImportOutput},
        indexes::GetIndex,
        videos::BatchStatus,
    },
    client,
    session::{CallError, Deadline},
    tools::{Answer, Context, text},
};

/// How many media are looked up, in one call.
const MOST: usize = 100;
/// How many of those that are gone are named.
const NAMED: usize = 10;

/// What is gone. Whatever could not be found out counts as there.
#[derive(Default)]
pub struct Gone {
    connector: bool,
    index: bool,
    media: Vec<String>,
}

impl Gone {
    /// Looks for what an ended job names: its media, and where a retry would take files from and put them.
    pub async fn look(cx: &Context<'_>, job: &ImportJob) -> Self {
        if !job.is_over() {
            return Self::default();
        }
        let until = cx.aside();
        let (places, media) = tokio::join!(Self::look_for_places(cx, job), media(cx, &job.outputs.items, &until));
        Self { media, ..places }
    }

    /// Looks for where a retry of a job would take files from and put them.
    pub async fn look_for_places(cx: &Context<'_>, job: &ImportJob) -> Self {
        let again = describe::may_be_retried(job);
        let connector = job.connector_id.as_deref().filter(|_| again).and_then(|id| ConnectorId::parse(id).ok());
        let index = job.target_index_id.as_deref().filter(|_| again).and_then(|id| IndexId::parse(id).ok());
        let until = cx.aside();
        let (connector, index) = tokio::join!(
            is_gone(cx, connector.map(|connector_id| GetConnector { connector_id }), &until),
            is_gone(cx, index.map(|index_id| GetIndex { index_id }), &until),
        );
        Self { connector, index, media: Vec::new() }
    }

    /// Looks for the media of a page of outputs alone.
    pub async fn look_for_media(cx: &Context<'_>, outputs: &[ImportOutput]) -> Self {
        Self { media: media(cx, outputs, &cx.aside()).await, ..Self::default() }
    }

    /// Why a retry cannot succeed, if that is so.
    pub fn no_retry(&self, job: &ImportJob) -> Option<String> {
        let named = |id: Option<&str>| text::id(id.unwrap_or_default());
        let (connector, index) = (named(job.connector_id.as_deref()), named(job.target_index_id.as_deref()));
        match (self.connector, self.index) {
            (true, true) => Some(format!("The connector {connector} and the index {index} of this job do not exist any more")),
            (true, false) => Some(format!("The connector {connector} of this job does not exist any more")),
            (false, true) => Some(format!("The index {index} of this job does not exist any more")),
            (false, false) => None,
        }
    }

    /// Says which media are gone.
    pub fn note_media(&self, answer: &mut Answer) {
        if !self.media.is_empty() {
            let named = text::names(self.media.iter().map(String::as_str), NAMED);
            answer.note(format!("Deleted since they were imported: {named}."));
        }
    }

    /// Whether no item is left of those that a job made.
    pub fn has_all_media(&self, job: &ImportJob) -> bool {
        let made = job.outputs.items.iter().filter(|output| !output.video_id.is_empty()).count();
        made > 0 && self.media.len() == made && u64::try_from(made).is_ok_and(|made| made >= job.outputs.total)
    }
}

/// Whether a call finds nothing.
async fn is_gone<E: Endpoint>(cx: &Context<'_>, call: Option<E>, until: &Deadline) -> bool {
    let Some(call) = call else { return false };
    matches!(cx.session.call(&call, until).await, Err(CallError::Upstream(error)) if error.is_missing())
}

/// The media of these outputs that do not exist any more.
async fn media(cx: &Context<'_>, outputs: &[ImportOutput], until: &Deadline) -> Vec<String> {
    let mut ids: Vec<String> = outputs.iter().map(|output| output.video_id.clone()).filter(|id| !id.is_empty()).take(MOST).collect();
    if ids.is_empty() {
        return ids;
    }
    match cx.session.call(&BatchStatus { video_ids: ids.clone() }, until).await {
        Ok(found) if !client::was_cut() => ids.retain(|id| !found.data.iter().any(|video| video.video_id == *id)),
        Ok(_) | Err(_) => ids.clear(),
    }
    ids
}
