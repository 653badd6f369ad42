//! What the library holds: indexes, their items, and the moments in them.
//!
//! The tools are `indexes`, `videos`, `video` and `segments`, which list and read, `many` and `status`, which read many items at once,
//! `link`, which gives out addresses, and `moment` and `moments`, which show pictures. `deletions` says what a deletion would take away,
//! `failed` why an item failed, and `added` how an item that was added is shown. `place` finds the segment of a moment, `picture` fetches
//! its picture, `coverage` says where an item has no segments, `view` what a viewer of a moment draws, and `other_runs` and `speech` find
//! what another run has. Start with `moment`. Nothing here may know how a search finds its hits.

mod added;
mod coverage;
mod deletions;
mod failed;
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
    Tool::of::<indexes::ListIndexesTool>().words("collections libraries which exist overview names").core(),
    Tool::of::<videos::ListVideos>().words("films clips contents titles in index how many unprocessed never").core().example(r#"{"index_id": "idx_early_cinema"}"#)
        .resource(Resource::of("indexes/{index}", "index", "Index", "The videos, audio and images of an index, by its id or name.").by("index_id")),
    Tool::of::<video::GetVideoTool>().words("details length duration metadata title").core().example(r#"{"video_id": "vid_great_train_robbery_1903"}"#)
        .resource(Resource::of("videos/{video}", "video", "Video", "What is known about a video, audio or image item, by its id or title.").by("video_id")),
    Tool::of::<segments::GetVideoSegments>().words("scenes shots chapters timeline transcript described").core().example(r#"{"video_id": "vid_great_train_robbery_1903"}"#),
    Tool::proxy::<api::indexes::GetIndex>("get_index", "Get index").words("details size number of videos collection").example(r#"{"index_id": "idx_early_cinema"}"#),
    Tool::done::<api::indexes::CreateIndex>("create_index", "Create index", "Index created").words("new collection library folder empty open")
        .example(r#"{"name": "Field notes", "idempotency_key": "example-create-index"}"#),
    Tool::deletes::<api::deletions::DeleteIndex>("delete_index", "Delete index").words("collection library").example(r#"{"index_id": "idx_space_and_nature"}"#),
    Tool::proxy::<api::deletions::GetIndexDeletion>("get_index_deletion", "Follow a deletion").words("has gone finished far removal").example(r#"{"index_id": "idx_test_reels"}"#),
    Tool::of::<many::GetVideos>().words("details several many together batch ids").example(r#"{"video_ids": ["vid_great_train_robbery_1903"]}"#),
    Tool::of::<status::GetVideosStatus>().words("several many batch processed processing ready films").example(r#"{"video_ids": ["vid_great_train_robbery_1903"]}"#),
    Tool::of::<many::GetVideosSegments>().words("scenes several many batch films together").example(r#"{"video_ids": ["vid_great_train_robbery_1903"]}"#),
    Tool::of::<link::GetVideoLink>().words("play watch stream share; browser public login logging").composed().example(r#"{"video_id": "vid_great_train_robbery_1903"}"#),
    Tool::of::<videos::ListPlaygroundVideosTool>().words("outside without index unindexed belong nowhere unsorted"),
    Tool::done::<api::videos::CreateVideo>("create_video", "Add a video", "Media added").words("add register; gs google storage existing new film").example(
        r#"{"title": "A reel", "video_uri": "gs://films/reel.mp4", "index_id": "idx_space_and_nature", "idempotency_key": "example-create-video"}"#,
    ),
    Tool::planned::<api::videos::ProcessVideo>("process_video", "Process video").words("split cut slice divide segment; pieces seconds length again anew").example(r#"{"video_id": "vid_great_train_robbery_1903"}"#),
    Tool::deletes::<api::deletions::DeleteVideo>("delete_video", "Delete video").words("clip film").example(r#"{"video_id": "vid_damaged_reel_1906"}"#),
    Tool::proxy::<api::deletions::GetVideoDeletion>("get_video_deletion", "Follow a deletion").words("has gone finished far removal film").example(r#"{"video_id": "vid_test_reel_3"}"#),
    Tool::of::<moment::ShowMoment>().words("still frame thumbnail picture preview time").core().composed().example(r#"{"video_id": "vid_great_train_robbery_1903", "time": 5}"#)
        .resource(Resource::of("moments/{handle}", "moment", "Moment", "A moment of a video with its picture, by its handle <video_id>@<start>-<end>.").by("video_id")),
    Tool::of::<moments::ShowMoments>().words("compare; contact sheet thumbnails stills side several").core().composed().example(r#"{"moments": ["vid_great_train_robbery_1903@0-68"]}"#),
    Tool::of::<upload::UploadMedia>().words("send put; local disk computer laptop phone machine file add video").local(Local::Files).composed().example(r#"{"file_path": "film.mp4"}"#),
];
