//! Guesses the language of a text from a few words.
//!
//! A search by meaning may or may not work across languages. So a question in another language than the descriptions is searched as it is.
//! A note is added only if all hits are weak or there are none.

/// Frequent short words by language. A word may belong to several.
const LANGUAGES: [(&str, &str); 7] = [
    ("English", " the of and is are a an in on with at to from by for that this his her its into over under while who "),
    ("German", " der die das und ist nicht ein eine einen einem einer mit auf von im den dem zu wird aus bei sich über für wo wie "),
    ("French", " le la les l des une un du de est et dans sur avec pour par qui que au aux il elle en se ne pas sous d où "),
    ("Spanish", " el la los las una un unos de es y en con por para del que se al su lo está donde "),
    ("Italian", " il lo la gli le una un uno di è e nel nella con per del della che sul sulla si alla dove "),
    ("Portuguese", " o a os as uma um de é e em com por para do da que no na dos das se ao onde "),
    ("Dutch", " de het een en van is in op met voor die dat niet te zijn bij naar uit over waar "),
];

/// Letters that English does not have, by the languages that have them.
const LETTERS: [(&str, &str); 5] =
    [("German", "äöüß"), ("French", "éèêçàùœîôû"), ("Spanish", "ñáíóú¿¡"), ("Portuguese", "ãõçâ"), ("Italian", "òìù")];

/// What a text seems to be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// This language.
    Language(&'static str),
    /// This script.
    Script(&'static str),
    /// Something other than English.
    Foreign,
    /// Too little to tell.
    Unknown,
}

/// Guesses the language of a text.
pub fn guess(text: &str) -> Guess {
    let text = text.get(..text.floor_char_boundary(4_000)).unwrap_or_default();
    if let Some(script) = script(text) {
        return Guess::Script(script);
    }
    let mut points = [0_usize; LANGUAGES.len()];
    let lower = text.to_lowercase();
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        for (points, (_, words)) in points.iter_mut().zip(LANGUAGES) {
            *points += usize::from(words.contains(&format!(" {word} ")));
        }
    }
    for (points, (name, _)) in points.iter_mut().zip(LANGUAGES) {
        let letters = LETTERS.iter().filter(|(language, _)| *language == name).map(|(_, letters)| letters);
        *points += letters.map(|letters| lower.chars().filter(|&c| letters.contains(c)).count().min(2)).sum::<usize>();
    }
    let most = points.iter().copied().max().unwrap_or(0);
    let mut leading = LANGUAGES.iter().zip(points).filter(|(_, points)| *points == most).map(|((name, _), _)| *name);
    match (most, leading.next(), leading.next()) {
        (0, ..) if lower.chars().any(|c| c.is_alphabetic() && !c.is_ascii()) => Guess::Foreign,
        (1.., Some(name), None) => Guess::Language(name),
        (1.., Some(first), Some(_)) if first != "English" => Guess::Foreign,
        _ => Guess::Unknown,
    }
}

/// What to say about a question without good hits, if it is in another language than the descriptions.
pub fn note(question: &str, descriptions: &str) -> Option<String> {
    let asked = guess(question);
    let described = match guess(descriptions) {
        Guess::Language(name) => Some(name),
        _ => None,
    };
    let seems = match asked {
        Guess::Language(name) if described.is_some_and(|described| described != name) || (described.is_none() && name != "English") => {
            format!("is in {name}, it seems")
        }
        Guess::Script(name) if described.is_some() || descriptions.is_empty() => format!("is in {name} script"),
        Guess::Foreign if described.is_none_or(|name| name == "English") => "is not in English, it seems".to_owned(),
        _ => return None,
    };
    Some(match described {
        Some(name) => format!("The query {seems}; the descriptions are in {name}. Ask again in {name}."),
        None => format!("The query {seems}. If the descriptions are in another language, ask in theirs, most often English."),
    })
}

/// The script of a text that is mostly not in Latin letters.
fn script(text: &str) -> Option<&'static str> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let ranges = [
        ("Cyrillic", '\u{400}'..='\u{52f}'),
        ("Greek", '\u{370}'..='\u{3ff}'),
        ("Hebrew", '\u{590}'..='\u{5ff}'),
        ("Arabic", '\u{600}'..='\u{6ff}'),
        ("Devanagari", '\u{900}'..='\u{97f}'),
        ("Thai", '\u{e00}'..='\u{e7f}'),
        ("Hangul", '\u{ac00}'..='\u{d7af}'),
        ("Japanese or Chinese", '\u{3040}'..='\u{9fff}'),
    ];
    ranges.into_iter().find(|(_, range)| text.chars().filter(|c| range.contains(c)).count() * 2 > letters).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_words_tell_the_language() {
        for (text, language) in [
            ("robbers stop a train in the valley", "English"),
            ("Räuber überfallen einen Zug", "German"),
            ("der Vulkan bricht aus", "German"),
            ("un train attaqué par des bandits masqués", "French"),
            ("el tren es asaltado por los ladrones", "Spanish"),
            ("il treno è fermato nella valle", "Italian"),
            ("um trem é parado no vale", "Portuguese"),
            ("het schip van de koning", "Dutch"),
        ] {
            assert_eq!(guess(text), Guess::Language(language), "{text}");
        }
        assert_eq!(guess("ladrones asaltan un tren"), Guess::Foreign);
        assert_eq!(guess("поезд и грабители"), Guess::Script("Cyrillic"));
        assert_eq!(guess("強盗が列車を襲う"), Guess::Script("Japanese or Chinese"));
        for unknown in ["", "train robbery", "Gertie 1914", "🚂🚂"] {
            assert_eq!(guess(unknown), Guess::Unknown, "{unknown}");
        }
    }

    #[test]
    fn only_another_language_is_noted() {
        let english = "Two masked robbers force a telegraph operator to stop the train.";
        assert!(
            note("der Zug wird von Räubern überfallen", english).unwrap().contains("in German, it seems; the descriptions are in English")
        );
        assert!(note("поезд", english).unwrap().contains("Cyrillic"));
        assert!(note("ladrones asaltan un tren", "").unwrap().contains("most often English"));
        assert_eq!(note("the train in the valley", english), None);
        assert_eq!(note("train robbery", english), None);
        assert_eq!(note("der Zug wird von Räubern überfallen", "Der Zug wird in dem Tal von den Räubern überfallen"), None);
        assert!(
            note("the train in the valley", "Der Zug wird in dem Tal von den Räubern überfallen").unwrap().contains("Ask again in German")
        );
    }
}
