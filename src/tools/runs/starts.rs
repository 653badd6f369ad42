//! The runs that this process started, so that a call made twice starts one run.
//!
//! Two identical calls at once wait for each other: the slot of a request is locked while its run is started. If a call was given up or its
//! answer was lost, its idempotency key stays in the slot. The next identical call repeats the request with that key.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ring::digest;
use serde::Serialize;
use serde_json::json;
use tokio::{sync::OwnedMutexGuard, time::Instant};

use crate::{
    api::{
        self,
        facade::ProcessMedia,
        ids::VideoId,
        runs::{RunRequest, Target},
    },
    session::Deadline,
    tools::{ToolError, spending::COUNTED_FOR},
};

/// For this long after a start, an identical call starts nothing.
pub const REPEAT_WITHIN: Duration = Duration::from_mins(10);
/// How the API cuts media if a call does not say.
pub const VIDEO_SEGMENTATION: &str = "smart";
/// The same for sound.
pub const AUDIO_SEGMENTATION: &str = "content_aware";
/// How many requests are remembered. Those whose answer was lost are remembered beside them.
const MAX_SLOTS: usize = 64;
/// How many keys are remembered under which something was counted.
const MAX_COUNTED: usize = 256;

/// What became of a request so far.
#[derive(Clone, Debug, Default)]
pub enum Slot {
    /// No run of it is known.
    #[default]
    Free,
    /// It was sent with this key, and whether a run started is unknown.
    Sent {
        /// The idempotency key.
        key: String,
        /// When it was sent.
        at: Instant,
    },
    /// It started a run.
    Started(Start),
}

impl Slot {
    /// Whether the next identical call has to know it.
    fn is_of_use(&self) -> bool {
        match self {
            Self::Free => false,
            Self::Sent { at, .. } => at.elapsed() < REPEAT_WITHIN,
            // Its run may still go on.
            Self::Started(_) => true,
        }
    }
}

/// A run that this process started.
#[derive(Clone, Debug)]
pub struct Start {
    /// The run.
    pub run_id: String,
    /// The idempotency key it was started with.
    pub key: String,
    /// The estimate that the caller was told.
    pub estimated_mt: Option<f64>,
    /// When it was started.
    pub at: Instant,
}

/// What makes two requests the same: everything but the order in which their media are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; digest::SHA256_OUTPUT_LEN]);

/// What is remembered of the requests of this process, the newest last.
#[derive(Default)]
pub struct Starts {
    slots: Mutex<Vec<(Fingerprint, Arc<tokio::sync::Mutex<Slot>>)>>,
    /// What went out and was counted.
    counted: Mutex<VecDeque<Counted>>,
}

/// A call that went out under a key and was counted.
struct Counted {
    call: Fingerprint,
    key: String,
    at: Instant,
    /// Whether it went out again under this key, which counted nothing.
    joined: bool,
}

impl Counted {
    fn is(&self, call: Fingerprint, key: &str) -> bool {
        self.call == call && self.key == key
    }
}

impl std::fmt::Debug for Starts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Starts")
    }
}

impl Starts {
    /// Locks the slot of a request. Waits for an identical call that is running.
    pub async fn take(&self, request: Fingerprint, deadline: &Deadline) -> Result<OwnedMutexGuard<Slot>, ToolError> {
        let slot = self.slot(request);
        tokio::time::timeout(deadline.remaining(), slot.lock_owned()).await.map_err(|_| ToolError::Twin {
            what: "an identical call is still under way, and its outcome will be the answer to this one".to_owned(),
            next: "Repeat this call in a moment: it does nothing twice.".to_owned(),
        })
    }

    /// Remembers a start, unless another call holds the slot.
    pub fn remember(&self, request: Fingerprint, start: &Start) {
        if let Ok(mut slot) = self.slot(request).try_lock_owned() {
            *slot = Slot::Started(start.clone());
        }
    }

    /// Whether a call went out under this key a while ago and was counted then.
    pub fn counts(&self, call: Fingerprint, key: &str) -> bool {
        self.counted().iter().any(|counted| counted.is(call, key) && counted.at.elapsed() < COUNTED_FOR)
    }

    /// The same, for a call that is about to go out under this key: what was counted stays from now on.
    pub fn joins(&self, call: Fingerprint, key: &str) -> bool {
        let mut counted = self.counted();
        let found = counted.iter_mut().find(|counted| counted.is(call, key) && counted.at.elapsed() < COUNTED_FOR);
        found.is_some_and(|counted| {
            counted.joined = true;
            true
        })
    }

    /// Remembers that a call goes out under this key and is counted.
    pub fn count(&self, call: Fingerprint, key: &str) {
        if !self.counts(call, key) {
            let mut counted = self.counted();
            if counted.len() >= MAX_COUNTED {
                counted.pop_front();
            }
            counted.push_back(Counted { call, key: key.to_owned(), at: Instant::now(), joined: false });
        }
    }

    /// Forgets that, because the call did nothing. Returns false if another one goes out under the same key.
    pub fn uncount(&self, call: Fingerprint, key: &str) -> bool {
        let mut counted = self.counted();
        let joined = counted.iter().any(|counted| counted.is(call, key) && counted.joined);
        if !joined {
            counted.retain(|counted| !counted.is(call, key));
        }
        !joined
    }

    fn counted(&self) -> MutexGuard<'_, VecDeque<Counted>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this process started the run.
    pub fn knows(&self, run_id: &str) -> bool {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().any(|(_, slot)| slot.try_lock().is_ok_and(|slot| matches!(&*slot, Slot::Started(start) if start.run_id == run_id)))
    }

