//! Files that are sent as a part of a form.
//!
//! A call with such a file has a field of type [`FilePart`], and its `endpoint!` line names that field with `form(field)`. The field is no
//! member of the call: serde skips it. So no path and no content of a file can come from a body, and none gets into a text.

use std::{
    fmt,
    io::{self, Read},
    sync::Arc,
};

use bytes::Bytes;

/// A file on this machine that can be read more than once, since a request may be sent more than once.
pub trait Source: Send + Sync {
    /// Opens the file at its beginning. Fails if it is no longer the file that was chosen. The reader fails, too, if the file changes while
    /// it is read.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;
}

/// A file that is sent as a part of a form. The default is an empty one.
#[derive(Clone, Default)]
pub struct FilePart {
    name: String,
    media_type: &'static str,
    length: u64,
    content: Content,
    observer: Option<Observer>,
}

/// Gets the number of bytes of the file that were sent so far. It starts again at 0 with each attempt.
type Observer = Arc<dyn Fn(u64) + Send + Sync>;

/// Where the bytes of a file are.
#[derive(Clone)]
pub enum Content {
    /// In memory.
    Bytes(Bytes),
    /// On a disk.
    Source(Arc<dyn Source>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Bytes(Bytes::new())
    }
}

impl FilePart {
    /// A part of these bytes.
    pub fn bytes(name: impl Into<String>, media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let length = bytes.len() as u64;
        Self { name: name.into(), media_type, length, content: Content::Bytes(bytes), observer: None }
    }

    /// A part that is read from a file of this length.
    pub fn source(name: impl Into<String>, media_type: &'static str, length: u64, source: Arc<dyn Source>) -> Self {
        Self { name: name.into(), media_type, length, content: Content::Source(source), observer: None }
    }

    /// Tells `observer` how many bytes of the file were sent so far.
    #[must_use]
    pub fn observed(mut self, observer: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Tells the observer, if there is one.
    pub fn sent(&self, bytes: u64) {
        if let Some(observer) = &self.observer {
            observer(bytes);
        }
    }

    /// The name of the file, without its directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The media type.
    pub fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The number of bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The bytes, or where they are.
    pub fn content(&self) -> &Content {
        &self.content
    }
}

impl fmt::Debug for FilePart {
    /// Leaves the content out, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FilePart({}, {} bytes)", self.media_type, self.length)
    }
}

/// The body of a request that sends a file.
#[derive(Clone, Debug)]
pub struct Form {
    /// The name of the file's part.
    pub part: &'static str,
    /// The file.
    pub file: FilePart,
    /// All other fields.
    pub fields: Vec<(String, String)>,
}
