//! Looks at the pictures of a film and listens to its sound: ffmpeg decodes, and everything is counted here.

use std::{ffi::OsString, path::Path, time::Duration};

use image::RgbImage;

use super::{
    child::{self, Failure},
    colour,
    measured::LOOK,
};
use crate::playground::rank::picture::{Features, SIDE};

/// How long each of the two passes may take. What was seen and heard until then is kept.
const LIMIT: Duration = Duration::from_secs(25);
/// Samples per second, at least and at most. In between there are about [`SAMPLES`].
const RATES: (f64, f64) = (0.5, 4.0);
const SAMPLES: f64 = 2000.0;
/// No film has more samples: six hours at the lowest rate.
const MOST_SAMPLES: usize = 10_800;
/// From this length in seconds on, only the pictures are decoded that stand alone. That is many times faster, and cuts are usually there.
const LONG: f64 = 600.0;
/// How many moments a picture search can find.
const STILLS: u32 = 64;
/// How much of the picture must change for a cut, as ffmpeg counts it.
const CUT: u32 = 10;
/// The rate to which sound is brought.
const SOUND_RATE: f64 = 8000.0;
/// The bytes of a small picture: red, green and blue of each pixel.
const FRAME: usize = SIDE * SIDE * 3;

/// What was seen of a film.
#[derive(Default)]
pub struct Seen {
    /// [`LOOK`] bytes for each sample.
    pub looks: Vec<u8>,
    /// Moments and the features of their pictures.
    pub stills: Vec<(f64, Vec<u8>)>,
    /// Where the picture changes as a whole.
    pub cuts: Vec<f64>,
}

/// How many samples per second a film of this length has.
pub fn rate(duration: f64) -> f64 {
    // Quarters of a hertz, so that a second has a whole number of samples or a sample a whole number of seconds.
    if duration <= 0.0 { RATES.1 } else { ((SAMPLES / duration * 2.0).floor() / 2.0).clamp(RATES.0, RATES.1) }
}

/// Looks at a film of this length.
pub async fn look(ffmpeg: &Path, reader: &str, film: &Path, duration: f64) -> Result<Seen, Failure> {
    let rate = rate(duration);
    let mut arguments: Vec<OsString> = ["-nostdin", "-threads", "2"].map(OsString::from).to_vec();
    if duration > LONG {
        arguments.extend(["-skip_frame", "nokey"].map(OsString::from));
    }
    arguments.extend(child::input(reader, film));
    // The small picture comes first, since all that follows is then cheap. The moments of cuts go to the standard error.
    let filter =
        format!("scale=160:90,scdet=threshold={CUT},metadata=mode=print:key=lavfi.scd.time:file='pipe\\:2',fps={rate},scale={SIDE}:{SIDE}");
    let output = ["-map", "0:V:0", "-an", "-sn", "-dn", "-vf", &filter, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"];
    arguments.extend(output.map(OsString::from));
    let mut eye = Eye::new(rate, duration);
    match child::run(ffmpeg, arguments, LIMIT, |piece| eye.take(piece)).await {
        Ok(told) => eye.seen.cuts = cuts(&told),
        Err(Failure::Slow(_)) if !eye.seen.looks.is_empty() => {}
        Err(failure) => return Err(failure),
    }
    Ok(eye.seen)
}

/// The sample and the features of one picture.
pub fn look_once(picture: &RgbImage) -> Seen {
    let side = u32::try_from(SIDE).unwrap_or_default();
    let small = image::imageops::thumbnail(picture, side, side);
    let mut eye = Eye::new(1.0, 0.0);
    eye.take(small.as_raw());
    eye.seen
}

/// Listens to a film. Gives one value per sample: half decibels below full scale.
pub async fn listen(ffmpeg: &Path, reader: &str, film: &Path, duration: f64) -> Result<Vec<u8>, Failure> {
    let mut arguments = vec![OsString::from("-nostdin")];
    arguments.extend(child::input(reader, film));
    let output = ["-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", "8000", "-f", "s16le", "pipe:1"];
    arguments.extend(output.map(OsString::from));
    let mut ear = Ear { slice: SOUND_RATE / rate(duration), ..Ear::default() };
    match child::run(ffmpeg, arguments, LIMIT, |piece| ear.take(piece)).await {
        Ok(_) | Err(Failure::Slow(_)) => Ok(ear.end()),
        Err(failure) => Err(failure),
    }
}

/// The moments of cuts that a filter wrote.
fn cuts(told: &str) -> Vec<f64> {
    let times = told.lines().filter_map(|line| line.trim().strip_prefix("lavfi.scd.time=")?.parse::<f64>().ok());
    times.filter(|time| time.is_finite()).map(|time| (time * 1000.0).round() / 1000.0).collect()
}

/// Counts small pictures as they come.
struct Eye {
    rate: f64,
    /// Every how many pictures the features of one are kept.
    stride: u32,
    count: u32,
    frame: Vec<u8>,
    before: Vec<u8>,
    seen: Seen,
}

impl Eye {
    fn new(rate: f64, duration: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
        let stride = ((duration * rate / f64::from(STILLS)).ceil() as u32).max(1);
        Self { rate, stride, count: 0, frame: Vec::with_capacity(FRAME), before: Vec::new(), seen: Seen::default() }
    }

    fn take(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            let (now, rest) = piece.split_at(piece.len().min(FRAME - self.frame.len()));
            self.frame.extend_from_slice(now);
            piece = rest;
            if self.frame.len() == FRAME {
                self.whole();
                self.before = std::mem::replace(&mut self.frame, Vec::with_capacity(FRAME));
            }
        }
    }

    fn whole(&mut self) {
        if self.seen.looks.len() >= MOST_SAMPLES * LOOK {
            return;
        }
        let (mut light, mut changed) = (0_u64, 0_u64);
        let mut shares = [0_u64; colour::NAMES.len()];
        for pixel in self.frame.chunks_exact(3) {
            let &[red, green, blue] = pixel else { continue };
            // The usual weights of the three colours for the brightness.
            light += (u64::from(red) * 299 + u64::from(green) * 587 + u64::from(blue) * 114) / 1000;
            if let Some(share) = shares.get_mut(colour::number([red, green, blue])) {
                *share += 1;
            }
        }
        for (now, before) in self.frame.iter().zip(&self.before) {
            changed += u64::from(now.abs_diff(*before));
        }
        let byte = |value: u64| u8::try_from(value).unwrap_or(u8::MAX);
        let pixels = (FRAME / 3) as u64;
        self.seen.looks.extend([byte(light / pixels), byte(changed / FRAME as u64)]);
        self.seen.looks.extend(shares.map(|share| byte(share * 255 / pixels)));
        if self.count.is_multiple_of(self.stride) && self.seen.stills.len() < STILLS as usize {
            let side = u32::try_from(SIDE).unwrap_or_default();
            if let Some(picture) = RgbImage::from_raw(side, side, self.frame.clone()) {
                self.seen.stills.push((f64::from(self.count) / self.rate, Features::of_small(&picture).to_bytes()));
            }
        }
        self.count += 1;
    }
}

