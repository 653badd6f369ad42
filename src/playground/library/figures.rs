//! The figures that live or grow: people, animals, trees, fire.
//!
//! A figure is drawn in its own space: its foot is at (0, 0), up is positive, and its head is near height 1. The pose word `left` makes any
//! figure face left. People also know `up`, `run`, `lie` and `sit`.

use super::canvas::{Canvas, Colour, Point, blend};
use super::figures_machines;
use super::pen::Pen;

/// Draws the named figure. Returns false if there is no such figure. Missing colours become dark, or the first colour.
pub fn draw(canvas: &mut Canvas, name: &str, foot: Point, size: f32, colours: &[Colour], pose: &str) -> bool {
    let ink = colours.first().copied().unwrap_or([25, 22, 20]);
    let second = colours.get(1).copied();
    let facing = if pose == "left" { -1.0 } else { 1.0 };
    let mut pen = Pen::new(canvas, foot, size, facing);
    let pen = &mut pen;
    match name {
        "person" => person(pen, ink, second.unwrap_or([224, 184, 150]), pose),
        "astronaut" => astronaut(pen, ink, second.unwrap_or([200, 150, 40])),
        "horse" => horse(pen, ink),
        "rider" => {
            horse(pen, ink);
            rider(pen, second.unwrap_or([40, 34, 30]));
        }
        "cow" => cow(pen, ink),
        "dino" => dino(pen, ink),
        "turtle" => turtle(pen, ink, second.unwrap_or([90, 70, 40])),
        "mouse" => mouse(pen, ink, second.unwrap_or([240, 220, 200])),
        "bird" => pen.poly(&[(0.0, 0.0), (0.5, 0.4), (0.9, 0.3), (0.5, 0.2), (0.0, -0.15), (-0.5, 0.2), (-0.9, 0.3), (-0.5, 0.4)], ink),
        "face" => face(pen, ink, second.unwrap_or([30, 25, 25]), pose),
        "hand" => hand(pen, ink),
        "tree" => tree(pen, ink, second.unwrap_or([70, 50, 30])),
        "pine" => pine(pen, ink),
        "bare" => bare_tree(pen, ink),
        "mushroom" => {
            pen.block((-0.1, 0.0), (0.1, 0.7), second.unwrap_or(blend(ink, [255, 255, 255], 0.5)));
            pen.poly(&[(-0.5, 0.6), (-0.35, 0.85), (0.0, 1.0), (0.35, 0.85), (0.5, 0.6)], ink);
        }
        "flame" => flame(pen, ink, second.unwrap_or([255, 220, 90])),
        "smoke" => smoke(pen, ink),
        "cloud" => cloud(pen, ink),
        _ => return figures_machines::draw(pen, name, ink, second),
    }
    true
}

