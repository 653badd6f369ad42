//! Turns an endpoint value into the parts of an HTTP request.
//!
//! The fields that the path template names go into the path, percent-encoded. [`Body`] says where the others go: into the query, a list as
//! one pair for each item, into one JSON object, or into a form beside a file. A field that is `null` is left out, since that means the same to
//! the API. Inside of a field it stays, since a map of the user's may hold one, so the types there leave it out themselves.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{
    Access, Body, Endpoint, Method, Repeat,
    form::{FilePart, Form},
};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One request to the API. Only the base URL and the credential are not in it.
///
/// It carries the access that its endpoint needs. Only [`Request::of`] makes one, so no code can give it another access.
#[derive(Clone)]
pub struct Request {
    method: Method,
    template: &'static str,
    target: String,
    body: Option<Bytes>,
    form: Option<Form>,
    access: Access,
    repeatable: bool,
    idempotency_key: Option<String>,
    rows: Option<usize>,
    /// The field that says how many rows are wanted, if it has one.
    size: Option<&'static str>,
    notice: Option<&'static str>,
    resume_after: Option<String>,
}

/// Why an endpoint value could not be written as a request.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// A field could not be serialised.
    #[error("the request could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The template names a field that the value does not have, or that is not text.
    #[error("path parameter `{0}` is missing")]
    Parameter(String),
}

impl Request {
    /// Writes an endpoint value as a request. A request with an `idempotency_key` counts as repeatable, so give one only for endpoints that
    /// take one.
    pub fn of<E: Endpoint>(endpoint: &E, idempotency_key: Option<String>) -> Result<Self, CodecError> {
        let empty = Self {
            method: E::METHOD,
            template: E::PATH,
            target: String::new(),
            body: None,
            form: None,
            access: E::ACCESS,
            repeatable: matches!(E::REPEAT, Repeat::Read) || idempotency_key.is_some(),
            idempotency_key,
            rows: None,
            size: None,
            notice: E::NOTICE,
            resume_after: None,
        };
        empty.filled(serde_json::to_value(endpoint)?, E::BODY, E::ROW_FOR_EACH, endpoint.file())
    }

    /// The same request for a stream of events, to go on after the event with this id.
    #[must_use]
    pub fn resuming_after(mut self, event: Option<&str>) -> Self {
        self.resume_after = event.map(str::to_owned);
        self
    }

    /// Puts the fields where they belong. This is not a part of [`Request::of`], so that the program has this code once and not once for
    /// each endpoint.
    fn filled(mut self, fields: Value, place: Body, row_for_each: Option<&str>, file: Option<&FilePart>) -> Result<Self, CodecError> {
        let mut fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        self.rows = rows_asked_for(&fields, row_for_each);
        self.size = PAGE_SIZES.into_iter().find(|name| fields.contains_key(*name));
        self.target = fill(self.template, &mut fields)?;
        fields.retain(|_, value| !value.is_null());
        match place {
            Body::Query => write_query(&mut self.target, &fields),
            Body::Nothing => {}
            Body::MembersIfAny if fields.is_empty() => {}
            Body::MembersBeside(names) => {
                let query = names.iter().filter_map(|name| fields.shift_remove(*name).map(|value| ((*name).to_owned(), value))).collect();
                write_query(&mut self.target, &query);
                self.body = Some(serde_json::to_vec(&fields)?.into());
            }
            Body::Members | Body::MembersIfAny => self.body = Some(serde_json::to_vec(&fields)?.into()),
            Body::Form(part) => {
                let mut pairs = Vec::new();
                each_pair(&fields, |name, value| pairs.push((name.to_owned(), value.to_owned())));
                self.form = Some(Form { part, file: file.cloned().unwrap_or_default(), fields: pairs });
            }
        }
        Ok(self)
    }