    fn slot(&self, wanted: Fingerprint) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, slot)) = slots.iter().find(|(known, _)| *known == wanted) {
            return Arc::clone(slot);
        }
        if slots.len() >= MAX_SLOTS {
            // A slot that a call holds is not forgotten: the next identical call would not wait for it.
            slots.retain(|(_, slot)| Arc::strong_count(slot) > 1 || slot.try_lock().map_or(true, |slot| slot.is_of_use()));
        }
        if slots.len() >= MAX_SLOTS {
            // Nor is one whose answer was lost: the next identical call would be another one.
            let forgotten = |slot: &Arc<tokio::sync::Mutex<Slot>>| slot.try_lock().is_ok_and(|slot| matches!(*slot, Slot::Started(_)));
            if let Some(oldest) = slots.iter().position(|(_, slot)| Arc::strong_count(slot) == 1 && forgotten(slot)) {
                slots.remove(oldest);
            }
        }
        let slot = Arc::default();
        slots.push((wanted, Arc::clone(&slot)));
        slot
    }
}

impl Fingerprint {
    /// That of a call that starts a run as `execute_prompt` does. What is left out counts as the API's default, and beside media the index
    /// that holds them says nothing more.
    pub fn of_run(request: &RunRequest) -> Self {
        let mut request = request.clone();
        if let Target::Videos { video_ids, index_id } = &mut request.target {
            sort(video_ids);
            *index_id = None;
        }
        request.enable_transcription.get_or_insert(true);
        request.enable_image_embedding.get_or_insert(true);
        request.video_segmentation_type.get_or_insert_with(|| VIDEO_SEGMENTATION.to_owned());
        request.audio_segmentation_type.get_or_insert_with(|| AUDIO_SEGMENTATION.to_owned());
        Self::of(&request)
    }

    /// That of a call of `process_media` that no such call equals.
    pub fn of_processing(call: &ProcessMedia) -> Self {
        let mut call = call.clone();
        call.video_ids.iter_mut().for_each(sort);
        Self::of(&call)
    }

    fn of(request: &impl Serialize) -> Self {
        Self::of_call(&json!(request).to_string())
    }

    /// The call under an idempotency key of the caller's own.
    pub fn under(&self, key: &str) -> Self {
        Self::of_call(&format!("{} {key}", api::hex(&self.0)))
    }

    /// The call of one caller among those of all, as a name that reveals neither.
    pub fn of_caller(&self, caller: &str) -> String {
        api::hex(&Self::of_call(&format!("{caller}\n{}", api::hex(&self.0))).0)
    }

    /// That of a call that is known by a text.
    pub fn of_call(call: &str) -> Self {
        let hash = digest::digest(&digest::SHA256, call.as_bytes());
        let mut out = [0; digest::SHA256_OUTPUT_LEN];
        out.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
        Self(out)
    }
}

fn sort(video_ids: &mut Vec<VideoId>) {
    video_ids.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    video_ids.dedup_by(|a, b| a.as_str() == b.as_str());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(videos: &[&str], model: Option<&str>) -> RunRequest {
        let target = json!({"type": "videos", "video_ids": videos});
        serde_json::from_value(json!({"prompt_id": "p", "target": target, "processing_model": model})).unwrap()
    }

    #[test]
    fn the_order_of_media_does_not_matter_and_options_do() {
        let of = |videos: &[&str], model| Fingerprint::of_run(&request(videos, model));
        assert_eq!(of(&["a", "b"], None), of(&["b", "a", "b"], None));
        assert_ne!(of(&["a", "b"], None), of(&["a"], None));
        assert_ne!(of(&["a"], None), of(&["a"], Some("m")));
    }

    #[test]
    fn a_count_that_another_call_relies_on_stays() {
        let (starts, call) = (Starts::default(), Fingerprint::of_call("c"));
        assert!(!starts.joins(call, "k"));
        starts.count(call, "k");
        assert!(starts.counts(call, "k") && starts.uncount(call, "k"), "nobody else went out");
        starts.count(call, "k");
        assert!(starts.joins(call, "k") && !starts.uncount(call, "k") && starts.counts(call, "k"));
        assert!(starts.uncount(call, "other"));
    }

    #[tokio::test]
    async fn it_is_bounded_and_forgets_no_slot_that_is_held() {
        let starts = Starts::default();
        let deadline = Deadline::after(Duration::from_secs(5));
        let held = starts.take(Fingerprint::of_run(&request(&["held"], None)), &deadline).await.unwrap();
        for n in 0..MAX_SLOTS * 2 {
            let start = Start { run_id: format!("r{n}"), key: "k".into(), estimated_mt: None, at: Instant::now() };
            starts.remember(Fingerprint::of_run(&request(&[&n.to_string()], None)), &start);
        }
        assert_eq!(starts.slots.lock().unwrap().len(), MAX_SLOTS);
        assert!(starts.knows(&format!("r{}", MAX_SLOTS * 2 - 1)) && !starts.knows("r0"));
        for n in 0..MAX_SLOTS * 2 {
            let mut slot = starts.take(Fingerprint::of_run(&request(&[&format!("lost_{n}")], None)), &deadline).await.unwrap();
            *slot = Slot::Sent { key: n.to_string(), at: Instant::now() };
        }
        for n in 0..MAX_SLOTS {
            drop(starts.take(Fingerprint::of_run(&request(&[&format!("free_{n}")], None)), &deadline).await.unwrap());
        }
        let lost = starts.take(Fingerprint::of_run(&request(&["lost_0"], None)), &deadline).await.unwrap();
        assert!(matches!(&*lost, Slot::Sent { key, .. } if key == "0"), "a key whose outcome is unknown is kept");
        assert!(starts.take(Fingerprint::of_run(&request(&["held"], None)), &Deadline::after(Duration::ZERO)).await.is_err(), "it is held");
        drop(held);
    }
}
