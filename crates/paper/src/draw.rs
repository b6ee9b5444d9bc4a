//! Drawing in millimetres from the top left corner: shapes, texts in their boxes, the photo.

use krilla::Document as Pdf;
use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, LinearGradient, Paint, SpreadMethod, Stop, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{ContentTag, Identifier, SpanTag, Tag, TagGroup, TagTree};

use crate::block::{Block, Face, fit};
use crate::guilloche::Curve;
use crate::text::Weight;
use crate::{PrintError, Printed, Sheet, Words};

/// Points in a millimetre.
pub(crate) const POINTS: f32 = 72.0 / 25.4;

/// A colour, 0xRRGGBB: those of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ink(pub(crate) u32);

impl Ink {
    pub(crate) const WHITE: Self = Self(0xff_ffff);
    pub(crate) const BLACK: Self = Self(0);
    pub(crate) const TEXT: Self = Self(0x10_201c);
    pub(crate) const QUIET: Self = Self(0x4a_5f59);
    pub(crate) const LINE: Self = Self(0xc9_d6d2);
    pub(crate) const TILE: Self = Self(0x0b_6e69);
    pub(crate) const TILE_SOFT: Self = Self(0xe8_f3f1);
    pub(crate) const TILE_LIGHT: Self = Self(0x11_827b);
    pub(crate) const TILE_DEEP: Self = Self(0x06_3f40);
    pub(crate) const ON_TILE: Self = Self(0xd3_ece8);
    pub(crate) const MARK: Self = Self(0xf2_b13c);
    pub(crate) const ON_MARK: Self = Self(0x2b_1400);
    pub(crate) const CAUTION: Self = Self(0x7a_4f00);
    pub(crate) const CAUTION_SOFT: Self = Self(0xfd_f1d3);

    fn rgb(self) -> rgb::Color {
        let [_, red, green, blue] = self.0.to_be_bytes();
        rgb::Color::new(red, green, blue)
    }
}

/// Where a text stands in its box, from side to side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// A file that is being written. What is in it follows from what is printed alone: no clock, no random number.
pub(crate) struct Press {
    pdf: Pdf,
    /// For whoever listens or copies: every text as one, in the order in which it is drawn.
    tags: TagTree,
    sheets: Vec<Sheet>,
}

impl Press {
    pub(crate) fn new(title: &str) -> Self {
        let mut pdf = Pdf::new();
        let metadata = Metadata::new().title(title.to_owned()).language("en".to_owned());
        pdf.set_metadata(metadata.creator("Khyber Pass".to_owned()));
        Self {
            pdf,
            tags: TagTree::new(),
            sheets: Vec::new(),
        }
    }

    /// Draws one page of `[width, height]` millimetres.
    pub(crate) fn page(
        &mut self,
        size: [f32; 2],
        draw: impl FnOnce(&mut Canvas<'_, '_>) -> Result<(), PrintError>,
    ) -> Result<(), PrintError> {
        let settings = PageSettings::from_wh(size[0] * POINTS, size[1] * POINTS).ok_or(PrintError::Pdf)?;
        let mut page = self.pdf.start_page_with(settings);
        let mut surface = page.surface();
        let mut canvas = Canvas {
            surface: &mut surface,
            sheet: Sheet {
                size,
                texts: Vec::new(),
            },
            spans: Vec::new(),
        };
        let drawn = draw(&mut canvas);
        let (sheet, spans) = (canvas.sheet, canvas.spans);
        surface.finish();
        page.finish();
        self.sheets.push(sheet);
        for span in spans {
            let children = span.lines.into_iter().map(Into::into).collect();
            let tag = Tag::P
                .with_actual_text(Some(span.text))
                .with_lang(Some(span.lang.to_owned()));
            self.tags.push(TagGroup::with_children(tag, children));
        }
        drawn
    }

    pub(crate) fn finish(mut self) -> Result<Printed, PrintError> {
        self.pdf.set_tag_tree(self.tags);
        let pdf = self.pdf.finish().map_err(|_| PrintError::Pdf)?;
        Ok((pdf, self.sheets))
    }
}

/// A page.
pub(crate) struct Canvas<'a, 'b> {
    surface: &'a mut Surface<'b>,
    sheet: Sheet,
    spans: Vec<Span>,
}

