//! What protects an account, as a picture: three questions, each answered with what is in place and
//! what is missing.

use authtuna::accounts::users::User;
use authtuna::auth::Auth;
use authtuna::authn::mfa::Factors;
use leptos::prelude::*;

use crate::i18n::Lang;
use crate::ui::components::{Icon, Tone};

/// A question with its answer.
struct Answer {
    icon: &'static str,
    question: &'static str,
    tone: Tone,
    answer: String,
}

/// What the server offers to protect an account.
#[derive(Clone, Copy)]
pub(crate) struct Offered {
    /// The server sends email.
    pub(crate) mails: bool,
    /// Users can add passkeys.
    pub(crate) passkeys: bool,
    /// Users can set up authenticator apps.
    pub(crate) apps: bool,
}

impl Offered {
    /// Reads the settings.
    pub(crate) fn of(auth: &Auth) -> Self {
        let settings = auth.settings();
        Self {
            mails: settings.email.enabled,
            passkeys: settings.passkeys_offered(),
            apps: settings.mfa.enabled,
        }
    }
}

/// Renders the picture.
pub(crate) fn picture(t: Lang, user: &User, factors: Factors, offered: Offered) -> impl IntoView + use<> {
    let answers = [in_(t, user, factors), stolen(t, user, factors), lost(t, user, factors, offered)];
    let one = |Answer { icon, question, tone, answer }: Answer| {
        let (class, mark) = match tone {
            Tone::Ok => ("ok", Some("check")),
            Tone::Warn => ("warn", Some("alert")),
            Tone::Plain | Tone::Accent => ("", None),
        };
        let mark = mark.map(|mark| {
            view! {
                <span class="mark">
                    <Icon name=mark/>
                </span>
            }
        });
        view! {
            <li class=class>
                <span class="figure" aria-hidden="true">
                    <Icon name=icon/>
                    {mark}
                </span>
                <h2>{question}</h2>
                <p class="meta">{answer}</p>
            </li>
        }
    };
    view! {
        <section class="card" aria-label=t.protection_title()>
            <ul class="protection">{answers.map(one).into_iter().collect_view()}</ul>
        </section>
    }
}

/// How the user signs in.
fn in_(t: Lang, user: &User, factors: Factors) -> Answer {
    // Only the second answer warns that a password alone is not enough. An email is a key that
    // others hold.
    let by_mail = if factors.wanted() { Tone::Plain } else { Tone::Warn };
    let (tone, answer) = match (factors.passkeys, user.has_password) {
        (0, true) => (Tone::Plain, t.protection_in_password().to_owned()),
        (0, false) => (by_mail, t.protection_in_mail().to_owned()),
        (passkeys, true) => (Tone::Ok, t.protection_in_both(passkeys.unsigned_abs())),
        (passkeys, false) => (Tone::Ok, t.protection_in_passkeys(passkeys.unsigned_abs())),
    };
    Answer { icon: "enter", question: t.protection_in(), tone, answer }
}

/// What a stolen password opens.
fn stolen(t: Lang, user: &User, factors: Factors) -> Answer {
    let (tone, answer) = match (factors.wanted(), factors.totp_since.is_some(), factors.passkeys > 0) {
        // Then the mailbox is the key, which the first answer covers.
        (wanted, ..) if !user.has_password => {
            (if wanted { Tone::Ok } else { Tone::Plain }, t.protection_stolen_none())
        }
        (false, ..) => (Tone::Warn, t.protection_stolen_opens()),
        (true, true, true) => (Tone::Ok, t.protection_stolen_both()),
        (true, true, false) => (Tone::Ok, t.protection_stolen_app()),
        (true, false, _) => (Tone::Ok, t.protection_stolen_passkey()),
    };
    Answer { icon: "shield", question: t.protection_stolen(), tone, answer: answer.to_owned() }
}

/// What is left when the phone and the computer are lost.
fn lost(t: Lang, user: &User, factors: Factors, offered: Offered) -> Answer {
    let proved = offered.mails && user.email_verified_at.is_some();
    let codes = factors.backup_codes_left.unsigned_abs();
    let (tone, answer) = match (factors.wanted(), codes, proved) {
        (true, 0, _) => (Tone::Warn, t.protection_lost_no_codes().to_owned()),
        (true, ..) => (Tone::Ok, t.protection_lost_codes(codes)),
        (false, _, true) => (Tone::Ok, t.protection_lost_mail().to_owned()),
        (false, _, false) => (Tone::Warn, nothing(t, offered).to_owned()),
    };
    Answer { icon: "key", question: t.protection_lost(), tone, answer }
}

/// Returns what would help an account without any protection, among what the server offers.
fn nothing(t: Lang, offered: Offered) -> &'static str {
    match offered {
        Offered { mails: true, passkeys: true, .. } => t.protection_lost_nothing(),
        Offered { mails: true, .. } => t.protection_lost_unconfirmed(),
        Offered { passkeys: true, .. } => t.protection_lost_no_passkey(),
        Offered { apps: true, .. } => t.protection_lost_no_app(),
        Offered { .. } => t.protection_lost_alone(),
    }
}
