//! The first content of a store: the sample library, its prompts, and runs that ended long ago.
//!
//! Ids and times are fixed, so that two new stores show the same content.

use std::sync::Arc;

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::{
    ACCOUNT, Refusal, connectors, exports, imports,
    library::{self, Film, Library, MediaType},
    rank,
    runs::{Facts, Item, Media, Millis, Piece, Settings, stamp},
    store,
};
use crate::api::{
    indexes::Index,
    prompts::{Prompt, SemanticIndexing, VideoLevel},
};

/// When the library's items were added: 2026-01-05, 09:00 UTC.
const ADDED: Millis = 1_767_603_600_000;
const MINUTE: Millis = 60_000;
/// How long a segment took in the seeded runs, in milliseconds.
const STEP: Millis = 1_500;
/// The prompt of the runs that cover the whole library.
const CATALOGUE: &str = "prompt_scene_catalogue";

/// Fills an empty store. Call it in a transaction.
pub fn seed(connection: &Connection) -> Result<(), Refusal> {
    let library = library::library().map_err(Refusal::internal)?;
    rank::text::create_tables(connection)?;
    for (order, index) in (0_i64..).zip(&library.indexes) {
        // The last index plays the part of the vendor's shared indexes, so that lists with and without them differ.
        let is_default = usize::try_from(order + 1) == Ok(library.indexes.len());
        store::library::add_index(connection, &index_of(index, order, is_default), ADDED)?;
    }
    for (order, film) in (1_i64..).zip(&library.films) {
        store::library::add_item(connection, &item_of(film, ADDED + order * MINUTE))?;
    }
    let prompts: Vec<Prompt> = library.prompts.iter().map(prompt_of).collect();
    for prompt in &prompts {
        super::prompts::store::add(connection, prompt, false)?;
    }
    let media = store::library::media(connection)?;
    for run in runs(library, &prompts, &media) {
        store::runs::add(connection, &run)?;
        // They ended before there was anybody to tell.
        store::runs::told(connection, &run.run_id, Millis::MAX)?;
    }
    connectors::seed(connection, ADDED)?;
    imports::seed(connection, ADDED + 2 * MINUTE)?;
    super::deletions::seed(connection, ADDED)?;
    super::webhooks::seed(connection)?;
    super::markers::seed(connection, ADDED)?;
    super::automations::seed(connection, ADDED)?;
    super::chat::seed(connection, ADDED)?;
    store::settle::settle(connection, super::time::now())?;
    exports::seed(connection)
}

fn index_of(index: &library::Index, order: i64, is_default: bool) -> Index {
    Index {
        index_id: index.index_id.clone(),
        name: index.name.clone(),
        user_id: ACCOUNT.into(),
        created_at: stamp(ADDED),
        is_default,
        description: Some(index.description.clone()),
        sort_order: Some(order),
    }
}

fn item_of(film: &Film, created: Millis) -> Item {
    let pieces = film.scenes.iter().map(|scene| Piece {
        segment_id: scene.segment_id.clone(),
        start: scene.start.into(),
        end: scene.end.into(),
        damage: scene.damaged.clone(),
        scene: Some(scene.segment_id.clone()),
        film: None,
    });
    Item {
        video_id: film.video_id.clone(),
        // The title of a photograph has no year of release.
        title: if film.media_type == MediaType::Image { film.title.clone() } else { format!("{} ({})", film.title, film.year) },
        index_id: Some(film.index_id.clone()),
        media_type: film.media_type.as_str().into(),
        duration: film.duration_seconds.into(),
        order: 0,
        created,
        pieces: pieces.collect(),
        source: None,
        state: None,
    }
}

fn prompt_of(prompt: &library::Prompt) -> Prompt {
    let object = |schema: &Value| schema.as_object().cloned().unwrap_or_default();
    Prompt {
        prompt_id: prompt.prompt_id.clone(),
        user_id: ACCOUNT.into(),
        name: prompt.name.clone(),
        description: prompt.description.clone(),
        prompt_text: prompt.prompt_text.clone(),
        json_schema: object(&prompt.json_schema),
        video_level: prompt.video_level.as_ref().map(|level| VideoLevel {
            instructions_text: level.instructions_text.clone(),
            included_segment_fields: level.included_segment_fields.clone(),
            json_schema: object(&level.json_schema),
        }),
        semantic_indexing: SemanticIndexing::default(),
        is_active: true,
        selection_filter: None,
        execution_config: None,
        created_at: stamp(ADDED),
    }
}

/// Three kinds of runs: one of the other prompt over the first index, one of the catalogue prompt over each index without its damaged
/// items, and one over the damaged items alone, so that one run has failures.
fn runs(library: &Library, prompts: &[Prompt], media: &Media) -> Vec<Facts> {
    let mut planned: Vec<(String, &Prompt, Vec<&Film>)> = Vec::new();
    let damaged = |film: &&Film| film.scenes.iter().any(|scene| scene.damaged.is_some());
    if let (Some(index), Some(prompt)) = (library.indexes.first(), prompts.iter().find(|prompt| prompt.prompt_id != CATALOGUE)) {
        planned.push((run_id(&prompt.prompt_id, &index.index_id), prompt, library.films_of(&index.index_id).collect()));
    }
    if let Some(prompt) = prompts.iter().find(|prompt| prompt.prompt_id == CATALOGUE) {
        for index in &library.indexes {
            let whole = library.films_of(&index.index_id).filter(|film| !damaged(film)).collect();
            planned.push((run_id(CATALOGUE, &index.index_id), prompt, whole));
        }
        planned.push((run_id(CATALOGUE, "idx_damaged"), prompt, library.films.iter().filter(damaged).collect()));
    }
    let hours = (1_i64..).map(|hour| ADDED + hour * 60 * MINUTE);
    planned
        .into_iter()
        .zip(hours)
        .map(|((run_id, prompt, films), started)| Facts {
            run_id,
            prompt: prompt.clone(),
            settings: settings(library, &films),
            executed_by: ACCOUNT.into(),
            started,
            step: STEP,
            stop: None,
            items: films.iter().filter_map(|film| media.get(&film.video_id).map(Arc::clone)).collect(),
            retries: Vec::new(),
            bill: None,
            settled: None,
        })
        .collect()
}

/// A run id that says which prompt ran over which media: `run_scene_catalogue_early_cinema`.
fn run_id(prompt_id: &str, index_id: &str) -> String {
    format!("run_{}_{}", prompt_id.trim_start_matches("prompt_"), index_id.trim_start_matches("idx_"))
}

fn settings(library: &Library, films: &[&Film]) -> Settings {
    let mut context = Map::new();
    context.insert("target_type".into(), "videos".into());
    let index = films.first().and_then(|film| library.indexes.iter().find(|index| index.index_id == film.index_id));
    if let Some(index) = index {
        context.insert("index_id".into(), index.index_id.clone().into());
        context.insert("index_name".into(), index.name.clone().into());
        if films.len() == library.films_of(&index.index_id).count() {
            context.insert("target_type".into(), "index".into());
        }
    }
    context.insert("requested_video_count".into(), films.len().into());
    Settings { context, ..Settings::default() }
}
