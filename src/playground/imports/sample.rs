//! The import job that every new playground has. It looks as if films of the sample library had been imported by it.

use rusqlite::Connection;

use super::{Fate, Job, SourceFile, State};
use crate::playground::{
    Refusal,
    connectors::SAMPLE_CONNECTOR,
    store::{library, records},
    time::{Millis, SECOND},
};

/// The id of the job.
const JOB: &str = "import_sample";
/// The index that it filled.
const INDEX: &str = "idx_early_cinema";
/// Its files: the path, the size, and the media item that it became, or else what became of it and why.
const FILES: [(&str, u64, Result<&str, (Fate, &str)>); 4] = [
    ("films/empty.mp4", 0, Err((Fate::Failed, "the file is empty"))),
    ("films/great_train_robbery.mp4", 61_340_112, Ok("vid_great_train_robbery_1903")),
    ("films/trip_to_the_moon.mp4", 74_902_336, Ok("vid_trip_to_the_moon_1902")),
    ("read-me.txt", 50, Err((Fate::Skipped, "files of the kind .txt are no media"))),
];

/// Adds the job to a new store, after the sample library.
pub fn seed(connection: &Connection, created: Millis) -> Result<(), Refusal> {
    let media = library::media(connection)?;
    let mut job = Job {
        job_id: JOB.to_owned(),
        state: State::Completed,
        connector_id: Some(SAMPLE_CONNECTOR.to_owned()),
        index_id: Some(INDEX.to_owned()),
        started: Some(created + SECOND),
        completed: Some(created + 30 * SECOND),
        scanned: true,
        ..Job::new("connector", created)?
    };
    for (ordinal, (path, size, became)) in (0_u64..).zip(FILES) {
        let item = became.ok().and_then(|video_id| media.get(video_id));
        let (fate, reason) = became.err().map_or((Fate::Imported, None), |(fate, reason)| (fate, Some(reason.to_owned())));
        let counts = &mut job.progress;
        counts.total_files += 1;
        counts.parts_total += 1;
        match fate {
            Fate::Failed => (counts.failed, counts.parts_failed) = (counts.failed + 1, counts.parts_failed + 1),
            Fate::Skipped => counts.skipped += 1,
            _ => {
                counts.imported += 1;
                counts.parts_completed += 1;
                counts.bytes_transferred += size;
            }
        }
        let file = SourceFile {
            file_id: format!("{JOB}_file_{ordinal}"),
            job_id: JOB.to_owned(),
            ordinal,
            known_by: SourceFile::known_by(SAMPLE_CONNECTOR, path),
            path: path.to_owned(),
            size,
            modified: created,
            index_id: Some(INDEX.to_owned()),
            fate,
            reason,
            video_id: item.map(|item| item.video_id.clone()),
            title: item.map(|item| item.title.clone()).unwrap_or_default(),
            duration: item.map(|item| item.duration).unwrap_or_default(),
            attached: None,
            submitted: false,
        };
        records::insert(connection, &file)?;
    }
    records::insert(connection, &job)?;
    Ok(())
}
