//! What an Axum service responds to unauthenticated requests, and the extractors that refuse no
//! one.

use authtuna::authz::actor::Actor;
use authtuna::axum::{
    ApiError, AuthContext, AuthLayer, ClientIp, CurrentUser, OptionalUser, RequirePermission,
};
use authtuna::model::code::Code;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, Uri, header};
use axum::routing::get;
use tower::ServiceExt;

use crate::support::web::{Browser, PAGES, site, site_with};
use crate::support::{on_each, on_each_with};

async fn me(user: CurrentUser) -> String {
    user.user.username.clone()
}

fn routes() -> Router {
    let refuses_all = || async { ApiError::from(Code::NotAuthenticated) };
    let asks_the_core =
        |context: AuthContext| async move { context.actor().user().map(drop).map_err(ApiError) };
    Router::new()
        .route("/me", get(me).post(me).delete(me))
        .route("/core", get(asks_the_core))
        .route("/refuses-all", get(refuses_all))
        .route("/gone", get(|| async { ApiError::from(Code::NotFound) }))
        .route("/wrong", get(|| async { ApiError::from(Code::WrongPassword) }))
        .route("/layer", get(|| async {}).route_layer(RequirePermission::one("users:manage")))
        .nest("/deep", Router::new().route("/me", get(me)))
        .fallback(me)
}

#[test]
fn a_browser_that_opens_a_page_is_sent_to_the_sign_in_page() {
    on_each(|world| async move {
        let site = site(&world.auth, routes());
        let anonymous = Browser::at(&site);
        for (path, next) in [
            ("/me", "?next=%2Fme"),
            ("/me?a=1&b=%2F", "?next=%2Fme%3Fa%3D1%26b%3D%252F"),
            ("/core", "?next=%2Fcore"),
            ("/layer", "?next=%2Flayer"),
            ("/deep/me", "?next=%2Fdeep%2Fme"),
            // Two slashes, or a slash and a backslash, start another host's name.
            ("//evil.example/me", ""),
            ("///evil.example/me", ""),
            ("/\\evil.example/me", ""),
            ("/\u{e9}", ""),
            (&format!("/{}", "x".repeat(2000)), ""),
        ] {
            let answer = anonymous.page(path).await;
            assert_eq!(answer.status, 303, "{path}");
            assert_eq!(answer.header(header::LOCATION), format!("/auth/login{next}"), "{path}");
            assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
            assert_eq!(answer.body, "");
        }
        assert_eq!(anonymous.send(Method::HEAD, "/me", PAGES).await.status, 303, "HEAD behaves like GET");
        let below = Browser::at(&Router::new().nest("/app", site));
        let place = below.page("/app/me").await.header(header::LOCATION).to_owned();
        assert_eq!(place, "/auth/login?next=%2Fapp%2Fme", "the path as the browser requested it");
    });
}

#[test]
fn programs_and_forms_are_answered_401() {
    on_each(|world| async move {
        let site = site(&world.auth, routes());
        let anonymous = Browser::at(&site);
        for path in ["/me", "/core", "/layer", "/deep/me"] {
            for accept in ["application/json", "*/*", ""] {
                let answer = anonymous.send(Method::GET, path, accept).await;
                assert_eq!((answer.status, answer.code().as_str()), (401, "not_authenticated"), "{path}");
                assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Cookie");
            }
        }
        for method in [Method::POST, Method::DELETE, Method::PUT] {
            let path = if method == Method::PUT { "/elsewhere" } else { "/me" };
            assert_eq!(anonymous.send(method, path, PAGES).await.status, 401);
        }
        for (path, status) in [("/gone", 404), ("/wrong", 401)] {
            assert_eq!(anonymous.page(path).await.status, status, "signing in would not help");
        }
        let (maria, _) = Browser::of(&site, "maria").await;
        assert_eq!(maria.page("/me").await.body, "maria");
        let refused = maria.page("/layer").await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (403, "forbidden"),
            "the user is already signed in"
        );
        // The sign-in page would send her back here, in an endless loop.
        assert_eq!(maria.page("/refuses-all").await.status, 401);
    });
}

