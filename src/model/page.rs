//! Pages of a list by keyset cursor: each continues after the last row seen, never at an offset.

use serde::{Deserialize, Serialize};

/// The maximum number of rows on one page.
pub const MAX_PAGE: u32 = 200;

/// Which page to return.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRequest {
    /// The `next` cursor of the previous page, opaque; `None` for the first page.
    pub after: Option<String>,
    /// The number of rows, 1 to [`MAX_PAGE`]; `None` for 50.
    pub limit: Option<u32>,
}

impl PageRequest {
    /// Returns the number of rows on the page, within bounds whatever was requested.
    pub fn rows(&self) -> u32 {
        self.limit.unwrap_or(50).clamp(1, MAX_PAGE)
    }

    /// Makes a page from `found`, for which the caller read up to one row more than [`Self::rows`]:
    /// that row shows that another page follows.
    pub fn cut<T>(&self, mut found: Vec<T>, cursor: impl Fn(&T) -> String) -> Page<T> {
        let rows = self.rows() as usize;
        let more = found.len() > rows;
        found.truncate(rows);
        let next = found.last().filter(|_| more).map(cursor);
        Page { items: found, next }
    }
}

/// Some rows of a list, and the cursor for those after them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// The cursor for the next page; `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Converts the items of the page.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }

    /// Converts the items of the page with a function that can fail.
    ///
    /// # Errors
    ///
    /// The first error of `change`.
    pub fn try_map<U, E>(self, change: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let items = self.items.into_iter().map(change).collect::<Result<_, E>>()?;
        Ok(Page { items, next: self.next })
    }
}
