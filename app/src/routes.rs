//! Every page and every server function of the portal: its path, who may access it, and what it
//! shows or does. The server builds its routes and guards from these tables.

use authtuna::authz::guard::Guard;
use authtuna::model::paths::{
    ACTIVITY, ADD_PASSKEY, CONFIRM, CONFIRM_EMAIL_CHANGE, DASHBOARD, DEV_MAIL, DEV_MAIL_MESSAGE,
    DEV_MAIL_SAMPLES, DOCS, EMAIL, FORGOT_PASSWORD, LOGIN, MAGIC_LINK, MAGIC_LINK_LOGIN, MFA_CHALLENGE,
    MFA_CODES, MFA_ENROLL, MFA_SETUP, PASSKEY, PROFILE, RECOVERY, RECOVERY_CANCEL, RECOVERY_FINISH,
    RECOVERY_START, RECOVERY_UNDO, RESET_PASSWORD, SECURITY, SESSIONS, SETUP, SIGN_UP, SIGNED_OUT,
    UNDO_EMAIL_CHANGE, VERIFY_EMAIL,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::account::{ChangePassword, EndOtherSessions, EndSession, SetPassword, UpdateProfile};
use crate::api::by_email::{RequestMagicLink, RequestReset, ResetCode, ResetPassword, SignInByMail};
use crate::api::email_addresses::{
    ConfirmEmail, ConfirmEmailChange, RequestEmailChange, SendAgain, UndoEmailChange,
};
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
use crate::api::sign_in::{PasswordStrength, SetUp, SignIn, SignOut, SignUp};
use crate::api::theme::ChooseTheme;
use crate::pages::account::activity::ActivityPage;
use crate::pages::account::confirm::ConfirmPage;
use crate::pages::account::email::EmailPage;
use crate::pages::account::enrollment::EnrollmentPage;
use crate::pages::account::mfa::{BackupCodes, SetUpApp};
use crate::pages::account::overview::Overview;
use crate::pages::account::passkeys::{AddPasskeyPage, PasskeyPage};
use crate::pages::account::profile::Profile;
use crate::pages::account::security::Security;
use crate::pages::account::sessions::Sessions;
use crate::pages::auth::challenge::Challenge;
use crate::pages::auth::change_email::{ChangeEmailPage, UndoEmailPage};
use crate::pages::auth::forgot::{Forgot, Reset};
use crate::pages::auth::login::Login;
use crate::pages::auth::passwordless::{Passwordless, PasswordlessLogin};
use crate::pages::auth::recovery::{
    AskRecovery, CancelRecoveryPage, FinishRecoveryPage, StartRecoveryPage, UndoFactorsPage,
};
use crate::pages::auth::setup::Setup;
use crate::pages::auth::signed_out::SignedOut;
use crate::pages::auth::signup::Signup;
use crate::pages::auth::verify::Verify;
use crate::pages::dev::DevMail;
use crate::pages::docs::Docs;

/// A page.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The path, as a pattern of the router.
    pub path: &'static str,
    /// Who may see it.
    pub guard: Guard,
    /// Renders the page.
    pub(crate) view: fn() -> AnyView,
    /// Whether the page has islands. A page without islands loads no script.
    pub(crate) islands: bool,
}

/// A server function, which a form posts to.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The path.
    pub path: &'static str,
    /// Who may call it. The core authorizes the caller again.
    pub guard: Guard,
}

macro_rules! page {
    ($path:expr, $guard:expr, $view:ident) => {
        Page { path: $path, guard: $guard, view: || $view().into_any(), islands: true }
    };
    ($path:expr, $guard:expr, $view:ident, no islands) => {
        Page { islands: false, ..page!($path, $guard, $view) }
    };
}

