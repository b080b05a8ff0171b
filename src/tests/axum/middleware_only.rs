//! A separate service next to a portal: only the library, on the same database (ONLY_MIDDLEWARE).
//! What the portal ends or revokes no longer counts in the service either.

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::axum::{CurrentUser, RequirePermission};
use authtuna::model::id::UserId;
use axum::Router;
use axum::http::header;
use axum::routing::get;

use crate::support::web::{Browser, give, role, site};
use crate::support::{Kind, World, on_each, until};

/// The portal's process with a signed-in user, and a service in a second process.
struct Both {
    portal: Browser,
    service: Browser,
    user: UserId,
    other: Auth,
    jobs: tokio::task::JoinHandle<()>,
}

impl Both {
    async fn start(world: &World) -> Self {
        let (portal, user) = Browser::of(&site(&world.auth, Router::new()), "maria").await;
        role(&world.auth, "reader", &["posts:read"]).await;
        give(&world.auth, user, "reader", "global").await;
        let other = world.another_process_with(|settings| settings.app.only_middleware = true).await;
        let jobs = tokio::spawn(authtuna::jobs::run(other.clone()));
        if world.kind == Kind::Postgres {
            until(|| async { other.sessions.is_linked() }).await;
        }
        let me = |user: CurrentUser| async move { user.user.username.clone() };
        let routes = Router::new()
            .route("/me", get(me))
            .route("/posts", get(|| async {}).route_layer(RequirePermission::one("posts:read")));
        let service = Browser::at(&site(&other, routes));
        let cookie = portal.cookie.lock().unwrap().clone();
        *service.cookie.lock().unwrap() = cookie;
        Self { portal, service, user, other, jobs }
    }

    /// Asserts the status of one of the service's pages once it must know of the change: on
    /// PostgreSQL after a notification, on SQLite after SESSION_DB_VERIFICATION_INTERVAL.
    async fn after(&self, world: &World, path: &str, expected: u16) {
        match world.kind {
            // The clock stands still: from its cache alone, the service would never notice.
            Kind::Postgres => until(|| async { self.service.get(path).await == expected }).await,
            Kind::Sqlite => {
                world.clock.advance(world.settings.sessions.verification_interval);
                assert_eq!(self.service.get(path).await, expected);
            }
        }
    }

    async fn stop(self) {
        self.jobs.abort();
        self.other.store().close().await;
    }
}

#[test]
fn a_role_taken_at_the_portal_counts_no_longer_at_the_service() {
    on_each(|world| async move {
        let both = Both::start(&world).await;
        assert_eq!(both.service.page("/me").await.body, "maria", "the portal's cookie works in the service");
        assert_eq!(both.service.get("/posts").await, 200);
        let everywhere = authtuna::model::scope::Scope::global();
        world.auth.roles.remove(&Actor::system(), both.user, "reader", &everywhere).await.unwrap();
        both.after(&world, "/posts", 403).await;
        assert_eq!(both.service.get("/me").await, 200);
        both.stop().await;
    });
}

#[test]
fn a_session_ended_at_the_portal_opens_the_service_no_longer() {
    on_each(|world| async move {
        let both = Both::start(&world).await;
        assert_eq!(both.service.get("/me").await, 200);
        let cookie = both.portal.cookie.lock().unwrap().clone().unwrap();
        world.auth.admin.suspend(&Actor::system(), both.user, "spam").await.unwrap();
        both.after(&world, "/me", 401).await;
        *both.service.cookie.lock().unwrap() = Some(cookie);
        let sent = both.service.page("/me").await;
        assert_eq!(sent.status, 303);
        let place = sent.header(header::LOCATION);
        assert_eq!(
            place, "http://localhost:8000/auth/login",
            "to the portal, which cannot redirect back here"
        );
        both.stop().await;
    });
}
