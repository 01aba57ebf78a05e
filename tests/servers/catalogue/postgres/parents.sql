-- Partitions and inheritance.
CREATE TABLE measure (city integer NOT NULL, at date NOT NULL, peak integer DEFAULT 1, note text, CHECK (peak > 0), PRIMARY KEY (city, at)) PARTITION BY RANGE (at);
CREATE TABLE measure_1 PARTITION OF measure FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE measure_2 PARTITION OF measure (peak DEFAULT 7, CONSTRAINT only_here CHECK (peak < 100)) FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY LIST (city);
CREATE TABLE measure_2a PARTITION OF measure_2 FOR VALUES IN (1, 2);
CREATE TABLE measure_rest (note text, peak integer, at date NOT NULL, city integer NOT NULL, CONSTRAINT measure_peak_check CHECK (peak > 0));
ALTER TABLE measure ATTACH PARTITION measure_rest DEFAULT;
CREATE INDEX ON measure (peak);
CREATE INDEX ON ONLY measure (note);
CREATE INDEX extra ON measure_1 (note, peak);
CREATE TRIGGER parted AFTER INSERT ON measure FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE points_there (city integer, at date, FOREIGN KEY (city, at) REFERENCES measure);
CREATE TABLE hashed (a int, b text COLLATE "C") PARTITION BY HASH (a, lower(b));
CREATE TABLE parent (id integer PRIMARY KEY, name text DEFAULT 'p', CHECK (id > 0), CONSTRAINT alone CHECK (id < 9) NO INHERIT);
CREATE TABLE child (extra integer, id integer) INHERITS (parent);
ALTER TABLE child ALTER COLUMN name SET DEFAULT 'c';
ALTER TABLE child ALTER COLUMN name SET NOT NULL;
CREATE TABLE later_child (x integer, id integer NOT NULL, name text, CONSTRAINT parent_id_check CHECK (id > 0));
ALTER TABLE later_child INHERIT parent;
