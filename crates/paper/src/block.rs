//! Setting a text into a box: smaller first, then in lines, then inside of words. Nothing is left out.

use crate::PrintError;
use crate::draw::POINTS;
use crate::text::{Line, Reading, Weight, shape};

/// The smallest size of any text, in points.
const SIZE_MIN: f32 = 3.4;

/// How much smaller a text gets before its words are broken.
const SHRINK: f32 = 0.6;

/// From baseline to baseline at least, in ems.
const LATIN_STEP: f32 = 1.24;
const NASTALIQ_STEP: f32 = 1.7;

/// Air between the ink of two lines at least, in ems.
const AIR: f32 = 0.1;

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Face {
    /// In points; what is too long gets smaller.
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) reading: Reading,
}

impl Face {
    pub(crate) const fn latin(size: f32, weight: Weight) -> Self {
        Self {
            size,
            weight,
            reading: Reading::LeftToRight,
        }
    }

    pub(crate) const fn urdu(size: f32, weight: Weight) -> Self {
        Self {
            size,
            weight,
            reading: Reading::RightToLeft,
        }
    }

    pub(crate) const fn scaled(self, factor: f32) -> Self {
        Self {
            size: self.size * factor,
            ..self
        }
    }
}

/// Lines below each other. Lengths are in millimetres.
pub(crate) struct Block {
    /// Each with the distance of its baseline from the top.
    pub(crate) lines: Vec<(Line, f32)>,
    /// In points.
    pub(crate) size: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Block {
    fn new(lines: Vec<Line>, size: f32) -> Self {
        let em = size / POINTS;
        let mut set: Vec<(Line, f32)> = Vec::with_capacity(lines.len());
        let mut height = 0.0_f32;
        for line in lines {
            let baseline = match set.last() {
                None => line.top * em,
                Some((before, baseline)) => {
                    let is_nastaliq = before.is_nastaliq || line.is_nastaliq;
                    let step = if is_nastaliq { NASTALIQ_STEP } else { LATIN_STEP };
                    baseline + step.max(before.bottom + line.top + AIR) * em
                }
            };
            height = baseline + line.bottom * em;
            set.push((line, baseline));
        }
        let width = set.iter().map(|(line, _)| line.width * em).fold(0.0, f32::max);
        Self {
            lines: set,
            size,
            width,
            height,
        }
    }

    /// Where the first line's baseline is.
    pub(crate) fn first(&self) -> f32 {
        self.lines.first().map_or(0.0, |(_, baseline)| *baseline)
    }

    fn fits(&self, [width, height]: [f32; 2]) -> bool {
        // A hair for rounding.
        self.width <= width + 0.01 && self.height <= height + 0.01
    }
}

/// The text in a box of `[width, height]` millimetres.
///
/// # Errors
/// [`PrintError::Room`] if it does not fit in [`SIZE_MIN`] either; [`PrintError::Letter`].
pub(crate) fn fit(text: &str, face: Face, room: [f32; 2]) -> Result<Block, PrintError> {
    let least = SIZE_MIN / POINTS;
    let whole = shape(text, face.weight, face.reading)?;
    if whole.width * least * least > room[0] * room[1] {
        return Err(PrintError::Room);
    }
    // Latin words are broken before Nastaliq, whose letters join.
    let breaks_early = face.reading == Reading::LeftToRight;
    let tries = [(1.0, SHRINK, false), (0.8, 0.0, breaks_early), (0.8, 0.0, true)];
    for (from, to, breaks) in tries {
        let mut size = face.size * from;
        while size >= (face.size * to).max(SIZE_MIN) {
            let block = wrap(text, Face { size, ..face }, room[0], breaks)?;
            if block.fits(room) {
                return Ok(block);
            }
            size *= 0.96;
        }
    }
    Err(PrintError::Room)
}

/// The text in lines of a width in millimetres, as high as it takes. Words that are longer are broken.
///
/// # Errors
/// [`PrintError::Letter`].
pub(crate) fn flow(text: &str, face: Face, width: f32) -> Result<Block, PrintError> {
    wrap(text, face, width, true)
}

fn wrap(text: &str, face: Face, width: f32, breaks: bool) -> Result<Block, PrintError> {
    let em = face.size / POINTS;
    let set = |text: &str| shape(text, face.weight, face.reading);
    let has_room = |line: &Line| line.width * em <= width + 0.001;
    let mut lines = Vec::new();
    let mut held: Option<Line> = None;
    for word in text.split_whitespace() {
        let longer = match &held {
            Some(line) => set(&format!("{} {word}", line.text))?,
            None => set(word)?,
        };
        if has_room(&longer) || !breaks && held.is_none() {
            held = Some(longer);
            continue;
        }
        lines.extend(held.take());
        let mut rest = word;
        // With `breaks`, until the rest has room; without, not at all.
        while breaks && !rest.is_empty() {
            let (begin, end) = cut(rest, |begin| Ok(has_room(&set(begin)?)))?;
            if end.is_empty() {
                break;
            }
            lines.push(set(begin)?);
            rest = end;
        }
        held = Some(set(rest)?);
    }
    lines.extend(held);
    Ok(Block::new(lines, face.size))
}

/// Cuts a word behind the most letters for which `has_room` holds, at least one, and never between a letter and its
/// signs.
fn cut(word: &str, has_room: impl Fn(&str) -> Result<bool, PrintError>) -> Result<(&str, &str), PrintError> {
    let places = word.char_indices().filter(|(_, letter)| !is_sign(*letter));
    let places: Vec<usize> = places
        .skip(1)
        .map(|(place, _)| place)
        .chain([word.len()])
        .collect();
    // The longest head lies behind the first `few` places and not behind `many`. It is found in steps that double, then
    // halve: a head is shaped each time.
    let at = |place: usize| word.split_at(places.get(place).copied().unwrap_or(word.len()));
    let (mut few, mut many) = (0, 1);
    while many < places.len() && has_room(at(many).0)? {
        few = many;
        many *= 2;
    }
    if many >= places.len() {
        many = places.len() - 1;
        if has_room(word)? {
            return Ok((word, ""));
        }
    }
    while few + 1 < many {
        let middle = usize::midpoint(few, many);
        if has_room(at(middle).0)? {
            few = middle;
        } else {
            many = middle;
        }
    }
    Ok(at(few))
}

/// A vowel sign or joiner, which belongs to the letter before it.
fn is_sign(letter: char) -> bool {
    matches!(letter, '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}' | '\u{200c}' | '\u{200d}' | '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn texts(block: &Block) -> Vec<&str> {
        block.lines.iter().map(|(line, _)| line.text.as_str()).collect()
    }

    #[test]
    fn a_text_keeps_its_size_while_there_is_room_and_breaks_at_spaces_then() {
        let face = Face::latin(10.0, Weight::Regular);
        let one = fit("one two", face, [60.0, 8.0]).unwrap();
        assert_eq!((texts(&one), one.size), (vec!["one two"], 10.0));
        let two = flow("one two three four", face, 18.0).unwrap();
        assert_eq!(texts(&two), ["one two", "three four"]);
        assert!(two.width <= 18.0 && two.height > one.height);
    }

    #[test]
    fn a_long_word_gets_smaller_and_is_broken_at_last() {
        let face = Face::latin(12.0, Weight::Bold);
        let smaller = fit(&"a".repeat(16), face, [30.0, 8.0]).unwrap();
        assert!(smaller.lines.len() == 1 && smaller.size < 12.0 && smaller.width <= 30.01);
        let word = "abcdefghij".repeat(12);
        let broken = fit(&word, face, [30.0, 20.0]).unwrap();
        assert_eq!(texts(&broken).concat(), word);
        assert!(broken.lines.len() > 1 && broken.width <= 30.01);
        assert_eq!(fit(&word, face, [5.0, 5.0]).err(), Some(PrintError::Room));
    }

    #[test]
    fn lines_of_nastaliq_do_not_touch() {
        let text = "محمد اسماعیل خان ولد عبدالرحمٰن مشتاق";
        let block = flow(text, Face::urdu(12.0, Weight::Regular), 25.0).unwrap();
        let em = 12.0 / POINTS;
        assert!(block.lines.len() > 1);
        for pair in block.lines.windows(2) {
            let [(above, upper), (below, lower)] = pair else {
                panic!()
            };
            assert!(upper + above.bottom * em < lower - below.top * em);
        }
        assert_eq!(texts(&block).join(" "), text);
    }

    #[test]
    fn a_vowel_sign_stays_with_its_letter() {
        assert_eq!(cut("گُل", |_| Ok(false)).unwrap(), ("گُ", "ل"));
    }

    #[test]
    fn a_word_is_cut_behind_the_most_letters_that_have_room() {
        let word: String = ('a'..='z').collect();
        for room in 0..=30 {
            let (head, tail) = cut(&word, |head| Ok(head.len() <= room)).unwrap();
            assert_eq!(head.len(), room.clamp(1, 26));
            assert_eq!(format!("{head}{tail}"), word);
        }
    }
}
