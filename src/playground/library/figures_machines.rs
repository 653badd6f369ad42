//! The figures that people make: vehicles, buildings, furniture, instruments.
//!
//! They use the same space as `figures`: the foot is at (0, 0), and up is positive.

use super::canvas::{Colour, Point, blend};
use super::pen::Pen;
use super::sine::{cosine, sine};

const DARK: Colour = [28, 26, 26];
const PALE: Colour = [238, 232, 214];

/// Draws the named figure. Returns false if there is no such figure.
pub fn draw(pen: &mut Pen, name: &str, ink: Colour, second: Option<Colour>) -> bool {
    match name {
        "train" => train(pen, ink, second.unwrap_or([150, 40, 30])),
        "wagon" => wagon(pen, ink, second.unwrap_or(PALE)),
        "car" => car(pen, ink, second.unwrap_or([170, 200, 215])),
        "cart" => cart(pen, ink, second.unwrap_or([190, 170, 140])),
        "tractor" => tractor(pen, ink),
        "boat" => boat(pen, ink, second.unwrap_or([220, 210, 190])),
        "sail" => sail(pen, ink, second.unwrap_or(PALE)),
        "airship" => airship(pen, ink),
        "rocket" => rocket(pen, ink, second.unwrap_or([40, 40, 44])),
        "capsule" => capsule(pen, ink),
        "shell" => shell(pen, ink),
        "lander" => lander(pen, ink, second.unwrap_or([200, 160, 60])),
        "parachute" => parachute(pen, ink, second.unwrap_or(PALE)),
        "rover" => rover(pen, ink),
        "house" => house(pen, ink, second.unwrap_or([110, 50, 40])),
        "castle" => castle(pen, ink),
        "tower" => tower(pen, ink, second.unwrap_or([240, 220, 140])),
        "window" => window(pen, ink, second.unwrap_or([170, 200, 220])),
        "door" => {
            pen.block((-0.25, 0.0), (0.25, 1.0), ink);
            pen.disc((0.16, 0.48), 0.035, second.unwrap_or([220, 190, 90]));
        }
        "desk" => desk(pen, ink),
        "bed" => bed(pen, ink, second.unwrap_or(PALE)),
        "clock" => clock(pen, ink, second.unwrap_or(DARK)),
        "flag" => flag(pen, ink, second.unwrap_or(PALE)),
        "cannon" => cannon(pen, ink),
        "rifle" => {
            pen.line((-0.5, -0.08), (-0.1, 0.0), 0.1, second.unwrap_or([110, 70, 40]));
            pen.line((-0.15, 0.0), (0.7, 0.08), 0.05, ink);
        }
        "coffin" => pen.poly(&[(-0.6, 0.0), (-0.7, 0.25), (-0.4, 0.42), (0.7, 0.36), (0.7, 0.06)], ink),
        "projector" => projector(pen, ink, second.unwrap_or(PALE)),
        "dish" => {
            pen.poly(&[(-0.12, 0.0), (0.0, 0.5), (0.12, 0.0)], ink);
            pen.poly(&[(-0.5, 0.9), (-0.3, 0.5), (0.15, 0.42), (0.45, 0.7)], second.unwrap_or(PALE));
            pen.line((0.0, 0.65), (0.15, 0.95), 0.03, ink);
        }
        _ => return false,
    }
    true
}

fn wheels(pen: &mut Pen, hubs: &[f32], radius: f32) {
    for &hub in hubs {
        pen.disc((hub, radius), radius, DARK);
        pen.disc((hub, radius), radius * 0.55, [120, 115, 110]);
    }
}

/// A steam locomotive that faces right. Its size is its height up to the top of the chimney.
fn train(pen: &mut Pen, iron: Colour, trim: Colour) {
    pen.block((-1.5, 0.2), (-0.8, 0.68), blend(iron, PALE, 0.15));
    pen.block((-0.75, 0.2), (-0.2, 0.95), iron);
    pen.block((-0.62, 0.6), (-0.36, 0.85), PALE);
    pen.block((-0.8, 0.93), (-0.14, 1.0), trim);
    pen.block((-0.2, 0.3), (0.75, 0.7), iron);
    pen.disc((0.75, 0.5), 0.2, iron);
    pen.block((0.5, 0.68), (0.64, 1.0), iron);
    pen.block((0.44, 0.95), (0.7, 1.04), iron);
    pen.disc((0.12, 0.72), 0.12, trim);
    pen.poly(&[(0.75, 0.3), (1.1, 0.02), (0.72, 0.02)], trim);
    pen.disc((0.92, 0.72), 0.07, [250, 235, 160]);
    wheels(pen, &[-1.35, -0.98, -0.55, -0.1, 0.3, 0.66], 0.17);
}

