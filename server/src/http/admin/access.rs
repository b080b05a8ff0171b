//! The access explorer: why somebody may do something, who may, what a person may do, and what a change would do.

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

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    vec![
        Endpoint::get("/admin/access/explain", SignedIn, explain, "Why somebody may do something, or may not")
            .about(
                "One's own access is open to everybody. Of others one sees the grants in scopes where one holds \
                 `roles:read` or `roles:manage`; `complete` says whether there may be more.",
            )
            .refuses(&[Forbidden, UserNotFound, PermissionNotFound, BadScope]),
        Endpoint::get("/admin/access/who-can", SignedIn, who_can, "Who may do something")
            .about(
                "Each with every reason. Needs `roles:read` or `roles:manage` in the scope; who holds it only there \
                 does not see whose grants come from above.",
            )
            .refuses(&[Forbidden, PermissionNotFound, BadScope, BadCursor]),
        Endpoint::get("/admin/access/users/{id}", SignedIn, what_can, "What somebody may do")
            .about("The roles that they hold, as far as the one who asks may see. One's own are open.")
            .refuses(&[Forbidden, UserNotFound]),
        Endpoint::post("/admin/roles/{name}/what-if", PANEL, what_if, "What a change of a role would do")
            .about("Nothing is changed. Needs what the change itself needs, and is refused as it would be.")
            .refuses(&[TooLong, BadCharacters])
            .refuses(EDIT),
    ]
}

/// Who, what and where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// Who.
    #[param(format = "uuid")]
    user_id: String,
    /// What.
    permission: String,
    /// Where; everywhere when not given.
    #[serde(default)]
    scope: String,
}

/// What and where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct WhoCan {
    /// What.
    permission: String,
    /// Where; everywhere when not given.
    #[serde(default)]
    scope: String,
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows wanted: 50 when not given, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

/// A grant by which somebody holds a permission.
#[derive(Serialize, ToSchema)]
pub(super) struct Reason {
    /// The grant.
    grant: GrantLine,
    /// Whether its role carries the permission because it holds every permission.
    by_rule: bool,
}

/// Whether somebody may do something somewhere, and why.
#[derive(Serialize, ToSchema)]
pub(super) struct Explained {
    /// Whether they may, as far as the one who asks may see.
    allowed: bool,
    /// Whether they may come in at all.
    may_enter: bool,
    /// Every grant that allows it.
    chains: Vec<Reason>,
    /// Grants that carry the permission, but in scopes that do not cover this one.
    elsewhere: Vec<Reason>,
    /// Grants that would allow it, had they not run out.
    expired: Vec<Reason>,
    /// The roles that carry the permission. Only for who sees all roles.
    carried_by: Vec<String>,
    /// Whether the one who asks sees all grants.
    complete: bool,
}

/// Somebody who may do something, with every reason.
#[derive(Serialize, ToSchema)]
pub(super) struct HolderLine {
    /// Who.
    #[schema(value_type = String, format = "uuid")]
    user_id: UserId,
    /// Their username.
    username: String,
    /// Every grant that allows it.
    chains: Vec<Reason>,
}

/// A role that somebody holds, with everything that it carries.
#[derive(Serialize, ToSchema)]
pub(super) struct HeldLine {
    /// The role.
    role_name: String,
    /// Its rank.
    level: Option<i64>,
    /// Where it counts.
    scope: String,
    /// Who gave it; null for the program itself.
    #[schema(value_type = Option<String>, format = "uuid")]
    given_by: Option<UserId>,
    /// When.
    given_at: i64,
    /// Until when it counts.
    expires_at: Option<i64>,
    /// Whether it holds every permission there is.
    all_permissions: bool,
    /// The permissions that it carries.
    permissions: Vec<String>,
    /// The keys (names in lower case) of the roles that its holders may give and take.
    can_assign: Vec<String>,
    /// The permissions that its holders may add to roles without holding them.
    can_grant: Vec<String>,
}

/// What a change of a role would do to those who hold it.
#[derive(Serialize, ToSchema)]
pub(super) struct ImpactPreview {
    /// The role.
    role_name: String,
    /// How many people hold it at this moment.
    holders: i64,
    /// Its level until now.
    level_before: Option<i64>,
    /// Its level after the change.
    level_after: Option<i64>,
    /// Permissions that people would gain.
    gains: Vec<ImpactLine>,
    /// Permissions that people would lose.
    loses: Vec<ImpactLine>,
    /// Roles that holders could give from then on.
    may_assign: Vec<String>,
    /// Roles that they could not give any more by this role.
    may_not_assign: Vec<String>,
    /// Permissions that holders could add to roles from then on.
    may_grant: Vec<String>,
    /// Permissions that they could not add any more by this role.
    may_not_grant: Vec<String>,
}

/// Who would gain or lose a permission: those whose other grants do not give it to them there.
#[derive(Serialize, ToSchema)]
pub(super) struct ImpactLine {
    /// The permission.
    permission: String,
    /// How many people.
    people: i64,
    /// The first hundred.
    named: Vec<AffectedLine>,
}

/// Somebody who would gain or lose something, and where.
#[derive(Serialize, ToSchema)]
pub(super) struct AffectedLine {
    /// Who.
    #[schema(value_type = String, format = "uuid")]
    user_id: UserId,
    /// Their username.
    username: String,
    /// Where.
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