fn person(pen: &mut Pen, clothes: Colour, skin: Colour, pose: &str) {
    match pose {
        "lie" => {
            pen.disc((-0.45, 0.1), 0.1, skin);
            pen.block((-0.36, 0.02), (0.1, 0.2), clothes);
            pen.line((0.1, 0.15), (0.5, 0.12), 0.08, clothes);
            pen.line((0.1, 0.06), (0.5, 0.03), 0.08, clothes);
            return;
        }
        "sit" => {
            pen.disc((0.0, 0.74), 0.1, skin);
            pen.poly(&[(-0.14, 0.25), (-0.14, 0.64), (0.14, 0.64), (0.14, 0.25)], clothes);
            pen.line((0.0, 0.28), (0.32, 0.28), 0.11, clothes);
            pen.line((0.29, 0.3), (0.29, 0.0), 0.1, clothes);
            pen.line((0.05, 0.58), (0.28, 0.4), 0.07, clothes);
            return;
        }
        "run" => {
            pen.line((0.0, 0.45), (0.22, 0.2), 0.1, clothes);
            pen.line((0.22, 0.22), (0.2, 0.0), 0.09, clothes);
            pen.line((0.0, 0.45), (-0.25, 0.15), 0.1, clothes);
            pen.line((0.03, 0.72), (0.28, 0.6), 0.07, clothes);
            pen.line((0.03, 0.72), (-0.22, 0.55), 0.07, clothes);
        }
        "up" => {
            legs(pen, clothes);
            pen.line((-0.12, 0.72), (-0.26, 1.02), 0.07, clothes);
            pen.line((0.12, 0.72), (0.26, 1.02), 0.07, clothes);
        }
        _ => {
            legs(pen, clothes);
            pen.line((-0.14, 0.74), (-0.2, 0.42), 0.07, clothes);
            pen.line((0.14, 0.74), (0.2, 0.42), 0.07, clothes);
        }
    }
    pen.poly(&[(-0.11, 0.4), (-0.15, 0.78), (0.15, 0.78), (0.11, 0.4)], clothes);
    pen.disc((0.0, 0.89), 0.1, skin);
    pen.poly(&[(-0.1, 0.93), (-0.07, 1.0), (0.07, 1.0), (0.1, 0.93)], clothes);
}

fn legs(pen: &mut Pen, clothes: Colour) {
    pen.line((-0.06, 0.42), (-0.09, 0.0), 0.09, clothes);
    pen.line((0.06, 0.42), (0.09, 0.0), 0.09, clothes);
}

fn astronaut(pen: &mut Pen, suit: Colour, visor: Colour) {
    let shade = blend(suit, [0, 0, 0], 0.25);
    pen.block((-0.26, 0.42), (-0.08, 0.86), shade);
    pen.line((-0.07, 0.42), (-0.1, 0.0), 0.15, suit);
    pen.line((0.08, 0.42), (0.12, 0.0), 0.15, suit);
    pen.block((-0.16, 0.38), (0.17, 0.76), suit);
    pen.line((0.14, 0.7), (0.32, 0.48), 0.11, suit);
    pen.line((-0.14, 0.7), (-0.22, 0.45), 0.11, shade);
    pen.disc((0.0, 0.86), 0.15, suit);
    pen.oval((0.05, 0.86), 0.1, 0.085, visor);
}

fn horse(pen: &mut Pen, coat: Colour) {
    pen.oval((0.0, 0.55), 0.36, 0.16, coat);
    for (hip, hoof) in [(-0.28, -0.38), (-0.2, -0.14), (0.2, 0.12), (0.28, 0.42)] {
        pen.line((hip, 0.5), (hoof, 0.0), 0.06, coat);
    }
    pen.poly(&[(0.2, 0.6), (0.42, 0.98), (0.52, 0.9), (0.36, 0.5)], coat);
    pen.poly(&[(0.4, 0.98), (0.68, 0.82), (0.64, 0.74), (0.42, 0.84)], coat);
    pen.line((-0.34, 0.6), (-0.52, 0.3), 0.05, coat);
}

fn rider(pen: &mut Pen, clothes: Colour) {
    pen.line((0.0, 0.66), (0.08, 0.36), 0.1, clothes);
    pen.poly(&[(-0.1, 0.64), (-0.08, 1.02), (0.12, 1.02), (0.1, 0.64)], clothes);
    pen.disc((0.03, 1.13), 0.09, [216, 178, 146]);
    pen.block((-0.1, 1.18), (0.17, 1.22), clothes);
    pen.line((0.08, 0.95), (0.32, 0.8), 0.05, clothes);
}

fn cow(pen: &mut Pen, coat: Colour) {
    pen.block((-0.5, 0.4), (0.4, 0.85), coat);
    for hip in [-0.45, -0.3, 0.2, 0.34] {
        pen.line((hip, 0.45), (hip, 0.0), 0.09, coat);
    }
    pen.poly(&[(0.38, 0.9), (0.7, 0.8), (0.72, 0.6), (0.4, 0.6)], coat);
    pen.line((0.42, 0.88), (0.5, 1.05), 0.04, [230, 225, 205]);
    pen.oval((-0.15, 0.65), 0.16, 0.12, [235, 230, 220]);
}

