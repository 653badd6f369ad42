//! Makes tables of what the runs of a scope extracted.

use std::collections::HashSet;

use rusqlite::types::Value as Cell;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    api::prompts::Prompt,
    playground::{
        runs::{Progress, reading, stamp},
        search::{Scope, results},
    },
};

/// How deep a schema is flattened into columns. What lies deeper stays JSON.
const MOST_DEPTH: usize = 4;
/// The most columns that one schema gives.
const MOST_FIELDS: usize = 200;

/// A table with its rows.
pub struct Table {
    /// Its name: small letters, digits and underscores.
    pub name: String,
    /// What a row is.
    pub about: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column of a table.
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// The path of the field, if it comes from a prompt's schema.
    pub path: Option<Vec<String>>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Real,
    /// 1 or 0.
    Boolean,
    /// JSON as text, for `json_each` and the like.
    Json,
}

impl Kind {
    /// The word that declares it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Boolean => "BOOLEAN",
            Self::Json => "JSON",
        }
    }
}

/// Columns that do not come from a schema.
fn fixed(columns: &[(&str, Kind)]) -> Vec<Column> {
    columns.iter().map(|(name, kind)| Column { name: (*name).to_owned(), kind: *kind, path: None }).collect()
}

/// The columns before the fields of a segment.
const SEGMENT: [(&str, Kind); 7] = [
    ("run_id", Kind::Text),
    ("video_id", Kind::Text),
    ("video_title", Kind::Text),
    ("index_id", Kind::Text),
    ("segment_id", Kind::Text),
    ("start_time", Kind::Real),
    ("end_time", Kind::Real),
];

/// All tables of a scope, each with a name of its own: those of the prompts, then `videos` and `runs`. If the call names runs, each of them has its rows. Otherwise a
/// segment has one row per prompt, that of the newest run.
pub fn tables(scope: &Scope) -> Vec<Table> {
    let runs = scope.searchable();
    let mut tables: Vec<Table> = Vec::new();
    let mut prompts: Vec<&Prompt> = Vec::new();
    for run in &runs {
        if !prompts.iter().any(|prompt| prompt.prompt_id == run.facts.prompt.prompt_id) {
            prompts.push(&run.facts.prompt);
        }
    }
    prompts.sort_by(|one, other| one.name.cmp(&other.name).then_with(|| one.prompt_id.cmp(&other.prompt_id)));
    for prompt in prompts {
        tables.push(of_segments(scope, &runs, prompt));
        if let Some(level) = &prompt.video_level {
            tables.push(of_videos(scope, &runs, prompt, &level.json_schema));
        }
    }
    // The names of these are the same whatever the prompts are called.
    let (videos, all_runs) = (videos(scope, &runs), runs_table(&runs));
    let mut taken = HashSet::from([videos.name.clone(), all_runs.name.clone()]);
    for table in &mut tables {
        table.name = free(&table.name, &mut taken);
    }
    tables.extend([videos, all_runs]);
    tables
}

/// Which of several runs a row is of. `runs` lists all of them, so whoever joins it has to know.
const NEWEST: &str = "of the newest run unless run_ids names runs";

