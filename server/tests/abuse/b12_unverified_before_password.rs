//! B12: "email not verified" was reported before the password was checked; unknown users cost no
//! hash.

use authtuna::authz::actor::Actor;
use authtuna::foundation::names::Username;

use crate::support::{on_each, password, sign_in};

#[test]
fn b12_what_is_wrong_with_an_account_is_said_only_to_whoever_knows_its_password() {
    on_each(async |world| {
        world.person("maria").await;
        let system = Actor::system();
        let name = Username::parse("maria").unwrap();
        let maria = world.auth.users.get_by_username(&system, &name).await.unwrap().unwrap();
        world.auth.admin.suspend(&system, maria.id, "test").await.unwrap();

        let guessed = sign_in(&world.browser(), "maria", "wrong").await;
        assert_eq!((guessed.status, guessed.code().as_str()), (401, "bad_credentials"));
        let unknown = sign_in(&world.browser(), "nobody", "wrong").await;
        assert_eq!((guessed.status, guessed.text()), (unknown.status, unknown.text()));
        let owner = sign_in(&world.browser(), "maria", &password("maria")).await;
        assert_eq!((owner.status, owner.code().as_str()), (403, "account_suspended"));
        assert!(owner.cookies().is_empty());
    });
}

#[test]
fn b12_an_unknown_user_costs_a_hash_like_a_known_one() {
    on_each(async |world| {
        world.person("maria").await;
        for who in ["maria", "nobody", "nobody@example.org", "system", "not a name at all", "\u{202e}"] {
            let before = world.auth.password_hashes();
            let answer = sign_in(&world.browser(), who, "wrong").await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "bad_credentials"), "{who}");
            assert_eq!(world.auth.password_hashes() - before, 1, "{who}");
        }
    });
}
