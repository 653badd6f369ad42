//! The searches by text, by picture, and by both.

use std::{collections::HashMap, time::Duration};

use rusqlite::Connection;

use crate::{
    api::search::{Hit, ImageSearch, MultimodalSearch, TextSearch},
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
            Key, Scope, hits, image,
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

/// Settles the runs that have ended, and reads where to look.
fn scope(connection: &Connection, index_id: &str, index_ids: Option<&[String]>, run_ids: Option<&[String]>) -> Reply<Scope> {
    let now = now();
    settle::settle(connection, now)?;
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