fn of_segments(scope: &Scope, runs: &[Progress<'_>], prompt: &Prompt) -> Table {
    let mut columns = fixed(&SEGMENT);
    add_fields(&mut columns, &prompt.json_schema);
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for (run, item, step) in results(scope, runs).filter(|(run, ..)| run.facts.prompt.prompt_id == prompt.prompt_id) {
        if scope.run_ids.is_none() && !seen.insert(step.piece.segment_id.as_str()) {
            continue;
        }
        let mut row = vec![
            text(&run.facts.run_id),
            text(&item.item.video_id),
            text(&item.item.title),
            item.item.index_id.as_deref().map_or(Cell::Null, text),
            text(&step.piece.segment_id),
            Cell::Real(step.piece.start),
            Cell::Real(step.piece.end),
        ];
        add_cells(&mut row, &columns, &reading::metadata(run.facts, step));
        rows.push(row);
    }
    Table {
        name: slug(&prompt.name),
        about: format!("One row per segment, {NEWEST}, from the prompt \"{}\" ({})", prompt.name, prompt.prompt_id),
        columns,
        rows,
    }
}

fn of_videos(scope: &Scope, runs: &[Progress<'_>], prompt: &Prompt, schema: &Map<String, Value>) -> Table {
    let mut columns = fixed(&SEGMENT[..4]);
    add_fields(&mut columns, schema);
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for run in runs.iter().filter(|run| run.facts.prompt.prompt_id == prompt.prompt_id) {
        for item in run.items.iter().filter(|item| scope.covers(item)) {
            let Some(result) = reading::video_result(run.facts, item).filter(|result| !result.metadata.is_empty()) else { continue };
            if scope.run_ids.is_none() && !seen.insert(item.item.video_id.clone()) {
                continue;
            }
            let index_id = item.item.index_id.as_deref().map_or(Cell::Null, text);
            let mut row = vec![text(&run.facts.run_id), text(&item.item.video_id), text(&item.item.title), index_id];
            add_cells(&mut row, &columns, &result.metadata);
            rows.push(row);
        }
    }
    Table {
        name: format!("{}_videos", slug(&prompt.name)),
        about: format!("One row per video, {NEWEST}, from the prompt \"{}\" ({})", prompt.name, prompt.prompt_id),
        columns,
        rows,
    }
}

fn videos(scope: &Scope, runs: &[Progress<'_>]) -> Table {
    let columns =
        [("video_id", Kind::Text), ("title", Kind::Text), ("media_type", Kind::Text), ("duration", Kind::Real), ("index_id", Kind::Text)];
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for item in runs.iter().flat_map(|run| &run.items).filter(|item| scope.covers(item)).map(|item| item.item) {
        if seen.insert(item.video_id.clone()) {
            let index_id = item.index_id.as_deref().map_or(Cell::Null, text);
            rows.push(vec![text(&item.video_id), text(&item.title), text(&item.media_type), Cell::Real(item.duration), index_id]);
        }
    }
    Table { name: "videos".into(), about: "One row per video that a run has covered".into(), columns: fixed(&columns), rows }
}

fn runs_table(runs: &[Progress<'_>]) -> Table {
    let columns = [
        ("run_id", Kind::Text),
        ("prompt_id", Kind::Text),
        ("prompt_name", Kind::Text),
        ("status", Kind::Text),
        ("executed_at", Kind::Text),
    ];
    let row = |run: &Progress<'_>| {
        let facts = run.facts;
        let prompt = &facts.prompt;
        vec![text(&facts.run_id), text(&prompt.prompt_id), text(&prompt.name), text(run.status.as_str()), text(&stamp(facts.started))]
    };
    Table {
        name: "runs".into(),
        about: "One row per run whose results can be searched".into(),
        columns: fixed(&columns),
        rows: runs.iter().map(row).collect(),
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// Adds a column for each field of a schema.
fn add_fields(columns: &mut Vec<Column>, schema: &Map<String, Value>) {
    let mut taken: HashSet<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut fields = Vec::new();
    collect(schema, &mut Vec::new(), &mut fields);
    for (path, kind) in fields.into_iter().take(MOST_FIELDS) {
        let name = free(&slug(&path.join("_")), &mut taken);
        columns.push(Column { name, kind, path: Some(path) });
    }
}

fn collect(schema: &Map<String, Value>, path: &mut Vec<String>, fields: &mut Vec<(Vec<String>, Kind)>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let Value::Object(property) = property else { continue };
        path.push(name.clone());
        if path.len() < MOST_DEPTH && property.get("properties").is_some_and(Value::is_object) {
            collect(property, path, fields);
        } else {
            fields.push((path.clone(), kind(property)));
        }
        path.pop();
    }
}

fn kind(property: &Map<String, Value>) -> Kind {
    let named = |word: &str| match property.get("type") {
        Some(Value::String(kind)) => kind == word,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == word),
        _ => false,
    };
    match () {
        () if named("string") => Kind::Text,
        () if named("integer") => Kind::Integer,
        () if named("number") => Kind::Real,
        () if named("boolean") => Kind::Boolean,
        () => Kind::Json,
    }
}

/// Adds the cells of the columns that come from a schema.
fn add_cells(row: &mut Vec<Cell>, columns: &[Column], metadata: &Map<String, Value>) {
    for column in columns {
        if let Some((first, rest)) = column.path.as_deref().and_then(<[String]>::split_first) {
            let found = rest.iter().try_fold(metadata.get(first), |found, name| Some(found?.get(name))).flatten();
            row.push(found.map_or(Cell::Null, cell));
        }
    }
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Integer((*flag).into()),
        Value::Number(number) => number.as_i64().map_or_else(|| number.as_f64().map_or(Cell::Null, Cell::Real), Cell::Integer),
        Value::String(content) => text(content),
        Value::Array(_) | Value::Object(_) => text(&value.to_string()),
    }
}

/// A text as a name: small letters, digits and single underscores, no digit first, and none of the names that SQLite keeps for itself.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('_') {
            slug.push('_');
        }
    }
    let slug = slug.trim_matches('_');
    match slug.chars().next() {
        None => "unnamed".to_owned(),
        Some(c) if c.is_numeric() || slug == "sqlite" || slug.starts_with("sqlite_") => format!("n{slug}"),
        Some(_) => slug.to_owned(),
    }
}

