//! The values that statements bind, and how each database stores a point in time.

use crate::model::id::{
    GrantId, MailId, PasskeyId, PermissionId, RecoveryId, RequestId, RoleId, SessionId, TokenId, UserId,
};
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// A value for a `$n` of a statement. Each variant carries its type, so that NULL has one too, as
/// PostgreSQL requires.
#[derive(Clone, Debug)]
pub enum Value {
    /// INTEGER in SQLite, bigint in PostgreSQL.
    Int(Option<i64>),
    /// INTEGER in SQLite, boolean in PostgreSQL.
    Bool(bool),
    /// TEXT in both.
    Text(Option<String>),
    /// BLOB in SQLite, bytea in PostgreSQL.
    Blob(Option<Vec<u8>>),
    /// BLOB in SQLite, uuid in PostgreSQL.
    Uuid(Option<uuid::Uuid>),
    /// INTEGER in SQLite, timestamptz in PostgreSQL.
    Time(Option<Timestamp>),
}

macro_rules! from {
    ($($type:ty => $variant:ident, $value:ident => $inner:expr;)+) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                Self::$variant(Some($inner))
            }
        }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map(|$value| $inner))
            }
        }
    )+};
}

from! {
    i64 => Int, v => v;
    u32 => Int, v => i64::from(v);
    String => Text, v => v;
    &str => Text, v => v.to_owned();
    &String => Text, v => v.clone();
    &Scope => Text, v => v.as_str().to_owned();
    Vec<u8> => Blob, v => v;
    [u8; 32] => Blob, v => v.to_vec();
    uuid::Uuid => Uuid, v => v;
    UserId => Uuid, v => v.uuid();
    SessionId => Uuid, v => v.uuid();
    RoleId => Uuid, v => v.uuid();
    PermissionId => Uuid, v => v.uuid();
    GrantId => Uuid, v => v.uuid();
    TokenId => Uuid, v => v.uuid();
    PasskeyId => Uuid, v => v.uuid();
    RecoveryId => Uuid, v => v.uuid();
    MailId => Uuid, v => v.uuid();
    RequestId => Uuid, v => v.uuid();
    Timestamp => Time, v => v;
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use sqlx::encode::IsNull;
    use sqlx::error::BoxDynError;
    use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};
    use sqlx::{Decode, Encode, Sqlite, Type};

    use super::Timestamp;

    impl Type<Sqlite> for Timestamp {
        fn type_info() -> SqliteTypeInfo {
            <i64 as Type<Sqlite>>::type_info()
        }

        fn compatible(ty: &SqliteTypeInfo) -> bool {
            <i64 as Type<Sqlite>>::compatible(ty)
        }
    }

    impl Encode<'_, Sqlite> for Timestamp {
        fn encode_by_ref(&self, buf: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
            Encode::<Sqlite>::encode_by_ref(&self.micros(), buf)
        }
    }

    impl<'r> Decode<'r, Sqlite> for Timestamp {
        fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
            <i64 as Decode<'r, Sqlite>>::decode(value).map(Self::from_micros)
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use sqlx::encode::IsNull;
    use sqlx::error::BoxDynError;
    use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueFormat, PgValueRef};
    use sqlx::{Decode, Encode, Postgres, Type};

    use super::Timestamp;

    /// 2000-01-01T00:00:00Z, the zero of PostgreSQL's binary timestamps, in microseconds since the
    /// Unix epoch.
    const PG_EPOCH: i64 = 946_684_800_000_000;

    impl Type<Postgres> for Timestamp {
        fn type_info() -> PgTypeInfo {
            // The fixed OID of timestamptz (pg_type.dat). Naming the type would cost a lookup per
            // connection.
            PgTypeInfo::with_oid(sqlx::postgres::types::Oid(1184))
        }
    }

    impl Encode<'_, Postgres> for Timestamp {
        fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
            Encode::<Postgres>::encode_by_ref(&self.micros().saturating_sub(PG_EPOCH), buf)
        }
    }

    impl<'r> Decode<'r, Postgres> for Timestamp {
        fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
            if value.format() == PgValueFormat::Text {
                return Err("timestamps are only read in the binary protocol".into());
            }
            let micros = <i64 as Decode<'r, Postgres>>::decode(value)?;
            Ok(Self::from_micros(micros.saturating_add(PG_EPOCH)))
        }
    }
}
