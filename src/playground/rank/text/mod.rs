//! Text search: BM25 from SQLite's FTS5, with one look-up per term. The results are joined concept by concept.
//!
//! Every word of a question is a [`super::concept`]. Any term of a concept answers it. A segment gets the worth of its best term, once per
//! concept. So a segment that answers many words of a question comes before one that answers a single word many times, and the neighbours
//! of one word cannot outweigh the other words. Among the segments that answer any word, the [`super::gist`] of their texts counts too: it
//! compares the meaning of the whole texts.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    concept::{self, Concept, Term},
    gist::Gist,
};

/// The constant k1 of FTS5 and the lowest value of its inverse document frequency. We need both to take its score apart.
const FTS_K1: f64 = 1.2;
const FTS_LEAST_IDF: f64 = 1e-6;
/// What each further term that answers a concept adds, as a share of its worth.
const FURTHER_TERM: f64 = 0.05;
/// What each further field that answers adds, as a share of its worth.
const FURTHER_FIELD: f64 = 0.1;
/// How much of the score depends on how much of the question is answered.
const COVERAGE: f64 = 0.7;
/// The weight of the likeness of the gists. The answered words have the weight 1.
const GIST: f64 = 0.6;

/// One text of one segment, as one run wrote it.
#[derive(Debug, Clone, Copy)]
pub struct TextRow<'a> {
    /// The index the video is in.
    pub index_id: &'a str,
    /// The video.
    pub video_id: &'a str,
    /// The segment. `None` for a text about the whole video.
    pub segment_id: Option<&'a str>,
    /// The run that wrote the text.
    pub run_id: &'a str,
    /// The place of the text in the run's result.
    pub field_path: &'a str,
    /// The text.
    pub text: &'a str,
}

/// A question and where to look.
#[derive(Debug, Clone, Copy)]
pub struct TextQuery<'a> {
    /// The question: any text.
    pub text: &'a str,
    /// The most hits to return.
    pub limit: usize,
    /// The indexes to look in. An empty list finds nothing.
    pub index_ids: &'a [String],
    /// Only texts of these runs.
    pub run_ids: Option<&'a [String]>,
    /// Only texts at these field paths.
    pub fields: Option<&'a [String]>,
}

/// A segment or video that answers a question, as one run describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct TextHit {
    /// The run that wrote the texts.
    pub run_id: String,
    /// The segment. `None` if the texts are about the whole video.
    pub segment_id: Option<String>,
    /// The video.
    pub video_id: String,
    /// The index the video is in.
    pub index_id: String,
    /// Above 0, at most 1: the weighted mean of two figures. One is the root of the share of the question that is answered, where rare
    /// words count more. The other is how alike the gists of question and texts are, if the question has a gist. Neither depends on the
    /// length of the question, so scores of different questions can be compared.
    pub score: f64,
    /// The fields that answer, each with its own share, best first.
    pub fields: Vec<(String, f64)>,
}

/// Creates the tables of the text index if they are missing.
pub fn create_tables(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "CREATE TABLE IF NOT EXISTS text_subjects (
             id INTEGER PRIMARY KEY,
             index_id TEXT NOT NULL, run_id TEXT NOT NULL, video_id TEXT NOT NULL,
             segment_id TEXT NOT NULL, -- '' for the whole video
             UNIQUE (run_id, video_id, segment_id)
         );
         CREATE TABLE IF NOT EXISTS text_fields (
             id INTEGER PRIMARY KEY, -- the rowid in text_words
             subject INTEGER NOT NULL REFERENCES text_subjects (id), field_path TEXT NOT NULL,
             UNIQUE (subject, field_path)
         );
         CREATE VIRTUAL TABLE IF NOT EXISTS text_words USING fts5 (
             text, tokenize = 'porter unicode61 remove_diacritics 2'
         );",
    )
}

