//! Where a search looks: indexes, and the runs whose results count.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;
use serde_json::{Map, Value};

use crate::playground::{
    Refusal,
    runs::{ItemProgress, Millis, Progress, Step},
    store::{
        library,
        runs::{self, Stored, Which},
    },
};

/// A result of a run: a segment of an item, or the item as a whole. Results are ordered by run, item and segment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The run.
    pub run_id: String,
    /// The item.
    pub video_id: String,
    /// The segment; `None` for the item as a whole.
    pub segment_id: Option<String>,
}

/// Where a search looks.
pub struct Scope {
    /// The indexes.
    pub index_ids: Vec<String>,
    /// The runs that the call names. `None` if it names none.
    pub run_ids: Option<Vec<String>>,
    runs: Vec<Stored>,
    now: Millis,
}

impl Scope {
    /// Reads the runs of a scope. `index_ids` replaces the index of the path. An empty list counts as absent. Refuses unknown ids with 404.
    pub fn read(
        connection: &Connection,
        now: Millis,
        index_id: &str,
        index_ids: Option<&[String]>,
        run_ids: Option<&[String]>,
    ) -> Result<Self, Refusal> {
        let index_ids = match index_ids.filter(|ids| !ids.is_empty()) {
            Some(ids) => ids.to_vec(),
            None => vec![index_id.to_owned()],
        };
        for index_id in &index_ids {
            library::index(connection, index_id)?.ok_or_else(|| Refusal::not_found("index").with("index_id", index_id.as_str()))?;
        }
        let media = library::media(connection)?;
        let run_ids = run_ids.filter(|ids| !ids.is_empty()).map(<[String]>::to_vec);
        let mut runs = Vec::new();
        match &run_ids {
            Some(ids) => {
                for id in ids {
                    let found = runs::list(connection, &media, Which::One(id), None, 1)?.pop();
                    runs.push(found.ok_or_else(|| Refusal::not_found("run").with("run_id", id.as_str()))?);
                }
            }
            None => {
                for index_id in &index_ids {
                    runs.extend(runs::list(connection, &media, Which::OfIndex(index_id), None, usize::MAX)?);
                }
            }
        }
        runs.sort_by_key(|run| std::cmp::Reverse(run.seq));
        runs.dedup_by_key(|run| run.seq);
        Ok(Self { index_ids, run_ids, runs, now })
    }

    /// The runs whose results can be searched, newest first.
    pub fn searchable(&self) -> Vec<Progress<'_>> {
        let all = self.runs.iter().map(|run| Progress::at(&run.facts, self.now));
        all.filter(|progress| progress.status.is_searchable()).collect()
    }

    /// The place of one of the scope's runs among all runs. Newer runs have greater places.
    pub fn seq(&self, run_id: &str) -> i64 {
        self.runs.iter().find(|run| run.facts.run_id == run_id).map_or(0, |run| run.seq)
    }

    /// The field paths that the prompts of the runs can fill, with `[]` for lists.
    pub fn field_paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for run in &self.runs {
            let prompt = &run.facts.prompt;
            let schemas = [Some(&prompt.json_schema), prompt.video_level.as_ref().map(|level| &level.json_schema)];
            for schema in schemas.into_iter().flatten() {
                collect_paths(schema, "", &mut paths);
            }
        }
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// Whether an item is in one of the indexes.
    pub fn covers(&self, item: &ItemProgress) -> bool {
        item.item.index_id.as_ref().is_some_and(|index_id| self.index_ids.contains(index_id))
    }

    /// Keeps one result per segment, that of the newest run. If the call names runs, keeps the results of all of them. The order stays.
    pub fn newest_only<T>(&self, found: Vec<T>, key: impl Fn(&T) -> &Key) -> Vec<T> {
        if self.run_ids.is_some() {
            return found;
        }
        let age: HashMap<&str, usize> = self.runs.iter().enumerate().map(|(age, run)| (run.facts.run_id.as_str(), age)).collect();
        let age = |key: &Key| age.get(key.run_id.as_str()).copied().unwrap_or(usize::MAX);
        let mut newest: HashMap<(&str, Option<&str>), &Key> = HashMap::new();
        for key in found.iter().map(&key) {
            let place = (key.video_id.as_str(), key.segment_id.as_deref());
            let held = newest.entry(place).or_insert(key);
            if age(key) < age(held) {
                *held = key;
            }
        }
        let kept: HashSet<Key> = newest.into_values().cloned().collect();
        found.into_iter().filter(|row| kept.contains(key(row))).collect()
    }
}

/// The segments that succeeded in a scope's runs, with their keys. The newest run comes first; within a run the order is that of the run.
pub fn results<'p, 'a>(
    scope: &'p Scope,
    runs: &'p [Progress<'a>],
) -> impl Iterator<Item = (&'p Progress<'a>, &'p ItemProgress<'a>, &'p Step<'a>)> {
    runs.iter().flat_map(move |run| {
        let items = run.items.iter().filter(|item| scope.covers(item));
        items.flat_map(move |item| item.steps.iter().filter(|step| step.phase.succeeded()).map(move |step| (run, item, step)))
    })
}

fn collect_paths(schema: &Map<String, Value>, path: &str, paths: &mut Vec<String>) {
    if let Some(Value::Object(items)) = schema.get("items") {
        return collect_paths(items, &format!("{path}[]"), paths);
    }
    let Some(Value::Object(properties)) = schema.get("properties") else { return paths.push(path.to_owned()) };
    for (name, property) in properties {
        if let Value::Object(property) = property {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            collect_paths(property, &path, paths);
        }
    }
}

impl Key {
    /// The key of a segment's result.
    pub fn of(run: &Progress, item: &ItemProgress, step: &Step) -> Self {
        Self { run_id: run.facts.run_id.clone(), video_id: item.item.video_id.clone(), segment_id: Some(step.piece.segment_id.clone()) }
    }
}
