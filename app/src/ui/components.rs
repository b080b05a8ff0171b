//! Small components: icons, marks, tiles, badges, dialogs, notices.

use leptos::either::Either;
use leptos::prelude::*;

/// What a color means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing.
    Plain,
    /// Draws attention.
    Accent,
    /// Everything is fine.
    Ok,
    /// Needs attention.
    Warn,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Accent => " accent",
            Self::Ok => " ok",
            Self::Warn => " warn",
        }
    }
}

/// An icon from the sprite `public/icons.svg`. Screen readers skip it, so text has to accompany it.
#[component]
pub(crate) fn Icon(name: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true">
            <use href=format!("{}#{name}", env!("ICONS"))></use>
        </svg>
    }
}

/// The product's mark.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 40 40" aria-hidden="true">
            <rect class="ground" width="40" height="40" rx="11"></rect>
            <path
                class="fish"
                d="M7 20c4-6.5 9.5-9 15-7.5 2.5.7 4.6 2.2 6.3 4.2L34 12.5v15l-5.7-4.2c-1.7 2-3.8 3.5-6.3 4.2C16.5 29 11 26.5 7 20z"
            ></path>
            <circle class="ground" cx="16" cy="18.4" r="2.2"></circle>
            <path class="ground" d="M15 19.5h2l.8 4.4h-3.6z"></path>
        </svg>
    }
}

/// An icon in a box, at the start of a row.
#[component]
pub(crate) fn Tile(icon: &'static str, tone: Tone) -> impl IntoView {
    view! {
        <span class=format!("tile{}", tone.class())>
            <Icon name=icon/>
        </span>
    }
}

/// A label for what comes before it.
#[component]
pub(crate) fn Badge(tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=format!("badge{}", tone.class())>{(tone == Tone::Ok).then(|| view! { <Icon name="check"/> })} {text}</span> }
}

/// An empty list: what would be here, and how it gets here.
#[component]
pub(crate) fn Empty(icon: &'static str, title: &'static str, #[prop(into)] body: String) -> impl IntoView {
    view! {
        <div class="empty">
            <Tile icon tone=Tone::Plain/>
            <h2>{title}</h2>
            <p>{body}</p>
        </div>
    }
}

/// Asks for confirmation before an action that cannot be undone. It uses the browser's own popover,
/// which needs no script, takes the focus, and closes with Esc. The form inside performs the
/// action.
#[component]
pub(crate) fn Confirm(
    /// The dialog's id, which the button that opens it names in `popovertarget`.
    id: String,
    #[prop(into)] title: String,
    body: String,
    /// The path that the form posts to.
    action: &'static str,
    /// The label of the button that performs the action.
    submit: &'static str,
    cancel: &'static str,
    /// A hidden field of the form.
    #[prop(optional)]
    field: Option<(&'static str, String)>,
    /// Whether the action removes nothing that the user would miss.
    #[prop(optional)]
    calm: bool,
) -> impl IntoView {
    let class = if calm { "button primary" } else { "button danger solid" };
    let title_id = format!("{id}-title");
    let body_id = format!("{id}-body");
    view! {
        <div popover id=id role="dialog" class="dialog" aria-labelledby=title_id aria-describedby=body_id>
            <h2 id=title_id.clone()>{title}</h2>
            <p id=body_id.clone()>{body}</p>
            <form method="post" action=action>
                {field.map(|(name, value)| view! { <input type="hidden" name=name value=value/> })}
                <button type="button" class="button" popovertarget=id.clone() popovertargetaction="hide" autofocus=true>
                    {cancel}
                </button>
                <button class=class>{submit}</button>
            </form>
        </div>
    }
}

/// The outcome of the last action, above a page.
#[component]
pub(crate) fn Notice(good: bool, text: String) -> impl IntoView {
    if good {
        Either::Left(view! {
            <div class="notice ok" role="status">
                <Icon name="check"/>
                <p>{text}</p>
            </div>
        })
    } else {
        Either::Right(view! {
            <div class="notice bad" role="alert">
                <Icon name="alert"/>
                <p>{text}</p>
            </div>
        })
    }
}
