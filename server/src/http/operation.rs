//! Derives the documentation of a handler from its own types: what it reads from a request, and
//! what it returns. The documentation therefore always matches the code.

use std::collections::BTreeSet;

use authtuna::axum::{ApiError, AuthContext, CurrentUser};
use authtuna::model::code::Code;
use authtuna::model::id::{MailId, SessionId, UserId};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Body, MaybeBody, Params, PathParams};
use super::response::{Accepted, Created, Items, List, Listed, NoContent};

/// What is known about the requests and responses of a route.
#[derive(Clone, Default)]
pub struct Contract {
    /// The schemas of the path's parameters, in order.
    pub place: Vec<Schema>,
    /// The parameters of the query.
    pub query: Vec<Parameter>,
    /// The schema of the body, and whether the body is required.
    pub body: Option<(RefOr<Schema>, bool)>,
    /// The status of success, and the schema of its body.
    pub success: Option<(StatusCode, Option<RefOr<Schema>>)>,
    /// Another status of success, with the same body.
    pub also: Option<StatusCode>,
    /// Whether a Link header points to the next page.
    pub linked: bool,
    /// The codes that the route may refuse with.
    pub refusals: BTreeSet<&'static str>,
    /// Every schema that the others refer to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

impl Contract {
    /// Adds codes that the route may refuse with.
    pub fn refuse(&mut self, codes: &[Code]) {
        self.refusals.extend(codes.iter().map(|code| code.as_str()));
    }

    /// Adds the schema of `T`, and returns a reference to it.
    fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
        RefOr::Ref(Ref::from_schema_name(T::name()))
    }

    fn rows<T: ToSchema>(&mut self) {
        let row = self.schema::<T>();
        self.success = Some((StatusCode::OK, Some(ArrayBuilder::new().items(row).build().into())));
    }

    /// Sets the status and the body of success.
    pub fn succeed<T: ToSchema>(&mut self, status: StatusCode) {
        let schema = self.schema::<T>();
        self.success = Some((status, Some(schema)));
    }
}

/// A handler with a known contract.
pub trait Described<T> {
    /// Returns the contract.
    fn describe() -> Contract;
}

/// A parameter of a handler.
pub trait Part {
    /// Adds the parameter to the contract.
    fn note(contract: &mut Contract);
}

/// A return value of a handler.
pub trait ApiResponse {
    /// Adds the return value to the contract.
    fn note(contract: &mut Contract);
}

/// A type for the parameters of a path.
pub trait Segments {
    /// Returns the schema of each parameter.
    fn schemas() -> Vec<Schema>;
}

macro_rules! described {
    ($($part:ident)*) => {
        impl<F, Fut, R, M, $($part,)*> Described<(M, $($part,)*)> for F
        where
            F: FnOnce($($part),*) -> Fut,
            Fut: Future<Output = R>,
            R: ApiResponse,
            $($part: Part,)*
        {
            fn describe() -> Contract {
                let mut contract = Contract::default();
                $($part::note(&mut contract);)*
                R::note(&mut contract);
                contract
            }
        }
    };
}

described! {}
described! { A }
described! { A B }
described! { A B C }
described! { A B C D }
described! { A B C D E }

impl<T> Part for State<T> {
    fn note(_: &mut Contract) {}
}

impl Part for AuthContext {
    fn note(_: &mut Contract) {}
}

impl Part for CurrentUser {
    fn note(contract: &mut Contract) {
        contract.refuse(&[Code::NotAuthenticated]);
    }
}

impl Part for super::response::Here {
    fn note(_: &mut Contract) {}
}

impl<T: ToSchema> Part for Body<T> {
    fn note(contract: &mut Contract) {
        body::<T>(contract, true);
    }
}

impl<T: ToSchema> Part for MaybeBody<T> {
    fn note(contract: &mut Contract) {
        body::<T>(contract, false);
    }
}

