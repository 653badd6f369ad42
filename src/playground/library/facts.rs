//! What we know about a scene or a film, as named JSON values. They fill the fields of a prompt.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Film, Scene};

/// How many moods and objects the facts of a whole film have.
const MAIN_MOODS: usize = 3;
const MAIN_OBJECTS: usize = 7;
/// How many scenes a summary quotes.
const QUOTED_SCENES: usize = 4;

/// The facts of one scene, under every field name that we recognise for them. The times are those of the stretch that shows the scene.
pub fn of_scene(film: &Film, scene: &Scene, (start, end): (f64, f64)) -> Map<String, Value> {
    let text = scene.scene.as_str();
    let words = scene.spoken_words.as_deref().unwrap_or_default();
    let mut facts = of_place(&scene.setting, scene.outdoor);
    name_all(&mut facts, &["scene", "description", "scene_description", "summary"], &json!(text));
    name_all(&mut facts, &["action", "main_action", "headline"], &json!(first_sentence(text)));
    name_all(&mut facts, &["objects", "tags", "keywords", "labels"], &json!(scene.objects));
    name_all(&mut facts, &["people_count", "person_count", "number_of_people"], &json!(scene.people_count));
    name_all(&mut facts, &["has_people", "people_visible"], &json!(scene.people_count > 0));
    name_all(&mut facts, &["mood", "emotion", "tone"], &json!(scene.mood));
    name_all(&mut facts, &["spoken_words", "dialogue", "transcript", "quote"], &json!(words));
    name_all(&mut facts, &["has_speech", "has_dialogue"], &json!(!words.is_empty()));
    name_all(&mut facts, &["start_seconds", "start_time", "start"], &seconds(start));
    name_all(&mut facts, &["end_seconds", "end_time", "end"], &seconds(end));
    name_all(&mut facts, &["duration_seconds", "duration"], &seconds(end - start));
    name_all(&mut facts, &["entities", "participants"], &entities(scene.people_count, &scene.objects));
    of_release(&mut facts, film);
    facts
}

/// The facts of a whole film, as far as these scenes show it.
pub fn of_film(film: &Film, scenes: &[&Scene]) -> Map<String, Value> {
    let moods = most_frequent(scenes.iter().map(|scene| scene.mood.as_str()), MAIN_MOODS);
    let objects: Vec<String> = most_frequent(scenes.iter().flat_map(|scene| scene.objects.iter().map(String::as_str)), MAIN_OBJECTS);
    let people = scenes.iter().map(|scene| scene.people_count).max().unwrap_or(0);
    let settings = most_frequent(scenes.iter().map(|scene| scene.setting.as_str()), 1);
    let in_the_open = scenes.iter().filter(|scene| scene.outdoor).count();
    let words: Vec<&str> = scenes.iter().filter_map(|scene| scene.spoken_words.as_deref()).collect();
    let mut facts = of_place(settings.first().map_or("", String::as_str), in_the_open * 2 > scenes.len());
    name_all(&mut facts, &["summary", "description", "scene"], &json!(summary(film, scenes)));
    name_all(&mut facts, &["main_moods", "moods"], &json!(moods));
    name_all(&mut facts, &["mood", "tone"], &json!(moods.first()));
    name_all(&mut facts, &["objects", "main_objects", "tags", "keywords"], &json!(objects));
    name_all(&mut facts, &["total_people_max", "people_count", "people_max"], &json!(people));
    name_all(&mut facts, &["spoken_words", "dialogue", "transcript"], &json!(words.join(" ")));
    name_all(&mut facts, &["scene_count", "segment_count"], &json!(scenes.len()));
    name_all(&mut facts, &["duration_seconds", "duration"], &json!(film.duration_seconds));
    name_all(&mut facts, &["entities"], &entities(people, &objects));
    of_release(&mut facts, film);
    facts
}

/// A time as JSON. A whole number of seconds is written without a point.
fn seconds(time: f64) -> Value {
    format!("{time}").parse().map_or_else(|_| json!(time), Value::Number)
}

fn of_place(setting: &str, outdoor: bool) -> Map<String, Value> {
    let mut facts = Map::new();
    name_all(&mut facts, &["setting", "place", "location_kind"], &json!(setting));
    name_all(&mut facts, &["outdoor", "outdoors", "is_outdoor"], &json!(outdoor));
    name_all(&mut facts, &["indoor", "indoors", "is_indoor"], &json!(!outdoor));
    let location = json!({"kind": setting, "setting": setting, "outdoor": outdoor});
    name_all(&mut facts, &["location"], &location);
    facts
}

fn of_release(facts: &mut Map<String, Value>, film: &Film) {
    name_all(facts, &["title", "film_title", "video_title"], &json!(film.title));
    name_all(facts, &["year", "release_year"], &json!(film.year));
    name_all(facts, &["media_type"], &json!(film.media_type.as_str()));
}

fn name_all(facts: &mut Map<String, Value>, names: &[&str], value: &Value) {
    for name in names {
        facts.insert((*name).to_owned(), value.clone());
    }
}

fn entities(people: u32, objects: &[String]) -> Value {
    let crowd = match people {
        0 => None,
        1 => Some("one person".to_owned()),
        more => Some(format!("{more} people")),
    };
    let persons = crowd.into_iter().map(|name| json!({"name": name, "kind": "person"}));
    let things = objects.iter().map(|name| json!({"name": name, "kind": "object"}));
    persons.chain(things).collect()
}

fn summary(film: &Film, scenes: &[&Scene]) -> String {
    let stride = scenes.len().div_ceil(QUOTED_SCENES).max(1);
    let mut text = format!("{} ({}).", film.title, film.year);
    for scene in scenes.iter().step_by(stride) {
        text.push(' ');
        text.push_str(first_sentence(&scene.scene));
    }
    text
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

/// The most frequent words, most frequent first. Words of the same frequency are in alphabetical order.
fn most_frequent<'a>(words: impl Iterator<Item = &'a str>, at_most: usize) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut ranked: Vec<(&str, usize)> = counts.into_iter().collect();
    ranked.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    ranked.into_iter().take(at_most).map(|(word, _)| word.to_owned()).collect()
}
