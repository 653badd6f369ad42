//! Where an uploaded file is cut into the segments that it has by itself.

use super::measured::Measured;

/// The shortest scene, in seconds. A cut that comes sooner is left out.
const SHORTEST: f64 = 1.0;
/// A scene that is longer is divided evenly.
const LONGEST: f64 = 60.0;
/// The length of the segments where nothing is known of the content. It is the default of the API.
const BLIND: f64 = 10.0;
/// Sound is cut near multiples of this.
const SOUND: f64 = 30.0;

/// The stretches, in order and without gaps. None without a duration, and one for a picture.
pub fn scenes(film: &Measured, duration: f64) -> Vec<(f64, f64)> {
    if film.media_type == "image" {
        return vec![(0.0, 0.0)];
    }
    if duration <= 0.0 {
        return Vec::new();
    }
    let cuts = match film.media_type.as_str() {
        "audio" if !film.sounds().is_empty() => quiet(film, duration),
        _ if film.pictured => film.cuts.clone(),
        _ => return evenly(0.0, duration, BLIND),
    };
    let mut edges = vec![0.0];
    let mut last = 0.0;
    for cut in cuts {
        if cut - last >= SHORTEST && duration - cut >= SHORTEST {
            edges.push(cut);
            last = cut;
        }
    }
    edges.push(duration);
    edges.windows(2).flat_map(|two| if let [start, end] = two { evenly(*start, *end, LONGEST) } else { Vec::new() }).collect()
}

/// Equal parts of at most this length.
fn evenly(start: f64, end: f64, longest: f64) -> Vec<(f64, f64)> {
    let length = end - start;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
    let parts = ((length / longest).ceil() as u32).max(1);
    let at = |part: u32| if part == parts { end } else { millis(start + length * f64::from(part) / f64::from(parts)) };
    (0..parts).map(|part| (if part == 0 { start } else { at(part) }, at(part + 1))).collect()
}

/// The quietest moments near each multiple of [`SOUND`].
fn quiet(film: &Measured, duration: f64) -> Vec<f64> {
    let mut cuts = Vec::new();
    let mut from = 0.0;
    let times = (0_u32..).map(|at| f64::from(at) * film.step);
    let sounds: Vec<(f64, u8)> = times.zip(film.sounds().iter().copied()).collect();
    while duration - from > SOUND * 1.5 {
        let window = sounds.iter().filter(|(at, _)| *at > from + SOUND / 2.0 && *at < from + SOUND * 1.5);
        // Of equally quiet moments, the one nearest to the multiple.
        let best = window.min_by(|(a, quiet_a), (b, quiet_b)| {
            quiet_b.cmp(quiet_a).then_with(|| (a - from - SOUND).abs().total_cmp(&(b - from - SOUND).abs()))
        });
        from = best.map_or(from + SOUND, |(at, _)| millis(*at));
        cuts.push(from);
    }
    cuts
}

fn millis(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(media_type: &str) -> Measured {
        Measured { media_type: media_type.into(), step: 1.0, ..Measured::default() }
    }

    #[test]
    fn a_film_is_cut_where_its_picture_changes() {
        let seen = Measured { pictured: true, cuts: vec![0.4, 3.0, 3.5, 10.0, 19.8], ..film("video") };
        assert_eq!(scenes(&seen, 20.0), [(0.0, 3.0), (3.0, 10.0), (10.0, 20.0)]);
        assert_eq!(scenes(&seen, 150.0), [(0.0, 3.0), (3.0, 10.0), (10.0, 19.8), (19.8, 63.2), (63.2, 106.6), (106.6, 150.0)]);
        assert_eq!(scenes(&Measured { pictured: true, ..film("video") }, 4.0), [(0.0, 4.0)]);
    }

    #[test]
    fn a_film_that_nobody_looked_at_is_cut_evenly() {
        assert_eq!(scenes(&film("video"), 4.0), [(0.0, 4.0)]);
        assert_eq!(scenes(&film("video"), 25.0), [(0.0, 8.333), (8.333, 16.667), (16.667, 25.0)]);
        assert!(scenes(&film("video"), 0.0).is_empty());
        assert_eq!(scenes(&film("image"), 0.0), [(0.0, 0.0)]);
    }

    #[test]
    fn sound_is_cut_where_it_is_quiet() {
        let mut heard = film("audio");
        let mut sounds = vec![20; 80];
        sounds[37] = 200;
        heard.hear(sounds);
        assert_eq!(scenes(&heard, 80.0), [(0.0, 37.0), (37.0, 80.0)]);
    }
}
