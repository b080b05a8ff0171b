//! The parts that every page is made of. Each page only arranges them; how they look is in `style/`.

pub(crate) mod account;
pub(crate) mod entry;
pub(crate) mod form;
pub(crate) mod load;
pub(crate) mod part;
pub(crate) mod theme;
pub(crate) mod time;