/// The name, with a number if it is taken.
pub fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|number: u32| format!("{name}_{number}"));
    let found = std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken.contains(name));
    let name = found.unwrap_or_else(|| name.to_owned());
    taken.insert(name.clone());
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_become_columns_with_names_of_their_own() {
        let schema = json!({"properties": {
            "video_id": {"type": "string"}, "a b": {"type": "integer"}, "A-B": {"type": ["boolean", "null"]}, "7": {"type": "number"},
            "où": {"type": "string"}, "deep": {"properties": {"er": {"type": "array"}, "x": {}}}, "": {"type": "string"}, "no": 3
        }});
        let mut columns = fixed(&SEGMENT);
        add_fields(&mut columns, schema.as_object().unwrap());
        let told: Vec<_> = columns.iter().skip(7).map(|column| format!("{} {}", column.name, column.kind.name())).collect();
        assert_eq!(
            told,
            ["video_id_2 TEXT", "a_b INTEGER", "a_b_2 BOOLEAN", "n7 REAL", "où TEXT", "deep_er JSON", "deep_x JSON", "unnamed TEXT"]
        );
        let mut row = Vec::new();
        let metadata = json!({"a b": 3, "A-B": true, "7": 0.5, "deep": {"er": [1]}, "où": null, "video_id": {"x": 1}});
        add_cells(&mut row, &columns, metadata.as_object().unwrap());
        assert_eq!(row[0], Cell::Text(r#"{"x":1}"#.into()));
        assert_eq!((&row[1], &row[2], &row[3]), (&Cell::Integer(3), &Cell::Integer(1), &Cell::Real(0.5)));
        assert_eq!((&row[5], &row[6], row.len()), (&Cell::Text("[1]".into()), &Cell::Null, 8));
    }

    #[test]
    fn no_name_is_one_that_sqlite_keeps_for_itself() {
        for (name, expected) in [
            ("SQLite questions", "nsqlite_questions"),
            ("SQLite", "nsqlite"),
            ("sqlites", "sqlites"),
            ("7 films", "n7_films"),
            ("-", "unnamed"),
        ] {
            assert_eq!(slug(name), expected);
        }
    }
}
