//! `tabulate_prompt_run`: one row per segment over all media of a run.

use std::collections::HashSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, json};

use super::{
    describe, matches,
    rows::{Place, Rows, Source},
    table,
};
use crate::{
    api::{
        ids::{IndexId, PromptId, RunId, VideoId},
        prompts::GetPrompt,
        run::PromptRun,
        runs::GetRun,
    },
    session::CallError,
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        answer::{Head, Paging, Row},
        names::{IndexName, Named, folded},
        prompts::fields::{self, Field},
        schema::{Kind, Member},
        text,
    },
};

/// How many rows a page has by default, and at most.
const DEFAULT_ROWS: usize = 50;
/// The most fields of a table.
const MOST_FIELDS: usize = 20;

/// Tabulate a run: chosen fields of each segment of all its videos, by pages.
#[derive(Deserialize, JsonSchema)]
pub struct TabulatePromptRun {
    run_id: RunId,
    #[schemars(length(min = 1, max = 20))]
    fields: Option<Vec<String>>,
    index_id: Option<IndexName>,
    #[schemars(length(min = 1, max = 100))]
    video_ids: Option<Vec<VideoId>>,
    #[serde(default)]
    format: Format,
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Csv,
    Lines,
}

impl Spec for TabulatePromptRun {
    type Endpoint = GetRun;
    const NAME: &'static str = "tabulate_prompt_run";
    const TITLE: &'static str = "Tabulate a run";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("run_id", Kind::Text),
        Member::always("total_rows", Kind::Count),
        Member::maybe("next_cursor", Kind::Text),
        Member::always("rows", Kind::Rows),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        if self.index_id.is_some() && self.video_ids.is_some() {
            return Err(ArgumentError("give `index_id` or `video_ids`, not both".into()).into());
        }
        let begun = self.cursor.as_deref().map(opened).transpose()?;
        if begun.as_ref().is_some_and(|place| place.run_id != self.run_id.as_str()) {
            return Err(foreign().into());
        }
        let run = cx.session.call(&GetRun { run_id: self.run_id.clone() }, &cx.deadline).await?;
        if describe::lost_its_media(&run) {
            return Ok(no_rows(&run));
        }
        let mut unread = false;
        let by_record = self.video_ids.is_none() && self.index_id.is_none();
        let source = match (self.video_ids, self.index_id) {
            (Some(ids), _) => Source::Named(ids),
            (None, Some(name)) => {
                let index = of_run(cx, &run, name).await?;
                Source::Index(index)
            }
            (None, None) => {
                if let Some(source) = source_of(&run) {
                    source
                } else {
                    let (ids, more) = matches::media(cx, &self.run_id).await.map_err(unread_media)?;
                    if ids.is_empty() {
                        return Err(unknown_media("the run's record does not say which media it covers, and it has no results"));
                    }
                    unread = more;
                    Source::Found(ids)
                }
            }
        };
        if begun.as_ref().is_some_and(|place| place.source != source.mark(place)) {
            let rule = if matches!(source, Source::Found(_)) {
                "`cursor` is from a page of other media, or the run has results of further ones by now: begin again without it"
            } else {
                "`cursor` is from a page of other media: give the same `video_ids`, or the same `index_id`, as for that page"
            };
            return Err(ArgumentError(rule.into()).into());
        }
        let limit = self.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_ROWS);
        let first = begun.is_none();
        let rows = Rows::read(cx, &self.run_id, &source, begun, limit);
        let (rows, columns) = tokio::join!(rows, columns(cx, &run, self.fields));
        let rows = match rows {
            // The call names no media, so it is the run's own index that does not exist any more.
            Err(ToolError::Call(CallError::Upstream(error))) if by_record && error.is_missing() => return Ok(no_rows(&run)),
            rows => rows?,
        };
        let Columns { shown: columns, unknown, fields, of_item } = columns;
        // A prompt may have been changed since the run, so what its results have counts, too.
        let unknown: Vec<String> = unknown.into_iter().filter(|path| !rows.have(path)).collect();
        if !unknown.is_empty() && unknown.len() == columns.len() {
            return Err(ArgumentError(no_field(&unknown, &fields, &of_item)).into());
        }
        // The fields of a prompt that is gone are those that its results have.
        let columns = if columns.is_empty() { rows.names(MOST_FIELDS) } else { columns };
        let segments = Some(run.segments()).filter(|all| *all > 0).and_then(|all| usize::try_from(all).ok());
        let whole = segments.map_or_else(|| "a run".to_owned(), |all| format!("a run of {}", text::count(all, "segment")));
        let mut answer = Answer::new(format!(
            "{} of run {} \"{}\"{}",
            text::count(rows.rows.len(), "row"),
            text::id(self.run_id.as_str()),
            text::line(&run.prompt_name, 80),
            if rows.next.is_some() { format!(" on this page, of {whole}") } else { String::new() }
        ));
        if rows.next.is_none() {
            answer.line_of_whole("There are no more pages.".to_owned());
        }
        answer.fact("run_id", self.run_id.as_str());
        answer.fact("columns", json!(columns));
        // Those of this page, as with the contract's lists. How many the run has stands beside it.
        answer.fact("total_rows", rows.rows.len());
        answer.fact("total_segments", segments);
        answer.fact("prompt_name", Some(run.prompt_name.as_str()).filter(|name| !name.is_empty()));
        let titles: Vec<String> = rows.titles.iter().map(|(id, title)| format!("{} \"{}\"", text::id(id), text::line(title, 48))).collect();
        if !titles.is_empty() {
            answer.line(text::names(titles.iter().map(String::as_str), 30));
            answer.fact("titles", rows.titles.iter().map(|(id, title)| (id.clone(), json!(title))).collect::<Map<_, _>>());
        }
        if self.format == Format::Csv {
            let head = ["video_id", "start_time", "end_time"].into_iter().map(str::to_owned).chain(columns.iter().cloned());
            let names: Vec<String> = head.collect();
            answer.head(Head { line: table::csv(&names), columns: names.len(), whole });
        }
        let mut formulas = false;
        let written = rows.rows.iter().map(|row| {
            let cells: Vec<String> = columns.iter().map(|path| table::cell(&table::at(&row.metadata, path))).collect();
            formulas |= self.format == Format::Csv && cells.iter().any(|cell| table::is_formula(cell));
            row.written(&columns, cells, self.format == Format::Csv)
        });
        let written: Vec<Row> = written.collect();
        answer.leave_to_json(["segment_id"]);
        let cursor = rows.next.as_ref().map(|place| sealed(&source, place));
        answer.paging(Paging { size: "limit", cursor: "cursor" }, cursor.as_deref());
        answer.began(self.cursor.as_deref());
        answer.row_cursors((0..rows.rows.len()).filter_map(|row| Some(sealed(&source, &rows.place_of(row)?))).collect());
        answer.rows("rows", written);
        if !unknown.is_empty() {
            answer.note(format!("{}.", no_field(&unknown, &fields, &of_item)));
        }
        if formulas {
            answer.note("Some cells begin with =, +, - or @. They are data, but a spreadsheet may take them for formulas.");
        }
        rows.notes(&mut answer);
        if unread {
            answer.note("The run has very many results, and only the media of the first are tabulated: give `video_ids` for others.");
        }
        if cursor.is_none() && first && rows.rows.is_empty() {
            answer.note(format!("The run stands at: {}.", describe::standing(&run)));
        }
        if cursor.is_none() && rows.covered < describe::media(&run) && rows.is_whole {
            let then = if describe::is_over(&run) { ". Give `index_id` or `video_ids` to look elsewhere" } else { " so far" };
            answer.note(format!("The run covers {} items, and rows of {} were found{then}.", describe::media(&run), rows.covered));
        }
        Ok(answer)
    }
}

