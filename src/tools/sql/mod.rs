//! SQL over what prompt runs extracted.

use serde_json::{Map, Value};

use crate::{
    api::sql::{ListSqlTables, MOST_ROWS, SearchSql, SqlCatalog, SqlRows, WriteSql},
    client,
    tools::{
        Answer, Context, Effect, Spec, Tool, ToolError,
        answer::Row,
        catalog::Family,
        excerpt,
        proxy::Show,
        schema::{Kind, Member},
        text,
    },
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "sql", about: "SQL over extracted fields", tools: &TOOLS };

static TOOLS: [Tool; 3] = [
    Tool::proxy::<ListSqlTables>("list_sql_tables", "List SQL tables")
        .words("columns fields select database schema names query tables")
        .example(r#"{"index_id": "idx_early_cinema"}"#),
    Tool::proxy::<SearchSql>("search_sql", "Search with SQL")
        .words("query count average sum group aggregate; database select total number per statistics how many most minimum maximum")
        .example(r#"{"index_id": "idx_early_cinema", "query": "SELECT video_title, count(*) AS scenes FROM scene_catalogue GROUP BY 1"}"#),
    Tool::of::<WriteSql>()
        .words("draft generate translate turn; query statement words")
        .example(r#"{"index_id": "idx_early_cinema", "instruction": "how many scenes per mood"}"#),
];

/// The most characters of a query in lines.
const MOST_QUERY: usize = 8_000;
/// The most characters of one value in a line.
const CELL_CHARS: usize = 300;

impl Show for SqlCatalog {
    const OUTPUT: &'static [Member] = &[Member::always("total_tables", Kind::Count), Member::always("tables", Kind::Rows)];

    fn show(self) -> Answer {
        let mut answer = Answer::new(text::count(self.tables.len(), "table"));
        answer.fact("total_tables", self.tables.len());
        if self.tables.is_empty() && !client::was_cut() {
            answer.note("There is no table: no prompt run has extracted anything in this index yet.");
        }
        let rows = self.tables.into_iter().map(|table| Row { line: table_line(&table), value: Value::Object(table) });
        answer.rows("tables", rows.collect());
        answer
    }
}

/// A table in one line. The names of members are guesses, so what does not fit them is shown as it is.
fn table_line(table: &Map<String, Value>) -> String {
    let member = |members: &Map<String, Value>, names: &[&str]| {
        names.iter().find_map(|name| members.get(*name)).and_then(Value::as_str).map(|found| text::line(found, 120))
    };
    let name = member(table, &["name", "table_name", "table"]);
    let columns = ["columns", "fields"].iter().find_map(|name| table.get(*name)).and_then(Value::as_array);
    let (Some(name), Some(columns)) = (name, columns) else { return excerpt::brief(&Value::Object(table.clone()), 600) };
    let column = |column: &Value| match column {
        Value::Object(members) => {
            let kind = member(members, &["type", "data_type"]).map(|kind| format!(" {kind}")).unwrap_or_default();
            format!("{}{kind}", member(members, &["name", "column_name", "column"]).unwrap_or_default())
        }
        other => excerpt::plain(other, 120),
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    let rows = table.get("row_count").and_then(Value::as_u64).map(|rows| format!(", {rows} rows")).unwrap_or_default();
    let about = table.get("description").and_then(Value::as_str).map(|about| format!(". {}", text::line(about, 240))).unwrap_or_default();
    format!("{name} ({}){rows}{about}", columns.join(", "))
}

impl Show for SqlRows {
    const OUTPUT: &'static [Member] = &[Member::always("total_rows", Kind::Count), Member::always("rows", Kind::Rows)];

    fn show(self) -> Answer {
        let columns: Vec<String> = self.rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default();
        let named: Vec<String> = columns.iter().map(|name| text::line(name, 80)).collect();
        let heading = if named.is_empty() { String::new() } else { format!(": {}", named.join(" | ")) };
        let more = if self.truncated { ", and more that the limit leaves out" } else { "" };
        let mut answer = Answer::new(format!("{}{more}{heading}", text::count(self.rows.len(), "row")));
        answer.fact("total_rows", self.rows.len());
        // Null, an empty text and no column at all are three things.
        answer.keep_rows_whole();
        if self.truncated {
            answer.fact("truncated", true);
            // The most cannot be raised.
            let raise = match self.applied_result_limit {
                Some(limit) if limit >= MOST_ROWS => String::new(),
                _ => format!(", or raise result_limit (at most {MOST_ROWS})"),
            };
            let or = if raise.is_empty() { "narrow the query, or count or group in it" } else { "narrow the query, count or group in it" };
            answer.close(format!("Next: {or}{raise}."));
        }
        if self.rows.is_empty() && !client::was_cut() {
            answer.close(
                "No row fits. list_sql_tables says which tables have rows; texts are compared letter by letter, LIKE '%word%' finds parts.",
            );
        }
        if let Some(limit) = self.applied_result_limit {
            answer.fact("applied_result_limit", limit);
        }
        let rows = self.rows.into_iter().map(|row| {
            let same = row.len() == columns.len() && row.keys().eq(columns.iter());
            let cell = |value: &Value| if value.is_null() { "-".to_owned() } else { excerpt::plain(value, CELL_CHARS) };
            let cells: Vec<String> = if same {
                row.values().map(cell).collect()
            } else {
                row.iter().map(|(name, value)| format!("{}={}", text::line(name, 80), cell(value))).collect()
            };
            Row { line: cells.join(" | "), value: Value::Object(row) }
        });
        answer.rows("rows", rows.collect());
        answer
    }
}

impl Spec for WriteSql {
    type Endpoint = Self;
    const NAME: &'static str = "write_sql";
    const TITLE: &'static str = "Draft SQL";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("query", Kind::Text)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let draft = cx.session.call(&self, &cx.deadline).await?;
        let plain = |query: &str| query.trim_end_matches(|c: char| c == ';' || c.is_whitespace()).trim_start().to_owned();
        let is_unchanged = self.existing_query.is_some_and(|existing| plain(&existing) == plain(&draft.query));
        // A query is more than its words: a comment ends with its line, and a literal holds its white space.
        let shown: String = draft.query.trim_end().chars().take(MOST_QUERY).collect();
        let mut lines = shown.lines();
        let mut answer = Answer::new(lines.next().unwrap_or_default());
        lines.for_each(|line| answer.line(line));
        if shown.len() < draft.query.trim_end().len() {
            answer.note(format!("The query is cut after {MOST_QUERY} characters, and does not work like this."));
        }
        answer.fact("query", draft.query);
        if is_unchanged {
            answer.note("This is `existing_query` as it was given: nothing of the instruction is in it.");
        }
        if let Some(note) = draft.note {
            answer.note(text::line(&note, 400));
        }
        answer.close(if is_unchanged {
            "Next: change the query by hand, or call write_sql without existing_query; list_sql_tables has the columns."
        } else {
            "Next: search_sql with this query."
        });
        Ok(answer)
    }
}
