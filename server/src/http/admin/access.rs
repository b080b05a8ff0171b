//! The access explorer: why a user may do something, who may do it, what a user may do, and what a
//! change would do.

use authtuna::auth::Auth;
use authtuna::authz::access::Held;
use authtuna::authz::explorer::{Affected, Chain, Explanation, Impact, PermissionImpact};
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::Code;
use authtuna::model::id::UserId;
use authtuna::model::scope::Scope;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PANEL;
use super::dto::{GrantLine, seconds};
use super::roles::{EDIT, UpdateRoleRequest};
use crate::http::endpoint::Endpoint;
use crate::http::extract::{Body, Params, PathParams, page, person, rows, scope};
use crate::http::response::{Items, List, items};
use authtuna::authz::guard::Guard::SignedIn;

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    vec![
        Endpoint::get("/admin/access/explain", SignedIn, explain, "Explain why a user has access or why not")
            .about(
                "Everyone may ask about their own access. Of other users, the caller sees the assignments \
                 in scopes where the caller holds `roles:read` or `roles:manage`; `complete` says whether \
                 there may be more.",
            )
            .refuses(&[Forbidden, UserNotFound, PermissionNotFound, BadScope]),
        Endpoint::get("/admin/access/who-can", SignedIn, who_can, "List the users who may do something")
            .about(
                "Lists each user with every reason. Requires `roles:read` or `roles:manage` in the scope. A \
                 caller who holds it only there does not see users whose assignments come from above.",
            )
            .refuses(&[Forbidden, PermissionNotFound, BadScope, BadCursor]),
        Endpoint::get("/admin/access/users/{id}", SignedIn, what_can, "List what a user may do")
            .about(
                "Lists the roles that the user holds, as far as the caller may see. Everyone may see their \
                 own.",
            )
            .refuses(&[Forbidden, UserNotFound]),
        Endpoint::post("/admin/roles/{name}/what-if", PANEL, what_if, "Preview a change to a role")
            .about(
                "Changes nothing. Requires what the change itself requires, and is refused when the change \
                 would be.",
            )
            .refuses(&[TooLong, BadCharacters])
            .refuses(EDIT),
    ]
}

/// A user, a permission and a scope.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// The user.
    #[param(format = "uuid")]
    user_id: String,
    /// The permission.
    permission: String,
    /// The scope; global by default.
    #[serde(default)]
    scope: String,
}

/// A permission and a scope.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct WhoCan {
    /// The permission.
    permission: String,
    /// The scope; global by default.
    #[serde(default)]
    scope: String,
    /// The `next` of the previous page.
    after: Option<String>,
    /// The number of rows: 50 by default, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

/// An assignment by which a user holds a permission.
#[derive(Serialize, ToSchema)]
pub(super) struct Reason {
    /// The assignment.
    grant: GrantLine,
    /// Whether the role carries the permission because it holds every permission.
    by_rule: bool,
}

/// Whether and why a user may do something in a scope.
#[derive(Serialize, ToSchema)]
pub(super) struct Explained {
    /// Whether the user may, as far as the caller may see.
    allowed: bool,
    /// Whether the account is active, that is, neither suspended nor deleted.
    may_enter: bool,
    /// Every assignment that allows it.
    chains: Vec<Reason>,
    /// Assignments that carry the permission, but in scopes that do not cover this one.
    elsewhere: Vec<Reason>,
    /// Assignments that would allow it if they had not expired.
    expired: Vec<Reason>,
    /// The roles that carry the permission. Empty unless the caller may see all roles.
    carried_by: Vec<String>,
    /// Whether the caller may see all assignments.
    complete: bool,
}

/// A user who may do something, with every reason.
#[derive(Serialize, ToSchema)]
pub(super) struct HolderLine {
    /// The user.
    #[schema(value_type = String, format = "uuid")]
    user_id: UserId,
    /// The username.
    username: String,
    /// Every assignment that allows it.
    chains: Vec<Reason>,
}

/// A role that a user holds, with everything that it carries.
#[derive(Serialize, ToSchema)]
pub(super) struct HeldLine {
    /// The role.
    role_name: String,
    /// The role's level.
    level: Option<i64>,
    /// The scope of the assignment.
    scope: String,
    /// The user who assigned it; null if the program itself did.
    #[schema(value_type = Option<String>, format = "uuid")]
    given_by: Option<UserId>,
    /// When it was assigned.
    given_at: i64,
    /// When the assignment expires.
    expires_at: Option<i64>,
    /// Whether the role holds every permission.
    all_permissions: bool,
    /// The permissions that the role carries.
    permissions: Vec<String>,
    /// The keys (names in lower case) of the roles that its holders may assign and remove.
    can_assign: Vec<String>,
    /// The permissions that its holders may add to roles without holding them.
    can_grant: Vec<String>,
}

