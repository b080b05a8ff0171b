//! Pages of a list by keyset cursor: what comes after the last row seen, never an offset.

use serde::{Deserialize, Serialize};

/// The most rows that one page holds.
pub const MAX_PAGE: u32 = 200;

/// Which page is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRequest {
    /// Opaque; the `next` of the page before. None for the first page.
    pub after: Option<String>,
    /// Rows wanted, 1 to [`MAX_PAGE`]; None for 50.
    pub limit: Option<u32>,
}

impl PageRequest {
    /// The number of rows to read: within bounds whatever was asked for.
    pub fn rows(&self) -> u32 {
        self.limit.unwrap_or(50).clamp(1, MAX_PAGE)
    }
}

/// Some rows of a list, and how to ask for those after them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// The cursor for the page after this one; None at the end.
    pub next: Option<String>,
}