/// Counts sound as it comes.
#[derive(Default)]
struct Ear {
    /// How many values are one sample.
    slice: f64,
    count: u32,
    energy: f64,
    odd: Option<u8>,
    heard: Vec<u8>,
}

impl Ear {
    fn take(&mut self, piece: &[u8]) {
        for byte in piece {
            match self.odd.take() {
                None => self.odd = Some(*byte),
                Some(low) => self.value(f64::from(i16::from_le_bytes([low, *byte])) / 32768.0),
            }
        }
    }

    fn value(&mut self, value: f64) {
        self.energy += value * value;
        self.count += 1;
        if f64::from(self.count) >= self.slice {
            self.sample();
        }
    }

    fn sample(&mut self) {
        if self.heard.len() < MOST_SAMPLES {
            let decibels = (self.energy / f64::from(self.count.max(1))).log10() * 10.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates, also that of minus infinity")]
            self.heard.push((-decibels * 2.0).round() as u8);
        }
        (self.count, self.energy) = (0, 0.0);
    }

    /// The last sample counts if it is not very short.
    fn end(mut self) -> Vec<u8> {
        if f64::from(self.count) * 4.0 > self.slice {
            self.sample();
        }
        self.heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_counted_in_whatever_pieces_they_come() {
        let white = vec![255_u8; FRAME];
        let film = [vec![0; FRAME], white.clone(), white].concat();
        let mut eye = Eye::new(4.0, 0.75);
        for piece in film.chunks(5000) {
            eye.take(piece);
        }
        let rows: Vec<_> = eye.seen.looks.chunks_exact(LOOK).map(|row| (row[0], row[1], row[2], row[4])).collect();
        assert_eq!(rows, [(0, 0, 255, 0), (255, 255, 0, 255), (255, 0, 0, 255)]);
        assert_eq!(eye.seen.stills.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0.0, 0.25, 0.5]);
    }

    #[test]
    fn long_films_keep_a_bounded_number_of_pictures() {
        assert!((rate(4.0) - 4.0).abs() < 1e-9 && (rate(7200.0) - 0.5).abs() < 1e-9 && (rate(1000.0) - 2.0).abs() < 1e-9);
        let mut eye = Eye::new(rate(2000.0), 2000.0);
        for _ in 0..300 {
            eye.take(&vec![9; FRAME]);
        }
        assert!(eye.seen.stills.len() <= STILLS as usize);
        assert!(eye.stride >= 31, "{}", eye.stride);
        // A header may claim anything.
        assert_eq!(Eye::new(rate(1e12), 1e12).stride, u32::MAX);
    }

    #[test]
    fn loudness_is_that_of_each_slice() {
        let mut ear = Ear { slice: 100.0, ..Ear::default() };
        let loud: Vec<u8> = std::iter::repeat_n(i16::MAX.to_le_bytes(), 100).flatten().collect();
        ear.take(&loud[..33]);
        ear.take(&loud[33..]);
        ear.take(&[0; 200]);
        ear.take(&[0; 20]);
        assert_eq!(ear.end(), [0, 255]);
    }

    #[test]
    fn cuts_are_read() {
        assert_eq!(cuts("frame:20 pts:1 pts_time:2\nlavfi.scd.time=2\nlavfi.scd.time=3.7333334\nlavfi.scd.time=nan\n"), [2.0, 3.733]);
    }
}
