CREATE TABLE t (a int, owner text);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t FOR SELECT USING (owner = current_user OR owner = 'a;b') ;
CREATE POLICY q ON t WITH CHECK ((a > 0));
