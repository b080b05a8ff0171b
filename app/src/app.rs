//! The pages by their paths. What is declared here is declared in [`crate::routes::PAGES`] too; a test compares.

use authtuna::model::code::Code;
use http::request::Parts;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

use crate::islands::times::LocalTimes;
use crate::pages::account::activity::ActivityPage;
use crate::pages::account::confirm::ConfirmPage;
use crate::pages::account::email::EmailPage;
use crate::pages::account::enrol::Enrol;
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
use crate::pages::status::Status;
use crate::routes::Refused;

/// The portal. Every page arrives complete: nothing of it is streamed later.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let refused = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Refused>().copied());
    if let Some(Refused(code)) = refused {
        return Either::Left(view! { <Status code/> });
    }
    Either::Right(view! {
        <Router>
            <FlatRoutes fallback=|| view! { <Status code=Code::NotFound/> }>
                <Route path=path!("/auth/login") view=Login ssr=SsrMode::Async/>
                <Route path=path!("/mfa/challenge") view=Challenge ssr=SsrMode::Async/>
                <Route path=path!("/mfa/enrol") view=Enrol ssr=SsrMode::Async/>
                <Route path=path!("/mfa/setup") view=SetUpApp ssr=SsrMode::Async/>
                <Route path=path!("/mfa/codes") view=BackupCodes ssr=SsrMode::Async/>
                <Route path=path!("/ui/confirm") view=ConfirmPage ssr=SsrMode::Async/>
                <Route path=path!("/auth/signup") view=Signup ssr=SsrMode::Async/>
                <Route path=path!("/auth/verify") view=Verify ssr=SsrMode::Async/>
                <Route path=path!("/auth/forgot-password") view=Forgot ssr=SsrMode::Async/>
                <Route path=path!("/auth/reset-password") view=Reset ssr=SsrMode::Async/>
                <Route path=path!("/auth/passwordless") view=Passwordless ssr=SsrMode::Async/>
                <Route path=path!("/auth/passwordless/login") view=PasswordlessLogin ssr=SsrMode::Async/>
                <Route path=path!("/ui/settings/email/confirm") view=ChangeEmailPage ssr=SsrMode::Async/>
                <Route path=path!("/auth/change-email/undo") view=UndoEmailPage ssr=SsrMode::Async/>
                <Route path=path!("/auth/signed-out") view=SignedOut ssr=SsrMode::Async/>
                <Route path=path!("/dev/mail") view=DevMail ssr=SsrMode::Async/>
                <Route path=path!("/dev/mail/preview") view=DevMail ssr=SsrMode::Async/>
                <Route path=path!("/dev/mail/:id") view=DevMail ssr=SsrMode::Async/>
                <Route path=path!("/docs") view=Docs ssr=SsrMode::Async/>
                <Route path=path!("/setup") view=Setup ssr=SsrMode::Async/>
                <Route path=path!("/ui/dashboard") view=Overview ssr=SsrMode::Async/>
                <Route path=path!("/ui/profile") view=Profile ssr=SsrMode::Async/>
                <Route path=path!("/ui/settings") view=Security ssr=SsrMode::Async/>
                <Route path=path!("/ui/settings/email") view=EmailPage ssr=SsrMode::Async/>
                <Route path=path!("/ui/settings/passkeys/add") view=AddPasskeyPage ssr=SsrMode::Async/>
                <Route path=path!("/ui/settings/passkeys/:id") view=PasskeyPage ssr=SsrMode::Async/>
                <Route path=path!("/ui/settings/sessions") view=Sessions ssr=SsrMode::Async/>
                <Route path=path!("/ui/activity") view=ActivityPage ssr=SsrMode::Async/>
                <Route path=path!("/auth/recovery") view=AskRecovery ssr=SsrMode::Async/>
                <Route path=path!("/auth/recovery/start") view=StartRecoveryPage ssr=SsrMode::Async/>
                <Route path=path!("/auth/recovery/cancel") view=CancelRecoveryPage ssr=SsrMode::Async/>
                <Route path=path!("/auth/recovery/finish") view=FinishRecoveryPage ssr=SsrMode::Async/>
                <Route path=path!("/auth/recovery/undo") view=UndoFactorsPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
        <LocalTimes/>
    })
}
