//! What each built-in role may do and where: a snapshot in `policy.txt`, so that no role gains or
//! loses a right unnoticed.
//!
//! Each paragraph is a holder of one role, globally or in `org:1/team:1`. Roles are assigned and
//! removed in five scopes: the holder's own scope, its parent, a child, a sibling, and global.
//! Operations that are only global are tried once. Operations with the same outcome share a line.
//! UPDATE_POLICY=1 rewrites the file; review the diff before you commit it.

mod stage;

use authtuna::authz::actor::Actor;
use authtuna::authz::roles::NewRole;
use authtuna::model::role::BUILT_IN;

use crate::support::{Kind, World, kinds};
use stage::Stage;

/// The scopes in which roles are held.
const HELD: [&str; 2] = ["global", "org:1/team:1"];
/// A product's own roles, in addition to the built-in ones: one with a low level, one without a
/// level.
const OWN: [(&str, Option<i64>); 2] = [("Clerk", Some(10)), ("Guest", None)];

async fn table(world: &World) -> String {
    let mut stage = Stage::new(&world.auth);
    for (name, level) in OWN {
        let new = NewRole { level, ..NewRole::named(name, "") };
        world.auth.roles.create(&Actor::system(), &new).await.unwrap();
    }
    for role in ["SuperAdmin", "Admin", "Moderator", "User", "OrgOwner"] {
        let user = stage.person().await;
        stage.give(user, role, "global").await;
        stage.targets.insert(role, user);
    }
    let holders = BUILT_IN.iter().map(|role| role.name).filter(|name| *name != "System");
    for role in holders {
        for held in HELD {
            let actor = stage.holder(role, held).await;
            stage.holder_of(&format!("{role} in {held}"), &actor).await;
        }
    }
    let nobody = Actor::anonymous(crate::support::origin());
    stage.holder_of("nobody", &nobody).await;
    stage.paragraphs
}

fn compare(kind: Kind) {
    if !kinds().contains(&kind) {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let found = runtime.block_on(async {
        let world = World::new(kind, |builder| builder).await;
        let found = table(&world).await;
        world.auth.store().close().await;
        found
    });
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/authz/policy/policy.txt");
    if update_wanted() {
        std::fs::write(&path, &found).unwrap();
        return;
    }
    let known = std::fs::read_to_string(&path).unwrap();
    let differs = found.lines().zip(known.lines()).find(|(a, b)| a != b);
    assert!(found == known, "UPDATE_POLICY=1 rewrites the file. First difference (now, before): {differs:?}");
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test says whether the snapshot is written")]
fn update_wanted() -> bool {
    std::env::var_os("UPDATE_POLICY").is_some()
}

#[test]
fn the_policy_is_the_snapshot_on_sqlite() {
    compare(Kind::Sqlite);
}

#[test]
fn the_policy_is_the_snapshot_on_postgres() {
    compare(Kind::Postgres);
}
