//! T46: what a migration does to its session ends with it.

use super::{Site, servers};

#[test]
fn the_next_migration_finds_the_session_as_it_was() {
    let postgres = [
        ("SET search_path = ''", "current_setting('search_path')"),
        ("SELECT set_config('search_path', 'pg_catalog', false)", "current_setting('search_path')"),
        ("SET lock_timeout = 0", "current_setting('lock_timeout')"),
        ("SET statement_timeout = 12345", "current_setting('statement_timeout')"),
        ("SET standard_conforming_strings = off", "current_setting('standard_conforming_strings')"),
        ("SET client_min_messages = error", "current_setting('client_min_messages')"),
        ("SET row_security = off", "current_setting('row_security')"),
        ("SET check_function_bodies = false", "current_setting('check_function_bodies')"),
        ("SET xmloption = document", "current_setting('xmloption')"),
        ("SET default_tablespace = 'pg_global'", "current_setting('default_tablespace')"),
        (
            "SET default_table_access_method = 'heap'",
            "current_setting('default_table_access_method')",
        ),
        ("SET TIME ZONE 'Asia/Tokyo'", "current_setting('TimeZone')"),
        ("SET datestyle = 'German'", "current_setting('datestyle')"),
        ("SET intervalstyle = 'iso_8601'", "current_setting('intervalstyle')"),
        ("SET bytea_output = 'escape'", "current_setting('bytea_output')"),
        ("SET ROLE pg_monitor", "current_user::text"),
        ("SET SESSION AUTHORIZATION pg_monitor", "session_user::text"),
        (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "current_setting('default_transaction_read_only')",
        ),
        (
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "current_setting('default_transaction_isolation')",
        ),
        ("SET session_replication_role = replica", "current_setting('session_replication_role')"),
        ("SET my.own = 'x'", "coalesce(nullif(current_setting('my.own', true), ''), 'none')"),
        ("LISTEN something", "(SELECT count(*)::text FROM pg_listening_channels())"),
        (
            "CREATE TEMP TABLE counter (x int)",
            "(SELECT count(*)::text FROM pg_class WHERE relname = 'counter')",
        ),
        ("SET enable_seqscan = off", "current_setting('enable_seqscan')"),
        ("SET maintenance_work_mem = '2MB'", "current_setting('maintenance_work_mem')"),
        ("SELECT pg_advisory_unlock_all()", "'same'"),
        ("DISCARD ALL", "current_setting('TimeZone')"),
    ];
    let mysql = [
        ("SET FOREIGN_KEY_CHECKS = 0", "@@foreign_key_checks"),
        ("SET UNIQUE_CHECKS = 0", "@@unique_checks"),
        ("SET SQL_MODE = 'NO_AUTO_VALUE_ON_ZERO'", "@@sql_mode"),
        ("SET SQL_MODE = ''", "@@sql_mode"),
        ("SET time_zone = '+09:00'", "@@time_zone"),
        ("SET NAMES latin1", "@@character_set_client"),
        ("SET character_set_results = NULL", "coalesce(@@character_set_results, 'none')"),
        ("SET autocommit = 0", "@@autocommit"),
        ("SET lock_wait_timeout = 9", "@@lock_wait_timeout"),
        ("SET innodb_lock_wait_timeout = 9", "@@innodb_lock_wait_timeout"),
        ("SET group_concat_max_len = 9", "@@group_concat_max_len"),
        ("SET sql_safe_updates = 1", "@@sql_safe_updates"),
        ("SET sql_select_limit = 1", "@@sql_select_limit"),
        ("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "(SELECT 1)"),
        ("SET SESSION TRANSACTION READ ONLY", "(SELECT 1)"),
        ("SET completion_type = 'CHAIN'", "@@completion_type"),
        ("SET default_storage_engine = MEMORY", "@@default_storage_engine"),
        ("SET sql_notes = 0", "@@sql_notes"),
        ("SET div_precision_increment = 9", "@@div_precision_increment"),
        ("USE information_schema", "database()"),
        ("LOCK TABLES counter WRITE", "(SELECT 1)"),
        ("DO RELEASE_LOCK('x')", "(SELECT 1)"),
    ];
    for server in servers() {
        let site = Site::new(server);
        let cases: &[(&str, &str)] = if site.is_postgres() { &postgres } else { &mysql };
        site.counting(0);
        site.dbmig(["migrate"]).ok();
        for (index, (statement, look)) in cases.iter().enumerate() {
            let name = |offset: usize| format!("{}_x", 1000 + index * 3 + offset);
            let see = |table: &str| format!("CREATE TABLE {table} AS SELECT {look} AS found;");
            site.sandbox.migration(&name(0), &see(&format!("before{index}")), "SELECT 1;");
            site.sandbox.migration(&name(1), &format!("{statement};"), "SELECT 1;");
            site.outside_a_transaction(&name(1));
            site.sandbox.migration(&name(2), &see(&format!("after{index}")), "SELECT 1;");
            let ran = site.dbmig(["migrate"]);
            assert_eq!(ran.code, Some(0), "{server:?}: {statement}: {ran}");
            let [before, after] = ["before", "after"]
                .map(|table| site.column(&format!("SELECT found FROM {table}{index}")));
            assert_eq!(before, after, "{server:?}: {statement}");
        }
        site.dbmig(["status"]).ok().says(&format!("{} applied, 0 pending", cases.len() * 3 + 1));
    }
}

/// In a transaction as well, where the file leaves its settings behind with the commit.
#[test]
fn the_preamble_of_a_dump() {
    let site = Site::new(crate::support::Server::Postgres);
    site.counting(0);
    site.sandbox.migration(
        "1_dump",
        "SET statement_timeout = 0;\nSET lock_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.t1 (id integer);\nUPDATE public.counter SET n = n + 1;",
        "DROP TABLE t1;",
    );
    site.sandbox.migration(
        "2_t",
        "CREATE TABLE t2 (id integer); UPDATE counter SET n = n + 1;",
        "DROP TABLE t2;",
    );
    site.dbmig(["migrate"]).ok();
    site.exactly_once(2, "a dump's preamble");
    site.dbmig(["revert", "--step", "1"]).ok();
}
