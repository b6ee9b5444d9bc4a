//! The commands that the documents show; shared by the programs' tests through `#[path]`. Each program reads its own with
//! its own definition of the command line, so that no document names a subcommand or an option that is not there.

use std::path::{Path, PathBuf};

/// A command as a document shows it.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Where, for whoever mends it.
    pub(crate) place: String,
    /// Its words, the program first.
    pub(crate) words: Vec<String>,
    /// On a line of a shell, and so complete; within a sentence options may be left out.
    pub(crate) is_whole: bool,
}

/// Every command of a program, whatever name it is called by in README.md and docs.
pub(crate) fn commands(names: &[&str]) -> Vec<Shown> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files: Vec<PathBuf> = std::fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    files.sort();
    files.push(root.join("README.md"));
    let mut shown = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        shown.extend(of_document(&name, &text, names));
    }
    shown
}

fn of_document(name: &str, text: &str, names: &[&str]) -> Vec<Shown> {
    let mut shown = Vec::new();
    // The language of the fence that is open.
    let mut fence: Option<String> = None;
    let mut lines = text.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        let place = format!("{name}:{number}");
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() {
                None
            } else {
                Some(language.trim().to_owned())
            };
            continue;
        }
        let line = match fence.as_deref() {
            Some("sh") => line.to_owned(),
            Some("console") => match line.strip_prefix("$ ") {
                Some(command) => command.to_owned(),
                None => continue,
            },
            Some(_) => continue,
            None => {
                let spans = line.split('`').skip(1).step_by(2);
                let whole = |span: &str| simple_commands(span).into_iter().next();
                let commands = spans
                    .filter_map(whole)
                    .filter_map(|words| of_program(words, names));
                shown.extend(commands.map(|words| Shown {
                    place: place.clone(),
                    words,
                    is_whole: false,
                }));
                continue;
            }
        };
        let mut command = line;
        while let Some(first) = command.strip_suffix('\\') {
            command = format!("{first} {}", lines.next().map_or("", |(line, _)| line));
        }
        let commands = simple_commands(&command).into_iter();
        shown.extend(
            commands
                .filter_map(|words| of_program(words, names))
                .map(|words| Shown {
                    place: place.clone(),
                    words,
                    is_whole: true,
                }),
        );
    }
    shown
}

/// The words from the program's name on, which may come behind `runuser -u USER --` or a place such as `target/debug/`.
fn of_program(words: Vec<String>, names: &[&str]) -> Option<Vec<String>> {
    let is_name = |word: &String| names.contains(&word.rsplit('/').next().unwrap_or_default());
    let at = match words.first().map(String::as_str) {
        Some("runuser") => words.iter().position(|word| word == "--")? + 1,
        _ => 0,
    };
    let words: Vec<String> = words.into_iter().skip(at).collect();
    // `khyber COMMAND --help` is none of them.
    let is_one = |word: &String| !word.chars().all(|letter| letter.is_ascii_uppercase());
    (is_name(words.first()?) && is_one(words.get(1)?)).then_some(words)
}

/// The commands of a line of a shell: words without quotes, nothing of redirections, comments and what is filled in.
fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut letters = line.chars().peekable();
    let mut skips_next = false;
    let end = |word: &mut Option<String>, commands: &mut Vec<Vec<String>>, skips: &mut bool| {
        if let Some(word) = word.take()
            && !std::mem::take(skips)
            && let Some(command) = commands.last_mut()
        {
            command.push(word);
        }
    };
    while let Some(letter) = letters.next() {
        match letter {
            '#' if word.is_none() => break,
            quote @ ('"' | '\'') => {
                let quoted: String = letters.by_ref().take_while(|letter| *letter != quote).collect();
                word.get_or_insert_default().push_str(&quoted);
            }
            '|' | ';' | '&' => {
                end(&mut word, &mut commands, &mut skips_next);
                commands.push(Vec::new());
            }
            '<' | '>' => {
                // `2>` is a redirection too.
                word = word.filter(|before| before != "2");
                end(&mut word, &mut commands, &mut skips_next);
                while letters.next_if(|next| matches!(next, '<' | '>' | '&')).is_some() {}
                skips_next = true;
            }
            letter if letter.is_whitespace() => end(&mut word, &mut commands, &mut skips_next),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    end(&mut word, &mut commands, &mut skips_next);
    commands.retain(|command| !command.is_empty());
    commands
}

/// Looks at every command with the program's own definition, and says which does not parse.
pub(crate) fn all_parse<T>(
    names: &[&str],
    at_least: usize,
    parse: impl Fn(&[String]) -> Result<T, clap::Error>,
) {
    use clap::error::ErrorKind;

    let shown = commands(names);
    let whole = shown.iter().filter(|command| command.is_whole).count();
    assert!(
        whole >= at_least,
        "only {whole} commands of {names:?} were found in the documents"
    );
    let is_wrong = |command: &Shown| {
        let error = parse(&command.words).err()?;
        let is_fine = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
            // In a sentence, an option or a subcommand is named without what goes with it.
            ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::InvalidValue => !command.is_whole,
            _ => false,
        };
        (!is_fine).then(|| format!("{}: {}\n{error}", command.place, command.words.join(" ")))
    };
    let wrong: Vec<String> = shown.iter().filter_map(is_wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
