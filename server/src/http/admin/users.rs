//! People: finding, making and changing accounts.

use authtuna::accounts::users::{NewAccount, State as Wanted, UserChange, UserFilter};
use authtuna::auth::Auth;
use authtuna::authz::roles::Grant;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::id::UserId;
use authtuna::model::permission::{ROLES_MANAGE, ROLES_READ};
use authtuna::model::scope::Scope;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::assignments::{Assignable, assignable_by};
use super::dto::{GrantLine, PersonLine, seconds};
use super::{PANEL, found};
use crate::http::endpoint::Endpoint;
use crate::http::extract::{Body, Params, PathParams, page, parsed, rows, scope, text};
use crate::http::response::{Created, Here, Listed, Message, listed, message};

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let names: &[Code] = &[BadUsername, UsernameTaken, TooLong, BadCharacters, BadRequest];
    let one: &[Code] = &[UserNotFound, AboveYourLevel];
    vec![
        Endpoint::get("/admin/users/search", PANEL, search, "Find people")
            .about(
                "Needs `users:read` or `users:manage`; to filter by roles, `roles:read` or `roles:manage` as well. The \
                 newest first. A Link header leads on.",
            )
            .refuses(&[BadScope, BadCursor, Unknown]),
        Endpoint::get("/admin/users/{id}/details-data", PANEL, details, "Everything about a person")
            .about(
                "Needs `users:read` or `users:manage`. Of their roles those are listed that the one who asks may see. \
                 The audit log notes who looked.",
            )
            .refuses(&[UserNotFound]),
        Endpoint::post("/admin/users", PANEL, create, "Make an account")
            .about(
                "Needs `users:manage`. It has no password: its owner sets one. Nobody calls the address verified but \
                 its owner, by proving it.",
            )
            .refuses(names)
            .refuses(&[BadEmail, EmailTaken]),
        Endpoint::patch("/admin/users/{id}", PANEL, update, "Change an account")
            .about("Needs `users:manage`, and a level above theirs. What is not given stays.")
            .refuses(names)
            .refuses(one),
        Endpoint::delete("/admin/users/{id}", PANEL, delete, "Delete an account")
            .about(
                "Needs `users:manage`, and a level above theirs. Their sessions end at once. It can be restored for \
                 a while.",
            )
            .refuses(one),
        Endpoint::post("/admin/users/{id}/restore", PANEL, restore, "Restore a deleted account").refuses(one),
    ]
}

/// Which people are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// A part of the username or the e-mail address.
    #[serde(default)]
    identity: String,
    /// A role that they hold.
    #[serde(default)]
    role: String,
    /// The scope in which they hold a role: exactly this one.
    #[serde(default)]
    scope: String,
    /// `true` for those that may come in, `false` for those that are suspended.
    #[serde(default, deserialize_with = "parsed")]
    #[param(value_type = Option<bool>)]
    is_active: Option<bool>,
    /// `present` (all but deleted ones), `active`, `suspended` or `deleted`; in place of `is_active`.
    #[serde(default)]
    state: String,
    /// What the Link header of the page before says.
    after: Option<String>,
    /// Rows wanted: 50 when not given, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateAccountRequest {
    /// The username.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    username: String,
    /// The e-mail address.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    email: String,
    /// First name.
    #[serde(default, deserialize_with = "text")]
    first_name: String,
    /// Last name.
    #[serde(default, deserialize_with = "text")]
    last_name: String,
    /// Free data of the product built on this.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// What is to change about an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountChange {
    /// The username.
    username: Option<String>,
    /// First name; empty for none.
    first_name: Option<String>,
    /// Last name; empty for none.
    last_name: Option<String>,
    /// Free data of the product built on this; replaces what was there.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// Everything about a person.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonDetails {
    #[serde(flatten)]
    line: PersonLine,
    /// First name.
    first_name: Option<String>,
    /// Last name.
    last_name: Option<String>,
    /// Free data of the product built on this.
    #[schema(value_type = Object)]
    metadata: Value,
    /// Whether they have a password.
    has_password: bool,
    /// Whether it must be set anew before it counts.
    requires_password_reset: bool,
    /// Whether it is an account of the software.
    system: bool,
    /// Why they are suspended.
    suspended_reason: Option<String>,
    /// When the account was changed last.
    updated_at: i64,
    /// When they signed in last.
    last_login_at: Option<i64>,
    /// The roles that they were given, as far as the one who asks may see.
    roles: Vec<GrantLine>,
    /// Whether that is all of them. If not, there may be more.
    roles_complete: bool,
    /// The roles that the one who asks may give.
    can_assign: Vec<Assignable>,
}

