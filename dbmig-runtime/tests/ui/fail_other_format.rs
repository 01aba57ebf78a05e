//! `dbmig-build` of another version.

const _: () = ::dbmig_runtime::private::assert_format(1);

fn main() {}
