//! Generates the OpenAPI document from the endpoints themselves, so that it contains exactly those
//! that are served.

use std::collections::BTreeMap;

use authtuna::foundation::config::Settings;
use authtuna::model::code::Code;
use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, HeaderBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Ref, RefOr,
    Required, Response, ResponseBuilder,
};

use super::endpoint::Endpoint;
use super::operation::{ApiResponse, Contract};
use crate::cli_error::CliError;
use crate::state::AppState;
use authtuna::authz::guard::Guard;

const JSON: &str = "application/json";
const SESSION: &str = "session";
const REFUSAL: &str = "Refusal";

/// The areas of the API: the beginning of their paths, their name and their description.
const AREAS: &[(&str, &str, &str)] = &[
    ("/auth/", "Account", "Signing up, signing in, signing out, and the user's own account."),
    ("/ui/", "Account", ""),
    ("/admin/users/roles/", "Grants", "Which roles users have, and in which scopes."),
    ("/admin/assignable", "Grants", ""),
    ("/admin/users", "People", "Users and their accounts."),
    ("/admin/roles", "Roles", "What roles carry, their levels, and what their holders may assign and grant."),
    ("/admin/permissions", "Permissions", "The catalog of permissions."),
    ("/admin/access", "Access", "Why a user may do something, and who may do it."),
    ("/admin/audit", "Audit", "The audit log."),
    ("/", "Server", "The health of the server, and this document."),
];

/// Returns the route.
pub(super) fn route() -> Endpoint {
    Endpoint::get("/openapi.json", Guard::Public, serve, "Get this document")
}

async fn serve(State(state): State<AppState>) -> Document {
    Document(state)
}

/// The document as a response.
struct Document(AppState);

impl IntoResponse for Document {
    fn into_response(self) -> axum::response::Response {
        Json(&self.0.document).into_response()
    }
}

impl ApiResponse for Document {
    fn note(contract: &mut Contract) {
        let object = ObjectBuilder::new().schema_type(SchemaType::new(Type::Object));
        contract.success = Some((StatusCode::OK, Some(Schema::from(object).into())));
    }
}

/// Returns the document of the routes that `settings` enable, as the server responds with it.
///
/// # Errors
///
/// [`CliError::Document`] when the document cannot be serialized.
pub fn json(settings: &Settings) -> Result<Value, CliError> {
    serde_json::to_value(document(settings)).map_err(|problem| CliError::Document(problem.to_string()))
}

/// Returns the document of the routes that `settings` enable.
pub fn document(settings: &Settings) -> OpenApi {
    let endpoints = super::all(settings);
    let mut paths = PathsBuilder::new();
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    let mut responses: BTreeMap<String, Response> = BTreeMap::new();
    for endpoint in &endpoints {
        paths = paths.path(&endpoint.rule.path, path_item(endpoint));
        schemas.extend(endpoint.contract.schemas.iter().cloned());
        responses.extend(
            refusals(&endpoint.contract).into_values().map(|codes| (name_of(&codes), refused(&codes))),
        );
    }
    schemas.insert(REFUSAL.to_owned(), refusal().into());
    let cookie = ApiKeyValue::with_description(
        cookie_name(settings),
        "Set by sign-in. The server refuses requests from other sites that would change something."
            .to_owned(),
    );
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .responses_from_iter(responses)
        .security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let info = InfoBuilder::new()
        .title(settings.app.name.clone())
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT));
    let tags = AREAS.iter().filter(|(_, _, about)| !about.is_empty());
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components.build()))
        .tags(Some(
            tags.map(|(_, name, about)| TagBuilder::new().name(*name).description(Some(*about)).build()),
        ))
        .build()
}

const ABOUT: &str = "\
Refusals are `{\"detail\", \"code\", \"errors\"}`: `code` is stable, `detail` is for people, and `errors` \
name the fields. Times are whole seconds since the epoch. Lists are paged by cursors, never by counting \
rows: for the next page, pass `next` as `after`, or follow the Link header with `rel=\"next\"`; `skip` is \
refused. Routes under /admin refuse fields and parameters that they do not know; those under /auth and /ui \
ignore them. Any response can also be a 408 (the request did not end in time), 413 (too large) or 405 (the \
path has other methods).";

/// Returns the area of a path.
fn area(path: &str) -> &'static str {
    AREAS.iter().find(|(begin, _, _)| path.starts_with(begin)).map_or("", |(_, name, _)| name)
}

fn path_item(endpoint: &Endpoint) -> utoipa::openapi::PathItem {
    let method = match endpoint.rule.method {
        Method::POST => HttpMethod::Post,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    };
    utoipa::openapi::PathItem::new(method, operation(endpoint))
}

