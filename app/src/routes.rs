//! Every page and every server function, each with who may come there. The server guards by these tables; a test holds
//! them equal to what is really served.

use authtuna::model::code::Code;
use authtuna::model::id::PasskeyId;
use leptos::server_fn::ServerFn;

use crate::api::account::{ChangePassword, EndOtherSessions, EndSession, SetPassword, UpdateProfile};
use crate::api::addresses::{
    ConfirmEmail, ConfirmEmailChange, RequestEmailChange, SendAgain, UndoEmailChange,
};
use crate::api::by_mail::{RequestMagicLink, RequestReset, ResetCode, ResetPassword, SignInByMail};
use crate::api::entry::{PasswordStrength, SetUp, SignIn, SignOut, SignUp};
use crate::api::look::ChooseTheme;
use crate::api::mfa::{
    Confirm, ConfirmByMail, DisableTotp, EnableTotp, NewBackupCodes, SavedCodes, SecondFactor,
    SendConfirmation, SetUpTotp,
};

use crate::api::passkey::{
    AddPasskey, AddPrompt, ConfirmPrompt, PasskeySignIn, PasskeySignUp, RemovePasskey, RenamePasskey,
    SecondFactorPrompt, SignInPrompt, SignUpPrompt,
};

use crate::api::recovery::{
    CancelOwnRecovery, CancelRecovery, FinishRecovery, RequestRecovery, StartRecovery, StopRecovery,
    UndoFactors,
};

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Everybody.
    Public,
    /// Whoever is signed in, also while they have to set up first what a role of theirs asks for.
    Enrolling,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever holds this permission everywhere.
    Permission(&'static str),
}

/// A page.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Its path.
    pub path: &'static str,
    /// Who may see it.
    pub guard: Guard,
    /// Whether it has islands. Those that have none load no script at all.
    pub islands: bool,
}

/// A server function: what a form posts to.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its path.
    pub path: &'static str,
    /// Who may call it. The core decides again, by itself.
    pub guard: Guard,
}

/// Sign-in.
pub const LOGIN: &str = "/auth/login";
/// The second factor.
pub const CHALLENGE: &str = "/mfa/challenge";
/// Setting an authenticator app up.
pub const MFA_SETUP: &str = "/mfa/setup";
/// What a role asks for has to be set up first.
pub const ENROL: &str = "/mfa/enrol";
/// New backup codes.
pub const MFA_CODES: &str = "/mfa/codes";
/// Confirming who one is.
pub const CONFIRM: &str = "/ui/confirm";
/// Sign-up.
pub const SIGNUP: &str = "/auth/signup";
/// Proving an address: without a token, waiting for the mail.
pub const VERIFY: &str = "/auth/verify";
/// Asking for a mail to set a new password with.
pub const FORGOT: &str = "/auth/forgot-password";
/// Setting a new password: without a token, waiting for the mail.
pub const RESET: &str = "/auth/reset-password";
/// Asking for a mail to sign in with.
pub const MAGIC: &str = "/auth/passwordless";
/// Signing in by a mail: without a token, waiting for it.
pub const MAGIC_LOGIN: &str = "/auth/passwordless/login";
/// Proving a new address: without a token, waiting for the mail.
pub const CHANGE_EMAIL: &str = "/ui/settings/email/confirm";
/// Taking an address back.
pub const UNDO_EMAIL: &str = "/auth/change-email/undo";
/// After sign-out.
pub const SIGNED_OUT: &str = "/auth/signed-out";
/// The first administrator, by a one-time link.
pub const SETUP: &str = "/setup";
/// The API, to read.
pub const DOCS: &str = "/docs";
/// Mails that became files. The server has these pages in development alone.
pub const DEV_MAIL: &str = "/dev/mail";
/// One of them.
pub const DEV_MAIL_ONE: &str = "/dev/mail/{id}";
/// A mail of every kind, made up.
pub const DEV_PREVIEW: &str = "/dev/mail/preview";
/// The account at a glance: where people land.
pub const OVERVIEW: &str = "/ui/dashboard";
/// Name and username.
pub const PROFILE: &str = "/ui/profile";
/// The password.
pub const SECURITY: &str = "/ui/settings";
/// Asking for another address.
pub const EMAIL: &str = "/ui/settings/email";
/// Making a passkey.
pub const PASSKEY_ADD: &str = "/ui/settings/passkeys/add";
/// One of one's passkeys.
pub const PASSKEY: &str = "/ui/settings/passkeys/{id}";
/// Where one is signed in.
pub const SESSIONS: &str = "/ui/settings/sessions";
/// What happened.
pub const ACTIVITY: &str = "/ui/activity";
/// Asking for a mail, for whoever lost all second factors.
pub const RECOVERY: &str = "/auth/recovery";
/// Beginning to wait: without a token, waiting for the mail.
pub const RECOVERY_START: &str = "/auth/recovery/start";
/// Stopping a recovery.
pub const RECOVERY_CANCEL: &str = "/auth/recovery/cancel";
/// Taking the first second factor off again.
pub const RECOVERY_UNDO: &str = "/auth/recovery/undo";
/// Having all second factors taken off.
pub const RECOVERY_FINISH: &str = "/auth/recovery/finish";

