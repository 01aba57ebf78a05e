//! Names without the quotes that they do not need: people read and change what is generated.

use dbmig_build::Dialect;
use dbmig_build::sql::{TokenKind, tokens};
use dbmig_runtime::catalogue::quoted;

/// A name as people write it: in quotes only where it needs them.
pub(super) fn written(name: &str, dialect: Dialect) -> String {
    if is_plain(name) { name.to_owned() } else { quoted(dialect, name) }
}

/// A statement without the quotes that its names do not need.
pub(super) fn unquoted(sql: &str, dialect: Dialect) -> String {
    let quote = if dialect == Dialect::Mysql { '`' } else { '"' };
    let mut out = String::with_capacity(sql.len());
    let all: Vec<_> = tokens(sql, dialect).collect();
    for (at, token) in all.iter().enumerate() {
        let inner = token.text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        // Right before a parenthesis it would be a function.
        let called = all.get(at + 1).is_some_and(|next| next.text == "(");
        match inner {
            Some(name) if token.kind == TokenKind::QuotedName && !called && is_plain(name) => {
                out.push_str(name);
            }
            _ => out.push_str(token.text),
        }
    }
    out
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !RESERVED.split_whitespace().any(|word| word == name)
}

/// Whatever one of the dialects may take for something else than a name.
const RESERVED: &str = "\
    abort abs accessible action add after all alter always analyse analyze and any array as asc asensitive \
    asymmetric attach authorization autoincrement before begin between bigint binary bit blob body boolean \
    both by call cascade case cast change char character check coalesce collate collation column columns \
    commit concurrently condition conflict constraint continue convert create cross cube cume_dist current \
    current_catalog current_date current_role current_schema current_time current_timestamp current_user \
    cursor data database databases date day_hour day_microsecond day_minute day_second dec decimal declare \
    default deferrable deferred delayed delete dense_rank desc describe detach deterministic distinct \
    distinctrow div do domain double drop dual each else elseif elsif empty enclosed end escape escaped except \
    exclude exclusive exists exit explain extract fail false fetch filter first first_value float float4 \
    float8 following for force foreign freeze from full fulltext function general generated get glob global \
    grant greatest group grouping groups having high_priority history hour_microsecond hour_minute \
    hour_second if ignore ignore_domain_ids ignore_server_ids ilike immediate in index indexed infile \
    initially inner inout insensitive insert instead int int1 int2 int3 int4 int8 integer intersect interval \
    into io_after_gtids io_before_gtids is isnull iterate join json_table key keys kill lag last last_value \
    lateral lead leading least leave left library like limit linear lines load local localtime \
    localtimestamp lock long longblob longtext loop low_priority master_bind \
    master_ssl_verify_server_cert match materialized maxvalue mediumblob mediumint mediumtext merge middleint \
    minute_microsecond minute_second minus mod modifies national natural nchar new no no_write_to_binlog none \
    normalize not nothing notnull nth_value ntile null nullif nulls numeric of off offset old on only \
    optimize optimizer_costs option optionally or order others out outer outfile over overlaps overlay \
    package page_checksum parallel parse_vcol_expr partition percent_rank placing plan position pragma \
    preceding precision primary procedure purge qualify query raise range rank read read_write reads real \
    record recursive ref_system_id references regexp reindex release rename repeat replace require resignal \
    restrict return returning revoke right rlike rollback row row_count row_number rownum rowtype rows \
    savepoint schema schemas second_microsecond select sensitive separator session_user set setof show signal \
    similar smallint some spatial specific sql sql_big_result sql_calc_found_rows sql_small_result \
    sqlexception sqlstate sqlwarning ssl starting stats_auto_recalc stats_persistent stats_sample_pages \
    stored straight_join substring sum symmetric sysdate system system_user table tables tablesample temp \
    temporary terminated text then ties time timestamp tinyblob tinyint tinytext to trailing transaction \
    treat trigger trim true type unbounded undo union unique unlock unsigned until update usage use user using \
    utc_date utc_time utc_timestamp vacuum value values varbinary varchar varcharacter variadic varying \
    vector verbose view virtual when where while window with within without write xmlattributes xmlconcat \
    xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable xor \
    year_month zerofill";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_are_not_needed() {
        for (dialect, sql, expected) in [
            (
                Dialect::Postgres,
                "CREATE TABLE \"users\" (\"id\" bigint, \"order\" text, \"Name\" text DEFAULT '\"a\"')",
                "CREATE TABLE users (id bigint, \"order\" text, \"Name\" text DEFAULT '\"a\"')",
            ),
            (Dialect::Postgres, "SELECT \"f\"(\"a\"), \"char\"", "SELECT \"f\"(a), \"char\""),
            (
                Dialect::Mysql,
                "CREATE TABLE `users` (`rank` int, `é` int, `a` text DEFAULT ('`b`'))",
                "CREATE TABLE users (`rank` int, `é` int, a text DEFAULT ('`b`'))",
            ),
        ] {
            assert_eq!(unquoted(sql, dialect), expected);
        }
        assert_eq!(written("order", Dialect::Mysql), "`order`");
        assert_eq!(written("orders", Dialect::Mysql), "orders");
    }
}
