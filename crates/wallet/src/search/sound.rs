//! What a word sounds like, as its consonants: the same for a name in Latin and in Arabic letters.
//!
//! Vowels are left out but for a mark of one at the start, because neither script writes them reliably. The و that Arabic
//! letters do write is kept; a Latin o or u may be one or none. Consonants that the two scripts divide differently share a sign. It is asked across scripts only: within one, spelling decides (fold.rs).

use super::fold::is_arabic;

/// Most sounds that one word is kept under: letters that two dialects speak differently double them.
const SOUNDS_MAX: usize = 4;

/// The sounds of a folded word; none for figures.
pub(crate) fn of(word: &str) -> Vec<String> {
    if word.chars().any(char::is_numeric) {
        return Vec::new();
    }
    let mut sounds = vec![String::new()];
    let letters: Vec<char> = word.chars().collect();
    let heard = if is_arabic(word) {
        of_arabic(&letters)
    } else {
        of_latin(&letters)
    };
    for sign in heard {
        let [first, second] = sign;
        let forks = second != ALONE && sounds.len() * 2 <= SOUNDS_MAX;
        let mut other = if forks { sounds.clone() } else { Vec::new() };
        if second != SILENT {
            for sound in &mut other {
                sound.push(second);
            }
        }
        for sound in &mut sounds {
            sound.push(first);
        }
        sounds.append(&mut other);
    }
    sounds.retain(|sound| !sound.is_empty());
    sounds.sort();
    sounds.dedup();
    sounds
}

/// No second sign.
const ALONE: char = '\0';
/// A second sign that is nothing at all.
const SILENT: char = '-';

/// A consonant, and another one that it may also be.
type Heard = [char; 2];

const fn only(sign: char) -> Heard {
    [sign, ALONE]
}

fn of_arabic(letters: &[char]) -> Vec<Heard> {
    let mut heard = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        let first = at == 0;
        let last = at + 1 == letters.len();
        heard.push(match letter {
            'ا' | 'ع' if first => only('a'),
            'و' => only('w'),
            'ی' | 'ي' | 'ې' if first => only('y'),
            'ب' => only('b'),
            'پ' => only('p'),
            'ف' => only('f'),
            'ت' | 'ط' | 'ٹ' => only('t'),
            'د' | 'ڈ' => only('d'),
            'س' | 'ص' | 'ث' | 'څ' => only('s'),
            'ز' | 'ذ' | 'ض' | 'ظ' | 'ځ' => only('z'),
            'ژ' => ['j', 'z'],
            'ج' => only('j'),
            'چ' => only('c'),
            'ش' => only('x'),
            // Peshawar and Kandahar speak these two letters differently.
            'ښ' => ['k', 'x'],
            'ږ' => ['g', 'j'],
            'ک' | 'ق' | 'خ' => only('k'),
            'گ' | 'غ' => only('g'),
            'ل' => only('l'),
            'م' => only('m'),
            'ن' | 'ں' | 'ڼ' => only('n'),
            'ر' | 'ڑ' => only('r'),
            'ح' | 'ہ' if !last => only('h'),
            _ => continue,
        });
    }
    heard
}