const fn page(path: &'static str, guard: Guard) -> Page {
    Page { path, guard, islands: true }
}

/// Every page.
pub const PAGES: &[Page] = &[
    page(LOGIN, Guard::Public),
    page(CHALLENGE, Guard::Public),
    page(SIGNUP, Guard::Public),
    page(VERIFY, Guard::Public),
    page(FORGOT, Guard::Public),
    page(RESET, Guard::Public),
    page(MAGIC, Guard::Public),
    page(MAGIC_LOGIN, Guard::Public),
    page(UNDO_EMAIL, Guard::Public),
    Page { path: SIGNED_OUT, guard: Guard::Public, islands: false },
    page(SETUP, Guard::Public),
    Page { path: DOCS, guard: Guard::Public, islands: false },
    Page { path: DEV_MAIL, guard: Guard::Public, islands: false },
    Page { path: DEV_MAIL_ONE, guard: Guard::Public, islands: false },
    Page { path: DEV_PREVIEW, guard: Guard::Public, islands: false },
    page(OVERVIEW, Guard::SignedIn),
    page(PROFILE, Guard::SignedIn),
    page(SECURITY, Guard::SignedIn),
    page(EMAIL, Guard::SignedIn),
    page(PASSKEY_ADD, Guard::Enrolling),
    page(PASSKEY, Guard::SignedIn),
    page(ENROL, Guard::Enrolling),
    page(MFA_SETUP, Guard::Enrolling),
    page(MFA_CODES, Guard::Enrolling),
    page(CONFIRM, Guard::Enrolling),
    page(CHANGE_EMAIL, Guard::SignedIn),
    page(SESSIONS, Guard::SignedIn),
    page(ACTIVITY, Guard::SignedIn),
    // By links that open in any browser.
    page(RECOVERY, Guard::Public),
    page(RECOVERY_START, Guard::Public),
    page(RECOVERY_CANCEL, Guard::Public),
    page(RECOVERY_FINISH, Guard::Public),
    page(RECOVERY_UNDO, Guard::Public),
];

const fn function<F: ServerFn>(guard: Guard) -> Function {
    Function { path: F::PATH, guard }
}

/// Every server function.
pub const FUNCTIONS: &[Function] = &[
    function::<SignIn>(Guard::Public),
    function::<SignInPrompt>(Guard::Public),
    function::<PasskeySignIn>(Guard::Public),
    function::<SecondFactorPrompt>(Guard::Public),
    function::<SecondFactor>(Guard::Public),
    function::<SignUpPrompt>(Guard::Public),
    function::<PasskeySignUp>(Guard::Public),
    function::<SignUp>(Guard::Public),
    function::<SetUp>(Guard::Public),
    // Whose session has ended already wants to get out as well.
    function::<SignOut>(Guard::Public),
    function::<PasswordStrength>(Guard::Public),
    function::<SendAgain>(Guard::Public),
    function::<ConfirmEmail>(Guard::Public),
    function::<RequestReset>(Guard::Public),
    function::<ResetCode>(Guard::Public),
    function::<ResetPassword>(Guard::Public),
    function::<RequestMagicLink>(Guard::Public),
    function::<SignInByMail>(Guard::Public),
    // By links that open in any browser.
    function::<ConfirmEmailChange>(Guard::SignedIn),
    function::<UndoEmailChange>(Guard::Public),
    function::<RequestEmailChange>(Guard::SignedIn),
    function::<ChooseTheme>(Guard::Public),
    function::<ChangePassword>(Guard::SignedIn),
    function::<SetPassword>(Guard::SignedIn),
    function::<UpdateProfile>(Guard::SignedIn),
    function::<SetUpTotp>(Guard::Enrolling),
    function::<EnableTotp>(Guard::Enrolling),
    function::<DisableTotp>(Guard::SignedIn),
    function::<NewBackupCodes>(Guard::SignedIn),
    function::<SavedCodes>(Guard::Enrolling),
    function::<AddPrompt>(Guard::Enrolling),
    function::<AddPasskey>(Guard::Enrolling),
    function::<RenamePasskey>(Guard::SignedIn),
    function::<RemovePasskey>(Guard::SignedIn),
    function::<ConfirmPrompt>(Guard::Enrolling),
    function::<Confirm>(Guard::Enrolling),
    function::<SendConfirmation>(Guard::Enrolling),
    function::<ConfirmByMail>(Guard::Enrolling),
    function::<EndSession>(Guard::SignedIn),
    function::<EndOtherSessions>(Guard::SignedIn),
    function::<RequestRecovery>(Guard::Public),
    function::<StartRecovery>(Guard::Public),
    function::<CancelRecovery>(Guard::Public),
    function::<StopRecovery>(Guard::Public),
    function::<FinishRecovery>(Guard::Public),
    function::<UndoFactors>(Guard::Public),
    function::<CancelOwnRecovery>(Guard::Enrolling),
];

