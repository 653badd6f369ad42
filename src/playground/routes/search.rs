//! The searches by text, by picture, and by both; of an index, of media without an index, and of several runs.

use std::{collections::HashMap, time::Duration};

use rusqlite::Connection;

use crate::{
    api::search::{Aggregation, Hit, ImageSearch, MultiRunSearch, MultimodalSearch, PlaygroundSearch, TextSearch},
    imaging,
    playground::{
        Refusal,
        auth::Caller,
        markers,
        mount::Reply,
        rank::{
            fuse::{Fused, Weights, fuse},
            picture::Features,
        },
        search::{
            Key, Place, Scope, distinct, hits, image,
            text::{self, Ranked},
        },
        store::{Store, settle},
        time::now,
    },
};

/// How long the reading of a picture may take.
const PATIENCE: Duration = Duration::from_secs(20);
const TEXT_HITS: u32 = 30;
const IMAGE_HITS: u32 = 20;
const MOST_HITS: u32 = 100;
/// How many hits each run of a search of several runs gives, and how many runs there may be.
const HITS_PER_RUN: u32 = 5;
const MOST_PER_RUN: u32 = 50;
const MOST_RUNS: usize = 50;
const DEFAULT_WEIGHT: f64 = 0.5;
const WEIGHT_SLACK: f64 = 0.01;
/// How many results of each kind are joined per wanted hit, and at least. Every picture is a little like every other picture. Without this
/// limit every segment would count as found by picture.
const CANDIDATES_PER_HIT: usize = 2;
const LEAST_CANDIDATES: usize = 40;

pub async fn text_search(_: Caller, store: Store, call: TextSearch) -> Reply<Vec<Hit>> {
    check_text("query", &call.query)?;
    let most = top_k(call.top_k, TEXT_HITS)?;
    store
        .read(move |connection| {
            let scope = scope(connection, call.index_id.as_str(), call.index_ids.as_deref(), call.run_ids.as_deref())?;
            let found = text::search(connection, &scope, &call.query, call.search_fields.as_deref(), most)?;
            marked(connection, hits::hits(&scope, &found))
        })
        .await
}

pub async fn image_search(_: Caller, store: Store, call: ImageSearch) -> Reply<Vec<Hit>> {
    let most = top_k(call.top_k, IMAGE_HITS)?;
    let (wanted, looks) = picture(call.image_data).await?;
    store
        .read(move |connection| {
            let scope = scope(connection, call.index_id.as_str(), call.index_ids.as_deref(), call.run_ids.as_deref())?;
            let found = image::search(&scope, looks, &wanted, most);
            let mut hits = hits::hits(&scope, &found);
            for hit in &mut hits {
                let score = hit.similarity_score;
                add_match(hit, score);
            }
            marked(connection, hits)
        })
        .await
}

pub async fn multimodal_search(_: Caller, store: Store, call: MultimodalSearch) -> Reply<Vec<Hit>> {
    let most = top_k(call.top_k, IMAGE_HITS)?;
    let weights = weights(call.text_weight, call.image_weight)?;
    if let Some(query) = &call.text_query {
        check_text("text_query", query)?;
    }
    let image = match call.image_data.clone() {
        Some(data) => Some(picture(data).await?),
        None if call.text_query.is_some() => None,
        None => return Err(Refusal::argument(["body"], "Give `text_query`, `image_data` or both", "value_error")),
    };
    store
        .read(move |connection| {
            let scope = scope(connection, call.index_id.as_str(), call.index_ids.as_deref(), call.run_ids.as_deref())?;
            let candidates = most.saturating_mul(CANDIDATES_PER_HIT).max(LEAST_CANDIDATES);
            let by_text = match &call.text_query {
                Some(query) => text::search(connection, &scope, query, call.search_fields.as_deref(), candidates)?,
                None => Vec::new(),
            };
            let by_image = image.map(|(wanted, looks)| image::search(&scope, looks, &wanted, candidates)).unwrap_or_default();
            marked(connection, fused(&scope, by_text, by_image, weights, most))
        })
        .await
}

/// The hits with their markers.
fn marked(connection: &Connection, mut hits: Vec<Hit>) -> Reply<Vec<Hit>> {
    markers::show(connection, &mut hits)?;
    Ok(hits)
}

