//! Backup codes, which open an account when no other second factor is at hand.

use crate::foundation::clock::Random;
use crate::foundation::crypto::token::sha256_parts;
use crate::model::id::UserId;

/// The number of codes in a set.
pub(super) const COUNT: usize = 10;
/// The number of codes left at which the server reminds the owner to generate new ones.
pub(super) const FEW: u32 = 3;
/// Crockford's Base32, which has no letter that looks like a digit. Each character has five bits;
/// 24 of them are 120 bits, so a plain hash is enough to store a code (OWASP ASVS 5.0 6.5.2
/// requires 112).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 24;
const GROUP: usize = 6;

/// Generates a code in the form that users see: `XXXXXX-XXXXXX-XXXXXX-XXXXXX`.
pub(super) fn new_code(random: Random) -> String {
    let letters = random.bytes::<LENGTH>().map(|byte| ALPHABET[usize::from(byte & 31)]);
    let groups: Vec<&str> = letters.chunks(GROUP).filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join("-")
}

/// Normalizes a typed code: without blanks and hyphens, in capitals, and with look-alikes read as
/// the digits that they stand for. `None` for text that cannot be a code.
pub(super) fn normal(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(LENGTH);
    for letter in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let letter = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        if code.len() == LENGTH || !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
            return None;
        }
        code.push(letter);
    }
    (code.len() == LENGTH).then_some(code)
}

/// Returns the hash to store for a normalized code.
pub(super) fn hash(user: UserId, normal: &str) -> [u8; 32] {
    sha256_parts([b"backup code".as_slice(), user.uuid().as_bytes(), normal.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = new_code(Random);
        let plain = code.replace('-', "");
        assert_eq!((code.len(), plain.len()), (27, 24));
        for typed in
            [code.clone(), code.to_lowercase(), plain.clone(), format!("  {} ", code.replace('-', " "))]
        {
            assert_eq!(normal(&typed).as_deref(), Some(plain.as_str()), "{typed}");
        }
        assert_eq!(normal("oOiIlL-000000-000000-000000").as_deref(), Some("001111000000000000000000"));
        for no_code in
            ["", "123456", &plain[1..], &format!("{plain}0"), &plain.replace(&plain[..1], "U"), "é"]
        {
            assert_eq!(normal(no_code), None, "{no_code}");
        }
    }
}
