//! A small PDF reader for tests: objects, texts, and the picture of what is filled with straight edges, which a QR code
//! is. It shares nothing with the library that writes.
#![allow(dead_code)] // each test reads another part

mod content;

use std::collections::BTreeMap;
use std::ops::Range;

/// A file taken apart. Reading it checks its form.
pub struct Pdf {
    objects: BTreeMap<u32, Object>,
    pages: Vec<u32>,
}

struct Object {
    /// The dictionary or array as it is written.
    text: String,
    stream: Vec<u8>,
}

/// A page as one grey picture.
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub luma: Vec<u8>,
}

/// A text of the structure tree, with its language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub lang: String,
    pub text: String,
}

impl Pdf {
    /// Reads a file: its cross-reference table must name each object at its place, and no more and no fewer than there
    /// are.
    pub fn read(bytes: &[u8]) -> Self {
        assert!(bytes.starts_with(b"%PDF-1.") && bytes.ends_with(b"%%EOF"));
        let tail = latin(&bytes[bytes.len() - 1_024.min(bytes.len())..]);
        let start: usize = word_after(&tail, "startxref").parse().unwrap();
        let table = latin(&bytes[start..]);
        let mut lines = table.lines();
        assert_eq!(lines.next(), Some("xref"));
        let count: u32 = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(word_after(&table, "/Size"), count.to_string());
        let mut objects = BTreeMap::new();
        for (number, line) in (0..count).zip(lines) {
            if line.trim_end().ends_with('f') {
                continue;
            }
            let at: usize = line[..10].parse().unwrap();
            let head = format!("{number} 0 obj\n");
            assert!(bytes[at..].starts_with(head.as_bytes()), "object {number}");
            objects.insert(number, Object::read(&bytes[at + head.len()..]));
        }
        let mut pdf = Self {
            objects,
            pages: Vec::new(),
        };
        let root = reference(&table, "/Root").unwrap();
        let pages = reference(pdf.text(root), "/Pages").unwrap();
        pdf.pages = references(list_after(pdf.text(pages), "/Kids"));
        assert_eq!(word_after(pdf.text(pages), "/Count"), pdf.pages.len().to_string());
        pdf
    }

    fn text(&self, object: u32) -> &str {
        &self.objects[&object].text
    }

    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// Width and height of a page, in points.
    pub fn size(&self, page: usize) -> [f32; 2] {
        let edges = list_after(self.text(self.pages[page]), "/MediaBox");
        let edges: Vec<f32> = edges.split(' ').map(|edge| edge.parse().unwrap()).collect();
        assert_eq!(edges[..2], [0.0, 0.0]);
        [edges[2], edges[3]]
    }

    /// What the structure tree says stands on a page, in order: what is read aloud.
    pub fn texts(&self, page: usize) -> Vec<Text> {
        let here = format!("/Pg {} 0 R", self.pages[page]);
        let elements = self
            .objects
            .values()
            .filter(|object| object.text.contains("/Type/StructElem") && object.text.contains(&here));
        elements
            .filter(|element| element.text.contains("/ActualText"))
            .map(|element| Text {
                lang: string_after(&element.text, "/Lang"),
                text: string_after(&element.text, "/ActualText"),
            })
            .collect()
    }

    /// Every letter that is drawn on a page, by its glyph's own meaning (`ToUnicode`), in the order of drawing.
    pub fn letters(&self, page: usize) -> String {
        content::letters(self, self.pages[page])
    }

    /// The page as a picture.
    pub fn picture(&self, page: usize, pixels_per_mm: f32) -> Picture {
        content::picture(self, self.pages[page], self.size(page), pixels_per_mm)
    }

    fn contents(&self, page: u32) -> &[u8] {
        let contents = reference(self.text(page), "/Contents").unwrap();
        &self.objects[&contents].stream
    }

