use super::super::Catalogue;
use super::super::change::{CannotSay, Step, Wish};

pub(crate) fn changes(
    _from: &Catalogue,
    _begin: &Catalogue,
    to: &Catalogue,
    _wish: &Wish,
) -> Result<Vec<Step>, Vec<CannotSay>> {
    Err(vec![CannotSay::new(&super::super::Name::new(to.server.clone()), "not known yet")])
}
