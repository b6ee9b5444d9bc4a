//! Draws the portraits of the test citizens into `assets/test-citizens`.
//!
//! Flat shapes in order, back to front, four by four samples a pixel. No face of a real person
//! may stand in for one who does not exist, so these are drawn. The same program gives the same bytes.

use anyhow::Context as _;
use image::{Rgb, RgbImage};
use std::path::Path;

const WIDTH: u32 = 480;
const HEIGHT: u32 = 640;
const SAMPLES: u32 = 4;

/// A flat area of one colour; coordinates are pixels of the finished picture.
enum Shape {
    Everywhere,
    Ellipse {
        x: f32,
        y: f32,
        rx: f32,
        ry: f32,
    },
    /// The part of an ellipse above (`true`) or below the line `y = cut + slope * (x - middle)`.
    Segment {
        x: f32,
        y: f32,
        rx: f32,
        ry: f32,
        above: bool,
        cut: f32,
        slope: f32,
    },
    /// An ellipse's band: inside the outer one and outside the inner one.
    Ring {
        x: f32,
        y: f32,
        rx: f32,
        ry: f32,
        inner_x: f32,
        inner_y: f32,
        inner_rx: f32,
        inner_ry: f32,
    },
    /// A rectangle with round corners.
    Bar {
        x: f32,
        y: f32,
        w: f32,
        h: f32,
        round: f32,
    },
    /// The band between two parabolas over `x ± w`, each `y + bend * u²` with `u` from -1 to 1.
    Arc {
        x: f32,
        y: f32,
        w: f32,
        bend: f32,
        thick: f32,
        thick_bend: f32,
    },
}

type Layer = (Shape, [u8; 3]);

fn main() -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/test-citizens");
    for (name, layers) in [
        ("gul-zaman.png", gul_zaman()),
        ("zarmina-bibi.png", zarmina_bibi()),
        ("sher-alam.png", sher_alam()),
    ] {
        let file = folder.join(name);
        draw(&layers)
            .save(&file)
            .with_context(|| format!("could not write {name}"))?;
    }
    Ok(())
}

fn draw(layers: &[Layer]) -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |px, py| {
        let mut sum = [0u32; 3];
        for sy in 0..SAMPLES {
            for sx in 0..SAMPLES {
                let x = at(px, sx);
                let y = at(py, sy);
                let colour = layers
                    .iter()
                    .rev()
                    .find(|(shape, _)| shape.holds(x, y))
                    .map_or([255; 3], |(_, colour)| *colour);
                for (total, part) in sum.iter_mut().zip(colour) {
                    *total += u32::from(part);
                }
            }
        }
        Rgb(sum.map(|total| u8::try_from(total / (SAMPLES * SAMPLES)).unwrap_or(u8::MAX)))
    })
}

/// The middle of sample `sample` in pixel `pixel`.
#[allow(clippy::cast_precision_loss)] // both are below 1,000
fn at(pixel: u32, sample: u32) -> f32 {
    pixel as f32 + (sample as f32 + 0.5) / SAMPLES as f32
}

fn inside(px: f32, py: f32, x: f32, y: f32, rx: f32, ry: f32) -> bool {
    ((px - x) / rx).powi(2) + ((py - y) / ry).powi(2) <= 1.0
}

impl Shape {
    fn holds(&self, px: f32, py: f32) -> bool {
        match *self {
            Self::Everywhere => true,
            Self::Ellipse { x, y, rx, ry } => inside(px, py, x, y, rx, ry),
            Self::Segment {
                x,
                y,
                rx,
                ry,
                above,
                cut,
                slope,
            } => inside(px, py, x, y, rx, ry) && (py < cut + slope * (px - x)) == above,
            Self::Ring {
                x,
                y,
                rx,
                ry,
                inner_x,
                inner_y,
                inner_rx,
                inner_ry,
            } => inside(px, py, x, y, rx, ry) && !inside(px, py, inner_x, inner_y, inner_rx, inner_ry),
            Self::Bar { x, y, w, h, round } => {
                let dx = ((px - x).abs() - w + round).max(0.0);
                let dy = ((py - y).abs() - h + round).max(0.0);
                dx.hypot(dy) <= round
            }
            Self::Arc {
                x,
                y,
                w,
                bend,
                thick,
                thick_bend,
            } => {
                let u = (px - x) / w;
                let top = y + bend * u * u;
                let bottom = top + thick + thick_bend * u * u;
                u.abs() <= 1.0 && py >= top && py <= bottom
            }
        }
    }
}