fn dino(pen: &mut Pen, hide: Colour) {
    pen.oval((0.0, 0.36), 0.38, 0.2, hide);
    pen.poly(&[(-0.25, 0.46), (-0.95, 0.05), (-0.2, 0.26)], hide);
    for hip in [-0.24, -0.1, 0.14, 0.26] {
        pen.line((hip, 0.3), (hip, 0.0), 0.12, hide);
    }
    pen.poly(&[(0.1, 0.48), (0.42, 0.92), (0.54, 0.88), (0.36, 0.28)], hide);
    pen.oval((0.55, 0.91), 0.15, 0.075, hide);
    pen.disc((0.54, 0.94), 0.02, [255, 255, 255]);
}

fn turtle(pen: &mut Pen, skin: Colour, shell: Colour) {
    pen.oval((0.62, 0.45), 0.2, 0.16, skin);
    pen.disc((0.68, 0.5), 0.03, [20, 20, 20]);
    pen.line((-0.35, 0.25), (-0.4, 0.0), 0.16, skin);
    pen.line((0.35, 0.25), (0.4, 0.0), 0.16, skin);
    pen.poly(&[(-0.6, 0.2), (-0.5, 0.6), (-0.2, 0.85), (0.2, 0.85), (0.5, 0.6), (0.6, 0.2)], shell);
    let groove = blend(shell, [0, 0, 0], 0.4);
    pen.line((-0.2, 0.82), (-0.25, 0.22), 0.03, groove);
    pen.line((0.2, 0.82), (0.25, 0.22), 0.03, groove);
    pen.line((-0.55, 0.5), (0.55, 0.5), 0.03, groove);
}

fn mouse(pen: &mut Pen, fur: Colour, muzzle: Colour) {
    pen.line((-0.07, 0.3), (-0.1, 0.03), 0.05, fur);
    pen.line((0.07, 0.3), (0.1, 0.03), 0.05, fur);
    pen.oval((-0.13, 0.03), 0.12, 0.05, muzzle);
    pen.oval((0.13, 0.03), 0.12, 0.05, muzzle);
    pen.oval((0.0, 0.38), 0.15, 0.17, fur);
    pen.line((-0.12, 0.45), (-0.3, 0.35), 0.04, fur);
    pen.line((0.12, 0.45), (0.32, 0.55), 0.04, fur);
    pen.disc((-0.21, 0.95), 0.14, fur);
    pen.disc((0.21, 0.95), 0.14, fur);
    pen.disc((0.0, 0.74), 0.22, fur);
    pen.oval((0.02, 0.68), 0.16, 0.13, muzzle);
    pen.oval((-0.05, 0.78), 0.04, 0.08, [20, 20, 20]);
    pen.oval((0.08, 0.78), 0.04, 0.08, [20, 20, 20]);
    pen.oval((0.03, 0.68), 0.04, 0.03, [20, 20, 20]);
}

/// A head that is seen close. Its foot is the chin. The poses are `shout`, `smile` and `asleep`; any other pose looks earnest.
fn face(pen: &mut Pen, skin: Colour, hair: Colour, pose: &str) {
    pen.oval((0.0, 0.58), 0.42, 0.46, hair);
    pen.oval((0.0, 0.48), 0.36, 0.46, skin);
    let dark = [35, 25, 25];
    for side in [-0.15, 0.15] {
        if pose == "asleep" {
            pen.line((side - 0.08, 0.55), (side + 0.08, 0.55), 0.03, dark);
        } else {
            pen.oval((side, 0.55), 0.075, 0.05, [245, 242, 235]);
            pen.disc((side, 0.55), 0.04, dark);
        }
        pen.line((side - 0.1, 0.66), (side + 0.1, 0.67), 0.03, dark);
    }
    pen.line((0.0, 0.5), (0.03, 0.36), 0.025, blend(skin, dark, 0.4));
    match pose {
        "shout" => pen.oval((0.0, 0.2), 0.12, 0.11, [70, 10, 15]),
        "smile" => pen.poly(&[(-0.17, 0.26), (0.17, 0.26), (0.08, 0.14), (-0.08, 0.14)], [250, 245, 240]),
        _ => pen.line((-0.12, 0.2), (0.12, 0.2), 0.035, [120, 50, 50]),
    }
}

