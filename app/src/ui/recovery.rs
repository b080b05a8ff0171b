//! The notice about a recovery in progress, which its user sees on every account page.

use authtuna::authn::recovery::Recovery;
use authtuna::model::time::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::components::Icon;
use super::time::around;
use crate::api::recovery::CancelOwnRecovery;
use crate::i18n::{HERE, Lang};
use crate::messages;
use crate::viewer::{self, log};

/// Returns whether users can recover their accounts themselves.
pub(crate) fn recovers() -> bool {
    viewer::auth().is_ok_and(|auth| auth.recovery.is_offered())
}

/// Tells the user that a recovery of their account is in progress, with a button to stop it.
/// Renders nothing when there is none, or when looking it up fails.
#[component]
pub(crate) fn OpenRecovery(t: Lang) -> impl IntoView {
    let begun = viewer::auth().and_then(|auth| Ok((auth, viewer::context()?)));
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (auth, context) = begun.ok()?;
                match auth.recovery.own(context.actor()).await {
                    Ok(open) => open.map(|open| notice(t, auth.clock.now(), open)),
                    Err(error) => {
                        log(&error, Some(context.actor()));
                        None
                    }
                }
            })}
        </Suspense>
    }
}

/// Renders the notice about a recovery in progress.
pub(crate) fn notice(t: Lang, now: Timestamp, open: Recovery) -> impl IntoView {
    let sentence =
        if open.due_at <= now { t.recovery_open_now().to_owned() } else { t.recovery_open_until(HERE) };
    view! {
        <section class="notice bad" aria-labelledby="open-recovery">
            <Icon name="alert"/>
            <div>
                <h2 id="open-recovery">{t.recovery_open_heading()}</h2>
                <p>{around(&sentence, moment(t, open.due_at))} " " {t.recovery_open_body()}</p>
                <form method="post" action=CancelOwnRecovery::PATH class="acts">
                    <button class="button danger solid">{t.recovery_cancel_submit()}</button>
                </form>
            </div>
        </section>
    }
}

/// Renders an exact time.
fn moment(t: Lang, at: Timestamp) -> impl IntoView {
    let (machine, exact) = messages::exactly(t, at);
    view! { <time datetime=machine>{exact}</time> }
}
