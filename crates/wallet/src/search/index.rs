//! Finding one of a few hundred things by what people type: in three scripts, with mistakes, the best first.
//!
//! A word that was typed meets a word of a thing in one of these ways, the earlier the better:
//!
//! | how | example |
//! |---|---|
//! | it is the word | ڈومیسائل |
//! | it begins the word | dom, for domicile |
//! | it sounds so in the other script | domisail, for ڈومیسائل |
//! | it is the word with one mistake, or with two if it is long: a letter too many, too few, another, or two that changed places | domcile |
//! | it sounds so in its own script | domisile |
//! | it sounds so but for one consonant | domisal |
//!
//! Two words are also read as one, and one as two, where nothing else fits. What few things say counts more than what many do.
//! The index is of the words' deletions (as `SymSpell` keeps them), so that no question is held against every word.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{fold, sound};

/// Most words of a question; the rest is not asked.
const WORDS_MAX: usize = 8;
/// Most letters of a word that mistakes are looked for in.
const LETTERS_MAX: usize = 24;
/// Shortest word in which one mistake is forgiven, and two.
const ONE_MISTAKE: usize = 4;
const TWO_MISTAKES: usize = 8;
/// Shortest sound that tells something in one's own script.
const SOUND_MIN: usize = 2;
/// Shortest sound in which one consonant may differ.
const NEAR_SOUND_MIN: usize = 4;
/// How much of the best one's score another must have to be told.
const TOLD_FROM: f32 = 0.35;

/// Where a word of a thing stands, and so how much it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In its name.
    Name,
    /// Among the words that people say for it.
    Everyday,
    /// In what comes of it, or with whom it is.
    Beside,
}

impl Place {
    const fn weight(self) -> f32 {
        match self {
            Self::Name => 1.0,
            Self::Everyday => 0.95,
            Self::Beside => 0.4,
        }
    }
}

/// What a set of things says.
#[derive(Debug, Default)]
pub(crate) struct Index {
    words: BTreeMap<String, u32>,
    /// Of each word: the things that say it, and how much it counts there.
    said: Vec<Vec<(u32, f32)>>,
    letters: Vec<Vec<char>>,
    /// Hashes of what words are without up to two letters, and of which; in order.
    near: Vec<(u64, u32)>,
    /// Words by their sound.
    sounds: HashMap<String, Vec<u32>>,
    /// Words by their sound without one consonant.
    near_sounds: HashMap<String, Vec<u32>>,
    things: usize,
}

/// A thing that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    /// Which: its place among the things.
    pub(crate) thing: usize,
    /// How well, more is better.
    pub(crate) score: f32,
}

impl Index {
    /// The index of these things, each with its texts.
    pub(crate) fn of<T>(things: impl IntoIterator<Item = T>) -> Self
    where
        T: IntoIterator<Item = (Place, String)>,
    {
        let mut index = Self::default();
        for (thing, texts) in (0..).zip(things) {
            index.things += 1;
            for (place, text) in texts {
                for word in fold::words(&text) {
                    let id = index.word(word);
                    if let Some(said) = index.said.get_mut(id as usize) {
                        match said.iter_mut().find(|(of, _)| *of == thing) {
                            Some((_, weight)) => *weight = weight.max(place.weight()),
                            None => said.push((thing, place.weight())),
                        }
                    }
                }
            }
        }
        index.near.sort_unstable();
        index
    }

    fn word(&mut self, word: String) -> u32 {
        if let Some(id) = self.words.get(&word) {
            return *id;
        }
        let id = u32::try_from(self.said.len()).unwrap_or(u32::MAX);
        let letters: Vec<char> = word.chars().take(LETTERS_MAX).collect();
        self.near
            .extend(deletions(&letters).into_iter().map(|without| (without, id)));
        for heard in sound::of(&word) {
            for without in shorter(&heard) {
                self.near_sounds.entry(without).or_default().push(id);
            }
            self.sounds.entry(heard).or_default().push(id);
        }
        self.words.insert(word, id);
        self.said.push(Vec::new());
        self.letters.push(letters);
        id
    }

