//! Checks of the embedded data: counts, ids, times, texts, and a few facts that everybody knows.

use std::collections::HashSet;

use super::{MediaType, Scene, library};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn well_formed(id: &str, prefix: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    id.starts_with(prefix) && (1..=200).contains(&id.len()) && id.bytes().all(legal)
}

#[test]
fn there_are_enough_films_and_scenes() -> Outcome {
    let library = library()?;
    assert_eq!(library.indexes.len(), 3);
    assert_eq!(library.films.len(), 21);
    assert_eq!(library.prompts.len(), 2);
    let scenes: usize = library.films.iter().map(|film| film.scenes.len()).sum();
    assert_eq!(scenes, 191);
    for index in &library.indexes {
        assert!(library.films_of(&index.index_id).count() >= 5, "{}", index.index_id);
    }
    Ok(())
}

#[test]
fn ids_are_well_formed_unique_and_lead_back() -> Outcome {
    let library = library()?;
    let mut seen = HashSet::new();
    for index in &library.indexes {
        assert!(well_formed(&index.index_id, "idx_") && seen.insert(index.index_id.as_str()));
    }
    for prompt in &library.prompts {
        assert!(well_formed(&prompt.prompt_id, "prompt_") && seen.insert(prompt.prompt_id.as_str()));
        assert!((3..=100).contains(&prompt.name.len()) && (10..=5000).contains(&prompt.prompt_text.len()));
    }
    for film in &library.films {
        assert!(well_formed(&film.video_id, "vid_") && seen.insert(film.video_id.as_str()));
        assert!(seen.contains(film.index_id.as_str()), "{}", film.video_id);
        assert!(library.film(&film.video_id).is_some_and(|found| found.title == film.title));
        for scene in &film.scenes {
            assert!(well_formed(&scene.segment_id, "seg_") && seen.insert(scene.segment_id.as_str()));
            assert!(library.scene(&scene.segment_id).is_some_and(|(found, _)| found.video_id == film.video_id));
        }
    }
    assert!(library.film("vid_unheard_of").is_none());
    Ok(())
}

#[test]
fn times_are_in_order_and_inside_the_film() -> Outcome {
    for film in &library()?.films {
        let image = film.media_type == MediaType::Image;
        assert_eq!(film.duration_seconds == 0, image, "{}", film.video_id);
        assert!((1890..=2030).contains(&film.year) && !film.source.is_empty() && !film.title.is_empty());
        assert!(!film.scenes.is_empty());
        let mut reached = 0;
        for scene in &film.scenes {
            assert!(scene.start >= reached, "{}", scene.segment_id);
            assert!(image || scene.end > scene.start, "{}", scene.segment_id);
            reached = scene.end;
        }
        assert!(reached <= film.duration_seconds, "{}", film.video_id);
    }
    Ok(())
}

#[test]
fn descriptions_are_complete_and_differ() -> Outcome {
    let settings = ["indoor", "outdoor", "studio", "space", "underwater", "title card"];
    let mut seen: HashSet<&str> = HashSet::new();
    for film in &library()?.films {
        for scene in &film.scenes {
            let words = scene.scene.split_whitespace().count();
            assert!((15..=45).contains(&words), "{}: {words} words", scene.segment_id);
            assert!(seen.insert(&scene.scene), "{}", scene.segment_id);
            assert!((3..=7).contains(&scene.objects.len()), "{}", scene.segment_id);
            assert!((1..=2).contains(&scene.mood.split_whitespace().count()), "{}", scene.segment_id);
            assert!(settings.contains(&scene.setting.as_str()), "{}", scene.segment_id);
            assert!(scene.spoken_words.as_deref() != Some("") && scene.damaged.as_deref() != Some(""));
        }
    }
    Ok(())
}

#[test]
fn only_the_marked_reel_is_damaged() -> Outcome {
    for film in &library()?.films {
        let damaged: Vec<&Scene> = film.scenes.iter().filter(|scene| scene.damaged.is_some()).collect();
        let expected = if film.video_id == "vid_damaged_reel_1906" { 4 } else { 0 };
        assert_eq!(damaged.len(), expected, "{}", film.video_id);
    }
    Ok(())
}

#[test]
fn well_known_facts_hold() -> Outcome {
    let library = library()?;
    let moon = library.film("vid_trip_to_the_moon_1902").ok_or("missing film")?;
    assert_eq!((moon.year, moon.index_id.as_str(), moon.media_type), (1902, "idx_early_cinema", MediaType::Video));
    let (_, eye) = library.scene("seg_trip_to_the_moon_1902_006").ok_or("missing scene")?;
    assert!(eye.scene.contains("right eye"));
    assert_eq!(eye.duration_seconds(), 30);
    let (film, step) = library.scene("seg_apollo_11_1969_009").ok_or("missing scene")?;
    assert_eq!(film.year, 1969);
    assert!(step.spoken_words.as_deref().is_some_and(|words| words.contains("one small step")));
    let (_, clock) = library.scene("seg_safety_last_1923_006").ok_or("missing scene")?;
    assert!(clock.objects.iter().any(|object| object == "clock") && clock.outdoor);
    Ok(())
}
