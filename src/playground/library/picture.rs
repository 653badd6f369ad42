//! Draws the picture of a scene from a short list of named shapes, and encodes it as JPEG.
//!
//! A shape is a JSON array. Its name comes first. Numbers, colours (`"#rrggbb"`) and at most one pose word follow, each kind in its own
//! order. Positions are fractions of the picture's width and height. Radii and sizes of figures are fractions of its height. A figure
//! stands with its foot at the given point. The same shapes always give the same bytes.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage};
use serde::Deserialize;
use serde_json::Value;

use super::canvas::{ASPECT, Canvas, Colour, Point, blend, channel_value};
use super::{Film, Scene, figures, sine::sine};
use crate::imaging;

pub use super::canvas::{HEIGHT, WIDTH};

const JPEG_QUALITY: u8 = 80;
/// Largest brightness change made by grain, in channel steps.
const GRAIN: i8 = 4;

/// The shapes of a picture, painted in order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Picture {
    shapes: Vec<Shape>,
}

/// One named shape with its arguments sorted by kind.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Vec<Value>")]
struct Shape {
    name: String,
    numbers: Vec<f32>,
    colours: Vec<Colour>,
    pose: String,
}

/// A colour cast: every pixel moves towards `colour` and keeps its own brightness.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "(String, f32)")]
pub struct Tint {
    colour: Colour,
    strength: f32,
}

/// A picture that cannot be read, drawn or encoded.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The value is not an array that starts with a name, or holds something other than numbers and strings.
    #[error("a shape is an array of a name, numbers, colours and a pose word")]
    Form,
    /// Not `#` and six hexadecimal digits.
    #[error("{0:?} is not a colour like #1a2b3c")]
    Colour(String),
    /// No such shape, or the wrong number of arguments for it.
    #[error("unknown shape or wrong arguments: {0}")]
    Shape(String),
    /// The JPEG encoder failed.
    #[error("the picture could not be encoded")]
    Encode(#[from] image::ImageError),
}

/// The picture of a scene as JPEG bytes, 320 by 180 pixels. A comment in the file says that it is drawn.
pub fn jpeg(film: &Film, scene: &Scene) -> Result<Vec<u8>, PictureError> {
    let picture = draw(film, scene)?;
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode(
        picture.as_raw(),
        picture.width(),
        picture.height(),
        ExtendedColorType::Rgb8,
    )?;
    Ok(imaging::marked_as_drawn(&bytes))
}

/// The picture of a scene as pixels, in the film's tint and with a little grain.
pub fn draw(film: &Film, scene: &Scene) -> Result<RgbImage, PictureError> {
    let mut canvas = Canvas::new([20, 20, 24]);
    for shape in &scene.picture.shapes {
        paint(&mut canvas, shape)?;
    }
    let seed = scene.start.wrapping_mul(7919).wrapping_add(scene.end);
    Ok(canvas.finished(|colour| film.tint.map_or(colour, |tint| tint.over(colour)), |column, row| grain(seed, column, row)))
}

impl Tint {
    fn over(self, colour: Colour) -> Colour {
        let [red, green, blue] = colour.map(f32::from);
        let brightness = (red * 0.3 + green * 0.59 + blue * 0.11) / 255.0;
        let cast = self.colour.map(|channel| channel_value(f32::from(channel) * brightness));
        blend(colour, cast, self.strength)
    }
}

impl TryFrom<(String, f32)> for Tint {
    type Error = PictureError;

    fn try_from((colour, strength): (String, f32)) -> Result<Self, Self::Error> {
        Ok(Self { colour: parse_colour(&colour)?, strength })
    }
}

impl TryFrom<Vec<Value>> for Shape {
    type Error = PictureError;

    fn try_from(parts: Vec<Value>) -> Result<Self, Self::Error> {
        let mut parts = parts.into_iter();
        let Some(Value::String(name)) = parts.next() else {
            return Err(PictureError::Form);
        };
        let mut shape = Self { name, numbers: Vec::new(), colours: Vec::new(), pose: String::new() };
        for part in parts {
            match part {
                Value::String(text) if text.starts_with('#') => {
                    shape.colours.push(parse_colour(&text)?);
                }
                Value::String(text) => shape.pose = text,
                Value::Number(_) => {
                    let number = f32::deserialize(part).map_err(|_| PictureError::Form)?;
                    shape.numbers.push(number);
                }
                _ => return Err(PictureError::Form),
            }
        }
        Ok(shape)
    }
}