fn wagon(pen: &mut Pen, body: Colour, glass: Colour) {
    pen.block((-0.9, 0.2), (0.9, 0.85), body);
    pen.block((-0.95, 0.83), (0.95, 0.95), blend(body, DARK, 0.5));
    for pane in [-0.75, -0.4, -0.05, 0.3, 0.62] {
        pen.block((pane, 0.48), (pane + 0.2, 0.75), glass);
    }
    wheels(pen, &[-0.68, -0.42, 0.42, 0.68], 0.13);
}

fn car(pen: &mut Pen, body: Colour, glass: Colour) {
    pen.block((-0.9, 0.22), (0.9, 0.6), body);
    pen.poly(&[(-0.55, 0.58), (-0.42, 1.0), (0.32, 1.0), (0.48, 0.58)], body);
    pen.block((-0.4, 0.62), (-0.06, 0.92), glass);
    pen.block((0.02, 0.62), (0.34, 0.92), glass);
    pen.disc((0.88, 0.48), 0.07, [255, 240, 170]);
    wheels(pen, &[-0.52, 0.55], 0.22);
}

fn cart(pen: &mut Pen, wood: Colour, cover: Colour) {
    pen.block((-0.6, 0.35), (0.6, 0.55), wood);
    pen.poly(&[(-0.6, 0.55), (-0.55, 0.95), (0.55, 0.95), (0.6, 0.55)], cover);
    wheels(pen, &[-0.38, 0.38], 0.24);
}

fn tractor(pen: &mut Pen, paint: Colour) {
    pen.block((-0.1, 0.3), (0.75, 0.65), paint);
    pen.line((0.5, 0.6), (0.5, 1.0), 0.07, DARK);
    pen.line((-0.3, 0.5), (-0.3, 0.8), 0.12, paint);
    pen.disc((-0.3, 0.95), 0.1, [216, 178, 146]);
    wheels(pen, &[-0.32], 0.36);
    wheels(pen, &[0.6], 0.2);
}

fn boat(pen: &mut Pen, hull: Colour, deck: Colour) {
    pen.block((-0.7, 0.28), (0.55, 0.55), deck);
    pen.block((-0.45, 0.55), (0.35, 0.75), deck);
    for pane in [-0.6, -0.35, -0.1, 0.15, 0.38] {
        pen.block((pane, 0.36), (pane + 0.12, 0.48), DARK);
    }
    pen.block((-0.25, 0.75), (-0.12, 1.1), DARK);
    pen.block((0.05, 0.75), (0.18, 1.1), DARK);
    pen.poly(&[(-0.95, 0.3), (1.0, 0.34), (0.75, 0.0), (-0.85, 0.0)], hull);
}

fn sail(pen: &mut Pen, hull: Colour, cloth: Colour) {
    pen.line((0.0, 0.15), (0.0, 1.1), 0.04, DARK);
    pen.line((-0.4, 0.15), (-0.4, 0.95), 0.035, DARK);
    pen.poly(&[(0.03, 1.05), (0.5, 0.75), (0.5, 0.35), (0.03, 0.3)], cloth);
    pen.poly(&[(-0.38, 0.9), (-0.04, 0.7), (-0.04, 0.32), (-0.38, 0.3)], cloth);
    pen.poly(&[(-0.75, 0.28), (0.85, 0.28), (0.6, 0.0), (-0.6, 0.0)], hull);
}

fn airship(pen: &mut Pen, skin: Colour) {
    pen.poly(&[(-1.5, 0.95), (-1.2, 0.5), (-1.5, 0.08)], blend(skin, DARK, 0.35));
    pen.oval((0.0, 0.5), 1.45, 0.36, skin);
    pen.oval((0.0, 0.6), 1.25, 0.16, blend(skin, [255, 255, 255], 0.35));
    pen.block((0.4, 0.05), (0.8, 0.2), blend(skin, DARK, 0.6));
}