/// Adds one text. It replaces a text of the same run, segment and field.
///
/// This runs several statements. Call it in a transaction, which also makes many calls fast.
pub fn add(conn: &Connection, row: &TextRow) -> rusqlite::Result<()> {
    let segment_id = row.segment_id.unwrap_or_default();
    let subject: i64 = conn
        .prepare_cached(
            "INSERT INTO text_subjects (index_id, run_id, video_id, segment_id) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET index_id = ?1 RETURNING id",
        )?
        .query_row(params![row.index_id, row.run_id, row.video_id, segment_id], |r| r.get(0))?;
    let earlier: Option<i64> = conn
        .prepare_cached("SELECT id FROM text_fields WHERE subject = ?1 AND field_path = ?2")?
        .query_row(params![subject, row.field_path], |r| r.get(0))
        .optional()?;
    if let Some(id) = earlier {
        conn.prepare_cached("UPDATE text_words SET text = ?2 WHERE rowid = ?1")?.execute(params![id, row.text])?;
        return Ok(());
    }
    let id: i64 = conn
        .prepare_cached("INSERT INTO text_fields (subject, field_path) VALUES (?1, ?2) RETURNING id")?
        .query_row(params![subject, row.field_path], |r| r.get(0))?;
    conn.prepare_cached("INSERT INTO text_words (rowid, text) VALUES (?1, ?2)")?.execute(params![id, row.text])?;
    Ok(())
}

/// Removes every text about a video. A video without texts is not an error. Call it in a transaction.
pub fn remove_video(conn: &Connection, video_id: &str) -> rusqlite::Result<()> {
    let fields = "SELECT f.id FROM text_fields f JOIN text_subjects s ON s.id = f.subject WHERE s.video_id = ?1";
    conn.execute(&format!("DELETE FROM text_words WHERE rowid IN ({fields})"), [video_id])?;
    conn.execute(&format!("DELETE FROM text_fields WHERE id IN ({fields})"), [video_id])?;
    conn.execute("DELETE FROM text_subjects WHERE video_id = ?1", [video_id])?;
    Ok(())
}

/// The segments that answer a question best, in the order of their scores. Equal scores are in the order of index, video, segment and run.
/// A question without a letter or digit has no hits.
pub fn search(conn: &Connection, query: &TextQuery) -> rusqlite::Result<Vec<TextHit>> {
    let concepts = concept::concepts(query.text);
    if concepts.is_empty() || query.limit == 0 {
        return Ok(Vec::new());
    }
    let scope = Scope::read(conn, query)?;
    let mut postings = Postings::new(conn)?;
    let mut tallies: BTreeMap<i64, Tally> = BTreeMap::new();
    let mut whole = 0.0;
    for concept in &concepts {
        whole += tally(concept, &scope, &mut postings, &mut tallies)?;
    }
    let likenesses = Gist::of_words(&concept::words(query.text)).map(|gist| scope.likenesses(&gist));
    let mut hits = Vec::new();
    for (subject, tally) in tallies {
        let likeness = likenesses.as_ref().map(|all| all.get(&subject).copied().unwrap_or_default());
        hits.push(hit(conn, subject, &tally, whole, likeness)?);
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| id_of(a).cmp(&id_of(b))));
    hits.truncate(query.limit);
    Ok(hits)
}

fn id_of(hit: &TextHit) -> (&str, &str, Option<&str>, &str) {
    (&hit.index_id, &hit.video_id, hit.segment_id.as_deref(), &hit.run_id)
}

/// The texts that a query may look at.
struct Scope {
    /// The subject and the path of each text, by row. A subject is a segment or video in one run.
    rows: HashMap<i64, (i64, String)>,
    /// For each subject, the distinct words of its texts that are not stop words, as places in `words`.
    texts: BTreeMap<i64, BTreeSet<usize>>,
    words: Vec<String>,
    /// How many subjects there are.
    subjects: f64,
}