    /// The things that best meet what was typed, the best first; none where nothing was typed or nothing fits.
    pub(crate) fn find(&self, typed: &str) -> Vec<Found> {
        let mut words = fold::words(typed);
        words.truncate(WORDS_MAX);
        let mut scores = vec![0.0_f32; self.things];
        let mut met = vec![0_usize; self.things];
        let mut best = vec![0.0_f32; self.things];
        let mut asked = 0;
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let last = at + 1 == words.len();
            let open = last && typed.chars().next_back().is_some_and(char::is_alphanumeric);
            let mut meant = self.meant(word, open);
            let mut taken = 1;
            // Two words that are one: they meet a word better together than the first one does.
            if let Some(next) = words.get(at + 1) {
                let joined = self.exact(&format!("{word}{next}"));
                if let Some(joined) =
                    joined.filter(|_| self.exact(word).is_none() || self.exact(next).is_none())
                {
                    meant = BTreeMap::from([(joined, 1.0)]);
                    taken = 2;
                }
            }
            if meant.is_empty() {
                meant = self.split(word);
            }
            asked += 1;
            best.fill(0.0);
            for (id, quality) in &meant {
                let rarity = self.rarity(*id);
                for (thing, weight) in self.said.get(*id as usize).into_iter().flatten() {
                    if let Some(best) = best.get_mut(*thing as usize) {
                        *best = best.max(quality * weight * rarity);
                    }
                }
            }
            for (thing, best) in best.iter().enumerate().filter(|(_, best)| **best > 0.0) {
                if let (Some(score), Some(met)) = (scores.get_mut(thing), met.get_mut(thing)) {
                    *score += best;
                    *met += 1;
                }
            }
            at += taken;
        }
        let mut found: Vec<Found> = (0..)
            .zip(scores.iter().zip(&met))
            .filter(|(_, (_, met))| **met * 3 >= asked && **met > 0)
            .map(|(thing, (score, met))| Found {
                thing,
                score: score * share(*met, asked),
            })
            .collect();
        found.sort_by(|one, other| other.score.total_cmp(&one.score));
        let least = found.first().map_or(0.0, |best| best.score * TOLD_FROM);
        found.retain(|one| one.score >= least);
        found
    }

    fn exact(&self, word: &str) -> Option<u32> {
        self.words.get(word).copied()
    }

    /// How much it tells that a word is met.
    fn rarity(&self, id: u32) -> f32 {
        let said = self.said.get(id as usize).map_or(0, Vec::len);
        (1.0 + ratio(self.things, said.max(1))).ln()
    }

    /// The words that a typed one may mean, each with how well it is met.
    fn meant(&self, word: &str, open: bool) -> BTreeMap<u32, f32> {
        let mut meant = BTreeMap::new();
        let mut say = |id: u32, quality: f32| {
            let best = meant.entry(id).or_insert(0.0_f32);
            *best = best.max(quality);
        };
        if let Some(id) = self.exact(word) {
            say(id, 1.0);
        }
        let letters: Vec<char> = word.chars().take(LETTERS_MAX).collect();
        if open && letters.len() >= 2 || letters.len() >= 4 {
            for (longer, id) in self
                .words
                .range(word.to_owned()..)
                .take_while(|(longer, _)| longer.starts_with(word))
            {
                say(*id, 0.55 + 0.35 * ratio(letters.len(), longer.chars().count()));
            }
        }
        if letters.len() >= ONE_MISTAKE {
            let most = if letters.len() >= TWO_MISTAKES { 2 } else { 1 };
            for id in deletions(&letters)
                .into_iter()
                .flat_map(|without| self.without(without))
            {
                let Some(own) = self.letters.get(*id as usize) else {
                    continue;
                };
                match mistakes(&letters, own, most) {
                    Some(1) => say(*id, 0.75),
                    Some(2) => say(*id, 0.55),
                    _ => {}
                }
            }
        }
        let is_arabic = fold::is_arabic(word);
        for heard in sound::of(word) {
            let long = heard.chars().count();
            for id in self.sounds.get(&heard).into_iter().flatten() {
                let is_other = self.is_arabic(*id) != is_arabic;
                if is_other || long >= SOUND_MIN {
                    say(*id, if is_other { 0.8 } else { 0.6 });
                }
            }
            if long >= NEAR_SOUND_MIN {
                let near = shorter(&heard);
                let near = near
                    .iter()
                    .filter_map(|without| self.near_sounds.get(without))
                    .flatten();
                near.for_each(|id| say(*id, 0.4));
            }
        }
        meant
    }

    /// The words that are this without some letters.
    fn without(&self, hash: u64) -> impl Iterator<Item = &u32> {
        let from = self.near.partition_point(|(own, _)| *own < hash);
        let rest = self.near.get(from..).unwrap_or_default().iter();
        rest.take_while(move |(own, _)| *own == hash).map(|(_, id)| id)
    }

    fn is_arabic(&self, id: u32) -> bool {
        let letters = self.letters.get(id as usize);
        letters.is_some_and(|letters| {
            letters
                .iter()
                .any(|letter| ('\u{620}'..='\u{6ff}').contains(letter))
        })
    }

    /// A word that is two words: where it can be cut so that both are known.
    fn split(&self, word: &str) -> BTreeMap<u32, f32> {
        let cuts = word.char_indices().map(|(at, _)| word.split_at(at));
        let both = cuts.filter_map(|(one, other)| Some([self.exact(one)?, self.exact(other)?]));
        both.flatten().map(|id| (id, 0.7)).collect()
    }
}

