//! Uploads: a file of this machine becomes a media item.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::{Map, Value};

use super::{Access, Repeat, Scope, endpoint, form::FilePart, imports::ImportJob, null_as_default, videos::Video};

/// Uploads a file. The answer is the job that imports it; older services answered with the item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UploadVideo {
    /// 1 to 255 characters.
    pub title: String,
    /// Without an index, the item goes to the account's playground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_id: Option<String>,
    /// The file.
    #[serde(skip)]
    pub file: FilePart,
}

endpoint!(
    UploadVideo,
    Post,
    "/videos/upload",
    Access::Scope(Scope::Write),
    Uploaded,
    form(file),
    REPEAT = Repeat::Keyed("import-job-upload"),
    NOTICE = Some("upload_media"),
);

/// Uploads a file, into an index that is made if there is none of its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkflowUpload {
    /// Without a title, the item is called as the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// An index that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_id: Option<String>,
    /// An index by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_name: Option<String>,
    /// The file.
    #[serde(skip)]
    pub file: FilePart,
}

endpoint!(
    WorkflowUpload,
    Post,
    "/workflow/upload",
    Access::Scope(Scope::Write),
    Uploaded,
    form(file),
    REPEAT = Repeat::Keyed("workflow-upload"),
    NOTICE = Some("upload_media"),
);

/// Where an upload went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Destination {
    /// `index` or `playground`.
    #[serde(rename = "type", deserialize_with = "null_as_default")]
    pub kind: String,
    /// The index.
    pub index_id: Option<String>,
    /// The name.
    pub index_name: Option<String>,
    /// Whether it was made for this upload.
    #[serde(deserialize_with = "null_as_default")]
    pub index_created: bool,
}

/// The answer to an upload. On the wire, its parts are one object: one official client reads the item and where it went, another one reads
/// the job. We send both and read either.
#[derive(Clone, Debug, Default)]
pub struct Uploaded {
    /// The item.
    pub video: Option<Video>,
    /// Where it went.
    pub destination: Option<Destination>,
    /// The job that imported it.
    pub job: Option<ImportJob>,
}

impl Serialize for Uploaded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = match self.job.as_ref().map(serde_json::to_value).transpose().map_err(S::Error::custom)? {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let video = self.video.as_ref().map(serde_json::to_value).transpose().map_err(S::Error::custom)?;
        let destination = self.destination.as_ref().map(serde_json::to_value).transpose().map_err(S::Error::custom)?;
        // Version 1 of that second client reads the item from the same object.
        if let Some(Value::Object(video)) = &video {
            for name in ["video_id", "title", "video_uri", "media_type", "duration_seconds"] {
                members.extend(video.get(name).map(|value| (name.to_owned(), value.clone())));
            }
            members.insert("message".to_owned(), Value::from("Uploaded."));
        }
        members.extend(video.map(|video| ("video".to_owned(), video)));
        members.extend(destination.map(|destination| ("destination".to_owned(), destination)));
        members.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Uploaded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Map::deserialize(deserializer)?;
        let mut take = |name: &str| members.shift_remove(name).filter(|value| !value.is_null());
        let video = take("video").map(serde_json::from_value).transpose().map_err(D::Error::custom)?;
        let destination = take("destination").map(serde_json::from_value).transpose().map_err(D::Error::custom)?;
        // Version 1 of the service answered with the item alone.
        let alone = video.is_none() && members.contains_key("video_id") && !members.contains_key("job_id");
        let is_job = members.contains_key("job_id");
        let rest = Value::Object(members);
        let video = if alone { Some(Video::deserialize(&rest).map_err(D::Error::custom)?) } else { video };
        let job = if is_job { Some(ImportJob::deserialize(&rest).map_err(D::Error::custom)?) } else { None };
        if video.is_none() && job.is_none() {
            return Err(D::Error::custom("neither `video` nor `job_id` is there"));
        }
        Ok(Self { video, destination, job })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_read_in_each_of_its_forms() {
        let read = |value: Value| serde_json::from_value::<Uploaded>(value);
        let both = read(json!({"job_id": "job_1", "status": "completed", "video": {"video_id": "vid_1"}, "destination": {"type": "index", "index_id": "idx_1"}})).unwrap();
        assert_eq!((both.video.as_ref().unwrap().video_id.as_str(), both.job.as_ref().unwrap().job_id.as_str()), ("vid_1", "job_1"));
        assert_eq!(both.destination.as_ref().unwrap().index_id.as_deref(), Some("idx_1"));
        let written = serde_json::to_value(&both).unwrap();
        assert_eq!(
            (&written["video"]["video_id"], &written["job_id"], &written["failed_files"]),
            (&json!("vid_1"), &json!("job_1"), &json!([]))
        );
        let job = read(json!({"job_id": "job_1", "status": "importing"})).unwrap();
        assert!(job.video.is_none() && job.destination.is_none() && job.job.is_some());
        let item =
            read(json!({"video_id": "vid_1", "title": "A", "video_uri": "gs://a/b", "status": "UPLOADED", "message": "Done"})).unwrap();
        assert!(item.job.is_none() && item.video.unwrap().title == "A");
        assert!(read(json!({"message": "Done"})).is_err());
    }
}
