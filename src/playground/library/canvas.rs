//! A small rasteriser with smooth edges: it fills outlines on a canvas of 16:9.
//!
//! One unit is the height of the picture, so x runs from 0 to [`ASPECT`] and y from 0 (top) to 1 (bottom). A shape may reach beyond the
//! canvas. The part outside is not drawn.

use image::{Rgb, RgbImage};

/// Width of the finished picture in pixels.
pub const WIDTH: u16 = 320;
/// Height of the finished picture in pixels.
pub const HEIGHT: u16 = 180;
/// Width of the canvas in units of its height.
pub const ASPECT: f32 = 16.0 / 9.0;

/// The samples per side of a finished pixel, which is their mean. `finished` reads them two by two.
const SAMPLES: u16 = 2;
/// Samples in one unit.
const SCALE: f32 = 360.0;
/// A sample number that is past every edge of the canvas.
const FAR: f32 = 4096.0;

/// A colour, or one sample of the canvas.
pub type Colour = [u8; 3];

/// A point in canvas units.
pub type Point = (f32, f32);

/// The picture while it is drawn, at twice its finished size.
pub struct Canvas {
    rows: Vec<Vec<Colour>>,
}

impl Canvas {
    /// A canvas of one colour.
    pub fn new(ground: Colour) -> Self {
        let row = vec![ground; usize::from(WIDTH * SAMPLES)];
        Self { rows: vec![row; usize::from(HEIGHT * SAMPLES)] }
    }

    /// Fills everything between two heights with a vertical blend of two colours.
    pub fn gradient(&mut self, top: f32, bottom: f32, upper: Colour, lower: Colour) {
        let span = (bottom - top).max(f32::EPSILON);
        self.paint(top, bottom, |y| (vec![(0.0, ASPECT)], blend(upper, lower, (y - top) / span)));
    }

    /// Fills an axis-parallel rectangle.
    pub fn rectangle(&mut self, left: f32, top: f32, width: f32, height: f32, ink: Colour) {
        self.paint(top, top + height, |_| (vec![(left, left + width)], ink));
    }

    /// Fills an ellipse.
    pub fn ellipse(&mut self, centre: Point, across: f32, down: f32, ink: Colour) {
        self.paint(centre.1 - down, centre.1 + down, |y| {
            let half = across * half_chord((y - centre.1) / down.max(f32::EPSILON));
            (vec![(centre.0 - half, centre.0 + half)], ink)
        });
    }

    /// Draws the outline of a circle.
    pub fn ring(&mut self, centre: Point, radius: f32, thickness: f32, ink: Colour) {
        let outer = radius + thickness / 2.0;
        let inner = (radius - thickness / 2.0).max(f32::EPSILON);
        self.paint(centre.1 - outer, centre.1 + outer, |y| {
            let far = outer * half_chord((y - centre.1) / outer);
            let near = inner * half_chord((y - centre.1) / inner);
            let sides = vec![(centre.0 - far, centre.0 - near), (centre.0 + near, centre.0 + far)];
            (sides, ink)
        });
    }

    /// Draws a straight stroke with square ends.
    pub fn line(&mut self, from: Point, to: Point, thickness: f32, ink: Colour) {
        let (run, rise) = (to.0 - from.0, to.1 - from.1);
        // `hypot` would give a last bit that depends on the platform.
        let length = (run * run + rise * rise).sqrt().max(f32::EPSILON);
        let (aside, along) = (-rise / length * thickness / 2.0, run / length * thickness / 2.0);
        self.polygon(
            &[
                (from.0 + aside, from.1 + along),
                (to.0 + aside, to.1 + along),
                (to.0 - aside, to.1 - along),
                (from.0 - aside, from.1 - along),
            ],
            ink,
        );
    }

    /// Fills a closed outline. Where the outline crosses itself, every second part stays empty.
    pub fn polygon(&mut self, corners: &[Point], ink: Colour) {
        let low = corners.iter().fold(f32::MAX, |low, corner| low.min(corner.1));
        let high = corners.iter().fold(f32::MIN, |high, corner| high.max(corner.1));
        let edges: Vec<(Point, Point)> = corners.iter().copied().zip(corners.iter().copied().cycle().skip(1)).collect();
        self.paint(low, high, |y| {
            let mut crossings: Vec<f32> = edges
                .iter()
                .filter(|(from, to)| (from.1 > y) != (to.1 > y))
                .map(|(from, to)| (to.0 - from.0) * (y - from.1) / (to.1 - from.1) + from.0)
                .collect();
            crossings.sort_by(f32::total_cmp);
            let (pairs, _) = crossings.as_chunks::<2>();
            (pairs.iter().map(|&[enter, leave]| (enter, leave)).collect(), ink)
        });
    }

