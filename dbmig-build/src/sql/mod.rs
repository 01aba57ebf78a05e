//! Lexer, splitter, token digest, and footprints of SQL text.
//!
//! Everything here is a function of the text and the dialect. Nothing fails: where a text can not
//! be read with certainty the result says so ([`Split::unsure`], [`Footprint::opaque`]), because a
//! wrong cut would send half a statement to a database.

mod body;
mod digest;
mod footprint;
mod kind;
mod lexer;
mod position;
mod scan;
mod split;
mod token;

pub use digest::token_digest;
pub use footprint::{Conflict, Effect, Footprint, Opaque, footprint};
pub use kind::{StatementFlags, StatementKind};
pub use lexer::{Tokens, tokens};
pub use position::position;
pub use split::{Split, Statement, Unsure, is_empty, split};
pub use token::{Token, TokenKind};
