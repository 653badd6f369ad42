-- Media that somebody added: uploads, imports, registered objects. All columns are null for the sample library.

ALTER TABLE videos ADD COLUMN uri TEXT; -- gs://…
ALTER TABLE videos ADD COLUMN file TEXT; -- relative to the directory of the media
ALTER TABLE videos ADD COLUMN content_type TEXT;
ALTER TABLE videos ADD COLUMN size INTEGER; -- bytes
ALTER TABLE videos ADD COLUMN measured INTEGER; -- 0 if the duration is not known; it is 0 then
ALTER TABLE videos ADD COLUMN problem TEXT; -- why it cannot be processed
ALTER TABLE videos ADD COLUMN facts TEXT; -- JSON
ALTER TABLE videos ADD COLUMN state TEXT; -- processing, processed or failed, apart from runs
CREATE INDEX videos_by_uri ON videos (uri) WHERE uri IS NOT NULL;