/// A block of text for whoever listens or copies. Nastaliq draws letters and their dots apart and on a slope; the text
/// itself is the only thing that puts them together again.
struct Span {
    text: String,
    lang: &'static str,
    lines: Vec<Identifier>,
}

impl Canvas<'_, '_> {
    pub(crate) fn fill(&mut self, path: Option<Path>, ink: Ink) {
        self.paint(path, ink.rgb());
    }

    fn paint(&mut self, path: Option<Path>, paint: impl Into<Paint>) {
        let Some(path) = path else { return };
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(Fill {
            paint: paint.into(),
            ..Fill::default()
        }));
        self.surface.draw_path(&path);
    }

    pub(crate) fn rectangle(&mut self, area: [f32; 4], radius: f32, ink: Ink) {
        self.fill(rounded(area, radius), ink);
    }

    /// A rectangle from its lightest corner at the top left to its deepest.
    pub(crate) fn gradient(&mut self, area: [f32; 4], inks: [Ink; 3]) {
        let [x, y, width, height] = area;
        let [first, middle, last] = inks;
        let stop = |offset: f32, ink: Ink| Stop {
            offset: NormalizedF32::new(offset).unwrap_or(NormalizedF32::ONE),
            color: ink.rgb().into(),
            opacity: NormalizedF32::ONE,
        };
        let gradient = LinearGradient {
            x1: x * POINTS,
            y1: y * POINTS,
            x2: (x + width) * POINTS,
            y2: (y + height) * POINTS,
            transform: Transform::default(),
            spread_method: SpreadMethod::Pad,
            stops: vec![stop(0.0, first), stop(0.48, middle), stop(1.0, last)],
            anti_alias: true,
        };
        self.paint(rounded(area, 0.0), gradient);
    }

    pub(crate) fn outline(&mut self, area: [f32; 4], radius: f32, ink: Ink, thick: f32) {
        if let Some(path) = rounded(area, radius) {
            self.stroke(&path, ink, thick, 1.0);
        }
    }

    fn stroke(&mut self, path: &Path, ink: Ink, thick: f32, opacity: f32) {
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(Stroke {
            paint: ink.rgb().into(),
            width: thick * POINTS,
            opacity: NormalizedF32::new(opacity).unwrap_or(NormalizedF32::ONE),
            ..Stroke::default()
        }));
        self.surface.draw_path(path);
        self.surface.set_stroke(None);
    }

    pub(crate) fn line(&mut self, from: (f32, f32), to: (f32, f32), ink: Ink, thick: f32) {
        if let Some(path) = polyline(&[from, to], false, 1.0, (0.0, 0.0)) {
            self.stroke(&path, ink, thick, 1.0);
        }
    }

    /// Fine lines, whose points are in units of `scale` millimetres from `origin`.
    pub(crate) fn curves(
        &mut self,
        curves: &[Curve],
        closed: bool,
        (scale, origin): (f32, (f32, f32)),
        (ink, opacity): (Ink, f32),
    ) {
        for curve in curves {
            if let Some(path) = polyline(curve, closed, scale, origin) {
                self.stroke(&path, ink, 0.07, opacity);
            }
        }
    }

    /// Draws what `inside` draws, and nothing of it outside of a rounded rectangle.
    pub(crate) fn clipped<T>(
        &mut self,
        area: [f32; 4],
        radius: f32,
        inside: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let clip = rounded(area, radius);
        if let Some(path) = &clip {
            self.surface.push_clip_path(path, &FillRule::NonZero);
        }
        let drawn = inside(self);
        if clip.is_some() {
            self.surface.pop();
        }
        drawn
    }

    /// A text in its box `[left, top, width, height]`, in the middle from top to bottom.
    pub(crate) fn text(
        &mut self,
        text: &str,
        [x, y, width, height]: [f32; 4],
        align: Align,
        face: Face,
        ink: Ink,
    ) -> Result<(), PrintError> {
        let block = fit(text, face, [width, height])?;
        let edge = match align {
            Align::Left => x,
            Align::Centre => x + width / 2.0,
            Align::Right => x + width,
        };
        self.block(&block, (edge, y + (height - block.height) / 2.0), align, ink);
        Ok(())
    }

    /// A text in English from the left and in Urdu from the right, each in a box and a size of its own.
    pub(crate) fn both(
        &mut self,
        words: &Words,
        [left, right]: [[f32; 4]; 2],
        [latin, urdu]: [f32; 2],
        weight: Weight,
        ink: Ink,
    ) -> Result<(), PrintError> {
        self.text(&words.en, left, Align::Left, Face::latin(latin, weight), ink)?;
        self.text(&words.ur, right, Align::Right, Face::urdu(urdu, weight), ink)
    }

    /// Lines that were set before: `x` is the edge that they are aligned to, `y` the top.
    pub(crate) fn block(&mut self, block: &Block, (x, y): (f32, f32), align: Align, ink: Ink) {
        let em = block.size / POINTS;
        let mut span = Span {
            text: String::new(),
            lang: "en",
            lines: Vec::with_capacity(block.lines.len()),
        };
        for (line, baseline) in &block.lines {
            let width = line.width * em;
            let left = match align {
                Align::Left => x,
                Align::Centre => x - width / 2.0,
                Align::Right => x - width,
            };
            let top = y + baseline - line.top * em;
            let ink_area = [left, top, width, (line.top + line.bottom) * em];
            self.sheet.texts.push((line.text.clone(), ink_area));
            self.surface.set_stroke(None);
            self.surface.set_fill(Some(Fill {
                paint: ink.rgb().into(),
                ..Fill::default()
            }));
            if line.is_nastaliq {
                span.lang = "ur";
            }
            if !span.text.is_empty() {
                span.text.push(' ');
            }
            span.text.push_str(&line.text);
            span.lines
                .push(self.surface.start_tagged(ContentTag::Span(SpanTag::empty())));
            let mut at = left * POINTS;
            for run in &line.runs {
                let start = Point::from_xy(at, (y + baseline) * POINTS);
                let size = block.size * run.scale;
                let font = run.font.clone();
                self.surface
                    .draw_glyphs(start, &run.glyphs, font, &run.text, size, false);
                at += run.width * block.size;
            }
            self.surface.end_tagged();
        }
        self.spans.push(span);
    }

    /// A WebP picture that fills the rectangle.
    pub(crate) fn photo(&mut self, webp: &[u8], [x, y, width, height]: [f32; 4]) -> Result<(), PrintError> {
        let image = Image::from_webp(webp.to_vec().into(), true).map_err(|_| PrintError::Photo)?;
        let size = Size::from_wh(width * POINTS, height * POINTS).ok_or(PrintError::Pdf)?;
        self.surface
            .push_transform(&Transform::from_translate(x * POINTS, y * POINTS));
        self.surface.draw_image(image, size);
        self.surface.pop();
        Ok(())
    }
}

