//! Fonts and shaping: a line of text as glyphs in their places, in either direction.

use std::ops::Range;
use std::sync::LazyLock;

use harfrust::{Direction, FontRef, ShapeOptions, ShapePlan, ShaperData, UnicodeBuffer, script};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::MetadataProvider as _;
use skrifa::instance::{LocationRef, Size};
use unicode_bidi::{BidiInfo, Level};

use crate::PrintError;

/// The fonts of print (SIL Open Font License; see `assets/README.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

struct Family {
    reader: FontRef<'static>,
    shaper: ShaperData,
    /// How to shape from left to right and from right to left: made once, since it takes longer than a line.
    plans: [ShapePlan; 2],
    font: Font,
}

static FONTS: LazyLock<Option<[Family; 4]>> = LazyLock::new(|| {
    let [a, b, c, d] = [
        (
            &include_bytes!("../../../assets/fonts/noto-sans-400.ttf")[..],
            false,
        ),
        (
            &include_bytes!("../../../assets/fonts/noto-sans-700.ttf")[..],
            false,
        ),
        (
            &include_bytes!("../../../assets/fonts/noto-nastaliq-urdu-400.ttf")[..],
            true,
        ),
        (
            &include_bytes!("../../../assets/fonts/noto-nastaliq-urdu-700.ttf")[..],
            true,
        ),
    ]
    .map(|(bytes, is_arabic): (&'static [u8], bool)| {
        let reader = FontRef::new(bytes).ok()?;
        let shaper = ShaperData::new(&reader);
        let plan = |direction| {
            let shaper = shaper.shaper(&reader).build();
            ShapePlan::new(&shaper, direction, Some(script(is_arabic)), None, &[])
        };
        Some(Family {
            plans: [plan(Direction::LeftToRight), plan(Direction::RightToLeft)],
            shaper,
            reader,
            font: Font::new(bytes.to_vec().into(), 0)?,
        })
    });
    Some([a?, b?, c?, d?])
});

fn script(is_arabic: bool) -> harfrust::Script {
    if is_arabic { script::ARABIC } else { script::LATIN }
}

/// Nastaliq is drawn larger than Latin letters of the same size, so that both look alike in size.
const NASTALIQ_SCALE: f32 = 1.06;

/// How far a line reaches above and below its baseline at least, in ems, so that lines without tall letters stand as
/// the others do.
const LATIN_REACH: [f32; 2] = [0.74, 0.22];
const NASTALIQ_REACH: [f32; 2] = [0.95, 0.45];

fn family(is_arabic: bool, weight: Weight) -> Result<&'static Family, PrintError> {
    let [sans, sans_bold, nastaliq, nastaliq_bold] = FONTS.as_ref().ok_or(PrintError::Pdf)?;
    Ok(match (is_arabic, weight) {
        (false, Weight::Regular) => sans,
        (false, Weight::Bold) => sans_bold,
        (true, Weight::Regular) => nastaliq,
        (true, Weight::Bold) => nastaliq_bold,
    })
}

/// Glyphs of one font in one direction.
pub(crate) struct Run {
    pub(crate) font: Font,
    /// Relative to the line's size.
    pub(crate) scale: f32,
    pub(crate) text: String,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// In ems of the line.
    pub(crate) width: f32,
}

/// A line in visual order, from left to right. Lengths are in ems: of a line set in 10 points, an em is 10 points.
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) runs: Vec<Run>,
    pub(crate) width: f32,
    /// How far its ink reaches above the baseline.
    pub(crate) top: f32,
    /// How far its ink reaches below the baseline.
    pub(crate) bottom: f32,
    /// Whether it has Nastaliq in it.
    pub(crate) is_nastaliq: bool,
}

/// Which way a line is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    LeftToRight,
    RightToLeft,
}

/// Shapes one line.
///
/// # Errors
/// [`PrintError::Letter`] if a font has no glyph for a letter.
pub(crate) fn shape(text: &str, weight: Weight, reading: Reading) -> Result<Line, PrintError> {
    let level = match reading {
        Reading::LeftToRight => Level::ltr(),
        Reading::RightToLeft => Level::rtl(),
    };
    let mut bidi = BidiInfo::new(text, Some(level));
    if let (true, Ok(inner)) = (level.is_rtl(), level.new_explicit_next_ltr()) {
        for range in numbers(text) {
            bidi.levels.get_mut(range).unwrap_or_default().fill(inner);
        }
    }
    let mut line = Line {
        text: text.to_owned(),
        runs: Vec::new(),
        width: 0.0,
        top: 0.0,
        bottom: 0.0,
        is_nastaliq: false,
    };
    for paragraph in &bidi.paragraphs {
        let (levels, visual) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for range in visual {
            let is_rtl = levels.get(range.start).is_some_and(Level::is_rtl);
            let mut parts = scripts(text, range);
            if is_rtl {
                parts.reverse();
            }
            for (range, is_arabic) in parts {
                line.add(text.get(range).unwrap_or_default(), weight, is_arabic, is_rtl)?;
            }
        }
    }
    Ok(line)
}

