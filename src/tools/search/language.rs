//! Guesses the language of a text from a few words.
//!
//! A search by meaning may or may not work across languages. So a question in another language than the descriptions is searched as it is.
//! A note is added only if all hits are weak or there are none.

use std::collections::BTreeSet;

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

/// Words of these lists that English has as well, as a word, a letter or a part of a name. They tell nothing by themselves.
const SHARED: &str = " a an as at au aux che con d da das de del dem den der des di die do du e el em en est i il im in is it l la las le les \
    lo los met mit na ne no o os over pas per por pour se sous su sur um un van von y zu ";

/// How many words must tell a language. One may be a name, a title or a slip.
const LEAST: usize = 2;
/// How many words tell it where English has each of them as well. No name has so many.
const LEAST_SHARED: usize = 4;

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
    let lower = text.to_lowercase();
    let words: BTreeSet<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let strange = words.iter().filter(|word| word.chars().any(|c| c.is_alphabetic() && !c.is_ascii())).count();
    // For each language how many words are of it, and how many of these are of no other use in English.
    let points = LANGUAGES.map(|(name, known)| {
        let letters = LETTERS.iter().find(|(language, _)| *language == name).map_or("", |(_, letters)| letters);
        let is_in = |list: &str, word: &str| list.contains(&format!(" {word} "));
        let of: Vec<&str> = words.iter().copied().filter(|word| is_in(known, word) || word.contains(|c| letters.contains(c))).collect();
        let telling = of.iter().filter(|word| name == "English" || !is_in(SHARED, word)).count();
        (name, of.len(), telling)
    });
    let most = points.iter().map(|(_, of, _)| *of).max().unwrap_or_default();
    let mut leading = points.iter().filter(|(_, of, _)| *of == most && most >= LEAST);
    match (leading.next(), leading.next()) {
        (Some((name, of, telling)), None) if *telling > 0 || *of >= LEAST_SHARED => Guess::Language(name),
        (Some((name, _, telling)), Some((_, _, other))) if *name != "English" && telling + other > 0 => Guess::Foreign,
        (None, _) if strange >= LEAST => Guess::Foreign,
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
        assert_eq!(guess("ladrones de un tren en el valle"), Guess::Language("Spanish"));
        assert_eq!(guess("un train de la nuit, où est-il"), Guess::Language("French"));
        assert_eq!(guess("поезд и грабители"), Guess::Script("Cyrillic"));
        assert_eq!(guess("強盗が列車を襲う"), Guess::Script("Japanese or Chinese"));
        for unknown in ["", "train robbery", "Gertie 1914", "🚂🚂"] {
            assert_eq!(guess(unknown), Guess::Unknown, "{unknown}");
        }
    }

    #[test]
    fn names_and_words_that_english_has_tell_nothing() {
        for unknown in [
            "x y",
            "y",
            "no",
            "qqq o",
            "e t",
            "un",
            "de Niro",
            "man o war",
            "con air",
            "Der Golem",
            "el camino",
            "Las Vegas",
            "do as I say",
            "Leonardo da Vinci",
            "Vincent van Gogh",
            "Oscar de la Renta",
            "Los Angeles el train",
            "café",
            "a café",
            "résumé",
            "Dvořák",
            "in a van",
            "no no no",
            "over and out",
            "Über cool",
            "die hard",
            "Manon des sources",
        ] {
            assert!(
                !matches!(
                    guess(unknown),
                    Guess::Foreign | Guess::Language("German" | "French" | "Spanish" | "Italian" | "Portuguese" | "Dutch")
                ),
                "{unknown}"
            );
            assert_eq!(note(unknown, "A man in a hat waves to the crowd of the town."), None, "{unknown}");
        }
    }

    #[test]
    fn only_another_language_is_noted() {
        let english = "Two masked robbers force a telegraph operator to stop the train.";
        assert!(
            note("der Zug wird von Räubern überfallen", english).unwrap().contains("in German, it seems; the descriptions are in English")
        );
        assert!(note("поезд", english).unwrap().contains("Cyrillic"));
        assert!(note("los ladrones asaltan un tren por la noche", "").unwrap().contains("most often English"));
        assert_eq!(note("the train in the valley", english), None);
        assert_eq!(note("train robbery", english), None);
        assert_eq!(note("der Zug wird von Räubern überfallen", "Der Zug wird in dem Tal von den Räubern überfallen"), None);
        assert!(
            note("the train in the valley", "Der Zug wird in dem Tal von den Räubern überfallen").unwrap().contains("Ask again in German")
        );
    }
}
