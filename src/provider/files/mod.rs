//! Billing files.