fn parse_colour(text: &str) -> Result<Colour, PictureError> {
    let wrong = || PictureError::Colour(text.to_owned());
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or_else(wrong)?;
    let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
    let [_, red, green, blue] = number.to_be_bytes();
    Ok([red, green, blue])
}

/// Paints one shape. Plain shapes are here, figures in `figures`.
fn paint(canvas: &mut Canvas, shape: &Shape) -> Result<(), PictureError> {
    let ink = shape.colours.first().copied().unwrap_or([0, 0, 0]);
    let second = shape.colours.get(1).copied().unwrap_or(ink);
    match (shape.name.as_str(), shape.numbers.as_slice()) {
        ("sky", []) => canvas.gradient(0.0, 1.0, ink, second),
        ("ground", &[top]) => canvas.gradient(top, 1.0, ink, second),
        ("box", &[x, y, width, height]) => {
            canvas.rectangle(x * ASPECT, y, width * ASPECT, height, ink);
        }
        ("disc", &[x, y, radius]) => canvas.ellipse((x * ASPECT, y), radius, radius, ink),
        ("oval", &[x, y, across, down]) => canvas.ellipse((x * ASPECT, y), across, down, ink),
        ("ring", &[x, y, radius, thickness]) => {
            canvas.ring((x * ASPECT, y), radius, thickness, ink);
        }
        ("line", &[x1, y1, x2, y2, thickness]) => {
            canvas.line((x1 * ASPECT, y1), (x2 * ASPECT, y2), thickness, ink);
        }
        ("poly", coordinates) if coordinates.len() >= 6 && coordinates.len().is_multiple_of(2) => {
            canvas.polygon(&corners(coordinates), ink);
        }
        ("hills", &[y, height]) => hills(canvas, y, height, ink),
        ("waves", &[y]) => waves(canvas, y, ink, second),
        ("stars", &[count]) => scatter(canvas, count, 0.004, ink),
        ("flakes", &[count]) => scatter(canvas, count, 0.010, ink),
        ("rain", &[count]) => rain(canvas, count, ink),
        ("words", &[x, y, width, lines]) => {
            words(canvas, (x * ASPECT, y), width * ASPECT, lines, ink);
        }
        ("sound", &[loudness]) => sound(canvas, loudness, ink),
        ("crowd", &[x1, x2, y, height, count]) => {
            for place in steps(count) {
                let x = x1 + (x2 - x1) * (place + 0.5) / count;
                let size = height * (0.9 + 0.2 * wobble(place));
                figures::draw(canvas, "person", (x * ASPECT, y), size, &shape.colours, &shape.pose);
            }
        }
        (name, &[x, y, size]) if figures::draw(canvas, name, (x * ASPECT, y), size, &shape.colours, &shape.pose) => {}
        (name, _) => return Err(PictureError::Shape(name.to_owned())),
    }
    Ok(())
}

fn corners(coordinates: &[f32]) -> Vec<Point> {
    let (points, _) = coordinates.as_chunks::<2>();
    points.iter().map(|&[x, y]| (x * ASPECT, y)).collect()
}

/// A rolling horizon around height `y`.
fn hills(canvas: &mut Canvas, y: f32, height: f32, ink: Colour) {
    let crest = |step: f32| {
        let x = step * ASPECT / 80.0;
        (x, y - height * (sine(x * 4.1) * 0.6 + sine(x * 9.7 + 1.0) * 0.4))
    };
    let mut outline: Vec<Point> = steps(81.0).map(crest).collect();
    outline.extend([(ASPECT, 1.0), (0.0, 1.0)]);
    canvas.polygon(&outline, ink);
}

fn waves(canvas: &mut Canvas, y: f32, water: Colour, crest: Colour) {
    canvas.gradient(y, 1.0, water, blend(water, [0, 0, 0], 0.35));
    for row in steps(6.0) {
        let depth = y + 0.03 + (1.0 - y) * row / 6.0;
        for column in steps(9.0) {
            let x = (column + wobble(row * 9.0 + column)) * ASPECT / 9.0;
            canvas.line((x, depth), (x + 0.05 + row * 0.01, depth), 0.008, crest);
        }
    }
}

fn scatter(canvas: &mut Canvas, count: f32, radius: f32, ink: Colour) {
    for place in steps(count) {
        let at = (wobble(place) * ASPECT, wobble(place + 500.5));
        let size = radius * (0.6 + wobble(place + 250.25));
        canvas.ellipse(at, size, size, ink);
    }
}