impl Scope {
    fn read(conn: &Connection, query: &TextQuery) -> rusqlite::Result<Self> {
        let list = |values: &[String]| serde_json::Value::from(values).to_string();
        let mut statement = conn.prepare_cached(
            "SELECT f.id, f.subject, f.field_path, t.text
             FROM text_fields f JOIN text_subjects s ON s.id = f.subject JOIN text_words t ON t.rowid = f.id
             WHERE s.index_id IN (SELECT value FROM json_each(?1))
               AND (?2 IS NULL OR s.run_id IN (SELECT value FROM json_each(?2)))
               AND (?3 IS NULL OR f.field_path IN (SELECT value FROM json_each(?3)))
             ORDER BY f.id",
        )?;
        let arguments = params![list(query.index_ids), query.run_ids.map(list), query.fields.map(list)];
        let mut found = statement.query(arguments)?;
        let mut scope = Self { rows: HashMap::new(), texts: BTreeMap::new(), words: Vec::new(), subjects: 0.0 };
        let mut places: HashMap<String, usize> = HashMap::new();
        while let Some(row) = found.next()? {
            let subject = row.get(1)?;
            scope.rows.insert(row.get(0)?, (subject, row.get(2)?));
            let text = scope.texts.entry(subject).or_default();
            for word in concept::telling_words(row.get_ref(3)?.as_str()?) {
                text.insert(*places.entry(word).or_insert_with_key(|word| {
                    scope.words.push(word.clone());
                    scope.words.len() - 1
                }));
            }
        }
        scope.subjects = count(scope.texts.len());
        Ok(scope)
    }

    /// How like `gist` the gist of each subject's texts is, 0 to 1. Words that many subjects have count less.
    fn likenesses(&self, gist: &Gist) -> HashMap<i64, f64> {
        let mut found = vec![0; self.words.len()];
        for at in self.texts.values().flatten() {
            if let Some(found) = found.get_mut(*at) {
                *found += 1;
            }
        }
        let gists: Vec<_> = self.words.iter().zip(found).map(|(word, found)| Gist::of_word(word, self.tellingness(found).sqrt())).collect();
        let of = |words: &BTreeSet<usize>| gist.likeness(&Gist::sum(words.iter().filter_map(|at| gists.get(*at)?.as_ref())));
        self.texts.iter().map(|(subject, words)| (*subject, of(words))).collect()
    }

    /// How telling a term is if `found` subjects have it: 1 if none has it, near 0 if all have it.
    fn tellingness(&self, found: usize) -> f64 {
        let idf = |found: f64| (1.0 + (self.subjects - found + 0.5) / (found + 0.5)).ln();
        idf(count(found)) / idf(0.0)
    }
}

/// Looks terms up in the full-text index, each once.
struct Postings<'c> {
    statement: rusqlite::CachedStatement<'c>,
    total: f64,
    found: HashMap<String, Vec<(i64, f64)>>,
}

impl<'c> Postings<'c> {
    fn new(conn: &'c Connection) -> rusqlite::Result<Self> {
        let total: i64 = conn.query_row("SELECT count(*) FROM text_fields", [], |r| r.get(0))?;
        let statement = conn.prepare_cached("SELECT rowid, -bm25(text_words) FROM text_words WHERE text_words MATCH ?1")?;
        Ok(Self { statement, total: count(usize::try_from(total).unwrap_or_default()), found: HashMap::new() })
    }

