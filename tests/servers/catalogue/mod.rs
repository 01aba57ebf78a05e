//! Catalogues: what is read from a database, and made again in another one, is the same.

mod mysql;
mod postgres;