/// Put into a request's extensions by a guard that refused it: whatever its address, the page says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub Code);

/// Where somebody goes after signing in: a path of this site, never another site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(String);

impl Target {
    /// Takes the path if it may be gone to after signing in: the sign-in pages themselves may not, nor what is no page.
    pub fn parse(text: &str) -> Option<Self> {
        let no = ["/auth/", "/api/", "/pkg/", CHALLENGE, CONFIRM, ENROL, SETUP];
        Self::local(text).filter(|target| !no.iter().any(|no| target.0.starts_with(no)))
    }

    /// Takes any path of this site: it begins with one `/`, and holds nothing that a browser would read as another
    /// host.
    pub fn local(text: &str) -> Option<Self> {
        let fits = text.len() <= 1024
            && text.starts_with('/')
            && !text.starts_with("//")
            && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        fits.then(|| Self(text.to_owned()))
    }

    /// The account at a glance, where people go who were going nowhere.
    pub(crate) fn overview() -> Self {
        Self(OVERVIEW.to_owned())
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The address of the sign-in page that leads on to `target`. The server's guard redirects here.
pub fn login_then(target: Option<&Target>) -> String {
    with_next(LOGIN, target)
}

/// `page` with the place that it leads to. Pages around signing in lead to the overview by themselves.
pub(crate) fn with_next(page: &str, target: Option<&Target>) -> String {
    leading_to(page, target.filter(|target| target.as_str() != OVERVIEW))
}

/// `page` with the place that it leads to, whichever that is.
pub(crate) fn leading_to(page: &str, target: Option<&Target>) -> String {
    target.map_or_else(|| page.to_owned(), |target| query_more(page, "next", target.as_str()))
}

/// The page of a passkey.
pub(crate) fn passkey_page(id: PasskeyId) -> String {
    PASSKEY.replace("{id}", &id.to_string())
}

/// `page` with one value in its query.
pub(crate) fn query(page: &str, name: &str, value: &str) -> String {
    format!(
        "{page}?{}",
        url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
    )
}

/// `place`, which may have a query, with one more value in it.
pub(crate) fn query_more(place: &str, name: &str, value: &str) -> String {
    let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    format!("{place}{}{name}={value}", if place.contains('?') { '&' } else { '?' })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_target_is_on_this_site() {
        for good in
            ["/", "/ui/profile", "/ui/activity?after=12#x", "/a//b", "/authors", "/%2F%2Fevil.example"]
        {
            assert!(Target::parse(good).is_some(), "{good}");
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
            "/auth/login",
            "/auth/login?next=/auth/login",
            "/api/sign-out",
            "/setup?token=x",
            "/mfa/challenge",
            "/ui/confirm?next=/ui/confirm",
        ] {
            assert_eq!(Target::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Target::parse(&format!("/{}", "x".repeat(2000))), None);
        assert_eq!(
            login_then(Target::parse("/ui/activity?after=1&x=2").as_ref()),
            "/auth/login?next=%2Fui%2Factivity%3Fafter%3D1%26x%3D2"
        );
        assert_eq!(login_then(None), LOGIN);
        assert_eq!(login_then(Some(&Target::overview())), LOGIN);
        let codes = query(MFA_CODES, "show", "x");
        assert_eq!(leading_to(&codes, Some(&Target::overview())), "/mfa/codes?show=x&next=%2Fui%2Fdashboard");
        assert_eq!(leading_to(&codes, None), codes);
    }

    #[test]
    fn every_page_is_in_the_table() {
        let served = leptos_axum::generate_route_list(crate::app::App);
        let served: BTreeSet<_> = served.iter().map(|route| route.path().to_owned()).collect();
        let declared: BTreeSet<_> = PAGES.iter().map(|page| page.path.to_owned()).collect();
        assert_eq!(served, declared);
    }

    #[test]
    fn every_server_function_is_in_the_table_and_changes_nothing_by_get() {
        let served: BTreeSet<_> = leptos::server_fn::axum::server_fn_paths().collect();
        let posted: BTreeSet<_> =
            FUNCTIONS.iter().map(|function| (function.path, http::Method::POST)).collect();
        let served: BTreeSet<_> = served.iter().map(|(path, method)| (*path, method.to_string())).collect();
        let posted: BTreeSet<_> = posted.iter().map(|(path, method)| (*path, method.to_string())).collect();
        assert_eq!(served, posted);
    }
}