/// What a change to a role would do to its holders.
#[derive(Serialize, ToSchema)]
pub(super) struct ImpactPreview {
    /// The role.
    role_name: String,
    /// How many users hold the role now.
    holders: i64,
    /// The role's current level.
    level_before: Option<i64>,
    /// The role's level after the change.
    level_after: Option<i64>,
    /// Permissions that users would gain.
    gains: Vec<ImpactLine>,
    /// Permissions that users would lose.
    loses: Vec<ImpactLine>,
    /// Roles that holders could assign after the change.
    may_assign: Vec<String>,
    /// Roles that holders could no longer assign by this role.
    may_not_assign: Vec<String>,
    /// Permissions that holders could add to roles after the change.
    may_grant: Vec<String>,
    /// Permissions that holders could no longer add to roles by this role.
    may_not_grant: Vec<String>,
}

/// The users who would gain or lose a permission. Does not include users who hold it in the same
/// scope by other assignments.
#[derive(Serialize, ToSchema)]
pub(super) struct ImpactLine {
    /// The permission.
    permission: String,
    /// The number of users.
    people: i64,
    /// The first hundred of them.
    named: Vec<AffectedLine>,
}

/// A user who would gain or lose something, and the scope.
#[derive(Serialize, ToSchema)]
pub(super) struct AffectedLine {
    /// The user.
    #[schema(value_type = String, format = "uuid")]
    user_id: UserId,
    /// The username.
    username: String,
    /// The scope.
    scope: String,
}

async fn explain(
    State(auth): State<Auth>,
    context: AuthContext,
    Params(question): Params<Question>,
) -> Result<Json<Explained>, ApiError> {
    let (user, place) = (person(&question.user_id)?, scope(&question.scope, Scope::global())?);
    let why = auth.explorer.explain(context.actor(), user, &question.permission, &place).await?;
    Ok(Json(explained(why)))
}

async fn who_can(
    State(auth): State<Auth>,
    context: AuthContext,
    Params(question): Params<WhoCan>,
) -> Result<Items<HolderLine>, ApiError> {
    let place = scope(&question.scope, Scope::global())?;
    let page = page(question.after, question.limit);
    let found = auth.explorer.who_can(context.actor(), &question.permission, &place, &page).await?;
    Ok(items(found, |holder| HolderLine {
        user_id: holder.user,
        username: holder.username,
        chains: reasons(holder.chains),
    }))
}

async fn what_can(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<List<HeldLine>, ApiError> {
    let held = auth.explorer.what_can(context.actor(), id).await?;
    Ok(List(held.into_iter().map(held_line).collect()))
}

async fn what_if(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(name): PathParams<String>,
    Body(change): Body<UpdateRoleRequest>,
) -> Result<Json<ImpactPreview>, ApiError> {
    let impact: Impact = auth.explorer.what_if(context.actor(), &name, &change.into()).await?;
    let lines = |impacts: Vec<PermissionImpact>| impacts.into_iter().map(impact_line).collect();
    Ok(Json(ImpactPreview {
        role_name: impact.role,
        holders: impact.holders,
        level_before: impact.level.0,
        level_after: impact.level.1,
        gains: lines(impact.gains),
        loses: lines(impact.loses),
        may_assign: impact.may_assign,
        may_not_assign: impact.may_not_assign,
        may_grant: impact.may_grant,
        may_not_grant: impact.may_not_grant,
    }))
}

fn explained(why: Explanation) -> Explained {
    Explained {
        allowed: why.allowed,
        may_enter: why.may_enter,
        chains: reasons(why.chains),
        elsewhere: reasons(why.elsewhere),
        expired: reasons(why.expired),
        carried_by: why.carried_by,
        complete: why.complete,
    }
}

fn reasons(chains: Vec<Chain>) -> Vec<Reason> {
    chains.into_iter().map(|chain| Reason { grant: chain.grant.into(), by_rule: chain.by_rule }).collect()
}

fn held_line(held: Held) -> HeldLine {
    HeldLine {
        role_name: held.role,
        level: held.level,
        scope: held.scope.into(),
        given_by: held.given_by,
        given_at: held.given_at.seconds(),
        expires_at: seconds(held.expires_at),
        all_permissions: held.all_permissions,
        permissions: held.permissions,
        can_assign: held.can_assign,
        can_grant: held.can_grant,
    }
}

fn impact_line(impact: PermissionImpact) -> ImpactLine {
    let line =
        |one: Affected| AffectedLine { user_id: one.user, username: one.username, scope: one.scope.into() };
    ImpactLine {
        permission: impact.permission,
        people: impact.people,
        named: impact.named.into_iter().map(line).collect(),
    }
}