    /// What glyphs of a page's font mean.
    fn meanings(&self, page: u32, font: &str) -> BTreeMap<u16, String> {
        let resources = reference(self.text(page), "/Resources").unwrap();
        let font = reference(self.text(resources), &format!("/{font} "));
        let map = reference(self.text(font.unwrap()), "/ToUnicode").unwrap();
        let map = latin(&self.objects[&map].stream);
        let pairs = map.split("beginbfchar").skip(1);
        pairs
            .flat_map(|block| block.split("endbfchar").next().unwrap().trim().lines())
            .map(|line| {
                let (glyph, meaning) = line.split_once(' ').unwrap();
                let glyph = u16::from_str_radix(glyph.trim_matches(['<', '>']), 16).unwrap();
                (glyph, utf16(meaning.trim_matches(['<', '>'])))
            })
            .collect()
    }
}

impl Object {
    fn read(bytes: &[u8]) -> Self {
        let end = find(bytes, b"endobj").unwrap();
        let Some(at) = find(&bytes[..end], b"stream\n") else {
            return Self {
                text: latin(&bytes[..end]),
                stream: Vec::new(),
            };
        };
        let text = latin(&bytes[..at]);
        let length: usize = word_after(&text, "/Length").parse().unwrap();
        let from = at + b"stream\n".len();
        let packed = &bytes[from..from + length];
        assert!(bytes[from + length..].starts_with(b"\nendstream"));
        let stream = if text.contains("/FlateDecode") {
            miniz_oxide::inflate::decompress_to_vec_zlib(packed).unwrap()
        } else {
            packed.to_vec()
        };
        Self { text, stream }
    }
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split_once(name).map(|(_, rest)| rest.trim_start())
}

fn word_after(text: &str, name: &str) -> String {
    let rest = after(text, name).unwrap();
    rest.chars().take_while(char::is_ascii_digit).collect()
}

fn reference(text: &str, name: &str) -> Option<u32> {
    let mut words = after(text, name)?.split(' ');
    words.next()?.parse().ok()
}

fn list_after<'a>(text: &'a str, name: &str) -> &'a str {
    let rest = after(text, name).unwrap().strip_prefix('[').unwrap();
    rest.split(']').next().unwrap()
}

fn references(list: &str) -> Vec<u32> {
    let words: Vec<&str> = list.split_whitespace().collect();
    words.chunks(3).map(|words| words[0].parse().unwrap()).collect()
}

/// A text in brackets (ASCII) or in hexadecimal UTF-16.
fn string_after(text: &str, name: &str) -> String {
    let rest = after(text, name).unwrap();
    if let Some(digits) = rest.strip_prefix('<') {
        return utf16(digits.split('>').next().unwrap());
    }
    let literal = rest.as_bytes();
    latin(&literal_bytes(literal, &mut 0))
}

fn utf16(digits: &str) -> String {
    let bytes: Vec<u8> = (0..digits.len() / 2)
        .map(|at| hex(&digits[at * 2..at * 2 + 2]))
        .collect();
    let units: Vec<u16> = bytes
        .chunks(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units)
        .unwrap()
        .trim_start_matches('\u{feff}')
        .to_owned()
}

fn hex(digits: &str) -> u8 {
    u8::from_str_radix(digits, 16).unwrap()
}

/// A string in brackets from `at` on, with its escapes resolved; `at` is moved behind it.
fn literal_bytes(text: &[u8], at: &mut usize) -> Vec<u8> {
    assert_eq!(text[*at], b'(');
    *at += 1;
    let (mut bytes, mut depth) = (Vec::new(), 1);
    loop {
        let byte = text[*at];
        *at += 1;
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'\\' => {
                let escaped = text[*at];
                *at += 1;
                bytes.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'f' => 12,
                    b'0'..=b'7' => {
                        let digits: Range<usize> = *at - 1..*at + 2;
                        *at += 2;
                        u8::from_str_radix(std::str::from_utf8(&text[digits]).unwrap(), 8).unwrap()
                    }
                    other => other,
                });
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            return bytes;
        }
        bytes.push(byte);
    }
}