fn rocket(pen: &mut Pen, body: Colour, bands: Colour) {
    pen.poly(&[(-0.09, 0.0), (-0.09, 0.58), (0.09, 0.58), (0.09, 0.0)], body);
    pen.poly(&[(-0.09, 0.58), (-0.06, 0.64), (-0.06, 0.82), (0.06, 0.82), (0.06, 0.64), (0.09, 0.58)], body);
    pen.poly(&[(-0.06, 0.82), (0.0, 0.94), (0.06, 0.82)], body);
    pen.line((0.0, 0.9), (0.0, 1.04), 0.02, bands);
    for level in [0.02, 0.24, 0.42, 0.6] {
        pen.block((-0.09, level), (0.0, level + 0.07), bands);
    }
    pen.poly(&[(-0.09, 0.0), (-0.16, -0.03), (-0.09, 0.12)], bands);
    pen.poly(&[(0.09, 0.0), (0.16, -0.03), (0.09, 0.12)], bands);
}

fn capsule(pen: &mut Pen, skin: Colour) {
    pen.poly(&[(-0.45, 0.1), (-0.12, 0.8), (0.12, 0.8), (0.45, 0.1)], skin);
    pen.oval((0.0, 0.1), 0.45, 0.1, blend(skin, DARK, 0.5));
    pen.disc((0.1, 0.45), 0.08, DARK);
}

/// The shell of a space gun. It has the shape of a bullet and points right.
fn shell(pen: &mut Pen, metal: Colour) {
    pen.block((-0.7, 0.0), (0.2, 0.5), metal);
    pen.poly(&[(0.2, 0.0), (0.55, 0.1), (0.75, 0.25), (0.55, 0.4), (0.2, 0.5)], metal);
    pen.block((-0.7, 0.36), (0.25, 0.44), blend(metal, [255, 255, 255], 0.4));
    for rivet in [-0.55, -0.3, -0.05] {
        pen.disc((rivet, 0.2), 0.04, DARK);
    }
}

fn lander(pen: &mut Pen, cabin: Colour, foil: Colour) {
    for side in [-1.0_f32, 1.0] {
        pen.line((side * 0.25, 0.45), (side * 0.6, 0.05), 0.05, foil);
        pen.line((side * 0.48, 0.03), (side * 0.7, 0.03), 0.06, foil);
    }
    pen.line((0.0, 0.3), (0.0, 0.0), 0.04, foil);
    pen.block((-0.38, 0.22), (0.38, 0.5), foil);
    pen.poly(&[(-0.3, 0.5), (-0.36, 0.75), (-0.15, 0.95), (0.15, 0.95), (0.36, 0.75), (0.3, 0.5)], cabin);
    pen.poly(&[(-0.2, 0.7), (-0.05, 0.8), (-0.05, 0.68)], DARK);
    pen.poly(&[(0.2, 0.7), (0.05, 0.8), (0.05, 0.68)], DARK);
    pen.line((0.2, 0.95), (0.26, 1.08), 0.03, cabin);
}

fn parachute(pen: &mut Pen, gores: Colour, others: Colour) {
    for (from, to, ink) in [(-0.5, -0.3, gores), (-0.3, -0.1, others), (-0.1, 0.1, gores), (0.1, 0.3, others), (0.3, 0.5, gores)] {
        let height = |x: f32| 0.7 + (0.25 - x * x).max(0.0).sqrt() * 0.7;
        let outline: [Point; 4] = [(from, 0.7), (from, height(from)), (to, height(to)), (to, 0.7)];
        pen.poly(&outline, ink);
        pen.line((from, 0.7), (0.0, 0.1), 0.012, others);
        pen.line((to, 0.7), (0.0, 0.1), 0.012, others);
    }
    pen.block((-0.07, 0.0), (0.07, 0.12), DARK);
}

fn rover(pen: &mut Pen, body: Colour) {
    pen.block((-0.5, 0.4), (0.45, 0.65), body);
    pen.line((0.3, 0.65), (0.3, 1.0), 0.06, body);
    pen.block((0.2, 0.95), (0.46, 1.08), body);
    pen.line((-0.45, 0.6), (-0.7, 0.75), 0.08, DARK);
    wheels(pen, &[-0.45, 0.0, 0.45], 0.16);
}

fn house(pen: &mut Pen, wall: Colour, roof: Colour) {
    pen.block((-0.6, 0.0), (0.6, 0.6), wall);
    pen.poly(&[(-0.7, 0.6), (0.0, 1.0), (0.7, 0.6)], roof);
    pen.block((-0.1, 0.0), (0.1, 0.35), DARK);
    pen.block((-0.45, 0.25), (-0.25, 0.45), PALE);
    pen.block((0.25, 0.25), (0.45, 0.45), PALE);
}