fn ellipse(x: f32, y: f32, rx: f32, ry: f32, colour: [u8; 3]) -> Layer {
    (Shape::Ellipse { x, y, rx, ry }, colour)
}

/// A stroke, thin at its ends: brows, lids, lips.
fn stroke(x: f32, y: f32, w: f32, bend: f32, thick: f32, colour: [u8; 3]) -> Layer {
    (
        Shape::Arc {
            x,
            y,
            w,
            bend,
            thick,
            thick_bend: -thick,
        },
        colour,
    )
}

/// Eyes, brows, nose and mouth about the middle line.
fn features(skin: [u8; 3], brow: [u8; 3], lip: [u8; 3], y: f32, brow_thick: f32) -> Vec<Layer> {
    let shade = skin.map(|part| part - part / 8);
    let dark = [46, 32, 26];
    let mut layers = Vec::new();
    for x in [194.0, 286.0] {
        layers.push(ellipse(x, y, 19.0, 10.0, [247, 243, 238]));
        layers.push(ellipse(x, y, 9.5, 10.0, dark));
        layers.push(ellipse(x + 3.0, y - 3.0, 2.6, 2.6, [255, 255, 255]));
        layers.push(stroke(x, y - 13.0, 23.0, 9.0, 6.0, dark));
        layers.push(stroke(x, y - 38.0, 32.0, 12.0, brow_thick, brow));
    }
    layers.push((
        Shape::Bar {
            x: 240.0,
            y: y + 22.0,
            w: 8.0,
            h: 34.0,
            round: 8.0,
        },
        shade,
    ));
    layers.push(ellipse(240.0, y + 54.0, 19.0, 11.0, shade));
    layers.push(stroke(240.0, y + 92.0, 38.0, -7.0, 13.0, lip));
    layers
}

fn body(colour: [u8; 3], collar: [u8; 3], neck: [u8; 3]) -> Vec<Layer> {
    vec![
        ellipse(240.0, 680.0, 226.0, 220.0, colour),
        (
            Shape::Bar {
                x: 240.0,
                y: 440.0,
                w: 62.0,
                h: 70.0,
                round: 44.0,
            },
            neck,
        ),
        (
            Shape::Ring {
                x: 240.0,
                y: 452.0,
                rx: 74.0,
                ry: 72.0,
                inner_x: 240.0,
                inner_y: 436.0,
                inner_rx: 58.0,
                inner_ry: 70.0,
            },
            collar,
        ),
        (
            Shape::Bar {
                x: 240.0,
                y: 585.0,
                w: 7.0,
                h: 70.0,
                round: 6.0,
            },
            collar,
        ),
    ]
}

/// A man of thirty-odd with a white cap, dark hair and a short beard.
fn gul_zaman() -> Vec<Layer> {
    let skin = [217, 165, 127];
    let hair = [62, 40, 28];
    let mut layers = vec![(Shape::Everywhere, [207, 227, 222])];
    layers.extend(body([107, 74, 52], [139, 100, 72], [196, 144, 108]));
    layers.push(ellipse(240.0, 262.0, 128.0, 140.0, hair));
    layers.push(ellipse(118.0, 300.0, 18.0, 30.0, skin));
    layers.push(ellipse(362.0, 300.0, 18.0, 30.0, skin));
    layers.push(ellipse(240.0, 292.0, 116.0, 140.0, skin));
    // The beard is the lower part of the face's own outline, so that it never leaves it.
    layers.push((
        Shape::Segment {
            x: 240.0,
            y: 296.0,
            rx: 119.0,
            ry: 146.0,
            above: false,
            cut: 346.0,
            slope: 0.0,
        },
        hair,
    ));
    layers.push(ellipse(240.0, 336.0, 84.0, 34.0, skin));
    layers.push(ellipse(240.0, 383.0, 52.0, 20.0, skin));
    layers.push(stroke(240.0, 354.0, 54.0, 22.0, 14.0, hair));
    layers.extend(features(skin, hair, [170, 98, 82], 284.0, 13.0));
    layers.push((
        Shape::Segment {
            x: 240.0,
            y: 250.0,
            rx: 136.0,
            ry: 132.0,
            above: true,
            cut: 214.0,
            slope: 0.0,
        },
        [236, 231, 223],
    ));
    layers.push((
        Shape::Arc {
            x: 240.0,
            y: 186.0,
            w: 136.0,
            bend: 22.0,
            thick: 34.0,
            thick_bend: 0.0,
        },
        [222, 214, 203],
    ));
    layers.push((
        Shape::Arc {
            x: 240.0,
            y: 199.0,
            w: 136.0,
            bend: 22.0,
            thick: 6.0,
            thick_bend: 0.0,
        },
        [159, 126, 92],
    ));
    layers
}

