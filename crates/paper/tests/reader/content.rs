//! A page's stream of drawing operators.

use super::{Pdf, Picture, hex, literal_bytes, string_after, utf16};

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f32),
    Name(String),
    Bytes(Vec<u8>),
    /// A dictionary as it is written.
    Dictionary(String),
    Operator(String),
}

fn tokens(stream: &[u8]) -> Vec<Token> {
    const ENDS: &[u8] = b" \n\r\t/[]()<>";
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < stream.len() {
        let rest = &stream[at..];
        match rest[0] {
            b' ' | b'\n' | b'\r' | b'\t' | b'[' | b']' => at += 1,
            b'(' => tokens.push(Token::Bytes(literal_bytes(stream, &mut at))),
            b'<' if rest[1] == b'<' => {
                let length = super::find(rest, b">>").unwrap();
                // A text in hexadecimal may end just before the dictionary does.
                let length = length + usize::from(rest.get(length + 2) == Some(&b'>'));
                tokens.push(Token::Dictionary(super::latin(&rest[2..length])));
                at += length + 2;
            }
            b'<' => {
                let length = super::find(rest, b">").unwrap();
                let digits = super::latin(&rest[1..length]);
                let pairs = digits.as_bytes().chunks(2);
                tokens.push(Token::Bytes(
                    pairs
                        .map(|pair| hex(std::str::from_utf8(pair).unwrap()))
                        .collect(),
                ));
                at += length + 1;
            }
            first => {
                let start = usize::from(first == b'/');
                let length = rest.iter().skip(1).position(|byte| ENDS.contains(byte));
                let length = length.map_or(rest.len(), |place| place + 1);
                let word = super::latin(&rest[start..length]);
                tokens.push(match word.parse() {
                    _ if start == 1 => Token::Name(word),
                    Ok(number) => Token::Number(number),
                    Err(_) => Token::Operator(word),
                });
                at += length;
            }
        }
    }
    tokens
}

/// Calls `each` for every operator with what stands before it.
fn operators(stream: &[u8], mut each: impl FnMut(&str, &[Token])) {
    let mut operands = Vec::new();
    for token in tokens(stream) {
        match token {
            Token::Operator(name) => {
                each(&name, &operands);
                operands.clear();
            }
            operand => operands.push(operand),
        }
    }
}

pub(super) fn letters(pdf: &Pdf, page: u32) -> String {
    let mut letters = String::new();
    let mut font = std::collections::BTreeMap::new();
    // A part whose letters are said instead of drawn.
    let mut said: Vec<bool> = Vec::new();
    operators(pdf.contents(page), |name, operands| match (name, operands) {
        ("Tf", [.., Token::Name(name), Token::Number(_)]) => font = pdf.meanings(page, name),
        ("BDC", [.., Token::Dictionary(properties)]) => {
            let text = properties
                .contains("/ActualText")
                .then(|| string_after(properties, "/ActualText"));
            letters.extend(text.iter().flat_map(|text| text.chars()));
            said.push(text.is_some());
        }
        ("BMC", _) => said.push(false),
        ("EMC", _) => {
            said.pop();
        }
        ("Tj" | "TJ", operands) if !said.contains(&true) => {
            for operand in operands {
                let Token::Bytes(glyphs) = operand else { continue };
                for glyph in glyphs.chunks(2) {
                    let glyph = u16::from_be_bytes([glyph[0], glyph[1]]);
                    assert_ne!(glyph, 0, "the box of a missing glyph");
                    letters.extend(font.get(&glyph).iter().flat_map(|meaning| meaning.chars()));
                }
            }
        }
        _ => {}
    });
    letters
}

type Matrix = [f32; 6];

fn times(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

/// Draws what is filled, where each part of the path is a rectangle. A shape with other edges is passed over, and so is
/// whatever is only stroked, written or clipped.
pub(super) fn picture(pdf: &Pdf, page: u32, [width, height]: [f32; 2], pixels_per_mm: f32) -> Picture {
    let scale = pixels_per_mm * 25.4 / 72.0;
    let (width, pixels_high) = ((width * scale) as u32, (height * scale) as u32);
    let mut luma = vec![255_u8; (width * pixels_high) as usize];
    // From points that count upwards to pixels that count downwards.
    let mut matrices: Vec<Matrix> = vec![[scale, 0.0, 0.0, -scale, 0.0, height * scale]];
    let mut greys = vec![0_u8];
    let mut paths: Vec<Vec<[f32; 2]>> = Vec::new();
    let mut is_straight = true;
    operators(pdf.contents(page), |name, operands| {
        let numbers: Vec<f32> = operands
            .iter()
            .filter_map(|operand| match operand {
                Token::Number(number) => Some(*number),
                _ => None,
            })
            .collect();
        let matrix = *matrices.last().unwrap();
        match name {
            "q" => {
                matrices.push(matrix);
                greys.push(*greys.last().unwrap());
            }
            "Q" => {
                matrices.pop();
                greys.pop();
            }
            "cm" => {
                let own: Matrix = numbers.try_into().unwrap();
                *matrices.last_mut().unwrap() = times(own, matrix);
            }
            "rg" => {
                let grey = numbers[0] * 0.299 + numbers[1] * 0.587 + numbers[2] * 0.114;
                *greys.last_mut().unwrap() = (grey * 255.0) as u8;
            }
            "m" | "l" => {
                let [x, y] = [numbers[0], numbers[1]];
                let point = [
                    x * matrix[0] + y * matrix[2] + matrix[4],
                    x * matrix[1] + y * matrix[3] + matrix[5],
                ];
                if name == "m" {
                    paths.push(Vec::new());
                }
                paths.last_mut().unwrap().push(point);
            }
            "c" | "v" | "y" | "re" => is_straight = false,
            "f" | "f*" if is_straight => {
                for path in &paths {
                    rectangle(path, width, pixels_high, *greys.last().unwrap(), &mut luma);
                }
            }
            _ => {}
        }
        if ["f", "f*", "S", "s", "n", "B", "b"].contains(&name) {
            paths.clear();
            is_straight = true;
        }
    });
    Picture {
        width,
        height: pixels_high,
        luma,
    }
}

fn rectangle(path: &[[f32; 2]], width: u32, height: u32, grey: u8, luma: &mut [u8]) {
    let edge =
        |axis: usize, pick: fn(f32, f32) -> f32, start: f32| path.iter().map(|p| p[axis]).fold(start, pick);
    let (left, right) = (edge(0, f32::min, f32::MAX), edge(0, f32::max, 0.0));
    let (top, bottom) = (edge(1, f32::min, f32::MAX), edge(1, f32::max, 0.0));
    let is_corner = |point: &[f32; 2]| {
        let near = |a: f32, b: f32| (a - b).abs() < 0.01;
        (near(point[0], left) || near(point[0], right)) && (near(point[1], top) || near(point[1], bottom))
    };
    if path.len() < 4 || !path.iter().all(is_corner) {
        return;
    }
    // A pixel belongs to a shape that has its middle.
    let pixels = |from: f32, to: f32, most: u32| {
        (from - 0.5).ceil().max(0.0) as u32..((to - 0.5).ceil() as u32).min(most)
    };
    for y in pixels(top, bottom, height) {
        for x in pixels(left, right, width) {
            luma[(y * width + x) as usize] = grey;
        }
    }
}

#[test]
fn strings_in_hexadecimal_are_utf_16() {
    assert_eq!(utf16("FEFF067E"), "پ");
}
