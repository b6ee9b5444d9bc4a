//! Forms that keep their definition's rules, made of numbers that the caller draws: for sandboxes, demonstrations and tests.

use serde_json::{Map, Value, json};

use super::{Ask, Asked, CODE_MAX, Definition, ROWS_MAX, TEXT_MAX};
use crate::person::Day;

/// Names of nobody in particular, in both scripts.
const NAMES: [&str; 4] = ["Test Citizen", "Sher Alam", "شیر عالم", "زرمینہ بی بی"];
/// A line in each of the three languages.
const LINES: [&str; 3] = ["near the old bridge", "پرانے پل کے قریب", "زوړ پل ته نږدې"];

impl Definition<'_> {
    /// A form with an answer to every question that its own answers open; those that may be left empty are now and then.
    /// `draw(n)` gives a number below `n`, which is never 0.
    pub fn sample(&self, today: Day, draw: &mut dyn FnMut(u64) -> u64) -> Map<String, Value> {
        let asked = self.form.pages.iter().flat_map(|page| &page.fields);
        self.sample_object(asked, today, draw)
    }

    fn sample_object<'q>(
        &self,
        asked: impl Iterator<Item = &'q Asked>,
        today: Day,
        draw: &mut dyn FnMut(u64) -> u64,
    ) -> Map<String, Value> {
        let mut form = Map::new();
        for asked in asked {
            let is_open = asked.when.as_ref().is_none_or(|when| {
                let answer = form.get(&when.field);
                answer.is_some_and(|answer| when.is.contains(answer))
            });
            let is_left = asked.optional && draw(3) == 0;
            if let (Some(field), true, false) = (self.field(&asked.field), is_open, is_left) {
                form.insert(asked.field.clone(), self.sample_value(&field.ask, today, draw));
            }
        }
        form
    }

    fn sample_value(&self, ask: &Ask, today: Day, draw: &mut dyn FnMut(u64) -> u64) -> Value {
        match ask {
            Ask::Name => one_of(&NAMES, draw).into(),
            Ask::Text { min, max } | Ask::Long { min, max } => {
                text(*min, max.unwrap_or(TEXT_MAX), draw).into()
            }
            Ask::Code { min, max } => {
                let max = max.unwrap_or(CODE_MAX);
                let size = between((*min).unwrap_or(1).max(1), max.min(12), draw);
                let code: String = (0..size)
                    .map(|at| if at % 3 == 0 { 'K' } else { digit(draw) })
                    .collect();
                code.into()
            }
            Ask::Digits { min, max } => {
                let max = max.unwrap_or(CODE_MAX);
                let size = between((*min).unwrap_or(1).max(1), max.min(30), draw);
                let digits: String = (0..size).map(|_| digit(draw)).collect();
                digits.into()
            }
            Ask::Cnic => format!("99999{:07}{}", draw(10_000_000), 1 + draw(9)).into(),
            Ask::Mobile => format!("+923{:09}", draw(1_000_000_000)).into(),
            Ask::Email => format!("test.{}@example.org", draw(10_000)).into(),
            Ask::Iban => iban(draw(1_000_000_000_000)).into(),
            Ask::Vehicle => format!("TST-{}", 1 + draw(9_999)).into(),
            Ask::Date { from, to } => {
                let least = i64::from(from.unwrap_or_else(|| to.unwrap_or(0).min(0) - 365));
                let most = i64::from(to.unwrap_or_else(|| from.unwrap_or(0).max(0) + 365));
                let width = u64::try_from(most - least).unwrap_or(0) + 1;
                let ahead = least + i64::try_from(draw(width)).unwrap_or(0);
                today.plus_days(ahead).unwrap_or(today).to_string().into()
            }
            Ask::Number { min, max } | Ask::Money { min, max } => {
                let least = min.unwrap_or(0);
                let most = max.unwrap_or(least.saturating_add(1_000));
                let width = u64::try_from(most.saturating_sub(least)).unwrap_or(0) + 1;
                (least + i64::try_from(draw(width.min(100_000))).unwrap_or(0)).into()
            }
            Ask::Choice { choices } => {
                let at = draw(choices.len().max(1) as u64);
                let choice = usize::try_from(at).ok().and_then(|at| choices.get(at));
                choice.map_or(Value::Null, |choice| Value::from(&*choice.id))
            }
            Ask::Choices { choices } => {
                let kept = 1 + draw(choices.len().max(1) as u64);
                let kept = usize::try_from(kept).unwrap_or(1);
                choices
                    .iter()
                    .take(kept)
                    .map(|one| Value::from(&*one.id))
                    .collect()
            }
            Ask::YesNo => (draw(2) == 0).into(),
            Ask::District => {
                let at = usize::try_from(draw(self.districts.len().max(1) as u64)).unwrap_or(0);
                self.districts
                    .iter()
                    .nth(at)
                    .map_or(Value::Null, |id| Value::from(*id))
            }
            Ask::Gps => format!("34.{:06},71.{:06}", draw(1_000_000), draw(1_000_000)).into(),
            Ask::List { of, min, max } => {
                let rows = between(min.unwrap_or(1), max.unwrap_or(ROWS_MAX).min(3), draw);
                let row = |_| Value::Object(self.sample_object(of.iter(), today, draw));
                (0..rows).map(row).collect()
            }
            Ask::Declare => json!(true),
            Ask::Other => Value::Null,
        }
    }
}

fn one_of(all: &[&'static str], draw: &mut dyn FnMut(u64) -> u64) -> &'static str {
    let at = usize::try_from(draw(all.len().max(1) as u64)).unwrap_or(0);
    all.get(at).copied().unwrap_or_default()
}

fn between(min: u16, max: u16, draw: &mut dyn FnMut(u64) -> u64) -> u16 {
    let width = max.saturating_sub(min);
    min + u16::try_from(draw(u64::from(width) + 1)).unwrap_or(0)
}

fn digit(draw: &mut dyn FnMut(u64) -> u64) -> char {
    u32::try_from(draw(10))
        .ok()
        .and_then(|it| char::from_digit(it, 10))
        .unwrap_or('0')
}

/// A line again and again until it is long enough, cut where it is too long.
fn text(min: Option<u16>, max: u16, draw: &mut dyn FnMut(u64) -> u64) -> String {
    let line = one_of(&LINES, draw);
    let mut text = line.to_owned();
    while text.chars().count() < usize::from(min.unwrap_or(0)) {
        text.push(' ');
        text.push_str(line);
    }
    let cut: String = text.chars().take(usize::from(max)).collect();
    cut.trim_end().to_owned()
}

/// An account of no bank: its check digits fit (ISO 13616).
fn iban(account: u64) -> String {
    let bare = format!("TEST{account:016}");
    let value = |letter: char| letter.to_digit(36).unwrap_or(0);
    let rest = bare
        .chars()
        .chain("PK00".chars())
        .map(value)
        .fold(0, |rest, value| {
            (rest * if value > 9 { 100 } else { 10 } + value) % 97
        });
    format!("PK{:02}{bare}", 98 - rest)
}