fn hand(pen: &mut Pen, skin: Colour) {
    pen.poly(&[(-0.2, 0.0), (-0.24, 0.45), (0.22, 0.5), (0.2, 0.0)], skin);
    for (knuckle, tip) in [(-0.19, -0.27), (-0.06, -0.09), (0.06, 0.08), (0.17, 0.23)] {
        pen.line((knuckle, 0.42), (tip, 0.95), 0.1, skin);
    }
    pen.line((0.15, 0.2), (0.45, 0.5), 0.11, skin);
}

fn tree(pen: &mut Pen, leaves: Colour, trunk: Colour) {
    pen.block((-0.05, 0.0), (0.05, 0.5), trunk);
    pen.disc((-0.17, 0.6), 0.2, leaves);
    pen.disc((0.17, 0.6), 0.2, leaves);
    pen.disc((0.0, 0.78), 0.22, blend(leaves, [255, 255, 255], 0.08));
}

fn pine(pen: &mut Pen, needles: Colour) {
    pen.block((-0.03, 0.0), (0.03, 0.2), [60, 42, 28]);
    for (low, high, half) in [(0.12, 0.55, 0.26), (0.38, 0.78, 0.2), (0.62, 1.0, 0.14)] {
        pen.poly(&[(-half, low), (0.0, high), (half, low)], needles);
    }
}

fn bare_tree(pen: &mut Pen, bark: Colour) {
    pen.line((0.0, 0.0), (0.0, 0.65), 0.07, bark);
    for (from, to) in [
        ((0.0, 0.4), (-0.3, 0.75)),
        ((0.0, 0.5), (0.3, 0.85)),
        ((0.0, 0.6), (-0.1, 1.0)),
        ((-0.15, 0.58), (-0.4, 0.6)),
        ((0.15, 0.67), (0.4, 0.65)),
        ((0.0, 0.62), (0.12, 0.95)),
    ] {
        pen.line(from, to, 0.035, bark);
    }
}

fn flame(pen: &mut Pen, outer: Colour, inner: Colour) {
    pen.poly(
        &[(-0.3, 0.0), (-0.36, 0.4), (-0.18, 0.62), (-0.14, 0.9), (0.02, 0.7), (0.12, 1.05), (0.2, 0.62), (0.36, 0.45), (0.3, 0.0)],
        outer,
    );
    pen.poly(&[(-0.16, 0.0), (-0.18, 0.28), (0.0, 0.6), (0.17, 0.3), (0.15, 0.0)], inner);
}

fn smoke(pen: &mut Pen, grey: Colour) {
    let light = blend(grey, [255, 255, 255], 0.15);
    for (x, y, radius) in [(0.0, 0.08, 0.1), (0.08, 0.25, 0.14), (-0.04, 0.42, 0.18), (0.1, 0.62, 0.22), (-0.08, 0.82, 0.24)] {
        pen.disc((x, y), radius, grey);
        pen.disc((x - radius * 0.25, y + radius * 0.25), radius * 0.6, light);
    }
}

fn cloud(pen: &mut Pen, white: Colour) {
    pen.oval((0.0, 0.25), 0.9, 0.25, white);
    pen.disc((-0.35, 0.4), 0.3, white);
    pen.disc((0.2, 0.5), 0.4, white);
}
