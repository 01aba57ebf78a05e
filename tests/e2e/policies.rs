//! What `cargo build` asks for beside the files themselves: proved ways back, and the `schema.rs` that was
//! locked.

use crate::shop::shop;

#[test]
fn ways_back_and_schema_rs() {
    let sandbox = shop("shop-policies");
    let config = sandbox.read("dbmig.toml");
    sandbox.write(
        "dbmig.toml",
        format!(
            "schema = \"src/schema.rs\"\n{config}\n[policy]\nproof = \"required\"\nschema_rs = \"deny\"\n"
        ),
    );
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["lock"]).ok();
    let refused = sandbox.cargo(["check"]).exits(101);
    let _ = refused.warns("error[proof-missing]: ").warns("and 5 more have ways back");
    sandbox.dbmig(["prove"]).ok();
    sandbox.cargo(["check"]).ok();
    // Time stamps of files have to differ for cargo to look.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let schema = sandbox.read("src/schema.rs");
    sandbox.write("src/schema.rs", format!("// laid out anew\n{}", schema.replace("    ", "\t")));
    sandbox.cargo(["check"]).ok();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    sandbox.write("src/schema.rs", schema.replace("Integer", "BigInt"));
    let refused = sandbox.cargo(["check"]).exits(101);
    let _ = refused
        .warns("src/schema.rs: error[schema-rs-changed]: `schema.rs` is not what was locked");
    sandbox.dbmig(["check"]).exits(1).warns("error[schema-rs-changed]");
    sandbox.dbmig(["schema", "rs"]).ok();
    sandbox.cargo(["check"]).ok();
}
