//! The part of a page that calls the core.

use authtuna::auth::Auth;
use authtuna::axum::AuthContext;
use authtuna::foundation::error::Error;
use http::header::RETRY_AFTER;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::pages::status::Status;
use crate::viewer::{self, log};

/// Runs `work` with the core and the [`AuthContext`], and renders its result. If it fails, the page
/// shows the reason, with the matching status. `work` must read the Leptos context before its first
/// `await`.
pub(crate) fn load<W, F, V>(work: W) -> impl IntoView
where
    W: FnOnce(Auth, AuthContext) -> F,
    F: Future<Output = Result<V, Error>> + Send + 'static,
    V: IntoView + Send + 'static,
{
    let response = use_context::<ResponseOptions>();
    let begun = viewer::auth().and_then(|auth| Ok((auth, viewer::context()?)));
    let actor = begun.as_ref().ok().map(|(_, context)| context.actor().clone());
    let running = begun.map(|(auth, context)| work(auth, context));
    view! {
        <Suspense>
            {Suspend::new(async move {
                let made = match running {
                    Ok(running) => running.await,
                    Err(error) => Err(error),
                };
                match made {
                    Ok(view) => Either::Left(view),
                    Err(error) => {
                        log(&error, actor.as_ref());
                        if let (Some(response), Some(wait)) = (&response, error.retry_after_seconds()) {
                            response.insert_header(RETRY_AFTER, wait.into());
                        }
                        Either::Right(view! { <Status code=error.code()/> })
                    }
                }
            })}
        </Suspense>
    }
}
