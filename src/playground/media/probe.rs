//! The duration and the streams of a file, as ffprobe says them.

use std::{ffi::OsString, path::Path, time::Duration};

use serde::Deserialize;

use super::child::{self, Failure};

/// How long ffprobe may take.
const LIMIT: Duration = Duration::from_secs(15);
/// The most that it may say.
const MOST_OUTPUT: usize = 1 << 20;

/// What ffprobe found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probe {
    /// Seconds. `None` if the file does not say it.
    pub duration: Option<f64>,
    /// Pixels of the first stream of pictures.
    pub size: Option<(u32, u32)>,
    /// Pictures per second of that stream.
    pub frames_per_second: Option<f64>,
    /// The codec of that stream.
    pub video_codec: Option<String>,
    /// The codec of the first stream of sound.
    pub audio_codec: Option<String>,
    /// Whether there is a stream of subtitles in words.
    pub subtitles: bool,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Default, Deserialize)]
struct Format {
    duration: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    #[serde(default)]
    codec_type: String,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    avg_frame_rate: Option<String>,
    duration: Option<String>,
    #[serde(default)]
    disposition: Disposition,
}

#[derive(Default, Deserialize)]
struct Disposition {
    /// 1 for the picture of a cover, which is no film.
    #[serde(default)]
    attached_pic: u8,
}

/// Asks ffprobe.
pub async fn probe(ffprobe: &Path, reader: &str, path: &Path) -> Result<Probe, Failure> {
    let mut arguments: Vec<OsString> = ["-print_format", "json", "-show_format", "-show_streams"].map(OsString::from).to_vec();
    arguments.extend(child::input(reader, path));
    let mut told = Vec::new();
    child::run(ffprobe, arguments, LIMIT, |piece| {
        if told.len() < MOST_OUTPUT {
            told.extend_from_slice(piece);
        }
    })
    .await?;
    read(&told).ok_or_else(|| Failure::Failed("what it says cannot be read".into()))
}

fn read(told: &[u8]) -> Option<Probe> {
    let told: Told = serde_json::from_slice(told).ok()?;
    let first = |kind: &str| told.streams.iter().find(|stream| stream.codec_type == kind && stream.disposition.attached_pic == 0);
    let (video, audio) = (first("video"), first("audio"));
    let seconds = |text: Option<&String>| text?.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds > 0.0);
    let of_streams = told.streams.iter().filter_map(|stream| seconds(stream.duration.as_ref())).reduce(f64::max);
    Some(Probe {
        // Milliseconds are exact enough, and read well.
        duration: seconds(told.format.duration.as_ref()).or(of_streams).map(|seconds| (seconds * 1000.0).round() / 1000.0),
        size: video.and_then(|stream| stream.width.zip(stream.height)),
        frames_per_second: video.and_then(|stream| rate(stream.avg_frame_rate.as_deref()?)),
        video_codec: video.and_then(|stream| stream.codec_name.clone()),
        audio_codec: audio.and_then(|stream| stream.codec_name.clone()),
        subtitles: first("subtitle").is_some_and(|stream| {
            matches!(stream.codec_name.as_deref(), Some("mov_text" | "subrip" | "srt" | "webvtt" | "ass" | "ssa" | "text"))
        }),
    })
}

/// `30000/1001` as a number with two decimals.
fn rate(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/')?;
    let rate = above.parse::<f64>().ok()? / below.parse::<f64>().ok()?;
    (rate.is_finite() && rate > 0.0).then(|| (rate * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ffprobe_says_is_read() {
        let told = r#"{"streams": [
            {"codec_type": "video", "codec_name": "mjpeg", "width": 600, "height": 600, "disposition": {"attached_pic": 1}},
            {"codec_type": "video", "codec_name": "h264", "width": 320, "height": 240, "avg_frame_rate": "30000/1001", "duration": "3.9"},
            {"codec_type": "audio", "codec_name": "aac", "avg_frame_rate": "0/0", "duration": "4.0"},
            {"codec_type": "subtitle", "codec_name": "mov_text"}], "format": {"duration": "4.0320005"}}"#;
        let probe = read(told.as_bytes()).unwrap();
        assert_eq!(
            probe,
            Probe {
                duration: Some(4.032),
                size: Some((320, 240)),
                frames_per_second: Some(29.97),
                video_codec: Some("h264".into()),
                audio_codec: Some("aac".into()),
                subtitles: true,
            }
        );
        assert_eq!(read(b"{}").unwrap(), Probe::default());
        assert_eq!(read(br#"{"format": {"duration": "N/A"}, "streams": [{"duration": "7"}]}"#).unwrap().duration, Some(7.0));
        assert!(read(b"not json").is_none());
    }
}
