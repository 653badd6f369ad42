//! The sample library: public-domain films and footage, described scene by scene.
//!
//! It is data (`films/*.json`, `indexes.json`, `prompts.json`). The data are embedded in the binary and read once. It must not know HTTP,
//! SQL, keys or search. The code that fills a new store reads the library and copies it. The times are approximate. They are those of one
//! common print of a film. The descriptions were written for this library.
//!
//! Start with [`library`], then [`Film`] and [`Scene`]. `picture` draws a scene. `extract` answers a prompt from one.

mod canvas;
pub mod extract;
mod facts;
mod figures;
mod figures_machines;
mod pen;
pub mod picture;
mod sine;
#[cfg(test)]
mod spot_checks;

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use picture::Picture;

/// Everything that the sample library holds. Two processes see the same values in the same order.
#[derive(Debug)]
pub struct Library {
    /// The indexes, in listing order.
    pub indexes: Vec<Index>,
    /// The films, grouped by index in the order of `indexes`.
    pub films: Vec<Film>,
    /// The two sample prompts.
    pub prompts: Vec<Prompt>,
}

impl Library {
    /// The film with this `video_id`. `None` if the library does not have it.
    pub fn film(&self, video_id: &str) -> Option<&Film> {
        self.films.iter().find(|film| film.video_id == video_id)
    }

    /// The film and scene with this `segment_id`. `None` if the library does not have it.
    pub fn scene(&self, segment_id: &str) -> Option<(&Film, &Scene)> {
        self.films.iter().find_map(|film| {
            let scene = film.scenes.iter().find(|scene| scene.segment_id == segment_id)?;
            Some((film, scene))
        })
    }

    /// The films of one index, in library order.
    pub fn films_of<'a>(&'a self, index_id: &'a str) -> impl Iterator<Item = &'a Film> {
        self.films.iter().filter(move |film| film.index_id == index_id)
    }
}

/// A named collection of films.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Stable id: `idx_early_cinema`.
    pub index_id: String,
    /// Display name.
    pub name: String,
    /// What the collection holds, in one sentence.
    pub description: String,
}

/// What kind of medium a film is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaType {
    /// Moving pictures, with or without sound.
    Video,
    /// Sound only.
    Audio,
    /// One still picture. Its duration and the times of its single scene are 0.
    Image,
}

impl MediaType {
    /// The word the API uses for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Image => "image",
        }
    }
}

/// One media item and its scenes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Film {
    /// The index it belongs to.
    pub index_id: String,
    /// Stable id: `vid_trip_to_the_moon_1902`.
    pub video_id: String,
    /// Title without the year.
    pub title: String,
    /// Year of first publication.
    pub year: u16,
    /// Running time in whole seconds; 0 for an image.
    pub duration_seconds: u32,
    /// Video, audio or image.
    pub media_type: MediaType,
    /// Why it is in the public domain and where it comes from, in one line.
    pub source: String,
    /// The colour cast of the print. It is laid over every picture.
    #[serde(default)]
    pub tint: Option<picture::Tint>,
    /// The scenes in time order. They do not overlap; there may be gaps.
    pub scenes: Vec<Scene>,
}

/// One described stretch of a film.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// Stable id, made from the film's id and the scene's place in it: `seg_trip_to_the_moon_1902_007`.
    #[serde(skip)]
    pub segment_id: String,
    /// Seconds from the start of the film.
    pub start: u32,
    /// Seconds from the start of the film. It is after `start`, unless the film is an image.
    pub end: u32,
    /// What is seen or heard, in one or two sentences.
    pub scene: String,
    /// Things that can be seen.
    pub objects: Vec<String>,
    /// How many people can be told apart; an estimate in crowds.
    pub people_count: u32,
    /// One or two words.
    pub mood: String,
    /// `indoor`, `outdoor`, `studio`, `space`, `underwater` or `title card`.
    pub setting: String,
    /// Whether the action takes place in the open air or in open space.
    pub outdoor: bool,
    /// Words spoken in a sound film, or the text of an intertitle in a silent one.
    #[serde(default)]
    pub spoken_words: Option<String>,
    /// Why this stretch cannot be processed. Prompt runs always fail on it, with this cause.
    #[serde(default)]
    pub damaged: Option<String>,
    /// How to draw it.
    pub picture: Picture,
}

