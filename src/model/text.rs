//! Rules for free text that users enter.

use super::code::Code;

/// Parses one line of at most `max` characters, trimmed.
///
/// # Errors
///
/// - [`Code::TooLong`] when the line has more than `max` characters.
/// - [`Code::BadCharacters`] when it contains control characters, or ones that reverse the
///   direction of text.
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

/// Returns a pattern for `LIKE … ESCAPE '!'` that finds rows of a lowercase column that contain
/// `text`; empty for blank text.
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

/// Returns a search text that every database accepts: each NUL, which no stored text contains,
/// becomes U+FFFD, which stands for what cannot be displayed.
pub fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Returns whether `c` reorders or hides text (Unicode Bidi_Control). Attackers use such characters
/// to make one name read as another.
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
