//! Names of colours, as people use them.

/// The names, in the order of their numbers.
pub const NAMES: [&str; 12] = ["black", "grey", "white", "red", "orange", "brown", "yellow", "green", "cyan", "blue", "purple", "pink"];

/// The number of the colour of a pixel in [`NAMES`].
pub fn number([red, green, blue]: [u8; 3]) -> usize {
    let most = red.max(green).max(blue);
    let spread = most - red.min(green).min(blue);
    if most < 50 {
        return 0;
    }
    // Little colour beside its brightness.
    if u16::from(spread) * 100 < u16::from(most) * 18 {
        return if most > 215 { 2 } else { 1 };
    }
    let (r, g, b, s) = (f32::from(red), f32::from(green), f32::from(blue), f32::from(spread));
    let turn = if most == red {
        60.0 * ((g - b) / s)
    } else if most == green {
        60.0 * ((b - r) / s) + 120.0
    } else {
        60.0 * ((r - g) / s) + 240.0
    };
    match turn.rem_euclid(360.0) {
        hue if !(14.0..345.0).contains(&hue) => 3,
        hue if hue < 42.0 => {
            if most < 160 {
                5
            } else {
                4
            }
        }
        hue if hue < 70.0 => 6,
        hue if hue < 165.0 => 7,
        hue if hue < 200.0 => 8,
        hue if hue < 262.0 => 9,
        hue if hue < 295.0 => 10,
        _ => 11,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_their_usual_names() {
        let named = [
            ([0, 0, 0], "black"),
            ([255, 255, 255], "white"),
            ([128, 130, 126], "grey"),
            ([254, 0, 0], "red"),
            ([200, 20, 40], "red"),
            ([255, 140, 0], "orange"),
            ([120, 70, 20], "brown"),
            ([250, 240, 30], "yellow"),
            ([0, 128, 0], "green"),
            ([0, 200, 220], "cyan"),
            ([20, 30, 200], "blue"),
            ([120, 20, 200], "purple"),
            ([255, 105, 200], "pink"),
        ];
        for (pixel, name) in named {
            assert_eq!(NAMES[number(pixel)], name, "{pixel:?}");
        }
    }
}
