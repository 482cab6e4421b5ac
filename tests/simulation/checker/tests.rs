//! Each law can be broken: a lawful history, then the same with one change.