/// The table of a run whose media are gone.
fn no_rows(run: &PromptRun) -> Answer {
    let mut answer = describe::nothing_left(run);
    answer.fact("total_rows", 0);
    answer.rows("rows", Vec::new());
    answer
}

/// Where the media of a run are, by its record.
fn source_of(run: &PromptRun) -> Option<Source> {
    if let Some(index) = run.told("index_id").and_then(|id| IndexId::parse(id).ok()) {
        return Some(Source::Index(index));
    }
    (run.told("target_type") == Some("playground")).then_some(Source::Outside)
}

/// Neither the record of a run nor its results name its media.
fn unknown_media(why: &'static str) -> ToolError {
    ToolError::Wants { why, arguments: "`index_id` or `video_ids`" }
}

/// The results that would name the media of a run cannot be read. Where that will not change, the caller can name the media.
fn unread_media(error: CallError) -> ToolError {
    match error {
        CallError::Upstream(error) if !error.may_pass() => {
            unknown_media("the run's record does not say which media it covers, and its results could not be read for that")
        }
        error => error.into(),
    }
}

/// The index that was named. Refuses one that the run was not started on: all its rows would be missing.
async fn of_run(cx: &Context<'_>, run: &PromptRun, named: IndexName) -> Result<IndexId, ToolError> {
    let own = run.told("index_id").and_then(|id| IndexId::parse(id).ok());
    let is_own =
        |own: &IndexId| own.as_str() == named.0.trim() || run.told("index_name").is_some_and(|name| folded(name) == folded(&named.0));
    if let Some(own) = own.clone().filter(is_own) {
        return Ok(own);
    }
    let mut named = Named::new(named, None);
    let index = match named.listed(cx).await {
        Ok(ids) => ids.into_iter().flatten().next(),
        // Without the list, the API has to find out.
        Err(ToolError::Call(_)) => None,
        Err(error) => return Err(error),
    };
    let index = match index {
        Some(index) => index,
        None => named.one(cx).await?,
    };
    let Some(own) = own.filter(|own| *own != index) else { return Ok(index) };
    let name = run.told("index_name").map(|name| format!("\"{}\" ", text::line(name, 80))).unwrap_or_default();
    let run_id = text::id(&run.run_id);
    Err(ArgumentError(format!("run {run_id} belongs to the index {name}({own}), not to {index}; leave `index_id` out")).into())
}