/// What part of the question was met, so that who meets all of it comes first.
fn share(met: usize, asked: usize) -> f32 {
    let share = ratio(met, asked.max(1));
    share * share.sqrt()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of words and things, far below 2^24"
)]
fn ratio(one: usize, other: usize) -> f32 {
    one as f32 / other as f32
}

/// Hashes of a word, and of what it is without one letter and, if it is long, without two. Two that are alike by chance cost a
/// comparison.
fn deletions(letters: &[char]) -> Vec<u64> {
    let without = |letters: &[char], at: usize| -> Vec<char> {
        let rest = letters.iter().enumerate().filter(|(own, _)| *own != at);
        rest.map(|(_, letter)| *letter).collect()
    };
    let mut all = vec![letters.to_vec()];
    if letters.len() >= ONE_MISTAKE {
        let first: Vec<Vec<char>> = (0..letters.len()).map(|at| without(letters, at)).collect();
        if letters.len() + 1 >= TWO_MISTAKES {
            for (at, one) in first.iter().enumerate() {
                all.extend((at..one.len()).map(|next| without(one, next)));
            }
        }
        all.extend(first);
    }
    let hash = |letters: Vec<char>| {
        let mut hasher = DefaultHasher::new();
        letters.hash(&mut hasher);
        hasher.finish()
    };
    let mut all: Vec<u64> = all.into_iter().map(hash).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A sound, and what it is without one consonant, if it is long enough for that.
fn shorter(sound: &str) -> Vec<String> {
    let letters: Vec<char> = sound.chars().collect();
    let mut all = vec![sound.to_owned()];
    if letters.len() >= NEAR_SOUND_MIN {
        all.extend((0..letters.len()).map(|at| {
            let rest = letters.iter().enumerate().filter(|(own, _)| *own != at);
            rest.map(|(_, letter)| *letter).collect::<String>()
        }));
    }
    all
}

/// How many mistakes make one word of the other, up to so many: letters that are missing, too many, others, or two neighbours
/// that changed places (the restricted Damerau-Levenshtein distance).
fn mistakes(one: &[char], other: &[char], most: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let width = other.len() + 1;
    let mut rows = vec![vec![0_usize; width]; one.len() + 1];
    for (at, row) in rows.iter_mut().enumerate() {
        if let Some(first) = row.first_mut() {
            *first = at;
        }
    }
    if let Some(row) = rows.first_mut() {
        row.iter_mut().enumerate().for_each(|(at, cell)| *cell = at);
    }
    let cell = |rows: &[Vec<usize>], row: usize, at: usize| {
        rows.get(row)
            .and_then(|row| row.get(at))
            .copied()
            .unwrap_or(usize::MAX / 2)
    };
    for row in 1..=one.len() {
        for at in 1..width {
            let differs = usize::from(one.get(row - 1) != other.get(at - 1));
            let mut least = (cell(&rows, row - 1, at) + 1)
                .min(cell(&rows, row, at - 1) + 1)
                .min(cell(&rows, row - 1, at - 1) + differs);
            let swapped = row > 1
                && at > 1
                && one.get(row - 1) == other.get(at - 2)
                && one.get(row - 2) == other.get(at - 1);
            if swapped {
                least = least.min(cell(&rows, row - 2, at - 2) + 1);
            }
            if let Some(cell) = rows.get_mut(row).and_then(|row| row.get_mut(at)) {
                *cell = least;
            }
        }
    }
    Some(cell(&rows, one.len(), other.len())).filter(|found| *found <= most)
}
