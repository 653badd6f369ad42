//! Turns the parts of an HTTP request back into an endpoint value. This is the inverse of [`crate::api::Request::of`].
//!
//! A query or a form carries pairs of text, so the type that is read decides what is a number or a list. A body carries a JSON object. Path
//! parameters are added to either form. A path parameter replaces an argument of the same name.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::Refusal;
use crate::api::{
    Body, Endpoint,
    reader::{self, Misfit, Step},
};

/// How many levels a body may have. What is kept of it stands in records and lists that have some more, and those are read with a limit of
/// 127.
const MOST_LEVELS: u8 = 100;

/// The arguments of a call, before they are read as a type.
#[derive(Clone, Debug)]
pub enum Arguments {
    /// Pairs of a query or a form, and path parameters; lists are repeated names.
    Pairs(Vec<(String, String)>),
    /// A JSON object and path parameters.
    Members(Map<String, Value>),
}

impl Arguments {
    /// Takes the arguments out of a request.
    pub async fn of(place: Body, parts: &mut Parts, body: &[u8]) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let path = path(parts).await?;
        match place {
            Body::Query | Body::Nothing | Body::Form(_) => Ok(Self::from_query(&query, path)),
            Body::Members | Body::MembersBeside(_) if body.is_empty() => Err(Refusal::argument(["body"], "Field required", "missing")),
            Body::Members | Body::MembersIfAny => Self::from_body(body, path),
            Body::MembersBeside(names) => {
                let query = form_urlencoded::parse(query.as_bytes()).into_owned().filter(|(name, _)| names.contains(&name.as_str()));
                Self::from_body(body, query.chain(path).collect())
            }
        }
    }

    /// Takes the arguments out of a request whose body was a form with these fields.
    pub async fn of_form(parts: &mut Parts, fields: Vec<(String, String)>) -> Result<Self, Refusal> {
        Ok(Self::from_pairs(fields, path(parts).await?))
    }

    fn from_query(query: &str, path: Vec<(String, String)>) -> Self {
        Self::from_pairs(form_urlencoded::parse(query.as_bytes()).into_owned().collect(), path)
    }

    fn from_pairs(mut pairs: Vec<(String, String)>, path: Vec<(String, String)>) -> Self {
        pairs.retain(|(name, _)| !path.iter().any(|(taken, _)| taken == name));
        pairs.extend(path);
        Self::Pairs(pairs)
    }

    /// A body without content has no members.
    fn from_body(body: &[u8], path: Vec<(String, String)>) -> Result<Self, Refusal> {
        let mut members = if body.is_empty() {
            Map::new()
        } else {
            match serde_json::from_slice(body).map(whole) {
                Ok(deep) if !is_within(&deep, MOST_LEVELS) => {
                    let message = format!("Input should have at most {MOST_LEVELS} levels");
                    return Err(Refusal::argument(["body"], message, "value_error"));
                }
                Ok(Value::Object(members)) => members,
                Ok(_) => return Err(Refusal::argument(["body"], "Input should be a JSON object", "model_type")),
                Err(error) => return Err(Refusal::argument(["body"], format!("JSON decode error: {error}"), "json_invalid")),
            }
        };
        members.extend(path.into_iter().map(|(name, value)| (name, Value::String(value))));
        Ok(Self::Members(members))
    }

    /// Reads the arguments as an endpoint. Refuses with 422 and the name of the member that does not fit.
    ///
    /// [`Endpoint::BODY`] decides which form the arguments have. It is checked at compile time, which halves the code per
    /// endpoint.
    pub fn read<E: Endpoint>(self) -> Result<E, Refusal> {
        let call: E = self.members()?;
        let root = const { if matches!(E::BODY, Body::Query | Body::Nothing) { "query" } else { "body" } };
        E::RULE(&call).map_err(|rule| Refusal::argument([root], rule, "value_error"))?;
        Ok(call)
    }

    fn members<E: Endpoint>(self) -> Result<E, Refusal> {
        let from_query = const { matches!(E::BODY, Body::Query | Body::Nothing | Body::Form(_)) };
        let root = const { if matches!(E::BODY, Body::Form(_)) { "body" } else { "query" } };
        if from_query {
            let read = match self {
                Self::Pairs(pairs) => reader::pairs(pairs),
                // When the playground runs a tool itself, the arguments are JSON, whatever the method of the endpoint is.
                Self::Members(members) => {
                    let mut pairs = Vec::new();
                    for (name, value) in members {
                        append(&mut pairs, &name, value);
                    }
                    reader::pairs(pairs)
                }
            };
            read.map_err(|misfit| argument_error(root, E::PATH, &misfit))
        } else {
            let members = match self {
                Self::Members(members) => members,
                Self::Pairs(_) => Map::new(),
            };
            reader::members(members).map_err(|misfit| argument_error("body", E::PATH, &misfit))
        }
    }
}

/// The parameters of the path.
async fn path(parts: &mut Parts) -> Result<Vec<(String, String)>, Refusal> {
    let path =
        RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Refusal::bad_request("invalid_path", "The path is not UTF-8."))?;
    Ok(path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Writes a member as pairs. A list repeats its name. Null is the same as absent.
fn append(pairs: &mut Vec<(String, String)>, name: &str, value: Value) {
    match value {
        Value::Null => {}
        Value::String(text) => pairs.push((name.to_owned(), text)),
        Value::Array(items) => items.into_iter().for_each(|item| append(pairs, name, item)),
        other => pairs.push((name.to_owned(), other.to_string())),
    }
}

/// Whether a value has at most so many levels of lists and objects.
fn is_within(value: &Value, levels: u8) -> bool {
    let below = |inner: &Value| levels.checked_sub(1).is_some_and(|levels| is_within(inner, levels));
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(below),
        Value::Object(members) => levels > 0 && members.values().all(below),
        _ => true,
    }
}

