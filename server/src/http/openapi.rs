//! The OpenAPI document, made from the routes themselves: what has no row there is not served, and what is served is
//! here.

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

/// The areas of the API: what a path begins with, and what is there.
const AREAS: &[(&str, &str, &str)] = &[
    ("/auth/", "Account", "Coming in, going out, and one's own account."),
    ("/ui/", "Account", ""),
    ("/admin/users/roles/", "Grants", "Who is given which role, and where."),
    ("/admin/assignable", "Grants", ""),
    ("/admin/users", "People", "People and their accounts."),
    ("/admin/roles", "Roles", "What roles carry, their ranks, and what they may give on."),
    ("/admin/permissions", "Permissions", "The catalogue of what can be allowed."),
    ("/admin/access", "Access", "Why somebody may do something, and who may."),
    ("/admin/audit", "Audit", "What happened."),
    ("/", "Server", "How the server is, and this document."),
];

/// The route.
pub(super) fn route() -> Endpoint {
    Endpoint::get("/openapi.json", Guard::Public, serve, "This document")
}

async fn serve(State(state): State<AppState>) -> Document {
    Document(state)
}

/// The document, as it is answered.
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

/// The document of the routes that `settings` switch on, as it is served.
pub fn json(settings: &Settings) -> Result<Value, CliError> {
    serde_json::to_value(document(settings)).map_err(|problem| CliError::Document(problem.to_string()))
}

/// The document of the routes that `settings` switch on.
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
        "Set by signing in. Requests that change something are refused when they come from another site."
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
Refusals are `{\"detail\", \"code\", \"errors\"}`: the code is stable, the detail is for people, and errors name the \
fields. Times are whole seconds since the epoch. Lists go on by cursors, never by counting rows: give what `next`, or the \
Link header with `rel=\"next\"`, says as `after`; `skip` is refused. Routes under /admin refuse fields and parameters \
that they do not know; those under /auth and /ui do not look at them. Any answer can also be 408 (the request did not end \
in time), 413 (too large) or 405 (the path has other methods).";

/// The area of a path.
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
        Guard::Public => "Open to everybody.".to_owned(),
        Guard::SignedInOrEnrolling => {
            "For whoever is signed in, also before they have set up what a role of theirs asks for."
                .to_owned()
        }
        Guard::SignedIn => "For whoever is signed in.".to_owned(),
        Guard::Permission(permission) => format!("Needs the permission `{permission}` everywhere."),
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

/// The parameters of the path: their names from its pattern, their schemas from the handler.
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

/// What a route refuses, by status.
fn refusals(contract: &Contract) -> BTreeMap<u16, Vec<Code>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL.iter().filter(|code| contract.refusals.contains(code.as_str())) {
        by_status.entry(code.http_status()).or_default().push(*code);
    }
    by_status
}

/// The name of a refusal by one of these codes, which many routes share.
fn name_of(codes: &[Code]) -> String {
    codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join("-")
}

fn success(status: StatusCode, schema: Option<&RefOr<Schema>>, linked: bool) -> Response {
    let mut response = ResponseBuilder::new().description(match status {
        StatusCode::CREATED => "Made",
        StatusCode::SEE_OTHER => "Sent on",
        _ => "Done",
    });
    if let Some(schema) = schema {
        response = response.content(JSON, ContentBuilder::new().schema(Some(schema.clone())).build());
    }
    if linked {
        response = response
            .header("Link", text_header("Leads to the next page, by rel=\"next\"; not there at the end."));
    }
    if status == StatusCode::SEE_OTHER {
        response = response.header("Location", text_header("Where to."));
    }
    response.build()
}

fn text_header(about: &str) -> Header {
    let text: Schema = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).into();
    HeaderBuilder::new().schema(Some(text)).description(Some(about)).build()
}

/// A refusal by one of these codes.
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

/// The schema of every refusal.
fn refusal() -> Schema {
    let text = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let code = |about: &str| {
        text().enum_values(Some(Code::ALL.iter().map(|code| code.as_str()))).description(Some(about))
    };
    let object = || ObjectBuilder::new().schema_type(SchemaType::new(Type::Object));
    let problem = object()
        .property("field", text().description(Some("The field.")))
        .required("field")
        .property("code", code("What is wrong with it."))
        .required("code")
        .property("detail", text().description(Some("The same in words.")))
        .required("detail");
    object()
        .description(Some("Why not."))
        .property("detail", text().description(Some("The code in words.")))
        .required("detail")
        .property("code", code("The stable name of what is wrong."))
        .required("code")
        .property(
            "errors",
            ArrayBuilder::new().items(problem).description(Some("The fields that it is about.")),
        )
        .into()
}

/// The name of the session's cookie.
fn cookie_name(settings: &Settings) -> String {
    let sessions = &settings.sessions;
    let prefix = if sessions.secure && sessions.cookie_domain.is_none() { "__Host-" } else { "" };
    format!("{prefix}{}", sessions.cookie_name)
}
