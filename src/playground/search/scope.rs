//! Where a search looks: indexes, and the runs whose results count.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;
use serde_json::{Map, Value};

use crate::playground::{
    Refusal,
    runs::{Facts, ItemProgress, Millis, Progress, Step},
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

/// The index id under which the text index keeps media without an index.
const OUTSIDE: &str = "";

/// Where a search is to look.
pub enum Place {
    /// In these indexes.
    Indexes(Vec<String>),
    /// In these items, wherever they are.
    Videos(Vec<String>),
    /// In the results of these runs.
    Runs(Vec<String>),
    /// In everything.
    Everything,
}

/// Where a search looks.
pub struct Scope {
    /// The indexes. Media without an index have an empty id.
    pub index_ids: Vec<String>,
    /// The runs that the call names. `None` if it names none.
    pub run_ids: Option<Vec<String>>,
    /// The items, if the call names some.
    video_ids: Option<HashSet<String>>,
    runs: Vec<Stored>,
    now: Millis,
}

impl Scope {
    /// Reads the runs of a scope. `index_ids` replaces the index of the path. An empty list counts as absent. Refuses unknown ids with 404,
    /// and a run of another index with 400.
    pub fn read(
        connection: &Connection,
        now: Millis,
        index_id: &str,
        index_ids: Option<&[String]>,
        run_ids: Option<&[String]>,
    ) -> Result<Self, Refusal> {
        let index_ids = match index_ids.filter(|ids| !ids.is_empty()) {
            Some(ids) => distinct(ids),
            None => vec![index_id.to_owned()],
        };
        for index_id in &index_ids {
            library::index(connection, index_id)?.ok_or_else(|| Refusal::not_found("index").with("index_id", index_id.as_str()))?;
        }
        Self::within(connection, now, index_ids, run_ids, None)?.matched()
    }

    /// Reads the runs of a place. Refuses unknown ids with 404.
    pub fn of(connection: &Connection, now: Millis, place: Place) -> Result<Self, Refusal> {
        let all = || -> Result<Vec<String>, Refusal> {
            let indexes = library::indexes(connection, true)?.into_iter().map(|index| index.index_id);
            Ok(indexes.chain([OUTSIDE.to_owned()]).collect())
        };
        match place {
            Place::Indexes(ids) => Self::read(connection, now, ids.first().map_or("", String::as_str), Some(&ids), None),
            Place::Runs(ids) => Self::within(connection, now, all()?, Some(&ids), None),
            Place::Everything => Self::within(connection, now, all()?, None, None),
            Place::Videos(ids) => {
                let media = library::media(connection)?;
                if let Some(id) = ids.iter().find(|id| !media.contains_key(id.as_str())) {
                    return Err(Refusal::not_found("video").with("video_id", id.as_str()));
                }
                Self::within(connection, now, all()?, None, Some(ids.into_iter().collect()))
            }
        }
    }

    /// Media without an index, in all runs or in these.
    pub fn outside(connection: &Connection, now: Millis, run_ids: Option<&[String]>) -> Result<Self, Refusal> {
        Self::within(connection, now, vec![OUTSIDE.to_owned()], run_ids, None)?.matched()
    }

    /// The scope, if its runs belong to its indexes.
    fn matched(self) -> Result<Self, Refusal> {
        let mut named = self.runs.iter().filter(|_| self.run_ids.is_some());
        named.try_for_each(|run| must_be_about(&run.facts, &self.index_ids))?;
        Ok(self)
    }

    fn within(
        connection: &Connection,
        now: Millis,
        index_ids: Vec<String>,
        run_ids: Option<&[String]>,
        video_ids: Option<HashSet<String>>,
    ) -> Result<Self, Refusal> {
        let media = library::media(connection)?;
        let run_ids = run_ids.filter(|ids| !ids.is_empty()).map(distinct);
        let mut runs = Vec::new();
        match &run_ids {
            Some(ids) => {
                for id in ids {
                    let found = runs::list(connection, &media, Which::One(id), None, 1)?.pop();
                    runs.push(found.ok_or_else(|| Refusal::not_found("run").with("run_id", id.as_str()))?);
                }
            }
            None if index_ids.iter().any(|id| id == OUTSIDE) => runs = runs::list(connection, &media, Which::All, None, usize::MAX)?,
            None => {
                for index_id in &index_ids {
                    runs.extend(runs::list(connection, &media, Which::OfIndex(index_id), None, usize::MAX)?);
                }
            }
        }
        runs.sort_by_key(|run| std::cmp::Reverse(run.seq));
        runs.dedup_by_key(|run| run.seq);
        Ok(Self { index_ids, run_ids, video_ids, runs, now })
    }

    /// Whether an item is meant, as far as items are named.
    pub fn names(&self, video_id: &str) -> bool {
        self.video_ids.as_ref().is_none_or(|ids| ids.contains(video_id))
    }

    /// The runs whose results can be searched, newest first.
    pub fn searchable(&self) -> Vec<Progress<'_>> {
        let all = self.runs.iter().map(|run| Progress::at(&run.facts, self.now));
        all.filter(|progress| progress.status.is_searchable()).collect()
    }

    /// Whether the text index lacks a run whose results can be searched: it is one of these, or the call names it and it could not be settled.
    pub fn lacks(&self, unindexed: &HashSet<String>) -> bool {
        let unsettled = |run: &Stored| self.run_ids.is_some() && run.facts.settled.is_none();
        let mut lacking = self.runs.iter().filter(|run| unsettled(run) || unindexed.contains(&run.facts.run_id));
        lacking.any(|run| Progress::at(&run.facts, self.now).status.is_searchable())
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

    /// Whether an item is in one of the indexes, and meant.
    pub fn covers(&self, item: &ItemProgress) -> bool {
        let index_id = item.item.index_id.as_deref().unwrap_or(OUTSIDE);
        self.index_ids.iter().any(|id| id == index_id) && self.names(&item.item.video_id)
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

/// Each of the ids once, in their order. Whoever names one a million times asks no more than who names it once.
pub fn distinct(ids: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    ids.iter().filter(|id| seen.insert(id.as_str())).cloned().collect()
}

/// Refuses a run that has nothing to do with any of the indexes. Nobody knows what the service answers. An empty answer would look like a
/// fact about the media.
pub fn must_be_about(run: &Facts, index_ids: &[String]) -> Result<(), Refusal> {
    let indexes: Vec<Option<&str>> = index_ids.iter().map(|id| Some(id.as_str()).filter(|id| *id != OUTSIDE)).collect();
    if run.is_about(&indexes) {
        return Ok(());
    }
    let asked = match index_ids {
        [only] if only == OUTSIDE => "media without an index".to_owned(),
        ids => ids.join(", "),
    };
    let message = format!("The run {} belongs to {}, not to {asked}.", run.run_id, run.about());
    Err(Refusal::bad_request("validation_index_mismatch", message).with("run_id", run.run_id.as_str()))
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
