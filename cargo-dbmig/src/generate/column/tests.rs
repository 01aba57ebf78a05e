use super::*;

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(|word| (*word).to_owned()).collect()
}

/// In short: `name type null unique …`.
fn told(wish: &ColumnWish) -> String {
    let mut out = match &wish.ty {
        TypeWish::Word { word, args, array } => {
            let args = if args.is_empty() { String::new() } else { format!("({args})") };
            format!("{} {}{args}{}", wish.name, word.word, if *array { "[]" } else { "" })
        }
        TypeWish::Enum(values) => format!("{} enum {}", wish.name, values.join("|")),
        TypeWish::Own { text, array } => {
            format!("{} pg {text}{}", wish.name, if *array { "[]" } else { "" })
        }
        TypeWish::OfKey => format!("{} key", wish.name),
    };
    for (yes, word) in [
        (wish.null == Some(true), " null"),
        (wish.null == Some(false), " not_null"),
        (wish.unique, " unique"),
        (wish.index, " index"),
        (wish.primary_key, " pk"),
        (wish.unsigned, " unsigned"),
    ] {
        if yes {
            out.push_str(word);
        }
    }
    if let Some(reference) = &wish.reference {
        let column = reference.column.as_ref().map(|column| format!(".{column}"));
        out.push_str(&format!(
            " to {}{} {}/{}",
            reference.table,
            column.unwrap_or_default(),
            reference.on_delete.as_str(),
            reference.on_update.as_str()
        ));
    }
    for (word, value) in [
        ("default", &wish.default),
        ("check", &wish.check),
        ("comment", &wish.comment),
        ("after", &wish.after),
    ] {
        if let Some(value) = value {
            out.push_str(&format!(" {word}={value}"));
        }
    }
    out
}

#[test]
fn columns_are_read() {
    for (text, expected) in [
        ("name:string", "name string"),
        ("name:string(50)", "name string(50)"),
        ("name:string:len=50", "name string(50)"),
        ("firstName:STRING", "first_name string"),
        ("email:string(100):unique", "email string(100) unique"),
        (
            "role:enum:{admin,'Guest User'}:default=admin",
            "role enum admin|Guest User default=admin",
        ),
        ("role:enum(a,b):null", "role enum a|b null"),
        ("role:enum:[a,b]", "role enum a|b"),
        ("team:references:cascade", "team_id key index to teams CASCADE/NO ACTION"),
        ("team_id:references", "team_id key index to teams NO ACTION/NO ACTION"),
        ("author:references(users):set_null", "author_id key index to users SET NULL/NO ACTION"),
        ("author:references(users.uid)", "author_id key index to users.uid NO ACTION/NO ACTION"),
        (
            "author_id:bigint:fk=users.id:cascade:on_update=restrict",
            "author_id bigint index to users.id CASCADE/RESTRICT",
        ),
        ("tags:array:string", "tags string[]"),
        ("tags:text[]", "tags text[]"),
        ("tags:array(string(9))", "tags string(9)[]"),
        ("place:pg:point", "place pg point"),
        ("places:pg:point[]", "places pg point[]"),
        ("price:decimal(10, 2):check='price >= 0'", "price decimal(10,2) check=price >= 0"),
        ("a:int:check=(a > 0)", "a int check=(a > 0)"),
        ("kind:string:check='a' <> 'b'", "kind string check='a' <> 'b'"),
        ("n:int:unsigned:pk", "n int pk unsigned"),
        ("at:timestamp(3):default=now:index", "at timestamp(3) index default=now"),
        ("a:text:comment='it''s: so'", "a text comment=it's: so"),
        ("a:int:after=b:not_null", "a int not_null after=b"),
    ] {
        assert_eq!(told(&column(text).unwrap()), expected, "{text}");
    }
}

#[test]
fn sequelizes_commas() {
    let read = columns(&words(&["a:string,b:decimal(4,1)", "c:enum:{x,y},d:int"])).unwrap();
    let told: Vec<_> = read.iter().map(told).collect();
    assert_eq!(told, ["a string", "b decimal(4,1)", "c enum x|y", "d int"]);
}

#[test]
fn what_can_not_be_read_says_what_can() {
    for (text, message, help) in [
        ("name", "`name`: a column needs a type", "`name:string`"),
        ("a:strng", "`a:strng`: unknown type `strng`", "did you mean `string`?"),
        ("a:int:uniqe", "`a:int:uniqe`: unknown modifier `uniqe`", "did you mean `unique`?"),
        ("a:int:default", "`a:int:default`: `default` needs a value, `default=…`", ""),
        ("a:int:unique=1", "`a:int:unique=1`: `unique` stands alone, without `=`", ""),
        (
            "a:int:cascade",
            "`a:int:cascade`: it points to no table that something could happen to",
            "fk=",
        ),
        ("a:int(4)", "`a:int(4)`: `int` takes no length", ""),
        ("a:string(x)", "`a:string(x)`: `string(x)`: a length is a number", ""),
        ("a:decimal", "`a:decimal`: `decimal` needs its digits, such as `decimal(10,2)`", ""),
        ("a:enum", "`a:enum`: an enum needs its values, such as `enum:{draft,sent}`", ""),
        ("a:enum:{x,,y}", "`a:enum:{x,,y}`: value 2 of the enum is empty", ""),
        ("a:enum:{x,x}", "`a:enum:{x,x}`: the enum has `x` twice", ""),
        (
            "a:array",
            "`a:array`: an array needs the type of its elements, such as `array:string`",
            "",
        ),
        (":int", "`:int`: the name is empty", ""),
        ("a b;c:int", "`a b;c:int`: a name does not hold", ""),
        ("a:int:check='x", "`a:int:check='x`: `'` is not closed", "single quotes"),
        ("a:int:fk=b:on_update=x", "`a:int:fk=b:on_update=x`: `x` is none of", ""),
        ("a:int:len=4", "`a:int:len=4`: its type takes no length `4`", ""),
    ] {
        let error = column(text).unwrap_err();
        assert!(error.message.starts_with(message), "{text}: {}", error.message);
        assert!(error.help.join(" ").contains(help), "{text}: {:?}", error.help);
        assert_eq!(error.exit, crate::exit::Exit::Usage);
    }
    assert!(columns(&words(&["a:int", "A:int"])).is_err());
}