fn polyline(points: &[(f32, f32)], closed: bool, scale: f32, origin: (f32, f32)) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (number, (x, y)) in points.iter().enumerate() {
        let (x, y) = ((origin.0 + x * scale) * POINTS, (origin.1 + y * scale) * POINTS);
        if number == 0 {
            path.move_to(x, y);
        } else {
            path.line_to(x, y);
        }
    }
    if closed {
        path.close();
    }
    path.finish()
}

fn rounded([x, y, width, height]: [f32; 4], radius: f32) -> Option<Path> {
    // How far a curve's handles reach, so that four of them make a circle.
    const HANDLE: f32 = 0.552_284_8;
    let [left, top, right, bottom] = [x, y, x + width, y + height].map(|mm| mm * POINTS);
    let r = radius * POINTS;
    let mut path = PathBuilder::new();
    if radius <= 0.0 {
        path.push_rect(Rect::from_ltrb(left, top, right, bottom)?);
        return path.finish();
    }
    let k = r * (1.0 - HANDLE);
    path.move_to(left + r, top);
    path.line_to(right - r, top);
    path.cubic_to(right - k, top, right, top + k, right, top + r);
    path.line_to(right, bottom - r);
    path.cubic_to(right, bottom - k, right - k, bottom, right - r, bottom);
    path.line_to(left + r, bottom);
    path.cubic_to(left + k, bottom, left, bottom - k, left, bottom - r);
    path.line_to(left, top + r);
    path.cubic_to(left, top + k, left + k, top, left + r, top);
    path.close();
    path.finish()
}