    /// The rows that have the term in any inflection, each with the saturated frequency, 0 to 1.
    ///
    /// FTS5 multiplies the frequency by the rarity in the whole table. We divide by that rarity, because only the rarity among the segments
    /// that the query may see should count.
    fn of(&mut self, term: &Term) -> rusqlite::Result<&[(i64, f64)]> {
        let phrase = format!("\"{}\"{}", term.word, if term.prefix { " *" } else { "" });
        if !self.found.contains_key(&phrase) {
            let mut rows: Vec<(i64, f64)> =
                self.statement.query_map([&phrase], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            let with = count(rows.len());
            let idf = ((self.total - with + 0.5) / (with + 0.5)).ln().max(FTS_LEAST_IDF);
            for (_, score) in &mut rows {
                *score = (*score / idf / (FTS_K1 + 1.0)).clamp(0.0, 1.0).sqrt();
            }
            self.found.insert(phrase.clone(), rows);
        }
        Ok(self.found.get(&phrase).map_or(&[], Vec::as_slice))
    }
}

/// What we have counted for a subject.
#[derive(Default)]
struct Tally {
    /// The worth of the concepts that it answers.
    score: f64,
    /// How telling the answered concepts are, weighted by how closely they are answered.
    covered: f64,
    /// The worth by field.
    fields: BTreeMap<String, f64>,
}

/// Adds the worth of a concept to the subjects that answer it. Returns the most that the concept can be worth.
fn tally(concept: &Concept, scope: &Scope, postings: &mut Postings, tallies: &mut BTreeMap<i64, Tally>) -> rusqlite::Result<f64> {
    // For each row: the worth of the best term, the sum of all terms, and the greatest weight of a term.
    let mut rows: BTreeMap<i64, (f64, f64, f64)> = BTreeMap::new();
    let mut own: HashSet<i64> = HashSet::new();
    for term in &concept.terms {
        let weight = term.weight;
        let found: Vec<(i64, f64)> = postings.of(term)?.iter().filter(|(row, _)| scope.rows.contains_key(row)).copied().collect();
        let subjects: HashSet<i64> = found.iter().filter_map(|(row, _)| Some(scope.rows.get(row)?.0)).collect();
        let telling = scope.tellingness(subjects.len());
        for (row, frequency) in found {
            let worth = weight * telling * frequency;
            let (best, sum, closest) = rows.entry(row).or_default();
            *best = best.max(worth);
            *sum += worth;
            *closest = closest.max(weight);
        }
        if weight >= 1.0 {
            own.extend(subjects);
        }
    }
    let most = scope.tellingness(own.len());
    let mut subjects: BTreeMap<i64, (f64, f64, f64)> = BTreeMap::new();
    for (row, (best, sum, closest)) in rows {
        let Some((subject, path)) = scope.rows.get(&row) else {
            continue;
        };
        let worth = (best + FURTHER_TERM * (sum - best)).min(most);
        *tallies.entry(*subject).or_default().fields.entry(path.clone()).or_default() += worth;
        let (best, sum, nearest) = subjects.entry(*subject).or_default();
        *best = best.max(worth);
        *sum += worth;
        *nearest = nearest.max(closest);
    }
    for (subject, (best, sum, closest)) in subjects {
        let tally = tallies.entry(subject).or_default();
        tally.score += (best + FURTHER_FIELD * (sum - best)).min(most);
        tally.covered += closest * most;
    }
    Ok(most)
}

fn hit(conn: &Connection, subject: i64, tally: &Tally, whole: f64, likeness: Option<f64>) -> rusqlite::Result<TextHit> {
    let share = |worth: f64| (worth / whole).clamp(0.0, 1.0);
    // The root spreads out the scores of paraphrases, which answer most words with a fraction of their worth.
    let answered = (share(tally.score) * (1.0 - COVERAGE + COVERAGE * share(tally.covered))).sqrt();
    let score = likeness.map_or(answered, |likeness| (answered + GIST * likeness) / (1.0 + GIST));
    let mut fields: Vec<_> = tally.fields.iter().map(|(path, worth)| (path.clone(), share(*worth))).collect();
    fields.sort_by(|a, b| b.1.total_cmp(&a.1));
    conn.prepare_cached("SELECT run_id, segment_id, video_id, index_id FROM text_subjects WHERE id = ?1")?.query_row([subject], |r| {
        let segment_id = Some(r.get(1)?).filter(|id: &String| !id.is_empty());
        Ok(TextHit { run_id: r.get(0)?, segment_id, video_id: r.get(2)?, index_id: r.get(3)?, score, fields })
    })
}

/// A number of rows or segments as a float.
fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
