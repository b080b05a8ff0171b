//! Authorization: roles, permissions, delegation, and what is kept in memory of them.

mod delegation;
mod explorer;
mod permissions;
mod policy;
mod roles;
mod snapshot_cache;
