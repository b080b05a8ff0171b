//! Races between sign-ins and changes that must keep them out.

use authtuna::authn::passwords::ChangePassword;
use authtuna::authz::actor::Actor;
use authtuna::model::code::Code;

use crate::support::{World, on_each_with, origin, password};

fn change(to: &str) -> ChangePassword {
    ChangePassword { current: password("maria"), new: password(to) }
}

/// Starts `count` sign-ins with the current password at once and returns the cookies of those that
/// succeed.
async fn sign_ins(world: &World, count: usize) -> Vec<String> {
    let tries = (0..count).map(|_| world.sign_in("maria", origin()));
    let done = futures::future::join_all(tries).await;
    done.into_iter().filter_map(|outcome| Some(outcome.ok()?.session.cookie)).collect()
}

fn without_limits(
    builder: authtuna::foundation::config::SettingsBuilder,
) -> authtuna::foundation::config::SettingsBuilder {
    builder.set("MAX_LOGIN_ATTEMPTS_PER_USER", "0").set("MAX_LOGIN_ATTEMPTS_PER_IP", "0")
}

#[test]
fn no_sign_in_with_the_old_password_outlives_its_change() {
    on_each_with(without_limits, |world| async move {
        let maria = world.person("maria").await;
        let actor = world.actor(&maria.session.cookie).await;
        let typed = change("next");
        let (entered, changed) =
            tokio::join!(sign_ins(&world, 24), world.auth.passwords.change(&actor, &typed));
        assert!(changed.is_ok());
        for cookie in &entered {
            assert_eq!(world.opens(cookie).await, None);
        }
    });
}

#[test]
fn no_sign_in_outlives_a_suspension() {
    on_each_with(without_limits, |world| async move {
        let maria = world.person("maria").await;
        let system = Actor::system();
        let suspend = world.auth.admin.suspend(&system, maria.user, "");
        let (entered, suspended) = tokio::join!(sign_ins(&world, 24), async {
            // After some of them have read the row.
            tokio::task::yield_now().await;
            suspend.await
        });
        suspended.unwrap();
        world.auth.admin.unsuspend(&system, maria.user, "").await.unwrap();
        for cookie in &entered {
            assert_eq!(world.opens(cookie).await, None, "not even after the suspension ends");
        }
    });
}

#[test]
fn of_two_changes_of_one_password_one_is_made() {
    on_each_with(without_limits, |world| async move {
        let maria = world.person("maria").await;
        let actor = world.actor(&maria.session.cookie).await;
        let (one, other) = (change("one"), change("other"));
        let (one, other) = tokio::join!(
            world.auth.passwords.change(&actor, &one),
            world.auth.passwords.change(&actor, &other)
        );
        let refused: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
        assert_eq!(
            refused.iter().map(authtuna::foundation::error::Error::code).collect::<Vec<_>>(),
            // The first change ended the second one's session.
            [Code::NotAuthenticated]
        );
    });
}