fn operation(endpoint: &Endpoint) -> Operation {
    let Endpoint { rule, summary, about, contract, .. } = endpoint;
    let words = rule.path.split(['/', '-', '{', '}', '.']).filter(|word| !word.is_empty());
    let id: Vec<&str> = words.collect();
    let needs = match rule.guard {
        Guard::Public => "Public.".to_owned(),
        Guard::SignedInOrEnrolling => {
            "Requires a session. Also works before the user has set up what their roles require.".to_owned()
        }
        Guard::SignedIn => "Requires a session.".to_owned(),
        Guard::Permission(permission) => format!("Requires the permission `{permission}` globally."),
    };
    let about = if about.is_empty() { needs } else { format!("{needs} {about}") };
    let mut operation = OperationBuilder::new()
        .operation_id(Some(format!("{}_{}", rule.method.as_str().to_lowercase(), id.join("_"))))
        .tag(area(&rule.path))
        .summary(Some(*summary))
        .description(Some(about))
        .parameters(Some(place(&rule.path, contract)))
        .parameters(Some(contract.query.clone()));
    if let Some((schema, required)) = &contract.body {
        let body = RequestBodyBuilder::new()
            .content(JSON, ContentBuilder::new().schema(Some(schema.clone())).build())
            .required(Some(if *required { Required::True } else { Required::False }));
        operation = operation.request_body(Some(body.build()));
    }
    if rule.guard != Guard::Public {
        operation = operation.security(SecurityRequirement::new::<_, [&str; 0], &str>(SESSION, []));
    }
    if let Some((status, schema)) = &contract.success {
        for status in [Some(*status), contract.also].into_iter().flatten() {
            operation =
                operation.response(status.as_str(), success(status, schema.as_ref(), contract.linked));
        }
    }
    for (status, codes) in refusals(contract) {
        operation = operation.response(status.to_string(), Ref::from_response_name(name_of(&codes)));
    }
    operation.build()
}

/// Returns the parameters of the path, with the names from its pattern and the schemas from the
/// handler.
fn place(path: &str, contract: &Contract) -> Vec<utoipa::openapi::path::Parameter> {
    let names = path.split(['{', '}']).skip(1).step_by(2);
    names
        .zip(&contract.place)
        .map(|(name, schema)| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(schema.clone()))
                .build()
        })
        .collect()
}

/// Returns the codes that a route may refuse with, by status.
fn refusals(contract: &Contract) -> BTreeMap<u16, Vec<Code>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL.iter().filter(|code| contract.refusals.contains(code.as_str())) {
        by_status.entry(code.http_status()).or_default().push(*code);
    }
    by_status
}

/// Returns the name of the response for these codes, which many routes share.
fn name_of(codes: &[Code]) -> String {
    codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join("-")
}

fn success(status: StatusCode, schema: Option<&RefOr<Schema>>, linked: bool) -> Response {
    let mut response = ResponseBuilder::new().description(match status {
        StatusCode::CREATED => "Created",
        StatusCode::SEE_OTHER => "Redirected",
        _ => "Done",
    });
    if let Some(schema) = schema {
        response = response.content(JSON, ContentBuilder::new().schema(Some(schema.clone())).build());
    }
    if linked {
        response = response
            .header("Link", text_header("Links to the next page with rel=\"next\"; absent at the end."));
    }
    if status == StatusCode::SEE_OTHER {
        response = response.header("Location", text_header("The address to continue at."));
    }
    response.build()
}

fn text_header(about: &str) -> Header {
    let text: Schema = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).into();
    HeaderBuilder::new().schema(Some(text)).description(Some(about)).build()
}

/// Returns the response for a refusal with one of these codes.
fn refused(codes: &[Code]) -> Response {
    let names: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let code = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .enum_values(Some(codes.iter().map(|code| code.as_str())));
    let these = ObjectBuilder::new().schema_type(SchemaType::new(Type::Object)).property("code", code);
    let schema: Schema = AllOfBuilder::new().item(Ref::from_schema_name(REFUSAL)).item(these).build().into();
    ResponseBuilder::new()
        .description(names.join(", "))
        .content(JSON, ContentBuilder::new().schema(Some(schema)).build())
        .build()
}

/// Returns the schema of every refusal.
fn refusal() -> Schema {
    let text = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let code = |about: &str| {
        text().enum_values(Some(Code::ALL.iter().map(|code| code.as_str()))).description(Some(about))
    };
    let object = || ObjectBuilder::new().schema_type(SchemaType::new(Type::Object));
    let problem = object()
        .property("field", text().description(Some("The field.")))
        .required("field")
        .property("code", code("The problem with it."))
        .required("code")
        .property("detail", text().description(Some("The problem in words.")))
        .required("detail");
    object()
        .description(Some("Why the server refused the request."))
        .property("detail", text().description(Some("The code in words.")))
        .required("detail")
        .property("code", code("The stable name of the problem."))
        .required("code")
        .property(
            "errors",
            ArrayBuilder::new().items(problem).description(Some("The fields that have problems.")),
        )
        .into()
}

/// Returns the name of the session cookie.
fn cookie_name(settings: &Settings) -> String {
    let sessions = &settings.sessions;
    let prefix = if sessions.secure && sessions.cookie_domain.is_none() { "__Host-" } else { "" };
    format!("{prefix}{}", sessions.cookie_name)
}
