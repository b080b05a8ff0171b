//! No escalation: whatever a group of users does, it comes to hold nothing that the rules of
//! delegation did not already let it reach at the start.
//!
//! The worlds are random: roles with levels, permissions and lists; users with assignments; a
//! group, and what its members try. [`closure`] computes what the group could ever reach, from a
//! second implementation of the rules. [`model`] tries the acts in memory, with the core's rules;
//! [`database`] tries the same acts with the core's operations on each database, and every result
//! must match the model's. DELEGATION_SEQUENCES sets the number of sequences.

mod closure;
mod database;
mod expiring_rights;
mod model;
mod world;

use proptest::test_runner::{Config, TestCaseError, TestRunner};

use closure::Closure;
use model::Model;
use world::{PERMISSIONS, Permission, ROLES, SCOPES, World, world};

/// The number of sequences, unless the environment overrides it.
const SEQUENCES: u32 = 10_000;

/// The maximum number of acts in one sequence.
const ACTS: usize = 24;

#[expect(clippy::disallowed_methods, reason = "whoever runs the test says how long it may take")]
fn sequences() -> u32 {
    let wanted = std::env::var("DELEGATION_SEQUENCES").ok();
    wanted.map_or(SEQUENCES, |text| text.parse().unwrap())
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    TestRunner::new(config)
}

/// Returns an error if the group holds something out of its reach.
fn within_reach(model: &Model, reach: &Closure, group: usize) -> Result<(), TestCaseError> {
    let fail = |what: String| Err(TestCaseError::fail(what));
    let own = (0..PERMISSIONS).map(Permission::Own);
    let assign = (0..ROLES).map(Permission::Assign);
    let permissions: Vec<Permission> =
        own.chain(assign).chain([Permission::RolesManage, Permission::PermissionsManage]).collect();
    for grant in model.grants.iter().filter(|grant| grant.person < group && SCOPES[grant.scope] != "none") {
        if !reach.has_role(grant.role, grant.scope) {
            return fail(format!("role {} in {}", grant.role, SCOPES[grant.scope]));
        }
        let role = model.role(grant.role);
        for scope in (0..SCOPES.len()).filter(|scope| closure::covers(grant.scope, *scope)) {
            if role.level > reach.level(scope) {
                return fail(format!("level {:?} in {}", role.level, SCOPES[scope]));
            }
            let carried =
                permissions.iter().filter(|one| role.all_permissions || role.permissions.contains(one));
            for permission in carried {
                // A permission to assign a role that was created later belongs to no one at the
                // start.
                if !reach.allows(*permission, scope) && !role.all_permissions {
                    return fail(format!("{permission:?} in {}", SCOPES[scope]));
                }
            }
        }
    }
    Ok(())
}

/// Counts the allowed acts, to detect a test in which every act is refused.
#[derive(Debug, Default)]
struct Tally {
    tried: u64,
    allowed: u64,
}

fn try_in_memory(world: &World, tally: &mut Tally) -> Result<Model, TestCaseError> {
    let mut model = Model::of(world);
    let reach = Closure::of(&model, world.group);
    within_reach(&model, &reach, world.group)?;
    for (actor, act) in &world.acts {
        tally.tried += 1;
        if model.step(0, *actor, act).is_ok() {
            tally.allowed += 1;
            within_reach(&model, &reach, world.group)?;
        }
    }
    Ok(model)
}

#[test]
fn no_group_climbs() {
    let tally = std::cell::RefCell::new(Tally::default());
    let outcome = runner(sequences())
        .run(&world(ACTS), |world| try_in_memory(&world, &mut tally.borrow_mut()).map(drop));
    outcome.unwrap();
    let Tally { tried, allowed } = tally.into_inner();
    assert!(allowed * 12 > tried, "only {allowed} of {tried} acts were allowed: the test proves little");
    println!("{allowed} of {tried} acts were allowed");
}