impl Scene {
    /// Length in seconds; 0 for an image.
    pub fn duration_seconds(&self) -> u32 {
        self.end.saturating_sub(self.start)
    }
}

/// A sample prompt, as the API would store it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// Stable id: `prompt_scene_catalogue`.
    pub prompt_id: String,
    /// Display name.
    pub name: String,
    /// What it is for, in one sentence.
    pub description: String,
    /// The instruction to the model.
    pub prompt_text: String,
    /// The schema of one segment's metadata; its root is an object.
    pub json_schema: Value,
    /// Settings of the whole-film summary, if the prompt makes one.
    #[serde(default)]
    pub video_level: Option<VideoLevel>,
}

/// The whole-film part of a prompt.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VideoLevel {
    /// The instruction to the model.
    pub instructions_text: String,
    /// Which segment fields it is given.
    pub included_segment_fields: Vec<String>,
    /// The schema of the film's metadata; its root is an object.
    pub json_schema: Value,
}

/// An embedded file could not be read. The tests read all of these files, so a build that passed the tests never returns this.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the embedded sample library file {file} is malformed: {cause}")]
pub struct LibraryError {
    /// The file's name below the library's folder.
    pub file: &'static str,
    /// What the JSON reader said.
    pub cause: String,
}

/// The sample library, read on first use and kept for the life of the process.
pub fn library() -> Result<&'static Library, LibraryError> {
    static LIBRARY: OnceLock<Result<Library, LibraryError>> = OnceLock::new();
    LIBRARY.get_or_init(read).as_ref().map_err(Clone::clone)
}

macro_rules! embedded {
    ($($file:literal),+ $(,)?) => { [$(($file, include_str!($file))),+] };
}

const FILMS: [(&str, &str); FILM_COUNT] = embedded![
    "films/arrival_of_a_train_1896.json",
    "films/trip_to_the_moon_1902.json",
    "films/great_train_robbery_1903.json",
    "films/gertie_the_dinosaur_1914.json",
    "films/nosferatu_1922.json",
    "films/safety_last_1923.json",
    "films/sherlock_jr_1924.json",
    "films/the_general_1926.json",
    "films/metropolis_1927.json",
    "films/steamboat_willie_1928.json",
    "films/rice_moon_speech_1962.json",
    "films/apollo_11_1969.json",
    "films/blue_marble_1972.json",
    "films/mount_st_helens_1980.json",
    "films/perseverance_landing_2021.json",
    "films/market_street_1906.json",
    "films/plow_that_broke_the_plains_1936.json",
    "films/hindenburg_newsreel_1937.json",
    "films/duck_and_cover_1951.json",
    "films/night_of_the_living_dead_1968.json",
    "films/damaged_reel_1906.json",
];
const FILM_COUNT: usize = 21;

fn read() -> Result<Library, LibraryError> {
    let mut films = Vec::with_capacity(FILMS.len());
    for (file, text) in FILMS {
        films.push(numbered(parse(file, text)?));
    }
    let [indexes, prompts] = embedded!["indexes.json", "prompts.json"];
    Ok(Library { indexes: parse(indexes.0, indexes.1)?, films, prompts: parse(prompts.0, prompts.1)? })
}

fn parse<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, LibraryError> {
    serde_json::from_str(text).map_err(|error| LibraryError { file, cause: error.to_string() })
}

/// Gives each scene its id, counted from 1.
fn numbered(mut film: Film) -> Film {
    let slug = film.video_id.trim_start_matches("vid_");
    for (position, scene) in (1..).zip(&mut film.scenes) {
        let number: u32 = position;
        scene.segment_id = format!("seg_{slug}_{number:03}");
    }
    film
}