/// The columns of a table.
struct Columns {
    /// The chosen fields, or all fields of the run's prompt.
    shown: Vec<String>,
    /// Those of the chosen ones that the prompt does not have.
    unknown: Vec<String>,
    /// The fields of the prompt, as far as it could be read.
    fields: Vec<Field>,
    /// Those that it has once per item.
    of_item: Vec<Field>,
}

/// Says which fields there are instead of those that there are not.
fn no_field(unknown: &[String], fields: &[Field], of_item: &[Field]) -> String {
    let said = unknown.iter().map(|path| match fields::nearest(fields, path) {
        _ if of_item.iter().any(|field| field.path == *path) => {
            format!("{path} (it is one of whole items, which get_run_matches with result_level=video reads)")
        }
        Some(near) => format!("{path} (did you mean `{}`?)", text::line(near, 120)),
        None => path.clone(),
    });
    let said: Vec<String> = said.collect();
    let unknown = text::names(said.iter().map(String::as_str), 8);
    format!("No field of this run's prompt: {unknown}. Fields: {}", fields::listing(fields))
}

async fn columns(cx: &Context<'_>, run: &PromptRun, chosen: Option<Vec<String>>) -> Columns {
    let chosen: Option<Vec<String>> = chosen.map(|paths| paths.into_iter().map(|path| path.trim().to_owned()).collect());
    let known = match PromptId::parse(run.prompt_id.as_str()) {
        Ok(prompt_id) => cx.session.call(&GetPrompt { prompt_id }, &cx.aside()).await.ok(),
        Err(_) => None,
    };
    let level = known.as_ref().and_then(|prompt| prompt.video_level.as_ref());
    let of_item = level.map(|level| fields::of(&level.json_schema)).unwrap_or_default();
    let known = known.map(|prompt| fields::of(&prompt.json_schema));
    let plain = |path: &str| path.replace("[]", "");
    match (chosen, known) {
        (Some(chosen), Some(known)) => {
            let is_known = |path: &str| known.iter().any(|field| plain(&field.path) == plain(path));
            let within = |path: &str| known.iter().any(|field| plain(&field.path).starts_with(&format!("{}.", plain(path))));
            let unknown = chosen.iter().filter(|path| !is_known(path) && !within(path)).cloned().collect();
            Columns { shown: chosen, unknown, fields: known, of_item }
        }
        (Some(chosen), None) => Columns { shown: chosen, unknown: Vec::new(), fields: Vec::new(), of_item },
        (None, known) => {
            let fields = known.unwrap_or_default();
            let known: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
            // A list of objects is told by its parts.
            let parts: HashSet<&str> = known.iter().filter_map(|path| Some(path.split_once("[].")?.0)).collect();
            let shown = known.iter().filter(|path| !parts.contains(*path)).take(MOST_FIELDS).map(|path| (*path).to_owned()).collect();
            Columns { shown, unknown: Vec::new(), fields, of_item }
        }
    }
}

/// A place among these media as a cursor. It holds all that another process needs to go on.
fn sealed(source: &Source, place: &Place) -> String {
    let mut place = place.clone();
    place.source = source.mark(&place);
    BASE64.encode(serde_json::to_vec(&place).unwrap_or_default())
}

fn opened(cursor: &str) -> Result<Place, ArgumentError> {
    let bytes = BASE64.decode(cursor.trim()).map_err(|_| foreign())?;
    serde_json::from_slice(&bytes).map_err(|_| foreign())
}

fn foreign() -> ArgumentError {
    ArgumentError("`cursor` is not from a page of this run".into())
}