fn rain(canvas: &mut Canvas, count: f32, ink: Colour) {
    for place in steps(count) {
        let (x, y) = (wobble(place) * ASPECT, wobble(place + 500.5));
        canvas.line((x, y), (x - 0.03, y + 0.09), 0.006, ink);
    }
}

/// Bars that stand for lines of text, centred on the given point.
fn words(canvas: &mut Canvas, at: Point, width: f32, lines: f32, ink: Colour) {
    for line in steps(lines) {
        let long = width * (0.7 + 0.3 * wobble(line + lines));
        let y = at.1 + (line - lines / 2.0) * 0.1;
        let mut x = at.0 - long / 2.0;
        while x < at.0 + long / 2.0 {
            let word = 0.05 + 0.09 * wobble(x * 31.0 + line);
            canvas.rectangle(x, y, word, 0.05, ink);
            x += word + 0.025;
        }
    }
}

/// The wave form of a sound, with louder and softer parts.
fn sound(canvas: &mut Canvas, loudness: f32, ink: Colour) {
    for place in steps(80.0) {
        let swell = 0.35 + 0.65 * sine(place * loudness).abs();
        let height = (0.08 + 0.8 * wobble(place + loudness * 100.0)) * loudness * swell;
        canvas.rectangle(0.06 + place * 0.021, 0.5 - height / 2.0, 0.012, height, ink);
    }
}

/// 0, 1, 2 and so on, below a small count.
fn steps(count: f32) -> impl Iterator<Item = f32> {
    (0..2000_u16).map(f32::from).take_while(move |step| *step < count)
}

/// A number from 0 to 1 that looks random but depends only on the place.
fn wobble(place: f32) -> f32 {
    (sine((place + 1.0) * 12.9898) * 43758.547).rem_euclid(1.0)
}

/// The change of one pixel's brightness, at most [`GRAIN`] up or down.
fn grain(seed: u32, column: u16, row: u16) -> i8 {
    let mut hash = seed ^ (u32::from(column) << 16 | u32::from(row)).wrapping_mul(0x9E37_79B1);
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x85EB_CA77);
    let [high, ..] = hash.to_be_bytes();
    high.cast_signed() % (GRAIN + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{HEIGHT, Picture, WIDTH, draw, jpeg};
    use crate::playground::library::library;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn every_scene_draws_and_no_two_pictures_are_alike() -> Outcome {
        let mut seen: HashMap<Vec<u8>, &str> = HashMap::new();
        for film in &library()?.films {
            for scene in &film.scenes {
                let picture = draw(film, scene).map_err(|error| format!("{}: {error}", scene.segment_id))?;
                let thumb = image::imageops::thumbnail(&picture, 16, 9);
                // Coarse channels, so that grain alone does not make two pictures different.
                let coarse: Vec<u8> = thumb.as_raw().iter().map(|channel| channel / 16).collect();
                if let Some(other) = seen.insert(coarse, &scene.segment_id) {
                    return Err(format!("{} looks like {other}", scene.segment_id).into());
                }
            }
        }
        Ok(())
    }

    #[test]
    fn a_jpeg_has_the_stated_size_and_is_the_same_each_time() -> Outcome {
        let (film, scene) = library()?.scene("seg_trip_to_the_moon_1902_006").ok_or("missing scene")?;
        let bytes = jpeg(film, scene)?;
        assert_eq!(bytes, jpeg(film, scene)?);
        let decoded = image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg)?;
        assert_eq!((decoded.width(), decoded.height()), (u32::from(WIDTH), u32::from(HEIGHT)));
        Ok(())
    }

    #[test]
    fn malformed_shapes_are_refused() -> Outcome {
        for spec in [r"[[1]]", r##"[["sky","#12345"]]"##, r##"[["sky","#gggggg"]]"##, r#"[["sky",null]]"#] {
            assert!(serde_json::from_str::<Picture>(spec).is_err(), "{spec}");
        }
        let mut canvas = super::Canvas::new([0, 0, 0]);
        for spec in [r#"[["disc",1]]"#, r#"[["unheard_of",0.5,0.5,0.5]]"#, r#"[["poly",1,2,3,4]]"#] {
            let picture: Picture = serde_json::from_str(spec)?;
            let refused = picture.shapes.iter().any(|shape| super::paint(&mut canvas, shape).is_err());
            assert!(refused, "{spec}");
        }
        Ok(())
    }
}
