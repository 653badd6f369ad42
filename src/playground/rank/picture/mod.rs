//! Compares the looks of two pictures: colour layout, colour histogram and directions of edges. It does not know what a picture shows.
//!
//! A picture is scaled down to a small square first, so its size, its compression and fine noise hardly matter. Lightness is measured
//! relative to the picture's mean, so a mildly brighter copy stays alike.

use image::{RgbImage, imageops::FilterType};

use crate::imaging;

/// The most bytes a picture may have.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The side of the square that a picture is scaled to.
pub const SIDE: usize = 64;
/// How many cells each side of the grids has.
const CELLS: usize = 8;
const EDGE_CELLS: usize = 4;
/// Directions an edge can have.
const DIRECTIONS: usize = 8;
/// Steps of each colour axis and of lightness in the histograms.
const COLOUR_STEPS: usize = 8;
const LIGHT_STEPS: usize = 8;

const LAYOUT: usize = CELLS * CELLS * 3;
const COLOURS: usize = COLOUR_STEPS * COLOUR_STEPS;
const EDGES: usize = EDGE_CELLS * EDGE_CELLS * DIRECTIONS;
const LENGTH: usize = LAYOUT + COLOURS + LIGHT_STEPS + EDGES;

/// The version of [`Features::to_bytes`]. Raise it whenever the meaning of the numbers changes.
const VERSION: u8 = 1;

/// Why a picture has no features.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum PictureError {
    /// More bytes or pixels than allowed.
    #[error("the picture is too large: at most {MOST_BYTES} bytes, and pixels that are decoded in {} MiB", imaging::MAX_MEMORY >> 20)]
    TooLarge,
    /// The picture is not a JPEG, PNG, WebP or GIF.
    #[error("the picture is not a JPEG, PNG, WebP or GIF")]
    UnknownFormat,
    /// The picture is cut off or damaged.
    #[error("the picture cannot be decoded: it is damaged, or its kind is not supported")]
    Damaged,
    /// There was no place or no time to decode the picture.
    #[error("decoding the picture takes too long")]
    TooSlow,
    /// The stored features have another version, or are damaged.
    #[error("the stored picture features are of another version")]
    OtherVersion,
}

/// What we keep of a picture's looks, in 393 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    /// Layout, colours, lightness and edges one after the other, each number from 0 to 255.
    values: Vec<u8>,
}

impl Features {
    /// Decodes a JPEG, PNG, WebP or GIF (its first frame) and computes its features. Before decoding, it refuses a picture that exceeds
    /// [`MOST_BYTES`] or the memory for one picture.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, PictureError> {
        Ok(Self::of_small(&decode(bytes)?))
    }

    /// Computes the features of a picture that has [`SIDE`] rows and columns already.
    pub fn of_small(picture: &RgbImage) -> Self {
        let lab: Vec<[f32; 3]> = picture.pixels().map(|pixel| lab(pixel.0)).collect();
        let mean = lab.iter().map(|[light, ..]| light).sum::<f32>() / as_f32(lab.len().max(1));
        let mut values = Vec::with_capacity(LENGTH);
        values.extend(layout(&lab, mean));
        values.extend(colours(&lab));
        values.extend(lights(&lab, mean));
        values.extend(edges(&lab));
        Self { values }
    }

    /// How alike two pictures look: 1 for the same picture, near 0 for pictures that share nothing. The order of the two does not matter.
    pub fn similarity(&self, other: &Self) -> f64 {
        let (layout_a, rest_a) = self.values.split_at(LAYOUT.min(self.values.len()));
        let (layout_b, rest_b) = other.values.split_at(LAYOUT.min(other.values.len()));
        let (histograms_a, edges_a) = rest_a.split_at((COLOURS + LIGHT_STEPS).min(rest_a.len()));
        let (histograms_b, edges_b) = rest_b.split_at((COLOURS + LIGHT_STEPS).min(rest_b.len()));
        let (colours_a, lights_a) = histograms_a.split_at(COLOURS.min(histograms_a.len()));
        let (colours_b, lights_b) = histograms_b.split_at(COLOURS.min(histograms_b.len()));
        let score = 0.45 * nearness(layout_a, layout_b)
            + 0.2 * overlap(colours_a, colours_b)
            + 0.1 * overlap(lights_a, lights_b)
            + 0.25 * overlap(edges_a, edges_b);
        score.clamp(0.0, 1.0)
    }

    /// The features for storage: a version byte and then the numbers.
    pub fn to_bytes(&self) -> Vec<u8> {
        std::iter::once(VERSION).chain(self.values.iter().copied()).collect()
    }

    /// Reads what [`Features::to_bytes`] wrote. Features of another version must be computed again.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PictureError> {
        match bytes.split_first() {
            Some((&VERSION, values)) if values.len() == LENGTH => Ok(Self { values: values.to_vec() }),
            _ => Err(PictureError::OtherVersion),
        }
    }
}

