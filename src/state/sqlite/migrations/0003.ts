export const sql = `
-- Experimental features that clients switched on.
CREATE TABLE features (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`
