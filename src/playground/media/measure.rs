//! Measures a file that has just come: everything that a run will ever say of it.

use std::path::Path;

use super::{
    Kind, Tools,
    child::Failure,
    look,
    measured::Measured,
    measured::Words,
    probe::{self, Probe},
    scenes, still, subtitles,
};
use crate::playground::Refusal;

/// The longest film or sound, in seconds. What claims to be longer is not believed: a header of a few bytes may say anything, and all segments
/// of an item are in memory while a call looks at them.
const LONGEST: f64 = 24.0 * 3600.0;

/// A measured file.
pub struct Outcome {
    /// Seconds. 0 if it is a picture, or if nobody could tell.
    pub duration: f64,
    /// The stretches that it is cut into.
    pub scenes: Vec<(f64, f64)>,
    /// What was measured.
    pub measured: Measured,
}

/// Measures a file, as far as the programs at hand can. `words` are those of subtitles beside the file.
///
/// Refuses a file that ffprobe cannot read, since no run could do anything with it.
pub async fn measure(
    tools: &Tools,
    kind: &Kind,
    path: &Path,
    title: &str,
    bytes: u64,
    words: Option<Vec<Words>>,
) -> Result<Outcome, Refusal> {
    let mut measured = Measured { title: title.into(), media_type: kind.media_type.into(), bytes, words, ..Measured::default() };
    let mut duration = 0.0;
    if kind.is_image() {
        if let Some((picture, size)) = still::picture(tools.ffmpeg.as_deref(), kind, path).await {
            measured.pictured = true;
            // A picture that ffmpeg decoded was made small on the way.
            measured.size = kind.reader.is_none().then_some(size);
            see(&mut measured, look::look_once(&picture));
        }
        if let (None, Some(ffprobe), Some(reader)) = (measured.size, &tools.ffprobe, kind.reader) {
            measured.size = probe::probe(ffprobe, reader, path).await.ok().and_then(|probe| probe.size);
        }
    } else if let Some(found) = probed(tools, kind, path, &mut measured.unmeasured).await? {
        duration = found.duration.unwrap_or_default();
        if found.size.is_none() {
            measured.media_type = "audio".into();
        }
        measured.size = found.size;
        measured.frames_per_second = found.frames_per_second;
        measured.video_codec.clone_from(&found.video_codec);
        measured.audio_codec.clone_from(&found.audio_codec);
        if duration > LONGEST {
            duration = 0.0;
            measured.unmeasured = Some(format!("the file says more than {} hours, which is not believed", LONGEST / 3600.0));
        } else if duration <= 0.0 {
            measured.unmeasured = Some("the file does not say it".to_owned());
        } else {
            decode(&mut measured, &found, tools, kind, path, duration).await;
        }
    }
    let scenes = scenes::scenes(&measured, duration);
    Ok(Outcome { duration, scenes, measured })
}

/// What ffprobe says. `None` if there is no ffprobe, or if it gave no answer in time: then `unmeasured` says so.
async fn probed(tools: &Tools, kind: &Kind, path: &Path, unmeasured: &mut Option<String>) -> Result<Option<Probe>, Refusal> {
    let (Some(ffprobe), Some(reader)) = (&tools.ffprobe, kind.reader) else { return Ok(None) };
    let unreadable = |why: &str| {
        let message = format!("The file is damaged or of a kind that cannot be read: {why}.");
        Err(Refusal::bad_request("validation_media_unreadable", message))
    };
    match probe::probe(ffprobe, reader, path).await {
        Ok(found) if found.size.is_none() && found.audio_codec.is_none() => unreadable("it has no stream of pictures or sound"),
        Ok(found) => Ok(Some(found)),
        Err(Failure::Failed(why)) => unreadable(&why),
        Err(failure) => {
            tracing::warn!(%failure, "ffprobe gave no answer; the file is kept without a duration");
            *unmeasured = Some(failure.to_string());
            Ok(None)
        }
    }
}

/// Looks and listens. What fails is left out.
async fn decode(measured: &mut Measured, found: &Probe, tools: &Tools, kind: &Kind, path: &Path, duration: f64) {
    let (Some(ffmpeg), Some(reader)) = (&tools.ffmpeg, kind.reader) else { return };
    measured.step = 1.0 / look::rate(duration);
    let looking = async { if found.size.is_some() { Some(look::look(ffmpeg, reader, path, duration).await) } else { None } };
    let listening = async { if found.audio_codec.is_some() { Some(look::listen(ffmpeg, reader, path, duration).await) } else { None } };
    let (looked, heard) = tokio::join!(looking, listening);
    match looked {
        Some(Ok(seen)) if !seen.looks.is_empty() => {
            measured.pictured = true;
            see(measured, seen);
        }
        Some(Err(failure)) => tracing::warn!(%failure, "ffmpeg could not decode the pictures of a file"),
        _ => {}
    }
    match heard {
        Some(Ok(sounds)) => measured.hear(sounds),
        Some(Err(failure)) => tracing::warn!(%failure, "ffmpeg could not decode the sound of a file"),
        None => {}
    }
    if measured.words.is_none() && found.subtitles {
        match subtitles::inside(ffmpeg, reader, path).await {
            Ok(words) => measured.words = Some(words),
            Err(failure) => tracing::warn!(%failure, "ffmpeg could not read the subtitles of a file"),
        }
    }
}

fn see(measured: &mut Measured, seen: look::Seen) {
    measured.look(seen.looks);
    measured.cuts = seen.cuts;
    for (at, features) in seen.stills {
        measured.keep_still(at, features);
    }
}
