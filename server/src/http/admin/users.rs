//! Finding, creating and changing users.

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

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let names: &[Code] = &[BadUsername, UsernameTaken, TooLong, BadCharacters, BadRequest];
    let one: &[Code] = &[UserNotFound, AboveYourLevel];
    vec![
        Endpoint::get("/admin/users/search", PANEL, search, "Search users")
            .about(
                "Requires `users:read` or `users:manage`; filtering by role also requires `roles:read` or \
                 `roles:manage`. Newest first. A Link header points to the next page.",
            )
            .refuses(&[BadScope, BadCursor, Unknown]),
        Endpoint::get("/admin/users/{id}/details-data", PANEL, details, "Get a user with their details")
            .about(
                "Requires `users:read` or `users:manage`. Includes the user's assignments that the caller \
                 may see. The audit log records who looked.",
            )
            .refuses(&[UserNotFound]),
        Endpoint::post("/admin/users", PANEL, create, "Create an account")
            .about(
                "Requires `users:manage`. The account has no password; its owner sets one. Only its owner \
                 can verify the address, by proving control of it.",
            )
            .refuses(names)
            .refuses(&[BadEmail, EmailTaken]),
        Endpoint::patch("/admin/users/{id}", PANEL, update, "Change an account")
            .about("Requires `users:manage` and a level above the user's. Omitted fields stay unchanged.")
            .refuses(names)
            .refuses(one),
        Endpoint::delete("/admin/users/{id}", PANEL, delete, "Delete an account")
            .about(
                "Requires `users:manage` and a level above the user's. Ends the user's sessions \
                 immediately. The account can be restored for a while.",
            )
            .refuses(one),
        Endpoint::post("/admin/users/{id}/restore", PANEL, restore, "Restore a deleted account").refuses(one),
    ]
}

/// Which users to return.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// A part of the username or the email address.
    #[serde(default)]
    identity: String,
    /// A role that the users hold.
    #[serde(default)]
    role: String,
    /// The exact scope in which the users hold a role.
    #[serde(default)]
    scope: String,
    /// `true` for users who may sign in, `false` for suspended users.
    #[serde(default, deserialize_with = "parsed")]
    #[param(value_type = Option<bool>)]
    is_active: Option<bool>,
    /// `present` (all but deleted users), `active`, `suspended` or `deleted`. Replaces `is_active`.
    #[serde(default)]
    state: String,
    /// The cursor in the Link header of the previous page.
    after: Option<String>,
    /// The number of rows: 50 by default, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

/// An account to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateAccountRequest {
    /// The username.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    username: String,
    /// The email address.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    email: String,
    /// The first name.
    #[serde(default, deserialize_with = "text")]
    first_name: String,
    /// The last name.
    #[serde(default, deserialize_with = "text")]
    last_name: String,
    /// Free-form data of the product built on AuthTuna.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// A change to an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountChange {
    /// The username.
    username: Option<String>,
    /// The first name; empty removes it.
    first_name: Option<String>,
    /// The last name; empty removes it.
    last_name: Option<String>,
    /// Free-form data of the product built on AuthTuna. Replaces the existing data.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// A user with their details.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonDetails {
    #[serde(flatten)]
    line: PersonLine,
    /// The first name.
    first_name: Option<String>,
    /// The last name.
    last_name: Option<String>,
    /// Free-form data of the product built on AuthTuna.
    #[schema(value_type = Object)]
    metadata: Value,
    /// Whether the user has a password.
    has_password: bool,
    /// Whether the user must reset the password before it works again.
    requires_password_reset: bool,
    /// Whether the account belongs to the software.
    system: bool,
    /// Why the user is suspended.
    suspended_reason: Option<String>,
    /// When the account was last changed.
    updated_at: i64,
    /// When the user last signed in.
    last_login_at: Option<i64>,
    /// The user's assignments, as far as the caller may see them.
    roles: Vec<GrantLine>,
    /// Whether `roles` contains all assignments. If not, there may be more.
    roles_complete: bool,
    /// The roles that the caller may assign.
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
        // The state is unknown, or given twice.
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

/// Returns the assignments of a user that the caller may see, and whether they are all of them.
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
