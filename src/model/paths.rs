//! Every path of the portal's pages, and the type of a path on this site.
//!
//! Routes, guards, links in emails and redirects are all made from these constants. A page's path
//! is written here and nowhere else; its guard and its component are beside it in the portal's
//! table of pages.

/// Sign-in.
pub const LOGIN: &str = "/auth/login";
/// Sign-up.
pub const SIGN_UP: &str = "/auth/signup";
/// Verifying an email address; without a token, the page waits for the email.
pub const VERIFY_EMAIL: &str = "/auth/verify";
/// Requesting an email to reset the password.
pub const FORGOT_PASSWORD: &str = "/auth/forgot-password";
/// Resetting the password; without a token, the page waits for the email.
pub const RESET_PASSWORD: &str = "/auth/reset-password";
/// Requesting an email to sign in with.
pub const MAGIC_LINK: &str = "/auth/passwordless";
/// Signing in by email; without a token, the page waits for the email.
pub const MAGIC_LINK_LOGIN: &str = "/auth/passwordless/login";
/// Undoing a change of email address.
pub const UNDO_EMAIL_CHANGE: &str = "/auth/change-email/undo";
/// After signing out.
pub const SIGNED_OUT: &str = "/auth/signed-out";
/// Requesting an email to start a recovery.
pub const RECOVERY: &str = "/auth/recovery";
/// Starting a recovery; without a token, the page waits for the email.
pub const RECOVERY_START: &str = "/auth/recovery/start";
/// Canceling a recovery.
pub const RECOVERY_CANCEL: &str = "/auth/recovery/cancel";
/// Finishing a recovery, which removes all second factors.
pub const RECOVERY_FINISH: &str = "/auth/recovery/finish";
/// Removing the first second factor again.
pub const RECOVERY_UNDO: &str = "/auth/recovery/undo";

/// The second step of signing in.
pub const MFA_CHALLENGE: &str = "/mfa/challenge";
/// Choosing a second factor, for users who must set one up.
pub const MFA_ENROLL: &str = "/mfa/enrol";
/// Setting up an authenticator app.
pub const MFA_SETUP: &str = "/mfa/setup";
/// New backup codes.
pub const MFA_CODES: &str = "/mfa/codes";

/// The first administrator, by a one-time link.
pub const SETUP: &str = "/setup";
/// The API reference.
pub const DOCS: &str = "/docs";

/// The overview of the account, where users land after signing in.
pub const DASHBOARD: &str = "/ui/dashboard";
/// Name and username.
pub const PROFILE: &str = "/ui/profile";
/// Recent activity of the account.
pub const ACTIVITY: &str = "/ui/activity";
/// Password and second factors.
pub const SECURITY: &str = "/ui/settings";
/// Changing the email address.
pub const EMAIL: &str = "/ui/settings/email";
/// Confirming a new email address; without a token, the page waits for the email.
pub const CONFIRM_EMAIL_CHANGE: &str = "/ui/settings/email/confirm";
/// Adding a passkey.
pub const ADD_PASSKEY: &str = "/ui/settings/passkeys/add";
/// One passkey.
pub const PASSKEY: &str = "/ui/settings/passkeys/{id}";
/// The sessions of the account.
pub const SESSIONS: &str = "/ui/settings/sessions";
/// Re-authenticating ("Confirm it's you").
pub const CONFIRM: &str = "/ui/confirm";

/// Emails that were written to files. Only in development.
pub const DEV_MAIL: &str = "/dev/mail";
/// One email that was written to a file.
pub const DEV_MAIL_MESSAGE: &str = "/dev/mail/{id}";
/// A sample of every email.
pub const DEV_MAIL_SAMPLES: &str = "/dev/mail/preview";

/// The longest path to return to after signing in, in bytes.
const MAX_RETURN: usize = 1024;

/// Prefixes of paths that users do not return to after signing in: the pages of the sign-in flow,
/// and paths that are not pages.
const NO_RETURN: &[&str] = &["/auth/", "/api/", "/pkg/", MFA_CHALLENGE, CONFIRM, MFA_ENROLL, SETUP];

/// A path of this site, with its query, which every browser resolves on the current host (CWE-601).
///
/// ```
/// use authtuna::model::paths::LocalPath;
///
/// assert!(LocalPath::parse("/ui/profile?tab=1").is_some());
/// assert!(LocalPath::parse("//evil.example").is_none(), "two slashes begin the name of a host");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Parses a text that begins with one slash and contains nothing that a browser reads as
    /// another host: no second slash at its beginning, no backslash, no space, no control
    /// character, and nothing outside ASCII.
    pub fn parse(text: &str) -> Option<Self> {
        let is_local = text.starts_with('/')
            && !text.starts_with("//")
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        is_local.then(|| Self(text.to_owned()))
    }

    /// Parses a local path of at most 1024 bytes, short enough to travel in a query.
    pub fn short(text: &str) -> Option<Self> {
        Some(text).filter(|text| text.len() <= MAX_RETURN).and_then(Self::parse)
    }

    /// Parses a short local path to which a user may return after signing in: no page of the
    /// sign-in flow, and nothing that is not a page.
    pub fn to_return_to(text: &str) -> Option<Self> {
        Self::short(text).filter(|path| !NO_RETURN.iter().any(|no| path.0.starts_with(no)))
    }

    /// Wraps one of the constants above.
    pub fn of(page: &'static str) -> Self {
        Self(page.to_owned())
    }

    /// Returns the path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the value of `{name}` in `path`, at its place in `pattern`, without decoding it.
pub fn segment<'p>(pattern: &str, name: &str, path: &'p str) -> Option<&'p str> {
    let wanted = |part: &str| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) == Some(name);
    pattern.split('/').zip(path.split('/')).find(|(part, _)| wanted(part)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_path_is_on_this_site() {
        for good in
            ["/", "/ui/profile", "/ui/activity?after=12#x", "/a//b", "/authors", "/%2F%2Fevil.example"]
        {
            assert!(LocalPath::to_return_to(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "ui",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            " /ui",
            "/ui\r\nSet-Cookie: a=b",
            "/ü",
        ] {
            assert_eq!(LocalPath::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn nobody_returns_to_the_way_in() {
        for bad in [
            "/auth/login",
            "/auth/login?next=/auth/login",
            "/api/sign-out",
            "/setup?token=x",
            "/mfa/challenge",
            "/ui/confirm?next=/ui/confirm",
        ] {
            assert!(LocalPath::parse(bad).is_some(), "{bad}");
            assert_eq!(LocalPath::to_return_to(bad), None, "{bad}");
        }
        assert_eq!(LocalPath::to_return_to(&format!("/{}", "x".repeat(MAX_RETURN))), None);
    }

    #[test]
    fn a_segment_is_found_by_its_name() {
        assert_eq!(segment(PASSKEY, "id", "/ui/settings/passkeys/7"), Some("7"));
        assert_eq!(segment(PASSKEY, "name", "/ui/settings/passkeys/7"), None);
        assert_eq!(segment(PASSKEY, "id", "/ui"), None);
    }
}
