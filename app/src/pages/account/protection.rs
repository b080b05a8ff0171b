//! What protects an account, as a picture: three questions, each answered by what is there and what is missing.

use authtuna::mfa::Factors;
use authtuna::users::User;
use leptos::prelude::*;

use crate::ui::part::{Icon, Tone};
use crate::words::Lang;

/// One question with its answer.
struct Answer {
    icon: &'static str,
    question: &'static str,
    tone: Tone,
    answer: String,
}

/// The picture. `mails` says whether mails are sent here.
pub(crate) fn picture(w: Lang, user: &User, factors: Factors, mails: bool) -> impl IntoView + use<> {
    let answers = [in_(w, user, factors), stolen(w, factors), lost(w, user, factors, mails)];
    let one = |Answer { icon, question, tone, answer }: Answer| {
        let (class, mark) = match tone {
            Tone::Ok => ("ok", "check"),
            _ => ("warn", "alert"),
        };
        view! {
            <li class=class>
                <span class="figure" aria-hidden="true">
                    <Icon name=icon/>
                    <span class="mark">
                        <Icon name=mark/>
                    </span>
                </span>
                <h2>{question}</h2>
                <p class="meta">{answer}</p>
            </li>
        }
    };
    view! {
        <section class="card" aria-label=w.protection_title()>
            <ul class="protection">{answers.map(one).into_iter().collect_view()}</ul>
        </section>
    }
}

/// How one comes in.
fn in_(w: Lang, user: &User, factors: Factors) -> Answer {
    let (tone, answer) = match (factors.passkeys, user.has_password) {
        (0, true) => (Tone::Warn, w.protection_in_password().to_owned()),
        (0, false) => (Tone::Warn, w.protection_in_mail().to_owned()),
        (passkeys, true) => (Tone::Ok, w.protection_in_both(passkeys.unsigned_abs())),
        (passkeys, false) => (Tone::Ok, w.protection_in_passkeys(passkeys.unsigned_abs())),
    };
    Answer { icon: "enter", question: w.protection_in(), tone, answer }
}

/// What a stolen password, or a mailbox in other hands, opens.
fn stolen(w: Lang, factors: Factors) -> Answer {
    let (tone, answer) = match (factors.wanted(), factors.totp_since.is_some(), factors.passkeys > 0) {
        (false, ..) => (Tone::Warn, w.protection_stolen_opens()),
        (true, true, true) => (Tone::Ok, w.protection_stolen_both()),
        (true, true, false) => (Tone::Ok, w.protection_stolen_app()),
        (true, false, _) => (Tone::Ok, w.protection_stolen_passkey()),
    };
    Answer { icon: "shield", question: w.protection_stolen(), tone, answer: answer.to_owned() }
}

/// What is left when phone and computer are lost.
fn lost(w: Lang, user: &User, factors: Factors, mails: bool) -> Answer {
    let proved = mails && user.email_verified_at.is_some();
    let codes = factors.backup_codes_left.unsigned_abs();
    let (tone, answer) = match (factors.wanted(), codes, proved) {
        (true, 0, _) => (Tone::Warn, w.protection_lost_no_codes().to_owned()),
        (true, ..) => (Tone::Ok, w.protection_lost_codes(codes)),
        (false, _, true) => (Tone::Ok, w.protection_lost_mail().to_owned()),
        (false, _, false) => (Tone::Warn, w.protection_lost_nothing().to_owned()),
    };
    Answer { icon: "key", question: w.protection_lost(), tone, answer }
}