fn body<T: ToSchema>(contract: &mut Contract, required: bool) {
    let schema = contract.schema::<T>();
    contract.body = Some((schema, required));
    contract.refuse(&[Code::BadRequest, Code::BodyTooLarge, Code::UnsupportedMediaType, Code::WrongType]);
    contract.refuse(&[Code::UnknownField, Code::Required]);
}

impl<T: IntoParams> Part for Params<T> {
    fn note(contract: &mut Contract) {
        contract.query = T::into_params(|| Some(ParameterIn::Query));
        contract.query.iter_mut().for_each(never_null);
        contract.refuse(&[Code::BadRequest, Code::WrongType, Code::UnknownField, Code::NoOffsets]);
        contract.refuse(&[Code::Required]);
    }
}

/// Removes null from the types of a parameter: in a query, an absent value is omitted.
fn never_null(parameter: &mut Parameter) {
    if let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
        && let SchemaType::Array(types) = &object.schema_type
        && let Some(kind) = types.iter().find(|kind| **kind != Type::Null)
    {
        object.schema_type = SchemaType::new(kind.clone());
    }
}

impl<T: Segments> Part for PathParams<T> {
    fn note(contract: &mut Contract) {
        contract.place = T::schemas();
        contract.refuse(&[Code::NotFound]);
    }
}

impl Segments for String {
    fn schemas() -> Vec<Schema> {
        vec![ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).into()]
    }
}

impl Segments for UserId {
    fn schemas() -> Vec<Schema> {
        let uuid = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .format(Some(SchemaFormat::Custom("uuid".to_owned())));
        vec![uuid.into()]
    }
}

impl Segments for MailId {
    fn schemas() -> Vec<Schema> {
        let uuid = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .format(Some(SchemaFormat::Custom("uuid".to_owned())));
        vec![uuid.into()]
    }
}

impl Segments for SessionId {
    fn schemas() -> Vec<Schema> {
        UserId::schemas()
    }
}

impl<A: Segments, B: Segments> Segments for (A, B) {
    fn schemas() -> Vec<Schema> {
        [A::schemas(), B::schemas()].concat()
    }
}

impl<A: ApiResponse> ApiResponse for Result<A, ApiError> {
    fn note(contract: &mut Contract) {
        A::note(contract);
    }
}

impl<T: ToSchema> ApiResponse for Json<T> {
    fn note(contract: &mut Contract) {
        contract.succeed::<T>(StatusCode::OK);
    }
}

impl ApiResponse for NoContent {
    fn note(contract: &mut Contract) {
        contract.success = Some((StatusCode::NO_CONTENT, None));
    }
}

impl<T: ToSchema> ApiResponse for Created<T> {
    fn note(contract: &mut Contract) {
        contract.succeed::<T>(StatusCode::CREATED);
    }
}

impl<T: ToSchema> ApiResponse for Accepted<T> {
    fn note(contract: &mut Contract) {
        contract.succeed::<T>(StatusCode::ACCEPTED);
    }
}

impl<T: ToSchema> ApiResponse for List<T> {
    fn note(contract: &mut Contract) {
        contract.rows::<T>();
    }
}

impl<T: ToSchema> ApiResponse for Items<T> {
    fn note(contract: &mut Contract) {
        let row = contract.schema::<T>();
        let next = SchemaType::from_iter([Type::String, Type::Null]);
        let next = ObjectBuilder::new().schema_type(next);
        let page = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Object))
            .property("items", ArrayBuilder::new().items(row))
            .required("items")
            .property(
                "next",
                next.description(Some("Pass it as `after` to get the next rows; null on the last page.")),
            )
            .required("next");
        contract.success = Some((StatusCode::OK, Some(Schema::from(page).into())));
    }
}

impl<T: ToSchema> ApiResponse for Listed<T> {
    fn note(contract: &mut Contract) {
        contract.rows::<T>();
        contract.linked = true;
    }
}

/// A response that redirects a browser.
impl ApiResponse for Response {
    fn note(contract: &mut Contract) {
        contract.success = Some((StatusCode::SEE_OTHER, None));
    }
}
