//! Rules for text that people write about things.

use super::code::Code;

/// Reads one line of at most `max` characters: trimmed, without control characters or marks that turn text around.
/// Err([`Code::TooLong`]) or Err([`Code::BadCharacters`]).
pub fn line(text: &str, max: usize) -> Result<String, Code> {
    let text = text.trim();
    if text.chars().count() > max {
        return Err(Code::TooLong);
    }
    if text.chars().any(|c| c.is_control() || is_bidi_control(c)) {
        return Err(Code::BadCharacters);
    }
    Ok(text.to_owned())
}

/// A pattern for `LIKE … ESCAPE '!'` on a lower-case column that finds what contains `text`; empty for empty text.
pub fn contains_pattern(text: &str) -> String {
    let text = storable(&text.trim().to_lowercase());
    if text.is_empty() {
        return String::new();
    }
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Text to look for, as every database takes it: a NUL, which nothing stored has, becomes a character that stands for
/// what cannot be shown.
pub fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The characters that reorder or hide text (Unicode Bidi_Control), abused to make a name read as another.
pub(crate) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_is_text_and_no_pattern() {
        assert_eq!(contains_pattern(" 50%_A! "), "%50!%!_a!!%");
        assert_eq!(contains_pattern("  "), "");
        assert_eq!(contains_pattern("a\0b"), "%a\u{fffd}b%");
    }
}