fn castle(pen: &mut Pen, stone: Colour) {
    pen.block((-0.5, 0.0), (0.5, 0.5), stone);
    for (left, top) in [(-0.62, 0.75), (0.4, 0.7), (-0.12, 0.85)] {
        pen.block((left, 0.0), (left + 0.22, top), stone);
        pen.poly(&[(left - 0.04, top), (left + 0.11, top + 0.25), (left + 0.26, top)], stone);
    }
    for pane in [-0.53, 0.0, 0.5] {
        pen.block((pane - 0.03, 0.5), (pane + 0.03, 0.6), [235, 200, 110]);
    }
}

/// A tall building with rows of windows.
fn tower(pen: &mut Pen, wall: Colour, glass: Colour) {
    pen.block((-0.2, 0.0), (0.2, 1.0), wall);
    for row in [0.06, 0.18, 0.3, 0.42, 0.54, 0.66, 0.78, 0.9] {
        for column in [-0.15, -0.03, 0.09] {
            pen.block((column, row), (column + 0.06, row + 0.06), glass);
        }
    }
}

fn window(pen: &mut Pen, frame: Colour, glass: Colour) {
    pen.block((-0.4, 0.0), (0.4, 1.0), frame);
    for (left, low) in [(-0.34, 0.05), (0.03, 0.05), (-0.34, 0.53), (0.03, 0.53)] {
        pen.block((left, low), (left + 0.31, low + 0.42), glass);
    }
}

fn desk(pen: &mut Pen, wood: Colour) {
    pen.block((-0.7, 0.75), (0.7, 0.9), wood);
    pen.line((-0.58, 0.75), (-0.58, 0.0), 0.12, blend(wood, DARK, 0.3));
    pen.line((0.58, 0.75), (0.58, 0.0), 0.12, blend(wood, DARK, 0.3));
}

fn bed(pen: &mut Pen, wood: Colour, sheet: Colour) {
    pen.block((-1.0, 0.0), (-0.9, 1.0), wood);
    pen.block((0.9, 0.0), (1.0, 0.65), wood);
    pen.block((-0.9, 0.2), (0.9, 0.45), wood);
    pen.block((-0.9, 0.42), (0.9, 0.6), sheet);
    pen.oval((-0.65, 0.66), 0.22, 0.12, blend(sheet, [255, 255, 255], 0.5));
}

fn clock(pen: &mut Pen, plate: Colour, hands: Colour) {
    pen.disc((0.0, 0.5), 0.5, hands);
    pen.disc((0.0, 0.5), 0.44, plate);
    for step in 0..12_u8 {
        let angle = f32::from(step) * std::f32::consts::FRAC_PI_6;
        let (sine, cosine) = (sine(angle), cosine(angle));
        pen.line((sine * 0.36, 0.5 + cosine * 0.36), (sine * 0.42, 0.5 + cosine * 0.42), 0.03, hands);
    }
    pen.line((0.0, 0.5), (-0.22, 0.62), 0.05, hands);
    pen.line((0.0, 0.5), (0.32, 0.42), 0.035, hands);
}

fn flag(pen: &mut Pen, stripe: Colour, ground: Colour) {
    pen.line((0.0, 0.0), (0.0, 1.0), 0.03, [190, 190, 190]);
    pen.block((0.0, 0.55), (0.7, 1.0), ground);
    for level in [0.55, 0.68, 0.81, 0.94] {
        pen.block((0.0, level), (0.7, level + 0.06), stripe);
    }
    pen.block((0.0, 0.78), (0.28, 1.0), [40, 50, 110]);
}

fn cannon(pen: &mut Pen, iron: Colour) {
    pen.poly(&[(-0.5, 0.25), (-0.5, 0.55), (0.9, 0.85), (0.95, 0.65)], iron);
    pen.block((-0.6, 0.0), (0.1, 0.25), [110, 75, 45]);
    wheels(pen, &[-0.2], 0.26);
}

fn projector(pen: &mut Pen, body: Colour, light: Colour) {
    pen.poly(&[(0.4, 0.55), (2.2, 1.1), (2.2, -0.1)], light);
    pen.block((-0.4, 0.3), (0.4, 0.7), body);
    pen.ring((-0.25, 0.9), 0.18, 0.07, body);
    pen.ring((0.2, 0.9), 0.18, 0.07, body);
    pen.line((-0.2, 0.3), (-0.4, 0.0), 0.06, body);
    pen.line((0.2, 0.3), (0.4, 0.0), 0.06, body);
}
