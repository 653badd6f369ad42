//! What was measured of a file when it came: a table of samples along its time, cuts, looks and words.
//!
//! It is measured once and then stored, so whatever a run says of a stretch of the file follows from the stretch alone. It knows no file
//! and no program that measures.

use serde::{Deserialize, Serialize};

use super::colour;

/// What was measured of one file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// The title of the item.
    pub title: String,
    /// `video`, `audio` or `image`.
    pub media_type: String,
    /// The size of the file.
    pub bytes: u64,
    /// Why its duration is not known, though there was an ffprobe that looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmeasured: Option<String>,
    /// Pixels.
    pub size: Option<(u32, u32)>,
    /// Pictures per second.
    pub frames_per_second: Option<f64>,
    /// The codec of the pictures.
    pub video_codec: Option<String>,
    /// The codec of the sound. `None` if there is no sound or nobody looked.
    pub audio_codec: Option<String>,
    /// Whether stills can be shown.
    pub pictured: bool,
    /// How many seconds one sample stands for.
    pub step: f64,
    /// Where the picture changes as a whole.
    pub cuts: Vec<f64>,
    /// The words of subtitles. `None` if there are no subtitles.
    pub words: Option<Vec<Words>>,
    #[serde(with = "packed")]
    pub(super) looks: Vec<u8>,
    #[serde(with = "packed")]
    pub(super) sounds: Vec<u8>,
    pub(super) stills: Vec<Still>,
}

/// Words of subtitles, and when they are shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Words {
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// One line.
    pub text: String,
}

/// What a picture search needs of one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Still {
    at: f64,
    #[serde(with = "packed")]
    features: Vec<u8>,
}

/// The bytes of one sample of the pictures: brightness, motion since the sample before, and the share of each colour.
pub const LOOK: usize = 2 + colour::NAMES.len();

/// What a stretch of a file looks and sounds like. `None` for what nobody measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stretch {
    /// 0 for black to 1 for white.
    pub brightness: Option<f64>,
    /// 0 for still pictures to 1 for all that differ wholly.
    pub motion: Option<f64>,
    /// Names of colours and their shares, largest first.
    pub colours: Vec<(&'static str, f64)>,
    /// Decibels below full scale; at most 0.
    pub loudness: Option<f64>,
}

/// Sound below this level counts as silence, in decibels.
pub const SILENCE: f64 = -60.0;

impl Measured {
    /// Sets the samples of the pictures, `LOOK` bytes each.
    pub fn look(&mut self, samples: Vec<u8>) {
        self.looks = samples;
    }

    /// Sets the samples of the sound: half decibels below full scale.
    pub fn hear(&mut self, samples: Vec<u8>) {
        self.sounds = samples;
    }

    /// Keeps the features of the picture at a moment.
    pub fn keep_still(&mut self, at: f64, features: Vec<u8>) {
        self.stills.push(Still { at, features });
    }

    /// The features of the picture that stands for a stretch: the one nearest to its middle.
    pub fn still(&self, start: f64, end: f64) -> Option<&[u8]> {
        let middle = f64::midpoint(start, end);
        let near = |still: &&Still| (still.at - middle).abs();
        let still = self.stills.iter().min_by(|a, b| near(a).total_cmp(&near(b)))?;
        Some(&still.features)
    }

    /// What a stretch looks and sounds like.
    pub fn stretch(&self, start: f64, end: f64) -> Stretch {
        let looks = part(&self.looks, LOOK, self.step, start, end);
        let mut found = Stretch::default();
        if !looks.is_empty() {
            let mean = |at: usize, rows: &[&[u8]]| mean(rows.iter().filter_map(|row| row.get(at).copied())) / 255.0;
            found.brightness = Some(mean(0, &looks));
            // The first sample of a stretch differs from the stretch before it, so it says nothing about motion within.
            let within = if looks.len() > 1 { looks.get(1..).unwrap_or_default() } else { &looks };
            found.motion = (self.media_type != "image").then(|| mean(1, within));
            found.colours = colour::NAMES.iter().enumerate().map(|(at, name)| (*name, mean(at + 2, &looks))).collect();
            found.colours.retain(|(_, share)| *share >= 0.08);
            found.colours.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        }
        let sounds = part(&self.sounds, 1, self.step, start, end);
        if !sounds.is_empty() {
            // Energies have a mean; decibels do not.
            let energies = sounds.iter().filter_map(|row| row.first()).map(|half| 10.0_f64.powf(-f64::from(*half) / 20.0));
            let count = u32::try_from(sounds.len()).unwrap_or(u32::MAX);
            found.loudness = Some((energies.sum::<f64>() / f64::from(count)).log10() * 10.0);
        }
        found
    }