async fn search(
    State(auth): State<Auth>,
    context: AuthContext,
    here: Here,
    Params(wanted): Params<Search>,
) -> Result<Listed<PersonLine>, ApiError> {
    let named = (!wanted.state.is_empty()).then(|| Wanted::parse(&wanted.state));
    let state = match (named, wanted.is_active) {
        (Some(Some(state)), None) => state,
        // Not known, or said twice.
        (Some(_), _) => return Err(Error::on(Field::State, Code::Unknown).into()),
        (None, Some(true)) => Wanted::Active,
        (None, Some(false)) => Wanted::Suspended,
        (None, None) => Wanted::Present,
    };
    let within = (!wanted.scope.is_empty()).then(|| scope(&wanted.scope, Scope::none())).transpose()?;
    let filter = UserFilter { text: wanted.identity, role: wanted.role, scope: within, state };
    let found = auth.users.search(context.actor(), &filter, &page(wanted.after, wanted.limit)).await?;
    Ok(listed(&here, found, |user| PersonLine::from(&user)))
}

async fn details(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<Json<PersonDetails>, ApiError> {
    let user = found(&auth, &context, id).await?;
    let (roles, roles_complete) = seen_roles(&auth, &context, id).await?;
    Ok(Json(PersonDetails {
        line: PersonLine::from(&user),
        first_name: user.first_name,
        last_name: user.last_name,
        metadata: user.metadata,
        has_password: user.has_password,
        requires_password_reset: user.requires_password_reset,
        system: user.is_system,
        suspended_reason: user.suspended_reason,
        updated_at: user.updated_at.seconds(),
        last_login_at: seconds(user.last_login_at),
        roles: roles.into_iter().map(GrantLine::from).collect(),
        roles_complete,
        can_assign: assignable_by(&auth, context.actor()).await?,
    }))
}

async fn create(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(account): Body<CreateAccountRequest>,
) -> Result<Created<PersonLine>, ApiError> {
    let new = NewAccount {
        username: account.username,
        email: account.email,
        first_name: account.first_name,
        last_name: account.last_name,
        metadata: account.metadata,
    };
    let made = auth.users.create(context.actor(), &new).await?;
    Ok(Created(PersonLine::from(&made)))
}

async fn update(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
    Body(change): Body<AccountChange>,
) -> Result<Json<PersonLine>, ApiError> {
    let AccountChange { username, first_name, last_name, metadata } = change;
    let change = UserChange { username, first_name, last_name, metadata };
    let changed = auth.admin.update_user(context.actor(), id, &change).await?;
    Ok(Json(PersonLine::from(&changed)))
}

async fn delete(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<Json<Message>, ApiError> {
    auth.admin.delete_user(context.actor(), id, "").await?;
    Ok(message("User deleted."))
}

async fn restore(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<Json<Message>, ApiError> {
    auth.admin.restore_user(context.actor(), id).await?;
    Ok(message("User restored."))
}

/// What of somebody's roles may be seen, and whether that is all of them.
async fn seen_roles(auth: &Auth, context: &AuthContext, id: UserId) -> Result<(Vec<Grant>, bool), ApiError> {
    let actor = context.actor();
    let sees_all = actor.user_id() == Some(id)
        || actor.require_any(&[ROLES_READ, ROLES_MANAGE], &Scope::global()).is_ok();
    match auth.roles.of_user(actor, id).await {
        Ok(grants) => Ok((grants, sees_all)),
        Err(error) if error.code() == Code::Forbidden => Ok((Vec::new(), false)),
        Err(error) => Err(error.into()),
    }
}