pub async fn playground_search(_: Caller, store: Store, call: PlaygroundSearch) -> Reply<Vec<Hit>> {
    check_text("query", &call.query)?;
    let most = top_k(call.top_k, TEXT_HITS)?;
    store
        .read(move |connection| {
            let now = now();
            settle::before_reading(connection, now);
            let run_ids = call.run_id.as_ref().map(|id| vec![id.to_string()]);
            let scope = Scope::outside(connection, now, run_ids.as_deref())?;
            let found = text::search(connection, &scope, &call.query, None, most)?;
            marked(connection, hits::hits(&scope, &found))
        })
        .await
}

/// Searches each run by itself and puts the hits together.
pub async fn multi_run_search(_: Caller, store: Store, call: MultiRunSearch) -> Reply<Vec<Hit>> {
    check_text("query", &call.query)?;
    let most = match call.top_k.unwrap_or(HITS_PER_RUN) {
        top_k @ 1..=MOST_PER_RUN => usize::try_from(top_k).unwrap_or(usize::MAX),
        _ => return Err(Refusal::argument(["body", "top_k"], format!("Input should be from 1 to {MOST_PER_RUN}"), "value_error")),
    };
    let named = call.run_ids.as_deref().filter(|ids| !ids.is_empty()).map(distinct);
    if named.as_ref().is_some_and(|ids| ids.len() > MOST_RUNS) {
        let message = format!("List should have at most {MOST_RUNS} items");
        return Err(Refusal::argument(["body", "run_ids"], message, "too_long"));
    }
    if named.is_none() && call.index_id.is_none() {
        return Err(Refusal::argument(["body"], "Give `run_ids` or `index_id`", "value_error"));
    }
    store
        .read(move |connection| {
            let now = now();
            settle::before_reading(connection, now);
            // Runs and an index together mean what the runs found in the index.
            let of = |run_ids: &[String]| match &call.index_id {
                Some(index) => Scope::read(connection, now, index.as_str(), None, Some(run_ids)),
                None => Scope::of(connection, now, Place::Runs(run_ids.to_vec())),
            };
            let run_ids = match named {
                Some(ids) => ids,
                None => of(&[])?.searchable().iter().take(MOST_RUNS).map(|run| run.facts.run_id.clone()).collect(),
            };
            let scope = of(&run_ids)?;
            let mut found = Vec::new();
            for run_id in &run_ids {
                let of_run = of(std::slice::from_ref(run_id))?;
                found.extend(text::search(connection, &of_run, &call.query, None, most)?);
            }
            marked(connection, hits::hits(&scope, &together(found, call.aggregation.unwrap_or_default(), run_ids.len())))
        })
        .await
}

