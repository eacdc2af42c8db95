//! Tests of reading Parquet.