#[test]
fn an_ended_session_is_sent_to_the_sign_in_page_without_its_cookie() {
    on_each(|world| async move {
        let site = site(&world.auth, routes());
        let (maria, id) = Browser::of(&site, "maria").await;
        let cookie = maria.cookie.lock().unwrap().clone();
        world.auth.admin.suspend(&Actor::system(), id, "spam").await.unwrap();
        let answer = maria.page("/me").await;
        assert_eq!(answer.status, 303);
        assert!(cookie.is_some() && maria.cookie.lock().unwrap().is_none(), "{answer:?}");
    });
}

#[test]
fn where_the_sign_in_page_is_can_be_said() {
    on_each(|world| async move {
        let at = |page: &'static str| {
            let page = Uri::from_static(page);
            Browser::at(&site_with(&world.auth, routes(), |layer| layer.sign_in_page(page.clone())))
        };
        let location = |answer: crate::support::web::TestResponse| answer.header(header::LOCATION).to_owned();
        assert_eq!(location(at("/in").page("/me").await), "/in?next=%2Fme");
        assert_eq!(location(at("/in?from=app").page("/me").await), "/in?from=app&next=%2Fme");
        assert_eq!(location(at("https://id.example/in").page("/me").await), "https://id.example/in");
        assert_eq!(at("/in").page("/in").await.status, 401, "the sign-in page never redirects to itself");
        let nowhere = Browser::at(&site_with(&world.auth, routes(), AuthLayer::without_redirects));
        assert_eq!(nowhere.page("/me").await.status, 401);
    });
}

#[test]
fn beside_a_portal_its_page_is_the_one() {
    on_each_with(
        |builder| {
            builder.set("ONLY_MIDDLEWARE", "true").set("API_BASE_URL", "https://accounts.example.org/?x=1")
        },
        |world| async move {
            let answer = Browser::at(&site(&world.auth, routes())).page("/me").await;
            assert_eq!(answer.status, 303);
            assert_eq!(answer.header(header::LOCATION), "https://accounts.example.org/auth/login");
        },
    );
}

#[test]
fn optional_users_refuse_nobody() {
    on_each(|world| async move {
        async fn plain(OptionalUser(user): OptionalUser) -> String {
            user.map_or("nobody".to_owned(), |user| user.user.username.clone())
        }
        async fn option(user: Option<CurrentUser>) -> String {
            user.map_or("nobody".to_owned(), |user| user.user.username.clone())
        }
        let routes = || Router::new().route("/plain", get(plain)).route("/option", get(option));
        let site = site(&world.auth, routes());
        let (maria, _) = Browser::of(&site, "maria").await;
        for path in ["/plain", "/option"] {
            assert_eq!(Browser::at(&site).page(path).await.body, "nobody");
            assert_eq!(maria.page(path).await.body, "maria");
            // Without the layer, a router would treat every user as anonymous.
            assert_eq!(Browser::at(&routes()).page(path).await.status, 500);
        }
        let bare = self::routes();
        for path in ["/me", "/layer", "/core"] {
            assert_eq!(Browser::at(&bare).page(path).await.status, 500);
        }
    });
}

#[test]
fn the_clients_address_is_an_extractor() {
    on_each(|world| async move {
        let routes = Router::new()
            .route("/ip", get(|ClientIp(ip): ClientIp| async move { ip.to_string() }))
            .route("/perhaps", get(|ip: Option<ClientIp>| async move { ip.is_some().to_string() }));
        let site = site(&world.auth, routes);
        let peer: std::net::SocketAddr = "192.0.2.7:4000".parse().unwrap();
        let request = Request::get("/ip").extension(ConnectInfo(peer)).body(Body::empty()).unwrap();
        let answer = site.clone().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
        assert_eq!(body, "192.0.2.7");
        assert_eq!(Browser::at(&site).get("/ip").await, 500, "the extractor invents no address");
        assert_eq!(Browser::at(&site).page("/perhaps").await.body, "false");
    });
}