    /// The HTTP method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The path template, for logs: it holds no argument.
    pub fn template(&self) -> &'static str {
        self.template
    }

    /// Path and query below the base URL, percent-encoded.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The JSON body.
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    /// The form, if the request sends a file.
    pub fn form(&self) -> Option<&Form> {
        self.form.as_ref()
    }

    /// The id of the event after which a stream goes on.
    pub fn resume_after(&self) -> Option<&str> {
        self.resume_after.as_deref()
    }

    /// What a caller must hold.
    pub fn access(&self) -> Access {
        self.access
    }

    /// Whether sending it twice does no more than sending it once.
    pub fn repeatable(&self) -> bool {
        self.repeatable
    }

    /// How many rows the request asks for, if it says so. Nobody needs further rows of an answer.
    pub fn rows(&self) -> Option<usize> {
        self.rows
    }

    /// The same request for fewer rows. `None` if it cannot say how many it wants, or has a key, which stands for the request as it is.
    pub fn with_rows(&self, rows: usize) -> Option<Self> {
        let size = self.size.filter(|_| rows > 0 && self.repeatable && self.idempotency_key.is_none())?;
        let mut fewer = Self { rows: Some(rows), ..self.clone() };
        if let Some(body) = &self.body {
            let mut fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
            fields.insert(size.to_owned(), rows.into());
            fewer.body = Some(serde_json::to_vec(&fields).ok()?.into());
            return Some(fewer);
        }
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let before = format!("{size}=");
        let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with(&before)).map(str::to_owned);
        let pairs: Vec<String> = others.chain([format!("{size}={rows}")]).collect();
        fewer.target = format!("{path}?{}", pairs.join("&"));
        Some(fewer)
    }

    /// What to announce before it is sent.
    pub fn notice(&self) -> Option<&'static str> {
        self.notice
    }

    /// The idempotency key to send.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }
}

/// The fields that say how many rows a page of a list has.
const PAGE_SIZES: [&str; 2] = ["limit", "page_size"];

/// How many rows a request asks for: its page size, or the number of items that it names for this.
fn rows_asked_for(fields: &Map<String, Value>, row_for_each: Option<&str>) -> Option<usize> {
    let sizes = ["limit", "top_k", "page_size"];
    let size = sizes.iter().find_map(|name| usize::try_from(fields.get(*name)?.as_u64()?).ok());
    size.or_else(|| Some(fields.get(row_for_each?)?.as_array()?.len()))
}

/// Puts the named fields into the template and takes them out of the map.
fn fill(template: &str, fields: &mut Map<String, Value>) -> Result<String, CodecError> {
    let mut path = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        path.push_str(before);
        match fields.shift_remove(name) {
            Some(Value::String(text)) => path.extend(utf8_percent_encode(&text, RESERVED)),
            _ => return Err(CodecError::Parameter(name.to_owned())),
        }
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

fn write_query(target: &mut String, fields: &Map<String, Value>) {
    let mut separator = '?';
    each_pair(fields, |name, value| {
        target.push(separator);
        separator = '&';
        target.extend(utf8_percent_encode(name, RESERVED));
        target.push('=');
        target.extend(utf8_percent_encode(value, RESERVED));
    });
}

/// All fields as pairs of text. A list repeats its name.
fn each_pair(fields: &Map<String, Value>, mut take: impl FnMut(&str, &str)) {
    let mut pair = |name: &str, value: &Value| match value {
        Value::String(text) => take(name, text),
        other => take(name, &other.to_string()),
    };
    for (name, value) in fields {
        match value {
            Value::Array(items) => items.iter().for_each(|item| pair(name, item)),
            other => pair(name, other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{
        ids::{IndexId, VideoId},
        indexes::ListIndexVideos,
        search::TextSearch,
        videos::GetVideo,
    };

    #[test]
    fn paths_are_encoded_and_queries_leave_nulls_out() {
        let video = GetVideo { video_id: VideoId::parse("a&b=é").unwrap() };
        assert_eq!(Request::of(&video, None).unwrap().target(), "/videos/a%26b%3D%C3%A9");
        let list = ListIndexVideos { index_id: IndexId::parse("i").unwrap(), limit: Some(7), cursor: None };
        let request = Request::of(&list, None).unwrap();
        assert_eq!((request.target(), request.rows()), ("/indexes/i/videos?limit=7", Some(7)));
        assert!(request.body().is_none() && request.repeatable());
        let fewer = request.with_rows(3).unwrap();
        assert_eq!((fewer.target(), fewer.rows()), ("/indexes/i/videos?limit=3", Some(3)));
        let next = ListIndexVideos { index_id: IndexId::parse("i").unwrap(), limit: None, cursor: Some("a b".into()) };
        let fewer = Request::of(&next, None).unwrap().with_rows(3).unwrap();
        assert_eq!(fewer.target(), "/indexes/i/videos?cursor=a%20b&limit=3");
        assert!(request.with_rows(0).is_none() && Request::of(&video, None).unwrap().with_rows(3).is_none());
    }

    #[test]
    fn bodies_leave_out_path_parameters() {
        let search = TextSearch {
            index_id: IndexId::parse("i").unwrap(),
            query: "q".into(),
            top_k: Some(3),
            search_fields: None,
            run_ids: None,
            index_ids: None,
        };
        let request = Request::of(&search, None).unwrap();
        assert_eq!((request.target(), request.rows()), ("/indexes/i/search", Some(3)));
        assert_eq!(request.body().unwrap().as_ref(), br#"{"query":"q","top_k":3}"#);
    }
}
