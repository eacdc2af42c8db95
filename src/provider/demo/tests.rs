//! Nimbus Freight has what it is said to have.
