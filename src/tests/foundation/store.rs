//! Both databases have the same tables and accept every statement.

use std::collections::BTreeSet;

use authtuna::statements;

use crate::support::{Kind, World, kinds, on_each};

#[test]
fn every_statement_is_understood_by_both_databases() {
    on_each(|world| async move {
        let mut conn = world.auth.store().read().await.unwrap();
        let mut names = Vec::new();
        for statement in statements::all() {
            conn.prepare(statement).await.unwrap_or_else(|error| panic!("{:?}: {error}", world.kind));
            names.push(statement.name);
        }
        assert!(names.len() > 40, "the list of statements is too short: {names:?}");
    });
}

/// The test above would miss a file that declares statements but is not in the list.
#[test]
fn every_area_with_statements_is_in_the_list() {
    let list = include_str!("../../statements.rs");
    let mut areas = 0;
    for (path, text) in crate::layers::sources() {
        if !text.contains("statements! {") || path.ends_with("store/query.rs") {
            continue;
        }
        let module = path.trim_end_matches("/sql.rs").trim_end_matches("/open.rs").trim_end_matches(".rs");
        let module = module.rsplit('/').next().unwrap();
        assert!(list.contains(&format!("{module}::ALL")), "{path} is missing from statements.rs");
        areas += 1;
    }
    assert!(areas >= 7, "found only {areas} areas: the test looks in the wrong place");
}

type Column = (String, String, bool);

#[test]
fn both_databases_have_the_same_columns() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut seen: Vec<(Kind, BTreeSet<Column>)> = Vec::new();
    for kind in kinds() {
        let columns = runtime.block_on(async {
            let world = World::new(kind, |builder| builder).await;
            let columns = columns(&world).await;
            world.auth.store().close().await;
            columns
        });
        assert!(columns.len() > 80, "{kind:?} has only {} columns", columns.len());
        seen.push((kind, columns));
    }
    if let [(_, sqlite), (_, postgres)] = seen.as_slice() {
        let only_sqlite: Vec<_> = sqlite.difference(postgres).collect();
        let only_postgres: Vec<_> = postgres.difference(sqlite).collect();
        assert!(only_sqlite.is_empty() && only_postgres.is_empty(), "{only_sqlite:?} {only_postgres:?}");
    }
}

/// Returns every table and column, and whether the column is required.
async fn columns(world: &World) -> BTreeSet<Column> {
    use authtuna::foundation::config::DatabaseUri;
    use secrecy::ExposeSecret;
    use sqlx::Connection;

    let rows: Vec<Column> = match &world.settings.database.uri {
        DatabaseUri::Sqlite { path } => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut conn = sqlx::sqlite::SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query_as(
                "SELECT m.name, c.name, c.\"notnull\" FROM sqlite_schema m, pragma_table_info(m.name) c \
                 WHERE m.type = 'table'",
            )
            .fetch_all(&mut conn)
            .await
            .unwrap()
        }
        DatabaseUri::Postgres { url } => {
            let mut conn = sqlx::postgres::PgConnection::connect(url.expose_secret()).await.unwrap();
            sqlx::query_as(
                "SELECT table_name::text, column_name::text, is_nullable = 'NO' FROM information_schema.columns \
                 WHERE table_schema = 'public'",
            )
            .fetch_all(&mut conn)
            .await
            .unwrap()
        }
    };
    rows.into_iter()
        .filter(|(table, ..)| !table.starts_with("_sqlx") && !table.starts_with("sqlite_"))
        .collect()
}
