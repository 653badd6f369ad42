//! SQL over what prompt runs extracted: which tables there are, queries, and drafts of queries.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};

use super::{
    Access, Repeat, Scope, endpoint,
    ids::{IndexId, RunId},
    null_as_default,
    page::longest,
};

/// The most rows that a query answers with.
pub const MOST_ROWS: u32 = 2000;
/// The longest query, in characters.
pub const MAX_QUERY: usize = 20_000;

/// List the tables and columns that `search_sql` can query.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the name says it")]
pub struct ListSqlTables {
    pub index_id: IndexId,
}

endpoint!(ListSqlTables, Post, "/search/sql/{index_id}/catalog", Access::Scope(Scope::Search), SqlCatalog, REPEAT = Repeat::Read);

/// Query extracted fields with SQL (one SELECT). `list_sql_tables` has the columns.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SearchSql {
    pub index_id: IndexId,
    #[schemars(length(min = 1, max = MAX_QUERY))]
    pub query: String,
    pub run_ids: Option<Vec<RunId>>,
    pub index_ids: Option<Vec<IndexId>>,
    #[schemars(range(min = 1, max = MOST_ROWS))]
    pub result_limit: Option<u32>,
}

endpoint!(SearchSql, Post, "/search/sql/{index_id}", Access::Scope(Scope::Search), SqlRows, REPEAT = Repeat::Read);

/// Draft SQL for `search_sql` from words.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct WriteSql {
    pub index_id: IndexId,
    #[schemars(length(min = 1, max = 4000))]
    pub instruction: String,
    #[schemars(length(max = MAX_QUERY))]
    pub existing_query: Option<String>,
}

endpoint!(WriteSql, Post, "/search/sql/{index_id}/generate", Access::Scope(Scope::Search), SqlDraft);

/// The tables that can be queried. The published description does not say what a table looks like.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SqlCatalog {
    pub tables: Vec<Map<String, Value>>,
}

impl<'de> Deserialize<'de> for SqlCatalog {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Named { tables, data, .. } = Named::deserialize(deserializer)?;
        Ok(Self { tables: longest([tables, data]).ok_or_else(|| D::Error::missing_field("tables"))? })
    }
}

/// The rows of a query.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SqlRows {
    pub rows: Vec<Map<String, Value>>,
    /// Where the rows come from. The published description does not say what this looks like.
    pub row_context: Option<Value>,
    pub truncated: bool,
    pub applied_result_limit: Option<u32>,
}

impl<'de> Deserialize<'de> for SqlRows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Named { rows, data, results, row_context, truncated, applied_result_limit, .. } = Named::deserialize(deserializer)?;
        let rows = longest([rows, data, results]).ok_or_else(|| D::Error::missing_field("rows"))?;
        Ok(Self { rows, row_context, truncated, applied_result_limit })
    }
}

/// Both as they come, with the names that one would guess.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "listed")]
    tables: Option<Vec<Map<String, Value>>>,
    #[serde(deserialize_with = "listed")]
    rows: Option<Vec<Map<String, Value>>>,
    #[serde(deserialize_with = "listed")]
    data: Option<Vec<Map<String, Value>>>,
    #[serde(deserialize_with = "listed")]
    results: Option<Vec<Map<String, Value>>>,
    row_context: Option<Value>,
    #[serde(deserialize_with = "null_as_default")]
    truncated: bool,
    applied_result_limit: Option<u32>,
}

/// Reads a list that is there. Null is an empty one.
fn listed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Map<String, Value>>>, D::Error> {
    null_as_default(deserializer).map(Some)
}

/// A draft of a query.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SqlDraft {
    pub query: String,
    /// What to know about the draft. Not in the published description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
