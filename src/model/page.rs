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

    /// The page made of rows that were read up to one more than wanted: that one tells whether another page follows.
    pub fn cut<T>(&self, mut found: Vec<T>, cursor: impl Fn(&T) -> String) -> Page<T> {
        let rows = self.rows() as usize;
        let more = found.len() > rows;
        found.truncate(rows);
        let next = found.last().filter(|_| more).map(cursor);
        Page { items: found, next }
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

impl<T> Page<T> {
    /// The same page of other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }

    /// The same with a change that can fail.
    pub fn try_map<U, E>(self, change: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let items = self.items.into_iter().map(change).collect::<Result<_, E>>()?;
        Ok(Page { items, next: self.next })
    }
}
