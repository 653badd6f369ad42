//! The indexes of a call, given by id, by name, or as `all`.

use std::{borrow::Cow, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::folded;
use crate::{
    api::{
        Endpoint, Problem,
        ids::{IndexId, check_id},
        indexes::{CreateIndex, Index, ListIndexes},
    },
    session::{CallError, Deadline},
    tools::{ArgumentError, Context, ToolError, text},
};

/// The word for every index there is.
pub const ALL: &str = "all";

/// An index given by id or by name, or `all` for every index.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct IndexName(pub String);

impl JsonSchema for IndexName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "IndexName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "minLength": 1, "maxLength": 200})
    }
}

/// The indexes of a call, given by id or by name.
///
/// A name that this process listed a short while ago is known to calls that read. One that changes something has the indexes listed anew,
/// since a name may have come to others meanwhile. Any other text that can be an id is first taken for one, which costs
/// nothing. If the API does not know that id, or if the text cannot be an id, the indexes are listed and their names compared. The
/// comparison ignores case, white space and Unicode composition. `all` is the name of none.
pub struct Named {
    /// The index of the path first, then those of the list that replaces it.
    given: Vec<IndexName>,
    /// How many of them are in that list.
    listed: usize,
    looked_up: bool,
    retried: bool,
}

/// The ids of the main index and of those that replace it.
type Ids = (IndexId, Option<Vec<String>>);
/// Ids and names of all indexes.
type Known = [(String, String)];

/// Why a name stands for no single index.
enum Trouble<'g> {
    /// No index has it.
    Unknown(&'g str),
    /// More than one index has it.
    Shared(&'g str, Vec<String>),
}

/// The refusal of several indexes by a tool that works on one.
pub fn only_one<'a>(known: impl Iterator<Item = (&'a str, &'a str)>) -> ToolError {
    let known: Vec<String> = known.map(|(id, name)| shown(&(id.to_owned(), name.to_owned()))).collect();
    ArgumentError(format!("this tool takes one index at a time: {}", text::names(known.iter().map(String::as_str), 20))).into()
}

impl Named {
    /// The indexes as given: one, or a list that replaces it. Without either, [`Named::ids`] refuses the call.
    pub fn new(main: impl Into<Option<IndexName>>, others: Option<Vec<IndexName>>) -> Self {
        let others = others.unwrap_or_default();
        let main = main.into().filter(|main| others.is_empty() || folded(&main.0) != ALL);
        let listed = others.len();
        Self { given: main.into_iter().chain(others).collect(), listed, looked_up: false, retried: false }
    }

    /// The ids to try first.
    pub async fn ids(&mut self, cx: &Context<'_>) -> Result<Ids, ToolError> {
        if self.given.is_empty() {
            let what = "missing argument `index_id` (index id or name, or \"all\"; or give `index_ids`)";
            return Err(ArgumentError(what.into()).into());
        }
        if self.wants_all() {
            return self.look_up(cx).await;
        }
        let known = cx.memory.indexes(cx.session.recheck()).unwrap_or_default();
        if self.is_doubtful(cx, &known) {
            return self.look_up(cx).await;
        }
        let unlisted = |name: &str| check_id(name).is_ok().then(|| name.to_owned());
        let ids: Option<Vec<String>> = self.given.iter().map(|name| of(&known, &name.0).ok().or_else(|| unlisted(&name.0))).collect();
        match ids.and_then(|ids| self.split(ids)) {
            Some(ids) => Ok(ids),
            None => self.look_up(cx).await,
        }
    }

    /// The ids of indexes that are known to exist, or `None` for all there are. For calls that find nothing where there is no such index, and
    /// do not say so, and for those that leave something behind if they fail.
    pub async fn listed(&mut self, cx: &Context<'_>) -> Result<Option<Vec<IndexId>>, ToolError> {
        let known = cx.memory.indexes(cx.session.recheck()).unwrap_or_default();
        let parsed = |ids: Vec<String>| ids.into_iter().map(|id| IndexId::parse(id).ok()).collect::<Option<Vec<_>>>();
        let ids: Option<Vec<String>> = self.given.iter().map(|name| of(&known, &name.0).ok()).collect();
        if let Some(ids) = ids.filter(|_| !self.is_doubtful(cx, &known)).and_then(parsed) {
            return Ok(Some(ids));
        }
        let (main, others) = self.look_up(cx).await?;
        if self.wants_all() {
            return Ok(None);
        }
        let ids = others.map_or(Some(vec![main]), parsed);
        ids.map(Some).ok_or_else(|| ArgumentError("the API names an index by an id that cannot be used".into()).into())
    }

    /// As [`Named::ids`], for calls that work on one index alone.
    pub async fn one(&mut self, cx: &Context<'_>) -> Result<IndexId, ToolError> {
        let (id, others) = self.ids(cx).await?;
        if others.is_some_and(|others| others.len() > 1) {
            let known = cx.memory.indexes(Duration::MAX).unwrap_or_default();
            return Err(only_one(known.iter().map(|(id, name)| (id.as_str(), name.as_str()))));
        }
        Ok(id)
    }

