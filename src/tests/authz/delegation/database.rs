//! The same worlds in a database: each act runs through the core's operations, and every result and
//! the final state must match the model's.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use authtuna::auth::Auth;
use authtuna::authz::access::Access;
use authtuna::authz::actor::{Actor, Credential, Origin, Principal};
use authtuna::authz::identity::{Identity, UserSummary};
use authtuna::authz::roles::{Assignment, NewRole, RoleChange};
use authtuna::foundation::config::DatabaseUri;
use authtuna::foundation::error::Error;
use authtuna::model::code::Code;
use authtuna::model::id::UserId;
use proptest::test_runner::TestCaseError;
use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, Connection, Row};
use uuid::Uuid;

use super::closure::Closure;
use super::model::{Model, permission_name, role_name, scope};
use super::within_reach;
use super::world::{Act, PEOPLE, PERMISSIONS, Permission, SCOPES, World, world};
use crate::support::{Kind, World as Installation, kinds};

/// How many of the acts that the model refuses are still tried. The model refuses most acts, and
/// each costs a transaction.
const REFUSED: usize = 2;

/// A connection that bypasses the core.
enum Raw {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

/// A world in the database.
struct WorldInDatabase<'a> {
    auth: &'a Auth,
    kind: Kind,
    number: u64,
}

impl Raw {
    async fn of(installation: &Installation) -> Self {
        match &installation.settings.database.uri {
            DatabaseUri::Sqlite { path } => {
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(path)
                    .busy_timeout(std::time::Duration::from_secs(30));
                Self::Sqlite(sqlx::SqliteConnection::connect_with(&options).await.unwrap())
            }
            DatabaseUri::Postgres { url } => {
                Self::Postgres(sqlx::PgConnection::connect(url.expose_secret()).await.unwrap())
            }
        }
    }

    async fn run(&mut self, sql: String) {
        match self {
            Self::Sqlite(conn) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await.map(drop).unwrap(),
            Self::Postgres(conn) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await.map(drop).unwrap(),
        }
    }