/// A woman in her late twenties with a teal headscarf.
fn zarmina_bibi() -> Vec<Layer> {
    let skin = [226, 178, 142];
    let scarf = [18, 110, 104];
    let fold = [13, 88, 84];
    let hair = [48, 31, 24];
    let mut layers = vec![(Shape::Everywhere, [238, 226, 212])];
    layers.push(ellipse(240.0, 690.0, 226.0, 220.0, [154, 62, 74]));
    layers.push(ellipse(240.0, 296.0, 158.0, 182.0, scarf));
    layers.push(ellipse(240.0, 520.0, 168.0, 128.0, scarf));
    layers.push(ellipse(214.0, 520.0, 128.0, 96.0, fold));
    layers.push(ellipse(204.0, 534.0, 122.0, 94.0, scarf));
    layers.push(ellipse(240.0, 286.0, 119.0, 140.0, fold));
    layers.push(ellipse(240.0, 280.0, 110.0, 128.0, hair));
    layers.push(ellipse(240.0, 303.0, 108.0, 132.0, skin));
    layers.push((
        Shape::Ring {
            x: 240.0,
            y: 290.0,
            rx: 134.0,
            ry: 158.0,
            inner_x: 240.0,
            inner_y: 304.0,
            inner_rx: 111.0,
            inner_ry: 144.0,
        },
        scarf,
    ));
    layers.push(ellipse(174.0, 346.0, 24.0, 14.0, [229, 162, 132]));
    layers.push(ellipse(306.0, 346.0, 24.0, 14.0, [229, 162, 132]));
    layers.extend(features(skin, hair, [182, 78, 84], 294.0, 9.0));
    layers.push((
        Shape::Arc {
            x: 240.0,
            y: 122.0,
            w: 100.0,
            bend: 34.0,
            thick: 6.0,
            thick_bend: 0.0,
        },
        [217, 164, 65],
    ));
    layers
}

/// A man over sixty with a wool pakol and a white beard.
fn sher_alam() -> Vec<Layer> {
    let skin = [205, 151, 115];
    let white = [232, 229, 224];
    let wool = [150, 122, 92];
    let mut layers = vec![(Shape::Everywhere, [214, 220, 232])];
    layers.extend(body([70, 84, 104], [98, 114, 136], [184, 132, 99]));
    layers.push(ellipse(240.0, 268.0, 122.0, 126.0, [198, 194, 188]));
    layers.push(ellipse(120.0, 304.0, 18.0, 32.0, skin));
    layers.push(ellipse(360.0, 304.0, 18.0, 32.0, skin));
    layers.push(ellipse(240.0, 290.0, 114.0, 140.0, skin));
    layers.push((
        Shape::Segment {
            x: 240.0,
            y: 350.0,
            rx: 120.0,
            ry: 166.0,
            above: false,
            cut: 352.0,
            slope: 0.0,
        },
        white,
    ));
    layers.push(ellipse(240.0, 344.0, 78.0, 30.0, skin));
    layers.push(ellipse(240.0, 388.0, 44.0, 18.0, skin));
    layers.push(stroke(240.0, 354.0, 62.0, 30.0, 22.0, white));
    layers.extend(features(skin, [214, 210, 204], [160, 96, 82], 286.0, 15.0));
    for x in [150.0, 330.0] {
        layers.push(stroke(x, 318.0, 18.0, -5.0, 3.0, [178, 126, 94]));
    }
    layers.push(stroke(240.0, 226.0, 44.0, 5.0, 3.0, [178, 126, 94]));
    layers.push(ellipse(240.0, 132.0, 122.0, 52.0, wool));
    layers.push((
        Shape::Bar {
            x: 240.0,
            y: 184.0,
            w: 146.0,
            h: 34.0,
            round: 32.0,
        },
        [128, 102, 75],
    ));
    layers.push((
        Shape::Bar {
            x: 240.0,
            y: 176.0,
            w: 132.0,
            h: 5.0,
            round: 5.0,
        },
        [166, 138, 107],
    ));
    layers
}