/// The picture at the size that features are computed from. A transparent picture is put on white.
fn decode(bytes: &[u8]) -> Result<RgbImage, PictureError> {
    if bytes.len() > MOST_BYTES {
        return Err(PictureError::TooLarge);
    }
    let picture = imaging::decode(bytes).map_err(PictureError::from)?;
    let side = u32::try_from(SIDE).unwrap_or_default();
    let small = picture.resize_exact(side, side, FilterType::Triangle).to_rgba8();
    let mut flat = RgbImage::new(side, side);
    for (to, from) in flat.pixels_mut().zip(small.pixels()) {
        let [r, g, b, alpha] = from.0.map(u16::from);
        to.0 = [r, g, b].map(|c| u8::try_from((c * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX));
    }
    Ok(flat)
}

impl From<imaging::PictureError> for PictureError {
    fn from(error: imaging::PictureError) -> Self {
        match error {
            imaging::PictureError::TooLarge { .. } => Self::TooLarge,
            imaging::PictureError::UnknownFormat => Self::UnknownFormat,
            imaging::PictureError::Damaged => Self::Damaged,
            imaging::PictureError::TooSlow => Self::TooSlow,
        }
    }
}

/// Lightness (0 to 100) and the two colour axes of CIE Lab (about -100 to 100).
fn lab(rgb: [u8; 3]) -> [f32; 3] {
    let [red, green, blue] = rgb.map(|channel| {
        let channel = f32::from(channel) / 255.0;
        if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    });
    // The tristimulus values relative to the white of daylight (D65).
    let [x, y, z] = [
        (0.412_46 * red + 0.357_58 * green + 0.180_44 * blue) / 0.950_47,
        0.212_67 * red + 0.715_16 * green + 0.072_18 * blue,
        (0.019_33 * red + 0.119_19 * green + 0.950_30 * blue) / 1.088_83,
    ]
    .map(|value: f32| if value > 0.008_856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The mean colour of each cell, with its lightness relative to the picture's mean.
fn layout(lab: &[[f32; 3]], mean: f32) -> Vec<u8> {
    let mut cells = vec![[0.0_f32; 3]; CELLS * CELLS];
    for (at, pixel) in lab.iter().enumerate() {
        if let Some(cell) = cells.get_mut(cell_of(at, CELLS)) {
            cell.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
        }
    }
    let pixels = as_f32((SIDE / CELLS).pow(2));
    cells.into_iter().flat_map(|[light, a, b]| [light / pixels - mean, a / pixels, b / pixels]).map(|value| byte(value + 127.5)).collect()
}

/// The share of the pixels that have each colour, without regard to lightness.
fn colours(lab: &[[f32; 3]]) -> Vec<u8> {
    let mut shares = vec![0.0; COLOURS];
    for [_, a, b] in lab {
        for (row, row_share) in steps((a + 64.0) / 128.0, COLOUR_STEPS) {
            for (column, share) in steps((b + 64.0) / 128.0, COLOUR_STEPS) {
                give(&mut shares, row * COLOUR_STEPS + column, row_share * share);
            }
        }
    }
    bytes_of(&shares)
}

/// The share of the pixels that have each lightness, relative to the picture's mean.
fn lights(lab: &[[f32; 3]], mean: f32) -> Vec<u8> {
    let mut shares = vec![0.0; LIGHT_STEPS];
    for [light, ..] in lab {
        for (at, share) in steps((light - mean + 60.0) / 120.0, LIGHT_STEPS) {
            give(&mut shares, at, share);
        }
    }
    bytes_of(&shares)
}

/// The strength of the edges by cell and direction, relative to the strongest edges of the picture.
fn edges(lab: &[[f32; 3]]) -> Vec<u8> {
    let light = |x: usize, y: usize| lab.get(y * SIDE + x).map_or(0.0, |[light, ..]| *light);
    let mut strengths = vec![0.0; EDGES];
    for y in 1..SIDE - 1 {
        for x in 1..SIDE - 1 {
            let across = light(x + 1, y) - light(x - 1, y);
            let down = light(x, y + 1) - light(x, y - 1);
            let strength = across.hypot(down);
            // Anything weaker is noise of the compression.
            if strength < 4.0 {
                continue;
            }
            // An edge from dark to bright counts the same as its opposite.
            let turn = (down.atan2(across) / std::f32::consts::PI).rem_euclid(1.0) * as_f32(DIRECTIONS);
            let cell = cell_of(y * SIDE + x, EDGE_CELLS) * DIRECTIONS;
            let part = turn.fract();
            let first = whole(turn) % DIRECTIONS;
            give(&mut strengths, cell + first, strength * (1.0 - part));
            give(&mut strengths, cell + (first + 1) % DIRECTIONS, strength * part);
        }
    }
    bytes_of(&strengths)
}

/// The two neighbouring steps that a value of 0 to 1 falls between, each with its share.
fn steps(value: f32, count: usize) -> [(usize, f32); 2] {
    let at = value.clamp(0.0, 1.0) * as_f32(count - 1);
    let first = whole(at).min(count - 1);
    [(first, 1.0 - at.fract()), ((first + 1).min(count - 1), at.fract())]
}

fn give(to: &mut [f32], at: usize, amount: f32) {
    if let Some(sum) = to.get_mut(at) {
        *sum += amount;
    }
}

/// The cell of the pixel at `at`, in a grid with `cells` cells a side.
fn cell_of(at: usize, cells: usize) -> usize {
    let size = SIDE / cells;
    (at / SIDE / size) * cells + (at % SIDE) / size
}

/// The numbers relative to the greatest one. We take their square root, so that small numbers keep their differences.
fn bytes_of(values: &[f32]) -> Vec<u8> {
    let most = values.iter().copied().fold(0.0, f32::max);
    values.iter().map(|value| if most > 0.0 { byte((value / most).sqrt() * 255.0) } else { 0 }).collect()
}

/// 1 for equal layouts. The value falls with their mean distance.
fn nearness(a: &[u8], b: &[u8]) -> f64 {
    let squares: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    let distance = (squares / f64::from(u32::try_from(a.len().max(1)).unwrap_or(u32::MAX))).sqrt();
    // If the cells differ by about 25 of 255 in all numbers, it is a different picture.
    (-distance / 12.0).exp()
}

/// The share that two histograms have in common. Two empty ones are equal.
fn overlap(a: &[u8], b: &[u8]) -> f64 {
    let share = |values: &[u8]| values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
    let (whole_a, whole_b) = (share(a), share(b));
    if whole_a <= 0.0 || whole_b <= 0.0 {
        return if whole_a <= 0.0 && whole_b <= 0.0 { 1.0 } else { 0.0 };
    }
    a.iter().zip(b).map(|(a, b)| (f64::from(*a).powi(2) / whole_a).min(f64::from(*b).powi(2) / whole_b)).sum()
}

fn as_f32(number: usize) -> f32 {
    f32::from(u16::try_from(number).unwrap_or(u16::MAX))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of a byte")]
fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and not negative")]
fn whole(value: f32) -> usize {
    value.max(0.0) as usize
}

#[cfg(test)]
mod tests;
