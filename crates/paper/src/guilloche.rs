//! The fine lines of a card, computed from a hash of its code, as on the phone's screen: another card, other lines.

use std::f32::consts::PI;

/// The card's size in the units of the lines: tenths of a millimetre.
pub(crate) const WIDTH: f32 = 856.0;

const ROSETTE_LINES: u16 = 14;
const ROSETTE_POINTS: u16 = 180;
const WAVE_LINES: u16 = 20;
const WAVE_STEP: u16 = 14;
const PETALS: [f32; 4] = [8.0, 10.0, 12.0, 16.0];

/// One polyline.
pub(crate) type Curve = Vec<(f32, f32)>;

/// Closed curves around one centre, and lines from edge to edge.
pub(crate) struct Lines {
    pub(crate) rosette: Vec<Curve>,
    pub(crate) waves: Vec<Curve>,
}

/// FNV-1a over the text and a number: this is ornament, not a check.
fn share(text: &str, number: u8) -> f32 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in text.bytes().chain([number]) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    f32::from(hash.to_be_bytes()[0] ^ hash.to_be_bytes()[3]) / 255.0
}

pub(crate) fn lines(code: &str) -> Lines {
    let part = |number| share(code, number);
    Lines {
        rosette: rosette(&part),
        waves: waves(&part),
    }
}

fn rosette(part: &dyn Fn(u8) -> f32) -> Vec<Curve> {
    let [fewest, few, many, most] = PETALS;
    let petals = match part(0) {
        share if share < 0.25 => fewest,
        share if share < 0.5 => few,
        share if share < 0.75 => many,
        _ => most,
    };
    let ripples = petals * (2.0 + part(1).round());
    let (outer, sway, ripple) = (
        205.0 + part(2) * 40.0,
        34.0 + part(3) * 26.0,
        8.0 + part(4) * 16.0,
    );
    let turn = part(5) * PI * 2.0;
    let curve = |line: u16| {
        let along = f32::from(line) / f32::from(ROSETTE_LINES - 1);
        let radius = outer * (0.3 + 0.7 * along);
        let phase = turn + along * (PI / petals) * (2.0 + part(6) * 3.0);
        (0..ROSETTE_POINTS)
            .map(|point| {
                let angle = f32::from(point) / f32::from(ROSETTE_POINTS) * PI * 2.0;
                let r = radius
                    + sway * along * (petals * angle + phase).cos()
                    + ripple * (ripples * angle - phase * 2.0).cos();
                (640.0 + r * angle.cos(), 262.0 + r * angle.sin())
            })
            .collect()
    };
    (0..ROSETTE_LINES).map(curve).collect()
}

fn waves(part: &dyn Fn(u8) -> f32) -> Vec<Curve> {
    let (long, short) = (1.0 + part(8) * 1.6, 4.0 + part(9) * 5.0);
    let (high, low) = (46.0 + part(10) * 44.0, 8.0 + part(11) * 14.0);
    let curve = |line: u16| {
        let base = -60.0 + f32::from(line) * 34.0;
        let shift = f32::from(line) * 0.11;
        (0..=62_u16)
            .map(|step| {
                let x = f32::from(step * WAVE_STEP);
                let t = x / WIDTH * PI * 2.0;
                (
                    x,
                    base + high * (t * long * 0.5 + shift).sin()
                        + low * (t * short * 0.5 - shift * 2.0).sin(),
                )
            })
            .collect()
    };
    (0..WAVE_LINES).map(curve).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_code_has_other_lines() {
        let (one, same, other) = (lines("NCF1"), lines("NCF1"), lines("NCF2"));
        assert_eq!(one.rosette, same.rosette);
        assert_ne!(one.rosette, other.rosette);
        assert!(one.waves.len() > 10);
    }
}