    /// Whether it takes a list of now to say what is meant: a name that is only remembered may belong to another index by now, or to several.
    fn is_doubtful(&self, cx: &Context<'_>, known: &Known) -> bool {
        let is_name = |given: &str| match of(known, given) {
            Ok(id) => id != given.trim(),
            Err(trouble) => matches!(trouble, Trouble::Shared(..)),
        };
        cx.changes_something() && !self.looked_up && self.given.iter().any(|name| is_name(&name.0))
    }

    /// The ids to try after an error, if the API does not know an index and a name fits. Otherwise an error. In a call that changes something,
    /// somebody may have been asked since the names were looked up, so they are looked up once more.
    pub async fn retry(&mut self, cx: &Context<'_>, error: CallError) -> Result<Ids, ToolError> {
        if self.retried || (self.looked_up && !cx.changes_something()) || !is_unknown_index(&error) {
            return Err(error.into());
        }
        self.retried = true;
        self.look_up(cx).await
    }

    async fn look_up(&mut self, cx: &Context<'_>) -> Result<Ids, ToolError> {
        self.looked_up = true;
        let known = names(cx, &cx.deadline).await?;
        if self.wants_all() {
            let ids: Vec<String> = known.iter().map(|(id, _)| id.clone()).collect();
            let main = ids.first().and_then(|id| IndexId::parse(id.as_str()).ok());
            let main = main.ok_or_else(|| no_such(&known, ALL))?;
            return Ok((main, (ids.len() > 1).then_some(ids)));
        }
        let ids: Result<Vec<String>, Trouble<'_>> = self.given.iter().map(|name| of(&known, &name.0)).collect();
        match ids {
            Ok(ids) => self.split(ids).ok_or_else(|| no_such(&known, "")),
            Err(Trouble::Unknown(name)) => Err(no_such(&known, name)),
            Err(Trouble::Shared(name, ids)) => Err(shared(name, &ids).into()),
        }
    }

    fn wants_all(&self) -> bool {
        self.given.iter().any(|name| folded(&name.0) == ALL)
    }

    fn split(&self, ids: Vec<String>) -> Option<Ids> {
        let main = IndexId::parse(ids.first()?.as_str()).ok()?;
        let others = ids.len().saturating_sub(self.listed);
        Some((main, (self.listed > 0).then(|| ids.into_iter().skip(others).collect())))
    }
}

/// Lists the indexes, own and shared ones, and remembers their names.
pub async fn list(cx: &Context<'_>, deadline: &Deadline) -> Result<Vec<Index>, CallError> {
    let listing = cx.memory.list_indexes();
    let indexes = cx.session.call(&ListIndexes { include_defaults: Some(true) }, deadline).await?.data;
    cx.memory.keep_indexes(listing, indexes.iter().map(|index| (index.index_id.clone(), index.name.clone())).collect());
    Ok(indexes)
}

/// Ids and names of all indexes, as they are now.
pub(super) async fn names(cx: &Context<'_>, deadline: &Deadline) -> Result<Vec<(String, String)>, CallError> {
    Ok(list(cx, deadline).await?.into_iter().map(|index| (index.index_id, index.name)).collect())
}

/// Refuses a name for a new index that no call could reach it by.
pub fn check_new(path: &str, arguments: &Map<String, Value>) -> Result<(), ArgumentError> {
    let name = arguments.get("name").and_then(Value::as_str).filter(|_| path == CreateIndex::PATH);
    if name.is_some_and(|name| folded(name) == ALL) {
        let why = "`name`: \"all\" means all indexes wherever an index is named, so none can have this name; choose another one";
        return Err(ArgumentError(why.into()));
    }
    Ok(())
}

/// Where a name leads of which the API makes an index if none has it.
pub enum Target {
    /// It is the id of an index.
    Is(IndexId),
    /// One index has it. The API may compare in another way than we do, so this is how that index spells it.
    Named(String),
    /// None has it, so that one is made.
    New,
    /// The indexes cannot be listed, so the API has to find out.
    Unknown,
}

/// Finds out where a name leads of which the API makes an index if none has it. Refuses what was hardly meant as the name of a new one: a
/// name that several indexes have, a misspelling of one, and `all`.
pub async fn target(cx: &Context<'_>, name: &str) -> Result<Target, ToolError> {
    let Ok(known) = names(cx, &cx.deadline).await else {
        return misspelt(&[], name).map_or(Ok(Target::Unknown), |why| Err(ArgumentError(why).into()));
    };
    match of(&known, name) {
        Ok(id) if id == name.trim() => Ok(IndexId::parse(id).map_or(Target::Unknown, Target::Is)),
        Ok(id) => Ok(Target::Named(known.into_iter().find(|(known, _)| *known == id).map_or_else(|| name.to_owned(), |(_, name)| name))),
        Err(Trouble::Shared(name, ids)) => Err(shared(name, &ids).into()),
        Err(Trouble::Unknown(_)) => misspelt(&known, name).map_or(Ok(Target::New), |why| Err(ArgumentError(why).into())),
    }
}

