//! The measurements of a stretch as named values. They fill the fields of a prompt that have one of these names.
//!
//! A measurement on a scale is an object of a number, a word for it, and other usual words for it. A field gets the one that its type wants.

use serde_json::{Map, Value, json};

use super::measured::{Measured, SILENCE, Stretch};

/// What a result of a run on an uploaded file says of itself.
pub const NOTE: &str = "The playground has no model. It filled the fields that measurements can fill (times, colours, brightness, motion, \
                        loudness, words of subtitles); all other fields are empty or hold a neutral value.";

/// The same where nothing could be measured but the duration.
pub const NOTE_UNSEEN: &str = "The playground has no model and found no ffmpeg when the file was uploaded. It filled only fields about times \
                               and the file; all other fields are empty or hold a neutral value.";

/// How many colours a list of colours has.
const MAIN_COLOURS: usize = 4;

/// A scale: the upper limit of each step, its word, and other words for it.
type Scale = [(f64, &'static str, &'static [&'static str])];

const BRIGHTNESS: &Scale = &[
    (0.15, "dark", &["very dark", "low", "night"]),
    (0.35, "dim", &["low", "dark"]),
    (0.65, "medium", &["normal", "moderate", "balanced"]),
    (f64::INFINITY, "bright", &["high", "light", "day"]),
];
const MOTION: &Scale = &[
    (0.005, "static", &["none", "still", "no motion", "low"]),
    (0.03, "low", &["little", "slow", "slight"]),
    (0.1, "medium", &["moderate", "normal"]),
    (f64::INFINITY, "high", &["much", "fast", "strong", "intense"]),
];
const LOUDNESS: &Scale = &[
    (SILENCE, "silent", &["none", "silence", "mute", "quiet"]),
    (-32.0, "quiet", &["low", "soft"]),
    (-14.0, "medium", &["normal", "moderate"]),
    (f64::INFINITY, "loud", &["high"]),
];

/// The facts of a stretch.
pub fn of_stretch(film: &Measured, start: f64, end: f64) -> Map<String, Value> {
    let mut facts = of_parts(film, &[(start, end)]);
    name(&mut facts, &["start_seconds", "start_time", "start"], &json!(rounded(start, 1000.0)));
    name(&mut facts, &["end_seconds", "end_time", "end"], &json!(rounded(end, 1000.0)));
    facts
}

/// The facts of a whole item, as far as these stretches show it.
pub fn of_item(film: &Measured, parts: &[(f64, f64)]) -> Map<String, Value> {
    let mut facts = of_parts(film, parts);
    name(&mut facts, &["scene_count", "segment_count"], &json!(parts.len()));
    facts
}

fn of_parts(film: &Measured, parts: &[(f64, f64)]) -> Map<String, Value> {
    let mut facts = Map::new();
    let (start, end) = (parts.first().map_or(0.0, |part| part.0), parts.last().map_or(0.0, |part| part.1));
    let seconds: f64 = parts.iter().map(|(start, end)| end - start).sum();
    name(&mut facts, &["duration_seconds", "duration"], &json!(rounded(seconds, 1000.0)));
    of_file(&mut facts, film);
    let Stretch { brightness, motion, colours, loudness } = film.stretch(start, end);
    if let Some(brightness) = brightness {
        let fact = on(BRIGHTNESS, rounded(brightness, 100.0));
        name(&mut facts, &["brightness", "brightness_level", "lighting", "luminance", "light_level"], &fact);
    }
    if let Some(motion) = motion {
        let fact = on(MOTION, rounded(motion, 1000.0));
        name(&mut facts, &["motion", "motion_level", "movement", "amount_of_motion", "motion_intensity"], &fact);
        name(&mut facts, &["is_static"], &json!(motion < 0.005));
    }
    if !colours.is_empty() {
        let names: Vec<_> = colours.iter().take(MAIN_COLOURS).map(|(name, _)| *name).collect();
        let lists = ["colors", "colours", "dominant_colors", "dominant_colours", "main_colors", "main_colours", "palette", "color_palette"];
        name(&mut facts, &lists, &json!(names));
        let single = ["color", "colour", "dominant_color", "dominant_colour", "main_color", "main_colour"];
        name(&mut facts, &single, &json!(names.first()));
    }
    if let Some(loudness) = loudness {
        let fact = on(LOUDNESS, rounded(loudness, 10.0));
        name(&mut facts, &["loudness", "loudness_level", "loudness_db", "volume", "sound_level", "audio_level"], &fact);
        name(&mut facts, &["is_silent", "silent"], &json!(loudness <= SILENCE));
    }
    let spoken: Vec<String> = parts.iter().filter_map(|(start, end)| film.spoken(*start, *end)).collect();
    if film.words.is_some() {
        let text = spoken.iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ");
        name(&mut facts, &["has_speech", "has_dialogue", "has_subtitles"], &json!(!text.is_empty()));
        name(&mut facts, &["spoken_words", "dialogue", "transcript", "quote", "subtitles", "captions", "speech"], &json!(text));
    }
    facts
}

fn of_file(facts: &mut Map<String, Value>, film: &Measured) {
    name(facts, &["title", "film_title", "video_title"], &json!(film.title));
    name(facts, &["media_type"], &json!(film.media_type));
    name(facts, &["file_size", "file_size_bytes"], &json!(film.bytes));
    if let Some((width, height)) = film.size {
        name(facts, &["width"], &json!(width));
        name(facts, &["height"], &json!(height));
        name(facts, &["resolution"], &json!(format!("{width}x{height}")));
        let orientation = match width.cmp(&height) {
            std::cmp::Ordering::Less => "portrait",
            std::cmp::Ordering::Equal => "square",
            std::cmp::Ordering::Greater => "landscape",
        };
        name(facts, &["orientation"], &json!(orientation));
    }
    if let Some(rate) = film.frames_per_second {
        name(facts, &["fps", "frame_rate", "frames_per_second"], &json!(rate));
    }
    if let Some(codec) = &film.video_codec {
        name(facts, &["codec", "video_codec"], &json!(codec));
    }
    if let Some(codec) = &film.audio_codec {
        name(facts, &["audio_codec"], &json!(codec));
    }
    // Without a duration or a size, nobody looked into the file.
    if film.audio_codec.is_some() || film.video_codec.is_some() {
        name(facts, &["has_audio", "has_sound"], &json!(film.audio_codec.is_some()));
    }
}

/// A value with the words that a scale has for it.
fn on(scale: &Scale, value: f64) -> Value {
    let step = scale.iter().find(|(limit, ..)| value <= *limit);
    step.map_or(Value::Null, |(_, word, also)| json!({"name": word, "also": also, "value": value}))
}

fn name(facts: &mut Map<String, Value>, names: &[&str], value: &Value) {
    for name in names {
        facts.insert((*name).to_owned(), value.clone());
    }
}

fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}