/// Every page.
pub const PAGES: &[Page] = &[
    page!(LOGIN, Guard::Public, Login),
    page!(MFA_CHALLENGE, Guard::Public, Challenge),
    page!(SIGN_UP, Guard::Public, Signup),
    page!(VERIFY_EMAIL, Guard::Public, Verify),
    page!(FORGOT_PASSWORD, Guard::Public, Forgot),
    page!(RESET_PASSWORD, Guard::Public, Reset),
    page!(MAGIC_LINK, Guard::Public, Passwordless),
    page!(MAGIC_LINK_LOGIN, Guard::Public, PasswordlessLogin),
    page!(UNDO_EMAIL_CHANGE, Guard::Public, UndoEmailPage),
    page!(SIGNED_OUT, Guard::Public, SignedOut, no islands),
    page!(SETUP, Guard::Public, Setup),
    page!(DOCS, Guard::Public, Docs, no islands),
    page!(DEV_MAIL, Guard::Public, DevMail, no islands),
    page!(DEV_MAIL_MESSAGE, Guard::Public, DevMail, no islands),
    page!(DEV_MAIL_SAMPLES, Guard::Public, DevMail, no islands),
    page!(DASHBOARD, Guard::SignedIn, Overview),
    page!(PROFILE, Guard::SignedIn, Profile),
    page!(SECURITY, Guard::SignedIn, Security),
    page!(EMAIL, Guard::SignedIn, EmailPage),
    page!(ADD_PASSKEY, Guard::SignedInOrEnrolling, AddPasskeyPage),
    page!(PASSKEY, Guard::SignedIn, PasskeyPage),
    page!(MFA_ENROLL, Guard::SignedInOrEnrolling, EnrollmentPage),
    page!(MFA_SETUP, Guard::SignedInOrEnrolling, SetUpApp),
    page!(MFA_CODES, Guard::SignedInOrEnrolling, BackupCodes),
    page!(CONFIRM, Guard::SignedInOrEnrolling, ConfirmPage),
    page!(CONFIRM_EMAIL_CHANGE, Guard::SignedIn, ChangeEmailPage),
    page!(SESSIONS, Guard::SignedIn, Sessions),
    page!(ACTIVITY, Guard::SignedIn, ActivityPage),
    // The links in recovery emails must work in any browser.
    page!(RECOVERY, Guard::Public, AskRecovery),
    page!(RECOVERY_START, Guard::Public, StartRecoveryPage),
    page!(RECOVERY_CANCEL, Guard::Public, CancelRecoveryPage),
    page!(RECOVERY_FINISH, Guard::Public, FinishRecoveryPage),
    page!(RECOVERY_UNDO, Guard::Public, UndoFactorsPage),
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
    // A user whose session has already ended wants to sign out as well.
    function::<SignOut>(Guard::Public),
    function::<PasswordStrength>(Guard::Public),
    function::<SendAgain>(Guard::Public),
    function::<ConfirmEmail>(Guard::Public),
    function::<RequestReset>(Guard::Public),
    function::<ResetCode>(Guard::Public),
    function::<ResetPassword>(Guard::Public),
    function::<RequestMagicLink>(Guard::Public),
    function::<SignInByMail>(Guard::Public),
    function::<ConfirmEmailChange>(Guard::SignedIn),
    // Its link must work in any browser.
    function::<UndoEmailChange>(Guard::Public),
    function::<RequestEmailChange>(Guard::SignedIn),
    function::<ChooseTheme>(Guard::Public),
    function::<ChangePassword>(Guard::SignedIn),
    function::<SetPassword>(Guard::SignedIn),
    function::<UpdateProfile>(Guard::SignedIn),
    function::<SetUpTotp>(Guard::SignedInOrEnrolling),
    function::<EnableTotp>(Guard::SignedInOrEnrolling),
    function::<DisableTotp>(Guard::SignedIn),
    function::<NewBackupCodes>(Guard::SignedIn),
    function::<SavedCodes>(Guard::SignedInOrEnrolling),
    function::<AddPrompt>(Guard::SignedInOrEnrolling),
    function::<AddPasskey>(Guard::SignedInOrEnrolling),
    function::<RenamePasskey>(Guard::SignedIn),
    function::<RemovePasskey>(Guard::SignedIn),
    function::<ConfirmPrompt>(Guard::SignedInOrEnrolling),
    function::<Confirm>(Guard::SignedInOrEnrolling),
    function::<SendConfirmation>(Guard::SignedInOrEnrolling),
    function::<ConfirmByMail>(Guard::SignedInOrEnrolling),
    function::<EndSession>(Guard::SignedIn),
    function::<EndOtherSessions>(Guard::SignedIn),
    function::<RequestRecovery>(Guard::Public),
    function::<StartRecovery>(Guard::Public),
    function::<CancelRecovery>(Guard::Public),
    function::<StopRecovery>(Guard::Public),
    function::<FinishRecovery>(Guard::Public),
    function::<UndoFactors>(Guard::Public),
    function::<CancelOwnRecovery>(Guard::SignedInOrEnrolling),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_server_function_is_in_the_table_and_changes_nothing_by_get() {
        let served: BTreeSet<_> = server_fn::axum::server_fn_paths().collect();
        let posted: BTreeSet<_> =
            FUNCTIONS.iter().map(|function| (function.path, http::Method::POST)).collect();
        let served: BTreeSet<_> = served.iter().map(|(path, method)| (*path, method.to_string())).collect();
        let posted: BTreeSet<_> = posted.iter().map(|(path, method)| (*path, method.to_string())).collect();
        assert_eq!(served, posted);
    }
}