fn of_latin(letters: &[char]) -> Vec<Heard> {
    let mut heard = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        let first = at == 0;
        let next = letters.get(at + 1).copied();
        let last = next.is_none();
        let doubled = at.checked_sub(1).and_then(|at| letters.get(at)) == Some(&letter);
        let mut taken = 1;
        let with_h = next == Some('h');
        let sign = match letter {
            _ if doubled => None,
            'a' | 'e' | 'i' if first => Some(only('a')),
            'o' | 'u' => {
                let before = at.checked_sub(1).and_then(|at| letters.get(at));
                if first {
                    heard.push(only('a'));
                }
                (!matches!(before, Some('o' | 'u'))).then_some(['w', SILENT])
            }
            'w' | 'v' => Some(only('w')),
            'y' if first => Some(only('y')),
            's' if with_h => {
                taken = 2;
                Some(only('x'))
            }
            'c' if with_h => {
                taken = 2;
                Some(only('c'))
            }
            // In names a breath behind p, in English words an f.
            'p' if with_h => {
                taken = 2;
                Some(['p', 'f'])
            }
            'z' if with_h => {
                taken = 2;
                Some(['j', 'z'])
            }
            'c' if matches!(next, Some('e' | 'i' | 'y')) => Some(only('s')),
            'g' if matches!(next, Some('e' | 'i' | 'y')) => Some(['g', 'j']),
            'c' | 'k' | 'q' => Some(only('k')),
            'x' => {
                heard.push(only('k'));
                Some(only('s'))
            }
            'b' | 'p' | 'f' | 't' | 'd' | 's' | 'z' | 'j' | 'g' | 'l' | 'm' | 'n' | 'r' => Some(only(letter)),
            'h' if !last => Some(only('h')),
            _ => None,
        };
        heard.extend(sign);
        at += taken;
        // A breath behind a consonant is part of it: bh, dh, gh, kh, th.
        if taken == 1 && with_h && matches!(letter, 'b' | 'd' | 'g' | 'k' | 't' | 'j' | 'r') {
            at += 1;
        }
    }
    heard
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use super::super::fold;
    use super::*;

    fn meet(latin: &str, arabic: &str) -> bool {
        let of_word = |word: &str| of(&fold::words(word)[0]);
        of_word(latin).iter().any(|sound| of_word(arabic).contains(sound))
    }

    #[test]
    fn names_of_people_and_places_meet_across_scripts() {
        for (latin, arabic) in [
            ("Ali", "علی"),
            ("Muhammad", "محمد"),
            ("Mohammed", "محمّد"),
            ("Ahmad", "احمد"),
            ("Imran", "عمران"),
            ("Umar", "عمر"),
            ("Yousaf", "یوسف"),
            ("Yusuf", "يوسف"),
            ("Wali", "ولی"),
            ("Nawaz", "نواز"),
            ("Noor", "نور"),
            ("Fatima", "فاطمہ"),
            ("Ayesha", "عائشہ"),
            ("Zarmina", "زرمینہ"),
            ("Gul", "گل"),
            ("Gul", "ګل"),
            ("Zaman", "زمان"),
            ("Sher", "شیر"),
            ("Bakht", "بخت"),
            ("Bhutto", "بھٹو"),
            ("Ghulam", "غلام"),
            ("Qasim", "قاسم"),
            ("Khan", "خان"),
            ("Shah", "شاہ"),
            ("Jamila", "جمیلہ"),
            ("Chaudhry", "چودھری"),
            ("Peshawar", "پشاور"),
            ("Peshawar", "پېښور"),
            ("Pekhawar", "پېښور"),
            ("Pashto", "پښتو"),
            ("Pakhto", "پښتو"),
            ("Khyber", "خیبر"),
            ("Bajaur", "باجوڑ"),
            ("Khar", "خار"),
            ("Swat", "سوات"),
            ("Hospital", "ہسپتال"),
            ("Office", "آفس"),
            ("Centre", "سنٹر"),
            ("Health", "ہیلتھ"),
            ("Police", "پولیس"),
            ("Pharmacy", "فارمیسی"),
            ("General", "جنرل"),
            ("Zhob", "ژوب"),
            ("Orakzai", "اورکزئی"),
            ("Town", "ٹاؤن"),
            ("Aurangzeb", "اورنگزیب"),
        ] {
            assert!(
                meet(latin, arabic),
                "{latin} {arabic}: {:?} {:?}",
                of(&latin.to_lowercase()),
                of(arabic)
            );
        }
    }

    #[test]
    fn other_names_do_not_meet() {
        for (latin, arabic) in [
            ("Gul", "کل"),
            ("Khan", "جان"),
            ("Zaman", "سلمان"),
            ("Bajaur", "پشاور"),
            ("Ahmad", "حمید"),
            ("Fatima", "پاٹمہ"),
            ("Khar", "کور"),
        ] {
            assert!(!meet(latin, arabic), "{latin} {arabic}");
        }
    }

    #[test]
    fn figures_have_no_sound() {
        assert!(of("12").is_empty() && of("a1").is_empty());
    }
}
