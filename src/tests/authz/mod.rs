//! Authorization: roles, permissions, delegation, and the cache of session snapshots.

mod delegation;
mod explorer;
mod permissions;
mod policy;
mod roles;
mod snapshot_cache;