/// Where Latin letters and signs stand with digits in one word, such as `12-A` or `0300-1234567`. By the Unicode rules
/// alone they would be turned in a line of Urdu, as `A-12`: another house.
fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split_inclusive(|letter: char| !letter.is_ascii_graphic()) {
        let begin = word.find(|letter: char| letter.is_ascii_alphanumeric());
        let end = word.rfind(|letter: char| letter.is_ascii_alphanumeric());
        if let (Some(begin), Some(end)) = (begin, end)
            && word.contains(|letter: char| letter.is_ascii_digit())
        {
            found.push(start + begin..start + end + 1);
        }
        start += word.len();
    }
    found
}

/// Parts of a range that one font has. A space between two Nastaliq words is Nastaliq's, which is narrow; beside a
/// number or a Latin word it is as wide as theirs.
fn scripts(text: &str, range: Range<usize>) -> Vec<(Range<usize>, bool)> {
    let mut parts: Vec<(Range<usize>, bool)> = Vec::new();
    let Some(within) = text.get(range.clone()) else {
        return parts;
    };
    for (at, letter) in within.char_indices() {
        let place = range.start + at;
        let end = place + letter.len_utf8();
        let is_arabic = if letter == ' ' {
            let before = text.get(..place).and_then(|text| text.chars().next_back());
            let behind = text.get(end..).and_then(|text| text.chars().next());
            before.is_some_and(is_arabic) && behind.is_none_or(is_arabic)
        } else {
            is_arabic(letter)
        };
        match parts.last_mut() {
            Some((part, arabic)) if *arabic == is_arabic => part.end = end,
            _ => parts.push((place..end, is_arabic)),
        }
    }
    parts
}

