//! Small things: icons, marks, tiles, badges, dialogs.

use leptos::either::Either;
use leptos::prelude::*;

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing.
    Plain,
    /// Look here.
    Accent,
    /// All is well.
    Ok,
    /// Something needs a look.
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

/// A picture of the sprite `public/icons.svg`. It says nothing to those who can't see it: a word stands beside it.
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

/// A picture in a box, at the head of a line.
#[component]
pub(crate) fn Tile(icon: &'static str, tone: Tone) -> impl IntoView {
    view! {
        <span class=format!("tile{}", tone.class())>
            <Icon name=icon/>
        </span>
    }
}

/// A word that marks what stands before it.
#[component]
pub(crate) fn Badge(tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=format!("badge{}", tone.class())>{(tone == Tone::Ok).then(|| view! { <Icon name="check"/> })} {text}</span> }
}

/// A list with nothing in it: what would be here, and how it gets here.
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

/// Asks once before an act that can't be undone. The browser's own popover: it needs no script, takes the focus, and
/// goes away by Esc. The act itself is the form inside.
#[component]
pub(crate) fn Confirm(
    /// The dialog's id, which the button that opens it names as `popovertarget`.
    id: String,
    #[prop(into)] title: String,
    body: String,
    /// What posting does.
    action: &'static str,
    /// The act, on its button.
    submit: &'static str,
    cancel: &'static str,
    /// A hidden field of the form.
    #[prop(optional)]
    field: Option<(&'static str, String)>,
    /// Whether the act takes nothing away that anybody would miss.
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

/// What came of the last act, above a page.
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
