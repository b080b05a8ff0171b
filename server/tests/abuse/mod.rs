//! The abuse suite: one file per row of SECURITY.md, named after it. README.md says which flaw each was seen to catch.
