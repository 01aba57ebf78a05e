CREATE TABLE t (a int);
CREATE TABLE log (a text);
CREATE RULE r AS ON INSERT TO t DO ALSO (
    INSERT INTO log VALUES (');'); -- );
    INSERT INTO log VALUES ($$);$$) /* ); */;
);
INSERT INTO t VALUES (1);
