//! What the library holds: indexes, their items, and the moments in them.
//!
//! The tools are `indexes`, `videos`, `video` and `segments`, which list and read, `many` and `status`, which read many items at once, `link`,
//! which gives out addresses, and `moment` and `moments`, which show pictures. `deletions` says what a deletion would take away, and
//! `added` how an item that was added is shown. `place` finds the segment of a moment, `picture` fetches its picture, `coverage` says where
//! an item has no segments, `view` what a viewer of a moment draws, and `other_runs` and `speech` find what another run has. Start with `moment`. Nothing here may know how a
//! search finds its hits.

mod added;
mod coverage;
mod deletions;
mod indexes;
mod link;
mod many;
mod moment;
mod moments;
mod other_runs;
pub mod picture;
pub mod place;
mod segments;
mod speech;
mod status;
mod upload;
mod video;
mod videos;
mod view;

use crate::{
    api,
    tools::{Local, Tool, catalog::Family, resources::Resource},
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "library", about: "indexes, videos and segments", tools: &TOOLS };

static TOOLS: [Tool; 20] = [
    Tool::of::<indexes::ListIndexesTool>().core(),
    Tool::of::<videos::ListVideos>().core().example(r#"{"index_id": "idx_early_cinema"}"#)
        .resource(Resource::of("indexes/{index}", "index", "Index", "The videos, audio and images of an index, by its id or name.").by("index_id")),
    Tool::of::<video::GetVideoTool>().core().example(r#"{"video_id": "vid_great_train_robbery_1903"}"#)
        .resource(Resource::of("videos/{video}", "video", "Video", "What is known about a video, audio or image item, by its id or title.").by("video_id")),
    Tool::of::<segments::GetVideoSegments>().core().example(r#"{"video_id": "vid_great_train_robbery_1903"}"#),
    Tool::proxy::<api::indexes::GetIndex>("get_index", "Get index").example(r#"{"index_id": "idx_early_cinema"}"#),
    Tool::done::<api::indexes::CreateIndex>("create_index", "Create index", "Index created").words("new collection library folder")
        .example(r#"{"name": "Field notes", "idempotency_key": "example-create-index"}"#),
    Tool::deletes::<api::deletions::DeleteIndex>("delete_index", "Delete index").words("remove collection").example(r#"{"index_id": "idx_space_and_nature"}"#),
    Tool::proxy::<api::deletions::GetIndexDeletion>("get_index_deletion", "Follow a deletion").example(r#"{"index_id": "idx_test_reels"}"#),
    Tool::of::<many::GetVideos>().example(r#"{"video_ids": ["vid_great_train_robbery_1903"]}"#),
    Tool::of::<status::GetVideosStatus>().example(r#"{"video_ids": ["vid_great_train_robbery_1903"]}"#),
    Tool::of::<many::GetVideosSegments>().example(r#"{"video_ids": ["vid_great_train_robbery_1903"]}"#),
    Tool::of::<link::GetVideoLink>().composed().example(r#"{"video_id": "vid_great_train_robbery_1903"}"#),
    Tool::of::<videos::ListPlaygroundVideosTool>().words("outside without index"),
    Tool::done::<api::videos::CreateVideo>("create_video", "Add a video", "Media added").example(
        r#"{"title": "A reel", "video_uri": "gs://films/reel.mp4", "index_id": "idx_space_and_nature", "idempotency_key": "example-create-video"}"#,
    ),
    Tool::planned::<api::videos::ProcessVideo>("process_video", "Process video").example(r#"{"video_id": "vid_great_train_robbery_1903"}"#),
    Tool::deletes::<api::deletions::DeleteVideo>("delete_video", "Delete video").words("remove clip film").example(r#"{"video_id": "vid_damaged_reel_1906"}"#),
    Tool::proxy::<api::deletions::GetVideoDeletion>("get_video_deletion", "Follow a deletion").example(r#"{"video_id": "vid_test_reel_3"}"#),
    Tool::of::<moment::ShowMoment>().core().composed().example(r#"{"video_id": "vid_great_train_robbery_1903", "time": 5}"#)
        .resource(Resource::of("moments/{handle}", "moment", "Moment", "A moment of a video with its picture, by its handle <video_id>@<start>-<end>.").by("video_id")),
    Tool::of::<moments::ShowMoments>().core().composed().example(r#"{"moments": ["vid_great_train_robbery_1903@0-68"]}"#),
    Tool::of::<upload::UploadMedia>().local(Local::Files).composed().words("local disk computer file add video").example(r#"{"file_path": "film.mp4"}"#),
];