    /// The finished picture. `cast` changes each colour. Then `grain` brightens or darkens single pixels, by column and row.
    pub fn finished(&self, cast: impl Fn(Colour) -> Colour, grain: impl Fn(u16, u16) -> i8) -> RgbImage {
        let mut picture = RgbImage::new(u32::from(WIDTH), u32::from(HEIGHT));
        let (pairs, _) = self.rows.as_chunks::<2>();
        for (row, [upper, lower]) in (0_u16..).zip(pairs) {
            let ((above, _), (below, _)) = (upper.as_chunks::<2>(), lower.as_chunks::<2>());
            // Neighbours mostly have the same colour, so we keep the last answer.
            let mut last = ([[0; 3]; 4], cast([0; 3]));
            for (column, (&[first, second], &[third, fourth])) in (0_u16..).zip(above.iter().zip(below)) {
                let samples = [first, second, third, fourth];
                if samples != last.0 {
                    last = (samples, cast(mean(samples)));
                }
                let change = grain(column, row);
                let pixel = last.1.map(|channel| channel.saturating_add_signed(change));
                picture.put_pixel(u32::from(column), u32::from(row), Rgb(pixel));
            }
        }
        picture
    }

    /// Paints row by row between two heights. `row_at` gives the stretches to fill at a height, and their colour.
    fn paint(&mut self, top: f32, bottom: f32, row_at: impl Fn(f32) -> (Vec<(f32, f32)>, Colour)) {
        let (top, bottom) = (sample_index(top), sample_index(bottom));
        let height = usize::from(bottom.saturating_sub(top));
        for (row, line) in (top..).zip(self.rows.iter_mut().skip(usize::from(top)).take(height)) {
            let (stretches, ink) = row_at((f32::from(row) + 0.5) / SCALE);
            for (enter, leave) in stretches {
                let last = usize::from(sample_index(leave)).min(line.len());
                if let Some(stretch) = line.get_mut(usize::from(sample_index(enter))..last) {
                    stretch.fill(ink);
                }
            }
        }
    }
}

/// The mean of the samples of one pixel.
fn mean(samples: [Colour; 4]) -> Colour {
    let mut sum = [0_u16; 3];
    for sample in samples {
        for (total, channel) in sum.iter_mut().zip(sample) {
            *total += u16::from(channel);
        }
    }
    sum.map(|total| u8::try_from(total / 4).unwrap_or(u8::MAX))
}

/// Half the width of a unit circle at this height above its middle. 0 outside the circle.
fn half_chord(height: f32) -> f32 {
    (1.0 - height * height).max(0.0).sqrt()
}

/// A mixture of two colours. `share` is the part of the second colour, 0 to 1.
pub fn blend(first: Colour, second: Colour, share: f32) -> Colour {
    let share = share.clamp(0.0, 1.0);
    let mut mixed = first;
    for (channel, other) in mixed.iter_mut().zip(second) {
        *channel = channel_value(f32::from(*channel) * (1.0 - share) + f32::from(other) * share);
    }
    mixed
}

/// Rounds to a channel value. Values outside 0..=255 become the nearer end.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from float saturates, and saturating is what is wanted"
)]
pub fn channel_value(value: f32) -> u8 {
    value.round() as u8
}

/// The first sample whose middle is at or after this coordinate. Negative coordinates give 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from float saturates at 0, and the upper end is bounded first"
)]
fn sample_index(coordinate: f32) -> u16 {
    (coordinate * SCALE).round().min(FAR) as u16
}

#[cfg(test)]
mod tests {
    use super::{Canvas, Colour, blend};

    const BLACK: Colour = [0, 0, 0];
    const WHITE: Colour = [255, 255, 255];

    fn lit(canvas: &Canvas) -> usize {
        let picture = canvas.finished(|colour| colour, |_, _| 0);
        picture.pixels().filter(|pixel| pixel.0 == WHITE).count()
    }

    #[test]
    fn a_rectangle_covers_its_area() {
        let mut canvas = Canvas::new(BLACK);
        canvas.rectangle(0.0, 0.0, 0.5, 0.5, WHITE);
        assert_eq!(lit(&canvas), 90 * 90);
    }

    #[test]
    fn what_lies_outside_is_not_drawn() {
        let mut canvas = Canvas::new(BLACK);
        canvas.rectangle(-3.0, -3.0, 1.0, 1.0, WHITE);
        canvas.ellipse((5.0, 0.5), 0.2, 0.2, WHITE);
        canvas.polygon(&[], WHITE);
        canvas.polygon(&[(0.1, 0.1), (f32::NAN, 0.2), (0.3, f32::INFINITY)], BLACK);
        assert_eq!(lit(&canvas), 0);
    }

    #[test]
    fn an_ellipse_and_a_triangle_have_about_their_area() {
        let mut canvas = Canvas::new(BLACK);
        canvas.ellipse((0.5, 0.5), 0.25, 0.25, WHITE);
        let disc = lit(&canvas);
        assert!((6000..6500).contains(&disc), "{disc}");
        let mut canvas = Canvas::new(BLACK);
        canvas.polygon(&[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)], WHITE);
        let triangle = lit(&canvas);
        assert!((15900..16300).contains(&triangle), "{triangle}");
    }

    #[test]
    fn blending_meets_both_ends() {
        assert_eq!(blend(BLACK, WHITE, -1.0), BLACK);
        assert_eq!(blend(BLACK, WHITE, 0.5), [128, 128, 128]);
        assert_eq!(blend(BLACK, WHITE, 2.0), WHITE);
    }
}