/// Puts the hits of several runs together. `best` keeps a segment once, from the run that answers best. `weighted` does so too, and lowers
/// the score by up to a half, the fewer of the runs found the segment. The API does not say how it weights.
fn together(mut found: Vec<Ranked>, aggregation: Aggregation, runs: usize) -> Vec<Ranked> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    if aggregation == Aggregation::All {
        return found;
    }
    let place = |hit: &Ranked| (hit.key.video_id.clone(), hit.key.segment_id.clone());
    let mut times: HashMap<_, u32> = HashMap::new();
    for hit in &found {
        *times.entry(place(hit)).or_default() += 1;
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|hit| seen.insert(place(hit)));
    if aggregation == Aggregation::Weighted {
        let runs = f64::from(u32::try_from(runs.max(1)).unwrap_or(u32::MAX));
        for hit in &mut found {
            let share = f64::from(times.get(&place(hit)).copied().unwrap_or(1)) / runs;
            hit.score *= f64::midpoint(1.0, share);
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
    found
}

/// Settles the runs that have ended, and reads where to look.
fn scope(connection: &Connection, index_id: &str, index_ids: Option<&[String]>, run_ids: Option<&[String]>) -> Reply<Scope> {
    let now = now();
    settle::before_reading(connection, now);
    Scope::read(connection, now, index_id, index_ids, run_ids)
}

/// Reads a picture on a thread that answers no requests, and returns it with the looks of the library's pictures.
async fn picture(image_data: String) -> Reply<(Features, &'static image::Looks)> {
    let reading = imaging::beside(PATIENCE, move || image::read(&image_data));
    let features =
        reading.await.map_err(|error| Refusal::bad_request("invalid_image_data", format!("The picture was not read: {error}.")))??;
    Ok((features, image::looks()?))
}

fn top_k(asked: Option<u32>, default: u32) -> Reply<usize> {
    match asked.unwrap_or(default) {
        top_k @ 1..=MOST_HITS => Ok(usize::try_from(top_k).unwrap_or(usize::MAX)),
        _ => Err(Refusal::argument(["body", "top_k"], format!("Input should be from 1 to {MOST_HITS}"), "value_error")),
    }
}

fn check_text(member: &'static str, text: &str) -> Reply<()> {
    if text.trim().is_empty() { Err(Refusal::argument(["body", member], "Input should not be blank", "value_error")) } else { Ok(()) }
}

fn weights(text: Option<f64>, image: Option<f64>) -> Reply<Weights> {
    let weights = Weights { text: text.unwrap_or(DEFAULT_WEIGHT), image: image.unwrap_or(DEFAULT_WEIGHT) };
    for (member, weight) in [("text_weight", weights.text), ("image_weight", weights.image)] {
        if !(0.0..=1.0).contains(&weight) {
            return Err(Refusal::argument(["body", member], "Input should be from 0 to 1", "value_error"));
        }
    }
    if (weights.text + weights.image - 1.0).abs() > WEIGHT_SLACK + f64::EPSILON {
        return Err(Refusal::argument(["body"], "`text_weight` and `image_weight` should add up to 1", "value_error"));
    }
    Ok(weights)
}

/// Joins the two rankings by reciprocal rank.
fn fused(scope: &Scope, by_text: Vec<Ranked>, mut by_image: Vec<Ranked>, weights: Weights, most: usize) -> Vec<Hit> {
    if scope.run_ids.is_none() {
        // The two searches may have found a segment in different runs. It is still one hit.
        let runs: HashMap<_, _> = by_text.iter().map(|hit| ((&hit.key.video_id, &hit.key.segment_id), &hit.key.run_id)).collect();
        for hit in &mut by_image {
            if let Some(run_id) = runs.get(&(&hit.key.video_id, &hit.key.segment_id)) {
                hit.key.run_id.clone_from(run_id);
            }
        }
    }
    let keys = |hits: &[Ranked]| hits.iter().map(|hit| hit.key.clone()).collect::<Vec<Key>>();
    let mut places = fuse(&keys(&by_text), &keys(&by_image), weights);
    places.truncate(most);
    let texts: HashMap<&Key, &Ranked> = by_text.iter().map(|hit| (&hit.key, hit)).collect();
    let images: HashMap<&Key, &Ranked> = by_image.iter().map(|hit| (&hit.key, hit)).collect();
    let ranked: Vec<Ranked> = places
        .iter()
        .map(|place| Ranked {
            key: place.key.clone(),
            score: place.fused_score.clamp(0.0, 1.0),
            fields: texts.get(&place.key).map(|hit| hit.fields.clone()).unwrap_or_default(),
        })
        .collect();
    let mut found = hits::hits(scope, &ranked);
    for (hit, place) in found.iter_mut().zip(&places) {
        let score = |of: &HashMap<&Key, &Ranked>| of.get(&place.key).map(|hit| hit.score);
        add_fusion(hit, place, score(&texts), score(&images));
    }
    found
}

fn add_fusion(hit: &mut Hit, place: &Fused<Key>, text_score: Option<f64>, image_score: Option<f64>) {
    let rank = |rank: Option<usize>| rank.and_then(|rank| i64::try_from(rank).ok());
    hit.fused_score = Some(place.fused_score.clamp(0.0, 1.0));
    hit.text_score = Some(text_score);
    hit.image_score = Some(image_score);
    hit.text_rank = Some(rank(place.text_rank));
    hit.image_rank = Some(rank(place.image_rank));
    hit.match_type = Some(place.match_type.as_str().into());
    add_match(hit, image_score);
}

/// Adds which still was matched. It shows the middle of its segment.
fn add_match(hit: &mut Hit, score: Option<f64>) {
    let middle = score.and(hit.start_time).zip(hit.end_time).map(|(start, end)| f64::midpoint(start, end));
    hit.matched_image_uri = Some(None);
    hit.matched_image_gcs_uri = Some(None);
    hit.matched_image_timestamp = Some(middle);
    hit.matched_image_score = Some(score);
    hit.shot_timestamp = Some(middle);
}