/// Letters, digits and signs of Arabic script, and the joiners between them.
fn is_arabic(letter: char) -> bool {
    matches!(letter, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{200c}' | '\u{200d}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
}

impl Line {
    fn add(&mut self, text: &str, weight: Weight, is_arabic: bool, is_rtl: bool) -> Result<(), PrintError> {
        let family = family(is_arabic, weight)?;
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_script(script(is_arabic));
        let [ltr, rtl] = &family.plans;
        let (direction, plan) = if is_rtl {
            (Direction::RightToLeft, rtl)
        } else {
            (Direction::LeftToRight, ltr)
        };
        buffer.set_direction(direction);
        let shaper = family.shaper.shaper(&family.reader).build();
        let set = shaper.shape(buffer, ShapeOptions::new().plan(Some(plan)));
        let (infos, places) = (set.glyph_infos(), set.glyph_positions());
        if infos.iter().any(|info| info.glyph_id == 0) {
            return Err(PrintError::Letter);
        }
        let starts: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
        #[allow(clippy::cast_precision_loss)] // font units are below 2^16
        let ems = |value: i32| value as f32 / family.font.units_per_em();
        let bounds = family
            .reader
            .glyph_metrics(Size::unscaled(), LocationRef::default());
        let scale = if is_arabic { NASTALIQ_SCALE } else { 1.0 };
        let [mut top, mut bottom] = if is_arabic { NASTALIQ_REACH } else { LATIN_REACH };
        let mut glyphs = Vec::with_capacity(infos.len());
        for (info, place) in infos.iter().zip(places) {
            let start = info.cluster as usize;
            // The text of a cluster ends where the next one in reading order begins.
            let end = starts.iter().copied().filter(|other| *other > start).min();
            let glyph = KrillaGlyph {
                glyph_id: GlyphId::new(info.glyph_id),
                text_range: start..end.unwrap_or(text.len()),
                x_advance: ems(place.x_advance),
                x_offset: ems(place.x_offset),
                y_offset: ems(place.y_offset),
                y_advance: ems(place.y_advance),
                location: None,
            };
            if let Some(ink) = bounds.bounds(info.glyph_id.into()) {
                let unit = family.font.units_per_em();
                top = top.max((ink.y_max / unit + glyph.y_offset) * scale);
                bottom = bottom.max(-(ink.y_min / unit + glyph.y_offset) * scale);
            }
            glyphs.push(glyph);
        }
        let width = glyphs.iter().map(|glyph| glyph.x_advance * scale).sum();
        self.width += width;
        self.top = self.top.max(top);
        self.bottom = self.bottom.max(bottom);
        self.is_nastaliq |= is_arabic;
        self.runs.push(Run {
            font: family.font.clone(),
            scale,
            text: text.to_owned(),
            glyphs,
            width,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn glyph_ids(line: &Line) -> Vec<u32> {
        let ids = |run: &Run| {
            run.glyphs
                .iter()
                .map(|glyph| glyph.glyph_id.to_u32())
                .collect::<Vec<_>>()
        };
        line.runs.iter().flat_map(ids).collect()
    }

    #[test]
    fn urdu_is_joined_and_stands_from_right_to_left() {
        let set = |text: &str| shape(text, Weight::Regular, Reading::RightToLeft).unwrap();
        let word = set("پشاور");
        let alone: Vec<u32> = "پشاور"
            .chars()
            .flat_map(|c| glyph_ids(&set(&c.to_string())))
            .collect();
        // Joined letters are other glyphs than letters alone, and the first letter is the rightmost.
        assert_ne!(glyph_ids(&word), alone.iter().rev().copied().collect::<Vec<_>>());
        let clusters: Vec<usize> = word.runs[0].glyphs.iter().map(|g| g.text_range.start).collect();
        assert!(clusters.is_sorted_by(|a, b| a >= b), "{clusters:?}");
        // Nastaliq falls from right to left: glyphs of one word have different heights, and it needs more room.
        assert!(word.runs[0].glyphs.iter().any(|glyph| glyph.y_offset > 0.05));
        assert!(word.is_nastaliq && word.top > LATIN_REACH[0]);
    }

    #[test]
    fn numbers_and_latin_words_in_urdu_keep_their_direction() {
        let seen = |text: &str, reading| {
            let line = shape(text, Weight::Regular, reading).unwrap();
            let is_word = |run: &&Run| run.text.contains(|letter: char| letter.is_ascii_alphanumeric());
            for run in line.runs.iter().filter(is_word) {
                assert!(
                    run.glyphs
                        .is_sorted_by(|a, b| a.text_range.start < b.text_range.start)
                );
            }
            let texts: Vec<String> = line.runs.iter().map(|run| run.text.trim().to_owned()).collect();
            texts
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("|")
        };
        let rtl = |text| seen(text, Reading::RightToLeft);
        assert_eq!(rtl("گلی 12 پشاور"), "پشاور|12|گلی");
        assert_eq!(rtl("گلی Defence Road پشاور"), "پشاور|Defence Road|گلی");
        assert_eq!(rtl("21 نومبر 2031"), "2031|نومبر|21");
        // A number stays as it was written, whatever signs are in it.
        assert_eq!(rtl("مکان 12-A، گلی"), "، گلی|12-A|مکان");
        assert_eq!(
            rtl("فون 0300-1234567 (PSH/26-7)"),
            ")|PSH/26-7|(|0300-1234567|فون"
        );
        assert_eq!(seen("House گلی 12", Reading::LeftToRight), "House|12|گلی");
    }

    #[test]
    fn every_letter_of_english_urdu_and_pashto_has_a_glyph() {
        for (text, reading) in [
            (
                "Zarghuna's House 12/3, Street-4 (North) & #5: “Khyber”",
                Reading::LeftToRight,
            ),
            (
                "ا آ ب پ ت ٹ ث ج چ ح خ د ڈ ذ ر ڑ ز ژ س ش ص ض ط ظ ع غ ف ق ک گ ل م ن ں و ہ ھ ء ی ے ئ ؤ ۔ ، ؟ ؛ ۱۲۳",
                Reading::RightToLeft,
            ),
            ("ښ ځ څ ډ ړ ږ ۍ ې ګ ڼ ي ۀ زمان\u{200c}خان گُلِ", Reading::RightToLeft),
        ] {
            for weight in [Weight::Regular, Weight::Bold] {
                shape(text, weight, reading).unwrap();
            }
        }
    }

    #[test]
    fn a_letter_without_a_glyph_is_an_error() {
        for text in ["Ж", "Gul 漢", "گل\u{1f600}"] {
            let shaped = shape(text, Weight::Bold, Reading::LeftToRight);
            assert_eq!(shaped.err(), Some(PrintError::Letter), "{text}");
        }
    }
}