/// Takes the point out of whole numbers. JSON has one kind of number, so `5.0` is an integer.
fn whole(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let text = number.to_string();
            let integer = text.strip_suffix(".0").and_then(|digits| digits.parse::<i64>().ok());
            Value::Number(integer.map_or(number, Into::into))
        }
        Value::Array(items) => items.into_iter().map(whole).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, whole(value))).collect(),
        other => other,
    }
}

/// Words a reading error as FastAPI does: the place, the message and the kind. `root` is where the arguments are that are not in the path.
fn argument_error(root: &'static str, template: &str, misfit: &Misfit) -> Refusal {
    let message = &misfit.message;
    let in_path = |step: &Step| matches!(step, Step::Member(name) if template.contains(&format!("{{{name}}}")));
    let mut place = vec![Value::from(if misfit.place().next().is_some_and(in_path) { "path" } else { root })];
    place.extend(misfit.place().map(|step| match step {
        Step::Member(name) => Value::from(name.as_str()),
        Step::Item(at) => Value::from(*at),
    }));
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        place.push(Value::from(name));
        return Refusal::argument(place, "Field required", "missing");
    }
    if let Some(name) = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        if place.last().is_none_or(|last| last != name) {
            place.push(Value::from(name));
        }
        return Refusal::argument(place, "Extra inputs are not permitted", "extra_forbidden");
    }
    Refusal::argument(place, worded(message), "value_error")
}

/// The message of a misfit for a caller, who knows JSON and does not know the types and the words of this program.
pub fn worded(message: &str) -> String {
    let own = ["unknown variant ", "invalid type: ", "invalid value: "].iter().any(|start| message.starts_with(start));
    match message.split_once(", expected ") {
        Some(("invalid type: sequence", "u32")) => "Input should be one number".to_owned(),
        Some((_, "u32")) => format!("Input should be a whole number from 0 to {}", u32::MAX),
        Some((_, expected)) if own => {
            let is_object = expected == "a map" || ["struct ", "internally tagged enum "].iter().any(|start| expected.starts_with(start));
            let expected = match expected {
                _ if is_object => "an object",
                "a sequence" => "a list",
                "variant identifier" => "a text",
                _ => expected,
            };
            format!("Input should be {expected}")
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{indexes::ListIndexVideos, keys::CreateKey, runs::ExecuteRun};

    fn refusal_body<E: Endpoint>(arguments: Arguments) -> Value {
        arguments.read::<E>().err().unwrap().body("r", String::new())["detail"][0].clone()
    }

    #[test]
    fn errors_name_their_place_as_fastapi_does() {
        let path = || vec![("index_id".to_owned(), "i".to_owned())];
        let bad_limit = refusal_body::<ListIndexVideos>(Arguments::from_query("limit=many", path()));
        assert_eq!(bad_limit["loc"], serde_json::json!(["query", "limit"]));
        let bad_id = refusal_body::<ListIndexVideos>(Arguments::from_query("", vec![("index_id".to_owned(), "a b".to_owned())]));
        assert_eq!(bad_id["loc"], serde_json::json!(["path", "index_id"]));
        let no_name = refusal_body::<CreateKey>(Arguments::from_body(b"{}", vec![]).unwrap());
        assert_eq!((&no_name["loc"], &no_name["type"]), (&serde_json::json!(["body", "name"]), &"missing".into()));
        let body = br#"{"prompt_id":"p","target":{"type":"index","index_id":7}}"#;
        let bad_kind = refusal_body::<CreateKey>(Arguments::from_body(br#"{"name":7}"#, vec![]).unwrap());
        assert_eq!(bad_kind["msg"], "Input should be a string");
        let bad_target = refusal_body::<ExecuteRun>(Arguments::from_body(body, vec![]).unwrap());
        assert_eq!(bad_target["loc"][1], "target");
        let text = refusal_body::<ExecuteRun>(Arguments::from_body(br#"{"prompt_id":"p","target":"index"}"#, vec![]).unwrap());
        assert_eq!(text["msg"], "Input should be an object");
        let twice = refusal_body::<ListIndexVideos>(Arguments::from_query("limit=5&limit=6", path()));
        assert_eq!(twice["msg"], "Input should be one number");
        for (body, kind) in [(&b"["[..], "json_invalid"), (b"[]", "model_type")] {
            assert_eq!(Arguments::from_body(body, vec![]).err().unwrap().body("r", String::new())["detail"][0]["type"], kind);
        }
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_point() {
        let key: CreateKey = Arguments::from_body(br#"{"name":"k","expires_in_days":51.0}"#, vec![]).unwrap().read().unwrap();
        assert_eq!(key.expires_in_days, Some(51));
        let broken = refusal_body::<CreateKey>(Arguments::from_body(br#"{"name":"k","expires_in_days":51.5}"#, vec![]).unwrap());
        assert_eq!(broken["loc"][1], "expires_in_days");
    }

    #[test]
    fn the_path_wins_over_the_query() {
        let path = vec![("index_id".to_owned(), "mine".to_owned())];
        let call: ListIndexVideos = Arguments::from_query("index_id=other&limit=3&unknown=1", path).read().unwrap();
        assert_eq!((call.index_id.as_str(), call.limit), ("mine", Some(3)));
    }
}
