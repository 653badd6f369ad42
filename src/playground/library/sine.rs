//! A sine that is the same on every machine.
//!
//! The standard library uses the platform's sine, and platforms differ in the last bit. Pictures are drawn with sines, and that one bit
//! moves a star. So we use only operations whose result IEEE 754 defines to the last bit.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// The sine of an angle in radians.
pub fn sine(angle: f32) -> f32 {
    rounded(of(angle.into()))
}

/// The cosine of an angle in radians.
pub fn cosine(angle: f32) -> f32 {
    rounded(of(f64::from(angle) + FRAC_PI_2))
}

fn of(angle: f64) -> f64 {
    let turned = angle - (angle / TAU).round() * TAU;
    // The sine of an angle beyond a quarter turn equals the sine of its mirror image.
    let x = if turned.abs() > FRAC_PI_2 { PI.copysign(turned) - turned } else { turned };
    // The series of the sine, up to the last term that changes a 32-bit number.
    let square = x * x;
    let series = [17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0].into_iter().fold(1.0, |sum, n: f64| 1.0 - square / (n * (n - 1.0)) * sum);
    x * series
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest 32-bit number is what is wanted")]
const fn rounded(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sine() {
        for step in -4000_i16..4000 {
            let angle = f32::from(step) * 0.37;
            let exact = f64::from(angle);
            assert!((f64::from(sine(angle)) - exact.sin()).abs() < 1e-7, "{angle}");
            assert!((f64::from(cosine(angle)) - exact.cos()).abs() < 1e-7, "{angle}");
        }
    }

    #[test]
    fn its_bits_are_known() {
        let bits: Vec<u32> = [0.0_f32, 0.5, 1.0, 3.0, -2.5, 12.9898, 6502.5].map(|angle| sine(angle).to_bits()).into();
        assert_eq!(bits, [0x0000_0000, 0x3EF5_7744, 0x3F57_6AA4, 0x3E10_81C3, 0xBF19_3578, 0x3ED2_6026, 0xBF0F_DEC0]);
    }
}
