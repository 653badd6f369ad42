//! The pen that figures are drawn with.

use super::canvas::{Canvas, Colour, Point};

/// Draws on the canvas in the figure's own space.
pub struct Pen<'a> {
    canvas: &'a mut Canvas,
    foot: Point,
    size: f32,
    facing: f32,
}

impl<'a> Pen<'a> {
    /// A pen for a figure that stands at `foot` and is so high. `facing` is 1, or -1 for a figure that faces left.
    pub fn new(canvas: &'a mut Canvas, foot: Point, size: f32, facing: f32) -> Self {
        Self { canvas, foot, size, facing }
    }

    pub fn disc(&mut self, centre: Point, radius: f32, ink: Colour) {
        self.oval(centre, radius, radius, ink);
    }

    pub fn oval(&mut self, centre: Point, across: f32, down: f32, ink: Colour) {
        let centre = self.place(centre);
        self.canvas.ellipse(centre, across * self.size, down * self.size, ink);
    }

    pub fn ring(&mut self, centre: Point, radius: f32, thickness: f32, ink: Colour) {
        let centre = self.place(centre);
        self.canvas.ring(centre, radius * self.size, thickness * self.size, ink);
    }

    pub fn line(&mut self, from: Point, to: Point, thickness: f32, ink: Colour) {
        let (from, to) = (self.place(from), self.place(to));
        self.canvas.line(from, to, thickness * self.size, ink);
    }

    pub fn poly(&mut self, corners: &[Point], ink: Colour) {
        let placed: Vec<Point> = corners.iter().map(|&corner| self.place(corner)).collect();
        self.canvas.polygon(&placed, ink);
    }

    /// Fills a rectangle given by two opposite corners.
    pub fn block(&mut self, low: Point, high: Point, ink: Colour) {
        self.poly(&[low, (low.0, high.1), high, (high.0, low.1)], ink);
    }

    fn place(&self, (x, y): Point) -> Point {
        (self.foot.0 + x * self.size * self.facing, self.foot.1 - y * self.size)
    }
}
