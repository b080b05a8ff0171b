//! The random string in a session's cookie: when it is replaced, and how a copy is detected.

use std::time::Duration;

use crate::support::{on_each, on_each_with, origin};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_cookie_is_replaced_and_an_old_one_ends_the_session_after_the_grace() {
    on_each(|world| async move {
        let first = world.person("maria").await.session.cookie;
        assert_eq!(world.opens(&first).await, Some(None), "a fresh cookie is not replaced");
        world.clock.advance(30 * SECOND);
        let second = world.opens(&first).await.flatten().expect("a replacement");
        assert_ne!(first, second);
        // A request in progress with the old cookie is served and gets no other replacement.
        assert_eq!(world.opens(&first).await, Some(None));
        assert_eq!(world.opens(&second).await, Some(None));
        world.clock.advance(301 * SECOND);
        assert!(world.opens(&second).await.is_some(), "the owner's cookie still works");
        assert_eq!(world.opens(&first).await, None, "the copy is rejected");
        assert_eq!(world.opens(&second).await, None, "the copy ends the session for both");
    });
}

#[test]
fn a_copy_used_after_its_owner_came_back_is_noted() {
    on_each(|world| async move {
        let signed_in = world.person("maria").await;
        world.clock.advance(30 * SECOND);
        let owners = world.opens(&signed_in.session.cookie).await.flatten().unwrap();
        world.clock.advance(11 * SECOND);
        assert!(world.opens(&owners).await.is_some());
        world.clock.advance(400 * SECOND);
        assert_eq!(world.opens(&signed_in.session.cookie).await, None);
        let again = world.sign_in("maria", origin()).await.unwrap();
        let actor = world.actor(&again.session.cookie).await;
        assert!(world.events(&actor).await.contains(&"SESSION_INVALIDATED".to_owned()));
    });
}

#[test]
fn an_answer_that_got_lost_signs_nobody_out() {
    on_each(|world| async move {
        let first = world.person("maria").await.session.cookie;
        world.clock.advance(30 * SECOND);
        let lost = world.opens(&first).await.flatten().expect("a replacement, which never arrives");
        // Long after the grace period, the browser returns with the cookie it has and gets another
        // one.
        world.clock.advance(3600 * SECOND);
        let second = world.opens(&first).await.flatten().expect("another replacement");
        assert!(world.opens(&lost).await.is_some(), "the lost cookie may still arrive");
        world.clock.advance(11 * SECOND);
        assert!(world.opens(&second).await.is_some());
        // Now the server knows that the browser has it, so the grace period of the earlier cookies
        // has begun.
        world.clock.advance(301 * SECOND);
        assert!(world.opens(&second).await.is_some());
        assert_eq!(world.opens(&first).await, None);
        assert_eq!(world.opens(&second).await, None, "a copy ends the session for both");
    });
}

#[test]
fn the_grace_begins_when_the_new_cookie_comes_back() {
    on_each(|world| async move {
        let first = world.person("maria").await.session.cookie;
        world.clock.advance(30 * SECOND);
        let second = world.opens(&first).await.flatten().unwrap();
        world.clock.advance(290 * SECOND);
        assert!(world.opens(&second).await.is_some());
        // A slow request with the first cookie is still in progress.
        world.clock.advance(290 * SECOND);
        assert!(world.opens(&first).await.is_some());
        world.clock.advance(11 * SECOND);
        assert_eq!(world.opens(&first).await, None);
    });
}

#[test]
fn a_copy_of_a_lost_answer_shows_when_both_are_used() {
    on_each(|world| async move {
        let first = world.person("maria").await.session.cookie;
        world.clock.advance(30 * SECOND);
        let owners = world.opens(&first).await.flatten().unwrap();
        // A copy of the first cookie is used before the owner returns, and gets a replacement of
        // its own.
        world.clock.advance(30 * SECOND);
        let thiefs = world.opens(&first).await.flatten().unwrap();
        assert!(world.opens(&owners).await.is_some());
        world.clock.advance(11 * SECOND);
        assert!(world.opens(&thiefs).await.is_some());
        world.clock.advance(301 * SECOND);
        assert!(world.opens(&thiefs).await.is_some());
        assert_eq!(world.opens(&owners).await, None);
        assert_eq!(world.opens(&thiefs).await, None);
    });
}

#[test]
fn without_random_strings_an_old_cookie_goes_on() {
    on_each_with(
        |builder| builder.set("DISABLE_RANDOM_STRING", "true"),
        |world| async move {
            let cookie = world.person("maria").await.session.cookie;
            for _ in 0..5 {
                world.clock.advance(400 * SECOND);
                assert_eq!(world.opens(&cookie).await, Some(None));
            }
        },
    );
}

#[test]
fn of_parallel_requests_one_gets_the_new_cookie_and_all_are_served() {
    on_each(|world| async move {
        let cookie = world.person("maria").await.session.cookie;
        world.clock.advance(30 * SECOND);
        let answers = futures::future::join_all((0..20).map(|_| world.opens(&cookie))).await;
        assert!(answers.iter().all(Option::is_some));
        assert_eq!(answers.iter().flatten().flatten().count(), 1);
    });
}
