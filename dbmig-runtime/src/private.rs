//! For generated code only. Not part of the public interface.

/// Fails to compile when `dbmig-build` writes another format than this crate reads.
pub const fn assert_format(format: u32) {
    assert!(
        format == dbmig_build::blob::FORMAT,
        "dbmig-build and dbmig-runtime have different versions: use the same version of both"
    );
}