    /// The loudness of each sample, in half decibels below full scale.
    pub fn sounds(&self) -> &[u8] {
        &self.sounds
    }

    /// The words that are shown within a stretch, as one text. `None` if the file has no subtitles. Words belong to the stretch in which
    /// they begin.
    pub fn spoken(&self, start: f64, end: f64) -> Option<String> {
        let words = self.words.as_ref()?;
        let begun = words.iter().filter(|words| words.start >= start && words.start < end);
        Some(begun.map(|words| words.text.as_str()).collect::<Vec<_>>().join(" "))
    }
}

/// The rows of a stretch. At least the row in which it begins, if there is one.
fn part(samples: &[u8], width: usize, step: f64, start: f64, end: f64) -> Vec<&[u8]> {
    if step <= 0.0 {
        return samples.chunks_exact(width).take(1).collect();
    }
    let first = index(start / step);
    let last = index((end / step).ceil()).max(first + 1);
    samples.chunks_exact(width).skip(first).take(last - first).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times are bounded by the length of a file, and a cast saturates"
)]
fn index(place: f64) -> usize {
    place.max(0.0) as usize
}

fn mean(values: impl Iterator<Item = u8>) -> f64 {
    let (sum, count) = values.fold((0_u64, 0_u32), |(sum, count), value| (sum + u64::from(value), count + 1));
    #[expect(clippy::cast_precision_loss, reason = "sums of bytes")]
    let sum = sum as f64;
    sum / f64::from(count.max(1))
}

/// Bytes as base64.
mod packed {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(brightness: u8, motion: u8, colour: usize) -> [u8; LOOK] {
        let mut row = [0; LOOK];
        (row[0], row[1], row[2 + colour]) = (brightness, motion, 255);
        row
    }

    #[test]
    fn a_stretch_is_the_mean_of_its_samples() {
        let mut measured = Measured { step: 0.5, media_type: "video".into(), ..Measured::default() };
        measured.look([sample(0, 0, 0), sample(255, 255, 2), sample(255, 51, 2), sample(255, 51, 2)].concat());
        measured.hear(vec![40, 40, 120, 120]);
        let dark = measured.stretch(0.0, 0.5);
        assert_eq!((dark.brightness, dark.colours.as_slice()), (Some(0.0), [("black", 1.0)].as_slice()));
        assert!((dark.loudness.unwrap() + 20.0).abs() < 0.01, "{dark:?}");
        let light = measured.stretch(0.5, 2.0);
        assert_eq!(light.brightness, Some(1.0));
        // The jump from black to white is no motion within the second stretch.
        assert!((light.motion.unwrap() - 0.2).abs() < 0.01, "{light:?}");
        assert!(light.loudness.unwrap() < dark.loudness.unwrap());
        assert_eq!(measured.stretch(7.0, 9.0), Stretch::default());
        let stored: Measured = serde_json::from_str(&serde_json::to_string(&measured).unwrap()).unwrap();
        assert_eq!(stored, measured);
    }

    #[test]
    fn words_belong_to_the_stretch_in_which_they_begin() {
        let words = |start: f64, text: &str| Words { start, end: start + 3.0, text: text.into() };
        let measured = Measured { words: Some(vec![words(0.0, "One"), words(1.9, "two"), words(2.0, "three")]), ..Measured::default() };
        assert_eq!(measured.spoken(0.0, 2.0).as_deref(), Some("One two"));
        assert_eq!(measured.spoken(2.0, 4.0).as_deref(), Some("three"));
        assert_eq!(measured.spoken(4.0, 6.0).as_deref(), Some(""));
        assert_eq!(Measured::default().spoken(0.0, 2.0), None);
    }
}
