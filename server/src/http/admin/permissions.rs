//! The catalog of permissions.

use authtuna::auth::Auth;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::Code;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::PANEL;
use super::dto::PermissionLine;
use crate::http::endpoint::Endpoint;
use crate::http::extract::{Body, Params, PathParams, page, rows, text};
use crate::http::operation::{ApiResponse, Contract};
use crate::http::response::{Items, Message, items, message};

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    vec![
        Endpoint::get("/admin/permissions", PANEL, list, "List the permissions")
            .about("Requires `permissions:read` or `permissions:manage`. Grouped by resource.")
            .refuses(&[BadCursor]),
        Endpoint::post("/admin/permissions", PANEL, create, "Create a permission")
            .about(
                "Requires `permissions:manage`. 201 if the permission was created. If it existed, 200 with \
                 the existing permission, unchanged.",
            )
            .refuses(&[BadPermissionName, ReservedName, TooLong, BadCharacters]),
        Endpoint::patch("/admin/permissions/{name}", PANEL, describe, "Change a permission's description")
            .about("Requires `permissions:manage`. The name never changes, because code refers to it.")
            .refuses(&[PermissionNotFound, TooLong, BadCharacters]),
        Endpoint::delete("/admin/permissions/{name}", PANEL, delete, "Delete a permission")
            .about(
                "Removes it from every role. Requires `permissions:manage`, and that the caller may change \
                 each role that carries it.",
            )
            .refuses(&[PermissionNotFound, BuiltIn, AboveYourLevel]),
    ]
}

/// Which permissions to return.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// What the permissions are about: the first part of their names.
    #[serde(default)]
    resource: String,
    /// A part of the name or the description.
    #[serde(default)]
    search: String,
    /// The `next` of the previous page.
    after: Option<String>,
    /// The number of rows: 50 by default, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

/// A permission to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreatePermissionRequest {
    /// The name: two or more parts of `[a-z0-9_-]` joined by `:`, the resource first.
    name: String,
    /// What the permission allows.
    #[serde(default, deserialize_with = "text")]
    description: String,
}

/// A new description.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    /// What the permission allows.
    description: String,
}

/// A permission that was created, or that already existed.
pub(super) struct MadeOrFound {
    line: PermissionLine,
    made: bool,
}

impl IntoResponse for MadeOrFound {
    fn into_response(self) -> Response {
        let status = if self.made { StatusCode::CREATED } else { StatusCode::OK };
        (status, Json(self.line)).into_response()
    }
}

impl ApiResponse for MadeOrFound {
    fn note(contract: &mut Contract) {
        contract.succeed::<PermissionLine>(StatusCode::CREATED);
        contract.also = Some(StatusCode::OK);
    }
}

async fn list(
    State(auth): State<Auth>,
    context: AuthContext,
    Params(wanted): Params<Search>,
) -> Result<Items<PermissionLine>, ApiError> {
    let page = page(wanted.after, wanted.limit);
    let found = auth.permissions.list(context.actor(), &wanted.resource, &wanted.search, &page).await?;
    Ok(items(found, PermissionLine::from))
}

async fn create(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(new): Body<CreatePermissionRequest>,
) -> Result<MadeOrFound, ApiError> {
    let (permission, made) =
        auth.permissions.get_or_create(context.actor(), &new.name, &new.description).await?;
    Ok(MadeOrFound { line: permission.into(), made })
}

async fn describe(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(name): PathParams<String>,
    Body(new): Body<Description>,
) -> Result<Json<PermissionLine>, ApiError> {
    Ok(Json(auth.permissions.update(context.actor(), &name, &new.description).await?.into()))
}

async fn delete(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(name): PathParams<String>,
) -> Result<Json<Message>, ApiError> {
    auth.permissions.delete(context.actor(), &name).await?;
    Ok(message("Permission deleted."))
}