/// Why a name is hardly that of a new index. Names that differ in a number are meant to: `Films 2024`, `Films 2025`.
fn misspelt(known: &Known, name: &str) -> Option<String> {
    let wanted = folded(name);
    if wanted == ALL {
        return Some("`index_name`: a new file goes to one index, not to all".to_owned());
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (spelt, index) = known
        .iter()
        .map(|index| (folded(&index.1), index))
        .chain(known.iter().map(|index| (index.0.to_lowercase(), index)))
        .find(|(spelt, _)| text::nearest(&wanted, std::iter::once(spelt.as_str())).is_some() && digits(spelt) == digits(&wanted))?;
    let name = text::line(name, 80);
    let as_id = if spelt == folded(&index.1) { "" } else { " by its id" };
    Some(format!("`index_name`: no index is named \"{name}\"; did you mean {}{as_id}? create_index makes one of that name", shown(index)))
}

/// The id that a text stands for. An id stands for itself, and wins over a name of the same spelling. An index that is named `all` has
/// its id alone.
fn of<'g>(known: &Known, given: &'g str) -> Result<String, Trouble<'g>> {
    if let Some((id, _)) = known.iter().find(|(id, _)| id == given.trim()) {
        return Ok(id.clone());
    }
    let wanted = folded(given);
    if wanted == ALL {
        return Err(Trouble::Unknown(given));
    }
    let fitting: Vec<&String> = known.iter().filter(|(_, name)| folded(name) == wanted).map(|(id, _)| id).collect();
    match fitting.as_slice() {
        [] => Err(Trouble::Unknown(given)),
        [id] => Ok((*id).clone()),
        several => Err(Trouble::Shared(given, several.iter().map(|id| text::id(id)).collect())),
    }
}

fn shown((id, name): &(String, String)) -> String {
    format!("{} \"{}\"", text::id(id), text::line(name, 80))
}

/// Says that several indexes have a name.
pub(super) fn shared(name: &str, ids: &[String]) -> ArgumentError {
    let name = text::line(name, 80);
    ArgumentError(format!("more than one index is named \"{name}\": {}; give the id of the one you mean", ids.join(", ")))
}

fn no_such(known: &Known, given: &str) -> ToolError {
    let known: Vec<String> = known.iter().map(shown).collect();
    ToolError::NoSuchIndex { given: text::line(given, 200), known: text::names(known.iter().map(String::as_str), 20) }
}

/// Whether the error may mean that the API does not know an index. Other resources have codes of their own.
fn is_unknown_index(error: &CallError) -> bool {
    let CallError::Upstream(error) = error else { return false };
    error.is_missing() && error.problem.as_ref().and_then(Problem::missing_resource).is_none_or(|kind| kind == "index")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<(String, String)> {
        [("idx_1", "Films"), ("idx_2", "Caf\u{e9}  noir"), ("idx_3", "films "), ("Reels", "Other"), ("idx_4", "Reels")]
            .map(|(id, name)| (id.to_owned(), name.to_owned()))
            .into()
    }

    #[test]
    fn no_index_takes_the_word_for_all_of_them_away() {
        let mut known = known();
        known.push(("idx_5".into(), "All".into()));
        for given in ["all", "ALL", " All "] {
            assert!(matches!(of(&known, given), Err(Trouble::Unknown(_))), "{given}");
            assert!(misspelt(&known, given).is_some_and(|why| why.contains("not to all")), "{given}");
            let given = Map::from_iter([("name".to_owned(), given.into())]);
            assert!(check_new("/indexes", &given).is_err() && check_new("/prompts", &given).is_ok());
        }
        assert!(matches!(of(&known, "idx_5"), Ok(id) if id == "idx_5"));
        assert!(check_new("/indexes", &Map::from_iter([("name".to_owned(), "All of them".into())])).is_ok());
    }

    #[test]
    fn a_text_stands_for_one_index_or_none() {
        assert!(matches!(of(&known(), "idx_1"), Ok(id) if id == "idx_1"));
        assert!(matches!(of(&known(), "cafe\u{301}\u{a0}NOIR"), Ok(id) if id == "idx_2"));
        assert!(matches!(of(&known(), "FILMS"), Err(Trouble::Shared(_, ids)) if ids == ["idx_1", "idx_3"]));
        assert!(matches!(of(&known(), "Reels"), Ok(id) if id == "Reels"), "an id wins over a name");
        assert!(matches!(of(&known(), "reels"), Ok(id) if id == "idx_4"));
        assert!(matches!(of(&known(), "nothing"), Err(Trouble::Unknown("nothing"))));
    }

    #[test]
    fn a_misspelt_name_makes_no_index() {
        for given in ["Filmss", "ALL", "cafe noirs"] {
            assert!(misspelt(&known(), given).is_some(), "{given}");
        }
        for given in ["Field notes", "Films 2", "idx_5", "News"] {
            assert_eq!(misspelt(&known(), given), None, "{given}");
        }
    }
}