    async fn texts(&mut self, sql: String) -> BTreeSet<String> {
        match self {
            Self::Sqlite(conn) => {
                let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(conn).await.unwrap();
                rows.iter().map(|row| row.get(0)).collect()
            }
            Self::Postgres(conn) => {
                let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(conn).await.unwrap();
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }
}

impl WorldInDatabase<'_> {
    /// Returns the ID of a user (1), role (2) or permission (3) of this world.
    fn id(&self, kind: u16, index: usize) -> Uuid {
        Uuid::from_u128((u128::from(self.number) << 64) | (u128::from(kind) << 32) | index as u128)
    }

    fn literal(&self, id: Uuid) -> String {
        match self.kind {
            Kind::Sqlite => format!("X'{}'", id.simple()),
            Kind::Postgres => format!("'{id}'"),
        }
    }

    /// Returns the statements that insert the world as it is at the start.
    fn set_up(&self, world: &World) -> String {
        let (time, yes, no) = match self.kind {
            Kind::Sqlite => ("0", "1", "0"),
            Kind::Postgres => ("to_timestamp(0)", "true", "false"),
        };
        let n = self.number;
        let mut sql = "BEGIN;".to_owned();
        for person in 0..PEOPLE {
            let id = self.literal(self.id(1, person));
            write!(
                sql,
                "INSERT INTO users (id, username, username_key, created_at, updated_at) VALUES \
                ({id}, 't{n}u{person}', 't{n}u{person}', {time}, {time});"
            )
            .unwrap();
        }
        let mut permission = |id: Uuid, name: String, built_in: &str| {
            let id = self.literal(id);
            write!(
                sql,
                "INSERT INTO permissions (id, name, description, built_in, created_at) VALUES \
                ({id}, '{name}', '', {built_in}, {time});"
            )
            .unwrap();
        };
        for own in 0..PERMISSIONS {
            permission(self.id(3, own), permission_name(n, Permission::Own(own)), no);
        }
        for (index, _) in world.roles.iter().enumerate().filter(|(_, role)| role.is_some()) {
            permission(self.id(3, 100 + index), permission_name(n, Permission::Assign(index)), yes);
        }
        for (index, role) in world.roles.iter().enumerate() {
            let Some(role) = role else { continue };
            let (id, name) = (self.literal(self.id(2, index)), role_name(n, index));
            let level = role.level.map_or("NULL".to_owned(), |level| level.to_string());
            let all = if role.all_permissions { yes } else { no };
            write!(sql, "INSERT INTO roles (id, name, name_key, description, level, built_in, all_permissions, \
                created_at, updated_at) VALUES ({id}, '{name}', '{name}', '', {level}, {no}, {all}, {time}, {time});").unwrap();
        }
        for (index, role) in world.roles.iter().enumerate() {
            let Some(role) = role else { continue };
            let id = self.literal(self.id(2, index));
            for one in &role.permissions {
                let name = permission_name(n, *one);
                write!(
                    sql,
                    "INSERT INTO role_permissions (role_id, permission_id, added_at) \
                    SELECT {id}, id, {time} FROM permissions WHERE name = '{name}';"
                )
                .unwrap();
            }
            for one in &role.can_grant {
                let name = permission_name(n, *one);
                write!(
                    sql,
                    "INSERT INTO role_can_grant (role_id, permission_id) \
                    SELECT {id}, id FROM permissions WHERE name = '{name}';"
                )
                .unwrap();
            }
            for other in &role.can_assign {
                let other = self.literal(self.id(2, *other));
                write!(sql, "INSERT INTO role_can_assign (role_id, assignable_id) VALUES ({id}, {other});")
                    .unwrap();
            }
        }
        for (index, grant) in world.grants.iter().enumerate() {
            let id = self.literal(self.id(4, index));
            let (user, role) = (self.literal(self.id(1, grant.person)), self.literal(self.id(2, grant.role)));
            let place = SCOPES[grant.scope];
            write!(
                sql,
                "INSERT INTO grants (id, user_id, role_id, scope, given_at) VALUES \
                ({id}, {user}, {role}, '{place}', {time});"
            )
            .unwrap();
        }
        sql + "COMMIT;"
    }

    /// Returns a user of this world, as if their request had been read long ago: the core reads the
    /// current state itself.
    fn actor(&self, person: usize) -> Actor {
        let user = UserSummary {
            id: self.user(person),
            username: String::new(),
            email: None,
            email_verified: false,
            first_name: None,
            last_name: None,
            mfa_enabled: false,
            has_passkey: false,
        };
        Actor {
            principal: Principal::User(Arc::new(Identity { user, access: Access::default(), lacks: None })),
            credential: Credential::OnBehalfOf,
            origin: Arc::new(Origin::default()),
        }
    }

    fn user(&self, person: usize) -> UserId {
        UserId::from_uuid(self.id(1, person))
    }

    async fn attempt(&self, person: usize, act: &Act) -> Result<(), Error> {
        let actor = self.actor(person);
        let roles = &self.auth.roles;
        let n = self.number;
        let role_of = |role: usize| role_name(n, role);
        let name_of = |permission: Permission| permission_name(n, permission);
        let change = |role: usize, change: RoleChange| async move {
            roles.update(&self.actor(person), &role_name(n, role), &change).await.map(drop)
        };
        match act {
            Act::Give(grant) => {
                let wish = Assignment::new(self.user(grant.person), &role_of(grant.role));
                roles.assign(&actor, &wish.within(scope(grant.scope))).await.map(drop)
            }
            Act::Take(grant) => {
                let user = self.user(grant.person);
                roles.remove(&actor, user, &role_of(grant.role), &scope(grant.scope)).await
            }
            Act::Create { role, level, permissions } => {
                let permissions = permissions.iter().map(|one| name_of(*one)).collect();
                let new = NewRole { level: *level, permissions, ..NewRole::named(&role_of(*role), "") };
                roles.create(&actor, &new).await.map(drop)
            }
            Act::Delete { role } => roles.delete(&actor, &role_of(*role)).await,
            Act::SetLevel { role, level } => {
                change(*role, RoleChange { level: Some(*level), ..RoleChange::default() }).await
            }
            Act::AddPermission { role, permission } => {
                roles.add_permission(&actor, &role_of(*role), &name_of(*permission)).await
            }
            Act::RemovePermission { role, permission } => {
                roles.remove_permission(&actor, &role_of(*role), &name_of(*permission)).await
            }
            Act::LetAssign { role, assignable } => {
                roles.let_assign(&actor, &role_of(*role), &role_of(*assignable)).await
            }
            Act::LetGrant { role, permission } => {
                roles.let_grant(&actor, &role_of(*role), &name_of(*permission)).await
            }
            Act::CreatePermission { own } => {
                self.auth.permissions.create(&actor, &name_of(Permission::Own(*own)), "").await.map(drop)
            }
            Act::DeletePermission { own } => {
                self.auth.permissions.delete(&actor, &name_of(Permission::Own(*own))).await
            }
        }
    }

    /// Returns the assignments of this world with what each role carries, as text.
    fn holdings_of(&self, model: &Model) -> BTreeSet<String> {
        let n = self.number;
        let grants = model.grants.iter().map(|grant| {
            format!("t{n}u{} {} {}", grant.person, role_name(n, grant.role), SCOPES[grant.scope])
        });
        let carried =
            model.roles.iter().enumerate().filter_map(|(index, role)| Some((index, role.as_ref()?)));
        let carried = carried.flat_map(|(index, role)| {
            let name = role_name(n, index);
            let level = format!("{name} level {}", role.level.unwrap_or(-1));
            let permissions = role.permissions.iter().map(move |one| permission_name(n, *one));
            let lines = permissions.map(move |permission| format!("{} {permission}", role_name(n, index)));
            lines.chain([level]).collect::<Vec<_>>()
        });
        grants.chain(carried).collect()
    }

    async fn holdings(&self, raw: &mut Raw) -> BTreeSet<String> {
        let n = self.number;
        let sql = format!(
            "SELECT u.username || ' ' || r.name || ' ' || g.scope FROM grants g JOIN users u ON u.id = g.user_id \
             JOIN roles r ON r.id = g.role_id WHERE u.username IN ('t{n}u0', 't{n}u1', 't{n}u2', 't{n}u3') \
             UNION ALL SELECT r.name || ' ' || p.name FROM role_permissions rp JOIN roles r ON r.id = rp.role_id \
             JOIN permissions p ON p.id = rp.permission_id WHERE r.name_key >= 't{n}r' AND r.name_key < 't{n}s' \
             UNION ALL SELECT r.name || ' level ' || COALESCE(r.level, -1) FROM roles r \
             WHERE r.name_key >= 't{n}r' AND r.name_key < 't{n}s'"
        );
        raw.texts(sql).await
    }

    /// Tries the acts of `world` on the database and in memory. Returns how many were allowed.
    async fn run(&self, raw: &mut Raw, world: &World) -> Result<u64, TestCaseError> {
        raw.run(self.set_up(world)).await;
        let mut model = Model::of(world);
        let reach = Closure::of(&model, world.group);
        let (mut refused, mut allowed) = (0, 0);
        for (actor, act) in &world.acts {
            let expected = model.step(self.number, *actor, act);
            if expected.is_err() {
                refused += 1;
                if refused > REFUSED {
                    continue;
                }
            }
            let said: Result<(), Code> = self.attempt(*actor, act).await.map_err(|error| error.code());
            if said != expected {
                return Err(TestCaseError::fail(format!("{act:?}: {said:?}, the rules say {expected:?}")));
            }
            allowed += u64::from(said.is_ok());
        }
        let (there, expected) = (self.holdings(raw).await, self.holdings_of(&model));
        if there != expected {
            return Err(TestCaseError::fail(format!("found {there:#?}, expected {expected:#?}")));
        }
        within_reach(&model, &reach, world.group)?;
        Ok(allowed)
    }
}

/// Runs one of two parts, each with half of the sequences, so that both cores are used.
fn on(kind: Kind, part: u64) {
    if !kinds().contains(&kind) {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (installation, raw) = runtime.block_on(async {
        let installation = Installation::new(kind, |builder| builder).await;
        let raw = Raw::of(&installation).await;
        (installation, raw)
    });
    let raw = std::cell::RefCell::new(raw);
    let number = std::cell::Cell::new(part << 32);
    let allowed = std::cell::Cell::new(0);
    let sequences = super::sequences().div_ceil(2);
    let outcome = super::runner(sequences).run(&world(super::ACTS), |world| {
        number.set(number.get() + 1);
        let place = WorldInDatabase { auth: &installation.auth, kind, number: number.get() };
        let done = runtime.block_on(place.run(&mut raw.borrow_mut(), &world))?;
        allowed.set(allowed.get() + done);
        Ok(())
    });
    outcome.unwrap();
    assert!(allowed.get() > u64::from(sequences), "only {} acts were allowed", allowed.get());
    let chain = runtime.block_on(authtuna::audit::verify(installation.auth.store())).unwrap();
    assert_eq!(chain, None, "the audit chain is intact afterwards");
    runtime.block_on(installation.auth.store().close());
}

#[test]
fn nobody_climbs_on_sqlite_1() {
    on(Kind::Sqlite, 1);
}

#[test]
fn nobody_climbs_on_sqlite_2() {
    on(Kind::Sqlite, 2);
}

#[test]
fn nobody_climbs_on_postgres_1() {
    on(Kind::Postgres, 1);
}

#[test]
fn nobody_climbs_on_postgres_2() {
    on(Kind::Postgres, 2);
}
