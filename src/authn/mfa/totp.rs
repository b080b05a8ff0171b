//! Codes from authenticator apps (RFC 6238): the secret, its QR code, and the check of a code.

use qrcodegen::{QrCode, QrCodeEcc};
use totp_rs::{Builder, Secret, Totp};

use crate::foundation::clock::Random;
use crate::foundation::error::Error;
use crate::model::time::Timestamp;

/// 160 bits, as RFC 4226 section 4 recommends.
pub(super) const SECRET_BYTES: usize = 20;

/// A secret to enter into an authenticator app.
#[derive(Clone)]
pub struct TotpSetup {
    /// The secret in Base32, for typing.
    pub secret: String,
    /// The secret as an `otpauth://` URI, for apps on the same device.
    pub uri: String,
    /// The URI as a QR code.
    pub qr: Qr,
}

/// A QR code, drawn as unit squares.
#[derive(Clone)]
pub struct Qr {
    /// The number of squares along each edge, including the quiet zone of four.
    pub size: i32,
    /// The dark squares, as the `d` attribute of an SVG path whose units are squares.
    pub path: String,
}

pub(super) fn new_secret(random: Random) -> Vec<u8> {
    random.bytes::<SECRET_BYTES>().to_vec()
}

/// Returns what the user enters into their app.
pub(super) fn setup(secret: &[u8], product: &str, account: &str) -> Result<TotpSetup, Error> {
    // In the URI, a colon separates the two names.
    let without_colon = |text: &str| text.replace(':', " ");
    let totp = Builder::new()
        .with_secret(Secret::new(secret.into()))
        .with_issuer(Some(without_colon(product)))
        .with_account_name(without_colon(account))
        .build()
        .map_err(|problem| Error::internal("totp", problem))?;
    let uri = totp.to_url().map_err(|problem| Error::internal("totp", problem))?;
    let qr = draw(&uri)?;
    Ok(TotpSetup { secret: totp.secret().to_base32(), uri, qr })
}

/// Returns the time step of `code`, if that step is the current one, the one before or the one
/// after. `None` for a wrong code.
pub(super) fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let totp: Totp = Builder::new().with_secret(Secret::new(secret.into())).build().ok()?;
    let seconds = u64::try_from(now.micros() / 1_000_000).ok()?;
    i64::try_from(totp.check(code, seconds)?).ok()
}

fn draw(text: &str) -> Result<Qr, Error> {
    const QUIET: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium)
        .map_err(|problem| Error::internal("qr code", problem))?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{},{}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    Ok(Qr { size: code.size() + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes of RFC 6238 appendix B, cut to six digits. Each works one step early and late, but
    /// not two.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let at = |second: i64| step_of(secret, code, Timestamp::from_micros(second * 1_000_000));
            let step = Some(second / 30);
            assert_eq!([at(second), at(second + 30), at(second - 30)], [step; 3], "{second}");
            assert_eq!([at(second + 60), at(second - 60)], [None; 2], "{second}");
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        let now = Timestamp::from_micros(59_000_000);
        for code in ["", "28708", "2870822", "28708x", "２８７０８２", "287082\0"] {
            assert_eq!(step_of(b"12345678901234567890", code, now), None, "{code}");
        }
    }

    #[test]
    fn the_picture_has_a_quiet_zone_and_names_keep_their_colons_out() {
        let setup = setup(&[7; SECRET_BYTES], "Tuna: the sea", "maria@example.org").unwrap();
        assert!(setup.uri.starts_with("otpauth://totp/Tuna"), "{}", setup.uri);
        assert_eq!(setup.uri.matches(':').count(), 2, "of the scheme, and between the names: {}", setup.uri);
        assert_eq!(setup.secret.len(), 32);
        assert!(setup.qr.path.starts_with("M4,4h1"), "the corner of the first finder pattern");
    }
}
